# SPDX-License-Identifier: Apache-2.0
# Where tries are counted: shmcb, a real Redis and a real memcached, which two servers share; what happens when there is none,
# or when it goes; and what servers that write at the same time make of attempts under way. S9.4 and S9.39.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256);
use POSIX ();
use Sys::Hostname qw(hostname);
use Test::More;
use LuciaTest;
use LuciaTest::Control;
use LuciaTest::Service;
use LuciaTest::Site;
use LuciaTest::Gate ();

sub wrong { my ($server, $name, %arg) = @_; $server->request(POST => '/login', form(username => $name, password => $WRONG), %arg)->status }
sub right { my ($server, $name) = @_; $server->request(POST => '/login', form(username => $name, password => $PASSWORD))->status }
sub complaints { my ($server) = @_; scalar(() = $server->error_log =~ /LUCI0510/g) }
sub timed { my ($code) = @_; my $start = Time::HiRes::time(); $code->(); return Time::HiRes::time() - $start }

# Two servers with one database and one service, by LuciaThrottleStore or by what LuciaSessionCache names.
sub pair {
    my ($kind, $directive, $limits) = @_;
    my $service = LuciaTest::Service->new($kind);
    my $config = "$directive @{[$service->name]}\nLuciaThrottle @{[$limits // 'account=10/15min ip=off']}\n";
    my $one = site($config, modules => ["socache_$kind"]);
    my $two = LuciaTest::Server->new(modules => ["socache_$kind"], config => "LuciaDatabase sqlite3 @{[$one->db]}\n$CHEAP_HASH\nLuciaMount /\n$config");
    sign_up($one, $_) for qw(alice bobby carol);
    return { kind => $kind, service => $service, one => $one, two => $two, started => time };
}

sub key_of {
    my ($pair, $name) = @_;
    my ($engine, $db) = (LuciaTest::engine(), $pair->{one}->db);
    my $words = LuciaTest::is_sqlite() ? $db : $engine->params($engine->database_for($db));
    my $key = sha256("1\nusername:$name") ^ sha256($engine->driver . "\n$words\@" . hostname() . "\nuser_session");
    vec($key, 0, 2) = 1;    # an account's
    return 'luciauth-tries:' . unpack 'H*', $key;
}
sub record_of { my ($pair, $name) = @_; $pair->{service}->get(key_of($pair, $name)) }

sub check_sharing {
    my ($pair) = @_;
    my ($one, $two) = @$pair{qw(one two)};
    is_deeply [map { wrong($_ % 2 ? $one : $two, 'alice') } 1 .. 20], [(400) x 10, (429) x 10], 'S9.4: two servers count together';
    is right($two, 'alice'), 429, 'S9.4: two servers refuse together';
    like record_of($pair, 'alice'), qr/^Lt\x02\x01\x0a.*alice\z/s, 'the record lies where it is said to';
    is_deeply [map { wrong($one, 'bobby') } 1 .. 9], [(400) x 9], 'nine on one';
    is right($two, 'bobby'), 302, 'the right password on the other server signs in';
    like record_of($pair, 'bobby'), qr/^Lt\x02\x01\0{12}/, 'clears the count, which is kept so that no older copy comes back';
    my ($last, @lines) = control($one, 'throttle-list');
    is_deeply [sort map { "$_->{kind} $_->{name} $_->{count}" } @lines], ['account alice 10', 'signup 127.0.0.1 3'], 'each server lists what it counted';
    ($last) = control($two, 'throttle-clear', 'account', 'alice');
    is_deeply $last, { done => 1 }, 'the account is cleared on the other server';
    is right($one, 'alice'), 302, 'S9.4: the cleared count is gone on both servers';
}

sub check_garbage {
    my ($pair) = @_;
    wrong($pair->{one}, 'carol');
    my $count = 1;
    my $good = record_of($pair, 'carol');
    my %bad = (nothing => '', words => 'garbage', half => substr($good, 0, 20), version => substr($good, 0, 2) . "\x01" . substr($good, 3), large => 'x' x 5000,
        long => $good . 'x' x 200, kind => substr($good, 0, 3) . "\x02" . substr($good, 4), lines => "\r\nEND\r\n");
    for my $what (sort keys %bad) {
        $pair->{service}->put(key_of($pair, 'carol'), $bad{$what});
        is wrong($pair->{one}, 'carol'), 400, "S9.39: garbage ($what) counts as nothing";
        is substr(record_of($pair, 'carol'), 4, 1), chr ++$count, 'S9.39: a record of garbage is replaced by what the server knows';
    }
    is complaints($pair->{one}), 0, 'S9.39: a record of garbage is not logged';
}

# The record while a sign-in with the right password waits for the database on one server, and after that.
sub record_under_way {
    my ($pair) = @_;
    my ($in, $seen) = (LuciaTest::locked($pair->{one}->db), undef);
    defined(my $pid = fork) or die "fork: $!";
    if (!$pid) {
        LuciaTest::follow_parent();
        eval { right($pair->{one}, 'alice') };
        POSIX::_exit(0);
    }
    wait_until(sub { $seen = record_of($pair, 'alice') }, 20);
    $in->do('ROLLBACK');
    waitpid $pid, 0;
    return $seen;
}

# A server that read the record before the sign-in ended, and writes it afterwards, leaves what it read. That is done here by
# hand, because it takes two servers and the right microsecond.
sub check_under_way {
    my ($pair) = @_;
    my ($one, $two) = @$pair{qw(one two)};
    my $earlier = record_under_way($pair);
    like $earlier, qr/^Lt\x02\x01\0{4}\x01\0{3}/, 'S9.4: an attempt that is under way is in the record';
    ok !defined record_of($pair, 'alice'), 'a sign-in that has ended is in no record';
    $pair->{service}->put(key_of($pair, 'alice'), $earlier);
    is right($two, 'alice'), 503, 'S9.4: an attempt that is under way on one server counts on the other one';
    is right($one, 'alice'), 302, 'a server does not believe a record that says that its attempt is still under way';
    is right($two, 'alice'), 302, 'the other server hears from it that the attempt has ended';
    my $began = unpack 'Q<', substr $earlier, 44, 8;
    $pair->{service}->put(key_of($pair, 'alice'), substr($earlier, 0, 44) . pack('Q<', $began - 120_000) . substr $earlier, 52);
    is right($two, 'alice'), 302, 'an attempt that began two minutes ago on a server that is dead does not count';
}

# Many right sign-ins at once, on both servers and from one address, use up nothing of its limit.
sub check_crowd {
    my ($pair) = @_;
    my @names = map { "crowd $_" } 1 .. 8;
    sign_up($pair->{one}, $_) for @names;
    my @pids = map {
        my $name = $_;
        defined(my $pid = fork) or die "fork: $!";
        if (!$pid) {
            LuciaTest::follow_parent();
            right($pair->{ $_ % 2 ? 'one' : 'two' }, $name) for 1 .. 40;
            POSIX::_exit(0);
        }
        $pid;
    } @names;
    waitpid $_, 0 for @pids;
    is_deeply [map { wrong($pair->{ $_ % 2 ? 'one' : 'two' }, "nobody $_") } 1 .. 22], [(400) x 20, (429) x 2],
        'S9.4: after many right sign-ins at once an address has all of its wrong ones left';
}

# Sign-in goes on, and each server counts for itself: nobody is admitted more often than it allows.
sub check_gone {
    my ($pair, $how) = @_;
    my ($one, $two) = @$pair{qw(one two)};
    my @status;
    is wrong($_, "lasting $how"), 400, "S9.4: $how: a wrong password" for ($one, $two) x 5;
    is wrong($_, "lasting $how"), 429, "S9.4: $how: is refused before the store goes" for $one, $two;
    $pair->{go}->();
    is wrong($_, "lasting $how"), 429, "S9.4: $how: what was refused is refused without the store" for $one, $two;
    my $took = timed(sub { @status = map { wrong($one, "gone $how") } 1 .. 30 });
    is_deeply \@status, [(400) x 10, (429) x 20], "S9.39: $how: the server counts for itself";
    cmp_ok $took, '<', 10, "S9.39: $how: without waiting for it each time ($took s)";
    is_deeply [map { wrong($two, "gone $how") } 1 .. 12], [(400) x 10, (429) x 2], "S9.39: $how: so does the other one";
    is right($one, 'alice'), 302, "S9.39: $how: right passwords sign in";
    ok wait_until(sub { wrong($one, 'whoever'); complaints($one) }, 20), "S9.39: $how: the log says so";
    cmp_ok $one->log_repeats('throttle store'), '<=', 3 + (time - $pair->{started}) / 60, "S9.39: $how: the log does not repeat a line";
    like $one->error_log, qr/LUCI0510: the throttle store \($pair->{kind}:[^)]*, in \S+:\d+\) does not \w+[^;]*; each node counts attempts for itself until it works again/, "S9.39: $how: the log names the throttle's store";
    my ($last, @lines) = control($one, 'throttle-list');
    is scalar(grep { $_->{name} eq "gone $how" && $_->{count} == 10 && $_->{until} } @lines), 1, "S9.39: $how: luciactl lists what this server counts";
}

sub check_back {
    my ($pair) = @_;
    for my $server (qw(one two)) {
        ok wait_until(sub { wrong($pair->{$server}, "again $server"); defined record_of($pair, "again $server") }, 40), "S9.39: back again: server $server counts there";
    }
    is wrong($_, $_[1]), 429, 'S9.4: back again: what was refused without the store is refused with it' for @$pair{qw(one two)};
    is wrong($pair->{two}, 'lasting stopped'), 429, 'S9.4: back again: what was refused before is refused';
    is right($pair->{one}, 'alice'), 302, 'S9.39: other accounts sign in when the store is back';
}

for my $case (['redis', 'LuciaThrottleStore'], ['memcache', 'LuciaSessionCache']) {
    my ($kind, $directive) = @$case;
    my $pair = pair($kind, $directive);
    subtest "$kind: sharing" => sub { check_sharing($pair) };
    subtest "$kind: garbage" => sub { check_garbage($pair) };
    $pair->{go} = sub { $pair->{service}->signal('STOP') };
    subtest "$kind: stopped" => sub { check_gone($pair, 'stopped') };
    $pair->{service}->signal('CONT');
    subtest "$kind: back" => sub { check_back($pair, 'gone stopped') };
    $pair->{go} = sub { $pair->{service}->stop };
    subtest "$kind: killed" => sub { check_gone($pair, 'killed') };
    unlike $_->error_log, qr/exit signal|scache_|AH034(?:7|8)|AH007[89]/, "$kind: nobody crashed, no line of httpd's" for @$pair{qw(one two)};
}

for my $kind (qw(redis memcache)) {
    subtest "$kind: under way" => sub { check_under_way(pair($kind, 'LuciaThrottleStore', 'account=1/15min ip=off')) };
    subtest "$kind: crowd"     => sub { check_crowd(pair($kind, 'LuciaThrottleStore', 'account=off ip=20/15min')) };
}

# ---- shmcb ----

my $site = site('', start => 0);
sub told { my ($config, %arg) = @_; my $server = site($config, %arg); my @answers = map { wrong($server, 'alice') } 1 .. 11; return ($server, @answers) }
my ($server, @answers) = told('LuciaSessionCache off');
is $answers[10], 429, 'without a session cache the throttle uses shared memory';
($server, @answers) = told('', without => ['socache_shmcb']);
is $answers[10], 429, "the throttle's shared memory needs no module of httpd";

# A small one, full of other names: the oldest go, and sign-ins go on.
$server = site("LuciaThrottleStore shmcb:tries(8192)\nLuciaThrottle ip=off");
is_deeply [map { wrong($server, "name number $_") } 1 .. 200], [(400) x 200], 'S9.39: a full store';
is_deeply [map { wrong($server, 'alice') } 1 .. 11], [(400) x 10, 429], 'S9.39: a full store counts a new account';

# Databases do not meet, hosts with one database do.
$server = site(<<'CONF');
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName same.test
</VirtualHost>
<VirtualHost *>
    ServerName other.test
    LuciaDatabase sqlite3 @dir@/db/other.db
</VirtualHost>
CONF
is_deeply [map { wrong($server, 'alice') } 1 .. 11], [(400) x 10, 429], 'S9.17: one host counts ten failures';
is wrong($server, 'alice', host => 'same.test'), 429, 'another one with the same database';
is wrong($server, 'alice', host => 'other.test'), 400, 'S9.17: a host with another database counts separately';

my ($status, $said) = $site->configtest("LuciaThrottleStore nosuch:x\n");
isnt $status, 0, 'a provider that is not there stops the start';
like $said, qr/LUCI0513: LuciaThrottleStore: "nosuch:x" is not allowed: there is no such provider; load mod_socache_nosuch/, 'configtest names the unknown LuciaThrottleStore provider';

done_testing;
