# SPDX-License-Identifier: Apache-2.0
# The session cache in shared memory: what it saves, what ends at once in all children and threads, what ends
# within the TTL, whom it knows apart, and that it never fails a request.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA ();
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Hammer;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $TTL = 2;
my $server = LuciaTest::Server->new(
    config => CHEAP_SITE . <<"CONF", files => { 'htdocs/vault/a.txt' => SECRET });
LuciaSessionCacheTTL ${TTL}s
LuciaUserAttributes username role
MaxKeepAliveRequests 0
<IfModule mpm_prefork_module>
StartServers 20
MinSpareServers 16
</IfModule>
<Location /vault/>
    AuthType Lucia
    Require valid-user
    Header set X-Who "%{LUCIA_USERNAME}e %{LUCIA_ROLE}e"
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaSessionCache off
</VirtualHost>
<VirtualHost *>
    ServerName name.test
    LuciaUserAttributes username
</VirtualHost>
<VirtualHost *>
    ServerName other.test
    LuciaDatabase sqlite3 \@dir\@/db/other.db
</VirtualHost>
<VirtualHost *>
    ServerName tiny.test
    LuciaSessionCache shmcb:tiny(8192)
    LuciaDatabase sqlite3 \@dir\@/db/tiny.db
</VirtualHost>
CONF
my ($db, $dir) = ($server->db, $server->dir);
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", "db/$_.db") } qw(off name other tiny);

sub vault { my ($client, $cookie) = @_; $client->request(GET => '/vault/a.txt', script(), cookie => $cookie) }
sub status { vault(@_)->status }

# With the table renamed only what is cached is known.
sub hide { sqlite($_[0] // $db, 'ALTER TABLE user_session RENAME TO user_session_away') }
sub show { sqlite($_[0] // $db, 'ALTER TABLE user_session_away RENAME TO user_session') }
sub failures { scalar(() = $server->error_log =~ /LUCI040[25]/g) }

my $alice = sign_up($server, 'alice');
sqlite($db, 'UPDATE auth_user SET role = ?', 'admin') if eval { sqlite($db, 'SELECT role FROM auth_user') };

subtest 'it is on without being asked for, and asks the database once a TTL' => sub {
    is status($server, $alice), 200, 'a session is let in and cached';
    is status($host{off}, $alice), 200, 'in, without a cache';
    hide;
    is status($server, $alice), 200, 'a cached session is let in without the table';
    is_unavailable vault($host{off}, $alice), 'LuciaSessionCache off answers 503 without the table';
    my (undef, $time) = timed(sub { wait_until(sub { status($server, $alice) == 503 }, 10) });
    cmp_ok $time, '<', $TTL + 3, "S9.13: after the TTL it is asked ($time s)";
    is_unavailable vault($server, $alice), 'an expired record answers 503 without the table';
    show;
    is status($server, $alice), 200, 'the session is let in when the table is back';
};

subtest 'S9.13: signed out on a host that keeps nothing at hand' => sub {
    my $cookie = sign_in($server, 'alice');
    is status($server, $cookie), 200, 'at hand on another one';
    is $host{off}->request(POST => '/logout', cookie => $cookie, origin => 'http://off.test')->status, 302, 'a cached session is signed out on the other virtual host';
    is status($server, $cookie), 401, 'at once nothing there';
};

subtest 'content hears the same' => sub {
    my $cookie = sign_in($server, 'alice');
    for my $role ('admin', undef, "caf\xe9", '', 'alice') {
        $cookie = sign_in($server, 'alice');
        sqlite($db, 'UPDATE auth_user SET role = ?', $role);
        my $first = vault($server, $cookie)->header('X-Who');
        like $first, qr/^alice /, 'the content names the user';
        is vault($server, $cookie)->header('X-Who'), $first, "at hand: $first";
    }
};

subtest 'S9.13: signed out, dead in every child and thread' => sub {
    my $hammer = LuciaTest::Hammer->new($server, 14);
    my ($alive, %after) = (0);
    my $log = length $server->access_log;
    my $children = sub { my %pid = map { $_ => 1 } substr($server->access_log, $log) =~ m{/vault/.* pid=(\d+)}g; scalar keys %pid };
    my $first = $server->bytes_of(GET => '/vault/a.txt', LuciaTest::Hammer::KEEP, cookie => sign_in($server, 'alice'));
    for (my $wanted = 0; $children->() < 2 && $hammer->{count} < 200; $hammer->{count} += 14) {    # one child may take many
        $hammer->ask($first);
        $wanted += 200;
        $hammer->until(sub { ($hammer->{seen}{ $hammer->{round} }{200} // 0) >= $wanted });
    }
    for my $round (1 .. 50) {
        my $cookie = sign_in($server, 'alice');
        $hammer->ask($server->bytes_of(GET => '/vault/a.txt', LuciaTest::Hammer::KEEP, cookie => $cookie));
        if ($round % 2) {    # every second one while nobody has it at hand yet
            my $wanted = ($hammer->{seen}{ $hammer->{round} }{200} // 0) + 20;
            $hammer->until(sub { ($hammer->{seen}{ $hammer->{round} }{200} // 0) >= $wanted });
        }
        my $bytes = $server->bytes_of(POST => '/logout', cookie => $cookie, origin => 1, headers => { Connection => 'keep-alive', Accept => 'application/json' });
        my $logout = $server->connect;    # a new one, since httpd closes idle ones when many wait
        syswrite $logout, $bytes;
        my ($answer, $ready) = ('', IO::Select->new($logout));
        $hammer->until(sub { $ready->can_read(0) && sysread $logout, $answer, 65536 });
        like $answer, qr{^HTTP/1.1 204}, "round $round: signed out" or last;
        $after{$_}++ for $hammer->finish(3);
    }
    is_deeply [keys %after], [401], 'no request that was sent after the answer was let in' or diag explain \%after;
    cmp_ok $after{401}, '>', 1500, "of $after{401}";
    cmp_ok $children->(), '>=', 2, 'of ' . $children->() . ' children';
    is failures, 0, 'no request failed while sessions were revoked';
};

subtest 'S9.13: ended otherwise' => sub {
    my $old = sign_in($server, 'alice');
    is status($server, $old), 200, 'the old session is let in';
    my $reply = $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD), cookie => $old);
    is $reply->status, 302, 'signed in again';
    is status($server, $old), 401, 'the session that came with it is dead at once';
    is status($server, cookie_of($reply)), 200, 'the new one lives';

    my %cookie = map { $_ => sign_up($server, $_) } qw(disabled deleted revoked);
    is status($server, $cookie{$_}), 200, "$_: in" for sort keys %cookie;
    sqlite($db, "UPDATE auth_user SET disabled = 1 WHERE username = 'disabled'");
    sqlite($db, 'DELETE FROM user_session WHERE id = ?', stored_id($cookie{$_})) for qw(deleted revoked);
    sqlite($db, "DELETE FROM user_key WHERE id = 'username:deleted'");
    sqlite($db, "DELETE FROM auth_user WHERE username = 'deleted'");
    my %left = %cookie;
    my (undef, $time) = timed(sub { wait_until(sub { delete @left{ grep { status($server, $left{$_}) == 401 } keys %left }; !%left }, 10) });
    is_deeply [keys %left], [], 'by others: dead';
    cmp_ok $time, '<', $TTL + 3, "within the TTL ($time s)";
};

subtest 'S9.17: one cache, several databases' => sub {
    my $bob = sign_up($host{other}, 'bobby');
    my $here = sign_in($server, 'alice');
    for my $time ('first', 'at hand') {
        is status($host{other}, $bob), 200, "$time: in";
        is status($server, $here), 200, "$time: the session of the other virtual host is let in";
        is status($server, $bob), 401, "$time: not there with the other one's cookie";
        is status($host{other}, $here), 401, "$time: nor the other way round";
    }
    my $row = sqlite($host{other}->db, 'SELECT * FROM user_session')->[0];
    sqlite($db, 'INSERT INTO user_session (id, user_id, active_expires, idle_expires) SELECT ?, id, ?, ? FROM auth_user WHERE username = ?',
        $row->{id}, @$row{qw(active_expires idle_expires)}, 'alice');
    for my $time ('first', 'at hand') {
        like vault($server, $bob)->header('X-Who'), qr/^alice/, "one id in both, $time: alice here";
        like vault($host{other}, $bob)->header('X-Who'), qr/^bobby/, "one id in both, $time: bobby there";
    }
    is $server->request(POST => '/logout', cookie => $bob, origin => 1)->status, 302, 'signed out here';
    is status($server, $bob), 401, 'the signed-out session is refused on its own virtual host';
    is status($host{other}, $bob), 200, "the sign-out leaves the other virtual host's session";
};

subtest 'S9.13: hosts that read one table differently' => sub {
    my $cookie = sign_in($server, 'alice');
    is status($_, $cookie), 200, 'each session is let in while the small cache fills' for $host{name}, $server, $host{name};
    is $server->request(POST => '/logout', cookie => $cookie, origin => 1)->status, 302, 'signed out on one';
    is status($_, $cookie), 401, 'dead on both' for $host{name}, $server;
};

subtest 'S9.39: a cache that is too small' => sub {
    my $tiny = $host{tiny};
    sign_up($tiny, 'alice');
    my @cookies = map { sign_in($tiny, 'alice') } 1 .. 200;
    my %status;
    for my $time (1 .. 2) { $status{ status($tiny, $_) }++ for @cookies }
    is_deeply \%status, { 200 => 400 }, 'two hundred sessions in room for fifty';
    my $last = $cookies[-1];
    hide($tiny->db);
    is status($tiny, $last), 200, 'the last one is at hand';
    is status($tiny, $cookies[0]), 503, 'the first one is not';
    show($tiny->db);
    is failures, 0, 'a full cache causes no failure';
    sqlite($tiny->db, 'UPDATE auth_user SET role = ?', 'r' x 1800);
    my $long = sign_in($tiny, 'alice');
    is status($tiny, $long), 200, 'a record that has no room at all' for 1 .. 20;
    is failures, 1, 'is said once';
    like $server->error_log, qr/LUCI0402: the session cache \(shmcb:[^)]*\([^)]*\), in [^)]*:\d+\) is too small for a record; the database is queried/, 'the log says that the cache is too small for a record';
    my $other = sign_in($server, 'alice');
    is status($server, $other), 200, 'the other cache';
    hide;
    is status($server, $other), 200, 'a session of the other cache is let in';
    show;
};

subtest 'S9.34: children that die with the lock' => sub {
    my $cookie = sign_in($server, 'alice');
    my $hammer = LuciaTest::Hammer->new($server, 12);
    my $before = failures;
    $hammer->ask($server->bytes_of(GET => '/vault/a.txt', LuciaTest::Hammer::KEEP, cookie => $cookie));
    for my $kill (1 .. 12) {
        my $wanted = ($hammer->{seen}{0}{200} // 0) + 60;
        $hammer->until(sub { ($hammer->{seen}{0}{200} // 0) >= $wanted });
        my @children = $server->children or next;
        kill KILL => $children[$kill % @children];
        $hammer->until(sub { my @left = $server->children; scalar @left });
    }
    my $before_last = $hammer->{seen}{0}{200};
    my (undef, $time) = timed(sub { $hammer->until(sub { $hammer->{seen}{0}{200} > $before_last + 60 }) });
    cmp_ok $time, '<', 1, 'the others go on at once';
    is_deeply [keys %{ $hammer->{seen}{0} }], [200], 'every answer while a child dies is 200';
    undef $hammer;
    is failures, $before, 'nobody found the cache locked';
    # A new session, because the record of the other one may be about to expire.
    my $fresh = sign_in($server, 'alice');
    is status($server, $fresh), 200, 'a new session is let in after a child died';
    hide;
    is status($server, $fresh), 200, 'the cache is used after a child died';
    show;
};
$server->stop;

# ---- Words ----

my $other = LuciaTest::Server->new(start => 0, config => '', without => ['socache_shmcb'], files => { 'htdocs/vault/a.txt' => SECRET });
my $gate = "<Location /vault/>\nAuthType Lucia\nRequire valid-user\n</Location>\n";

for my $case (
    ['LuciaSessionCache nonesuch', qr/LuciaSessionCache: "nonesuch" is not allowed: there is no such provider; load mod_socache_nonesuch \(httpd has shmcb, redis and memcache\), or write off/],
    ['LuciaSessionCache redis://127.0.0.1', qr/"redis:\/\/127.0.0.1" is not allowed: PROVIDER/],
    ['LuciaSessionCache shmcb', qr/LuciaSessionCache: "shmcb" is not allowed: there is no such provider; load mod_socache_shmcb/],
    ['LuciaSessionCache redis:127.0.0.1:6379', qr/"redis:127.0.0.1:6379" is not allowed: there is no such provider; load mod_socache_redis/],
    ['LuciaSessionCache ../x', qr/LuciaSessionCache: "\.\.\/x" is not allowed: PROVIDER\[:ARGS\]/],
    ['LuciaSessionCache ""', qr/LuciaSessionCache: "" is not allowed/],
    ['LuciaSessionCache shmcb extra', qr/LuciaSessionCache/],
    ['LuciaSessionCacheTTL 0', qr/LuciaSessionCacheTTL: "0" is not allowed: a time of 1s to 1h/],
    ['LuciaSessionCacheTTL 500ms', qr/LuciaSessionCacheTTL: "500ms" is not allowed/],
    ['LuciaSessionCacheTTL 61min', qr/LuciaSessionCacheTTL: "61min" is not allowed/],
    ['LuciaSessionCacheTTL off', qr/LuciaSessionCacheTTL: "off" is not allowed/],
) {
    my ($line, $message) = @$case;
    my ($status, $said) = $other->configtest(CHEAP_SITE . "$line\n$gate");
    isnt $status, 0, "$line: configtest fails";
    like $said, $message, "$line: and says why";
}

# The default where the module is not loaded is no cache; that is not worth a word.
my ($status, $said) = $other->configtest(CHEAP_SITE . $gate);
is $status, 0, 'without mod_socache_shmcb the default is no cache' or diag $said;
$other->write_config(CHEAP_SITE . $gate);
$other->start;
my $cookie = sign_up($other, 'alice');
is status($other, $cookie), 200, 'a session is let in without a cache';
hide($other->db);
is status($other, $cookie), 503, 'each request asks';
unlike $other->error_log, qr/LUCI04/, 'nothing is logged about the missing cache';
$other->stop;

my $twice = LuciaTest::Server->new(start => 0, modules => ['socache_redis'], files => { 'htdocs/vault/a.txt' => SECRET });
for my $case (
    ['LuciaSessionCache shmcb:x(12', qr/"shmcb:x\(12" is not allowed: Invalid argument: no closing parenthesis/],
    ['LuciaSessionCache shmcb:x(12)', qr/"shmcb:x\(12\)" is not allowed: .*size has to be >= 8192/],
    ['LuciaSessionCache redis', qr/"redis" is not allowed: List of server names required/],
) {
    my ($line, $message) = @$case;
    ($status, $said) = $twice->configtest(CHEAP_SITE . "$line\n$gate");
    isnt $status, 0, "$line: configtest fails";
    like $said, $message, "$line: and says why";
    ($status, $said) = $twice->try_start(CHEAP_SITE . "$line\n$gate");
    isnt $status, 0, "$line: nor does it start";
    like $said, $message, "$line: for the same reason";
}

# Locks that are files: each cache has its own.
$twice->write_config(CHEAP_SITE . $gate . <<'CONF');
Mutex file:@dir@/logs luciauth-cache
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName other.test
    LuciaSessionCache shmcb:other(100000)
</VirtualHost>
CONF
$twice->start;
my $second = LuciaTest::Gate::Host->new($twice, 'other.test');
$cookie = sign_up($twice, 'alice');
is status($_, $cookie), 200, 'Mutex file: in' for $twice, $second;
hide($twice->db);
is status($_, $cookie), 200, 'Mutex file: at hand in both caches' for $twice, $second;
show($twice->db);
unlike $twice->error_log, qr/LUCI040/, 'nothing is said';
$twice->restart_graceful;
is status($twice, $cookie), 200, 'after a graceful restart';
$twice->stop;
{
    local %ENV = (%ENV, LuciaTest::httpd_env());
    like `@{[LuciaTest::httpd()]} -d $dir -f @{[$server->conf_file]} -t -D DUMP_RUN_CFG 2>&1`, qr/Mutex luciauth-cache/, 'httpd lists the lock';
}

done_testing;
