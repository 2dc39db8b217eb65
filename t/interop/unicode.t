# SPDX-License-Identifier: Apache-2.0
#
# Every character's lower case and NFKC, as JavaScript has them and as the core does. The checks themselves are in
# t/unit/password/unicode_table.c, which prints the TAP.
use strict;
use warnings;
use lib 't/lib';
use LuciaTest;

my $checker = LuciaTest::build() . '/t/unit/password/unicode_table';
my $table   = LuciaTest::top() . '/t/interop/unicode.mjs';
die "no $checker: run make unit\n" unless -x $checker;

open my $javascript, '-|', 'node', $table or die "node: $!";
open STDIN, '<&', $javascript or die "standard input: $!";
exec $checker, '-' or die "$checker: $!";
