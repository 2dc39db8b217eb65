# SPDX-License-Identifier: Apache-2.0
#
# 200 users who sign in with the right password, each once, at a server with Debian's processes and our defaults
# (throttle, hash slots and queue too): all at once, or over two connections a core, so that the processor time of one
# sign-in can be told. Beside it the hash function with nothing around it (t/bench/hash_rate.c).
#
#     my $burst = Bench::Burst->new;
#     $burst->check;                           # dies unless it is a gate and each sign-in makes a session
#     my $result = Bench::Burst->measure(rounds => 8, seconds => 2);    # rates and milliseconds: { hash|few|burst => [...] }
package Bench::Burst;
use strict;
use warnings;

use POSIX ();
use LuciaTest;
use Bench;
use Bench::Peers;
use Bench::Server;
use Bench::SignIns;

use constant USERS => 200;

sub program {
    my ($top, $build) = (LuciaTest::top(), LuciaTest::build());
    system('make', '-s', '-C', $top, "BUILD=$build", 'sign-in-each') == 0 or die "t/bench/sign_in_each.c could not be built\n";
    return "$build/t/bench/sign_in_each";
}

sub new {
    my ($class) = @_;
    my $server = Bench::Server->new(hosts => [{ name => 'burst', conf => 'burst' }], processes => 'debian', prefix => ['taskset', '-c', Bench::all_cores()]);
    my $self = bless { server => $server, program => program(), refused => 0, posted => 0 }, $class;
    $self->{peer} = Bench::Peer::Lucia->new(name => 'burst', what => 'the burst', url => $server->origin($server->host_port('burst')),
        rows => sub { sqlite($server->db, @_) });
    $self->{peer}->prepare;
    $self->add_users;
    return $self;
}

# They have the password of the first user, who signed up, and its hash.
sub add_users {
    my ($self) = @_;
    my @names = map { Bench::NAME . "-$_" } 1 .. USERS;
    for my $name (@names) {
        sqlite($self->{server}->db, 'INSERT INTO auth_user (id, username) VALUES (?, ?)', $name, $name);
        sqlite($self->{server}->db, "INSERT INTO user_key (id, user_id, hashed_password) SELECT 'username:' || ?, ?, hashed_password FROM user_key WHERE id = ?",
            $name, $name, 'username:' . Bench::NAME);
    }
    $self->{server}->write('forms.txt', join '', map { my %form = form(username => $_, password => Bench::PASSWORD); "$form{body}\n" } @names);
    return;
}

sub sessions { my ($self) = @_; return sqlite_value($self->{server}->db, "SELECT count(*) FROM user_session WHERE user_id LIKE '@{[Bench::NAME]}-%'") }

# Seconds of a processor that httpd and its children have used, those that ended too.
sub used {
    my ($self) = @_;
    my ($parent, $ticks) = ($self->{server}->pid, 0);
    for my $file (glob '/proc/[0-9]*/stat') {
        my ($pid, $rest) = LuciaTest::Server::slurp($file) =~ /^(\d+) \(.*\) (.*)/s or next;
        my @field = split ' ', $rest;    # from the state on, which is the third
        $ticks += $field[$_ - 3] for $pid == $parent ? 14 .. 17 : $field[1] == $parent ? (14, 15) : ();
    }
    die "the processor time of process $parent cannot be read\n" if !$ticks;
    return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# Each user signs in once: { rate, ms (of a processor, for one sign-in) }. Dies unless each that was not refused has a session.
sub sign_in_each {
    my ($self, $connections) = @_;
    my ($sessions, $used) = ($self->sessions, $self->used);
    my $output = Bench::output_of('sh', '-c', 'exec "$0" "$@" < ' . $self->{server}->dir . '/forms.txt',
        $self->{program}, $self->{server}->host_port('burst'), $connections);
    $used = $self->used - $used;
    my ($good, $busy, $bad, $seconds) = split ' ', $output;
    die "$bad of the sign-ins were answered with something else\n" if $bad;
    die "all of the sign-ins were refused\n" if !$good;
    my $made = $self->sessions - $sessions;
    die "$good sign-ins made $made sessions\n" if $made != $good;
    return { rate => $good / $seconds, ms => 1000 * $used / $good, refused => $busy, posted => $good + $busy };
}

sub hash {
    my ($seconds) = @_;
    my ($rate, $ms) = Bench::SignIns::hash_alone($seconds);
    return { rate => $rate, ms => $ms };
}

sub few { return Bench::SignIns::CLIENTS_PER_CORE() * Bench::cores() }

sub check {
    my ($self) = @_;
    $self->{peer}->answers($self->{peer}->enter);
    my $all = $self->sign_in_each(few());
    die "$all->{refused} of the sign-ins were refused\n" if $all->{refused};
    return 1;
}

sub measure {
    my ($class, %arg) = @_;
    my $self = $class->new;
    $self->check;
    my %run = (hash => sub { hash($_[0]) }, few => sub { $self->sign_in_each(few()) }, burst => sub { $self->sign_in_each(USERS) });
    my $turns = Bench::take_turns(%arg, order => [qw(hash few burst)], rate => \%run);
    $self->{peer}->answers($self->{peer}->enter);
    my %result;
    for my $kind (keys %$turns) {
        for my $number (keys %{ $turns->{$kind}[0] }) {
            $result{$kind}{$number} = [map { $_->{$number} } @{ $turns->{$kind} }];
        }
    }
    return \%result;
}

1;
