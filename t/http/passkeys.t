# SPDX-License-Identifier: Apache-2.0
# LuciaPasskeys over HTTP, with an authenticator of the tests: JSON, what pages say and load, hosts, and what is off.
# t/browser/passkeys.t has the pages in Chromium. S9.80 to S9.84.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Factors;
use LuciaTest::Gate ();
use LuciaTest::Passkey;
use LuciaTest::Site;
use MIME::Base64 ();

my $HOSTS = join '', map { "<VirtualHost *>\n    ServerName $_->[0]\n    $_->[1]\n</VirtualHost>\n" } ['site.example', 'ServerAlias localhost www.site.example other.example'],
    ['off.test', 'LuciaPasskeys off'], ['https://tls.example', 'ServerAlias www.tls.example'];
my $site = site("LuciaSecret {file:\@secret\@}\nLuciaPasskeys on\nLuciaAuditLog logs/audit.log\n$HOSTS", mount => '/account');
my $db = $site->db;
my $local = 'localhost:' . $site->port;
my $origin = "http://$local";
my %json = (accept => 'application/json');

sub get { my ($path, @more) = @_; return $site->request(GET => "/account/$path", host => $local, @more) }
sub post { my ($path, $fields, @more) = @_; return $site->request(POST => "/account/$path", form(%$fields), host => $local, origin => $origin, @more) }
sub passkey { return LuciaTest::Passkey->new(origin => $origin, @_) }
sub rows { return count_of($site, 'auth_user_passkey') }
sub audit { return LuciaTest::Server::slurp($site->dir . '/logs/audit.log') }

my $alice = cookie_of(post('signup', { username => 'alice', password => $PASSWORD }));
my $bobby = cookie_of(post('signup', { username => 'bobby', password => $PASSWORD }));

# ---- Registration ----

my $reply = get('api/passkeys', cookie => $alice, %json);
is $reply->status, 200, 'the list of passkeys in JSON';
my $offer = $reply->json->{registration};
is_deeply $reply->json->{passkeys}, [], 'a new user has no passkeys';
is_deeply [sort keys %$offer], [qw(algorithms challenge exclude rp_id timeout token user_handle user_verification)], 'an offer of a registration has these members';
is_deeply $offer->{algorithms}, [-7, -8, -257], 'ES256, EdDSA and RS256 are offered';
is "$offer->{rp_id} $offer->{user_verification} $offer->{timeout}", 'localhost preferred 600000', 'an offer names the site, and how long it is valid';
is count_of($site, 'auth_user_passkey_challenge'), 0, 'S9.82: an offer writes nothing';
is get('api/passkeys')->status, 401, 'without a session there is no list';

my $key = passkey();
$reply = post('api/passkeys', { $key->registration($offer, name => 'Key of Alice') }, cookie => $alice, %json);
is $reply->status, 200, 'S9.80: a passkey is added';
my $listed = $reply->json->{passkeys};
is_deeply [map { $_->{name} } @$listed], ['Key of Alice'], 'the answer has the new passkey';
is $reply->json->{registration}{exclude}, $key->id, 'the next offer excludes it';
like audit(), qr/event=factor_add result=ok .*factor=passkey/, 'adding a passkey has an audit line';

my %wrong = (
    'the same answer again'         => { $key->registration($offer) },
    'a token that is none'          => { $key->registration($offer), token => '1.a.b.c' },
    'no token'                      => { map { $_->[0] => $_->[1] } grep { $_->[0] ne 'token' } do { my %f = $key->registration($offer); map { [$_, $f{$_}] } keys %f } },
    'an id that is not base64url'   => { $key->registration($offer), id => 'a+b' },
    'no data'                       => { token => $offer->{token}, name => 'x' },
    'a page of another user'        => { passkey(id => 'other')->registration(get('api/passkeys', cookie => $bobby, %json)->json->{registration}) },
    'another origin'                => { passkey(id => 'other', origin => 'http://localhost:1')->registration(get('api/passkeys', cookie => $alice, %json)->json->{registration}) },
    'another relying party'         => { passkey(id => 'other', party => 'site.example')->registration(get('api/passkeys', cookie => $alice, %json)->json->{registration}) },
);
for my $what (sort keys %wrong) {
    $reply = post('api/passkeys', $wrong{$what}, cookie => $alice, %json);
    is $reply->status . $reply->body, '400{"error":"This passkey cannot be used here"}', "S9.80: $what adds no passkey";
}
$reply = post('api/passkeys', { $key->registration(get('api/passkeys', cookie => $bobby, %json)->json->{registration}) }, cookie => $bobby, %json);
is $reply->status . $reply->body, '400{"error":"This passkey is registered already"}', 'S9.80: the credential of another user is not added';
is rows(), 1, 'refused registrations leave no row';
is post('api/passkeys', { passkey(id => 'x')->registration(get('api/passkeys', cookie => $alice, %json)->json->{registration}, name => ' ') }, cookie => $alice, %json)->body, '{"error":"Invalid name"}', 'a passkey needs a name';
is $site->request(POST => '/account/api/passkeys', form($key->registration($offer)), host => $local, origin => 'https://evil.example', cookie => $alice)->status, 401, 'another site adds no passkey';

# ---- Signing in ----

my $handle = $offer->{user_handle};
sub offered { return get('api/passkey', %json)->json }
$offer = offered();
is "$offer->{rp_id} $offer->{user_verification}", 'localhost required', 'an offer of a sign-in asks for verification';
my %answer = $key->assertion($offer, handle => $handle);
$reply = post('api/passkey', \%answer, %json);
is $reply->status, 200, 'S9.84: a passkey signs in without a name';
is $reply->json->{user}{username}, 'alice', 'the session is that of the user of the passkey';
ok cookie_of($reply), 'the answer has the cookie of the session';
like audit(), qr/event=sign_in result=ok .*account=alice.*factor=passkey/, 'signing in with a passkey has an audit line';
is post('api/passkey', \%answer, %json)->body, '{"error":"This passkey cannot be used here"}', 'S9.82: the same answer signs in once';
$reply = post('passkey', { $key->assertion(offered(), handle => $handle), next => '/account/sessions' });
is $reply->status . $reply->location, '302/account/sessions', 'S9.84: a form is answered with a redirect to next';
my $moved = offered();
%wrong = (
    'a user who was not verified' => { $key->assertion(offered(), handle => $handle, flags => 0x01) },
    'a user who was not present'  => { $key->assertion(offered(), handle => $handle, flags => 0x04) },
    'no user handle'              => { $key->assertion(offered()) },
    'the key of another passkey'  => { passkey(id => $key->{id})->assertion(offered(), handle => $handle) },
    'an unknown passkey'          => { passkey(id => 'unknown')->assertion(offered(), handle => $handle) },
    'the token of another page'   => { $key->assertion(offered(), handle => $handle), token => $moved->{token} },
    'a token of a registration'   => { $key->assertion(get('api/passkeys', cookie => $alice, %json)->json->{registration}, handle => $handle) },
    'nothing'                     => {},
);
for my $what (sort keys %wrong) {
    $reply = post('api/passkey', $wrong{$what}, %json);
    is $reply->status . $reply->body, '400{"error":"This passkey cannot be used here"}', "S9.81: $what signs in nobody";
    ok !cookie_of($reply), "$what gets no session";
}
is $site->request(POST => '/account/api/passkey', form($key->assertion(offered(), handle => $handle)), host => $local, origin => 'https://evil.example')->status, 403, 'another site signs in nobody';
like audit(), qr/event=sign_in result=failure reason=unknown_passkey/, 'an unknown passkey has a reason of its own';
like audit(), qr/event=sign_in result=failure reason=wrong_passkey/, 'a wrong answer has a reason of its own';

# ---- Pages, and what they load ----

$reply = get('login');
like $reply->header('Content-Security-Policy'), qr{; script-src \Q$origin\E/account/passkey\.js;}, 'S9.84: the policy of the sign-in page names the script, and nothing else';
like $reply->body, qr{<script src="/account/passkey\.js" defer></script>}, 'the sign-in page loads the script';
like $reply->body, qr{autocomplete="username webauthn"}, 'the sign-in page suggests passkeys';
is scalar(() = $reply->body =~ /<script/g), 1, 'the sign-in page has one script';
unlike $site->request(GET => '/account/signup', host => $local)->header('Content-Security-Policy'), qr/script-src/, 'other pages admit no script';
$reply = get('passkey.js');
is $reply->status . ' ' . $reply->type, '200 text/javascript; charset=utf-8', 'the script is served';
unlike $reply->body, qr/fetch\(|XMLHttpRequest|eval\(|innerHTML/, 'the script fetches nothing and writes no HTML';
is $site->request(POST => '/account/passkey.js', host => $local)->status, 405, 'the script takes no POST';
like get('passkeys', cookie => $alice)->body, qr/Key of Alice/, 'the page lists the passkeys';
is get('passkeys')->status, 302, 'without a session the page leads to sign-in';
$reply = $site->request(GET => '/.well-known/passkey-endpoints', host => $local);
is_deeply $reply->json, { enroll => "$origin/account/passkeys", manage => "$origin/account/passkeys" }, 'S9.84: the well-known URL names the page';

# ---- Hosts ----

for my $host ('site.example', 'www.site.example', 'other.example', '127.0.0.1') {
    $reply = $site->request(GET => '/account/login', host => $host);
    unlike $reply->body, qr/data-passkey|<script/, "S9.83: without https, $host is offered no passkeys";
    unlike $reply->header('Content-Security-Policy'), qr/script-src/, "the page of $host admits no script";
}
is $site->request(GET => '/account/api/passkey', host => 'other.example', %json)->status, 404, 'S9.83: a host that cannot have passkeys gets no challenge';
is $site->request(GET => '/.well-known/passkey-endpoints', host => 'other.example')->status, 404, 'a host that cannot have passkeys names no page';
is $site->request(POST => '/account/api/passkey', form($key->assertion(offered(), handle => $handle)), host => 'other.example', origin => 'http://other.example')->status, 400, 'S9.83: a host that cannot have passkeys signs in nobody';

for my $host ('tls.example', 'www.tls.example') {
    $reply = $site->request(GET => '/account/api/passkey', host => $host, %json);
    is $reply->status . $reply->json->{rp_id}, '200tls.example', "S9.83: with https, $host has the passkeys of ServerName";
}
my $named = LuciaTest::Server->new(throttle => 0, config => "ServerName https://tls.example\nLuciaDatabase sqlite3 \@db\@\nLuciaMount /account\nLuciaSecret {file:\@secret\@}\nLuciaPasskeys on\n");
is $named->request(GET => '/account/api/passkey', host => 'tls.example', %json)->status, 200, 'S9.83: a server has the passkeys of its ServerName';
is $named->request(GET => '/account/api/passkey', host => 'evil.tls.example', %json)->status, 404, 'S9.83: a host below ServerName that is no ServerAlias gets no challenge';
unlike $named->request(GET => '/account/login', host => 'evil.tls.example')->header('Content-Security-Policy'), qr/script-src/, 'the page of a host that is no ServerAlias admits no script';

my $placed = LuciaTest::Server->new(throttle => 0, config => "LuciaDatabase sqlite3 \@db\@\nLuciaSecret {file:\@secret\@}\nLuciaPasskeys on\nLuciaLoginURL /enter\nLuciaPasskeyURL /my/key\nLuciaPasskeysURL /my/keys\n"
    . join '', map { "<Location $_->[0]>\n    SetHandler luciauth-$_->[1]\n</Location>\n" } ['/enter', 'login'], ['/join', 'signup'], ['/me', 'profile'], ['/my/key', 'passkey'], ['/my/keys', 'passkeys'], ['/my/key.js', 'passkey-script']);
$local = 'localhost:' . $placed->port;
$reply = $placed->request(GET => '/enter', host => $local);
like $reply->body, qr{action="/my/key" hidden data-passkey="get"}, 'S9.84: LuciaPasskeyURL is where the button of the sign-in page leads';
like $reply->header('Content-Security-Policy'), qr{; script-src \Qhttp://$local\E/my/key\.js;}, 'the script is beside LuciaPasskeyURL';
is $placed->request(GET => '/my/key.js', host => $local)->type, 'text/javascript; charset=utf-8', 'SetHandler luciauth-passkey-script serves the script';
my $zoey = cookie_of($placed->request(POST => '/join', form(username => 'zoey', password => $PASSWORD), host => $local, origin => "http://$local"));
like $placed->request(GET => '/me', host => $local, cookie => $zoey)->body, qr{href="/my/keys"}, 'LuciaPasskeysURL is where the profile leads';
like $placed->request(GET => '/my/keys', host => $local, cookie => $zoey)->body, qr{<script src="/my/key\.js" defer>}, 'the page of LuciaPasskeysURL loads the script';
$local = 'localhost:' . $site->port;

# ---- Changes ----

my $tag = $listed->[0]{tag};
is post('api/passkeys', { remove => $tag }, cookie => $bobby, %json)->status, 404, 'another user does not remove it';
$reply = post('api/passkeys', { rename => $tag, name => 'New name' }, cookie => $alice, %json);
is $reply->json->{passkeys}[0]{name}, 'New name', 'a passkey gets another name';
is post('passkeys', { rename => $tag, name => 'Newer name', username => 'alice' }, cookie => $alice)->status, 303, 'the form of a name leads back to the page';
$reply = post('passkeys', { rename => $tag, name => ' ', username => 'alice' }, cookie => $alice);
is $reply->status, 400, 'an empty name is refused';
like $reply->body, qr/id="form-error" role="alert">Invalid name</, 'the page says that the name is refused';
is post('passkeys', { remove => $tag, username => 'bobby' }, cookie => $alice)->status, 400, 'a form for another name removes nothing';
$reply = post('passkeys', { remove => $tag, username => 'alice' }, cookie => $alice);
is $reply->status . $reply->location, '303/account/passkeys', 'a passkey is removed';
is rows(), 0, 'a removed passkey has no row';
is post('api/passkey', { $key->assertion(offered(), handle => $handle) }, %json)->status, 400, 'a removed passkey signs in nobody';
LuciaTest::sqlite($db, 'UPDATE user_session SET proved_at = 1');
is post('api/passkeys', { remove => $tag }, cookie => $alice, %json)->body, '{"error":"Confirmation required"}', 'S9.84: a session that is not fresh changes nothing';
is get('passkeys', cookie => $alice)->location, '/account/confirm?next=/account/passkeys', 'the page asks for a confirmation first';

# ---- As a second factor ----

my $second = LuciaTest::Server->new(throttle => 0, config => "LuciaDatabase sqlite3 \@db\@\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaMount /account\nLuciaSecret {file:\@secret\@}\nLuciaPasskeys on\nLuciaSecondFactor optional\n");
my $host = 'localhost:' . $second->port;
sub ask { my ($method, $path, $fields, @more) = @_; return $second->request($method => "/account/api/$path", $fields ? form(%$fields) : (), host => $host, origin => "http://$host", %json, @more) }
my $carol = cookie_of(ask(POST => 'signup', { username => 'carol', password => $PASSWORD }));
my $plain = passkey(origin => "http://$host");
is ask(POST => 'passkeys', { $plain->registration(ask(GET => 'passkeys', undef, cookie => $carol)->json->{registration}, flags => 0x01) }, cookie => $carol)->status, 200, 'a key without verification is added';
is ask(GET => 'factors', undef, cookie => $carol)->json->{passkeys}, 1, 'the factors of a user count passkeys';
is ask(POST => 'passkeys', { remove => 'x' }, cookie => $carol)->body, '{"error":"Second factor required"}', 'a session with one factor changes no passkey of a user who has one';
$reply = ask(POST => 'login', { username => 'carol', password => $PASSWORD });
is $reply->status, 401, 'S9.85: a password alone does not sign in a user with a passkey';
is_deeply $reply->json->{factors}, ['passkey'], 'the answer names the passkey';
my $step = join '; ', map { /^([^;]+)/ ? $1 : () } grep { !/^auth_session=/ } $reply->headers('Set-Cookie');
$offer = ask(GET => 'factor', undef, cookie => $step)->json->{passkey};
is "$offer->{rp_id} $offer->{user_verification} $offer->{allow}", 'localhost discouraged ' . $plain->id, 'S9.85: the page of the second factor offers a challenge for the keys of the user';
is ask(POST => 'factor', { passkey(origin => "http://$host", id => $plain->{id})->assertion($offer, flags => 0x01) }, cookie => $step)->status, 400, 'another key is no second factor';
is ask(POST => 'factor', { $plain->assertion(ask(GET => 'passkey')->json, flags => 0x01) }, cookie => $step)->status, 400, 'the challenge of a sign-in is none of a second factor';
%answer = $plain->assertion($offer, flags => 0x01);
$reply = ask(POST => 'factor', \%answer, cookie => $step);
is $reply->status, 200, 'S9.85: password and key sign in';
my $both = cookie_of($reply);
my $ctl = LuciaTest::Ctl->new('--config', $second->conf_file);
my $shown = $ctl->json('passkey', 'list', 'carol');
is_deeply [map { "$_->{name} " . ($_->{backedUp} ? 'backed up' : 'not backed up') } @$shown], ['Key not backed up'], 'luciactl passkey list shows the passkeys of a user';
like $shown->[0]{lastUsed}, qr/^20\d\d-/, 'luciactl passkey list shows the last use';
is $ctl->status('passkey', 'delete', 'carol', 'xyz'), 2, 'luciactl passkey delete refuses what is no tag';
is $ctl->status('passkey', 'delete', 'carol', '0' x 12), 1, 'luciactl passkey delete of an unknown tag ends with 1';
is $ctl->status('passkey', 'list', 'nobody'), 1, 'luciactl passkey list of an unknown user ends with 1';
like $ctl->does('factor', 'list', 'carol'), qr/^passkey\s+1\b/m, 'luciactl factor list counts passkeys';
is ask(POST => 'factor', \%answer, cookie => $step)->status, 401, 'S1.41: the step of a second factor that was proved with a passkey works once';
$step = join '; ', map { /^([^;]+)/ ? $1 : () } grep { !/^auth_session=/ } ask(POST => 'login', { username => 'carol', password => $PASSWORD })->headers('Set-Cookie');
is ask(POST => 'factor', \%answer, cookie => $step)->status, 400, 'S9.82: the answer of a second factor works once, with a new step as well';
is ask(POST => 'passkeys', { remove => ask(GET => 'passkeys', undef, cookie => $both)->json->{passkeys}[0]{tag} }, cookie => $both)->status, 200, 'a session with two factors removes the key';
is ask(POST => 'login', { username => 'carol', password => $PASSWORD })->status, 200, 'without a passkey, the password is enough';
is ask(POST => 'passkeys', { $plain->registration(ask(GET => 'passkeys', undef, cookie => $both)->json->{registration}) }, cookie => $both)->status, 200, 'the key is added again';
$handle = ask(GET => 'passkeys', undef, cookie => $both)->json->{registration}{user_handle};
$reply = ask(POST => 'passkey', { $plain->assertion(ask(GET => 'passkey')->json, handle => $handle) }, cookie => $step);
is $reply->status, 200, 'a passkey signs in beside a step that was not completed';
ok scalar(grep { /^([^=]+)=;/ && index($step, "$1=") == 0 } $reply->headers('Set-Cookie')), 'signing in with a passkey ends a step that was not completed';
$tag = $ctl->json('passkey', 'list', 'carol')->[0]{tag};
like $ctl->does('passkey', 'delete', 'carol', $tag), qr/The passkey $tag was deleted/, 'luciactl passkey delete deletes a passkey';
is ask(GET => 'factors', undef, cookie => $both)->json->{passkeys}, 0, 'a passkey that luciactl deleted is gone';

# ---- A factor that is required, and one answer several times at once ----

my $shared = "LuciaDatabase sqlite3 \@db\@\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaMount /account\nLuciaSecret {file:\@secret\@}\nLuciaPasskeys on\nLuciaSecondFactor required\nLuciaSessionCache off\n";
my $required = LuciaTest::Server->new(throttle => 0, config => $shared);
$host = 'localhost:' . $required->port;
sub needed { my ($method, $path, $fields, @more) = @_; return $required->request($method => "/account/$path", $fields ? form(%$fields) : (), host => $host, origin => "http://$host", @more) }
my $fay = cookie_of(needed(POST => 'api/signup', { username => 'faye', password => $PASSWORD }));
is needed(GET => 'sessions', undef, cookie => $fay)->status, 302, 'with a required factor, a session with one factor reaches no other page';
$key = passkey(origin => "http://$host");
$reply = needed(GET => 'api/passkeys', undef, cookie => $fay, %json);
is $reply->status, 200, 'S9.85: a session with one factor reaches the page that adds a passkey';
$handle = $reply->json->{registration}{user_handle};
is needed(POST => 'api/passkeys', { $key->registration($reply->json->{registration}) }, cookie => $fay, %json)->status, 200, 'S9.85: a session with one factor adds its first passkey';
$offer = needed(GET => 'api/factor', undef, cookie => $fay, %json)->json->{passkey};
$reply = needed(POST => 'api/factor', { $key->assertion($offer, flags => 0x01) }, cookie => $fay, %json);
is $reply->status, 200, 'S9.85: the new passkey is the second factor of the session';
is needed(GET => 'sessions', undef, cookie => cookie_of($reply))->status, 200, 'the session with two factors reaches the other pages';
my ($accepted, $refused) = (0, 0);
for my $round (1 .. 20) {
    my @form = form($key->assertion(needed(GET => 'api/passkey', undef, %json)->json, handle => $handle));
    my @sent = map { $required->send_request($required->bytes_of(POST => '/account/api/passkey', @form, host => $host, origin => "http://$host", %json)) } 1 .. 4;
    my @status = map { $required->answer_to($_)->status } @sent;
    $accepted += grep { $_ == 200 } @status;
    $refused += grep { $_ == 400 } @status;
}
is "$accepted $refused", '20 60', 'S9.82: of four requests with one answer at the same moment, one signs in';

# ---- As the only factor ----

my $only = LuciaTest::Server->new(throttle => 0, config => "LuciaDatabase sqlite3 \@db\@\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaMount /account\nLuciaSecret {file:\@secret\@}\nLuciaPasskeys only\nLuciaSessionCache off\n"
    . "<Location /gated>\nAuthType Lucia\nRequire valid-user\n</Location>\n<Location /basic>\nAuthType Basic\nAuthName x\nAuthBasicProvider lucia\nRequire valid-user\n</Location>\n", files => { map { ("htdocs/$_/a.txt" => 'a') } qw(basic gated) });
$host = 'localhost:' . $only->port;
sub only { my ($method, $path, $fields, @more) = @_; return $only->request($method => "/account/$path", $fields ? form(%$fields) : (), host => $host, origin => "http://$host", @more) }
sub over_basic { return $only->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . MIME::Base64::encode_base64("$_[0]:$PASSWORD", '') })->status }
my $dora = cookie_of(only(POST => 'api/signup', { username => 'dora', password => $PASSWORD }));
is only(POST => 'api/login', { username => 'dora', password => $PASSWORD }, %json)->status, 200, 'S9.86: without a passkey, the password signs in';
is over_basic('dora'), 200, 'S9.86: without a passkey, the password admits over Basic';
$key = passkey(origin => "http://$host");
$offer = only(GET => 'api/passkeys', undef, cookie => $dora, %json)->json->{registration};
is $offer->{user_verification}, 'required', 'S9.86: a passkey that is the only factor verifies its user';
is only(POST => 'api/passkeys', { $key->registration($offer, flags => 0x01) }, cookie => $dora, %json)->status, 400, 'S9.86: a passkey that does not verify its user is not added';
is only(GET => 'sessions', undef, cookie => $dora)->location, '/account/passkeys?next=/account/sessions', 'S9.86: a session without a passkey is led to the page that adds one';
is $only->request(GET => '/account', host => $host, cookie => $dora)->location, '/account/passkeys?next=/account', 'S9.86: the profile leads there as well';
is only(GET => 'login?next=/a', undef, cookie => $dora)->location, '/account/passkeys?next=/a', 'S9.86: sign-in leads a session without a passkey there';
is only(GET => 'api/sessions', undef, cookie => $dora, %json)->status . only(GET => 'api/sessions', undef, cookie => $dora, %json)->body, '401{"error":"Add a passkey first"}', 'S9.86: a script with such a session gets 401';
is only(POST => 'api/password', { current => $PASSWORD, password => 'battery staple' }, cookie => $dora, %json)->status, 401, 'S9.86: such a session changes no password';
sub gated { my ($cookie, %arg) = @_; return $only->request(GET => '/gated/a.txt', host => $host, LuciaTest::Gate::navigation(), cookie => $cookie, %arg) }
is gated($dora)->location, '/account/passkeys?next=/gated/a.txt', 'S9.86: a gate leads a session without a passkey there';
is gated($dora, host => 'localhost')->status, 302, 'S9.86: another port in the request does not excuse from a passkey';
$reply = only(GET => 'passkeys?next=/gated/a.txt', undef, cookie => $dora);
like $reply->body, qr/This site asks everyone for a passkey/, 'S9.86: the page says why it is shown';
unlike $reply->body, qr{href="/account"}, 'S9.86: the page does not lead back to itself';
$reply = only(POST => 'passkeys?next=/gated/a.txt', { $key->registration(only(GET => 'api/passkeys', undef, cookie => $dora, %json)->json->{registration}), username => 'dora' }, cookie => $dora);
is $reply->status . $reply->location, '303/gated/a.txt', 'S9.86: a passkey that verifies its user is added, and leads on';
my $half = $dora;
$dora = cookie_of($reply);
is gated($dora)->status, 200, 'S9.86: the session with a passkey is admitted';
isnt gated($half)->status, 200, 'S9.86: the session before it has ended';
$reply = only(POST => 'api/login', { username => 'dora', password => $PASSWORD }, %json);
is $reply->status . $reply->body, '400{"error":"Sign in with your passkey"}', 'S9.86: with a passkey, the password does not sign in';
ok !cookie_of($reply), 'a password without the passkey gets no session';
is over_basic('dora'), 401, 'S9.86: with a passkey, the password admits nobody over Basic';
$reply = only(POST => 'login', { username => 'dora', password => $PASSWORD });
like $reply->body, qr/Sign in with your passkey/, 'the sign-in page asks for the passkey';
like $reply->body, qr{<noscript><p class="hint">Passkeys need JavaScript}, 'the sign-in page that asks for the passkey says that it needs a script';
unlike only(GET => 'login')->body, qr/<noscript>/, 'the sign-in page says nothing of scripts before';
LuciaTest::sqlite($only->db, 'UPDATE user_session SET proved_at = 1');
like only(GET => 'confirm', undef, cookie => $dora)->body, qr/data-allow="@{[$key->id]}"/, 'the page of a confirmation asks for a passkey of the user';
is only(POST => 'api/confirm', { password => $PASSWORD }, cookie => $dora, %json)->body, '{"error":"Sign in with your passkey"}', 'S9.86: with a passkey, the password does not confirm';
my $eve = cookie_of(only(POST => 'api/signup', { username => 'eve1', password => $PASSWORD }));
my %proof = $key->assertion(only(GET => 'api/passkey', undef, %json)->json, handle => $offer->{user_handle});
is only(POST => 'api/passkey', { %proof, confirm => 1 }, cookie => $eve, %json)->status, 400, 'a passkey confirms no session of another user';
$reply = only(POST => 'passkey', { %proof, confirm => 1, next => '/account/passkeys' }, cookie => $dora);
is $reply->status . $reply->location, '302/account/passkeys', 'a passkey confirms the session of its user';
is only(GET => 'passkeys', undef, cookie => cookie_of($reply))->status, 200, 'the session is fresh after a passkey';
my $late = cookie_of($reply);
LuciaTest::sqlite($only->db, 'UPDATE user_session SET factors = 1');
is only(GET => 'passkeys?next=/gated/a.txt', undef, cookie => $late)->location, '/account/confirm?next=/account/passkeys%3Fnext%3D/gated/a.txt', 'S9.86: a session from before the passkey is led to use it';
like only(GET => 'passkey', undef, cookie => $late)->body, qr/data-passkey="get"/, 'S9.86: the page of a sign-in with a passkey takes it';
is $only->request(GET => '/gated/a.txt', LuciaTest::Gate::navigation(), cookie => $late)->status, 200, 'S9.86: where passkeys cannot be used, a session without one is admitted';

for my $setting (qw(optional required)) {
    my $factors = LuciaTest::Server->new(throttle => 0, files => { 'htdocs/gated/a.txt' => 'a' }, config => "LuciaDatabase sqlite3 \@db\@\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaMount /account\nLuciaSecret {file:\@secret\@}\nLuciaPasskeys only\nLuciaSecondFactor $setting\n<Location /gated>\nAuthType Lucia\nRequire valid-user\n</Location>\n");
    my %here = (host => 'localhost:' . $factors->port, origin => 'http://localhost:' . $factors->port);
    my $hugo = cookie_of($factors->request(POST => '/account/api/signup', form(username => 'hugo', password => $PASSWORD), %json, %here));
    my $page = $setting eq 'required' ? 'factor' : 'passkeys';
    is $factors->request(GET => '/gated/a.txt', LuciaTest::Gate::navigation(), cookie => $hugo, %here)->location, "/account/$page?next=/gated/a.txt", "S9.86: with LuciaSecondFactor $setting, a user without a passkey is led to $page";
    is $factors->request(GET => '/account/factor?next=/gated/a.txt', cookie => $hugo, %here)->location, '/account/passkeys?next=/gated/a.txt', "S9.86: with LuciaSecondFactor $setting, a user without a factor is led on to the passkeys";
    my @codes = give_codes($factors->db, 'hugo');
    $reply = $factors->request(POST => '/account/login', form(username => 'hugo', password => $PASSWORD, next => '/gated/a.txt'), %here);
    is $reply->location, '/account/factor?next=/gated/a.txt', "S9.86: with LuciaSecondFactor $setting, a user with an app is asked for a code";
    $reply = $factors->request(POST => '/account/factor', form(code => $codes[0], next => '/gated/a.txt'), cookie => join('; ', map { /^(auth_session_step=[^;]+)/ ? $1 : () } $reply->headers('Set-Cookie')), %here);
    is $reply->location, '/account/passkeys?next=/gated/a.txt', "S9.86: with LuciaSecondFactor $setting, a sign-in with a code leads to the passkeys once";
    is $factors->request(GET => '/gated/a.txt', LuciaTest::Gate::navigation(), cookie => cookie_of($reply), %here)->status, 200, "S9.86: with LuciaSecondFactor $setting, that session has two factors and is admitted";
}
my $strict = LuciaTest::Server->new(throttle => 0, files => { 'htdocs/gated/a.txt' => 'a' }, config => "ServerName https://tls.example\nLuciaDatabase sqlite3 \@db\@\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaMount /account\nLuciaSecret {file:\@secret\@}\nLuciaPasskeys only\n<Location /gated>\nAuthType Lucia\nRequire valid-user\n</Location>\n");
my $gerd = cookie_of($strict->request(POST => '/account/api/signup', form(username => 'gerd', password => $PASSWORD), host => 'tls.example', %json));
for my $named ('tls.example', 'evil.example', '127.0.0.1', 'evil.tls.example') {
    $reply = $strict->request(GET => '/gated/a.txt', host => $named, LuciaTest::Gate::navigation(), cookie => $gerd);
    is $reply->status . ($reply->location // ''), '302/account/passkeys?next=/gated/a.txt', "S9.86: a request for $named does not excuse from a passkey";
}

# ---- Two virtual hosts with the same users ----

my $mixed = site("LuciaSecret {file:\@secret\@}\nLuciaPasskeys on\n" . join('', map { "<VirtualHost *>\n    ServerName $_.test\n    LuciaPasskeys $_\n</VirtualHost>\n" } qw(on only)), mount => '/account');
sub mixed { my ($host) = @_; my $answered = $mixed->request(POST => '/account/api/login', form(username => 'frida', password => $PASSWORD), host => "$host.test", %json); return $answered->status . ($answered->json->{error} // '') }
$mixed->request(POST => '/account/api/signup', form(username => 'frida', password => $PASSWORD), host => 'on.test', %json);
LuciaTest::sqlite($mixed->db, "INSERT INTO auth_user_passkey (id, user_id, credential_id, public_key, algorithm, sign_count, flags, name, created_at) SELECT 'a', id, 'AAAA', 'AAAA', -7, 0, 5, 'key', 1 FROM auth_user");
is mixed('only'), '400Sign in with your passkey', 'S9.86: with LuciaPasskeys only, the password does not sign in beside a virtual host that is on';
is mixed('on'), '200', 'with LuciaPasskeys on, the password signs in beside a virtual host that is only';

# ---- Off ----

for my $path ('passkey', 'passkeys', 'passkey.js', 'api/passkey') {
    is $site->request(GET => "/account/$path", host => 'off.test')->status, 404, "S9.84: with LuciaPasskeys off, $path is left to the site";
}
is $site->request(GET => '/.well-known/passkey-endpoints', host => 'off.test')->status, 404, 'with LuciaPasskeys off there is no well-known URL';
my $others = LuciaTest::Server->new(throttle => 0, config => "LuciaDatabase sqlite3 \@db\@\nLuciaMount /account\n", files => { 'htdocs/.well-known/passkey-endpoints' => 'of the site' });
is $others->request(GET => '/.well-known/passkey-endpoints')->body, 'of the site', 'S9.84: with LuciaPasskeys off, the well-known URL is left to the site';
unlike $site->request(GET => '/account/login', host => 'off.test')->body, qr/passkey/, 'with LuciaPasskeys off the sign-in page does not mention them';
my ($status, $said) = LuciaTest::Server->new(start => 0)->configtest("LuciaDatabase sqlite3 \@db\@\nLuciaPasskeys on\nLuciaMount /a\n");
isnt $status, 0, 'LuciaPasskeys without LuciaSecret stops the start';
like $said, qr/LUCI0514: LuciaSecret is missing: LuciaPasskeys on in \S+:\d+ needs it/, 'the message names the line that needs LuciaSecret';

done_testing;
