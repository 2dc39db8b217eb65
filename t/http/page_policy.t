# SPDX-License-Identifier: Apache-2.0
# A Content-Security-Policy for the whole site does not take the look from the pages; any other that a Header line sets is used.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;

my $server = LuciaTest::Server->new(config => CHEAP_SITE . VAULT . <<'CONF',
Header set Content-Security-Policy "default-src 'self'"
<Location /always/>
    Header always set Content-Security-Policy "default-src 'self'; upgrade-insecure-requests"
</Location>
<Location /kind/>
    Header set Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'"
</Location>
<Location /harmless/>
    Header unset Content-Security-Policy
    Header always set Content-Security-Policy "upgrade-insecure-requests"
</Location>
<Location /vault/>
    Header always set Content-Security-Policy "style-src 'self'"
</Location>
<LocationMatch /login$>
    SetHandler luciauth-login
</LocationMatch>
<Location /own/>
    Header always set Content-Security-Policy "script-src 'self'; style-src 'self'"
</Location>
<VirtualHost 127.0.0.1:@port@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName linked.example
    LuciaTemplates @dir@/linked
</VirtualHost>
CONF
    files => {
        'htdocs/a.txt' => "open\n", 'htdocs/vault/a.txt' => SECRET,
        'linked/login.html' => "<!doctype html><title>Sign in</title><link rel=\"stylesheet\" href=\"/own.css\"><h1>Sign in</h1>\n",
    },
);

my $ours = qr/^default-src 'none'; style-src 'self' 'unsafe-inline';.*frame-ancestors 'none'/;
sub policies { my ($path, @arg) = @_; return join ' | ', $server->request(GET => $path, navigation(), @arg)->headers('Content-Security-Policy') }

like policies('/login'), $ours, 'Header set for the whole site';
unlike policies('/login'), qr/\|/, 'Header set: the page has one policy';
is policies('/a.txt'), "default-src 'self'", 'Header set: the rest of the site has its own policy';
like policies('/always/login'), $ours, 'Header always set';
unlike policies('/always/login'), qr/\|/, 'Header always set: the page has one policy';
is policies('/kind/login'), "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'", 'a policy that lets the style through is used';
like policies('/harmless/login'), qr/^upgrade-insecure-requests$/, 'a policy without a rule about style is used';
my $page = $server->request(POST => '/vault/a.txt', navigation(), form(a => 'b'), origin => 1);
like join(' | ', $page->headers('Content-Security-Policy')), $ours, "the gate's pages";
unlike join(' | ', $page->headers('Content-Security-Policy')), qr/\|/, 'a page of the gate has one policy';
my $json = $server->request(GET => '/vault/a.txt', script());
like join(' | ', $json->headers('Content-Security-Policy')), qr/style-src 'self'$|style-src 'self' \|/, 'JSON has no style to lose';
like policies('/own/login', host => 'linked.example'), qr/script-src 'self'; style-src 'self'$|^script-src 'self'; style-src 'self' \|/,
    'a page of one\'s own without a style inside gets the policy that is written for it';

done_testing;
