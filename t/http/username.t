# SPDX-License-Identifier: Apache-2.0
# The page where people change their username: what it asks for, what the new and the old name do afterwards, and what content sees. S1.33 and S1.34.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use LuciaTest::OpenMetrics;
use LuciaTest::Site qw(site sign_up sign_in count_of error_in text_in $CHEAP_HASH);

my $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\nLuciaUserAttributes role\nLuciaUsernameChange On\n" . VAULT . <<'CONF');
<IfModule mpm_prefork_module>
StartServers 8
MinSpareServers 8
</IfModule>
<Location /vault>
    Header set X-Seen "expr=%{REMOTE_USER}"
</Location>
<Location /metrics>
    SetHandler luciauth-metrics
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaUsernameChange Off
</VirtualHost>
<VirtualHost *>
    ServerName precis.test
    LuciaUsernameProfile precis
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaHomeURL /start
    <Location /mine/name>
        SetHandler luciauth-username
    </Location>
    <Location /mine>
        LuciaUsernameURL /mine/name
        LuciaConfirmURL /mine/proof
    </Location>
    <Location /mine/profile>
        SetHandler luciauth-profile
    </Location>
    <Location /plain>
        SetHandler luciauth-profile
    </Location>
</VirtualHost>
CONF
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(off precis handler);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name) = @_; return sign_in($server, $name, path => '/account/login') }
sub login { my ($name, @more) = @_; return $server->request(POST => '/account/login', form(username => $name, password => $PASSWORD), @more)->status }
sub seen { my ($cookie) = @_; my $reply = $server->request(GET => '/vault/a.txt', script(), cookie => $cookie); return $reply->status == 200 ? $reply->header('X-Seen') : $reply->status }
sub rename_to { my ($cookie, $name, %arg) = @_; return $server->request(POST => '/account/username', form(defined $name ? (username => $name) : ()), cookie => $cookie, origin => 1, %arg) }
sub age { my ($cookie) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int((time - 601) * 1000), stored_id($cookie)) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub hash_of { my ($name) = @_; return sqlite_value($db, 'SELECT hashed_password FROM user_key WHERE id = ?', "username:$name") }

# ---- The page ----

my $alice = up('alice');
my $reply = $server->request(GET => '/account/username', cookie => $alice);
is $reply->status, 200, 'S1.33: the page of the username is shown to a signed-in user';
like text_in($reply), qr/ Change username .* Your old one, alice , stays reserved for you\. New username 4 to 31 characters/, 'S1.33: the page says what becomes of the old name';
like $reply->body, qr/<input id="username" name="username" type="text" value="alice" required[^>]*autocomplete="username"/s, 'the field of the new username has the present one';
is $reply->header('Cache-Control'), 'no-store', 'the page of the username is not stored';
unlike $reply->body, qr/%%/, 'the page of the username has no unfilled places';
is $server->request(GET => '/account/username')->location, '/account/login?next=/account/username', 'S1.33: an anonymous browser signs in first, and comes back';
is $server->request(GET => '/account/username', accept => 'application/json')->status, 401, 'an anonymous script gets 401 for the page of the username';
like $server->request(GET => '/account', cookie => $alice)->body, qr{<a href="/account/username">Change username</a>}, 'the profile links to the page of the username';
is $server->request(PUT => '/account/username', cookie => $alice, origin => 1)->status, 405, 'S9.20: PUT on the page of the username is 405';
is $server->request(GET => '/account/api/username', cookie => $alice)->header('Allow'), 'POST', 'S9.20: GET below api/ is 405 for the username';
for my $method (qw(GET POST)) {
    is answer($host{off}->request($method => '/account/username', $method eq 'POST' ? form(username => 'robin') : (), cookie => $alice, origin => 'http://off.test')),
        '403 Usernames cannot be changed', "S1.33: LuciaUsernameChange Off answers 403 to $method";
}
unlike $host{off}->request(GET => '/account', cookie => $alice)->body, qr/Change username/, 'S1.33: a profile without LuciaUsernameChange has no link';

# ---- Freshness ----

age($alice);
is answer($server->request(GET => '/account/username', cookie => $alice)), '302 /account/confirm?next=/account/username', 'S1.33: a session that is not fresh is led to the page of the confirmation';
is answer(rename_to($alice, 'robin')), '303 /account/confirm?next=/account/username%3Fusername%3Drobin', 'S1.33: a name that is sent without a fresh session is not taken, and comes back after the confirmation';
is answer(rename_to($alice, 'R&D "?')), '303 /account/confirm?next=/account/username%3Fusername%3DR%2526D%2B%2522%253f', 'S1.33: a name of any characters comes back after the confirmation';
is answer(rename_to($alice, undef)), '303 /account/confirm?next=/account/username', 'S1.33: no name is no part of the way back';
is answer($server->request(POST => '/account/api/username', json({ username => 'robin' }), cookie => $alice, origin => 1)), '401 Confirmation required', 'S1.33: a script without a fresh session gets 401';
is seen($alice), 'alice', 'without a fresh session the name stays';
$alice = in('alice');
$reply = $server->request(GET => '/account/username?username=R%26D+%22%3f', cookie => $alice);
like $reply->body, qr/name="current_username" type="hidden" value="alice".*name="username" type="text" value="R&amp;D &quot;\?"/s, 'S1.33: after the confirmation the page has the name that was sent before';
is seen($alice), 'alice', 'a name in the query of the page changes nothing';
like $server->request(GET => '/account/username?username=%ff', cookie => $alice)->body, qr/name="username" type="text" value="alice"/, 'a malformed name in the query of the page is ignored';

# ---- What is refused, and changes nothing ----

my $bert = up('bert');
for my $case (
    ['no name', undef, 'Invalid username'], ['a short name', 'abc', 'Invalid username'], ['a long name', 'a' x 32, 'Invalid username'],
    ['a name that ends with a space', 'robin ', 'Invalid username'], ['an invisible character', "rob\x{200b}in", 'Invalid username'],
    ['the name of another user', 'bert', 'Username already taken'], ['the name of another user in capitals', 'BERT', 'Username already taken'],
) {
    my ($what, $name, $message) = @$case;
    utf8::encode($name) if defined $name;
    $reply = rename_to($alice, $name);
    is answer($reply), "400 $message", "S1.33: $what answers 400";
    like $reply->body, qr/value="\Q$name\E"[^>]*aria-describedby="username-error username-hint"[^>]*aria-invalid="true"/s, "$what: the page has what was typed, and the error at its field" if defined $name;
}
is answer($server->request(POST => '/account/api/username', json({ username => 'bert' }), cookie => $alice, origin => 1, accept => 'application/json; profile=codes')),
    '400 Username already taken', 'S1.33: a taken name answers 400 in JSON';
for my $case (['without an Origin'], ['from another site', origin => 'https://evil.example']) {
    my ($what, @more) = @$case;
    is $server->request(POST => '/account/username', form(username => 'robin'), cookie => $alice, @more)->status, 401, "S9.3: a change of the name $what answers 401";
}
is $server->request(POST => '/account/username', form(username => 'robin'), origin => 1)->status, 401, 'a change of the name without a session answers 401';
is answer($host{precis}->request(POST => '/account/username', form(username => "rob\xc2\xb2in"), cookie => $alice, origin => 'http://precis.test')), '400 Invalid username', 'the profile of usernames holds for a new one';
is seen($alice), 'alice', 'the refused changes leave the name';

# ---- Success ----

my @others = map { in('alice') } 1 .. 3;
for my $cookie ($alice, @others) { seen($cookie) for 1 .. 6 }    # in the cache and in the processes' own
my $hash = hash_of('alice');
$audit->events(1);
$reply = rename_to($alice, 'Robin');
is answer($reply), '303 /account', 'S1.34: a change of the name leads to the profile with 303';
my $device = cookie_of($reply, 'auth_session_device');
like $device->{value}, qr/\A[0-9a-f]{64}\z/, 'S1.34: this browser gets a device cookie of the new name';
for my $round (1 .. 6) {
    is join(' ', map { seen($_) } $alice, @others), 'Robin Robin Robin Robin', "S1.34: REMOTE_USER is the new name in every session, request $round";
}
is seen($bert), 'bert', 'the session of another user is as before';
like text_in($server->request(GET => '/account', cookie => $alice)), qr/Username: Robin /, 'the profile shows the new name';
is login('alice'), 400, 'S1.34: the old name does not sign in';
is login('robin'), 302, 'S1.34: the new name signs in with the same password';
is hash_of('robin'), $hash, 'the new key has the password';
is_deeply sqlite($db, 'SELECT hashed_password FROM user_key WHERE id = ?', 'username:alice'), [{ hashed_password => undef }], 'S1.34: the old key stays without a password';
is answer($server->request(POST => '/account/signup', form(username => 'Alice', password => $PASSWORD))), '400 Username already taken', 'S1.34: nobody else signs up with the old name';
is answer(rename_to($bert, 'alice')), '400 Username already taken', 'S1.34: nobody else changes to the old name';
my ($event) = grep { $_->{event} eq 'user_rename' && $_->{result} eq 'ok' } $audit->events(1);
is_deeply [@{$event}{qw(account session)}], ['alice', substr(stored_id($alice), 0, 12)], 'the audit log has the change, with the name before and the session';
is answer(rename_to($alice, 'ROBIN')), '303 /account', 'S1.34: a change of the case alone is made';
is seen($others[0]), 'ROBIN', 'the other case is seen at once';
$reply = $server->request(POST => '/account/api/username', json({ username => 'alice' }), cookie => $alice, origin => 1, accept => 'application/json');
is $reply->status, 200, 'S1.34: the way back to the own old name is open, in JSON with 200';
is $reply->json->{user}{username}, 'alice', 'the JSON has the new name';
is seen($others[1]), 'alice', 'the old name is seen at once when it is back';
is answer(rename_to($bert, 'robin')), '400 Username already taken', 'a name that was left stays reserved';
$reply = $server->request(POST => '/account/username', form(username => 'berta', current_username => 'alice'), cookie => $bert, origin => 1);
is answer($reply), '400 You are signed in with another name now', 'S1.33: a page that another user opened changes no name';
is seen($bert), 'bert', 'the name stays after a page that another user opened';
is answer($server->request(POST => '/account/username', form(username => 'bert', current_username => 'alice'), cookie => $bert, origin => 1)), '303 /account', 'a form that is sent twice finds its name';

# ---- The device cookie, and throttling as a sign-up ----

my $few = site("LuciaUsernameChange On\nLuciaThrottle account=3/15min signup=4/1h\n");
sub few { my ($path, $fields, @more) = @_; return $few->request(POST => $path, form(@$fields), origin => 1, @more) }
my $carol = sign_up($few, 'carol');
my $known = cookie_of(few('/username', [username => 'carola'], cookie => $carol), 'auth_session_device');
is few('/login', [username => 'carola', password => $WRONG])->status, 400, "wrong password $_ of the new name answers 400" for 1 .. 3;
is few('/login', [username => 'carola', password => $PASSWORD])->status, 429, 'the new name is throttled';
is few('/login', [username => 'carola', password => $PASSWORD], cookie => $known)->status, 302, 'S1.34: the device cookie counts for the new name';
my @answers = map { answer(few('/username', [username => "carol$_"], cookie => $carol)) } 2 .. 4;
like $answers[-1], qr/^429 Too many attempts/, 'S1.34: changes of the name are throttled as sign-ups' or diag "@answers";
like text_in($few->request(GET => '/', cookie => $carol)), qr/Username: carol3 /, 'a throttled change leaves the name';

# ---- Without LuciaMount ----

is $host{handler}->request(GET => '/mine/name')->location, '/enter?next=/mine/name', 'luciauth-username serves the page anywhere';
like $host{handler}->request(GET => '/mine/profile', cookie => $bert)->body, qr{href="/mine/name"}, 'LuciaUsernameURL is the link of the profile';
unlike $host{handler}->request(GET => '/plain', cookie => $bert)->body, qr{Change username}, 'a profile without a known page of the username has no link';
is answer($host{handler}->request(POST => '/mine/name', form(username => 'berta'), cookie => $bert, origin => 'http://handler.test')), '303 /start', 'without LuciaMount a change of the name leads home';

# ---- The database cannot write ----

my $holder = locked($db);
$reply = rename_to($alice, 'alicia');
is $reply->status, 503, 'S9.33: a change of the name that cannot be written answers 503';
like $reply->body, qr/role="alert">Service temporarily unavailable<.*name="username" type="text" value="alicia"/s, 'a change of the name that cannot be written shows the form again, with what was typed';
$holder->do('ROLLBACK');
$holder->disconnect;
is seen($alice), 'alice', 'S9.33: the name stays';
is answer(rename_to($alice, 'alicia')), '303 /account', 'S9.33: the change of the name succeeds later';
is count_of($server, "user_key WHERE hashed_password IS NOT NULL AND user_id = (SELECT id FROM auth_user WHERE username = 'alicia')"), 1, 'one key has the password';

like $server->request(GET => '/metrics')->body, qr/^luciauth_events_total\{event="user_rename",result="name_taken"\} [1-9]/m, 'changes of the name are counted';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';
done_testing;
