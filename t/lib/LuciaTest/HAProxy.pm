# SPDX-License-Identifier: Apache-2.0
#
# A real haproxy of a test's own, gone with the object. In configurations @port@, @port2@ ... are free ports of 127.0.0.1.
#
#     my $proxy = LuciaTest::HAProxy->new(config => $text, ports => 2);
#     $proxy->port, $proxy->port(2);
#     my $client = $proxy->client;                 # LuciaTest::Client, asks the first port
#     my $proxy = LuciaTest::HAProxy->in_front_of(@servers);    # as doc/nodes.md says, checked, spread over all
#     $proxy->stop; $proxy->start;                 # KILL; again on the same ports
package LuciaTest::HAProxy;
use strict;
use warnings;

use IO::Socket::INET ();
use POSIX ();
use LuciaTest;
use LuciaTest::Database;

sub new {
    my ($class, %arg) = @_;
    my $self = bless { owner => $$, dir => LuciaTest::work_dir('haproxy'), ports => [], %arg }, $class;
    $SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP);    # so that DESTROY runs
    for my $try (1 .. 5) {
        $self->{numbers} = [map { LuciaTest::Database::free_port() } 1 .. ($arg{ports} || 1)];
        return $self if eval { $self->start };
    }
    die 'haproxy does not start: ' . LuciaTest::Server::slurp("$self->{dir}/log");
}

sub port { my ($self, $n) = @_; return $self->{numbers}[ ($n // 1) - 1 ] }
sub client { my ($self, %more) = @_; return LuciaTest::Client->new(host => '127.0.0.1', port => $self->port, %more) }

sub in_front_of {
    my ($class, @servers) = @_;
    my $text = join "\n", 'defaults', '    mode http', '    timeout connect 2s', '    timeout client 30s', '    timeout server 30s',
        'frontend site', '    bind 127.0.0.1:@port@', '    default_backend nodes', 'backend nodes', '    balance roundrobin',
        '    option httpchk GET /up.txt', '    option redispatch 1', '    retries 3', '    default-server inter 200 fall 2 rise 2',
        map({ "    server node$_ $servers[$_]{host}:" . $servers[$_]->port . ' check' } 0 .. $#servers), '';
    return $class->new(config => $text);
}

sub start {
    my ($self) = @_;
    my $text = $self->{config} =~ s/\@port(\d*)\@/$self->port($1 || 1)/ger;
    LuciaTest::Server::write($self, 'haproxy.cfg', $text);
    defined($self->{pid} = fork) or die "fork: $!";
    if (!$self->{pid}) {
        LuciaTest::follow_parent();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        exec 'haproxy', '-db', '-f', "$self->{dir}/haproxy.cfg" or POSIX::_exit(127);
    }
    my $answers = wait_until(sub {
        return 'gone' if waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid};
        return !grep { !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $_) } @{ $self->{numbers} };
    }, 20) // 'late';
    return 1 if $answers eq '1';
    delete $self->{pid} if $answers eq 'gone';
    $self->stop;
    die "no answer\n";
}

sub dir { return $_[0]{dir} }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local ($?, $!);
    kill KILL => $pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY { my ($self) = @_; $self->stop if $self->{owner} == $$ }

1;
