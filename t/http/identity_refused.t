# SPDX-License-Identifier: Apache-2.0
# Requests that httpd refuses before any hook of a module runs, and trailers, which arrive after all of them: whatever answers
# in the end (an ErrorDocument on a backend, a FastCGI application) sees no forged identity and no credentials either.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::FastCgi;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $env = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nprogram\\n'\nenv\n";
my ($backend, $application) = (LuciaTest::Backend->new, LuciaTest::FastCgi->new);
my @refusals = (400, 403, 404, 405, 408, 413, 414, 417, 431, 501, 505);
my $server = LuciaTest::Server->new(
    ports   => 4,
    files   => { 'htdocs/env.cgi' => $env },
    modules => [qw(reqtimeout http2 proxy_fcgi proxy_http2)],
    config  => CHEAP_SITE . <<"CONF",
LuciaSessionCache off
LuciaHeaders On
@{[join "\n", map { "ErrorDocument $_ /err/$_" } @refusals]}
ProxyPass /err/ @{[$backend->url]}
ProxyPass /fcgi/ @{[$application->url]}
ProxyPass /app/ @{[$backend->url]}
<LocationMatch ^/(?:fcgi|app)/>
    AuthType Lucia
    Require valid-user
    LuciaCSRF Off
    LuciaBearer On
</LocationMatch>
<Location /closed>
    Require all denied
</Location>
LimitRequestFields 30
LimitRequestBody 100
LimitRequestLine 1000
LimitRequestFieldSize 2000
RequestReadTimeout header=1 body=5
MergeTrailers On
Protocols h2c http/1.1
Listen 127.0.0.1:\@port2\@
<VirtualHost 127.0.0.1:\@port2\@>
    MergeTrailers Off
</VirtualHost>
# No Lucia here, but something that may trust its headers.
Listen 127.0.0.1:\@port3\@
<VirtualHost 127.0.0.1:\@port3\@>
    HttpProtocolOptions Unsafe
</VirtualHost>
# A program answers instead of the backend.
Listen 127.0.0.1:\@port4\@
<VirtualHost 127.0.0.1:\@port4\@>
    @{[join "\n", map { "ErrorDocument $_ /env.cgi" } @refusals]}
    <Directory \@htdocs\@>
        Options +ExecCGI
        SetHandler cgi-script
        CGIPassAuth On
    </Directory>
</VirtualHost>
CONF
);
my $alice = sign_up($server, 'alice');
my $id = sqlite_value($server->db, "SELECT id FROM auth_user WHERE username = 'alice'");
my @forged = ('X-Lucia-User-Id: forged', 'X_Lucia_Username: forged', 'X-LUCIA.ROLE: forged', 'X-Mine: kept', 'Connection: close, X-Lucia-Username',
    "Cookie: a=b; auth_session=$alice->{value}", "Authorization: Bearer $alice->{value}");

sub heard {
    my ($from, $bytes, $port) = @_;
    $from->forget;
    my $answer = $server->raw($bytes, port => $port);
    return ($answer, $from->requests);
}

sub lines { return join '', map { "$_\r\n" } @_ }

# Each: status, what is wrong, the request's head without the forged lines; 0 where nothing was read that could be forged.
my $get = 'GET /x HTTP/1.1';
my @wrong = (
    [417, 'Expect', [$get, 'Host: x', 'Expect: foo']],
    [400, 'no Host', [$get]],
    [400, 'two Hosts', [$get, 'Host: a', 'Host: b']],
    [400, 'a bad Host', [$get, 'Host: a b/c']],
    [400, 'an unknown transfer coding', [$get, 'Host: x', 'Transfer-Encoding: gzip']],
    [400, 'a bad Content-Length', [$get, 'Host: x', 'Content-Length: 1x']],
    [400, 'a bad escape', ['GET /%zz HTTP/1.1', 'Host: x']],
    [404, 'an encoded slash', ['GET /a%2fb HTTP/1.1', 'Host: x']],
    [400, 'another scheme', ['GET gopher://x/ HTTP/1.1', 'Host: x']],
    [400, 'a header without a colon', [$get, 'Host: x'], 'nonsense'],
    [400, 'too many headers', [$get, 'Host: x'], map { "X-$_: y" } 1 .. 40],
    [400, 'a header that is too long', [$get, 'Host: x'], 'X-Long: ' . 'x' x 3000],
    [414, 'a line that is too long', ['GET /' . 'x' x 2000 . ' HTTP/1.1', 'Host: x'], 0],
    [400, 'a line that is none', ['GET /x y HTTP/1.1', 'Host: x'], 0],
    [505, 'an unknown version', ['GET /x HTTP/9.0', 'Host: x'], 0],
    [501, 'an unknown method', ['FOO /x HTTP/1.1', 'Host: x']],
    [413, 'a body that is too long', ['POST /env.cgi HTTP/1.1', 'Host: x', 'Content-Length: 1000', 'Content-Type: text/plain']],
    [403, 'a closed place', ['GET /closed HTTP/1.1', 'Host: x']],
    [404, 'nothing there', [$get, 'Host: x']],
    [405, 'TRACE', ['TRACE /err/x HTTP/1.1', 'Host: x']],
);

# Where httpd cannot read on (a broken header), it answers by itself, whatever ErrorDocument says; if that changes, the rest holds.
my %heard;
for my $wrong (@wrong) {
    my ($status, $what, $head, @after) = @$wrong;
    my $is_read = !(@after && $after[0] eq '0');
    my ($line, @headers) = @$head;
    my $answered = 0;
    for my $at (1, 3, 4) {
        my ($answer, @requests) = heard($backend, lines($line, @forged, @headers, ($is_read ? @after : ())) . "\r\n", $server->port_number($at));
        my $shown = "$status $what, " . (qw(- backend - elsewhere program))[$at];
        push @requests, $answer if $answer =~ /^program$/m;
        $answered += @requests if $at != 3;
        for my $got (@requests) {
            unlike $got, qr/forged/, "$shown: no forged identity";
            unlike $got, qr/\Q$alice->{value}\E/, "$shown: no session id";
            next if $got !~ /X.Mine/i;
            like $got, qr/^(?:X-Mine: |HTTP_X_MINE=)kept\r?$/m, "$shown: other headers stay";
            like $got, qr/^(?:Cookie: |HTTP_COOKIE=)a=b\r?$/m, "$shown: other cookies stay" if $at != 3;
        }
    }
    $heard{"$status $what"} = 1 if $answered;
}
ok $heard{$_}, "$_: its ErrorDocument was asked" for '417 Expect', '400 no Host', '400 a bad Host', '400 a bad escape', '404 an encoded slash', '403 a closed place';

subtest '408: a client that never ends its headers' => sub {
    my ($answer, @requests) = heard($backend, lines($get, 'Host: x', @forged));
    unlike $_, qr/forged|\Q$alice->{value}\E/, 'no request to the backend contains a forged header or the session' for @requests, $answer;
    like $answer, qr/ 408 |\A\z/, 'the request with forged trailers is refused';
};

subtest 'HTTP/2' => sub {
    my @curl = (qw(curl -s --http2-prior-knowledge --max-time 20), map { ('-H', $_) } grep { !/^Connection/ } @forged);
    for my $case ([431, '-H', 'X-Long: ' . 'x' x 3000], [417, '-H', 'Expect: foo'], [404]) {
        my ($status, @more) = @$case;
        for my $at (1, 4) {
            $backend->forget;
            open my $out, '-|', @curl, @more, '-o', '-', 'http://127.0.0.1:' . $server->port_number($at) . '/x' or die $!;
            my $answer = do { local $/; <$out> };
            close $out;
            my ($got) = $at == 1 ? $backend->requests : $answer;
            unlike $got, qr/forged|\Q$alice->{value}\E/, "$status: nothing forged";
            like $got, qr/GET|^program/m, "$status: answered";
        }
    }
};

# ---- Trailers ----

sub with_trailers {
    my ($path, %arg) = @_;
    return lines("POST $path HTTP/1.1", 'Host: x', 'Connection: close', 'Transfer-Encoding: chunked', @{ $arg{headers} || [] },
        "Cookie: auth_session=$alice->{value}", '', map({ (sprintf('%x', length), $_) } @{ $arg{chunks} || ['abc'] }), 0, @{ $arg{trailers} }, '');
}

my @trailers = ('X-Lucia-User-Id: forged', 'X_Lucia_Username: forged', 'X-Lucia-Role: forged', 'X-Trailer: kept', 'Connection: X-Lucia-User-Id',
    "Cookie: a=b; auth_session=$alice->{value}", "Authorization: Bearer $alice->{value}");
for my $chunks (['abc'], ['x' x 10, 'y' x 10], []) {
    my $shown = @$chunks . ' chunks';
    my ($answer, $got) = heard($application, with_trailers('/fcgi/x', chunks => $chunks, trailers => \@trailers));
    ok $got, "FastCGI, $shown: MergeTrailers On" or diag $answer, $server->error_log;
    like $got, qr/^HTTP_X_LUCIA_USER_ID=\Q$id\E$/m, "FastCGI, $shown: our header";
    like $got, qr/^HTTP_X_LUCIA_USERNAME=alice$/m, "FastCGI, $shown: and the other one";
    unlike $got, qr/forged/, "FastCGI, $shown: nothing forged";
    unlike $got, qr/\Q$alice->{value}\E/, "FastCGI, $shown: no session id";
    like $got, qr/^HTTP_X_TRAILER=kept$/m, "FastCGI, $shown: other trailers are merged";
    ($answer, $got) = heard($application, with_trailers('/fcgi/x', chunks => $chunks, trailers => \@trailers), $server->port_number(2));
    like $got, qr/^HTTP_X_LUCIA_USER_ID=\Q$id\E$/m, "FastCGI, $shown, MergeTrailers Off: our header";
    unlike $got, qr/forged|TRAILER=|\Q$alice->{value}\E/, "FastCGI, $shown, MergeTrailers Off: no trailer";
    ($answer, $got) = heard($backend, with_trailers('/app/x', chunks => $chunks, trailers => \@trailers));
    like $got, qr/^X-Lucia-User-Id: \Q$id\E\r$/m, "HTTP, $shown: our header";
    unlike $got, qr/forged|\Q$alice->{value}\E/, "HTTP, $shown: nothing else";
}

unlike $server->error_log, qr/exit signal/, 'no child died';
done_testing;
