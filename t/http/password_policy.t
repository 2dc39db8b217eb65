# SPDX-License-Identifier: Apache-2.0
# New passwords: the block list, words, the username and the site's name; what people and programs are told.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use Digest::SHA ();
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Site;

my $list = LuciaTest::top() . '/conf/common-passwords.txt';
my $site = site(<<"CONF", mount => '/');
ServerName members.wonderland.example
LuciaPasswordLength 8 255
LuciaPasswordBlocklist $list
LuciaPasswordWords "Looking Glass" Jabberwock
<Location /api/signup>
    LuciaErrorCodes On
</Location>
<Location /gated>
    AuthType Lucia
    Require valid-user
</Location>
CONF
my $site_words = 'Password is too similar to the name of this site';

sub refused {
    my ($on, $name, $password, $message, $what) = @_;
    my $reply = $on->request(POST => '/signup', form(username => $name, password => $password));
    is $reply->status . ' ' . (error_in($reply) // ''), "400 $message", $what;
    return $reply;
}

# ---- What is refused ----

my $reply = refused($site, 'alice', 'Password1', 'Password is too common', 'S9.53: a common password in another case is refused');
like $reply->body, qr{id="password-error" role="alert">Password is too common<}, 'the reason stands at the field of the password';
like $reply->body, qr{<input id="username"[^>]* value="alice"}s, 'the username that was typed is kept';
unlike $reply->body, qr/Password1/, 'the refused password is not in the page';
refused($site, 'alice', 'secret1', 'Invalid password', 'a password that is too short is told as ever');
refused($site, 'alice in chains', 'Alice In Chains!', 'Password is too similar to the username', 'S9.53: the username with punctuation is refused');
refused($site, 'alice', 'wonderland2026', $site_words, 'S9.53: a part of the host name with digits is refused');
refused($site, 'alice', 'members.wonderland.example', $site_words, 'S9.53: the host name is refused');
refused($site, 'alice', 'JABBERWOCK!', $site_words, 'S9.53: a word of LuciaPasswordWords is refused');
refused($site, 'alice', 'looking glass', $site_words, 'S9.53: a word with a blank is refused');
$reply = $site->request(POST => '/signup', json({ username => 'alice', password => 'password1' }));
is $reply->body, '{"error":"Password is too common"}', 'JSON tells the reason';
is count_of($site, 'auth_user'), 0, 'refused sign-ups store nothing';
like $site->error_log, qr/event=sign_up result=failure reason=weak_password /, 'the audit line has the reason';

ok sign_up($site, 'alice'), 'a passphrase signs up';
ok sign_up($site, 'bobby', password => 'the jabberwock, with eyes'), 'a passphrase may contain a word';
$reply = refused($site, 'alice', 'password1', 'Password is too common', 'S9.53: a weak password is refused before the name is looked up');

# ---- Codes for programs ----

sub code_is {
    my ($reply, $status, $code, $what) = @_;
    is $reply->status . ' ' . ($reply->json->{code} // 'none'), "$status $code", "S1.24: $what";
    return;
}
for my $case (
    [alice               => 'password1',    'password_too_common'],
    ['alice in chains'   => 'alicE in chains 1', 'password_like_username'],
    [alice               => 'wonderland',   'password_like_site'],
    [alice               => 'short',        'invalid_password'],
    [al                  => $PASSWORD,      'invalid_username'],
    [alice               => $PASSWORD,      'username_taken'],
) {
    my ($name, $password, $code) = @$case;
    code_is $site->request(POST => '/api/signup', json({ username => $name, password => $password })), 400, $code, "the code $code with LuciaErrorCodes";
}
my %codes = (accept => 'text/html;q=0.1, application/json; profile="codes"');
my @wrong = (POST => '/login', json({ username => 'nobody', password => $WRONG }));
code_is $site->request(@wrong, %codes), 400, 'incorrect_username_or_password', 'a code that Accept asks for';
code_is $site->request(@wrong, accept => 'application/json;q=0.5;profile=codes'), 400, 'incorrect_username_or_password', 'a code that Accept asks for without quotes';
code_is $site->request(@wrong, accept => 'application/json; profile=code'), 400, 'none', 'no code with another profile';
is $site->request(@wrong, accept => 'application/json')->body, '{"error":"Incorrect username or password"}', 'S1.24: without being asked for, there is no code';
code_is $site->request(GET => '/api/', %codes), 401, 'unauthorized', 'the code of the profile without a session';
code_is $site->request(GET => '/gated', accept => 'application/json; profile=codes'), 401, 'unauthorized', 'the code of the gate';
code_is $site->request(GET => '/api/login', %codes), 405, 'method_not_allowed', 'the code of another method';
code_is $site->request(@wrong, %codes, headers => { 'Sec-Fetch-Site' => 'cross-site' }), 403, 'cross_site', 'the code of another site';

# ---- luciactl ----

my $ctl = LuciaTest::Ctl->new('--config', $site->conf_file, '--audit-log', $site->dir . '/logs/audit-of-luciactl');
for my $case (
    ['Password1',      qr/the password is too common: it is in the list \Q$list\E/, 'S9.53: luciactl refuses a common password'],
    ['Alice!!!',       qr/the password is too similar to the username/,             'S9.53: luciactl refuses the username'],
    ['jabberwock 1',   qr/too similar to the name of the site, or to one of LuciaPasswordWords/, 'S9.53: luciactl refuses a word'],
    ['wonderland',     qr/too similar to the name of the site/,                     'S9.53: luciactl refuses the name of the site'],
) {
    my ($password, $says, $what) = @$case;
    my $end = $ctl->run('user', 'passwd', 'alice', '--stdin', { stdin => "$password\n" });
    is $end->{status}, 1, $what;
    like $end->{err}, $says, "$what, and says why";
}
is $ctl->run('user', 'passwd', 'alice', '--stdin', { stdin => "down the rabbit hole\n" })->{status}, 0, 'luciactl sets a passphrase';

# ---- Existing passwords ----

my $hash = sqlite_value($site->db, "SELECT hashed_password FROM user_key WHERE id = 'username:bobby'");
$site->stop;
my $sorted = $site->write('lists/hashes', join '', map { "$_\r\n" } sort map { uc(Digest::SHA::sha1_hex($_)) . ':' . length } 'down the rabbit hole', 'off with her head', map { "password $_" } 1 .. 200);
$site->write_config(<<"CONF");
LuciaDatabase sqlite3 \@db\@
$CHEAP_HASH
LuciaMount /
LuciaPasswordBlocklist lists/hashes
CONF
$site->start;
ok sign_in($site, 'alice', password => 'down the rabbit hole'), 'S9.53: an account whose password is in the list now signs in';
refused($site, 'caterpillar', 'Off With Her Head', 'Password is too common', 'S9.54: a password in a list of sorted hashes is refused in another case');
ok sign_up($site, 'caterpillar', password => 'who are you?'), 'S9.54: a password that a list of sorted hashes lacks signs up';

# ---- The list changes while httpd runs ----

unlink $sorted or die $!;
refused($site, 'duchess', 'off with her head', 'Password is too common', 'S9.55: a deleted list counts until httpd is restarted');
$site->stop;
$site->write('lists/hashes', join '', map { "$_\n" } sort map { uc(Digest::SHA::sha1_hex($_)) . ':1' } 1 .. 200);
$site->start;
truncate $sorted, 100 or die $!;
$reply = $site->request(POST => '/signup', form(username => 'duchess', password => 'off with her head'));
is $reply->status, 503, 'S9.55: while a list is cut off, sign-up answers 503';
ok $reply->header('Retry-After'), 'S9.55: while a list is cut off, sign-up answers Retry-After';
like $site->error_log, qr{LUCI0231: LuciaPasswordBlocklist \S+/lists/hashes cannot be read}, 'S9.55: the log names the list';
ok sign_in($site, 'alice', password => 'down the rabbit hole'), 'S9.55: while a list is cut off, sign-in works';

done_testing;
