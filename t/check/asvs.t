# SPDX-License-Identifier: Apache-2.0
# doc/asvs.md: it has every requirement of V6 and V7 of ASVS 5.0 once, what it says is met names a test that exists, and its
# sums are right.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;

# How many requirements each section has (OWASP ASVS 5.0.0, chapters V6 and V7).
my %count = ('6.1' => 3, '6.2' => 12, '6.3' => 8, '6.4' => 6, '6.5' => 8, '6.6' => 4, '6.7' => 2, '6.8' => 4,
    '7.1' => 3, '7.2' => 4, '7.3' => 2, '7.4' => 5, '7.5' => 3, '7.6' => 2);
my @states = ('met', 'partly', 'not', 'does not apply');

my $text = LuciaTest::Server::slurp('doc/asvs.md');
my (@rows, %seen, %sum);
for my $line (split /\n/, $text) {
    my @cells = $line =~ /^\|\s*(\d+\.\d+\.\d+)\s*\|\s*(\d)\s*\|\s*(.*?)\s*\|\s*(.*?)\s*\|\s*(.*?)\s*\|$/ or next;
    my ($number, $level, $state, $how, $tests) = @cells;
    $seen{$number}++;
    $sum{$level}{$state}++;
    push @rows, { number => $number, state => $state, how => $how, tests => $tests };
}

my @wanted = map { my $section = $_; map { "$section.$_" } 1 .. $count{$section} } sort keys %count;
is_deeply [sort keys %seen], [sort @wanted], 'doc/asvs.md has every requirement of V6 and V7';
is_deeply [grep { $seen{$_} > 1 } sort keys %seen], [], 'doc/asvs.md has no requirement twice';
my %known = map { $_ => 1 } @states;
is_deeply [map { "$_->{number} $_->{state}" } grep { !$known{ $_->{state} } } @rows], [], 'doc/asvs.md uses the four states';
is_deeply [map { $_->{number} } grep { length $_->{how} < 8 } @rows], [], 'each row of doc/asvs.md says how or why';

# A test is named as FILE "words": FILE has these words in a description.
sub missing {
    my ($named) = @_;
    my ($file, $words) = $named =~ /^`([^`]+)` "([^"]+)"$/ or return "$named is not FILE \"words\"";
    return "$file does not exist" if !-f $file;
    return index(LuciaTest::Server::slurp($file), $words) < 0 ? "$file has no \"$words\"" : ();
}
for my $row (grep { $_->{state} eq 'met' } @rows) {
    my @tests = split m{<br>}, $row->{tests};
    is_deeply [@tests ? map({ missing($_) } @tests) : 'no test'], [], "what doc/asvs.md says of $row->{number} is shown by a test";
}
is_deeply [map { missing($_) } map { split m{<br>}, $_->{tests} } grep { $_->{state} ne 'met' } @rows], [], 'the other rows of doc/asvs.md name tests that exist';

# The sums: "| level | met | partly | not | does not apply |".
for my $level (1 .. 3) {
    my ($sums) = $text =~ /^\|\s*level $level\s*\|(.*)\|$/m;
    is_deeply [($sums // '') =~ /(\d+)/g], [map { $sum{$level}{$_} // 0 } @states], "doc/asvs.md sums up level $level";
}

done_testing;
