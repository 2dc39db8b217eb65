# SPDX-License-Identifier: Apache-2.0
# The log in a bad hour: a line when the database or the cache fails, another one for another reason, one when it works again,
# and the same once more when it fails again within a minute. The last line is always true.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Postgres;
use LuciaTest::Service;
use LuciaTest::Site qw(sign_up $CHEAP_HASH);

LuciaTest::only_files('about a file that goes and returns');

my $redis = LuciaTest::Service->new('redis');
my $server = LuciaTest::Server->new(
    modules => ['socache_redis'],
    # One child, because each child reports for itself; one thread of prefork.
    config => CHEAP_SITE . VAULT . 'LuciaSessionCache ' . $redis->name . "\nStartServers 1\nServerLimit 1\n" . (LuciaTest::mpm() eq 'prefork' ? "MaxRequestWorkers 1\n"
        : "ThreadsPerChild 8\nMinSpareThreads 1\nMaxSpareThreads 8\nMaxRequestWorkers 8\n"),
    files => { 'htdocs/vault/a.txt' => SECRET },
);

my $cookie = sign_up($server, 'alice');
my $stranger = { name => 'auth_session', value => 'x' x 40 };

sub ask { my ($who) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $who // $stranger)->status }

# The ids of what the log said of the database or the cache, in order.
sub said { my ($ids) = @_; return join ' ', $server->error_log =~ /\b($ids)\b/g }

# ---- The database ----

my ($db, $gone) = ($server->db, $server->db . '.gone');
my $database = 'LUCI030[23]';
is ask(), 401, 'a stranger is refused while the database works';
is said($database), '', 'nothing is logged of a database that works';

my @log;
for my $time (1 .. 2) {
    rename $db, $gone or die "$db: $!";
    ok wait_until(sub { ask() == 503 }, 20), "time $time: the file is gone, and a request is answered with 503";
    ask() for 1 .. 20;
    push @log, 'LUCI0302';
    is said($database), "@log", "time $time: one line says that the file is gone";
    mkdir $db or die "$db: $!";
    ok wait_until(sub { ask() == 503 && said($database) ne "@log" }, 20), "time $time: a folder in its place is another reason";
    ask() for 1 .. 20;
    push @log, 'LUCI0302';
    is said($database), "@log", "time $time: one line says the other reason";
    rmdir $db or die "$db: $!";
    rename $gone, $db or die "$gone: $!";
    ok wait_until(sub { ask() == 401 }, 20), "time $time: the file is back, and a stranger is refused";
    ask() for 1 .. 20;
    push @log, 'LUCI0303';
    like said($database), qr/ LUCI0303\z/, "time $time: the last line says that the database answers again";
    @log = split / /, said($database);
}

# ---- The cache ----

my $cache = 'LUCI040[26]';
is ask($cookie), 200, 'the user is let in while the cache works';
is said($cache), '', 'nothing is logged of a cache that works';
@log = ();
for my $time (1 .. 2) {
    $redis->stop;
    ok wait_until(sub { ask($cookie); said($cache) =~ /LUCI0402\z/ && said($cache) ne "@log" }, 30), "time $time: a line says that the cache fails";
    is ask($cookie), 200, "time $time: the user is let in without the cache";
    $redis->start;
    ok wait_until(sub { ask($cookie); said($cache) =~ /LUCI0406\z/ }, 30), "time $time: the last line says that the cache works again";
    @log = split / /, said($cache);
}

# ---- Too few handles ----

# Each look at a user takes 0.2 s, so of eight requests for one handle most are refused while others are answered.
subtest 'a slow database and a single handle' => sub {
    plan skip_all => 'the one thread of a process never waits' if LuciaTest::mpm() eq 'prefork';
    my $postgres = LuciaTest::Postgres->new;
    my $database = $postgres->create;
    my $slow = LuciaTest::Server->new(
        config => $postgres->line($database) . "\nLuciaMount /\n$CHEAP_HASH\nLuciaSessionCache off\nLuciaDatabasePool 1 500ms\n" . VAULT
            . "StartServers 1\nServerLimit 1\nThreadsPerChild 16\nMinSpareThreads 1\nMaxSpareThreads 16\nMaxRequestWorkers 16\n",
        files => { 'htdocs/vault/a.txt' => SECRET });
    my $alice = sign_up($slow, 'alice');
    $postgres->query_in($database, $_) for 'ALTER TABLE auth_user RENAME TO users',
        'CREATE VIEW auth_user AS SELECT users.* FROM users, (SELECT pg_sleep(0.2) OFFSET 0) pause';
    my ($end, @asked, %count) = (time + 4);
    while (time < $end) {
        push @asked, $slow->send_request($slow->bytes_of(GET => '/vault/a.txt', script(), cookie => $alice)) while @asked < 8;
        IO::Select->new(map { $_->{socket} } @asked)->can_read(1);
        my @ready = grep { $slow->is_answered($_) } @asked;
        @asked = grep { !$slow->is_answered($_) } @asked;
        $count{ $slow->answer_to($_)->status }++ for @ready;
    }
    $count{ $slow->answer_to($_)->status }++ for @asked;
    is join(' ', sort keys %count), '200 503', 'some requests are served, and some are refused';
    my @said = $slow->error_log =~ /\b(LUCI0301|LUCI0323)\b/g;
    cmp_ok scalar(@said), '<=', 2, 'as long as requests wait, the log does not say that they get handles again' or diag "@said";
    $postgres->query_in($database, $_) for 'DROP VIEW auth_user', 'ALTER TABLE users RENAME TO auth_user';
    ok wait_until(sub { $slow->request(GET => '/vault/a.txt', cookie => $alice)->status == 200 && $slow->error_log =~ /LUCI0323/ }, 20), 'in the end it says so';
};

done_testing;
