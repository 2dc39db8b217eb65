# SPDX-License-Identifier: Apache-2.0
# luciauth-adopt behind mod_auth_mellon, with a real SAML identity provider on another site.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Adopt;
use LuciaTest::Recipes;
use LuciaTest::Saml;
use LuciaTest::Site;
use LuciaTest::Visitor;

if (my $why = LuciaTest::Saml::missing()) { plan skip_all => $why }

my %number = (alice => 1, bobby => 2, carol => 3, dora => 4);
my $provider = LuciaTest::Saml->new(accounts => { map { $_ => { password => $PASSWORD,
    attributes => { uid => [$_], employeeNumber => ["248$number{$_}"] } } } keys %number });
my $backend = LuciaTest::Backend->new;
my $server = LuciaTest::Server->new(modules => ['auth_mellon'], files => { adopt_files() }, start => 0);
$server->{config} = adopt_site($backend) . LuciaTest::Recipes::block('apache', 'saml', '/etc/apache2/saml/' => $provider->introduce($server, '/company/saml'),
    'MellonSecureCookie On' => 'MellonSecureCookie Off');    # there is no TLS
$server->start;
# As a person does it: over all redirects and the pages that script posts at once, through the provider's form where it is shown,
# and through the page that asks whether it is this person: mod_auth_mellon takes an answer that another browser has asked for.
sub arrive {
    my ($visitor, $name, $path) = @_;
    my $reply = $provider->pass($visitor, $visitor->follow($visitor->open($server->url($path))));
    return $visitor->url =~ m{^\Q@{[$provider->url]}\E} ? $provider->fill_in($visitor, $name) : $reply;
}
sub enter { my ($visitor, $name, $path) = @_; return agree($visitor, arrive($visitor, $name, $path)) }

# What the provider calls a person at this site is its own affair.
my %id = map { $_ => variables(enter(LuciaTest::Visitor->new, $_, '/company/env.cgi'))->{MELLON_NAME_ID} } qw(alice bobby);
like $id{alice}, qr/^[0-9a-f]{40}$/, 'the provider sends a persistent NameID';

walk_adoption(
    server => $server, backend => $backend, id => \%id, enter => \&enter,
    forged => { 'MELLON_NAME_ID' => $id{alice}, 'MELLON-NAME-ID' => $id{alice}, 'MELLON_uid' => 'root', 'NAME_ID' => $id{alice}, 'REMOTE_USER' => 'root', 'Remote-User' => 'root', 'X-Remote-User' => 'root' },
);

# ---- Beside the other module's session ----

my $visitor = LuciaTest::Visitor->new;
enter($visitor, 'alice', '/vault/env.cgi');
is_deeply [sort map { [/^([\w-]+)=/]->[0] } $visitor->cookies($server->url('/company/enter'))], [qw(auth_session mellon-cookie)], 'both modules have their cookie at the location where they meet';
is_deeply [map { [/^([\w-]+)=/]->[0] } $visitor->cookies($server->url('/vault/env.cgi'))], ['auth_session'], 'the cookie of the other module goes nowhere else';
my $script = $server->request(GET => '/company/enter', headers => { 'X-Requested-With' => 'XMLHttpRequest' });
is $script->status, 403, 'a script without a session of the other module is refused by it';

# ---- The answer to another browser ----

# Somebody who has an account at the provider keeps its answer back, and has another browser post it.
my $mallory = LuciaTest::Visitor->new;
$mallory->follow($mallory->open($server->url('/vault/env.cgi')));
my $page = $mallory->page;
my %state = LuciaTest::Visitor::fields($page);
my $answer = $mallory->follow($mallory->post(LuciaTest::Saml::form_of($page), form(%state, username => 'alice', password => $PASSWORD)));
my $victim = LuciaTest::Visitor->new;
$victim->follow($victim->open($server->url('/company/enter')));    # as a picture of the foreign page does it
$victim->post(LuciaTest::Saml::form_of($answer), form(LuciaTest::Visitor::fields($answer)));
my $asked = $victim->follow($victim->page);
is $victim->cookie($server->url('/'), 'auth_session'), undef, 'S9.102: the answer of the provider to another browser signs nobody in';
like text_in($asked), qr/Continue as alice/, 'S9.102: the page says which account the answer is for' or diag $asked->bytes;

my $later = $victim->follow($victim->open($server->url('/company/enter'), headers => { 'Sec-Fetch-Site' => 'same-origin' }));
is $victim->cookie($server->url('/'), 'auth_session'), undef, 'S9.102: the session of mod_auth_mellon that this answer has left signs nobody in after a link of this site';
like text_in($later), qr/Continue as alice/, 'S9.102: after a link of this site the page asks as well' or diag $later->bytes;

# Signing in again as the same user is not asked about.
$visitor->forget(qr/^mellon/);
is arrive($visitor, 'alice', '/company/enter?next=/vault/env.cgi')->status . ' ' . $visitor->at, '200 /vault/env.cgi', 'S9.102: who has a session of the same user is not asked';

# ---- Signing out everywhere ----

my $reply = $provider->pass($visitor, $visitor->follow($visitor->open($server->url('/company/saml/logout?ReturnTo=' . LuciaTest::uri_escape($server->url('/account/logout'))))));
is $visitor->at, '/account/logout', 'the sign-out of the other module leads over the provider to that of the site' or diag $reply->bytes;
$visitor->follow($visitor->post('/account/logout'));
is_deeply [grep { /session|mellon/ } $visitor->cookies($server->url('/company/enter'))], [], 'after that no session of the site is left';
$visitor->follow($visitor->open($server->url('/vault/env.cgi')));
like $visitor->url, qr{^\Q@{[$provider->url]}\E}, 'after that the provider asks for the password again';

done_testing;
