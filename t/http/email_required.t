# SPDX-License-Identifier: Apache-2.0
# LuciaEmail required: where a session without a verified address leads, and every way around. And what others see of an address
# that is not verified. S4.35, S4.36.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Factors qw(user_id give_codes);
use LuciaTest::Gate;
use LuciaTest::Mail;
use LuciaTest::Site qw(sign_up error_in text_in $CHEAP_HASH);

my $mail = LuciaTest::Mail->new;
my $env = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s/%s/%s\\n' \"\$REMOTE_USER\" \"\$LUCIA_EMAIL\" \"\$HTTP_X_LUCIA_EMAIL\"\n";
my %rule = (
    plain => 'Require valid-user', fresh => 'Require lucia-fresh', bearer => "LuciaBearer On\nRequire valid-user", env => 'Require env LUCIA_USERNAME', remote => q{Require expr "%{REMOTE_USER} =~ /./"},
    address => 'Require lucia-attribute email Boss@example.org', notaddress => "<RequireAll>\nRequire valid-user\nRequire not lucia-attribute email boss\@example.org\n</RequireAll>", flag => 'Require lucia-attribute email_verified 1',
    variable => 'Require env LUCIA_EMAIL', user => "LuciaRemoteUser email\nRequire valid-user", sometimes => "LuciaOptional On\nRequire valid-user", index => 'Require valid-user',
);
my $gates = join '', map { "<Location /$_/>\nAuthType Lucia\nLuciaHeaders On\n$rule{$_}\n</Location>\n" } sort keys %rule;
my $server = LuciaTest::Server->new(modules => [qw(session session_cookie auth_form)],
    files => {
        (map { ("htdocs/$_/a.txt" => SECRET) } keys %rule, qw(basic form)), 'htdocs/index/index.html' => SECRET, (map { ("htdocs/$_/who.cgi" => $env) } qw(plain sometimes user)),
        'htdocs/open/plain.shtml' => qq{<!--#config errmsg="none" -->[<!--#include virtual="/plain/a.txt" -->]\n},
    },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaTemplates \@templates\@\nLuciaErrorCodes On\nLuciaAuditLog logs/audit.log\nLuciaSessionCacheTTL 3600s\nLuciaUsernameChange On\nLuciaAccountDeletion On\nLuciaActivity On\n"
    . "LuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaThrottle account=10/15min ip=off signup=off\n"
    . "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaEmail optional\n" . CONTENT . $gates . BASIC . FORM . <<'CONF');
<Location /check/>
    AuthType Lucia
    Require valid-user
    SetHandler luciauth-verify
    LuciaForwardFrom 127.0.0.1
    LuciaForwardHosts app.example.org
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName must.test
    LuciaEmail required
</VirtualHost>
<VirtualHost *>
    ServerName both.test
    LuciaEmail required
    LuciaSecondFactor required
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaEmail off
    LuciaUserAttributes email email_verified
</VirtualHost>
CONF
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--vhost', '127.0.0.1');
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(must both off);
my %must = (on => $host{must});

sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub session_of { my ($reply) = @_; my @values = map { /^auth_session=([^;]+)/ ? $1 : () } $reply->headers('Set-Cookie'); return @values ? { name => 'auth_session', value => $values[-1] } : undef }
sub origin_of { my ($on) = @_; return $on->isa('LuciaTest::Server') ? (origin => 1) : (origin => "http://$on->{name}") }
sub get { my ($path, $cookie, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(GET => $path, cookie => $cookie, %arg) }
sub post { my ($path, $fields, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => "/account/$path", form(%$fields), origin_of($on), %arg) }
sub api { my ($path, $fields, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => '/account/api' . ($path && "/$path"), json($fields), accept => 'application/json', origin_of($on), %arg) }
sub seen { my ($path, $cookie, %arg) = @_; return get("/$path/a.txt", $cookie, script(), %arg)->status }
sub basic { my ($name, $password, %arg) = @_; my $on = delete $arg{on} // $host{must}; return $on->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') }, %arg)->status }
sub address { my ($name, $address) = @_; sqlite($db, 'UPDATE auth_user SET email = ?, email_verified = 0 WHERE username = ?', $address, $name); return changed($name) }
sub changed { my ($name) = @_; $ctl->does('user', 'disable', $name); return $ctl->does('user', 'enable', $name) }

# The last one, which has voided the others.
sub token_of {
    my ($address) = @_;
    my @got;
    wait_until(sub { @got = grep { $_->{to}[0] eq $address } $mail->mails; @got && sqlite_value($db, 'SELECT count(*) FROM auth_user_mail') == 0 }, 60) or die "no mail to $address\n";
    return $got[-1]{text} =~ /verify\?token=([a-z0-9]{32})/ ? $1 : die $got[-1]{text};
}

my $to_email = sub { my ($path) = @_; return "302 /account/email?next=$path" };
my %cookie;

# ---- From sign-up to the first page ----

my $reply = $host{must}->request(POST => '/account/signup', form(username => 'alice', password => $PASSWORD, email => 'alice@example.org', next => '/plain/a.txt'), origin => 'http://must.test');
is answer($reply), $to_email->('/plain/a.txt'), 'S4.35: after sign-up a browser is led to the page of the address, and keeps where it wanted to go';
my $alice = session_of($reply);
is get('/account/email', $alice, %must)->status, 200, 'S4.35: the page of the address is open';
my $led = get('/account/email?next=/plain/a.txt', $alice, %must);
like text_in($led), qr/ To go on, confirm your email address\. .* Continue Sign out /, 'S4.35: the page of the address says why the user is there';
like $led->body, qr{<a href="/plain/a\.txt">Continue</a>}, 'S4.35: the page of the address leads to where the user wanted to go';
unlike $led->body, qr/Back to the profile|%%/, 'S4.35: the page of the address leads to no page that is not open';
is answer($host{must}->request(POST => '/account/email?next=/plain/a.txt', form(resend => 1), origin => 'http://must.test', cookie => $alice)), $to_email->('/plain/a.txt') =~ s/302/303/r, 'S4.35: to send the link again keeps where the user wanted to go';
unlike get('/account/email?next=//evil.example/', $alice, %must)->body, qr/evil/, 'S4.35: the page of the address leads to no other site';
is answer($host{must}->request(POST => '/account/login', form(username => 'alice', password => $PASSWORD), origin => 'http://must.test')), '302 /account/email', 'S4.35: after sign-in a browser is led to the page of the address';
$reply = api(signup => { username => 'daveX', password => $PASSWORD, email => 'dave@example.org' }, %must);
is $reply->status, 201, 'S4.35: sign-up in JSON answers as ever';
is $reply->json->{user}{email_verified}, '0', 'S4.35: the JSON says that the address is not verified';

# ---- Gates ----

for my $path (sort grep { $_ ne 'sometimes' } keys %rule) {
    $reply = get("/$path/a.txt", $alice, script(), %must);
    is answer($reply), '403 Email address not confirmed', "S4.35: a script gets 403: $rule{$path}" =~ s/\n/; /gr;
    is $reply->json->{code}, 'email_unverified', "S4.35: a script gets a code: $path";
    keeps_secret($reply, "a script without a verified address at $path");
    $reply = get("/$path/a.txt", $alice, navigation(), %must);
    is answer($reply), $to_email->("/$path/a.txt"), "S4.35: a browser is led to the page of the address: $path";
    keeps_secret($reply, "a browser without a verified address at $path");
}
is get('/sometimes/who.cgi', $alice, %must)->body, "//\n", 'S4.35: where sign-in is optional, the request is anonymous';
is $host{must}->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $alice->{value}" })->status, 403, 'S4.35: a bearer token opens nothing';
is answer(get('/index/', $alice, navigation(), %must)), $to_email->('/index/'), 'S4.35: an index file leads to the page of the address';
is get('/open/plain.shtml', $alice, %must)->body, "[none]\n", 'S4.35: nothing is included';
for my $method (qw(HEAD POST PUT DELETE OPTIONS PROPFIND)) {
    is $host{must}->request($method => '/plain/a.txt', cookie => $alice, origin => 'http://must.test')->status, 403, "S4.35: $method opens nothing";
}
my $late = $host{must}->request(POST => '/plain/a.txt', form(a => 1), cookie => $alice, origin => 'http://must.test', navigation('Sec-Fetch-Site' => 'same-origin'));
is $late->status, 403, 'S4.35: a form of a browser gets 403';
like $late->body, qr{href="/account/email\?next=/account/login%3Ftab%3D1"|href="/account/email\?next=}, 'S4.35: the page for a form leads to the page of the address';
is seen(plain => $alice), 200, 'S4.35: with optional the same session opens the gate';

sub asked { my ($cookie, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(GET => '/check/', cookie => $cookie, headers => { 'X-Original-URL' => 'https://app.example.org/a', 'X-Original-Method' => 'GET', Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate' }, %arg) }
$reply = asked($alice, %must);
is $reply->status . ' ' . ($reply->header('Location') // ''), '401 https://www.example.org/account/email?next=https%3A//app.example.org/a', 'S4.35: a proxy that asks is told where the address is confirmed';
is $reply->header('X-Lucia-Username'), undef, 'S4.35: a proxy that asks learns no name';

# ---- Pages of the account ----

for my $path ('', qw(password sessions activity username factors factors/totp factors/app)) {
    my $url = '/account' . ($path && "/$path");
    is answer(get($url, $alice, %must)), $to_email->($url), "S4.35: the page '$path' leads to the page of the address";
}
for my $path ('', qw(sessions activity factors factors/totp factors/app)) {
    is answer(get('/account/api' . ($path && "/$path"), $alice, %must)), '403 Email address not confirmed', "S4.35: the JSON of '$path' answers 403";
}
for my $case (['password', { current => $PASSWORD, password => 'battery staple' }], ['username', { username => 'alicia' }], ['sessions', { others => 1 }], ['factors', { remove => 'totp' }], ['factors/totp', { secret => 'A' x 32, code => '123456' }], ['factors/app', { name => 'a' }]) {
    my ($path, $fields) = @$case;
    is answer(api($path, $fields, %must, cookie => $alice)), '403 Email address not confirmed', "S4.35: JSON to $path changes nothing";
    is answer(post($path, $fields, %must, cookie => $alice)), '403 Email address not confirmed', "S4.35: a form to $path changes nothing";
}
is get("/account/$_", $alice, %must)->status, 200, "S4.35: the page $_ is open" for qw(email logout confirm delete);
my ($event) = grep { ($_->{reason} // '') eq 'unverified' } $audit->events(1);
is_deeply [@$event{qw(event result)}], ['password_change', 'failure'], 'S4.35: the audit line says why a form was refused';

# ---- Programs ----

my $app = api('factors/app' => { name => 'git' }, cookie => $alice)->json->{password};
my $key = q{username:alice};
my $own = sqlite_value($db, 'SELECT hashed_password FROM user_key WHERE id = ?', $key);
for my $round (1 .. 11) {    # with another hash of the same password, so that it is looked at again
    sign_up($server, "donor$round", path => '/account/signup');
    sqlite($db, 'UPDATE user_key SET hashed_password = (SELECT hashed_password FROM user_key WHERE id = ?) WHERE id = ?', "username:donor$round", $key);
    is basic(alice => $PASSWORD), 401, "S4.35: HTTP Basic opens nothing, time $round";
}
sqlite($db, 'UPDATE user_key SET hashed_password = ? WHERE id = ?', $own, $key);
is basic(alice => $app), 401, 'S4.35: an app password opens nothing' for 1 .. 12;
is $host{must}->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $app" })->status, 401, 'S4.35: an app password as a bearer token opens nothing';
is sqlite_value($db, q{SELECT failures FROM user_key WHERE id = 'username:alice'}) // 0, 0, 'S4.35: right passwords are no failures of the account';
is $host{must}->request(POST => '/account/login', form(username => 'alice', password => $PASSWORD))->status, 302, 'S4.35: programs do not have their user wait';
ok scalar(grep { $_->{event} eq 'password_check' && ($_->{reason} // '') eq 'unverified' } $audit->events(1)), 'S4.35: the audit line says why a program was refused';
like $host{must}->request(POST => '/form/enter', form(httpd_username => 'alice', httpd_password => $PASSWORD))->location, qr{/form/failed$}, 'S4.35: mod_auth_form refuses the password';
is basic(alice => $PASSWORD, on => $server), 200, 'S4.35: with optional the password opens the gate';

# ---- The verification ----

is $host{must}->request(POST => '/account/verify', form(token => token_of('alice@example.org')))->status, 200, 'the link verifies the address';
is seen(plain => $alice, %must), 200, 'S4.35: the session opens the gate with the next request';
is answer(get('/account', $alice, %must)), '200 ', 'S4.35: the pages of the account are open';
is answer(get('/account/email?next=/plain/a.txt', $alice, %must)), '302 /plain/a.txt', 'S4.35: the page of the address, loaded again, leads on';
is get('/account/email?next=//evil.example/', $alice, %must)->status, 200, 'S4.35: after the verification the page of the address leads to no other site';
like text_in(get('/account/email', $alice, %must)), qr/ Back to the profile /, 'S4.35: after the verification the page leads to the profile';
is basic(alice => $PASSWORD), 200, 'S4.35: HTTP Basic opens the gate';
is basic(alice => $app), 200, 'S4.35: an app password opens the gate';
is answer($host{must}->request(POST => '/account/login', form(username => 'alice@example.org', password => $PASSWORD), origin => 'http://must.test')), '302 /account', 'S4.35: sign-in leads on';

# ---- A user from before, and second factors ----

my $bobby = sign_up($server, 'bobby', path => '/account/signup');
is answer(get('/plain/a.txt', $bobby, navigation(), %must)), $to_email->('/plain/a.txt'), 'S4.35: a user without any address is led to the page of the address';
is get('/account/email', $bobby, %must)->status, 200, 'S4.35: a user without any address sees the page';
is answer(get('/plain/a.txt', $bobby, navigation(), on => $host{both})), '302 /account/factor?next=/plain/a.txt', 'S4.35: a second factor comes before the address';
is answer(get('/account/factor?next=/plain/a.txt', $bobby, on => $host{both})), '303 /account/factors?next=/plain/a.txt', 'S4.35: a user without a second factor is led to set one up';
is get('/account/factors', $bobby, on => $host{both})->status, 200, 'S4.35: the page of the second factors is open before the address is verified';
like answer(get('/account/email', $bobby, on => $host{both})), qr{^302 /account/factor\?}, 'S4.35: the page of the address comes after the second factor';
sqlite($db, 'UPDATE user_session SET factors = 2 WHERE user_id = ?', user_id($db, 'bobby'));
changed('bobby');
is answer(get('/plain/a.txt', $bobby, navigation(), on => $host{both})), $to_email->('/plain/a.txt'), 'S4.35: with the factor, the address is asked for';
is get('/account/email', $bobby, on => $host{both})->status, 200, 'S4.35: with the factor, the page of the address is open';

# ---- What others see of an address that is not verified ----

my $mallory = sign_up($server, 'mallory', path => '/account/signup');
address('mallory', 'boss@example.org');
is seen(address => $mallory), 403, 'S4.36: an address that is not verified admits nobody';
is seen(flag => $mallory), 403, 'S4.36: the flag of an address that is not verified admits nobody';
is seen(variable => $mallory), 403, 'S4.36: LUCIA_EMAIL is not set';
is seen(notaddress => $mallory), 200, 'S4.36: a rule against an address does not mean who has not verified it';
is seen(user => $mallory), 403, 'S4.36: with LuciaRemoteUser email the user is refused';
like $server->error_log, qr/LUCI0701: user \w{15} has no verified "email", which LuciaRemoteUser names/, 'S4.36: the log says why';
is get('/plain/who.cgi', $mallory)->body, "mallory//\n", 'S4.36: content sees no address';
is_deeply [map { $_->status, $_->header('X-Lucia-Email') } asked($mallory)], [200, ''], 'S4.36: a proxy that asks learns no address';
is get('/plain/who.cgi', $mallory, on => $host{off})->body, "mallory/boss\@example.org/boss\@example.org\n", 'S4.36: without LuciaEmail the column is an attribute like any other';
is get('/account/api', $mallory)->json->{user}{email}, 'boss@example.org', 'S4.36: the user sees the own address';
sqlite($db, q{UPDATE auth_user SET email = 'BOSS@Example.org', email_verified = 1 WHERE username = 'mallory'});
changed('mallory');
is_deeply [map { seen($_ => $mallory) } qw(address flag variable notaddress)], [200, 200, 200, 403], 'S4.36: a verified address admits, in upper and lower case';
is asked($mallory)->header('X-Lucia-Email'), 'BOSS@Example.org', 'S4.36: a proxy that asks learns a verified address';
is get('/user/who.cgi', $mallory)->body, "BOSS\@Example.org/BOSS\@Example.org/BOSS\@Example.org\n", 'S4.36: content sees a verified address';

done_testing;
