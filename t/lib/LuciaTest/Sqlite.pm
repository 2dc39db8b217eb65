# SPDX-License-Identifier: Apache-2.0
#
# Database files, looked into and held from outside as LuciaTest::Database does with servers.
package LuciaTest::Sqlite;
use strict;
use warnings;

use LuciaTest ();

sub new          { my ($class) = @_; return bless {}, $class }
sub shared       { my ($class) = @_; return $class->new }
sub kind         { 'sqlite' }
sub driver       { 'sqlite3' }
sub database_for { my ($self, $file) = @_; return "$file" }
sub line         { my ($self, $file) = @_; return "LuciaDatabase sqlite3 $file" }

sub params       { my ($self, $file) = @_; return "$file" }
sub access       { my ($self, $file) = @_; return ("dbi:SQLite:dbname=$file", '', '') }
sub sound        { my ($self, $file) = @_; return $self->value_in($file, 'PRAGMA integrity_check') }
sub away         { my ($self, $file, $from, $to) = @_; return rename("$file$from", "$file$to") || die "$file: $!" }

# A new database as on a server: a path in a folder of its own, with the file when there are statements to run in it.
sub create {
    my ($self, @statements) = @_;
    my $dir = LuciaTest::work_dir('sqlite');
    push @{ $self->{dirs} }, $dir;    # goes with this
    LuciaTest::give("$dir");
    $self->query_in("$dir/luciauth.db", $_) for @statements;
    return "$dir/luciauth.db";
}

# As Lucia v2's adapter wants them and its guide makes them.
sub lucia_tables {
    return (
        'CREATE TABLE auth_user (id VARCHAR(15) NOT NULL PRIMARY KEY, username VARCHAR(31) NOT NULL UNIQUE)',
        'CREATE TABLE user_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL REFERENCES auth_user(id), '
            . 'hashed_password VARCHAR(255))',
        'CREATE TABLE user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL REFERENCES auth_user(id), '
            . 'active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL)',
    );
}

sub connect {
    my ($self, $file) = @_;
    require DBI;
    return DBI->connect($self->access($file), { RaiseError => 1, PrintError => 0, sqlite_busy_timeout => 5000 });
}

sub query_in {
    my ($self, $file, $sql, @bind) = @_;
    my $new = !-e $file;
    my $db = $self->connect($file);
    my $result = $sql =~ /^\s*(?:SELECT|PRAGMA|WITH|EXPLAIN)\b|\bRETURNING\b/i
        ? $db->selectall_arrayref($sql, { Slice => {} }, @bind)
        : 0 + $db->do($sql, undef, @bind);
    $db->disconnect;
    LuciaTest::give($file) if $new;
    return $result;
}

sub value_in {
    my ($self, $file, $sql, @bind) = @_;
    my $db = $self->connect($file);
    my ($value) = $db->selectrow_array($sql, undef, @bind);
    $db->disconnect;
    return $value;
}

sub locking         { 'BEGIN IMMEDIATE' }
sub refusing        { "CREATE TRIGGER never BEFORE @{[$_[2] // 'UPDATE']} ON $_[1] BEGIN SELECT RAISE(ABORT, 'never'); END" }
sub refusing_ending { 'DROP TRIGGER never' }

sub copying {
    my ($self, $table, $copy, @columns) = @_;
    return "CREATE TRIGGER copied AFTER INSERT ON $table BEGIN INSERT INTO $copy VALUES (" . join(', ', map { "NEW.$_" } @columns) . '); END';
}

1;
