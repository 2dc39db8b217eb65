# SPDX-License-Identifier: Apache-2.0
#
# Passkeys in Chromium with its virtual authenticator, on servers of its own: what passkeys.mjs walks through.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../lib";
use LuciaTest;

my $config = <<'CONF';
LuciaDatabase sqlite3 @db@
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaMount /account
LuciaLanguages en de fr es
LuciaSecret {file:@secret@}
LuciaPasskeys on
LuciaSessionCache off
CONF
my $server = LuciaTest::Server->new(throttle => 0, config => $config);
my $factors = LuciaTest::Server->new(throttle => 0, config => "${config}LuciaSecondFactor optional\n");
my $only = LuciaTest::Server->new(throttle => 0, files => { 'htdocs/gated/a.html' => '<!doctype html><link rel="icon" href="data:,"><body>the moonstone' },
    config => ($config =~ s/LuciaPasskeys on/LuciaPasskeys only/r) . "<Location /gated>\nAuthType Lucia\nRequire valid-user\n</Location>\n");

exit(system('node', "$FindBin::Bin/passkeys.mjs", $server->port, $factors->port, $only->port) == 0 ? 0 : 1);
