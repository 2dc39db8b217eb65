# SPDX-License-Identifier: Apache-2.0
# S4.30: forward-auth. What a proxy asks, and what luciauth-verify answers: each combination of headers, policies, unsafe
# requests, other clients, and locations without a gate. Nothing but an admitted request gets 200.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Mail;
use LuciaTest::Site qw(sign_up);
use MIME::Base64 qw(encode_base64);

my $policy = "SetHandler luciauth-verify\nLuciaForwardFrom 127.0.0.1\nLuciaForwardHosts app.example.org app.example.org:8443 other.example.org\n";
my $server = LuciaTest::Server->new(modules => ['include'], config => CHEAP_SITE . <<"CONF" . VAULT, files => { 'htdocs/vault/a.txt' => SECRET, 'htdocs/include.shtml' => '<!--#include virtual="/members" -->' });
LuciaUserAttributes role email
LuciaSignupAttributes role? email?
LuciaGroups On
LuciaSiteURL https://login.example.org
LuciaReturnTo https://app.example.org
LuciaSessionCacheTTL 1s
<Location /members>
    AuthType Lucia
    Require valid-user
    $policy
</Location>
<Location /staff>
    AuthType Lucia
    Require lucia-group staff
    $policy
</Location>
<Location /fresh>
    AuthType Lucia
    Require lucia-fresh
    $policy
</Location>
<Location /anyone>
    AuthType Lucia
    LuciaOptional On
    Require valid-user
    $policy
</Location>
<Location /open>
    AuthType Lucia
    Require all granted
    $policy
</Location>
<Location /program>
    AuthType Lucia
    Require valid-user
    LuciaBearer On
    $policy
</Location>
<Location /sessions>
    AuthType Lucia
    Require valid-user
    $policy
</Location>
<Location /bare>
    $policy
</Location>
<Location /basic>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require valid-user
    $policy
</Location>
<Location /elsewhere>
    AuthType Lucia
    Require valid-user
    SetHandler luciauth-verify
    LuciaForwardFrom 10.0.0.0/8 ::1
    LuciaForwardHosts app.example.org
</Location>
<Location /help>
    AuthType Lucia
    Require valid-user
    $policy
    ErrorDocument 401 /vault/a.txt
</Location>
<Location /nowhere>
    AuthType Lucia
    Require valid-user
    SetHandler luciauth-verify
</Location>
<Files "*.shtml">
    Options +Includes
    SetOutputFilter INCLUDES
</Files>
CONF

my ($alice, $bert) = map { sign_up($server, $_, form(username => $_, password => $PASSWORD, role => $_ eq 'alice' ? 'admin' : '')) } qw(alice bert);
sqlite($server->db, "INSERT INTO auth_user_group (user_id, name) SELECT id, 'staff' FROM auth_user WHERE username = 'alice'");

my %NGINX = ('X-Original-URL' => 'https://app.example.org/a/b?c=d&e', 'X-Original-Method' => 'GET');
my %CADDY = ('X-Forwarded-Method' => 'GET', 'X-Forwarded-Proto' => 'https', 'X-Forwarded-Host' => 'app.example.org', 'X-Forwarded-Uri' => '/a/b?c=d&e');
my $BACK = 'https://login.example.org/login?next=https%3A//app.example.org/a/b%3Fc%3Dd%26e';
sub ask { my ($path, $cookie, $headers, %arg) = @_; return $server->request($arg{method} // 'GET', $path, cookie => $cookie, headers => $headers) }
sub browser { return { @_, Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate' } }
sub program { return { @_, Accept => '*/*' } }

my $pair = "$alice->{name}=$alice->{value}";

# ---- Admitted: 200, and all identity headers ----

for my $proxy (['nginx', \%NGINX], ['Caddy', \%CADDY]) {
    my ($name, $question) = @$proxy;
    my $reply = ask('/members', $alice, browser(%$question));
    is $reply->status, 200, "S4.30: $name asks about a user, and the answer is 200";
    is $reply->body, '', "S4.30: the answer to $name has no content";
    is_deeply [map { $reply->header("X-Lucia-$_") } qw(Username Role Email Groups)], ['alice', 'admin', '', 'staff'], "S4.30: the answer to $name names the user in all headers, and has empty ones";
    like $reply->header('X-Lucia-User-Id'), qr/^[a-z0-9]{15}$/, "S4.30: the answer to $name has the user's id";
    like $reply->header('Cache-Control'), qr/no-store/, "S4.30: the answer to $name is not stored";
    $reply = $server->request(GET => '/members', headers => { %$question, Cookie => "a=1; $pair; b=2" });
    is $reply->header('X-Lucia-Cookie'), 'a=1; b=2', "S4.30: $name gets the client's other cookies to pass on";
    is ask('/members', $alice, { %$question, Authorization => 'Basic YTpi' })->header('X-Lucia-Authorization'), 'Basic YTpi', "S4.30: $name gets the client's Authorization to pass on";
    $reply = ask('/program', undef, { %$question, Authorization => "Bearer $alice->{value}" });
    is_deeply [$reply->status, map { $reply->header("X-Lucia-$_") } qw(Username Authorization)], [200, 'alice', ''], "S4.30: a session id in Authorization identifies a client of $name, which has none to pass on";
    $reply = ask('/members', $bert, browser(%$question, 'X-Lucia-Groups' => 'staff', 'X-Lucia-Role' => 'admin', 'X_Lucia_Email' => 'forged'));
    is_deeply [map { $reply->header("X-Lucia-$_") } qw(Username Role Email Groups)], ['bert', '', '', ''], "S4.30: what a client of $name sends as X-Lucia-* is in no answer";
    is ask('/staff', $alice, browser(%$question))->status, 200, "S4.30: the policy /staff admits a user in the group for $name";
    is ask('/staff', $bert, browser(%$question))->status, 403, "S4.30: the policy /staff refuses a user without the group for $name";
    $reply = ask('/anyone', undef, browser(%$question));
    is_deeply [$reply->status, map { $reply->header("X-Lucia-$_") } qw(User-Id Username Role Email Groups Cookie Authorization)], [200, ('') x 7], "S4.30: with LuciaOptional an anonymous request of $name is admitted, and all headers are empty";
}

my $plain = LuciaTest::Server->new(config => CHEAP_SITE . "<Location /members>\nAuthType Lucia\nRequire valid-user\n$policy</Location>\n");
my $carl = sign_up($plain, 'carl');
for my $proxy (['nginx', \%NGINX], ['Caddy', \%CADDY]) {
    my ($name, $question) = @$proxy;
    my $reply = $plain->request(GET => '/members', cookie => $carl, headers => browser(%$question, 'X-Lucia-Groups' => 'staff'));
    is_deeply [$reply->status, map { $reply->header("X-Lucia-$_") } qw(Username Groups)], [200, 'carl', ''], "S4.30: without LuciaGroups the answer to $name has an empty X-Lucia-Groups";
}
$plain->stop;

# ---- Not signed in ----

my $reply = ask('/members', undef, browser(%NGINX));
is_deeply [$reply->status, $reply->header('Location')], [401, $BACK], 'S4.30: nginx gets 401 with the URL of sign-in, which leads back';
$reply = ask('/members', undef, program(%NGINX));
is_deeply [$reply->status, $reply->header('Location')], [401, $BACK], 'S4.30: nginx gets the URL of sign-in for a program';
$reply = ask('/members', undef, browser(%CADDY));
is_deeply [$reply->status, $reply->header('Location')], [302, $BACK], 'S4.30: Caddy gets a redirect for a browser';
$reply = ask('/members', undef, program(%CADDY));
is $reply->status, 401, 'S4.30: Caddy gets 401 for a program';
$reply = ask('/members', undef, browser(%CADDY, 'X-Forwarded-Method' => 'POST', Origin => 'https://app.example.org'));
is $reply->status, 401, 'S4.30: a form is not redirected';
$reply = ask('/members', undef, browser(%NGINX, 'X-Original-Method' => 'POST'));
is_deeply [$reply->status, $reply->header('Location')], [401, 'https://login.example.org/login'], 'S4.30: a form does not lead back to itself';
$reply = ask('/members', undef, browser(%NGINX, 'X-Original-URL' => 'https://app.example.org//evil.example/'));
is_deeply [$reply->status, $reply->header('Location')], [401, 'https://login.example.org/login'], 'S4.30: a path that could leave the host is no way back';
sqlite($server->db, 'UPDATE user_session SET proved_at = 1 WHERE user_id = (SELECT id FROM auth_user WHERE username = ?)', 'bert');
$reply = wait_until(sub { my $r = ask('/fresh', $bert, browser(%CADDY)); $r if $r->status != 200 }, 20);
is_deeply [$reply->status, $reply->header('Location')], [302, $BACK =~ s/login\?/confirm?/r], 'S4.30: a session that is not fresh is led to confirm, and back';
is ask('/members', 'auth_session=' . 'a' x 40, browser(%CADDY))->status, 302, 'S4.30: an unknown session is not signed in';

for my $proxy (\%NGINX, \%CADDY) {
    is ask('/help', undef, program(%$proxy))->status, 401, 'S4.30: an ErrorDocument that is behind a gate, too, changes nothing for ' . join ', ', sort keys %$proxy;
}

# ---- Sign-in leads back ----

$reply = $server->request(POST => '/login?next=https%3A//app.example.org/a/b%3Fc%3Dd%26e', form(username => 'alice', password => $PASSWORD));
is $reply->header('Location'), 'https://app.example.org/a/b?c=d&e', 'S4.30: sign-in leads back to the application';

# ---- Headers that name no request ----

my @all = (%NGINX, %CADDY);
my %every = @all;
my @names = sort keys %every;
for my $bits (0 .. 2**@names - 1) {
    my %some = map { $bits >> $_ & 1 ? ($names[$_] => $every{ $names[$_] }) : () } 0 .. $#names;
    my $is_one = join(' ', sort keys %some) =~ /^(?:X-Forwarded-Host X-Forwarded-Method X-Forwarded-Proto X-Forwarded-Uri|(?:X-Original-Method )?X-Original-URL)$/;
    is ask('/members', $alice, browser(%some))->status, $is_one ? 200 : 400, 'S4.30: the headers ' . (join(', ', sort keys %some) || 'none') . ($is_one ? ' name a request' : ' name none');
}
for my $name (@names) {
    my %one = $name =~ /Original/ ? %NGINX : %CADDY;
    my $value = delete $one{$name};
    my $twice = join '', map { "$_: $one{$_}\r\n" } sort keys %one;
    my $raw = $server->raw("GET /members HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: $pair\r\n$twice$name: $value\r\n$name: $value\r\n\r\n");
    like $raw, qr{^HTTP/1\.1 400 }, "S4.30: $name twice with the same value is refused";
    is ask('/members', $alice, { %one, $name => '' })->status, 400, "S4.30: an empty $name is refused";
}
for my $host (qw(evil.example app.example.org.evil.example app.example.org:8444 app.example.org.), 'app.example.org@evil.example', 'evil.example/app.example.org') {
    is ask('/members', $alice, browser(%CADDY, 'X-Forwarded-Host' => $host))->status, 400, "S4.30: the host $host of Caddy is refused";
    is ask('/members', $alice, browser(%NGINX, 'X-Original-URL' => "https://$host/"))->status, 400, "S4.30: the host $host of nginx is refused";
}
is ask('/members', $alice, browser(%CADDY, 'X-Forwarded-Host' => 'APP.example.org:8443'))->status, 200, 'S4.30: a port that is listed, and upper case, are accepted';
like $server->error_log, qr/LUCI0781: luciauth-verify refuses a request of the proxy 127\.0\.0\.1: /, 'S4.30: refused headers are logged';
unlike $server->error_log, qr/evil\.example/, 'S4.30: what a client has chosen is in no line about it';

# ---- Unsafe requests ----

my @unsafe = (['nginx', { %NGINX, 'X-Original-Method' => 'POST' }], ['Caddy', { %CADDY, 'X-Forwarded-Method' => 'POST' }], ['nginx without a method', { 'X-Original-URL' => $NGINX{'X-Original-URL'} }],
    ['a WebSocket', { %CADDY, 'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==' }], ['a WebSocket over HTTP/2', { %CADDY, 'Sec-WebSocket-Version' => 13 }]);
for my $case (@unsafe) {
    my ($name, $question) = @$case;
    is ask('/members', $alice, program(%$question, Origin => 'https://app.example.org'))->status, 200, "S4.30: an unsafe request of the application itself passes ($name)";
    is ask('/members', $alice, program(%$question, Origin => 'https://evil.example'))->status, 403, "S4.30: an unsafe request of another site is refused ($name)";
    is ask('/members', $alice, program(%$question, Origin => 'https://login.example.org'))->status, 403, "S4.30: the pages' own host is another site for the application ($name)";
}
like $server->error_log, qr/LUCI0704: a POST counts as a request of another site/, 'S4.30: the log of a refused request has the method of the client';
is ask('/members', $alice, program(%NGINX, 'X-Original-Method' => 'POST', Origin => 'http://app.example.org'))->status, 403, 'S4.30: a page of the application that came over http is another site';
like $server->error_log, qr/this site is https:\/\/app\.example\.org; the proxy that asks names another scheme or port/, 'S4.30: the log says that the proxy may have named another scheme than the browser used';
is ask('/members', $alice, program(%CADDY, Origin => 'https://evil.example'))->status, 200, 'S4.30: a GET of another site passes, as at any gate';

# ---- Who asks, and where ----

is ask('/elsewhere', $alice, browser(%NGINX))->status, 403, 'S4.30: a client that LuciaForwardFrom does not list is refused';
is ask('/nowhere', $alice, browser(%NGINX))->status, 403, 'S4.30: without LuciaForwardFrom every client is refused';
like $server->error_log, qr/LUCI0780: luciauth-verify refuses 127\.0\.0\.1, which LuciaForwardFrom does not list/, 'S4.30: a client that is refused is logged';
is ask($_, $alice, browser(%NGINX, Authorization => 'Basic ' . encode_base64("alice:$PASSWORD", '')))->status, 403, "S4.30: without a gate $_ refuses every request" for qw(/open /bare /basic);
is ask($_, undef, browser(%NGINX))->status, $_ eq '/basic' ? 401 : 403, "S4.30: without a gate $_ admits no anonymous request" for qw(/open /bare /basic);
like $server->error_log, qr/LUCI0782: luciauth-verify refuses every request here, because no gate judges them/, 'S4.30: a location without a gate is logged';
is ask('/sessions', $alice, browser(%NGINX))->status, 403, 'S4.30: at the path of a page every request is refused';
like +($server->error_log =~ /.*LUCI0782: (.*)/s)[0], qr/\Aluciauth-verify refuses every request here, because LuciaMount serves a page at this path/, 'S4.30: the log says that the path is that of a page';
for my $method (qw(POST PUT OPTIONS TRACE DELETE PROPFIND)) {
    my $status = ask('/members', $alice, program(%NGINX, Origin => 'https://app.example.org'), method => $method)->status;
    is $status, 405, "S4.30: a question with $method is not allowed";
}
is ask('/members', $alice, browser(%NGINX), method => 'HEAD')->status, 200, 'S4.30: a question with HEAD is answered';
unlike $server->request(GET => '/include.shtml', cookie => $alice, headers => { %NGINX })->body, qr/200|alice/, 'S4.30: a page that includes the location gets nothing';
is_served($server->request(GET => '/vault/a.txt', cookie => $alice, headers => { %CADDY, 'X-Forwarded-Host' => 'evil.example' }), 'S4.30: other gates do not read the headers');

# ---- Sessions that lack a factor or an address ----

my $mail = LuciaTest::Mail->new;
my %lacking = (factor => "LuciaSecret {file:\@secret\@}\nLuciaSecondFactor required\n", email => "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaEmail required\n");
for my $page (sort keys %lacking) {
    my $strict = LuciaTest::Server->new(config => CHEAP_SITE . "LuciaSiteURL https://login.example.org\nLuciaReturnTo https://app.example.org\nLuciaErrorCodes On\n$lacking{$page}<Location /members>\nAuthType Lucia\nRequire valid-user\n$policy</Location>\n<Location /anyone>\nAuthType Lucia\nLuciaOptional On\nRequire valid-user\n$policy</Location>\n");
    my $carol = sign_up($strict, 'carol', form(username => 'carol', password => $PASSWORD, email => 'carol@example.org'));
    my $there = $BACK =~ s/login\?/$page?/r;
    my $get = sub { my ($path, $headers) = @_; return $strict->request(GET => $path, cookie => $carol, headers => $headers) };
    my $asked = $get->('/members', browser(%CADDY));
    is_deeply [$asked->status, $asked->header('Location')], [302, $there], "S4.30: Caddy gets a redirect to the page $page";
    $asked = $get->('/members', program(%NGINX));
    is_deeply [$asked->status, $asked->header('Location')], [401, $there], "S4.30: nginx gets 401 with the URL of the page $page";
    $asked = $get->('/members', program(%CADDY));
    is_deeply [$asked->status, $asked->json->{code}], $page eq 'email' ? [403, 'email_unverified'] : [401, 'factor_required'], "S4.30: a program behind Caddy is told why it lacks the page $page";
    $asked = $get->('/anyone', program(%CADDY));
    is_deeply [$asked->status, map { $asked->header("X-Lucia-$_") } qw(User-Id Username)], [200, '', ''], "S4.30: with LuciaOptional a session that lacks the page $page is nobody";
}

# ---- Renewal ----

expire($server, $alice, active => -1000, idle => 60_000);
$reply = wait_until(sub { my $r = ask('/members', $alice, browser(%CADDY)); $r if $r->header('Set-Cookie') }, 20);
like $reply->header('Set-Cookie'), qr/^auth_session=\w+;.*; Secure/, 'S4.30: a renewed cookie is Secure where the client uses https';

unlike $server->error_log, qr/exit signal/, 'S4.30: no process died';
done_testing;
