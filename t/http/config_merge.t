# SPDX-License-Identifier: Apache-2.0
# What virtual hosts and sections inherit and what they replace, seen from outside.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

my $server = LuciaTest::Server->new(
    ports => 3,
    files => { 'htdocs/private/a.txt' => "a\n", 'htdocs/private/sso/a.txt' => "a\n", 'htdocs/own/.htaccess' => "LuciaCSRF Off\n",
        'htdocs/own/a.txt' => "a\n" },
    config => <<'CONF',
Listen 127.0.0.1:@port2@
Listen 127.0.0.1:@port3@
LuciaDatabase sqlite3 @db@
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaCookieName main_session
LuciaUsernameLength 3 20
LuciaMount /auth/
LuciaAllowedOrigins https://A.example:443
LuciaAllowedOrigins https://b.example
<Location /private>
    AuthType Lucia
    Require valid-user
</Location>
<Location /private/sso>
    LuciaLoginURL https://login.example/in?from=here
</Location>
<Location /auth/signup>
    LuciaAllowedOrigins https://c.example
</Location>
<Directory @htdocs@/own>
    AllowOverride All
</Directory>
<VirtualHost *:@port2@>
    LuciaDatabase sqlite3 @dir@/db/second.db
    LuciaCookieName host_session
    LuciaUsernameLength 5 6
    LuciaAllowedOrigins off
</VirtualHost>
<VirtualHost *:@port3@>
    LuciaSignup Off
    LuciaMount off
    LuciaHomeURL /welcome
    <Location /join>
        SetHandler luciauth-signup
        LuciaSignup On
    </Location>
    <Location /no>
        SetHandler luciauth-signup
    </Location>
</VirtualHost>
CONF
);
my ($main, $second, $third) = map { $server->port_number($_) } 1 .. 3;

sub sign_up {
    my ($name, $port, $path, %more) = @_;
    return $server->request(POST => $path || '/auth/signup', port => $port,
        form(username => $name, password => $PASSWORD), %more);
}

# ---- Virtual hosts ----

is sign_up('ab', $main)->status, 400, 'the main server has its own bounds';
my $reply = sign_up('abc', $main);
is $reply->status, 302, 'LuciaPasswordLength is a pair of bounds';
is $reply->header('Location'), '/auth', 'home is where LuciaMount says';
my $cookie = cookie_of($reply, 'main_session');
ok $cookie, 'the main server sets its own cookie';

is sign_up('abcd', $second)->status, 400, 'a virtual host replaces the lower bound';
is sign_up('abcdefg', $second)->status, 400, 'a virtual host replaces the upper bound of the pair';
$reply = sign_up('abcde', $second);
is $reply->status, 302, 'the mount is inherited';
ok cookie_of($reply, 'host_session'), 'the cookie is replaced';
ok !cookie_of($reply, 'main_session'), 'a replaced cookie name sets no cookie of the main server';

is sqlite_value($server->db, 'SELECT count(*) FROM auth_user'), 1, 'one user in the first database';
is sqlite_value($server->dir . '/db/second.db', 'SELECT count(*) FROM auth_user'), 1, 'one in the second';
is $server->request(GET => '/auth', cookie => $cookie, accept => 'application/json')->status, 200, 'a session is known to its server';
is $server->request(GET => '/auth', port => $second, cookie => "host_session=$cookie->{value}", accept => 'application/json')->status,
    401, 'a session is unknown to a server with another database';

is $server->request(GET => '/auth/login', port => $third)->status, 404, 'a mount can be turned off';
is sign_up('abcdef', $third, '/no')->status, 403, 'LuciaSignup Off of a virtual host';
$reply = sign_up('abcdef', $third, '/join');
is $reply->status, 302, 'LuciaSignup On in a section undoes Off';
is $reply->header('Location'), '/welcome', 'the section has its own home';
ok cookie_of($reply, 'main_session'), 'the section sets the cookie of the main server';
is sqlite_value($server->db, 'SELECT count(*) FROM auth_user'), 2, "the section shares the main server's database";

# ---- Sections ----

my %browser = (accept => 'text/html', headers => { 'Sec-Fetch-Mode' => 'navigate' });
is $server->request(GET => '/private/a.txt', %browser)->header('Location'), '/auth/login?next=/private/a.txt',
    'the login page is where LuciaMount says';
is $server->request(GET => '/private/a.txt', %browser, port => $third)->header('Location'), '/login?next=/private/a.txt',
    'the login page is at the default mount';
is $server->request(GET => '/private/sso/a.txt', %browser)->header('Location'),
    'https://login.example/in?from=here&next=http%3A//127.0.0.1%3A' . $server->port . '/private/sso/a.txt', "LuciaLoginURL overrides the mount's login page";

sub sign_in_from {
    my ($origin, $port) = @_;
    return $server->request(POST => '/auth/login', port => $port, origin => $origin,
        form(username => 'nobody', password => $PASSWORD))->status;
}
is sign_in_from('https://a.example'), 400, 'the first line of LuciaAllowedOrigins';
is sign_in_from('https://b.example'), 400, 'the second line of LuciaAllowedOrigins adds to the first';
is sign_in_from('https://c.example'), 403, 'another origin is refused';
is sign_in_from('https://a.example', $second), 403, 'a virtual host replaces them all';
is sign_up('other', $main, undef, origin => 'https://a.example')->status, 403, "a section replaces the server's LuciaAllowedOrigins";
is sign_up('other', $main, undef, origin => 'https://c.example')->status, 302, 'a section accepts its own LuciaAllowedOrigins';

is $server->request(GET => '/own/a.txt')->status, 500, 'no directive is for .htaccess';
like $server->error_log, qr/LuciaCSRF not allowed here/, 'the log says that LuciaCSRF is not allowed in .htaccess';

# ---- A page that somebody is just editing does not end the server when the logs are rotated ----

my $log = length $server->error_log;
$server->write('templates/login.html', "%%#error%%open\n");
$server->restart_graceful;
is $server->request(GET => '/auth/login')->status, 200, 'a restart survives a broken template';
like substr($server->error_log, $log), qr/LUCI0506: LuciaTemplates: "\S+" is not allowed: login\.html: /, 'the log says why the broken template is not used';
isnt +($server->configtest)[0], 0, 'a configtest does not let it pass';

# ---- LuciaCreateSchema of a virtual host, for a database that it inherits ----

for my $case (['Off', 'On', 302], ['On', 'Off', 302], ['Off', 'Off', 503]) {
    my ($outside, $inside, $status) = @$case;
    my $tables = LuciaTest::Server->new(ports => 2, config => <<"CONF");
LuciaDatabase sqlite3 \@db\@
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaMount /
LuciaCreateSchema $outside
Listen 127.0.0.1:\@port2\@
<VirtualHost *:\@port2\@>
    LuciaCreateSchema $inside
</VirtualHost>
CONF
    my $what = "LuciaCreateSchema $outside, $inside in a virtual host";
    for my $n (1, 2) {
        is $tables->request(POST => '/signup', form(username => "user$n", password => $PASSWORD), port => $tables->port_number($n))->status,
            $status, "$what: sign-up on " . ($n == 1 ? 'the main server' : 'the virtual host');
    }
    is sqlite_value($tables->db, 'SELECT count(*) FROM auth_user'), 2, "$what: the tables were made" if $status == 302;
}

done_testing;
