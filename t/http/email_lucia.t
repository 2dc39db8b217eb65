# SPDX-License-Identifier: Apache-2.0
# A database that an application has after Lucia's guide "Email authentication with verification links", moved with the lines of
# doc/lucia.md: people sign in with address and password as before. S1.90, S4.35.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Mail;
use LuciaTest::Site qw(site sign_up error_in $CHEAP_HASH);

# As doc/lucia.md says for each engine.
sub joined { my ($text, $of) = @_; return LuciaTest::engine()->driver eq 'mysql' ? "CONCAT('$text', $of)" : "'$text' || $of" }

# What Lucia v2 stores of the password.
my $donor = site('LuciaPasswordHash lucia-scrypt');
sign_up($donor, 'donor');
my $hash = sqlite_value($donor->db, 'SELECT hashed_password FROM user_key');
like $hash, qr/^s2:/, 'the hash is one of Lucia v2';

my $mail = LuciaTest::Mail->new;
my $server = LuciaTest::Server->new(start => 0, files => { 'htdocs/vault/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaUsernameLength 4 255\n"
    . "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaEmail required\n" . VAULT);
my $db = $server->db;
sqlite($db, $_) for
    'CREATE TABLE auth_user (id VARCHAR(15) NOT NULL PRIMARY KEY, email VARCHAR(255) UNIQUE, email_verified INTEGER)',
    'CREATE TABLE user_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL REFERENCES auth_user(id), hashed_password VARCHAR(255))',
    'CREATE TABLE user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL REFERENCES auth_user(id), active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL)',
    q{INSERT INTO auth_user VALUES ('aaaaaaaaaaaaaaa', 'anna@example.org', 1), ('bbbbbbbbbbbbbbb', 'bert@example.org', 0)};
sqlite($db, 'INSERT INTO user_key SELECT ' . joined('email:', 'email') . ', id, ? FROM auth_user', $hash);
my ($lines) = LuciaTest::Server::slurp('doc/lucia.md') =~ /### Accounts of such an application.*?\n\n((?:    [^\n]*\n)+)/s or die 'no lines in doc/lucia.md';
sqlite($db, $_) for grep { /\S/ } split /;/, $lines =~ s/'(username:)' \|\| (substr\(id, 7\))/joined($1, $2)/er;
LuciaTest::give($db);
$server->start;

sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub login { my ($name) = @_; return $server->request(POST => '/account/login', form(username => $name, password => $PASSWORD)) }

my $reply = login('Anna@example.org');
is answer($reply), '302 /account', 'S1.90: after the move, a verified address signs in with the password of before';
is_served($server->request(GET => '/vault/a.txt', cookie => cookie_of($reply)), 'after the move, the account of a verified address opens the gate');
is_deeply sqlite($db, q{SELECT id FROM user_key WHERE user_id = 'aaaaaaaaaaaaaaa' ORDER BY id}), [{ id => 'email:anna@example.org' }, { id => 'username:anna@example.org' }], 'after the move, the address has its key beside that of the name';
$reply = login('bert@example.org');
is answer($reply), '302 /account/email', 'S4.35: after the move, a user whose address was not verified signs in, and is asked to verify it';
is $server->request(GET => '/vault/a.txt', script(), cookie => cookie_of($reply))->status, 403, 'S4.35: after the move, that user opens no gate';
is $server->request(POST => '/account/email', form(resend => 1), cookie => cookie_of($reply), origin => 1)->status, 303, 'after the move, that user asks for a link';
my ($got);
wait_until(sub { ($got) = $mail->mails }, 60) or die 'no mail';
my ($token) = $got->{text} =~ /token=(\w{32})/;
is $server->request(POST => '/account/verify', form(token => $token))->status, 200, 'after the move, the link verifies the address';
is_served($server->request(GET => '/vault/a.txt', cookie => cookie_of($reply)), 'after the move, the verified user opens the gate');
is answer($server->request(POST => '/account/signup', form(username => 'carla', password => $PASSWORD, email => 'anna@example.org'))), '302 /account/email', 'S1.92: after the move, the address of another account is answered as any other';
my $checked = LuciaTest::Ctl->new('--config', $server->conf_file)->run('check')->{out};
unlike $checked, qr/without its key|email:/, 'after the move, luciactl check finds no address that does not fit its key' or diag $checked;

done_testing;
