# SPDX-License-Identifier: Apache-2.0
# Who is stopped at the gate, and what is said to whom.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $backend = LuciaTest::Backend->new(headers => ['X-Secret: moonstone']);
my $server = LuciaTest::Server->new(
    config => CHEAP_SITE . "LuciaSessionCache off\n" . <<"CONF",
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
<Location /vault/bob/>
    Require user bob
</Location>
<Location /always/>
    AuthType Lucia
    LuciaUnauthenticated redirect
    Require valid-user
</Location>
<Location /never/>
    AuthType Lucia
    LuciaUnauthenticated 401
    Require valid-user
</Location>
<Location /app/>
    AuthType Lucia
    Require valid-user
</Location>
<Location /elsewhere/>
    AuthType Lucia
    LuciaLoginURL https://id.example/sign-in?for=us
    Require valid-user
</Location>
ProxyPass /app/ @{[$backend->url]}
CONF
    files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(vault vault/bob always never elsewhere) },
);
my $alice = sign_up($server, 'alice');
my $dead = { name => 'auth_session', value => 'x' x 40 };

subtest 'a person who navigates is sent to sign in, and back' => sub {
    is_sent_to_login $server->request(GET => '/vault/a.txt', navigation()), '/vault/a.txt', 'GET without a session leads to the sign-in';
    is_sent_to_login $server->request(HEAD => '/vault/a.txt', navigation()), '/vault/a.txt', 'HEAD without a session leads to the sign-in';
    is_sent_to_login $server->request(GET => '/vault/a.txt?b=c&d=%26', navigation()),
        '/vault/a.txt%3Fb%3Dc%26d%3D%2526', 'the way to the sign-in keeps the query';
    is_sent_to_login $server->request(GET => '/vault/a.txt', accept => 'text/html'), '/vault/a.txt',
        'an old browser, which says no Sec-Fetch-Mode';
    is_sent_to_login $server->request(GET => '/vault/a.txt', navigation('Sec-Fetch-Mode' => 'same-origin', 'Sec-Fetch-Dest' => 'empty')), '/vault/a.txt',
        'Firefox, through a service worker';
    is_sent_to_login $server->request(GET => '/vault/a.txt', navigation(), cookie => $dead), '/vault/a.txt',
        'an expired session leads to the sign-in';
    my $reply = $server->request(GET => 'http://127.0.0.1:' . $server->port . '/vault/a.txt?x', navigation());
    is_sent_to_login $reply, '/vault/a.txt%3Fx', 'asked for with an absolute URL';
    $reply = $server->request(GET => 'http://evil.example/vault/a.txt', navigation(), host => 'evil.example');
    is_sent_to_login $reply, '/vault/a.txt', 'a forged Host does not change the way to the sign-in';
    unlike $reply->bytes, qr/evil/, 'a forged Host is nowhere in the answer';
    is $reply->header('Cache-Control'), 'no-store', 'the redirect is not kept';
    is $server->request(GET => '/elsewhere/a.txt', navigation())->location,
        'https://id.example/sign-in?for=us&next=http%3A//127.0.0.1%3A' . $server->port . '/elsewhere/a.txt', 'to where LuciaLoginURL says';
    is $server->request(GET => "/vault/$_", navigation())->location, '/login', "/vault/$_ is not worth coming back to"
        for '%0d%0aX-A:b', '%09', '?' . 'x' x 8000;
    is_sent_to_login $server->request(GET => '/vault/?a=\\%0A', navigation()), '/vault/%3Fa%3D%5C%250A', 'a query may hold anything';
};

subtest 'the layout of the guides beside an index.html' => sub {
    my $site = LuciaTest::Server->new(files => { 'htdocs/index.html' => 'index', 'htdocs/login/index.html' => 'index' },
        config => "LuciaDatabase sqlite3 \@db\@\nLuciaPasswordHash argon2id m=1024 t=1 p=1\n<Location />\nAuthType Lucia\nRequire valid-user\n</Location>\n"
            . join '', map { "<LocationMatch \"^$_->[0]\$\">\nSetHandler luciauth-$_->[1]\n</LocationMatch>\n" } ['/', 'profile'], ['/login', 'login'], ['/signup', 'signup']);
    my $reply = $site->request(POST => '/signup', type => 'application/x-www-form-urlencoded', body => 'username=alice&password=hunter22', origin => 1);
    my ($cookie) = LuciaTest::cookie_of($reply);
    like $site->request(GET => '/', navigation(), cookie => $cookie)->body, qr/Username: .*alice/, 'the profile is shown, not the index';
    like $site->request(GET => '/login', navigation())->body, qr/name="password"/, 'the sign-in page is, too, beside a folder of its name';
    is $site->request(GET => '/index.html', navigation(), cookie => $cookie)->body, 'index', 'the file has its own address';
};

subtest 'a script is told in JSON, without a challenge' => sub {
    is_unauthorized_json $server->request(GET => '/vault/a.txt', script()), 'Sec-Fetch-Mode: cors gets 401 in JSON';
    for my $mode (qw(no-cors websocket)) {
        is_unauthorized_json $server->request(GET => '/vault/a.txt', navigation('Sec-Fetch-Mode' => $mode)), $mode;
    }
    is_unauthorized_json $server->request(GET => '/vault/a.txt', accept => 'text/html',
        headers => { 'X-Requested-With' => 'XMLHttpRequest' }), 'X-Requested-With gets 401 in JSON';
    is_unauthorized_json $server->request(GET => '/vault/a.txt', accept => $_), "Accept: $_"
        for '*/*', 'application/json', 'image/*', 'text/html;q=0', 'text/htmlx';
    my $reply = $server->request(GET => '/vault/a.txt');
    is_unauthorized_json $reply, 'no Accept at all';
    like $reply->type, qr{^application/json; charset=utf-8$}, 'the type is JSON';
    is $reply->header('Cache-Control'), 'no-store', 'a 401 is not stored';
    is_unauthorized_json $server->request(POST => '/vault/a.txt', script(), json({ a => 1 })), 'POST of a script';
    is_unauthorized_json $server->request(GET => '/vault/a.txt', script(), cookie => $dead), 'a dead cookie';
};

subtest 'a form sent after the session ended' => sub {
    my %typed = (form(text => 'a long letter'), origin => 1);
    is_unauthorized_page $server->request(POST => '/vault/a.txt', navigation(), %typed), 'POST of a form without a session gets the 401 page';
    is_unauthorized_page $server->request(POST => '/vault/a.txt', navigation(), %typed, cookie => $dead), 'POST of a form with an expired session gets the 401 page';
    is_unauthorized_page $server->request(PUT => '/vault/a.txt', navigation(), %typed), 'PUT of a form without a session gets the 401 page';
};

subtest 'LuciaUnauthenticated' => sub {
    is_sent_to_login $server->request(GET => '/always/a.txt', script()), '/always/a.txt', 'LuciaUnauthenticated redirect: scripts are redirected';
    is_unauthorized_json $server->request(POST => '/always/a.txt', script()), 'redirect: but nothing unsafe';
    my $page = $server->request(GET => '/never/a.txt', navigation());
    is $page->status, 401, 'LuciaUnauthenticated 401: browsers get 401';
    like $page->body, qr{<a[^>]*href="/login"[^>]*>Sign in<}, '401: with a way to sign in';
    unlike $page->body, qr/session has ended/, '401: nobody sent a form';
    keeps_secret $page, 'LuciaUnauthenticated 401: the page';
    is_unauthorized_json $server->request(GET => '/never/a.txt', script()), 'LuciaUnauthenticated 401: scripts get JSON';
};

subtest 'a user' => sub {
    is_served $server->request(GET => '/vault/a.txt', navigation(), cookie => $alice), 'a user is let in';
    is_served $server->request(GET => '/vault/a.txt', cookie => "a=b; auth_session=$alice->{value}; c=d"),
        'among other cookies';
    for my $who ([navigation()], [script()], []) {
        my $reply = $server->request(GET => '/vault/bob/a.txt', @$who, cookie => $alice);
        is $reply->status, 403, 'refused by a Require: 403, no way to sign in again';
        is $reply->location, undef, 'a 403 does not redirect';
        keeps_secret $reply, 'a 403 for a refused user';
    }
    is_sent_to_login $server->request(GET => '/vault/bob/a.txt', navigation()), '/vault/bob/a.txt', 'a visitor there';
};

subtest 'S9.12, S9.16: cookies that are not ours are those of visitors' => sub {
    my $id = $alice->{value};
    is_unauthorized_json $server->request(GET => '/vault/a.txt', script(), cookie => $_), substr $_, 0, 30
        for "auth_session=\U$id", "auth_session=${id}x", 'auth_session=' . substr($id, 1), 'auth_session=', 'auth_session',
        "AUTH_SESSION=$id", "=auth_session=$id", "a=1,auth_session=$id", "auth_session=\"$id\"", "xauth_session=$id",
        "auth_session=$id; auth_session=$dead->{value}", "auth_session=$dead->{value}; auth_session=$id",
        'auth_session=' . join('', map { sprintf '%%%02x', ord } split //, $id);
};

subtest 'S9.25: every method is refused before the backend hears of it' => sub {
    for my $method (qw(GET HEAD OPTIONS POST PUT DELETE PATCH PROPFIND MKCOL LOCK REPORT FOO get)) {
        for my $who ([navigation()], [script()], [cookie => $dead]) {
            my $reply = $server->request($method => '/app/page', @$who);
            is_refused $reply, "$method without a session is refused";
        }
    }
    is_refused $server->request(TRACE => '/app/page', script()), 'TRACE without a session is refused';
    is_refused $server->request(GET => '/app/page', script(), version => '1.0'), 'HTTP/1.0 without a session is refused';
    like $server->raw("GET /app/page\r\n\r\n"), qr/^(?!.*moonstone)/s, 'HTTP/0.9 gets nothing';
    is_deeply [$backend->requests], [], 'the backend heard nothing';
    is $server->request(OPTIONS => '/app/page', cookie => $alice)->status, 200, 'OPTIONS of a user';
    is scalar(() = $backend->requests), 1, 'does reach it';
    $backend->forget;
};

subtest 'S9.25: no spelling of the path goes around the gate' => sub {
    for my $place (qw(vault app)) {
        my ($first, $rest) = $place =~ /^(.)(.*)/;
        my $file = $place eq 'app' ? 'page' : 'a.txt';
        my $code = sprintf '%%%02x', ord $first;
        my @paths = (
            "//$place/$file", "///$place//$file", "/./$place/$file", "/x/../$place/$file", "/$place/./$file",
            "/$code$rest/$file", "/%2e/$place/$file", "/x/%2e%2e/$place/$file", "/%2f$place/$file", "/$place%2f$file",
            "/$place;x/$file", "/;x/$place/$file", "/$place/;x/$file", "/\U$place\E/$file", "/\u$place/$file", "/$place\\$file",
            "/$place/%00$file", "/$place/%$file", "/%25$code$rest/$file", "/$place/$file/", "/$place/$file?", "/$place/$file;y",
            "/$place/../$place/$file", "/$place/$file%20", "/$place/$file.", "/.//$place/$file", "/ $place/$file",
            "http://127.0.0.1/$place/$file", "/$place/%2e%2e/$place/$file", "/$place\x{e9}/../$place/$file",
        );
        for my $path (@paths) {
            is_refused $server->request(GET => $path, script()), "$path without a session is refused";
            is_refused $server->request(GET => $path, navigation(), cookie => $dead), "$path of a person";
        }
    }
    is_deeply [$backend->requests], [], 'the backend heard nothing';
};

subtest 'the connection stays usable after a refusal' => sub {
    my $body = 'x' x 5000;
    my $answer = $server->raw(
        join('', map { $server->bytes_of(POST => '/app/', script(Connection => 'keep-alive'), type => 'text/plain', body => $body) } 1 .. 2)
        . $server->bytes_of(GET => '/vault/a.txt', cookie => $alice));
    is scalar(() = $answer =~ m{HTTP/1\.1 401 }g), 2, 'two bodies that nobody read';
    like $answer, qr{HTTP/1\.1 200 .*moonstone}s, 'a third request on the same connection is served';
    is_deeply [$backend->requests], [], 'nothing of it reached the backend';
};

subtest 'S9.13: a session that ended is dead in every child' => sub {
    my $brief = sign_in($server, 'alice');
    is_served $server->request(GET => '/vault/a.txt', cookie => $brief), 'the session is served before the sign-out' for 1 .. 5;
    is $server->request(POST => '/logout', form(), cookie => $brief, origin => 1)->status, 302, 'the session is signed out';
    is_unauthorized_json $server->request(GET => '/vault/a.txt', script(), cookie => $brief), 'the signed-out session is refused' for 1 .. 20;
    is_served $server->request(GET => '/vault/a.txt', cookie => $alice), 'another session of the same user lives on';
    sqlite($server->db, 'UPDATE auth_user SET disabled = 1');
    is_unauthorized_json $server->request(GET => '/vault/a.txt', script(), cookie => $alice), 'a disabled user is nobody';
    sqlite($server->db, 'UPDATE auth_user SET disabled = NULL');
    is_served $server->request(GET => '/vault/a.txt', cookie => $alice), 'the session of a user who is enabled again is served';
};

like $server->error_log, qr/\A(?!.*(?:exit signal|Segmentation))/s, 'no child died';
unlike $server->access_log . $server->error_log, qr/$alice->{value}/, 'S9.15: the session id is in no log';

done_testing;
