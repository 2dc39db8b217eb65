# SPDX-License-Identifier: Apache-2.0
# LuciaSignupAttributes: what sign-up asks for besides name and password, what it accepts, and what is stored. S1.37.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $ASKED = "LuciaUserAttributes email display_name phone website\nLuciaSignupAttributes email display_name phone? website?\n";
my $server = site($ASKED . <<'CONF', mount => '/account');
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName plain.test
    LuciaSignupAttributes off
</VirtualHost>
<VirtualHost *>
    ServerName deutsch.test
    LuciaTemplates @templates@
    LuciaLanguages de
</VirtualHost>
CONF
my $db = $server->db;

sub up { my ($fields, %arg) = @_; return $server->request(POST => '/account/signup', form(@$fields), %arg) }
sub up_json { my ($fields, @more) = @_; return $server->request(POST => '/account/api/signup', json($fields), accept => 'application/json', @more) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }

my $reply = $server->request(GET => '/account/signup');
like text_in($reply), qr/ Username .* Password .* Email Display name Phone Website Create account /, 'S1.37: sign-up asks for the attributes, with labels made from their names';
like $reply->body, qr/name="email" type="email" value="" autocomplete="email"\s+required/, 'S1.37: email is asked for as an address, and required';
like $reply->body, qr/name="display_name" type="text" value="" autocomplete="nickname"\s+required/, 'S1.37: a name is asked for as text';
like $reply->body, qr/name="phone" type="tel" value="" autocomplete="tel"\s+>/, 'S1.37: an optional attribute is not required';
like $reply->body, qr/name="website" type="url" value="" autocomplete="url"/, 'S1.37: a website is asked for as a URL';
unlike $reply->body, qr/%%/, 'the page of sign-up has no unfilled places';
$reply = $server->request(GET => '/account/signup', headers => { Host => 'plain.test' });
unlike $reply->body, qr/attribute|email/, 'S1.37: without the directive the page is as before';

$reply = $server->request(GET => '/account/signup', headers => { Host => 'deutsch.test' });
like text_in($reply), qr/ E-Mail Angezeigter Name Telefon Website /, 'S1.37: the labels of known attributes are in the language of the page';

my @good = (username => 'alice', password => $PASSWORD, email => 'alice@example.org', display_name => 'Alice & Co');
for my $case (
    ['no address', [@good[0 .. 3, 6, 7]], 'This field is required'],
    ['blanks for a name', [@good[0 .. 5], display_name => '  '], 'This field is required'],
    ['an address without a domain', [@good[0 .. 3], email => 'alice@', display_name => 'A'], 'Invalid email address'],
    ['two addresses', [@good[0 .. 3], email => 'a@b.c, d@e.f', display_name => 'A'], 'Invalid email address'],
    ['a line break', [@good[0 .. 5], display_name => "A\nB"], 'Invalid value'],
    ['256 characters', [@good[0 .. 5], display_name => 'a' x 256], 'Invalid value'],
    ['letters for a telephone', [@good, phone => 'call me'], 'Invalid telephone number'],
    ['a script for a website', [@good, website => 'javascript:alert(1)'], 'Invalid web address'],
) {
    my ($what, $fields, $message) = @$case;
    is answer(up($fields)), "400 $message", "S1.37: $what answers 400";
    is answer(up_json({@$fields})), "400 $message", "S1.37: $what answers 400 in JSON";
}
is count_of($server, 'auth_user'), 0, 'S1.37: refused sign-ups store nothing';
$reply = up([username => 'alice', password => 'x', @good[4 .. 7], phone => '+49 30 1234']);
is answer($reply), '400 Invalid password', 'a bad password is refused beside good attributes';
like $reply->body, qr/value="alice\@example\.org".*value="Alice &amp; Co".*value="\+49 30 1234"/s, 'S1.37: what was typed is kept after an error';
$reply = up([@good, phone => 'call me', website => 'nowhere']);
like $reply->body, qr/name="phone"[^>]*value="call me"[^>]*aria-invalid="true" aria-describedby="attribute-phone-error"[^>]*autofocus/s, 'S1.37: each error stands at its field, and the first one has the focus';
like $reply->body, qr/id="attribute-website-error" role="alert">Invalid web address</, 'S1.37: the error of the website stands at its field';
unlike $reply->body, qr/\Q$PASSWORD\E/, 'the page repeats no password';

is answer(up([@good, phone => ' +49 30 1234 '])), '302 /account', 'S1.37: sign-up with the attributes leads on';
is_deeply sqlite($db, 'SELECT email, display_name, phone, website FROM auth_user'), [{ email => 'alice@example.org', display_name => 'Alice & Co', phone => '+49 30 1234', website => undef }],
    'S1.37: the attributes are stored without white space at their ends, and an empty one as NULL';
$reply = up_json({ username => 'robert', password => $PASSWORD, email => 'b@example.org', display_name => "J\x{f6}rg" });
is $reply->status, 201, 'S1.37: sign-up in JSON takes the same names';
is $reply->json->{user}{display_name}, "J\x{f6}rg", 'S1.37: the answer has the attributes';
is answer(up(['username', 'alice', @good[2 .. 7]])), '400 Username already taken', 'a taken name is refused beside good attributes';
is $server->request(POST => '/account/signup', form(username => 'plain1', password => $PASSWORD, email => 'x'), headers => { Host => 'plain.test' })->status, 302, 'S1.37: without the directive other fields are ignored';
is sqlite_value($db, "SELECT email FROM auth_user WHERE username = 'plain1'"), undef, 'S1.37: without the directive no attribute is stored';

# ---- A value that must be unique ----

sqlite($db, 'CREATE UNIQUE INDEX one_address ON auth_user (email)');
my @carol = (username => 'carol', password => $PASSWORD, email => 'alice@example.org', display_name => 'Carol');
$reply = up([@carol]);
is answer($reply), '400 Another account has this value already', 'S1.37: a value of another user is refused where the column takes each once';
like $reply->body, qr/value="carol".*name="email"[^>]*value="alice\@example\.org"[^>]*aria-describedby="attribute-email-error"[^>]*autofocus/s, 'S1.37: the error of a taken value stands at its field, and what was typed is kept';
unlike $reply->body, qr/Username already taken/, 'S1.37: a taken value is not told as a taken name';
is answer(up_json({@carol})), '400 Another account has this value already', 'S1.37: a taken value is refused in JSON';
is count_of($server, "auth_user WHERE username = 'carol'"), 0, 'S1.37: a sign-up with a taken value stores nothing';
is answer(up(['username', 'alice', @carol[2 .. 7]])), '400 Username already taken', 'S1.37: a taken name is told before a taken value';
is answer(up([@carol[0 .. 3], email => 'carol@example.org', display_name => 'Alice & Co'])), '302 /account', 'S1.37: other columns take a value twice';

# ---- The configuration ----

for my $case (
    ["LuciaUserAttributes email\nLuciaSignupAttributes email phone\n", qr/LuciaSignupAttributes email phone in \S+:\d+ asks for "phone", which is not a column of LuciaUserAttributes email in \S+:\d+/],
    ["LuciaUserAttributes email\nLuciaSignupAttributes username\n", qr/LuciaSignupAttributes: "username" is not allowed/],
    ["LuciaUserAttributes email\nLuciaSignupAttributes email email?\n", qr/LuciaSignupAttributes: "email email\?" is not allowed/],
    ["LuciaSignupAttributes password\n", qr/LuciaSignupAttributes: "password" is not allowed/],
) {
    my ($lines, $message) = @$case;
    my ($status, $said) = $server->configtest("LuciaDatabase sqlite3 \@db\@\nLuciaMount /\n$lines");
    like $said, $message, "S1.37: httpd does not start with $lines" =~ s/\n/; /gr;
}
done_testing;
