# SPDX-License-Identifier: Apache-2.0
#
# Does the gate get slower with more and more sessions in the table? A SQLite database and a virtual host for each size,
# the cache off. Each request carries one of the same 1,000 sessions, drawn at random; their rows lie all over the table.
package Bench::Growth;
use strict;
use warnings;

use DBI;
use Digest::SHA qw(sha256_hex);
use LuciaTest;
use Bench;
use Bench::Server;
use Bench::Peers;

use constant {
    LIVE          => 1000,         # sessions that are visited
    USERS         => 100,          # whose sessions the rows are
    BYTES_PER_ROW => 320,          # with both indexes, measured: 295
    CACHE_KIB     => 2_000_000,    # SQLite's, while the rows are made
    HOUR_MS       => 3_600_000,
};

my @LETTERS = ('a' .. 'z', 0 .. 9);

sub token { join '', map { $LETTERS[ rand @LETTERS ] } 1 .. 40 }

# Sizes that find room on the disk below the server's folder.
sub sizes_that_fit {
    my ($dir, @sizes) = @_;
    my ($free_kib) = (split /\n/, Bench::output_of('df', '-Pk', $dir))[1] =~ /^\S+\s+\d+\s+\d+\s+(\d+)/;
    my $left = $free_kib * 1024;
    my @fit;
    for my $size (sort { $a <=> $b } @sizes) {
        die "--rows: at least " . LIVE . "\n" if $size < LIVE;
        last if ($left -= $size * BYTES_PER_ROW) < 0;
        push @fit, $size;
    }
    return @fit;
}

# ---- Rows, straight into the file while httpd is away ----

sub statement {
    my ($rows) = @_;
    my $expires = sub { "$_[0] + abs(random() % @{[20 * HOUR_MS]})" };
    return <<"SQL";
WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < $rows)
INSERT INTO user_session (id, user_id, active_expires, idle_expires, created_at, last_seen, address, user_agent)
SELECT coalesce(live.id, lower(hex(randomblob(32)))), 'bench' || (number.n % @{[USERS]}), @{[$expires->('?1')]}, @{[$expires->('?2')]},
    ?3, ?3, '127.0.0.1', 'Mozilla/5.0 (X11; Linux x86_64)'
FROM number LEFT JOIN live ON live.n = number.n
SQL
}

# Indexes are made afterwards, in one go; the primary key grows with the rows in their random order, as it would in life.
sub fill {
    my ($file, $rows, @tokens) = @_;
    my $db = DBI->connect("dbi:SQLite:dbname=$file", '', '', { RaiseError => 1, PrintError => 0 });
    $db->do("PRAGMA $_") for 'journal_mode = OFF', 'synchronous = OFF', 'cache_size = -' . CACHE_KIB;
    my $indexes = $db->selectall_arrayref(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'user_session' AND sql IS NOT NULL");
    $db->do("DROP INDEX \"$_->[0]\"") for @$indexes;
    $db->begin_work;
    $db->do('DELETE FROM user_session');
    $db->do('INSERT INTO auth_user (id, username) VALUES (?, ?)', undef, "bench$_", "bench$_") for 0 .. USERS - 1;
    $db->do('CREATE TEMP TABLE live (n INTEGER PRIMARY KEY, id TEXT)');
    $db->do('INSERT INTO live VALUES (?, ?)', undef, int($_ * $rows / @tokens), sha256_hex($tokens[$_])) for 0 .. $#tokens;
    my $now = int(time * 1000);
    my $insert = $db->prepare(statement($rows));
    $insert->execute($now + HOUR_MS, $now + 15 * 24 * HOUR_MS, $now);
    $db->commit;
    $db->do($_->[1]) for @$indexes;
    my ($there) = $db->selectrow_array('SELECT count(*) FROM user_session');
    $db->do('PRAGMA journal_mode = WAL');
    $db->disconnect;
    die "$there sessions instead of $rows\n" if $there != $rows;
    LuciaTest::give(glob "$file*");
    return;
}

# ---- The server ----

sub serve {
    my ($class, @wanted) = @_;
    my $server = Bench::Server->new(hosts => [], start => 0, prefix => ['taskset', '-c', Bench::server_core()]);
    my @sizes = sizes_that_fit($server->dir . '/db', @wanted) or die "no room on the disk\n";
    $server->{hosts} = [map { +{ name => $_, conf => 'growth', file => "\@dir\@/db/$_.db" } } @sizes];
    $server->{ports} = @sizes;
    $server->choose_ports;
    $server->start;    # makes the tables
    my @peers = map {
        my $file = $server->dir . "/db/$_.db";
        Bench::Peer::Lucia->new(name => $_, what => "gated, $_ sessions", url => $server->origin($server->host_port($_)),
            rows => sub { sqlite($file, @_) });
    } @sizes;
    $_->prepare for @peers;
    $server->stop;
    my @tokens = map { token() } 1 .. LIVE;
    $server->write('live.txt', join '', map { "$_\n" } @tokens);
    for (@sizes) {
        print STDERR "$_ ";
        fill($server->dir . "/db/$_.db", $_, @tokens);
    }
    Bench::output_of('sync', map { $server->dir . "/db/$_.db" } @sizes);    # not while the rounds are under way
    $server->start_again;
    return ($server, @peers);
}

sub measure {
    my ($class, %arg) = @_;
    my ($server, @peers) = $class->serve(@{ $arg{sizes} });
    my @order = map { $_->name } @peers;
    my %rate = map {
        my $url = $_->gated_url;
        $_->name => sub {
            Bench::file_rate($url, $_[0], script => Bench::home() . '/gated.lua', args => ['--', $server->dir . '/live.txt']);
        };
    } @peers;
    my $rates = Bench::take_turns(%arg, order => \@order, rate => \%rate);
    $_->answers($_->enter) for @peers;
    my @left_out = map { "growth, $_ sessions: no room on the disk" } grep { !$rate{$_} } @{ $arg{sizes} };
    return { order => \@order, what => { map { $_->name => $_->what } @peers }, rates => $rates, left_out => \@left_out };
}

1;
