# SPDX-License-Identifier: Apache-2.0
# luciauth-adopt beside second factors, passkeys, LuciaEmail and LuciaSignupAttributes: what is asked for besides, and what a new
# account has. S9.103, S9.104.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha1_base64);
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Factors;
use LuciaTest::Gate;
use LuciaTest::Mail;
use LuciaTest::Site qw(sign_up sign_in row_of count_of error_in text_in $CHEAP_HASH);

my @PEOPLE = qw(alice bobby carol dora1 frank grace heidi);
my $mail = LuciaTest::Mail->new;
my %files = (htpasswd => join('', map { "$_:{SHA}" . sha1_base64($PASSWORD) . "=\n" } @PEOPLE), 'htdocs/private/a.txt' => 'inside');
my $server = LuciaTest::Server->new(files => \%files, throttle => 0, config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\n"
    . "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaEmail optional\nLuciaEmailDomains example.org\nLuciaUserAttributes display_name team\n" . <<'CONF');
LuciaMount /account
LuciaAuditLog logs/audit.log
LuciaTemplates @templates@
LuciaErrorCodes On
SetEnvIf Request_URI ^/adopt/(.+)$ MAIL=$1
<Location /adopt>
    SetHandler luciauth-adopt
    LuciaAdopt corp email=MAIL
    AuthType Basic
    AuthName corp
    AuthBasicProvider file
    AuthUserFile @dir@/htpasswd
    Require valid-user
</Location>
<Location /private/>
    AuthType Lucia
    Require valid-user
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName must.test
    LuciaSecondFactor required
</VirtualHost>
<VirtualHost *>
    ServerName only.test
    LuciaPasskeys only
</VirtualHost>
<VirtualHost *>
    ServerName asks.test
    LuciaSignupAttributes display_name team?
</VirtualHost>
<VirtualHost *>
    ServerName mail.test
    LuciaEmail required
</VirtualHost>
CONF
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(must only asks mail);
my %BROWSER = (accept => 'text/html');
my %HERE = ('Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');

sub visit {
    my ($name, %arg) = @_;
    my $on = delete $arg{on} // $server;
    my %headers = (Authorization => 'Basic ' . encode_base64("$name:$PASSWORD", ''), %{ delete $arg{headers} // {} });
    return $on->request(delete $arg{method} // 'GET', delete $arg{path} // '/adopt', headers => \%headers, %arg);
}
sub json_of { my ($name, %arg) = @_; return visit($name, accept => 'application/json', %arg) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub cookie_named { my ($reply, $name) = @_; my ($line) = grep { /^\Q$name\E=/ } $reply->headers('Set-Cookie'); return $line && $line =~ /^\Q$name\E=([^;]*)/ ? { name => $name, value => $1 } : undef }
sub step_of { my ($reply) = @_; return cookie_named($reply, 'auth_session_step') }
sub session_of { my ($reply) = @_; return cookie_named($reply, 'auth_session') }
sub cookies { return join '; ', map { "$_->{name}=$_->{value}" } @_ }
sub factor { my ($code, $cookies) = @_; return $server->request(POST => '/account/factor', form(code => $code), origin => 1, cookie => cookies(@$cookies)) }

# ---- Second factors ----

visit($_) for qw(alice bobby);
my @codes = give_codes($db, 'alice');
my $sessions = count_of($server, 'user_session');
my $reply = visit('alice', path => '/adopt?next=/private/a.txt');
is answer($reply), '302 /account/factor?next=/private/a.txt', 'S9.103: a person with a second factor is led to its page, with the way back';
is session_of($reply), undef, 'S9.103: the other module alone makes no session then';
is count_of($server, 'user_session'), $sessions, 'S9.103: the table has no session of a person who has not proved the factor';
my $step = step_of($reply);
ok $step, 'S9.103: the browser has the step';
is json_of('alice')->status . ' ' . json_of('alice')->json->{code}, '401 factor_required', 'S9.103: a program is told that a factor is missing';
like $audit->text, qr/event=sign_in result=failure reason=factor_missing \S+( \S+)* account=alice provider=corp$/m, 'S9.106: the sign-in that lacks a factor is an event';
is answer(factor('AAAA-AAAA-AAAA-AAAA-AAAA-AAAA', [$step])), '400 Incorrect code', 'S9.103: a wrong code makes no session';
$reply = factor($codes[0], [$step]);
is answer($reply), '302 /private/a.txt', 'S9.103: the right code signs in, and leads back';
my $alice = session_of($reply);
is row_of($server, $alice)->{factors}, 2, 'S9.103: the session has two factors';
is $server->request(GET => '/private/a.txt', cookie => $alice)->body, 'inside', 'S9.103: the session opens the gate';

is answer(factor($codes[1], [$step])), '401 Sign-in took too long. Sign in again.', 'S9.103: the step of a person works once, also with another code';
$step = step_of(visit('alice'));
$ctl->does('session', 'revoke-all', 'alice');
is answer(factor($codes[1], [$step])), '401 Sign-in took too long. Sign in again.', 'S9.103: luciactl session revoke-all ends the step of a person';
$step = step_of(visit('alice'));
$ctl->does('user', 'passwd', 'alice', '--stdin', '--keep-sessions', { stdin => "$PASSWORD\n" });
is answer(factor($codes[1], [$step])), '401 Sign-in took too long. Sign in again.', 'S9.103: a change of the password ends the step of a person whose key has none';

my @late = map { step_of(visit('alice')) } 1 .. 3;
$ctl->does('key', 'delete', 'corp:alice', '--yes');
is factor($codes[1], [$late[0]])->status, 401, 'S9.103: without its key a step is worth nothing';
$ctl->does('key', 'add', 'bobby', 'corp:alice', '--no-password');
is factor($codes[1], [$late[1]])->status, 401, 'S9.103: a step is worth nothing when its key is that of another user';
$ctl->does('key', 'delete', 'corp:alice', '--yes');
$ctl->does('key', 'add', 'alice', 'corp:alice', '--no-password');
is answer(factor($codes[1], [$late[2]])), '302 /account', 'S9.103: a step signs in after its key was deleted and given back to the person';

is answer(visit('bobby', on => $host{must})), '302 /account', 'S9.103: where a factor is required, a person without one gets half a session';
$reply = $host{must}->request(GET => '/private/a.txt', cookie => session_of(visit('bobby', on => $host{must})), %BROWSER);
like answer($reply), qr{^302 /account/factor}, 'S9.103: half a session is led to the page of the factor';

# ---- Passkeys only ----

is answer(visit('bobby', on => $host{only})), '302 /account', 'S9.103: with LuciaPasskeys only, a person without a passkey signs in as after a password';
sqlite($db, q{INSERT INTO auth_user_passkey (id, user_id, credential_id, public_key, algorithm, sign_count, flags, name, created_at) VALUES ('x', ?, 'eA', 'eA', -7, 0, 0, 'Key', 1)}, user_id($db, 'bobby'));
$reply = visit('bobby', on => $host{only}, path => '/adopt?next=/private/a.txt');
is answer($reply), '302 /account/passkey?next=/private/a.txt', 'S9.103: with LuciaPasskeys only, a person who has a passkey is led to its page';
ok !session_of($reply) && !step_of($reply), 'S9.103: with LuciaPasskeys only, the other module is worth nothing beside a passkey';
is json_of('bobby', on => $host{only})->status . ' ' . json_of('bobby', on => $host{only})->json->{code}, '403 passkey_required', 'S9.103: with LuciaPasskeys only, a program is told to use the passkey';

# ---- Identities of accounts that exist ----

my $carol = sign_up($server, 'carol', path => '/account/signup');
$ctl->does('key', 'add', 'carol', 'corp:carol', '--no-password');
is answer(visit('carol')), '302 /account', 'S9.100: an administrator links an identity to an account';
is count_of($server, "auth_user WHERE username = 'carol'"), 1, 'S9.100: a linked identity makes no account';
is_deeply [sort map { $_->{key} } @{ $ctl->json('key', 'list', 'carol') }], ['corp:carol', 'username:carol'], 'S9.100: luciactl lists the identity';
ok sign_in($server, 'carol', path => '/account/login'), 'S9.100: the password of a linked account still signs in';
$ctl->does('user', 'rename', 'carol', 'caroline');
is answer(visit('carol')), '302 /account', 'S9.100: a renamed account keeps its identities';
is count_of($server, 'auth_user'), 3, 'S9.100: a renamed account is found again';
my $exported = $ctl->does('export', '--with-hashes');
$ctl->does('user', 'delete', 'caroline', '--yes');
is count_of($server, "user_key WHERE id = 'corp:carol'"), 0, 'S9.100: a deleted account leaves no identity';
$ctl->does('import', $server->write('conf/users.ndjson', $exported));
is answer(visit('carol')), '302 /account', 'S9.100: an imported account has its identities';
is sqlite_value($db, "SELECT u.username FROM user_key k JOIN auth_user u ON u.id = k.user_id WHERE k.id = 'corp:carol'"), 'caroline', 'S9.100: an imported identity leads to its account';

# ---- Addresses ----

is answer(visit('dora1', path => '/adopt/dora@example.org')), '302 /account', 'S9.104: a new account has the address of the variable';
is_deeply sqlite($db, "SELECT email, email_verified FROM auth_user WHERE username = 'dora1'"), [{ email => 'dora@example.org', email_verified => 0 }], 'S9.104: the address of the variable is not verified';
ok LuciaTest::wait_until(sub { my @mails = $mail->mails; grep { "@{$_->{to}}" =~ /dora\@example\.org/ } @mails }, 20), 'S9.104: a mail lets the person verify the address';
is answer(visit('frank', path => '/adopt/frank@elsewhere.example')), '302 /account', 'S9.104: an address that is not allowed does not keep a person away';
is sqlite_value($db, "SELECT email FROM auth_user WHERE username = 'frank'"), undef, 'S9.104: an address that is not allowed is left out';
is answer(visit('grace', on => $host{mail})), '302 /account/email', 'S9.104: where an address is required, a person without one is led to its page';

# ---- Attributes ----

$reply = visit('heidi', on => $host{asks}, %BROWSER, headers => \%HERE);
like text_in($reply), qr/ New account Username .* Display name Team Create account /, 'S9.104: the page asks for the attributes of a sign-up';
like $reply->body, qr/name="username" type="text" value="heidi"/, 'S9.104: the page offers the name of the variable';
is count_of($server, "auth_user WHERE username = 'heidi'"), 0, 'S9.104: a required attribute that is missing makes no account';
is json_of('heidi', on => $host{asks})->json->{code}, 'value_missing', 'S9.104: a program is told that an attribute is missing';
my ($identity) = $reply->body =~ /name="identity-shown" value="([0-9a-f]{64})"/;
my $post = sub { return visit('heidi', on => $host{asks}, method => 'POST', form('identity-shown' => $identity, @_), origin => 'http://asks.test', %BROWSER) };
is answer($post->(username => 'heidi', display_name => ' ')), '400 This field is required', 'S9.104: an empty attribute is refused';
is answer($post->(username => 'heidi', display_name => 'Heidi', team => "a\nb")), '400 Invalid value', 'S9.104: an attribute is checked';
is answer($post->(username => 'heidi', display_name => 'Heidi')), '302 /account', 'S9.104: the attributes make the account';
is sqlite_value($db, "SELECT display_name FROM auth_user WHERE username = 'heidi'"), 'Heidi', 'S9.104: the attributes are stored';
is answer($post->()), '302 /account', 'S9.104: the next sign-in asks for nothing more';
is_deeply [$audit->broken], [], 'S9.106: each line of the audit log is well-formed';

done_testing;
