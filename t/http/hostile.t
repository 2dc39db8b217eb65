# SPDX-License-Identifier: Apache-2.0
# S9.42: requests that nobody sends by accident. The same ones on each run; LUCI_SEED and LUCI_REQUESTS make others.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $seed = $ENV{LUCI_SEED} || 42;
my $requests = $ENV{LUCI_REQUESTS} || ($ENV{SANITIZE} ? 1500 : 3000);
my $backend = LuciaTest::Backend->new;
my $server = LuciaTest::Server->new(
    config => CHEAP_SITE . <<"CONF",
LimitRequestFieldSize 16000
LuciaUserAttributes username
<Directory \@htdocs\@>
    Options +Includes
</Directory>
AddOutputFilter INCLUDES .shtml
<LocationMatch ^/(?:vault|app)/>
    AuthType Lucia
    LuciaBearer On
    LuciaHeaders On
    Require valid-user
</LocationMatch>
<Location /optional/>
    AuthType Lucia
    LuciaOptional On
    Require valid-user
</Location>
<Location /basic/>
    AuthType Basic
    AuthName "basic"
    AuthBasicProvider lucia
    Require valid-user
</Location>
ProxyPass /app/ @{[$backend->url]}
CONF
    files => {
        (map { ("htdocs/$_/a.txt" => SECRET) } qw(vault basic)),
        'htdocs/optional/p.shtml' => '<!--#include virtual="/vault/a.txt" -->',
    },
);
my $alice = sign_up($server, 'alice');
my @children = $server->children;
srand $seed;

# ---- Pieces ----

sub one_of { $_[rand @_] }
sub bytes { my ($most) = @_; join '', map { chr int rand 256 } 1 .. rand $most }
sub text { my ($most) = @_; join '', map { chr(32 + int rand 95) } 1 .. rand $most }
sub letters { my ($most) = @_; join '', map { one_of('a' .. 'z', 0 .. 9) } 1 .. $most }
sub long { one_of('a', '%', "\xff", '/', '../', '"', '\\', "\xe2\x98\x95", '[', '{"a":', '%00', '=', '&') x one_of(1, 10, 100, 1000, 8000) }
sub header_safe { rand() < 0.02 ? $_[0] =~ s/[\r\n]/ /gr : $_[0] =~ s/[\0-\x1f\x7f]/ /gr }    # httpd itself refuses the others

sub mangle {
    my ($text) = @_;
    for (0 .. rand 4) {
        my $at = int rand(length($text) + 1);
        my $what = int rand 5;
        if ($what == 0)    { substr $text, $at, 1, chr int rand 256 if $at < length $text }
        elsif ($what == 1) { substr $text, $at, 0, one_of(bytes(6), '%', '%zz', '%00', '%ff', '"', '\\', "\0", ';', '=', ',', "\xc0\xaf", '\\u0000', '\\ud800') }
        elsif ($what == 2) { substr $text, $at, rand 20, '' if $at < length $text }
        elsif ($what == 3) { $text .= $text if length $text < 4000 }
        else               { $text = reverse $text if rand() < 0.2 }
    }
    return $text;
}

my $id = $alice->{value};
sub cookie {
    return one_of(
        sub { "auth_session=$id" }, sub { mangle("auth_session=$id") }, sub { mangle("a=b; auth_session=$id; c=d") },
        sub { 'auth_session=' . letters(40) }, sub { 'auth_session=' . letters(rand 80) }, sub { 'auth_session=' . long() },
        sub { bytes(200) }, sub { join ';', map { 'auth_session' . one_of('', '=', '==') . letters(rand 50) } 0 .. rand 60 },
        sub { ';' x rand 5000 }, sub { 'auth_session=' . bytes(60) }, sub { long() },
    )->();
}

sub body {
    my $form = 'username=' . uri_escape(one_of('alice', text(40), bytes(40))) . '&password=' . uri_escape(one_of($PASSWORD, text(300), bytes(300)));
    my $json = json({ username => one_of('alice', text(40)), password => one_of($PASSWORD, text(40)) });
    $json = { json({ username => one_of('alice', text(40)), password => text(40), next => '/' . text(20) }) }->{body};
    return one_of(
        sub { (one_of('application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; charset=UTF-8'), one_of($form, mangle($form))) },
        sub { ('application/json', one_of($json, mangle($json))) },
        sub { ('application/json', one_of('[', '{"a":', '[1,', '"', '{"username":') x one_of(1, 100, 600)) },
        sub { (mangle('application/json; charset=utf-8'), mangle($json)) },
        sub { (header_safe(bytes(60)), bytes(9000)) }, sub { ('application/x-www-form-urlencoded', long()) }, sub { ('application/json', long()) },
        sub { ('multipart/form-data; boundary=x', "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nalice\r\n--x--\r\n") },
    )->();
}

my @paths = qw(/ /login /signup /logout /api /api/login /api/signup /api/logout /vault/a.txt /app/x /optional/p.shtml /basic/a.txt /none);

sub path {
    my $path = one_of(@paths);
    $path .= '?next=' . one_of(uri_escape(bytes(60)), long(), '//evil', text(30)) if rand() < 0.3;
    $path = mangle($path) if rand() < 0.15;
    return $path =~ s/[\r\n \0]//gr || '/';
}

sub headers {
    my @headers = ([Host => one_of(('127.0.0.1', '127.0.0.1:' . $server->port, 'x', '[::1]') x 8, header_safe(bytes(30)), '')]);
    my $add = sub { push @headers, [$_[0], substr header_safe($_[1]), 0, 15_000] };
    $add->(Cookie => cookie()) if rand() < 0.8;
    $add->(Cookie => cookie()) if rand() < 0.1;
    $add->(Origin => one_of($server->origin, 'null', mangle($server->origin), long(), bytes(40))) if rand() < 0.5;
    $add->(Accept => one_of('text/html', 'application/json', '*/*', mangle('text/html;q=0.5, application/json;q=0.4'), long())) if rand() < 0.7;
    $add->('Sec-Fetch-Mode' => one_of('navigate', 'cors', bytes(10))) if rand() < 0.3;
    $add->('Sec-Fetch-Site' => one_of('same-origin', 'cross-site', bytes(10))) if rand() < 0.2;
    $add->(Authorization => one_of("Bearer $id", mangle("Bearer $id"), 'Bearer ' . long(), 'Basic ' . encode_base64(one_of('alice:' . $PASSWORD, bytes(80), ':' x 50, long()), ''),
        mangle('Basic YTpi'), bytes(60))) if rand() < 0.4;
    $add->('User-Agent' => one_of(bytes(400), long())) if rand() < 0.3;
    $add->(Connection => one_of('keep-alive', 'X-Lucia-User-Id', mangle('close, X-Lucia-Role'), long(), ',,,;')) if rand() < 0.2;
    $add->(one_of('X-Lucia-User-Id', 'x_lucia_role', 'X-Lucia-' . letters(rand 200)), bytes(40)) if rand() < 0.4;
    $add->(Upgrade => one_of('websocket', bytes(20))) if rand() < 0.05;
    return @headers;
}

sub request {
    my $method = one_of(qw(GET GET GET POST POST POST POST HEAD PUT OPTIONS DELETE PROPFIND TRACE), letters(5));
    my $text = "$method " . path() . ' HTTP/' . one_of('1.1', '1.1', '1.1', '1.0') . "\r\n";
    $text .= "$_->[0]: $_->[1]\r\n" for headers();
    if ($method =~ /POST|PUT/) {
        my ($type, $body) = body();
        $text .= "Content-Type: $type\r\n";
        if (rand() < 0.2) { $text .= "Transfer-Encoding: chunked\r\n"; $body = sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body) if length $body }
        else              { $text .= 'Content-Length: ' . one_of((length $body) x 8, 0, 99_999_999_999, -1) . "\r\n" }
        $text .= "\r\n$body";
    }
    else { $text .= "\r\n" }
    return rand() < 0.03 ? mangle($text) : $text;
}

# ---- Off they go ----

my (%statuses, @errors, @leaks);
for my $number (1 .. $requests) {
    my $text = request();
    my $socket = $server->connect;
    my $sent = $server->send_all($socket, $text, time + 5);
    shutdown $socket, 1;    # nothing more comes: a body that was announced longer is broken off
    my $reply = LuciaTest::Reply->parse($server->raw('', socket => $socket, timeout => 20), 'GET');
    $statuses{ $reply->status }++;
    push @errors, $reply->status . " to request $number:\n" . substr $text, 0, 1000 if $reply->status >= 500 && $reply->status !~ /^50[15]$/;
    push @leaks, $text if $reply->bytes =~ /moonstone/ && $text !~ /\Q$id\E|Basic/;
}
note join ', ', map { "$_: $statuses{$_}" } sort keys %statuses;
is_deeply \@errors, [], "S9.42: $requests hostile requests, seed $seed: none is an error of the server";
is_deeply \@leaks, [], 'S9.42: no hostile request gets protected content';
cmp_ok $statuses{$_} // 0, '>', 0, "some are answered with $_" for 200, 302, 400, 401, 403, 405, 415;
unlike $server->error_log, qr/exit signal|Segmentation|AddressSanitizer|runtime error/, 'no child died';
is_deeply [grep { my $pid = $_; !grep { $_ == $pid } $server->children } @children], [], 'the same children serve as at the start'
    if $server->{mpm} ne 'prefork';
is $server->request(GET => '/vault/a.txt', cookie => sign_in($server, 'alice'))->status, 200, 'S9.42: the server serves a user after the hostile requests';
is sound($server->db), 'ok', 'the database is sound';
is scalar(grep { /^X[-_.]Lucia[-_.](?!User-Id: |Username: alice)/mi } $backend->requests), 0, 'S9.27: the backend heard no forgery';

done_testing;
