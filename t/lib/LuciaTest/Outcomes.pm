# SPDX-License-Identifier: Apache-2.0
#
# What the long tests did to real parts of a site, and what its users noticed: checks it, and stores a row for the table that
# t/long/run prints at the end.
#
#     outcome('killed, started again after 5 s', 'PostgreSQL',
#         answers     => 41_020,    # requests that were judged; at least 1
#         unavailable => 5.3,       # seconds from the first to the last 503 of this case; 0: none
#         allowed     => 10,        # its limit in seconds; without it none is checked
#         lost        => 0,         # sessions, accounts, sign-outs that were confirmed and then were gone; cookies cleared wrongly
#         admitted    => 0);        # answers to ended sessions, wrong passwords and the like that should have been refused
#
# A row is written even if a check fails, so that the table shows what went wrong.
package LuciaTest::Outcomes;
use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT = qw(outcome);

my @COLUMNS = qw(done to answers unavailable lost admitted);
my %TITLE   = (done => 'what was done', to => 'to', answers => 'answers', unavailable => '503 for', lost => 'lost',
    admitted => 'admitted wrongly');

sub outcome {
    my ($done, $to, %saw) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    defined $saw{$_} or die "outcome '$done': no $_\n" for qw(answers unavailable lost admitted);
    store({ %saw, done => $done, to => $to });
    my $case = "$to $done";
    cmp_ok $saw{answers}, '>', 0, "$case: answers were judged";
    is $saw{lost},     0, "$case: nothing was lost, of $saw{answers} answers";
    is $saw{admitted}, 0, "$case: nothing was admitted wrongly, of $saw{answers} answers";
    cmp_ok $saw{unavailable}, '<=', $saw{allowed}, "$case: 503 for at most $saw{allowed} s" if defined $saw{allowed};
    return;
}

# ---- The table ----

sub store {
    my ($row) = @_;
    my $file = $ENV{LUCI_OUTCOMES} or return;
    my $line = join("\t", map { $row->{$_} } @COLUMNS) . "\n";
    open my $out, '>>', $file or die "$file: $!\n";
    print {$out} $line;
    close $out or die "$file: $!\n";
    return;
}

# In Markdown, in the order in which the rows were stored.
sub table {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    chomp(my @lines = <$in>);
    my @rows = map { my %row; @row{@COLUMNS} = split /\t/; \%row } @lines;
    return join '', map { '| ' . join(' | ', @$_) . " |\n" } [@TITLE{@COLUMNS}], [('---') x @COLUMNS],
        map { [cells($_)] } @rows;
}

sub cells {
    my ($row) = @_;
    my %cell = %$row;
    1 while $cell{answers} =~ s/^(\d+)(\d{3})/$1,$2/;
    $cell{unavailable} = $row->{unavailable} > 0 ? sprintf '%.1f s', $row->{unavailable} : '-';
    return @cell{@COLUMNS};
}

1;
