# SPDX-License-Identifier: Apache-2.0
# The second step of a sign-in, a confirmation and a session: the page factor and its JSON twin. S1.41, S1.42.
use strict;
use warnings;
use lib 't/lib';
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Factors;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in row_of count_of error_in $CHEAP_HASH);

my $cgi = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s\\n' \"\$HTTP_COOKIE\"\n";
my $server = LuciaTest::Server->new(files => { 'htdocs/cookies.cgi' => $cgi, map { ("htdocs/$_/a.txt" => SECRET) } qw(two fresh plain basic) },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaMaxLifetime 30d\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\n" . <<'CONF');
<Directory @htdocs@>
    Options +ExecCGI
</Directory>
AddHandler cgi-script .cgi
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require valid-user
</Location>
<Location /two/>
    AuthType Lucia
    Require lucia-factors 2
</Location>
<Location /fresh/>
    AuthType Lucia
    Require lucia-fresh
</Location>
<Location /plain/>
    AuthType Lucia
    Require valid-user
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName must.test
    LuciaSecondFactor required
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaHomeURL /start
    LuciaFactorURL /mine/factor
    LuciaFactorsURL /mine/factors
    <Location /enter>
        SetHandler luciauth-login
    </Location>
    <Location /mine/factor>
        SetHandler luciauth-factor
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName bare.test
    LuciaMount off
    <Location /enter>
        SetHandler luciauth-login
    </Location>
</VirtualHost>
CONF
my $WRONG = 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA';
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(must handler bare);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub login { my ($name, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => delete $arg{path} // '/account/login', form(username => $name, password => delete $arg{password} // $PASSWORD, next => delete $arg{next} // ''), %arg) }
sub cookie_named { my ($reply, $name) = @_; my ($line) = grep { /^\Q$name\E=/ } $reply->headers('Set-Cookie'); return $line && $line =~ /^\Q$name\E=([^;]*)/ ? { name => $name, value => $1, line => $line } : undef }
sub step_of { my ($reply) = @_; return cookie_named($reply, 'auth_session_step') }
sub session_of { my ($reply) = @_; return cookie_named($reply, 'auth_session') }

# What a browser sends: all cookies that it has.
sub cookies { return join '; ', map { "$_->{name}=$_->{value}" } grep { defined } @_ }
sub factor { my ($code, $cookies, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => delete $arg{path} // '/account/factor', form(code => $code, next => delete $arg{next} // ''), origin => 1, @$cookies ? (cookie => cookies(@$cookies)) : (), %arg) }

# ---- Sign-in ----

my $other = up('alice');
up('bobby');
my @codes = give_codes($db, 'alice');
my $sessions = count_of($server, 'user_session');
my $reply = login('alice', next => '/plain/a.txt');
is answer($reply), '302 /account/factor?next=/plain/a.txt', 'S1.41: a right password leads to factor, with the way back';
ok !session_of($reply), 'S1.41: a right password alone makes no session';
is count_of($server, 'user_session'), $sessions, 'S1.41: the table has no session of it';
my $step = step_of($reply);
like $step->{line}, qr/HttpOnly/, 'the cookie of the step is not for scripts';
like $step->{line}, qr/SameSite=Lax/, 'the cookie of the step has the attributes of the session cookie';
is +($audit->events(3))[-1]{reason}, 'factor_missing', 'the audit line says that the factor is missing';
is answer(login('alice', password => 'wrong one')), '400 Incorrect username or password', 'a wrong password tells nothing of the factor';
ok !step_of(login('alice', password => 'wrong one')), 'a wrong password has no step';
is answer(login('bobby')), '302 /account', 'a user without a factor signs in as before';

my $page = $server->request(GET => '/account/factor?next=/plain/a.txt', cookie => cookies($step));
is $page->status, 200, 'the page is there with the step';
like $page->body, qr{<bdi>alice</bdi>}, 'the page says who signs in';
like $page->body, qr{autocomplete="one-time-code"}, 'phones offer the code';
is $page->header('Cache-Control'), 'no-store', 'the page is not stored';
is answer($server->request(GET => '/account/factor?next=/plain/a.txt')), '302 /account/login?next=/plain/a.txt', 'S1.42: without step and session the page leads to sign-in';

is answer(factor($WRONG, [$step])), '400 Incorrect code', 'S1.42: a wrong code is told';
is answer(factor('', [$step])), '400 Incorrect code', 'no code is a wrong one';
is answer($server->request(POST => '/account/factor', form(next => '/'), origin => 1, cookie => cookies($step))), '400 Incorrect code', 'a form without a code is a wrong one';
is count_of($server, 'user_session'), $sessions + 1, 'wrong codes make no session';
is answer(factor($codes[0], [])), '401 Sign-in took too long. Sign in again.', 'S1.42: a code alone is worth nothing';
for my $late (['in the form', 'factor', { next => '/plain/a.txt' }], ['in the URL', 'factor?next=/plain/a.txt', {}]) {
    my ($where, $path, $next) = @$late;
    my $page = $server->request(POST => "/account/$path", form(code => $codes[0], %$next), origin => 1);
    is answer($page), '401 Sign-in took too long. Sign in again.', "S1.42: a code that comes when the step is gone gets a page that says so, with next $where";
    like $page->body, qr{<a class="button" href="/account/login\?next=/plain/a\.txt">}, "S1.42: that page leads to sign-in and back, with next $where";
}
unlike $server->request(POST => '/account/factor', form(code => $codes[0], next => 'https://evil.example/'), origin => 1)->body, qr/evil/, 'S1.42: that page leads to no other site';
is api(factor => qq({"code":"$codes[0]"}))->body, '{"error":"Unauthorized"}', 'S1.42: in JSON the answer to such a code is as before';
$reply = factor($codes[0], [$step], next => '/plain/a.txt');
is answer($reply), '302 /plain/a.txt', 'S1.42: the right code signs in, and leads back';
my $alice = session_of($reply);
ok $alice, 'S1.42: the right code gets the session';
is row_of($server, $alice)->{factors}, 2, 'S1.42: the session has two factors';
is step_of($reply)->{value}, '', 'the cookie of the step is cleared';
ok cookie_named($reply, 'auth_session_device'), 'the browser gets a device cookie';
ok !cookie_named(login('alice'), 'auth_session_device'), 'a right password alone gets no device cookie';
is_served($server->request(GET => '/two/a.txt', navigation(), cookie => $alice), 'two factors open what asks for them');
$reply = factor($codes[1], [$step]);
is answer($reply), '401 Sign-in took too long. Sign in again.', 'S1.41: no step cookie works twice: another code completes nothing with it';
is step_of($reply)->{value}, '', 'S1.41: the cookie of a spent step is cleared';
is count_of($server, 'user_session'), $sessions + 2, 'S1.41: a spent step makes no session';
is answer($server->request(GET => '/account/factor', cookie => cookies($step))), '302 /account/login', 'S1.41: the page of a spent step leads to sign-in';
is api(factor => qq({"code":"$codes[1]"}), $step)->body, '{"error":"Unauthorized"}', 'S1.41: in JSON a spent step is answered as an expired one';
$step = step_of(login('alice'));
is answer(factor($codes[0], [$step])), '400 Incorrect code', 'S1.42: no code works twice';
is answer(factor($codes[1], [{ %$step, value => $step->{value} =~ s/(.)(.{9})\z/($1 eq 'A' ? 'B' : 'A') . $2/er }])), '401 Unauthorized', 'a changed step is none';
my ($event) = grep { $_->{event} eq 'factor' && $_->{result} eq 'ok' } $audit->events(10);
is $event->{account}, 'alice', 'the audit log has the proof, with the account';
is $event->{factor}, 'recovery', 'the audit line says which factor it was';

# The way back of the cookie, for a page that was opened without it.
$reply = login('alice', next => '/two/a.txt');
is answer(factor($codes[1], [step_of($reply)])), '302 /two/a.txt', 'the step keeps the way back';

# ---- What ends a step ----

$step = step_of(login('alice'));
sqlite($db, "UPDATE user_key SET hashed_password = (SELECT hashed_password FROM user_key WHERE id = 'username:bobby') WHERE id = 'username:alice'");
is answer(factor($codes[2], [$step])), '401 Sign-in took too long. Sign in again.', 'S1.41: a change of the password ends the step';
is answer($server->request(GET => '/account/factor', cookie => cookies($step))), '302 /account/login', 'the page of an ended step leads to sign-in';
$step = step_of(login('alice'));
sqlite($db, 'UPDATE auth_user SET disabled = 1 WHERE username = ?', 'alice');
is answer(factor($codes[2], [$step])), '401 Sign-in took too long. Sign in again.', 'disabling the user ends the step';
sqlite($db, 'UPDATE auth_user SET disabled = NULL WHERE username = ?', 'alice');
is answer(factor($codes[2], [$step])), '302 /account', 'the code was not spent by it';

# ---- JSON ----

sub api { my ($path, $body, @cookies) = @_; return $server->request(POST => "/account/api/$path", body => $body, headers => { Accept => 'application/json', 'Content-Type' => 'application/json' }, origin => 1, @cookies ? (cookie => cookies(@cookies)) : ()) }
$reply = api(login => qq({"username":"alice","password":"$PASSWORD"}));
is_deeply [$reply->status, $reply->json], [401, { error => 'Second factor required', factors => ['totp', 'recovery'] }], 'S1.41: a script gets 401 with the kinds of factors';
$step = step_of($reply);
$reply = $server->request(GET => '/account/api/factor', headers => { Accept => 'application/json' }, cookie => cookies($step));
is_deeply [$reply->status, $reply->json], [200, { factors => ['totp', 'recovery'] }], 'GET says them again';
is_deeply [map { ($_->status, $_->json) } api(factor => '{"code":"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"}', $step)], [400, { error => 'Incorrect code' }], 'a wrong code of a script is 400';
$reply = api(factor => qq({"code":"$codes[3]"}), $step);
is $reply->status, 200, 'S1.42: a script signs in with the code';
is $reply->json->{user}{username}, 'alice', 'the answer is that of a sign-in';
is api(factor => qq({"code":"$codes[4]"}))->status, 401, 'a script without step and session gets 401';

# ---- A session gets the factor ----

sub age { my ($cookie) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = 1000 WHERE id = ?', stored_id($cookie)) }
is_served($server->request(GET => '/plain/a.txt', navigation(), cookie => $other), 'a session from before the factor lives on where one factor is enough');
age($other);
my $old = row_of($server, $other);
is answer($server->request(GET => '/two/a.txt', navigation(), cookie => $other)), '302 /account/factor?next=/two/a.txt', 'S1.42: where two factors are needed, a session from before the factor is led to factor';
is $server->request(GET => '/account/factor', cookie => $other)->status, 200, 'the page is there with a session';
is answer(factor($WRONG, [$other])), '400 Incorrect code', 'a wrong code of a session is told';
$reply = factor($codes[4], [$other], next => '/two/a.txt');
is answer($reply), '303 /two/a.txt', 'S1.42: with the code the session gets the factor';
my $raised = session_of($reply);
isnt $raised->{value}, $other->{value}, 'S1.42: the session has a new id';
is $server->request(GET => '/plain/a.txt', script(), cookie => $other)->status, 401, 'S1.42: the old id has ended, also in the cache';
is row_of($server, $raised)->{factors}, 2, 'the session has two factors then';
is row_of($server, $raised)->{proved_at}, 1000, 'S1.42: without the password it is no fresher than before';
is row_of($server, $raised)->{created_at}, $old->{created_at}, 'S1.42: without the password it is as old as before';
is answer($server->request(GET => '/account/factor?next=/two/a.txt', cookie => $raised)), '302 /two/a.txt', 'a session that has the factor is not asked again';
is answer(factor($codes[5], [$other])), '401 Sign-in took too long. Sign in again.', 'an ended session gets nothing';
my $bobby = sign_in($server, 'bobby', path => '/account/login');
is answer($server->request(GET => '/account/factor?next=/two/a.txt', cookie => $bobby)), '303 /account/factors?next=/two/a.txt', 'S1.42: a session whose user has no factor is led to where one sets one up';
is answer($host{handler}->request(GET => '/mine/factor', cookie => $bobby)), '303 /mine/factors', 'LuciaFactorsURL is where the page leads';
is answer(factor($codes[5], [$bobby])), '303 /account/factors', "another user's code gives nothing";
$reply = factor($codes[5], [$bobby], origin => 'http://evil.example');
is $reply->status, 403, 'a form of another site is refused';

# ---- A confirmation ----

sub confirm { my ($cookie) = @_; return $server->request(POST => '/account/confirm', form(password => $PASSWORD, next => '/fresh/a.txt'), cookie => $cookie, origin => 1) }
age($raised);
$reply = confirm($raised);
is answer($reply), '303 /account/factor?next=/fresh/a.txt', 'S1.42: a confirmation asks for the factor besides the password';
is $server->request(GET => '/fresh/a.txt', script(), cookie => $raised)->status, 401, 'the password alone confirms nothing';
$step = step_of($reply);
is answer(factor($codes[5], [$step])), '401 Unauthorized', 'the step of a confirmation is worth nothing without its session';
is answer(factor($WRONG, [$step, $raised])), '400 Incorrect code', 'a wrong code confirms nothing';
is row_of($server, $raised)->{proved_at}, 1000, 'after a wrong code the session is as it was';
$reply = factor($codes[5], [$step, $raised], next => '/fresh/a.txt');
is answer($reply), '303 /fresh/a.txt', 'S1.42: password and code confirm';
my $fresh = session_of($reply);
is_served($server->request(GET => '/fresh/a.txt', navigation(), cookie => $fresh), 'the confirmed session is fresh');
is row_of($server, $fresh)->{factors}, 2, 'the confirmed session has two factors';
is $server->request(GET => '/plain/a.txt', script(), cookie => $raised)->status, 401, 'the id from before the confirmation has ended';

# ---- Two users in one browser ----

$step = step_of(login('alice'));
my $codes_of_bobby = (give_codes($db, 'bobby'))[0];
is answer(factor($codes_of_bobby, [$step])), '400 Incorrect code', "another user's code does not sign in";
$reply = factor($codes[6], [$step, $bobby]);
is answer($reply), '302 /account', 'a sign-in in a browser with a session of another user';
is $server->request(GET => '/plain/a.txt', script(), cookie => $bobby)->status, 401, 'ends that session, as any sign-in does';
my $bobbys = row_of($server, session_of($reply));
is $bobbys->{user_id}, user_id($db, 'alice'), 'the new session is that of the sign-in';

# ---- A double click, whose second form comes when the browser has the answer to the first one ----

sub click { my ($code, $cookies, %arg) = @_; return factor($code, $cookies, navigation('Sec-Fetch-Site' => 'same-origin'), %arg) }
sub sets { my ($reply) = @_; return join ' ', map { /^(auth_session\w*)=/ ? $1 : () } $reply->headers('Set-Cookie') }
sub left_of { my ($name) = @_; return join ' ', map { sqlite_value($db, "SELECT count(*) FROM $_ WHERE user_id = ?", user_id($db, $name)) } qw(user_session auth_user_recovery_code) }
my $one = up('hanna');
my @of_hanna = give_codes($db, 'hanna');
$reply = click($of_hanna[0], [$step = step_of(login('hanna'))], next => '/two/a.txt');
my $hanna = session_of($reply);
is answer($reply), '302 /two/a.txt', 'S9.48: the first click of a double click below a code signs in';
my $as_it_was = row_of($server, $hanna);
$audit->events(1);
for my $click (2 .. 7) {
    $reply = click($of_hanna[0], [$hanna], next => '/two/a.txt');
    is answer($reply), '302 /two/a.txt', "S9.48: click $click with a code leads to where the first one led";
    is sets($reply), '', "S9.48: the answer to click $click with a code has no cookie";
}
is answer(click($of_hanna[0], [$hanna])), '302 /account', 'S9.48: the second click with a code and without next leads home';
is answer($host{handler}->request(POST => '/mine/factor', form(code => $of_hanna[0]), cookie => $hanna, navigation('Sec-Fetch-Site' => 'same-origin', Origin => 'http://handler.test'))), '302 /start', 'S9.48: LuciaHomeURL is where that is';
is_deeply row_of($server, $hanna), $as_it_was, 'S9.48: second clicks with a code leave the session as it was';
is left_of('hanna'), '2 9', 'S9.48: second clicks with a code make no session and spend no code';
is answer(click('', [$hanna])), '400 Incorrect code', 'S9.48: a form without a code is no second click';
is answer(click($of_hanna[0], [$hanna], origin => 'http://evil.example', navigation('Sec-Fetch-Site' => 'cross-site'))), '403 ' . error_in($server->request(POST => '/account/factor', form(code => 1), origin => 'http://evil.example')), 'S9.48: a form of another site is no second click';
$reply = click($of_hanna[0], [$step]);
is answer($reply), '401 Sign-in took too long. Sign in again.', 'S9.48: a second click with a spent step and no session gets none';
is sets($reply), 'auth_session_step', 'S9.48: the answer to it clears the step, and sets no session';
is answer(factor($of_hanna[0], [$hanna])), '400 Incorrect code', 'S9.48: a program that sends a code again is told that it is spent';
is answer(api(factor => qq({"code":"$of_hanna[0]"}), $hanna)), '400 Incorrect code', 'S9.48: a script that sends a code again is told that it is spent';
is answer(click($of_hanna[0], [$step, $hanna])), '400 Incorrect code', 'S9.48: a form with a step that has ended is no second click';
is answer(click($of_hanna[0], [$one])), '400 Incorrect code', 'S9.48: a session with one factor needs a code that is right, also after a click';
my @said = map { "$_->{event} $_->{reason}" } $audit->events(7);
is_deeply \@said, ['factor bad_request', 'factor cross_site', 'factor cross_site', 'factor no_session', ('factor wrong_code') x 4], 'S9.48: second clicks with a code are no events, and count as no wrong codes';
$reply = click($of_hanna[1], [$one], next => '/two/a.txt');
is answer($reply), '303 /two/a.txt', 'S9.48: the first click gives a session the factor';
my $raised_by_click = session_of($reply);
is answer(click($of_hanna[1], [$raised_by_click], next => '/two/a.txt')), '302 /two/a.txt', 'S9.48: the second click of a session that has got the factor leads to where the first one led';
$reply = confirm($raised_by_click);
$reply = click($of_hanna[2], [step_of($reply), $raised_by_click], next => '/fresh/a.txt');
is answer($reply), '303 /fresh/a.txt', 'S9.48: the first click completes a confirmation';
is answer(click($of_hanna[2], [session_of($reply)], next => '/fresh/a.txt')), '302 /fresh/a.txt', 'S9.48: the second click of a confirmation leads to where the first one led';
$hanna = session_of(click($of_hanna[3], [step_of(login('hanna'))]));
sqlite($db, 'UPDATE user_session SET active_expires = active_expires - 60000 WHERE id = ?', stored_id($hanna));
is answer(click($of_hanna[3], [$hanna])), '400 Incorrect code', 'S9.48: a minute after the first click a code is looked at again';
$hanna = session_of(click($of_hanna[4], [step_of(login('hanna'))]));
take_factors($db, 'hanna');
is answer(click($of_hanna[4], [$hanna])), '303 /account/factors', 'S9.48: a user without a second factor is led to where one sets one up, also after a second click';

# ---- A second factor that is required ----

my $carol = up('carol');
is answer($host{must}->request(GET => '/account/login?next=/plain/a.txt', cookie => $carol)), '302 /account/factor?next=/plain/a.txt', 'S4.27: half a session is led from sign-in to factor, not in a circle';
is answer($host{must}->request(GET => '/account/factor?next=/plain/a.txt', cookie => $carol)), '303 /account/factors?next=/plain/a.txt', 'S4.27: half a session without a factor is led to where one sets one up';
is answer($host{must}->request(GET => '/account', cookie => $carol)), '302 /account/factor?next=/account', 'S4.27: the account pages of half a session lead to factor';
is answer($host{must}->request(GET => '/account/api', cookie => $carol)), '401 Second factor required', 'S4.27: their JSON answers 401';
is answer($host{must}->request(POST => '/account/password', form(current => $PASSWORD, password => 'another one'), cookie => $carol, headers => { Origin => 'http://must.test' })), '401 Second factor required', 'S4.27: half a session changes no password';
is $host{must}->request(POST => '/account/logout', cookie => $carol, headers => { Origin => 'http://must.test' })->status, 302, 'S4.27: half a session signs out';

# ---- Guesses ----

my $dave = up('daveX');
my @of_dave = give_codes($db, 'daveX');
$step = step_of(login('daveX'));
is answer(factor('', [$step])), '400 Incorrect code', "no code is told, request $_ of six" for 1 .. 6;
is api(factor => '{"code":123456}', $step)->status, 400, 'a code that is a number in JSON is told';
is answer(factor($WRONG, [$step])), '400 Incorrect code', "wrong code $_ of five is told" for 1 .. 5;
$reply = factor($of_dave[0], [$step]);
is $reply->status, 429, 'S1.42: after five wrong codes even a right one is refused';
like $reply->header('Retry-After'), qr/^\d+$/, 'the answer says when to try again';
like $reply->body, qr/name="code"/, 'the page is there again';
is answer(factor($of_dave[0], [step_of(login('daveX'))])), '429 ' . error_in($reply), 'a new step does not help';
is factor($codes[7], [step_of(login('alice'))])->status, 302, 'other users are not concerned';
is_served($server->request(GET => '/plain/a.txt', navigation(), cookie => $dave), 'sessions of the user are not concerned');

# ---- An app, where a second factor is required ----

my %must = (headers => { Origin => 'http://must.test', Accept => 'application/json', 'Content-Type' => 'application/json' });
sub must { my ($path, $fields, @cookies) = @_; return $host{must}->request(POST => "/account/api/$path", body => JSON::PP::encode_json($fields), %must, @cookies ? (cookie => cookies(@cookies)) : ()) }
my $erin = session_of(must(signup => { username => 'erinX', password => $PASSWORD }));
is answer($host{must}->request(GET => '/plain/a.txt', script(), cookie => $erin)), '401 Second factor required', 'S4.27: a sign-up alone opens nothing';
my $setup = $host{must}->request(GET => '/account/api/factors/totp', %must, cookie => $erin)->json;
my $setting_up = $host{must}->request(GET => '/account/factors', navigation(), cookie => $erin)->body;
like $setting_up, qr/This site asks everyone for a second step/, 'S4.27: the page says why it is shown';
is_deeply [sort $setting_up =~ m{href="(/[^"]*)"}g], ['/account/factors/totp', '/account/logout'], 'S4.27: with half a session, no link leads back to the page';
my $begun = time;
$reply = must('factors/totp', { secret => $setup->{secret}, code => totp($setup->{secret}, $begun - 30) }, $erin);
is $reply->status, 200, 'S4.27: half a session sets up an app';
is scalar @{ $reply->json->{recovery_codes} }, 10, 'the answer has the recovery codes';
$erin = session_of($reply);
is_served($host{must}->request(GET => '/plain/a.txt', navigation(), cookie => $erin), 'S4.27: with the app the session is a whole one');
$reply = must(login => { username => 'erinX', password => $PASSWORD });
is_deeply $reply->json, { error => 'Second factor required', factors => ['totp', 'recovery'] }, 'the next sign-in asks for a code';
$step = step_of($reply);
is answer(must(factor => { code => totp($setup->{secret}, $begun - 30) }, $step)), '400 Incorrect code', 'S1.62: the code of the setup does not sign in';
my $code = totp($setup->{secret}, $begun);
$reply = must(factor => { code => substr($code, 0, 3) . ' ' . substr($code, 3) }, $step);
is $reply->status, 200, 'S1.42: the code of the app signs in, with a space as well';
is_served($host{must}->request(GET => '/plain/a.txt', navigation(), cookie => session_of($reply)), 'S4.27: the new session is a whole one');
is answer(must(factor => { code => $code }, step_of(must(login => { username => 'erinX', password => $PASSWORD })))), '400 Incorrect code', 'S1.62: the same code does not work twice';

# ---- A step that is not completed ----

sub ends_step { my ($reply) = @_; my $sent = step_of($reply); return $sent && $sent->{value} eq '' }
my $left = step_of(login('alice'));
$reply = must(signup => { username => 'grace', password => $PASSWORD }, $left);
ok ends_step($reply), 'a sign-up ends the step of another user, which would lead away from the new session';
$reply = must(login => { username => 'grace', password => $PASSWORD }, $left);
ok ends_step($reply), 'a sign-in ends the step of another user';
$reply = must(logout => {}, $left, session_of($reply));
ok ends_step($reply), 'sign-out ends a step, so that the next one at the device does not read the name';

# ---- A password that is remembered for HTTP Basic ----

my $frank = up('frank');
sub basic { return $server->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("frank:$PASSWORD", '') }) }
is_served(basic(), "HTTP Basic admits the password of a user without a factor, request $_") for 1 .. 5;
$setup = $server->request(GET => '/account/api/factors/totp', headers => { Accept => 'application/json' }, cookie => $frank)->json;
is $server->request(POST => '/account/api/factors/totp', json({ secret => $setup->{secret}, code => totp($setup->{secret}, time) }), cookie => $frank, origin => 1)->status, 200, 'the user sets up an app';
is basic()->status, 401, "a remembered password is refused as soon as there is a factor, request $_" for 1 .. 5;

# ---- What the content sees ----

$reply = $server->request(GET => '/cookies.cgi', cookie => cookies($step, { name => 'mine', value => 1 }));
is $reply->body, "mine=1\n", 'the cookie of the step is kept from the content';

# ---- Where the pages are ----

is answer($host{handler}->request(POST => '/enter', form(username => 'alice', password => $PASSWORD))), '302 /mine/factor', 'LuciaFactorURL is where sign-in leads';
is answer($host{bare}->request(POST => '/enter', form(username => 'alice', password => $PASSWORD))), '401 Second factor required', 'without a page that is known, sign-in says what is missing';
unlike $server->error_log, qr/$codes[6]|$codes[5]/, 'the log has no codes';
unlike $server->error_log, qr/exit signal/, 'no child of the second steps crashes';

done_testing;
