# SPDX-License-Identifier: Apache-2.0
# Scripts of other origins, which LuciaAllowedOrigins names, use the endpoints: preflights and the headers of the answers.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $server = LuciaTest::Server->new(config => CHEAP_SITE . VAULT . <<'CONF',
LuciaAllowedOrigins https://app.example https://two.example
<Location /by/login>
    SetHandler luciauth-login
    LuciaPages Off
    Header set Access-Control-Allow-Origin https://fixed.example
</Location>
<Location /off/login>
    SetHandler luciauth-login
    LuciaAllowedOrigins off
</Location>
<Location /vault/always/>
    Header always set Access-Control-Allow-Origin https://always.example
</Location>
CONF
    files => { 'htdocs/vault/a.txt' => SECRET, 'htdocs/vault/always/a.txt' => SECRET },
);
my $alice = sign_up($server, 'alice');
my $app = 'https://app.example';

sub preflight {
    my ($path, $origin, %more) = @_;
    return $server->request(OPTIONS => $path, headers => {
        Origin => $origin, 'Access-Control-Request-Method' => 'POST', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Site' => 'cross-site', %more });
}

sub allows {
    my ($reply, $origin, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is join('|', $reply->headers('Access-Control-Allow-Origin')), $origin // '', "$name: Access-Control-Allow-Origin";
    is $reply->header('Access-Control-Allow-Credentials'), defined $origin ? 'true' : undef, "$name: Access-Control-Allow-Credentials";
    like join(', ', $reply->headers('Vary')), qr/\bOrigin\b/, "$name: Vary";
    return;
}

for my $path (qw(/api/login /api/signup /api/logout /login)) {
    my $reply = preflight($path, $app, 'Access-Control-Request-Headers' => 'content-type,x-trace');
    is $reply->status . $reply->rest, 204, "$path: a preflight";
    allows $reply, $app, "$path: the preflight allows the origin";
    is $reply->header('Access-Control-Allow-Methods'), $path =~ /api/ ? 'POST' : 'GET, HEAD, POST', "$path: the methods";
    is $reply->header('Access-Control-Allow-Headers'), 'content-type,x-trace', "$path: the headers that were asked for";
    is cookie_of($reply), undef, "$path: no cookie";
}
is preflight('/api/', $app)->header('Access-Control-Allow-Methods'), 'GET, HEAD', 'the preflight of the profile allows GET and HEAD';
is preflight('/api/login', $app)->header('Access-Control-Allow-Headers'), 'Content-Type', 'when no header was asked for';
is preflight('/api/login', $app, 'Access-Control-Request-Headers' => 'a(b)')->header('Access-Control-Allow-Headers'), 'Content-Type', 'a preflight with a malformed header allows no other header';
for my $origin ('https://evil.example', 'null', 'https://app.example.evil', 'http://app.example', $server->origin) {
    my $reply = preflight('/api/login', $origin);
    is $reply->status, 405, "$origin: no preflight";
    allows $reply, undef, $origin;
}
is $server->request(OPTIONS => '/api/login', origin => $app)->status, 405, 'OPTIONS that is no preflight';
is preflight('/off/login', $app)->status, 405, 'LuciaAllowedOrigins off answers a preflight with 405';
is preflight('/off/login', $app)->header('Vary'), undef, 'says nothing of Origin';

my @from = (origin => $app, accept => 'application/json', headers => { 'Sec-Fetch-Mode' => 'cors' });
my %login = (username => 'alice', password => $PASSWORD);
my $reply = $server->request(POST => '/api/login', json({%login}), @from);
is $reply->status, 200, 'a script signs in from there';
allows $reply, $app, 'sign-in allows the origin';
my $cookie = cookie_of($reply);
allows $server->request(GET => '/api/', @from, cookie => $cookie), $app, 'the profile allows the origin';
allows $server->request(POST => '/api/logout', @from, cookie => $cookie), $app, 'sign-out allows the origin';
$reply = $server->request(POST => '/api/login', json({ %login, password => $WRONG }), @from);
is $reply->status, 400, 'a refused sign-in answers 400';
allows $reply, $app, 'a refused sign-in allows the origin';
allows $server->request(GET => '/api/', @from), $app, 'a 401 allows the origin';
allows $server->request(GET => '/vault/a.txt', @from), $app, 'a gate allows the origin';
allows $server->request(POST => '/api/login', json({%login}), origin => 'https://two.example'), 'https://two.example', 'a second allowed origin is allowed';
$reply = $server->request(POST => '/api/login', json({%login}), origin => 'https://evil.example');
is $reply->status, 403, 'a foreign origin';
allows $reply, undef, 'a foreign origin';
allows $server->request(GET => '/api/'), undef, 'a request without an Origin names none';

is join('|', $server->request(POST => '/by/login', json({%login}), @from)->headers('Access-Control-Allow-Origin')), 'https://fixed.example',
    'what mod_headers says stands alone';
is join('|', $server->request(GET => '/vault/always/a.txt', @from)->headers('Access-Control-Allow-Origin')), 'https://always.example',
    'a gate leaves the Access-Control-Allow-Origin of mod_headers alone';
is $server->request(GET => '/vault/a.txt', @from, cookie => $alice)->header('Access-Control-Allow-Origin'), undef, 'content speaks for itself';

done_testing;
