# SPDX-License-Identifier: Apache-2.0
# Two nodes and one row, on every engine: a session that both renew, that one ends while the other renews it, a user who is
# deleted, disabled or given another password while signing in (t/unit/auth/auth_races.c does that hundreds of times), the last use of
# an invitation that two sign-ups take, and the order of a mail that two sign-ups make. Somebody else holds the rows until both nodes are at it.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use Digest::SHA 'sha256_hex';
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Sqlite;
use LuciaTest::Gate ();
use LuciaTest::Site;
use Time::HiRes 'time';
use Time::Local 'timegm';

LuciaTest::only_files('this runs on all engines anyway');

my $CONFIG = "$CHEAP_HASH\nLuciaMount /\nLuciaSessionCache off\n<Location /vault>\nAuthType Lucia\nRequire valid-user\n</Location>\n"
    . "<Location /invited>\nSetHandler luciauth-signup\nLuciaSignup invite\n</Location>\n<Location /approved>\nSetHandler luciauth-signup\nLuciaSignup approval\n</Location>\n"
    . "LuciaMail smtp://127.0.0.1:9\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL http://example.org\nLuciaApprovalMail admins\@example.com\n";

# Two nodes on one database; what is held of it and looked at.
sub two_nodes {
    my ($class) = @_;
    my $is_file = $class eq 'LuciaTest::Sqlite';
    my $engine = $is_file ? $class->new : $class->shared;
    my $dir = $is_file && LuciaTest::work_dir('nodes');
    LuciaTest::give("$dir") if $dir;
    my $database = $is_file ? "$dir/two.db" : $engine->create;
    my @nodes = map { LuciaTest::Server->new(config => $engine->line($database) . "\n$CONFIG", files => { 'htdocs/vault/a.txt' => 'inside' }) } 1 .. 2;
    return { engine => $engine, database => $database, nodes => \@nodes, dir => $dir, is_file => $is_file };
}

sub value { my ($site, @query) = @_; return $site->{engine}->value_in($site->{database}, @query) }
sub vault { my ($node, $cookie) = @_; return $node->request(GET => '/vault/a.txt', cookie => $cookie) }
sub id_of { my ($cookie) = @_; return sha256_hex($cookie->{value}) }

# A session whose active time is over.
sub idle_session {
    my ($site, $name) = @_;
    my $cookie = sign_up($site->{nodes}[0], $name);
    my $now = int(time * 1000);
    $site->{engine}->query_in($site->{database}, 'UPDATE user_session SET active_expires = ?, idle_expires = ? WHERE id = ?',
        $now - 1000, $now + 60_000, id_of($cookie));
    return $cookie;
}

# Begins a transaction of somebody else's.
sub hold {
    my ($site, @statement) = @_;
    my $handle = $site->{engine}->connect($site->{database});
    $handle->do($site->{is_file} ? 'BEGIN IMMEDIATE' : 'BEGIN');
    $handle->do(ref $_ ? ($_->[0], undef, @$_[1 .. $#$_]) : $_) for @statement;
    return $handle;
}

# How many wait for a lock. MariaDB's own list of those stays as it is for whoever looks often; there it's who takes his time over
# writing. A file's driver does not show it: there whoever asks finds the lock, or comes after it.
my %waiting = (
    pgsql => q{SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND wait_event_type = 'Lock'},
    mysql => q{SELECT count(*) FROM information_schema.processlist WHERE db = ? AND command = 'Execute' AND time_ms > 20 }
        . q{AND info REGEXP '^(INSERT|UPDATE|DELETE)|FOR UPDATE$'},
);

sub wait_for {
    my ($site, $count) = @_;
    return if $site->{is_file};
    ok wait_until(sub { value($site, $waiting{ $site->{engine}->driver }, $site->{database}) >= $count }, 5), "$count at the same row";
    return;
}

sub send_to {
    my ($node, $method, $path, %arg) = @_;
    my $socket = $node->connect;
    syswrite $socket, $node->bytes_of($method => $path, %arg);
    return { node => $node, socket => $socket, method => $method };
}

sub reply_to { my ($sent) = @_; return LuciaTest::Reply->parse($sent->{node}->raw('', socket => $sent->{socket}), $sent->{method}) }

sub release { my ($handle, $end) = @_; $handle->do($end); $handle->disconnect; return }

sub seconds_of {
    my ($cookie) = @_;
    my %month = map { (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$_] => $_ } 0 .. 11;
    my ($day, $month, $year, $h, $m, $s) = $cookie->{attributes}{expires} =~ /(\d+)[ -](\w+)[ -](\d+) (\d+):(\d+):(\d+)/ or return;
    return timegm($s, $m, $h, $day, $month{$month}, $year);
}

sub check_two_renew {
    my ($site) = @_;
    my $cookie = idle_session($site, 'alice');
    my $holder = hold($site, ['UPDATE user_session SET user_id = user_id WHERE id = ?', id_of($cookie)], ['SELECT id FROM user_session WHERE id = ?'
        . ($site->{is_file} ? '' : ' FOR UPDATE'), id_of($cookie)]);
    my @sent = map { send_to($_, GET => '/vault/a.txt', cookie => $cookie) } @{ $site->{nodes} };
    wait_for($site, 2);
    release($holder, 'ROLLBACK');
    my @replies = map { reply_to($_) } @sent;
    is $_->status, 200, 'both are served' for @replies;
    my @cookies = map { set_cookies($_) } @replies;
    is scalar(@cookies), 1, 'one of them has the new cookie';
    my $idle = value($site, 'SELECT idle_expires FROM user_session WHERE id = ?', id_of($cookie));
    cmp_ok $idle, '>', time * 1000 + 86_400_000, 'the row is renewed';
    is seconds_of($cookies[0]), int($idle / 1000), 'the renewed cookie has the time of the row';
    is $cookies[0]{value}, $cookie->{value}, 'the renewed cookie has the same id';
    is vault($_, $cookie)->status, 200, 'each node accepts the renewed session' for @{ $site->{nodes} };
    return;
}

# Sign-out waits behind the renewal, or before it; or whoever holds the row ends it.
sub check_ended_meanwhile {
    my ($site, $name, @order) = @_;
    my ($first, $second) = @{ $site->{nodes} };
    my $cookie = idle_session($site, $name);
    my %send = (
        renewal => sub { send_to($first, GET => '/vault/a.txt', cookie => $cookie) },
        'sign-out' => sub { send_to($second, POST => '/logout', form(), cookie => $cookie, origin => $second->origin) },
    );
    my $ends = @order == 1;
    my $holder = hold($site, $ends ? ['DELETE FROM user_session WHERE id = ?', id_of($cookie)]
        : ['UPDATE user_session SET idle_expires = idle_expires + 1 WHERE id = ?', id_of($cookie)]);
    my %sent;
    for my $at (0 .. $#order) {
        $sent{ $order[$at] } = $send{ $order[$at] }->();
        wait_for($site, $at + 1);
    }
    release($holder, $ends ? 'COMMIT' : 'ROLLBACK');
    my %reply = map { $_ => reply_to($sent{$_}) } @order;
    like $reply{renewal}->status, qr/^(?:200|401)$/, 'a request before the end of the session is served or refused';
    is $reply{'sign-out'}->status, 302, 'sign-out is done' if !$ends;
    is value($site, 'SELECT count(*) FROM user_session WHERE id = ?', id_of($cookie)), 0, 'the session is gone';
    is vault($_, $cookie)->status, 401, 'the signed-out session stays refused on each node' for $first, $second, $first;
    is value($site, 'SELECT count(*) FROM user_session WHERE id = ?', id_of($cookie)), 0, 'the signed-out session has no row';
    return;
}

sub check_deleted_while_signing_in {
    my ($site) = @_;
    my $node = $site->{nodes}[0];
    sign_up($node, 'carla');
    my $id = value($site, "SELECT id FROM auth_user WHERE username = 'carla'");
    my $holder = hold($site, map { ["DELETE FROM $_->[0] WHERE $_->[1] = ?", $id] } ['user_session', 'user_id'], ['user_key', 'user_id'], ['auth_user', 'id']);
    my $sent = send_to($node, POST => '/login', form(username => 'carla', password => $PASSWORD));
    wait_for($site, 1);
    release($holder, 'COMMIT');
    my $reply = reply_to($sent);
    is $reply->status, 400, 'a user deleted during the sign-in is not signed in' or diag $reply->head;
    is error_in($reply), 'Incorrect username or password', 'a user deleted during the sign-in gets the usual message';
    is scalar(set_cookies($reply)), 0, 'a user deleted during the sign-in gets no cookie';
    is value($site, "SELECT count(*) FROM $_"), 0, "no row in $_" for map { "$_ WHERE user_id = '$id'" } qw(user_session user_key);
    is error_in($node->request(POST => '/login', form(username => 'carla', password => $PASSWORD))), 'Incorrect username or password', 'a sign-in after the deletion gets the usual message';
    sign_up($node, 'carla');
    pass 'the name is free';
    return;
}

# As luciactl does it: the account is changed, and the sessions that are there end.
sub check_changed_while_signing_in {
    my ($site, $name, @change) = @_;
    my $node = $site->{nodes}[0];
    sign_up($node, $name);
    my $id = value($site, 'SELECT id FROM auth_user WHERE username = ?', $name);
    my $holder = hold($site, ['UPDATE auth_user SET username = username WHERE id = ?', $id], [@change, $id],
        ['DELETE FROM user_session WHERE user_id = ?', $id]);
    my $sent = send_to($node, POST => '/login', form(username => $name, password => $PASSWORD));
    wait_for($site, 1);
    release($holder, 'COMMIT');
    my $reply = reply_to($sent);
    is $reply->status, 400, 'a sign-in with what is right no more is refused' or diag $reply->head;
    is error_in($reply), 'Incorrect username or password', 'a password changed during the sign-in gets the usual message';
    is scalar(set_cookies($reply)), 0, 'a password changed during the sign-in gives no cookie';
    is value($site, 'SELECT count(*) FROM user_session WHERE user_id = ?', $id), 0, 'no session is left';
    return;
}

# Both have found the invitation before one of them takes its use.
sub check_last_use {
    my ($site) = @_;
    my $ctl = LuciaTest::Ctl->of($site->{engine}, $site->{database});
    my ($token) = $ctl->json('invite', 'add', '--url', 'http://localhost/invited')->{url} =~ /invite=(\w+)/;
    my $users = value($site, 'SELECT count(*) FROM auth_user');
    my $holder = hold($site, ['UPDATE auth_user_invitation SET created_at = created_at + 1 WHERE id = ?', sha256_hex($token)]);
    my @sent = map { send_to($site->{nodes}[$_], POST => '/invited', form(username => "hanna$_", password => $PASSWORD, invite => $token)) } 0, 1;
    wait_for($site, 2);
    release($holder, 'ROLLBACK');
    my @replies = map { reply_to($_) } @sent;
    is join(' ', sort map { $_->status } @replies), '302 400', 'S1.72: of two sign-ups with the last use of an invitation, one succeeds';
    like error_in((grep { $_->status == 400 } @replies)[0]), qr/This invitation is not valid/, 'S1.72: the other is told that the invitation is not valid';
    is value($site, 'SELECT count(*) FROM auth_user') - $users, 1, 'S1.72: two sign-ups with the last use of an invitation make one account';
    is value($site, 'SELECT uses FROM auth_user_invitation'), 0, 'S1.72: the invitation has no use left, and no debt';
    return;
}

# Both order the mail about those who wait, whose row has one id.
sub check_one_order {
    my ($site, $name, $end) = @_;
    my $queue = 'auth_user_mail';
    my $quarter = int(time / 900);
    my @ids = map { substr sha256_hex("approval\nadmins\@example.com\n$_"), 0, 25 } $quarter, $quarter + 1;
    $site->{engine}->query_in($site->{database}, "DELETE FROM $queue");
    my $holder = hold($site, map { ["INSERT INTO $queue (id, kind, name, address, created_at, expires_at, next_try, tries, claimed_until, handed_over) VALUES (?, 'approval', '', 'a\@example.com', 1, 9999999999999, 9999999999999, 0, 0, 0)", $_] } @ids);
    my @sent = map { send_to($site->{nodes}[$_], POST => '/approved', form(username => "$name$_", password => $PASSWORD)) } 0, 1;
    wait_for($site, 2);
    release($holder, $end);
    is reply_to($_)->status, 200, 'S1.75: a sign-up whose mail another one orders at the same moment makes an account' for @sent;
    is value($site, "SELECT count(*) FROM auth_user WHERE username LIKE '$name%' AND disabled = 2"), 2, 'S1.75: both accounts wait';
    my $orders = value($site, "SELECT count(*) FROM $queue");
    ok $end eq 'COMMIT' ? $orders == 2 : $orders >= 1 && $orders <= 1 + int(time / 900) - $quarter, 'S1.75: two sign-ups at the same moment order one mail' or diag $orders;
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->can('driver')->() => sub {
        my $site = two_nodes($class);
        subtest 'two renew'                         => sub { check_two_renew($site) };
        subtest 'sign-out waits behind the renewal' => sub { check_ended_meanwhile($site, 'bobby', 'renewal', 'sign-out') };
        subtest 'the renewal waits behind sign-out' => sub { check_ended_meanwhile($site, 'dora', 'sign-out', 'renewal') };
        subtest 'ended by whoever holds the row'    => sub { check_ended_meanwhile($site, 'emma', 'renewal') };
        subtest 'deleted while signing in'          => sub { check_deleted_while_signing_in($site) };
        subtest 'another password meanwhile' => sub {
            check_changed_while_signing_in($site, 'frida', "UPDATE user_key SET hashed_password = 'x' WHERE user_id = ?");
        };
        subtest 'disabled meanwhile' => sub { check_changed_while_signing_in($site, 'gerda', 'UPDATE auth_user SET disabled = 1 WHERE id = ?') };
        subtest 'the last use of an invitation'     => sub { check_last_use($site) };
        subtest 'a mail that another one orders'    => sub { check_one_order($site, 'irene', 'COMMIT') };
        subtest 'a mail that another one does not order after all' => sub { check_one_order($site, 'julia', 'ROLLBACK') };
        is $site->{engine}->sound($site->{database}), 'ok', 'the database is sound';
        unlike $_->error_log, qr/LUCI0306/, 'nothing was put off' or diag $_->error_log for @{ $site->{nodes} };
    };
}

done_testing;
