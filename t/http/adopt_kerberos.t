# SPDX-License-Identifier: Apache-2.0
# luciauth-adopt behind mod_auth_gssapi, with a Kerberos realm.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Adopt;
use LuciaTest::Kerberos;
use LuciaTest::Recipes;
use LuciaTest::Site;
use LuciaTest::Visitor;

if (my $why = LuciaTest::Kerberos::missing()) { plan skip_all => $why }

my %id = map { $_ => "$_\@EXAMPLE.ORG" } qw(alice bobby carol dora);
my $realm = LuciaTest::Kerberos->new(people => { map { $_ => $PASSWORD } keys %id });
my $backend = LuciaTest::Backend->new;
my $server = LuciaTest::Server->new(modules => ['auth_gssapi'], env => { KRB5_CONFIG => $realm->config }, files => { adopt_files() }, config => adopt_site($backend)
    . LuciaTest::Recipes::block('apache', 'kerberos', '/etc/apache2/http.keytab' => $realm->keytab, 'GssapiSSLonly On' => 'GssapiSSLonly Off'));    # there is no TLS

# As a browser does it that may use the tickets of the workstation for this site.
sub enter {
    my ($visitor, $name, $path) = @_;
    $visitor->{negotiate} = sub { $realm->negotiate($name) };
    return $visitor->follow($visitor->open($server->url($path)));
}

my %forged = ('GSS_NAME' => $id{alice}, 'GSS-NAME' => $id{alice}, 'REMOTE_USER' => 'root', 'Remote-User' => 'root', 'X-Remote-User' => 'root', 'Auth-Type' => 'GSSAPI');
walk_adoption(server => $server, backend => $backend, id => \%id, enter => \&enter, forged => \%forged);

# ---- What Negotiate is like ----

my $anonymous = $server->request(GET => '/company/enter', accept => 'text/html', headers => \%forged);
is $anonymous->status . ' ' . $anonymous->header('WWW-Authenticate'), '401 Negotiate', 'without a ticket the browser is asked for one';
is $server->request(GET => '/company/enter', headers => { Authorization => 'Negotiate YWxpY2U=' })->status, 401, 'what is no ticket is refused';
my $ticket = $realm->negotiate('alice');
my %link = ('Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');
sub with_ticket { return $server->request(GET => '/company/enter', headers => { Accept => 'text/html', Authorization => $realm->negotiate('alice'), @_ })->status }
is with_ticket(%link, 'Sec-Fetch-Site' => 'same-origin'), 302, 'S9.102: no earlier link can have brought the ticket';
is with_ticket(%link, 'Sec-Fetch-Site' => 'none'), 302, 'S9.102: an address that is typed signs in with the ticket';
is with_ticket(%link, 'Sec-Fetch-Site' => 'cross-site'), 200, 'S9.102: a link of another site asks before the ticket signs in';
is with_ticket(), 200, 'S9.102: a browser that does not say where the link was asks before the ticket signs in';
is $server->request(GET => '/company/enter', headers => { Authorization => $ticket })->status, 302, 'a ticket signs in';
is $server->request(GET => '/company/enter', headers => { Authorization => $ticket })->status, 401, 'a ticket that was used is refused';

done_testing;
