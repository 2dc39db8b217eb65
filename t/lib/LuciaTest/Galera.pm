# SPDX-License-Identifier: Apache-2.0
#
# A MariaDB Galera cluster of a test's own, on free ports, stopped when the object goes away.
#
#     my $cluster = LuciaTest::Galera->new(nodes => 3);
#     my ($one, $two, $three) = $cluster->nodes;    # each is a LuciaTest::MariaDB
#     my $database = $one->create;                  # on all nodes
#     $cluster->settle;                             # waits until all nodes that run have the same state
#     $two->stop('KILL'); $two->start;              # comes back with an incremental transfer
#     $two->forget; $two->start;                    # has lost its data, and gets all of it
#     $two->freeze; $two->thaw;                     # hangs, and goes on
#     $two->isolate; $two->join;                    # is cut off from the other nodes, and is not any more
#     $two->state                                   # "Synced"; of a node without a majority "Initialized"
#     my $checker = LuciaTest::Galera::Checker->new($two);   # $checker->port tells a balancer whether the node is usable
#
# A node that stops while it is the only one starts the cluster again: $cluster->bootstrap($one).
package LuciaTest::Galera;
use strict;
use warnings;

use IO::Socket::INET ();
use LuciaTest ();
use LuciaTest::MariaDB;

my ($provider) = grep { -e } map { "$_/libgalera_smm.so" } '/usr/lib/galera', '/usr/lib64/galera-4', '/usr/lib64/galera';

sub available { return defined $provider }

# Ports that are free at once, each another one.
sub free_ports {
    my ($count) = @_;
    my @held = map { IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die "no free port: $!" } 1 .. $count;
    return map { $_->sockport } @held;
}

sub new {
    my ($class, %arg) = @_;
    my $self = bless { name => "lucia-$$" }, $class;
    my @ports = free_ports(3 * $arg{nodes});
    my @own = map { { group => shift @ports, ist => shift @ports, sst => shift @ports } } 1 .. $arg{nodes};
    my @groups = map { "127.0.0.1:$_->{group}" } @own;
    for my $own (@own) {
        my $is_first = !$self->{nodes};
        push @{ $self->{nodes} }, LuciaTest::Galera::Node->new(settings => $arg{settings}, %$own, cluster => $self->{name},
            members => $is_first ? '' : join(',', @groups));
        $self->{nodes}[0]{members} = join ',', @groups;    # from its next start on
    }
    $self->settle;
    return $self;
}

sub nodes { @{ $_[0]{nodes} } }

# Starts a node as the first one of the cluster: it has all that was committed.
sub bootstrap {
    my ($self, $node) = @_;
    local $node->{members} = '';
    $node->trust;
    return $node->start;
}

sub running { return grep { $_->pid } $_[0]->nodes }

# 1 if all nodes that run are members, and have applied the same changes.
sub is_settled {
    my ($self) = @_;
    my @running = $self->running;
    my %state = map { eval { join ' ', map { $_ // '' } @{ $_->status }{qw(cluster_size last_committed local_state_comment)} } // '' => 1 } @running;
    return join(' ', keys %state) =~ /\A@{[scalar @running]} \d+ Synced\z/;
}

sub settle {
    my ($self, $seconds) = @_;
    return 1 if LuciaTest::wait_until(sub { $self->is_settled }, $seconds // 120);
    die "the cluster does not settle:\n", map { $_->log } $self->nodes;
}

package LuciaTest::Galera::Node;
use parent -norequire, 'LuciaTest::MariaDB';

sub kind { 'galera' }

# The first node makes its data; others get them from a member, with the users that its file has made.
sub making {
    my ($self) = @_;
    return $self->SUPER::making if !$self->{members};
    LuciaTest::Server::write($self, 'init.sql', '');
    return ('mkdir', $self->data);
}

# Timeouts are short, so that the others notice within seconds that a node is gone.
sub serving {
    my ($self) = @_;
    my $options = join ';', "gmcast.listen_addr=tcp://127.0.0.1:$self->{group}", "ist.recv_addr=127.0.0.1:$self->{ist}", 'gcache.size=64M',
        'evs.suspect_timeout=PT2S', 'evs.inactive_timeout=PT4S', 'evs.inactive_check_period=PT0.5S', 'evs.keepalive_period=PT0.5S',
        'evs.install_timeout=PT4S', 'pc.recovery=false', @{ $self->{provider_options} // [] };
    return ($self->SUPER::serving, '--wsrep-on=ON', "--wsrep-provider=$provider", "--wsrep-cluster-name=$self->{cluster}",
        "--wsrep-cluster-address=gcomm://$self->{members}", '--wsrep-node-address=127.0.0.1', "--wsrep-node-name=node-$self->{group}",
        "--wsrep-provider-options=$options", '--wsrep-sst-method=rsync', "--wsrep-sst-receive-address=127.0.0.1:$self->{sst}",
        '--binlog-format=ROW', '--innodb-autoinc-lock-mode=2', '--wsrep-slave-threads=2', @{ $self->{node_settings} // [] });
}

# A node that comes back while the others still take leave of it is refused a transfer, and ends. A node of a site is started
# again by its service manager.
sub start {
    my ($self) = @_;
    for my $try (1 .. 3) {
        my $seen = -s $self->dir . '/log' || 0;
        return $self if eval { $self->SUPER::start; 1 };
        last if substr($self->log, $seen) !~ /Will never receive state/;
    }
    die $@;
}

# The scripts that transfer the data use the programs of the system, and this server's own folder.
sub become {
    my ($self) = @_;
    $ENV{PATH} = join ':', '/usr/sbin', '/usr/bin', '/sbin', '/bin', $ENV{PATH} // '';
    return $self->SUPER::become;
}

# What a test sees is what all nodes have committed.
sub connect {
    my ($self, $database) = @_;
    my $handle = $self->SUPER::connect($database);
    $handle->do('SET SESSION wsrep_sync_wait = 7');
    return $handle;
}

sub status {
    my ($self) = @_;
    return { map { $_->{Variable_name} =~ s/^wsrep_//r => $_->{Value} } @{ $self->query("SHOW GLOBAL STATUS LIKE 'wsrep_%'") } };
}

# A node answers once it is a member.
sub answers { my ($self) = @_; return $self->SUPER::answers && eval { $self->status->{ready} eq 'ON' } }
sub state   { my ($self) = @_; return $self->status->{local_state_comment} }

sub option { my ($self, $option) = @_; $self->query("SET GLOBAL wsrep_provider_options = '$option'"); return }
sub isolate { my ($self) = @_; return $self->option('gmcast.isolate=1') }
sub join    { my ($self) = @_; return $self->option('gmcast.isolate=0') }

sub forget { my ($self) = @_; $self->stop; $self->run('rm', '-rf', $self->data); $self->run('mkdir', $self->data); return }

sub trust {
    my ($self) = @_;
    my $file = $self->data . '/grastate.dat';
    $self->run('sed', '-i', 's/^safe_to_bootstrap: .*/safe_to_bootstrap: 1/', $file) if -e $file;
    return;
}

# Answers GET with 200 while a node takes part in the cluster, and with 503 otherwise, as the clustercheck does that sites give
# to their balancers. While the node hangs, so does the answer.
package LuciaTest::Galera::Checker;

use POSIX ();

sub new {
    my ($class, $node) = @_;
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 20) or die "no free port: $!";
    my $self = bless { owner => $$, port => $socket->sockport, node => $node }, $class;
    defined($self->{pid} = fork) or die "fork: $!";
    return $self if $self->{pid};
    LuciaTest::follow_parent();
    $SIG{$_} = sub { POSIX::_exit(0) } for qw(INT TERM HUP);
    $SIG{PIPE} = 'IGNORE';
    delete $node->{handles};
    while (my $client = $socket->accept) { $self->reply($client) }
    POSIX::_exit(1);
}

sub port { return $_[0]{port} }

sub reply {
    my ($self, $client) = @_;
    sysread $client, my $asked, 4096;
    my $state = eval { $self->{node}->state } // 'gone';
    print {$client} 'HTTP/1.0 ', $state eq 'Synced' ? '200 OK' : '503 Service Unavailable', "\r\n\r\n$state\n";
    return close $client;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!);
    kill TERM => $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

1;
