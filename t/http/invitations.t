# SPDX-License-Identifier: Apache-2.0
# LuciaSignup invite: from luciactl invite add to the account that a person makes with the link. S1.70 to S1.72.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Site qw(site count_of error_in sign_in);
use Digest::SHA ();

my $server = site("LuciaSignup invite\nLuciaGroups On\nLuciaErrorCodes On\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\n" . <<'CONF', mount => '/account');
LogFormat "%r|%U|%q|%{Referer}i|%{QUERY_STRING}e" revealing
CustomLog logs/revealing_log revealing
ExtendedStatus On
<Location /server-status>
    SetHandler server-status
</Location>
<Location /open>
    SetHandler luciauth-signup
    LuciaSignup On
</Location>
CONF
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--audit-log', $server->dir . '/logs/audit-of-luciactl');
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my @url = ('--url', 'https://site.test/account/signup');
my $TABLE = 'auth_user_invitation';
my @tokens;

sub invite {
    my $made = $ctl->json('invite', 'add', @url, @_);
    my ($token) = $made->{url} =~ m{^https://site\.test/account/signup\?invite=([a-z0-9]{32})$} or die $made->{url};
    push @tokens, $token;
    return wantarray ? ($token, $made) : $token;
}
sub up { my ($name, $token, %arg) = @_; my $path = delete $arg{path} // '/account/signup'; return $server->request(POST => $path, form(username => $name, password => $PASSWORD, defined $token ? (invite => $token) : ()), %arg) }
sub api { my ($name, $token) = @_; return $server->request(POST => '/account/api/signup', json({ username => $name, password => $PASSWORD, defined $token ? (invite => $token) : () }), headers => { Accept => 'application/json' }) }
sub users { return count_of($server, 'auth_user') }

# ---- Without an invitation ----

is_deeply $ctl->json('invite', 'list'), [], 'invite list without a table is empty';
is up('alice')->status, 400, 'S1.70: sign-up without an invitation answers 400';
is up('alice', 'a' x 32)->status, 400, 'S1.70: sign-up with an unknown invitation answers 400, where there is no table';
is_deeply api('alice', 'short')->json, { error => 'This invitation is not valid', code => 'invalid_invitation' }, 'S1.70: JSON says that the invitation is not valid';
is up('alice', undef, path => '/open')->status, 302, 'S1.70: LuciaSignup On beside it asks for no invitation';
unlike $server->request(GET => '/open')->body, qr/name="invite"/, 'S1.70: LuciaSignup On has no field for it';

# ---- With one ----

my ($token, $made) = invite('--group', 'staff', '--group', 'admins');
is $made->{uses}, 1, 'invite add gives one use';
is sqlite_value($server->db, "SELECT id FROM $TABLE"), Digest::SHA::sha256_hex($token), 'S1.71: the table has the SHA-256 of the token';
my $page = $server->request(GET => "/account/signup?invite=$token&next=/a");
like $page->body, qr/name="invite" type="text" value="$token"/, 'S1.71: the link fills in the invitation';
like $page->body, qr{name="next" value="/a"}, 'S1.71: next stays beside an invitation';
$server->request($_ => "/account/signup?invite=$token") for qw(GET HEAD GET);
is_deeply [map { $page->header($_) } 'Cache-Control', 'Referrer-Policy'], ['no-store', 'strict-origin'], 'S1.72: no cache keeps the page of an invitation, and no Referer has its URL';
is $ctl->json('invite', 'list')->[0]{uses}, 1, 'S1.71: opening the link, also with HEAD, uses nothing up';
my $again = $server->request(POST => "/account/signup?invite=$token", form(username => 'x', password => $PASSWORD, invite => $token));
is $again->status, 400, 'a short name answers 400';
like $again->body, qr/name="invite" type="text" value="$token"/, 'S1.71: the invitation is kept over an error';
is $ctl->json('invite', 'list')->[0]{uses}, 1, 'S1.71: a refused sign-up uses nothing up';
is up('alice', $token)->status, 400, 'a taken name answers 400';
is $ctl->json('invite', 'list')->[0]{uses}, 1, 'S1.71: a sign-up with a taken name uses nothing up';
my $reply = api('bertha', $token);
is $reply->status, 201, 'S1.71: a sign-up with the invitation answers 201';
is_deeply $reply->json->{user}{groups}, ['admins', 'staff'], 'S1.72: the new user is in the groups of the invitation';
is_deeply $ctl->json('user', 'show', 'bertha')->{groups}, ['admins', 'staff'], 'S1.72: the table has the groups';
is api('carla', $token)->status, 400, 'S1.71: a spent invitation is refused';
like up('carla', $token)->body, qr/name="invite"[^>]*\sautofocus>/, 'S1.71: a refused invitation has the focus';
like up('carla', $token)->body, qr/This invitation is not valid/, 'S1.71: the page says that the invitation is not valid';
is up('alice', $token)->body =~ /taken/ ? 'taken' : 'no word', 'no word', 'S1.70: a spent invitation tells about no name';
my $users = users();

# ---- Several uses, expiry, deletion ----

$token = invite('--uses', 2);
is up($_, $token)->status, 302, "S1.72: $_ signs up with an invitation for two" for qw(dora emma);
is up('frida', $token)->status, 400, 'S1.72: a third sign-up with an invitation for two is refused';
is users(), $users + 2, 'S1.72: two accounts were made';
$token = invite('--expires', '1h');
sqlite($server->db, "UPDATE $TABLE SET expires_at = ? WHERE id = ?", int(1000 * time) - 1000, Digest::SHA::sha256_hex($token));
is up('frida', $token)->status, 400, 'S1.71: an expired invitation is refused';
($token, $made) = invite();
ok !(grep { $_->{invitation} eq substr Digest::SHA::sha256_hex($tokens[-2]), 0, 12 } @{ $ctl->json('invite', 'list') }), 'invite add removes expired invitations';
$ctl->does('invite', 'delete', $made->{invitation});
is up('frida', $token)->status, 400, 'S1.71: a deleted invitation is refused';
is $ctl->status('invite', 'delete', $made->{invitation}), 1, 'invite delete of an unknown invitation ends with 1';
is $ctl->status('invite', 'delete', 'x'), 2, 'invite delete of no tag ends with 2';
is $ctl->status('invite', 'add', @url, @$_), 2, "invite add @$_ ends with 2" for ['--uses', 0], ['--expires', 'soon'], ['--group', 'A b'], ['--expires', '1s'];

# ---- A double click ----

$token = invite();
my @click = (headers => { 'Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Mode' => 'navigate' }, origin => 1);
is up('gerda', $token, @click)->status, 302, 'a form with an invitation is sent';
is up('gerda', $token, @click)->status, 302, 'S1.72: the same form again, as by a double click, signs in';
is api('gerda', $token)->status, 400, 'S1.72: a program that sends it again is refused';

# ---- Nothing that is written has a token ----

$server->request(GET => "/account/signup$_") for "?invite=$token", "?%69nvite=$token&a=b", "/?invite=$token", "?next=/a&invite=$token";
$server->request(GET => '/account/signup?next=/shown');
my $logs = join '', map { LuciaTest::Server::slurp($server->dir . "/logs/$_") } qw(error_log access_log revealing_log audit.log audit-of-luciactl);
unlike $logs, qr/\b\Q$_\E\b/, 'S1.72: no log has the token of an invitation' for @tokens;
like $logs, qr{GET /account/signup\?invite=- HTTP}, 'an access log shows that there was an invitation';
like $logs, qr{GET /account/signup\?next=/shown HTTP}, 'an access log shows the query of a sign-up without an invitation';
unlike $server->request(GET => '/server-status')->body, qr/invite=[a-z0-9]/, 'S1.72: mod_status shows no token';
like LuciaTest::Server::slurp($server->dir . '/logs/audit-of-luciactl'), qr/event=$_ result=ok .* invitation=[0-9a-f]{12}$/m, "the audit log has $_, with the invitation" for qw(invite_add invite_delete);
my $tag = substr Digest::SHA::sha256_hex($token), 0, 12;
like LuciaTest::Server::slurp($server->dir . '/logs/audit.log'), qr/event=sign_up result=ok .* account=gerda invitation=$tag$/m, 'the audit log says with which invitation a user signed up';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';
done_testing;
