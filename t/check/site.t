# SPDX-License-Identifier: Apache-2.0
# make site: each link of each page leads somewhere, everything can be read without script, and the search finds sections.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

my $site = LuciaTest::work_dir('site');
my $said = `$^X doc/site/build.pl $site 2>&1`;
is $? >> 8, 0, 'the site is built' or diag $said;
my ($count) = $said =~ /^(\d+) pages/m;
cmp_ok $count // 0, '>=', 20, 'the site has the pages of the documentation';

my @pages = map { s{.*/}{}r } glob "$site/*.html";
my %html = map { $_ => LuciaTest::Server::slurp("$site/$_") } @pages;
my %ids = map { my $page = $_; $page => { map { $_ => 1 } $html{$page} =~ /\bid="([^"]*)"/g } } @pages;
for my $page (@pages) {
    my @dead;
    for my $link ($html{$page} =~ /\b(?:href|src)="([^"]*)"/g) {
        next if $link =~ m{^https?://};
        my ($file, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
        $file = $page if $file eq '';
        push @dead, $link if !-e "$site/$file" || (defined $anchor && $html{$file} && !$ids{$file}{$anchor});
    }
    is_deeply \@dead, [], "$page: each link leads somewhere";
    is scalar(() = $html{$page} =~ /<script\b/g), $page eq 'search.html' ? 2 : 0, "$page: it has no script, unless it is the search";
    like $html{$page}, qr{<title>[^<]+</title>.*<h1\b.*<h1\b|<title>[^<]+</title>.*<h1\b}s, "$page: it has a title and a heading";
}
unlike $html{'index.html'}, qr/%%\w+%%/, 'index.html: no value is missing';

SKIP: {
    my ($chromium) = grep { -x } map { "$_/chromium" } split /:/, $ENV{PATH};
    skip 'no chromium', 2 unless $chromium;
    my $found = sub {
        my ($words) = @_;
        my $dom = `HOME=$site $chromium --headless --no-sandbox --disable-gpu --user-data-dir=$site/profile --virtual-time-budget=5000 --dump-dom 'file://$site/search.html?q=$words' 2>/dev/null`;
        return $dom =~ /<ol id="found">(.*?)<\/ol>/s ? $1 : '';
    };
    like $found->('LuciaThrottle'), qr{^<li><a href="directives\.html#luciathrottle">LuciaThrottle \(Directives\)</a>}, 'the search finds a directive first';
    is $found->('nosuchwordanywhere'), '', 'the search finds nothing where there is nothing';
}
done_testing;
