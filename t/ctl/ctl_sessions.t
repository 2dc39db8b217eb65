# SPDX-License-Identifier: Apache-2.0
# What luciactl does, as a site sees it that runs meanwhile, on each engine: administrators, disabled users, new passwords
# and names, sessions that somebody ended elsewhere.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use Digest::SHA ();
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Site;

LuciaTest::only_files('this runs on all engines anyway');

my $CONFIG = <<"CONF";
$CHEAP_HASH
LuciaMount /
LuciaUserAttributes username role
LuciaSessionCacheTTL 1s
<Location /vault>
AuthType Lucia
Require valid-user
</Location>
<Location /vault/admin>
Require lucia-attribute role admin
</Location>
CONF

my ($ctl, $server);

sub gate { my ($cookie, $path) = @_; return $server->request(GET => $path // '/vault/a.txt', cookie => $cookie)->status }

# A script passes passwords without an option.
sub check_piped {
    my $end = $ctl->run('user', 'add', 'piped', { stdin => "open sesame\nnext line\n" });
    is $end->{status}, 0, 'S7.4: user add reads the password from a standard input that is no terminal' or diag $end->{err};
    is try_sign_in('piped', 'open sesame'), 302, 'S7.4: the first line of standard input is the password';
    is $ctl->run('user', 'passwd', 'piped', { stdin => "another one\r\n" })->{status}, 0, 'S7.4: user passwd reads the password from a standard input that is no terminal';
    is try_sign_in('piped', 'another one'), 302, 'S7.4: the end of the line is not part of the password';
    is $ctl->run('key', 'add', 'piped', 'second', { stdin => 'a third one' })->{status}, 0, 'S7.4: key add reads the password from a standard input that is no terminal';
    is try_sign_in('second', 'a third one'), 302, 'S7.4: a line without an end is a password';
    $ctl->does('user', 'delete', 'piped', '--yes');
    return;
}

# Within the cache's time, and a busy machine's.
sub becomes { my ($cookie, $status) = @_; return wait_until(sub { gate($cookie) == $status }, 20) }

sub try_sign_in {
    my ($name, $password) = @_;
    return $server->request(POST => '/login', form(username => $name, password => $password))->status;
}

sub tag { my ($cookie) = @_; return substr Digest::SHA::sha256_hex($cookie->{value}), 0, 12 }

sub check_administrator {
    is $ctl->run('user', 'add', 'alice', '--attribute', 'role=admin', '--stdin', { stdin => "$PASSWORD\n" })->{status}, 0, 'an administrator is added';
    my $alice = sign_in($server, 'alice');
    is gate($alice, '/vault/admin/b.txt'), 200, 'an administrator signs in and passes the rule';
    my $eve = sign_up($server, 'eveline');
    is gate($eve, '/vault/admin/b.txt'), 403, 'others are not';
    $ctl->does('user', 'set', 'eveline', '--attribute', 'role=admin');
    ok wait_until(sub { gate($eve, '/vault/admin/b.txt') == 200 }, 20), 'until they become one';
    return;
}

sub check_sessions {
    my ($engine, $database) = @_;
    my @cookies = map { sign_in($server, 'alice', headers => { 'User-Agent' => "Browser $_" }) } 1 .. 3;
    is gate($_), 200, 'a fresh session is let in' for @cookies;
    $engine->query_in($database, "UPDATE user_session SET user_agent = REPLACE(user_agent, 'Browser', ?)", "\e[31mBrowser");
    my $text = $ctl->does('session', 'list', 'alice');
    unlike $text, qr/\e/, 'the table holds no escape sequence';
    ok index($text, $_->{value}) < 0 && index($text, Digest::SHA::sha256_hex($_->{value})) < 0, 'session list shows no session id' for @cookies;
    my %listed = map { $_->{session} => $_ } @{ $ctl->json('session', 'list', 'alice') };
    my $first = $listed{ tag($cookies[0]) };
    is_deeply [@$first{qw(username state address)}], ['alice', 'active', '127.0.0.1'], 'the list knows whose it is and from where';
    like $first->{userAgent}, qr/Browser 1$/, 'session list shows the browser';
    like $first->{$_}, qr/^20\d\d-\d\d-\d\dT[\d:.]+Z$/, $_ for qw(createdAt lastSeen activePeriodExpiresAt idlePeriodExpiresAt);
    cmp_ok scalar(@{ $ctl->json('session', 'list') }), '>', scalar(keys %listed), 'everybody has more of them';
    is $ctl->status('session', 'revoke', 'ffff' . 'f' x 8), 1, 'one that is not there: 1';
    is $ctl->status('session', 'revoke', $cookies[0]{value}), 2, 'an id is not what is wanted';
    is_deeply $ctl->json('session', 'revoke', tag($cookies[0])), { ended => 1 }, 'one is ended';
    ok becomes($cookies[0], 401), 'a revoked session is refused';
    is gate($cookies[1]), 200, 'another one does';
    like $ctl->audit, qr/event=session_revoke result=ok .*session=${\tag($cookies[0])}/, 'the audit log contains the revoked session';
    like $ctl->does('session', 'revoke', '--user', 'alice'), qr/^\d+ sessions were ended\.$/, 'all of a user';
    ok becomes($_, 401), 'revoke-all ends each session of the user' for @cookies;
    is_deeply $ctl->json('session', 'list', 'alice'), [], 'session list is empty after revoke-all';
    return;
}

sub check_disabling {
    my $cookie = sign_in($server, 'alice');
    is gate($cookie), 200, 'an enabled user is let in';
    $ctl->does('user', 'disable', 'alice');
    ok becomes($cookie, 401), 'is nobody when disabled';
    is try_sign_in('alice', $PASSWORD), 400, 'a disabled user does not sign in';
    $ctl->does('user', 'enable', 'alice');
    ok becomes($cookie, 200), 'the session of a user who is enabled again is let in';
    $ctl->does('user', 'expire', 'alice', '2001-01-01');
    ok becomes($cookie, 401), 'the session of a user whose date has passed is refused';
    is try_sign_in('alice', $PASSWORD), 400, 'a user whose date has passed does not sign in';
    $ctl->does('user', 'expire', 'alice', 'never');
    ok becomes($cookie, 200), 'the session of a user without a date is let in again';
    $ctl->does('user', 'disable', 'alice', '--end-sessions');
    $ctl->does('user', 'enable', 'alice');
    ok becomes($cookie, 401), 'unless the sessions were ended';
    return;
}

sub check_passwords {
    my $cookie = sign_in($server, 'alice');
    my $end = $ctl->run('user', 'passwd', 'alice', '--stdin', { stdin => "m\xc3\xbcller's new one\n" });
    like $end->{out}, qr/^alice has a new password; 1 session was ended\.$/, 'a new password ends the session';
    ok becomes($cookie, 401), 'the site refuses the session that the new password ended';
    is try_sign_in('alice', $PASSWORD), 400, 'the old one is wrong';
    $cookie = sign_in($server, 'alice', password => "m\xc3\xbcller's new one");
    is $ctl->run('user', 'passwd', 'alice', '--keep-sessions', '--stdin', { stdin => "$PASSWORD\n" })->{out}, "alice has a new password.\n", 'passwd --keep-sessions sets another password';
    is scalar(@{ $ctl->json('session', 'list', 'alice') }), 1, 'passwd --keep-sessions keeps the session';
    $ctl->does('user', 'rename', 'alice', 'Amelie');
    is try_sign_in('alice', $PASSWORD), 400, 'the old name is gone';
    ok sign_in($server, 'aMELIE'), 'the new one opens';
    return;
}

sub check_the_end {
    my $cookie = sign_in($server, 'amelie');
    $ctl->does('user', 'delete', 'amelie', '--yes');
    ok becomes($cookie, 401), 'the session of a deleted user is refused';
    is try_sign_in('amelie', $PASSWORD), 400, 'a deleted user does not sign in';
    my @cookies = map { sign_up($server, "somebody$_") } 1 .. 3;
    is $ctl->status('session', 'revoke-all'), 2, 'revoke-all without a user ends with 2';
    like $ctl->does('session', 'revoke-all', 'somebody1'), qr/^1 session was ended/, "revoke-all USER ends the sessions of that user";
    like $ctl->does('session', 'revoke-all', '--everybody', '--yes'), qr/^[3-9] sessions were ended/, "revoke-all --everybody ends all sessions";
    ok becomes($_, 401), 'nobody is signed in' for @cookies;
    is_deeply $ctl->json('session', 'list', '--dead'), [], 'revoke-all leaves no row of a session';
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    subtest $engine->kind => sub {
        my $database = $engine->create;
        $ctl = LuciaTest::Ctl->of($engine, $database, '--attributes', 'role');
        $ctl->does('init');    # root's file would be closed to httpd
        $server = LuciaTest::Server->new(config => $engine->line($database) . "\nLuciaCreateSchema Off\n$CONFIG",
            files => { 'htdocs/vault/a.txt' => 'inside', 'htdocs/vault/admin/b.txt' => 'further' });
        subtest 'an administrator' => \&check_administrator;
        subtest 'sessions'         => sub { check_sessions($engine, $database) };
        subtest 'disabling'        => \&check_disabling;
        subtest 'passwords'        => \&check_passwords;
        subtest 'piped'            => \&check_piped;
        subtest 'the end'          => \&check_the_end;
        $server = undef;
    };
}

done_testing;
