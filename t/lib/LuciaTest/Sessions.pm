# SPDX-License-Identifier: Apache-2.0
#
# A session table with many rows, made in one statement while no server runs.
#
#     fill($engine, $database, rows => 5_000_000, dead => 2_000_000, old => 50_000);
#
# The dead are past their idle_expires, the old ones only older than 30 days; all others live for at least an hour. Ids are hex
# digests, and the rest is as long as the module's own rows.
package LuciaTest::Sessions;
use strict;
use warnings;

use Time::HiRes ();

use constant { USERS => 1000, DAY_MS => 86_400_000, AGENT => 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

my $SPREAD = 7919;    # a prime, so that neighbours in one order lie apart in the others

sub left { my ($engine, $database) = @_; return $engine->value_in($database, 'SELECT count(*) FROM user_session') }

# id, user_id, active_expires, idle_expires, created_at, last_seen, address, user_agent, made from the number n.
sub columns {
    my ($id, $user, $now, %arg) = @_;
    my $dead = "n <= $arg{dead}";
    my $idle = "CASE WHEN $dead THEN $now - 1 - (n * $SPREAD) % @{[30 * DAY_MS]} ELSE $now + 3600000 + (n * $SPREAD) % @{[13 * DAY_MS]} END";
    my $made = "CASE WHEN n > $arg{dead} AND n <= $arg{dead} + $arg{old} THEN $now - @{[60 * DAY_MS]} ELSE $now - 3600000 END";
    return "$id AS id, $user, $now, $idle, $made, $now, '192.0.2.' || '17', '@{[AGENT]}'";
}

my %FILL = (
    pgsql => sub {
        my ($now, %arg) = @_;
        return (
            'ALTER TABLE user_session DROP CONSTRAINT user_session_pkey', 'DROP INDEX user_session_idle_expires', 'DROP INDEX user_session_user_id',
            "INSERT INTO auth_user (id, username) SELECT 'bench' || n, 'bench' || n FROM generate_series(0, @{[USERS - 1]}) n",
            'INSERT INTO user_session SELECT ' . columns("encode(sha256(n::text::bytea), 'hex')", "'bench' || (n % @{[USERS]})", $now, %arg)
                . " FROM generate_series(1::bigint, $arg{rows}) n",
            'ALTER TABLE user_session ADD PRIMARY KEY (id)', 'CREATE INDEX user_session_idle_expires ON user_session (idle_expires)',
            'CREATE INDEX user_session_user_id ON user_session (user_id)', 'VACUUM ANALYZE user_session',
        );
    },
    mysql => sub {
        my ($now, %arg) = @_;
        return (
            "SET SESSION sql_mode = 'PIPES_AS_CONCAT', SESSION foreign_key_checks = 0",
            'ALTER TABLE user_session DROP INDEX idle_expires',
            "INSERT INTO auth_user (id, username) SELECT 'bench' || seq, 'bench' || seq FROM seq_0_to_@{[USERS - 1]}",
            # MariaDB loses rows when it sorts a sequence itself.
            "CREATE TEMPORARY TABLE numbers ENGINE = MyISAM SELECT seq AS n, sha2(seq, 256) AS digest FROM seq_1_to_$arg{rows}",
            'INSERT INTO user_session (id, user_id, active_expires, idle_expires, created_at, last_seen, address, user_agent) SELECT '
                . columns('digest', "'bench' || (n % @{[USERS]})", $now, %arg) . ' FROM numbers ORDER BY digest',
            'DROP TEMPORARY TABLE numbers',
            'ALTER TABLE user_session ADD INDEX (idle_expires)', 'ANALYZE TABLE user_session',
        );
    },
    sqlite3 => sub {
        my ($now, %arg) = @_;
        return (
            'PRAGMA journal_mode = OFF', 'PRAGMA synchronous = OFF', 'PRAGMA cache_size = -1000000',
            'DROP INDEX user_session_idle_expires', 'DROP INDEX user_session_user_id',
            "INSERT INTO auth_user (id, username) WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < @{[USERS - 1]}) "
                . "SELECT 'bench' || n, 'bench' || n FROM number",
            'INSERT INTO user_session (id, user_id, active_expires, idle_expires, created_at, last_seen, address, user_agent) '
                . "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $arg{rows}) SELECT "
                . columns('lower(hex(randomblob(32)))', "'bench' || (n % @{[USERS]})", $now, %arg) . ' FROM number ORDER BY id',
            'CREATE INDEX user_session_idle_expires ON user_session (idle_expires)', 'CREATE INDEX user_session_user_id ON user_session (user_id)',
            'PRAGMA journal_mode = WAL',
        );
    },
);

sub fill {
    my ($engine, $database, %arg) = @_;
    my $handle = $engine->connect($database);
    $handle->do($_) for $FILL{ $engine->driver }->(int(Time::HiRes::time() * 1000), %arg);
    $handle->disconnect;
    LuciaTest::give(glob "$database*") if $engine->driver eq 'sqlite3';
    return;
}

1;
