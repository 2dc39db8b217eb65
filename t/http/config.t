# SPDX-License-Identifier: Apache-2.0
# What the configuration accepts, what it refuses and how it says so, and the checks of a whole configuration.
# t/http/config_merge.t looks at what the values do.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;
my $server = LuciaTest::Server->new(start => 0);

sub refused {
    my ($config, $name, @patterns) = @_;
    my ($status, $said) = $server->configtest($config);
    my @missing = grep { $said !~ /$_/ } @patterns;
    ok $status != 0 && !@missing, $name or diag "status $status, not said: @missing\n$said";
    return $said;
}

sub accepted {
    my ($config, $name) = @_;
    my ($status, $said) = $server->configtest($config);
    is $status, 0, $name or diag $said;
    return;
}

$server->write('lists/words', "password\n");
$server->write('lists/empty', "\n");
$server->write('lists/ntlm', '8846F7EAEE8FB117AD06BDD830B7586C:3' . "\n");
$server->write('lists/by-count', join '', map { $_ x 40 . ":1\n" } 'B', 'A');

# ---- Values that are refused: the message has the directive, the value and what is allowed ----

my $long = 'a' x 64;
my @flags = qw(LuciaCreateSchema LuciaCookieExpires LuciaCSRF LuciaSignup LuciaUsernameChange LuciaAccountDeletion LuciaPages LuciaErrorCodes LuciaHeaders LuciaStripCookie
    LuciaBearer LuciaOptional);
my $period = qr/a time of 1s to 10 years, such as 10s, 5min, 24h or 14d/;
my $names  = qr/letters, digits and underscores, not starting with a digit, of at most 63 characters/;
my $local  = qr/a path on this site that starts with one slash/;

my @refused = (
    (map { my $flag = $_; map { [$flag, $_, qr/On or Off/] } qw(1 yes), 'On Off' } @flags),
    (map { my $span = $_; map { [$span, $_, $period] }
        '5 bananas', qw(0 0s 999ms 3651d 11years -1d 1.5d s 1d1h 99999999999999999999 9223372036854775807d) }
        qw(LuciaActivePeriod LuciaIdlePeriod)),
    (map { ['LuciaMaxLifetime', $_, qr/$period, or off/] } qw(0 never 3651d), 'off off'),
    (map { ['LuciaActivePeriod', $_, $period] } qw(off)),
    (map { ['LuciaDatabasePool', $_, qr/MAX \[WAIT\], where MAX is 1 to 1000 handles or auto, and WAIT a time of 10ms to 1min/] }
        qw(0 1001 -1 many), '4 9ms', '4 2min', '4 x', '4 5s 6s'),
    (map { ['LuciaTables', $_, qr/three different names USER KEY SESSION, each of $names/] }
        'a b', 'a b c d', 'a b a', 'a b A', 'a-b c d', '1a b c', "a b $long", 'a b c;d', "a b \xc3\xa9"),
    (map { ['LuciaUserAttributes', $_, qr/1 to 16 different columns of the user table, each of $names, and none of id,/] }
        'a a', 'a A', 'a,b', '2nd', 'id', 'username hashed_password', 'USER_ID', 'cookie', 'Authorization', $long, join(' ', 'a' .. 'q')),
    (map { ['LuciaCleanup', $_, qr/a time of 1s to 1d, such as .*, or off/] } qw(0 never 999ms 25h), 'off off'),
    (map { ['LuciaMaxSessions', $_, qr/a number from 1 to 1000, or off/] } qw(0 1001 -1 5s many), '5 6'),
    (map { ['LuciaFreshness', $_, qr/a time of 1s to 30d/] } qw(0 999ms 31d off)),
    (map { ['LuciaSessionTokens', $_, qr/hashed or plain/] } qw(sha256 on), 'hashed plain'),
    (map { ['LuciaCookieName', $_, qr/letters, digits/] } 'a=b', 'a;b', '"a b"', "\xc3\xa9"),
    (map { ['LuciaCookiePath', $_, qr{must start with '/'}] } 'auth', '"/a b"', '"/a;b"'),
    (map { ['LuciaCookieDomain', $_, qr/a host name/] } 'https://example.org', 'a/b', 'a.example:80'),
    (map { ['LuciaCookieSameSite', $_, qr/Lax, Strict or None/] } qw(off lenient)),
    (map { ['LuciaCookieSecure', $_, qr/auto, on or off/] } qw(always 1)),
    (map { ['LuciaUsernameLength', $_, qr/two lengths MIN MAX in UTF-16 units, each from 1 to 255, MIN not above MAX/] }
        '4', '0 31', '5 4', '4 256', '4 31 5', '4 x', '-1 4'),
    (map { ['LuciaPasswordLength', $_, qr/two lengths MIN MAX in UTF-16 units, each from 1 to 1000, MIN not above MAX/] }
        '6', '0 6', '8 7', '8 1001'),
    (map { my ($file, $why) = @$_; ['LuciaPasswordBlocklist', $file, qr{$why[^;]*(?:; [^;]*)?; allowed is a file of passwords, one a line, or of SHA-1 hashes ordered by hash}] }
        ['none/list', 'No such file'], ['templates', 'it is a folder'], ['lists/empty', 'it contains no password'],
        ['lists/ntlm', 'as a list of NTLM hashes'], ['lists/by-count', 'at byte 0 it is not a list of SHA-1 hashes ordered by hash|at byte 43 .*'], ['""', 'it is not a path']),
    ['LuciaPasswordWords', "caf\xe9", qr/words in UTF-8/], ['LuciaPasswordWords', '""', qr/words in UTF-8/],
    (map { ['LuciaPasswordHash', $_, qr/argon2id \[m=KiB\] \[t=N\] \[p=N\] with m from 8 to 262144 .*; or lucia-scrypt/] }
        'bcrypt', 'argon2i', 'argon2id m=7', 'argon2id m=262145', 'argon2id t=0', 'argon2id t=11', 'argon2id p=0',
        'argon2id p=9', 'argon2id m=31 p=4', 'argon2id m=64 m=64', 'argon2id x=1', 'argon2id m=', 'argon2id m=64k',
        'lucia-scrypt m=64', 'argon2id m=64 t=1 p=1 q=1'),
    (map { ['LuciaEmail', $_, qr/: off, optional or required/] } qw(on yes), 'optional required'),
    (map { ['LuciaMailNotices', $_, qr/: one or more of device, password, email, factor, username; or none/] } 'on', 'off', 'device sms', 'none device', 'device device'),
    (map { ['LuciaPasskeys', $_, qr/: off, on or only/] } qw(yes optional), 'on on'),
    (map { ['LuciaSecondFactor', $_, qr/: off, optional or required/] } qw(on yes), 'off off'),
    (map { ['LuciaArgon2', $_, qr/: auto, libargon2 or libsodium/] } qw(on off sodium argon2), 'auto auto'),
    (map { ['LuciaAuditLog', $_, qr/the path of a file, absolute or relative to ServerRoot, "\|program" with its arguments, or off/] }
        '""', '|', '"| "', '"|$"', 'a b', 'off off'),
    (map { ['LuciaMount', $_, qr/a path that starts with a slash, such as \/ or \/auth/] }
        'auth', '//', '/a//b', '/a/../b', '/a/.', '/./a', '/a?b', '/a#b', '/a%2fb', '"/a b"', '/a\\b', "/\xc3\xa9"),
    (map { ['LuciaAdopt', $_, qr/NAME \[id=VARIABLE\] \[username=VARIABLE\] \[email=VARIABLE\] \[signup=On\|Off\], each once/] }
        'username', 'email', 'Corp', 'a:b', '-a', '_a', 'a' x 33, 'corp name', 'corp id=', 'corp id=A-B', 'corp id=1', 'corp id=HTTP_X_USER', 'corp username=http_user',
        'corp id=QUERY_STRING', 'corp id=A id=A', 'corp signup=maybe', 'corp signup=On signup=On', 'corp groups=A', 'corp id=A username=B email=C signup=On more'),
    (map { ['LuciaForwardHosts', $_, qr/host names as HOST or HOST:PORT/] } '*', '*.example.org', 'https://a.example', 'a.example/', 'a.example:0', 'user@a.example', 'off a.example'),
    (map { ['LuciaForwardFrom', $_, qr/addresses as ADDRESS or ADDRESS\/BITS/] } '*', 'localhost', '10', '10.1', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '::1/129', 'off 127.0.0.1', '127.0.0.1:80'),
    (map { ['LuciaReturnTo', $_, qr/origins as scheme:\/\/host or scheme:\/\/host:port/] } '*', 'null', 'https://a.example/', 'app.example', 'off https://a.example'),
    (map { ['LuciaAllowedOrigins', $_, qr/origins as scheme:\/\/host or scheme:\/\/host:port/] }
        '*', 'null', 'example.org', 'https://a.example/', 'https://a.example https://b.example/x', 'ftp://a.example',
        'https://u@a.example', 'https://a.example off', 'https://*.example.org'),
    (map { ['LuciaLoginURL', $_, qr/$local, such as \/login, or an absolute http or https URL/] }
        'login', '//evil.example', '/\\\\evil.example', 'ftp://a.example/', 'https://', 'https://u:p@a.example/',
        'javascript:alert(1)', '/login#now', 'https://a.example/#x', '"https://a.example/a b"'),
    (map { my $url = $_; map { [$url, $_, $local] } 'here', '//evil.example/', 'https://a.example/', '/%2f/evil' }
        qw(LuciaSignupURL LuciaLogoutURL LuciaHomeURL LuciaAdoptURL)),
    (map { ['LuciaUnauthenticated', $_, qr/auto, redirect or 401/] } qw(403 login)),
    (map { ['LuciaRemoteUser', $_, qr/username, user_id or a column of LuciaUserAttributes/] } 'e-mail', '1st', 'email'),
);

for my $case (@refused) {
    my ($directive, $value, $allowed) = @$case;
    my $shown = $value =~ /^"(.*)"$/ ? $1 : $value;
    $shown =~ s/\\\\/\\/g;
    # httpd's log shows a backslash twice and other bytes than ASCII as escapes.
    my $pattern = join '', map { /[\x80-\xff]/ ? '\\\\x[0-9a-f]{2}' : $_ eq '\\' ? '\\\\{1,2}' : quotemeta } split //, $shown;
    refused("$directive $value\n", "$directive $value", qr/\b$directive: /, qr/"$pattern"/, $allowed);
}

for my $directive (@flags, grep { !/LuciaTemplates/ } sort keys %{ { map { $_->[0] => 1 } @refused } }) {
    refused("$directive\n", "$directive without a value", qr/\b$directive: a value is missing, allowed is /);
}

# ---- LuciaDatabase: whatever the words are, they are not shown ----

for my $value ('', 'sqlite3', '"host=db password=hunter2"', 'oracle "password=hunter2"', 'password=hunter2 x',
    'sqlite3 ""', 'sqlite3 :memory:', 'sqlite3 hunter2 hunter2') {
    my $said = refused("LuciaDatabase $value\n", "LuciaDatabase $value", qr/\bLuciaDatabase: /,
        qr/DRIVER PARAMS, where DRIVER is sqlite3/);
    unlike $said, qr/hunter2/, 'the refusal of LuciaDatabase shows no parameter';
}
refused("LuciaDatabase oracle x\n", 'an unknown driver is named', qr/LuciaDatabase: driver "oracle" is not allowed/);

# ---- Values that are accepted ----

$server->write('db/relative.db', '');
accepted(<<'CONF', 'each directive with a usual value');
LuciaDatabase sqlite3 db/relative.db
LuciaDatabasePool 8 500ms
LuciaCreateSchema off
LuciaTables user user_key user_session
LuciaUserAttributes username email display_name
LuciaActivePeriod 90min
LuciaIdlePeriod 3600
LuciaMaxLifetime 30d
LuciaSessionTokens plain
LuciaCleanup 5min
LuciaFreshness 1h
LuciaCookieName __Host-session
LuciaCookiePath /
LuciaCookieDomain off
LuciaCookieSameSite none
LuciaCookieSecure on
LuciaCookieExpires Off
LuciaUsernameLength 1 255
LuciaPasswordLength 8 1000
LuciaPasswordBlocklist lists/words
LuciaPasswordWords "Example Ltd" widget
LuciaPasswordHash argon2id p=2 m=65536
LuciaArgon2 auto
LuciaAuditLog "|/usr/bin/env cat"
LuciaTemplates templates
LuciaMount /auth/
LuciaCSRF On
LuciaAllowedOrigins https://a.example http://[::1]:8080
LuciaSignup Off
LuciaSignupAttributes off
LuciaUsernameChange On
LuciaAccountDeletion On
LuciaUsernameURL /name
LuciaDeleteURL /end
LuciaLoginURL https://login.example/in?from=here
LuciaSignupURL /join
LuciaLogoutURL /out
LuciaHomeURL /start?tab=1
LuciaPages Off
LuciaUnauthenticated 401
LuciaRemoteUser email
LuciaHeaders On
LuciaStripCookie Off
LuciaBearer On
LuciaOptional On
CONF

accepted("LuciaDatabase sqlite3 \@db\@\n$_\n", $_) for 'LuciaAdopt corp', 'LuciaAdopt 0-a_b', 'LuciaAdopt ' . 'a' x 32, 'LuciaAdopt corp ID=OIDC_CLAIM_sub username=A signup=oFF';
refused("LuciaAdopt corp\n", 'LuciaAdopt without LuciaDatabase', qr/LUCI0501: LuciaDatabase is missing: \S+ uses mod_luciauth \(LuciaAdopt corp\)/);
accepted("$_\n", $_) for 'LuciaDatabasePool auto', 'LuciaDatabasePool 1 60s', 'LuciaActivePeriod 1s', 'LuciaActivePeriod 3650d',
    'LuciaActivePeriod 1000ms', 'LuciaIdlePeriod 2mi', 'LuciaIdlePeriod 5H', 'LuciaMaxLifetime Off', 'LuciaMaxLifetime 1s',
    'LuciaPasswordBlocklist off', 'LuciaPasswordWords off', 'LuciaPasswordHash lucia-scrypt', 'LuciaPasswordHash argon2id', 'LuciaPasswordHash argon2id m=8 t=1 p=1',
    'LuciaPasswordHash argon2id m=262144 t=10 p=8', 'LuciaArgon2 libargon2', 'LuciaArgon2 LibSodium', 'LuciaMount off', 'LuciaAllowedOrigins off', 'LuciaReturnTo off', 'LuciaForwardHosts A.example:8443 b.example', 'LuciaForwardHosts off', 'LuciaAdoptURL /sign-in', 'LuciaForwardFrom 10.0.0.0/8 ::1 2001:db8::/32 127.0.0.1', 'LuciaForwardFrom off',
    'LuciaCookieDomain example.org', 'LuciaCookiePath /app', 'LuciaRemoteUser user_id', 'LuciaUnauthenticated redirect',
    'LuciaUserAttributes ' . join(' ', 'a' .. 'p'), "LuciaTables " . join ' ', map { $_ . 'x' x 62 } qw(a b c);

# ---- Where they may stand ----

for my $line ('LuciaDatabase sqlite3 @db@', 'LuciaTables a b c', 'LuciaMount /a', 'LuciaCookieName a') {
    refused("<Location /a>\n$line\n</Location>\n", "$line is not for sections", qr/not allowed in <Location> context/);
}
refused("<Location /a>\n<Limit GET>\nLuciaOptional On\n</Limit>\n</Location>\n",
    'nothing is for <Limit>, which would be ignored', qr/LuciaOptional cannot occur within <Limit>/);
accepted(<<'CONF', 'the others are for every section');
<Directory @htdocs@>
    LuciaCSRF Off
    <Files "*.txt">
        LuciaBearer On
    </Files>
    <If "%{HTTP_HOST} == 'a'">
        LuciaHeaders On
    </If>
</Directory>
<LocationMatch "^/a">
    LuciaLoginURL /enter
</LocationMatch>
<Proxy *>
    LuciaStripCookie On
</Proxy>
CONF

# ---- Use without a database ----

my $missing = qr/LUCI0501: LuciaDatabase is missing: \S+:\d+ uses mod_luciauth .* write LuciaDatabase DRIVER PARAMS/;
my @uses = (
    ['SetHandler luciauth-login', "<Location /login>\nSetHandler luciauth-login\n</Location>\n"],
    ['AddHandler luciauth-profile', "AddHandler luciauth-profile .me\n"],
    ['LuciaMount /', "LuciaMount /\n"],
    ['AuthType Lucia', "<Directory \@htdocs\@>\nAuthType Lucia\nRequire valid-user\n</Directory>\n"],
    ['AuthType "lucia"', "<Location /a>\n<If \"true\">\nAuthType \"lucia\"\nRequire valid-user\n</If>\n</Location>\n"],
    ['AuthBasicProvider file lucia', "<Location /dav>\nAuthType Basic\nAuthName a\nAuthBasicProvider file lucia\n</Location>\n"],
    ['AuthnProviderAlias lucia', "<AuthnProviderAlias lucia members>\n</AuthnProviderAlias>\n"],
    ['Require not lucia-attribute',
        "<Location /a>\n<RequireAll>\nRequire all granted\nRequire not lucia-attribute username guest\n</RequireAll>\n</Location>\n"],
);
for my $use (@uses) {
    my ($shown, $config) = @$use;
    refused($config, "$shown without a database", $missing, qr/\Q$shown\E/, qr/the main server has no database/);
    accepted("LuciaDatabase sqlite3 \@db\@\n$config", "$shown with one");
}
accepted("<Location /a>\nLuciaHomeURL /start\n</Location>\n", 'loading the module and setting it up is no use');
accepted("LuciaMount off\n", 'LuciaMount off needs no database');
accepted("<IfModule no_such_module>\nLuciaMount /\n</IfModule>\n", 'a mount in an IfModule that does not apply needs no database');

sub hosts {
    my ($first, $second) = @_;
    return "<VirtualHost *>\nServerName a.example\n$first</VirtualHost>\n"
        . "<VirtualHost *>\nServerName b.example\n$second</VirtualHost>\n";
}
my $database = "LuciaDatabase sqlite3 \@db\@\n";
refused(hosts("LuciaMount /\n", $database), 'a virtual host needs one of its own', $missing,
    qr/the virtual host of \S+httpd\.conf:\d+ has no database/);
accepted(hosts("$database LuciaMount /\n", ''), 'a virtual host with a mount and its own database is accepted');
accepted($database . hosts("LuciaMount /\n", ''), 'a virtual host that inherits the database is accepted');
my $gate = "<Location /a>\nAuthType Lucia\nRequire valid-user\n</Location>\n";
refused($gate . hosts($database, ''), 'a gate of all servers needs it in each', $missing, qr/the virtual host of/);
accepted($gate . hosts($database, $database), 'a gate with a database in each virtual host is accepted');

# ---- The cookie as a whole ----

my $together = qr/LUCI0504: .*LuciaCookieSecure \w+ are not allowed together: browsers reject/;
refused("LuciaCookieName __Host-a\n", '__Host- needs Secure', $together, qr/"__Host-a"/, qr/write LuciaCookieSecure on/);
refused("LuciaCookieName __Secure-a\n", '__Secure- needs it too', $together);
refused("LuciaCookieSameSite None\n", 'SameSite=None as well', $together, qr/LuciaCookieSameSite None/);
refused("LuciaCookieName __Host-a\nLuciaCookieSecure on\nLuciaCookiePath /a\n", '__Host- needs the path /', $together);
refused("LuciaCookieName __Host-a\nLuciaCookieSecure on\nLuciaCookieDomain a.example\n", 'and no domain', $together);
accepted("LuciaCookieName __Host-a\nLuciaCookieSecure on\n", '__Host- as browsers like it');
accepted("LuciaCookieName __Secure-a\nLuciaCookieSecure on\nLuciaCookiePath /a\nLuciaCookieDomain a.example\n", '__Secure- with LuciaCookieSecure on is accepted');
refused("LuciaCookieName __Host-a\nLuciaCookieSecure on\n" . hosts("LuciaCookiePath /a\n", ''),
    'a virtual host is judged by what it inherits', $together, qr/in the virtual host of/);

# ---- One session table, read in two ways ----

my $two_ways = qr/LUCI0313: .* have one session table, but LuciaSessionTokens is plain in only one/;
for (
    [1, 'plain and hashed', hosts("$database LuciaSessionTokens plain\n", $database)],
    [2, 'inherited', $database . hosts("LuciaSessionTokens plain\n", '')],
    [0, 'twice plain', hosts(("$database LuciaSessionTokens plain\n") x 2)],
    [0, 'two databases', hosts("$database LuciaSessionTokens plain\n", "LuciaDatabase sqlite3 \@dir\@/db/other.db\n")],
    [0, 'two tables', hosts("$database LuciaSessionTokens plain\n", "$database LuciaTables a b c\n")],
) {
    my ($warns, $name, $config) = @$_;
    my ($status, $said) = $server->configtest($config);
    is $status, 0, "$name: accepted" or diag $said;
    is scalar(() = $said =~ /$two_ways/g), $warns, $warns ? '  with a warning' : '  without one' or diag $said;
}

# ---- LuciaRemoteUser ----

refused("<Location /a>\nLuciaRemoteUser email\n</Location>\n", 'an unknown column in a section',
    qr/LUCI0502: LuciaRemoteUser: "email" is not allowed: .*\(username\), in \S+:\d+/);
refused("LuciaUserAttributes email\nLuciaRemoteUser email\n" . hosts("LuciaUserAttributes nick\n", ''),
    'a virtual host that knows it not inherits it', qr/LUCI0503: LuciaRemoteUser: "email" .*\(nick\), inherited by the virtual host/);
refused(hosts("LuciaUserAttributes email\n", "LuciaRemoteUser email\n"), 'or has it without knowing it', qr/LUCI0502: /);
accepted(hosts("LuciaUserAttributes email\nLuciaRemoteUser email\n", ''), 'one that knows it is fine');

# ---- Require lucia-attribute ----

my $rule = "LuciaDatabase sqlite3 \@db\@\n<Location /a>\nAuthType Lucia\nRequire %s\n</Location>\n";
refused(sprintf($rule, 'lucia-attribute rolle admin'), 'an attribute that nobody has',
    qr/LUCI0502: Require lucia-attribute: "rolle" is not allowed: .*\(username\), in \S+:\d+/);
refused(sprintf($rule, "valid-user\n<RequireAll>\nRequire lucia-attribute rolle admin\n</RequireAll>"), 'also inside a container', qr/LUCI0502: .*"rolle"/);
refused(sprintf($rule, 'lucia-attribute role'), 'no value', qr/lucia-attribute: a NAME and at least one VALUE are needed/);
accepted(sprintf($rule, 'lucia-attribute username alice'), 'username is one');
accepted("LuciaUserAttributes role\n" . sprintf($rule, 'lucia-attribute role admin editor'), 'a rule about a listed attribute is accepted');
accepted("<Directory \@htdocs\@>\nLuciaRemoteUser email\n</Directory>\n" . hosts("LuciaUserAttributes email\n", ''),
    'a section for a virtual host that lists the attribute is accepted');

# ---- What would only show later: the session cache's servers, the database ----

my @clients = LuciaTest::Server->new(start => 0, modules => ['socache_redis', 'socache_memcache']);
for my $name ('redis:host:port', 'redis:host:99999', 'redis:[::1', '"redis:a b"', 'redis::6379', 'redis:a,b:0x1', 'redis:::1', 'memcache:host:99999', 'memcache:http://a') {
    my ($status, $said) = $clients[0]->configtest("$database LuciaSessionCache $name\n");
    ok $status != 0 && $said =~ /LUCI0507: LuciaSessionCache: .* is not a server: write HOST, HOST:PORT/, "LuciaSessionCache $name" or diag $said;
}
for my $name ('redis:user:S3cret@localhost:6379', 'redis:localhost,S3cret@other', 'memcache:S3cret@a') {
    my ($status, $said) = $clients[0]->configtest("$database LuciaSessionCache $name\n");
    ok $status != 0 && $said =~ /LUCI0507: LuciaSessionCache: "\w+:\.\.\.\@\w+.*" is not allowed: a server has a user or a password/, "LuciaSessionCache $name" or diag $said;
    unlike $said, qr/S3cret/, 'the message does not repeat the password';
}
for my $name ('redis:localhost', 'redis:127.0.0.1:1', 'redis:[::1]:1', 'memcache:127.0.0.1:1,localhost:1') {    # nobody answers there
    my ($status, $said) = $clients[0]->configtest("$database LuciaSessionCache $name\n");
    is $status, 0, "LuciaSessionCache $name" or diag $said;
}

$server->write("db/$_->[0]", $_->[1]) for ['text.db', 'no database at all, but long enough'], ['short.db', 'x'], ['empty.db', ''];
my @databases = (
    ['sqlite3 @dir@/no/such/a.db', qr/the folder "\S+no\/such" does not exist/],
    ['sqlite3 @dir@/db/text.db/a.db', qr/the folder "\S+text\.db" does not exist/],
    ['sqlite3 @dir@/db', qr/"\S+db" is not a regular file/],
    ['sqlite3 @dir@/db/text.db', qr/"\S+text\.db" is not an SQLite database/],
    ['sqlite3 @dir@/db/short.db', qr/"\S+short\.db" is not an SQLite database/],
    ["sqlite3 \@dir\@/db/none.db\nLuciaCreateSchema Off", qr/the file "\S+none\.db" does not exist, and LuciaCreateSchema is Off/],
    ['pgsql hunter2', qr/PARAMS of pgsql are words NAME=VALUE.*/],
    ['mysql hunter2', qr/PARAMS of mysql are words NAME=VALUE.*/],
    ['mysql "host=db,password=hunter2"', qr/.*the driver knows host, user, pass, dbname.*/],
);
for my $case (LuciaTest::is_sqlite() ? @databases : ()) {
    my ($line, $why) = @$case;
    my $said = refused("LuciaDatabase $line\n", "LuciaDatabase $line", qr/LUCI0714: LuciaDatabase: $why, in the main server/);
    unlike $said, qr/hunter2/, 'the refusal of LuciaSessionCache shows no parameter';
}
accepted("LuciaDatabase $_\n", "LuciaDatabase $_") for 'sqlite3 @dir@/db/empty.db', 'sqlite3 @dir@/new/a.db',
    'pgsql "dbname=a user=b"', 'pgsql postgresql://localhost/a', 'mysql "host = db, user=a;pass=b=c dbname=d|port=1"';

# ---- Templates ----

$server->write('pages/login.html', "<p>%%error%%</p>\n");
accepted("LuciaTemplates pages\n", 'a folder with some of the templates');
refused("LuciaTemplates no-such-folder\n", 'no folder', qr/LUCI0505: LuciaTemplates: "\S+no-such-folder" is not allowed: a folder/);
refused("LuciaTemplates pages/login.html\n", 'a file', qr/LUCI0505: LuciaTemplates: /);
refused("LuciaTemplates\n", 'no value', qr/LuciaTemplates: a value is missing/);
$server->write('pages/login.html', "%%#error%%open\n");
refused("LuciaTemplates pages\n", 'a broken template', qr/LUCI0506: LuciaTemplates: "\S+pages" is not allowed: login\.html: ./);
refused(hosts("LuciaTemplates pages\n", ''), 'in a virtual host', qr/LUCI0506: /);

# ---- The reference ----

my $table = `doc/directives-table.pl`;
like $table, qr/^\| \[LuciaDatabase\]/m, 'the rows can be read';
ok index(LuciaTest::Server::slurp('doc/directives.md'), $table) > 0, 'the table in doc/directives.md is that of the rows'
    or diag 'run doc/directives-table.pl --update';

done_testing;
