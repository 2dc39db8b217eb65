# SPDX-License-Identifier: Apache-2.0
#
# What a running httpd and its database use, measured again and again, and whether it grows.
#
#     my $meter = LuciaTest::Meter->new($server, $engine, $database);
#     $meter->sample('quiet');                        # in this phase; a part that does not answer has no value
#     my ($second, $last) = $meter->thirds('quiet', 'children anonymous');    # medians; the first third is the warm-up
#
# The quantities, in KiB or numbers: "parent X" and "children X" (the sum of all children) for X of rss, pss, private, anonymous, files,
# threads, mappings; "children"; "shared memory" of the parent; "connections", "database", "wal"; "rows TABLE"; "log NAME".
# What counts for a leak is anonymous memory: pages that a parent shares with children count in it once for each of them, so that it
# does not change when one of them writes.
package LuciaTest::Meter;
use strict;
use warnings;

use List::Util qw(sum0);
use Time::HiRes ();
use LuciaTest;

use constant TABLES => qw(auth_user user_key user_session auth_user_email_token auth_user_token auth_user_mail auth_user_activity
    auth_user_totp auth_user_recovery_code auth_user_step auth_user_passkey auth_user_passkey_challenge auth_user_app_password auth_user_device_notice);

sub new { my ($class, $server, $engine, $database) = @_; return bless { server => $server, engine => $engine, database => $database, samples => [] }, $class }

sub slurp { return LuciaTest::Server::slurp($_[0]) }

# ---- Processes ----

sub process {
    my ($pid) = @_;
    my $rollup = slurp("/proc/$pid/smaps_rollup") or return;
    my %kib = $rollup =~ /^(\w+):\s+(\d+) kB$/mg;
    my ($threads) = slurp("/proc/$pid/status") =~ /^Threads:\s+(\d+)/m or return;
    return {
        rss => $kib{Rss}, pss => $kib{Pss}, private => $kib{Private_Clean} + $kib{Private_Dirty}, anonymous => $kib{Anonymous} + ($kib{Swap} // 0),
        threads => $threads, files => scalar(() = glob "/proc/$pid/fd/*"), mappings => scalar(() = slurp("/proc/$pid/maps") =~ /\n/g),
    };
}

sub shared_of {
    my ($pid) = @_;
    no warnings 'portable';    # addresses
    my ($bytes, $maps) = (0, slurp("/proc/$pid/maps"));
    $bytes += hex($2) - hex($1) while $maps =~ /^([0-9a-f]+)-([0-9a-f]+) rw.s /mg;
    return $bytes / 1024;
}

# How many open files of processes have this name.
sub open_in {
    my ($name, @pids) = @_;
    return scalar grep { (readlink($_) // '') eq $name } map { glob "/proc/$_/fd/*" } @pids;
}

# ---- The database ----

sub of_server {
    my ($self) = @_;
    my ($engine, $database) = @$self{qw(engine database)};
    my $handle = $engine->connect($database);
    my $value = sub { return ($handle->selectrow_array(@_))[0] };
    my %seen = (
        connections => $value->('SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()', undef, $database),
        database => $value->('SELECT pg_database_size(?)', undef, $database) / 1024,
        wal => $value->('SELECT sum(size) FROM pg_ls_waldir()') / 1024,
    );
    $seen{"rows $_"} = $value->("SELECT count(*) FROM $_") for grep { $value->('SELECT to_regclass(?)', undef, $_) } TABLES;
    $handle->disconnect;
    return %seen;
}

sub of_file {
    my ($self, @pids) = @_;
    my ($engine, $file) = @$self{qw(engine database)};
    my $handle = $engine->connect($file);
    my %there = map { $_ => 1 } @{ $handle->selectcol_arrayref(q{SELECT name FROM sqlite_master WHERE type = 'table'}) };
    my %seen = (connections => open_in($file, @pids), database => (-s $file) / 1024, wal => (-s "$file-wal" // 0) / 1024);
    $seen{"rows $_"} = ($handle->selectrow_array("SELECT count(*) FROM $_"))[0] for grep { $there{$_} } TABLES;
    $handle->disconnect;
    return %seen;
}

# ---- All of it ----

sub sample {
    my ($self, $phase) = @_;
    my $server = $self->{server};
    my @children = $server->children;
    my %seen = (phase => $phase, at => Time::HiRes::time(), children => scalar @children);
    my $parent = process($server->pid);
    $seen{"parent $_"} = $parent->{$_} for keys %{ $parent // {} };
    $seen{'shared memory'} = shared_of($server->pid);
    my @each = grep { $_ } map { process($_) } @children;
    for my $name (@each == @children && @each ? keys %{ $each[0] } : ()) { $seen{"children $name"} = sum0 map { $_->{$name} } @each }
    eval { %seen = (%seen, $self->{engine}->driver eq 'pgsql' ? $self->of_server : $self->of_file($server->pid, @children)); 1 } or $self->{said} = $@;
    $seen{"log $_"} = (-s $server->dir . "/logs/$_" // 0) / 1024 for qw(error_log audit.log access_log);
    push @{ $self->{samples} }, \%seen;
    return \%seen;
}

sub samples { my ($self, $phase) = @_; return grep { !$phase || $_->{phase} eq $phase } @{ $self->{samples} } }
sub names   { my ($self) = @_; my %names = map { $_ => 1 } map { keys %$_ } @{ $self->{samples} }; delete @names{qw(phase at)}; return sort keys %names }

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[$#sorted / 2] }

# The medians of the second and of the last third of a phase; nothing if there are too few samples.
sub thirds {
    my ($self, $phase, $name) = @_;
    my @values = grep { defined } map { $_->{$name} } $self->samples($phase);
    my $third = int @values / 3;
    return if !$third;
    return (median(@values[$third .. @values - $third - 1]), median(@values[@values - $third .. $#values]));
}

sub max_of { my ($self, $phase, $name) = @_; return (sort { $b <=> $a } grep { defined } map { $_->{$name} } $self->samples($phase))[0] }

1;
