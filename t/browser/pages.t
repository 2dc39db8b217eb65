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
<form method="post" action="save">
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

my $server = LuciaTest::Server->new(
    modules => ['alias'],
    files   => { 'htdocs/private/note.html' => $note, 'htdocs/private/saved.html' => $saved },
    config  => <<'CONF',
LuciaDatabase sqlite3 @db@
LuciaMount /
<Location "/private">
    AuthType Lucia
    Require valid-user
</Location>
# Takes the form, after the gate let it through.
<Location "/private/save">
    Redirect 303 /private/saved.html
</Location>
CONF
);

exit(system('node', "$FindBin::Bin/flow.mjs", $server->url('/')) == 0 ? 0 : 1);
