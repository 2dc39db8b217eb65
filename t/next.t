# SPDX-License-Identifier: Apache-2.0
# Where somebody goes after signing in: never to another site, whatever next and the headers say (row 21).
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
        'X-Content-Type-Options', 'Referrer-Policy', 'Content-Length', 'Connection', 'Content-Type';
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
    '/%5cevil.example', '/%5Cevil.example', '/%5c/evil.example', '/%255cevil.example', '/a/%5c../', '/%2f%5cevil', '/?a=\\x',
    # control characters, as they are and escaped
    "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/\r\n/evil.example", "\n//evil.example", "\r//evil.example", "/inbox\n", "/inbox\r\n",
    "/inbox\r\nX-Injected: 1", "/\r\nSet-Cookie: auth_session=x", "/inbox\nLocation: http://evil.example/", "/inbox\t", "/inbox\e[31m", "/\x7f/evil",
    "/\x01", "/\x0b/evil", "/\x0c/evil", '/inbox%0d%0aX-Injected: 1', '/inbox%0aX-Injected:1', '/inbox%0D%0ASet-Cookie:a=b', '/%0a/evil.example',
    '/%09/evil.example', '/%0d/evil.example', '/%00', '/inbox%00.html', '/a?b=%0d%0aX-Injected:1', '/%7f', '/%250d%250aX', '/%1b[31m',
    # what looks like a slash
    '/／evil.example', '/／／evil.example', '/＼evil.example', '/⁄evil.example', '/∕evil.example', '／／evil.example', '/%ef%bc%8fevil.example',
    # too long
    '/' . 'a' x 2048, '/' . 'é' x 1024, '//' . 'a' x 3000,
);
cmp_ok scalar @hostile, '>=', 100, 'row 21: at least 100 payloads';
for my $next (@hostile) {
    my %reply = destinations($next);
    for my $way (sort keys %reply) {
        my $reply = $reply{$way};
        my $location = $reply->location // 'none';
        my $name = "row 21: '" . shown($next) . "' by $way leads home";
        if ($reply->status != 302 || $location ne '/' || !no_extra_header($reply)) {
            fail $name;
            diag $reply->head;
        }
        else { pass $name }
    }
}

# NUL: the form as a whole is refused, the query's next is dropped.
for my $next ("/in\0box", "\0//evil.example", "/\0") {
    is $site->request(POST => '/login', form(@credentials, next => $next))->status, 400, 'row 21: NUL by form: ' . shown($next);
    is $site->request(POST => '/login', json({ @credentials, next => $next }))->status, 400, 'row 21: by JSON';
    is $site->request(POST => '/login?next=' . uri_escape($next), form(@credentials))->location, '/', 'row 21: by query leads home';
}
for my $query ('next=%zz', 'next=%', 'next=%ff%fe/x', 'next=/a&next=/b', 'next=/a&next=/a', 'Next=/a', 'next[]=/a', 'next', 'next=') {
    is $site->request(POST => "/login?$query", form(@credentials))->location, '/', "row 21: the query '$query' leads home";
}
for my $next (7, ['/inbox'], { a => '/inbox' }, undef, JSON::PP::true()) {
    is $site->request(POST => '/login', json({ @credentials, next => $next }))->location, '/', 'row 21: another type than a string leads home';
}

# ---- Paths on this site ----

my %fine = (
    '/' => '/', '/inbox' => '/inbox', '/a/b/c.html' => '/a/b/c.html', '/a?b=c&d=e' => '/a?b=c&d=e', '/a#part' => '/a#part',
    '/?u=https://other.example/x' => '/?u=https://other.example/x', '/a?b=//c' => '/a?b=//c', '/a b' => '/a%20b', '/ü' => '/%C3%BC',
    '/%41' => '/%41', '/a"b<c>' => '/a%22b%3Cc%3E', '/@evil.example' => '/@evil.example', '/a:80' => '/a:80', '/.well-known/x' => '/.well-known/x',
    '/a/./b' => '/a/./b', '/./' => '/./', '/a;b=c' => '/a;b=c', '/~alice' => '/~alice', "/it's" => "/it's", '/a+b' => '/a+b', '/a%20b' => '/a%20b',
    '/😀' => '/%F0%9F%98%80', '/' . 'a' x 2047 => '/' . 'a' x 2047,
);
for my $next (sort keys %fine) {
    my %reply = destinations($next);
    is $reply{$_}->location, $fine{$next}, "'" . shown($next) . "' by $_ is kept" for sort keys %reply;
}
is $site->request(POST => '/login?next=/query', form(@credentials, next => '/form'))->location, '/form', 'the form counts before the query';
is $site->request(POST => '/login?next=/query', form(@credentials, next => '//evil'))->location, '/', 'also when what it says is dropped';
is $site->request(POST => '/in', form(@credentials))->location, '/welcome?first=1', 'home is LuciaHomeURL';
is $site->request(POST => '/in', form(@credentials, next => '//evil.example'))->location, '/welcome?first=1', 'for a next that is dropped too';
is $site->request(POST => '/login?next=/inbox', form(@credentials), accept => 'application/json')->status, 200, 'who wants JSON is not sent anywhere';
is $site->request(POST => '/signup?next=/inbox', form(username => 'bobby', password => $PASSWORD, next => '/inbox'))->location, '/',
    'sign-up goes home';

# ---- The page carries it on ----

sub hidden { my ($reply) = @_; $reply->body =~ /name="next" value="([^"]*)"/ ? LuciaTest::Site::unescape($1) : undef }
is hidden($site->request(GET => '/login?next=%2Fa%3Fb%3D%22%3E%3Cx%3E')), '/a?b="><x>', 'the page carries next on, escaped';
unlike $site->request(GET => '/login?next=%2Fa%22%3E%3Csvg%20onload%3D1%3E')->body, qr/<svg onload/, 'row 22: and no markup';
is hidden($site->request(GET => '/login?next=' . uri_escape($_))), undef, "row 21: but not '" . shown($_) . "'"
    for '//evil.example', '/\\evil.example', "/a\r\nb", 'http://evil.example/', "/a\0", 'javascript:alert(1)';
my $again = $site->request(POST => '/login', form(username => 'alice', password => 'wrong 1', next => '/inbox'));
is hidden($again), '/inbox', 'after a wrong password too';
is hidden($site->request(POST => '/login?next=/inbox', form(username => 'alice', password => 'wrong 1'))), '/inbox', 'and from the query';
is hidden($site->request(POST => '/login', form(username => 'alice', password => 'wrong 1', next => '//evil'))), undef, 'row 21: never what is dropped';

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
    unlike $_->bytes, qr/evil\.example/, "row 21: forged $what: nothing of it in the answer" for @answers;
    next if $answers[0]->status == 400;    # httpd does not take this Host at all
    is $answers[0]->location . ' ' . $answers[1]->location . ' ' . $answers[2]->location, '/ /login /', "row 21: forged $what: the same paths as ever";
}
for my $target ('http://evil.example/login', 'https://evil.example:444/login', 'http://evil.example//login', 'http://user@evil.example/login') {
    my $reply = $site->request(POST => $target, form(@credentials));
    unlike $reply->bytes, qr/evil\.example/, "row 21: POST $target: nothing of it in the answer";
    is $reply->location, '/', 'row 21: and home' if $reply->status == 302;
}
is $site->request(POST => 'http://evil.example/login', form(@credentials))->status, 302, 'an absolute-form request is served';
is $site->request(GET => '/', version => '1.0', host => '')->location, '/login', 'so is one without Host';

# ---- A login URL elsewhere, as the administrator says ----

my $reply = $site->request(GET => '/away', host => 'evil.example');
is $reply->location, 'https://login.example/in', 'a login URL on another origin is kept as configured';

done_testing;
