# SPDX-License-Identifier: Apache-2.0
# Request bodies: types, sizes, malformed ones, and the connection after a refusal.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;
use Time::HiRes ();

my $site = site('');
sign_up($site, 'alice');

my $FORM = 'application/x-www-form-urlencoded';
my $body = 'username=alice&password=' . uri_escape($PASSWORD);
my $json = qq({"username":"alice","password":"$PASSWORD"});

sub login { my (%arg) = @_; $site->request(POST => '/login', %arg) }
sub refused {
    my ($reply, $status, $message, $what) = @_;
    is $reply->status . ' ' . (error_in($reply) // ''), "$status $message", $what;
    is cookie_of($reply), undef, "$what: no cookie";
    return;
}

# ---- Types ----

for my $type ($FORM, uc $FORM, "$FORM; charset=utf-8", "$FORM;charset=UTF-8", qq($FORM; charset="utf-8"), "$FORM ;charset=utf-8", "$FORM;") {
    is login(type => $type, body => $body)->status, 302, "$type is read";
}
for my $type ('application/json', 'Application/JSON', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"') {
    is login(type => $type, body => $json)->status, 302, "$type is read";
}
for my $type ('text/plain', 'multipart/form-data; boundary=x', 'application/jsonp', 'application/json5', 'text/json', 'application/x-www-form',
    "x$FORM", "${FORM}x", 'application/vnd.api+json', '*/*', '', ';', "$FORM; charset=iso-8859-1", "$FORM; charset=utf-80", qq($FORM; charset="utf-8x"),
    "$FORM;charset=utf80", 'application/json; charset=utf-80', 'application/json; charset=us-ascii-2', "$FORM; charset=", 'application/json; charset=utf-16',
    "text/plain; a=$FORM", "$FORM, text/plain") {
    for my $sent ($body, $json) {
        refused(login(type => $type, body => $sent), 415, 'Unsupported content type', "type '$type' is 415") if $type !~ /json/;
        is login(type => $type, body => $sent)->status, 415, "type '$type' is 415";
    }
}
is login(body => $body)->status, 415, 'no type is 415';
is $site->request(POST => '/login')->status, 415, 'no body and no type is 415';
for my $coding (qw(gzip deflate br)) {
    is login(type => $FORM, body => $body, headers => { 'Content-Encoding' => $coding })->status, 415, "a body in $coding is 415";
}
is login(type => $FORM, body => $body, headers => { 'Content-Encoding' => 'identity' })->status, 302, 'identity is as it stands';
is login(type => $FORM, body => $body, chunked => 1)->status, 302, 'a chunked form is read';
is login(type => 'application/json', body => $json, chunked => 1)->status, 302, 'chunked JSON is read';

# ---- Sizes ----

sub form_of { my ($length) = @_; "$body&x=" . 'y' x ($length - length($body) - 3) }
sub json_of { my ($length) = @_; $json . ' ' x ($length - length $json) }
for my $chunked (0, 1) {
    my $how = $chunked ? 'chunked' : 'with a length';
    is login(type => $FORM, body => form_of(8192), chunked => $chunked)->status, 302, "8192 bytes $how are read";
    refused(login(type => $FORM, body => form_of(8193), chunked => $chunked), 413, 'Request body too large', "8193 bytes $how");
    is login(type => 'application/json', body => json_of(8192), chunked => $chunked)->status, 302, "8192 bytes of JSON $how";
    refused(login(type => 'application/json', body => json_of(8193), chunked => $chunked), 413, 'Request body too large',
        "8193 bytes of JSON $how");
}
my $reply = $site->request(POST => '/login', type => $FORM, headers => { 'Content-Length' => 2**30, Expect => '100-continue' });
is $reply->status, 413, 'a gigabyte that is only announced is refused before it comes';
unlike $reply->bytes, qr/ 100 Continue/, 'a refused gigabyte is not asked for by 100 Continue';

# ---- Malformed ----

for my $case (
    ['%00 in a value', "username=alice%00&password=x"], ['%00 in a password', "username=alice&password=x%00y"],
    ['%00 in a name', "username%00=alice&password=x"], ['%00 in another field', "$body&a=%00"],
    ['a NUL byte', "username=ali\0ce&password=x"], ['a broken escape', "username=%zz&password=x"],
    ['a cut-off escape', "username=alice&password=%"], ['another', "username=alice&password=%4"],
    ['half an escape', "username=%4x&password=x"], ['bad UTF-8', "username=%ff&password=x"],
    ['overlong UTF-8', "username=%c0%af&password=x"], ['a surrogate in UTF-8', "username=%ed%a0%80&password=x"],
    ['above U+10FFFF', "username=%f4%90%80%80&password=x"], ['raw bad UTF-8', "username=\xff&password=x"],
    ['bad UTF-8 in another field', "$body&a=%ff"],
    ['S9.24: the username twice', "username=bob&$body"], ['S9.24: the same value twice', "username=alice&$body"],
    ['S9.24: the password twice', "$body&password=x"], ['S9.24: next twice', "$body&next=/a&next=/b"],
    ['S9.24: twice, once escaped', "$body&user%6eame=x"],
) {
    my ($what, $sent) = @$case;
    refused(login(type => $FORM, body => $sent), 400, 'Malformed request body', $what);
}
for my $case (
    ['nothing', ''], ['a blank', ' '], ['no end', '{"username":"alice"'], ['single quotes', "{'username':'alice'}"],
    ['no quotes', '{username:"alice"}'], ['a comma too much', '{"username":"alice",}'], ['something after it', "$json x"],
    ['two objects', "$json$json"], ['a comment', "$json /* a */"], ['NaN', '{"username":NaN}'], ['a byte order mark', "\xef\xbb\xbf$json"],
    ['\u0000', '{"username":"a\u0000b","password":"x"}'], ['\u0000 in a name', '{"a\u0000":1}'], ['a NUL byte', "{\"username\":\"a\0\"}"],
    ['a lone surrogate', '{"username":"\ud800","password":"x"}'], ['surrogates the wrong way', '{"username":"\udc00\ud800"}'],
    ['bad UTF-8', "{\"username\":\"\xff\"}"], ['a raw newline in a string', "{\"username\":\"a\nb\"}"], ['a bad escape', '{"username":"\x"}'],
    ['S9.24: the username twice', '{"username":"a","username":"alice","password":"x"}'],
    ['S9.24: twice, once escaped', '{"username":"a","user\u006eame":"alice","password":"x"}'],
    ['S9.24: another member twice', '{"a":1,"a":2}'], ['S9.24: a number too large', '{"a":1e999}'],
    ['S9.24: 4,000 arrays', '[' x 4000 . ']' x 4000], ['S9.24: 4,000 open ones', '[' x 4000],
    ['S9.24: 1,000 objects', '{"a":' x 1000 . '1' . '}' x 1000],
    ['S9.24: deep inside a member', '{"username":' . '[' x 3000 . ']' x 3000 . '}'],
    ['a form', $body],
) {
    my ($what, $sent) = @$case;
    refused(login(type => 'application/json', body => $sent), 400, 'Malformed request body', "JSON: $what");
}
is login(type => 'application/json', body => '[' x 10_000 . ']' x 10_000)->status, 413, 'S9.24: 10,000-deep JSON is too large';

for my $case (
    ['an array', '["alice"]'], ['a string', '"alice"'], ['null', 'null'], ['a number', '7'], ['an empty object', '{}'],
    ['a nested object', '{"user":{"username":"alice"}}'],
) {
    my ($what, $sent) = @$case;
    refused(login(type => 'application/json', body => $sent), 400, 'Invalid username', "S9.24: JSON: $what has no fields");
}
for my $case (['an array', 'username[]=alice&password[]=x'], ['an index', 'username[0]=alice'], ['another case', 'Username=alice'],
    ['a blank', '+username=alice'], ['nothing', ''], ['separators only', '&&&=&']) {
    my ($what, $sent) = @$case;
    refused(login(type => $FORM, body => $sent), 400, 'Invalid username', "S9.24: a form: $what has no fields");
}
is login(type => $FORM, body => "&&$body&&csrf=abc&submit=&_=1")->status, 302, 'other fields do not matter';
is login(type => 'application/json', body => qq({"a":[1,{"b":null}],"username":"alice","password":"$PASSWORD","c":1.5}))->status, 302,
    'other members do not matter';

# ---- The query is not the body ----

my $query = "/login?$body";
refused($site->request(POST => $query, type => $FORM, body => ''), 400, 'Invalid username', 'credentials in the query are never read');
refused($site->request(POST => $query, json('{}')), 400, 'Invalid username', 'JSON credentials in the query are not read');
$reply = $site->request(GET => $query);
is $reply->status, 200, 'a GET with them is the page';
unlike $reply->body, qr/alice|horse/, 'a GET with credentials in the query does not show them';
refused($site->request(POST => "/login?password=$PASSWORD" =~ s/ /%20/gr, form(username => 'alice')), 400, 'Invalid password', 'one of each');
is $site->request(POST => '/login?username=eve&password=x', type => $FORM, body => $body)->status, 302, 'the query does not count as a second one';

# ---- The connection after a refusal ----

# Sends a POST and a GET on one connection; returns both answers.
sub pair {
    my (%arg) = @_;
    my $path = delete $arg{path} // '/login';
    my $method = delete $arg{method} // 'POST';
    $arg{headers}{Connection} = 'keep-alive';
    my $answer = $site->raw($site->bytes_of($method => $path, %arg) . $site->bytes_of(GET => '/login'));
    my $first = LuciaTest::Reply->parse($answer, $method);
    return ($first, $first->rest ? LuciaTest::Reply->parse($first->rest, 'GET') : undef);
}
my $smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
for my $case (
    [415, 'of another type', type => 'text/plain', body => $smuggled],
    [415, 'chunked, of another type', type => 'text/plain', body => $smuggled x 300, chunked => 1],
    [405, 'to sign-out', method => 'PUT', path => '/logout', type => 'text/plain', body => $smuggled x 3],
    [401, 'of a visitor', path => '/logout', type => 'text/plain', body => $smuggled x 3],
    [403, 'from elsewhere', form(username => 'alice', password => $PASSWORD), origin => 'http://evil.example'],
    [302, 'that signs in', type => $FORM, body => $body],
) {
    my ($status, $what, %arg) = @$case;
    my ($first, $second) = pair(%arg);
    is $first->status, $status, "a request $what: $status";
    ok $second && $second->status == 200 && $second->body =~ /<h1>Sign in/, "a request $what: the connection goes on with the next request"
        or diag $first->head;
}
for my $chunked (0, 1) {
    my ($first, $second) = pair(type => $FORM, body => 'a=' . $smuggled x 500, chunked => $chunked);
    is $first->status, 413, '413 with a body' . ($chunked ? ' in chunks' : '');
    is $first->header('Connection'), 'close', 'closes the connection';
    is $second, undef, 'the body of a 413 is not taken for a request';
}
for my $arg ([json('{"a')], [form(username => '')], [type => $FORM, body => $smuggled]) {
    my ($first, $second) = pair(@$arg);
    is $first->status . ' ' . $first->header('Connection'), '400 close', '400 closes it too, as everywhere in httpd';
    is $second, undef, 'no request follows a 400 for broken framing';
}
my $short = $site->connect;
print $short $site->bytes_of(POST => '/login', type => $FORM, headers => { 'Content-Length' => 500 }, body => $body);
shutdown $short, 1;
like $site->raw('', socket => $short), qr{\AHTTP/1\.1 400 |\A\z}, 'a body that breaks off signs nobody in';
unlike $site->raw($site->bytes_of(POST => '/login', type => $FORM, headers => { 'Transfer-Encoding' => 'chunked' }, body => "zz\r\n$body\r\n0\r\n\r\n")),
    qr/ 302 /, 'a broken chunk signs nobody in';

# ---- A gigabyte ----

sub memory {
    my $sum = 0;
    for my $pid ($site->children) {
        $sum += $1 if LuciaTest::Server::slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m;
    }
    return $sum;
}

# Sends a chunked body until the server has enough of it; returns the answer and how much was sent.
sub gigabyte {
    my ($type) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $socket = $site->connect;
    print $socket "POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: $type\r\nTransfer-Encoding: chunked\r\n\r\n";
    my $chunk = sprintf "%x\r\n%s\r\n", 2**20, 'x' x 2**20;
    my $sent = 0;
    my $end = Time::HiRes::time() + 60;
    $socket->blocking(0);
    my $at = length $chunk;
    while ($sent < 2**30 && Time::HiRes::time() < $end) {
        last if IO::Select->new($socket)->can_read(0);
        next unless IO::Select->new($socket)->can_write(0.1);
        $at = 0 if $at >= length $chunk;
        my $got = syswrite $socket, $chunk, length($chunk) - $at, $at;
        last unless $got;
        $at += $got;
        $sent += $got;
    }
    $socket->blocking(1);
    print $socket "0\r\n\r\n";
    shutdown $socket, 1;
    return (LuciaTest::Reply->parse($site->raw('', socket => $socket), 'POST'), $sent);
}

my $before = memory();
my ($answer, $sent) = gigabyte($FORM);
is $answer->status, 413, 'S9.24: a body of 1 GiB in chunks is 413';
cmp_ok $sent, '<', 2**26, 'S9.24: long before its end';
($answer, $sent) = gigabyte('text/plain');
is $answer->status, 415, 'S9.24: a body of 1 GiB of another type is 415';
cmp_ok memory() - $before, '<', ($ENV{SANITIZE} ? 65536 : 8192), 'S9.24: a body of 1 GiB takes flat memory (KiB)';
is login(type => $FORM, body => $body)->status, 302, 'the server serves after the large bodies';

done_testing;
