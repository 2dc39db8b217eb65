#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# doc/wrap.pl [FILE...]            wraps the paragraphs and list items of the documentation at 100 characters
# doc/wrap.pl --check [FILE...]    changes nothing; names the files that are wrapped otherwise, and then ends with 1
#
# Headings, tables, code, comments and anchors stay as they are. Code spans and links are never broken.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use File::Basename qw(dirname);

my $WIDTH = 100;
my $unbreakable = qr/`[^`]*`|!?\[[^\]]*\]\([^)]*\)|<a id="[^"]*"><\/a>|\S/;
my $item = qr/^(\s*)([-*+]|\d+[.)])\s+(.*)/;

# What is not shown.
sub anchors { return length join '', $_[0] =~ /(<a id="[^"]*"><\/a>)/g }

# One paragraph; the first line begins with $first, the others with $rest.
sub fill {
    my ($text, $first, $rest) = @_;
    my @words = $text =~ /((?:$unbreakable)+)/g;
    my (@lines, $line);
    for my $word (@words) {
        my $begins_something = $word =~ /^(?:[-*+#>]+|\d+[.)])$/;
        if (!defined $line) { $line = $first . $word }
        elsif ($begins_something || length("$line $word") - anchors($line) <= $WIDTH) { $line .= " $word" }
        else { push @lines, $line; $line = $rest . $word }
    }
    return join "\n", @lines, $line // ();
}

sub wrap {
    my ($page) = @_;
    my (@out, @paragraph, $first, $rest);
    my ($fenced, $comment) = (0, 0);
    my $end = sub {
        push @out, fill(join(' ', @paragraph), $first, $rest) if @paragraph;
        @paragraph = ();
    };
    for my $line (split /\n/, $page, -1) {
        if ($line =~ /^```/) { $end->(); $fenced = !$fenced; push @out, $line }
        elsif ($fenced) { push @out, $line }
        elsif (@paragraph ? $line =~ /^\s*$/ || $line =~ /^(?:#|\||```|<!--)/ : $line =~ /^\s*$|^(?:#+ |\||<!--|    |!\[|<a id="[^"]*"><\/a>$)/) {
            $end->();
            push @out, $line;
        }
        elsif (my ($indent, $mark, $text) = $line =~ $item) {
            $end->();
            ($first, $rest) = ("$indent$mark ", ' ' x length "$indent$mark ");
            push @paragraph, $text;
        }
        else {
            ($first, $rest) = ('', '') if !@paragraph;
            push @paragraph, $line =~ s/^\s+//r;
        }
    }
    $end->();
    return join "\n", @out;
}

my $check = @ARGV && $ARGV[0] eq '--check' ? shift @ARGV : '';
my $top = dirname(__FILE__) . '/..';
my @files = @ARGV ? @ARGV : (glob("$top/*.md $top/doc/*.md"), "$top/t/fuzz/README.md");
my $differ = 0;
for my $file (@files) {
    open my $in, '<', $file or die "$file: $!\n";
    my $page = do { local $/; <$in> };
    close $in;
    my $wrapped = wrap($page);
    next if $wrapped eq $page;
    if ($check) { $differ = 1; print "$file\n"; next }
    open my $out, '>', $file or die "$file: $!\n";
    print $out $wrapped;
    close $out or die "$file: $!\n";
}
exit $differ;
