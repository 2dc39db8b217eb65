# SPDX-License-Identifier: Apache-2.0
#
# A private PostgreSQL, stopped when the object goes away.
#
#     my $postgres = LuciaTest::Postgres->new;
#     my $database = $postgres->create;    # a new database; everything that takes one works without, too
#     $postgres->line($database)           # its LuciaDatabase line
#     $postgres->params($database)         # apr_dbd's params, over the Unix socket
#     $postgres->url($database)            # postgres://..., over TCP
#     $postgres->query_in($database, 'SELECT * FROM auth_user WHERE id = ?', $id);
#     $postgres->query('SELECT * FROM auth_user WHERE id = ?', $id);
#     my $standby = $postgres->standby;     # a server that follows it, read only until $standby->promote
#     $postgres->needs_standby('ANY 1 (*)');      # a commit waits until a standby has it; '': until none has
#     $postgres->stop; $postgres->start; $postgres->restart; $postgres->pid;
#
# A commit reaches the system and not the disk (fsync is off): a crash of the server loses nothing, and a disk that others keep busy
# holds up no test for seconds. Local users need no password: others have no way in.
package LuciaTest::Postgres;
use strict;
use warnings;
use parent -norequire, 'LuciaTest::Database';

use LuciaTest ();
use LuciaTest::Database;

use constant { USER => 'lucia', DATABASE => 'postgres' };

sub kind       { 'postgres' }
sub driver     { 'pgsql' }
sub end_signal { 'INT' }         # ends sessions, then the server; QUIT leaves its temporary files
sub few        { return 'max_connections=' . ($_[1] + 3) }    # three are the superuser's

# The newest one of those that Debian keeps side by side, or the one on the PATH.
sub tool {
    my ($name) = @_;
    my ($newest) = sort { ($b =~ /(\d+)/)[0] <=> ($a =~ /(\d+)/)[0] } glob "/usr/lib/postgresql/*/bin/$name";
    return $newest // $name;
}

sub data { $_[0]->dir . '/data' }

sub making {
    my ($self) = @_;
    my $primary = $self->{primary};
    return (tool('pg_basebackup'), '-D', $self->data, '-h', $primary->dir, '-p', $primary->port, '-U', USER, qw(-R -X stream -c fast --no-sync))
        if $primary;
    return (tool('initdb'), '-D', $self->data, '-U', USER, qw(-A trust -E UTF8 --locale=C.UTF-8 --no-sync));
}

sub serving {
    my ($self) = @_;
    return (tool('postgres'), '-D', $self->data, '-k', $self->dir, '-h', '127.0.0.1', '-p', $self->port,
        map { ('-c', $_) } 'max_connections=200', 'fsync=off', @{ $self->{settings} // [] });
}

# ---- A server that follows another one ----

sub standby { my ($self) = @_; return LuciaTest::Postgres->new(primary => $self) }
sub promote { my ($self) = @_; return $self->query('SELECT pg_promote()') }

sub needs_standby {
    my ($self, $names) = @_;
    $self->query("ALTER SYSTEM SET synchronous_standby_names = '$names'");
    $self->query('SELECT pg_reload_conf()');
    return $names eq '' || LuciaTest::wait_until(sub { $self->value("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')") }, 20);
}

# Of two words of one kind the later one counts.
sub params { my ($self, $database, @more) = @_; return join ' ', 'host=' . $self->dir, $self->login($database), @more }
sub login  { my ($self, $database) = @_; return ('port=' . $self->port, 'user=' . USER, 'dbname=' . ($database // DATABASE)) }

sub url {
    my ($self, $database) = @_;
    return 'postgres://' . USER . '@127.0.0.1:' . $self->port . '/' . ($database // DATABASE);
}

# For DBI: name, user, password.
sub access { my ($self, $database) = @_; return ('dbi:Pg:' . join(';', 'host=' . $self->dir, $self->login($database)), '', '') }

sub locking { ('BEGIN', 'LOCK TABLE auth_user, user_key, user_session IN EXCLUSIVE MODE') }

sub refusing {
    my ($self, $table, $event) = @_;
    $event //= 'UPDATE';
    return (
        q{CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''never''; END'},
        "CREATE TRIGGER never BEFORE $event ON $table FOR EACH ROW EXECUTE FUNCTION never()",
    );
}
sub refusing_ending { 'DROP FUNCTION never() CASCADE' }

sub copying {
    my ($self, $table, $copy, @columns) = @_;
    my $values = join ', ', map { "NEW.$_" } @columns;
    return (
        "CREATE FUNCTION copied() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO $copy VALUES ($values); RETURN NULL; END'",
        "CREATE TRIGGER copied AFTER INSERT ON $table FOR EACH ROW EXECUTE FUNCTION copied()",
    );
}

sub unreachable_line { my ($self) = @_; return 'LuciaDatabase pgsql "host=' . $self->dir . '/none"' }

sub looking_for { 'SELECT 1 FROM pg_database WHERE datname = ?' }

# As Lucia v2's adapter wants them and its guide makes them.
sub lucia_tables {
    return (
        'CREATE TABLE auth_user (id TEXT PRIMARY KEY, username TEXT UNIQUE)',
        'CREATE TABLE user_key (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES auth_user(id), hashed_password TEXT)',
        'CREATE TABLE user_session (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES auth_user(id), '
            . 'active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL)',
    );
}

# A user of the server, "narrow", who may do everything but read our columns of the user table.
sub narrow_user {
    my ($self, $database) = @_;
    $self->query_in($database, $_) for 'CREATE ROLE narrow LOGIN', 'GRANT SELECT (id, username), INSERT, UPDATE (username) ON auth_user TO narrow',
        'GRANT ALL ON user_key, user_session TO narrow';
    return;
}

# A user of the server who may read and write all rows, but owns no table.
sub plain_user {
    my ($self, $database, $name) = @_;
    $self->query_in($database, $_) for "CREATE ROLE $name LOGIN", "GRANT ALL ON ALL TABLES IN SCHEMA public TO $name";
    return;
}

# A user of the server who may do everything but write the column failures.
sub uncounting_user {
    my ($self, $database, $name) = @_;
    $self->plain_user($database, $name);
    $self->query_in($database, $_) for "REVOKE UPDATE ON user_key FROM $name", "GRANT UPDATE (hashed_password) ON user_key TO $name";
    return;
}

# ---- Which tables are read from end to end: asked of the server's own counts, where scans are taken for dear ----

sub line_without_scans { my ($self, $database) = @_; return $self->line($database, "options='-c enable_seqscan=off'") }
sub forget_scans       { my ($self, $database) = @_; $self->query_in($database, 'SELECT pg_stat_reset()'); return }

# Once all sessions but this one have ended, and so have said what they did.
sub scans {
    my ($self, $database) = @_;
    LuciaTest::wait_until(sub { !$self->value('SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND pid <> ?',
        $database, $self->in($database)->{pg_pid}) }, 10) or die "sessions stay\n";
    $self->query_in($database, 'SELECT pg_stat_force_next_flush()');
    my $rows = $self->query_in($database, 'SELECT relname, idx_scan, seq_scan FROM pg_stat_user_tables ORDER BY relname');
    return map { $_->{relname} } grep { $_->{seq_scan} || !$_->{idx_scan} } @$rows;
}

# Columns with an index of their own that is not unique.
sub indexed {
    my ($self, $database) = @_;
    my $rows = $self->query_in($database, 'SELECT c.relname AS t, a.attname AS a FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid '
        . "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE NOT i.indisunique AND c.relnamespace = 'public'::regnamespace");
    return sort map { "$_->{t}.$_->{a}" } @$rows;
}

1;
