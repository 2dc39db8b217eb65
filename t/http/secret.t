# SPDX-License-Identifier: Apache-2.0
# LuciaSecret: where its secrets come from, what is refused and how, and that none of them is shown.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use JSON::PP ();
use LuciaTest;
use LuciaTest::Ctl;

my $server = LuciaTest::Server->new(start => 0);
my $dir = $server->dir;
chmod 0755, $dir;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my $database = "LuciaDatabase sqlite3 \@db\@\n";

sub refused {
    my ($config, $pattern, $name) = @_;
    my ($status, $said) = $server->configtest("$config\n");
    ok $status != 0 && $said =~ $pattern, "S5.5: $name is refused" or diag "status $status\n$said";
    unlike $said, qr/hunter2/, "S5.5: the refusal of $name shows no secret";
    return;
}

sub accepted {
    my ($config, $name) = @_;
    my ($status, $said) = $server->configtest("$config\n");
    is $status, 0, "S5.5: $name is accepted" or diag $said;
    return;
}

my ($first, $second) = map { "hunter2 $_ " . 'x' x 30 } qw(first second);
my $file = $server->write_secret('conf/keys', "$first\n");
my $line = "LuciaSecret {file:$file}";

# ---- Values ----

accepted($line, 'a file with a secret');
refused("LuciaSecret $first", qr/LuciaSecret: \d+ words given|LuciaSecret: the value is neither/, 'a secret in the configuration itself');
refused('LuciaSecret ' . 'hunter2' x 8, qr/LuciaSecret: the value is neither \{file:\/path\} nor \{env:NAME\}; allowed is .*"openssl rand -base64 48" makes one/, 'a secret in one word');
refused('LuciaSecret', qr/LuciaSecret: 0 words given, allowed is \{file:\/path\} or \{env:NAME\}, once or more/, 'LuciaSecret without a value');
refused("<Location /a>\n$line\n</Location>", qr/not allowed in <Location> context/, 'LuciaSecret in a section');
refused('LuciaSecret {file:relative}', qr/LuciaSecret: the file "relative" is not allowed: its path must start with a slash/, 'a relative path');
refused("LuciaSecret {file:$dir/none}", qr{LuciaSecret: the file "\Q$dir\E/none" can't be read: No such file}, 'a file that does not exist');
refused("LuciaSecret {file:$dir/conf}", qr{LuciaSecret: the file "\Q$dir\E/conf" can't be read: it is not a regular file}, 'a folder');
refused('LuciaSecret {env:NO_SUCH_NAME}', qr/LuciaSecret: the environment variable "NO_SUCH_NAME" is not set/, 'a variable that is not set');
refused("$line hunter2", qr/LuciaSecret: the value is neither/, 'a word beside a file');

my $again = "$dir/conf/again";
sub with_text { $server->write_secret('conf/again', $_[0]); return "LuciaSecret {file:$again}" }
my $at = sub { qr/LuciaSecret: line $_[0] of \{file:\Q$again\E\} $_[1]/ };
accepted(with_text("$first\n$second\n"), 'a file with two secrets');
accepted(with_text("\n\r\n$first\r\n\n$second"), 'a file with empty lines, ends of Windows and no end of the last line');
accepted(with_text('0' x 32), 'a secret of 32 characters');
accepted(with_text('0' x 1024), 'a secret of 1024 characters');
refused(with_text(''), qr/LuciaSecret: \{file:\Q$again\E\} contains no secret/, 'an empty file');
refused(with_text("\n\n"), qr/LuciaSecret: \{file:\Q$again\E\} contains no secret/, 'a file with empty lines alone');
refused(with_text("hunter2" . '0' x 24), $at->(1, qr/is too short: it has fewer than 32 characters/), 'a secret of 31 characters');
refused(with_text("$first\n\nhunter2\n$second\n"), $at->(3, qr/is too short/), 'a short secret in the third line');
refused(with_text('hunter2' . '0' x 1018), $at->(1, qr/is too long: it has more than 1024 characters/), 'a secret of 1025 characters');
refused(with_text("# hunter2: made on Monday by a person\n$first\n"), $at->(1, qr/begins with "#", but there are no comments/), 'a comment');
refused(with_text("$first\nhunter2\0" . '0' x 40), qr/LuciaSecret: the file "\Q$again\E" contains a NUL byte/, 'a NUL byte');
refused(with_text(join "", map { "hunter2" . "0" x 1000 . "\n" } 1 .. 17), qr/LuciaSecret: the file "\Q$again\E" is too long/, 'a file of more than 16 KiB');
refused(with_text(join '', map { "$first $_\n" } 1 .. 33), qr/LuciaSecret: there are more than 32 secrets/, 'a file with 33 secrets');

# ---- Who may read the file ----

with_text("$first\n");
for my $case ([0644, 'read'], [0604, 'read'], [0602, 'written'], [0646, 'written']) {
    my ($mode, $how) = @$case;
    chmod $mode, $again;
    refused("LuciaSecret {file:$again}", qr/LuciaSecret: the file "\Q$again\E" may be $how by every user of this machine: run chmod o-rw '\Q$again\E'/, sprintf 'a file of mode %o', $mode);
}
chmod 0640, $again;
accepted("LuciaSecret {file:$again}", 'a file that its group may read');
mkdir "$dir/closed", 0700;
$server->write('closed/keys', "$first\n");
accepted("LuciaSecret {file:$dir/closed/keys}", 'a file of mode 644 in a folder that is closed to others');

# ---- The environment ----

$server->{env}{LUCIA_TEST_SECRET} = "$first\n$second";
$server->{env}{LUCIA_TEST_SHORT} = 'hunter2';
accepted('LuciaSecret {env:LUCIA_TEST_SECRET}', 'a variable');
accepted("$line {env:LUCIA_TEST_SECRET} {file:$again}", 'a list of files and variables');
refused('LuciaSecret {env:LUCIA_TEST_SHORT}', qr/LuciaSecret: line 1 of \{env:LUCIA_TEST_SHORT\} is too short/, 'a short variable');
refused("$line {env:LUCIA_TEST_SHORT}", qr/LuciaSecret: line 1 of \{env:LUCIA_TEST_SHORT\} is too short/, 'a short variable after a file');

# ---- Second factors need it ----

my $missing = qr/LUCI0514: LuciaSecret is missing: LuciaSecondFactor (\w+) in \S+:\d+ needs it\. Make a secret, .*openssl rand -base64 48/;
refused("${database}LuciaSecondFactor $_", $missing, "LuciaSecondFactor $_ without LuciaSecret") for qw(optional required);
accepted("${database}LuciaSecondFactor off", 'LuciaSecondFactor off without LuciaSecret');
accepted("$database${line}\nLuciaSecondFactor $_", "LuciaSecondFactor $_ with LuciaSecret") for qw(optional required);
$server->configtest("${database}LuciaSecondFactor optional\n");
like $ctl->run('check')->{out}, qr/LuciaSecret is missing: LuciaSecondFactor optional in \S+:\d+ needs it/, 'S5.5: luciactl check reports that LuciaSecret is missing';
$server->configtest("${database}LuciaSecret {env:LUCIA_TEST_SHORT}\n");
with_text("hunter2\n");
$server->configtest("${database}LuciaSecret {file:$again}\n");
my $checked = $ctl->run('check')->{out};
like $checked, qr/\S+:\d+: LuciaSecret: line 1 of \{file:\Q$again\E\} is too short/, 'S5.5: luciactl check reports a secret that is too short';
unlike $checked, qr/hunter2/, 'S5.5: luciactl check shows no secret';

# ---- Two servers with one user table ----

sub hosts { return join '', map { "<VirtualHost *>\nServerName $_->[0].example\n${database}LuciaSecondFactor optional\n$_->[1]\n</VirtualHost>\n" } @_ }
my $other = 'LuciaSecret {file:' . $server->write_secret('conf/other', "$second\n") . '}';
my $both  = 'LuciaSecret {file:' . $server->write_secret('conf/both', "$second\n$first\n") . '}';
for my $case (
    [1, 'two secrets that differ', hosts([a => $line], [b => $other])],
    [1, 'a secret that one server does not read yet', hosts([a => $line], [b => $both])],
    [0, 'one secret', hosts([a => $line], [b => $line])],
    [0, 'two secrets in another order', hosts([a => "$line {file:$dir/conf/other}"], [b => $both])],
) {
    my ($warns, $name, $config) = @$case;
    my ($status, $said) = $server->configtest($config);
    is $status, 0, "S5.5: $name of two servers let httpd start" or diag $said;
    is scalar(() = $said =~ /LUCI0313: .* have one user table, but secrets in LuciaSecret/g), $warns, "S5.5: $name of two servers: " . ($warns ? 'a warning' : 'no warning') or diag $said;
}

my $off = "LuciaSecondFactor off\nLuciaMount /account";
for my $case (
    [1, 'a sign-in without second factors', hosts([a => "$line\nLuciaMount /account"], [b => $off])],
    [1, 'a sign-in without second factors, which comes first,', hosts([a => $off], [b => $line])],
    [0, 'no sign-in where second factors are off', hosts([a => "$line\nLuciaMount /account"], [b => 'LuciaSecondFactor off'])],
    [0, 'other tables', hosts([a => "$line\nLuciaMount /account"], [b => "$off\nLuciaTables other_user other_key other_session"])],
) {
    my ($warns, $name, $config) = @$case;
    my ($status, $said) = $server->configtest($config);
    is $status, 0, "S4.27: $name at one of two servers lets httpd start" or diag $said;
    is scalar(() = $said =~ /LUCI0313: .* have one session table, but LuciaSecondFactor is off/g), $warns, "S4.27: $name at one of two servers: " . ($warns ? 'a warning' : 'no warning') or diag $said;
}

my $keys = "$line\nLuciaMount /account\nLuciaPasskeys";
for my $case (
    [1, 'a sign-in without passkeys', hosts([a => "$keys on"], [b => "$keys off"])],
    [0, 'passkeys', hosts([a => "$keys on"], [b => "$keys only"])],
    [0, 'no sign-in where passkeys are off', hosts([a => "$keys on"], [b => $line])],
) {
    my ($warns, $name, $config) = @$case;
    my ($status, $said) = $server->configtest($config);
    is $status, 0, "S9.84: $name at the other one of two servers lets httpd start" or diag $said;
    is scalar(() = $said =~ /LUCI0313: .* have one session table, but LuciaPasskeys is off/g), $warns, "S9.84: $name at the other one of two servers: " . ($warns ? 'a warning' : 'no warning') or diag $said;
}

# ---- A running server, and what it shows ----

my $running = LuciaTest::Server->new(
    log_level => 'trace8',
    config => "${database}LuciaSecret {file:\@secret\@} {env:LUCIA_TEST_SECRET}\nLuciaSecondFactor optional\nLuciaMount /account\n",
    env => { LUCIA_TEST_SECRET => $second },
);
my $secret = LuciaTest::Server::slurp($running->secret_file) =~ s/\n//r;
is $running->request(GET => '/account/login')->status, 200, 'S5.5: a server whose LuciaSecret only root may read answers';
my $conf = $running->conf_file;
my $httpd = join ' ', 'LUCIA_TEST_SECRET=' . quotemeta $second, map { "'$_'" } LuciaTest::httpd(), '-d', $running->dir, '-f', $conf, '-t';
my %env = LuciaTest::httpd_env();
local @ENV{ keys %env } = values %env;
my $dumped = `$httpd -D DUMP_LUCIAUTH 2>&1`;
like $dumped, qr/"args":\s*"\{file:[^}]*\} \{env:LUCIA_TEST_SECRET\}"/, 'S5.5: DUMP_LUCIAUTH names the places of the secrets';
my $shown = join "\n", $dumped, map({ `$httpd -D $_ 2>&1` } qw(DUMP_CONFIG DUMP_RUN_CFG DUMP_VHOSTS), 'DUMP_LUCIAUTH -D DUMP_LUCIAUTH_SECRETS'), $running->error_log, $running->stderr;
ok index($shown, $secret) < 0 && index($shown, $second) < 0, 'S5.5: log and dumps of httpd contain no secret';
$running->write_secret('conf/secret', "a new secret for the tests, after a graceful restart\n$secret\n");
$running->restart_graceful;
is $running->request(GET => '/account/login')->status, 200, 'S5.5: a graceful restart reads LuciaSecret again';

done_testing;
