# SPDX-License-Identifier: Apache-2.0
# Requests that another site made a browser send: sign-up, sign-in, sign-out (S9.19).
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $server = site('', ports => 4, modules => ['ssl'], start => 0);
my ($secure, $https) = secure_host($server, 2);
my $handlers = join '', map { "<Location /PLACE/$_>\nSetHandler luciauth-$_\n</Location>\n" } qw(signup login logout);
sub place { my ($name, $line) = @_; ($handlers =~ s/PLACE/$name/gr) . "<Location /$name>\n$line\n</Location>\n" }
$server->{config} .= $secure . place('open', 'LuciaCSRF Off')
    . place('partner', 'LuciaAllowedOrigins https://app.example http://127.0.0.1:1 https://[2001:db8::1]:8443') . <<"CONF";
Listen 127.0.0.1:\@port3\@
<VirtualHost 127.0.0.1:\@port3\@>
    ServerName https://front.example
</VirtualHost>
CONF
$server->start;
my $front = LuciaTest::Client->new(port => $server->port_number(3));
my $own = $server->origin;
my ($port) = $own =~ /(\d+)$/;
my $users = 0;
sign_up($server, 'alice');

sub state_of { join ' ', map { count_of($server, $_) } qw(auth_user user_key user_session) }

# Sends the three requests with these headers and says what each of them did.
sub try_all {
    my ($client, $base, %arg) = @_;
    my $session = sign_in($server, 'alice');
    my $before = state_of();
    my $name = 'user' . ++$users;
    my $signup = $client->request(POST => "$base/signup", form(username => $name, password => $PASSWORD), %arg);
    my $made = sqlite_value($server->db, 'SELECT count(*) FROM auth_user WHERE username = ?', $name);
    my $login = $client->request(POST => "$base/login", form(username => 'alice', password => $PASSWORD), %arg);
    my $unchanged = state_of() eq $before;
    my $logout = $client->request(POST => "$base/logout", cookie => $session, %arg);
    return {
        statuses  => join(' ', map { $_->status } $signup, $login, $logout),
        unchanged => $unchanged && !$made, lives => !!row_of($server, $session),
        cookies   => scalar(map { set_cookies($_) } $signup, $login, $logout), replies => [$signup, $login, $logout],
    };
}
sub refused {
    my ($what, $client, $base, %arg) = @_;
    my $got = try_all($client, $base, %arg);
    is $got->{statuses}, '403 403 401', "S9.19: $what: refused";
    ok $got->{unchanged}, "S9.19: $what: nothing changed";
    ok $got->{lives}, "S9.19: $what: the session lives";
    is $got->{cookies}, 0, "S9.19: $what: no cookie is sent";
    return $got;
}
sub served {
    my ($what, $client, $base, %arg) = @_;
    my $got = try_all($client, $base, %arg);
    is $got->{statuses}, '302 302 302', "$what: served";
    ok !$got->{lives}, "$what: the session has ended";
    return;
}

# ---- This site's own pages ----

served 'the own origin', $server, '', origin => $own;
served 'the own origin in another case', $server, '', origin => uc $own;
for my $site ('same-origin', 'none') {
    served "Sec-Fetch-Site $site, Origin " . ($_ // 'missing'), $server, '', defined $_ ? (origin => $_) : (), headers => { 'Sec-Fetch-Site' => $site }
        for $own, 'null', undef, "https://127.0.0.1:$port", 'http://127.0.0.1', 'https://www.example.org', 'http://evil.example';
}

# ---- Others ----

my $got = refused 'Origin null', $server, '', origin => 'null';
is error_in($got->{replies}[1]), 'Requests from other sites are not accepted', 'Origin null: the refusal has a message';
like $got->{replies}[1]->type, qr{^text/html}, 'Origin null: the refusal is a page';
for my $case (
    ['a foreign origin', 'http://evil.example'], ['a suffix', "http://127.0.0.1.evil.example"], ['a suffix with the port', "$own.evil.example"],
    ['a prefix', "http://evil127.0.0.1:$port"], ['another prefix', "http://x.127.0.0.1:$port"], ['another scheme', "https://127.0.0.1:$port"],
    ['another port', 'http://127.0.0.1:' . ($port - 1)], ['no port', 'http://127.0.0.1'], ['one digit more', "${own}0"], ['zeros before the port', "http://127.0.0.1:0$port"],
    ['doubled', "$own, $own"], ['doubled with a blank', "$own $own"], ['own and foreign', "$own, http://evil.example"], ['with a path', "$own/"],
    ['with a query', "$own?x"], ['with a fragment', "$own#x"], ['user info', "http://127.0.0.1:$port\@evil.example"], ['user info before it', "http://a\@127.0.0.1:$port"],
    ['another name of this host', "http://localhost:$port"], ['a final dot', "http://127.0.0.1.:$port"], ['a number for the address', "http://2130706433:$port"],
    ['no scheme', "127.0.0.1:$port"], ['no scheme but slashes', "//127.0.0.1:$port"], ['a file', 'file://'], ['an extension', 'chrome-extension://abcdef'],
    ['empty', ''], ['garbage', '%%%'], ['NULL', 'NULL'], ['a star', '*'], ['a backslash', "http:\\\\127.0.0.1:$port"], ['an encoded one', "http://127.0.0.1%3a$port"],
    ['a blank within', "http://127.0.0.1 :$port"],
) {
    my ($what, $origin) = @$case;
    refused $what, $server, '', origin => $origin;
}
refused 'two Origin headers', $server, '', headers => [['Origin', $own], ['Origin', 'http://evil.example']];
refused 'two own Origin headers', $server, '', headers => [['Origin', $own], ['Origin', $own]];
for my $site (qw(same-site cross-site), 'Same-Origin', 'same-origin, none', 'same-party') {
    refused "Sec-Fetch-Site $site, Origin $_", $server, '', origin => $_, headers => { 'Sec-Fetch-Site' => $site } for $own, 'null', 'http://evil.example';
}
refused "a forged Host does not matter to the victim's browser", $server, '', host => 'evil.example', origin => $own;
refused 'X-Forwarded-Host is not believed', $server, '', origin => 'http://evil.example', headers => { 'X-Forwarded-Host' => 'evil.example' };
refused 'HTTP/1.0 without Host', $server, '', version => '1.0', host => '', origin => $own;
my $json = $server->request(POST => '/login', json({ username => 'alice', password => $PASSWORD }), origin => 'http://evil.example');
is $json->status . ' ' . $json->body, '403 {"error":"Requests from other sites are not accepted"}', 'JSON in, JSON out';
is $server->request(POST => '/login', json('{"a'), origin => 'http://evil.example')->status, 403, 'the body is not even looked at';

# ---- No Origin ----

for my $site (undef, '') {
    my $got = try_all($server, '', defined $site ? (headers => { 'Sec-Fetch-Site' => $site }) : ());
    my $what = 'no Origin, Sec-Fetch-Site ' . (defined $site ? 'empty' : 'missing');
    is $got->{statuses}, '302 302 401', "$what: sign-up and sign-in are served, sign-out finds no session";
    ok $got->{lives}, "$what: which lives";
}
for my $site (qw(cross-site same-site Cross-Site SAME-SITE), 'cross-site, none', 'none, cross-site', 'cross-site, same-origin', 'none-of-it') {
    refused "no Origin, Sec-Fetch-Site $site", $server, '', headers => { 'Sec-Fetch-Site' => $site };
}

refused 'no Origin, Sec-Fetch-Site on two lines', $server, '', headers => [map { ['Sec-Fetch-Site', $_] } 'none', 'cross-site'];

# ---- Hosts of every kind ----

for my $case (
    ['example.org', 'http://example.org'], ['example.org:80', 'http://example.org'], ['example.org', 'http://example.org:80'], ['Example.ORG', 'http://example.org'],
    ['example.org:8080', 'http://example.org:8080'], ['[::1]:8080', 'http://[::1]:8080'], ['[::1]', 'http://[::1]'], ['[2001:db8:0:0::1]', 'http://[2001:DB8::1]'],
    ['under_score.example', 'http://under_score.example'],
) {
    my ($host, $origin) = @$case;
    served "Host $host, Origin $origin", $server, '', host => $host, origin => $origin;
}
for my $case (['[::1]:8080', 'http://[::1]'], ['[::1]:8080', 'http://[::2]:8080'], ['example.org', 'http://example.org:8080'], ['example.org:8080', 'http://example.org'],
    ['example.org', 'http://www.example.org'], ['www.example.org', 'http://example.org']) {
    my ($host, $origin) = @$case;
    refused "Host $host, Origin $origin", $server, '', host => $host, origin => $origin;
}
my $absolute = $server->request(POST => 'http://example.org:8080/login', form(username => 'alice', password => $PASSWORD), origin => 'http://example.org:8080', host => 'a.example');
is $absolute->status, 302, 'the host of an absolute-form request counts, as in httpd';

# ---- TLS, here and in front ----

served 'https', $https, '', origin => 1;
refused 'https, with the http origin', $https, '', origin => $https->origin =~ s/https/http/r;
refused 'https, from the http port', $https, '', origin => $own;
refused 'https without the port', $https, '', origin => 'https://127.0.0.1';
served 'https on the default port', $https, '', host => 'example.org', origin => 'https://example.org';
served 'TLS in front, as ServerName says', $front, '', host => 'front.example', origin => 'https://front.example';
refused 'TLS in front, with http', $front, '', host => 'front.example', origin => 'http://front.example';

# ---- LuciaAllowedOrigins ----

served "LuciaAllowedOrigins: $_", $server, '/partner', origin => $_
    for $own, 'https://app.example', 'http://127.0.0.1:1', 'https://app.example:443', 'https://[2001:db8::1]:8443', 'https://[2001:0DB8:0::1]:8443';
served "LuciaAllowedOrigins: Sec-Fetch-Site $_", $server, '/partner', origin => 'https://app.example', headers => { 'Sec-Fetch-Site' => $_ }
    for 'cross-site', 'same-site';
refused "LuciaAllowedOrigins: $_", $server, '/partner', origin => $_
    for 'http://app.example', 'https://app.example:444', 'https://x.app.example', 'https://app.example.evil', 'null', 'https://[2001:db8::1]';
refused 'LuciaAllowedOrigins: no Origin', $server, '/partner', headers => { 'Sec-Fetch-Site' => 'cross-site' };
refused 'LuciaAllowedOrigins elsewhere', $server, '', origin => 'https://app.example';

# ---- LuciaCSRF Off ----

served "LuciaCSRF Off: $_", $server, '/open', origin => $_ for 'null', 'http://evil.example', $own, '';
served 'LuciaCSRF Off: nothing', $server, '/open';
served 'LuciaCSRF Off: Sec-Fetch-Site', $server, '/open', headers => { 'Sec-Fetch-Site' => 'cross-site' };

# ---- What the log says: both origins, the line that helps, once a minute of each pair ----

sub lines { grep { /LUCI0704/ } split /\n/, $server->error_log }
sub of_kind { my ($pattern) = @_; grep { /$pattern/ } lines() }
is_deeply [$server->log_twice('LUCI0704')], [], 'hundreds of refusals have one line a minute for each pair of origins';
$server->restart;
my @sites = map { "http://site$_.example" } 1 .. 7;
my $before = lines();
for my $site (@sites, @sites) {
    $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD), origin => $site);
}
is_deeply [map { /has Origin (\S+)/ } (lines())[$before .. $before + 6]], \@sites, 'seven foreign origins, one after the other, have a line each at once';
is_deeply [$server->log_twice('LUCI0704')], [], 'an origin that is refused again has no second line in the same minute';
$server->restart;
my $started = time;
$server->request(POST => '/login', form(username => 'alice', password => $PASSWORD), origin => "http://flood$_.example") for 1 .. 60;
cmp_ok scalar(of_kind(qr/flood\d+\.example/)), '<=', 16 * (1 + int((time - $started) / 60)), 'a flood of origins that a client makes up has at most 16 lines a minute';
like first_line($front, host => 'front.example:8080', origin => 'https://front.example'), qr{Origin https://front\.example .* write ProxyPreserveHost On},
    'a flood of foreign origins does not hide the line about a proxy';
$server->restart;
sub first_line {
    my ($client, %arg) = @_;
    $client->request(POST => '/login', form(username => 'alice', password => $PASSWORD), %arg);
    return (lines())[-1];
}
like first_line($server, origin => 'http://evil.example'),
    qr{a POST counts as a request of another site: it has Origin http://evil\.example \(Sec-Fetch-Site missing\), and this site is \Q$own\E; if its pages may act here, write LuciaAllowedOrigins http://evil\.example(?:, referer.*)?$},
    'a foreign page: both origins, and how to allow it';
like first_line($front, host => 'front.example:8080', origin => 'https://front.example'),
    qr{Origin https://front\.example .* this site is https://front\.example:8080; .* write ProxyPreserveHost On}, 'a proxy that changes the port';
like first_line($server, origin => 'null'), qr{Origin null .* this site is \Q$own\E; .* Referrer-Policy same-origin}, 'the log explains the origin null';
like first_line($server, origin => "http://a\t\"" . 'b' x 300), qr{Origin http://a\\t\\?"b{100,112} \(}, 'what is no origin: escaped and cut off';
$server->request(POST => '/logout', cookie => sign_in($server, 'alice'));
like +(lines())[-1], qr{Origin missing \(Sec-Fetch-Site missing\), and this site is \Q$own\E; a program has to send}, 'the log explains a missing origin to a program';
$server->restart;
like first_line($server, host => 'front.example', origin => 'https://front.example'),
    qr{Origin https://front\.example .* this site is http://front\.example; .* write ServerName https://front\.example in this server}, 'TLS in front';
my $text = join "\n", lines();
unlike $text, qr/\Q$PASSWORD\E|auth_session/, 'S9.15: no secret in any of them';

done_testing;
