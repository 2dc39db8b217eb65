# SPDX-License-Identifier: Apache-2.0
# Virtual hosts: two databases share nothing (S9.17), one is shared, settings are inherited and overridden.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $site = site('', ports => 2, modules => ['ssl', 'socache_shmcb'], start => 0, files => {
    map({ ("htdocs/$_/gated/a.txt" => "only for users of $_\n", "pages/$_/login.html" => "sign in to $_\n") } qw(a b)),
});
my $tls = $site->port_number(2);
my $gate = "<Location /gated>\nAuthType Lucia\nRequire valid-user\n</Location>\n";

sub host {
    my ($port, $name, $lines) = @_;
    return "<VirtualHost 127.0.0.1:$port>\nServerName $name.example\n$lines</VirtualHost>\n";
}
my %own = map { $_ => "DocumentRoot \@htdocs\@/$_\nLuciaDatabase sqlite3 \@dir\@/db/$_.db\n$gate" } qw(a b);
my $engine = "SSLEngine on\n" . certificate($site);
$site->{config} .= <<"CONF" . join '',
LuciaCookieName base_session
LuciaUsernameLength 2 10
LuciaActivePeriod 2h
LuciaHomeURL /base-home
Listen 127.0.0.1:$tls
SSLSessionCache shmcb:\@dir\@/logs/ssl(65536)
CONF
    map({ host('@port@', $_, $own{$_}) . host($tls, $_, "$engine$own{$_}") } qw(a b)),
    host('@port@', 'inherits', ''),
    host('@port@', 'changed', "LuciaCookieName other_session\nLuciaUsernameLength 4 31\nLuciaPasswordLength 10 20\nLuciaActivePeriod 5h\nLuciaHomeURL /own-home\nLuciaLoginURL /own-login\n"),
    host('@port@', 'moved', "LuciaMount /me\n"),
    host('@port@', 'tables', "LuciaTables people doors visits\nLuciaUserAttributes username email\n"),
    host('@port@', 'costly', "LuciaDatabase sqlite3 \@dir\@/db/costly.db\nLuciaPasswordHash argon2id m=64 t=2 p=1\n"),
    host('@port@', 'scrypt', "LuciaDatabase sqlite3 \@dir\@/db/scrypt.db\nLuciaPasswordHash lucia-scrypt\n"),
    map { host('@port@', "page$_", "LuciaTemplates \@dir\@/pages/$_\n") } qw(a b);
$site->start;

my $NAME = 'base_session';
sub ask { my ($client, $host, $method, $path, %arg) = @_; $client->request($method => $path, host => "$host.example", %arg) }
sub credentials { form(username => $_[0], password => $_[1] // $PASSWORD) }
sub enter {
    my ($client, $host, $path, $name, $cookie_name) = @_;
    my ($cookie) = set_cookies(ask($client, $host, POST => $path, credentials($name)), $cookie_name // $NAME);
    return $cookie || die "$host$path: no cookie\n";
}
sub client_for { my ($name, $cache) = @_; LuciaTest::Client->new(port => $tls, tls => 1, sni => "$name.example", tls_cache => $cache) }

# ---- Two databases ----

my $cache = do { require IO::Socket::SSL; IO::Socket::SSL::Session_Cache->new(10) };
for my $secure (0, 1) {
    my $what = $secure ? 'TLS' : 'plain';
    my %client = map { $_ => $secure ? client_for($_, $cache) : $site } qw(a b);
    my ($here, $there) = map { $site->dir . "/db/$_.db" } qw(a b);
    my $alice = enter($client{a}, 'a', $secure ? '/login' : '/signup', 'alice');
    is ask($client{a}, 'a', GET => '/', cookie => $alice)->status, 200, "S9.17: $what: a cookie of A is good on A";
    is ask($client{a}, 'a', GET => '/gated/a.txt', cookie => $alice)->body, "only for users of a\n", "S9.17: $what: and opens its gate";
    my $reply = ask($client{b}, 'b', GET => '/', cookie => $alice);
    is $reply->status, 302, "S9.17: $what: on B it is nothing";
    is +(set_cookies($reply, $NAME))[0]{value}, '', "S9.17: $what: and cleared there";
    $reply = ask($client{b}, 'b', GET => '/gated/a.txt', cookie => $alice);
    isnt $reply->status, 200, "S9.17: $what: it opens no gate of B";
    unlike $reply->body, qr/only for users/, "S9.17: $what: not one byte";
    my $origin = ($secure ? 'https' : 'http') . '://b.example';
    is ask($client{b}, 'b', POST => '/logout', cookie => $alice, origin => $origin)->status, 401, "S9.17: $what: B cannot sign it out";
    ok row_of($site, $alice, $here), "S9.17: $what: it lives on A";
    is row_of($site, $alice, $there), undef, "S9.17: $what: and B never stored it";
    $reply = ask($client{b}, 'b', POST => '/login', credentials('alice'));
    is $reply->status, 400, "S9.17: $what: A's user is not B's";
    next unless $secure;
    for my $name (qw(a b)) {
        $reply = ask(client_for($name, $cache), 'b', GET => '/gated/a.txt', cookie => $alice);
        isnt $reply->status, 200, "S9.17: a resumed TLS session of $name with Host b opens nothing";
    }
    $reply = ask(client_for('b', $cache), 'a', GET => '/', cookie => $alice);
    ok $reply->status =~ /^(?:200|421)$/, "S9.17: a resumed TLS session with Host a is A's or refused";
}
my $bob = enter($site, 'b', '/signup', 'alice');
is ask($site, 'b', GET => '/', cookie => $bob)->status, 200, 'S9.17: the same name may exist on both';
is ask($site, 'a', GET => '/', cookie => $bob)->status, 302, 'S9.17: the same name on two hosts is two users';
is count_of($site, 'auth_user', $site->dir . '/db/a.db'), 1, 'S9.17: host A has one user';
is count_of($site, 'auth_user', $site->dir . '/db/b.db'), 1, 'S9.17: host B has one user';
is count_of($site, 'auth_user'), 0, 'S9.17: the main server\'s database has no user';

# ---- What is inherited ----

my $reply = ask($site, 'inherits', POST => '/signup', credentials('ab'));
is $reply->status . ' ' . $reply->location, '302 /base-home', 'inherited: the length of a name, and home';
my ($cookie) = set_cookies($reply, $NAME);
ok $cookie, 'inherited: the name of the cookie';
is row_of($site, $cookie)->{idle_expires} - row_of($site, $cookie)->{active_expires}, 14 * 86_400_000, 'the default idle period';
cmp_ok abs(row_of($site, $cookie)->{active_expires} - time * 1000 - 2 * 3_600_000), '<', 5000, 'inherited: the active period';
is ask($site, 'inherits', POST => '/signup', credentials('a' x 11))->status, 400, 'inherited: and its upper end';

# ---- What is overridden ----

is ask($site, 'changed', POST => '/signup', credentials('abc', 'long enough 1'))->status, 400, 'overridden: the length of a name';
is error_in(ask($site, 'changed', POST => '/signup', credentials('abcd', 'short 1'))), 'Invalid password', 'overridden: of a password';
is error_in(ask($site, 'changed', POST => '/signup', credentials('abcd', 'x' x 21))), 'Invalid password', 'overridden: at both ends';
like ask($site, 'changed', GET => '/signup')->body, qr/4 to 31 characters.*10 to 20 characters/s, 'overridden: and the page says so';
$reply = ask($site, 'changed', POST => '/signup', credentials('a' x 31, 'long enough 1'));
is $reply->status . ' ' . $reply->location, '302 /own-home', "overridden: a sign-in leads to the host's own home";
my ($other) = set_cookies($reply, 'other_session');
ok $other, 'overridden: the name of the cookie';
is scalar(my @none = set_cookies($reply, $NAME)), 0, 'overridden: and only that';
cmp_ok abs(row_of($site, $other)->{active_expires} - time * 1000 - 5 * 3_600_000), '<', 5000, 'overridden: the active period';
is ask($site, 'changed', GET => '/')->location, '/own-login', 'overridden: the sign-in page';
is ask($site, 'changed', GET => '/', cookie => "other_session=$cookie->{value}")->status, 200, 'one database is shared, under another name of the cookie';
is ask($site, 'changed', GET => '/', cookie => $cookie)->status, 302, 'a cookie under the other name opens nothing';
is ask($site, 'moved', GET => '/me')->location, '/me/login', 'overridden: the mount';
is ask($site, 'moved', GET => '/login')->status, 404, 'overridden: the default mount is 404';
is ask($site, 'moved', POST => '/me/login', credentials('ab'))->location, '/base-home', 'overridden: the moved mount inherits the home';

# ---- Databases that differ in more ----

my $people = enter($site, 'tables', '/signup', 'carol');
is count_of($site, 'people'), 1, 'LuciaTables: its own user table';
is count_of($site, 'visits') . count_of($site, 'doors'), '11', 'LuciaTables: its own sessions and keys';
is sqlite_value($site->db, "SELECT count(*) FROM auth_user WHERE username = 'carol'"), 0, 'LuciaTables: the shared user table has no user of the host';
is ask($site, 'tables', GET => '/', cookie => $people)->status, 200, 'LuciaTables: the session is good there';
is ask($site, 'inherits', GET => '/', cookie => $people)->status, 302, 'LuciaTables: and only there';
is_deeply [sort keys %{ ask($site, 'tables', GET => '/', cookie => $people, accept => 'application/json')->json->{user} }], [qw(email userId username)],
    'LuciaUserAttributes of the host';
for my $case (['costly', qr/^\$argon2id\$v=19\$m=64,t=2,p=1\$/], ['scrypt', qr/^s2:[A-Za-z0-9]{16}:[0-9a-f]{128}$/]) {
    my ($host, $format) = @$case;
    enter($site, $host, '/signup', 'dave');
    like sqlite_value($site->dir . "/db/$host.db", 'SELECT hashed_password FROM user_key'), $format, "LuciaPasswordHash of $host";
    ok enter($site, $host, '/login', 'dave'), "LuciaPasswordHash: $host signs in";
}
is ask($site, "page$_", GET => '/login')->body, "sign in to $_\n", "LuciaTemplates of $_" for qw(a b);

done_testing;
