# SPDX-License-Identifier: Apache-2.0
# h2c by Upgrade: httpd answers 101 and runs the request once more, as stream 1 of HTTP/2, from the headers that are left when its
# handler hook runs. The client stays signed in, and content still sees no credentials.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $backend = LuciaTest::Backend->new;
my $env = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nmoonstone for %s\\n' \"\$REMOTE_USER\"\nenv\n";
my $server = LuciaTest::Server->new(
    modules => [qw(http2)],
    config  => CHEAP_SITE . "LuciaSessionCache off\n" . VAULT . <<"CONF",
<Directory \@htdocs\@>
    Options +ExecCGI +Includes
    CGIPassAuth On
</Directory>
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
<Location /vault/>
    LuciaBearer On
    LuciaHeaders On
</Location>
ProxyPass /vault/app/ @{[$backend->url]}
Protocols h2c http/1.1
CONF
    files => { 'htdocs/vault/a.txt' => SECRET, 'htdocs/vault/env.cgi' => $env, 'htdocs/vault/inc.shtml' => qq{<!--#include virtual="/vault/env.cgi" -->\n} },
);
my $alice = sign_up($server, 'alice');
my $id = sqlite_value($server->db, "SELECT id FROM auth_user WHERE username = 'alice'");
plan skip_all => 'MPM prefork has no HTTP/2' if LuciaTest::mpm() eq 'prefork';

sub upgraded {
    my ($path, @header) = @_;
    open my $out, '-|', qw(curl -s -i --http2 --max-time 20), map({ ('-H', $_) } @header), $server->url($path) or die $!;
    local $/;
    my $answer = <$out>;
    close $out;
    return $answer;
}

my %credentials = (cookie => "Cookie: a=b; auth_session=$alice->{value}", bearer => "Authorization: Bearer $alice->{value}");
for my $kind (sort keys %credentials) {
    for my $path (qw(a.txt env.cgi inc.shtml)) {
        my $answer = upgraded("/vault/$path", $credentials{$kind});
        like $answer, qr{\AHTTP/1\.1 101 .*^HTTP/2 200}ms, "$kind, $path: upgraded and let in" or diag $server->error_log;
        like $answer, qr/moonstone/, "$kind, $path: the content";
        unlike $answer, qr/\Q$alice->{value}\E/, "$kind, $path: which sees no credentials";
    }
    $backend->forget;
    my $answer = upgraded('/vault/app/x', $credentials{$kind}, 'X-Lucia-User-Id: forged');
    my @requests = $backend->requests;
    is scalar @requests, 1, "$kind: a backend is asked once";
    unlike $requests[0], qr/forged|\Q$alice->{value}\E/, "$kind: it sees neither credentials nor forgeries";
    like $requests[0], qr/^X-Lucia-User-Id: \Q$id\E\r$/m, "$kind: but who it is";

    # Asked for, but not done: a request with a body, or one that does not name Upgrade in Connection.
    for my $no ([GET => '', 'Connection: close'], [POST => 'a=b', 'Connection: Upgrade, HTTP2-Settings, close', 'Content-Type: text/plain', 'Origin: ' . $server->origin]) {
        my ($method, $body, @more) = @$no;
        $backend->forget;
        my $reply = $server->raw(join("\r\n", "$method /vault/app/x HTTP/1.1", 'Host: 127.0.0.1:' . $server->port, $credentials{$kind}, 'Upgrade: h2c',
            'HTTP2-Settings: AAMAAABkAAQAAP__', 'Content-Length: ' . length $body, @more, '', $body));
        my ($got) = $backend->requests;
        like $reply, qr{\AHTTP/1\.1 200}, "$kind: $method without an upgrade";
        unlike $got, qr/\Q$alice->{value}\E/, "$kind: $method: no credentials";
    }
}

like upgraded('/vault/a.txt'), qr{^HTTP/\S+ 401.*Unauthorized}ms, 'a visitor is refused';
expire($server, $alice, active => -1000, idle => 60_000);
like upgraded('/vault/a.txt', $credentials{cookie}), qr{^HTTP/2 200.*^set-cookie: auth_session=\Q$alice->{value}\E}ms, 'a renewed cookie reaches the client';
like upgraded('/', $credentials{cookie}), qr{^HTTP/2 200.*alice}ms, 'an upgraded connection serves an endpoint';

if (LuciaTest::Server::slurp('/usr/bin/nghttp')) {
    my $answer = `timeout 20 nghttp -u -H 'cookie: auth_session=$alice->{value}' @{[$server->url('/vault/a.txt')]}`;
    like $answer, qr/moonstone/, 'nghttp gets the gated content';
}
unlike $server->error_log, qr/exit signal/, 'no child died';
done_testing;
