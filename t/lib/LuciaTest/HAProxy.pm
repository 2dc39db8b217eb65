# SPDX-License-Identifier: Apache-2.0
#
# A real haproxy of a test's own: a LuciaTest::Service (signal, stop, start). In configurations @port@, @port2@ ... are free ports
# of 127.0.0.1.
#
#     my $proxy = LuciaTest::HAProxy->new(config => $text, ports => 2);
#     $proxy->port, $proxy->port(2);
#     my $client = $proxy->client;                 # LuciaTest::Client, asks the first port
#     my $proxy = LuciaTest::HAProxy->in_front_of(@servers);    # as doc/nodes.md says, checked, spread over all
package LuciaTest::HAProxy;
use strict;
use warnings;
use parent 'LuciaTest::Service';

use IO::Socket::INET ();
use LuciaTest;
use LuciaTest::Database;

sub new { my ($class, %arg) = @_; return $class->SUPER::new('haproxy', ports => 1, %arg) }

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

# ---- What LuciaTest::Service asks ----

sub choose_port {
    my ($self) = @_;
    $self->{numbers} = [map { LuciaTest::Database::free_port() } 1 .. $self->{ports}];
    $self->{port} = $self->port;
    return;
}

sub command { my ($self) = @_; return command_for($self, $self->{config} =~ s/\@port(\d*)\@/$self->port($1 || 1)/ger) }

# The command of a service that is a haproxy with this configuration.
sub command_for {
    my ($service, $text) = @_;
    my $file = "$service->{dir}/haproxy.cfg";
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
    return ('haproxy', '-db', '-f', $file);
}

sub answers {
    my ($self) = @_;
    return !grep { !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $_) } @{ $self->{numbers} };
}

1;
