# SPDX-License-Identifier: Apache-2.0
#
# What real sites do to the pages, in a real browser: what real_sites.mjs walks through, on servers of its own.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../lib";
use LuciaTest;
use LuciaTest::Ctl;

my $page = <<'HTML';
<!doctype html>
<html lang="en">
<title>Members</title>
<link rel="icon" href="data:,">
<h1>Members</h1>
<p id="part"><a href="/logout-form.html">Leave</a>
<form method="post" action="/private/save.cgi"><button>Save</button></form>
HTML

my $save = <<'SH';
#!/bin/sh
printf 'Content-Type: text/html; charset=utf-8\r\n\r\n<!doctype html><title>Saved</title><h1>Saved</h1>'
SH

my $server = LuciaTest::Server->new(
    files  => { 'htdocs/private/index.html' => $page, 'htdocs/private/save.cgi' => $save },
    config => <<'CONF',
LuciaDatabase sqlite3 @db@
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaMount /
LuciaSecret {file:@secret@}
LuciaSecondFactor optional
LuciaAccountDeletion On
# As many sites have it for everything that they serve.
<If "%{HTTP_HOST} =~ /^127/">
    Header always set Referrer-Policy no-referrer
    Header set Referrer-Policy no-referrer
</If>
<If "%{HTTP_HOST} =~ /^strict/">
    Header always set Content-Security-Policy "default-src 'self'"
    Header set Content-Security-Policy "default-src 'self'"
</If>
<Directory "@htdocs@/private">
    Options +ExecCGI
    AddHandler cgi-script .cgi
    AuthType Lucia
    Require valid-user
</Directory>
CONF
);

# One host signs people in for the gate of another one.
my $shared = "LuciaDatabase sqlite3 \@db\@\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaCookieDomain site.example\n";
my $hosts = LuciaTest::Server->new(
    files  => { 'htdocs/private/index.html' => $page },
    config => <<"CONF",
<VirtualHost 127.0.0.1:\@port\@>
    ServerName login.site.example
    $shared
    LuciaMount /
    LuciaReturnTo http://app.site.example:\@port\@
</VirtualHost>
<VirtualHost 127.0.0.1:\@port\@>
    ServerName app.site.example
    $shared
    LuciaMount /account
    <Location /private>
        AuthType Lucia
        Require valid-user
        LuciaLoginURL http://login.site.example:\@port\@/login
    </Location>
    # Sign-out leads to the other host as well.
    <Location /account/logout>
        LuciaLoginURL http://login.site.example:\@port\@/login
    </Location>
</VirtualHost>
CONF
);

my $link = LuciaTest::Ctl->new('--config', $server->conf_file)->json('user', 'add', 'irma', '--invite', '--url', $server->url('/reset'))->{url};
exit(system('node', "$FindBin::Bin/real_sites.mjs", $server->url(''), $hosts->port, $link) == 0 ? 0 : 1);
