# SPDX-License-Identifier: Apache-2.0
# Groups at the gate: Require lucia-group in all its forms, and nothing that a client sends makes one. S4.28.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);
use MIME::Base64 qw(encode_base64);

my %rule = (
    staff => 'Require lucia-group staff admins',
    not   => "<RequireAll>\nRequire valid-user\nRequire not lucia-group staff\n</RequireAll>",
    alias => 'Require crew',
    env   => 'Require expr "%{reqenv:LUCIA_GROUPS} =~ /(^|,)staff(,|$)/"',
);
my $sections = join '', map { "<Location /$_/>\nAuthType Lucia\n$rule{$_}\n</Location>\n" } sort keys %rule;
my $server = LuciaTest::Server->new(files => { map { ("htdocs/$_/a.txt" => SECRET) } keys %rule, qw(basic foreign) },
    config => "<AuthzProviderAlias lucia-group crew staff>\n</AuthzProviderAlias>\n" . CHEAP_SITE . "LuciaGroups On\nLuciaUserAttributes role\nLuciaSignupAttributes role\nLuciaUserEditable role\nLuciaSessionCacheTTL 1s\n$sections" . <<'CONF');
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require lucia-group staff
</Location>
<Location /foreign/>
    AuthType Basic
    AuthName others
    AuthBasicProvider file
    AuthUserFile @dir@/passwords
    Require lucia-group staff
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaGroups Off
</VirtualHost>
CONF
put_file($server->dir . '/passwords', "alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n");    # password
my $db = $server->db;
my $off = LuciaTest::Gate::Host->new($server, 'off.test', 'db/luciauth.db');
my ($alice, $bert) = map { sign_up($server, $_, form(username => $_, password => $PASSWORD, role => 'staff')) } qw(alice bert);

sub ask { my ($where, $cookie, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(GET => "/$where/a.txt", script(%{ delete $arg{headers} // {} }), cookie => $cookie, %arg) }
sub basic { my ($name, $password) = @_; return { Authorization => 'Basic ' . encode_base64("$name:$password", '') } }

sqlite($db, "INSERT INTO auth_user_group (user_id, name) SELECT id, 'staff' FROM auth_user WHERE username = 'alice'");
sqlite($db, "INSERT INTO auth_user_group (user_id, name) SELECT id, 'staffers' FROM auth_user WHERE username = 'bert'");
ok wait_until(sub { ask('staff', $alice)->status == 200 }, 20), 'S4.28: a row that a program writes is noticed within the TTL';
is_served(ask($_, $alice), "S4.28: a user in the group is admitted at /$_") for qw(staff alias env);
is ask('not', $alice)->status, 403, 'S4.28: Require not lucia-group refuses a user in the group';
is_served(ask('not', $bert), 'S4.28: Require not lucia-group admits a user in another group');
is ask($_, $bert)->status, 403, "S4.28: a group with a longer name and an attribute of that value do not admit at /$_" for qw(staff alias env);
is ask('staff')->status, 401, 'S4.28: a request without a session is asked to sign in';
is ask('staff', $bert, headers => { 'X-Lucia-Groups' => 'staff', 'Lucia-Groups' => 'staff' })->status, 403, 'S4.28: headers of the client make no group';
is_served(ask('basic', undef, headers => basic('alice', $PASSWORD)), 'S4.28: a group counts over Basic');
isnt ask('basic', undef, headers => basic('bert', $PASSWORD))->status, 200, 'S4.28: without the group Basic is refused';
isnt ask('foreign', undef, headers => basic('alice', 'password'))->status, 200, 'S4.28: a user of another module has no groups, whatever the name';
is ask('staff', $alice, on => $off)->status, 403, 'S4.28: a virtual host without LuciaGroups has no groups';

# ---- Configurations ----

sub configtest { my ($lines) = @_; return LuciaTest::Server->new(start => 0)->configtest("LuciaDatabase sqlite3 \@db\@\n$lines\n") }

my ($status, $said) = configtest("<Location /x>\nAuthType Lucia\nRequire lucia-group staff\n</Location>");
like $said, qr/LUCI0526: Require lucia-group staff in \S+:\d+ asks for a group, which no user can be in, because LuciaGroups of .* is Off/, 'a group that no user can be in is a warning at start';
for my $words ('', 'Staff', 'a,b', 'x' x 65) {
    ($status, $said) = configtest("LuciaGroups On\n<Location /x>\nAuthType Lucia\nRequire lucia-group $words\n</Location>");
    ok $status != 0 && $said =~ /Require lucia-group: /, "refused: Require lucia-group $words" or diag $said;
}
($status, $said) = configtest("LuciaGroups On\nLuciaUserAttributes role Groups");
ok $status != 0 && $said =~ /LUCI0527: LuciaUserAttributes of .* names the column "groups"/, 'S4.28: an attribute groups beside LuciaGroups keeps httpd from starting' or diag $said;
($status, $said) = configtest('LuciaUserAttributes role groups');
is $status, 0, 'an attribute groups is allowed without LuciaGroups' or diag $said;
done_testing;
