# SPDX-License-Identifier: Apache-2.0
# Three nodes count wrong passwords in one Redis or in two memcached, under a steady load of wrong and right passwords, while
# the store fails over, dies, hangs, refuses and comes back, and while clocks are an hour apart. No node admits more wrong
# passwords for a name than its limit, and no right password is refused. S9.4 and S9.39.
use strict;
use warnings;
use lib 't/lib';
use List::Util qw(max sum0);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use LuciaTest;
use LuciaTest::Nodes ();
use LuciaTest::Outcomes;
use LuciaTest::Redis;
use LuciaTest::Site;
use LuciaTest::Gate ();

use constant { LIMIT => 5, NODES => 3, USERS => 4 };
my @MODULES = qw(socache_redis socache_memcache);

sub nodes {
    my ($store, @env) = @_;
    my $config = "LuciaThrottleStore $store\nLuciaThrottle account=@{[LIMIT]}/15min ip=off signup=off\nMaxKeepAliveRequests 0\n";
    my $first = site($config, modules => \@MODULES, env => $env[0] // {});
    my $same = "LuciaDatabase sqlite3 @{[$first->db]}\n$CHEAP_HASH\nLuciaMount /\n$config";
    my @nodes = ($first, map { LuciaTest::Server->new(modules => \@MODULES, env => $env[$_] // {}, config => $same) } 1 .. NODES - 1);
    sign_up($first, "right $_") for 1 .. USERS * NODES;
    return @nodes;
}

sub sign_in_status { my ($node, $name, $password) = @_; return $node->request(POST => '/login', form(username => $name, password => $password))->status }

# ---- The load ----

# What one node answers until the time is over: each second another name is attacked, and every older one again now and then.
sub attack_node {
    my ($node, $number, $prefix, $until) = @_;
    my ($begun, $round, %saw) = (time, 0);
    srand $number;
    while (time < $until) {
        my $second = int(time - $begun);
        my $name = $prefix . ($round++ % 3 ? $second : int rand($second + 1));
        my $status = sign_in_status($node, $name, $WRONG);
        $saw{"wrong\t$name\t$status"}++;
        my $user = 'right ' . ($number * USERS + 1 + $round % USERS);
        $saw{"right\t$user\t" . sign_in_status($node, $user, $PASSWORD)}++;
        sleep 0.02;
    }
    return \%saw;
}

my $attacks = 0;

# Runs a program meanwhile. The answers of all nodes: { node => number, kind, name, status, count }.
sub attack {
    my ($nodes, $seconds, $meanwhile) = @_;
    my ($prefix, $until, @from) = ('v' . ++$attacks . '-', time + $seconds);
    for my $number (0 .. $#$nodes) {
        pipe my $in, my $out or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            LuciaTest::follow_parent();
            close $in;
            my $saw = eval { attack_node($nodes->[$number], $number, $prefix, $until) } // { "died\t$@\t0" => 1 };
            print $out map { "$_\t$saw->{$_}\n" } %$saw ? keys %$saw : ();
            close $out;
            POSIX::_exit(0);
        }
        close $out;
        push @from, [$number, $in, $pid];
    }
    $meanwhile->();
    my @answers;
    for (@from) {
        my ($number, $in, $pid) = @$_;
        while (<$in>) {
            chomp;
            my ($kind, $name, $status, $count) = split /\t/;
            push @answers, { node => $number, kind => $kind, name => $name, status => $status, count => $count };
        }
        waitpid $pid, 0;
    }
    return @answers;
}

sub sum_of { my ($wanted, @answers) = @_; return sum0 map { $_->{count} } grep { $wanted->($_) } @answers }

sub check {
    my ($done, $to, $nodes, $seconds, $meanwhile) = @_;
    my @answers = attack($nodes, $seconds, $meanwhile);
    my %admitted;
    $admitted{"$_->{node} $_->{name}"} += $_->{count} for grep { $_->{kind} eq 'wrong' && $_->{status} == 400 } @answers;
    my $beyond = sum0 map { max(0, $_ - LIMIT) } values %admitted;
    outcome($done, $to, answers => sum_of(sub { 1 }, @answers), unavailable => 0,
        lost => sum_of(sub { $_[0]{kind} eq 'right' && $_[0]{status} != 302 }, @answers), admitted => $beyond);
    # 503: an attempt whose end the store has missed counts as under way for others.
    is sum_of(sub { $_[0]{kind} eq 'wrong' && $_[0]{status} !~ /^(?:400|429|503)$/ }, @answers), 0, "$to $done: a wrong password is refused or throttled";
    cmp_ok sum_of(sub { $_[0]{kind} eq 'wrong' && $_[0]{status} == 429 }, @answers), '>', 0, "$to $done: wrong passwords were throttled";
    is sum_of(sub { $_[0]{kind} eq 'died' }, @answers), 0, "$to $done: no client died";
    unlike $_->error_log, qr/exit signal/, "$to $done: no process crashed" for @$nodes;
    return;
}

# Afterwards all nodes count together again.
sub counts_together {
    my ($what, @nodes) = @_;
    my $tries = 0;
    my $shared = wait_until(sub {
        my $name = 'together ' . ++$tries . " $attacks";
        my $admitted = grep { sign_in_status($nodes[ $_ % @nodes ], $name, $WRONG) == 400 } 1 .. LIMIT * @nodes;
        return $admitted == LIMIT;
    }, 40);
    ok $shared, "$what: the nodes count together";
    return;
}

# ---- A failover of Redis by Sentinel, behind the HAProxy of doc/nodes.md ----

{
    my $primary = LuciaTest::Redis->primary;
    my $replica = LuciaTest::Redis->replica($primary);
    my @sentinels = LuciaTest::Redis->sentinels($primary, 3);
    my $config = LuciaTest::Nodes::replaced(LuciaTest::Nodes::block('haproxy-redis.cfg'), '10.0.0.25:6379' => '127.0.0.1:@port@',
        '10.0.0.22:6379' => '@server1@', '10.0.0.23:6379' => '@server2@');
    my $proxy = LuciaTest::Redis->proxy(config => $config, servers => [$primary, $replica]);
    my @nodes = nodes($proxy->name);
    counts_together('a Redis behind HAProxy', @nodes);
    check('killed, its replica promoted by Sentinel', 'Redis behind HAProxy', \@nodes, 30, sub {
        sleep 3;
        $primary->stop;
        ok wait_until(sub { eval { LuciaTest::Redis::role($proxy) eq 'master' } }, 60), 'Sentinel promotes the replica, and HAProxy finds it';
        $primary->start;
        ok wait_until(sub { eval { LuciaTest::Redis::role($primary) eq 'slave' } }, 60), 'the old primary becomes a replica';
    });
    counts_together('after a failover', @nodes);
    check('stalled, its replica promoted by Sentinel', 'Redis behind HAProxy', \@nodes, 30, sub {
        sleep 3;
        $replica->signal('STOP');
        ok wait_until(sub { eval { LuciaTest::Redis::role($primary) eq 'master' } }, 60), 'Sentinel promotes the other one';
        $replica->signal('CONT');
    });
    counts_together('after a second failover', @nodes);

    my ($status, $said) = $nodes[0]->configtest("LuciaThrottleStore @{[$sentinels[0]->name]}\n");
    isnt $status, 0, 'a Sentinel is refused at start';
    my @cluster = LuciaTest::Redis->cluster(3);
    ($status, $said) = $nodes[0]->configtest('LuciaThrottleStore redis:' . join(',', map { "127.0.0.1:$_->{port}" } @cluster) . "\n");
    isnt $status, 0, 'a Redis Cluster is refused at start';
    is scalar(() = $said =~ /belongs to a Redis Cluster/g), 3, 'each of its nodes is named';
}

# ---- One Redis ----

{
    my $redis = LuciaTest::Redis->primary;
    my $other = LuciaTest::Redis->primary;
    my @nodes = nodes($redis->name);
    check('stalled for 8 s', 'Redis', \@nodes, 16, sub { sleep 3; $redis->signal('STOP'); sleep 8; $redis->signal('CONT') });
    counts_together('after a stall', @nodes);
    check('killed and started empty, again and again', 'Redis', \@nodes, 24, sub { for (1 .. 5) { sleep 2; $redis->stop; sleep 2; $redis->start } });
    counts_together('after restarts', @nodes);
    check('made a replica for 8 s', 'Redis', \@nodes, 16, sub { sleep 3; $redis->say(REPLICAOF => '127.0.0.1', $other->{port}); sleep 8; $redis->say(qw(REPLICAOF NO ONE)) });
    counts_together('after a time as a replica', @nodes);
    check('made a writable replica that is synchronised again and again', 'Redis', \@nodes, 20, sub {
        $redis->say(qw(CONFIG SET replica-read-only no));
        for (1 .. 3) { sleep 2; $redis->say(REPLICAOF => '127.0.0.1', $other->{port}); sleep 2; $redis->say(qw(REPLICAOF NO ONE)) }
    });
    check('given a password for 8 s', 'Redis', \@nodes, 16, sub {
        sleep 3;
        $redis->say(qw(CONFIG SET requirepass something));
        sleep 8;
        local $redis->{password} = 'something';
        $redis->say('CONFIG', 'SET', 'requirepass', '');
    });
    check('out of memory for 8 s', 'Redis', \@nodes, 16, sub { sleep 3; $redis->say(qw(CONFIG SET maxmemory 1)); sleep 8; $redis->say(qw(CONFIG SET maxmemory 0)) });
    counts_together('after all that', @nodes);
}

# ---- Two memcached ----

{
    my @cached = map { LuciaTest::Service->new('memcache') } 1 .. 2;
    my @nodes = nodes('memcache:' . join ',', map { "127.0.0.1:$_->{port}" } @cached);
    check('killed, one of two, started again after 8 s', 'memcached', \@nodes, 20, sub { sleep 3; $cached[0]->stop; sleep 8; $cached[0]->start });
    counts_together('after one of two memcached died', @nodes);
    check('stalled, one of two, for 8 s', 'memcached', \@nodes, 16, sub { sleep 3; $cached[1]->signal('STOP'); sleep 8; $cached[1]->signal('CONT') });
    counts_together('after one of two memcached stalled', @nodes);
    check('killed, both', 'memcached', \@nodes, 16, sub { sleep 3; $_->stop for @cached; sleep 8; $_->start for @cached });
    counts_together('after both memcached died', @nodes);
}

# ---- Clocks ----

SKIP: {
    my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1' or skip 'libfaketime is not installed', 1;
    my @env = map { { LD_PRELOAD => $faketime, FAKETIME => $_, FAKETIME_DONT_FAKE_MONOTONIC => 1, DONT_FAKE_MONOTONIC => 1 } } '-1h', '+5m', '+1h';
    my $redis = LuciaTest::Redis->primary;
    my @nodes = nodes($redis->name, @env);
    counts_together('clocks two hours apart', @nodes);
    check('with clocks two hours apart, Redis stalled for 5 s', 'three nodes', \@nodes, 14, sub { sleep 3; $redis->signal('STOP'); sleep 5; $redis->signal('CONT') });
    counts_together('clocks two hours apart, after a stall', @nodes);
    like $_->error_log, qr/LUCI0519: the clock of this machine is \d+ seconds (?:behind|ahead of) that of the throttle store/, 'the log says that the clocks differ' for @nodes;
}

done_testing;
