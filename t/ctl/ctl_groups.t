# SPDX-License-Identifier: Apache-2.0
# Groups: luciactl group, Require lucia-group, and what content and programs see, on each engine. S4.28, S6.8.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Site;

LuciaTest::only_files('this runs on all engines anyway');

my ($ctl, $server);

sub gate { my ($cookie, %arg) = @_; return $server->request(GET => '/staff/a.txt', script(), cookie => $cookie, %arg) }
sub seen { my ($cookie) = @_; return $server->request(GET => '/open/a.txt', cookie => $cookie)->header('X-Groups') }

sub members { my ($group) = @_; return [map { $_->{username} } @{ $ctl->json('user', 'list', '--group', $group) }] }

sub account { my ($name) = @_; my $r = $server->request(POST => '/api/login', json({ username => $name, password => $PASSWORD }), headers => { Accept => 'application/json' }, origin => 1); return $r->json->{user}{groups} }

sub check_off {
    my ($engine, $database) = @_;
    my $end = $ctl->run('group', 'add', 'zoe1', 'staff');
    is $end->{status}, 1, 'group add without the table ends with 1';
    like $end->{err}, qr/there are no groups: write LuciaGroups On/, 'group add says what is missing';
    $end = $ctl->run('group', 'list');
    is $end->{status}, 1, 'group list without the table ends with 1';
    like $end->{err}, qr/there are no groups: write LuciaGroups On/, 'group list says what is missing';
    is $ctl->status('user', 'list', '--group', 'staff'), 1, 'user list --group without the table ends with 1';
    ok !exists $ctl->json('user', 'show', 'zoe1')->{groups}, 'user show without the table has no groups';
    return;
}

sub check_gate {
    my ($cookie) = @_;
    is gate($cookie)->status, 403, 'S4.28: a user without groups is refused';
    is seen($cookie), '/', 'S4.28: a user without groups has no LUCIA_GROUPS';
    is_deeply account('alice'), [], 'S4.28: the JSON of a user without groups has an empty array';
    is $ctl->json('group', 'add', 'alice', 'staff')->{groups}[0], 'staff', 'group add shows the groups';
    is gate($cookie)->status, 200, 'S4.28: a group counts with the next request of a cached session';
    $ctl->does('group', 'add', 'alice', 'admins');
    is seen($cookie), 'admins,staff/admins,staff', 'S4.28: content sees the names in order, from the database and from the cache' for 1, 2;
    is_deeply account('alice'), ['admins', 'staff'], 'S4.28: the JSON of an account has the groups';
    $ctl->does('group', 'remove', 'alice', 'staff');
    is gate($cookie)->status, 403, 'S4.28: a group that a user has left counts no more with the next request';
    is seen($cookie), 'admins/admins', 'S4.28: a user in one group has its name';
    return;
}

sub check_commands {
    my ($engine, $database) = @_;
    $ctl->does('group', 'add', 'bertha', 'staff');
    is_deeply $ctl->json('group', 'list', 'alice'), [{ group => 'admins' }], 'group list shows the groups of one user';
    is_deeply members('staff'), ['bertha'], 'user list --group lists the users of a group';
    $ctl->does('group', 'add', 'zoe1', 'staff');
    is_deeply members('staff'), ['bertha', 'zoe1'], 'user list --group lists the users of a group by name';
    is_deeply $ctl->json('group', 'list'), [{ group => 'admins', users => 1 }, { group => 'staff', users => 2 }], 'group list without a name lists all groups with their numbers of users';
    is $ctl->does('group', 'list'), "Group   Users\nadmins  1\nstaff   2\n", 'group list without a name prints a table';
    is_deeply $ctl->json('group', 'list', '--limit', 1), [{ group => 'admins', users => 1 }], 'group list --limit 1 lists one group';
    is $ctl->status('group', 'list', '--limit', 0), 2, 'group list --limit 0 is a usage error';
    is $ctl->status('group', 'list', 'alice', '--limit', 1), 2, 'group list NAME --limit is a usage error';
    is $ctl->status('group', 'list', '--id'), 2, 'group list --id without a name is a usage error';
    is_deeply members('sta'), [], 'user list --group lists no user of a group with a longer name';
    is $ctl->status('user', 'list', '--group', 'a,b'), 2, 'user list --group "a,b" ends with 2';
    $ctl->does('group', 'remove', 'zoe1', 'staff');
    is $ctl->status('group', 'add', 'alice', 'admins'), 1, 'group add of a group that the user is in ends with 1';
    is $ctl->status('group', 'remove', 'alice', 'staff'), 1, 'group remove of a group that the user is not in ends with 1';
    is $ctl->status('group', 'add', 'alice', $_), 2, "group add of \"$_\" ends with 2" for 'Staff', 'a,b', '-a', 'a b', 'x' x 65;
    is $ctl->status('group', 'add', 'nobody', 'staff'), 1, 'group add of an unknown user ends with 1';
    like $ctl->audit, qr/event=group_add result=ok .* account=alice$/m, 'the audit log has group add';
    like $ctl->audit, qr/event=group_remove result=ok .* account=alice$/m, 'the audit log has group remove';
    return;
}

# Names of 1,000 bytes are read as a whole; no engine cuts them.
sub check_many {
    my ($engine, $database, $cookie) = @_;
    my @names = map { sprintf '%062d%02d', 0, $_ } 1 .. 15;
    $ctl->does('group', 'add', 'bertha', $_) for @names;
    my $end = $ctl->run('group', 'add', 'bertha', 'x' x 64);
    is $end->{status}, 1, 'S6.8: groups of more than 1,000 bytes are refused';
    like $end->{err}, qr/too many groups/, 'group add says that there are too many groups';
    is seen($cookie), join('/', (join ',', @names, 'staff') x 2), 'S6.8: groups of almost 1,000 bytes are complete';
    $engine->query_in($database, "INSERT INTO auth_user_group (user_id, name) SELECT id, 'zz,admins' FROM auth_user WHERE username = 'bertha'");
    $ctl->does('group', 'remove', 'bertha', $names[0]);
    unlike seen($cookie), qr/admins/, 'S4.28: a name with a comma is not two groups';
    $engine->query_in($database, "DELETE FROM auth_user_group WHERE name LIKE '%,%'");
    return;
}

sub check_moving {
    my ($engine, $database) = @_;
    my $lines = $ctl->does('export', '--with-hashes');
    my $other = $engine->create;
    my $there = LuciaTest::Ctl->of($engine, $other);
    $there->does('init');
    my $end = $there->run('import', '-', { stdin => $lines });
    is $end->{status}, 1, 'import of groups into a database without groups ends with 1';
    like $end->{err}, qr/alice.*the user has groups/, 'import says that the database has no groups';
    $ctl->does('user', 'delete', 'bertha', '--yes');
    is $engine->value_in($database, 'SELECT count(*) FROM auth_user_group'), 1, 'S6.8: user delete removes the user from the groups';
    my ($line) = grep { /"alice"/ } split /^/, $lines;
    $ctl->does('user', 'delete', 'alice', '--yes');
    $ctl->does('import', '-', { stdin => $line });
    is_deeply $ctl->json('user', 'show', 'alice')->{groups}, ['admins'], 'S6.8: export and import have the groups';
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    subtest $engine->kind => sub {
        my $database = $engine->create;
        $ctl = LuciaTest::Ctl->of($engine, $database);
        $ctl->does('init');
        $ctl->does('user', 'add', 'zoe1', '--stdin', { stdin => "$PASSWORD\n" });
        check_off($engine, $database);
        $server = LuciaTest::Server->new(files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(staff open) },
            config => $engine->line($database) . "\n$CHEAP_HASH\nLuciaMount /\nLuciaGroups On\nLuciaSessionCacheTTL 1h\n" . <<'CONF');
<Location /staff/>
    AuthType Lucia
    Require lucia-group staff editors
</Location>
<Location /open/>
    AuthType Lucia
    LuciaHeaders On
    Require valid-user
    Header set X-Groups "expr=%{reqenv:LUCIA_GROUPS}/%{HTTP:X-Lucia-Groups}"
</Location>
CONF
        my $audit = $ctl->{dir};
        $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--audit-log', "$audit/audit");
        $ctl->{dir} = $audit;
        my ($alice, $bertha) = map { sign_up($server, $_) } qw(alice bertha);
        check_gate($alice);
        check_commands($engine, $database);
        check_many($engine, $database, $bertha);
        check_moving($engine, $database);
    };
}
done_testing;
