# SPDX-License-Identifier: Apache-2.0
# S4.30: nginx, Caddy and HAProxy ask luciauth-verify, with the lines of doc/forward-auth.md: over HTTP/1.1, HTTP/2 and
# WebSockets. Whatever a client sends, nothing reaches the application that the gate has not admitted.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use IO::Socket::INET ();
use IO::Socket::SSL ();
use POSIX ();
use LuciaTest;
use LuciaTest::Backend;
use LuciaTest::Gate qw(expire);
use LuciaTest::Recipes;
use LuciaTest::Site qw(sign_up $CHEAP_HASH);

plan skip_all => 'the recipe names SQLite' unless LuciaTest::is_sqlite();

my $dir = LuciaTest::work_dir('forward');
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=app.example.org -addext subjectAltName=DNS:app.example.org -keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null && cat $dir/key.pem $dir/cert.pem >$dir/both.pem") == 0 or die 'no certificate';
my $app = LuciaTest::Backend->new(headers => ['Cache-Control: public, max-age=3600']);
my $server = LuciaTest::Server->new(throttle => 0, ports => 6, modules => ['remoteip'], config => "$CHEAP_HASH\nLuciaThrottle off\nLuciaSessionCacheTTL 1s\nLuciaBearer On\nRemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n"
    . LuciaTest::Recipes::block('apache', 'verify', '/var/lib/luciauth/luciauth.db' => '@db@', 'Require valid-user' => "<RequireAll>\nRequire valid-user\nRequire not ip 203.0.113.9\n</RequireAll>", 'LuciaForwardHosts app.example.org' => 'LuciaForwardHosts app.example.org app.example.org:@port2@ app.example.org:@port3@ app.example.org:@port4@', 'LuciaCookieDomain example.org' => '', 'LuciaReturnTo https://app.example.org' => 'LuciaReturnTo https://app.example.org https://app.example.org:@port2@ https://app.example.org:@port3@ https://app.example.org:@port4@'));
my $alice = sign_up($server, 'alice', path => '/account/signup');
my %own = ('127.0.0.1:8080' => '127.0.0.1:' . $server->port, '127.0.0.1:3000' => '127.0.0.1:' . $app->port);

sub write_file { my ($name, $text) = @_; open my $out, '>', "$dir/$name" or die $!; print $out $text; close $out; return "$dir/$name" }
sub program { my ($name) = @_; my ($found) = grep { -x } map { "$_/$name" } split(/:/, $ENV{PATH}), '/usr/sbin'; return $found }

my %proxy = (
    nginx => sub {
        my ($port, %more) = @_;
        my $site = LuciaTest::Recipes::block('nginx', 'verify', %own, %more, 'listen 443 ssl' => "listen 127.0.0.1:$port ssl", '/etc/ssl/site/' => "$dir/");
        my $temp = join '', map { "${_}_temp_path $dir/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);
        my $conf = write_file('nginx.conf', "daemon off;\nmaster_process off;\npid $dir/nginx.pid;\nerror_log $dir/nginx.log;\nevents {}\nhttp {\naccess_log off;\n$temp$site}\n");
        return LuciaTest::Recipes::run(program('nginx'), '-c', $conf, '-p', "$dir/", '-e', "$dir/nginx.log");
    },
    caddy => sub {
        my ($port, %more) = @_;
        my $site = LuciaTest::Recipes::block('caddy', 'verify', %own, %more, 'app.example.org {' => "app.example.org:$port {\n    bind 127.0.0.1", '/etc/ssl/site/' => "$dir/");
        my $conf = write_file("Caddyfile.$port", "{\n    admin off\n    auto_https off\n    storage file_system $dir/caddy.$port\n}\n$site");
        local @ENV{qw(XDG_DATA_HOME XDG_CONFIG_HOME)} = ("$dir/caddy.$port", "$dir/caddy.$port");
        return LuciaTest::Recipes::run(program('caddy'), 'run', '--config', $conf, '--adapter', 'caddyfile');
    },
    haproxy => sub {
        my ($port, %more) = @_;
        my $conf = write_file("haproxy.$port", "defaults\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n    timeout tunnel 30s\n"
            . LuciaTest::Recipes::block('haproxy', 'verify', %own, %more, 'bind :443' => "bind 127.0.0.1:$port", '/etc/ssl/site/' => "$dir/", '/usr/share/apache2/luciauth/' => LuciaTest::top() . '/conf/'));
        return LuciaTest::Recipes::run(program('haproxy'), '-db', '-f', $conf);
    },
);

my %port = (nginx => 2, caddy => 3, haproxy => 4);
my %elsewhere = (caddy => 5, haproxy => 6); # ports of those that ask another site
my @BROWSER = (Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate');
my @FORGED = (['X-Original-URL' => 'https://app.example.org/'], ['X-Original-Method' => 'GET'], ['X-Forwarded-Method' => 'GET'], ['X-Forwarded-Proto' => 'https'], ['X-Forwarded-Host' => 'app.example.org'], ['X-Forwarded-Uri' => '/']);

# HAProxy opens WebSockets over HTTP/2 (RFC 8441), whose handshake has no Sec-WebSocket-Key. Returns 1 once the server
# has answered.
sub open_h2_socket {
    my ($port, $path, %headers) = @_;
    my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $port, SSL_verify_mode => 0, SSL_hostname => 'app.example.org', SSL_alpn_protocols => ['h2']) or die 'no connection';
    my $frame = sub { my ($type, $flags, $stream, $payload) = @_; return substr(pack('N', length $payload), 1) . pack('CCN', $type, $flags, $stream) . $payload };
    my @fields = ([':method', 'CONNECT'], [':protocol', 'websocket'], [':scheme', 'https'], [':path', $path], [':authority', "app.example.org:$port"], ['sec-websocket-version', '13'], map { [lc, $headers{$_}] } sort keys %headers);
    syswrite $socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . $frame->(4, 0, 0, '') . $frame->(1, 4, 1, join '', map { pack 'C C/a* C/a*', 0, @$_ } @fields);
    my $bytes = '';
    while (sysread $socket, $bytes, 65536, length $bytes) {
        my $at = 0;
        while (length $bytes >= $at + 9) {
            my ($high, $low, $type, undef, $stream) = unpack 'Cn CCN', substr $bytes, $at, 9;
            return 1 if $type == 1 && $stream == 1;
            $at += 9 + ($high << 16) + $low;
        }
    }
    return 0;
}

sub check {
    my ($name, $port) = @_;
    my $client = LuciaTest::Client->new(host => '127.0.0.1', port => $port, tls => 1, sni => 'app.example.org');
    my $origin = "https://app.example.org:$port";
    my $ask = sub { my ($method, $path, %arg) = @_; return $client->request($method, $path, host => "app.example.org:$port", %arg) };
    ok wait_until(sub { eval { $ask->(GET => '/', headers => {@BROWSER})->status == 302 } }, 60), "S4.30: $name is there" or diag map { LuciaTest::Server::slurp($_) } glob "$dir/*.log";
    $app->forget;

    my $reply = $ask->(GET => '/a?b=c', headers => {@BROWSER});
    is $reply->status . ' ' . ($reply->header('Location') // ''), "302 https://login.example.org/account/login?next=https%3A//app.example.org%3A$port/a%3Fb%3Dc", "S4.30: $name leads a browser to sign-in, and back";
    is $ask->(GET => '/a', headers => { Accept => '*/*' })->status, $name eq 'nginx' ? 302 : 401, "S4.30: $name lets no program pass without a session";
    for my $bits (0 .. 2**@FORGED - 1) {
        my %some = map { $bits >> $_ & 1 ? @{ $FORGED[$_] } : () } 0 .. $#FORGED;
        isnt $ask->(GET => '/', headers => \%some)->status, 200, "S4.30: $name admits no anonymous request with the headers " . (join(', ', sort keys %some) || 'of nobody');
    }
    is scalar(() = $app->requests), 0, "S4.30: behind $name nothing of this has reached the application";

    my $pair = "$alice->{name}=$alice->{value}";
    $reply = $ask->(GET => '/a?b=c', headers => { @BROWSER, Cookie => "a=1; $pair; b=2", 'X-Lucia-Username' => 'forged', 'X-Lucia-Groups' => 'forged', X_Lucia_User_Id => 'forged', 'x_lucia-Email' => 'forged', 'X.Lucia.Role' => 'forged', 'X!Lucia-Username' => 'forged' });
    is $reply->status, 200, "S4.30: $name admits a user" or diag $reply->body;
    like $reply->body, qr{^GET /a\?b=c HTTP/1\.1\r\n}, "S4.30: $name passes on the URL";
    like $reply->body, qr/^X-Lucia-Username: alice\r$/mi, "S4.30: $name tells the application who the user is";
    unlike $reply->body, qr/forged/, "S4.30: $name passes on no identity that a client has sent";
    unlike $reply->body, qr/\Q$alice->{value}/, "S4.30: $name keeps the session from the application";
    like $reply->body, qr/^Cookie: a=1; b=2\r$/mi, "S4.30: $name passes on the other cookies";
    like $ask->(GET => '/', headers => { Cookie => $pair, Connection => 'close, X-Lucia-Username, x-lucia-user-id' })->body, qr/^X-Lucia-Username: alice\r$/mi, "S4.30: $name tells the application who the user is, though the client has it drop the header";
    like $ask->(GET => '/', headers => { Cookie => $pair, Connection => 'close, X-Lucia-Username' })->body, qr/\A(?!.*^Connection:[^\r]*lucia)/msi, "S4.30: $name has no other proxy drop the header";
    is $ask->(GET => '/', headers => { Cookie => $pair, 'X-Forwarded-For' => '203.0.113.9' })->status, 200, "S4.30: no client of $name chooses its address";
    like $ask->(GET => '/', headers => { Cookie => "long=${\('x' x 7000)}; $pair" })->body, qr/^Cookie: long=x{7000}\r$/mi, "S4.30: $name passes on long cookies";
    is $ask->(GET => '/?' . 'x=?&' x 1500, headers => {@BROWSER})->status, 302, "S4.30: $name leads a browser with a long URL to sign-in";
    $reply = $ask->(GET => '/', headers => { Authorization => "Bearer $alice->{value}" });
    is $reply->status, 200, "S4.30: $name admits a program with a session id in Authorization";
    unlike $reply->body, qr/\Q$alice->{value}/, "S4.30: $name keeps a session id in Authorization from the application";
    like $ask->(GET => '/', headers => { Cookie => $pair, Authorization => 'Basic YTpi' })->body, qr/^Authorization: Basic YTpi\r$/mi, "S4.30: $name passes on other credentials";
    $reply = $ask->(POST => '/form', headers => { Cookie => $pair, Origin => $origin, 'Content-Type' => 'text/plain' }, body => 'x' x 3000);
    is $reply->status, 200, "S4.30: $name passes on a form of the application";
    like $reply->body, qr/x{3000}$/, "S4.30: $name passes on the body of the form";
    is $ask->(POST => '/form', headers => { Cookie => $pair, Origin => 'https://evil.example', 'Content-Type' => 'text/plain' }, body => 'x')->status, 403, "S4.30: $name refuses a form of another site";

    my %socket = (Connection => 'Upgrade', Upgrade => 'websocket', 'Sec-WebSocket-Version' => 13, 'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==');
    my $open = sub {
        my (%more) = @_;
        my $connection = $client->connect;
        syswrite $connection, $client->bytes_of(GET => '/socket', host => "app.example.org:$port", headers => { %socket, %more });
        my $answer = '';
        while ($answer !~ /\r\n\r\n/) { sysread $connection, $answer, 4096, length $answer or return $answer }
        return $answer if $answer !~ m{^HTTP/1\.1 101 };
        syswrite $connection, "\x81\x05hello";
        while ($answer !~ /hello/) { sysread $connection, $answer, 4096, length $answer or return $answer }
        return $answer;
    };
    like $open->(Cookie => $pair, Origin => $origin), qr{^HTTP/1\.1 101 .*\x81\x05hello}s, "S4.30: $name passes on a WebSocket of the application";
    unlike $open->(Cookie => $pair, Origin => 'https://evil.example'), qr{^HTTP/1\.1 101 }, "S4.30: $name refuses a WebSocket of another site";
    unlike $open->(Origin => $origin), qr{^HTTP/1\.1 101 }, "S4.30: $name refuses a WebSocket without a session";

    if ($name eq 'haproxy') {
        ok open_h2_socket($port, '/own-h2-socket', Cookie => $pair, Origin => $origin), 'S4.30: haproxy answers a WebSocket of the application over HTTP/2';
        ok open_h2_socket($port, '/other-h2-socket', Cookie => $pair, Origin => 'https://evil.example'), 'S4.30: haproxy answers a WebSocket of another site over HTTP/2';
        my @sockets = map { m{^GET (\S+-h2-socket) } } $app->requests;
        is "@sockets", '/own-h2-socket', 'S4.30: haproxy passes on the WebSocket of the application over HTTP/2, and none of another site';
    }

    my $curl = sub { my (@more) = @_; open my $out, '-|', 'curl', '-s', '--http2', '--cacert', "$dir/cert.pem", '--resolve', "app.example.org:$port:127.0.0.1", '-w', "\n%{http_version} %{http_code}", @more, "$origin/a" or die $!; local $/; return <$out> };
    like $curl->('-H', "Cookie: $pair"), qr/X-Lucia-Username: alice.*\n2 200$/si, "S4.30: $name admits a user over HTTP/2";
    like $curl->('-H', 'Accept: text/html'), qr/\n2 302$/, "S4.30: $name leads a browser to sign-in over HTTP/2";

    expire($server, $alice, active => -1000, idle => 60_000);
    my $renewed = wait_until(sub { my $r = $ask->(GET => '/', headers => { @BROWSER, Cookie => $pair }); $r if $r->header('Set-Cookie') }, 30);
    like $renewed && $renewed->header('Set-Cookie'), qr/^auth_session=\Q$alice->{value}\E;.*Secure/, "S4.30: $name passes on a renewed cookie";
    like join(', ', $renewed ? $renewed->headers('Cache-Control') : ()), qr/\bprivate\b/, "S4.30: $name lets no cache store a renewed cookie";
    return;
}

my %pid;
for my $name (sort keys %proxy) {
    $pid{$name} = $proxy{$name}->($server->port_number($port{$name}));
    subtest $name => sub { check($name, $server->port_number($port{$name})) };
}

$app->forget;
for my $name (sort keys %elsewhere) {
    my $port = $server->port_number($elsewhere{$name});
    $pid{"$name elsewhere"} = $proxy{$name}->($port, '127.0.0.1:8080' => '127.0.0.1:' . $app->port);
    my $client = LuciaTest::Client->new(host => '127.0.0.1', port => $port, tls => 1, sni => 'app.example.org');
    ok wait_until(sub { eval { $client->request(GET => '/page', host => "app.example.org:$port", headers => {@BROWSER})->status } }, 60), "S4.30: $name that asks another site is there";
    like join("\n", $app->requests), qr{^GET /verify/members .*^Host: login\.example\.org\r$}msi, "S4.30: $name names the site that it asks";
    unlike join("\n", $app->requests), qr{^GET /page }m, "S4.30: $name takes a page of another site for no answer";
}

$server->stop;
for my $name (sort keys %proxy) {
    my $port = $server->port_number($port{$name});
    my $client = LuciaTest::Client->new(host => '127.0.0.1', port => $port, tls => 1, sni => 'app.example.org');
    my $reply = $client->request(GET => '/', host => "app.example.org:$port", cookie => $alice);
    ok $reply->status >= 500, "S4.30: $name admits nobody while httpd is down";
}
kill TERM => values %pid;
waitpid $_, 0 for values %pid;
done_testing;
