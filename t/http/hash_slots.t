# SPDX-License-Identifier: Apache-2.0
# LuciaHashSlots: never more hashes at once than that in the whole server, bounded waits, and nothing that stays
# taken. S9.38: clients that stall or go away.
use strict;
use warnings;
use lib 't/lib';
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

# The password's hash at another cost: a sign-in replaces it.
use constant OUTDATED => '$argon2id$v=19$m=16,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$UfUEoh09qw5vLSnvOzKZ5C0jxSSK1dSGSEj8E1RF+CA';

my $hashes = LuciaTest::Hashes->new;
my $server = LuciaTest::Server->new(
    env    => $hashes->env,
    config => CHEAP_SITE . VAULT . BASIC . <<'CONF',
LuciaHashSlots 2 60s
<IfModule !mpm_prefork_module>
    StartServers 4
    MinSpareThreads 64
    MaxSpareThreads 64
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 12
    MinSpareServers 12
    MaxSpareServers 32
</IfModule>
<Location /status>
    SetHandler server-status
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName short.test
    LuciaHashSlots 2 100ms
</VirtualHost>
<VirtualHost *>
    ServerName fewer.test
    LuciaHashSlots 1 60s
</VirtualHost>
CONF
    files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(vault basic open) },
);
my $short = LuciaTest::Gate::Host->new($server, 'short.test', 'db/luciauth.db');
my $alice = sign_up($server, 'alice');
my @basic = (headers => { Authorization => 'Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==' });    # alice:correct horse

sub sign_in_later { my (%arg) = @_; return send_request($server, POST => '/login', form(username => 'alice', password => $PASSWORD), %arg) }
sub runs { my ($count) = @_; return wait_until(sub { $hashes->running == $count }, 20) }

# How many sign-ins hash or wait for it now, and how many are with a thread.
sub at_work { return waiting($server) + $hashes->running }
sub with_threads { return scalar(() = $server->request(GET => '/status')->body =~ m{>POST /login HTTP}g) }

# Both slots can be taken, and each request in them ends well.
sub all_slots_work {
    my ($name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $hashes->hold;
    my @asked = map { sign_in_later() } 1, 2;
    ok runs(2), "$name: two hashes run";
    $hashes->release;
    is_deeply [map { reply_to($_)->status } @asked], [302, 302], "$name: and are answered";
    return;
}

subtest 'never more than two' => sub {
    $hashes->hold;
    my @asked = map { sign_in_later($_ == 4 ? (host => 'fewer.test') : ()) } 1 .. 4;
    ok runs(2), 'of four sign-ins two are hashed';
    ok wait_until(sub { at_work() == 4 }, 20), 'while all are at work';
    is scalar($hashes->running), 2, 'the others wait';
    is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, 'the gate goes on';
    is scalar(answered(@asked)), 0, 'no sign-in was answered meanwhile';
    $hashes->release;
    is_deeply [map { reply_to($_)->status } @asked], [(302) x 4], 'all four sign-ins answer 302 after the hashes were released';
    my $together = wait_until(sub {
        $hashes->hold;
        my @two = map { sign_in_later() } 1, 2;
        runs(2) or return 'not two';
        my %pid = map { $_ => 1 } $hashes->running;
        $hashes->release;
        reply_to($_) for @two;
        return keys %pid == 2;
    }, 20);
    is $together, 1, 'two children hash at once';
    my $before = $hashes->done;
    my @crowd = map { sign_in_later() } 1 .. 40;
    my @status = map { reply_to($_)->status } @crowd;
    my $served = grep { $_ == 302 } @status;
    is scalar(grep { $_ != 302 && $_ != 503 } @status), 0, 'forty at once are served or refused' or diag "@status";
    is $hashes->done - $before, $served, "refused sign-ins cost no hash ($served served)";
    is $hashes->peak, 2, 'no more than two hashes ran at once';
};

sub dump_db { return join "\n", map { my $t = $_; map { my $row = $_; join '|', $t, map { $row->{$_} // '' } sort keys %$row } @{ sqlite($server->db, "SELECT * FROM $t ORDER BY id") } } qw(auth_user user_key user_session) }

subtest 'the wait is bounded' => sub {
    sqlite($server->db, 'UPDATE user_key SET hashed_password = ?', OUTDATED);
    $hashes->hold;
    my @asked = map { sign_in_later() } 1, 2;
    ok runs(2), 'both slots are taken';
    my ($before, $done) = (dump_db(), $hashes->done);
    my @late = (
        ['sign-in', POST => '/login', form(username => 'alice', password => $PASSWORD)],
        ['a wrong password', POST => '/login', form(username => 'alice', password => $WRONG)],
        ['an unknown user', POST => '/login', form(username => 'nobody', password => $WRONG)],
        ['sign-in with JSON', POST => '/login', json({ username => 'alice', password => $PASSWORD })],
        ['sign-in of a session', POST => '/login', form(username => 'alice', password => $PASSWORD), cookie => $alice],
        ['sign-up', POST => '/signup', form(username => 'bobby', password => $PASSWORD)],
        ['sign-up with JSON', POST => '/signup', json({ username => 'bobby', password => $PASSWORD })],
        ['Basic', GET => '/basic/a.txt', @basic],
    );
    for (@late) {
        my ($name, @request) = @$_;
        my ($reply, $seconds) = timed(sub { $short->request(@request) });
        is_unavailable $reply, $name;
        cmp_ok $seconds, '>=', 0.1, "$name: after the wait";
        like $reply->type, qr{^application/json}, "$name: said in JSON" if $name =~ /JSON/;
        like $reply->type, qr{^text/html}, "$name: as a page" if $name =~ /^sign-(?:in|up)$/;
    }
    is scalar($hashes->running), 2, 'the slots were taken all along';
    is $hashes->done, $done, 'nothing was hashed for them';
    is dump_db(), $before, 'the database is unchanged, also the outdated hash';
    is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, 'the session that came along is alive';
    $hashes->release;
    is_deeply [map { reply_to($_)->status } @asked], [302, 302], 'the sign-ins that were first answer 302';
    is $short->request(@$_[1 .. $#$_])->status, { Basic => 200, 'a wrong password' => 400, 'an unknown user' => 400, 'sign-up with JSON' => 400 }->{ $_->[0] } // 302,
        "$_->[0]: now answered" for @late;
    unlike dump_db(), qr/\Q@{[OUTDATED]}/, 'the outdated hash is replaced';
    is $hashes->peak, 2, 'never more than two';
    my @said = $server->error_log =~ /^.*LUCI0404.*$/mg;
    is scalar(@said), 1, 'the log says it once';
    like $said[0], qr/LuciaHashSlots: 2 slots/, 'the log names the number of LuciaHashSlots';
    unlike $server->error_log, qr/correct horse|Y29ycmVjdCBob3JzZQ/, 'the log contains no password';
};

sub reset_connection { my ($socket) = @_; setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0; close $socket }

subtest 'S9.38: clients that go away' => sub {
    for my $round (1 .. 3) {
        $hashes->hold;
        my @asked = map { sign_in_later() } 1 .. 4;
        ok runs(2), 'two are hashed';
        wait_until(sub { at_work() == 4 }, 20);
        reset_connection($_) for @asked;
        $hashes->release;
        ok runs(0), 'the hashes of who went away end';
        all_slots_work('afterwards');
    }
    my @stalled = map {
        my $socket = $server->connect;
        syswrite $socket, "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            . "Content-Length: 100\r\n\r\nusername=alice&password=corr";
        $socket;
    } 1 .. 8;
    wait_until(sub { with_threads() == 8 }, 20);
    is scalar($hashes->running), 0, 'a client that stalls in the middle of a body takes no slot';
    all_slots_work('beside them');
    reset_connection($_) for @stalled;
    all_slots_work('after they went away');
};

subtest 'hashes run beside the threads of httpd' => sub {
    plan skip_all => 'a process has one thread' if $server->{mpm} eq 'prefork';
    my $signals = 0;
    $signals |= 1 << $_ - 1 for POSIX::SIGHUP, POSIX::SIGINT, POSIX::SIGUSR1, POSIX::SIGTERM;
    $hashes->hold;
    my @asked = map { sign_in_later() } 1, 2;
    ok runs(2), 'two hashes run in two virtual hosts';
    for ($hashes->rows) {
        my ($pid, $tid) = @$_;
        my ($own, $parents) = map { (LuciaTest::Server::slurp($_) =~ /\) (.*)/s) ? (split / /, $1)[16] : undef } "/proc/$pid/task/$tid/stat", "/proc/$pid/stat";
        cmp_ok $own, '>', $parents, 'at a lower priority';
        my ($blocked) = LuciaTest::Server::slurp("/proc/$pid/task/$tid/status") =~ /^SigBlk:\s+([0-9a-f]+)/m;
        is hex(substr $blocked, -8) & $signals, $signals, 'deaf to signals, which are httpd\'s';
    }
    $hashes->release;
    reply_to($_) for @asked;
};

subtest 'as many as the largest number any server has' => sub {
    my $hosts = CHEAP_SITE . "LuciaHashSlots 1 60s\n<VirtualHost *>\nServerName 127.0.0.1\n</VirtualHost>\n<VirtualHost *>\nServerName more.test\nLuciaHashSlots 3 60s\n</VirtualHost>\n";
    my $other = LuciaTest::Server->new(env => $hashes->env, config => $hosts);
    sign_up($other, 'alice');
    $hashes->hold;
    my @asked = map { send_request($other, POST => '/login', form(username => 'alice', password => $PASSWORD)) } 1 .. 4;
    ok runs(3), 'the larger LuciaHashSlots of two hosts counts: three hashes run';
    $hashes->release;
    is_deeply [map { reply_to($_)->status } @asked], [(302) x 4], 'all sign-ins of the two hosts are served';
};

subtest 'bad values' => sub {
    my $other = LuciaTest::Server->new(start => 0);
    my $allowed = qr/MAX is 1 to 256 hashes or auto, and WAIT a time of 10ms to 1min/;
    for my $value ('0', '-1', '257', '1.5', 'many', '2 0', '2 9ms', '2 61s', '2 soon', '', '2 2s 2s') {
        my ($status, $said) = $other->configtest(CHEAP_SITE . "LuciaHashSlots $value\n");
        isnt $status, 0, "LuciaHashSlots $value";
        like $said, qr/LuciaHashSlots: .*$allowed/, "LuciaHashSlots $value: the refusal says what is allowed";
        like $said, qr/"\Q$value\E"/, "LuciaHashSlots $value: the refusal names the value" if length $value && $value !~ / .* /;
    }
    for my $value ('1', '256', 'auto', 'auto 10ms', '2 1min') {
        my ($status, $said) = $other->configtest(CHEAP_SITE . "LuciaHashSlots $value\n");
        is $status, 0, "LuciaHashSlots $value is fine" or diag $said;
    }
};

unlike $server->error_log, qr/exit signal/, 'no child died';
done_testing;
