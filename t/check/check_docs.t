# SPDX-License-Identifier: Apache-2.0
# The documentation holds together: links lead somewhere, paragraphs of the specification that code and tests cite
# exist, and lines wrap at one width.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;
sub slurp { LuciaTest::Server::slurp($_[0]) }

sub none {
    my ($what, @found) = @_;
    ok !@found, $what or diag join "\n", @found;
    return;
}

sub files {
    my ($dir, $ending) = @_;
    my @found;
    for my $entry (glob "$dir/*") {
        next if $entry =~ m{(?:^|/)(?:build|node_modules)$};
        push @found, -d $entry ? files($entry, $ending) : $entry =~ $ending && -f $entry ? $entry : ();
    }
    return @found;
}

my @pages = sort grep { -f } glob '*.md doc/*.md t/*/*.md';

# ---- Links ----

# As GitHub makes them: lower case, punctuation dropped, blanks to hyphens; a second one gets -1.
sub anchors {
    my ($page) = @_;
    my $text = slurp($page);
    my %anchor = map { lc($_) => 1 } $text =~ /<a id="([^"]+)">/g;
    my $code = 0;
    for my $line (split /\n/, $text) {
        $code = !$code if $line =~ /^```/;
        next if $code || $line !~ /^#+ (.*)/;
        my $name = lc($1 =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr);
        $name =~ s/[^\w\- ]//g;
        $name =~ tr/ /-/;
        my $n = 0;
        my $free = $name;
        $free = "$name-" . ++$n while $anchor{$free};
        $anchor{$free} = 1;
    }
    return \%anchor;
}

my %anchors = map { $_ => anchors($_) } @pages;
for my $page (@pages) {
    my $text = slurp($page) =~ s/^```.*?^```$//gmsr;
    $text =~ s/^    .*$//gm;
    my @dead;
    for my $link ($text =~ /\]\(([^)\s]+)\)/g) {
        next if $link =~ /^\w+:/;
        my ($path, $anchor) = split /#/, $link, 2;
        my ($dir) = $page =~ m{^(.*/)};
        my $target = length $path ? ($dir // '') . $path : $page;
        1 while $target =~ s{[^/]+/\.\./}{};
        push @dead, $link if !-e $target || defined $anchor && !($anchors{$target} || {})->{ lc $anchor };
    }
    none "$page: each link leads somewhere", @dead;
}

# ---- The specification ----

my %paragraph = map { $_ => 1 } slurp('doc/specification.md') =~ /<a id="(S[\d.]+)">/g;
cmp_ok scalar keys %paragraph, '>', 130, 'the specification is read';
none 'each paragraph begins with its own number', grep { /\./ && slurp('doc/specification.md') !~ /<a id="\Q$_\E"><\/a>\*\*\Q$_\E\*\* / } sort keys %paragraph;

my $cited = 0;
none 'each paragraph that is cited exists', map {
    my $file = $_;
    my @numbers = grep { !$paragraph{ s/\.$//r } } slurp($file) =~ /\b(S\d\.\d+)\b/g, slurp($file) =~ /specification\.md, (S[\d.]+)/g;
    $cited += () = slurp($file) =~ /\bS\d\.\d+\b/g;
    map { "$file: $_" } @numbers;
} 'mod_luciauth.c', @pages, files('src', qr/\.[ch]$/), files('t', qr/\.(?:t|c|h|pm|js|mjs|py)$/);
cmp_ok $cited, '>', 300, 'citations are found';

none 'lines wrap at one width (doc/wrap.pl does it)', split /\n/, `doc/wrap.pl --check`;

# ---- The architecture ----

my $architecture = slurp('doc/architecture.md');
my %room = map { $_ => 1 } $architecture =~ /^\| `(src\/[^`]+)` \|/gm;
my %folder = map {; "src/$_" => 1 } slurp('t/layers.txt') =~ /^([\w\/]+):/gm;
none 'each folder stands in doc/architecture.md', grep { !$room{$_} } sort keys %folder;
none 'doc/architecture.md names no folder that does not exist', grep { !$folder{$_} } sort keys %room;
none 'each file that it names exists', grep { !grep { -e } glob s/NAME/*/r } $architecture =~ /`((?:src|t|doc)\/[\w\/]+\.\w+)`/g;

done_testing;
