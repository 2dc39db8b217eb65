# SPDX-License-Identifier: Apache-2.0
# LuciaCleanup: dead sessions go by themselves, from each database once, by one process at a time; the living stay. It
# goes on when that process ends, stops when it has to, and a database that is away is cleaned when it is back.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $ROWS = 2000;

sub now_ms { return int(Time::HiRes::time() * 1000) }

# Rows of the first user, by the thousand; their ids begin with a letter, which no hash does: X and Y die, L lives.
sub store {
    my ($file, $letter, $thousands, $idle) = @_;
    my $digits = join ' UNION ALL ', map { "SELECT $_ AS d" } 0 .. 9;
    my $thousand = join ' UNION ALL ', map { "SELECT $_ AS d" } 1 .. $thousands;
    my $id = is_sqlite() || $ENV{DB} eq 'pgsql' ? "'$letter' || CAST(t.d * 1000 + c.d * 100 + b.d * 10 + a.d AS CHAR(8))"
        : "CONCAT('$letter', t.d * 1000 + c.d * 100 + b.d * 10 + a.d)";
    return sqlite($file, "INSERT INTO user_session (id, user_id, active_expires, idle_expires) SELECT $id, u.id, 1, ? "
        . "FROM ($digits) a, ($digits) b, ($digits) c, ($thousand) t, (SELECT MIN(id) AS id FROM auth_user) u", $idle);
}

sub left { my ($file, $letter) = @_; return sqlite_value($file, 'SELECT count(*) FROM user_session WHERE id LIKE ?', ($letter // '') . '%') }
sub goes { my ($file, $letter, $seconds) = @_; return wait_until(sub { !left($file, $letter) }, $seconds // 60) }

# What was said: [pid of the process, how many], since a place in the log.
sub said {
    my ($server, $from) = @_;
    return map { /\[pid (\d+).*LUCI0712: (\d+)/ ? [$1, $2] : () } split /\n/, substr $server->error_log, $from // 0;
}
sub sum { my $sum = 0; $sum += $_->[1] for @_; return $sum }

my $server = LuciaTest::Server->new(config => CHEAP_SITE . VAULT . <<'CONF', files => { 'htdocs/vault/a.txt' => SECRET });
LuciaCleanup 1s
<VirtualHost *>
    ServerName 127.0.0.1
    LuciaCookiePath /
</VirtualHost>
# The same database again, in words of its own.
<VirtualHost *>
    ServerName same.test
    LuciaDatabase sqlite3 @db@
    LuciaDatabasePool 1
</VirtualHost>
<VirtualHost *>
    ServerName other.test
    LuciaDatabase sqlite3 @dir@/db/other.db
</VirtualHost>
<VirtualHost *>
    ServerName kept.test
    LuciaDatabase sqlite3 @dir@/db/kept.db
    LuciaCleanup off
</VirtualHost>
CONF
my ($other, $kept) = map { $server->dir . "/db/$_.db" } qw(other kept);
my $alice = sign_up($server, 'alice');
sign_up(LuciaTest::Gate::Host->new($server, "$_.test"), 'alice') for qw(other kept);

sub is_alive { is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, $_[0]; return }

subtest 'the dead go' => sub {
    my $soon = now_ms() + 600_000;
    store($_, 'L', 1, $soon) for $server->db, $other;
    store($_, 'X', $ROWS / 1000, now_ms() - 1) for $server->db, $other, $kept;
    ok goes($_, 'X'), 'all of them' for $server->db, $other;
    is left($_, 'L'), 1000, 'the living stay' for $server->db, $other;
    is_alive('a session in use, too');
    is left($kept, 'X'), $ROWS, 'with LuciaCleanup off no session is deleted';
    my @said = wait_until(sub { my @now = said($server); sum(@now) >= 2 * $ROWS ? @now : () }, 10) || ();
    is sum(said($server)), 2 * $ROWS, 'each was removed once, though three hosts share a database';
    my %pid = map { $_->[0] => 1 } said($server);
    is scalar(keys %pid), 1, 'by one process';
};

subtest 'its process ends' => sub {
    my ($first) = map { $_->[0] } said($server);
    $server->kill_child(pid => $first);
    my $from = length $server->error_log;
    store($server->db, 'X', 1, now_ms() - 1);
    ok goes($server->db, 'X'), 'another one goes on';
    ok !(grep { $_->[0] == $first } said($server, $from)), 'the process that was killed reports no more deletions';
};

subtest 'a graceful restart' => sub {
    store($server->db, 'X', 20, now_ms() - 1);
    ok wait_until(sub { left($server->db, 'X') < 20_000 }, 30), 'thousands are going';
    my @old = $server->children;
    $server->restart_graceful;
    ok wait_until(sub { my %now = map { $_ => 1 } $server->children; !grep { $now{$_} } @old }, 15), 'the old processes end';
    ok goes($server->db, 'X', 120), 'the new ones do the rest';
    is_alive('meanwhile nobody was signed out');
};

subtest 'sign-ins meanwhile' => sub {
    store($server->db, 'X', 10, now_ms() - 1);
    my ($tries, $failed) = (0, 0);
    do {
        $tries++;
        $failed++ if $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD))->status != 302;
    } until (!left($server->db, 'X') || $tries > 2000);
    cmp_ok $tries, '>', 3, "$tries while ten thousand sessions went";
    is $failed, 0, 'every request during the purge succeeds';
};

subtest 'the database is away' => sub {
    store($server->db, 'X', 1, now_ms() - 1);
    away($server->db);
    ok wait_until(sub { $server->error_log =~ /LUCI0713: expired sessions could not be deleted: / }, 30), 'the log says that the purge failed';
    back($server->db);
    ok wait_until(sub { $server->request(GET => '/vault/a.txt', cookie => $alice)->status == 200 }, 20), 'the gate serves when the database is back';
    store($server->db, 'Y', 1, now_ms() - 1);
    ok goes($server->db, $_), 'back again, it is cleaned' for 'X', 'Y';
};

subtest 'two servers, one database' => sub {
    my $living = left($server->db, 'L');    # a sign-in before may have ended some of a user with more than 1,000
    cmp_ok $living, '>=', 900, 'there are living ones';
    my $second = LuciaTest::Server->new(config => CHEAP_SITE =~ s/\@db\@/$server->db/er . "LuciaCleanup 1s\n");
    my @from = map { length $_->error_log } $server, $second;
    for (1 .. 3) {
        store($server->db, 'X', 5, now_ms() - 1);
        ok goes($server->db, 'X'), 'two servers delete all expired sessions';
    }
    my @said = (said($server, $from[0]), said($second, $from[1]));
    wait_until(sub { sum(said($server, $from[0]), said($second, $from[1])) >= 15_000 }, 10);
    is sum(said($server, $from[0]), said($second, $from[1])), 15_000, 'two servers delete each session once';
    unlike substr($_->[0]->error_log, $_->[1]), qr/LUCI07(?:11|13)|exit signal/, 'two servers purge without a complaint' for [$server, $from[0]], [$second, $from[1]];
    is left($server->db, 'L'), $living, 'the living stay';
};

unlike $server->error_log, qr/exit signal (?!Killed)/, 'no child died';
done_testing;
