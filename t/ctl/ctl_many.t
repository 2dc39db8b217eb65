# SPDX-License-Identifier: Apache-2.0
# luciactl with many rows: lists take the same memory however long they are, purge can be interrupted.
use strict;
use warnings;
use lib 't/lib';
use POSIX qw(:sys_wait_h);
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;

# 1 to N as a table with the column value.
my %series = (
    sqlite3 => sub { "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < $_[0]) SELECT value FROM n) n" },
    pgsql   => sub { "generate_series(1, $_[0]) AS n(value)" },
    mysql   => sub { "(SELECT seq AS value FROM seq_1_to_$_[0]) n" },
);

sub fill {
    my ($engine, $database, $count, $into) = @_;
    my $id = $engine->driver eq 'sqlite3' ? "printf('%012d', n.value)" : "LPAD(CAST(n.value AS CHAR(12)), 12, '0')";
    my $sql = "INSERT INTO $into FROM " . $series{ $engine->driver }->($count);
    $sql =~ s/ID/$id/g;
    $engine->query_in($database, $sql);
    return;
}

sub users { my ($engine, $database, $count) = @_; fill($engine, $database, $count, "auth_user (id, username) SELECT 'u' || ID, 'user ' || ID") }

# ---- Memory ----

# The most memory (KiB) that it had when nearly all of the list was out, and how many rows there were.
sub list_users {
    my ($ctl, $count, @options) = @_;
    my ($pid, $out) = $ctl->spawn(@options, 'user', 'list');
    my ($rows, $peak) = (0, 0);
    while (my $line = <$out>) {
        $rows++ if $line =~ /user \d/;
        ($peak) = LuciaTest::Server::slurp("/proc/$pid/status") =~ /^VmHWM:\s+(\d+) kB/m if $rows == int($count * 0.8);    # the rest, of 4,000 lines or more, does not fit into the pipe
    }
    waitpid $pid, 0;
    is $?, 0, "a list of $count users";
    return ($peak, $rows);
}

use constant PAGE_CACHE => 12 * 1024;    # KiB: SQLite's, as src/core/db/sql.c sets it; one list fills it, the other doesn't

sub check_memory {
    my $engine = LuciaTest::Sqlite->new;
    my %peak;
    for my $count (20_000, 200_000) {
        my $database = $engine->create;
        my $ctl = LuciaTest::Ctl->of($engine, $database);
        $ctl->does('init');
        users($engine, $database, $count);
        for my $format ('table', 'json') {
            my ($peak, $rows) = list_users($ctl, $count, $format eq 'json' ? '--json' : ());
            is $rows, $count, "each is in the $format once";
            ok $peak, 'measured while it ran' or next;
            $peak{$format}{$count} = $peak;
        }
    }
    for my $format (sort keys %peak) {
        my ($few, $many) = @{ $peak{$format} }{ 20_000, 200_000 };
        cmp_ok $many, '<', $few + PAGE_CACHE + 2048, "ten times as many users take the same memory but for the page cache ($format: $few and $many KiB)";
    }
    return;
}

# ---- Purging ----

my $SESSIONS = 20_000;

sub sessions_in { my ($engine, $database) = @_; return $engine->value_in($database, 'SELECT count(*) FROM user_session') }

sub check_purge {
    my ($engine) = @_;
    my $database = $engine->create;
    my $ctl = LuciaTest::Ctl->of($engine, $database);
    $ctl->does('init');
    my $concat = $engine->driver eq 'mysql' ? "CONCAT('s', ID)" : "'s' || ID";
    $engine->query_in($database, "INSERT INTO auth_user (id, username) VALUES ('u', 'somebody')");
    my $alive = (time + 86400) * 1000;
    fill($engine, $database, $SESSIONS, "user_session (id, user_id, active_expires, idle_expires) SELECT $concat, 'u', 1, "
        . "CASE WHEN n.value % 100 = 0 THEN $alive ELSE 2 END");
    my $living = $SESSIONS / 100;
    is scalar(@{ $ctl->json('session', 'list') }), $living, 'the living sessions';
    is scalar(@{ $ctl->json('session', 'list', 'somebody', '--dead') }), $SESSIONS, 'session list --dead lists all expired sessions';
    my $open = $engine->connect($database);    # so that none of the looks at the sessions is the last connection, which closes the file
    $open->selectall_arrayref('SELECT count(*) FROM user_session');
    my ($pid, $out, $err) = $ctl->spawn('purge');
    ok wait_until(sub { sessions_in($engine, $database) < $SESSIONS }, 60), 'purge begins to delete sessions';
    kill INT => $pid;
    waitpid $pid, 0;
    is $? >> 8, 1, 'interrupted, it ends with 1';
    $open->disconnect;
    my $said = join '', <$err>;
    my ($removed) = $said =~ /^luciactl: interrupted after (\d+) sessions were deleted; there may be more$/m;
    ok $removed, 'says how far it came' or diag $said;
    is sessions_in($engine, $database), $SESSIONS - ($removed // 0), 'an interrupted purge reports the true number';
    like $ctl->audit, qr/event=purge result=ok .*count=$removed\b/, 'the audit log has the interrupted purge with its count';
    my $json = $ctl->json('purge');
    is $json->{removed}, $SESSIONS - $living - $removed, 'another one removes the rest';
    is sessions_in($engine, $database), $living, 'purge keeps every living session';
    is $engine->sound($database), 'ok', 'the database is sound';
    is $ctl->does('purge'), "0 expired sessions were deleted.\n", 'nothing is left to do';
    return;
}

# Others write for longer than a call waits: the purge goes on afterwards.
sub check_busy_purge {
    my ($engine) = @_;
    my $database = $engine->create;
    my $ctl = LuciaTest::Ctl->of($engine, $database);
    $ctl->does('init');
    $engine->query_in($database, "INSERT INTO auth_user (id, username) VALUES ('u', 'somebody')");
    fill($engine, $database, 500, "user_session (id, user_id, active_expires, idle_expires) SELECT 's' || ID, 'u', 1, 2");
    my $writer = $engine->connect($database);
    $writer->do('BEGIN IMMEDIATE');
    my ($pid, $out, $err) = $ctl->spawn('purge');
    my $since = time;
    wait_until(sub { time - $since > 7 }, 20);    # 5 s is what one call waits
    is waitpid($pid, WNOHANG), 0, 'a purge goes on waiting while others write';
    $writer->do('COMMIT');
    waitpid $pid, 0;
    is $? >> 8, 0, 'a purge that had to wait ends well' or diag <$err>;
    is sessions_in($engine, $database), 0, 'a purge that had to wait deletes all expired sessions';
    return;
}

subtest 'a purge beside a writer' => sub { check_busy_purge(LuciaTest::Sqlite->new) };
subtest memory => \&check_memory unless $ENV{SANITIZE};    # a sanitizer keeps what was freed
for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    subtest 'purge on ' . $engine->kind => sub { check_purge($engine) };
}

done_testing;
