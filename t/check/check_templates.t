# SPDX-License-Identifier: Apache-2.0
# The templates: a layout with the one style, and pages that are bodies only.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;
my @pages = grep { $_ ne 'templates/layout.html' } glob 'templates/*.html';
cmp_ok scalar @pages, '>=', 8, 'there are eight pages or more';

my $layout = LuciaTest::Server::slurp('templates/layout.html');
is scalar(() = $layout =~ m{<style>.*?</style>}gs), 1, 'the layout has one style block';
my @places = $layout =~ /%%@(\w+)%%/g;
is_deeply [@places], [qw(title class body)], 'the layout has a place for title, class and body';

for my $page (@pages) {
    my $text = LuciaTest::Server::slurp($page);
    is_deeply [$text =~ /^%%@(\w+)%%$/mg], [@places], "$page: a block for each place of the layout, and no other";
    like $text, qr/\A%%@/, "$page: it begins with one";
    unlike $text, qr/<(?:style|html|head|body|title|main)\b/, "$page: what the layout has is not in it";
}

# A page that the code names has to be there, and one that is there is named.
my %named = map { $_ => 1 } map { LuciaTest::Server::slurp($_) =~ /"([\w-]+\.html)"/g } glob 'src/httpd/*/*.c';
is_deeply [sort grep { $_ ne 'layout.html' } keys %named], [map { s{.*/}{}r } @pages], 'the code uses these pages, each of them';

done_testing;
