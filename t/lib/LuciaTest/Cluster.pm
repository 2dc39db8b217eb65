# SPDX-License-Identifier: Apache-2.0
#
# Three nodes of one site behind HAProxy, with users at work on them.
#
#     my $cluster = LuciaTest::Cluster->new(config => [$postgres->line, 'LuciaSessionCache ' . $redis->name], modules => ['socache_redis'],
#         clocks => [0, 300, -300]);      # seconds that each node's clock is ahead
#     my $work = $cluster->work;          # LuciaTest::Workload, at work
#     my ($one, $two, $three) = $cluster->nodes;
#     $cluster->crash($one); $one->start; $cluster->freeze($two); $cluster->thaw($two);
#     $cluster->finish;                   # checks that no process died by itself
package LuciaTest::Cluster;
use strict;
use warnings;

use Test::More;
use LuciaTest;
use LuciaTest::HAProxy;
use LuciaTest::Site qw($CHEAP_HASH);
use LuciaTest::Workload;

my @SITE = ('LuciaDatabasePool 6', $CHEAP_HASH, 'LuciaMount /account', 'LuciaThrottle off', '<Location /members>', '    AuthType Lucia',
    '    Require valid-user', '</Location>');

sub new {
    my ($class, %arg) = @_;
    my $self = bless {}, $class;
    my @clocks = @{ $arg{clocks} // [0, 0, 0] };
    $self->{nodes} = [map {
        LuciaTest::Server->new(host => '127.0.0.' . ($_ + 2), modules => $arg{modules} // [], config => join('', map { "$_\n" } @{ $arg{config} }, @SITE),
            files => { 'htdocs/members/a.txt' => "inside\n", 'htdocs/up.txt' => "up\n" }, env => $clocks[$_] ? clock($clocks[$_]) : {})
    } 0 .. 2];
    $self->{proxy} = LuciaTest::HAProxy->in_front_of($self->nodes);
    $self->{work} = LuciaTest::Workload->new(nodes => $self->{nodes}, front => $self->{proxy}->client);
    return $self;
}

sub nodes { return @{ $_[0]{nodes} } }
sub work  { return $_[0]{work} }

# The environment of a process whose clock is so many seconds ahead. Its timers stay as they are.
sub clock {
    my ($seconds) = @_;
    my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1' or die "no libfaketime\n";
    return { LD_PRELOAD => $library, FAKETIME => sprintf('%+ds', $seconds), FAKETIME_DONT_FAKE_MONOTONIC => 1 };
}

# Power off: the server and all its children at once.
sub crash {
    my (undef, $node) = @_;
    my $pid = $node->pid;
    kill KILL => -$pid or die "no such group: $!\n";
    wait_until(sub { $node->reap }, 10) or die "httpd lives\n";
    return;
}

sub freeze { my ($self, $node) = @_; kill STOP => @{ $self->{frozen} = [$node->pid, $node->children] }; return }
sub thaw   { my ($self) = @_; kill CONT => @{ delete $self->{frozen} }; return }

sub finish {
    my ($self) = @_;
    $self->work->stop;
    unlike $_->error_log, qr/exit signal Segmentation/, "$_->{host}: no process died by itself" for $self->nodes;
    return;
}

1;
