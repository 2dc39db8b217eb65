#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# doc/site/build.pl FOLDER     (make site)
#
# Makes a static site of the documentation: one page for each Markdown file that README.md leads to, README.md itself
# as the first page, a list of all pages on each of them, and a search that needs no server. Without script everything
# can be read. cmark-gfm translates; links between the files become links between the pages.
use strict;
use warnings;
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use JSON::PP ();

my $to = shift // die "usage: doc/site/build.pl FOLDER\n";
my $home = dirname(__FILE__);
chdir "$home/../.." or die $!;

sub slurp { my ($file) = @_; open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n"; local $/; return <$in> }
sub spew { my ($file, $text) = @_; open my $out, '>:encoding(UTF-8)', $file or die "$file: $!\n"; print $out $text; close $out or die "$file: $!\n"; return }
sub escape { my ($text) = @_; return $text =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/"/&quot;/gr }

# ---- The pages: README.md's list of the documentation ----

my $readme = slurp('README.md');
my ($listed) = $readme =~ /^## Documentation\n(.*?)^## /ms or die "README.md has no list of the documentation\n";
my (@groups, %page);
for my $block ($listed =~ /(^For [^\n]*:\n\n(?:[- ].*\n)+)/mg) {
    my ($title) = $block =~ /^(For [^\n]*):/;
    my @entries = map { { title => $_->[0] =~ s/\s+/ /gr =~ s/^(?!luciactl)(.)/\U$1/r, file => $_->[1] } } grep { $_->[1] =~ /\.md$/ && -f $_->[1] } map { [/\[([^\]]+)\]\(([^)]+)\)/] } $block =~ /(\[[^\]]+\]\([^)]+\))/g;
    push @groups, { title => $title, entries => \@entries };
}
push @groups, { title => 'About', entries => [{ title => 'Security policy', file => 'SECURITY.md' }] };
my @files = ('README.md', map { map { $_->{file} } @{ $_->{entries} } } @groups);
$page{$_} = $_ eq 'README.md' ? 'index.html' : lc(basename($_, '.md')) . '.html' for @files;

sub nav {
    my ($file) = @_;
    my $text = '';
    for my $group (@groups) {
        $text .= '<h2>' . escape($group->{title}) . "</h2>\n<ul>\n"
            . join('', map { "<li><a href=\"$page{$_->{file}}\"" . ($_->{file} eq $file ? ' aria-current="page"' : '') . '>' . escape($_->{title}) . "</a></li>\n" } @{ $group->{entries} }) . "</ul>\n";
    }
    return $text;
}

# ---- A page ----

sub html_of {
    my ($file) = @_;
    open my $in, '-|:encoding(UTF-8)', 'cmark-gfm', '-e', 'table', '--unsafe', $file or die "cmark-gfm: $!\n";
    my $html = do { local $/; <$in> };
    close $in or die "cmark-gfm does not translate $file\n";
    return $html;
}

sub words { my ($html) = @_; return $html =~ s/<[^>]*>//gr =~ s/&lt;/</gr =~ s/&gt;/>/gr =~ s/&quot;/"/gr =~ s/&amp;/&/gr =~ s/\s+/ /gr =~ s/^ | $//gr }

# The anchors that links in Markdown use (t/check/check_docs.t): lower case, punctuation dropped, blanks to hyphens.
sub anchor {
    my ($title, $taken) = @_;
    my $name = lc($title) =~ s/[^\w\- ]//gr =~ tr/ /-/r;
    my ($free, $n) = ($name, 0);
    $free = "$name-" . ++$n while $taken->{$free}++;
    return $free;
}

my %copied;

# A link to a file of the repository: its page, its picture, or the file as it is, copied beside the pages.
sub target {
    my ($file, $link) = @_;
    return $link if $link =~ /^(?:[a-z]+:|#)/;
    my ($path, $anchor) = split /#/, $link, 2;
    my @parts = grep { $_ ne '.' } split m{/}, (dirname($file) eq '.' ? '' : dirname($file) . '/') . $path;
    for (my $i = 0; $i < @parts; $i++) {
        if ($parts[$i] eq '..' && $i > 0) { splice @parts, $i - 1, 2; $i -= 2 }
    }
    my $there = join '/', @parts;
    $anchor = defined $anchor ? "#$anchor" : '';
    return "$page{$there}$anchor" if $page{$there};
    -f $there or die "$file links to $there, which does not exist\n";
    my $name = basename($there);
    $name .= '.txt' if $name !~ /\.(?:png|svg|txt|json)$/;
    die "two files are named $name: $there and $copied{$name}\n" if ($copied{$name} // $there) ne $there;
    $copied{$name} = $there;
    return "$name$anchor";
}

my @sections;

sub make_page {
    my ($file) = @_;
    my $html = html_of($file);
    my (%taken, @contents, $title);
    $html =~ s{<h([1-4])>(.*?)</h\1>}{
        my ($level, $inner) = ($1, $2);
        my $id = anchor(words($inner), \%taken);
        $title //= words($inner);
        push @contents, [$id, $inner] if $level == 2;
        "<h$level id=\"$id\">$inner</h$level>";
    }gse;
    $html =~ s{(<a href|<img src)="([^"]+)"}{$1 . '="' . escape(target($file, $2)) . '"'}ge;
    $html =~ s{<table>(.*?)</table>}{<div class="table" tabindex="0"><table>$1</table></div>}gs;
    my ($first, @rest) = split /(?=<h[1-4] id=")/, $html;
    for my $part ($first, @rest) {
        my ($id, $inner) = $part =~ m{^<h[1-4] id="([^"]*)">(.*?)</h}s;
        push @sections, { url => $page{$file} . (defined $id ? "#$id" : ''), title => defined $inner ? words($inner) : $title, page => $title, text => words($part =~ s{^<h.*?</h\d>}{}sr) } if $part =~ /\S/;
    }
    my $contents = @contents < 3 ? '' : "<details><summary>On this page</summary>\n<ul>\n" . join('', map { "<li><a href=\"#$_->[0]\">" . ($_->[1] =~ s{</?a[^>]*>}{}gr) . "</a></li>\n" } @contents) . "</ul></details>\n";
    write_page($page{$file}, $file, $title eq 'mod_luciauth' ? $title : "$title – mod_luciauth", $contents, $html, '');
    return;
}

my $frame = slurp('doc/site/page.html');

sub write_page {
    my ($name, $file, $title, $contents, $body, $scripts) = @_;
    my %value = (title => escape($title), nav => nav($file), contents => $contents, body => $body, scripts => $scripts);
    spew("$to/$name", $frame =~ s/%%(\w+)%%/$value{$1}/gr);
    return;
}

make_path($to);
make_page($_) for @files;
write_page('search.html', '', 'Search – mod_luciauth', '', <<'BODY', "<script src=\"search-index.js\"></script>\n<script src=\"search.js\"></script>");
<h1>Search</h1>
<noscript><p>The search needs script. Without it, your browser's own search within a page works: the directives are on
<a href="directives.html">one page</a>, and so are all log messages (<a href="operations.html">Operations</a>).</p></noscript>
<p><label>Words that a section has: <input type="search" autofocus></label></p>
<p id="count" role="status"></p>
<ol id="found"></ol>
BODY
spew("$to/search-index.js", 'const sections = ' . JSON::PP->new->canonical->encode(\@sections) . ";\n");
copy($_, "$to/" . basename($_)) or die "$_: $!\n" for qw(doc/site/site.css doc/site/search.js);
copy($copied{$_}, "$to/$_") or die "$_: $!\n" for sort keys %copied;
print scalar(@files), ' pages, ', scalar(@sections), " sections: $to/index.html\n";
