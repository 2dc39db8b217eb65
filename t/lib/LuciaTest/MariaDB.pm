# SPDX-License-Identifier: Apache-2.0
#
# A private MariaDB, stopped when the object goes away.
#
#     my $mariadb = LuciaTest::MariaDB->new;
#     $mariadb->line($mariadb->create('name'))    # the LuciaDatabase line of a new database
#     $mariadb->params                            # apr_dbd's params, over the Unix socket
#     $mariadb->url                               # mysql://..., over TCP
#     $mariadb->query('SELECT * FROM auth_user WHERE id = ?', $id);
#     $mariadb->stop; $mariadb->start; $mariadb->restart; $mariadb->pid;
#
# It is as durable as a real one. What it takes from its folder alone: no configuration of the system's.
package LuciaTest::MariaDB;
use strict;
use warnings;
use parent -norequire, 'LuciaTest::Database';

use LuciaTest;
use LuciaTest::Database;

use constant { USER => 'lucia', PASSWORD => 'lucia-test', DATABASE => 'lucia' };

sub kind       { 'mariadb' }
sub end_signal { 'TERM' }

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
        map { ("CREATE USER IF NOT EXISTS ${\USER}\@$_ IDENTIFIED BY '${\PASSWORD}'", "GRANT ALL ON *.* TO ${\USER}\@$_") }
            'localhost', "'127.0.0.1'");
    return (tool('mariadb-install-db'), '--no-defaults', '--datadir=' . $self->data, '--auth-root-authentication-method=normal',
        '--skip-test-db', '--skip-name-resolve');
}

sub serving {
    my ($self) = @_;
    return (tool('mariadbd'), '--no-defaults', '--datadir=' . $self->data, '--socket=' . $self->sock, '--port=' . $self->port,
        '--bind-address=127.0.0.1', '--pid-file=' . $self->dir . '/pid', '--tmpdir=' . $self->dir, '--init-file=' . $self->dir . '/init.sql',
        '--skip-name-resolve', '--max-connections=300', '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=16M',
        @{ $self->{settings} // [] });
}

sub params {
    my ($self, $database) = @_;
    return join ',', 'sock=' . $self->sock, 'user=' . USER, 'pass=' . PASSWORD, 'dbname=' . ($database // DATABASE);
}

sub line { my ($self, $database) = @_; return 'LuciaDatabase mysql "' . $self->params($database) . '"' }

sub url {
    my ($self, $database) = @_;
    return 'mysql://' . USER . ':' . PASSWORD . '@127.0.0.1:' . $self->port . '/' . ($database // DATABASE);
}

sub connect {
    my ($self, $database) = @_;
    require DBI;
    return DBI->connect('dbi:MariaDB:' . join(';', 'mariadb_socket=' . $self->sock, 'database=' . ($database // DATABASE)),
        USER, PASSWORD, { RaiseError => 1, PrintError => 0, AutoCommit => 1 });
}

sub answers { my ($self) = @_; return scalar eval { $self->connect->disconnect; 1 } }

# A new database of that name.
sub create {
    my ($self, $name) = @_;
    $self->query("CREATE DATABASE `$name`");
    return $name;
}

1;
