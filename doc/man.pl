#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# doc/man.pl PAGE VERSION    prints a manual page that is made from the documentation, for PAGE mod_luciauth.7 or
#                            luciauth-directives.5
#
# It knows the Markdown that the documentation uses. What is of no use in a manual page is left out: pictures, comments,
# anchors, where a link leads inside the documentation.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use File::Basename qw(dirname);
use List::Util qw(max min sum);

my $WIDTH = 70;     # of a table, in characters of a terminal with 80
my $NARROW = 16;    # a column up to this width is not made narrower
my $TOP = dirname(__FILE__) . '/..';

# "level" is that of the headings that become sections of the page; the first heading of a page may have another name.
my %PAGES = (
    'mod_luciauth.7' => {
        summary => 'accounts, sign-in and access control for Apache httpd',
        parts   => [
            { file => 'README.md', level => 2, title => 'DESCRIPTION', without => qr/^(?:Installation|Requirements|Documentation|Security|Licence)$/,
                drop => qr/To try it without|make demo|^\.PP ASVS/ },
            { file => 'doc/gate.md', level => 1 },
            # Only the list of all directives.
            { file => 'doc/directives.md', level => 2, title => 'DIRECTIVES', without => qr/^(?!Directives$)/, drop => qr/^\.PP/ },
        ],
        files => [
            ['/var/lib/luciauth', 'The folder of a database of SQLite.'],
            ['/usr/share/apache2/luciauth', 'The templates of the pages, and a list of common passwords.'],
        ],
        see => ['luciauth-directives(5)', 'luciactl(8)', 'apache2(8)'],
    },
    'luciauth-directives.5' => {
        summary => 'directives of mod_luciauth for Apache httpd',
        parts   => [{ file => 'doc/directives.md', level => 2, title => 'DESCRIPTION', drop => qr/^\.PP Related pages/ }],
        files   => [],
        see     => ['mod_luciauth(7)', 'luciactl(8)', 'apache2(8)'],
    },
);

sub slurp {
    my ($name) = @_;
    open my $in, '<', $name or die "$name: $!\n";
    local $/;
    return <$in>;
}

# ---- Text ----

my %LITERAL = ("'" => '\(aq', '`' => '\(ga', '^' => '\(ha', '~' => '\(ti', '-' => '\-', '"' => '\(dq', '\\' => '\e');

# Every character as it is, as in commands that people copy.
sub literal { return $_[0] =~ s/(['`^~\-"\\])/$LITERAL{$1}/gr }
sub plain { return $_[0] =~ s/\\/\\e/gr =~ s/"/\\(dq/gr =~ s/\^/\\(ha/gr =~ s/~/\\(ti/gr }

# Markdown inside a paragraph.
sub inline {
    my ($text) = @_;
    my $roff = '';
    while (length $text) {
        if ($text =~ s/^`([^`]*)`//) { $roff .= '\fB' . literal($1) . '\fR' }
        elsif ($text =~ s/^<a id="[^"]*"><\/a>//) { }
        elsif ($text =~ s/^!\[[^\]]*\]\([^)]*\)//) { }
        elsif ($text =~ s/^\[((?:`[^`]*`|[^\]`])*)\]\(([^)]*)\)//) {
            my ($what, $where) = ($1, $2);
            $roff .= inline($what);
            $roff .= ' (' . literal($where) =~ s{([/#])(?!/)}{$1\\:}gr . ')' if $where =~ /^\w+:/ && $what ne $where;
        }
        elsif ($text =~ s/^<(https?:[^>]*)>//) { $roff .= literal($1) }
        elsif ($text =~ s/^\*\*(.+?)\*\*//) { $roff .= '\fB' . plain($1) . '\fR' }
        elsif ($text =~ s/^\*([^*\s][^*]*)\*//) { $roff .= '\fI' . plain($1) . '\fR' }
        elsif ($text =~ s/^\\([|*_\\`<>])//) { $roff .= plain($1) }
        elsif ($text =~ s/^&(lt|gt|amp);//) { $roff .= { lt => '<', gt => '>', amp => '&' }->{$1} }
        elsif ($text =~ s/^(<br ?\/?>)//) { $roff .= ' ' }
        else { $text =~ s/^(\w+|.)//s; $roff .= plain($1) }
    }
    return $roff;
}

# Lines of text, none of which is a request.
sub line { return $_[0] =~ s/^([.'])/\\&$1/r }
sub filled {
    my ($text) = @_;
    my @lines = ('');
    for my $word (split ' ', $text) {
        if ($lines[-1] eq '') { $lines[-1] = $word }
        elsif (length($lines[-1]) + length($word) < 78) { $lines[-1] .= " $word" }
        else { push @lines, $word }
    }
    return join "\n", map { line($_) } @lines;
}
sub heading { return inline($_[0]) =~ s/\\f[BIR]//gr }

# ---- Blocks ----

sub cells {
    my ($row) = @_;
    $row =~ s/^\|\s*//;
    $row =~ s/\s*\|\s*$//;
    return map { s/^\s+|\s+$//gr =~ s/\\\|/|/gr } $row =~ /((?:`[^`]*`|\\\||[^|])+)/g;
}

# How wide a cell is on a terminal: what is shown, without what says how.
sub shown { return length inline($_[0]) =~ s/\\f[BIR]//gr =~ s/\\\(..|\\./x/gr }

# The widths of columns: narrow ones as they are, the others share the rest by how much they hold.
sub widths {
    my (@rows) = @_;
    my (@widest, @word);
    for my $row (@rows) {
        for my $i (0 .. $#$row) {
            $widest[$i] = max($widest[$i] // 0, shown($row->[$i]));
            $word[$i] = max($word[$i] // 0, map { length } split /[\s`]+/, $row->[$i] =~ s/\]\([^)]*\)//gr);
        }
    }
    my $left = $WIDTH - 3 * $#widest;
    my $sum = 0;
    $sum += $_ for @widest;
    return map { 0 } @widest if $sum <= $left;
    my @width = map { 0 } @widest;
    my @wide = grep { $widest[$_] > $NARROW } 0 .. $#widest;
    $left -= $_ <= $NARROW ? $_ : 0 for @widest;
    # From the one that holds least; none is narrower than its longest word.
    while (@wide) {
        @wide = sort { $widest[$a] - $word[$a] <=> $widest[$b] - $word[$b] || $a <=> $b } @wide;
        my $share = sum(map { sqrt $widest[$_] } @wide);
        my $i = shift @wide;
        $width[$i] = min($widest[$i], max($word[$i], int($left * sqrt($widest[$i]) / $share)));
        $left -= $width[$i];
    }
    return @width;
}

sub table {
    my ($head, undef, @rows) = @_;
    my @names = cells($head);
    my @body = map { [cells($_)] } @rows;
    # The box of a directive, and the list of all.
    if ($names[0] eq 'Description') {
        return '.PD 0', (map { ('.TP 13', line('\fI' . inline($_->[0]) . '\fR'), filled(inline($_->[1]))) } \@names, @body), '.PD';
    }
    if (@names == 4 && $names[0] eq 'directive') {
        return map { ('.TP', line('\fB' . heading($_->[0]) . '\fR'), filled(inline($_->[3]))) } @body;
    }
    my @widths = widths(\@names, @body);
    my $cell = sub {
        my ($i, $text) = @_;
        $text =~ s/\@/\\(at/g;
        return $widths[$i] ? "T{\n" . filled($text) . "\nT}" : length $text ? $text : '\&';
    };
    my @roff = ('.PP', '.TS', 'tab(@);', join(' ', map { 'lb' . ($_ ? "w($_" . 'n)' : '') } @widths),
        join(' ', map { 'l' . ($_ ? "w($_" . 'n)' : '') } @widths) . '.');
    push @roff, join '@', map { $cell->($_, inline($names[$_])) } 0 .. $#names;
    for my $row (@body) {
        my @texts = map { inline($row->[$_] // '') } 0 .. $#names;
        push @roff, join '@', map { $cell->($_, $texts[$_]) } 0 .. $#texts;
    }
    return @roff, '.TE';
}

sub code {
    my (@lines) = @_;
    pop @lines while @lines && $lines[-1] =~ /^\s*$/;
    return '.PP', '.RS 4', '.nf', (map { length $_ ? line(literal($_)) : '' } @lines), '.fi', '.RE';
}

# One level of headings below another; the lowest is only bold.
sub section {
    my ($depth, $text) = @_;
    return '.SH "' . uc(heading($text)) . '"' if $depth <= 0;
    return '.SS "' . heading($text) . '"' if $depth == 1;
    return '.PP', '\fB' . heading($text) . '\fR';
}

# A paragraph or an item ends where something else begins.
sub begins { return $_[0] =~ /^\s*$|^#+ |^\||^```|^<!--|^\s*(?:[-*+]|\d+[.)]) / }

sub blocks {
    my ($part) = @_;
    my @lines = split /\n/, slurp("$TOP/$part->{file}");
    my (@roff, $skipped);
    while (defined(my $line = shift @lines)) {
        if ($line =~ /^(#+) (.*)/) {
            my ($marks, $text) = ($1, $2);
            my $depth = length($marks) - $part->{level};
            $skipped = $part->{without} && $text =~ $part->{without} if $depth <= 0;
            $text = $part->{title} if $marks eq '#' && $part->{title};
            push @roff, section($depth, $text) if !$skipped;
            next;
        }
        if ($line =~ /^<!--/) {
            $line = shift @lines while $line !~ /-->/;
            next;
        }
        my @block;
        if ($line =~ /^```/) {
            push @block, shift @lines while @lines && $lines[0] !~ /^```/;
            shift @lines;
            @block = code(@block);
        }
        elsif ($line =~ /^    /) {
            @block = ($line =~ s/^    //r);
            push @block, shift(@lines) =~ s/^    //r while @lines && $lines[0] =~ /^    |^\s*$/;
            @block = code(@block);
        }
        elsif ($line =~ /^\|/) {
            @block = ($line);
            push @block, shift @lines while @lines && $lines[0] =~ /^\|/;
            @block = table(@block);
        }
        elsif ($line =~ /^(\s*)([-*+]|\d+[.)])\s+(.*)/) {
            my ($mark, $text) = ($2, $3);
            $text .= ' ' . shift(@lines) =~ s/^\s+//r while @lines && !begins($lines[0]);
            @block = ('.IP ' . ($mark =~ /\d/ ? "$mark 4" : '\(bu 2'), filled(inline($text)));
            # Code that belongs to the item.
            if (@lines > 1 && $lines[0] eq '' && $lines[1] =~ /^      +\S/) {
                shift @lines;
                my @code;
                push @code, shift(@lines) =~ s/^ {6}//r while @lines && $lines[0] =~ /^      |^\s*$/;
                my @inner = code(@code);
                push @block, '.RS 2', @inner[1 .. $#inner], '.RE';
            }
        }
        elsif ($line =~ /\S/) {
            my $text = $line;
            $text .= ' ' . shift @lines while @lines && !begins($lines[0]);
            $text = inline($text);
            @block = ('.PP', filled($text)) if $text =~ /\S/;
        }
        push @roff, @block if !$skipped && !($part->{drop} && join(' ', @block) =~ $part->{drop});
    }
    return @roff;
}

# No paragraph begins right below a heading.
sub tidy {
    my (@roff) = @_;
    my @kept;
    for my $line (@roff) {
        next if $line eq '.PP' && @kept && $kept[-1] =~ /^\.S[HS] /;
        push @kept, $line;
    }
    return @kept;
}

my ($name, $version) = @ARGV;
my $page = @ARGV == 2 && $PAGES{$name} or die "doc/man.pl PAGE VERSION\n";
my ($title, $section) = split /\./, $name;
my @roff = (
    q('\" t),
    sprintf('.TH %s %s "" "mod_luciauth %s" "mod_luciauth"', uc $title, $section, $version),
    '.nh', '.ad l',
    '.SH NAME', literal($title) . ' \- ' . $page->{summary},
    map({ blocks($_) } @{ $page->{parts} }),
    @{ $page->{files} } ? ('.SH FILES', map { ('.TP', '\fI' . literal($_->[0]) . '\fR', $_->[1]) } @{ $page->{files} }) : (),
    '.SH SEE ALSO', join(",\n", map { s/(.*)(\(\d\))/\\fB@{[literal($1)]}\\fR$2/r } @{ $page->{see} }),
);
print join("\n", tidy(@roff)), "\n";
