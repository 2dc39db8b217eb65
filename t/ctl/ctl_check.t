# SPDX-License-Identifier: Apache-2.0
# luciactl check: each thing that can be wrong is made wrong, found, and gone when it is mended. DB= says on which engine.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use JSON::PP ();
use LuciaTest;
use LuciaTest::Ctl;

my $config = <<'CONF';
LuciaDatabase sqlite3 @db@
LuciaMount /
LuciaUserAttributes username role
CONF
my $server = LuciaTest::Server->new(config => $config);
my $dir = $server->dir;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);

sub found {
    my $end = $ctl->run('--json', 'check', @_);
    my @list = $end->{out} =~ /^\[/ ? @{ JSON::PP::decode_json($end->{out}) } : ();
    return ($end->{status}, join("\n", map { "$_->{level} $_->{about}: $_->{what} | " . ($_->{remedy} // '') } @list), $end->{err});
}

sub finds {
    my ($name, $status, $pattern, @options) = @_;
    my ($got, $said, $err) = found(@options);
    is $got, $status, "$name: $status" or diag $said, $err;
    like $said, $pattern, "$name: the report contains the finding";
    return;
}

sub fine { my ($got, $said, $err) = found(); is $got, 0, "$_[0]: nothing is wrong" or diag $said, $err; return $said }

# ---- As it should be ----

# Where the test's own server of databases wants a password, it stands in the configuration.
is fine('the tables that httpd made') =~ s/^advice configuration: LuciaDatabase contains the password .*//r, '', 'check gives no advice about the tables that httpd made';
like $ctl->run('check')->{out}, qr/^No problems found\.$/m, 'check says in words that it found no problem';

# ---- The configuration ----

sub configured { $server->write_config($_[0]); return }

configured($config . "LuciaActivePeriod soon\nLuciaTables a b a\n");
finds('wrong values', 1, qr/problem configuration: \Q$dir\E\/conf\/httpd\.conf:\d+: LuciaActivePeriod: "soon" is not allowed: a time of .*\n.*LuciaTables: "a b a"/);
configured("<Location /x>\nAuthType Lucia\nRequire valid-user\n</Location>\n");
finds('use without a database', 1, qr/LuciaDatabase is missing: \S+:\d+ uses mod_luciauth \(AuthType Lucia\), but the main server has no database/);
configured('');
finds('no directive at all', 1, qr/has no LuciaDatabase/);
configured($config . "LuciaCookieName __Host-a\nLuciaCookieSecure on\nLuciaCookiePath /x\n");
finds('a cookie that browsers reject', 1, qr/problem cookie: LuciaCookieName "__Host-a".*the main server/);
configured($config . "LuciaCookieSecure off\n");
finds('a cookie over plain http', 0, qr/advice cookie: LuciaCookieSecure is off/);
configured($config . "User nobody_has_this_name\n");
finds('a user who does not exist', 1, qr/problem configuration: .*bad user name nobody_has_this_name/);
is $ctl->with('--config')->status('check'), 2, 'the command line itself';
is(LuciaTest::Ctl->new->status('check'), 2, 'check with neither a configuration nor a database ends with 2');
finds('two configurations are one too many', 2, qr/^$/, '--config', 'x');
is(LuciaTest::Ctl->new('--config', "$dir/none.conf")->status('check'), 1, 'a configuration that is not there');

# ---- What directives name and what is not there ----

configured($config . "LuciaSessionCache redis:127.0.0.1:1\n");
finds('a cache whose module is not loaded', 1, qr/problem configuration: LuciaSessionCache: "redis:127.0.0.1:1" is not allowed: there is no such provider; load mod_socache_redis/);
configured($config . "LuciaThrottleStore memcache:127.0.0.1:1\n");
finds('a store likewise', 1, qr/problem configuration: LuciaThrottleStore: "memcache:127.0.0.1:1" is not allowed: there is no such provider; load mod_socache_memcache/);
configured($config . "LuciaSessionCache off\n");
my $whole = LuciaTest::Server::slurp($server->conf_file);
$server->write('conf/httpd.conf', $whole =~ s/^LoadModule socache_shmcb_module .*\n//mr);
fine('the throttle needs no module of httpd');

configured($config . "<Location /x>\nAuthType Lucia\n<RequireAll>\nRequire lucia-attribute team red\nRequire not lucia-attribute role guest\n</RequireAll>\n</Location>\n");
finds('a column that is not declared', 1, qr/problem configuration: Require lucia-attribute: "team" is not allowed: username or a column of LuciaUserAttributes \(role\), in \S+:\d+ /);
unlike join('', found()), qr/lucia-attribute: "role"/, 'check does not report the attribute that is listed';
configured($config . "LuciaRemoteUser email\n");
finds('a column for REMOTE_USER', 1, qr/problem configuration: LuciaRemoteUser: "email" is not allowed: .*, in \S+:\d+ /);
configured($config . "LuciaRemoteUser user_id\n");
fine('the id is one');

for my $bad (["$dir/none/audit.log", qr{there is no folder "\Q$dir\E/none/"}], [$dir, qr/this is a folder/], ["|$dir/none/rotate $dir/x 5", qr{there is no program "\Q$dir\E/none/rotate"}]) {
    configured($config . "LuciaAuditLog \"$bad->[0]\"\n");
    finds("LuciaAuditLog $bad->[0]", 1, qr/problem configuration: LuciaAuditLog: "\Q$bad->[0]\E" can't be opened: $bad->[1]/);
}
for my $good ('logs/audit.log', '|/bin/cat', '|$exec cat', 'off') {
    configured($config . "LuciaAuditLog \"$good\"\n");
    fine("LuciaAuditLog $good");
}

# ---- Templates ----

my $page = LuciaTest::Server::slurp("$dir/templates/login.html");
configured($config);
$server->write('templates/login.html', "%%#error%%\n");
finds('a page that does not parse', 1, qr/problem templates: LuciaTemplates: "\Q$dir\E\/templates" is not allowed: login\.html: line 1: section "error" is not closed/);
unlink "$dir/templates/login.html";
mkdir "$dir/templates/login.html" or die $!;
finds('a folder in its place', 1, qr/login\.html: not a regular file/);
rmdir "$dir/templates/login.html";
$server->write('templates/login.html', $page);
if ($> == 0) {
    chmod 0600, "$dir/templates/login.html";
    finds('a page that httpd\'s user can\'t read', 1, qr/problem files: httpd's user \S+ may not read \Q$dir\E\/templates\/login\.html/);
    chmod 0644, "$dir/templates/login.html";
}
configured($config . "LuciaTemplates $dir/nowhere\n");
finds('a folder that is not there', 1, qr{LuciaTemplates: "\Q$dir\E/nowhere" is not allowed: a folder that exists});
configured($config);
fine('mended');

# ---- Secrets ----

SKIP: {
    skip 'no database file', 1 unless LuciaTest::is_sqlite();
    my $secret = $server->write('secret', "hunter2\n");
    configured("LuciaDatabase pgsql \"host=127.0.0.1 port=1 connect_timeout=2 password={file:$secret}\"\n");
    finds('a secret that all can read, and no database', 3, qr/every user of this machine may read \Q$secret\E, which contains a password \| chmod o-rw '\Q$secret\E'/);
    chmod 0600, $secret;
    my ($status, $said) = found();
    is $status, 3, 'the database still can\'t be asked';
    unlike $said, qr/every user/, "a secret that others can't read is no finding";
    like $said, qr/problem database: the database cannot be queried: /, "a database that can't be asked is a finding";
    configured("LuciaDatabase pgsql \"host=127.0.0.1 port=1 connect_timeout=2 password=hunter2\"\n");
    finds('a password in the configuration', 3, qr/advice configuration: LuciaDatabase contains the password of the database/);
    unlike join('', found()), qr/hunter2/, 'the finding does not show the secret';
    configured($config);
}

# ---- The file of a database, and who may ----

# What luciactl says to an ordinary user, who may not be able to reach the folder in which this was built.
sub as_nobody {
    my $tool = $server->write('luciactl', LuciaTest::Server::slurp(LuciaTest::Ctl->tool));
    my $module = $server->write('mod_luciauth.so', LuciaTest::Server::slurp(LuciaTest::module()));
    my $conf = $server->write('conf/nobody.conf', LuciaTest::Server::slurp($server->conf_file) =~ s/\Q@{[LuciaTest::module()]}\E/$module/r);
    chmod 0755, $tool, $module;
    open my $out, '-|', 'setpriv', '--reuid=nobody', '--clear-groups', LuciaTest::Ctl::program($server, $tool), '--config', $conf, @_ or die $!;
    local $/;
    return scalar <$out>;
}

SKIP: {
    skip 'no database file', 1 unless LuciaTest::is_sqlite();
    my $folder = "$dir/db";
    chmod 0755, $folder;
    chmod 0644, $server->db;
    finds('a database that all can read', 1, qr/every user of this machine may read \Q$folder\E\/luciauth\.db, which contains users and password hashes/);
    chmod 0640, $server->db, glob("$folder/*");
    chmod 0757, $folder;
    finds('a folder that all can write to', 1, qr/every user of this machine may replace files in \Q$folder\E/);
    chmod 0750, $folder;
    if ($> == 0) {
        chmod 0700, $folder;
        my $said = as_nobody('check');
        like $said, qr{\Q$folder\E/luciauth\.db cannot be checked: Permission denied}, 'another user may not look';
        unlike $said, qr/the database file .* does not exist/, 'a file that may not be looked at is not called missing';
        chmod 0750, $folder;
        chown 0, 0, $server->db;
        finds('root\'s database, which is asked as httpd does', 3, qr/may not read and write \Q$folder\E\/luciauth\.db \| Try: chown \S+ /);
        LuciaTest::give($server->db);
        chown 0, 0, $folder;
        finds('root\'s folder', 1, qr/httpd's user \S+ (?:may not create files in|cannot reach) \Q$folder\E/);
        LuciaTest::give($folder);
    }
    fine('mended');
    rename $server->db, "$folder/gone" or die $!;
    finds('no file', 3, qr/the database file \Q$folder\E\/luciauth\.db does not exist \| httpd creates it at its next start; luciactl init creates it now/);
    ok !-e $server->db, 'check makes no database file';
    rename "$folder/gone", $server->db or die $!;
    fine('back');
    for my $case (["$dir/new/x.db", '', qr{httpd creates it and the folder \Q$dir\E/new at its next start}],
        ["$dir/no/such/x.db", '', qr{The folder \Q$dir\E/no/such does not exist either: create it}], ["$dir/new/x.db", 'LuciaCreateSchema off', qr{The folder \Q$dir\E/new does not exist either}],
        ["$folder/x.db", 'LuciaCreateSchema off', qr/Run luciactl init, which creates it; with LuciaCreateSchema off httpd does not/]) {
        configured("LuciaDatabase sqlite3 $case->[0]\n$case->[1]\n");
        finds("$case->[0] $case->[1]", 3, qr/the database file \Q$case->[0]\E does not exist \| $case->[2]/);
    }
    configured($config);
}

# ---- Tables and rows ----

sub sql { sqlite($server->db, @_) }
my $hash = '{SHA}C+7Hteo/D9vJXQ3UfzxbwnXaijM=';
sql('INSERT INTO auth_user (id, username) VALUES (?, ?)', 'user00000000001', 'alice');
sql('INSERT INTO user_key (id, user_id, hashed_password) VALUES (?, ?, ?)', 'username:alice', 'user00000000001', $hash);
sql('INSERT INTO user_key (id, user_id, hashed_password) VALUES (?, ?, NULL)', 'github:1', 'user00000000001');
fine('a user with a hash, and a key without one');
for my $bad ('hunter2', '$argon2id$v=19$m=9999999,t=3,p=1$c2FsdHNhbHQ$aaaaaaaaaaaaaaaaaaaaaa', '$2y$31$' . 'a' x 53, '') {
    sql('UPDATE user_key SET hashed_password = ? WHERE id = ?', $bad, 'username:alice');
    finds("the hash '$bad'", 1, qr/problem rows: 1 keys have a hash that cannot be verified or is too costly, .*: username:alice \| .*luciactl user passwd/);
    unlike join('', found()), qr/hunter2|argon2id/, 'the finding does not show the wrong value' if length $bad;
}
sql('UPDATE user_key SET hashed_password = ? WHERE id = ?', $hash, 'username:alice');
fine('mended');

# ---- Sessions of a clock that was ahead ----

my $now = time * 1000;
sub session { sql('DELETE FROM user_session'); sql('INSERT INTO user_session (id, user_id, active_expires, idle_expires, created_at) VALUES (?, ?, ?, ?, ?)', 'f' x 64, 'user00000000001', @_); return }
session($now + 86_400_000, $now + 15 * 86_400_000, $now);
fine('a session of now');
session($now + 3 * 86_400_000, $now + 15 * 86_400_000, $now);
finds('one that is active for too long', 1, qr/problem rows: 1 sessions were created in the future, .*: [0-9a-f]{12} \| Synchronize the clocks/);
session($now + 86_400_000, $now + 15 * 86_400_000, $now + 3_600_000);
finds('one that was made in an hour', 1, qr/problem rows: 1 sessions were created in the future/);
sql('DELETE FROM user_session');

# What Lucia v2 made: without our columns, indexes and foreign keys.
sql($_) for 'CREATE TABLE old_user (id VARCHAR(15) NOT NULL PRIMARY KEY, username VARCHAR(31) NOT NULL)',
    'CREATE TABLE old_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL, hashed_password VARCHAR(255))',
    'CREATE TABLE old_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL, active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL)';
configured($config . "LuciaTables old_user old_key old_session\n");
finds('a missing attribute', 1, qr/LuciaUserAttributes names role, but the table old_user has no such column \| Add it with: ALTER TABLE \S*old_user\S* ADD COLUMN/);
$config =~ s/ username role/ username/;
configured($config . "LuciaTables old_user old_key old_session\n");
my ($status, $said) = found();
is $status, 0, 'Lucia\'s own tables are no problem' or diag $said;
for my $what (qr/the user table lacks disabled or created_at/, qr/the session table lacks created_at, last_seen/, qr/no index of the session table begins with idle_expires/,
    qr/no index of the session table begins with user_id/, qr/no index of the key table begins with user_id/,
    qr/the session table has no foreign key to the user table, so it may keep sessions of deleted users/, qr/the key table has no foreign key to the user table, so it may keep keys of deleted users/) {
    like $said, qr/^advice database: $what/m, "advice: $what";
}

# What directives cannot do without.
my $old = $config . "LuciaTables old_user old_key old_session\n";
my $alter = qr/ALTER TABLE \S*old_session\S* ADD COLUMN/;
configured($old . "LuciaMaxLifetime 30d\n");
my $lifetime = qr/^problem database: the table old_session lacks created_at, last_seen, address, user_agent, which LuciaMaxLifetime needs: requests that need the database are answered with 503 \| Add the columns with: $alter \S*created_at\S* .*; $alter \S*last_seen\S* .*; $alter \S*address\S* .*; $alter \S*user_agent\S* /m;
finds('LuciaMaxLifetime without the columns of sessions', 1, $lifetime);
configured($old . "<VirtualHost *:81>\nLuciaMaxLifetime 30d\n</VirtualHost>\n");
finds('LuciaMaxLifetime of one virtual host', 1, $lifetime);
is scalar(() = (found())[1] =~ /^advice database: no index of the key table begins with user_id/mg), 1, 'check reports what two virtual hosts have in common once';
configured($old . "LuciaSignup approval\n");
my $approval = qr/^problem database: the table old_user lacks disabled, created_at, which LuciaSignup approval needs: sign-up is answered with 503 \| Add the columns with: ALTER TABLE \S*old_user\S* ADD COLUMN \S*disabled/m;
finds('LuciaSignup approval without the column disabled', 1, $approval);
configured($old . "<Location /signup>\nLuciaSignup approval\n</Location>\n");
finds('LuciaSignup approval in a section', 1, $approval);
my $proof = qr/^problem database: the table old_session has no column proved_at, which .* need: requests that need a recent proof of the password are answered with 501 \| Add the column with: $alter \S*proved_at/m;
for my $lines ("LuciaUsernameChange On\n", "<Location /username>\nLuciaUsernameChange On\n</Location>\n", "<Location /delete>\nLuciaAccountDeletion On\n</Location>\n", "<Location /x>\nAuthType Lucia\nRequire lucia-fresh 5min\n</Location>\n") {
    configured($old . $lines);
    finds(($lines =~ /^(?:<.*\nAuthType.*\n|<.*\n)?(.*)$/m)[0] . ' without the column proved_at', 1, $proof);
}
my $keys = $server->write('secrets', ('a secret of these tests, and of no server' x 2) . "\n");
chmod 0600, $keys;
configured($old . "LuciaSecret {file:$keys}\nLuciaSecondFactor optional\n");
finds('LuciaSecondFactor without the column factors', 1, qr/^problem database: the table old_session has no column factors, which LuciaSecondFactor and LuciaPasskeys need: no session has a second factor, so that requests that need one are refused \| Add the column with: $alter \S*factors/m);
finds('LuciaSecondFactor without the column proved_at', 1, $proof);
finds('LuciaSecondFactor without its tables', 1, qr/^problem database: there is no table old_user_totp, or it lacks columns; LuciaSecondFactor needs it: sign-in .* are answered with 503 \| .*CREATE TABLE/m);
finds('the columns of the module beside a missing table', 1, qr/^advice database: the session table lacks created_at, .* \| Add the columns with: $alter/m);
configured($old);

sql('INSERT INTO old_key (id, user_id, hashed_password) VALUES (?, ?, ?)', "username:ghost$_", 'nobody', $hash) for 1 .. 7;
sql('INSERT INTO old_session (id, user_id, active_expires, idle_expires) VALUES (?, ?, 1, 2)', 'x' x 64, 'nobody');
finds('keys without users', 1, qr/problem rows: 7 keys belong to no user: username:ghost1, .*, username:ghost5, \.\.\. \| .*\nproblem rows: 1 sessions belong to no user/);
sql('DROP TABLE old_session');
finds('a missing table', 1, qr/problem database: there is no table old_session, or it lacks columns; sessions need it: requests that need the database are answered with 503 \| If it has another name, set LuciaTables\. Otherwise run luciactl init, or this as the owner of the tables: CREATE TABLE /);

done_testing;
