# SPDX-License-Identifier: Apache-2.0
#
# People whom another module identifies, in real browsers: what adopt.mjs walks through, on a server of its own.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use FindBin ();
use lib "$FindBin::Bin/../lib";
use LuciaTest;

# As if the time of LuciaFreshness had passed, for every session.
my $stale = <<'PERL';
#!/usr/bin/perl
use DBI;
DBI->connect(@access@, { RaiseError => 1 })->do('UPDATE user_session SET proved_at = NULL');
print "Content-Type: text/plain\n\nstale";
PERL
my $lure = qq{<!doctype html>\n<html lang="en">\n<title>Lure</title>\n<link rel="icon" href="data:,">\n<h1>Lure</h1>\n<a id="link" href="http://mallory:correct%20horse\@localhost:\@port\@/adopt?next=/private/">A prize</a>\n};

my $server = LuciaTest::Server->new(
    throttle => 0,
    files    => {
        htpasswd => join('', map { "$_:{SHA}" . sha1_base64($PASSWORD) . "=\n" } 'alice', 'carol', 'mallory'),
        'htdocs/lure.html' => $lure, 'htdocs/stale.cgi' => $stale,
        map { ("htdocs/$_/index.html" => qq{<!doctype html>\n<html lang="en">\n<title>$_</title>\n<link rel="icon" href="data:,">\n<h1>$_</h1>\n}) } 'private', 'fresh',
    },
    config => <<'CONF',
LuciaDatabase sqlite3 @db@
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaMount /account
LuciaLanguages en de fr es
LuciaAdoptURL /adopt
LuciaSessionCache off
<Location /adopt>
    SetHandler luciauth-adopt
    LuciaAdopt corp
    AuthType Basic
    AuthName corp
    AuthBasicProvider file
    AuthUserFile @dir@/htpasswd
    Require valid-user
</Location>
<Location /private/>
    AuthType Lucia
    Require valid-user
</Location>
<Location /fresh/>
    AuthType Lucia
    Require lucia-fresh
</Location>
AddHandler cgi-script .cgi
<Directory "@htdocs@">
    Options +ExecCGI
</Directory>
CONF
);

exit(system('node', "$FindBin::Bin/adopt.mjs", $server->port) == 0 ? 0 : 1);
