# SPDX-License-Identifier: Apache-2.0
# S9.47: the gate's answers are errors of httpd's: mod_headers and ErrorDocument reach them as an administrator expects.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $server = LuciaTest::Server->new(config => CHEAP_SITE . "LuciaSessionCache off\n" . VAULT . <<'CONF',
<Location />
    Header always set X-Site "expr=%{REQUEST_STATUS}"
    Header always append X-Count one
    Header always edit Set-Cookie "; SameSite=Lax" "; SameSite=Strict"
    Header set X-Success yes
</Location>
<Location /vault/bob/>
    Require user bobby
</Location>
<LocationMatch ^/(?:text|local|gated|url|default|login|none|bob)/>
    AuthType Lucia
    Require valid-user
    Require env ALLOWED
</LocationMatch>
<Location /bob/>
    Require user bobby
    ErrorDocument 403 /login
</Location>
<Location /text/>
    ErrorDocument 401 "text of 401"
    ErrorDocument 403 "text of 403"
    ErrorDocument 503 "text of 503"
</Location>
<Location /text/bob/>
    Require user bobby
</Location>
<Location /local/>
    ErrorDocument 401 /errors/own.html
    ErrorDocument 403 /errors/own.html
    ErrorDocument 503 /errors/own.html
</Location>
<Location /local/bob/>
    Require user bobby
</Location>
<Location /gated/>
    ErrorDocument 401 /vault/own.html
    ErrorDocument 403 /vault/bob/own.html
    ErrorDocument 503 /vault/own.html
</Location>
<Location /gated/bob/>
    Require user bobby
</Location>
<Location /url/>
    ErrorDocument 401 https://elsewhere.example/401
    ErrorDocument 403 https://elsewhere.example/403
</Location>
<Location /url/bob/>
    Require user bobby
</Location>
<Location /default/>
    ErrorDocument 401 default
</Location>
<Location /login/>
    ErrorDocument 401 /login
</Location>
<Location /open/>
    ErrorDocument 404 /vault/own.html
</Location>
<Location /same/>
    AuthType Lucia
    Require valid-user
    ErrorDocument 401 /same/own.html
</Location>
<Location /bearer/>
    AuthType Lucia
    AuthName "the \"vault\""
    LuciaBearer On
    Require valid-user
</Location>
<Location /cors/>
    AuthType Lucia
    <RequireAny>
        Require method OPTIONS
        Require valid-user
    </RequireAny>
    Header always set Access-Control-Allow-Origin https://app.example
</Location>
<Location /cors/own/>
    LuciaAllowedOrigins https://app.example.org
    Header always set Access-Control-Allow-Origin https://app.example.org
    Header always set Access-Control-Allow-Credentials true
    Header always set Access-Control-Allow-Headers "Content-Type"
    Header always set Access-Control-Allow-Methods "GET, POST, PUT, DELETE"
    Header always merge Vary Origin
    RewriteEngine On
    RewriteCond %{REQUEST_METHOD} =OPTIONS
    RewriteRule ^ - [R=204,L]
</Location>
<VirtualHost 127.0.0.1:@port@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName broken.example
    LuciaDatabase sqlite3 @dir@/no/such/folder/x.db
</VirtualHost>
CONF
    files => {
        (map { ("htdocs/$_/a.txt" => SECRET) } qw(vault vault/bob text text/bob local local/bob gated gated/bob url url/bob default bearer login bob cors cors/own)),
        'htdocs/errors/own.html' => "<!doctype html><title>own page</title>the site's own page\n",
        (map { ("htdocs/$_/own.html" => "a page that is gated, too: moonstone\n") } qw(vault vault/bob)),
        'htdocs/same/own.html' => "the page that this place has for it\n",
    },
);
my $alice = sign_up($server, 'alice');
my $dead = { name => 'auth_session', value => 'x' x 40 };
my @broken = (host => 'broken.example', cookie => $alice);

sub get { my ($path, @arg) = @_; return $server->request(GET => $path, @arg) }

subtest 'Header always reaches every answer of the gate, once; Header set, as with errors of httpd, does not' => sub {
    for my $case (
        [302, '/vault/a.txt', navigation()], [401, '/vault/a.txt', script()], [403, '/vault/bob/a.txt', navigation(), cookie => $alice],
        [403, '/vault/bob/a.txt', script(), cookie => $alice], [503, '/vault/a.txt', script(), @broken], [401, '/text/a.txt', script()],
    ) {
        my ($status, $path, @arg) = @$case;
        my $reply = get($path, @arg);
        is $reply->status, $status, "$status $path";
        is join('|', $reply->headers('X-Site')), $status, "$status $path: Header always set";
        is join('|', $reply->headers('X-Count')), 'one', "$status $path: Header always append";
        is $reply->header('X-Success'), undef, "$status $path: no Header set";
    }
    my $reply = $server->request(POST => '/vault/a.txt', navigation(), form(a => 'b'), origin => 1);
    is $reply->status . ' ' . $reply->header('X-Site'), '401 401', 'the page after a form';
    $reply = get('/vault/a.txt', navigation(), cookie => $dead);
    is cookie_of($reply)->{attributes}{samesite}, 'Strict', 'Header always edit Set-Cookie, with a redirect';
    $reply = get('/login', navigation());
    is join(' ', map { $reply->header($_) } qw(X-Site X-Count X-Success)), '200 one yes', 'an endpoint gets both, as content does';
    $reply = $server->request(POST => '/login', form(username => 'alice', password => $WRONG));
    is $reply->status . ' ' . join(' ', map { $reply->header($_) } qw(X-Site X-Count X-Success)), '400 400 one yes', 'headers of mod_headers are sent with a 400';
    $reply = get('/login', host => 'broken.example', cookie => $alice);
    is join('|', $reply->status, $reply->headers('X-Count')), '503|one', 'headers of mod_headers are sent with a 503';
};

subtest 'a 401 names a scheme that opens no dialogue' => sub {
    is get('/vault/a.txt', script())->header('WWW-Authenticate'), 'Lucia', 'a 401 challenges with Lucia';
    is get('/bearer/a.txt', script())->header('WWW-Authenticate'), 'Bearer realm="the \"vault\""', 'Bearer where it is on, AuthName is the realm';
    is get('/text/a.txt', script())->header('WWW-Authenticate'), 'Lucia', 'a 401 with an ErrorDocument challenges with Lucia';
    is get('/local/a.txt', script())->header('WWW-Authenticate'), 'Lucia', 'be it a page';
    is get('/', accept => 'application/json')->header('WWW-Authenticate'), 'Lucia', "the profile's 401 challenges with Lucia";
};

subtest 'a 403 says who is signed in and lets one sign in as another user' => sub {
    my $reply = get('/vault/bob/a.txt?x=1&y', navigation(), cookie => $alice);
    is $reply->status, 403, 'a refused user gets 403';
    like $reply->body, qr{You are signed in as <bdi>alice</bdi>}, 'the 403 page names the user';
    like $reply->body, qr{<form method="post" action="/logout\?next=/vault/bob/a.txt%3Fx%3D1%26y">\s*<button}, 'the 403 page has a sign-out button';
    keeps_secret $reply, 'the 403 page for a refused user';
    is $reply->header('Cache-Control'), 'no-store', 'a 403 is not stored';
    is cookie_of($reply), undef, 'the session is left alone';
    my $out = $server->request(POST => '/logout?next=/vault/bob/a.txt%3Fx%3D1%26y', navigation(), origin => 1, cookie => sign_in($server, 'alice'));
    is $out->location, '/login?next=/vault/bob/a.txt%3Fx%3D1%26y', 'the button leads to sign-in and back';
    $reply = $server->request(POST => '/vault/bob/a.txt', navigation(), form(a => 'b'), origin => 1, cookie => $alice);
    like $reply->body, qr{action="/logout"}, 'nobody comes back to what was no read';
    is get('/vault/bob/a.txt', script(), cookie => $alice)->body, '{"error":"Forbidden"}', 'JSON for scripts';
    $reply = get('/bob/a.txt', navigation(), cookie => $alice);
    is $reply->status . ' ' . ($reply->location // 'no Location'), '403 no Location', 'ErrorDocument 403 /login does not loop';
    like $reply->body, qr{signed in as <bdi>alice</bdi>}, 'ErrorDocument 403 /login shows the 403 page';
};

subtest 'ErrorDocument: text' => sub {
    for my $case (
        [401, '/text/a.txt', script()], [401, '/text/a.txt'], [403, '/text/bob/a.txt', navigation(), cookie => $alice], [503, '/text/a.txt', navigation(), @broken],
    ) {
        my ($status, $path, @arg) = @$case;
        my $reply = get($path, @arg);
        is $reply->status . ' ' . $reply->body, "$status text of $status", "the text of a $status";
        is $reply->header('Retry-After'), $status == 503 ? 5 : undef, "$status: Retry-After";
        is $reply->header('Vary'), 'Cookie', "$status: Vary";
    }
    is_sent_to_login get('/text/a.txt', navigation()), '/text/a.txt', 'a browser is sent to sign in in spite of an ErrorDocument';
};

subtest 'ErrorDocument: a page of the site' => sub {
    my $own = qr/the site's own page/;
    for my $case (
        [401, 'GET', '/local/a.txt', accept => 'application/json', cookie => $dead], [401, 'POST', '/local/a.txt', navigation(), form(a => 'b'), origin => 1, cookie => $dead],
        [403, 'GET', '/local/bob/a.txt', navigation(), cookie => $alice], [503, 'GET', '/local/a.txt', script(), @broken],
    ) {
        my ($status, $method, $path, @arg) = @$case;
        my $reply = $server->request($method => $path, @arg);
        is $reply->status, $status, "$method $status";
        like $reply->body, $own, "$method $status: the page";
        is $reply->header('Retry-After'), $status == 503 ? 5 : undef, "$status: Retry-After";
        is cookie_of($reply) ? 1 : 0, $method eq 'GET' && $status == 401 ? 1 : 0, "$method $status: a dead cookie is cleared, but not by a form (S2.12)";
    }
};

subtest 'ErrorDocument: a page behind the gate itself' => sub {
    is_unauthorized_json get('/gated/a.txt', script()), '401 as if there were none';
    is_unauthorized_page $server->request(POST => '/gated/a.txt', navigation(), form(a => 'b'), origin => 1), 'a posted form gets the 401 page of the module';
    my $reply = get('/gated/bob/a.txt', navigation(), cookie => $alice);
    is $reply->status, 403, 'a refused user gets 403 behind ErrorDocuments';
    like $reply->body, qr{signed in as <bdi>alice</bdi>}, '403: our page';
    keeps_secret $reply, 'a 403 behind ErrorDocuments';
    is_unavailable get('/gated/a.txt', script(), @broken), 'a 503 behind ErrorDocuments';
    for my $who ([navigation()], [script()]) {
        $reply = get('/open/none', @$who);
        is $reply->status, 404, 'a 404 whose document is gated stays one';
        keeps_secret $reply, 'a 404 with a gated document';
    }
    like get('/open/none', script(), cookie => $alice)->body, qr/moonstone/, 'a user who is let in gets the gated document of the 404';
};

subtest 'ErrorDocument: other kinds' => sub {
    my $same = get('/same/a.txt', script());
    is $same->status . ' ' . $same->body, "401 the page that this place has for it\n", 'a page in the very section is shown, as with Basic';
    is_unauthorized_json get('/url/a.txt', script()), 'a full URL is no document for 401, as httpd says at start';
    my $reply = get('/url/bob/a.txt', navigation(), cookie => $alice);
    is $reply->status . ' ' . $reply->location, '302 https://elsewhere.example/403', 'httpd sends there for any other status';
    is_unauthorized_json get('/default/a.txt', script()), 'default is ours';
    $reply = get('/login/a.txt', accept => '*/*');
    is $reply->status, 401, 'the sign-in page as the document of 401';
    like $reply->body, qr{<title>Sign in</title>}, 'is shown with that status';
};

subtest 'S9.25: a preflight is refused where the configuration does not let it pass' => sub {
    my @preflight = (headers => { Origin => 'https://app.example', 'Access-Control-Request-Method' => 'PUT', 'Sec-Fetch-Mode' => 'cors' });
    is_unauthorized_json $server->request(OPTIONS => '/vault/a.txt', @preflight), 'anonymous OPTIONS gets 401';
    my $reply = $server->request(OPTIONS => '/cors/a.txt', @preflight);
    is $reply->status, 200, 'Require method OPTIONS';
    is $reply->header('Access-Control-Allow-Origin'), 'https://app.example', 'the 401 of OPTIONS has the headers that mod_headers adds';
    $reply = get('/cors/a.txt', script(Origin => 'https://app.example'));
    is $reply->status . ' ' . $reply->header('Access-Control-Allow-Origin'), '401 https://app.example', 'a script can read the 401';
    $reply = $server->request(OPTIONS => '/cors/own/a.txt', @preflight);
    is $reply->status . ' ' . $reply->header('Access-Control-Allow-Methods'), '204 GET, POST, PUT, DELETE', 'the recipe of doc/gate.md: the preflight';
    $reply = get('/cors/own/a.txt', script(Origin => 'https://app.example.org'), cookie => $alice);
    is $reply->status . ' ' . join('|', $reply->headers('Access-Control-Allow-Origin')), '200 https://app.example.org', 'the recipe of doc/gate.md: content is served to the other origin';
    like join(', ', $reply->headers('Vary')), qr/^(?=.*Origin)(?=.*Cookie)/, 'the recipe of doc/gate.md: Vary names Origin and Cookie';
};

like $server->error_log, qr/\A(?!.*(?:exit signal|Segmentation))/s, 'no child died';
done_testing;
