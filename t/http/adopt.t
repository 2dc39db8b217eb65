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
use LuciaTest::Site;

my %basic = (htpasswd => join '', map { "$_:{SHA}" . sha1_base64($PASSWORD) . "=\n" } 'alice', 'bobby', 'carol', 'dora', 'eve', 'al', 'a@b.example');
my $GUARD = "AuthType Basic\nAuthName corp\nAuthBasicProvider file\nAuthUserFile \@dir\@/htpasswd\nRequire valid-user\n";

sub adopt_location { my ($path, $lines) = @_; return "<Location $path>\nSetHandler luciauth-adopt\n$GUARD$lines</Location>\n" }

my $server = site(adopt_location('/adopt', "LuciaAdopt corp\n") . adopt_location('/members', "LuciaAdopt corp signup=Off\n") . <<'CONF', mount => '/account', files => \%basic);
LuciaAuditLog @dir@/audit.log
<Location /open>
    SetHandler luciauth-adopt
    LuciaAdopt corp
</Location>
<Location /private>
    AuthType Lucia
    Require valid-user
</Location>
CONF
my $db = $server->db;

sub credentials { my ($name, $password) = @_; return (Authorization => 'Basic ' . encode_base64("$name:" . ($password // $PASSWORD), '')) }
sub visit {
    my ($name, %arg) = @_;
    my $path = delete $arg{path} // '/adopt';
    my %headers = (credentials($name), %{ delete $arg{headers} // {} });
    return $server->request(delete $arg{method} // 'GET', $path, headers => \%headers, %arg);
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

# ---- What is refused ----

is visit('alice', headers => { credentials('alice', $WRONG) })->status, 401, 'the guard itself refuses a wrong password';
is answer($server->request(GET => '/open')), '403 Forbidden', 'S9.101: without a guard nobody is signed in';
$server->log_has(qr/LUCI0802: luciauth-adopt refuses \/open: no module has identified a user/) if $server->can('log_has');
is answer(visit('bobby', path => '/members')), '403 There is no account for you here. Ask the people who run this site.', 'S9.100: with signup=Off a stranger gets no account';
is count_of($server, 'auth_user'), 1, 'S9.100: a refused stranger leaves no row';
is answer(visit('alice', path => '/members')), '302 /account', 'S9.100: with signup=Off the key of a known person counts';

done_testing;
