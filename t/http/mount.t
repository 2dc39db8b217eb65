# SPDX-License-Identifier: Apache-2.0
# LuciaMount and SetHandler: which paths are ours, beside proxies, redirects, rewrites and files.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $backend = LuciaTest::Backend->new;
my $url = $backend->url('/');
my %host = (
    files   => "LuciaMount /account",
    proxied => "LuciaMount /\nProxyPass / $url\nProxyPassReverse / $url",
    below   => "LuciaMount /account\nProxyPass / $url",
    match   => "LuciaMount /account\nProxyPassMatch ^/(.*)\$ ${url}m/\$1",
    located => "LuciaMount /account\n<Location />\nProxyPass $url\n</Location>",
    rewritten => "LuciaMount /account\nRewriteEngine On\nRewriteRule ^/(.*)\$ $url\$1 [P]",
    redirected => "LuciaMount /\nRedirect /login https://sso.example/start\nRewriteEngine On\nRewriteRule ^/signup\$ - [F]\n"
        . "RedirectMatch 303 ^/api/login\$ /elsewhere",
    entered => "LuciaMount /\nRewriteEngine On\nRewriteRule ^/enter\$ /login [PT]",
    handlers => "LuciaMount off\nProxyPass / $url\n" . join('', map { "<Location /app/my/$_>\nSetHandler luciauth-$_\n</Location>\n" } qw(login signup logout profile))
        . "<Location /app/my>\nLuciaLoginURL /app/my/login\nLuciaHomeURL /app/my/profile\n</Location>",
    gated   => "LuciaMount /account\n<Location />\nAuthType Lucia\nRequire valid-user\n</Location>\n<Location /extra/login>\nSetHandler luciauth-login\n</Location>",
    fickle  => "LuciaMount off\nSetEnvIf Request_URI ^/fickle/ PAGE=luciauth-login\n<Location />\nAuthType Lucia\nRequire valid-user\n</Location>\n"
        . "<Location /extra/login>\nSetHandler luciauth-login\n</Location>\n<Location /fickle>\nSetHandler \"%{reqenv:PAGE}\"\n</Location>\n"
        . "<Directory \@htdocs\@/fickle>\nRewriteEngine On\nRewriteRule deep - [H=default-handler,E=PAGE:none]\n</Directory>",
    gatedproxy => "LuciaMount /\nProxyPass / $url\n<Location />\nAuthType Lucia\nRequire valid-user\n</Location>",
    picky   => "LuciaMount /\n<Location />\nAuthType Lucia\nRequire user nobody-at-all\n</Location>",
    urls    => "LuciaMount /account\nLuciaLoginURL /enter\nLuciaHomeURL /start?a=b\n<Location /enter>\nSetHandler luciauth-login\n</Location>",
    off     => "LuciaMount off",
    front   => "LuciaMount /account\n<Directory \@htdocs\@>\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\nFallbackResource /start.txt\nRewriteEngine On\n"
        . "RewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule . /start.txt [L]\n</Directory>",
    slash   => "LuciaMount /deep/er/",
);
my $site = site(join('', map { "<VirtualHost 127.0.0.1:\@port\@>\nServerName $_.example\n$host{$_}\n</VirtualHost>\n" } sort keys %host),
    files => {
        'htdocs/account/index.html' => "index of a folder\n", 'htdocs/account/other.txt' => "other\n", 'htdocs/login' => "a file\n", 'htdocs/start.txt' => "start\n",
        'htdocs/account/login/deep.txt' => "deep\n", 'htdocs/fickle/deep.txt' => "deep\n", 'htdocs/fickle/a.txt' => "a\n", 'htdocs/extra/a.txt' => "a\n", 'htdocs/include.shtml' => qq(before <!--#include virtual="/account/api/" --> after\n),
    });

sub ask { my ($host, $method, $path, %arg) = @_; $site->request($method => $path, host => "$host.example", %arg) }
my @alice = form(username => 'alice', password => $PASSWORD);
sign_up($site, 'alice', path => '/account/signup', host => 'files.example');

sub is_ours {
    my ($host, $path, $line) = @_;
    $backend->forget;
    my $reply = ask($host, GET => $path);
    is join(' ', $reply->status, $reply->location // ''), $line, "$host$path is ours";
    like $reply->header('Content-Security-Policy') // '', qr/frame-ancestors/, "$host$path has our headers";
    is_deeply [$backend->requests], [], "$host$path does not reach the backend";
    return;
}
sub is_theirs {
    my ($host, $path) = @_;
    $backend->forget;
    my $reply = ask($host, GET => $path);
    is $reply->status, 200, "$host$path stays with the backend";
    is scalar(my @seen = $backend->requests), 1, "$host$path reaches it";
    is $reply->header('Content-Security-Policy'), undef, "$host$path has none of our headers";
    return;
}

# ---- Beside files ----

is_ours('files', '/account', '302 /account/login');
is_ours('files', '/account/login', '200 ');
is_ours('files', '/account/signup', '200 ');
is_ours('files', '/account/logout', '302 /account/login');
is_ours('files', "/account/api$_", '405 ') for qw(/login /signup /logout);
is_ours('files', "/account/api$_", '401 ') for '', '/';
is_ours('files', '/account/%6cogin', '200 ');
is_ours('files', '/account/../account/./login', '200 ');
is_ours('files', '/account/login?next=/a&x=y', '200 ');
for my $case (
    ['/account/', 200, "index of a folder\n"], ['/account/other.txt', 200, "other\n"], ['/account/login/deep.txt', 200, "deep\n"], ['/start.txt', 200, "start\n"],
    ['/login', 200, "a file\n"], ['/account/Login', 404], ['/account/loginx', 404], ['/account/signup/', 404], ['/account/signup.html', 404], ['/accounts', 404],
    ['/account/api/x', 404], ['/account/apilogin', 404], ['/account/api/login/', 404], ['/api/login', 404], ['/account;a=b', 404], ['/account/signup;a=b', 404],
    ['/account/signup%2f', 404], ['/x/account/signup', 404],
) {
    my ($path, $status, $body) = @$case;
    my $reply = ask('files', GET => $path);
    is $reply->status, $status, "$path is not ours: only exact paths are claimed";
    is $reply->body, $body, "$path: it is what it was" if defined $body;
}
is ask('off', GET => '/login')->body, "a file\n", 'LuciaMount off: nothing is ours';
is ask('slash', GET => '/deep/er')->location, '/deep/er/login', 'a slash at the end of the prefix does not matter';

is_ours('front', '/account', '302 /account/login');
is_ours('front', '/account/login', '200 ');
is ask('front', POST => '/account/login', @alice)->location, '/account', 'a front controller does not get what is ours';
is ask('front', GET => '/account/else')->body, "start\n", 'a front controller gets every other path';
is ask('front', GET => '/include.shtml')->body, qq(before {"error":"Unauthorized"} after\n), 'a page may include an endpoint';
is ask('front', GET => '/include.shtml', cookie => cookie_of(ask('front', POST => '/account/login', @alice)))->body =~ /"username":"alice"/, 1,
    'an included endpoint knows the user of the page';

# ---- The four URLs follow ----

my $page = ask('files', GET => '/account/login');
like $page->body, qr{<form method="post" action="">}, 'the form goes to the page itself';
like $page->body, qr{<a href="/account/signup">}, 'the link to sign-up goes to the mounted path';
my $reply = ask('files', POST => '/account/login', @alice);
is $reply->status . ' ' . $reply->location, '302 /account', 'sign-in goes to the mounted profile';
my $cookie = cookie_of($reply);
like ask('files', GET => '/account', cookie => $cookie)->body, qr{<form method="post" action="/account/logout">}, 'the profile signs out at the mounted path';
is ask('files', POST => '/account/api/login', @alice)->location, '/account', 'sign-in below api/ leads to the mounted profile';
is ask('files', GET => '/account/login', cookie => $cookie)->location, '/account', 'home is the mount';
is ask('files', POST => '/account/logout', cookie => $cookie, origin => 'http://files.example')->location, '/account/login', 'sign-out goes to the mounted sign-in';
is ask('urls', GET => '/account')->location, '/enter', 'a URL that is written counts before the mount';
is ask('urls', POST => '/enter', @alice)->location, '/start?a=b', 'each of them';
like ask('urls', GET => '/enter')->body, qr{href="/account/signup"}, 'the others follow the mount';

# ---- Before proxies ----

is_ours('proxied', '/', '302 /login');
is_ours('proxied', '/login', '200 ');
is_ours('proxied', '/signup', '200 ');
is_ours('proxied', '/logout', '302 /login');
is_ours('proxied', '/api/login', '405 ');
is_ours('proxied', '/%6c%6fgin', '200 ');
is_theirs('proxied', $_) for '/index.html', '/login/', '/loginx', '/login/x', '/LOGIN', '/login;a=b', '/api/other', '/account', '/x/..;/login';
for my $host (qw(below match located rewritten)) {
    is_ours($host, '/account', '302 /account/login');
    is_ours($host, '/account/login', '200 ');
    is_ours($host, '/account/api/', '401 ');
    is_theirs($host, $_) for '/', '/login', '/account/', '/account/x', '/account/login/';
    $backend->forget;
    $reply = ask($host, POST => '/account/login', @alice);
    is $reply->location, '/account', "$host: signing in works below it";
    is_deeply [$backend->requests], [], "$host: and the backend never sees a password";
}
$backend->forget;
my $session = cookie_of(ask('proxied', POST => '/login', @alice));
like text_in(ask('proxied', GET => '/', cookie => $session)), qr/Username: alice/, 'the profile in front of a backend';
is ask('proxied', POST => '/logout', cookie => $session, origin => 'http://proxied.example')->status, 302, 'sign-out works in front of a backend';
is ask('proxied', TRACE => '/login')->status, 405, 'TRACE of an endpoint is not passed to the backend';
is_deeply [$backend->requests], [], 'the backend saw none of it';

# ---- After redirects and rewrites ----

is ask('redirected', GET => '/login')->location, 'https://sso.example/start', 'a Redirect of a mounted path still redirects';
is ask('redirected', POST => '/login', @alice)->status, 302, 'a Redirect of a mounted path redirects a POST';
is cookie_of(ask('redirected', POST => '/login', @alice)), undef, 'a redirected POST signs nobody in';
is ask('redirected', GET => '/api/login')->status, 303, 'RedirectMatch of a mounted path redirects';
is ask('redirected', GET => '/signup')->status, 403, 'a RewriteRule may close a path';
like ask('entered', GET => '/enter')->body, qr/<h1>Sign in/, 'a RewriteRule may lead to an endpoint';
is ask('entered', POST => '/enter', @alice)->location, '/', 'a POST through a RewriteRule signs in';

# ---- SetHandler, on any path, under a ProxyPass ----

is_ours('handlers', '/app/my/login', '200 ');
is_ours('handlers', '/app/my/profile', '302 /app/my/login');
is_ours('handlers', '/app/my/logout', '302 /app/my/login');
is_theirs('handlers', $_) for '/app/', '/app/my', '/login', '/app/my/loginx';
$backend->forget;
$reply = ask('handlers', POST => '/app/my/login', @alice);
is $reply->location, '/app/my/profile', 'SetHandler: signing in works';
like text_in(ask('handlers', GET => '/app/my/profile', cookie => cookie_of($reply))), qr/Username: alice/, 'SetHandler: the profile names the user';
is_deeply [$backend->requests], [], 'SetHandler: and the backend saw nothing';

# ---- A gate over everything does not lock anybody out ----

for my $case (['gated', '/account', '/account/login', '/account'], ['gatedproxy', '', '/login', '/'], ['picky', '', '/login', '/']) {
    my ($host, $base, $login, $home) = @$case;
    $backend->forget;
    is ask($host, GET => '/inside', accept => 'text/html')->location, "$login?next=/inside", "$host: a visitor is sent to the sign-in page";
    is ask($host, GET => "$base/login")->status, 200, "$host: which is there";
    is ask($host, GET => "$base/signup")->status, 200, "$host: as is sign-up";
    is ask($host, GET => $home)->location, $login, "$host: the profile sends visitors there itself";
    my $in = ask($host, POST => "$base/login", @alice);
    is $in->status . ' ' . $in->location, "302 $home", "$host: signing in works";
    is ask($host, GET => $home, cookie => cookie_of($in))->status, 200, "$host: and shows the profile";
    is ask($host, POST => "$base/logout", cookie => cookie_of($in), origin => "http://$host.example")->status, 302, "$host: and signs out";
    is_deeply [$backend->requests], [], "$host: the backend saw nothing";
}
is ask('gated', GET => '/extra/login')->status, 200, 'a handler by SetHandler is not locked in by its own gate';
is ask('gated', POST => '/extra/login', @alice)->location, '/account', 'a handler by SetHandler signs in inside its own gate';
is ask('gated', TRACE => '/extra/login')->status, 405, 'a handler by SetHandler answers TRACE with 405';
for my $case (['gated', '/start.txt'], ['gated', '/account/other.txt'], ['gated', '/account/login/deep.txt'], ['gated', '/extra/a.txt'],
    ['fickle', '/start.txt'], ['fickle', '/extra/a.txt'], ['fickle', '/account/login/deep.txt']) {
    my ($host, $path) = @$case;
    $reply = ask($host, GET => $path, accept => 'text/html');
    is $reply->status, 302, "$host: $path beside an endpoint is gated";
    is $reply->location =~ s/.*next=//r, $path, "$host: $path: to sign in and back";
}
is ask('fickle', GET => '/extra/login')->status, 200, 'fickle: the endpoint is there';
like text_in(ask('fickle', GET => '/fickle/a.txt')), qr/Sign in/, 'fickle: also by an expression';
$reply = ask('fickle', GET => '/fickle/deep.txt');
is $reply->status, 403, 'fickle: what passed the gate as an endpoint is served as nothing else';
unlike $reply->body, qr/deep$/, 'fickle: and not shown';

done_testing;
