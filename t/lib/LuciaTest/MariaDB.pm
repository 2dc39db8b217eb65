# SPDX-License-Identifier: Apache-2.0
#
# A private MariaDB, stopped when the object goes away.
#
#     my $mariadb = LuciaTest::MariaDB->new;
#     my $database = $mariadb->create;    # a new database; everything that takes one works without, too
#     $mariadb->line($database)           # its LuciaDatabase line
#     $mariadb->params($database)         # apr_dbd's params, over the Unix socket
#     $mariadb->url($database)            # mysql://..., over TCP
#     $mariadb->query_in($database, 'SELECT * FROM auth_user WHERE id = ?', $id);
#     $mariadb->query('SELECT * FROM auth_user WHERE id = ?', $id);
#     $mariadb->stop; $mariadb->start; $mariadb->restart; $mariadb->pid;
#
# A commit reaches the system and not the disk: a crash of the server loses nothing, and a disk that others keep busy holds up no
# test for seconds. What it takes from its folder alone: no configuration of the system's.
package LuciaTest::MariaDB;
use strict;
use warnings;
use parent -norequire, 'LuciaTest::Database';

use LuciaTest ();
use LuciaTest::Database;

use constant { USER => 'lucia', PASSWORD => 'lucia-test', DATABASE => 'lucia' };

sub kind       { 'mariadb' }
sub driver     { 'mysql' }
sub end_signal { 'TERM' }
sub few        { return "--max-connections=$_[1]" }

sub tool {
    my ($name) = @_;
    my ($found) = grep { -x } map { "$_/$name" } '/usr/sbin', '/usr/libexec', split /:/, $ENV{PATH};
    return $found // $name;
}

sub data { $_[0]->dir . '/data' }
sub sock { $_[0]->dir . '/mysqld.sock' }

sub making {
    my ($self) = @_;
    LuciaTest::Server::write($self, 'init.sql', join '', map { "$_;\n" }
        'CREATE DATABASE IF NOT EXISTS ' . DATABASE,
        map { ("CREATE USER IF NOT EXISTS ${\USER}\@$_ IDENTIFIED BY '${\PASSWORD}'", "GRANT ALL ON *.* TO ${\USER}\@$_ WITH GRANT OPTION") }
            'localhost', "'127.0.0.1'");
    return (tool('mariadb-install-db'), '--no-defaults', '--datadir=' . $self->data, '--auth-root-authentication-method=normal',
        '--skip-test-db', '--skip-name-resolve');
}

sub serving {
    my ($self) = @_;
    return (tool('mariadbd'), '--no-defaults', '--datadir=' . $self->data, '--socket=' . $self->sock, '--port=' . $self->port,
        '--bind-address=127.0.0.1', '--pid-file=' . $self->dir . '/pid', '--tmpdir=' . $self->dir, '--init-file=' . $self->dir . '/init.sql',
        '--slow-query-log-file=' . $self->slow_log,
        '--skip-name-resolve', '--max-connections=300', '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=16M',
        '--innodb-flush-log-at-trx-commit=2', '--sync-frm=0',
        @{ $self->{settings} // [] });
}

# Of two words of one kind the later one counts.
sub params {
    my ($self, $database, @more) = @_;
    return join ',', 'sock=' . $self->sock, 'user=' . USER, 'pass=' . PASSWORD, 'dbname=' . ($database // DATABASE), @more;
}

sub url {
    my ($self, $database) = @_;
    return 'mysql://' . USER . ':' . PASSWORD . '@127.0.0.1:' . $self->port . '/' . ($database // DATABASE);
}

# For DBI: name, user, password.
sub access {
    my ($self, $database) = @_;
    return ('dbi:MariaDB:' . join(';', 'mariadb_socket=' . $self->sock, 'database=' . ($database // DATABASE)), USER, PASSWORD);
}

sub locking         { ('BEGIN', map { "SELECT * FROM $_ FOR UPDATE" } qw(auth_user user_key user_session)) }
sub refusing        { "CREATE TRIGGER never BEFORE @{[$_[2] // 'UPDATE']} ON $_[1] FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'never'" }
sub refusing_ending { 'DROP TRIGGER never' }

sub copying {
    my ($self, $table, $copy, @columns) = @_;
    return "CREATE TRIGGER copied AFTER INSERT ON $table FOR EACH ROW INSERT INTO $copy VALUES (" . join(', ', map { "NEW.$_" } @columns) . ')';
}

sub unreachable_line { my ($self) = @_; return 'LuciaDatabase mysql "sock=' . $self->dir . '/none"' }

sub looking_for { 'SELECT 1 FROM information_schema.schemata WHERE schema_name = ?' }

# As Lucia v2's adapter wants them and its guide makes them, in the character set that MariaDB has for it: names are equal
# there whatever their accents and blanks at the end.
sub lucia_tables {
    return (
        'CREATE TABLE auth_user (id VARCHAR(15) NOT NULL PRIMARY KEY, username VARCHAR(31) NOT NULL UNIQUE) CHARSET utf8mb4',
        'CREATE TABLE user_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL, '
            . 'hashed_password VARCHAR(255), FOREIGN KEY (user_id) REFERENCES auth_user(id)) CHARSET utf8mb4',
        'CREATE TABLE user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL, '
            . 'active_expires BIGINT UNSIGNED NOT NULL, idle_expires BIGINT UNSIGNED NOT NULL, '
            . 'FOREIGN KEY (user_id) REFERENCES auth_user(id)) CHARSET utf8mb4',
    );
}

# A user of the server, "narrow", who may do everything but read our columns of the user table.
sub narrow_user {
    my ($self, $database) = @_;
    $self->query($_) for "CREATE USER narrow\@localhost IDENTIFIED BY '${\PASSWORD}'",
        "GRANT SELECT (id, username), INSERT, UPDATE (username) ON $database.auth_user TO narrow\@localhost",
        map { "GRANT ALL ON $database.$_ TO narrow\@localhost" } qw(user_key user_session);
    return;
}

# A user of the server who may read and write all rows, and change no table.
sub plain_user {
    my ($self, $database, $name) = @_;
    $self->query($_) for "CREATE USER $name\@localhost IDENTIFIED BY '${\PASSWORD}'", "GRANT SELECT, INSERT, UPDATE, DELETE ON $database.* TO $name\@localhost";
    return;
}

# A user of the server who may do everything but write the column failures.
sub uncounting_user {
    my ($self, $database, $name) = @_;
    my $to = "TO $name\@localhost";
    $self->query($_) for "CREATE USER $name\@localhost IDENTIFIED BY '${\PASSWORD}'", "GRANT SELECT, INSERT, DELETE, UPDATE (hashed_password) ON $database.user_key $to",
        map { "GRANT SELECT, INSERT, UPDATE, DELETE ON $database.$_ $to" } qw(auth_user user_session);
    return;
}

# ---- Which tables are read from end to end: as the server notes in its log of slow queries ----

sub slow_log { $_[0]->dir . '/slow.log' }

sub line_without_scans {
    my ($self, $database) = @_;
    $self->query("SET GLOBAL $_") for 'log_queries_not_using_indexes = ON', 'slow_query_log = ON';
    delete $self->{handles}{$database};    # settings are for new sessions
    return $self->line($database);
}

sub forget_scans { my ($self) = @_; $self->{seen} = -s $self->slow_log; return }

# But those that ask whether a column or an index is there: they read no row, or the catalog; and but what is removed after
# it was found by an index, kept aside and looked up, each once; and but the steps of the purge, which keep rows aside, too
# (t/engines/purge_plans.t looks at their plans).
sub scans {
    my ($self, $database) = @_;
    my $log = substr LuciaTest::Server::slurp($self->slow_log), $self->{seen};
    my $scanned = sub { $_[0] !~ /Rows_examined: (\d+).*Rows_affected: (\d+)/s || $1 > 3 * $2 };
    return grep { $scanned->($_) && /^# .*Schema: $database\b/m && !/WHERE 1 = 0;$|FROM information_schema\.|LIMIT \d+\) step;$/m } split /^(?=# User\@Host:)/m, $log;
}

# Columns with an index of their own that is not unique.
sub indexed {
    my ($self, $database) = @_;
    my $rows = $self->query('SELECT table_name AS t, column_name AS a FROM information_schema.statistics '
        . 'WHERE table_schema = ? AND non_unique = 1', $database);
    return sort map { "$_->{t}.$_->{a}" } @$rows;
}

1;
