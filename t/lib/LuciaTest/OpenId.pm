# SPDX-License-Identifier: Apache-2.0
#
# A real OpenID provider (t/bench/openid) of a test's own, and what mod_auth_openidc has to know of it.
#
#     my $why = LuciaTest::OpenId::missing();              # why there can be none; nothing when there can
#     my $provider = LuciaTest::OpenId->new(accounts => { alice => { password => $PASSWORD, claims => { sub => '1', email => '...' } } });
#     $provider->url, $provider->client, $provider->secret
#     my $lines = $provider->lines;                        # directives; OIDCRedirectURI is the caller's
#     my $reply = $provider->fill_in($visitor, 'alice');   # in the provider's form, where the visitor is; and back
#
# Its form has the fields name and password. It ends with the object.
package LuciaTest::OpenId;
use strict;
use warnings;
use parent 'LuciaTest::Application';

use JSON::PP ();
use LuciaTest;

use constant { CLIENT => 'luciauth', SECRET => 'a secret of thirty-two characters' };

sub home { return LuciaTest::top() . '/t/bench/openid' }

sub missing {
    return 'there is no mod_auth_openidc' if !-e LuciaTest::apxs('libexecdir') . '/mod_auth_openidc.so';
    return 'there is no node' if !LuciaTest::Application::has_node();
    return 'npm ci was not run in t/bench/openid' if !-e home() . '/node_modules/.package-lock.json';
    return;
}

sub new {
    my ($class, %arg) = @_;
    my $accounts = JSON::PP->new->canonical->utf8->encode($arg{accounts});
    return LuciaTest::Application::new($class, env => { NODE_ENV => 'production' },
        command => ['node', home() . '/provider.mjs', '--accounts', $accounts, '--client', CLIENT, '--secret', SECRET]);
}

sub client { CLIENT }
sub secret { SECRET }

sub lines {
    my ($self) = @_;
    return <<"CONF";
OIDCProviderMetadataURL $self->{url}/.well-known/openid-configuration
OIDCClientID ${\CLIENT}
OIDCClientSecret "${\SECRET}"
OIDCCryptoPassphrase "a passphrase of the tests"
CONF
}

sub fill_in {
    my ($self, $visitor, $name, $password) = @_;
    return $visitor->follow($visitor->post($visitor->url, form(name => $name, password => $password // $PASSWORD)));
}

1;
