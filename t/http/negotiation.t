# SPDX-License-Identifier: Apache-2.0
# Who gets JSON and who gets a redirect, and what the object holds.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $site = site("LuciaActivePeriod 2h\nLuciaIdlePeriod 3h\nLuciaSessionCache off\n");
sign_up($site, 'alice');

sub login { my (%arg) = @_; $site->request(POST => '/login', form(username => 'alice', password => $PASSWORD), %arg) }

# ---- Accept ----

my @JSON = (
    'application/json',
    'APPLICATION/Json',
    'application/json;q=0.1',
    'application/json; charset=utf-8',
    'application/json;charset=utf-8;q=0.3',
    'application/json, text/plain, */*',
    'application/json, */*;q=0.1',
    '*/*, application/json',
    'text/plain, application/json',
    'application/json, text/html;q=0.9',
    'text/html;q=0.9, application/json',
    'text/html; q=0.5 , application/json; q=0.6',
    'text/html;q=0, application/json;q=0.1',
    'application/json,application/xhtml+xml;q=0.9',
    'application/json;q=1.000, text/html;q=0.999',
    'text/html;level="a,b";q=0.2, application/json;q=0.3',
);
my @REDIRECT = (
    '', '*/*', 'text/html', 'application/*', 'application/*, text/html;q=0.1', '*/*;q=0.5, text/html;q=0.1',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'text/html, application/json',
    'text/html, application/json;q=0.9',
    'application/json;q=0.9, text/html',
    'application/json;q=0.5, text/html;q=0.6',
    'application/json;q=0',
    'application/json;q=0.0, */*',
    'application/json;q=0.9, application/xhtml+xml',
    'application/jsonp', 'application/json5', 'application/vnd.api+json', 'text/json', 'xapplication/json', 'json',
    'text/html;a="x, application/json"',
    # A weight that is none never makes JSON the better liked.
    map({ ("application/json;q=$_", "application/json;q=$_, text/html;q=0.1") } 'nan', 'NaN', 'inf', '.5', '-1', '+1', '', '"1"', 'x', 'e1', '9', '2', '٣'),
    map({ "text/html, application/json;q=$_" } '1e300', '1.5', '1.999', '1000', '10', '1e9', '0x2', 'inf'),
    'application/json;q=0e300', 'text/html;q=0.5, application/json;q=0.4999',
);
for my $accept (@JSON) {
    my $reply = login(accept => $accept);
    is $reply->status, 200, "Accept: $accept gets JSON";
    like $reply->type, qr{^application/json(?:;|$)}, 'Accept: JSON gets the type application/json';
    is $reply->location, undef, 'Accept: JSON gets no Location';
}
for my $accept (@REDIRECT) {
    my $reply = login(accept => $accept);
    is $reply->status . ' ' . ($reply->location // ''), '302 /', "Accept: '$accept' gets a redirect";
    is $reply->body, '', 'a redirect has no body';
}
is login()->status, 302, 'no Accept gets a redirect';
is login(headers => [['Accept', 'text/html;q=0.2'], ['Accept', 'application/json']])->status, 200, 'two Accept headers are one list';
is login(headers => [['Accept', 'application/json;q=0.2'], ['Accept', 'text/html']])->status, 302, 'in any order';
is login(headers => { 'X-Requested-With' => 'XMLHttpRequest' })->status, 302, 'X-Requested-With does not choose JSON';

# ---- The object ----

sub iso { my ($ms) = @_; my @t = gmtime int($ms / 1000); sprintf '%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0], $ms % 1000 }

sub check_object {
    my ($reply, $name, $what) = @_;
    my $cookie = cookie_of($reply) or return fail "$what: a cookie";
    my $row = row_of($site, $cookie);
    is_deeply $reply->json, {
        user    => { userId => $row->{user_id}, username => $name },
        session => {
            activePeriodExpiresAt => iso($row->{active_expires}), idlePeriodExpiresAt => iso($row->{idle_expires}), state => 'active',
        },
    }, "$what: user and session, dates in ISO 8601";
    is $row->{idle_expires} - $row->{active_expires}, 3 * 3600 * 1000, "$what: as in the table";
    return $cookie;
}

my $json = 'application/json';
my $reply = $site->request(POST => '/signup', form(username => 'Bobby', password => $PASSWORD), accept => $json);
is $reply->status, 201, 'sign-up answers 201';
my $cookie = check_object($reply, 'Bobby', 'sign-up');
$reply = $site->request(POST => '/login', json({ username => 'BOBBY', password => $PASSWORD }), accept => $json);
is $reply->status, 200, 'sign-in answers 200';
$cookie = check_object($reply, 'Bobby', 'sign-in');

$reply = $site->request(GET => '/', cookie => $cookie, accept => $json);
is $reply->json->{session}{state}, 'active', 'the profile has the state';
my $row = row_of($site, $cookie);
sqlite($site->db, 'UPDATE user_session SET active_expires = ? WHERE id = ?', 1_000_000_000_123, $row->{id});
$reply = $site->request(GET => '/', cookie => $cookie, accept => $json);
is $reply->status, 200, 'of an idle session';
check_object($reply, 'Bobby', 'the session that is renewed on the way');
is $site->request(HEAD => '/', cookie => $cookie, accept => $json)->type, $reply->type, 'HEAD has the same type';

$reply = $site->request(POST => '/logout', cookie => $cookie, origin => 1, accept => $json);
is $reply->status . length($reply->body) . ($reply->type // ''), '2040', 'sign-out answers 204 and nothing else';

# ---- Errors ----

my @wrong = (username => 'alice', password => $WRONG);
for my $case (
    ['a form',                    'text/html',        form(@wrong)],
    ['a form that wants HTML',    'text/html',        form(@wrong), accept => 'text/html'],
    ['a form that wants JSON',    'application/json', form(@wrong), accept => $json],
    ['JSON',                      'application/json', json({@wrong})],
    ['JSON that wants HTML',      'application/json', json({@wrong}), accept => 'text/html'],
    ['JSON that wants anything',  'application/json', json({@wrong}), accept => '*/*'],
    ['text that wants JSON',      'application/json', type => 'text/plain', body => 'x', accept => $json],
    ['text',                      'text/html',        type => 'text/plain', body => 'x'],
) {
    my ($what, $type, %arg) = @$case;
    $reply = $site->request(POST => '/login', %arg);
    cmp_ok $reply->status, '>=', 400, "$what in";
    like $reply->type, qr/^\Q$type\E(?:;|$)/, "$what in, $type out";
    is $reply->body, '{"error":"Incorrect username or password"}', "$what: the message" if $reply->status == 400 && $type =~ /json/;
}
is $site->request(GET => '/login', accept => $json)->type, 'text/html; charset=utf-8', 'the page itself is a page for everybody';

done_testing;
