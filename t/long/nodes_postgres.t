# SPDX-License-Identifier: Apache-2.0
# Three nodes behind HAProxy with one PostgreSQL and one Redis: whatever is killed, frozen, restarted, or has another clock, no
# session that is valid is lost, and none that ended is admitted.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Cluster;
use LuciaTest::PgBouncer;
use LuciaTest::Postgres;
use LuciaTest::Service;

my $postgres = LuciaTest::Postgres->new;

sub cluster {
    my ($line, $cache, %more) = @_;
    return LuciaTest::Cluster->new(config => [$line, 'LuciaSessionCache ' . $cache->name, 'LuciaSessionCacheTTL 10s'],
        modules => ["socache_$cache->{kind}"], %more);
}

subtest 'PostgreSQL and Redis' => sub {
    my $redis   = LuciaTest::Service->new('redis');
    my $cluster = cluster($postgres->line($postgres->create), $redis);
    my $work    = $cluster->work;
    my @nodes   = $cluster->nodes;
    $work->case('left alone', 'three nodes', sub { }, allowed => 0);
    $work->case('gracefully restarted, one after the other', 'three nodes', sub { $_->restart_graceful for @nodes }, allowed => 0);
    $work->case('killed with all its children, started again', 'a node', sub { $cluster->crash($nodes[1]); $work->pause(3); $nodes[1]->start }, allowed => 8);
    $work->case('frozen for 10 s', 'a node', sub { $cluster->freeze($nodes[2]); $work->pause(10); $cluster->thaw });
    $work->case('restarted', 'PostgreSQL', sub { $postgres->restart }, allowed => 10);
    $work->case('killed, started again after 5 s', 'PostgreSQL', sub { $postgres->stop('KILL'); $work->pause(5); $postgres->start }, allowed => 20);
    $work->case('frozen for 10 s', 'PostgreSQL', sub { $postgres->freeze; $work->pause(10); $postgres->thaw }, allowed => 20);
    $work->case('killed, started again empty after 5 s', 'Redis', sub { $redis->stop; $work->pause(5); $redis->start }, allowed => 0);
    $work->case('frozen for 10 s', 'Redis', sub { $redis->signal('STOP'); $work->pause(10); $redis->signal('CONT') });
    $cluster->finish;
};

subtest 'PostgreSQL and memcached' => sub {
    my $memcached = LuciaTest::Service->new('memcache');
    my $cluster   = cluster($postgres->line($postgres->create), $memcached);
    my $work      = $cluster->work;
    $work->case('killed, started again empty after 5 s', 'memcached', sub { $memcached->stop; $work->pause(5); $memcached->start }, allowed => 0);
    $work->case('frozen for 10 s', 'memcached', sub { $memcached->signal('STOP'); $work->pause(10); $memcached->signal('CONT') });
    $cluster->finish;
};

subtest 'clocks' => sub {
    my $redis   = LuciaTest::Service->new('redis');
    my $cluster = cluster($postgres->line($postgres->create), $redis, clocks => [0, 300, -300]);
    $cluster->work->case('five minutes ahead and behind', "two nodes' clocks", sub { $cluster->work->pause(15) }, allowed => 0);
    $cluster->finish;
};

subtest 'failover of PostgreSQL' => sub {
    my $redis   = LuciaTest::Service->new('redis');
    my $primary = LuciaTest::Postgres->new;
    my $standby = $primary->standby;
    ok $primary->needs_standby('ANY 1 (*)'), 'the standby is synchronous';
    my $database = $primary->create;
    my $line = 'LuciaDatabase pgsql "' . join(' ', 'host=127.0.0.1,127.0.0.1', 'port=' . $primary->port . ',' . $standby->port,
        "dbname=$database user=lucia target_session_attrs=read-write") . '"';
    my $cluster = cluster($line, $redis);
    my $work    = $cluster->work;
    $work->case('killed, its synchronous standby promoted after 3 s', 'PostgreSQL', sub {
        $primary->stop('KILL');
        $work->pause(3);
        $standby->promote;
    }, allowed => 15);
    $work->case('restarted, after the failover', 'PostgreSQL', sub { $standby->restart }, allowed => 15);
    $cluster->finish;
};

subtest 'PgBouncer' => sub {
    my $redis   = LuciaTest::Service->new('redis');
    my $pooler  = LuciaTest::PgBouncer->new(postgres => $postgres, mode => 'transaction', size => 8);
    my $cluster = cluster($pooler->line($postgres->create), $redis);
    my $work    = $cluster->work;
    $work->case('between, in transaction mode', 'PgBouncer', sub { $work->pause(10) }, allowed => 0);
    $work->case('killed, started again after 3 s', 'PgBouncer', sub { $pooler->stop('KILL'); $work->pause(3); $pooler->start }, allowed => 15);
    $work->case('restarted behind PgBouncer', 'PostgreSQL', sub { $postgres->restart }, allowed => 15);
    $cluster->finish;
};

done_testing;
