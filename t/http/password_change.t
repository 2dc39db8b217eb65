# SPDX-License-Identifier: Apache-2.0
# The page where people change their password: what it asks for, what ends, what stays, and what it answers. S1.25 to S1.28.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use LuciaTest::Hashes;
use LuciaTest::Site qw(site sign_up sign_in row_of count_of error_in text_in $CHEAP_HASH);
use MIME::Base64 qw(encode_base64);

my $NEW = 'battery staple';
my $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET, 'htdocs/basic/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\n" . VAULT . BASIC . <<'CONF');
<IfModule mpm_prefork_module>
StartServers 8
MinSpareServers 8
</IfModule>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaSessionCache off
    LuciaWellKnown Off
</VirtualHost>
<VirtualHost *>
    ServerName script.test
    LuciaPages Off
</VirtualHost>
<VirtualHost *>
    ServerName app.test
    LuciaPages Off
    LuciaPasswordURL /app/password
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaHomeURL /start
    <Location /mine/word>
        SetHandler luciauth-password
    </Location>
    <Location /mine>
        LuciaPasswordURL /mine/word
    </Location>
    <Location /mine/profile>
        SetHandler luciauth-profile
    </Location>
    <Location /plain>
        SetHandler luciauth-profile
    </Location>
    <Location /.well-known/change-password>
        SetHandler luciauth-change-password
        LuciaPasswordURL /mine/word
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName few.test
    LuciaThrottle account=3/15min ip=off
</VirtualHost>
CONF
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(off handler few script app);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name, @more) = @_; return sign_in($server, $name, path => '/account/login', @more) }
sub login { my ($name, $password, @more) = @_; return $server->request(POST => '/account/login', form(username => $name, password => $password), @more)->status }
sub vault { my ($client, $cookie) = @_; return $client->request(GET => '/vault/a.txt', script(), cookie => $cookie)->status }
sub basic { my ($name, $password) = @_; return $server->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') })->status }
sub change { my ($cookie, $fields, %arg) = @_; return $server->request(POST => '/account/password', form(@$fields), cookie => $cookie, origin => 1, %arg) }
sub hash_of { my ($name) = @_; return sqlite_value($db, 'SELECT hashed_password FROM user_key WHERE id = ?', "username:$name") }

# ---- The page ----

my $alice = up('alice');
my $reply = $server->request(GET => '/account/password', cookie => $alice);
is $reply->status, 200, 'S1.25: the password page is shown to a signed-in user';
like text_in($reply), qr/ Change password Current password New password .* Sign out my other devices /, 'S1.25: the password page asks for both passwords';
like $reply->body, qr/<input name="end_sessions" type="checkbox" value="1" checked>/, 'S1.25: the box of the password page is ticked';
like $reply->body, qr/<input name="username"[^>]*value="alice"[^>]*autocomplete="username"[^>]*hidden>/, 'the password page tells password managers the username';
like $reply->body, qr/autocomplete="current-password"/, 'the field of the current password is marked for password managers';
like $reply->body, qr/autocomplete="new-password"/, 'the field of the new password is marked for password managers';
is $reply->header('Cache-Control'), 'no-store', 'the password page is not stored';
unlike $reply->body, qr/%%/, 'the password page has no unfilled places';
is $server->request(GET => '/account/password')->location, '/account/login?next=/account/password', 'S1.25: an anonymous browser signs in first, and comes back';
is $server->request(GET => '/account/password', accept => 'application/json')->status, 401, 'an anonymous script gets 401 for the password page';
like $server->request(GET => '/account', cookie => $alice)->body, qr{<a href="/account/password">Change password</a>}, 'the profile links to the password page';
for my $method (qw(PUT DELETE)) {
    is $server->request($method => '/account/password', cookie => $alice, origin => 1)->status, 405, "S9.20: $method on the password page is 405";
}
is $server->request(GET => '/account/api/password', cookie => $alice)->header('Allow'), 'POST', 'S9.20: GET below api/ is 405';

# ---- What is refused, and changes nothing ----

my $before = hash_of('alice');
for my $case (
    ['no new password', [current => $PASSWORD], 'Invalid password'],
    ['a short new password', [current => $PASSWORD, password => 'abc'], 'Invalid password'],
    ['a wrong current password', [current => $WRONG, password => $NEW], 'Incorrect password'],
    ['no current password', [password => $NEW], 'Incorrect password'],
    ['an empty current password', [current => '', password => $NEW], 'Incorrect password'],
) {
    my ($what, $fields, $message) = @$case;
    $reply = change($alice, $fields);
    is $reply->status . ' ' . (error_in($reply) // ''), "400 $message", "S1.26: $what answers 400";
    is cookie_of($reply), undef, "$what: no cookie is set";
    unlike $reply->body, qr/\Q$PASSWORD\E|\Q$NEW\E|\Q$WRONG\E/, "$what: the page repeats no password";
    $reply = $server->request(POST => '/account/api/password', json({@$fields}), cookie => $alice, origin => 1);
    is $reply->status . ' ' . (error_in($reply) // ''), "400 $message", "S1.26: $what answers 400 in JSON";
}
like change($alice, [current => $WRONG, password => $NEW])->body, qr/id="current"[^>]*aria-invalid="true" aria-describedby="current-error"[^>]*autofocus/s, 'the error is tied to the field of the current password';
like change($alice, [current => $WRONG, password => $NEW, keep_sessions => 1])->body, qr/type="checkbox" value="1" >/, 'a box that was not ticked stays so after an error';
is error_in(change(up('margaret'), [current => $PASSWORD, password => 'Margaret'])), 'Password is too similar to the username', 'S1.26: the rules of sign-up hold for the new password';
for my $case (['without an Origin'], ['from another site', origin => 'https://evil.example']) {
    my ($what, @more) = @$case;
    $reply = $server->request(POST => '/account/password', form(current => $PASSWORD, password => $NEW), cookie => $alice, @more);
    is $reply->status, 401, "S9.3: a change $what answers 401";
}
is $server->request(POST => '/account/password', form(current => $PASSWORD, password => $NEW), origin => 1)->status, 401, 'a change without a session answers 401';
is hash_of('alice'), $before, 'the refused changes leave the hash';
is vault($server, $alice), 200, 'the refused changes leave the session';

# ---- Success: the other sessions end at once, in the caches, too ----

my @others = map { in('alice') } 1 .. 3;
sub fill { for my $cookie (@_) { vault($server, $cookie) for 1 .. 6 } return }    # in the cache and the processes' own
fill($alice, @others);
is basic('alice', $PASSWORD), 200, 'Basic admits the old password before the change' for 1 .. 2;
my $bert = up('bert');
fill($bert);
$audit->events(1);
$reply = change($alice, [current => $PASSWORD, password => $NEW], headers => { Cookie => "auth_session=$alice->{value}" });
is $reply->status . ' ' . $reply->location, '303 /account', 'S1.27: a change leads to the profile with 303';
my ($renewed, $device) = (cookie_of($reply), cookie_of($reply, 'auth_session_device'));
isnt $renewed->{value}, $alice->{value}, 'S1.27: the session has a new id';
like $device->{value}, qr/\A[0-9a-f]{64}\z/, 'S1.27: this browser gets a device cookie of the new password';
isnt hash_of('alice'), $before, 'the hash is another one';
for my $round (1 .. 6) {
    is join(' ', map { vault($server, $_) } $alice, @others), '401 401 401 401', "S1.27: no earlier session passes the gate, request $round";
}
is join(' ', map { vault($host{off}, $_) } $alice, @others), '401 401 401 401', 'S1.27: no earlier session passes a gate without the cache';
is vault($server, $renewed), 200, 'S1.27: the new session passes the gate';
is vault($server, $bert), 200, 'the session of another user stays';
is count_of($server, "user_session WHERE user_id = (SELECT id FROM auth_user WHERE username = 'alice')"), 1, 'one session of the user is in the table';
is login('alice', $PASSWORD), 400, 'the old password does not sign in';
is login('alice', $NEW), 302, 'the new password signs in';
is basic('alice', $PASSWORD), 401, 'Basic refuses the old password at once';
is basic('alice', $NEW), 200, 'Basic admits the new password';
my ($event) = grep { $_->{event} eq 'password_change' } $audit->events(1);
is_deeply [@{$event}{qw(result account)}, substr(row_of($server, $renewed)->{id}, 0, 12)], ['ok', 'alice', $event->{session}], 'the audit log has the change, with the new session';
is $server->request(POST => '/account/password', form(current => $NEW, password => $PASSWORD), cookie => $alice, origin => 1)->status, 401, 'the old session cannot change the password back';

# ---- keep_sessions ----

my $second = in('alice', password => $NEW);
fill($second);
$reply = $server->request(POST => '/account/api/password', json({ current => $NEW, password => $PASSWORD, keep_sessions => JSON::PP::true() }), accept => 'application/json', cookie => $renewed, origin => 1);
is $reply->status, 200, 'S1.27: a change in JSON answers 200';
is_deeply [sort keys %{ $reply->json }], [qw(session user)], 'S1.27: a change in JSON answers as sign-in does';
my $third = cookie_of($reply);
is join(' ', map { vault($server, $_) } $renewed, $second, $third), '401 200 200', 'S1.27: keep_sessions keeps the other sessions and renews the id of its own';
$reply = change($third, [current => $PASSWORD, password => $NEW, keep_sessions => 1, end_sessions => 1]);
my $fourth = cookie_of($reply);
is join(' ', map { vault($server, $_) } $second, $third, $fourth), '401 401 200', 'the ticked box of the page ends the others';
$second = in('alice', password => $NEW);
my $fifth = cookie_of(change($fourth, [current => $NEW, password => $PASSWORD, keep_sessions => 1]));
is join(' ', map { vault($server, $_) } $second, $fourth, $fifth), '200 401 200', 'without the tick the others stay';

# ---- Throttling: a wrong password counts as a sign-in of the account ----

sub few { my ($path, $fields, @more) = @_; return $host{few}->request(POST => $path, form(@$fields), origin => 'http://few.test', @more) }
up('carol');
my $carol = in('carol');
my $known = cookie_of(few('/account/login', [username => 'carol', password => $PASSWORD]), 'auth_session_device');
is few('/account/password', [current => "wrong $_", password => $NEW], cookie => $carol)->status, 400, "wrong password $_ answers 400" for 1 .. 3;
$reply = few('/account/password', [current => $PASSWORD, password => $NEW], cookie => $carol);
is $reply->status, 429, 'S1.26: after too many wrong passwords the right one is refused with 429';
ok $reply->header('Retry-After'), 'the 429 of the password page has Retry-After';
like error_in($reply), qr/^Too many attempts/, 'the page says that there were too many attempts';
is few('/account/login', [username => 'carol', password => $PASSWORD])->status, 429, 'S1.26: wrong passwords on the password page refuse sign-in with 429';
is few('/account/login', [username => 'carol', password => $PASSWORD], cookie => $known)->status, 302, 'the browser with a device cookie signs in';
$reply = few('/account/password', [current => $PASSWORD, password => $NEW], headers => { Cookie => "auth_session=$carol->{value}; auth_session_device=$known->{value}" });
is $reply->status, 303, 'the browser with a device cookie changes the password';
my $after = cookie_of($reply, 'auth_session_device');
is few('/account/login', [username => 'carol', password => $NEW], cookie => $known)->status, 429, 'the device cookie of the old password does not count any more';
is few('/account/login', [username => 'carol', password => $NEW], cookie => $after)->status, 302, 'the device cookie of the new password counts';

# ---- Accounts without a password ----

my $dave = up('dave');
sqlite($db, "UPDATE user_key SET hashed_password = NULL WHERE id = 'username:dave'");
is error_in(change($dave, [current => $PASSWORD, password => $NEW])), 'This account has no password', 'S1.26: an account without a password is told so';
is hash_of('dave'), undef, 'an account without a password gets none';
sqlite($db, "UPDATE user_key SET user_id = (SELECT id FROM auth_user WHERE username = 'bert') WHERE id = 'username:dave'");
sqlite($db, 'UPDATE user_key SET hashed_password = ? WHERE id = ?', hash_of('bert'), 'username:dave');
is error_in(change($dave, [current => $PASSWORD, password => $NEW])), 'This account has no password', 'the key of another user is not tried';

# ---- The well-known URL, and without LuciaMount ----

for my $cookie (undef, $fifth) {
    $reply = $server->request(GET => '/.well-known/change-password', cookie => $cookie);
    is $reply->status . ' ' . ($reply->location // ''), '302 /account/password', 'S1.28: the well-known URL leads to the password page';
}
is $server->request(POST => '/.well-known/change-password', origin => 1)->status, 405, 'POST on the well-known URL is 405';
is $server->request(GET => '/.well-known/other')->status, 404, 'other well-known URLs are not claimed';
is $host{off}->request(GET => '/.well-known/change-password')->status, 404, 'S1.28: LuciaWellKnown Off leaves the well-known URL alone';
is $host{script}->request(GET => '/.well-known/change-password')->status, 404, 'S1.28: without pages the well-known URL stays with the application';
is $host{app}->request(GET => '/.well-known/change-password')->location, '/app/password', 'S1.28: without pages the well-known URL leads to LuciaPasswordURL';
is $host{handler}->request(GET => '/.well-known/change-password')->location, '/mine/word', 'luciauth-change-password leads to LuciaPasswordURL';
is $host{handler}->request(GET => '/mine/word')->location, '/enter?next=/mine/word', 'luciauth-password serves the page anywhere';
like $host{handler}->request(GET => '/mine/profile', cookie => $fifth)->body, qr{href="/mine/word"}, 'LuciaPasswordURL is the link of the profile';
unlike $host{handler}->request(GET => '/plain', cookie => $fifth)->body, qr{Change password}, 'a profile without a known password page has no link';
$reply = $host{handler}->request(POST => '/mine/word', form(current => $PASSWORD, password => $NEW), cookie => $fifth, origin => 'http://handler.test');
is $reply->status . ' ' . ($reply->location // ''), '303 /start', 'without LuciaMount a change leads home';

# ---- The database cannot write ----

my $erin = up('erin');
my $holder = locked($db);
$reply = change($erin, [current => $PASSWORD, password => $NEW]);
is $reply->status, 503, 'S9.33: a change that cannot be written answers 503';
is cookie_of($reply), undef, 'S9.33: a change that cannot be written sets no cookie';
$holder->do('ROLLBACK');
$holder->disconnect;
is vault($server, $erin), 200, 'S9.33: the session stays';
is change($erin, [current => $PASSWORD, password => $NEW])->status, 303, 'S9.33: the change succeeds later';

unlike $server->error_log . LuciaTest::Server::slurp($server->dir . '/logs/audit.log'), qr/\Q$NEW\E|\Q$PASSWORD\E/, 'no log has a password';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';

# ---- Changes that wait for a hash slot, on event without a thread ----

my $hashes = LuciaTest::Hashes->new;
my $queue = site("LuciaHashSlots 1 60s\n", env => $hashes->env);
my @cookies = map { sign_up($queue, "queued$_") } 1 .. 4;
$hashes->hold;
my @sent = map { $queue->send_request($queue->bytes_of(POST => '/password', form(current => $PASSWORD, password => $NEW), cookie => $_, origin => 1)) } @cookies;
ok wait_until(sub { $hashes->running == 1 }, 20), 'S9.37: one of four changes at once hashes';
is scalar(grep { $queue->is_answered($_) } @sent), 0, 'S9.37: the other changes wait for the hash slot';
$hashes->release;
my @replies = map { $queue->answer_to($_) } @sent;
is join(' ', map { $_->status } @replies), '303 303 303 303', 'changes that waited are made';
is join(' ', map { $queue->request(GET => '/', cookie => $_)->status } map({ cookie_of($_) } @replies), @cookies), '200 200 200 200 302 302 302 302', 'changes that waited renew their sessions';
done_testing;
