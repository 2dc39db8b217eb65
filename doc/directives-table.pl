#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# doc/directives-table.pl            prints the table of all directives from the rows in src/core/config/directive_rows.h
# doc/directives-table.pl --update   puts it into doc/directives.md
use strict;
use warnings;
use File::Basename qw(dirname);

my $here = dirname(__FILE__);

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return <$in>;
}

sub cell {
    my ($literals) = @_;
    return 'none' if $literals =~ /^NULL/;
    my $text = join '', $literals =~ /"((?:[^"\\]|\\.)*)"/g;
    $text =~ s/\|/\\|/g;
    return length $text ? $text : 'none';
}

sub code { my $text = cell(@_); $text eq 'none' ? $text : "`$text`" }

my $string = qr/(?:"(?:[^"\\]|\\.)*"\s*)+/;
my $table = "| directive | value | default | where | what for |\n|---|---|---|---|---|\n";
my $rows = slurp("$here/../src/core/config/directive_rows.h");
while ($rows =~ /\b(SERVER|DIR)\(\s*"(Lucia\w+)",\s*($string),\s*($string|NULL),\s*($string),/g) {
    my ($scope, $name, $syntax, $default, $text) = ($1, $2, $3, $4, $5);
    $table .= sprintf "| [%s](#%s) | %s | %s | %s | %s |\n", $name, lc $name, code($syntax), code($default),
        $scope eq 'DIR' ? 'S, D' : 'S', cell($text);
}

if (!grep { $_ eq '--update' } @ARGV) {
    print $table;
    exit;
}
my $file = "$here/directives.md";
my $page = slurp($file);
$page =~ s/(<!-- table: [^\n]*-->\n).*?(<!-- end of table -->)/$1$table$2/s or die "$file has no place for the table\n";
open my $out, '>', $file or die "$file: $!\n";
print $out $page;
close $out or die "$file: $!\n";
