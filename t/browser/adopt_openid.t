# SPDX-License-Identifier: Apache-2.0
#
# Sign-in through mod_auth_openidc and a provider on another site, in Chromium: what adopt_openid.mjs walks through, on servers of its own.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../lib";
use Test::More;
use LuciaTest;
use LuciaTest::Adopt;
use LuciaTest::OpenId;
use LuciaTest::Recipes;

if (my $why = LuciaTest::OpenId::missing()) { plan skip_all => $why }

my %person = (alice => '2481', bobby => '2482');
my $provider = LuciaTest::OpenId->new(accounts => { map { $_ => { password => $PASSWORD, claims => { sub => $person{$_}, preferred_username => $_ } } } keys %person });

# As if the time of LuciaFreshness had passed, for every session.
my $stale = <<'PERL';
#!/usr/bin/perl
use DBI;
DBI->connect(@access@, { RaiseError => 1 })->do('UPDATE user_session SET proved_at = NULL');
print "Content-Type: text/plain\n\nstale";
PERL

my $server = LuciaTest::Server->new(
    modules => ['auth_openidc'],
    files   => { 'htdocs/stale.cgi' => $stale, map { ("htdocs/$_/index.html" => qq{<!doctype html>\n<html lang="en">\n<link rel="icon" href="data:,">\n<title>$_</title>\n<h1>$_</h1>\n}) } qw(vault fresh) },
    config  => adopt_site() . LuciaTest::Recipes::block('apache', 'openid', 'https://login.example.com' => $provider->url, 'https://www.example.org' => '@origin@',
        "the client's secret" => $provider->secret, 'OIDCClientID luciauth' => 'OIDCClientID ' . $provider->client),
);

exit(system('node', "$FindBin::Bin/adopt_openid.mjs", $server->origin, $provider->url) == 0 ? 0 : 1);
