# SPDX-License-Identifier: Apache-2.0
#
# S9.48: what is a navigation, behind a site's own service worker, in Chromium and Firefox: what workers.mjs walks through.
# S4.2 and S4.3: a person is led to sign-in, a script gets 401 in JSON.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../lib";
use LuciaTest;
use LuciaTest::Ctl;

my $head = '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">';
# Takes the form, and shows what the browser says of a request.
my $note = <<"SH";
#!/bin/sh
cat >/dev/null
printf 'Content-Type: text/html; charset=utf-8\\r\\nCache-Control: no-store\\r\\n\\r\\n'
printf '$head<title>Note</title><h1>\%s</h1>' "\$REQUEST_METHOD"
printf '<p id="mode">\%s, \%s</p><form method="post"><button>Save</button></form>' "\$HTTP_SEC_FETCH_MODE" "\$HTTP_SEC_FETCH_DEST"
printf '<p id="origin">\%s</p>' "\$HTTP_ORIGIN"
SH

my $server = LuciaTest::Server->new(
    files => {
        'htdocs/index.html'       => "$head<title>Start</title><h1>Start</h1><a href=\"/private/note.cgi\">Note</a>",
        'htdocs/through.js'       => 'addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));',
        'htdocs/idle.js'          => 'addEventListener("push", () => {});',
        'htdocs/private/note.cgi' => $note,
    },
    config => <<'CONF',
LuciaDatabase sqlite3 @db@
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaMount /account
LuciaHomeURL /
LuciaSessionCache off
AddHandler cgi-script .cgi
AddType text/javascript .js
# As many sites have it for everything that they serve.
<If "%{HTTP_HOST} =~ /^127/">
    Header always set Referrer-Policy no-referrer
    Header set Referrer-Policy no-referrer
</If>
<Directory "@htdocs@/private">
    Options +ExecCGI
    AuthType Lucia
    Require valid-user
</Directory>
CONF
);

exit(system('node', "$FindBin::Bin/workers.mjs", $server->port, LuciaTest::Ctl::program($server), $server->conf_file) == 0 ? 0 : 1);
