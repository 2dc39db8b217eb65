# SPDX-License-Identifier: Apache-2.0
# Sign-out: what ends, what is answered, and what leaves the session alone.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $site = site('LuciaSessionCache off');
sign_up($site, 'alice');

sub sign_out { my ($cookie, %arg) = @_; $site->request(POST => '/logout', origin => 1, cookie => $cookie, %arg) }
sub lives { my ($cookie) = @_; $site->request(GET => '/', cookie => $cookie)->status == 200 && row_of($site, $cookie) }
sub cleared {
    my ($reply, $what) = @_;
    my $cookie = cookie_of($reply);
    ok $cookie && $cookie->{value} eq '' && $cookie->{attributes}{expires} eq 'Thu, 01 Jan 1970 00:00:00 GMT', $what;
    return;
}

# ---- Success ----

my $cookie = sign_in($site, 'alice');
my $second = sign_in($site, 'alice');
my $reply = sign_out($cookie);
is $reply->status . ' ' . $reply->location, '302 /login', 'sign-out goes to the sign-in page';
cleared $reply, 'sign-out clears the cookie';
is row_of($site, $cookie), undef, 'S9.13: the session is gone from the table';
is $reply->header('Clear-Site-Data'), '"cache"', 'the browser forgets what it has in its cache';
is $site->request(GET => '/', cookie => $cookie)->status, 302, 'S9.13: the session is invalid after sign-out';
ok lives($second), 'the other session of the same user lives';

$reply = sign_out($cookie);
is $reply->status, 401, 'signing out again is 401';
cleared $reply, 'a second sign-out clears the unknown cookie';

for my $case (
    ['with an empty body', type => 'application/x-www-form-urlencoded', body => ''],
    ['with a form', form(anything => 'x')],
    ['with JSON', json('{}')],
    ['with a body of another type', type => 'text/plain', body => 'bye'],
    ['with a broken body', json('{"a')],
) {
    my ($what, %arg) = @$case;
    $cookie = sign_in($site, 'alice');
    is sign_out($cookie, %arg)->status, 302, "$what: the body does not matter";
    is row_of($site, $cookie), undef, "$what: the session is gone";
}

is sign_out(sign_in($site, 'alice'))->location, '/login', 'sign-out leads to sign-in';
$reply = $site->request(POST => '/logout?next=/a%3Fb', origin => 1, cookie => sign_in($site, 'alice'));
is $reply->location, '/login?next=/a%3Fb', 'sign-out leads to the sign-in page with next';
$reply = $site->request(POST => '/logout?next=//evil.example', origin => 1, cookie => sign_in($site, 'alice'));
is $reply->location, '/login', 'sign-out drops a next of another site';

$cookie = sign_in($site, 'alice');
$reply = sign_out($cookie, accept => 'application/json');
is $reply->status, 204, 'a sign-out that accepts JSON answers 204';
is $reply->body . $reply->rest, '', 'a 204 has no body';
is $reply->location, undef, 'a 204 has no Location';
cleared $reply, 'the cookie is cleared';

# ---- Refusals ----

for my $case (
    ['no cookie', undef],
    ['a malformed cookie', 'auth_session=abc'],
    ['an unknown cookie', 'auth_session=' . 'z' x 40],
) {
    my ($what, $sent) = @$case;
    $reply = sign_out($sent);
    is $reply->status, 401, "$what: 401";
    like text_in($reply), qr/^ You are signed out /, "$what: a page says so kindly";
    unlike $reply->body, qr/<form|Sign out/, "$what: with nothing to press twice";
    is sign_out($sent, accept => 'application/json')->body, '{"error":"Unauthorized"}', "$what: as JSON when that is wanted";
    is sign_out($sent, json('{}'))->body, '{"error":"Unauthorized"}', "$what: JSON in, JSON out";
}

for my $method (qw(GET HEAD)) {
    $reply = $site->request($method => '/logout?next=/a', cookie => $second);
    is $reply->status, 200, "S9.20: $method on sign-out is a page";
    is cookie_of($reply), undef, 'S9.20: no cookie is touched';
    is $site->request($method => '/logout')->location, '/login', "a visitor's $method leads to sign-in";
}
$reply = $site->request(GET => '/logout?next=/a', cookie => $second);
like text_in($reply), qr/You are signed in as alice /, 'the page says who is signed in';
like $reply->body, qr{<form method="post" action="/logout\?next=/a">\s*<button type="submit">Sign out</button>}, 'the sign-out page has a button';
for my $method (qw(PUT DELETE OPTIONS)) {
    $reply = $site->request($method => '/logout', cookie => $second, origin => 1);
    is $reply->status, 405, "S9.20: $method on sign-out is 405";
    is $reply->header('Allow'), 'GET, HEAD, POST', 'S9.20: a 405 has Allow';
    is cookie_of($reply), undef, 'S9.20: no cookie is touched';
}
for my $method (qw(GET HEAD)) {
    $reply = $site->request($method => '/api/logout', cookie => $second, origin => 1);
    is $reply->status . ' ' . $reply->header('Allow'), '405 POST', "S9.20: $method below api/ is 405";
}
ok lives($second), 'S9.20: the session is valid after GET and HEAD';

$reply = $site->request(POST => '/logout', cookie => $second);
is $reply->status, 401, 'sign-out without an Origin answers 401';
is error_in($reply), 'Unauthorized', 'sign-out without an Origin returns Unauthorized';
is cookie_of($reply), undef, 'sign-out without an Origin clears no cookie';
ok lives($second), 'the session lives';

# ---- Sessions that are over ----

ok row_of($site, $second), 'a second session is in the table';
sqlite($site->db, 'UPDATE user_session SET active_expires = 1000, idle_expires = 2000 WHERE id = ?', row_of($site, $second)->{id});
$reply = sign_out($second);
is $reply->status, 401, 'a dead session cannot sign out';
cleared $reply, 'its cookie is cleared';
is row_of($site, $second), undef, "the expired session's row is removed";

$cookie = sign_in($site, 'alice');
my $id = row_of($site, $cookie)->{id};
sqlite($site->db, 'UPDATE user_session SET active_expires = 1000 WHERE id = ?', $id);
$reply = sign_out($cookie);
is $reply->status, 302, 'an idle session can';
is scalar(my @sent = set_cookies($reply)), 1, 'sign-out of an idle session sends one Set-Cookie';
cleared $reply, 'sign-out of an idle session clears the cookie and renews nothing';
is row_of($site, $cookie), undef, 'sign-out of an idle session removes its row';

# ---- The database cannot write ----

$cookie = sign_in($site, 'alice');
my $holder = locked($site->db);
$reply = sign_out($cookie);
is $reply->status, 503, 'S9.33: a sign-out that cannot be written fails loudly';
ok $reply->header('Retry-After'), 'S9.33: the failed sign-out has Retry-After';
is cookie_of($reply), undef, 'S9.33: a sign-out that cannot be written leaves the cookie';
$holder->do('ROLLBACK');
$holder->disconnect;
ok lives($cookie), 'S9.33: the session lives';
is sign_out($cookie)->status, 302, 'S9.33: the sign-out succeeds later';
is row_of($site, $cookie), undef, 'S9.33: the later sign-out removes the row';

done_testing;
