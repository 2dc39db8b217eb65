#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# doc/directives-table.pl            prints the table of all directives from the records in
#                                    src/core/config/directive_rows.h
# doc/directives-table.pl --update   puts it and the box of each directive into doc/directives.md
# doc/directives-table.pl --check    changes nothing; says what of doc/directives.md differs, and then ends with 1
use strict;
use warnings;
use File::Basename qw(dirname);

my $here = dirname(__FILE__);
my $file = "$here/directives.md";
my %CONTEXT = (SERVER => 'server config, virtual host', DIR => 'server config, virtual host, directory');
my $OVERRIDE = 'none (not allowed in `.htaccess`)';

sub slurp {
    my ($name) = @_;
    open my $in, '<', $name or die "$name: $!\n";
    local $/;
    return <$in>;
}

# C's string literals as one text.
sub text {
    my ($literals) = @_;
    return join '', $literals =~ /"((?:[^"\\]|\\.)*)"/g;
}

sub cell { return $_[0] =~ s/\|/\\|/gr }
sub code { return length $_[0] ? '`' . cell($_[0]) . '`' : 'none' }

my $string = qr/(?:"(?:[^"\\]|\\.)*"\s*)+/;
my $rows = slurp("$here/../src/core/config/directive_rows.h");
my @records;
while ($rows =~ /\b(SERVER|DIR)\(\s*"(Lucia\w+)",\s*($string),\s*($string|NULL),\s*($string),/g) {
    push @records, { scope => $1, name => $2, syntax => text($3), default => text($4), description => text($5) };
}

sub table {
    my $table = "| directive | default | context | description |\n|---|---|---|---|\n";
    $table .= sprintf "| [%s](#%s) | %s | %s | %s |\n", $_->{name}, lc $_->{name}, code($_->{default}),
        $_->{scope} eq 'DIR' ? 'S, D' : 'S', cell($_->{description}) for @records;
    return $table;
}

# As in httpd's documentation.
sub box {
    my ($record) = @_;
    my $default = length $record->{default} ? code("$record->{name} $record->{default}") : 'none';
    return sprintf "| Description | %s |\n|---|---|\n| Syntax | %s |\n| Default | %s |\n| Context | %s |\n| Override | %s |\n",
        cell($record->{description}), code("$record->{name} $record->{syntax}"), $default, $CONTEXT{ $record->{scope} }, $OVERRIDE;
}

# The page as it should be.
sub updated {
    my ($page) = @_;
    my $table = table();
    $page =~ s/(<!-- table: [^\n]*-->\n).*?(<!-- end of table -->)/$1$table$2/s or die "$file has no place for the table\n";
    for my $record (@records) {
        my $box = box($record);
        $page =~ s/^(### $record->{name}\n\n)(?:\| Description \|(?:[^\n]+\n)+)?\n*/$1$box\n/m
            or die "$file has no section $record->{name}\n";
    }
    return $page;
}

my $mode = shift @ARGV // '';
if ($mode eq '') {
    print table();
    exit;
}
my $page = slurp($file);
my $updated = updated($page);
if ($mode eq '--check') {
    exit 0 if $updated eq $page;
    my %line = map { $_ => 1 } split /\n/, $page;
    print "missing in $file: $_\n" for grep { !$line{$_} } split /\n/, $updated;
    exit 1;
}
die "usage: $0 [--update|--check]\n" if $mode ne '--update';
open my $out, '>', $file or die "$file: $!\n";
print $out $updated;
close $out or die "$file: $!\n";
