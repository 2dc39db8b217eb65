# SPDX-License-Identifier: Apache-2.0
# Every directive has one record in the code, one section with its box in doc/directives.md, and a test that uses it.
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

# A row opens with the name, after { or after a macro's ( as in ROW("LuciaMount", ...).
my $code = join '', map { slurp($_) } grep { -f } glob 'src/core/config/directive_rows.h';
$code =~ s{/\*.*?\*/}{}gs;
my (%row, %heading);
$row{$1}++ while $code =~ /[{(]\s*"(Lucia[A-Za-z0-9]+)"/g;
my $doc = slurp('doc/directives.md');
$heading{$1}++ while $doc =~ /^### (Lucia[A-Za-z0-9]+)\s*$/mg;

plan skip_all => 'no src/core/config/directive_rows.h yet' unless length $code;
cmp_ok scalar keys %row, '>', 20, 'the table is read';
none 'each directive has one row', grep { $row{$_} > 1 } sort keys %row;
none 'each row is documented', grep { !$heading{$_} } sort keys %row;
none 'each heading is a directive', grep { !$row{$_} } sort keys %heading;
none 'each is documented once', grep { $heading{$_} > 1 } sort keys %heading;

my $differences = `$^X doc/directives-table.pl --check`;
is $?, 0, 'table and boxes of doc/directives.md are those of the records (doc/directives-table.pl --update)' or diag $differences;

my $tests = join '', map { slurp($_) } grep { !m{/check_} } glob 't/{http,engines,ctl,interop}/*.t t/conf/* t/interop/*.mjs t/interop/*.js t/browser/*.t';
none 'each is used by a test', grep { $tests !~ /\b$_\b/ } sort keys %row;

# Figures of mod_status have the same prefix.
my %figure = map { ("Lucia$_" => 1) } slurp('src/httpd/status/status.c') =~ /\{\s*"([A-Z][A-Za-z]+)", "/g;
cmp_ok scalar keys %figure, '>', 20, 'the figures are read';
my $status = slurp('doc/status.md');
none 'each figure is documented', grep { $status !~ /`$_`/ } sort keys %figure;

# What people copy must exist.
for my $file (grep { -f } 'README.md', glob('conf/*.conf conf/demo/*.conf doc/*.md')) {
    my %used = map { $_ => 1 } slurp($file) =~ /\b(Lucia[A-Z][A-Za-z0-9]+)\b/g;
    none "$file names no directive that does not exist", grep { !$row{$_} && !$figure{$_} && !/^LuciaTest$|^LuciaFailures/ } sort keys %used;
}

done_testing;
