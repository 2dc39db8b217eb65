# SPDX-License-Identifier: Apache-2.0
#
# What the parts of t/bench share: the numbers, the load, the turns.
#
#     Bench::take_turns(order => ['a', 'b'], rate => { a => sub { my ($seconds) = @_; ... }, ... },
#         rounds => 15, seconds => 2);                     # { a => [a rate each round], b => [...] }
#     Bench::file_rate($url, $seconds, headers => ['Cookie: ...']);    # requests/s of wrk, 1 KiB files
#
# The load generator has core 0, what is measured has the last one (server_core) unless a part says otherwise.
package Bench;
use strict;
use warnings;

use Cwd ();
use File::Basename qw(dirname);
use Time::HiRes qw(sleep);
use LuciaTest;

use constant { NAME => 'bench', PASSWORD => 'correct horse' };
use constant { UNGATED => '/plain/file.txt', GATED => '/gated/file.txt' };
use constant CONNECTIONS => 16;    # wrk's, for files
use constant PAUSE => 0.2;         # seconds between turns, for what is still under way

my $home = Cwd::abs_path(dirname(__FILE__));
my ($cores) = `nproc` =~ /(\d+)/;

sub home        { $home }
sub cores       { $cores }
sub load_core   { 0 }
sub server_core { $cores - 1 }
sub all_cores   { '0-' . ($cores - 1) }
sub other_cores { '1-' . ($cores - 1) }    # than the load's

# The measured file: 1 KiB that a page of an error could not be mistaken for.
sub content { join '', map { chr(33 + $_ * 7 % 90) } 1 .. 1024 }

sub median { quantile(0.5, @_) }

# Between the two nearest values, as most tools have it.
sub quantile {
    my ($share, @values) = @_;
    my @sorted = sort { $a <=> $b } @values;
    my $at = $share * $#sorted;
    my $below = $sorted[ int $at ];
    return $below + ($at - int $at) * (($sorted[ int($at) + 1 ] // $below) - $below);
}

# a/b of each round.
sub ratios {
    my ($above, $below) = @_;
    return map { $above->[$_] / $below->[$_] } 0 .. $#$above;
}

# ---- Load ----

sub output_of {
    my @command = @_;
    open my $in, '-|', @command or die "$command[0]: $!\n";
    local $/;
    my $output = <$in>;
    close $in or die "@command ... failed:\n" . ($output // '');
    return $output;
}

sub wrk {
    my ($core, $seconds, @args) = @_;
    return output_of('taskset', '-c', $core, 'wrk', '-t1', "-d${seconds}s", '--timeout', '30s', @args);
}

# Dies when a connection was lost, which an httpd that is short of threads may do to those that are kept alive.
sub lossless {
    my ($output) = @_;
    die "not every request was answered:\n$output" if $output =~ /Socket errors/;
    return $output;
}

# headers: lines; script and args: wrk's; connections; lossy: connections may be lost.
sub file_rate {
    my ($url, $seconds, %arg) = @_;
    my @headers = map { ('-H', $_) } @{ $arg{headers} // [] };
    my @script = map { ('-s', $_) } $arg{script} // ();
    my $output = wrk(load_core(), $seconds, '-c' . ($arg{connections} // CONNECTIONS), @headers, @script, $url, @{ $arg{args} // [] });
    lossless($output) if !$arg{lossy};
    die "not every request was answered with the file:\n$output" if $output =~ /Non-2xx or 3xx responses/;
    my ($rate) = $output =~ m{^Requests/sec:\s*([\d.]+)}m or die $output;
    my ($seen, $bytes) = $output =~ /(\d+) requests in .*?, ([\d.]+[KMG]?B) read/ or die $output;
    die "$url answered with less than the file:\n$output" if bytes_of($bytes) < 0.99 * 1024 * $seen;
    return $rate;
}

# One answer on a connection that stays.
sub answer_on {
    my ($socket) = @_;
    my $answer = '';
    for (;;) {
        my ($head, $body) = split /\r\n\r\n/, $answer, 2;
        return $answer if defined $body && $head =~ /^Content-Length: (\d+)/m && length $body >= $1;
        sysread $socket, $answer, 65536, length $answer or die "the server closed the connection\n";
    }
}

sub bytes_of {
    my ($number, $unit) = $_[0] =~ /([\d.]+)([KMG]?)/;
    return $number * { '' => 1, K => 2**10, M => 2**20, G => 2**30 }->{$unit};
}

# What the sign-ins of some clients came to: { good, busy, rate }. core: where wrk runs; lossy; patient: sign_in.lua's.
sub sign_ins {
    my ($url, $seconds, %arg) = @_;
    my %body = form(username => NAME, password => PASSWORD);
    my $output = wrk($arg{core} // all_cores(), $seconds, "-c$arg{clients}", '-s', "$home/sign_in.lua", $url, '--', $body{body}, $arg{patient} ? 'patient' : ());
    lossless($output) if !$arg{lossy};
    my %count;
    @count{qw(good busy bad seconds)} = $output =~ /^signed in: (\d+), busy: (\d+), refused: (\d+), seconds: ([\d.]+)/m or die $output;
    die "$count{bad} sign-ins were refused\n" if $count{bad};
    die "nobody signed in\n" if !$count{good} && !$arg{lossy};
    return { %count, rate => $count{good} ? $count{good} / $count{seconds} : 0 };
}

# ---- Turns: A B C A B C ...; a first round warms up (warm_up seconds, or 1) and does not count ----

sub take_turns {
    my (%arg) = @_;
    my %rates;
    for my $round (0 .. $arg{rounds}) {
        for my $name (@{ $arg{order} }) {
            my $rate = $arg{rate}{$name}->($round ? $arg{seconds} : $arg{warm_up} // 1);
            push @{ $rates{$name} }, $rate if $round;
            print STDERR '.';
            sleep PAUSE;
        }
    }
    print STDERR "\n";
    return \%rates;
}

1;
