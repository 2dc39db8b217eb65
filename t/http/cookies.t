# SPDX-License-Identifier: Apache-2.0
# The session cookie: the bytes that are sent, and what is read as one (S9.12 and S9.16).
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my %HOST = (
    strict => 'LuciaCookieSameSite Strict', on => 'LuciaCookieSecure on', longlived => 'LuciaCookieExpires Off',
    prefix => "LuciaCookieName __Host-session\nLuciaCookieSecure on",
    domain => "LuciaCookieDomain example.org\nLuciaCookiePath /auth\nLuciaMount /auth",
    none => "LuciaCookieSameSite None\nLuciaCookieSecure on", named => 'LuciaCookieName SID',
    broken => 'LuciaDatabase sqlite3 @dir@/no/such/folder/x.db',
);
my $site = site(<<'CONF', ports => 3, modules => ['ssl'], start => 0);
<Location /gate>
    AuthType Lucia
    Require valid-user
</Location>
<Location /optional>
    AuthType Lucia
    Require valid-user
    LuciaOptional On
</Location>
CONF
my ($secure, $https) = secure_host($site, 2);
my ($off) = secure_host($site, 3, "LuciaCookieSecure off\n");
$site->{config} .= $secure . $off . join '', map {
    my $lines = $HOST{$_} // '';
    "<VirtualHost 127.0.0.1:\@port\@>\nServerName $_.example\n$lines\n</VirtualHost>\n"
} 'plain', sort keys %HOST;
$site->start;
my $plainly_https = LuciaTest::Client->new(port => $site->port_number(3), tls => 1);
sign_up($site, 'alice');
my $flags = 'HttpOnly; SameSite=Lax';

# ---- What is sent ----

my @DAY = qw(Sun Mon Tue Wed Thu Fri Sat);
my @MONTH = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);

sub http_date {
    my @t = gmtime $_[0];
    return sprintf '%s, %02d %s %04d %02d:%02d:%02d GMT', $DAY[$t[6]], $t[3], $MONTH[$t[4]], $t[5] + 1900, @t[2, 1, 0];
}

# Signs in, out, and comes with an unknown id; compares all three Set-Cookie headers byte by byte.
sub check_bytes {
    my ($what, $client, $base, $name, $before, $after, %arg) = @_;
    my $reply = $client->request(POST => "$base/login", form(username => 'alice', password => $PASSWORD), %arg);
    my ($cookie) = set_cookies($reply, $name) or return fail "S9.16: $what: a cookie";
    my $row = row_of($site, $cookie);
    my $year = $what =~ /Expires Off/;
    my $expires = http_date(int($row->{idle_expires} / 1000));
    if ($year) {
        my $now = time;
        ($expires) = grep { index($cookie->{raw}, $_) > 0 } map { http_date($now + 365 * 86400 + $_) } -2 .. 1;
        ok $expires, "S9.16: $what: one year on";
    }
    is $cookie->{raw}, "$name=$cookie->{value}; ${before}Expires=$expires; $after", "S9.16: $what: as sent";
    my $gone = "$name=; ${before}Expires=Thu, 01 Jan 1970 00:00:00 GMT; $after";
    my $origin = $client->scheme . '://' . ($arg{host} // "127.0.0.1:$client->{port}");
    $reply = $client->request(POST => "$base/logout", cookie => $cookie, origin => $origin, %arg);
    is $reply->status, 302, "S9.16: $what: signed out";
    is_deeply [$reply->headers('Set-Cookie')], [$gone], "S9.16: $what: clearing repeats the attributes";
    $reply = $client->request(GET => "$base/login", cookie => $cookie, %arg);
    is_deeply [$reply->headers('Set-Cookie')], [$gone], "S9.16: $what: an unknown id is cleared with the same attributes";
    return;
}
my $secure_flags = 'HttpOnly; Secure; SameSite=Lax';
check_bytes('http', $site, '', 'auth_session', 'Path=/; ', $flags);
check_bytes('https', $https, '', 'auth_session', 'Path=/; ', $secure_flags);
check_bytes('Secure on over http', $site, '', 'auth_session', 'Path=/; ', $secure_flags, host => 'on.example');
check_bytes('Secure off over https', $plainly_https, '', 'auth_session', 'Path=/; ', $flags);
check_bytes('SameSite Strict', $site, '', 'auth_session', 'Path=/; ', 'HttpOnly; SameSite=Strict', host => 'strict.example');
check_bytes('SameSite None', $site, '', 'auth_session', 'Path=/; ', 'HttpOnly; Secure; SameSite=None', host => 'none.example');
check_bytes('__Host-', $site, '', '__Host-session', 'Path=/; ', $secure_flags, host => 'prefix.example');
check_bytes('a domain and a path', $site, '/auth', 'auth_session', 'Domain=example.org; Path=/auth; ', $flags, host => 'domain.example');
check_bytes('another name', $site, '', 'SID', 'Path=/; ', $flags, host => 'named.example');
check_bytes('Expires Off', $site, '', 'auth_session', 'Path=/; ', $flags, host => 'longlived.example');

# ---- What is read ----

my $v = sign_in($site, 'alice')->{value};
my $w = sign_in($site, 'alice')->{value};

sub is_known {
    my ($cookie, $what) = @_;
    is $site->request(GET => '/', cookie => $cookie)->status, 200, "'$what' is ours";
    my $reply = $site->request(GET => '/', cookie => $cookie, host => 'broken.example');
    is $reply->status, 503, "'$what': the database is asked";
    is cookie_of($reply), undef, "'$what': and the cookie is not cleared because it did not answer";
    return;
}

# Anonymous: no page, nothing cleared (it is not our cookie), and no query, for without a database the answer is the same.
sub is_nobody {
    my ($cookie, $what, $row) = @_;
    for my $host (undef, 'broken.example') {
        my $reply = $site->request(GET => '/', cookie => $cookie, ($host ? (host => $host) : ()));
        is $reply->status . ' ' . ($reply->location // ''), '302 /login', "S9.$row: '$what' is nobody" . ($host ? ', without any query' : '');
        is cookie_of($reply), undef, "S9.$row: '$what': no Set-Cookie";
    }
    return;
}

# Anonymous without a query as well, and every cookie of the name is cleared.
sub is_anonymous_with_differing {
    my ($cookie, $what) = @_;
    for my $host ('plain.example', 'broken.example') {
        my $reply = $site->request(GET => '/', cookie => $cookie, host => $host);
        is $reply->status . ' ' . ($reply->location // ''), '302 /login', "S9.16: '$what' is nobody at $host";
        is_deeply [$reply->headers('Set-Cookie')], [cleared("Domain=$host; Path=/"), cleared('Path=/')],
            "S9.16: '$what': both shapes are cleared";
    }
    return;
}
sub cleared { my ($where, $name) = @_; ($name // 'auth_session') . "=; $where; Expires=Thu, 01 Jan 1970 00:00:00 GMT; $flags" }
sub named { my ($text) = @_; $text =~ s/\t/<TAB>/gr =~ s/$v/ID/gr =~ s/$w/OTHER/gr }

is_known($_, named($_)) for "auth_session=$v", "a=b; auth_session=$v", "auth_session=$v; a=b", "auth_session=$v;a=b", "a=b;auth_session=$v", "a; auth_session=$v; b",
    "auth_session=$v;", ";auth_session=$v", "  auth_session=$v  ", "\tauth_session=$v\t", "auth_session=$v; auth_session=$v", "auth_session2=$w; auth_session=$v",
    "a=auth_session=$w; auth_session=$v", 'x=' . 'y' x 4000 . "; auth_session=$v";

is_nobody("auth_session=$_", "a value of " . length, 12) for '', 'a', substr($v, 0, 39), "${v}a", $v x 2, 'a' x 4000;
is_nobody("auth_session=$_->[1]", "a value with $_->[0]", 12) for
    ['upper case', uc $v], ['an underscore', substr($v, 1) . '_'], ['a blank', substr($v, 1) . ' '], ['a blank before', " $v"], ['a tab before', "\t$v"], ['quotes', qq("$v")],
    ['a quote', substr($v, 1) . '"'], ['an escape', substr($v, 3) . '%61'], ['UTF-8', substr($v, 2) . "\xc3\xa9"], ['a dot behind', "$v."], ['a comma behind', "$v,"],
    ['something behind a comma', "$v,a=b"], ['something behind a comma and a blank', "$v, a=b"], ['an equals sign', "=$v"], ['SQL', "' OR 1=1 --" . 'a' x 28];
is_nobody($_, named($_), 16) for "__HOST-auth_session=$v", "__Host-auth_session=$v", "__Secure-auth_session=$v", "=auth_session=$v", "a=1,auth_session=$v", "a=1, auth_session=$v",
    "Auth_Session=$v", "AUTH_SESSION=$v", "auth_session =$v", " =auth_session=$v", "auth-session=$v", "auth_sessio=$v", "auth_sessions=$v", "xauth_session=$v",
    "auth_session", "auth_session:$v", "\"auth_session\"=$v", "\$auth_session=$v", "auth%5fsession=$v", "a=\"b; auth_session=$v\"", "auth_session[]=$v", "$v", "a=$v";
is_anonymous_with_differing($_, named($_)) for "auth_session=$v; auth_session=$w", "auth_session=$w; auth_session=$v", "auth_session=$v; auth_session=", "auth_session=; auth_session=$v",
    "auth_session=$v; auth_session=x", "auth_session=$v; a=b; auth_session=" . 'z' x 40, "auth_session=$v; auth_session=" . uc $v;

my $two = $site->request(GET => '/', headers => [['Cookie', "auth_session=$v"], ['Cookie', "auth_session=$w"]]);
is $two->status, 302, 'S9.16: two Cookie headers with two ids are nobody';
is $site->request(POST => '/logout', cookie => "auth_session=$v; auth_session=$w", origin => 1)->status, 401, 'S9.16: two ids sign nobody out';
ok row_of($site, { value => $v }) && row_of($site, { value => $w }), 'S9.16: both sessions stay valid after a request with two ids';

# ---- Two cookies of one name ----

sub sent { my ($reply) = @_; [map { s/^(\w+=)[^;]+(.*Expires=)(?!Thu, 01 Jan 1970)[^;]*/$1VALUE$2DATE/r } $reply->headers('Set-Cookie')] }
my $differing = "auth_session=$v; auth_session=$w";
my $both = [cleared('Domain=plain.example; Path=/'), cleared('Path=/')];
my %plain = (host => 'plain.example', origin => 'http://plain.example');
for my $case (
    ['the sign-in page', GET => '/login'], ['the sign-up page', GET => '/signup'], ['a sign-out', POST => '/logout'], ['an optional place', GET => '/optional'],
    ['a gate, to a person', GET => '/gate', 302, Accept => 'text/html'], ['a gate, to a script', GET => '/gate', 401], ['a form at a gate', POST => '/gate', 401, Accept => 'text/html'],
) {
    my ($what, $method, $path, $status, %headers) = @$case;
    my $answer = $site->request($method => $path, cookie => $differing, headers => \%headers, %plain);
    my ($folder) = $path eq '/gate' || $path eq '/optional' || $path =~ /^\/(?:login|signup|logout)/ ? cleared("Path=$path") : ();
    is_deeply [sort @{ sent($answer) }], [sort @$both, $folder], "S9.16: two ids: $what clears every shape";
    is $answer->status, $status, "S9.16: two ids: $what" if $status;
}
my $in = $site->request(POST => '/login', form(username => 'alice', password => $PASSWORD), cookie => $differing, %plain);
is $in->status, 302, 'S9.16: two ids: the sign-in works';
my $set = 'auth_session=VALUE; Path=/; Expires=DATE; ' . $flags;
is_deeply [grep { /^auth_session=/ } @{ sent($in) }], [cleared('Domain=plain.example; Path=/'), cleared('Path=/login'), $set],
    'S9.16: two ids: its answer clears the others, and not the cookie that it sets';
is_deeply [grep { /^auth_session=/ } @{ sent($site->request(POST => '/login', form(username => 'alice', password => $PASSWORD), cookie => "auth_session=$v", %plain)) }],
    [$set], 'S9.16: one id: the sign-in sets its cookie and clears nothing';
$v = sign_in($site, 'alice')->{value};
is_deeply sent($site->request(GET => '/', cookie => "auth_session=$v; auth_session=$v", %plain)), [], 'S9.16: the same id twice is fine';
is_deeply sent($site->request(POST => '/logout', cookie => "auth_session=$v; auth_session=$v", %plain)), [cleared('Domain=plain.example; Path=/'), cleared('Path=/logout'), cleared('Path=/')],
    'S9.16: a sign-out with the same id twice clears the cookie in both shapes';
$in = $site->request(POST => '/login', form(username => 'alice', password => $PASSWORD), cookie => 'auth_session_device=a; auth_session_device=b', %plain);
is_deeply [grep { /^auth_session_device/ } @{ sent($in) }], [cleared('Domain=plain.example; Path=/', 'auth_session_device'),
    cleared('Path=/login', 'auth_session_device'), $set =~ s/session/session_device/r], 'two device cookies: the others are cleared with the new one';
my $domain = $site->request(GET => '/auth', cookie => $differing, host => 'domain.example');
is_deeply [sort @{ sent($domain) }], [sort map { cleared($_) } 'Domain=example.org; Path=/auth', 'Domain=example.org; Path=/', 'Path=/auth', 'Path=/',
    'Domain=domain.example; Path=/auth', 'Domain=domain.example; Path=/'], 'S9.16: two ids with LuciaCookieDomain and LuciaCookiePath: each domain with each path';
is_deeply sent($site->request(GET => '/', cookie => $differing =~ s/auth_session/__Host-session/gr, host => 'prefix.example')),
    [cleared('Path=/', '__Host-session') =~ s/HttpOnly/HttpOnly; Secure/r], 'S9.16: a __Host- cookie has one shape only';
like $site->error_log, qr{LUCI0770: the request has 2 cookies named auth_session with different values for http://$_, so}, "S9.16: two ids: the log names the host $_"
    for 'plain.example', 'domain.example';
is_deeply [$site->log_twice('LUCI0770')], [], 'S9.16: two ids: the log says so once a minute for each client and host';
unlike $site->error_log, qr/$v|$w/, 'S9.15: the log has no value of the differing cookies';
$v = sign_in($site, 'alice')->{value};

# ---- Prefixes are part of the name ----

my $reply = $site->request(POST => '/login', form(username => 'alice', password => $PASSWORD), host => 'prefix.example');
my ($host_cookie) = set_cookies($reply, '__Host-session');
for my $case (['__Host-session', 200], ['__host-session', 302], ['__HOST-session', 302], ['session', 302], ['auth_session', 302], ['__Secure-session', 302]) {
    my ($name, $status) = @$case;
    is $site->request(GET => '/', cookie => "$name=$host_cookie->{value}", host => 'prefix.example')->status, $status, "S9.16: $name where the cookie is __Host-session";
}
is $site->request(GET => '/auth', cookie => "auth_session=$v", host => 'domain.example')->status, 200, 'hosts with one database share their users';

# ---- Where it goes ----

for my $cookie ("auth_session=$v", "a=b; auth_session=$v; c=d") {
    $reply = $site->request(GET => '/', cookie => $cookie);
    unlike $reply->bytes, qr/$v/, 'an id never comes back in an answer';
}
is $site->request(GET => "/?auth_session=$v")->status, 302, 'an id in the query is nothing';
is $site->request(GET => '/', headers => { Authorization => "Bearer $v" })->status, 302, 'an id as a Bearer token is ignored unless LuciaBearer is on';

done_testing;
