# SPDX-License-Identifier: Apache-2.0
#
# Several redis-servers of a test's own: replicas, Sentinels, a Cluster, and the HAProxy in front of them that finds the
# primary. All of them end with the objects; each is a LuciaTest::Service (signal, stop, start, get, put).
#
#     my $primary = LuciaTest::Redis->primary;                   # further options of redis-server as arguments
#     my $replica = LuciaTest::Redis->replica($primary);         # linked when it returns
#     my @sentinels = LuciaTest::Redis->sentinels($primary, 3);  # they know each other and the replicas when it returns
#     my @nodes = LuciaTest::Redis->cluster(3);                  # all slots are served when it returns
#     my $proxy = LuciaTest::Redis->proxy($primary, $replica);   # a HAProxy; $proxy->name is redis:127.0.0.1:PORT
#     LuciaTest::Redis->proxy(config => $text, servers => [$primary, $replica])   # with @port@, @server1@, @server2@ filled in
#     LuciaTest::Redis::role($service)                           # master, slave or sentinel
package LuciaTest::Redis;
use strict;
use warnings;
use parent 'LuciaTest::Service';

use LuciaTest;
use LuciaTest::HAProxy;
use LuciaTest::Service;

sub primary { my ($class, @args) = @_; return $class->new('redis', args => \@args) }

sub replica {
    my ($class, $primary, @args) = @_;
    my $replica = $class->new('redis', args => ['--replicaof', '127.0.0.1', $primary->{port}, '--repl-diskless-sync-delay', '0', @args]);
    wait_until(sub { info($replica, 'replication') =~ /^master_link_status:up/m }, 30) or die "the replica does not reach its primary\n";
    return $replica;
}

sub info { my ($service, @section) = @_; return $service->say(INFO => @section) }
sub role { my ($service) = @_; return $service->say('ROLE') =~ /\A\*\d+\r\n\$\d+\r\n(\w+)/ ? $1 : '' }

# ---- Sentinels ----

sub sentinels {
    my ($class, $primary, $count) = @_;
    my $quorum = int($count / 2) + 1;
    my @sentinels = map { $class->sentinel($primary, $quorum) } 1 .. $count;
    for my $sentinel (@sentinels) {
        wait_until(sub { info($sentinel, 'sentinel') =~ /slaves=[1-9]\d*,sentinels=$count\b/ }, 60) or die "the Sentinels do not find each other\n";
    }
    return @sentinels;
}

sub sentinel {
    my ($class, $primary, $quorum) = @_;
    return $class->new('redis', monitors => $primary->{port}, quorum => $quorum);
}

# A Sentinel writes to its file of configuration.
sub command {
    my ($self) = @_;
    return $self->SUPER::command if !$self->{monitors};
    my $file = "$self->{dir}/sentinel.conf";
    if (!-e $file) {
        open my $out, '>', $file or die "$file: $!";
        print $out "port $self->{port}\nbind 127.0.0.1\ndir $self->{dir}\nsentinel monitor main 127.0.0.1 $self->{monitors} $self->{quorum}\n",
            "sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n";
        close $out or die "$file: $!";
    }
    return ('redis-server', $file, '--sentinel');
}

# ---- A Cluster ----

sub cluster {
    my ($class, $count) = @_;
    my @nodes = map { $class->primary('--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '5000') } 1 .. $count;
    my $output = join '', `redis-cli --cluster create @{[ map { "127.0.0.1:$_->{port}" } @nodes ]} --cluster-yes 2>&1`;
    die $output if $?;
    for my $node (@nodes) {
        wait_until(sub { $node->say('CLUSTER', 'INFO') =~ /^cluster_state:ok/m }, 60) or die "the Cluster does not come up\n$output";
    }
    return @nodes;
}

# ---- HAProxy ----

sub proxy_config { return <<'CONF' }
defaults
    mode tcp
    timeout connect 1s
    timeout client 1h
    timeout server 1h
    timeout check 1s

listen redis
    bind 127.0.0.1:@port@
    option tcp-check
    tcp-check connect
    tcp-check send "info replication\r\n"
    tcp-check expect string role:master
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
@servers@
CONF

sub proxy {
    my ($class, @servers) = @_;
    my %arg = ref $servers[0] ? (servers => \@servers) : @servers;
    my $proxy = LuciaTest::Redis::Proxy->new('redis', config => proxy_config(), %arg);
    my $tries = 2 * @{ $proxy->{servers} };    # HAProxy sends them to each server in turn until its checks are done
    wait_until(sub { eval { !grep { role($proxy) ne 'master' } 1 .. $tries } }, 30) or die "HAProxy finds no primary\n" . LuciaTest::Server::slurp("$proxy->{dir}/log");
    return $proxy;
}

package LuciaTest::Redis::Proxy;
our @ISA = ('LuciaTest::Redis');

sub command {
    my ($self) = @_;
    my @ports = map { "127.0.0.1:$_->{port}" } @{ $self->{servers} };
    my $servers = join "\n", map { "    server redis$_ $ports[$_ - 1] check" } 1 .. @ports;
    return LuciaTest::HAProxy::command_for($self,
        $self->{config} =~ s/\@port\@/$self->{port}/gr =~ s/\@servers\@/$servers/r =~ s/\@server(\d)\@/$ports[$1 - 1]/gr);
}

# HAProxy accepts connections before it knows the primary.
sub answers { return 1 }

1;
