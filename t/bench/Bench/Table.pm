# SPDX-License-Identifier: Apache-2.0
#
# Rows of the table: { what, value, ratio, range, goal, reached }, all of them text, what is missing is empty.
package Bench::Table;
use strict;
use warnings;

use Exporter 'import';
use Bench;

our @EXPORT_OK = qw(row rate_rows against);

my @COLUMNS = (['what', 'what'], ['value', 'median'], ['ratio', 'ratio'], ['range', 'its rounds'], ['goal', 'to reach'], ['reached', '']);

# number is what the goal is about: ['at least', 0.95] or ['at most', 2].
sub row {
    my ($what, $value, %more) = @_;
    my %row = (what => $what, value => $value);
    my $number = $more{number};
    if ($more{ratios}) {
        my @sorted = sort { $a <=> $b } @{ $more{ratios} };
        $number = Bench::median(@sorted);
        $row{ratio} = short($number);
        $row{range} = join ' to ', map { short($_) } @sorted[0, -1];
    }
    elsif ($more{ratio}) {
        $number = $more{ratio};
        $row{ratio} = short($number);
    }
    if (my ($how, $limit) = @{ $more{goal} // [] }) {
        $row{goal} = "$how " . ($limit == int $limit ? $limit : sprintf '%.*f', $limit < 10 ? 2 : 0, $limit);
        $row{reached} = ($how eq 'at least' ? $number >= $limit : $number <= $limit) ? 'yes' : 'no';
    }
    return \%row;
}

sub short { my ($number) = @_; return sprintf '%.*f', $number < 10 ? 3 : 1, $number }

# One row for each target of a part, against its first one. goals: target => goal.
sub rate_rows {
    my ($result, $unit, %goals) = @_;
    my ($base, @others) = @{ $result->{order} };
    my $rates = $result->{rates};
    my $rate = sub { my $median = Bench::median(@{ $rates->{ $_[0] } }); return sprintf "%.*f $unit", $median < 1000 ? 1 : 0, $median };
    return (
        row($result->{what}{$base}, $rate->($base), ratio => 1),
        map { row($result->{what}{$_}, $rate->($_), ratios => [Bench::ratios($rates->{$_}, $rates->{$base})], goal => $goals{$_}) } @others,
    );
}

# Two targets of a part against each other; no row when one was left out.
sub against {
    my ($result, $above, $below, $goal) = @_;
    my ($rates, $what) = @$result{qw(rates what)};
    return if !$rates->{$above} || !$rates->{$below};
    return row("$what->{$above} / $what->{$below}", '', ratios => [Bench::ratios($rates->{$above}, $rates->{$below})], goal => $goal);
}

sub text {
    my @rows = ({ map { @$_ } @COLUMNS }, @_);
    my @lines;
    my @width = map { my $key = $_->[0]; (sort { $b <=> $a } 3, map { length($_->{$key}) // 0 } @rows)[0] } @COLUMNS;
    for my $row (@rows) {
        push @lines, '| ' . join(' | ', map { sprintf '%-*s', $width[$_], $row->{ $COLUMNS[$_][0] } // '' } 0 .. $#COLUMNS) . ' |';
    }
    splice @lines, 1, 0, '|' . join('|', map { '-' x ($_ + 2) } @width) . '|';
    return join "\n", @lines, '';
}

1;
