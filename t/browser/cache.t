# SPDX-License-Identifier: Apache-2.0
#
# S9.48: after sign-out and sign-in no page of before comes from the browser's cache, in real browsers: what cache.mjs walks
# through, over http and https. t/http/vary.t has the headers that do it.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../lib";
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Site qw(certificate);

# So old that a browser may show them for a month without asking.
my $month = 30 * 24 * 3600;
my $old = time - 10 * $month;

my $head = '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">';
my $leave = '<form method="post" action="/account/logout"><button>Leave</button></form>';
my $links = join '', map { "<p><a href=\"$_\">$_</a>" } qw(/private/old.html /private/who.cgi /open/who.cgi);
# Made for each person, and as cacheable as a page can be that says nothing about caching.
my $who = <<"SH";
#!/bin/sh
printf 'Content-Type: text/html; charset=utf-8\\r\\nLast-Modified: \%s\\r\\n\\r\\n' 'Mon, 05 Jan 2026 00:00:00 GMT'
printf '$head<title>Who</title><h1>Hello, \%s</h1>$leave' "\${REMOTE_USER:-visitor}"
SH

my $server = LuciaTest::Server->new(
    modules => ['ssl'],
    ports   => 2,
    start   => 0,
    files   => {
        'htdocs/index.html' => "$head<title>Start</title><h1>Start</h1>$links",
        (map { ("htdocs/private/$_.html" => "$head<title>Members</title><h1>Members</h1>$leave") } qw(old new strict)),
        (map { ("htdocs/$_/who.cgi" => $who) } qw(private open)),
    },
);
$server->{config} = <<'CONF' . "<VirtualHost 127.0.0.1:\@port2\@>\nSSLEngine on\n" . certificate($server) . "</VirtualHost>\n";
LuciaDatabase sqlite3 @db@
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaMount /account
LuciaHomeURL /
LuciaLoginURL /account/login
LuciaSessionCache off
Listen 127.0.0.1:@port2@
AddHandler cgi-script .cgi
<Directory "@htdocs@">
    Options +ExecCGI
</Directory>
<Directory "@htdocs@/private">
    AuthType Lucia
    Require valid-user
</Directory>
<Files strict.html>
    Header set Cache-Control no-store
</Files>
<Directory "@htdocs@/open">
    LuciaOptional On
</Directory>
CONF
$server->start;
utime $old, $old, map { $server->dir . "/htdocs/private/$_.html" } qw(old new) or die "utime: $!";

exit(system('node', "$FindBin::Bin/cache.mjs", $server->port, $server->port_number(2), $server->dir . '/conf/localhost.crt',
    LuciaTest::Ctl::program($server), $server->conf_file) == 0 ? 0 : 1);
