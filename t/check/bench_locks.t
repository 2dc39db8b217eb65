# SPDX-License-Identifier: Apache-2.0
#
# A request whose session or password this process knows takes no lock of this module and executes no atomic read-modify-write,
# so that it does not become slower when more processors serve others. t/bench/locks has the counts of all kinds of requests.
use strict;
use warnings;
use lib 't/lib', 't/bench';
use Test::More;
use LuciaTest;
use Bench::Locks;

LuciaTest::only_files('no database is asked');
plan skip_all => 'a sanitizer has locks of its own' if $ENV{SANITIZE};
if (my $why = Bench::Locks->missing) { plan skip_all => $why }

my %what = (signed_in => 'a gated request of a cached session', basic => 'a request by Basic with a known password');
my $locks = Bench::Locks->new(kinds => [sort keys %what]);
for my $kind ($locks->kinds) {
    my $count = $locks->count($kind);
    my %own = %{ $count->{module} };
    cmp_ok $count->{steps}, '>', 10_000, "$what{$kind} was executed step by step";
    is $own{locks}, 0, "$what{$kind} takes no lock of the module";
    is $own{rmw},   0, "$what{$kind} executes no atomic read-modify-write of the module";
    is $own{futex}, 0, "$what{$kind} makes no futex call of the module";
    diag @{ $count->{found} } if @{ $count->{found} };
}

done_testing;
