# SPDX-License-Identifier: Apache-2.0
# Each page carries its whole style, so that a page is one request: copies of one text, on purpose.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;
my @pages = glob 'templates/*.html';
is scalar @pages, 8, 'there are eight pages';

my ($first) = my @styles = map { [LuciaTest::Server::slurp($_) =~ m{<style>(.*?)</style>}gs] } @pages;
for my $i (0 .. $#pages) {
    is scalar @{ $styles[$i] }, 1, "$pages[$i] has one style block";
    ok(($styles[$i][0] // '') eq ($first->[0] // ''), "$pages[$i]: the style of $pages[0]")
        or diag "diff $pages[0] $pages[$i] shows where; change all alike";
}

done_testing;
