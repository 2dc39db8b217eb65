# SPDX-License-Identifier: Apache-2.0
# doc/operations.md says of each log id in the source what it means and what to do, in the ids' order, and of no other.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;

sub none {
    my ($what, @found) = @_;
    ok !@found, $what or diag join "\n", @found;
    return;
}

my $code = join '', map { LuciaTest::Server::slurp($_) } grep { -f } 'mod_luciauth.c', glob 'src/*/*.c src/*/*/*.c';
$code =~ s{/\*.*?\*/}{}gs;
my %used = map { $_ => 1 } $code =~ /\b(LUCI\d{4})\b/g;
my $page = LuciaTest::Server::slurp('doc/operations.md');
my @rows = map { /^\| (LUCI\d{4}) \| (.*) \|$/ ? [$1, split / \| /, $2] : () } split /\n/, $page;
my %row;
$row{ $_->[0] }++ for @rows;

cmp_ok scalar keys %used, '>', 30, 'the source has ids';
none 'each has a row in doc/operations.md', grep { !$row{$_} } sort keys %used;
none 'each row is of an id that is used', grep { !$used{$_} } sort keys %row;
none 'there is one row of each', grep { $row{$_} > 1 } sort keys %row;
none 'a row says what happened and what to do', map { $_->[0] } grep { @$_ != 3 || grep { length $_ < 5 } @$_ } @rows;
is_deeply [map { $_->[0] } @rows], [sort keys %row], 'the rows of doc/operations.md stand in order';
none 'other pages name no id that does not exist', map {
    my $file = $_;
    map { $used{$_} ? () : "$file: $_" } LuciaTest::Server::slurp($file) =~ /\b(LUCI\d{4})\b/g
} grep { -f } 'README.md', glob 'doc/*.md';

done_testing;
