# SPDX-License-Identifier: Apache-2.0
# Fresh sessions: the page where people confirm who they are, and Require lucia-fresh. S1.29, S1.30, S4.25.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in row_of error_in text_in $CHEAP_HASH);
use MIME::Base64 qw(encode_base64);

my %rule = (
    fresh => 'Require lucia-fresh',
    quick => 'Require lucia-fresh 1min',
    any   => "<RequireAny>\nRequire lucia-fresh\nRequire user bosss\n</RequireAny>",
    both  => "<RequireAll>\nRequire lucia-fresh\nRequire user bosss\n</RequireAll>",
    stale => "<RequireAll>\nRequire valid-user\nRequire not lucia-fresh\n</RequireAll>",
    alias => 'Require recent',
    bearer => "LuciaBearer On\nRequire lucia-fresh",
);
my $sections = join '', map { "<Location /$_/>\nAuthType Lucia\n$rule{$_}\n</Location>\n" } sort keys %rule;
my $server = LuciaTest::Server->new(files => { (map { ("htdocs/$_/a.txt" => SECRET) } keys %rule, qw(basic site optional)), 'htdocs/site/.htaccess' => "AuthType Lucia\nRequire lucia-fresh 5min\n" },
    config => "<AuthzProviderAlias lucia-fresh recent 5min>\n</AuthzProviderAlias>\nLuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\n$sections" . <<'CONF');
<Directory @htdocs@/site>
    AllowOverride AuthConfig
</Directory>
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require lucia-fresh
</Location>
<Location /optional/>
    AuthType Lucia
    LuciaOptional On
    Require lucia-fresh
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName few.test
    LuciaThrottle account=3/15min ip=off
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaHomeURL /start
    LuciaConfirmURL /mine/proof
    <Location /mine/proof>
        SetHandler luciauth-confirm
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName long.test
    LuciaFreshness 1h
</VirtualHost>
<VirtualHost *>
    ServerName bare.test
    LuciaMount off
</VirtualHost>
CONF
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(few handler bare);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name, @more) = @_; return sign_in($server, $name, path => '/account/login', @more) }
sub age { my ($cookie, $seconds) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', defined $seconds ? int((time - $seconds) * 1000) : undef, stored_id($cookie)) }
sub browse { my ($where, $cookie, %arg) = @_; return $server->request(GET => "/$where/a.txt", navigation(), cookie => $cookie, %arg) }
sub confirm { my ($cookie, $fields, %arg) = @_; return $server->request(POST => '/account/confirm', form(@$fields), cookie => $cookie, origin => 1, %arg) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }

# ---- What proves it ----

my $alice = up('alice');
ok time - row_of($server, $alice)->{proved_at} / 1000 < 60, 'S1.30: sign-up makes a fresh session';
my $second = in('alice');
ok time - row_of($server, $second)->{proved_at} / 1000 < 60, 'S1.30: sign-in makes a fresh session';
is_served(browse(fresh => $alice), 'S4.25: Require lucia-fresh admits a fresh session');
is_served(browse(site => $alice), 'S4.25: Require lucia-fresh in .htaccess admits a fresh session');
age($alice, 601);
is_served(browse(fresh => $second), 'another session of the user stays fresh');
is answer(browse(fresh => $alice)), '302 /account/confirm?next=/fresh/a.txt', 'S4.25: a browser with an old proof is led to confirm';
keeps_secret(browse(fresh => $alice), 'an old proof');
is browse('fresh', $alice)->header('Cache-Control'), 'no-store', 'the way to confirm is not stored';
my $reply = $server->request(GET => '/fresh/a.txt', script(), cookie => $alice);
is_deeply [$reply->status, $reply->json], [401, { error => 'Confirmation required' }], 'S4.25: a script gets 401';
$reply = $server->request(GET => '/fresh/a.txt', script(Accept => 'application/json; profile=codes'), cookie => $alice);
is $reply->json->{code}, 'confirmation_required', 'the 401 has a stable code';
$reply = $server->request(POST => '/fresh/a.txt', navigation('Sec-Fetch-Site' => 'same-origin'), cookie => $alice, content => 'a=b');
is $reply->status, 401, 'a form that comes too late is 401';
like $reply->body, qr{<h1>Confirm that it is you</h1>.*href="/account/confirm\?next=/account/login%3Ftab%3D1"[^>]*target="_blank"}s, 'a form that comes too late leads to confirm in another tab';
unlike $reply->body, qr/Sign in|session has ended/, 'a form that comes too late speaks of no sign-in';
my $expired = expire($server, $second, active => -1000, idle => 60_000);
is_served(browse(fresh => $second), 'a renewed session passes');
age($second, 601);
expire($server, $second, active => -1000, idle => 60_000);
is browse('fresh', $second)->status, 302, 'S1.30: renewal proves nothing';

# ---- The rules ----

is answer(browse(quick => $alice)), '302 /account/confirm?next=/quick/a.txt', 'TIME is the limit of one line';
age($alice, 61);
is_served(browse(fresh => $alice), 'a proof of a minute ago is fresh by default');
is answer(browse(quick => $alice)), '302 /account/confirm?next=/quick/a.txt', 'a proof of a minute ago is too old for one minute';
age($alice, -200);
is_served(browse(fresh => $alice), 'a proof by a clock that is three minutes ahead counts');
age($alice, -400);
is browse('fresh', $alice)->status, 302, 'a proof by a clock that is far ahead does not count';
age($alice);
is browse('fresh', $alice)->status, 302, 'S1.30: a row of Lucia without a proof is not fresh';
for my $where (qw(alias site)) {
    is answer(browse($where => $alice)), "302 /account/confirm?next=/$where/a.txt", "$where: an old proof is led to confirm";
}
is answer(browse(any => $alice)), '302 /account/confirm?next=/any/a.txt', 'RequireAny: a confirmation would help';
is browse('both', $alice)->status, 403, 'RequireAll: where a confirmation would not help, the answer is 403';
is_served(browse(stale => $alice), 'Require not lucia-fresh admits an old proof');
age($alice, 1);
is browse('stale', $alice)->status, 403, 'Require not lucia-fresh refuses a fresh session';
my %refusals;
$refusals{$_}++ for $server->error_log =~ m{AH01631: user alice: authorization failure for "/(\w+)/}g;
is_deeply \%refusals, { both => 1, stale => 1, alias => 1 }, 'the error log has the refusals that a confirmation would not change, and that of an alias, but no request that is led to confirm' or diag explain \%refusals;
is_served(browse($_ => $alice), "$_: a fresh session is served") for qw(any alias quick);
is answer(browse('fresh', undef)), '302 /account/login?next=/fresh/a.txt', 'an anonymous browser signs in';
is $server->request(GET => '/fresh/a.txt', script())->json->{error}, 'Unauthorized', 'an anonymous script gets the usual 401';
is browse('optional', undef)->status, 302, 'LuciaOptional: an anonymous request is not fresh';
my $boss = up('bosss');
age($boss, 9999);
is_served(browse(any => $boss), 'RequireAny: another line admits without a proof');
my $basic = { Authorization => 'Basic ' . encode_base64("alice:$PASSWORD", '') };
is_served($server->request(GET => '/basic/a.txt', headers => $basic), 'S4.25: Basic proves the password with each request');
my $token = { Authorization => "Bearer $alice->{value}" };
is_served($server->request(GET => '/bearer/a.txt', headers => $token), 'S4.25: a bearer token of a fresh session is served');
age($alice, 601);
is $server->request(GET => '/bearer/a.txt', headers => $token)->status, 401, 'S4.25: a bearer token with an old proof gets 401';
is answer($host{bare}->request(GET => '/fresh/a.txt', navigation(), cookie => $alice)), '401 Confirmation required', 'without a page to confirm on, the answer says what is missing';

# ---- The page ----

$reply = $server->request(GET => '/account/confirm?next=/fresh/a.txt', cookie => $alice);
is $reply->status, 200, 'S1.29: the confirm page is shown to a signed-in user';
like text_in($reply), qr/ Confirm that it is you You are signed in as alice \. .* Password Confirm Sign in as another user /, 'S1.29: the confirm page names the user and asks for the password';
like $reply->body, qr/autocomplete="current-password"/, 'the field of the confirm page is marked for password managers';
like $reply->body, qr/<input name="username"[^>]*value="alice"[^>]*autocomplete="username"[^>]*hidden>/, 'the confirm page tells password managers the username';
like $reply->body, qr{<input type="hidden" name="next" value="/fresh/a.txt">}, 'the confirm page keeps next';
like $reply->body, qr{href="/account/logout\?next=/fresh/a.txt"}, 'the confirm page leads to another account';
unlike $reply->body, qr/%%/, 'the confirm page has no unfilled places';
is $reply->header('Cache-Control'), 'no-store', 'the confirm page is not stored';
is $server->request(GET => '/account/confirm?next=/fresh/a.txt')->location, '/account/login?next=/fresh/a.txt', 'S1.29: an anonymous browser signs in instead';
is $server->request(GET => '/account/api/confirm', cookie => $alice)->header('Allow'), 'POST', 'S9.20: GET below api/ is 405';
is $server->request(PUT => '/account/confirm', cookie => $alice, origin => 1)->status, 405, 'S9.20: PUT on the confirm page is 405';

for my $case (
    ['a wrong password', [password => $WRONG, next => '/fresh/a.txt'], 'Incorrect password'],
    ['no password', [next => '/fresh/a.txt'], 'Incorrect password'],
    ['the name of another user', [password => $PASSWORD, username => 'bosss'], 'You are signed in with another name now'],
) {
    my ($what, $fields, $message) = @$case;
    $reply = confirm($alice, $fields);
    is answer($reply), "400 $message", "S1.29: $what answers 400";
    is cookie_of($reply), undef, "$what: no cookie is set";
    like $reply->body, qr/signed in as <bdi>alice</, "$what: the page names the user of the session";
}
is row_of($server, $alice)->{user_id}, sqlite_value($db, "SELECT id FROM auth_user WHERE username = 'alice'"), 'refused confirmations leave the session';
is browse('fresh', $alice)->status, 302, 'refused confirmations prove nothing';
is confirm($alice, [password => $PASSWORD], origin => 'http://evil.example')->status, 401, 'S3.5: a confirmation from another site is 401';
is confirm($alice, [password => $PASSWORD, next => 'http://evil.example/'])->location, '/account', 'S1.19: next of another site is dropped';
($alice) = in('alice');
age($alice, 601);
$audit->events(1);
$reply = confirm($alice, [password => $PASSWORD, username => 'alice', next => '/fresh/a.txt']);
is answer($reply), '303 /fresh/a.txt', 'S1.29: a confirmation leads back with 303';
my ($renewed, $device) = (cookie_of($reply), cookie_of($reply, 'auth_session_device'));
isnt $renewed->{value}, $alice->{value}, 'S1.30: a confirmation makes a new session id';
like $device->{value}, qr/\A[0-9a-f]{64}\z/, 'a confirmation sends a device cookie, as sign-in does';
is_served(browse(fresh => $renewed), 'S1.30: the new session is fresh');
for my $round (1 .. 4) {
    is browse('fresh', $alice)->location, '/account/login?next=/fresh/a.txt', "S1.30: the old id is unknown at once, request $round";
}
is row_of($server, $alice), undef, 'S1.30: the row of the old id is gone';
my ($event) = grep { $_->{event} eq 'confirm' } $audit->events(1);
is_deeply [@{$event}{qw(result account)}, substr(row_of($server, $renewed)->{id}, 0, 12)], ['ok', 'alice', $event->{session}], 'the audit log has the confirmation, with the new session';

# In JSON.
$reply = $server->request(POST => '/account/api/confirm', json({ password => $WRONG }), cookie => $renewed, origin => 1);
is_deeply [$reply->status, $reply->json], [400, { error => 'Incorrect password' }], 'api/confirm answers errors in JSON';
$reply = $server->request(POST => '/account/api/confirm', json({ password => $PASSWORD }), accept => 'application/json', cookie => $renewed, origin => 1);
is_deeply [$reply->status, sort keys %{ $reply->json }], [200, qw(session user)], 'S1.29: api/confirm answers as sign-in does';
$renewed = cookie_of($reply);
is $server->request(POST => '/account/api/confirm', json({ password => $PASSWORD }), origin => 1)->status, 401, 'api/confirm without a session is 401';
$reply = $server->request(POST => '/account/api/confirm', json({ password => $PASSWORD, username => 'alice' }), cookie => $alice, origin => 1);
is_deeply [$reply->status, cookie_of($reply)], [401, undef], 'a script with an old id gets 401, and no cookie is cleared';

# ---- Another tab signed in as somebody else (keycloak#26925) ----

my $dave = up('dave_1');
age($dave, 601);
is answer(confirm($dave, [username => 'alice', password => $PASSWORD])), '400 You are signed in with another name now', "S1.29: a page of another user's session confirms nothing";
is browse('fresh', $dave)->status, 302, 'the session of the other user is as old as before';
is answer($server->request(POST => '/account/password', form(username => 'alice', current => $PASSWORD, password => 'battery staple'), cookie => $dave, origin => 1)),
    '400 You are signed in with another name now', "a password page of another user's session changes nothing";

# ---- Accounts without a password ----

sqlite($db, "UPDATE user_key SET hashed_password = NULL WHERE id = 'username:dave_1'");
is answer(confirm($dave, [password => $PASSWORD])), '400 This account has no password', 'S1.29: an account without a password is told so';

# ---- Throttling ----

sub few { my ($path, $fields, @more) = @_; return $host{few}->request(POST => $path, form(@$fields), origin => 'http://few.test', @more) }
up('carol');
my $carol = in('carol');
is few('/account/confirm', [password => "wrong $_"], cookie => $carol)->status, 400, "wrong password $_ answers 400" for 1 .. 3;
$reply = few('/account/confirm', [password => $PASSWORD], cookie => $carol);
is $reply->status, 429, 'S1.29: after too many wrong passwords the right one is refused with 429';
ok $reply->header('Retry-After'), 'the 429 of the confirm page has Retry-After';
is few('/account/login', [username => 'carol', password => $PASSWORD])->status, 429, 'S1.29: wrong passwords on the confirm page refuse sign-in with 429';

# ---- A double click, and requests on their way ----

my $erin = up('erin');
$reply = confirm($erin, [username => 'erin', password => $PASSWORD, next => '/fresh/a.txt']);
my $first = cookie_of($reply);
$reply = confirm($erin, [username => 'erin', password => $PASSWORD, next => '/fresh/a.txt']);
is answer($reply), '303 /fresh/a.txt', 'S1.31: a second click on Confirm answers as the first one';
is_served(browse(fresh => cookie_of($reply)), 'S1.31: the session of the second click is fresh');
is answer(confirm($erin, [username => 'erin', password => $WRONG])), '401 Unauthorized', 'S1.31: an ended session and a wrong password is 401';
is answer(confirm($erin, [username => 'erin', password => $PASSWORD], headers => { Origin => 'http://evil.example', Cookie => "auth_session=$erin->{value}" }, origin => undef)), '401 Unauthorized', 'S1.31: a form of another site is no second click';
is answer($server->request(POST => '/account/confirm', form(username => 'erin', password => $PASSWORD), origin => 1)), '401 Unauthorized', 'S1.31: a form without a session id is no second click';
my $one = cookie_of($server->request(POST => '/account/password', form(username => 'erin', current => $PASSWORD, password => 'battery staple'), cookie => $first, origin => 1));
$reply = $server->request(POST => '/account/password', form(username => 'erin', current => $PASSWORD, password => 'battery staple'), cookie => $first, origin => 1);
is answer($reply), '303 /account', 'S1.31: a second click on "Change password" answers as the first one';
is_served(browse(fresh => $_), 'S1.31: both clicks leave a session that counts') for $one, cookie_of($reply);
is answer($server->request(POST => '/account/password', form(username => 'erin', current => $PASSWORD, password => 'another word'), cookie => $first, origin => 1)), '401 Unauthorized', 'S1.31: an ended session changes nothing';
for my $case (['a form', POST => '/fresh/a.txt', navigation('Sec-Fetch-Site' => 'same-origin'), content => 'a=b'], ['a script', GET => '/fresh/a.txt', script()], ['a picture', GET => '/fresh/a.txt', script('Sec-Fetch-Mode' => 'no-cors')]) {
    my ($what, $method, $path, @more) = @$case;
    is cookie_of($server->request($method => $path, cookie => $first, @more)), undef, "S2.12: $what on its way with the old id does not clear the new cookie";
}
is cookie_of(browse(fresh => $first))->{value}, '', 'S2.12: the next page clears the old cookie';

# ---- Without LuciaMount ----

is $host{handler}->request(GET => '/mine/proof?next=/x')->location, '/enter?next=/x', 'luciauth-confirm serves the page anywhere';
is answer($host{handler}->request(GET => '/fresh/a.txt', navigation(), cookie => do { age($one, 601); $one })), '302 /mine/proof?next=/fresh/a.txt', 'LuciaConfirmURL is where the gate leads';
is answer($host{handler}->request(POST => '/mine/proof', form(password => 'battery staple'), cookie => $one, origin => 'http://handler.test')), '303 /start', 'without LuciaMount a confirmation leads home';

# ---- The database cannot write, and lacks the column ----

my $frank = up('frank');
my $holder = locked($db);
$reply = confirm($frank, [password => $PASSWORD]);
is_deeply [$reply->status, cookie_of($reply)], [503, undef], 'a confirmation that cannot be written answers 503';
$holder->do('ROLLBACK');
$holder->disconnect;
is confirm($frank, [password => $PASSWORD])->status, 303, 'the confirmation succeeds later';

unlike $server->error_log . LuciaTest::Server::slurp($server->dir . '/logs/audit.log'), qr/\Q$PASSWORD\E/, 'no log has a password';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';

my $long = LuciaTest::Gate::Host->new($server, 'long.test', 'db/luciauth.db');
my $hank = up('hank');
age($hank, 601);
is browse('fresh', $hank)->status, 302, 'a proof of 601 seconds ago is too old by default';
is_served($long->request(GET => '/fresh/a.txt', navigation(), cookie => $hank), 'LuciaFreshness is the limit of lines without a TIME');

my $old = LuciaTest::Server->new(files => { 'htdocs/fresh/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaUsernameChange On\nLuciaAccountDeletion On\n<Location /fresh/>\nAuthType Lucia\nRequire lucia-fresh\n</Location>\n");
sqlite($old->db, 'ALTER TABLE user_session DROP COLUMN proved_at');
my $gina = sign_up($old, 'gina', path => '/account/signup');
sub profile_links { return join ' ', $old->request(GET => '/account', cookie => $gina)->body =~ m{href="/account/(\w+)"}g }
is profile_links(), 'password sessions', 'without the column, the profile has no links to pages that need a confirmation';
is answer($old->request(GET => '/account/confirm', cookie => $gina)), '501 This site cannot confirm who you are', 'without the column, the confirm page says so';
for my $how ([navigation()], [script()]) {
    $reply = $old->request(GET => '/fresh/a.txt', cookie => $gina, @$how);
    is answer($reply), '501 This site cannot confirm who you are', 'S4.25: without the column, nothing is fresh';
    keeps_secret($reply, 'without the column');
}
like $old->error_log, qr/LUCI0775: /, 'without the column, the log says what is needed';
sqlite($old->db, 'ALTER TABLE user_session ADD COLUMN proved_at BIGINT');
ok wait_until(sub { profile_links() eq 'password sessions username delete' }, 25), 'with the column, the profile links to what the user may do' or diag profile_links();
done_testing;
