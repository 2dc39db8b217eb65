# SPDX-License-Identifier: Apache-2.0
# Methods: what each endpoint answers to each, with pages, below api/ and with LuciaPages Off.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my %ENDPOINT = (profile => '', signup => 'signup', login => 'login', logout => 'logout');
my $handlers = join '', map { "<Location /by/$_>\nSetHandler luciauth-$_\n</Location>\n" } sort keys %ENDPOINT;
my $site = site(<<"CONF");
$handlers
<Location /json>
    LuciaPages Off
</Location>
<Location /json/signup>
    SetHandler luciauth-signup
</Location>
<Location /json/login>
    SetHandler luciauth-login
</Location>
<Location /json/logout>
    SetHandler luciauth-logout
</Location>
<Location /json/me>
    SetHandler luciauth-profile
</Location>
CONF
my $cookie = sign_up($site, 'alice');

# ---- What is allowed where: path => methods ----

my %allowed = (
    '/' => 'GET, HEAD', '/signup' => 'GET, HEAD, POST', '/login' => 'GET, HEAD, POST', '/logout' => 'GET, HEAD, POST',
    '/by/profile' => 'GET, HEAD', '/by/signup' => 'GET, HEAD, POST', '/by/login' => 'GET, HEAD, POST', '/by/logout' => 'GET, HEAD, POST',
    '/api/' => 'GET, HEAD', '/api/signup' => 'POST', '/api/login' => 'POST', '/api/logout' => 'POST',
    '/json/me' => 'GET, HEAD', '/json/signup' => 'POST', '/json/login' => 'POST', '/json/logout' => 'POST',
);
my @methods = qw(GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND MKCOL COPY LOCK FOO get Post);

for my $path (sort keys %allowed) {
    my %is_allowed = map { $_ => 1 } split /, /, $allowed{$path};
    my $is_json = $path =~ m{^/(?:api|json)/};
    for my $method (@methods) {
        next if $path eq '/logout' && $method eq 'POST';
        my $reply = $site->request($method => $path, cookie => $cookie, $method =~ /^(?:PUT|PATCH)$/ ? form(a => 'b') : ());
        if ($is_allowed{$method}) {
            isnt $reply->status, 405, "$method $path is allowed";
            next;
        }
        is $reply->status, 405, "$method $path is 405";
        is $reply->header('Allow'), $allowed{$path}, "$method $path says what is";
        is cookie_of($reply), undef, "$method $path touches no cookie";
        next if $method eq 'HEAD';
        is $reply->body, '{"error":"Method not allowed"}', "$method $path answers JSON" if $is_json;
        is error_in($reply), 'Method not allowed', "$method $path answers a page" if !$is_json;
    }
}
ok row_of($site, $cookie), 'S9.20: after all of that the session lives';

my $head = $site->request(HEAD => '/api/logout', cookie => $cookie);
is $head->status . ' ' . length $head->rest, '405 0', 'HEAD 405 has no body';
is $site->request(DELETE => '/login', accept => 'application/json')->body, '{"error":"Method not allowed"}',
    'a 405 that accepts JSON is JSON';

# ---- LuciaPages Off, and below api/: errors are JSON, whatever was sent ----

for my $base ('/api', '/json') {
    my $reply = $site->request(POST => "$base/signup", form(username => 'bob', password => $PASSWORD));
    is $reply->status . ' ' . $reply->body, '400 {"error":"Invalid username"}', "$base: a form gets its error in JSON";
    $reply = $site->request(POST => "$base/login", form(username => 'alice', password => $WRONG), accept => 'text/html');
    is $reply->status . ' ' . $reply->body, '400 {"error":"Incorrect username or password"}', "$base: even when it wants HTML";
    $reply = $site->request(POST => "$base/login", type => 'text/plain', body => 'x');
    is $reply->status . ' ' . $reply->body, '415 {"error":"Unsupported content type"}', "$base: 415";
    $reply = $site->request(POST => "$base/logout");
    is $reply->status . ' ' . $reply->body, '401 {"error":"Unauthorized"}', "$base: 401";
    $reply = $site->request(POST => "$base/login", form(username => 'alice', password => $PASSWORD), origin => 'http://evil.example');
    is $reply->status, 403, "$base: 403";
    ok $reply->json->{error}, "$base: in JSON";
    $reply = $site->request(POST => "$base/login", json({ username => 'alice', password => $PASSWORD }));
    is $reply->status . ' ' . $reply->location, '302 /', "$base: success is a redirect";
    my $session = cookie_of($reply);
    is $site->request(POST => "$base/logout", cookie => $session, origin => 1)->status, 302, "$base: sign-out is a redirect";
    $reply = $site->request(POST => "$base/login", json({ username => 'alice', password => $PASSWORD }), accept => 'application/json');
    is $reply->status, 200, "$base: unless JSON is wanted";
}

# ---- httpd's own: the server as a whole is not ours ----

is $site->request(OPTIONS => '*')->status, 200, 'OPTIONS * is answered by httpd';
is $site->request(GET => '/nothing')->status, 404, 'a path that is nobody\'s is 404';

done_testing;
