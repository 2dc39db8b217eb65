# SPDX-License-Identifier: Apache-2.0
# Every way around a second factor: someone who knows the password of a user, or has an old session, and not the phone.
# S1.40 to S1.43, S4.26, S4.27, S9.71, S9.84.
use strict;
use warnings;
use lib 't/lib';
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Factors;
use LuciaTest::Gate;
use LuciaTest::Passkey;
use LuciaTest::Site qw(sign_up sign_in row_of count_of error_in $CHEAP_HASH);

my $NEW = 'battery staple';
my $ttl = 3600;
$ENV{OTHER_SECRET} = 'another secret of these tests, and of no server';    # for luciactl as well
my $env = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s/%s\\n' \"\$REMOTE_USER\" \"\$LUCIA_FACTORS\"\n";
my %rule = (
    two => 'Require lucia-factors 2', plain => 'Require valid-user', fresh => 'Require lucia-fresh', bearer => "LuciaBearer On\nRequire valid-user",
    env => 'Require env LUCIA_USERNAME', env_two => qq{Require expr "%{env:LUCIA_FACTORS} == '2'"}, remote => q{Require expr "%{REMOTE_USER} =~ /./"},
    unlike => q{Require not_bobby}, sometimes => "LuciaOptional On\nRequire valid-user", any => "Satisfy Any\nRequire valid-user\nOrder deny,allow\nDeny from all",
    either => "<RequireAny>\nRequire lucia-factors 2\nRequire ip 192.0.2.1\n</RequireAny>", error => "ErrorDocument 401 /account/login\nErrorDocument 403 /account/login\nRequire lucia-factors 2",
    index => 'Require lucia-factors 2', group => "<RequireAny>\n<RequireAll>\nRequire lucia-group admins\nRequire lucia-factors 2\n</RequireAll>\nRequire lucia-group staff\n</RequireAny>",
);
my $gates = join '', map { "<Location /$_/>\nAuthType Lucia\n$rule{$_}\n</Location>\n" } sort keys %rule;
my $common = "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaMount /account\nLuciaSessionCacheTTL ${ttl}s\nLuciaMaxLifetime 30d\nLuciaGroups On\nLuciaTemplates \@templates\@\n";
my $server = LuciaTest::Server->new(modules => [qw(session session_cookie auth_form)],
    files => {
        (map { ("htdocs/$_/a.txt" => SECRET) } keys %rule, qw(basic form)), 'htdocs/index/index.html' => SECRET, 'htdocs/plain/who.cgi' => $env, 'htdocs/sometimes/who.cgi' => $env, 'htdocs/open/cookie.cgi' => qq{#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n[%s]\\n' "\$HTTP_COOKIE"\n},
        (map { ("htdocs/open/$_.shtml" => qq{<!--#config errmsg="none" -->[<!--#include virtual="/$_/a.txt" -->]\n}) } qw(two plain)),
    },
    config => "<AuthzProviderAlias expr not_bobby \"%{REMOTE_USER} in { 'alice', 'carol' }\">\n</AuthzProviderAlias>\n$common" . <<'CONF' . CONTENT . $gates . BASIC . FORM . <<'CONF');
LuciaUsernameChange On
LuciaAccountDeletion On
LuciaActivity On
LuciaUserAttributes display_name
LuciaUserEditable display_name?
CONF
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName must.test
    LuciaSecondFactor required
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaSecondFactor off
</VirtualHost>
<VirtualHost *>
    ServerName https://key.test
    LuciaSecondFactor off
    LuciaPasskeys on
</VirtualHost>
<VirtualHost *>
    ServerName https://both.test
    LuciaPasskeys on
</VirtualHost>
<VirtualHost *>
    ServerName foreign.test
    LuciaSecret {env:OTHER_SECRET}
</VirtualHost>
<VirtualHost *>
    ServerName only.test
    LuciaSecondFactor off
    LuciaPasskeys only
</VirtualHost>
<VirtualHost *>
    ServerName lucia.test
    LuciaDatabase sqlite3 @dir@/db/lucia.db
    LuciaSessionTokens plain
</VirtualHost>
CONF
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--vhost', '127.0.0.1');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(must off foreign only key both);
$_->{scheme} = 'https' for @host{qw(key both)};
my $lucia = LuciaTest::Gate::Host->new($server, 'lucia.test', 'db/lucia.db');

sub up { my ($name, @more) = @_; return sign_up($server, $name, path => '/account/signup', @more) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub cookie_named { my ($reply, $name) = @_; my @values = map { /^\Q$name\E=([^;]+)/ ? $1 : () } $reply->headers('Set-Cookie'); return @values ? { name => $name, value => $values[-1] } : undef }
sub step_of { return cookie_named($_[0], 'auth_session_step') }
sub session_of { return cookie_named($_[0], 'auth_session') }
sub cookies { return join '; ', map { "$_->{name}=$_->{value}" } grep { defined } @_ }
sub origin_of { my ($on) = @_; return $on->isa('LuciaTest::Server') ? (origin => 1) : (origin => ($on->{scheme} // 'http') . "://$on->{name}") }
sub login { my ($name, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => '/account/login', form(username => $name, password => delete $arg{password} // $PASSWORD), %arg) }
sub api { my ($path, $fields, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => "/account/api/$path", json($fields), accept => 'application/json', origin_of($on), %arg) }
sub page { my ($path, $fields, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => "/account/$path", form(%$fields), origin_of($on), %arg) }
sub factor { my ($code, @cookies) = @_; return page(factor => { code => $code }, cookie => cookies(@cookies)) }
sub seen { my ($path, $cookie, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(GET => "/$path/a.txt", script(), cookie => $cookie, %arg)->status }
sub basic { my ($name, $password, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') }, %arg)->status }
sub sessions_of { my ($name) = @_; return sqlite_value($db, 'SELECT count(*) FROM user_session WHERE user_id = ?', user_id($db, $name)) }
sub age { my ($cookie) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ?, created_at = ? WHERE id = ?', int((time - 7200) * 1000), int((time - 7200) * 1000), stored_id($cookie)) }

# The server looks the user up again.
sub changed { my ($name) = @_; return $ctl->does('user', 'disable', $name) . $ctl->does('user', 'enable', $name) }

# Users with ten recovery codes, beside an app; their sessions are from before that.
my (%before, %codes);
for my $name (qw(alice bobby carol daveX erinX frank)) {
    $before{$name} = up($name);
    $codes{$name} = [give_codes($db, $name)];
    changed($name);
}
sub code { my ($name) = @_; return shift @{ $codes{$name} } }

# A session with two factors.
sub whole { my ($name, %arg) = @_; my $reply = factor(code($name), step_of(login($name, %arg))); return session_of($reply) // die "$name: " . answer($reply) . "\n" }

# ---- Sign-in, sign-up twice ----

my $rows = count_of($server, 'user_session');
is answer(login('alice')), '302 /account/factor', 'S1.41: the page of sign-in asks for the factor';
is_deeply api(login => { username => 'alice', password => $PASSWORD })->json, { error => 'Second factor required', factors => ['totp', 'recovery'] }, 'S1.41: sign-in with JSON asks for the factor';
is answer(page(signup => { username => 'alice', password => $PASSWORD })), '400 Username already taken', 'S1.41: a sign-up that is sent again signs no user with a factor in';
is answer(api(signup => { username => 'alice', password => $PASSWORD })), '400 Username already taken', 'S1.41: a sign-up that is sent again with JSON signs no user with a factor in';
is answer(login('ALICE')), '302 /account/factor', 'S1.41: another spelling of the name asks for the factor';
is count_of($server, 'user_session'), $rows, 'S1.41: none of them makes a session';
my $twice = login('alice', cookie => $before{bobby});
is session_of($twice), undef, 'S1.41: a session of another user is not changed into one of the user';
is seen(plain => $before{bobby}), 200, 'S1.41: a password alone ends no session of the browser';

# ---- Basic, Bearer, mod_auth_form ----

is basic(alice => $PASSWORD), 401, 'S9.71: HTTP Basic refuses the password of a user with a second factor';
is basic(alice => $PASSWORD, cookie => $before{alice}), 401, 'S9.71: a session with one factor beside it does not help HTTP Basic';
is basic(alice => $codes{alice}[0]), 401, 'S9.71: a recovery code is no password';
is basic(alice => $PASSWORD . $codes{alice}[0]), 401, 'S9.71: a password with a code after it is no password';
for my $token ($PASSWORD, $codes{alice}[0], step_of(login('alice'))->{value}) {
    is $server->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $token" })->status, 401, 'S9.71: a bearer token is neither a password nor a code nor a step';
}
sub form_login { my ($name) = @_; return $server->request(POST => '/form/enter', form(httpd_username => $name, httpd_password => $PASSWORD)) }
up('grete');
my $form = cookie_named(form_login('grete'), 'form');
is $server->request(GET => '/form/a.txt', cookie => cookies($form))->status, 200, 'mod_auth_form admits a user without a second factor, from its session';
give_codes($db, 'grete');
changed('grete');
is $server->request(GET => '/form/a.txt', cookie => cookies($form))->status, 401, 'S9.71: a session of mod_auth_form from before the factor admits no more';
like form_login('grete')->location, qr{/form/failed$}, 'S9.71: mod_auth_form refuses the password of a user with a second factor';

# ---- A step that is not where it belongs ----

my $step = step_of(login('alice'));
for my $path (qw(plain two sometimes)) {
    is $server->request(GET => "/$path/a.txt", script(), cookie => { name => 'auth_session', value => $step->{value} })->status, 401, "S1.41: a step as a session opens nothing: $path" if $path ne 'sometimes';
    isnt $server->request(GET => "/$path/who.cgi", script(), cookie => cookies($step))->body, "alice/1\n", "S1.41: a step names no user: $path";
}
for my $path ('account', 'account/password', 'account/sessions', 'account/factors', 'account/factors/totp', 'account/factors/app', 'account/delete', 'account/username', 'account/activity', 'account/confirm') {
    is $server->request(GET => "/$path", cookie => cookies($step))->status, 302, "S1.41: a step opens no page of the account: $path";
}
is answer(factor($before{alice}{value}, $step)), '400 Incorrect code', 'S1.42: a session is no code';
is answer(factor($PASSWORD, $step)), '400 Incorrect code', 'S1.42: the password is no code';
my $first = code('alice');
my $signed = session_of(factor($first, $step));
ok $signed, 'S1.42: a right code signs in';
is answer(factor($first, $step)), '401 Sign-in took too long. Sign in again.', 'S1.42: step and code replayed give no session';
is answer(factor($codes{alice}[9], $step)), '401 Sign-in took too long. Sign in again.', 'S1.41: a step replayed with another code gives no session';
is answer(factor($first, step_of(login('alice')))), '400 Incorrect code', 'S1.42: a code replayed with a new step gives no session';
$step = step_of(login('alice'));
is answer(factor('', $step, $before{bobby})), '400 Incorrect code', 'S1.42: a step moved into the browser of another user needs a code of its own user';
is answer(factor(code('bobby'), $step, $before{bobby})), '400 Incorrect code', 'S1.42: a step moved into the browser of another user takes no code of that one';
is seen(two => $before{bobby}), 401, 'S1.42: the session of that browser is as it was';
is answer(page(factor => { code => $codes{alice}[0] }, on => $host{foreign}, cookie => cookies(step_of(login('alice'))))), '401 Unauthorized', 'S1.41: a virtual host with another LuciaSecret takes no step of this one';
is answer(factor($codes{alice}[0], step_of(login('alice', on => $host{foreign})))), '401 Unauthorized', 'S1.41: this virtual host takes no step of one with another LuciaSecret';
is $lucia->request(POST => '/account/factor', form(code => $codes{alice}[0]), origin => 'http://lucia.test', cookie => cookies(step_of(login('alice'))))->status, 401, 'S1.41: a step is worth nothing where another database is';

# ---- A step kept over a change ----

$step = step_of(login('daveX'));
my $dave = whole('daveX');
is answer(page(password => { current => $PASSWORD, password => $NEW }, cookie => $dave)), '303 /account', 'the user changes the password';
is answer(factor($codes{daveX}[0], $step)), '401 Sign-in took too long. Sign in again.', 'S1.41: a step from before a change of the password gives no session';
$dave = whole('daveX', password => $NEW);
$step = step_of(login('daveX', password => $NEW));
is answer(api(username => { username => 'david' }, cookie => $dave)) =~ s/ .*//r, 200, 'the user changes the name';
is answer(factor($codes{daveX}[0], $step)), '401 Sign-in took too long. Sign in again.', 'S1.41: a step from before another name gives no session';
$step = step_of(login('david', password => $NEW));
$ctl->does('user', 'disable', 'david');
is answer(factor($codes{daveX}[0], $step)), '401 Sign-in took too long. Sign in again.', 'S1.41: the step of a disabled user gives no session';
$ctl->does('user', 'enable', 'david');
is answer(factor($codes{daveX}[0], $step)), '401 Sign-in took too long. Sign in again.', 'S1.41: the step of a user who was disabled gives no session when the user is enabled again';
$step = step_of(login('david', password => $NEW));
$ctl->does('factor', 'reset', 'david');
is answer(factor($codes{daveX}[0], $step)), '401 Unauthorized', 'S1.42: after luciactl factor reset, a step gives no session, and neither does a code of before';
is answer(login('david', password => $NEW)), '302 /account', 'S1.42: after luciactl factor reset, the password signs in';
is row_of($server, session_of(login('david', password => $NEW)))->{factors} // 1, 1, 'S1.40: that session has one factor';

# ---- A new password from luciactl ----

my $link = $ctl->json('user', 'reset', 'carol', '--url', $server->url('/account/reset'))->{url};
my ($token) = $link =~ /token=(\w+)/;
my $reset = page(reset => { token => $token, password => $NEW });
is answer($reset), '303 /account/login', 'S1.52: a one-time link signs nobody in';
is session_of($reset), undef, 'S1.52: the answer to a one-time link has no session';
is answer(login('carol', password => $NEW)), '302 /account/factor', 'S1.41: after a one-time link the sign-in asks for the factor';
$ctl->does('user', 'passwd', 'carol', '--stdin', { stdin => "$PASSWORD\n" });
is answer(login('carol')), '302 /account/factor', 'S1.41: after luciactl user passwd the sign-in asks for the factor';
is sqlite_value($db, 'SELECT count(*) FROM auth_user_totp WHERE user_id = ?', user_id($db, 'carol')), 1, 'a new password leaves the factor';

# ---- A session from before the factor, and the password ----

is seen(plain => $before{erinX}), 200, 'a session from before the factor lives on where one factor is enough';
is_deeply [map { seen($_, $before{erinX}) } qw(two env_two either error index)], [401, 403, 401, 403, 401], 'S4.26: a session from before the factor does not open what needs two';
age($before{erinX});
is answer(page(confirm => { password => $PASSWORD }, cookie => $before{erinX})), '303 /account/factor', 'S1.42: a confirmation asks for the factor';
is answer(api(confirm => { password => $PASSWORD }, cookie => $before{erinX})), '401 Second factor required', 'S1.42: a confirmation with JSON asks for the factor';
my $old = $before{erinX};
my %change = (password => { current => $PASSWORD, password => $NEW });
is answer(page(%change, cookie => $old)), '303 /account/factor?next=/account/password', 'S1.43: a session with one factor changes no password, and its browser is led to factor';
is answer(api(%change, cookie => $old)), '401 Second factor required', 'S1.43: a session with one factor changes no password with JSON';
is answer($server->request(GET => '/account/password', cookie => $old)), '302 /account/factor?next=/account/password', 'S1.43: a session with one factor is led to factor before anything is typed';
is answer(page(password => { current => 'wrong password', password => $NEW }, cookie => $old)), '303 /account/factor?next=/account/password', 'S1.43: a session with one factor is told nothing about the password';
is answer(login('erinX', password => $NEW)), '400 Incorrect username or password', 'S1.43: the password is as before';
is seen(plain => $old), 200, 'S1.43: the session that was refused lives on';
is answer($server->request(GET => '/account/delete', cookie => $old)), '302 /account/confirm?next=/account/delete', 'S1.43: a confirmation comes before the factor, for which it asks';
my @changes = (['username', { username => 'erich' }], ['delete', { username => 'erinX' }], ['sessions', { others => 1 }], ['', { display_name => 'E' }], ['factors', { recovery_codes => 'new' }], ['factors', { remove => 'totp' }], ['factors/totp', { secret => 'A' x 32, code => totp('A' x 32, time) }], ['factors/app', { name => 'a' }]);
for (@changes) {
    my ($path, $fields) = @$_;
    is answer(api($path, $fields, cookie => $old)), '401 Confirmation required', 'S1.30: with an old proof, this needs a confirmation, which asks for the factor: ' . ($path || 'the profile');
}

# As after a sign-in with the password alone, where LuciaSecondFactor is off.
sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int(time * 1000), stored_id($old));
my $tables = join ' ', map { count_of($server, $_) } my @tables = qw(auth_user user_key user_session auth_user_totp auth_user_recovery_code auth_user_app_password);
for (@changes) {
    my ($path, $fields) = @$_;
    my $url = '/account' . ($path && "/$path");
    is answer(api($path, $fields, cookie => $old)), '401 Second factor required', 'S1.43: a fresh session with one factor changes nothing with JSON: ' . ($path || 'the profile');
    like answer($server->request(POST => $url, form(%$fields), cookie => $old, origin => 1)), qr{^303 /account/factor\?next=\Q$url\E(?:%3F|$)}, 'S1.43: a fresh session with one factor changes nothing on a page: ' . ($path || 'the profile');
}
is answer($server->request(GET => "/account/$_", cookie => $old)), "302 /account/factor?next=/account/$_", "S1.43: a fresh session with one factor is led to factor before $_" for qw(username delete);
like $server->request(GET => '/account', cookie => $old)->body, qr{href="/account/factor\?next=/account"}, 'S1.43: the profile of a fresh session with one factor leads to factor before anything is typed';
unlike $server->request(GET => '/account', cookie => $old)->body, qr/name="display_name"/, 'S1.43: the profile of a session with one factor has no form';
is join(' ', map { count_of($server, $_) } @tables), $tables, 'S1.43: none of this has changed a table';
is sqlite_value($db, 'SELECT display_name FROM auth_user WHERE username = ?', 'erinX'), undef, 'S1.43: none of this has changed the user';
my $raised = session_of(factor(code('erinX'), $old));
is answer(api('', { display_name => 'E' }, cookie => $raised)) =~ s/ .*//r, 200, 'S1.43: with the factor, the session that is fresh changes the user';

# With two factors, as a thief of the session has them.
my $erin = $raised;
age($erin);
$old = $erin;
$erin = session_of(page(%change, cookie => $old));
ok $erin, 'a session with two factors changes the password';
is seen(fresh => $erin), 401, 'S1.27: a change of the password makes no fresh session of a user with a second factor';
is row_of($server, $erin)->{factors}, 2, 'S1.27: a change of the password keeps the factors of the session';
cmp_ok row_of($server, $erin)->{created_at}, '<', (time - 7000) * 1000, 'S1.27: the session is as old as before';
for (@changes) {
    my ($path, $fields) = @$_;
    is answer(api($path, $fields, cookie => $erin)), '401 Confirmation required', 'S1.30: session and password do not suffice without a code: ' . ($path || 'the profile');
}
my $again = page(password => { current => $PASSWORD, password => $NEW, username => 'erinX' }, cookie => $old);
is session_of($again), undef, 'S1.31: the form of a change that is sent twice makes no session without the factor';
page(password => { current => $NEW, password => $PASSWORD }, cookie => $erin);

# ---- Half a session where two factors are required ----

my $half = $before{alice};
my %must = (on => $host{must}, cookie => $half);
for my $path (sort grep { $_ ne 'sometimes' } keys %rule) {
    my $reply = $host{must}->request(GET => "/$path/a.txt", script(), cookie => $half);
    is $reply->status, $path eq 'error' ? 403 : 401, "S4.27: half a session opens nothing: $rule{$path}" =~ s/\n/; /gr;
    keeps_secret($reply, "half a session at $path");
    $reply = $host{must}->request(GET => "/$path/a.txt", navigation(), cookie => $half);
    like answer($reply), qr{^302 /account/(?:factor|login)\?next=}, "S4.27: half a session is led on: $path";
}
is answer($host{must}->request(GET => '/account/login?next=/env/a.txt', cookie => $half)), '302 /account/factor?next=/env/a.txt', 'S4.27: half a session that is led to sign-in comes to factor';
is $host{must}->request(GET => '/sometimes/who.cgi', cookie => $half)->body, "/\n", 'S4.27: where sign-in is optional, half a session is anonymous';
is $host{must}->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $half->{value}" })->status, 401, 'S4.27: half a session as a bearer token opens nothing';
is $host{must}->request(GET => '/basic/a.txt', cookie => $half, headers => { Authorization => 'Basic ' . encode_base64("frank:$PASSWORD", '') })->status, 401, 'S9.71: HTTP Basic opens nothing with a password where two factors are required';
for my $method (qw(HEAD POST PUT DELETE OPTIONS PROPFIND)) {
    is $host{must}->request($method => '/plain/a.txt', cookie => $half, origin => 'http://must.test')->status, 401, "S4.27: half a session opens nothing for $method";
}
is $host{must}->request(GET => '/plain/a.txt', cookie => $half, origin => 'http://must.test', headers => { Upgrade => 'websocket', Connection => 'Upgrade, close', 'Sec-WebSocket-Key' => 'AAAA', 'Sec-WebSocket-Version' => 13, 'Sec-Fetch-Mode' => 'websocket' })->status, 401, 'S4.27: half a session opens no WebSocket';
for my $case (['password', { current => $PASSWORD, password => $NEW }], ['username', { username => 'alicia' }], ['delete', { username => 'alice' }], ['sessions', { others => 1 }], ['', { display_name => 'A' }], ['factors/app', { name => 'a' }]) {
    my ($path, $fields) = @$case;
    my $url = '/account' . ($path && "/$path");
    is answer(api($path, $fields, %must)), '401 Second factor required', "S4.27: half a session changes nothing with JSON: " . ($path || 'the profile');
    is answer($host{must}->request(POST => $url, form(%$fields), cookie => $half, origin => 'http://must.test')), '401 Second factor required', "S4.27: half a session changes nothing on a page: " . ($path || 'the profile');
    is answer($host{must}->request(GET => $url, cookie => $half)), "302 /account/factor?next=$url", 'S4.27: half a session sees no page: ' . ($path || 'the profile');
}
is answer($host{must}->request(GET => '/account/api/activity', cookie => $half)), '401 Second factor required', 'S4.27: half a session sees no activity';
is answer(api(factors => { remove => 'totp' }, %must)), '401 Second factor required', 'S1.68: half a session removes no factor';
is answer(api(factors => { recovery_codes => 'new' }, %must)), '401 Second factor required', 'S1.68: half a session makes no recovery codes';
is answer(api('factors/totp' => { secret => 'A' x 32, code => totp('A' x 32, time) }, %must)), '401 Second factor required', 'S1.66: half a session replaces no app';
is answer(api(confirm => { password => $PASSWORD }, %must)), '401 Second factor required', 'S1.42: half a session is not confirmed without the factor';
my $fresh = whole('alice');
is seen(plain => $fresh, on => $host{must}), 200, 'S4.27: a session with two factors opens what half a session does not';

# ---- Subrequests, index files, error documents ----

for my $on ($server, $host{must}) {
    my $where = $on == $server ? 'optional' : 'required';
    my $reply = $on->request(GET => '/open/two.shtml', cookie => $half);
    is $reply->body, "[none]\n", "S4.26: with LuciaSecondFactor $where, a page includes nothing that needs two factors" or diag $reply->bytes;
    like $on->request(GET => '/open/two.shtml', cookie => $fresh)->body, qr/moonstone/, "with LuciaSecondFactor $where, two factors include it";
    $reply = $on->request(GET => '/index/', navigation(), cookie => $half);
    is answer($reply), '302 /account/factor?next=/index/', "S4.26: with LuciaSecondFactor $where, an index file that needs two factors leads to factor";
    is_served($on->request(GET => '/index/', navigation(), cookie => $fresh), "with LuciaSecondFactor $where, two factors get the index file");
    $reply = $on->request(GET => '/error/a.txt', script(), cookie => $half);
    is $reply->status, 403, "S4.26: with LuciaSecondFactor $where, sign-in as an ErrorDocument refuses half a session, which is signed in";
    keeps_secret($reply, "an ErrorDocument with LuciaSecondFactor $where");
    is scalar(grep { /^auth_session=[^;]/ } $reply->headers('Set-Cookie')), 0, "with LuciaSecondFactor $where, an ErrorDocument gives no session";
}
is $host{must}->request(GET => '/open/plain.shtml', cookie => $half)->body, "[none]\n", 'S4.27: half a session includes nothing';

# ---- Other virtual hosts with the same database ----

my $off = session_of(login('alice', on => $host{off}));
ok $off, 'S1.40: where LuciaSecondFactor is off, the password signs in';
is row_of($server, $off)->{factors}, undef, 'S1.40: that session has no number of factors';
is seen(plain => $off, on => $host{off}), 200, 'S1.40: it is in the cache of that virtual host';
is_deeply [map { seen($_ => $off) } qw(two env_two)], [401, 403], 'S1.40: where LuciaSecondFactor is optional, it has one factor';
is seen(plain => $off, on => $host{must}), 401, 'S1.40: where LuciaSecondFactor is required, it opens nothing';
is answer(api('factors/app' => { name => 'a' }, cookie => $off)), '401 Second factor required', 'S9.72: it makes no app password';
is answer(api(factors => { remove => 'totp' }, cookie => $off)), '401 Second factor required', 'S1.68: it removes no factor';
is seen(two => $fresh), 200, 'a session with two factors is known as one';
is seen(plain => $fresh, on => $host{off}), 200, 'S1.40: it is valid where LuciaSecondFactor is off';
is seen(two => $fresh), 200, 'S1.40: afterwards it has two factors as before';
is session_of(login('alice', on => $host{must})), undef, 'S1.41: where a second factor is required, sign-in asks for it';

# ---- A passkey that is added where no second factor is asked for ----

sub offer_of { my ($cookie, %arg) = @_; return ($arg{on} // $host{key})->request(GET => '/account/api/passkeys', cookie => $cookie, accept => 'application/json')->json->{registration} }
sub add { my ($key, $cookie, %arg) = @_; %arg = (on => $host{key}, %arg); return answer(api(passkeys => { $key->registration(offer_of($cookie, %arg)) }, cookie => $cookie, %arg)) =~ s/^200 .*/200/r =~ s/ $//r }
sub passkeys_of { my ($name) = @_; return sqlite_value($db, 'SELECT count(*) FROM auth_user_passkey WHERE user_id = ?', user_id($db, $name)) }
my %at_key = (party => 'key.test', origin => 'https://key.test');
my %key = (on => $host{key});
$off = session_of(login('alice', %key));
ok $off, 'S9.84: where passkeys are on and LuciaSecondFactor is off, the password signs in';
my $thief = LuciaTest::Passkey->new(id => 'of a thief', %at_key);
is add($thief, $off), '401 Second factor required', 'S9.84: without LuciaSecondFactor, the password alone adds no passkey to an account that has a second factor elsewhere';
is answer(page(passkeys => { $thief->registration(offer_of($off)) }, cookie => $off, %key)), '401 Second factor required', 'S9.84: the page of passkeys adds none for the password alone';
is passkeys_of('alice'), 0, 'S9.84: the account has no passkey';
my $owner = LuciaTest::Passkey->new(id => 'of the owner', %at_key);
is add($owner, $fresh), 200, 'S9.84: without LuciaSecondFactor, a session with two factors adds one';
my $tag = $host{key}->request(GET => '/account/api/passkeys', cookie => $off, accept => 'application/json')->json->{passkeys}[0]{tag};
is answer(api(passkeys => { remove => $tag }, cookie => $off, %key)), '401 Second factor required', 'S9.84: without LuciaSecondFactor, the password alone removes no passkey';
is answer(api(passkeys => { rename => $tag, name => 'x' }, cookie => $off, %key)), '401 Second factor required', 'S9.84: without LuciaSecondFactor, the password alone renames no passkey';
my $with_key = session_of(api(passkey => { $owner->assertion($host{key}->request(GET => '/account/api/passkey', accept => 'application/json')->json, handle => offer_of($off)->{user_handle}) }, %key));
is row_of($server, $with_key)->{factors}, 2, 'S1.40: a passkey that has verified its user counts as two factors without LuciaSecondFactor';
is seen(two => $with_key), 200, 'S1.40: it counts as two factors elsewhere';
is answer(api(passkeys => { remove => $tag }, cookie => $with_key, %key)) =~ s/ .*//r, 200, 'S9.84: without LuciaSecondFactor, a session of a passkey removes one';
take_factors($db, 'alice');
changed('alice');
is add(LuciaTest::Passkey->new(id => 'first', %at_key), $off), 200, 'S9.84: the password alone adds the first factor of an account';
is add($thief, $off), '401 Second factor required', 'S9.84: the password alone adds no second one';

# The only factor of alice is a passkey now, which some sites do not know.
$off = session_of(login('alice'));
ok $off, 'where LuciaPasskeys is off, the password of a user who has nothing but a passkey signs in';
for (['factors/totp', { secret => 'A' x 32, code => totp('A' x 32, time) }], ['factors/app', { name => 'a' }], ['password', { current => $PASSWORD, password => $NEW }], ['username', { username => 'alicia' }], ['delete', { username => 'alice' }], ['sessions', { others => 1 }]) {
    my ($path, $fields) = @$_;
    is answer(api($path, $fields, cookie => $off)), '401 Second factor required', "S1.43: where LuciaPasskeys is off, such a session changes nothing: $path";
}
is answer(api('factors/totp' => { secret => 'A' x 32, code => totp('A' x 32, time) }, cookie => session_of(login('alice', on => $host{off})))), '401 Second factor required', 'S1.43: a session of where both are off sets up no app';
is answer($server->request(GET => '/account/factor?next=/account/factors/totp', cookie => $off)), '401 Second factor required', 'S1.43: where LuciaPasskeys is off, the page factor says that the account has one, and does not lead in circles';
is passkeys_of('alice'), 1, 'S9.84: the account has the passkey of its owner';
sqlite($db, 'DELETE FROM auth_user_passkey WHERE user_id = ?', user_id($db, 'alice'));
$codes{alice} = [give_codes($db, 'alice')];
changed('alice');

# ---- The step where there is none ----

$step = step_of(login('alice'));
for my $at ($server, @host{qw(off key must)}) {
    is $at->request(GET => '/open/cookie.cgi', cookie => "a=b; $step->{name}=$step->{value}; c=d")->body, "[a=b; c=d]\n", 'S1.41: content does not see the cookie of a step, at ' . ($at->{name} // 'the main server');
}

# ---- What a second factor leaves ----

my $isaac = up('isaac');
my $app = api('factors/app' => { name => 'calendar' }, cookie => $isaac)->json->{password};
$codes{isaac} = [give_codes($db, 'isaac')];
changed('isaac');
is_deeply [basic(isaac => $PASSWORD), basic(isaac => $app)], [401, 200], 'S9.71: an app password from before the factor stays, and the password of the account does not suffice';
my $isaac_two = whole('isaac');
is seen(group => $isaac_two), 403, 'a user in no group is refused';
$ctl->does('group', 'add', 'isaac', 'admins');
is_deeply [seen(group => $isaac_two), seen(group => $isaac)], [200, 401], 'S4.26: of a group that needs a second factor, a session with two is admitted, and one with one is not';
$ctl->does('group', 'add', 'isaac', 'staff');
is seen(group => $isaac), 200, 'S4.26: in a group that needs no second factor, a session with one is admitted';
$ctl->does('factor', 'reset', 'isaac');
is_deeply [map { seen(two => $_) } $isaac_two, session_of(login('isaac'))], [200, 401], 'S1.40: after luciactl factor reset, a session with two factors has two, and a new one has one';
is basic(isaac => $app), 200, 'S9.71: after luciactl factor reset, the app password stays';
give_codes($db, 'isaac');
$ctl->does('factor', 'reset', 'isaac', '--end-sessions');
is seen(two => $isaac_two), 401, 'luciactl factor reset --end-sessions ends the sessions';

# ---- Passkeys alone ----

my $hanna = up('hanna');
my %only = (on => $host{only});
sqlite($db, "INSERT INTO auth_user_passkey (id, user_id, credential_id, public_key, algorithm, sign_count, flags, name, created_at) VALUES ('none', ?, 'AAAA', 'AAAA', -7, 0, 0, 'key', 1)", user_id($db, 'hanna'));
changed('hanna');
is_deeply [map { session_of($_) } login('hanna', %only), api(login => { username => 'hanna', password => $PASSWORD }, %only), page(signup => { username => 'hanna', password => $PASSWORD }, %only)], [undef, undef, undef],
    'S9.86: with LuciaPasskeys only, no page takes the password of a user who has a passkey for a sign-in';
is basic(hanna => $PASSWORD, %only), 401, 'S9.86: with LuciaPasskeys only, HTTP Basic refuses the password of that user';
is seen(fresh => $hanna, %only), 200, 'a session from before the passkey is fresh for a while';
$hanna = session_of(page(password => { current => $PASSWORD, password => $NEW }, cookie => $hanna, %only));
is seen(fresh => $hanna, %only), 200, 'S1.27: after a change of the password it is as fresh as before';
age($hanna);
is session_of(page(confirm => { password => $NEW }, cookie => $hanna, %only)), undef, 'S9.86: with LuciaPasskeys only, the password of that user confirms no session';
$hanna = session_of(page(password => { current => $NEW, password => $PASSWORD }, cookie => $hanna, %only));
is seen(fresh => $hanna, %only), 401, 'S1.27: with LuciaPasskeys only, a change of the password makes no fresh session of that user';

# ---- Another server with the same database ----

my $node = LuciaTest::Server->new(modules => [], files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(plain two) },
    config => ($common =~ s{\@db\@}{$db}r) . join '', map { "<Location /$_/>\nAuthType Lucia\n$rule{$_}\n</Location>\n" } qw(plain two));
my $frank = $before{frank};
is_deeply [map { seen(plain => $frank, on => $_) } $server, $node], [200, 200], 'a session with one factor is known to two servers';
$step = step_of(login('frank', on => $node));
ok $step, 'S1.41: another server asks for the factor';
my $spent = code('frank');
my $signed_in = session_of(factor($spent, $step));
ok $signed_in, 'S1.42: a sign-in that began at one server ends at the other one';
is answer(page(factor => { code => $spent }, on => $node, cookie => cookies($step))), '401 Sign-in took too long. Sign in again.', 'S1.42: step and code replayed at the other server give no session';
is answer(page(factor => { code => $spent }, on => $node, cookie => cookies(step_of(login('frank', on => $node))))), '400 Incorrect code', 'S1.62: a code replayed at the other server with a new step gives no session';
is seen(two => $signed_in, on => $node), 200, 'S1.40: two factors count at the other server';
is seen(two => $frank, on => $node), 401, 'S1.40: the session with one factor has one at the other server';
$raised = session_of(page(factor => { code => code('frank') }, cookie => $frank));
is seen(two => $raised, on => $node), 200, 'S1.42: a session that got the factor has it at the other server at once';
isnt seen(two => $frank, on => $node), 200, 'S1.42: what the other server knows of the old session gets no factor';

# ---- Another server that has passkeys and no second factors ----

my $bare = LuciaTest::Server->new(modules => [], config => "ServerName https://key.test\n" . ($common =~ s{\@db\@}{$db}r =~ s{LuciaSecondFactor optional}{LuciaSecondFactor off\nLuciaPasskeys on}r));
my $there = LuciaTest::Gate::Host->new($bare, 'key.test');
$there->{scheme} = 'https';
my $mine = session_of(login('alice', on => $there));
ok $mine, 'the password signs in at another server that has passkeys and no second factors';
is add($thief, $mine, on => $there), '401 Second factor required', 'S9.84: it adds no passkey there to an account that has a second factor elsewhere';
is passkeys_of('alice'), 0, 'S9.84: the account has no passkey of another server';

# ---- Rows that an application of Lucia has inserted ----

$lucia->request(POST => '/account/signup', form(username => 'alice', password => $PASSWORD));
my $user = sqlite_value($lucia->db, "SELECT id FROM auth_user WHERE username = 'alice'");
my $id = join '', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. 40;
my $now = int(time * 1000);
sqlite($lucia->db, 'INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES (?, ?, ?, ?)', $id, $user, $now + 3_600_000, $now + 7_200_000);
my $own = { name => 'auth_session', value => $id };
is seen(plain => $own, on => $lucia), 200, 'a session that an application of Lucia made is valid';
is_deeply [map { seen($_ => $own, on => $lucia) } qw(two env_two fresh)], [401, 403, 401], 'S1.40: it has one factor, and is not fresh';
is $lucia->request(GET => '/plain/who.cgi', cookie => $own)->body, "alice/1\n", 'S1.40: content sees one factor of it';
my $hashed = join '', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. 40;
sqlite($db, 'INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES (?, ?, ?, ?)', $hashed, user_id($db, 'alice'), $now + 3_600_000, $now + 7_200_000);
$own = { name => 'auth_session', value => $hashed };
is seen(plain => $own), 200, 'a plain row of such an application is valid where ids are hashed';
is_deeply [map { seen($_ => $own) } qw(two env_two fresh)], [401, 403, 401], 'S1.40: that session has one factor, and is not fresh';
is seen(plain => $own, on => $host{must}), 401, 'S4.27: where two factors are required, that session opens nothing';

unlike $server->error_log, qr/exit signal/, 'no child crashes';
done_testing;
