# SPDX-License-Identifier: Apache-2.0
# Hundreds of rounds of what t/engines/account_races.t does: two nodes, each of which gets one of two requests for the same account at
# the same moment, on every engine, with one cache for both nodes and with caches of their own.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Outcomes;
use LuciaTest::Races;
use List::Util 'sum';

use constant ROUNDS => (redis => 200, shmcb => 100);    # of each pair

my %rounds = (ROUNDS);
for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    for my $cache (sort keys %rounds) {
        my $races = LuciaTest::Races->new($class, cache => $cache);
        $races->race($_, $rounds{$cache}) for LuciaTest::Races::pairs();
        my @races = $races->finish;
        my $where = $class->driver . " with $cache";
        is_race($_, $where) for @races;
        is $races->state_of_database, 'ok', "$where: the database is sound after the races";
        outcome(scalar(@races) . ' pairs of requests at the same moment', "accounts, $where", answers => 2 * sum(map { $_->{rounds} } @races),
            unavailable => 0, lost => 0, admitted => scalar(map { @{ $_->{wrong} } } @races));
    }
}

done_testing;
