# SPDX-License-Identifier: Apache-2.0
#
# OpenMetrics text, read as strictly as the specification (1.0.0) describes what is used of it.
#
#     my $value = LuciaTest::OpenMetrics::samples($text);      # { 'name{label="value"}' => number }
#     my @wrong = LuciaTest::OpenMetrics::problems($text);  # what breaks a rule
package LuciaTest::OpenMetrics;
use strict;
use warnings;

my $name   = qr/[a-zA-Z_][a-zA-Z0-9_]*/;
my $label  = qr/$name="(?:[^"\\\n]|\\["\\n])*"/;
my $number = qr/-?\d+(?:\.\d+)?/;
my %suffix = (counter => ['_total'], gauge => [''], info => ['_info'], histogram => [qw(_bucket _count _sum)]);

sub samples {
    my ($text) = @_;
    return { $text =~ /^($name(?:\{[^}]*\})?) (\S+)$/mg };
}

sub histogram {
    my ($family, @samples) = @_;
    my (@wrong, $last, %value);
    for my $sample (@samples) {
        my ($kind, $labels, $value) = @$sample;
        $value{$kind} = $value;
        next unless $kind eq '_bucket';
        my ($bound) = $labels =~ /^\{le="(\+Inf|\d+\.\d+)"\}\z/ or push(@wrong, "$family: le of $labels"), next;
        push @wrong, "$family: a bucket holds less than the one before" if $last && $value < $last->[1];
        push @wrong, "$family: buckets are not in order" if $last && ($last->[0] eq '+Inf' || $bound ne '+Inf' && $bound <= $last->[0]);
        $last = [$bound, $value];
    }
    push @wrong, "$family: no last bucket" unless $last && $last->[0] eq '+Inf' && $last->[1] == ($value{_count} // -1);
    return @wrong;
}

sub problems {
    my ($text) = @_;
    my (@wrong, %type, %unit, %help, %seen, $family, @samples);
    return 'it does not end with # EOF' unless $text =~ s/# EOF\n\z//;
    my $end = sub { push @wrong, histogram($family, @samples) if $family && $type{$family} eq 'histogram'; @samples = () };
    for my $line (split /\n/, $text, -1) {
        if ($line =~ /^# TYPE ($name) (\w+)\z/) {
            $end->();
            push @wrong, "$1: twice" if $type{$1};
            push @wrong, "$1: type $2" unless $suffix{$2};
            ($family, $type{$1}) = ($1, $2);
        }
        elsif ($line =~ /^# UNIT ($name) (\w+)\z/) {
            my ($of, $unit) = ($1, $2);
            push @wrong, "$of: unit $unit" unless $of eq $family && $of =~ /_$unit\z/ && !$unit{$of}++;
        }
        elsif ($line =~ /^# HELP ($name) (?:[^\\]|\\[\\n"])+\z/) { push @wrong, "$1: help" unless $1 eq $family && !$help{$1}++ }
        elsif ($line =~ /^($name)(\{$label(?:,$label)*\})? ($number)\z/) {
            my ($sample, $labels, $value) = ($1, $2 // '', $3);
            my ($kind) = grep { $family && $sample eq "$family$_" } @{ $suffix{ $type{$family // ''} // '' } || [] };
            push @wrong, "$line: not of the family before" unless defined $kind;
            push @wrong, "$line: twice" if $seen{"$sample$labels"}++;
            push @wrong, "$line: negative" if $value < 0;
            push @samples, [$kind // '', $labels, $value];
        }
        elsif (length $line) { push @wrong, "not a line: $line" }
    }
    $end->();
    push @wrong, map { "$_: no help" } grep { !$help{$_} } sort keys %type;
    return @wrong;
}

1;
