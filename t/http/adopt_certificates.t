# SPDX-License-Identifier: Apache-2.0
# luciauth-adopt with client certificates: one of the authority, none, one of another authority, a revoked one.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Adopt;
use LuciaTest::Authority;
use LuciaTest::Recipes;
use LuciaTest::Site;
use LuciaTest::Visitor;

my $authority = LuciaTest::Authority->new('Example CA');
my $other = LuciaTest::Authority->new('Another CA');
my %pair = map { $_ => $authority->issue("/O=Example/OU=People/CN=$_") } qw(alice bobby carol dora eve);
my $stranger = $other->issue('/O=Example/OU=People/CN=alice');
$authority->revoke($pair{eve});
my %id = map { $_ => "CN=$_,OU=People,O=Example" } qw(alice bobby);

my $backend = LuciaTest::Backend->new;
my $server = LuciaTest::Server->new(modules => ['ssl'], tls => 1, ports => 2, start => 0, files => { adopt_files() });
my $tls = 'SSLEngine On' . "\n" . certificate($server);
my $adopt = 'LuciaAdopt company id=SSL_CLIENT_S_DN username=SSL_CLIENT_S_DN_CN';
$server->{config} = $tls . adopt_site($backend)
    . LuciaTest::Recipes::block('apache', 'certificates', '/etc/ssl/company/ca.pem' => $authority->certificate, '/etc/ssl/company/revoked.pem' => $authority->revoked) . <<"CONF";
<Location /company/bare>
    SetHandler luciauth-adopt
    $adopt
    SetEnv SSL_CLIENT_VERIFY SUCCESS
    SetEnv SSL_CLIENT_S_DN "$id{alice}"
    RequestHeader set SSL_CLIENT_S_DN "$id{alice}"
</Location>
# Any certificate will do here.
Listen 127.0.0.1:\@port2\@
<VirtualHost 127.0.0.1:\@port2\@>
    $tls
    SSLCACertificateFile @{[$authority->certificate]}
    SSLCARevocationCheck none
    SSLVerifyClient optional_no_ca
    <Location /company/enter>
        Require all granted
    </Location>
</VirtualHost>
CONF
$server->start;

sub enter {
    my ($visitor, $name, $path) = @_;
    $visitor->{certificate} = $pair{$name};
    return $visitor->follow($visitor->open($server->url($path)));
}

my %forged = ('SSL_CLIENT_S_DN' => $id{alice}, 'SSL-CLIENT-S-DN' => $id{alice}, 'SSL_CLIENT_VERIFY' => 'SUCCESS', 'SSL-CLIENT-VERIFY' => 'SUCCESS',
    'X-SSL-Client-S-DN' => $id{alice}, 'REMOTE_USER' => 'root', 'Remote-User' => 'root', 'X-Remote-User' => 'root');
walk_adoption(server => $server, backend => $backend, id => \%id, enter => \&enter, forged => \%forged);

# ---- What is no certificate of the authority ----

# The status, and whether there was a session; 0 when the server ended the connection.
sub outcome {
    my ($pair, $path, %arg) = @_;
    my $visitor = LuciaTest::Visitor->new(certificate => $pair);
    my $url = $server->origin($arg{port}) . $path;
    my $reply = eval { $visitor->open($url, headers => \%forged) };
    return ($reply ? $reply->status : 0) . ($visitor->cookie($url, 'auth_session') ? ' with a session' : '');
}

my $users = users_of($server);
my $generous = $server->port_number(2);
is outcome($pair{alice}, '/company/enter'), '302 with a session', 'a certificate of the authority signs in';
is outcome(undef, '/company/enter'), '403', 'without a certificate the guard refuses';
is outcome(undef, '/company/bare'), '403', 'without a certificate and without a guard nobody is signed in, whatever the environment says';
is outcome($stranger, '/company/enter'), '0', 'a certificate of another authority ends the connection';
is outcome($pair{eve}, '/company/enter'), '0', 'a revoked certificate ends the connection';
is outcome($stranger, '/company/enter', port => $generous), '403', 'where every certificate is accepted, one of another authority signs nobody in';
is outcome(undef, '/company/enter', port => $generous), '403', 'where every certificate is accepted, none signs nobody in';
is outcome($pair{alice}, '/company/enter', port => $generous), '302 with a session', 'where every certificate is accepted, one of the authority signs in';
is users_of($server), $users, 'certificates that do not count make no account';
my $link = LuciaTest::Visitor->new(certificate => $pair{bobby});
is $link->open($server->url('/company/enter'), headers => { 'Sec-Fetch-Site' => 'cross-site' })->status, 302, 'S9.102: a link of another site signs in with the certificate, which that site cannot choose';
like $server->error_log, qr{LUCI0802: luciauth-adopt refuses /company/\w+: SSL_CLIENT_VERIFY is not SUCCESS}, 'the error log says what is missing';

done_testing;
