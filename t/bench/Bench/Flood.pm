# SPDX-License-Identifier: Apache-2.0
#
# What a flood of sign-ins does to those who are signed in: the gate's latency and the server's memory, quiet and while 64
# clients sign in again and again, in turns. There are two floods: patient clients wait as long as Retry-After says when
# they are sent away with 503, the others come back at once. A third, of as many clients that fetch a plain file, shows
# what those who come back at once cost httpd without any sign-in.
#
# httpd has Debian's processes and every core but the load's, mod_luciauth its defaults, with a hash slot for each of these
# cores. Gated requests come at a fixed pace, far below what httpd can do; each answer's time counts from the moment when
# its request was due (t/bench/paced). Where that is allowed, paced goes before everything else on the load's core.
package Bench::Flood;
use strict;
use warnings;

use IO::Select ();
use POSIX ();
use Time::HiRes qw(sleep time);
use LuciaTest;
use Bench;
use Bench::Server;
use Bench::Peers;

use constant {
    CLIENTS       => 64,     # that sign in
    RATE          => 400,    # gated requests a second
    WARM_UP       => 3,      # seconds of as many clients, first with gated requests, then with the sign-in page: memory before
    ONSET         => 1,      # seconds of flood before the gate is looked at
    SAMPLE        => 0.2,    # seconds between looks at the memory
    SLOT_MIB      => 20,     # what one hash at a time may need
};

# ---- The gated requests ----

my @first = system('chrt -f 1 true 2>/dev/null') == 0 ? qw(chrt -f 1) : ();

use constant SIGN_INS => ('patient', 'at once');
use constant FLOODS => (SIGN_INS, 'files');

sub goes_first { @first > 0 }

# The gated requests of some seconds: [due, ms, good] each.
sub paced {
    my ($peer, $entry, $seconds) = @_;
    my ($port) = $peer->{url} =~ /:(\d+)$/;
    my $output = Bench::output_of('taskset', '-c', Bench::load_core(), @first, $^X, Bench::home() . '/paced', $port, Bench::GATED,
        $entry->{cookie}, RATE, $seconds);
    return map { [split] } split /\n/, $output;
}

# ---- Memory: of httpd and all its children, in MiB ----

# (PSS, RSS): RSS counts what they share once for each of them.
sub memory {
    my ($parent) = @_;
    my @processes = ($parent, grep { LuciaTest::Server::slurp("/proc/$_/stat") =~ /\) \S $parent / }
        map { m{(\d+)} } glob '/proc/[0-9]*');
    my %sum = (Pss => 0, Rss => 0);
    for (@processes) {
        my $text = LuciaTest::Server::slurp("/proc/$_/smaps_rollup");
        $sum{$1} += $2 / 1024 while $text =~ /^(Pss|Rss):\s*(\d+) kB/mg;
    }
    die "the memory of process $parent cannot be read\n" if !$sum{Pss};
    return @sum{qw(Pss Rss)};
}

# Looks again and again until stop is readable (its other end closed): lines "time pss rss".
sub watch {
    my ($parent, $stop) = @_;
    my $select = IO::Select->new($stop);
    my $text = '';
    until ($select->can_read(SAMPLE)) {
        $text .= join(' ', time, memory($parent)) . "\n";
    }
    return $text;
}

sub watched {
    my ($server, $work) = @_;
    pipe my $stop, my $go or die "pipe: $!";
    my $watcher = Bench::Beside->new(sub { close $go; watch($server->pid, $stop) });
    my @result = $work->();
    close $go;
    return (\@result, [map { [split] } $watcher->lines]);
}

# ---- Rounds ----

# What the clients of a flood came to: "good busy rate".
sub clients {
    my ($kind, $url, $seconds) = @_;
    if ($kind eq 'files') {
        my $rate = Bench::file_rate($url . Bench::UNGATED, $seconds, connections => CLIENTS, lossy => 1);
        return join ' ', int $rate * $seconds, 0, $rate;
    }
    my $count = Bench::sign_ins("$url/account/login", $seconds, clients => CLIENTS, lossy => 1, core => Bench::load_core(),
        patient => $kind eq 'patient');
    return join ' ', @$count{qw(good busy rate)};
}

sub flood {
    my ($kind, $peer, $entry, $seconds) = @_;
    my $start = time;
    my $clients = Bench::Beside->new(sub { clients($kind, $peer->{url}, $seconds + 2 * ONSET) });
    sleep ONSET;
    my @requests = paced($peer, $entry, $seconds);
    my ($count) = $clients->lines;
    my %flood = (requests => \@requests, start => $start, end => time);
    @flood{qw(good busy rate)} = split ' ', $count;
    sleep ONSET;
    return \%flood;
}

sub round {
    my @how = @_;    # peer, entry, seconds
    my %round = (start => time, quiet => [paced(@how)]);
    $round{$_} = flood($_, @how) for FLOODS;
    print STDERR '.';
    return \%round;
}

sub slots { return Bench::cores() - 1 }

# A server that never hashed a password, and a session from one that ran before it. The session belongs to another user than
# the sign-ins of the flood, which may be more than a user can have sessions.
sub serve {
    my $server = Bench::Server->new(hosts => [{ name => 'flood', conf => 'flood', slots => slots() }], processes => 'debian',
        prefix => ['taskset', '-c', Bench::other_cores()]);
    my %flood = (name => 'flood', url => $server->origin($server->host_port('flood')), rows => sub { sqlite($server->db, @_) });
    my $peer = Bench::Peer::Lucia->new(%flood, user => 'reader');
    $_->prepare for $peer, Bench::Peer::Lucia->new(%flood);
    my $entry = $peer->enter;
    $peer->answers($entry);
    $server->start_again;
    return ($server, $peer, $entry);
}

sub measure {
    my ($class, %arg) = @_;
    my ($server, $peer, $entry) = serve();
    Bench::file_rate($peer->gated_url, WARM_UP, headers => $entry->{headers}, connections => CLIENTS, lossy => 1);
    Bench::wrk(Bench::load_core(), WARM_UP, '-c' . CLIENTS, "$peer->{url}/account/login");
    paced($peer, $entry, 1);
    my ($base, $base_rss) = memory($server->pid);
    my ($rounds, $memory) = watched($server, sub { map { round($peer, $entry, $arg{seconds}) } 1 .. $arg{rounds} });
    print STDERR "\n";
    $peer->answers($entry);
    return { rounds => $rounds, memory => $memory, base => $base, base_rss => $base_rss, slots => slots() };
}

# What a result comes to: p50 and p99 of each round ("patient_99" => [...]), and the sums.
sub summary {
    my ($result) = @_;
    my %sum = (failed => 0, asked => 0);
    for my $round (@{ $result->{rounds} }) {
        for my $phase ('quiet', FLOODS) {
            my @requests = @{ $phase eq 'quiet' ? $round->{quiet} : $round->{$phase}{requests} };
            push @{ $sum{"${phase}_$_"} }, Bench::quantile($_ / 100, map { $_->[1] } @requests) for 50, 99;
            $sum{asked} += @requests;
            $sum{failed} += grep { !$_->[2] } @requests;
        }
        for my $flood (FLOODS) {
            $sum{"${flood}_$_"} += $round->{$flood}{$_} for qw(good busy);
            push @{ $sum{"${flood}_rate"} }, $round->{$flood}{rate};
        }
    }
    my @peak = map { my $column = $_; (sort { $b <=> $a } map { $_->[$column] } @{ $result->{memory} })[0] } 1, 2;
    return { %sum, peak => $peak[0], peak_rss => $peak[1], limit => $result->{base} + $result->{slots} * SLOT_MIB };
}

# ---- A process beside this one: runs a sub, whose result comes as lines; ends with the object at the latest ----

package Bench::Beside;

sub new {
    my ($class, $work) = @_;
    defined(my $pid = open my $out, '-|') or die "fork: $!";
    return bless { pid => $pid, out => $out, owner => $$ }, $class if $pid;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    LuciaTest::follow_parent();
    my $done = eval { print $work->(); 1 } or print STDERR $@;
    close STDOUT;
    POSIX::_exit($done ? 0 : 1);    # nothing of the parent's is torn down
}

sub lines {
    my ($self) = @_;
    my $out = delete $self->{out};
    my @lines = <$out>;
    close $out or die "a process of the flood failed\n";
    return @lines;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$ || !$self->{out};
    local ($?, $!);
    kill TERM => $self->{pid};
    close $self->{out};    # waits for it
    return;
}

1;
