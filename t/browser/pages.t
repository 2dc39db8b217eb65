# SPDX-License-Identifier: Apache-2.0
#
# The pages in a real browser: what flow.mjs walks through, on a server of its own.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../lib";
use LuciaTest;

my $note = <<'HTML';
<!doctype html>
<html lang="en">
<title>Note</title>
<link rel="icon" href="data:,">
<h1>Note</h1>
<form method="post" action="save.cgi">
  <textarea name="text" aria-label="Text"></textarea>
  <button>Save</button>
</form>
HTML

my $saved = <<'HTML';
<!doctype html>
<html lang="en">
<title>Saved</title>
<link rel="icon" href="data:,">
<h1>Saved</h1>
HTML

# Takes the form, after the gate let it through.
my $save = <<'SH';
#!/bin/sh
printf 'Status: 303 See Other\r\nLocation: /private/saved.html\r\n\r\n'
SH

my $server = LuciaTest::Server->new(
    files => {
        'htdocs/private/note.html'  => $note,
        'htdocs/private/boole/note.html' => $note,
        'htdocs/private/saved.html' => $saved,
        'htdocs/private/save.cgi'   => $save,
    },
    config => <<'CONF',
LuciaDatabase sqlite3 @db@
LuciaMount /
<Directory "@htdocs@/private">
    Options +ExecCGI
    AddHandler cgi-script .cgi
    AuthType Lucia
    Require valid-user
</Directory>
<Directory "@htdocs@/private/boole">
    Require user boole
</Directory>
<Location /closed/signup>
    SetHandler luciauth-signup
    LuciaSignup Off
</Location>
CONF
);

exit(system('node', "$FindBin::Bin/flow.mjs", $server->url('/')) == 0 ? 0 : 1);
