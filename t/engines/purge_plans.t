# SPDX-License-Identifier: Apache-2.0
# The clean-up finds its rows by an index whatever the arguments: no server reads the whole table for a batch, nor sorts it.
# (SQLite: t/unit/session/purge.c; 5,000,000 rows: t/long/purge_size.t.)
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::MariaDB;
use LuciaTest::Plans;
use LuciaTest::Postgres;
use LuciaTest::Sessions;
use LuciaTest::Site qw($CHEAP_HASH);

use constant { ROWS => 20_000, DEAD => 500, OLD => 100 };

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        my $engine = $class->shared;
        my $database = $engine->create;
        my $server = LuciaTest::Server->new(config => $engine->line($database) . "\n$CHEAP_HASH\n");    # makes the tables
        $server->stop;
        LuciaTest::Sessions::fill($engine, $database, rows => ROWS, dead => DEAD, old => OLD);
        my $plans = LuciaTest::Plans->new($engine, $database);
        $server = LuciaTest::Server->new(config => $plans->line . "\n$CHEAP_HASH\nLuciaCleanup 1s\nLuciaMaxLifetime 30d\n");
        ok wait_until(sub { LuciaTest::Sessions::left($engine, $database) == ROWS - DEAD - OLD }, 60), 'expired and old sessions are deleted'
            or diag LuciaTest::Sessions::left($engine, $database), ' of ', ROWS, ': ', $server->error_log;
        $server->stop;
        my %kind = (
            'the step by the index' => qr/SELECT MAX\(step\.idle_expires\)/, 'the deletion by the index' => qr/DELETE.* ORDER BY \w\.idle_expires/,
            'the step of the walk'  => qr/SELECT MAX\(step\.id\)/,           'the deletion of the walk'  => qr/DELETE.* ORDER BY \w\.id\b/,
        );
        my @all = $plans->of('user_session');
        for my $kind (sort keys %kind) {
            ok scalar(grep { $_ =~ $kind{$kind} } @all), "$kind was planned";
        }
        is_deeply [$plans->scans('user_session')], [], 'no statement reads the whole table';
        $plans->run("SELECT 1 FROM user_session WHERE user_agent = 'none'") if $class->kind eq 'mariadb';
        ok wait_until(sub { $plans->scans('user_session') }, 10), 'a scan of the whole table is noticed' if $class->kind eq 'mariadb';
    };
}

done_testing;
