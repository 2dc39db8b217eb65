# SPDX-License-Identifier: Apache-2.0
# Real servers that cannot store counts: what start, configtest and luciactl check say of them, and that throttling goes on
# all the same; one of two memcached that dies; and two servers whose clocks differ. S9.4 and S9.39.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Database ();
use LuciaTest::Redis;
use LuciaTest::Site;
use LuciaTest::Gate qw(CHEAP_SITE);

my @MODULES = qw(socache_redis socache_memcache);
my $THROTTLE = "LuciaThrottle account=5/15min ip=off\n";

sub wrong { my ($server, $name) = @_; $server->request(POST => '/login', form(username => $name, password => $WRONG))->status }
sub wrongs { my ($server, $name, $times) = @_; return [map { wrong($server, $name) } 1 .. $times] }

# ---- What they are ----

my $primary = LuciaTest::Redis->primary;
my $memcached = LuciaTest::Service->new('memcache');
my %service = (
    'a password'       => LuciaTest::Service->new('redis', password => 'something'),
    'a replica'        => LuciaTest::Redis->primary('--replicaof', '127.0.0.1', $primary->{port}),
    'a writable one'   => LuciaTest::Redis->primary('--replicaof', '127.0.0.1', $primary->{port}, '--replica-read-only', 'no'),
    'a full memory'    => LuciaTest::Redis->primary('--maxmemory', '1'),
    'a Sentinel'       => LuciaTest::Redis->sentinel($primary, 1),
    'a Cluster'        => LuciaTest::Redis->primary('--cluster-enabled', 'yes'),
    'a memcached'      => bless({ %$memcached, kind => 'redis', owner => 0 }, 'LuciaTest::Service'),
    'a Redis'          => bless({ %$primary, kind => 'memcache', owner => 0 }, 'LuciaTest::Service'),
);
my @cases = (
    ['a password',     0, qr/requires a password \(NOAUTH\).*remove requirepass/i],
    ['a replica',      0, qr/is a replica \(role:slave\).*role:master check/i],
    ['a writable one', 0, qr/is a replica \(role:slave\).*role:master check/i],
    ['a full memory',  0, qr/has used up its maxmemory \(OOM\).*raise maxmemory/i],
    ['a Sentinel',     1, qr/is a Redis Sentinel.*role:master check/i],
    ['a Cluster',      1, qr/belongs to a Redis Cluster.*role:master check/i],
    ['a memcached',    1, qr/is no Redis, it answers "ERROR".*write memcache: instead of redis:/i],
    ['a Redis',        1, qr/is no memcached, it answers "-ERR.*write redis: instead of memcache:/i],
);

my $site = site('', start => 0, modules => \@MODULES);
for my $case (@cases) {
    my ($what, $is_fatal, $words) = @$case;
    my $name = $service{$what}->name;
    my $host = $name =~ s/^\w+://r;
    my ($status, $said) = $site->configtest("LuciaThrottleStore $name\n");
    is $status != 0 ? 1 : 0, $is_fatal, "configtest with $what " . ($is_fatal ? 'fails' : 'passes') or diag $said;
    like $said, qr/LUCI0522: LuciaThrottleStore in \S+:\d+: \Q$host\E $words/, "configtest says what is wrong with $what";
}
my ($status, $said) = $site->configtest("LuciaSessionCache @{[$service{'a Sentinel'}->name]}\n");
isnt $status, 0, 'configtest with a Sentinel as the session cache fails';
like $said, qr/LUCI0522: LuciaSessionCache in \S+:\d+: \S+ is a Redis Sentinel/, 'configtest names LuciaSessionCache';
($status, $said) = $site->configtest('LuciaThrottleStore redis:127.0.0.1:' . LuciaTest::Database::free_port() . "\n");
is $status, 0, 'configtest with a store that does not run passes';
like $said, qr/LUCI0522: .* cannot be used now: Connection refused/, 'configtest says that the store does not run';
for my $good ($primary, $memcached) {
    ($status, $said) = $site->configtest("LuciaThrottleStore @{[$good->name]}\n");
    unlike $said, qr/LUCI0522/, "configtest says nothing of a $good->{kind} that works";
}
($status, $said) = $site->configtest("LuciaThrottleStore redis:127.0.0.1:$primary->{port},127.0.0.1:$service{'a replica'}{port}\n");
like $said, qr/LUCI0522: .*:$service{'a replica'}{port} is a replica/, 'configtest names the replica in a list';
unlike $said, qr/:$primary->{port} is/, 'configtest says nothing of the primary in the list';
($status, $said) = $site->try_start("LuciaThrottleStore @{[$service{'a Cluster'}->name]}\n");
isnt $status, 0, 'a start with a Cluster fails';
like $said, qr/LUCI0522: .* belongs to a Redis Cluster/, 'the start says that it is a Cluster';

# ---- Counting goes on ----

for my $what ('a password', 'a replica', 'a full memory', 'a writable one') {
    my $server = site("LuciaThrottleStore @{[$service{$what}->name]}\n$THROTTLE", modules => \@MODULES);
    is_deeply wrongs($server, 'alice', 8), [(400) x 5, (429) x 3], "S9.4: $what: wrong passwords are refused after five";
    like $server->error_log, qr/LUCI0522: .*LuciaThrottleStore/, "$what: the start says it in the error log";
    next if $what eq 'a writable one';
    like $server->error_log, qr/LUCI0510: the throttle store \([^)]*\) does not work: 127\.0\.0\.1:\d+ \w+ .*\([A-Z]+\)[^;]*; each node counts/, "$what: the log has the reason";
}

my $server = site("LuciaThrottleStore redis:127.0.0.1:$primary->{port},127.0.0.1:$service{'a replica'}{port}\n$THROTTLE", modules => \@MODULES);
is_deeply wrongs($server, $_, 7), [(400) x 5, (429) x 2], "S9.4: a primary and a replica: wrong passwords of $_ are refused after five" for map { 'user ' . $_ } 1 .. 4;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my $end = $ctl->run('check');
is $end->{status}, 1, 'luciactl check reports the replica as a problem';
like $end->{out}, qr/is a replica \(role:slave\)/, 'luciactl check says that it is a replica';

my $second = LuciaTest::Service->new('memcache');
my $two = site("LuciaThrottleStore memcache:127.0.0.1:$memcached->{port},127.0.0.1:$second->{port}\n$THROTTLE", modules => \@MODULES);
my @names = map { 'user ' . $_ } 1 .. 6;
wrongs($two, $_, 3) for @names;
$second->stop;
is_deeply wrongs($two, $_, 4), [(400) x 2, (429) x 2], "S9.4: one of two memcached dies: $_ has two of five left" for @names;
unlike $two->error_log, qr/LUCI0510/, 'one of two memcached is enough';

# ---- Clocks ----

my $timeless = LuciaTest::Redis->primary('--rename-command', 'TIME', '');
my $blind = site("LuciaThrottleStore @{[$timeless->name]}\n$THROTTLE", modules => \@MODULES);
is_deeply wrongs($blind, 'alice', 8), [(400) x 5, (429) x 3], 'S9.4: a Redis without the command TIME stores counts';
my ($refusals) = $timeless->say('INFO', 'errorstats') =~ /errorstat_ERR:count=(\d+)/;
cmp_ok $refusals, '<=', 2, 'it is not asked for the time with each command';

my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
SKIP: {
    skip 'libfaketime is not installed', 1 if !$faketime;
    skip 'libfaketime and a sanitizer replace the same functions', 1 if $ENV{SANITIZE};
    my $one = site("LuciaThrottleStore @{[$primary->name]}\n$THROTTLE", modules => \@MODULES);
    my $late = LuciaTest::Server->new(modules => \@MODULES, env => { LD_PRELOAD => $faketime, FAKETIME => '-1h', FAKETIME_DONT_FAKE_MONOTONIC => 1, DONT_FAKE_MONOTONIC => 1 },
        config => (CHEAP_SITE =~ s{\@db\@}{$one->db}er) . "LuciaThrottleStore @{[$primary->name]}\n$THROTTLE");
    is_deeply [map { wrong($_ % 2 ? $one : $late, 'clocks') } 1 .. 8], [(400) x 5, (429) x 3], 'S9.4: servers whose clocks are an hour apart count together';
    like $late->error_log, qr/LUCI0519: the clock of this machine is 3(?:599|600|601) seconds behind that of the throttle store .*NTP/, 'the log says how far the clock is wrong';
    unlike $one->error_log, qr/LUCI0519/, 'the log of the other server says nothing';
    unlike $_->error_log, qr/LUCI0521/, 'no count was lost' for $one, $late;
}

done_testing;
