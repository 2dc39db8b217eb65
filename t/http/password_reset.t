# SPDX-License-Identifier: Apache-2.0
# One-time links, from luciactl user reset and user add --invite to the page where a password is set. S1.50 to S1.52.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Site qw(site sign_up sign_in count_of error_in text_in $CHEAP_HASH);
use Digest::SHA ();
use JSON::PP ();

my $NEW = 'battery staple';
my $LINKS = 'auth_user_token';
my $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\nLuciaErrorCodes On\nLuciaLanguages en de\n" . VAULT . <<'CONF');
LogFormat "%r|%U|%q|%{Referer}i|%{QUERY_STRING}e" revealing
CustomLog logs/revealing_log revealing
ExtendedStatus On
<Location /server-status>
    SetHandler server-status
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName https://site.test
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    <Location /mine/word>
        SetHandler luciauth-reset
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName https://json.test
    LuciaPages Off
</VirtualHost>
<VirtualHost *>
    ServerName few.test
    LuciaThrottle account=3/15min ip=3/15min
</VirtualHost>
CONF
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(handler few);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub login { my ($name, $password, @more) = @_; return $server->request(POST => '/account/login', form(username => $name, password => $password), @more)->status }
sub vault { my ($cookie) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $cookie)->status }
sub hash_of { my ($name) = @_; return sqlite_value($db, 'SELECT hashed_password FROM user_key WHERE id = ?', "username:$name") }
sub token_in { my ($url) = @_; return $url =~ /\?token=([a-z0-9]{32})\z/ ? $1 : die "no token: $url" }
sub link_of { my ($name) = @_; return token_in($ctl->json('user', 'reset', $name, '--vhost', 'site.test')->{url}) }
sub page { my ($token) = @_; return $server->request(GET => "/account/reset?token=$token") }
sub spend { my ($token, $password, %arg) = @_; return $server->request(POST => '/account/reset', form(token => $token, password => $password), origin => 1, %arg) }
sub answer_of { my ($reply) = @_; return join ' ', grep { defined } $reply->status, $reply->location // error_in($reply) }

# ---- Without a link there is no table, and no link is valid ----

my $GONE = '400 This link is not valid';
my $alice = up('alice');
is answer_of(page('a' x 32)), $GONE, 'S1.52: without the table no link is valid';
is answer_of(spend('a' x 32, $NEW)), $GONE, 'S1.52: without the table no link is spent';
is count_of($server, "sqlite_master WHERE name = '$LINKS'"), 0, 'the page makes no table' if LuciaTest::is_sqlite();

# ---- luciactl user reset ----

my $made = $ctl->json('user', 'reset', 'ALICE', '--vhost', 'site.test');
is_deeply [sort keys %$made], [qw(expiresAt url userId username)], 'user reset --json names the user, the link and its end';
like $made->{url}, qr{\Ahttps://site\.test/account/reset\?token=[a-z0-9]{32}\z}, 'S1.50: the link leads to the page at the ServerName with a scheme';
my $token = token_in($made->{url});
is count_of($server, "$LINKS WHERE id = '" . Digest::SHA::sha256_hex($token) . "'"), 1, 'S1.50: the table has the SHA-256 of the token';
my $until = sqlite_value($db, "SELECT expires_at FROM $LINKS") / 1000 - time;
ok $until > 3500 && $until <= 3601, 'S1.50: the link is valid for an hour' or diag $until;
like $ctl->does('user', 'reset', 'alice', '--url', 'https://proxy.test/x/reset'), qr{^alice can set a new password\. With this link, .* sets a password: https://proxy\.test/x/reset\?token=[a-z0-9]{32}\n\z}, 'user reset prints a sentence and the link with --url';
is answer_of(page($token)), $GONE, 'S1.51: a new link voids the one before';
my $pageless = $ctl->run('user', 'reset', 'alice', '--vhost', 'json.test');
is $pageless->{status}, 2, 'user reset for a server with LuciaPages Off is a usage error';
like $pageless->{err}, qr{because LuciaPages is Off: the page is the application's, .*: write it with --url}s, 'user reset for a server with LuciaPages Off says what to write';
like $ctl->does('user', 'reset', 'alice', '--vhost', 'json.test', '--url', 'https://json.test/app/reset'), qr{https://json\.test/app/reset\?token=[a-z0-9]{32}\n\z}, 'with LuciaPages Off, the link leads to the page of the application';
is $ctl->run('user', 'add', 'nobody', '--invite', '--vhost', 'json.test')->{status}, 2, 'user add --invite for a server with LuciaPages Off is a usage error';
for my $case (['an unknown host', '--vhost', 'handler.test'], ['a URL without a path', '--url', 'https://proxy.test'], ['a URL with a query', '--url', 'https://proxy.test/?a=b'], ['no URL', '--url', '/account/reset']) {
    my ($what, @options) = @$case;
    my $end = $ctl->run('user', 'reset', 'alice', @options);
    is $end->{status}, 2, "user reset with $what is a usage error";
    like $end->{err}, qr{https://example\.org/account/reset}, "user reset with $what shows what to write";
}
is $ctl->run('user', 'reset', 'nobody', '--vhost', 'site.test')->{status}, 1, 'user reset of an unknown user ends with 1';

# ---- The page spends nothing, and shows the account's name ----

my $before = hash_of('alice');
$token = link_of('alice');
for my $round (1 .. 3) {
    my $reply = page($token);
    is $reply->status, 200, "S1.51: the page is shown, time $round";
    next if $round > 1;
    like text_in($reply), qr/Choose a password For the account alice/, 'the page names the account';
    like $reply->body, qr/<input name="username"[^>]*value="alice"[^>]*autocomplete="username"[^>]*hidden>/, 'the page tells password managers the username';
    like $reply->body, qr/autocomplete="new-password"/, 'the field of the password is marked for password managers';
    like $reply->body, qr{<form method="post" action="\./reset">}, 'the form is sent to the page without its query';
    unlike $reply->body, qr/%%/, 'the page has no unfilled places';
    is $reply->header('Cache-Control'), 'no-store', 'S1.52: the page is not stored';
    is $reply->header('Referrer-Policy'), 'strict-origin', 'S1.52: no Referer has the token';
}
is $server->request(HEAD => "/account/reset?token=$token")->status, 200, 'HEAD answers as GET';
is hash_of('alice'), $before, 'S1.51: GET changes no password';
is vault($alice), 200, 'S1.51: GET ends no session';
is $server->request(GET => "/account/reset")->status, 400, 'the page without a token is 400';
is $server->request(GET => "/account/reset?token=$token&token=$token")->status, 400, 'the page with two tokens is 400';
is $server->request(GET => "/account/api/reset?token=$token")->status, 405, 'S9.20: GET below api/ is 405';
is $server->request($_ => "/account/reset?token=$token", origin => 1)->status, 405, "S9.20: $_ on the page is 405" for qw(PUT DELETE);

# ---- Refusals leave the link ----

for my $case (['no password', undef], ['an empty password', ''], ['a short password', 'abc']) {
    my ($what, $password) = @$case;
    my $reply = spend($token, $password // ());
    is answer_of($reply), '400 Invalid password', "S1.51: $what answers 400";
    like $reply->body, qr/name="token" type="hidden" value="$token"/, "$what leaves the token in the page";
    like $reply->body, qr/aria-invalid="true"/, "$what marks the field";
}
up('margaret');
is answer_of(spend(link_of('margaret'), 'Margaret')), '400 Password is too similar to the username', 'S1.51: the rules of sign-up hold for the password';
is answer_of(spend($token, $NEW, origin => 'https://evil.example')), '403 Requests from other sites are not accepted', 'S9.3: a form from another site is refused';
is answer_of(spend('b' x 32, $NEW)), $GONE, 'an unknown token is refused';
is answer_of(spend("$token'", $NEW)), $GONE, 'a malformed token is refused';
my $json = $server->request(POST => '/account/api/reset', json({ token => 'c' x 32, password => $NEW }), accept => 'application/json', origin => 1);
is_deeply $json->json, { error => 'This link is not valid', code => 'invalid_link' }, 'an unknown token has a code in JSON';
is hash_of('alice'), $before, 'refused resets leave the hash';

# ---- Success: the password is another one, and every session has ended ----

my $other = sign_in($server, 'alice', path => '/account/login');
vault($_) for ($alice, $other) x 4;
my $reply = spend($token, $NEW);
is answer_of($reply), '303 /account/login', 'S1.51: a reset leads to sign-in';
is cookie_of($reply), undef, 'S1.52: a reset signs nobody in';
is cookie_of($reply, 'auth_session_device'), undef, 'a reset sets no device cookie';
my $told = cookie_of($reply, 'auth_session_done');
is_deeply [@$told{qw(name value)}], ['auth_session_done', 'password'], 'S1.51: a cookie says that a password was set, and nothing else';
sub says_set { my ($page) = @_; return $page->body =~ m{<p role="status">([^<]*)</p>} ? $1 : '' }
my $login = $server->request(GET => '/account/login', cookie => 'auth_session_done=password');
is says_set($login), 'Your new password is set. Sign in with it.', 'S1.51: the sign-in page after a reset says that the password is set';
is cookie_of($login, 'auth_session_done')->{value}, '', 'S1.51: the sign-in page says so once';
is says_set($server->request(GET => '/account/login', cookie => 'auth_session_done=password', headers => { 'Accept-Language' => 'de' })), 'Ihr neues Passwort ist festgelegt. Melden Sie sich damit an.', 'the sign-in page in German says that the password is set';
is says_set($server->request(GET => $_->[0], @$_ > 1 ? (cookie => "auth_session_done=$_->[1]") : ())), '', "S1.51: @$_ says nothing of a new password"
    for ['/account/login'], ['/account/login?done=password&is_password_set=1&auth_session_done=password'], ['/account/login', 'other'], ['/account/login', '<b>password'];
is join(' ', map { vault($_) } $alice, $other), '401 401', 'S1.51: no earlier session passes the gate';
is login('alice', $PASSWORD), 400, 'the old password does not sign in';
is login('alice', $NEW), 302, 'the new password signs in';
is answer_of(page($token)), $GONE, 'S1.51: a spent link shows no form';
is answer_of(spend($token, $PASSWORD)), $GONE, 'S1.51: a link works once';
is count_of($server, "$LINKS WHERE id = '" . Digest::SHA::sha256_hex($token) . "'"), 0, 'no row has the token of a spent link';
my ($event) = grep { $_->{event} eq 'password_reset' && $_->{result} eq 'ok' } $audit->events(1);
is $event->{account}, 'alice', 'the audit log has the reset, with the account';

# ---- The second form of a double click, whose first answer a browser drops ----

sub spend_in_browser { my ($token, $password, @more) = @_; return $server->request(POST => '/account/reset', form(token => $token, password => $password), origin => 1, navigation('Sec-Fetch-Site' => 'same-origin', @more)) }
my $set = hash_of('alice');
my $living = sign_in($server, 'alice', path => '/account/login', password => $NEW);
for my $click (2, 3) {
    $reply = spend_in_browser($token, $NEW);
    is answer_of($reply), '303 /account/login', "S9.48: the form of a reset, sent again by a browser, leads to sign-in after click $click";
    is cookie_of($reply, 'auth_session_done')->{value}, 'password', "S9.48: the cookie after click $click says that the password is set";
    is cookie_of($reply, $_), undef, "S9.48: click $click sets no $_" for qw(auth_session auth_session_device);
}
is hash_of('alice'), $set, 'S9.48: a reset that is sent again stores no hash';
is vault($living), 200, 'S9.48: a reset that is sent again ends no session';
is answer_of(spend($token, $NEW)), $GONE, 'S9.48: a program that sends a spent link with its password is refused';
for my $path (qw(reset api/reset)) {
    is answer_of($server->request(POST => "/account/$path", json({ token => $token, password => $NEW }), origin => 1, navigation('Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Mode' => 'cors'), accept => 'application/json')), $GONE, "S9.48: a script that sends a spent link to $path is refused";
}
is answer_of(spend_in_browser('b' x 32, $NEW)), $GONE, 'S9.48: a browser gets no answer for an unknown token';
is join(' ', map { "$_->{event} $_->{reason}" } grep { $_->{event} eq 'password_reset' } $audit->events(5)), join(' ', ('password_reset invalid_link') x 4), 'S9.48: a reset that is sent again is no second event, and each refused one is an event';
is answer_of(page($token)), $GONE, 'S9.48: a spent link shows no form after a second click';
$until = sqlite_value($db, "SELECT expires_at FROM $LINKS WHERE id = ?", Digest::SHA::sha256_hex(Digest::SHA::sha256_hex($token))) / 1000 - time;
ok $until > 0 && $until <= 61, 'S9.48: a spent link is answered for a minute at most' or diag $until;
is answer_of(spend_in_browser($token, "$NEW $_")), $GONE, "S9.48: a spent link sets no other password, guess $_" for 1 .. 10;
is hash_of('alice'), $set, 'S9.48: the hash stays after all guesses';
my ($guess) = grep { $_->{reason} eq 'wrong_password' } $audit->events(10);
is_deeply [@{$guess}{qw(event result account)}], ['password_reset', 'failure', 'alice'], 'S9.48: the audit log names the account of a guess with a spent link';
is login('alice', $NEW), 429, 'S9.48: guesses with a spent link are counted as those at sign-in';
is answer_of(spend_in_browser($token, $NEW)), $GONE, 'S9.48: beyond the limit a spent link does not tell that the password is right';
$ctl->does('throttle', 'clear', '--all');
is answer_of(spend_in_browser($token, $NEW)), '303 /account/login', 'S9.48: the right password is answered again after the limit is cleared';
sqlite($db, "UPDATE $LINKS SET expires_at = ?", int(time * 1000));
is answer_of(spend_in_browser($token, $NEW)), $GONE, 'S9.48: after a minute the form of a spent link is refused';

# ---- In JSON ----

$token = link_of('alice');
$json = $server->request(POST => '/account/api/reset', json({ token => $token, password => $PASSWORD }), accept => 'application/json');
is $json->status . ' ' . JSON::PP->new->canonical->encode($json->json), '200 {"username":"alice"}', 'a script resets the password with JSON';

# ---- A link dies with the state of the account ----

$token = link_of('alice');
is $ctl->run('user', 'passwd', 'alice', '--stdin', { stdin => "$NEW\n" })->{status}, 0, 'an administrator sets the password';
is answer_of(page($token)) . answer_of(spend($token, $PASSWORD)), $GONE x 2, 'S1.51: a change of the password voids the link';
$token = link_of('alice');
$ctl->does('user', 'disable', 'alice');
is answer_of(page($token)) . answer_of(spend($token, $PASSWORD)), $GONE x 2, 'S1.51: disabling voids the link';
like $ctl->run('user', 'reset', 'alice', '--vhost', 'site.test')->{err}, qr/alice is disabled/, 'a disabled user gets no link';
$ctl->does('user', 'enable', 'alice');
is answer_of(page($token)), $GONE, 'S1.51: enabling does not bring the link back';
$token = link_of('alice');
$ctl->does('user', 'rename', 'alice', 'Alicia');
is answer_of(page($token)), '200', 'a link survives a rename';
sqlite($db, "UPDATE $LINKS SET expires_at = 1");
is answer_of(page($token)) . answer_of(spend($token, $PASSWORD)), $GONE x 2, 'S1.50: an expired link is not valid';
$ctl->does('purge');
is count_of($server, $LINKS), 0, 'luciactl purge deletes expired links';
up('gone');
$token = link_of('gone');
sqlite($db, "DELETE FROM user_session WHERE user_id IN (SELECT id FROM auth_user WHERE username = 'gone')");
sqlite($db, "DELETE FROM user_key WHERE id = 'username:gone'");
sqlite($db, "PRAGMA foreign_keys = ON") if LuciaTest::is_sqlite();
sqlite($db, "DELETE FROM auth_user WHERE username = 'gone'");
is answer_of(page($token)) . answer_of(spend($token, $PASSWORD)), $GONE x 2, 'S1.51: deleting the user voids the link';

# ---- Invitations ----

$made = $ctl->json('user', 'add', 'walter', '--invite', '--vhost', 'site.test');
is hash_of('walter'), undef, 'an invited user has no password';
$until = sqlite_value($db, "SELECT max(expires_at) FROM $LINKS") / 1000 - time;
ok $until > 7 * 86400 - 100 && $until <= 7 * 86400 + 1, 'S1.50: an invitation is valid for 7 days' or diag $until;
is login('walter', $NEW), 400, 'an invited user cannot sign in yet';
is answer_of(spend(token_in($made->{url}), $NEW)), '303 /account/login', 'an invited user sets a password';
is login('walter', $NEW), 302, 'the invited user signs in';
is $ctl->run('user', 'add', 'paula', '--invite')->{status}, 0, 'one certain URL among the virtual hosts is enough';
for my $case (['--no-password', '--no-password'], ['--stdin', '--stdin']) {
    is $ctl->run('user', 'add', 'nobody', '--invite', $case->[1])->{status}, 2, "--invite excludes $case->[0]";
}
is $ctl->run('--vhost', 'handler.test', 'user', 'add', 'nobody', '--invite')->{status}, 2, 'without a URL nobody is invited';
is count_of($server, "auth_user WHERE username = 'nobody'"), 0, 'a refused invitation adds no user';
sqlite($db, "DELETE FROM user_key WHERE id = 'username:paula'");
$token = link_of('paula');
is answer_of(spend($token, $NEW)), '303 /account/login', 'a user without a key gets one';
is login('paula', $NEW), 302, 'the user who had no key signs in';

# ---- Throttling ----

sub few { my ($path, @fields) = @_; return $host{few}->request(POST => $path, form(@fields), origin => 'http://few.test') }
$token = link_of('walter');
$ctl->does('throttle', 'clear', '--all');
is few('/account/login', username => 'walter', password => "wrong $_")->status, 400, "wrong password $_ answers 400" for 1 .. 2;
is answer_of(few('/account/reset', token => 'd' x 32, password => $NEW)), $GONE, 'a third failure of the address answers 400';
$reply = few('/account/reset', token => $token, password => $PASSWORD);
is $reply->status, 429, 'S1.52: after too many failures of the address a valid link is refused';
ok $reply->header('Retry-After'), 'the 429 has Retry-After';
is answer_of(page($token)), '200', 'the refused link stays valid';

$ctl->does('throttle', 'clear', '--all');

# ---- Elsewhere than below LuciaMount ----

is $host{handler}->request(GET => "/mine/word?token=$token")->status, 200, 'luciauth-reset serves the page anywhere';
like $host{handler}->request(GET => "/mine/word?token=$token")->body, qr{action="\./word"}, 'the form is sent to that page';
is answer_of($host{handler}->request(POST => '/mine/word', form(token => $token, password => $PASSWORD), origin => 'http://handler.test')), '303 /enter', 'a reset there leads to its sign-in page';

# ---- A mistyped link ----

is $server->request(GET => "$_?token=$token")->status, 404, "S1.52: $_ is not the page" for '/account/reset/', '/account/reset//';
is $server->request(GET => "/account/api/reset/?token=$token")->status, 404, 'S1.52: a mistyped path below api/ is no endpoint';
is $server->request(GET => "/account/other/?a=b")->status, 404, 'a path that is no endpoint is 404';

# ---- Nothing that is written has a token ----

my @tokens = ($token, map { "$_" } 'a' x 32);
my $logs = join '', map { LuciaTest::Server::slurp($server->dir . "/logs/$_") } qw(error_log access_log revealing_log audit.log);
unlike $logs, qr/token=[a-z0-9]/, 'S1.52: no log has a token';
unlike $logs, qr/\Q$token\E|\Q$NEW\E/, 'S1.52: no log has a token or a password';
like $logs, qr{GET /account/reset\?- HTTP/1\.1}, 'an access log shows that there was a query';
like $logs, qr{GET \Q$_\E\?- HTTP/1\.1}, "S1.52: an access log hides the query of $_" for '/account/reset/', '/account/reset//', '/account/api/reset/';
like $logs, qr{GET /account/other/\?a=b HTTP/1\.1}, 'an access log shows the query of other paths';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';
page(link_of('walter')) for 1 .. 2;
my $status = $server->request(GET => '/server-status')->body;
like $status, qr{/account/reset\?-}, 'mod_status shows the request for the page';
unlike $status, qr/token=/, 'S1.52: mod_status shows no token';

# ---- The database cannot write, or may not get the table ----

$token = link_of('walter');
my $holder = locked($db);
is spend($token, $NEW)->status, 503, 'S9.33: a reset that cannot be written answers 503';
$holder->do('ROLLBACK');
$holder->disconnect;
is answer_of(spend($token, $NEW)), '303 /account/login', 'S9.33: the reset succeeds later';
sqlite($db, "DROP TABLE $LINKS");
is answer_of(page($token)), $GONE, 'S1.52: a table that is gone makes links invalid';
my $bare = site("LuciaCreateSchema Off\nServerName https://bare.test\n");
my $engine = LuciaTest::engine();
LuciaTest::Ctl->new('--database', $engine->driver . ':' . $engine->params($engine->database_for($bare->db)))->does('init');
my $strict = LuciaTest::Ctl->new('--config', $bare->conf_file);
is $strict->run('user', 'add', 'heidi', '--no-password')->{status}, 0, 'a user is added where LuciaCreateSchema is Off';
my $end = $strict->run('user', 'reset', 'heidi');
is $end->{status}, 1, 'S1.50: with LuciaCreateSchema Off user reset makes no table';
my ($create) = $end->{err} =~ /create it with: (CREATE TABLE.*;)$/m;
ok $create, 'user reset prints the statement' or diag $end->{err};
sqlite($bare->db, $_) for split /;\s*/, $create;
my $plain = site('');    # ServerName 127.0.0.1
sign_up($plain, 'ivan1');
my $end_of_plain = LuciaTest::Ctl->new('--config', $plain->conf_file)->run('--json', 'user', 'reset', 'ivan1');
is $end_of_plain->{status}, 0, 'S1.50: user reset at an ordinary http site ends with 0';
my ($path) = JSON::PP::decode_json($end_of_plain->{out})->{url} =~ m{\Ahttp://127\.0\.0\.1:@{[$plain->port]}(/reset\?token=[a-z0-9]{32})\z};
is $plain->request(GET => $path // '/')->status, 200, 'S1.50: the link at an ordinary http site leads to its page';
is $end_of_plain->{err}, "The address http://127.0.0.1:@{[$plain->port]} is made of ServerName. If users reach the site at another one, as behind a proxy, write it as LuciaSiteURL, or name the page with --url.\n",
    'S1.50: one note says that the address is made of ServerName';
my $named = $ctl->run('user', 'add', 'judy1', '--invite', '--vhost', 'few.test');
like $named->{out}, qr{http://few\.test:@{[$server->port]}/account/reset\?token=[a-z0-9]{32}\n\z}, 'S1.50: user add --invite prints a link at the ServerName of --vhost';
like $named->{err}, qr{\AThe address http://few\.test:\d+/account is made of ServerName\.}, 'S1.50: user add --invite says that the address is made of ServerName';
like $strict->json('user', 'reset', 'heidi')->{url}, qr{\Ahttps://bare\.test/reset\?token=}, 'with the table user reset makes the link';
done_testing;
