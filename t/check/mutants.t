# SPDX-License-Identifier: Apache-2.0
#
# t/peer/mutants can break what it lists: each text and each test of its rows is still there.
use strict;
use warnings;
use Test::More tests => 2;

my $said = `t/peer/mutants -c 2>&1`;
is $? >> 8, 0, 't/peer/mutants: every break has its text and its tests' or diag $said;
like $said, qr/^[1-9][0-9]+ breaks, 0 errors$/m, 't/peer/mutants: it lists breaks';
