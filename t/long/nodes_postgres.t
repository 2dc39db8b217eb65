# SPDX-License-Identifier: Apache-2.0
# Three nodes behind HAProxy with one PostgreSQL and one Redis: whatever is killed, frozen, restarted, or has another clock, no
# session that is valid is lost, and none that ended is admitted.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::HAProxy;
use LuciaTest::Postgres;
use LuciaTest::Service;
use LuciaTest::Site qw($CHEAP_HASH);
use LuciaTest::Workload;

my $postgres = LuciaTest::Postgres->new;
my $redis    = LuciaTest::Service->new('redis');

my $config = join '', map { "$_\n" } $postgres->line(undef), 'LuciaDatabasePool 6', $CHEAP_HASH, 'LuciaSessionCache ' . $redis->name,
    'LuciaSessionCacheTTL 10s', 'LuciaMount /account', 'LuciaThrottle off', '<Location /members>', '    AuthType Lucia', '    Require valid-user', '</Location>';

sub node {
    my ($host, %more) = @_;
    return LuciaTest::Server->new(host => $host, modules => ['socache_redis'], config => $config,
        files => { 'htdocs/members/a.txt' => "inside\n", 'htdocs/up.txt' => "up\n" }, %more);
}

# Power off: the server and all its children at once.
sub crash {
    my ($node) = @_;
    my $pid = $node->pid;
    kill KILL => -$pid or die "no such group: $!\n";
    wait_until(sub { $node->reap }, 10) or die "httpd lives\n";
    return;
}

my @nodes = map { node("127.0.0.$_") } 2 .. 4;
my $proxy = LuciaTest::HAProxy->in_front_of(@nodes);
my $work  = LuciaTest::Workload->new(nodes => \@nodes, front => $proxy->client);

$work->case('left alone', 'three nodes', sub { }, allowed => 0);
$work->case('gracefully restarted, one after the other', 'three nodes', sub { $_->restart_graceful for @nodes }, allowed => 0);
$work->case('killed with all its children, started again', 'a node', sub { crash($nodes[1]); $work->pause(3); $nodes[1]->start }, allowed => 8);
$work->case('frozen for 10 s', 'a node', sub {
    my @pids = ($nodes[2]->pid, $nodes[2]->children);
    kill STOP => @pids;
    $work->pause(10);
    kill CONT => @pids;
});
$work->case('restarted', 'PostgreSQL', sub { $postgres->restart }, allowed => 10);
$work->case('killed, started again after 5 s', 'PostgreSQL', sub { $postgres->stop('KILL'); $work->pause(5); $postgres->start }, allowed => 20);
$work->case('frozen for 10 s', 'PostgreSQL', sub { $postgres->freeze; $work->pause(10); $postgres->thaw }, allowed => 20);
$work->case('killed, started again empty after 5 s', 'Redis', sub { $redis->stop; $work->pause(5); $redis->start }, allowed => 0);
$work->case('frozen for 10 s', 'Redis', sub { $redis->signal('STOP'); $work->pause(10); $redis->signal('CONT') });
$work->stop;
unlike $_->error_log, qr/exit signal Segmentation/, "$_->{host}: no process died by itself" for @nodes;

done_testing;
