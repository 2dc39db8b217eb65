# SPDX-License-Identifier: Apache-2.0
#
# A small HTTP client that shows what the server really said: no redirects
# followed, no headers of its own beyond Host, Connection and Content-Length.
#
#     my $client = LuciaTest::Client->new(host => '127.0.0.1', port => 8080, tls => 0);    # from => its own address
#         # certificate => [$pem, $key]: files that it shows over TLS
#     my $reply  = $client->request(GET => '/', cookie => $cookie, headers => { Accept => 'text/html' });
#
# Arguments of a request (all optional): headers (hash, or list of pairs when
# order or repetition matters), body, type (its Content-Type), cookie (what
# cookie_of() returned, or "name=value" text), origin (text, or 1 for the
# server's own), accept, host (the Host header; '' sends none), version
# ('1.1'), port, timeout (seconds), chunked (1: send the body so).
package LuciaTest::Client;
use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use Time::HiRes ();

sub new {
    my ($class, %self) = @_;
    return bless { host => '127.0.0.1', timeout => 30, %self }, $class;
}

sub scheme { $_[0]{tls} ? 'https' : 'http' }
sub origin { my ($self, $port) = @_; $self->scheme . "://$self->{host}:" . ($port || $self->{port}) }

sub connect {
    my ($self, $port) = @_;
    my %where = (PeerAddr => $self->{host}, PeerPort => $port || $self->{port}, Timeout => $self->{timeout},
        $self->{from} ? (LocalAddr => $self->{from}) : ());
    my $socket;
    if ($self->{tls}) {
        require IO::Socket::SSL;
        my ($certificate, $key) = @{ $self->{certificate} // [] };
        $socket = IO::Socket::SSL->new(%where, SSL_verify_mode => 0, $certificate ? (SSL_cert_file => $certificate, SSL_key_file => $key) : (),
            SSL_session_cache => $self->{tls_cache}, SSL_hostname => $self->{sni} // 'localhost');
    }
    else {
        $socket = IO::Socket::INET->new(%where);
    }
    die "cannot connect to port $where{PeerPort}: $!\n" unless $socket;
    $socket->autoflush(1);
    return $socket;
}

sub bytes_of {
    my ($self, $method, $path, %arg) = @_;
    my $version = $arg{version} // '1.1';
    my @pairs = ref $arg{headers} eq 'ARRAY' ? @{ $arg{headers} }
        : map { [$_, $arg{headers}{$_}] } sort keys %{ $arg{headers} || {} };
    my %given = map { lc $_->[0] => 1 } @pairs;
    my $add = sub { unshift @pairs, [@_] unless $given{ lc $_[0] } };

    my $cookie = $arg{cookie};
    $cookie = "$cookie->{name}=$cookie->{value}" if ref $cookie;
    my $origin = $arg{origin};
    $origin = $self->origin($arg{port}) if defined $origin && $origin eq '1';
    my $body = $arg{body};
    utf8::encode($body) if defined $body && utf8::is_utf8($body);

    $add->('Cookie', $cookie) if defined $cookie;
    $add->('Origin', $origin) if defined $origin;
    $add->('Accept', $arg{accept}) if defined $arg{accept};
    $add->('Content-Type', $arg{type}) if defined $arg{type};
    if ($arg{chunked}) {
        $add->('Transfer-Encoding', 'chunked');
        $body = join '', map({ sprintf "%x\r\n%s\r\n", length, $_ } $body =~ /(.{1,4096})/gs), "0\r\n\r\n";
    }
    elsif (defined $body || $method =~ /^(?:POST|PUT|PATCH)$/) {
        $add->('Content-Length', length($body // ''));
    }
    $add->('Connection', 'close');
    my $host = $arg{host} // "$self->{host}:" . ($arg{port} || $self->{port});
    $add->('Host', $host) if length $host;
    return join '', "$method $path HTTP/$version\r\n", map({ "$_->[0]: $_->[1]\r\n" } @pairs), "\r\n", $body // '';
}

sub request {
    my ($self, $method, $path, %arg) = @_;
    my $bytes = $self->bytes_of($method, $path, %arg);
    my $answer = $self->raw($bytes, port => $arg{port}, timeout => $arg{timeout});
    return LuciaTest::Reply->parse($answer, $method);
}

# A request whose answer is awaited later: what send_request returns has the time at which it was sent in "begun".
#
#     my $sent = $client->send_request($client->bytes_of(GET => '/'));
#     $client->is_answered($sent);              # its answer has begun
#     my $reply = $client->answer_to($sent);    # LuciaTest::Reply
sub send_request {
    my ($self, $bytes) = @_;
    my $socket = $self->connect;
    syswrite $socket, $bytes;
    return { socket => $socket, begun => Time::HiRes::time(), method => $bytes =~ /\A(\S+)/ };
}

sub is_answered { my (undef, $sent) = @_; return IO::Select->new($sent->{socket})->can_read(0) }

sub answer_to { my ($self, $sent) = @_; return LuciaTest::Reply->parse($self->raw('', socket => $sent->{socket}), $sent->{method}) }

# Sends the bytes as they are and returns what came back until the server closed
# the connection, or was silent for the timeout.
sub raw {
    my ($self, $bytes, %arg) = @_;
    my $socket = $arg{socket} || $self->connect($arg{port});
    my $timeout = $arg{timeout} || $self->{timeout};
    my $end = Time::HiRes::time() + $timeout;
    local $SIG{PIPE} = 'IGNORE';    # a server may answer before it read everything
    $self->send_all($socket, $bytes, $end);
    my $answer = '';
    my $ready = IO::Select->new($socket);
    while ((my $left = $end - Time::HiRes::time()) > 0) {
        last unless $self->{tls} && $socket->pending || $ready->can_read($left);
        my $got = sysread $socket, $answer, 65536, length $answer;
        last unless $got;
    }
    return $answer;
}

sub send_all {
    my ($self, $socket, $bytes, $end) = @_;
    my $at = 0;
    my $ready = IO::Select->new($socket);
    while ($at < length $bytes && (my $left = $end - Time::HiRes::time()) > 0) {
        last unless $ready->can_write($left);
        my $sent = syswrite $socket, $bytes, 65536, $at;
        last unless $sent;
        $at += $sent;
    }
    return $at;
}

package LuciaTest::Reply;

# Takes an answer apart. Interim (1xx) answers are dropped; rest holds what follows the body.
sub parse {
    my ($class, $answer, $method) = @_;
    my $self = bless { status => 0, reason => '', pairs => [], body => '', bytes => $answer }, $class;
    my $text = $answer;
    do {
        my ($head, $rest) = split /\r\n\r\n/, $text, 2;
        return $self unless defined $head;
        my ($line, @lines) = split /\r\n/, $head;
        return $self unless ($line // '') =~ m{^HTTP/\d\.\d (\d{3}) ?(.*)$};
        ($self->{status}, $self->{reason}) = ($1, $2);
        $self->{pairs} = [map { [split /:\s*/, $_, 2] } @lines];
        $text = $rest // '';
    } while $self->{status} >= 100 && $self->{status} < 200;
    $self->{head} = substr $answer, 0, length($answer) - length $text;

    my $length = $self->header('Content-Length');
    if ($method eq 'HEAD' || $self->{status} == 204 || $self->{status} == 304) {
        $self->{rest} = $text;
    }
    elsif (lc($self->header('Transfer-Encoding') // '') eq 'chunked') {
        while ($text =~ s/\A([0-9A-Fa-f]+)[^\r\n]*\r\n//) {
            my $size = hex $1 or last;
            $self->{body} .= substr $text, 0, $size, '';
            $text =~ s/\A\r\n//;
        }
        $text =~ s/\A\r\n//;
        $self->{rest} = $text;
    }
    else {
        $self->{body} = defined $length ? substr($text, 0, $length, '') : $text;
        $self->{rest} = defined $length ? $text : '';
    }
    return $self;
}

sub status   { $_[0]{status} }
sub reason   { $_[0]{reason} }
sub body     { $_[0]{body} }
sub head     { $_[0]{head} }     # status line and headers as sent
sub bytes    { $_[0]{bytes} }    # all of it as sent
sub rest     { $_[0]{rest} }
sub location { $_[0]->header('Location') }
sub type     { $_[0]->header('Content-Type') }
sub json     { require JSON::PP; JSON::PP->new->utf8->decode($_[0]{body}) }

sub headers {
    my ($self, $name) = @_;
    return map { $_->[1] // '' } grep { lc $_->[0] eq lc $name } @{ $self->{pairs} };
}
sub header { my @values = headers(@_); $values[0] }

1;
