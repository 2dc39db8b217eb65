# SPDX-License-Identifier: Apache-2.0
#
# An application server for tests of the gate in front of mod_proxy. It answers
# every request with 200 and, as the body, the request exactly as it arrived; a WebSocket's handshake with 101, and
# then it sends back what it gets.
#
#     my $backend = LuciaTest::Backend->new(status => '200 OK', headers => ["X-App: yes"], delay => 0);
#     ... ProxyPass /app/ http://127.0.0.1:PORT/ with $backend->port ...
#     is_deeply [$backend->requests], [];        # all requests so far, as text
package LuciaTest::Backend;
use strict;
use warnings;

use Digest::SHA ();
use IO::Select ();
use IO::Socket::INET ();
use POSIX ();
use Time::HiRes ();

sub new {
    my ($class, %arg) = @_;
    my $self = bless { status => '200 OK', headers => [], delay => 0, %arg, owner => $$ }, $class;
    $self->{dir} = LuciaTest::work_dir('backend');
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 64)
        or die "no free port: $!";
    $self->{port} = $listener->sockport;
    $SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP);
    defined($self->{pid} = fork) or die "fork: $!";
    return $self if $self->{pid};
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    $SIG{PIPE} = 'IGNORE';
    my $parent = getppid;
    while (getppid == $parent) {
        my $ready = IO::Select->new($listener)->can_read(1) or next;
        my $client = $listener->accept or next;
        eval { $self->answer($client) };
        close $client;
    }
    POSIX::_exit(0);
}

sub answer {
    my ($self, $client) = @_;
    my $text = '';
    while ($text !~ /\r\n\r\n/) {
        sysread $client, $text, 65536, length $text or return;
    }
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($length) = $head =~ /^Content-Length:\s*(\d+)/mi;
    if ($length) {
        while (length $body < $length) { sysread $client, $body, 65536, length $body or last }
    }
    elsif ($head =~ /^Transfer-Encoding:\s*chunked/mi) {
        while ($body !~ /(?:^|\r\n)0\r\n\r\n\z/) { sysread $client, $body, 65536, length $body or last }
    }
    my $request = "$head\r\n\r\n$body";
    open my $log, '>>:raw', "$self->{dir}/requests" or die $!;
    print $log pack 'N/a*', $request;
    close $log;
    Time::HiRes::sleep($self->{delay}) if $self->{delay};
    return echo($client, $head) if $head =~ /^Upgrade:\s*websocket/mi;
    my $answer = join "\r\n", "HTTP/1.1 $self->{status}", 'Content-Type: text/plain', 'Connection: close',
        'Content-Length: ' . length $request, @{ $self->{headers} }, '', $head =~ /^HEAD / ? '' : $request;
    print $client $answer;
    return;
}

sub echo {
    my ($client, $head) = @_;
    my ($key) = $head =~ /^Sec-WebSocket-Key:\s*(\S+)/mi;
    my $accept = Digest::SHA::sha1_base64("${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11") . '=';
    print $client "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: $accept\r\n\r\n";
    $client->flush;
    syswrite $client, $_ while sysread $client, $_, 4096;
    return;
}

sub port { $_[0]{port} }
sub url  { "http://127.0.0.1:$_[0]{port}" . ($_[1] // '/') }

sub requests {
    my ($self) = @_;
    my @all = unpack "(N/a*)*", LuciaTest::Server::slurp("$self->{dir}/requests");
    return @all;
}

sub forget { unlink "$_[0]{dir}/requests" }

sub DESTROY {
    my ($self) = @_;
    return unless $self->{pid} && $self->{owner} == $$;
    local ($?, $!);
    kill TERM => $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
