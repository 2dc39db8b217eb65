# SPDX-License-Identifier: Apache-2.0
#
# Sign-ins per second on all cores: this module, its hash function with nothing around it (t/bench/hash_rate.c), and
# Express + Lucia as one process, as the guides start it, and as a process for each core.
package Bench::SignIns;
use strict;
use warnings;

use LuciaTest;
use Bench;
use Bench::Server;
use Bench::Peers;
use Bench::Express;

use constant { CLIENTS_PER_CORE => 2, WARM_UP => 4 };    # seconds: Lucia's scrypt takes its time

my %WHAT = (
    hash            => 'Argon2 alone, m=19456 t=2 p=1',
    module          => 'sign-in, the same Argon2',
    express         => 'sign-in, Express + Lucia, one process',
    express_cluster => 'sign-in, Express + Lucia, a process for each core',
);

sub hash_program {
    my ($top, $build) = (LuciaTest::top(), LuciaTest::build());
    system('make', '-s', '-C', $top, "BUILD=$build", 'hash-rate') == 0 or die "t/bench/hash_rate.c could not be built\n";
    return "$build/t/bench/hash_rate";
}

# With nothing around it, in a thread for each core: hashes a second, and milliseconds of a processor for one.
sub hash_alone {
    my ($seconds) = @_;
    return split ' ', Bench::output_of(hash_program(), $seconds, Bench::cores());
}

sub express {
    my ($server, $name, $processes) = @_;
    my $file = $server->dir . "/db/$name.db";
    return Bench::Express->new(name => $name, what => $WHAT{$name}, adapter => 'sqlite', database => $file, processes => $processes,
        core => Bench::all_cores(), content => $server->dir . '/htdocs/gated/file.txt', rows => sub { sqlite($file, @_) });
}

# name => [peer, where its sign-in form is posted to]
sub peers {
    my ($server) = @_;
    my $module = Bench::Peer::Lucia->new(name => 'module', what => $WHAT{module},
        url => $server->origin($server->host_port('module')), rows => sub { sqlite($server->db, @_) });
    my %peers = (module => [$module, '/account/login']);
    return %peers if Bench::Express->missing;
    return (%peers,
        express         => [express($server, 'express', 1), '/login'],
        express_cluster => [express($server, 'express_cluster', Bench::cores()), '/login']);
}

sub measure {
    my ($class, %arg) = @_;
    my $server = Bench::Server->new(hosts => [{ name => 'module', conf => 'defaults' }], prefix => ['taskset', '-c', Bench::all_cores()]);
    my %peers = peers($server);
    $_->[0]->prepare for values %peers;
    $_->[0]->answers($_->[0]->enter) for values %peers;
    my %rate = (hash => sub { (hash_alone($_[0]))[0] });
    for my $name (keys %peers) {
        my ($peer, $path) = @{ $peers{$name} };
        my $url = $peer->{url} . $path;
        $rate{$name} = sub { answered(Bench::sign_ins($url, $_[0], clients => CLIENTS_PER_CORE * Bench::cores())) };
    }
    my @order = grep { $rate{$_} } qw(hash module express express_cluster);
    my $rates = Bench::take_turns(%arg, warm_up => WARM_UP, order => \@order, rate => \%rate);
    $_->[0]->answers($_->[0]->enter) for values %peers;
    my $why = Bench::Express->missing;
    return { order => \@order, what => \%WHAT, rates => $rates, left_out => [$why ? "Express + Lucia: $why" : ()] };
}

# So few clients that nobody has to be sent away.
sub answered {
    my ($count) = @_;
    die "$count->{busy} sign-ins were sent away\n" if $count->{busy};
    return $count->{rate};
}

1;
