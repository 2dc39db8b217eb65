# SPDX-License-Identifier: Apache-2.0
# Columns that the tables lack, on each engine: added at a start, or told with the statements that add them; the site stays up,
# and rules about what is not known refuse.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Site;

LuciaTest::only_files('this runs on all engines anyway');

my $WORDS = 'username role Team order';
my $OURS  = 'active_expires address created_at created_at disabled idle_expires last_seen proved_at user_agent';

sub config {
    my ($engine, $database, $more, @words) = @_;
    return $engine->line($database, @words) . "\n$CHEAP_HASH\nLuciaSessionCache off\nLuciaMount /\nLuciaUserAttributes $WORDS\n" . ($more // '') . <<'CONF';
<Location /vault>
    AuthType Lucia
    Require valid-user
</Location>
<Location /admins>
    AuthType Lucia
    Require lucia-attribute role admin
</Location>
<Location /notbanned>
    AuthType Lucia
    <RequireAll>
        Require valid-user
        Require not lucia-attribute role banned
    </RequireAll>
</Location>
<Location /nonebanned>
    AuthType Lucia
    <RequireAll>
        Require valid-user
        <RequireNone>
            Require lucia-attribute role banned
        </RequireNone>
    </RequireAll>
</Location>
<AuthzProviderAlias lucia-attribute outlaw "role banned">
</AuthzProviderAlias>
<Location /alias>
    AuthType Lucia
    <RequireAll>
        Require valid-user
        Require not outlaw
    </RequireAll>
</Location>
<Location /quoted>
    AuthType Lucia
    <RequireAll>
        Require valid-user
        Require "not" lucia-attribute role banned
    </RequireAll>
</Location>
<Location /env>
    AuthType Lucia
    <RequireAll>
        Require valid-user
        Require not env LUCIA_ROLE
    </RequireAll>
</Location>
<Location /expr>
    AuthType Lucia
    <RequireAll>
        Require valid-user
        Require expr "%{env:LUCIA_ROLE} != 'banned'"
        Require expr "%{env:LUCIA_ROLES} != 'banned'"
    </RequireAll>
</Location>
CONF
}

sub server {
    my ($config, %arg) = @_;
    return LuciaTest::Server->new(config => $config, files => { map { ("htdocs/$_/a.txt" => 'inside') } qw(vault admins notbanned nonebanned alias quoted env expr) }, %arg);
}

sub statuses {
    my ($server, $cookie) = @_;
    return join ' ', map { $server->request(GET => "/$_/a.txt", cookie => $cookie)->status } qw(vault admins notbanned nonebanned);
}

# Other ways to write rules about what is not known.
sub other_statuses {
    my ($server, $cookie) = @_;
    return join ' ', map { $server->request(GET => "/$_/a.txt", cookie => $cookie)->status } qw(alias quoted env expr);
}

# The columns of the user and the session table, sorted, without Lucia's own of the user table.
sub columns {
    my ($engine, $database, @tables) = @_;
    my $handle = $engine->connect($database);
    my @names = map {
        my $statement = $handle->prepare("SELECT * FROM $_ WHERE 1 = 0");
        $statement->execute;
        @{ $statement->{NAME} };
    } @tables ? @tables : qw(auth_user user_session);
    $handle->disconnect;
    return join ' ', sort grep { !/^(?:id|user_id|username)$/ } @names;
}

# What the log says to run.
sub statements { my ($said) = @_; return $said =~ /(ALTER TABLE \S+ ADD COLUMN \S+ (?:TEXT|BIGINT|VARCHAR\(\d+\)));/g }

sub check_on {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables);
    my $server = server(config($engine, $database));
    is columns($engine, $database), join(' ', sort split(/ /, $OURS), qw(Team order role)), 'a start adds what is missing';
    is scalar(() = $server->error_log =~ /LUCI0314: the column \w+ was added to the table (?:auth_user|user_key|user_session), for the main server/g), 11, 'the log lists the eleven added columns'
        or diag $server->error_log;
    unlike $server->error_log, qr/LUCI031[56]/, 'nothing is left';
    my $cookie = sign_up($server, 'alice');
    is statuses($server, $cookie), '200 403 200 200', 'NULL is known not to be "banned"';
    $server->restart_graceful;
    is scalar(() = $server->error_log =~ /LUCI0314/g), 11, 'a restart adds nothing';
    return;
}

sub check_off {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables);
    my $server = server(config($engine, $database, "LuciaCreateSchema Off\n"));
    is columns($engine, $database), 'active_expires idle_expires', 'nothing is added';
    my $said = $server->error_log;
    my $q = $engine->driver eq 'mysql' ? '`' : '"';
    like $said, qr/LUCI0315: the table auth_user has no column $_, which LuciaUserAttributes names: .* LuciaCreateSchema is Off; add it with: ALTER TABLE ${q}auth_user$q ADD COLUMN $q$_$q TEXT; \(in the main server\)/,
        "the log says what is missing and what adds it: $_" for qw(role Team order);
    my $cookie = sign_up($server, 'alice');
    ok sign_in($server, 'alice'), 'the site stays up: sign-up and sign-in';
    is statuses($server, $cookie), '200 403 403 403', 'rules about unknown attributes refuse, negated ones included';
    is other_statuses($server, $cookie), '500 403 403 403', 'under an alias, with "not" in quotes, and those that read the environment';
    my $user = $server->request(GET => '/', cookie => $cookie, headers => { Accept => 'application/json' })->json->{user};
    is_deeply [@$user{qw(username role Team order)}], ['alice', undef, undef, undef], 'its attributes are empty';
    like $server->error_log, qr/LUCI0316: LuciaUserAttributes names role, .*add it with: ALTER TABLE ${q}auth_user$q ADD COLUMN ${q}role$q TEXT$/m, 'requests log the missing attribute column';
    my @add = statements($said);
    is scalar @add, 11, 'all eleven can be copied from the log' or diag $said;
    $engine->query_in($database, $_) for @add;
    is columns($engine, $database), join(' ', sort split(/ /, $OURS), qw(Team order role)), 'the statements of the log run as they stand';
    # Each child of httpd notices by itself.
    ok wait_until(sub { statuses($server, $cookie) eq '200 403 200 200' }, 20), 'the running server uses the added columns' or diag statuses($server, $cookie);
    ok wait_until(sub { other_statuses($server, $cookie) eq '200 200 200 200' }, 20), 'rules about the environment use the added columns' or diag other_statuses($server, $cookie);
    $engine->query_in($database, "UPDATE auth_user SET role = 'admin'");
    ok wait_until(sub { statuses($server, $cookie) eq '200 200 200 200' }, 20), 'the running server uses the values of the added columns' or diag statuses($server, $cookie);
    $engine->query_in($database, 'ALTER TABLE auth_user DROP COLUMN role');
    ok wait_until(sub { statuses($server, $cookie) eq '200 403 403 403' }, 20), 'rules refuse when a column is dropped while the server runs' or diag statuses($server, $cookie);
    ok sign_in($server, 'alice'), 'sign-in works when a column is dropped while the server runs';
    return;
}

# A directive that cannot do without the columns: the log says which requests fail, and so they do.
sub check_needed {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables);
    my $line = $engine->line($database);
    my $server = server("$line\nLuciaMount /\nLuciaCreateSchema Off\nLuciaMaxLifetime 30d\n");
    my $said = $server->error_log;
    like $said, qr/:warn\] .*LUCI0315: the table user_session has no column $_, which LuciaMaxLifetime needs: requests that need the database are answered with 503; LuciaCreateSchema is Off; add it with: ALTER TABLE /,
        "the log says that LuciaMaxLifetime needs $_" for qw(created_at last_seen address user_agent);
    is $server->request(POST => '/signup', form(username => 'alice', password => $PASSWORD))->status, 503, 'sign-up answers 503 without the columns that LuciaMaxLifetime needs';
    $engine->query_in($database, $_) for statements($said);
    ok wait_until(sub { $server->request(POST => '/signup', form(username => 'alice', password => $PASSWORD))->status == 302 }, 20), 'sign-up succeeds with the columns that the log says to add';
    $database = $engine->create($engine->lucia_tables);
    $line = $engine->line($database);
    $server = server("$line\nLuciaMount /\nLuciaCreateSchema Off\n<Location /signup>\nLuciaSignup approval\n</Location>\n");
    $said = $server->error_log;
    like $said, qr/:warn\] .*LUCI0315: the table auth_user has no column disabled, which LuciaSignup approval needs: sign-up is answered with 503; LuciaCreateSchema is Off; /, 'the log says that LuciaSignup approval needs disabled';
    is $server->request(POST => '/signup', form(username => 'alice', password => $PASSWORD))->status, 503, 'sign-up answers 503 without the column that LuciaSignup approval needs';
    return;
}

sub check_tools {
    my ($engine) = @_;
    my $database = $engine->create(map { s/auth_user/People/gr } $engine->lucia_tables);
    my $tables = "LuciaTables People user_key user_session\n";
    my $off = server(config($engine, $database, $tables . "LuciaCreateSchema Off\n"), start => 0);
    my $on = server(config($engine, $database, $tables), start => 0);
    if ($engine->driver eq 'pgsql') {    # a name that was not quoted
        $engine->query_in($database, 'ALTER TABLE people RENAME TO "People"');
    }
    my $people = $engine->driver eq 'mysql' ? '`People`' : '"People"';
    my ($status, $said) = $off->configtest($off->{config});
    is $status, 0, 'configtest accepts it';
    is scalar(my @told = statements($said)), 11, 'configtest prints the eleven missing columns' or diag $said;
    like $said, qr/LUCI0315: the table People has no column Team, .*: ALTER TABLE \Q$people\E ADD COLUMN .Team. TEXT;/, 'configtest names the table of LuciaTables';
    ($status, $said) = $on->configtest($on->{config});
    like $said, qr/LUCI0315: .* no column Team, .*the next start of httpd adds it, or this statement: ALTER TABLE/, 'configtest lists what a start would add';
    is columns($engine, $database, $people, 'user_session'), 'active_expires idle_expires', 'configtest adds no column';
    my $ctl = LuciaTest::Ctl->new('--config', $off->conf_file);
    my $end = $ctl->run('check');
    is $end->{status}, 1, 'luciactl check: problems';
    is scalar(@told = statements($end->{out} . $end->{err})), 11, 'luciactl check prints the eleven statements' or diag $end->{out}, $end->{err};
    $end = $ctl->run('init');
    is $end->{status}, 0, 'luciactl init adds them' or diag $end->{err};
    like $end->{out}, qr/Added: .*People\.Team/, 'luciactl init prints the added columns';
    is columns($engine, $database, $people, 'user_session'), join(' ', sort split(/ /, $OURS), qw(Team order role)), 'luciactl init adds all columns';
    is $ctl->run('init')->{out} =~ /Added/, '', 'a second time there is nothing to add';
    return;
}

# Whoever may not change tables runs the site all the same.
sub check_no_right {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables);
    my $plain = 'plain' . $$;
    $engine->plain_user($database, $plain);
    my $server = server(config($engine, $database, '', "user=$plain"));
    like $server->error_log, qr/LUCI0315: .* no column role, .*it could not be added: [^;]*(?:must be owner of table|ALTER command denied)[^;]*; run this as the owner of the tables: ALTER TABLE/,
        'the reason is said, and what to run';
    my $cookie = sign_up($server, 'alice');
    is statuses($server, $cookie), '200 403 403 403', 'the site is up';
    is columns($engine, $database), 'active_expires idle_expires', 'nothing was added';
    my $end = LuciaTest::Ctl->new('--database', $engine->driver . ':' . $engine->params($database, "user=$plain"), '--audit-log', $server->dir . '/audit',
        '--attributes', 'role')->run('init');
    is $end->{status}, 1, 'luciactl init fails';
    like $end->{err}, qr/no column role.*It could not be added: .*run this as the owner of the tables: ALTER TABLE/, 'the failure of luciactl init says why and what to run' or diag $end->{err};
    return;
}

# A file that can't be written.
sub check_read_only {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables);
    my $server = server(config($engine, $database, "LuciaCreateSchema Off\n"));
    my $cookie = sign_up($server, 'alice');
    $server->stop;
    chmod 0444, $database;
    SKIP: {
        skip 'root writes everywhere', 2 if $> == 0 && !LuciaTest::server_user();
        $server = server(config($engine, $database));
        like $server->error_log, qr/LUCI0315: .* no column role, .*it could not be added: /, 'the reason is said';
        is statuses($server, $cookie), '200 403 403 403', 'a user who was signed in is let in with a read-only database';
    }
    return;
}

# Several servers and tools at once.
sub check_race {
    my ($engine) = @_;
    for my $round (1 .. 3) {
        my $database = $engine->create($engine->lucia_tables);
        my $ctl = LuciaTest::Ctl->of($engine, $database, '--attributes', 'a,b,c,d,e,f,g,h');
        my @runs = map { [$ctl->spawn('init')] } 1 .. 6;
        my $said = '';
        my @bad = grep { local $/; my ($pid, $out, $err) = @$_; $said .= (<$out> // '') . (<$err> // ''); waitpid $pid, 0; $? } @runs;
        is scalar @bad, 0, "round $round: six add the same columns at once, and none fails" or diag $said;
        is columns($engine, $database), join(' ', sort split(/ /, $OURS), 'a' .. 'h'), 'each is there once';
    }
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        my $engine = $class->shared;
        subtest 'LuciaCreateSchema On'  => sub { check_on($engine) };
        subtest 'LuciaCreateSchema Off' => sub { check_off($engine) };
        subtest 'needed' => sub { check_needed($engine) };
        subtest 'configtest, check and init, tables with other names' => sub { check_tools($engine) };
        subtest 'no right to change tables' => sub { $engine->can('plain_user') ? check_no_right($engine) : check_read_only($engine) };
        subtest 'at once' => sub { check_race($engine) };
    };
}

done_testing;
