# SPDX-License-Identifier: Apache-2.0
# The profile: the page, the object, visitors.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $site = site(<<'CONF', files => { 'db/.keep' => '' });
LuciaSessionCache off
LuciaUserAttributes username email nick
CONF
my $cookie = sign_up($site, 'Alice');
my $user = sqlite($site->db, 'SELECT * FROM auth_user')->[0];

# ---- The page ----

my $reply = $site->request(GET => '/', cookie => $cookie);
is $reply->status, 200, 'a signed-in visitor gets the page';
like $reply->type, qr{^text/html; charset=utf-8$}, 'the profile is HTML in UTF-8';
like text_in($reply), qr/User id: $user->{id} /, 'the profile shows the user id';
like text_in($reply), qr/Username: Alice /, 'the profile shows the username as it was typed';
like $reply->body, qr{<form method="post" action="/logout">\s*<button type="submit">}, 'the profile has a sign-out form';
unlike $reply->body, qr/<script/i, 'the profile has no script';
is cookie_of($reply), undef, 'an active session sends no cookie again';
my $head = $site->request(HEAD => '/', cookie => $cookie);
is $head->status, 200, 'HEAD of the profile answers 200';
is $head->header('Content-Length'), length $reply->body, 'HEAD of the profile has the length of GET';

my $svg = '"><svg onload=alert(1)>';
my $nasty = sign_up($site, $svg);
$reply = $site->request(GET => '/', cookie => $nasty);
like $reply->body, qr{Username: <bdi>&quot;&gt;&lt;svg onload=alert\(1\)&gt;</bdi><}, 'S9.22: a name full of markup is escaped';
unlike $reply->body, qr/<svg onload/, 'S9.22: a name full of markup adds no markup to the page';

# ---- The object ----

sqlite($site->db, 'UPDATE auth_user SET email = ? WHERE id = ?', 'alice@example.org', $user->{id});
for my $accept ('application/json', 'application/json, text/html;q=0.9') {
    $reply = $site->request(GET => '/', cookie => $cookie, accept => $accept);
    is $reply->status, 200, "Accept: $accept";
    like $reply->type, qr{^application/json}, 'the profile that accepts JSON is JSON';
    my $row = row_of($site, $cookie);
    my $object = $reply->json;
    is_deeply $object->{user}, { userId => $user->{id}, username => 'Alice', email => 'alice@example.org', nick => undef },
        'the JSON profile has the attributes';
    is $object->{session}{state}, 'active', "the JSON profile has the session's state";
    unlike $reply->body, qr/$cookie->{value}|$row->{id}/, 'the JSON profile has no session id';
}
for my $bytes (is_sqlite() ? ('ff41', 'c080', 'eda080', '41c3') : ()) {    # its columns may hold anything
    sqlite($site->db, "UPDATE auth_user SET email = 'a\@b.example', nick = CAST(X'$bytes' AS TEXT) WHERE id = ?", $user->{id});
    $reply = $site->request(GET => '/', cookie => $cookie, accept => 'application/json');
    is $reply->status, 200, "an attribute that is not UTF-8 ($bytes) does no harm";
    is_deeply $reply->json->{user}, { userId => $user->{id}, username => 'Alice', email => 'a@b.example', nick => undef },
        'an attribute that is not UTF-8 is null beside the others';
}
sqlite($site->db, 'UPDATE auth_user SET nick = NULL WHERE id = ?', $user->{id});
like $site->request(GET => '/api/', cookie => $cookie)->type, qr{^application/json}, 'below api/ it is always JSON';
is $site->request(GET => '/api', cookie => $cookie)->json->{user}{username}, 'Alice', 'the JSON profile is served at /api without a slash';

my $emoji = sign_up($site, "J\x{f6}rg \x{1F600}");
is $site->request(GET => '/', cookie => $emoji, accept => 'application/json')->json->{user}{username}, "J\x{f6}rg \x{1F600}",
    'any character survives';

# ---- Visitors ----

for my $sent (undef, 'auth_session=short', 'auth_session=' . 'q' x 40) {
    my $shown = $sent // 'no cookie';
    for my $method (qw(GET HEAD)) {
        $reply = $site->request($method => '/', cookie => $sent);
        is $reply->status . ' ' . ($reply->location // ''), '302 /login', "$method with $shown: to the sign-in page";
    }
    $reply = $site->request(GET => '/', cookie => $sent, accept => 'application/json');
    is $reply->status . ' ' . $reply->body, '401 {"error":"Unauthorized"}', "$shown: 401 for who wants JSON";
    $reply = $site->request(GET => '/api/', cookie => $sent);
    is $reply->status . ' ' . $reply->body, '401 {"error":"Unauthorized"}', "$shown: 401 below api/";
}

# A safe request needs no Origin, and a foreign one does not matter: other sites cannot read the answer.
is $site->request(GET => '/', cookie => $cookie, origin => 'http://evil.example')->status, 200, 'GET is served whatever the Origin';

for my $path ('/', '/api/') {
    $reply = $site->request(POST => $path, form(), cookie => $cookie, origin => 1);
    is $reply->status . ' ' . $reply->header('Allow'), '405 GET, HEAD', "POST on $path is 405";
}

# ---- A user who goes ----

sqlite($site->db, 'DELETE FROM user_session WHERE user_id = ?', $user->{id});
sqlite($site->db, 'DELETE FROM user_key WHERE user_id = ?', $user->{id});
sqlite($site->db, 'DELETE FROM auth_user WHERE id = ?', $user->{id});
$reply = $site->request(GET => '/', cookie => $cookie);
is $reply->status, 302, 'S9.13: a deleted user is a visitor';
is cookie_of($reply)->{value}, '', 'S9.13: the cookie of a deleted user is cleared';

done_testing;
