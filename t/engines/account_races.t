# SPDX-License-Identifier: Apache-2.0
# Two nodes, each of which gets one of two requests for the same account at the same moment: changes of password and name, sign-ins,
# renewals, ends of sessions and deletions beside each other, on every engine (t/long/account_races.t does it hundreds of times).
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Races;

use constant ROUNDS => (redis => 3, shmcb => 1);    # of each pair

LuciaTest::only_files('this runs on all engines anyway');

my %rounds = (ROUNDS);
for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    for my $cache (sort keys %rounds) {
        my $races = LuciaTest::Races->new($class, cache => $cache);
        $races->race($_, $rounds{$cache}) for LuciaTest::Races::pairs();
        is_race($_, $class->driver . " with $cache") for $races->finish;
        is $races->state_of_database, 'ok', $class->driver . " with $cache: the database is sound after the races";
    }
}

done_testing;
