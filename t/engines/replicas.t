# SPDX-License-Identifier: Apache-2.0
# A server that may not know yet what another one has committed decides nothing: neither who is signed in nor who is not.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use List::Util qw(min);
use MIME::Base64 qw(encode_base64);
use LuciaTest;
use LuciaTest::Galera;
use LuciaTest::Gate;
use LuciaTest::MariaDB;
use LuciaTest::Postgres;
use LuciaTest::Site;

LuciaTest::only_files('this brings its own PostgreSQL and MariaDB');

sub serve {
    my ($line) = @_;
    return LuciaTest::Server->new(config => CHEAP_SITE =~ s/^LuciaDatabase.*/$line/mr . VAULT . BASIC,
        files => { 'htdocs/vault/a.txt' => SECRET, 'htdocs/basic/a.txt' => SECRET });
}

sub vault { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $cookie) }
# As a program, which is not a script of a page: S2.12.
sub program { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', accept => 'application/json', cookie => $cookie) }
sub clears { my ($reply) = @_; return scalar grep { /^auth_session=;/ } $reply->headers('Set-Cookie') }

sub sign_out {
    my ($server, $cookie) = @_;
    return $server->request(POST => '/logout', form(), cookie => $cookie, origin => $server->origin);
}

sub basic { my ($server, $name) = @_; return $server->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:$PASSWORD", '') }) }

# Waits until the standby has applied what the primary server had committed.
sub follow {
    my ($standby) = @_;
    my $at = $standby->{primary}->value('SELECT pg_current_wal_lsn()');
    wait_until(sub { $standby->value('SELECT pg_last_wal_replay_lsn() >= ?::pg_lsn', $at) }, 30) or die "the standby does not follow:\n" . $standby->log;
    return;
}

sub pause {
    my ($standby) = @_;
    $standby->query('SELECT pg_wal_replay_pause()');
    wait_until(sub { $standby->value('SELECT pg_get_wal_replay_pause_state()') eq 'paused' }, 30) or die "the standby does not pause\n";
    return;
}

sub check_postgres {
    my $primary = LuciaTest::Postgres->new;
    my $database = $primary->create;
    my $writer = serve($primary->line($database));
    my ($alice, $robert) = map { sign_up($writer, $_) } qw(alice robert);
    my $standby = $primary->standby;
    follow($standby);
    my $reader = serve($standby->line($database));
    my $either = serve($primary->line($database, 'host=' . join(',', $standby->dir, $primary->dir), 'port=' . join(',', $standby->port, $primary->port)));

    is_unavailable vault($reader, $alice), 'S2.11: a session that a hot standby knows';
    pause($standby);
    is sign_out($writer, $alice)->status, 302, 'the primary server ends the session of alice';
    is_unavailable vault($reader, $alice), 'S2.11: a session that has ended, which the standby does not know yet';
    is_unavailable vault($reader, sign_up($writer, 'carola')), 'S2.11: a session that the standby does not know yet';
    is basic($reader, 'robert')->status, 503, 'a password that only a hot standby knows: 503';
    like $reader->error_log, qr/LUCI0302: .*hot standby .*must lead to the server that takes writes/, 'the log says why the gate answers 503';
    is_served vault($either, $robert), 'of two hosts, the primary server is asked';
    is sign_out($either, sign_up($either, 'dorothea'))->status, 302, 'of two hosts, the primary server ends a session';

    $standby->query('SELECT pg_wal_replay_resume()');
    follow($standby);
    $primary->stop;
    $standby->promote;
    ok wait_until(sub { vault($_, $robert)->status == 200 }, 20), 'a promoted standby serves the gate' for $reader, $either;
    my $reply = program($reader, $alice);
    is $reply->status, 401, 'a session that had ended is not served by the promoted standby';
    ok clears($reply), 'a promoted standby is certain, so that the cookie is cleared';
    return;
}

sub check_mariadb {
    my $mariadb = LuciaTest::MariaDB->new;
    my $server = serve($mariadb->line($mariadb->create) . "\nLuciaSessionCache off");
    my ($alice, $robert) = map { sign_up($server, $_) } qw(alice robert);
    is sign_out($server, $robert)->status, 302, 'MariaDB ends the session of robert';
    $mariadb->query('SET GLOBAL read_only = ON');
    is_served vault($server, $alice), 'a read-only MariaDB that never copied another server serves the gate';
    $mariadb->query("SET GLOBAL gtid_slave_pos = '0-1-1'");    # it has copied a transaction of another server
    is_unavailable vault($server, $alice), 'S2.11: a session that a replica of MariaDB knows';
    is_unavailable vault($server, $robert), 'S2.11: a session that a replica of MariaDB does not know';
    is basic($server, 'alice')->status, 503, 'a password that only a replica of MariaDB knows: 503';
    like $server->error_log, qr/LUCI0302: .*the server is read-only/, 'the log says that the server looks like a replica';
    $mariadb->query('SET GLOBAL read_only = OFF');
    is_served vault($server, $alice), 'MariaDB that takes writes again serves the gate';
    my $reply = program($server, $robert);
    is $reply->status, 401, 'a session that MariaDB does not know';
    ok clears($reply), 'MariaDB that takes writes is certain, so that the cookie is cleared';
    return;
}

# ---- Galera ----

# How often the node waits at least for what the cluster has committed before. What the module does by the way may wait, too.
sub waits_of {
    my ($node, @codes) = @_;
    return min map {
        my $before = $node->status->{causal_reads};
        $_->();
        $node->status->{causal_reads} - $before
    } @codes;
}

sub mark_of { my ($node, $database, $name) = @_; return $node->value_in($database, 'SELECT disabled FROM auth_user WHERE username = ?', $name) // 'NULL' }

# One node is a cluster, too; t/long/galera.t has three. It has the setting that would let it answer without the others.
sub check_galera {
    my ($node) = LuciaTest::Galera->new(nodes => 1)->nodes;
    $node->query('SET GLOBAL wsrep_dirty_reads = ON');
    my $database = $node->create;
    my $server = serve($node->line($database) . "\nLuciaSessionCache off");
    my ($alice, @others) = map { sign_up($server, $_) } qw(alice robert carola dorothea emilia frederic gustav);
    is waits_of($node, (sub { vault($server, $alice) }) x 6), 1, 'the read of a session waits for the cluster';
    is waits_of($node, map { my $cookie = $_; sub { sign_out($server, $cookie) } } @others), 2, 'a sign-out waits before its read and before its DELETE';

    my %marks = map { sign_in($server, 'robert'); mark_of($node, $database, 'robert') => 1 } 1 .. 2;
    is join(' ', sort keys %marks), '0 NULL', 'each sign-in writes the row of the user, so that other nodes see its lock';

    $node->query('SET GLOBAL wsrep_reject_queries = ALL');
    is_unavailable vault($server, $alice), 'S2.11: a session that a node without the others knows';
    $node->query('SET GLOBAL wsrep_reject_queries = NONE');
    is_served vault($server, $alice), 'the node serves the gate with the others again';
    return;
}

check_postgres();
check_mariadb();
check_galera() if LuciaTest::Galera->available;
done_testing;
