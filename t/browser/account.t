# SPDX-License-Identifier: Apache-2.0
#
# The pages of an account in real browsers, with the keyboard alone and without script, in four languages: what account.mjs walks
# through, on a server of its own.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../lib";
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Mail;

my $mail = LuciaTest::Mail->new;

# As if the time of LuciaFreshness had passed, for every session.
my $stale = <<'PERL';
#!/usr/bin/perl
use DBI;
DBI->connect(@access@, { RaiseError => 1 })->do('UPDATE user_session SET proved_at = NULL');
print "Content-Type: text/plain\n\nstale";
PERL

my $server = LuciaTest::Server->new(
    throttle => 0,
    files    => { 'htdocs/stale.cgi' => $stale, 'htdocs/two/index.html' => qq{<!doctype html>\n<html lang="en">\n<title>Two factors</title>\n<h1>Two factors</h1>\n}, 'htdocs/private/index.html' => qq{<!doctype html>\n<html lang="en">\n<title>Private</title>\n<h1>Private</h1>\n} },
    config   => <<"CONF" . <<'CONF',
LuciaMail smtp://127.0.0.1:$mail->{port}
LuciaMailFrom accounts\@example.org
LuciaSiteURL https://www.example.org
LuciaEmail optional
CONF
LuciaDatabase sqlite3 @db@
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaMount /account
LuciaLanguages en de fr es
LuciaActivity On
LuciaSecret {file:@secret@}
LuciaSecondFactor optional
LuciaUsernameChange On
LuciaAccountDeletion On
LuciaUserAttributes city display_name
LuciaUserEditable city? display_name?
LuciaSessionCache off
<Location /two/>
    AuthType Lucia
    Require lucia-factors 2
</Location>
<Location /private/>
    AuthType Lucia
    Require valid-user
</Location>
<VirtualHost *>
    ServerName localhost
</VirtualHost>
<VirtualHost *>
    ServerName must.localhost
    LuciaEmail required
</VirtualHost>
<Location /invited>
    SetHandler luciauth-signup
    LuciaSignup invite
</Location>
<Location /approved>
    SetHandler luciauth-signup
    LuciaSignup approval
</Location>
AddHandler cgi-script .cgi
<Directory "@htdocs@">
    Options +ExecCGI
</Directory>
CONF
);

exit(system('node', "$FindBin::Bin/account.mjs", $server->port, LuciaTest::Ctl::program($server), $server->conf_file, "$mail->{dir}/mails") == 0 ? 0 : 1);
