# SPDX-License-Identifier: Apache-2.0
#
# Many connections at once that ask the same over and over again and stay open, spread over several children.
#
#     my $hammer = LuciaTest::Hammer->new($server, 16);
#     $hammer->ask($server->bytes_of(GET => '/', LuciaTest::Hammer::KEEP, cookie => $cookie));   # on each, from now on
#     $hammer->until(sub { ... });           # goes on until this is true, and returns it
#     my @statuses = $hammer->finish(3);     # of three more answers on each, all asked for after this call
#
# what each connection was asked before stays out of finish().
package LuciaTest::Hammer;
use strict;
use warnings;

use IO::Select ();
use Time::HiRes ();

use constant KEEP => (headers => { Connection => 'keep-alive', Accept => '*/*', 'Sec-Fetch-Mode' => 'cors' });

sub new {
    my ($class, $server, $count) = @_;
    my $self = bless { server => $server, count => $count, sockets => [] }, $class;
    $self->{select} = IO::Select->new;
    return $self;
}

sub add {
    my ($self) = @_;
    my $socket = $self->{server}->connect;
    $self->{select}->add($socket);
    $self->{connection}{$socket} = { socket => $socket, text => '' };
    return $self->{connection}{$socket};
}

sub drop {
    my ($self, $connection) = @_;
    $self->{select}->remove($connection->{socket});
    delete $self->{connection}{ $connection->{socket} };
    close $connection->{socket};
}

sub send {
    my ($self, $connection) = @_;
    local $SIG{PIPE} = 'IGNORE';
    $connection->{asked} = $self->{round};
    syswrite $connection->{socket}, $self->{request};
}

# New connections take the place of those that were closed.
sub ask {
    my ($self, $request) = @_;
    $self->{request} = $request;
    $self->{round} //= 0;
    $self->add while keys %{ $self->{connection} } < $self->{count};
    $self->send($_) for grep { !defined $_->{asked} } values %{ $self->{connection} };
    return;
}

# Takes what has come; whoever has his answer asks again.
sub step {
    my ($self, $again) = @_;
    for my $socket ($self->{select}->can_read(0.05)) {
        my $connection = $self->{connection}{$socket};
        if (!sysread $socket, $connection->{text}, 65536, length $connection->{text}) {
            $self->drop($connection);
            next;
        }
        my ($head) = $connection->{text} =~ /\A(.*?\r\n\r\n)/s or next;
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        next if length $connection->{text} < length($head) + ($length // 0);
        my ($status) = $head =~ m{^HTTP/1.1 (\d+)};
        $connection->{text} = '';
        $self->{seen}{ $connection->{asked} }{$status}++;
        undef $connection->{asked};
        if ($head =~ /^Connection: close/mi) { $self->drop($connection) }
        else { $again->($connection) }
    }
}

sub until {
    my ($self, $condition) = @_;
    my $end = Time::HiRes::time() + 20;
    while (Time::HiRes::time() < $end) {
        my $value = $condition->();
        return $value if $value;
        $self->step(sub { $self->send($_[0]) });
        $self->ask($self->{request});
    }
    return;
}

# The answers since ask() or finish(): a status, and how often it came.
sub seen {
    my ($self) = @_;
    my %all;
    for my $seen (values %{ $self->{seen} // {} }) {
        $all{$_} += $seen->{$_} for keys %$seen;
    }
    return %all;
}

sub finish {
    my ($self, $times) = @_;
    my $round = ++$self->{round};
    my %left = map { $_ => $times } keys %{ $self->{connection} };
    my $again = sub { $left{ $_[0]{socket} }-- > 0 ? $self->send($_[0]) : () };
    my $end = Time::HiRes::time() + 20;
    while (Time::HiRes::time() < $end && grep { defined $_->{asked} } values %{ $self->{connection} }) {
        $self->step($again);
    }
    my $seen = delete $self->{seen}{$round} || {};
    $self->{seen} = {};
    return map { ($_) x $seen->{$_} } sort keys %$seen;
}

1;
