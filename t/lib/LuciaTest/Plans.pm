# SPDX-License-Identifier: Apache-2.0
#
# The plans of the statements that a program really runs on a server: PostgreSQL and MariaDB write them to their logs.
#
#     my $plans = LuciaTest::Plans->new($engine, $database);
#     ... $plans->line        # the LuciaDatabase line of a server whose statements are planned
#     ... $plans->params      # its parameters, for luciactl
#     my @plans = $plans->of('user_session');    # texts, since the beginning
#     my @scans = $plans->scans('user_session'); # those that read the whole table
#
# PostgreSQL plans each statement without its arguments, as it does on a connection that has run it six times. MariaDB logs the
# statements of a user of its own, so that a server which others use, too, logs no more of theirs.
package LuciaTest::Plans;
use strict;
use warnings;

use DBI ();
use LuciaTest ();

use constant { USER => 'plans', PASSWORD => 'plans-test' };

my $GENERIC = "options='-c plan_cache_mode=force_generic_plan -c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0'";

sub new {
    my ($class, $engine, $database) = @_;
    my $self = bless { engine => $engine, database => $database }, $class;
    if ($engine->driver eq 'mysql') {
        my $set = join ', ', map { "SESSION $_->[0] = IF(USER() LIKE '${\USER}@%', $_->[1], @\@$_->[0])" }
            ['long_query_time', 0], ['log_slow_verbosity', "'explain'"];
        $engine->query('SET GLOBAL init_connect = ?', "SET $set");
        $engine->query('SET GLOBAL slow_query_log = ON');
        $engine->query($_) for "CREATE USER IF NOT EXISTS ${\USER}\@localhost IDENTIFIED BY '${\PASSWORD}'", "GRANT ALL ON $database.* TO ${\USER}\@localhost";
    }
    $self->{from} = -s $self->file // 0;
    return $self;
}

sub file   { my ($self) = @_; return $self->{engine}->driver eq 'mysql' ? $self->{engine}->slow_log : $self->{engine}->dir . '/log' }
sub more   { my ($self) = @_; return $self->{engine}->driver eq 'pgsql' ? $GENERIC : ('user=' . USER, 'pass=' . PASSWORD) }
sub line   { my ($self) = @_; return $self->{engine}->line($self->{database}, $self->more) }
sub params { my ($self) = @_; return $self->{engine}->params($self->{database}, $self->more) }

# Runs a statement of the test, on MariaDB.
sub run {
    my ($self, $statement) = @_;
    my ($name) = $self->{engine}->access($self->{database});
    my $handle = DBI->connect($name, USER, PASSWORD, { RaiseError => 1, PrintError => 0 });
    $handle->do($statement);
    $handle->disconnect;
    return;
}

# A statement and its plan each.
sub of {
    my ($self, $table) = @_;
    open my $in, '<', $self->file or die $self->file . ": $!\n";
    seek $in, $self->{from}, 0;
    local $/;
    my $log = <$in>;
    my @all = $self->{engine}->driver eq 'mysql' ? grep({ /^# User\@Host: ${\USER}\[/ && /Schema: $self->{database}\b/ } split /^(?=# User\@Host:)/m, $log) : $log =~ /^(\S.*? plan:\n(?:\t.*\n)+)/mg;
    return grep { /$table/ && /\bplan:|^# explain:/m && !/information_schema/ } @all;
}

sub scans { my ($self, $table) = @_; return grep { /\bSeq Scan on $table\b|^# explain: \d+\t(?!INSERT)[A-Z ]+\t(?!<derived)\S+\tALL\b/m } $self->of($table) }

1;
