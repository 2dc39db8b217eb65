# SPDX-License-Identifier: Apache-2.0
#
# What make bench measures really are gates: every peer refuses strangers, wrong passwords and ended sessions, and gives the
# same file to those who signed in. The users of the burst really sign in.
use strict;
use warnings;
use lib 't/lib', 't/interop/lib', 't/bench';
use Test::More;
use LuciaTest;
use Interop;
use Bench::Burst;
use Bench::Gated;

LuciaTest::only_files('the peers work on files');
plan skip_all => 'make bench measures no sanitizer' if $ENV{SANITIZE};

need_node;

my $all = Bench::Gated->new;
diag "left out, $_" for $all->left_out;

my @ended;
for my $peer ($all->peers) {
    ok eval { $peer->answers($peer->enter) }, $peer->name . ': admits who signed in, nobody else' or diag $@;
    my @ways = eval { $peer->end_sessions } or diag $@;
    cmp_ok scalar @ways, '>', 0, $peer->name . ': sessions can be ended';
    push @ended, map { [$peer, $_] } @ways;
}
for (@ended) {
    my ($peer, $way) = @$_;
    ok eval { $peer->gone($way) }, $peer->name . ": ended, $way->{how}" or diag $@;
}
ok eval { Bench::Burst->new->check }, 'burst: refuses strangers, and each sign-in makes a session' or diag $@;

done_testing;
