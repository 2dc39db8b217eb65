# SPDX-License-Identifier: Apache-2.0
# The module changes nothing where it is not asked: every authentication hook of another module runs once, whatever AuthType says,
# and client certificates as Basic users (mod_ssl's FakeBasicAuth) work beside it, in both LoadModule orders.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my %auth = (
    file  => "AuthType Basic\nAuthName x\nAuthUserFile \@dir\@/htpasswd\nAuthBasicProvider file",
    lucia => "AuthType Basic\nAuthName x\nAuthBasicProvider lucia",
    alias => "AuthType Basic\nAuthName x\nAuthBasicProvider accounts",
    both  => "AuthType Basic\nAuthName x\nAuthUserFile \@dir\@/htpasswd\nAuthBasicProvider file lucia",
    soft  => "AuthType Basic\nAuthName x\nAuthBasicProvider lucia\nAuthBasicAuthoritative Off",
    gate  => 'AuthType Lucia',
);
my $config = CHEAP_SITE . <<'CONF' . join '', map { "<Location /$_/>\n$auth{$_}\nRequire valid-user\n</Location>\n" } sort keys %auth;
<AuthnProviderAlias lucia accounts>
</AuthnProviderAlias>
LogMessage "authn hook ran" hook=check_authn
LogMessage "authz hook ran" hook=check_authz
Listen 127.0.0.1:@port2@
<VirtualHost 127.0.0.1:@port2@>
    SSLEngine On
    SSLCertificateFile @dir@/cert.pem
    SSLCertificateKeyFile @dir@/key.pem
    SSLCACertificateFile @dir@/cert.pem
    SSLVerifyClient optional
    SSLVerifyDepth 1
    <Location /fake/>
        SSLOptions +FakeBasicAuth
        AuthType Basic
        AuthName x
        AuthUserFile @dir@/htpasswd
        AuthBasicProvider file
        Require valid-user
    </Location>
    <Location /fake-both/>
        SSLOptions +FakeBasicAuth
        AuthType Basic
        AuthName x
        AuthUserFile @dir@/htpasswd
        AuthBasicProvider lucia file
        Require valid-user
    </Location>
</VirtualHost>
CONF

sub basic { my ($name, $password) = @_; return (headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') }) }

my $keys = LuciaTest::work_dir('keys');
my $made = `openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=visitor -keyout $keys/key.pem -out $keys/cert.pem 2>&1`;
is $?, 0, 'openssl makes a certificate' or diag $made;
my %pem = map { $_ => LuciaTest::Server::slurp("$keys/$_") } qw(key.pem cert.pem);

for my $order (qw(last first)) {
    my $server = LuciaTest::Server->new(
        lucia   => $order, config => $config, ports => 2, modules => [qw(ssl log_debug)],
        files   => {
            %pem,
            # Both passwords are "password".
            htpasswd => "filer:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n/CN=visitor:xxj31ZMTZzkVA\n",
            (map { ("htdocs/$_/a.txt" => SECRET) } keys(%auth), qw(fake fake-both)),
        },
    );
    my $alice = sign_up($server, 'alice');
    my $ran = sub { my ($hook) = @_; scalar(() = $server->error_log =~ /$hook hook ran/g) };
    my @cases = (
        ['file', 200, basic(filer => 'password')], ['file', 401, basic(filer => 'wrong')], ['file', 401, basic(alice => $PASSWORD)], ['file', 401],
        ['lucia', 200, basic(alice => $PASSWORD)], ['lucia', 401, basic(alice => 'wrong')], ['lucia', 401],
        ['alias', 200, basic(alice => $PASSWORD)], ['alias', 401, basic(nobody => 'wrong')],
        ['both', 200, basic(alice => $PASSWORD)], ['both', 200, basic(filer => 'password')], ['both', 401, basic(filer => 'wrong')],
        ['soft', 200, basic(alice => $PASSWORD)], ['soft', 401, basic(alice => 'wrong')], ['soft', 500, basic('nobody here' => 'wrong')],
        ['gate', 200, cookie => $alice], ['gate', 401],
    );
    for my $case (@cases) {
        my ($place, $status, %arg) = @$case;
        my @before = ($ran->('authn'), $ran->('authz'));
        my $reply = $server->request(GET => "/$place/a.txt", %arg);
        my $shown = "loaded $order: $place, " . (%arg ? 'with credentials' : 'anonymous');
        is $reply->status, $status, "$shown: $status";
        cmp_ok $ran->('authn') - $before[0], '<=', 1, "$shown: check_authn ran no more than once";
        cmp_ok $ran->('authz') - $before[1], '<=', 1, "$shown: check_authz ran no more than once";
    }

    for my $place (qw(fake fake-both)) {
        my $url = 'https://127.0.0.1:' . $server->port_number(2) . "/$place/a.txt";
        my $got = `curl -sk --max-time 20 --cert $keys/cert.pem --key $keys/key.pem -w '%{http_code}' $url`;
        like $got, qr/moonstone.*200\z/s, "loaded $order: FakeBasicAuth, $place" or diag $server->error_log;
        $got = `curl -sk --max-time 20 -w '%{http_code}' $url`;
        like $got, qr/401\z/, "loaded $order: $place without a certificate";
    }
    unlike $server->error_log, qr/spoof/, "loaded $order: the client with a certificate is no spoofer";

    away($server->db);
    for my $place (qw(lucia alias both soft)) {
        my $reply = settles(503, sub { $server->request(GET => "/$place/a.txt", basic(alice => $PASSWORD)) });
        ok $reply, "loaded $order: $place: 503 while the database is unavailable";
    }
    is $server->request(GET => '/file/a.txt', basic(filer => 'password'))->status, 200, "loaded $order: others do not notice";
    back($server->db);
    unlike $server->error_log, qr/exit signal/, "loaded $order: no child died";
}

my $plain = LuciaTest::Server->new(start => 0, without => ['auth_basic']);
my ($status, $said) = $plain->configtest("<Location />\nAuthBasicProvider file\n</Location>\n");
isnt $status, 0, 'without mod_auth_basic its directive is unknown';
like $said, qr/Invalid command 'AuthBasicProvider', perhaps misspelled or defined by a module not included/, 'in the words of httpd';

done_testing;
