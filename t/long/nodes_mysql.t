# SPDX-License-Identifier: Apache-2.0
# Three nodes behind HAProxy with MariaDB and Redis: first one server, then a Galera cluster that HAProxy spreads the nodes'
# connections over. Whatever is killed, frozen or restarted, no session that is valid is lost, and none that ended is admitted.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Cluster;
use LuciaTest::Galera;
use LuciaTest::HAProxy;
use LuciaTest::MariaDB;
use LuciaTest::Service;

sub cluster {
    my ($line, $redis) = @_;
    return LuciaTest::Cluster->new(config => [$line, 'LuciaSessionCache ' . $redis->name, 'LuciaSessionCacheTTL 10s'], modules => ['socache_redis']);
}

subtest MariaDB => sub {
    my $redis   = LuciaTest::Service->new('redis');
    my $mariadb = LuciaTest::MariaDB->new;
    my $cluster = cluster($mariadb->line($mariadb->create), $redis);
    my $work    = $cluster->work;
    $work->case('restarted', 'MariaDB', sub { $mariadb->restart }, allowed => 15);
    $work->case('killed, started again after 5 s', 'MariaDB', sub { $mariadb->stop('KILL'); $work->pause(5); $mariadb->start }, allowed => 20);
    $work->case('frozen for 10 s', 'MariaDB', sub { $mariadb->freeze; $work->pause(10); $mariadb->thaw }, allowed => 20);
    $cluster->finish;
};

subtest Galera => sub {
    plan skip_all => 'no Galera provider is installed' if !LuciaTest::Galera->available;
    my $redis  = LuciaTest::Service->new('redis');
    my $galera = LuciaTest::Galera->new(nodes => 3);
    my @nodes  = $galera->nodes;
    my $database = $nodes[0]->create;
    my @checkers = map { LuciaTest::Galera::Checker->new($_) } @nodes;
    my $proxy = LuciaTest::HAProxy->new(config => join "\n", 'defaults', '    mode tcp', '    timeout connect 2s', '    timeout client 1h',
        '    timeout server 1h', '    timeout check 1s', 'listen galera', '    bind 127.0.0.1:@port@', '    balance roundrobin', '    option httpchk GET /',
        '    default-server inter 500 fall 2 rise 2 on-marked-down shutdown-sessions',
        map({ "    server node$_ 127.0.0.1:" . $nodes[$_]->port . ' check port ' . $checkers[$_]->port } 0 .. $#nodes), '');
    my ($user, $password) = (LuciaTest::MariaDB::USER, LuciaTest::MariaDB::PASSWORD);
    my $cluster = cluster("LuciaDatabase mysql \"host=127.0.0.1,port=@{[$proxy->port]},user=$user,pass=$password,dbname=$database\"", $redis);
    my $work    = $cluster->work;
    $work->case('left alone', 'Galera, three nodes behind HAProxy', sub { $work->pause(15) });
    $work->case('killed, started again after 5 s', 'a node of Galera', sub { $nodes[1]->stop('KILL'); $work->pause(5); $nodes[1]->start; $galera->settle }, allowed => 30);
    $work->case('restarted, one after the other', 'three nodes of Galera', sub { for my $node (@nodes) { $node->restart; $galera->settle } }, allowed => 90);
    $work->case('frozen for 10 s', 'a node of Galera', sub { $nodes[2]->freeze; $work->pause(10); $nodes[2]->thaw; $galera->settle });
    $work->case('cut off from the others for 10 s', 'a node of Galera', sub { $nodes[1]->isolate; $work->pause(10); $nodes[1]->join; $galera->settle }, allowed => 20);
    $work->case('has lost its data, gets all of it from another', 'a node of Galera', sub { $nodes[2]->forget; $nodes[2]->start; $galera->settle }, allowed => 30);
    $cluster->finish;
};

done_testing;
