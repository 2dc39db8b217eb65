# SPDX-License-Identifier: Apache-2.0
#
# People who ask one node for the same page over and over again, in a process of its own, so that the test can sign
# them out and kill what it likes meanwhile. Each has a connection that stays open, and a new one when it breaks.
#
#     my $load = LuciaTest::Load->new($server, { alice => $request, ... });     # the bytes each of them sends
#     $load->wait_for(100, 200);     # until so many more were answered with this status, all asked from now on
#     LuciaTest::Load::wait_for_each(100, 200, @loads);    # the same at several nodes, at the same time
#     $load->stop;
#     for my $answer ($load->answers) { ... }     # { who, asked, answered, status, cleared: 1 if it takes the cookie back }
#
# A connection that served before and ends without a byte of the next answer is replaced, and the request sent once more, as
# browsers do: a server may end an idle connection at any time.
#
# Moments are LuciaTest::Load::now(), the same clock in all processes. The status is HTTP's, or 'broken' when the
# connection was refused or ended without a whole answer, or 'late'.
package LuciaTest::Load;
use strict;
use warnings;

use IO::Select ();
use POSIX ();
use Time::HiRes qw(CLOCK_MONOTONIC);
use LuciaTest;

use constant { LATE => 20, PACE => 0.005 };    # seconds; the rest of the machine shall get on, too

sub now { return Time::HiRes::clock_gettime(CLOCK_MONOTONIC) }

sub new {
    my ($class, $server, $requests) = @_;
    my $self = bless { owner => $$, dir => LuciaTest::work_dir('load'), answers => [], server => $server }, $class;
    $SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP);    # so that DESTROY runs
    open my $out, '>>:raw', "$self->{dir}/answers" or die $!;
    open $self->{in}, '<:raw', "$self->{dir}/answers" or die $!;
    defined($self->{pid} = fork) or die "fork: $!";
    return $self if $self->{pid};
    LuciaTest::follow_parent();
    $SIG{$_} = sub { POSIX::_exit(0) } for qw(INT TERM HUP);
    $SIG{PIPE} = 'IGNORE';
    eval { ask_for_ever($server, $out, $requests) };
    print STDERR $@;
    POSIX::_exit(1);
}

# ---- The process of its own ----

sub ask_for_ever {
    my ($server, $out, $requests) = @_;
    my @people = map { { who => $_, request => $requests->{$_} } } sort keys %$requests;
    my $write = sub {
        my ($one, $status, $cleared) = @_;
        my $line = join(' ', $one->{who}, $one->{asked}, now(), $status, $cleared ? 1 : 0) . "\n";
        syswrite($out, $line) == length $line or die "answers: $!\n";
        delete $one->{asked};
    };
    while (1) {
        ask($server, $_, $write) for grep { !$_->{asked} } @people;
        my %by = map { $_->{socket} ? ($_->{socket} => $_) : () } @people;
        listen_to($server, $by{$_}, $write) for IO::Select->new(map { $_->{socket} // () } @people)->can_read(0.05);
        for my $one (grep { $_->{asked} && now() - $_->{asked} > LATE } @people) {
            delete $one->{socket};
            $write->($one, 'late');
        }
        Time::HiRes::sleep(PACE);
    }
    return;
}

sub ask {
    my ($server, $one, $write) = @_;
    $one->{asked} //= now();
    $one->{text} = '';
    $one->{used} = !!$one->{socket};
    $one->{socket} //= eval { $server->connect };
    my $sent = $one->{socket} ? syswrite $one->{socket}, $one->{request} : undef;
    return if defined $sent && $sent == length $one->{request};
    delete $one->{socket};
    return ask($server, $one, $write) if $one->{used};
    $write->($one, 'broken');
    return;
}

sub listen_to {
    my ($server, $one, $write) = @_;
    if (!sysread $one->{socket}, $one->{text}, 65536, length $one->{text}) {
        delete $one->{socket};
        return ask($server, $one, $write) if $one->{used} && $one->{text} eq '';
        $write->($one, 'broken');
        return;
    }
    my ($head) = $one->{text} =~ /\A(.*?\r\n\r\n)/s or return;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    return if length $one->{text} < length($head) + ($length // 0);
    delete $one->{socket} if $head =~ /^Connection: close/mi;
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    $write->($one, $status // 'broken', $head =~ /^Set-Cookie: auth_session=;/mi);
    return;
}

# ---- The test's side ----

# All that came so far.
sub answers {
    my ($self) = @_;
    die "the load ended\n" if $self->{pid} && waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid};
    seek $self->{in}, 0, 1;    # past the end of file that was seen before
    while (defined(my $line = readline $self->{in})) {
        $self->{rest} .= $line;
        next if $line !~ /\n\z/;
        my %answer;
        @answer{qw(who asked answered status cleared)} = split ' ', delete $self->{rest};
        push @{ $self->{answers} }, \%answer;
    }
    return @{ $self->{answers} };
}

sub wait_for {
    my ($self, $count, $status) = @_;
    return wait_for_each($count, $status, $self);
}

sub wait_for_each {
    my ($count, $status, @loads) = @_;
    my $from = now();
    my %at   = map { $_ => scalar(my @before = $_->answers) } @loads;
    for my $load (@loads) {
        wait_until(sub {
            my @new = ($load->answers)[$at{$load} .. $#{ $load->{answers} }];
            return (grep { $_->{asked} > $from && $_->{status} eq $status } @new) >= $count;
        }, 60) || die "no $count answers of $status on $load->{server}{host}\n";
    }
    return 1;
}

sub stop {
    my ($self) = @_;
    my $pid = $self->{pid} or return;
    local ($?, $!);
    kill TERM => $pid;
    waitpid $pid, 0;
    delete $self->{pid};
    return;
}

sub DESTROY { my ($self) = @_; $self->stop if $self->{owner} == $$ }

1;
