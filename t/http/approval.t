# SPDX-License-Identifier: Apache-2.0
# LuciaSignup approval: accounts that wait, what they are told, and how they are approved, on each engine. S1.73.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Site;
use IO::Socket::INET ();
use MIME::Base64 qw(encode_base64);

LuciaTest::only_files('this runs on all engines anyway');

# A mail server that says nothing; what this looks at are the orders.
my $silent = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
my $MAIL = 'LuciaMail smtp://127.0.0.1:' . $silent->sockport . "\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL http://example.org\nLuciaApprovalMail admins\@example.com\n";
my ($ctl, $server, $engine, $database);

sub up { my ($name, %arg) = @_; return $server->request(POST => '/signup', form(username => $name, password => delete $arg{password} // $PASSWORD), %arg) }
sub in { my ($name, $password) = @_; return $server->request(POST => '/login', form(username => $name, password => $password // $PASSWORD)) }
sub api { my ($path, $name) = @_; return $server->request(POST => "/api/$path", json({ username => $name, password => $PASSWORD }), headers => { Accept => 'application/json' }) }
sub basic { my ($name) = @_; return $server->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:$PASSWORD", '') })->status }
sub waiting { return [map { $_->{username} } @{ $ctl->json('user', 'list', '--waiting') }] }
sub value { return $engine->value_in($database, @_) }

sub check_sign_up {
    my $quarter = int(time / 900);
    my $reply = up('alice');
    is $reply->status, 200, 'S1.73: sign-up answers with a page';
    like text_in($reply), qr/Your account is waiting for approval.*It was made for alice/s, 'S1.73: the page says that the account waits';
    ok !(grep { $_->{name} eq 'auth_session' } set_cookies($reply)), 'S1.73: sign-up sets no session cookie';
    is value('SELECT count(*) FROM user_session'), 0, 'S1.73: there is no session';
    is value('SELECT disabled FROM auth_user'), 2, 'S1.73: the row is disabled by a date that has passed';
    $reply = api('signup', 'bertha');
    is $reply->status, 202, 'S1.73: JSON answers 202';
    is_deeply $reply->json, { username => 'bertha', waiting => JSON::PP::true() }, 'S1.73: JSON says that the account waits';
    my $orders = value(q{SELECT count(*) FROM auth_user_mail WHERE kind = 'approval' AND address = 'admins@example.com'});
    ok $orders >= 1 && $orders <= 1 + int(time / 900) - $quarter, 'S1.75: two sign-ups of a quarter of an hour are one mail' or diag $orders;
    is up('alice')->status, 400, 'S1.73: a program that signs up twice is told that the name is taken';
    my @click = (headers => { 'Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Mode' => 'navigate' }, origin => 1);
    is up('alice', @click)->status, 200, 'S1.73: the same form again, as by a double click, has the same answer';
    is up('alice', @click, password => $WRONG)->status, 400, 'S1.73: with another password the name is taken';
    return;
}

sub check_waiting {
    like error_in(in('alice')), qr/^This account is waiting for approval$/, 'S1.73: sign-in with the right password says that the account waits';
    is in('alice')->status, 400, 'S1.73: sign-in answers 400';
    is error_in(in('alice', $WRONG)), error_in(in('nobody1', $WRONG)), 'S1.73: a wrong password is answered as that of any account';
    is api('login', 'alice')->json->{error}, 'This account is waiting for approval', 'S1.73: a sign-in in JSON with the right password says that the account waits';
    isnt basic('alice'), 200, 'S1.73: Basic does not admit an account that waits';
    is_deeply waiting(), ['alice', 'bertha'], 'user list --waiting lists those who wait';
    is $ctl->json('user', 'show', 'alice')->{expiresAt}, undef, 'user show has no date of an account that waits';
    is $ctl->status('user', 'expire', 'alice', $_), 1, "user expire $_ of an account that waits ends with 1" for '2099-01-01', 'never';
    is $ctl->status('user', 'reset', 'alice', '--url', 'http://localhost/reset'), 1, 'user reset of an account that waits ends with 1';
    my ($line) = grep { /"alice"/ } split /^/, $ctl->does('export', '--with-hashes');
    $ctl->does('user', 'delete', 'alice', '--yes');
    $ctl->does('import', '-', { stdin => $line });
    is_deeply waiting(), ['alice', 'bertha'], 'S1.73: an account still waits after export and import';
    return;
}

sub check_approval {
    $engine->query_in($database, "UPDATE auth_user SET email = 'alice\@example.com' WHERE username = 'alice'");
    like $ctl->does('user', 'approve', 'alice'), qr/^alice is approved, and can sign in\.$/, 'user approve says what it did';
    is_deeply waiting(), ['bertha'], 'an approved user waits no more';
    is value(q{SELECT count(*) FROM auth_user_mail WHERE kind = 'approved' AND name = 'alice'}), 1, 'S1.76: the approval of a user with an address is a mail';
    is value(q{SELECT count(*) FROM auth_user_mail WHERE kind = 'approved'}), 1, 'S1.76: there is a mail about no other user';
    is in('alice')->status, 302, 'S1.73: an approved user signs in';
    is basic('alice'), 200, 'S1.73: Basic admits an approved user';
    is $ctl->status('user', 'approve', 'alice'), 1, 'user approve of an approved user ends with 1';
    $ctl->does('user', 'disable', 'bertha');
    is error_in(in('bertha')), error_in(in('nobody1')), 'S1.73: a disabled user is told nothing about approval';
    is $ctl->status('user', 'approve', 'bertha'), 1, 'user approve of a disabled user ends with 1';
    like $ctl->audit, qr/event=user_approve result=ok .* account=alice$/m, 'the audit log has user approve';
    $engine->query_in($database, 'ALTER TABLE auth_user DROP COLUMN disabled');

    is up('carla')->status, 503, 'S1.73: without the column disabled, sign-up answers 503';
    is value("SELECT count(*) FROM auth_user WHERE username = 'carla'"), 0, 'S1.73: without the column disabled, no account is made';
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    $engine = $class->shared;
    subtest $engine->kind => sub {
        $database = $engine->create;
        $server = LuciaTest::Server->new(files => { 'htdocs/basic/a.txt' => SECRET },
            config => $engine->line($database) . "\n$CHEAP_HASH\nLuciaMount /\nLuciaSignup approval\nLuciaCreateSchema On\nLuciaUserAttributes email\nLuciaSignupAttributes off\n${MAIL}LuciaTemplates \@templates\@\n" . BASIC);
        $ctl = LuciaTest::Ctl->of($engine, $database, '--attributes', 'email');
        check_sign_up();
        check_waiting();
        check_approval();
    };
}
done_testing;
