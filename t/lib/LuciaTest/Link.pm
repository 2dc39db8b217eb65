# SPDX-License-Identifier: Apache-2.0
#
# A link to a server on this machine that a test cuts where it wants.
#
#     my $link = LuciaTest::Link->new($engine->port);
#     $engine->params($database, $link->words)          # over it
#     $link->cut(unsent => 2, BEGIN => 3);      # twice: the 3rd message from a client's BEGIN on is lost, with the link
#     $link->cut(unanswered => 1, COMMIT => 1); # once: it arrives and is done, its answer is lost, with the link
#     $link->cuts                               # how often that came about since; messages without an answer count, too
#     $link->lead_to($port);                    # elsewhere, for new connections; those that are there are cut
#     $link->refuse; $link->accept;             # nobody listens any more; and again
#     $link->slow(2);                           # each message of a client takes so many seconds; 0: none
package LuciaTest::Link;
use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use POSIX ();
use Time::HiRes ();
use LuciaTest::Database;
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC);

sub new {
    my ($class, $to) = @_;
    my $self = bless { to => $to, owner => $$, cuts => 0, plan => { left => 0 } }, $class;
    $self->listen_anywhere;
    socketpair($self->{control}, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";
    $SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP);
    defined($self->{pid} = fork) or die "fork: $!";
    if ($self->{pid}) {
        close delete $self->{listener};
        return $self;
    }
    close $self->{control};
    $self->{control} = $theirs;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    $SIG{PIPE} = 'IGNORE';
    $self->pass_on;
    POSIX::_exit(0);
}

sub port  { $_[0]{port} }
sub words { my ($self) = @_; return ('host=127.0.0.1', "port=$self->{port}") }

sub DESTROY {
    my ($self) = @_;
    return unless $self->{pid} && $self->{owner} == $$;
    local ($?, $!);
    kill TERM => $self->{pid};
    waitpid $self->{pid}, 0;
}

# ---- What the test says; each is answered when it's done ----

sub say_to {
    my ($self, @words) = @_;
    syswrite $self->{control}, join("\t", @words) . "\n";
    defined(my $answer = readline $self->{control}) or die "the link is gone\n";
    chomp $answer;
    return $answer;
}

sub cut     { my ($self, $how, $times, $from, $number) = @_; return $self->say_to(cut => $how, $times, $from, $number) }
sub cuts    { $_[0]->say_to('cuts') }
sub lead_to { my ($self, $port) = @_; return $self->say_to(to => $port) }
sub refuse  { $_[0]->say_to('refuse') }
sub accept  { $_[0]->say_to('accept') }
sub slow    { $_[0]->say_to(slow => $_[1]) }

# ---- The process between ----

# A connection: { client, server, count: of messages since the one that the plan begins with, doomed: the next answer is lost }
sub end {
    my ($self, $connection) = @_;
    delete $self->{of}{ fileno $_ } for @$connection{qw(client server)};
    close $_ for @$connection{qw(client server)};
    return;
}

sub end_all { my ($self) = @_; my %seen; $self->end($_) for grep { !$seen{$_}++ } values %{ $self->{of} }; return }

# Only a socket that was bound to a port by its number keeps it when it stops to listen.
sub listen_anywhere {
    my ($self) = @_;
    for my $try (1 .. 5) {
        $self->{port} = LuciaTest::Database::free_port();
        $self->{listener} = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $self->{port}, Listen => 64, ReuseAddr => 1) and return;
    }
    die "no free port: $!\n";
}

sub refuse_all {
    my ($self) = @_;
    shutdown $self->{listener}, 0 or die "shutdown: $!";
    $self->{refuses} = 1;
    $self->end_all;
    return;
}

sub obey {
    my ($self) = @_;
    defined(my $line = readline $self->{control}) or POSIX::_exit(0);
    chomp $line;
    my ($command, @words) = split /\t/, $line;
    my $answer = 'done';
    if ($command eq 'cut')       { ($self->{cuts}, @{ $self->{plan} }{qw(how left from number)}) = (0, @words) }
    elsif ($command eq 'cuts')   { $answer = $self->{cuts} }
    elsif ($command eq 'to')     { $self->{to} = $words[0]; $self->end_all }
    elsif ($command eq 'slow')   { $self->{slow} = $words[0] }
    elsif ($command eq 'refuse') { $self->refuse_all }
    elsif ($command eq 'accept') { listen $self->{listener}, 64 or die "listen: $!"; $self->{refuses} = 0 }
    else                         { die "no such command: $command\n" }
    syswrite $self->{control}, "$answer\n";
    return;
}

sub join_up {
    my ($self) = @_;
    my $client = $self->{listener}->accept or return;
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{to}) or return close $client;
    my $connection = { client => $client, server => $server, count => 0 };
    $self->{of}{ fileno $_ } = $connection for $client, $server;
    return;
}

# Each message of a client is one: it waits for the answer before the next.
sub is_cut {
    my ($self, $connection, $text) = @_;
    my $plan = $self->{plan};
    return 0 unless $plan->{left};
    $connection->{count} = 0 if index($text, $plan->{from}) >= 0;
    return 0 if !$connection->{count} && index($text, $plan->{from}) < 0;
    return 0 if ++$connection->{count} != $plan->{number};
    $plan->{left}--;
    $self->{cuts}++;
    return 1;
}

sub carry {
    my ($self, $connection, $from) = @_;
    my $is_client = $from == $connection->{client};
    my $got = sysread $from, my $text, 65536;
    return $self->end($connection) if !$got || !$is_client && $connection->{doomed};
    if ($is_client && $self->is_cut($connection, $text)) {
        return $self->end($connection) if $self->{plan}{how} eq 'unsent';
        $connection->{doomed} = 1;
    }
    Time::HiRes::sleep($self->{slow}) if $is_client && $self->{slow};
    my $to = $is_client ? $connection->{server} : $connection->{client};
    for (my $at = 0; $at < length $text;) {
        my $sent = syswrite $to, $text, length($text) - $at, $at or return $self->end($connection);
        $at += $sent;
    }
    return;
}

sub pass_on {
    my ($self) = @_;
    my $parent = getppid;
    $self->{of} = {};
    while (getppid == $parent) {
        my @all = map { @$_{qw(client server)} } values %{ $self->{of} };
        my %seen;
        for my $ready (IO::Select->new($self->{control}, ($self->{refuses} ? () : $self->{listener}), grep { !$seen{$_}++ } @all)->can_read(1)) {
            if ($ready == $self->{control}) { $self->obey; next }
            if ($ready == $self->{listener}) { $self->join_up; next }
            my $connection = defined fileno $ready && $self->{of}{ fileno $ready } or next;
            $self->carry($connection, $ready);
        }
    }
    return;
}

1;
