# SPDX-License-Identifier: Apache-2.0
# The page where people see where they are signed in, and end sessions. S1.32, S1.38.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in row_of count_of error_in text_in $CHEAP_HASH);

my %agent = (
    firefox => 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    phone   => 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    curl    => 'curl/8.5.0',
    hostile => '<script>alert(1)</script> "x"',
);
my $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\n" . VAULT . <<'CONF');
<IfModule mpm_prefork_module>
StartServers 8
MinSpareServers 8
</IfModule>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName few.test
    LuciaMaxSessions 3
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaConfirmURL /proof
    <Location /mine/devices>
        SetHandler luciauth-sessions
    </Location>
    <Location /mine>
        LuciaSessionsURL /mine/devices
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
my $handler = LuciaTest::Gate::Host->new($server, 'handler.test', 'db/luciauth.db');

sub up { my ($name, @more) = @_; return sign_up($server, $name, path => '/account/signup', @more) }
sub in { my ($name, $kind) = @_; return sign_in($server, $name, path => '/account/login', $kind ? (headers => { 'User-Agent' => $agent{$kind} }) : ()) }
sub tag { my ($cookie) = @_; return substr stored_id($cookie), 0, 12 }
sub vault { my ($cookie) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $cookie)->status }
sub listed { my ($cookie) = @_; return @{ $server->request(GET => '/account/api/sessions', cookie => $cookie)->json->{sessions} } }
sub end { my ($cookie, $fields, %arg) = @_; return $server->request(POST => '/account/sessions', form(@$fields), cookie => $cookie, origin => 1, %arg) }
sub program { my ($cookie, $object, %arg) = @_; return $server->request(POST => '/account/api/sessions', json($object), cookie => $cookie, origin => 1, accept => 'application/json', %arg) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub age { my ($cookie, $seconds) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int((time - $seconds) * 1000), stored_id($cookie)) }

# ---- The list ----

my $alice = up('alice');
my $bert = up('bert');
my %of = map { $_ => in('alice', $_) } qw(firefox phone curl hostile);
sqlite($db, 'UPDATE user_session SET last_seen = last_seen - ? WHERE id = ?', @$_) for [3_600_000, stored_id($of{firefox})], [7_200_000, stored_id($of{phone})], [10_800_000, stored_id($of{curl})], [14_400_000, stored_id($of{hostile})];
my @list = listed($of{phone});
is_deeply [map { $_->{tag} } @list], [map { tag($_) } $of{phone}, $alice, $of{firefox}, $of{curl}, $of{hostile}], 'S1.32: the own session is first, then those seen last; of no other user';
is_deeply [map { $_->{current} ? 1 : 0 } @list], [1, 0, 0, 0, 0], 'S1.32: one session is the current one';
is_deeply [sort keys %{ $list[0] }], [qw(address created_at current last_seen tag user_agent)], 'S1.32: what JSON says of a session';
is $list[0]{address}, '127.0.0.1', 'the list has the address';
is $list[0]{user_agent}, $agent{phone}, 'the list has the browser as it called itself';
like $list[0]{created_at}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/, 'the list has ISO dates';
unlike $server->request(GET => '/account/api/sessions', cookie => $alice)->body, qr/\Q$alice->{value}\E|@{[stored_id($alice)]}/, 'S1.32: the list has neither an id nor its hash';
my $reply = $server->request(GET => '/account/sessions', cookie => $of{phone});
is $reply->status, 200, 'S1.32: the page of the sessions is shown to a signed-in user';
like text_in($reply), qr/ Safari \(iOS\) This device Address: 127\.0\.0\.1 Signed in: \d{4}-\d\d-\d\d \d\d:\d\d UTC .* Firefox \(Linux\) .*Sign out .*curl\/8\.5\.0 .*Sign out all my other devices /, 'S1.32: the page names browsers, systems, addresses and times';
is scalar(() = $reply->body =~ /name="session"/g), 4, 'S1.32: each other session has a button';
unlike $reply->body, qr/<script>|%%/, 'a hostile browser name is escaped, and no place is unfilled';
is $reply->header('Cache-Control'), 'no-store', 'the page of the sessions is not stored';
unlike text_in($server->request(GET => '/account/sessions', cookie => $bert)), qr/Sign out all/, 'a single session has no button for others';
is $server->request(GET => '/account/sessions')->location, '/account/login?next=/account/sessions', 'S1.32: an anonymous browser signs in first, and comes back';
is $server->request(GET => '/account/api/sessions')->status, 401, 'an anonymous script gets 401 for its sessions';
is $server->request(GET => '/account/sessions', cookie => $alice, accept => 'application/json')->type, 'application/json; charset=utf-8', 'the page answers a script in JSON';
is $server->request(PUT => '/account/api/sessions', cookie => $alice, origin => 1)->header('Allow'), 'GET, HEAD, POST', 'S9.20: PUT on the sessions is 405';
like $server->request(GET => '/account', cookie => $alice)->body, qr{<a href="/account/sessions">}, 'the profile links to the sessions';
my $gone = in('alice');
expire($server, $gone, active => -2000, idle => -1000);
is scalar(grep { $_->{tag} eq tag($gone) } listed($alice)), 0, 'S1.32: an expired session is not listed';

# ---- Fresh to end ----

age($alice, 601);
is answer(end($alice, [session => tag($of{curl})])), '303 /account/confirm?next=/account/sessions', 'S1.38: a browser with an old proof is led to confirm, and back to the page';
is answer($server->request(POST => '/account/api/sessions', json({ session => tag($of{curl}) }), cookie => $alice, origin => 1)), '401 Confirmation required', 'S1.38: a script with an old proof gets 401';
is vault($of{curl}), 200, 'S1.38: an old proof ends nothing';
for my $mark (['Sec-Fetch-Mode', 'cors'], ['X-Requested-With', 'XMLHttpRequest']) {
    my $refusal = end($alice, [session => tag($of{curl})], headers => {@$mark});
    is_deeply [$refusal->status, $refusal->json], [401, { error => 'Confirmation required' }], "S1.30: a script that sends a form with $mark->[0] and an old proof gets 401";
}
is $server->request(GET => '/account/sessions', cookie => $alice)->status, 200, 'the list needs no new proof';
my ($event) = grep { $_->{event} eq 'session_end' } $audit->events(3);
is_deeply [@{$event}{qw(result reason account user session)}], ['failure', 'unconfirmed', 'alice', sqlite_value($server->db, q{SELECT id FROM auth_user WHERE username = 'alice'}), substr(stored_id($alice), 0, 12)],
    'the audit log names the user and the session of an act without a new proof';
age($alice, 1);

# ---- What no input reaches ----

for my $case (
    ['the tag of another user', tag($bert), 404], ['the id of another user', $bert->{value}, 404], ['the hash of another user', stored_id($bert), 404],
    ['the hash of an own session', stored_id($of{curl}), 404], ['the id of an own session', $of{curl}{value}, 404], ['the beginning of a tag', substr(tag($of{curl}), 0, 11), 404],
    ['a tag in upper case', 'ABCDEF012345', 404], ['an empty tag', '', 404], ['a pattern', '%', 404],
) {
    my ($what, $value, $status) = @$case;
    is program($alice, { session => $value })->status, $status, "S1.38: $what ends nothing";
    is end($alice, [session => $value])->location, '/account/sessions', "S1.38: $what leads a browser back to the page";
}
is answer(end($alice, [])), '400 Malformed request body', 'a form that names nothing is 400';
is answer(program($alice, { session => tag($of{curl}), others => JSON::PP::true() })), '400 Malformed request body', 'a request that names one and all others is 400';
is end($alice, [session => tag($of{curl})], origin => 'http://evil.example')->status, 401, 'S3.5: the end of a session from another site is 401';
is join(' ', map { vault($_) } $bert, $alice, values %of), join(' ', (200) x 6), 'S1.38: all sessions are alive';

# ---- The end ----

vault($_) for $alice, values %of;
$audit->events(1);
is answer(end($alice, [session => tag($of{curl})])), '303 /account/sessions', 'S1.38: the end of a session leads back to the page';
is vault($of{curl}), 401, "S1.38: the session has ended at once, request $_" for 1 .. 3;
is row_of($server, $of{curl}), undef, 'S1.38: its row is gone';
is join(' ', map { vault($_) } $alice, @of{qw(firefox phone hostile)}), '200 200 200 200', 'S1.38: the other sessions stay';
($event) = grep { $_->{event} eq 'session_end' } $audit->events(1);
is_deeply [@{$event}{qw(result account session)}], ['ok', 'alice', tag($of{curl})], 'the audit log has the session that ended';
is answer(end($alice, [session => tag($of{curl})])), '303 /account/sessions', 'S1.38: a second click is answered as the first one';
$reply = program($alice, { session => tag($of{phone}) });
is_deeply [$reply->status, map { $_->{tag} } @{ $reply->json->{sessions} }], [200, map { tag($_) } $alice, @of{qw(firefox hostile)}], 'S1.38: in JSON the answer is the list that is left';
my $lucia = 'abcdefghijklmnopqrstuvwxyz0123456789abcd';
sqlite($db, 'INSERT INTO user_session (id, user_id, active_expires, idle_expires) SELECT ?, user_id, active_expires, idle_expires FROM user_session WHERE id = ?', $lucia, stored_id($alice));
is program($alice, { session => substr(Digest::SHA::sha256_hex($lucia), 0, 12) })->status, 200, 'S1.38: a session of a Lucia application is ended by its tag';
is count_of($server, "user_session WHERE id = '$lucia'"), 0, 'the row of the Lucia application is gone';
is answer(end($alice, [others => 1, username => 'bert'])), '400 You are signed in with another name now', 'S1.38: the page that another user opened ends nothing';
is vault($of{firefox}), 200, 'S1.38: the sessions of the user who signed in meanwhile live';
is answer(end($alice, [others => 1, username => 'alice'])), '303 /account/sessions', 'S1.38: the end of all others leads back to the page';
like $server->request(GET => '/account/sessions', cookie => $alice)->body, qr/<input name="username" type="hidden" value="alice">/, 'S1.38: the page sends the name for which it was opened';
is join(' ', map { vault($_) } $alice, @of{qw(firefox hostile)}, $bert), '200 401 401 200', 'S1.38: all others have ended, of this user alone';
is answer(program($alice, { others => $_ })), '200 ', 'S1.38: no others are no error, others being ' . JSON::PP->new->allow_nonref->encode($_) for JSON::PP::true(), 1, '1';
is answer(program($alice, { others => $_ })), '400 Malformed request body', 'S1.38: nothing is asked for with others being ' . JSON::PP->new->allow_nonref->encode($_) for JSON::PP::false(), 0, '', [1];
is answer(program($alice, { session => 'x', others => 1 })), '400 Malformed request body', 'S1.38: a tag and others, a number, is 400';
my $second = in('alice');
$reply = end($second, [session => tag($second)]);
is answer($reply), '303 /account/login', 'S1.38: the end of the own session is a sign-out';
is cookie_of($reply)->{value}, '', 'S1.38: the end of the own session clears its cookie';
is join(' ', vault($second), vault($alice)), '401 200', 'S1.38: the own session has ended, another one stays';

# ---- Without LuciaMount ----

is $handler->request(GET => '/mine/devices')->location, '/enter?next=/mine/devices', 'luciauth-sessions serves the page anywhere';
like $handler->request(GET => '/mine/profile', cookie => $alice)->body, qr{href="/mine/devices"}, 'LuciaSessionsURL is the link of the profile';
unlike $handler->request(GET => '/plain', cookie => $alice)->body, qr{Where you are}, 'a profile without a known page of the sessions has no link';
my $third = in('alice', 'curl');
is answer($handler->request(POST => '/mine/devices', form(session => tag($third)), cookie => $alice, origin => 'http://handler.test')), '303 /mine/devices', 'without LuciaMount the end of a session leads back to the page';
is vault($third), 401, 'without LuciaMount the session has ended';

# ---- The database cannot write, has no index, and lacks our columns ----

$third = in('alice', 'curl');
my $holder = locked($db);
is end($alice, [others => 1])->status, 503, 'an end that cannot be written answers 503';
$holder->do('ROLLBACK');
$holder->disconnect;
is vault($third), 200, 'the session that could not be ended stays';
my $logged = LuciaTest::Server::slurp($server->dir . '/logs/audit.log');
is scalar(() = $logged =~ /event=session_end result=ok .*session=@{[tag($of{curl})]}/g), 1, 'a second click ends nothing and is not logged';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';

# ---- LuciaMaxSessions ----

my $few = LuciaTest::Gate::Host->new($server, 'few.test', 'db/luciauth.db');
my $hank = up('hank');
my @hank = ($hank, map { cookie_of($few->request(POST => '/account/login', form(username => 'hank', password => $PASSWORD))) } 1 .. 2);
my $at = 0;
sqlite($db, 'UPDATE user_session SET idle_expires = idle_expires - ? WHERE id = ?', 100_000 - ++$at * 1000, stored_id($_)) for @hank;
is join(' ', map { vault($_) } @hank), '200 200 200', 'S2.13: three sessions are alive';
push @hank, cookie_of($few->request(POST => '/account/login', form(username => 'hank', password => $PASSWORD), cookie => $hank[1]));
is join(' ', map { vault($_) } @hank), '200 401 200 200', 'S2.13: a sign-in in place of a session ends no other one';
push @hank, cookie_of($few->request(POST => '/account/login', form(username => 'hank', password => $PASSWORD)));
is join(' ', map { vault($_) } @hank), '401 401 200 200 200', 'S2.13: a further sign-in ends the session that would expire first, at once';
is vault($bert), 200, 'S2.13: sessions of other users stay';

SKIP: {
    skip 'columns and indexes are changed as SQLite does it', 8 unless LuciaTest::is_sqlite();
    my $slow = LuciaTest::Server->new(config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\n");
    sqlite($slow->db, "DROP INDEX $_") for map { $_->{name} } @{ sqlite($slow->db, q{SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'user_session' AND sql LIKE '%user_id%'}) };
    my $gina = sign_up($slow, 'gina', path => '/account/signup');
    my $other = sign_in($slow, 'gina', path => '/account/login');
    is_deeply [sort map { $_->{tag} } @{ $slow->request(GET => '/account/api/sessions', cookie => $gina)->json->{sessions} }], [sort map { tag($_) } $gina, $other], 'S1.32: without an index, all sessions of a small table are listed';
    sqlite($slow->db, q{INSERT INTO user_session (id, user_id, active_expires, idle_expires) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT 'f' || i, user_id, 1, 1 FROM n, (SELECT user_id FROM user_session LIMIT 1)});
    my $alone = $slow->request(GET => '/account/api/sessions', cookie => $gina)->json->{sessions};
    is $alone->[0]{address}, '127.0.0.1', 'S1.32: the own session that is listed alone has what the table knows';
    is_deeply [map { $_->{tag} } @{ $slow->request(GET => '/account/api/sessions', cookie => $gina)->json->{sessions} }], [tag($gina)], 'S1.32: without an index, the own session of a large table is listed alone';
    like text_in($slow->request(GET => '/account/sessions', cookie => $gina)), qr/This site cannot list your other devices/, 'S1.32: without an index of a large table, the page says so';
    is answer($slow->request(POST => '/account/sessions', form(others => 1), cookie => $gina, origin => 1)), '501 This site cannot list your other devices', 'S1.38: without an index, nothing of a large table is ended';
    sqlite($slow->db, 'CREATE INDEX again ON user_session (user_id)');
    sqlite($slow->db, "ALTER TABLE user_session DROP COLUMN $_") for qw(address proved_at);
    my $bare = LuciaTest::Server->new(config => "LuciaDatabase sqlite3 " . $slow->db . "\nLuciaCreateSchema Off\n$CHEAP_HASH\nLuciaMount /account\n");
    my ($row) = grep { $_->{current} } @{ $bare->request(GET => '/account/api/sessions', cookie => $gina)->json->{sessions} };
    is_deeply [@{$row}{qw(tag address user_agent created_at)}], [tag($gina), undef, undef, undef], 'S1.32: without the additional columns, what is known is listed';
    is answer($bare->request(POST => '/account/sessions', form(others => 1), cookie => $gina, origin => 1)), '501 This site cannot confirm who you are', 'S1.38: without the column proved_at, nothing is ended';
}
done_testing;
