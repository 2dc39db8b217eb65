# SPDX-License-Identifier: Apache-2.0
# The life of a session: made, active, idle and renewed, dead, ended. Time passes by UPDATEs of the table.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;
use Time::HiRes ();

my $site = site(<<'CONF', files => { 'htdocs/gated/a.txt' => "inside\n", 'htdocs/gated/dir/index.html' => "<p>index</p>\n", 'htdocs/sorry.html' => "<p>sorry</p>\n" });
LuciaSessionCache off
<VirtualHost 127.0.0.1:@port@>
    ServerName main.example
    <Location /gated>
        AuthType Lucia
        Require valid-user
        ErrorDocument 404 /sorry.html
    </Location>
    <Location /gated/token>
        LuciaBearer On
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName plain.example
    LuciaDatabase sqlite3 @dir@/db/plain.db
    LuciaSessionTokens plain
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName short.example
    LuciaActivePeriod 2h
    LuciaIdlePeriod 90min
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName limited.example
    LuciaMaxLifetime 12h
</VirtualHost>
CONF
my ($HOUR, $DAY) = (3_600_000, 86_400_000);
my $db = $site->db;

sub now { int(Time::HiRes::time() * 1000) }
sub near { my ($got, $want, $what) = @_; cmp_ok abs($got - $want), '<', 5000, $what or diag "$got, not $want" }
sub set_times { my ($cookie, %time) = @_; sqlite($db, "UPDATE user_session SET $_ = ? WHERE id = ?", $time{$_}, row_of($site, $cookie)->{id}) for keys %time }
sub get { my ($path, $cookie, %arg) = @_; $site->request(GET => $path, cookie => $cookie, accept => 'text/html', %arg) }
sub is_cleared { my ($reply, $what) = @_; my @sent = set_cookies($reply); ok @sent == 1 && $sent[0]{value} eq '', "$what: the cookie is cleared" }

# ---- New ----

sign_up($site, 'alice');
my $cookie = sign_in($site, 'alice', headers => { 'User-Agent' => "Test/1.0 \xc3\xa9 " . 'x' x 300 });
my $row = row_of($site, $cookie);
near $row->{active_expires}, now() + $DAY, 'active for one day';
is $row->{idle_expires} - $row->{active_expires}, 14 * $DAY, 'idle for fourteen more';
near $row->{created_at}, now(), 'the session is created at the time of the sign-in';
is $row->{last_seen}, $row->{created_at}, 'the session is last seen at its creation';
is $row->{address}, '127.0.0.1', "the session has the client's address";
like $row->{user_agent}, qr{^Test/1\.0 \?\? x{230,}$}, 'S9.22: the row has the User-Agent in printable characters';
cmp_ok length $row->{user_agent}, '<=', 255, 'S9.22: the User-Agent fits into its column';
like $row->{id}, qr/^[0-9a-f]{64}$/, 'hashed at rest';
isnt $row->{id}, $cookie->{value}, 'the table does not hold the session id itself';
is_deeply sqlite($db, 'SELECT id FROM user_session WHERE id = ?', $cookie->{value}), [], 'no row has the id';

my $short = sign_in($site, 'alice', host => 'short.example');
$row = row_of($site, $short);
near $row->{active_expires}, now() + 2 * $HOUR, 'LuciaActivePeriod sets the active period';
is $row->{idle_expires} - $row->{active_expires}, 1.5 * $HOUR, 'LuciaIdlePeriod sets the idle period';

# ---- Many at once: ids are distinct, across children too ----

pipe my $from, my $to or die $!;
my @pids;
for my $n (1 .. 8) {
    defined(my $pid = fork) or die $!;
    if (!$pid) {
        syswrite $to, sign_in($site, 'alice')->{value} . "\n" for 1 .. 25;
        POSIX::_exit(0);
    }
    push @pids, $pid;
}
close $to;
chomp(my @ids = <$from>);
waitpid $_, 0 for @pids;
is scalar(grep { /^[a-z0-9]{40}$/ } @ids), 200, 'S9.41: 200 session ids have 40 characters each';
is keys %{ { map { $_ => 1 } @ids } }, 200, 'S9.41: 200 ids are all different';
my %letter;
$letter{$_}++ for map { split // } @ids;
is keys %letter, 36, 'S9.10: 200 ids use all 36 characters';
ok !(grep { $_ < 120 || $_ > 330 } values %letter), 'S9.10: 200 ids use each character about equally often' or diag explain \%letter;

# ---- Active ----

my $before = row_of($site, $cookie);
is get('/', $cookie)->status, 200, 'an active session is good';
is cookie_of(get('/', $cookie)), undef, 'an active session sends no cookie';
is_deeply row_of($site, $cookie), $before, 'an active session writes nothing';

# ---- Idle: renewed once ----

for my $case (
    ['/', 200, {}], ['/login', 302, {}], ['/signup', 302, {}], ['/gated/a.txt', 200, {}], ['/gated/none.txt', 404, {}], ['/gated/dir/', 200, {}], ['/gated/dir', 301, {}],
    ['/', 200, { accept => 'application/json' }],
) {
    my ($path, $status, $arg) = @$case;
    set_times($cookie, active_expires => now() - 1000, idle_expires => now() + $HOUR);
    my $created = row_of($site, $cookie)->{created_at};
    my $reply = get($path, $cookie, %$arg);
    is $reply->status, $status, "S9.14: $path with an idle session";
    my @sent = set_cookies($reply);
    is scalar(@sent), 1, "S9.14: $path: one Set-Cookie";
    is $sent[0]{value}, $cookie->{value}, "S9.14: $path: of the same id";
    $row = row_of($site, $cookie);
    near $row->{active_expires}, now() + $DAY, "S9.14: $path: active again for a day";
    is $row->{idle_expires} - $row->{active_expires}, 14 * $DAY, "S9.14: $path: and idle after it";
    my ($day) = $sent[0]{attributes}{expires} =~ /, (\d\d) /;
    is $day, sprintf('%02d', (gmtime $row->{idle_expires} / 1000)[3]), "S9.14: $path: the cookie's new expiry";
    is $row->{created_at}, $created, "S9.14: $path: it was created when it was";
    near $row->{last_seen}, now(), "S9.14: $path: and seen now";
    is cookie_of(get($path, $cookie, %$arg)), undef, "S9.14: $path: the next request sends none";
}
set_times($cookie, active_expires => now() - 1000);
is cookie_of($site->request(POST => '/gated/a.txt', form(), cookie => $cookie)), undef, 'an unsafe request without Origin renews nothing';
near row_of($site, $cookie)->{active_expires}, now() - 1000, 'the row is as it was';
is scalar(set_cookies($site->request(HEAD => '/', cookie => $cookie))), 1, 'HEAD renews an idle session';

set_times($cookie, active_expires => now() - 1000);
my $token = $site->request(GET => '/gated/token', headers => { Authorization => "Bearer $cookie->{value}" });
is $token->status, 404, 'LuciaBearer: an idle session is renewed behind a 404';
is cookie_of($token), undef, 'LuciaBearer: but who has no cookie gets none';
near row_of($site, $cookie)->{active_expires}, now() + $DAY, 'LuciaBearer: the row has moved on';

# ---- Dead ----

for my $case (['/', 302], ['/login', 200], ['/signup', 200], ['/gated/a.txt', 302], ['/gated/none.txt', 302]) {
    my ($path, $status) = @$case;
    my $dead = sign_in($site, 'alice');
    set_times($dead, active_expires => now() - $HOUR, idle_expires => now() - 1000);
    my $reply = get($path, $dead);
    is $reply->status, $status, "S9.14: $path with a dead session";
    is_cleared($reply, "S9.14: $path: an expired session");
    is row_of($site, $dead), undef, "S9.14: $path: its row is removed";
    is_cleared(get($path, $dead), "S9.14: $path: as an unknown one");
}
for my $path (qw(/ /login /gated/a.txt)) {
    my $reply = get($path, 'auth_session=' . 'u' x 40);
    is_cleared($reply, "an unknown id on $path");
}
my $edge = sign_in($site, 'alice');
set_times($edge, active_expires => now() - $HOUR, idle_expires => now() + 60_000);
is get('/', $edge)->status, 200, 'S9.14: a minute before its end it lives';
for my $far (['1970', 0], is_sqlite() ? (['before 1970', -5_000_000_000], ['a text', 'soon']) : ()) {    # others hold no such thing
    my ($what, $value) = @$far;
    my $odd = sign_in($site, 'alice');
    set_times($odd, active_expires => $value, idle_expires => $value);
    is get('/', $odd)->status, 302, "S9.40: a session that ended in $what is dead";
}
my $later = sign_in($site, 'alice');
set_times($later, active_expires => 9_000_000_000_000_000, idle_expires => 9_000_000_000_000_001);
is get('/', $later)->status, 200, 'S9.40: one that ends far beyond 2038 lives';

# ---- The longest lifetime ----

my %limited = (host => 'limited.example');
my $max = sign_in($site, 'alice', %limited);
$row = row_of($site, $max);
near $row->{active_expires}, now() + 12 * $HOUR, 'S9.14: LuciaMaxLifetime shortens a new session';
is $row->{idle_expires}, $row->{active_expires}, 'S9.14: LuciaMaxLifetime leaves no idle period';
set_times($max, created_at => now() - 11 * $HOUR, active_expires => now() - 1000, idle_expires => now() + $HOUR);
my $reply = get('/', $max, %limited);
is $reply->status, 200, 'S9.14: an idle one within it is renewed';
$row = row_of($site, $max);
near $row->{idle_expires}, now() + $HOUR, 'S9.14: a renewal does not exceed LuciaMaxLifetime';
set_times($max, created_at => now() - 12 * $HOUR - 1000, active_expires => now() + $DAY, idle_expires => now() + 2 * $DAY);
$reply = get('/', $max, %limited);
is $reply->status, 302, 'S9.14: beyond it even an active session is dead';
is_cleared($reply, 'S9.14: a session beyond LuciaMaxLifetime');
is row_of($site, $max), undef, 'S9.14: the row of a session beyond LuciaMaxLifetime is removed';
my $unlimited = sign_in($site, 'alice');
set_times($unlimited, created_at => 1000);
is get('/', $unlimited)->status, 200, 'without LuciaMaxLifetime a session of any age is valid';

# ---- Ended ----

my $ended = sign_in($site, 'alice');
is get('/', $ended)->status, 200, 'S9.13: before sign-out it lives';
$site->request(POST => '/logout', cookie => $ended, origin => 1);
my $log = length $site->access_log;
my @held = map { $site->connect } 1 .. 40;    # so many that each child has to take some
print $_ $site->bytes_of(GET => '/gated/a.txt', cookie => $ended, accept => 'text/html') for @held;
my @answers = map { LuciaTest::Reply->parse($site->raw('', socket => $_), 'GET')->status } @held;
is_deeply [grep { $_ != 302 } @answers], [], 'S9.13: after sign-out it is dead in every thread';
my %children = map { $_ => 1 } substr($site->access_log, $log) =~ /pid=(\d+)/g;
cmp_ok scalar(keys %children), '>=', 2, 'S9.13: the answers come from several child processes';

my $revoked = sign_in($site, 'alice');
sqlite($db, 'DELETE FROM user_session WHERE id = ?', row_of($site, $revoked)->{id});
is get('/', $revoked)->status, 302, 'S9.13: one that somebody else deletes is dead';
$site->restart_graceful;
is get('/', $cookie)->status, 200, 'a session survives a restart';

# ---- LuciaSessionTokens plain ----

my %plain = (host => 'plain.example');
my $file = $site->dir . '/db/plain.db';
my $as_is = sign_up($site, 'alice', %plain);
is sqlite_value($file, 'SELECT count(*) FROM user_session WHERE id = ?', $as_is->{value}), 1, 'plain: the table holds the id itself';
is get('/', $as_is, %plain)->status, 200, 'plain: and it is good';
sqlite($file, 'UPDATE user_session SET active_expires = 1000');
is cookie_of(get('/', $as_is, %plain))->{value}, $as_is->{value}, 'plain: an idle session is renewed under its id';
is $site->request(POST => '/logout', cookie => $as_is, origin => 'http://plain.example', %plain)->status, 302, 'plain: signed out';
is count_of($site, 'user_session', $file), 0, 'plain: and gone';
is get('/', 'auth_session=' . 'b' x 40)->status, 302, 'hashed: a value of the table is no id';

# ---- A database that cannot be written now ----

set_times($cookie, active_expires => now() - 1000);
my $holder = locked($db);
my $locked = get('/', $cookie);
is $locked->status, 200, "S9.32: an idle session is valid while the database can't be written";
is cookie_of($locked), undef, 'S9.32: an idle session is not renewed while the database is locked';
my $slow = grep {
    my $start = Time::HiRes::time();
    is get('/', $cookie)->status, 200, "S9.32: the next request is served while the database can't be written";
    Time::HiRes::time() - $start > 1;
} 1 .. 10;
cmp_ok $slow, '<', scalar(my @children = $site->children), 'S9.32: each child process waits for the lock once';
$holder->do('ROLLBACK');
$holder->disconnect;

done_testing;
