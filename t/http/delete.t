# SPDX-License-Identifier: Apache-2.0
# The page where people delete their account: what it says and asks for, what goes, and what is refused. S1.35 and S1.36.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in count_of error_in text_in secure_host $CHEAP_HASH);

my $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\nLuciaAccountDeletion On\n" . VAULT . <<'CONF');
<IfModule mpm_prefork_module>
StartServers 8
MinSpareServers 8
</IfModule>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaAccountDeletion Off
</VirtualHost>
<VirtualHost *>
    ServerName script.test
    LuciaPages Off
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    <Location /mine/end>
        SetHandler luciauth-delete
    </Location>
    <Location /mine>
        LuciaDeleteURL /mine/end
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
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(off script handler);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name) = @_; return sign_in($server, $name, path => '/account/login') }
sub vault { my ($client, $cookie) = @_; return $client->request(GET => '/vault/a.txt', script(), cookie => $cookie)->status }
sub end { my ($cookie, $name, %arg) = @_; return $server->request(POST => '/account/delete', form(defined $name ? (username => $name) : ()), cookie => $cookie, origin => 1, %arg) }
sub age { my ($cookie) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int((time - 601) * 1000), stored_id($cookie)) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub rows_of { my ($id) = @_; return join ' ', map { sqlite_value($db, "SELECT count(*) FROM $_ = ?", $id) } 'auth_user WHERE id', 'user_key WHERE user_id', 'user_session WHERE user_id' }
sub id_of { my ($name) = @_; return sqlite_value($db, 'SELECT id FROM auth_user WHERE username = ?', $name) }

# ---- The page ----

my $alice = up('Alice');
my $reply = $server->request(GET => '/account/delete', cookie => $alice);
is $reply->status, 200, 'S1.35: the page of the deletion is shown to a signed-in user';
like text_in($reply), qr/ Delete account This deletes your account, .* It cannot be undone\. Type your username, Alice , to confirm Delete my account/, 'S1.35: the page of the deletion says what goes';
like $reply->body, qr/<input id="username" name="username" type="text" value="" required[^>]*autocomplete="off"/s, 'the field of the deletion is empty, and stays so';
is $reply->header('Cache-Control'), 'no-store', 'the page of the deletion is not stored';
unlike $reply->body, qr/%%/, 'the page of the deletion has no unfilled places';
is $server->request(GET => '/account/delete')->location, '/account/login?next=/account/delete', 'S1.35: an anonymous browser signs in before it deletes';
like $server->request(GET => '/account', cookie => $alice)->body, qr{<a href="/account/delete">Delete account</a>}, 'the profile links to the page of the deletion';
is $server->request(DELETE => '/account/delete', cookie => $alice, origin => 1)->status, 405, 'S9.20: DELETE on the page of the deletion is 405';
is $server->request(GET => '/account/api/delete', cookie => $alice)->header('Allow'), 'POST', 'S9.20: GET below api/ is 405 for the deletion';
for my $method (qw(GET POST)) {
    is answer($host{off}->request($method => '/account/delete', $method eq 'POST' ? form(username => 'alice') : (), cookie => $alice, origin => 'http://off.test')),
        '403 Accounts cannot be deleted', "S1.35: LuciaAccountDeletion Off answers 403 to $method";
}
unlike $host{off}->request(GET => '/account', cookie => $alice)->body, qr/Delete account/, 'S1.35: a profile without LuciaAccountDeletion has no link';

# ---- What is refused, and deletes nothing ----

my $id = id_of('Alice');
age($alice);
is answer($server->request(GET => '/account/delete', cookie => $alice)), '302 /account/confirm?next=/account/delete', 'S1.35: a session that is not fresh is led to the page of the confirmation';
is answer(end($alice, 'alice')), '303 /account/confirm?next=/account/delete', 'S1.35: without a fresh session nothing is deleted';
is answer($server->request(POST => '/account/api/delete', json({ username => 'alice' }), cookie => $alice, origin => 1)), '401 Confirmation required', 'S1.35: a script without a fresh session deletes nothing';
$alice = in('alice');
for my $case (['no name', undef], ['an empty name', ''], ['another name', 'alicia'], ['the password', $PASSWORD]) {
    my ($what, $name) = @$case;
    $reply = end($alice, $name);
    is answer($reply), '400 Incorrect username', "S1.35: $what answers 400";
    is cookie_of($reply), undef, "$what: the cookie stays";
    is answer($server->request(POST => '/account/api/delete', json({ defined $name ? (username => $name) : () }), cookie => $alice, origin => 1)), '400 Incorrect username', "S1.35: $what answers 400 in JSON";
}
like end($alice, 'alicia')->body, qr/value="alicia" required autofocus[^>]*aria-invalid="true" aria-describedby="username-error"/s, 'the page of the deletion has what was typed, and the error at its field';
for my $case (['without an Origin'], ['from another site', origin => 'https://evil.example']) {
    my ($what, @more) = @$case;
    is $server->request(POST => '/account/delete', form(username => 'alice'), cookie => $alice, @more)->status, 401, "S9.3: a deletion $what answers 401";
}
is $server->request(POST => '/account/delete', form(username => 'alice'), origin => 1)->status, 401, 'a deletion without a session answers 401';
is rows_of($id), '1 1 2', 'S1.36: refused deletions leave all rows';
is vault($server, $alice), 200, 'refused deletions leave the session';

# ---- A table of an application ----

my $mysql = ($ENV{DB} // '') eq 'mysql';
sqlite($db, $_) for $mysql ? 'CREATE TABLE orders (FOREIGN KEY (owner) REFERENCES auth_user(id)) SELECT id AS owner FROM auth_user'
    : ('CREATE TABLE orders (owner VARCHAR(15) REFERENCES auth_user(id))', 'INSERT INTO orders SELECT id FROM auth_user');
$audit->events(1);
$reply = end($alice, 'alice');
is answer($reply), '409 This account is still in use and cannot be deleted', 'S1.36: a foreign key of an application that refuses answers 409';
like $reply->body, qr/role="alert">This account is still in use/, 'the page says so above its form';
is answer($server->request(POST => '/account/api/delete', json({ username => 'alice' }), cookie => $alice, origin => 1)), '409 This account is still in use and cannot be deleted', 'S1.36: a foreign key that refuses answers 409 in JSON';
is $server->request(POST => '/account/api/delete', json({ username => 'alice' }), cookie => $alice, origin => 1, headers => { Accept => 'application/json; profile=codes' })->json->{code}, 'account_in_use', 'the 409 has its code';
is rows_of($id), '1 1 2', 'S1.36: a refused deletion leaves all rows';
is vault($server, $alice), 200, 'S1.36: a refused deletion leaves the session';
is grep({ $_->{event} eq 'user_delete' && $_->{reason} eq 'referenced' } $audit->events(1)), 3, 'the audit log has the refusals';
like $server->error_log, qr/LUCI0232: user $id asked to delete the account, but a row of another table refers to it .*: \S/, 'the log tells the administrator what the database said';
unlike $server->error_log, qr/LUCI0302/, 'the refusal of a foreign key is no failure of the database';
sqlite($db, 'DROP TABLE orders');

# ---- Success ----

my @others = map { in('alice') } 1 .. 3;
my $bert = up('bert');
for my $cookie ($alice, @others, $bert) { vault($server, $cookie) for 1 .. 6 }    # in the cache and in the processes' own
sqlite($db, 'INSERT INTO user_key (id, user_id) VALUES (?, ?)', 'github:4711', $id);
my $login = $server->request(POST => '/account/login', form(username => 'alice', password => $PASSWORD));
my $device = cookie_of($login, 'auth_session_device');
$reply = end($alice, ' ALICE ', headers => { Cookie => "auth_session=$alice->{value}; auth_session_device=$device->{value}" });
is answer($reply), '303 /account/login', 'S1.36: the name is compared as at sign-in, and a deletion leads to sign-in with 303';
is join(' ', map { cookie_of($reply, $_)->{value} } qw(auth_session auth_session_device)), ' ', 'S1.36: both cookies are cleared';
is $reply->header('Clear-Site-Data'), '"cache"', 'S1.36: the browser drops its cached pages';
for my $round (1 .. 6) {
    is join(' ', map { vault($server, $_) } $alice, @others), '401 401 401 401', "S1.36: no session of the account passes the gate, request $round";
}
is rows_of($id), '0 0 0', 'S1.36: user, keys and sessions are gone';
is vault($server, $bert), 200, 'the session of another user stays after a deletion';
is $server->request(POST => '/account/login', form(username => 'alice', password => $PASSWORD))->status, 400, 'a deleted account does not sign in';
my ($event) = grep { $_->{event} eq 'user_delete' && $_->{result} eq 'ok' } $audit->events(1);
is_deeply [@{$event}{qw(account user session)}], ['Alice', $id, substr(stored_id($alice), 0, 12)], 'the audit log has the deletion';
is answer(end($alice, 'alice')), '401 Unauthorized', 'a second deletion finds no session';
my $ended = in('bert');
sqlite($db, 'DELETE FROM user_session WHERE id = ?', stored_id($ended));
is answer(end($ended, 'bert', navigation('Sec-Fetch-Site' => 'same-origin'))), '401 Unauthorized', 'S1.36: a browser whose session has ended otherwise is not told that its account is gone';
is rows_of(id_of('bert')), '1 1 1', 'S1.36: a form with an ended session deletes nothing';
$alice = up('alice');
isnt id_of('alice'), $id, 'S1.36: the name is free for a new account';

$reply = $server->request(POST => '/account/api/delete', json({ username => 'bert' }), cookie => $bert, origin => 1, accept => 'application/json');
is $reply->status, 200, 'S1.36: a deletion in JSON answers 200';
is $reply->json->{deleted}{username}, 'bert', 'the JSON says whose account was deleted';

# ---- Without pages, and without LuciaMount ----

is answer($host{script}->request(POST => '/account/delete', json({ username => 'alicia' }), cookie => $alice, origin => 'http://script.test')), '400 Incorrect username', 'without pages a deletion answers in JSON';
is $host{handler}->request(GET => '/mine/end')->location, '/enter?next=/mine/end', 'luciauth-delete serves the page anywhere';
like $host{handler}->request(GET => '/mine/profile', cookie => $alice)->body, qr{href="/mine/end"}, 'LuciaDeleteURL is the link of the profile';
unlike $host{handler}->request(GET => '/plain', cookie => $alice)->body, qr{Delete account}, 'a profile without a known page of the deletion has no link';

# ---- The database cannot write ----

my $holder = locked($db);
$reply = end($alice, 'alice');
is $reply->status, 503, 'S9.33: a deletion that cannot be written answers 503';
is cookie_of($reply), undef, 'S9.33: a deletion that cannot be written leaves the cookie';
$holder->do('ROLLBACK');
$holder->disconnect;
is vault($server, $alice), 200, 'S9.33: the session stays after a deletion that failed';
is answer($host{handler}->request(POST => '/mine/end', form(username => 'alice'), cookie => $alice, origin => 'http://handler.test')), '303 /enter', 'S9.33: the deletion succeeds later';
is count_of($server, 'auth_user') + count_of($server, 'user_key') + count_of($server, 'user_session'), 0, 'the tables are empty';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';
done_testing;
