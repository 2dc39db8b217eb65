# SPDX-License-Identifier: Apache-2.0
#
# The two pictures: growth.svg and flood.svg.
package Bench::Curves;
use strict;
use warnings;

use POSIX ();
use Bench;
use Bench::Flood;
use Bench::Svg;

use constant BIN => 0.5;    # seconds of the flood's curve that one point stands for

# 1, 2, 5, 10, 20 ...: steps of which about five reach most.
sub step {
    my ($most) = @_;
    my $step = 10**int(log($most) / log(10));
    $step /= 10 while $step * 4 > $most;
    for (2, 2.5, 2) { $step *= $_ if $most / $step > 6 }
    return $step;
}

sub linear {
    my ($label, $most) = @_;
    my $step = step($most);
    my $count = int($most / $step) + 1;
    return { label => $label, least => 0, most => $step * $count, ticks => [map { [$_ * $step, $_ * $step] } 0 .. $count] };
}

sub decades {
    my ($label, $least, $most) = @_;
    my @ticks = (10**POSIX::floor(log($least) / log(10) + 1e-9));
    push @ticks, 10 * $ticks[-1] while $ticks[-1] < $most * 0.999;
    return { label => $label, least => $ticks[0], most => $ticks[-1], log => 1, ticks => [map { [$_, 0 + sprintf '%.3g', $_] } @ticks] };
}

my %SUPERSCRIPT = (map { $_ => chr(0x2070 + $_) } 0, 4 .. 9);
@SUPERSCRIPT{ 1 .. 3 } = map { chr } 0xb9, 0xb2, 0xb3;

sub power { my ($n) = @_; return '10' . join '', map { $SUPERSCRIPT{$_} } split //, sprintf '%.0f', log($n) / log 10 }

sub growth {
    my ($result) = @_;
    my @sizes = @{ $result->{order} };
    my %rates = %{ $result->{rates} };
    my ($most) = sort { $b <=> $a } map { @{ $rates{$_} } } @sizes;
    my $x = decades('sessions in the table', $sizes[0], @sizes > 1 ? $sizes[-1] : 10 * $sizes[0]);
    $_->[1] = power($_->[0]) for @{ $x->{ticks} };
    my $svg = Bench::Svg->new(width => 760, height => 380, title => 'Gated requests with more and more sessions, cache off (SQLite)');
    my $panel = $svg->panel(top => 56, height => 260, x => $x, y => linear('requests per second', $most));
    my @points = map { [$_, Bench::median(@{ $rates{$_} })] } @sizes;
    my @ranges = map { [$_, (sort { $a <=> $b } @{ $rates{$_} })[0, -1]] } @sizes;
    $panel->line(1, 'median, range', \@points, marks => 1, ranges => \@ranges);
    return $svg->text;
}

# Points [seconds since the start, quantile] of all bins of the time.
sub over_time {
    my ($start, $share, @requests) = @_;
    my %bin;
    push @{ $bin{ int(($_->[0] - $start) / BIN) } }, $_->[1] for @requests;
    return [map { [($_ + 0.5) * BIN, Bench::quantile($share, @{ $bin{$_} })] } sort { $a <=> $b } keys %bin];
}

sub flood {
    my ($result, $summary) = @_;
    my @rounds = @{ $result->{rounds} };
    my $start = $rounds[0]{start};
    my @requests = map { (@{ $_->{quiet} }, map { @{ $_->{requests} } } @$_{Bench::Flood::FLOODS()}) } @rounds;
    my %curve = map { $_ => over_time($start, $_ / 100, @requests) } 50, 99;
    my @memory = map { [$_->[0] - $start, $_->[1]] } @{ $result->{memory} };
    my @values = sort { $a <=> $b } map { map { $_->[1] } @$_ } values %curve;
    my ($most_memory) = sort { $b <=> $a } $summary->{peak}, $summary->{limit};

    my $svg = Bench::Svg->new(width => 760, height => 560, title => 'Those who are signed in, while 64 clients sign in again and again');
    my $seconds = linear('seconds', $memory[-1][0]);
    $seconds->{most} = $memory[-1][0];
    $seconds->{ticks} = [grep { $_->[0] <= $seconds->{most} } @{ $seconds->{ticks} }];
    my $upper = $svg->panel(top => 66, height => 210, x => { %$seconds, label => '' }, y => decades('gated request, milliseconds', @values[0, -1]));
    my $lower = $svg->panel(top => 316, height => 180, x => $seconds, y => linear('memory of httpd (PSS), MiB', $most_memory));
    for my $round (@rounds) {
        for my $flood (Bench::Flood::FLOODS()) {
            my @span = map { $_ - $start } @{ $round->{$flood} }{qw(start end)};
            $upper->band(@span, $flood);
            $lower->band(@span);
        }
    }
    $upper->line(2, 'p99', $curve{99});
    $upper->line(1, 'p50', $curve{50});
    $lower->rule($summary->{limit}, sprintf '%.0f: base + slots', $summary->{limit});
    $lower->rule($result->{base}, sprintf '%.0f: base', $result->{base});
    $lower->line(3, '', \@memory);
    return $svg->text;
}

1;
