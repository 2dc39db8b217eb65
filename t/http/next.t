# SPDX-License-Identifier: Apache-2.0
# Where somebody goes after signing in: never to another site, whatever next and the headers say (S9.21).
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = site(<<'CONF');
<Location /away>
    SetHandler luciauth-profile
    LuciaLoginURL https://login.example/in
    LuciaHomeURL /welcome?first=1
</Location>
<Location /in>
    SetHandler luciauth-login
    LuciaHomeURL /welcome?first=1
</Location>
<Location /gate>
    AuthType Lucia
    Require valid-user
</Location>
<Location /closed>
    Require all denied
    ErrorDocument 403 /login
</Location>
LuciaReturnTo https://app.example http://127.0.0.1:8080
CONF
sign_up($site, 'alice');

# ---- Every way to say where to go ----

my @credentials = (username => 'alice', password => $PASSWORD);

# The Location after each of them; the whole head is checked too.
sub destinations {
    my ($next) = @_;
    my %reply = (
        form  => $site->request(POST => '/login', form(@credentials, next => $next)),
        query => $site->request(POST => '/login?next=' . uri_escape($next), form(@credentials)),
    );
    my $text = $next;
    $reply{json} = $site->request(POST => '/login', json({ @credentials, next => $text })) if utf8::is_utf8($text) || $text !~ /[\x80-\xff]/;
    return map { $_ => $reply{$_} } sort keys %reply;
}

sub no_extra_header {
    my ($reply) = @_;
    my %known = map { lc $_ => 1 } 'Date', 'Server', 'Set-Cookie', 'Location', 'Cache-Control', 'Content-Security-Policy',
        'X-Content-Type-Options', 'Referrer-Policy', 'Content-Length', 'Connection', 'Content-Type', 'Clear-Site-Data';
    return !grep { !$known{ lc $_->[0] } } @{ $reply->{pairs} };
}

sub shown { my ($text) = @_; substr($text, 0, 60) =~ s/([^ -~])/sprintf '<%02x>', ord $1/ger }

# ---- Other sites: all of these lead home ----

my @hostile = (
    # no path at all
    '', 'inbox', '.', '..', '?', '#', '?a=//b', 'evil.example', 'www.evil.example/', ' ', 'a/b', './/evil.example', '../evil',
    'http://evil.example', 'http://evil.example/', 'https://evil.example', 'HTTPS://evil.example/x', 'http:evil.example', 'http:/evil.example',
    'http:\\\\evil.example', 'http://127.0.0.1/', 'https:evil.example', 'https:/evil.example', 'https:///evil.example', 'ftp://evil.example',
    'javascript:alert(1)', 'JavaScript:alert(1)', 'javascript://x/%0aalert(1)', 'data:text/html,<script>alert(1)</script>', 'vbscript:x',
    'mailto:a@evil.example', 'file:///etc/passwd', 'about:blank', 'blob:x', 'ws://evil.example', '://evil.example', ':evil', '@evil.example',
    ' /inbox', "\t/inbox", '%2fevil', '%2f%2fevil.example', '%5cevil',
    # two slashes, and what becomes two
    '//', '//evil.example', '//evil.example/%2e%2e', '//evil.example@127.0.0.1', '///evil.example', '////evil.example', '/////evil.example',
    '//evil.example:80/', '//user@evil.example/', '//google.com%2f..', '//127.0.0.1@evil.example', '//[::1]/', '//%65vil.example', '//\\evil.example',
    '//evil%E3%80%82example', '//?', '//#', '//a', '/.//evil.example', '/..//evil.example', '/a/..//evil.example', '/a/../..//evil.example',
    '/./..//evil.example', '/%2e//evil.example', '/%2e%2e//evil.example', '/%2fevil.example', '/%2Fevil.example', '/%2f/evil.example', '/%252fevil.example',
    '/;//evil.example', '/;/evil.example', '/;@evil.example/..//x', '/ /evil.example', '/%20/evil.example', '/..;//evil.example',
    # backslashes
    '\\', '\\\\evil.example', '\\/evil.example', '\\evil', '/\\evil.example', '/\\/evil.example', '/\\\\evil.example', '/inbox\\x',
    '/%5cevil.example', '/%5Cevil.example', '/%5c/evil.example', '/%255cevil.example', '/a/%5c../', '/%2f%5cevil',
    # control characters, as they are and escaped
    "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/\r\n/evil.example", "\n//evil.example", "\r//evil.example", "/inbox\n", "/inbox\r\n",
    "/inbox\r\nX-Injected: 1", "/\r\nSet-Cookie: auth_session=x", "/inbox\nLocation: http://evil.example/", "/inbox\t", "/inbox\e[31m", "/\x7f/evil",
    "/\x01", "/\x0b/evil", "/\x0c/evil", "/a?b=\r\nX-Injected: 1", "/a?b=\t", '/inbox%0d%0aX-Injected: 1', '/inbox%0aX-Injected:1', '/inbox%0D%0ASet-Cookie:a=b', '/%0a/evil.example',
    '/%09/evil.example', '/%0d/evil.example', '/%00', '/inbox%00.html', '/%7f', '/%250d%250aX', '/%1b[31m',
    "/inbox\N{U+80}", "/inbox\N{U+85}//evil.example", "/inbox\N{U+9f}/x", "/a?b=\N{U+85}", "/a#\N{U+85}", '/inbox%C2%85', '/inbox%c2%80x', '/%25c2%2585',
    # what looks like a slash
    '/／evil.example', '/／／evil.example', '/＼evil.example', '/⁄evil.example', '/∕evil.example', '／／evil.example', '/%ef%bc%8fevil.example',
    # too long
    '/' . 'a' x 8000, '/?' . 'a' x 7999, '//' . 'a' x 3000,
    # other origins than those of LuciaReturnTo
    'http://app.example/', 'https://app.example:8443/', 'https://app.example.evil.example/', 'https://app.example@evil.example/', 'https://x.app.example/',
    'https://evil.example/?https://app.example/', 'https://app.example\\@evil.example/', 'https://app.example//evil.example', '//app.example/',
    "https://app.example/\r\nX-Injected: 1", 'https://app.example/%0d%0a', 'https://user:pw@app.example/', 'https:app.example', 'https:///app.example/',
);
cmp_ok scalar @hostile, '>=', 100, 'S9.21: at least 100 payloads';
for my $next (@hostile) {
    my %reply = destinations($next);
    for my $way (sort keys %reply) {
        my $reply = $reply{$way};
        my $location = $reply->location // 'none';
        my $name = "S9.21: '" . shown($next) . "' by $way leads home";
        if ($reply->status != 302 || $location ne '/' || !no_extra_header($reply)) {
            fail $name;
            diag $reply->head;
        }
        else { pass $name }
    }
}

# NUL: the form as a whole is refused, the query's next is dropped.
for my $next ("/in\0box", "\0//evil.example", "/\0") {
    is $site->request(POST => '/login', form(@credentials, next => $next))->status, 400, 'S9.21: NUL by form: ' . shown($next);
    is $site->request(POST => '/login', json({ @credentials, next => $next }))->status, 400, 'S9.21: NUL by JSON answers 400';
    is $site->request(POST => '/login?next=' . uri_escape($next), form(@credentials))->location, '/', 'S9.21: by query leads home';
}
for my $query ('next=%zz', 'next=%', 'next=%ff%fe/x', 'next=/a&next=/b', 'next=/a&next=/a', 'Next=/a', 'next[]=/a', 'next', 'next=') {
    is $site->request(POST => "/login?$query", form(@credentials))->location, '/', "S9.21: the query '$query' leads home";
}
for my $next (7, ['/inbox'], { a => '/inbox' }, undef, JSON::PP::true()) {
    is $site->request(POST => '/login', json({ @credentials, next => $next }))->location, '/', 'S9.21: another type than a string leads home';
}

# ---- Paths on this site ----

my %fine = (
    '/' => '/', '/inbox' => '/inbox', '/a/b/c.html' => '/a/b/c.html', '/a?b=c&d=e' => '/a?b=c&d=e', '/a#part' => '/a#part',
    '/?u=https://other.example/x' => '/?u=https://other.example/x', '/a?b=//c' => '/a?b=//c', '/a b' => '/a%20b', '/ü' => '/%C3%BC',
    '/%41' => '/%41', '/a"b<c>' => '/a%22b%3Cc%3E', '/@evil.example' => '/@evil.example', '/a:80' => '/a:80', '/.well-known/x' => '/.well-known/x',
    '/a/./b' => '/a/./b', '/./' => '/./', '/a;b=c' => '/a;b=c', '/~alice' => '/~alice', "/it's" => "/it's", '/a+b' => '/a+b', '/a%20b' => '/a%20b',
    '/😀' => '/%F0%9F%98%80', '/?' . 'a' x 6000 => '/?' . 'a' x 6000,
    '/a?b=%0d%0aX-Injected:1' => '/a?b=%0d%0aX-Injected:1', '/a?text=one%0Atwo%09%00' => '/a?text=one%0Atwo%09%00', '/a?b=%5C%2f' => '/a?b=%5C%2f',
    '/a?b=\\x' => '/a?b=%5Cx', '/a#b\\%0a' => '/a#b%5C%0a',
    'https://app.example/a?b=c#d' => 'https://app.example/a?b=c#d', 'HTTPS://APP.example:443' => 'https://app.example/', 'http://127.0.0.1:8080?x' => 'http://127.0.0.1:8080/?x',
);
for my $next (sort keys %fine) {
    my %reply = destinations($next);
    is $reply{$_}->location, $fine{$next}, "'" . shown($next) . "' by $_ is kept" for sort keys %reply;
}
is $site->request(POST => '/login?next=/query', form(@credentials, next => '/form'))->location, '/form', 'the form counts before the query';
is $site->request(POST => '/login?next=/query', form(@credentials, next => '//evil'))->location, '/', 'a dropped next of the form is not replaced by that of the query';
is $site->request(POST => '/in', form(@credentials))->location, '/welcome?first=1', 'home is LuciaHomeURL';
is $site->request(POST => '/in', form(@credentials, next => '//evil.example'))->location, '/welcome?first=1', 'a dropped next leads to LuciaHomeURL';
is $site->request(POST => '/login?next=/inbox', form(@credentials), accept => 'application/json')->status, 200, 'a sign-in that accepts JSON ignores next';
is $site->request(POST => '/signup?next=/inbox', form(username => 'bobby1', password => $PASSWORD))->location, '/inbox', 'sign-up: next by query';
is $site->request(POST => '/signup', form(username => 'bobby2', password => $PASSWORD, next => '/inbox'))->location, '/inbox', 'sign-up: by form';
is $site->request(POST => '/signup', json({ username => 'bobby3', password => $PASSWORD, next => '/inbox' }))->location, '/inbox', 'sign-up: by JSON';
is $site->request(POST => '/signup', form(username => 'bobby4', password => $PASSWORD, next => '//evil.example'))->location, '/', 'S9.21: sign-up: never elsewhere';
is $site->request(POST => '/signup', form(username => 'bobby5', password => $PASSWORD))->location, '/', 'sign-up: home without one';

# ---- The page carries it on ----

sub hidden { my ($reply) = @_; $reply->body =~ /name="next" value="([^"]*)"/ ? LuciaTest::Site::unescape($1) : undef }
is hidden($site->request(GET => '/login?next=%2Fa%3Fb%3D%22%3E%3Cx%3E')), '/a?b="><x>', 'the page carries next on, escaped';
unlike $site->request(GET => '/login?next=%2Fa%22%3E%3Csvg%20onload%3D1%3E')->body, qr/<svg onload/, 'S9.22: next adds no markup to the page';
is hidden($site->request(GET => '/login?next=' . uri_escape($_))), undef, "S9.21: the page does not carry on '" . shown($_) . "'"
    for '//evil.example', '/\\evil.example', "/a\r\nb", 'http://evil.example/', "/a\0", 'javascript:alert(1)';
my $again = $site->request(POST => '/login', form(username => 'alice', password => $WRONG, next => '/inbox'));
is hidden($again), '/inbox', 'the page after a wrong password keeps next';
is hidden($site->request(POST => '/login?next=/inbox', form(username => 'alice', password => $WRONG))), '/inbox', 'the page after a wrong password keeps next of the query';
is hidden($site->request(POST => '/login', form(username => 'alice', password => $WRONG, next => '//evil'))), undef, 'S9.21: never what is dropped';

sub form_of { my ($reply) = @_; $reply->body =~ /<form method="post" action="([^"]*)"/ ? LuciaTest::Site::unescape($1) : undef }
sub links_of { my ($reply) = @_; [map { LuciaTest::Site::unescape($_) } $reply->body =~ /<a href="([^"]*)"/g] }
my $page = $site->request(GET => '/login?next=/a%3Fb%3Dc');
is form_of($page), '', 'the form goes to the page\'s own URL, which keeps the query and the fragment';
is_deeply links_of($page), ['/signup?next=/a%3Fb%3Dc'], 'sign-in leads to sign-up with next';
$page = $site->request(GET => '/signup?next=/a%3Fb%3Dc');
is form_of($page) . ' ' . hidden($page), ' /a?b=c', 'the sign-up form keeps next';
is_deeply links_of($page), ['/login?next=/a%3Fb%3Dc'], "the sign-up page's link to sign-in keeps next";
is_deeply links_of($site->request(GET => '/login')), ['/signup'], 'the sign-in page without next links to sign-up without one';
$again = $site->request(POST => '/signup', form(username => 'al', password => $PASSWORD, next => '/inbox'));
is hidden($again) . " @{ links_of($again) }", '/inbox /login?next=/inbox', 'the page after a refused sign-up keeps next';

# What is longer than fits into a body beside the other fields stays in the form's URL.
my $long = '/a?' . join '&', map { "p$_=" . 'v:' x 12 . '%20w' } 1 .. 200;
cmp_ok length $long, '>', 6000, 'a long query';
my $gate = $site->request(GET => "/gate$long", accept => 'text/html');
is $gate->status, 302, 'the gate: sends to sign-in';
cmp_ok length $gate->location, '<', 8175, "a long query: the gate's URL fits into LimitRequestLine";
$page = $site->request(GET => $gate->location);
is $page->status . form_of($page), '200', 'the page is there';
is hidden($page), undef, 'a long query: the form has no field next';
is $site->request(POST => $gate->location, form(@credentials))->location, "/gate$long", 'a long query: the sign-in leads back, to the byte';
is_deeply [$site->request(GET => $page->body =~ /<a href="([^"]*)"/ ? LuciaTest::Site::unescape($1) : '/')->status], [200], 'a long query: the link to sign-up works';
$gate = $site->request(GET => '/gate?' . '%26' x 2600, accept => 'text/html');
is $gate->status . ' ' . $gate->location, '302 /login', 'what would be longer than LimitRequestLine is dropped';

# An open second tab: signed in already.
my $signed_in = sign_in($site, 'alice');
is $site->request(GET => "$_?next=/inbox", cookie => $signed_in)->location, '/inbox', "signed in already: $_ leads to next" for '/login', '/signup';
is $site->request(GET => "$_?next=//evil.example", cookie => $signed_in)->location, '/', "S9.21: signed in already: $_ never leads elsewhere" for '/login', '/signup';
is $site->request(POST => '/login?next=/inbox', form(@credentials), cookie => $signed_in)->location, '/inbox', 'a sign-in with a session leads to next';

# As an ErrorDocument the page stands at another URL.
$page = $site->request(GET => '/closed/x?y=z');
is $page->status . ' ' . form_of($page) . ' ' . hidden($page), '403 /login?next=/closed/x%3Fy%3Dz /closed/x?y=z', 'the sign-in page as ErrorDocument leads back to the refused page';
$signed_in = sign_in($site, 'alice');
is $site->request(GET => '/closed/x', cookie => $signed_in)->location, undef, 'a user who is refused there is not sent round in circles';

# What was dropped is said at info, without the query.
like $site->error_log, qr{\[luciauth:info\] .*LUCI0771: next is ignored: "//evil\.example/%2e%2e": it is not a path on this site}, 'the log says what was dropped';
like $site->error_log, qr{LUCI0771: next is ignored: "http://app\.example/": an absolute URL must have an origin that LuciaReturnTo lists}, 'the log names LuciaReturnTo for a dropped origin';
like $site->error_log, qr{LUCI0772: next is ignored: with "/gate" and its query, the URL of the sign-in page would exceed LimitRequestLine}, 'the log says that next is too long';
like $site->error_log, qr{LUCI0773: next is ignored: it occurs twice in the query}, 'the log says that next stands in the query twice';
for my $path ('/login', '/signup') {
    my $before = () = $site->error_log =~ /LUCI0771/g;
    $site->request(GET => "$path?next=//once.example");
    is scalar(() = $site->error_log =~ /LUCI0771/g) - $before, 1, "a next that $path drops has one line";
}
unlike $site->error_log, qr{next is ignored: (?:with )?"[^"]*\?}, 'S9.15: the log names a dropped next without its query';

# ---- The Host and its friends ----

my $cookie = sign_in($site, 'alice');
my @forged = (
    ['Host', host => 'evil.example'], ['Host with a port', host => 'evil.example:8443'], ['a Host full of tricks', host => 'evil.example@127.0.0.1'],
    map({ ["$_->[0]", headers => { @$_ }] } ['X-Forwarded-Host', 'evil.example'], ['X-Forwarded-Server', 'evil.example'], ['X-Host', 'evil.example'],
        ['Forwarded', 'host=evil.example;proto=https'], ['X-Original-URL', 'http://evil.example/'], ['X-Rewrite-URL', 'http://evil.example/'],
        ['X-Forwarded-Proto', 'https'], ['Referer', 'http://evil.example/'], ['X-Forwarded-Prefix', '//evil.example'], ['Base', 'http://evil.example']),
);
for my $case (@forged) {
    my ($what, %arg) = @$case;
    my @answers = (
        $site->request(POST => '/login', form(@credentials), %arg), $site->request(GET => '/', %arg), $site->request(GET => '/login', cookie => $cookie, %arg),
    );
    unlike $_->bytes, qr/evil\.example/, "S9.21: forged $what: nothing of it in the answer" for @answers;
    next if $answers[0]->status == 400;    # httpd does not take this Host at all
    is $answers[0]->location . ' ' . $answers[1]->location . ' ' . $answers[2]->location, '/ /login /', "S9.21: forged $what: the same paths as ever";
}
for my $target ('http://evil.example/login', 'https://evil.example:444/login', 'http://evil.example//login', 'http://user@evil.example/login') {
    my $reply = $site->request(POST => $target, form(@credentials));
    unlike $reply->bytes, qr/evil\.example/, "S9.21: POST $target: nothing of it in the answer";
    is $reply->location, '/', 'S9.21: POST to another site\'s URL redirects to home' if $reply->status == 302;
}
is $site->request(POST => 'http://evil.example/login', form(@credentials))->status, 302, 'an absolute-form request is served';
is $site->request(GET => '/', version => '1.0', host => '')->location, '/login', 'an absolute-form request without Host is served';

# ---- A login URL elsewhere, as the administrator says ----

my $reply = $site->request(GET => '/away', host => 'evil.example');
is $reply->location, 'https://login.example/in', 'a login URL on another origin is kept as configured';

done_testing;
