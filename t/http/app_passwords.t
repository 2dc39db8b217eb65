# SPDX-License-Identifier: Apache-2.0
# App passwords: the page and its JSON, Basic and Bearer with them, WebDAV and git, what they do not open, and users with a
# second factor, whose own password does not suffice without a session. S9.70, S9.71, S9.72.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Hashes;
use LuciaTest::Site qw(sign_up sign_in error_in text_in count_of $CHEAP_HASH);

my $hashes = LuciaTest::Hashes->new;
my $env = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\necho \"\$REMOTE_USER \$AUTH_TYPE \$LUCIA_FACTORS\"\n";
my $basic = "AuthType Basic\nAuthName users\nAuthBasicProvider lucia\nRequire valid-user\n";
my $gate = "AuthType Lucia\nRequire valid-user\n";
my $server = LuciaTest::Server->new(
    env => $hashes->env, modules => [qw(dav dav_fs dav_lock session session_cookie auth_form remoteip)], start => 0,
    files => { 'htdocs/basic/a.txt' => SECRET, 'htdocs/bearer/a.txt' => SECRET, 'htdocs/plain/a.txt' => SECRET, 'htdocs/optional/a.txt' => SECRET, 'htdocs/two/a.txt' => SECRET, 'htdocs/fresh/a.txt' => SECRET,
        'htdocs/form/a.txt' => SECRET, 'htdocs/basic/who.cgi' => $env, 'htdocs/bearer/who.cgi' => $env, 'htdocs/optional/who.cgi' => $env },
    config => <<"CONF");
LuciaDatabase sqlite3 \@db\@
$CHEAP_HASH
LuciaMount /account
LuciaSecret {file:\@secret\@}
LuciaSecondFactor optional
LuciaSessionCacheTTL 1h
LuciaThrottle account=10/15min ip=off
LuciaAuditLog logs/audit.log
LuciaActivity On
LuciaTemplates \@templates\@
LogLevel luciauth:trace8
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
LogFormat "%r %{luciauth-user}n %{luciauth-event}n %{Referer}i %U %q" all
CustomLog logs/all_log all
DavLockDB \@dir\@/locks/db
<Directory \@htdocs\@>
    Options +ExecCGI
    AddHandler cgi-script .cgi
</Directory>
<Location /basic/>
$basic</Location>
<Location /plain/>
$gate</Location>
<Location /bearer/>
LuciaBearer On
$gate</Location>
<Location /optional/>
    LuciaBearer On
    LuciaOptional On
    AuthType Lucia
    Require all granted
</Location>
<Location /two/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require lucia-factors 2
</Location>
<Location /fresh/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require lucia-fresh
</Location>
<Location /account/>
    LuciaBearer On
</Location>
<Location /files>
    Dav On
$basic</Location>
ScriptAlias /git/ /usr/lib/git-core/git-http-backend/
SetEnv GIT_PROJECT_ROOT \@dir\@/git
SetEnv GIT_HTTP_EXPORT_ALL 1
<Location /git/>
    Options +ExecCGI
$basic</Location>
<Location /form/login>
    SetHandler form-login-handler
    AuthType form
    AuthName form
    AuthFormProvider lucia
    AuthFormLoginRequiredLocation /form/failed
    AuthFormLoginSuccessLocation /form/done
    Session On
    SessionCookieName form path=/
</Location>
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
    <Location /mine/app>
        SetHandler luciauth-factors-app
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaConfirmURL /proof
    <Location /mine/app>
        SetHandler luciauth-factors-app
    </Location>
</VirtualHost>
CONF
make_path(map { $server->dir . "/$_" } qw(locks htdocs/files git));
LuciaTest::give(map { $server->dir . "/$_" } qw(locks htdocs/files git));
$server->start;

my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(must off handler);
my %origin = map { $_ => "http://$_.test" } qw(must off);
my %secret;    # every app password that was made

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name, @more) = @_; return sign_in($server, $name, path => '/account/login', @more) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub age { my ($cookie, $seconds) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int((time - $seconds) * 1000), stored_id($cookie)) }
sub program { my ($cookie, $object, %arg) = @_; return $server->request(POST => '/account/api/factors/app', json($object), cookie => $cookie, origin => 1, accept => 'application/json', %arg) }
sub submit { my ($cookie, $fields, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => '/account/factors/app', form(@$fields), cookie => $cookie, origin => 1, %arg) }
sub listed { my ($cookie) = @_; return @{ $server->request(GET => '/account/api/factors/app', cookie => $cookie)->json->{app_passwords} } }
sub tag { return substr sha256_hex($_[0]), 0, 12 }
sub made { my ($cookie, $name) = @_; my $text = program($cookie, { name => $name })->json->{password}; $secret{$text} = 1; return $text }
sub basic { my ($name, $password, %arg) = @_; my $on = delete $arg{on} // $server; my $where = delete $arg{where} // '/basic/a.txt'; return $on->request(GET => $where, headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') }, %arg) }
sub bearer { my ($text, $where) = @_; return $server->request(GET => $where // '/bearer/a.txt', headers => { Authorization => "Bearer $text" }) }
sub hashes_of { my ($code) = @_; my $before = $hashes->done; $code->(); return $hashes->done - $before }
# A factor that another program gives to a user or takes; the server is told that the user has changed.
sub has_factor {
    my ($name, $has) = @_;
    sqlite($db, $has ? "INSERT INTO auth_user_totp (user_id, seed, created_at, last_step, failures) SELECT id, 'seed', 1, 0, 0 FROM auth_user WHERE username = ?" : 'DELETE FROM auth_user_totp WHERE user_id = (SELECT id FROM auth_user WHERE username = ?)', $name);
    $ctl->does('user', 'enable', $name);
    return;
}
sub refused_for { my ($name, $reason) = @_; return scalar grep { ($_->{account} // '') eq $name && $_->{event} eq 'password_check' && $_->{reason} eq $reason } lines() }
sub lines { return map { LuciaTest::Audit::parse_line($_) // die "not a line of the audit log: $_\n" } split /\n/, $audit->text }

my ($alice, $bobby) = map { up($_) } qw(alice bobby);

# ---- JSON ----

is_deeply [listed($alice)], [], 'S9.72: a new account has no app password';
my $reply = program($alice, { name => ' git on my laptop ' });
is $reply->status, 200, 'S9.72: an app password is made';
is_deeply [keys %{ $reply->json }], ['password'], 'S9.72: the answer has the password';
my $git = $reply->json->{password};
$secret{$git} = 1;
like $git, qr/\A[a-z0-9]{40}\z/, 'S9.70: an app password has 40 characters of [a-z0-9]';
is $reply->header('Cache-Control'), 'no-store', 'S9.72: the answer with the password is not stored';
my @list = listed($alice);
is_deeply [map { [sort keys %$_] } @list], [[qw(created_at last_used name tag)]], 'S9.72: what JSON says of an app password';
is "$list[0]{name} $list[0]{tag}", 'git on my laptop ' . tag($git), 'the list has the name and the tag';
is $list[0]{last_used}, undef, 'a new one was never used';
like $list[0]{created_at}, qr/\A20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/, 'the list has the time when it was made';
unlike $server->request(GET => '/account/api/factors/app', cookie => $alice)->body, qr/$git|@{[sha256_hex($git)]}/, 'S9.72: the list has neither the password nor its hash';
is_deeply [listed($bobby)], [], 'S9.72: the list of another user is empty';
is_deeply [map { answer(program($alice, $_)) } { name => '' }, { name => "a\x{202e}b" }, { name => "a\nb" }, { name => 'a' x 65 }, { name => '   ' }], [('400 Invalid name') x 5], 'S9.72: a name that a list cannot show is refused';
is_deeply [map { answer(program($alice, $_)) } {}, { name => 'a', remove => tag($git) }, { name => 1 }], [('400 Malformed request body') x 2, '400 Malformed request body'], 'a request for nothing, or for two things, is malformed';
is answer(program($bobby, { remove => tag($git) })), '404 Not found', 'S9.72: another user cannot remove it';
is answer(program($alice, { remove => '000000000000' })), '404 Not found', 'an unknown tag answers 404';
is answer($server->request(GET => '/account/api/factors/app')), '401 Unauthorized', 'S9.72: without a session the list is refused';
is answer(program(undef, { name => 'a' })), '401 Unauthorized', 'S9.72: without a session none is made';
is answer(program($alice, { name => 'a' }, origin => 'http://evil.test')), '401 Unauthorized', 'S9.72: for another site none is made';
is $server->request(PUT => '/account/api/factors/app', cookie => $alice)->status, 405, 'other methods are refused';
age($alice, 3600);
is answer(program($alice, { name => 'a' })), '401 Confirmation required', 'S9.72: a session that is not fresh makes none';
is answer(program($alice, { remove => tag($git) })), '401 Confirmation required', 'S9.72: a session that is not fresh removes none';
is scalar listed($alice), 1, 'S9.72: a session that is not fresh sees the list';
is answer(submit($alice, [name => 'my phone'])), '303 /account/confirm?next=/account/factors/app%3Fname%3Dmy%2Bphone', 'S9.72: a browser is led to confirm, and keeps the name';
like $server->request(GET => '/account/factors/app?name=my+phone', cookie => $alice)->body, qr/name="name" type="text" value="my phone"/, 'the page has the name again';
age($alice, 0);

# ---- The page ----

$reply = submit($alice, [name => '<b>phone</b>', username => 'alice']);
is $reply->status, 200, 'S9.72: the form makes one, and the answer shows it';
my ($phone) = $reply->body =~ m{<code id="app-password">([a-z0-9]{40})</code>};
ok $phone, 'S9.72: the page shows the app password' or diag $reply->body;
my $first = tag($phone);
$secret{$phone} = 1;
is $reply->header('Cache-Control'), 'no-store', 'S9.72: the page with the password is not stored';
like text_in($reply), qr/The app password of <b>phone<\/b> : $phone Copy it into the program now\. .* git on my laptop Made: 20\d\d-\d\d-\d\d \d\d:\d\d UTC Never used Remove <b>phone<\/b> Made: /, 'S9.72: the page has words, names and times';
unlike $reply->body, qr/<b>|%%/, 'what was typed is escaped, and no place is unfilled';
$reply = $server->request(GET => '/account/factors/app', cookie => $alice);
unlike $reply->body, qr/$phone|$git/, 'S9.72: it is shown once';
is $reply->header('Cache-Control'), 'no-store', 'the page is not stored';
$reply = submit($alice, [name => "a\x{7}"]);
is $reply->status . ' ' . error_in($reply), '400 Invalid name', 'S9.72: the page says at the field that a name is invalid';
is answer(submit($alice, [name => 'a', username => 'bobby'])), '400 You are signed in with another name now', 'a form of another user is refused';
is answer($server->request(GET => '/account/factors/app')), '302 /account/login?next=/account/factors/app', 'an anonymous browser signs in first';
my ($second) = submit($alice, [name => '<b>phone</b>'])->body =~ m{<code id="app-password">([a-z0-9]{40})</code>};
$secret{$second} = 1;
is_deeply [map { $_->{tag} } listed($alice)], [tag($git), tag($second)], 'S9.72: a form that is sent twice within seconds leaves the app password of the second answer';
is_deeply [map { basic(alice => $_)->status } $phone, $second], [401, 200], 'S9.72: that one admits, and the first one does not';
submit($alice, [name => '<b>phone</b>']);
is_deeply [map { $_->{name} } listed($alice)], ['git on my laptop', '<b>phone</b>', '<b>phone</b>'], 'one that was used is not replaced';
$_->{tag} ne tag($git) && submit($alice, [remove => $_->{tag}]) for listed($alice);
$phone = made($alice, 'phone');
made($alice, 'phone');
is scalar(grep { $_->{name} eq 'phone' } listed($alice)), 2, 'JSON makes as many of one name as are asked for';
submit($alice, [remove => tag($_)]) for grep { $_ ne $phone && $_ ne $git } keys %secret;
is answer(submit($alice, [remove => tag($phone)])), '303 /account/factors/app', 'S9.72: the form removes one';
is answer(submit($alice, [remove => tag($phone)])), '303 /account/factors/app', 'a second click is no error';
is_deeply [map { $_->{name} } listed($alice)], ['git on my laptop'], 'S9.72: the others stay';
is $host{handler}->request(GET => '/mine/app', cookie => $alice)->status, 200, 'luciauth-factors-app serves the page anywhere';
like $host{handler}->request(GET => '/mine/app', cookie => $alice)->body, qr/<form method="post" action="">/, 'the form of that page posts to itself';
is $host{off}->request(GET => '/account/factors/app', cookie => $alice)->status, 404, 'S9.70: without LuciaSecondFactor the path is left to the site';
is $host{off}->request(GET => '/mine/app', cookie => $alice)->status, 404, 'S9.70: without LuciaSecondFactor the handler answers 404';
is $host{off}->request(POST => '/mine/app', json({ name => 'a' }), cookie => $alice, origin => $origin{off})->status, 404, 'S9.70: without LuciaSecondFactor none is made';
my @said = map { "$_->{event} $_->{result} " . ($_->{app} // '') } grep { $_->{event} =~ /^app_password/ && ($_->{account} // '') eq 'alice' } lines();
is_deeply [(grep { /ok/ } @said)[0 .. 3]], ['app_password_add ok ' . tag($git), 'app_password_add ok ' . $first, 'app_password_delete ok ' . $first, 'app_password_add ok ' . tag($second)], 'S9.72: the audit log has what was made, replaced and removed';
is_deeply [map { $_->{what} } grep { $_->{what} =~ /^app_password/ } (@{ $server->request(GET => '/account/api/activity', cookie => $alice)->json->{activity} })[0 .. 2]], [qw(app_password_delete app_password_delete app_password_add)], 'S9.72: the activity shows it to the owner';

# ---- Basic ----

is hashes_of(sub { is basic(alice => $git)->status, 200, 'S9.71: an app password admits over Basic' }), 0, 'S9.71: nothing is hashed for an app password';
is basic(alice => $git, where => '/basic/who.cgi')->body, "alice Basic 1\n", 'S9.71: content sees one factor';
like((listed($alice))[0]{last_used}, qr/\A20\d\d-/, 'S9.70: the list has the last use');
is basic(bobby => $git)->status, 401, 'S9.71: it admits no other user';
is basic(alice => $git, where => '/two/a.txt')->status, 401, 'S9.71: it is not two factors';
is basic(alice => $git, where => '/fresh/a.txt')->status, 401, 'S9.71: it is no fresh proof';
is basic(alice => $PASSWORD, where => '/fresh/a.txt')->status, 200, 'the password of the account is one';
is basic(alice => $PASSWORD)->status, 200, 'S9.71: without a second factor the password of the account suffices';
is hashes_of(sub { is basic(alice => 'a' x 40)->status, 401, 'S9.71: an unknown one is refused' }), 1, 'S9.71: an unknown one is hashed as any password is';
is hashes_of(sub { is basic(nobody => 'a' x 40)->status, 401, 'S9.71: an unknown one of an unknown user is refused' }), 1, 'S9.71: an unknown user takes as long';
is basic(alice => $git, on => $host{off})->status, 401, 'S9.71: without LuciaSecondFactor it is a wrong password';
is basic(alice => $git, on => $host{must})->status, 200, 'S9.71: LuciaSecondFactor required admits it';
is basic(alice => $PASSWORD, on => $host{must})->status, 401, 'S9.71: LuciaSecondFactor required refuses the password without a session';
my $short = made($alice, 'short');
is_deeply [map { basic(alice => $short)->status } 1 .. 3], [(200) x 3], 'a second app password of the user admits';
is program($alice, { remove => tag($short) })->status, 200, 'it is removed';
is_deeply [map { basic(alice => $short)->status } 1 .. 3], [(401) x 3], 'S9.71: a removed one is refused with the next request, in all children';

# ---- A user with a second factor ----

has_factor('alice', 1);
is hashes_of(sub { is basic(alice => $PASSWORD)->status, 401, 'S9.71: the password of a user with a second factor does not admit over Basic, although it was remembered' }), 0, 'a remembered password is not hashed again';
is basic(alice => $PASSWORD)->body, basic(alice => 'wrong 1')->body, 'S9.71: the answer is that for a wrong password';
is basic(alice => $git)->status, 200, 'S9.71: the app password admits that user';
is basic(bobby => $PASSWORD)->status, 200, 'another user is not concerned';
cmp_ok refused_for('alice', 'factor_missing'), '>=', 2, 'S9.71: the audit log has the reason';
is basic(alice => $PASSWORD, on => $host{off})->status, 200, 'where LuciaSecondFactor is off, the password suffices';
is answer(program($alice, { name => 'more' })), '401 Second factor required', 'S9.72: a session without the second factor makes no app password for that user';
is answer(program($alice, { remove => tag($git) })), '401 Second factor required', 'S9.72: a session without the second factor removes none';
is answer(submit($alice, [name => 'more'])), '303 /account/factor?next=/account/factors/app%3Fname%3Dmore', 'S9.72: a browser is led to the second factor';
sqlite($db, 'UPDATE user_session SET factors = 2 WHERE id = ?', stored_id($alice));
my $other = in('bobby');
is answer($host{must}->request(POST => '/account/api/factors/app', json({ name => 'more' }), cookie => $other, origin => $origin{must}, accept => 'application/json')), '401 Second factor required', 'S9.72: with LuciaSecondFactor required a session with one factor makes none';
has_factor('alice', 0);
is basic(alice => $PASSWORD)->status, 200, 'without the factor the password suffices again, at once';

# ---- Disabled, renamed ----

$ctl->does('user', 'disable', 'alice');
is_deeply [map { basic(alice => $git)->status } 1 .. 2], [401, 401], 'S9.71: the app password of a disabled user is refused at once';
is bearer($git)->status, 401, 'S9.71: the same over Bearer';
is refused_for('alice', 'disabled') >= 2, 1, 'the reason is in the audit log';
$ctl->does('user', 'enable', 'alice');
is basic(alice => $git)->status, 200, 'an enabled user is admitted again';
$ctl->does('user', 'rename', 'alice', 'alice2');
is_deeply [map { basic($_ => $git)->status } qw(alice2 alice)], [200, 401], 'after a new name that name admits';
$ctl->does('user', 'rename', 'alice2', 'alice');
$ctl->does('user', 'passwd', 'alice', '--stdin', { stdin => "another secret 1\n" });
is basic(alice => $git)->status, 200, 'it outlives a change of the password';
$ctl->does('user', 'passwd', 'alice', '--stdin', { stdin => "$PASSWORD\n" });
$alice = in('alice');

# ---- Bearer ----

is_served(bearer($git), 'S9.71: Bearer admits with an app password');
is bearer($git, '/bearer/who.cgi')->body, "alice Lucia 1\n", 'S9.71: content sees the user and one factor';
is bearer($git, '/optional/who.cgi')->body, "alice Lucia 1\n", 'LuciaOptional sees the user of an app password';
is_unauthorized_json bearer('a' x 40), 'an unknown bearer token is refused';
is bearer($git, '/plain/a.txt')->status, 401, 'S9.71: without LuciaBearer it is refused';
is $server->request(GET => '/bearer/a.txt', cookie => { %$alice, value => $git })->status, 401, 'S9.71: in the session cookie it is refused';
is_served(bearer($alice->{value}), 'a session id is admitted as before');
is bearer($_ => '/account/api')->status, 401, 'S9.71: no page of the account accepts it' for $git;
for my $path (qw(factors/app sessions activity)) {
    is $server->request(GET => "/account/api/$path", headers => { Authorization => "Bearer $git" })->status, 401, "S9.71: $path does not accept it";
}
is $server->request(POST => '/account/api/factors/app', json({ name => 'a' }), headers => { Authorization => "Bearer $git", Accept => 'application/json' })->status, 401, 'S9.71: sent as a bearer token, an app password makes no further one';
is $server->request(POST => '/account/api/factors/app', json({ name => 'a' }), headers => { Authorization => 'Basic ' . encode_base64("alice:$git", ''), Accept => 'application/json' })->status, 401, 'S9.71: sent over Basic, an app password makes no further one';
my $gone = made($alice, 'gone');
is_served(bearer($gone), 'a second bearer token is admitted');
program($alice, { remove => tag($gone) });
is_deeply [map { bearer($gone)->status } 1 .. 3], [(401) x 3], 'S9.71: a removed one is refused with the next request over Bearer';

# ---- A use that cannot be written down ----

my $tablet = made($alice, 'tablet');
my $used = sub { return (grep { $_->{tag} eq tag($tablet) } listed($alice))[0]{last_used} };
refuse_updates($db, 'auth_user_app_password');
is basic(alice => $tablet)->status, 200, 'S9.71: an app password admits although its use cannot be written down';
like $server->error_log, qr/LUCI0246: the use of an app password could not be written down: /, 'the log says that the use was not written down';
is $used->(), undef, 'the list does not have the use';
refuse_updates($db);
ok wait_until(sub { basic(alice => $tablet)->status == 200 && defined $used->() }, 60), 'S9.70: the use is written down when that is possible again';
program($alice, { remove => tag($tablet) });

# ---- Sign-in pages ----

is $server->request(POST => '/account/login', form(username => 'alice', password => $git))->status, 400, 'S9.71: the sign-in page refuses it';
is $server->request(POST => '/account/api/login', json({ username => 'alice', password => $git }))->status, 400, 'S9.71: sign-in with JSON refuses it';
is $server->request(POST => '/account/api/confirm', json({ password => $git }), cookie => $alice, origin => 1)->status, 400, 'S9.71: it confirms nobody';
sub form_login { my ($password) = @_; return answer($server->request(POST => '/form/login', form(httpd_username => 'alice', httpd_password => $password))) =~ s{http://[^/]*}{}r }
is form_login($PASSWORD), '302 /form/done', 'mod_auth_form signs in with the password of the account';
is form_login($git), '302 /form/failed', 'S9.71: mod_auth_form refuses an app password';
has_factor('alice', 1);
is form_login($PASSWORD), '302 /form/failed', 'S9.71: mod_auth_form refuses the password of a user with a second factor';
has_factor('alice', 0);

# ---- Throttling ----

my $carol = up('carol');
my $calendar = made($carol, 'calendar');
is_deeply [map { basic(carol => substr(sha256_hex($_), 0, 40))->status } 1 .. 12], [(401) x 10, (429) x 2], 'S9.71: wrong app passwords are throttled as wrong passwords are';
is basic(carol => $calendar)->status, 429, 'S9.71: beyond the limit nothing is learnt of a right one';
$ctl->does('throttle', 'clear', '--account', 'carol');
is basic(carol => $calendar)->status, 200, 'S9.71: afterwards the right one admits';

# ---- WebDAV ----

SKIP: {
    skip 'no litmus', 2 unless grep { -x "$_/litmus" } split /:/, $ENV{PATH};
    has_factor('alice', 1);
    my $litmus = sub {
        my ($password) = @_;
        my $dir = LuciaTest::work_dir('litmus');
        return `cd '$dir' && env -u TESTS -u TESTROOT litmus --keep-going '@{[$server->url('/files/')]}' alice $password 2>&1 </dev/null`;
    };
    my $text;
    is hashes_of(sub { $text = $litmus->($git) }), 0, 'S9.71: WebDAV with an app password hashes nothing';
    my @passed = $text =~ /^\s*\d+\. .*pass/mg;
    cmp_ok scalar(() = $text =~ /\.\.\. pass/g), '>=', 60, "S9.71: litmus passes with an app password of a user with a second factor" or diag $text;
    has_factor('alice', 0);
}

# ---- Git ----

SKIP: {
    skip 'no git-http-backend', 4 unless -x '/usr/lib/git-core/git-http-backend';
    my ($dir, $work) = ($server->dir . '/git', LuciaTest::work_dir('git'));
    my $run = sub { my ($command) = @_; my $text = `(cd '$work' && export HOME='$work' GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1 && $command) 2>&1 </dev/null`; return ($?, $text) };
    my ($status, $text) = $run->("git init -q --bare -b main '$dir/things.git' && git -C '$dir/things.git' config http.receivepack true");
    system 'chown', '-R', (LuciaTest::server_user())[0], "$dir/things.git" if $> == 0;
    my $origin = sub { my ($password) = @_; return $server->url('/git/things.git') =~ s{//}{//alice:$password@}r };
    has_factor('alice', 1);
    ($status, $text) = $run->("git init -q -b main a && cd a && echo hello >a && git add a && git -c user.name=a -c user.email=a\@example.com commit -qm 'area: add a' && git push -q @{[$origin->($git)]} main");
    is $status, 0, 'S9.71: git pushes with an app password' or diag $text, $server->error_log;
    ($status, $text) = $run->("git clone -q @{[$origin->($git)]} b");
    is LuciaTest::Server::slurp("$work/b/a"), "hello\n", 'S9.71: git clones with an app password' or diag $text;
    ($status, $text) = $run->("git ls-remote @{[$origin->(LuciaTest::uri_escape($PASSWORD))]}");
    isnt $status, 0, 'S9.71: git is refused with the password of a user with a second factor';
    has_factor('alice', 0);
    program(in('alice'), { remove => tag($git) });
    ($status, $text) = $run->("git ls-remote @{[$origin->($git)]}");
    isnt $status, 0, 'S9.71: git is refused with an app password that was removed';
}

# ---- luciactl ----

my $dora = up('dora1');
my $mail = made($dora, 'mail');
my $rows = $ctl->json('app-password', 'list', 'dora1');
is_deeply [map { "$_->{tag} $_->{name}" } @$rows], [tag($mail) . ' mail'], 'luciactl app-password list shows it';
is $rows->[0]{lastUsed}, undef, 'luciactl shows that it was not used';
is $ctl->json('user', 'show', 'dora1')->{appPasswords}, 1, 'luciactl user show has the number of app passwords';
is $ctl->status('app-password', 'delete', 'carol', tag($mail)), 1, 'luciactl does not delete it from another user';
is $ctl->status('app-password', 'delete', 'dora1', 'xyz'), 2, 'luciactl refuses what is no tag';
is basic(dora1 => $mail)->status, 200, 'it admits before it is deleted';
like $ctl->does('app-password', 'delete', 'dora1', tag($mail)), qr/@{[tag($mail)]} was deleted/, 'luciactl app-password delete deletes it';
is basic(dora1 => $mail)->status, 401, 'S9.71: it is refused with the next request';
ok scalar(grep { $_->{event} eq 'app_password_delete' && ($_->{by} // '') ne '' && ($_->{app} // '') eq tag($mail) } lines()), 'the audit log has what the administrator did';
my $last = made($dora, 'last');
$ctl->does('user', 'delete', 'dora1', '--yes');
is sqlite_value($db, 'SELECT count(*) FROM auth_user_app_password WHERE id = ?', sha256_hex($last)), 0, 'S9.70: a deleted user leaves none';
is basic(dora1 => $last)->status, 401, 'that of a deleted user is refused';

# ---- Another server with the same database ----

{
    my $ttl = 1;
    my $node = LuciaTest::Server->new(files => { 'htdocs/basic/a.txt' => SECRET, 'htdocs/bearer/a.txt' => SECRET },
        config => (CHEAP_SITE =~ s{\@db\@}{$db}r) . "LuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaSessionCacheTTL ${ttl}s\n<Location /basic/>\n$basic</Location>\n<Location /bearer/>\nLuciaBearer On\n$gate</Location>\n");
    my $there = sub { my ($password) = @_; return basic(erika => $password, on => $node)->status };
    my $erika = up('erika');
    my $text = made($erika, 'everywhere');
    is_deeply [map { $there->($text) } 1 .. 3], [(200) x 3], 'S9.71: an app password admits on another server';
    is $node->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $text" })->status, 200, 'S9.71: Bearer admits on another server';
    is $there->($PASSWORD), 200, 'the password of the account admits on another server';
    program($erika, { remove => tag($text) });
    is_deeply [map { $there->($text) } 1 .. 3], [(401) x 3], 'S9.71: one that was removed is refused on another server with the next request';
    is $node->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $text" })->status, 401, 'S9.71: Bearer refuses it there as well';
    my $secret = $server->request(GET => '/account/api/factors/totp', cookie => $erika)->json->{secret};
    chomp(my $code = `oathtool --totp --base32 $secret`);
    is basic(erika => $PASSWORD)->status, 200, 'without a second factor the password admits';
    is $server->request(POST => '/account/api/factors/totp', json({ secret => $secret, code => $code }), cookie => $erika, origin => 1)->status, 200, 'a second factor is set up';
    is_deeply [map { basic(erika => $PASSWORD)->status } 1 .. 3], [(401) x 3], 'S9.71: with the second factor the password is refused at once';
    ok wait_until(sub { $there->($PASSWORD) == 401 }, 20), 'S9.71: on another server it is refused when what is known there has ended';
}

# ---- The maximum ----

my $many = in('bobby');
is_deeply [grep { $_ != 200 } map { program($many, { name => "n $_" })->status } 1 .. 50], [], 'fifty are made';
is answer(program($many, { name => 'one more' })), '409 Too many app passwords', 'S9.70: a user has at most fifty';
is answer(submit($many, [name => 'one more'])), '409 Too many app passwords', 'S9.70: the page says so';
is scalar listed($many), 50, 'the list has fifty';

# ---- What a thief finds ----

my @stored = map { $_->{id} } @{ sqlite($db, 'SELECT id FROM auth_user_app_password') };
is_deeply [grep { my $id = $_; grep { $_ != 401 } map { basic(bobby => $_)->status, bearer($_)->status } $id, substr($id, 0, 40) } @stored[0 .. 1]], [], 'S9.70: what the table has admits nobody';
my $written = join '', map { LuciaTest::Server::slurp($_) } $server->dir . '/logs/error_log', $server->dir . '/logs/all_log', $server->dir . '/logs/audit.log';
is_deeply [grep { index($written, $_) >= 0 } keys %secret], [], 'S9.72: no log has an app password';

done_testing;
