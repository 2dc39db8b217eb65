# SPDX-License-Identifier: Apache-2.0
# Unsafe requests at the gate: the cookie counts only from this site's pages.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $backend = LuciaTest::Backend->new;
my $server = LuciaTest::Server->new(
    ports  => 3,
    config => CHEAP_SITE . <<"CONF",
Listen 127.0.0.1:\@port2\@
Listen 127.0.0.1:\@port3\@
ProxyPass /app/ @{[$backend->url]}
ProxyPass /off/ @{[$backend->url]}
ProxyPass /allowed/ @{[$backend->url]}
ProxyPass /open/ @{[$backend->url]}
<Directory \@htdocs\@>
    Options +ExecCGI +Includes
</Directory>
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
<LocationMatch ^/(?:app|off|allowed|cgi|off-cgi)/>
    AuthType Lucia
    Require valid-user
</LocationMatch>
<LocationMatch ^/off(?:-cgi)?/>
    LuciaCSRF Off
</LocationMatch>
<Location /allowed/>
    LuciaAllowedOrigins https://app.example http://app.example:8080
</Location>
# Behind something that ends TLS: the scheme and the port of ServerName.
<VirtualHost 127.0.0.1:\@port2\@>
    ServerName https://site.example
    UseCanonicalName On
</VirtualHost>
<VirtualHost 127.0.0.1:\@port3\@>
    ServerName https://site.example:8443
    UseCanonicalPhysicalPort Off
</VirtualHost>
CONF
    files => {
        (map { ("htdocs/$_/act.cgi" => "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\ndone for %s' \"\$REMOTE_USER\"\n") } qw(cgi off-cgi)),
        'htdocs/page.shtml' => qq{<!--#include virtual="/cgi/act.cgi" --> and <!--#include virtual="/off-cgi/act.cgi" -->\n},
    },
);
my $alice = sign_up($server, 'alice');
my ($port, $own) = ($server->port, $server->origin);

sub post {
    my ($path, $origin, %arg) = @_;
    my @origin = ref $origin ? map { [Origin => $_] } @$origin : defined $origin ? [Origin => $origin] : ();
    return $server->request($arg{method} || 'POST' => $path, form(a => 'b'), cookie => $alice,
        headers => [@origin, map { [$_ => $arg{headers}{$_}] } keys %{ $arg{headers} || {} }], map { ($_ => $arg{$_}) } qw(port host));
}

sub is_forgery {
    my ($reply, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is $reply->status, 403, $name or diag $reply->bytes;
    is_deeply eval { $reply->json }, { error => 'Requests from other sites are not accepted' }, "$name: said in JSON" or diag $reply->body;
    is scalar(set_cookies($reply)), 0, "$name: the session lives on";
    return;
}

subtest 'S9.19: foreign, missing and malformed origins' => sub {
    my @foreign = (
        undef, 'null', '', 'http://evil.example', "$own.evil.example", "http://evil.example#$own", "http://evil.example/?$own",
        "http://127.0.0.1", 'http://127.0.0.1:' . ($port + 1), "http://127.0.0.1:${port}0", "https://127.0.0.1:$port",
        "http://127.0.0.10:$port", "http://x127.0.0.1:$port", "http://user\@127.0.0.1:$port", "$own/", "$own/path", "127.0.0.1:$port",
        "//127.0.0.1:$port", "$own $own", "$own, $own", "$own,", "http://127.0.0.1:$port:$port", "HTTP//127.0.0.1:$port", "file://",
        "http://localhost:$port", 'http://[::1]:' . $port, [$own, $own], [$own, 'http://evil.example'], ['http://evil.example', $own],
        "http://127.0.0.1:0$port", "http://0177.0.0.1:$port", "http://2130706433:$port", "${own}\x{e9}",
    );
    is_forgery post('/app/x', $_), 'Origin: ' . (ref $_ ? join(' and ', @$_) : $_ // 'missing') for @foreign;
    is_forgery post('/app/x', undef, method => $_), "$_ without an Origin" for qw(PUT PATCH DELETE PROPFIND MKCOL LOCK REPORT FOO get);
    is_forgery post('/app/x', undef, headers => { Referer => "$own/app/" }), 'a Referer is no Origin';
    is_forgery post('/app/x', 'http://evil.example', headers => { 'X-Forwarded-Host' => 'evil.example' }), 'X-Forwarded-Host is not ours';
    is_forgery post('/app/x', undef, headers => { Origin2 => $own }), 'other headers say nothing';
    my $reply = $server->request(POST => '/app/x', form(a => 'b'), cookie => $alice, navigation('Sec-Fetch-Site' => 'cross-site'));
    is $reply->status, 403, 'a person gets';
    like $reply->type, qr{^text/html}, 'a browser gets the refusal as a page';
    is_deeply [$backend->requests], [], 'nothing reached the backend';
};

subtest 'the site\'s own pages' => sub {
    is post('/app/x', $own)->status, 200, 'POST from the own origin is served';
    is post('/app/x', uc $own)->status, 200, 'scheme and host in any case' or diag uc $own;
    is post('/app/x', $own, method => $_)->status, 200, $_ for qw(PUT DELETE PROPFIND);
    is_forgery post('/app/x', "http://site.test:$port", host => 'site.test'), 'another port than the one that was asked for';
    is post('/app/x', 'http://site.test', host => $_)->status, 200, "the port that was asked for: $_" for 'site.test', 'site.test:80';
    is post('/app/x', "http://site.test:$port", host => "site.test:$port")->status, 200, 'the Host that was asked';
    $backend->forget;
};

subtest 'Sec-Fetch-Site decides where a browser sends it' => sub {
    for my $site (qw(same-origin none)) {
        is post('/app/x', $_, headers => { 'Sec-Fetch-Site' => $site })->status, 200, "$site, Origin " . ($_ // 'missing')
            for undef, 'null', $own, "https://127.0.0.1:$port", 'http://127.0.0.1', 'https://www.example.org';
    }
    for my $site (qw(same-site cross-site other)) {
        is_forgery post('/app/x', $_, headers => { 'Sec-Fetch-Site' => $site }), "$site, Origin " . ($_ // 'missing') for undef, 'null', $own;
        is post('/allowed/x', 'https://app.example', headers => { 'Sec-Fetch-Site' => $site })->status, 200, "$site, an allowed Origin";
    }
    $backend->forget;
};

subtest 'an open page that includes what is gated' => sub {
    my $body = sub { my $reply = post('/page.shtml', @_); is $reply->status, 200, 'the page itself is open'; $reply->body };
    for my $origin (undef, 'null', 'http://evil.example', "$own.evil.example") {
        my $text = $body->($origin);
        like $text, qr/^\[an error occurred.*\] and /, 'POST, Origin ' . ($origin // 'missing') . ': the include is refused';
        like $text, qr/and done for alice$/, 'LuciaCSRF Off allows the include';
    }
    is $body->($own), "done for alice and done for alice\n", 'POST from here';
    is $body->('http://evil.example', method => 'GET'), "done for alice and done for alice\n", 'GET from anywhere';
};

subtest 'safe methods need no Origin' => sub {
    is post('/app/x', $_, method => 'GET')->status, 200, 'GET, Origin ' . ($_ // 'missing') for undef, 'null', 'http://evil.example';
    is post('/app/x', 'http://evil.example', method => $_)->status, 200, $_ for qw(HEAD OPTIONS);
    my %socket = (Upgrade => 'websocket', Connection => 'Upgrade, close', 'Sec-WebSocket-Key' => 'AAAA', 'Sec-WebSocket-Version' => 13);
    is_forgery post('/app/x', 'http://evil.example', method => 'GET', headers => \%socket), 'a WebSocket from another origin is refused';
    is post('/app/x', $own, method => 'GET', headers => \%socket)->status, 200, 'a WebSocket from the own origin is served';
    $backend->forget;
};

subtest 'without a cookie there is nothing to forge' => sub {
    is_unauthorized_json $server->request(POST => '/app/x', script(), form(a => 'b')), 'a script without a session gets 401 in JSON';
    is_unauthorized_page $server->request(POST => '/app/x', navigation(), form(a => 'b')), 'a browser without a session gets the 401 page';
    is $server->request(POST => '/open/x', form(a => 'b'), cookie => $alice, origin => 'http://evil.example')->status, 200,
        'an ungated place is not guarded';
    $backend->forget;
};

subtest 'LuciaCSRF Off' => sub {
    is post('/off/x', $_)->status, 200, 'Origin: ' . ($_ // 'missing') for undef, 'null', 'http://evil.example';
    is_unauthorized_json $server->request(POST => '/off/x', script(), form(a => 'b')), 'the gate itself is closed';
    $backend->forget;
};

subtest 'LuciaAllowedOrigins' => sub {
    is post('/allowed/x', $_)->status, 200, $_ for 'https://app.example', 'https://app.example:443', 'http://app.example:8080', $own;
    is_forgery post('/allowed/x', $_), $_ for 'http://app.example', 'https://app.example:8080', 'https://app.example.evil', 'https://xapp.example';
    is_forgery post('/allowed/x', undef), 'LuciaAllowedOrigins does not allow a missing Origin';
    is_forgery post('/app/x', 'https://app.example'), 'allowed there only';
    $backend->forget;
};

subtest 'behind something that ends TLS: ServerName https://...' => sub {
    my ($second, $third) = map { $server->port_number($_) } 2, 3;
    is post('/app/x', 'https://site.example', port => $second, host => 'site.example')->status, 200, 'https is this site';
    is_forgery post('/app/x', 'http://site.example', port => $second, host => 'site.example'), 'http is not';
    is_forgery post('/app/x', 'https://site.example:8443', port => $second, host => 'site.example'), 'another port than that of ServerName is another origin';
    is post('/app/x', 'https://site.example:8443', port => $third, host => 'site.example:8443')->status, 200, 'an Origin with the port of ServerName is served';
    is_forgery post('/app/x', 'https://site.example', port => $third, host => 'site.example:8443'), 'an Origin without the port of ServerName is refused';
    my $reply = $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD), port => $second,
        host => 'site.example', origin => 'https://site.example');
    is $reply->status, 302, 'sign-in from there';
    ok cookie_of($reply)->{attributes}{secure}, 'gives a Secure cookie';
};

done_testing;
