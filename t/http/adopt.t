# SPDX-License-Identifier: Apache-2.0
# luciauth-adopt: people whom another module has identified get an account and a session: who they are, what a new account is
# like, and what is refused. S9.100.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha1_base64);
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Site;

my @PEOPLE = ('alice', 'bobby', 'carol', 'dora1', 'eve', 'frank', 'grace', 'heidi', 'ivan', 'AbC', 'abc', 'a@b.example', 'x' x 201, "blank ");
my %files = (
    htpasswd => join('', map { "$_:{SHA}" . sha1_base64($PASSWORD) . "=\n" } @PEOPLE),
    'htdocs/fresh/a.txt' => 'fresh',
    'htdocs/include/page.shtml' => qq{<!--#config errmsg="none"-->[<!--#include virtual="/adopt"-->]\n},
);
my $GUARD = "AuthType Basic\nAuthName corp\nAuthBasicProvider file\nAuthUserFile \@dir\@/htpasswd\nRequire valid-user\n";

sub adopt_location { my ($path, $lines) = @_; return "<Location $path>\nSetHandler luciauth-adopt\n$GUARD$lines</Location>\n" }

my $server = site("LuciaTemplates \@templates\@\nLuciaErrorCodes On\nLuciaAuditLog logs/audit.log\nLuciaThrottle signup=5/1h\nLuciaAdoptURL /adopt\n"
    . adopt_location('/adopt', "LuciaAdopt corp signup=On\n") . adopt_location('/members', "LuciaAdopt corp signup=Off\n") . adopt_location('/counted', "LuciaAdopt counted\n") . adopt_location('/elsewhere', "LuciaAdopt elsewhere signup=On\n")
    . adopt_location('/approved', "LuciaAdopt corp\nLuciaSignup approval\n") . adopt_location('/invited', "LuciaAdopt corp\nLuciaSignup invite\n") . adopt_location('/closed', "LuciaAdopt corp\nLuciaSignup Off\n")
    . adopt_location('/variables', "SetEnv PERSON number-7\nSetEnv NAME Judy\nLuciaAdopt vars id=PERSON username=NAME\n") . adopt_location('/unset', "LuciaAdopt vars id=MISSING\n")
    . adopt_location('/certificate', "SetEnvIf Host . SSL_CLIENT_VERIFY=SUCCESS SSL_CLIENT_S_DN=CN=mallory\nLuciaAdopt vars id=SSL_CLIENT_S_DN\n") . adopt_location('/small', "SetEnvIf Host . SSL_CLIENT_S_DN=CN=mallory\nLuciaAdopt vars id=ssl_client_s_dn\n")
    . adopt_location('/small-user', "LuciaAdopt corp id=remote_user username=remote_user\n") . <<'CONF', mount => '/account', files => \%files);
<Location /open>
    SetHandler luciauth-adopt
    LuciaAdopt corp
</Location>
<Location /open-variable>
    SetHandler luciauth-adopt
    SetEnv PERSON mallory
    LuciaAdopt corp id=PERSON username=PERSON
</Location>
<Location /granted>
    SetHandler luciauth-adopt
    LuciaAdopt corp
    AuthType Basic
    AuthName corp
    AuthBasicProvider file
    AuthUserFile @dir@/htpasswd
    Require all granted
</Location>
<Location /unnamed>
    SetHandler luciauth-adopt
    AuthType Basic
    AuthName corp
    AuthBasicProvider file
    AuthUserFile @dir@/htpasswd
    Require valid-user
</Location>
<Location /own>
    SetHandler luciauth-adopt
    LuciaAdopt corp
    AuthType Lucia
    Require valid-user
</Location>
<Location /own-basic>
    SetHandler luciauth-adopt
    LuciaAdopt corp
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia file
    AuthUserFile @dir@/htpasswd
    Require valid-user
</Location>
<Location /include>
    Options +Includes
    AddOutputFilter INCLUDES .shtml
    AuthType Basic
    AuthName corp
    AuthBasicProvider file
    AuthUserFile @dir@/htpasswd
    Require valid-user
</Location>
<Location /broken>
    AuthType Basic
    AuthName corp
    AuthBasicProvider file
    AuthUserFile @dir@/htpasswd
    Require valid-user
    ErrorDocument 404 /adopt
</Location>
<Location /private>
    AuthType Lucia
    Require valid-user
</Location>
<Location /gated/>
    AuthType Lucia
    Require valid-user
    LuciaLoginURL /adopt
</Location>
<Location /fresh/>
    AuthType Lucia
    Require lucia-fresh
</Location>
CONF
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %BROWSER = (accept => 'text/html');
my %LINK = ('Sec-Fetch-Site' => 'cross-site', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');
my %HERE = ('Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');

sub credentials { my ($name, $password) = @_; return (Authorization => 'Basic ' . encode_base64("$name:" . ($password // $PASSWORD), '')) }
sub visit {
    my ($name, %arg) = @_;
    my $path = delete $arg{path} // '/adopt';
    my %headers = (credentials($name), %{ delete $arg{headers} // {} });
    return $server->request(delete $arg{method} // 'GET', $path, headers => \%headers, %arg);
}
sub own_post {
    my ($name, $fields, %arg) = @_;
    return visit($name, method => 'POST', form(%$fields), origin => $server->origin, %BROWSER, %arg);
}
sub identity { my ($reply) = @_; return $reply->body =~ /name="identity-shown" value="([0-9a-f]{64})"/ ? $1 : undef }

# As a browser: the page that asks, and its form as it is.
sub agree {
    my ($name, %arg) = @_;
    my $page = visit($name, %BROWSER, headers => \%HERE, %arg);
    my ($username) = $page->body =~ /name="username" type="text" value="([^"]*)"/;
    return own_post($name, { 'identity-shown' => identity($page), defined $username ? (username => $username) : () }, %arg);
}
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub keys_of { my ($name) = @_; return join ' ', map { $_->{id} } @{ sqlite($db, 'SELECT k.id FROM user_key k JOIN auth_user u ON u.id = k.user_id WHERE u.username = ? ORDER BY k.id', $name) } }

# ---- The first sign-in and the next ones ----

my $reply = visit('alice');
is answer($reply), '302 /account', 'S9.100: who has passed the guard for the first time is led on';
my $cookie = cookie_of($reply);
ok $cookie, 'S9.100: the first sign-in sets the cookie of a session';
is keys_of('alice'), 'corp:alice username:alice', 'S9.100: a new account has the key of the identity and that of its name';
is count_of($server, 'user_key WHERE hashed_password IS NOT NULL'), 0, 'S9.100: a new account has no password';
is $server->request(GET => '/private', cookie => $cookie)->header('X-Test') // '', '', 'a gate takes the session';
is $server->request(GET => '/account', cookie => $cookie, accept => 'application/json')->json->{user}{username}, 'alice', 'S9.100: the session is that of the person';
$reply = visit('alice');
is answer($reply), '302 /account', 'S9.100: the second sign-in leads on';
is count_of($server, 'auth_user'), 1, 'S9.100: the second sign-in makes no account';
is count_of($server, 'user_session'), 2, 'S9.100: each browser has a session of its own';
$reply = visit('alice', cookie => $cookie);
is count_of($server, 'user_session'), 2, 'S9.100: a session of the same user is replaced';
isnt cookie_of($reply)->{value}, $cookie->{value}, 'S9.100: the replaced session has another id';
is answer(visit('alice', path => '/adopt?next=/private')), '302 /private', 'S9.100: next of the query leads back';
is answer(visit('alice', path => '/adopt?next=https://evil.example/')), '302 /account', 'S9.100: next to another site is ignored';

is json_of('alice', path => '/elsewhere')->json->{code}, 'username_taken', 'S9.100: the same ID of another module does not lead to the account of the first one';
is keys_of('alice'), 'corp:alice username:alice', 'S9.100: the account of the first module gets no key of the other one';

# ---- Who may get an account ----

sub users { return count_of($server, 'auth_user') }
sub json_of { my ($name, %arg) = @_; return visit($name, accept => 'application/json', %arg) }

my $NONE = '403 There is no account for you here. Ask the people who run this site.';
is answer(visit('bobby', path => '/members')), $NONE, 'S9.100: with signup=Off a stranger gets no account';
is answer(visit('bobby', path => '/closed')), $NONE, 'S9.100: where LuciaSignup is Off a stranger gets no account';
is answer(visit('bobby', path => '/invited')), $NONE, 'S9.100: where LuciaSignup is invite a stranger gets no account';
is json_of('bobby', path => '/members')->json->{code}, 'no_account', 'S9.100: a program is told that there is no account';
is users(), 1, 'S9.100: a refused stranger leaves no row';
is answer(visit('alice', path => '/members')), '302 /account', 'S9.100: with signup=Off a known person signs in';
is answer(visit('alice', path => '/closed')), '302 /account', 'S9.100: where LuciaSignup is Off a known person signs in';
$reply = agree('bobby', path => '/approved');
is $reply->status . text_in($reply) =~ s/.*(Your account is waiting for approval).*/ $1/sr, '200 Your account is waiting for approval', 'S9.100: where LuciaSignup is approval a stranger waits';
is cookie_of($reply), undef, 'S9.100: a user who waits gets no session';
like text_in(agree('bobby')), qr/waiting for approval/, 'S9.103: a user who waits is told so at the next sign-in';
is json_of('bobby')->json->{code}, 'account_waiting', 'S9.103: a program is told that the account waits';
$ctl->does('user', 'approve', 'bobby');
is answer(visit('bobby')), '302 /account', 'S9.103: an approved user signs in';
$ctl->does('user', 'disable', 'bobby');
is answer(visit('bobby')), '403 This account is disabled', 'S9.103: a disabled user is told so';

# ---- Names ----


sign_up($server, 'carol', path => '/account/signup');
my $before = users();
$reply = agree('carol');
is $reply->status . ' ' . error_in($reply), '400 Username already taken', 'S9.104: a person whose name is taken is asked for another one';
like text_in($reply), qr/New account .* Username .* Create account/, 'S9.104: the page asks for the name of a new account';
unlike $reply->body, qr/%%/, 'the page of a new account has no unfilled places';
is users(), $before, 'S9.100: a name leads to no account that exists';
is json_of('carol')->status . ' ' . json_of('carol')->json->{code}, '400 username_taken', 'S9.104: a program is told that the name is taken';
my $carol = identity($reply);
is answer(own_post('carol', { username => 'alice', 'identity-shown' => $carol })), '400 Username already taken', 'S9.104: a chosen name that is taken is refused';
is answer(own_post('carol', { username => 'x', 'identity-shown' => $carol })), '400 Invalid username', 'S9.104: a chosen name that is not allowed is refused';
like own_post('carol', { username => 'x', 'identity-shown' => $carol, next => '/private' })->body, qr/value="\/private".*value="x"[^>]*aria-describedby="username-error/s, 'S9.104: what was typed, and next, are kept after an error';
is answer(own_post('carol', { username => 'carol2', 'identity-shown' => $carol, next => '/private' })), '302 /private', 'S9.104: a chosen name makes the account, and next leads back';
is keys_of('carol2'), 'corp:carol username:carol2', 'S9.104: the account of a chosen name has the key of the person';
is keys_of('carol'), 'username:carol', 'S9.100: the account that had the name keeps its keys alone';
is answer(own_post('carol', { username => 'carol3', 'identity-shown' => $carol })), '302 /account', 'S9.100: the page that is sent twice signs in';
is count_of($server, "auth_user WHERE username = 'carol3'"), 0, 'S9.100: the page that is sent twice makes no second account';
is answer(agree('eve')), '400 Invalid username', 'S9.104: a person whose name is not allowed is asked for another one';
is json_of('eve', method => 'POST', json({ username => 'evelyn' }))->status, 201, 'S9.104: a program chooses a name with POST';
is json_of('eve')->status, 200, 'S9.104: the next sign-in of a program answers 200';
is answer(visit('variables', path => '/variables', headers => { credentials('frank') })), '302 /account', 'S9.100: other variables identify a person';
is keys_of('Judy'), 'username:judy vars:number-7', 'S9.100: the account has the key and the name of the variables';
is answer(visit('grace', path => '/variables')), '302 /account', 'S9.100: the user of the guard is not the person that id= names';
is count_of($server, "auth_user WHERE username IN ('frank', 'grace')"), 0, 'S9.100: one ID has one account, whatever the user of the guard';
is answer(visit('alice', path => '/small-user')), '302 /account', "S9.100: remote_user in small letters names httpd's user";

# ---- What is refused ----

$before = count_of($server, 'user_session');
is visit('alice', headers => { credentials('alice', $WRONG) })->status, 401, 'the guard itself refuses a wrong password';
is answer($server->request(GET => '/open')), '403 Forbidden', 'S9.101: without a guard no one is signed in';
like $server->error_log, qr{LUCI0802: luciauth-adopt refuses /open: no module has identified a user; write its AuthType and Require valid-user}, 'S9.101: the log says what is missing';
is visit('alice', path => '/open-variable')->status, 403, 'S9.101: a variable without a guard is no identity';
is visit('alice', path => '/open')->status, 403, 'S9.101: a password that no module has verified counts for nothing';
is visit('alice', path => '/granted')->status, 403, 'S9.101: Require all granted is no guard';
is answer(visit('alice', path => '/unnamed')), '500 An unknown error occurred', 'S9.100: a section without LuciaAdopt answers 500';
like $server->error_log, qr{LUCI0801: /unnamed has SetHandler luciauth-adopt without LuciaAdopt}, 'S9.100: the log says that LuciaAdopt is missing';
is $server->request(GET => '/own', cookie => $cookie)->status, 403, 'S9.101: the gate of this module is no other module';
is visit('carol', path => '/own-basic')->status, 403, 'S9.101: a password of this module is none of another one';
is answer(visit('grace', path => '/own-basic')), '302 /account', 'S9.101: beside lucia another provider counts';
is visit('alice', path => '/unset')->status, 403, 'S9.101: a variable that is not set is no identity';
is visit('alice', path => '/certificate')->status, 403, 'S9.101: the environment is no client certificate';
is visit('alice', path => '/small')->status, 403, 'S9.101: the environment is no client certificate either where the variable is written in small letters';
is answer(visit('x' x 201)), '403 Your identity cannot be used here', 'S9.101: an ID of more than 200 bytes is refused';
like $server->error_log, qr{LUCI0803: luciauth-adopt refuses an identity, because the variable REMOTE_USER has more than 200 bytes}, 'S9.101: the log says which variable cannot be used';
is visit('alice', path => '/include/page.shtml')->body, "[none]\n", 'S9.101: an included location signs in no reader';
is visit('alice', path => '/broken')->status, 403, 'S9.101: an error document signs no one in';
is visit('alice', method => 'PUT', %BROWSER)->status, 405, 'S9.102: other methods are refused';
is visit('alice', method => 'HEAD')->status, 204, 'S9.102: HEAD is answered without a sign-in';
is visit('alice', headers => { 'Sec-Purpose' => 'prefetch;prerender' })->status, 503, 'S9.102: a prefetch is refused';
is visit('alice', headers => { 'Purpose' => 'prefetch' })->status, 503, 'S9.102: a prefetch of older browsers is refused';
is count_of($server, 'user_session'), $before + 1, 'S9.102: what is refused makes no session';

# ---- Other sites ----

for my $case (['an image', 'no-cors', 'image'], ['a frame', 'navigate', 'iframe'], ['a script', 'cors', 'empty']) {
    my ($what, $mode, $dest) = @$case;
    is answer(visit('alice', headers => { 'Sec-Fetch-Site' => $_, 'Sec-Fetch-Mode' => $mode, 'Sec-Fetch-Dest' => $dest })), '403 Requests from other sites are not accepted',
        "S9.102: $what of a $_ page is refused" for 'cross-site', 'same-site';
}
$reply = visit('alice', %BROWSER, headers => \%LINK, path => '/adopt?next=/private');
is $reply->status, 200, 'S9.102: a link of another site gets a page';
is cookie_of($reply), undef, 'S9.102: a link of another site makes no session';
like text_in($reply), qr/ Continue as alice Continue /, 'S9.102: the page names the account';
unlike $reply->body, qr/<input id="username"|%%/, 'S9.102: the page of a known person asks for no name';
my $alice = identity($reply);
is answer(own_post('alice', { 'identity-shown' => $alice, next => '/private' })), '302 /private', 'S9.102: the button signs in, and next leads back';
is answer(own_post('alice', { 'identity-shown' => $carol })), '400 You are signed in with another name now', 'S9.102: a page of another person signs no one in';
is identity(own_post('alice', { 'identity-shown' => $carol })), $alice, 'S9.102: a page of another person is shown again for this one';
is answer(own_post('alice', {})), '400 You are signed in with another name now', 'S9.102: a form that is not that of the page signs no one in';
is own_post('alice', { 'identity-shown' => $alice }, origin => 'https://evil.example')->status, 403, 'S9.102: a form of another site is refused';
is answer(visit('alice', %BROWSER)), '200 ', 'S9.102: a browser that does not say where the link was gets the page';
is answer(visit('alice', %BROWSER, headers => \%HERE)), '200 ', 'S9.102: a link of this site gets the page, because a link of another site may have left a password in the browser';
is answer(visit('alice', %BROWSER, headers => { %HERE, 'Sec-Fetch-Site' => 'none' })), '200 ', 'S9.102: a URL that was typed, or is in a mail, gets the page';
is answer(visit('alice', accept => 'application/json', headers => { 'Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Dest' => 'empty' })), '200 ', 'S9.102: a script of this site signs in';
like text_in(visit('heidi', %BROWSER, headers => \%LINK)), qr/New account/, 'S9.102: a link of another site makes no account';
is count_of($server, "auth_user WHERE username = 'heidi'"), 0, 'S9.102: a link of another site leaves no row';

# ---- The session of another user ----

my $other = sign_in($server, 'carol', path => '/account/login');
$reply = visit('alice', %BROWSER, headers => \%HERE, cookie => $other);
like text_in($reply), qr/ Continue as alice You are signed in as carol now\. You will be signed out of that account\./, 'S9.102: the session of another user is told about';
is cookie_of($reply), undef, 'S9.102: the session of another user stays until the button';
is json_of('alice', cookie => $other)->status . ' ' . json_of('alice', cookie => $other)->json->{code}, '409 sign_in_unconfirmed', 'S9.102: a program is told to confirm';
is answer(own_post('alice', { 'identity-shown' => $alice }, cookie => $other)), '302 /account', 'S9.102: the button replaces the session of another user';
is row_of($server, $other), undef, 'S9.102: the session of another user has ended';

# ---- Confirmation ----

like $server->request(GET => '/account/login?next=/private', %BROWSER)->body, qr{<a href="/adopt\?next=/private">Sign in through your organization</a>}, 'S9.107: the page of sign-in leads to LuciaAdoptURL';
my $stale = cookie_of(visit('alice'));
sqlite($db, 'UPDATE user_session SET proved_at = 1000');
$reply = $server->request(GET => '/fresh/a.txt', cookie => $stale, %BROWSER);
is answer($reply), "302 /account/confirm?next=/fresh/a.txt", 'S9.107: an old session is led to the confirmation';
$reply = $server->request(GET => $reply->location, cookie => $stale, %BROWSER);
like $reply->body, qr{<a class="button" href="/adopt\?next=/fresh/a\.txt">Confirm through your organization</a>}, 'S9.107: the page of the confirmation leads to LuciaAdoptURL';
unlike $reply->body, qr/type="password"|%%|Type your password/, 'S9.107: a user without a password is not asked for one';
$reply = visit('alice', path => '/adopt?next=/fresh/a.txt', cookie => $stale, %BROWSER, headers => \%HERE);
is answer($reply), '302 /fresh/a.txt', 'S9.107: the other module confirms, and next leads back';
is $server->request(GET => '/fresh/a.txt', cookie => cookie_of($reply))->body, 'fresh', 'S9.107: the new session is fresh';
is row_of($server, $stale), undef, 'S9.107: the old session has ended';
$other = sign_in($server, 'carol', path => '/account/login');
like $server->request(GET => '/account/confirm', cookie => $other, %BROWSER)->body, qr/type="password".*Confirm through your organization/s, 'S9.107: a user with a password has both ways';

# ---- A form that is sent without a session ----

$reply = $server->request(POST => '/gated/form', form(text => 'typed'), origin => 1, %BROWSER);
my ($link) = $reply->body =~ /href="(\/adopt[^"]*)"/;
is $reply->status . " $link", '401 /adopt?next=/adopt%3Ftab%3D1', 'S9.107: a form that came too late has a link to the other module, for another tab';
$reply = agree('alice', path => $link);
is answer($reply), '302 /adopt?tab=1', 'S9.107: the sign-in in another tab leads to the last page of that tab';
my $tab = cookie_of($reply);
$reply = visit('alice', path => $reply->location, cookie => $tab, %BROWSER, headers => \%HERE);
is $reply->status . (cookie_of($reply) ? ' with a session' : ''), '200', 'S9.107: the last page of that tab begins no further session';
like text_in($reply), qr/ alice /, 'S9.107: the last page of that tab names the user';
unlike $reply->body, qr/identity-shown|%%/, 'S9.107: the last page of that tab asks for nothing';

# ---- Events ----

is LuciaTest::Audit::parse_line((split /\n/, $audit->text)[0])->{provider}, 'corp', 'S9.106: the first sign-in names the provider';
is_deeply [$audit->broken], [], 'S9.106: each line of the audit log is well-formed';
like $audit->text, qr/event=sign_in result=ok \S+ \S+( \S+)* account=alice provider=corp$/m, 'S9.106: a sign-in names the account and the provider';
like $audit->text, qr/event=sign_up result=failure reason=closed \S+( \S+)* provider=corp$/m, 'S9.106: a refused stranger is a sign-up that is closed';
like $audit->text, qr/event=sign_in result=failure reason=cross_site address=\S+( \S+)* provider=corp$/m, 'S9.106: a refused page of another site is an event';
unlike $audit->text, qr/number-7/, 'S9.106: no event has the ID';

# ---- Limits ----

is answer(visit("ivan", path => '/counted')), '302 /account', 'S9.104: without signup=On a sign-up is counted';
my @more = map { visit($PEOPLE[$_], path => '/counted')->status } 0 .. 8;
ok((grep { $_ == 429 } @more), "S9.104: sign-ups beyond the limit answer 429: @more");
is answer(visit('heidi')), '302 /account', 'S9.104: with signup=On no limit counts';

done_testing;
