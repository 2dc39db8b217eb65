# SPDX-License-Identifier: Apache-2.0
# What does not go together in a configuration: httpd's configtest and luciactl check find the same, in the same words.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use JSON::PP ();
use LuciaTest;
use LuciaTest::Ctl;

plan skip_all => 'the rules look at configurations, not at databases' unless LuciaTest::is_sqlite();

my $server = LuciaTest::Server->new(start => 0, modules => [qw(session auth_form)]);
my ($dir, $database) = ($server->dir, "LuciaDatabase sqlite3 \@db\@\n");
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my $gate = "<Location /in>\nAuthType Lucia\nRequire valid-user\n</Location>\n";

# What configtest says with its ids, and whether luciactl check says the same sentences.
sub judged {
    my ($config, $name) = @_;
    my ($status, $said) = $server->configtest($config);
    my @found = $said =~ /(LUCI(?:09\d\d|0313|0503|0535|0536|0537|0538): .*)/g;
    my $checked = join "\n", map { $_->{what} } @{ JSON::PP::decode_json($ctl->run('--json', 'check')->{out} || '[]') };
    my $host = qr/the virtual host of \S+|[^ ]+ \(<VirtualHost [^)]*\)/;
    for my $line (@found) {
        my ($what) = $line =~ /^LUCI\d+: (.*?)\. [^.]+/;
        my $pattern = join '.+', map { quotemeta } split /$host/, $what;
        like $checked, qr/^$pattern/m, "$name: luciactl check reports the same finding";
    }
    return ($status, join("\n", @found), $said);
}

sub finds {
    my ($name, $pattern, $config) = @_;
    my ($status, $found, $said) = judged($config, $name);
    is $status, 0, "$name: httpd starts";
    like $found, $pattern, "$name: configtest warns" or diag $said;
    return;
}

sub stops {
    my ($name, $pattern, $config) = @_;
    my ($status, $found, $said) = judged($config, $name);
    is $status, 1, "$name: httpd does not start";
    like $found, $pattern, "$name: configtest says why" or diag $said;
    return;
}

sub fine {
    my ($name, $config) = @_;
    my ($status, $found, $said) = judged($config, $name);
    is "$status $found", '0 ', "$name: nothing to say" or diag $said;
    return;
}

fine('as the manual has it', $database . "LuciaMount /account\n$gate");

# ---- The database where everybody can fetch it ----

finds('a database below DocumentRoot', qr{LUCI0901: the database \Q$dir\E/htdocs/luciauth\.db is in the folder \Q$dir\E/htdocs},
    "LuciaDatabase sqlite3 \@htdocs\@/luciauth.db\nLuciaMount /account\n");
symlink "$dir/htdocs", "$dir/link" or die $!;
finds('through a link', qr{LUCI0901: }, "LuciaDatabase sqlite3 $dir/link/luciauth.db\nLuciaMount /account\n")
    if $server->write('htdocs/luciauth.db', '');
finds('below an Alias', qr{LUCI0901: .* is in the folder \Q$dir\E/db}, $database . "LuciaMount /account\nAlias /files $dir/db\n");

# ---- Notices of new devices ----

my $mail = $database . "LuciaMount /account\nLuciaMail smtp://127.0.0.1\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\n";
my $forgotten = qr/LuciaMailNotices of .* tells of sign-ins on new devices, but without LuciaThrottleSecret each device is new after httpd was stopped/;
sub noted { return join "\n", map { $_->{what} } @{ JSON::PP::decode_json($ctl->run('--json', 'check')->{out} || '[]') } }
finds('notices of new devices without device cookies', qr/LUCI0535: LuciaMailNotices of .* tells of sign-ins on new devices, but LuciaThrottle does not count by account/, "${mail}LuciaThrottle account=off\n");
fine('notices of new devices', $mail);
like noted(), $forgotten, 'S9.96: luciactl check says that device cookies end with httpd';
fine('notices of new devices with LuciaSecret', "${mail}LuciaSecret {file:\@secret\@}\n");
unlike noted(), $forgotten, 'S9.5: with LuciaSecret, device cookies do not end with httpd';
fine('no notices of new devices', "${mail}LuciaThrottle account=off\nLuciaMailNotices password\n");
unlike noted(), $forgotten, 'S9.96: without notices of devices, luciactl check says nothing of device cookies';

# ---- Second factors ----

my $factors = $database . "LuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\n";
fine('second factors below LuciaMount', $factors . "LuciaMount /account\n");
finds('second factors without a page for the code', qr{LUCI0910: the main server has no page on which users give their second factor, so that those who have one cannot sign in}, $factors . "<Location /login>\nSetHandler luciauth-login\n</Location>\n<Location /factors>\nSetHandler luciauth-factors\n</Location>\n");
finds('second factors without a page to set one up', qr{LUCI0910: the main server has no page on which users set up a second factor}, $factors . "<Location /login>\nSetHandler luciauth-login\n</Location>\n<Location /factor>\nSetHandler luciauth-factor\n</Location>\n");
my $pages = "$factors<Location /login>\nSetHandler luciauth-login\n</Location>\n<Location /code>\nSetHandler luciauth-factor\n</Location>\n<Location /factors>\nSetHandler luciauth-factors\n</Location>\n";
finds('a page for the code that sign-in does not lead to', qr{LUCI0910: sign-in of the main server does not lead to the page on which users give their second factor, because it does not know where that is. Write LuciaFactorURL /code}, $pages);
fine('a page for the code with its URL', "${pages}LuciaFactorURL /code\n");
fine('a page for the code with its URL in a section', "$pages<Location /login>\nLuciaFactorURL /code\n</Location>\n");
finds('a required factor beside applications of Lucia', qr{LUCI0911: LuciaSecondFactor of the main server is required, but with LuciaSessionTokens plain an application of Lucia}, $factors . "LuciaSecondFactor required\nLuciaSessionTokens plain\nLuciaMount /account\n");
my $passkeys = $database . "ServerName https://www.site.example\nLuciaSecret {file:\@secret\@}\nLuciaPasskeys on\n";
fine('passkeys below LuciaMount', $passkeys . "LuciaMount /account\n");
my $handlers = $passkeys . join '', map { "<Location /$_>\nSetHandler luciauth-$_\n</Location>\n" } qw(login passkey);
fine('passkeys at handlers', "${handlers}LuciaPasskeyURL /passkey\n");
fine('passkeys at handlers with the URL in a section', "$handlers<Location /login>\nLuciaPasskeyURL /passkey\n</Location>\n");
finds('a page for passkeys that sign-in does not know', qr{LUCI0913: the sign-in page of the main server has no button for passkeys, because it does not know where the page is on which users sign in with one. Write LuciaPasskeyURL /passkey}, $handlers);
for (['127.0.0.1', 'an address'], ['intranet', 'a single word']) {
    my ($name, $what) = @$_;
    finds("passkeys at $what", qr{LUCI0914: LuciaPasskeys of the main server is on, but browsers make no passkeys for its ServerName, \Q$name\E}, $passkeys . "LuciaMount /account\nServerName $name\n");
}
fine('passkeys at localhost', $passkeys . "LuciaMount /account\nServerName localhost\n");
finds('passkeys without https', qr{LUCI0914: LuciaPasskeys of the main server is on, but the server does not speak TLS, and browsers have passkeys only with https. If a proxy in front speaks TLS, write ServerName https://www\.site\.example}, ($passkeys =~ s{https://}{}r) . "LuciaMount /account\n");
my $two = join '', map { "<VirtualHost *>\nServerName $_\n</VirtualHost>\n" } 'www.site.example', 'https://www.site.example';
fine('passkeys at a name of which one virtual host speaks https', $passkeys . "LuciaMount /account\nServerName 127.0.0.1\n$two");
finds('passkeys at one virtual host of two', qr{LUCI0914: LuciaPasskeys of the virtual host \S.* is on, but browsers make no passkeys for its ServerName, intra}, $passkeys . "LuciaMount /account\n$two<VirtualHost *>\nServerName intra\n</VirtualHost>\n");
finds('passkeys without LuciaMount', qr{LUCI0913: LuciaPasskeys of the main server is on, but no page offers passkeys}, $passkeys . "<Location /login>\nSetHandler luciauth-login\n</Location>\n");
my $adopt = "${database}LuciaMount /account\n<Location /adopt>\nSetHandler luciauth-adopt\nAuthType Basic\nRequire valid-user\n";
fine('luciauth-adopt with LuciaAdopt', "${adopt}LuciaAdopt corp\n</Location>\nLuciaLoginURL /adopt\n$gate");
fine('a gate that leads to luciauth-adopt beside a page of sign-in', "${adopt}LuciaAdopt corp\n</Location>\n<Location /login>\nSetHandler luciauth-login\n</Location>\nLuciaMount off\nLuciaLoginURL /adopt\n$gate");
finds('a home that signs in again', qr{LUCI0904: LuciaHomeURL and LuciaAdoptURL are both /adopt in the main server}, "${adopt}LuciaAdopt corp\n</Location>\nLuciaAdoptURL /adopt\nLuciaHomeURL /adopt\n");
fine('luciauth-adopt in a virtual host of a server with LuciaAdopt', "LuciaAdopt corp\n$database<VirtualHost *>\n<Location /adopt>\nSetHandler luciauth-adopt\n</Location>\n</VirtualHost>\n");
stops('luciauth-adopt without LuciaAdopt', qr{LUCI0537: LuciaAdopt is missing: <Location /adopt> in \S+:\d+ has SetHandler luciauth-adopt}, "$adopt</Location>\n");
stops('LuciaAdopt with an address without LuciaEmail', qr{LUCI0538: LuciaAdopt corp email=MAIL in \S+:\d+ names an address, but LuciaEmail of the main server is off}, "${adopt}LuciaAdopt corp email=MAIL\n</Location>\n");
finds('luciauth-adopt behind a gate of this module', qr{LUCI0916: <Location /own> in \S+:\d+ has SetHandler luciauth-adopt and AuthType Lucia}, "${database}LuciaMount /account\n<Location /own>\nSetHandler luciauth-adopt\nLuciaAdopt corp\nAuthType Lucia\nRequire valid-user\n</Location>\n");
my $form = "LuciaMount /account\n<Location /form>\nAuthType form\nAuthFormProvider lucia\n</Location>\n";
finds('mod_auth_form beside second factors', qr{LUCI0912: \S+:\d+: AuthFormProvider lucia: mod_auth_form cannot ask for a second factor, so that users who have one cannot sign in there}, "$factors$form");
finds('mod_auth_form beside required factors', qr{LUCI0912: \S+:\d+: AuthFormProvider lucia: mod_auth_form cannot ask for a second factor, so that no user can sign in there}, "${factors}LuciaSecondFactor required\n$form");
fine('mod_auth_form without second factors', "$database$form");
fine('a required factor with hashed tokens', $factors . "LuciaSecondFactor required\nLuciaMount /account\n");

# ---- Gates ----

finds('a gate without a sign-in page', qr{LUCI0902: <Location /in> in \S+:\d+ redirects anonymous requests to /login, but the main server has no sign-in page}, $database . $gate);
finds('a sign-in page elsewhere', qr{LUCI0902: .* but the sign-in page of the main server is /enter},
    $database . $gate . "<Location /enter>\nSetHandler luciauth-login\n</Location>\n");
fine('a sign-in page on another site', $database . "LuciaLoginURL https://login.example/in\n$gate");
fine('a page of an application', $database . "LuciaLoginURL /app/login\n$gate");
fine('a gate for scripts', $database . "LuciaUnauthenticated 401\n$gate");
finds('a gate without Require', qr{LUCI0903: <Location /in> in \S+:\d+ has AuthType Lucia but no Require}, $database . "LuciaMount /account\n<Location /in>\nAuthType Lucia\n</Location>\n");
finds('Require all granted is none', qr{LUCI0903: }, $database . "LuciaMount /account\n<Location /in>\nAuthType Lucia\nRequire all granted\n</Location>\n");
fine('Require further up', $database . "LuciaMount /account\n<Location />\nAuthType Lucia\nRequire valid-user\n</Location>\n<Location /in>\nAuthType Lucia\n</Location>\n");
fine('Require in a container', $database . "LuciaMount /account\n<Location /in>\nAuthType Lucia\n<RequireAny>\nRequire valid-user\n</RequireAny>\n</Location>\n");

# ---- Round and round ----

finds('home is the sign-in page', qr{LUCI0904: LuciaHomeURL and LuciaLoginURL are both /account/login}, $database . "LuciaMount /account\nLuciaHomeURL /account/login\n");
finds('home is the sign-out page', qr{LUCI0904: LuciaHomeURL and LuciaLogoutURL}, $database . "LuciaMount /account\nLuciaHomeURL /account/logout\n");
finds('the sign-in page is gated', qr{LUCI0904: LuciaLoginURL /in/login is behind a gate}, $database . "LuciaLoginURL /in/login\n$gate");
fine('our own page may lie behind a gate', $database . "LuciaMount /in\n$gate");

# ---- The cookie ----

finds('a path beside the mount', qr{LUCI0905: LuciaCookiePath /app of the main server does not cover LuciaMount /account}, $database . "LuciaMount /account\nLuciaCookiePath /app\n");
finds('a path beside a gate', qr{LUCI0905: .* does not cover <Location /in> in }, $database . "LuciaMount /app\nLuciaCookiePath /app\n$gate");
fine('a path above both', $database . "LuciaMount /in/account\nLuciaCookiePath /in\n$gate");
finds('a foreign domain', qr{LUCI0906: LuciaCookieDomain example\.net does not contain the name of the main server, which is www\.example\.org}, $database . "LuciaMount /account\nServerName www.example.org\nLuciaCookieDomain example.net\n");
finds('a longer domain', qr{LUCI0906: }, $database . "LuciaMount /account\nServerName example.org\nLuciaCookieDomain www.example.org\n");
fine('its own domain', $database . "LuciaMount /account\nServerName www.example.org\nLuciaCookieDomain example.org\n");
finds('Secure over http', qr{LUCI0907: LuciaCookieSecure is on, but the main server does not use https}, $database . "LuciaMount /account\nLuciaCookieSecure on\n");
fine('a proxy speaks https', $database . "LuciaMount /account\nLuciaCookieSecure on\nServerName https://www.example.org\n");

# ---- Folders ----

mkdir "$dir/htdocs/account" or die $!;
finds('a mount over a folder', qr{LUCI0908: LuciaMount /account covers the folder \Q$dir\E/htdocs/account}, $database . "LuciaMount /account\n");
rmdir "$dir/htdocs/account" or die $!;
SKIP: {
    skip 'httpd runs as whoever starts it', 6 if $> != 0;
    my $uid = getpwnam((LuciaTest::server_user())[0]);
    chown $uid, -1, "$dir/templates" or die $!;
    finds('templates that httpd may write', qr{LUCI0909: \S+, the user that httpd runs as, can write to the templates in \Q$dir\E/templates}, $database . "LuciaMount /account\n");
    chown 0, -1, "$dir/templates" or die $!;
    chown $uid, -1, "$dir/templates/de" or die $!;
    finds('the folder of a language that httpd may write', qr{LUCI0909: .* can write to the templates in \Q$dir\E/templates/de:}, $database . "LuciaMount /account\nLuciaLanguages en de\n");
    chown 0, -1, "$dir/templates/de" or die $!;
}

# ---- Two servers ----

sub hosts { my $n = 0; return join '', map { $n++; "<VirtualHost *:1$n>\nServerName h$n.example\n$_</VirtualHost>\n" } @_ }
finds('tokens in two ways', qr/LUCI0313: .* have one session table, but LuciaSessionTokens is plain in only one/, hosts("$database LuciaSessionTokens plain\n", $database));
finds('tables half in common', qr/LUCI0313: .* have some of the three LuciaTables in common, but not all/, hosts($database, "$database LuciaTables auth_user user_key other\nLuciaTables people user_key other\n"));
finds('two costs', qr/LUCI0313: .* have one key table, but different values of LuciaPasswordHash/, hosts($database, "$database LuciaPasswordHash lucia-scrypt\n"));
fine('the same in both', hosts($database, $database));
my $mails = "${database}LuciaMail smtp://127.0.0.1:2525\nLuciaMailFrom accounts\@example.org\nLuciaMailNotices none\nLuciaSiteURL https://www.example.org\n";
finds('two sites of links', qr/LUCI0313: .* have one queue of mails, but different values of LuciaSiteURL or LuciaMount/, hosts("${mails}LuciaMount /account\n", "${mails}LuciaSiteURL https://example.net\nLuciaMount /account\n"));
finds('two places of pages', qr/LUCI0313: .* have one queue of mails, but different values of LuciaSiteURL or LuciaMount/, hosts("${mails}LuciaMount /account\n", "${mails}LuciaMount /\n"));
finds('addresses where no mails are sent', qr/LUCI0313: .* have one queue of mails, but LuciaEmail is off in the one with LuciaMount/, hosts("${mails}LuciaMount /account\n", "${mails}LuciaEmail optional\n"));
fine('the same pages in both', hosts("${mails}LuciaMount /account\n", "${mails}LuciaMount /account\nLuciaEmail optional\n"));
fine('pages of mails at one of them', hosts("${mails}LuciaMount /account\nLuciaEmail optional\n", $mails));
fine('other users', hosts("${mails}LuciaMount /account\n", "${mails}LuciaMount /\nLuciaTables other_user other_key other_session\n"));
{
    my ($status, $said) = $server->configtest(hosts("${mails}LuciaMount /account\n", "${mails}LuciaTables other_user other_key other_session\n"));
    ok $status != 0 && $said =~ /LUCI0528: LuciaMount is missing/, 'S9.90: a page for the links of other users is none' or diag $said;
}
my ($status, $found) = judged("LuciaUserAttributes email\nLuciaRemoteUser email\n" . hosts("LuciaUserAttributes nick\n", ''), 'inherited');
ok $status != 0 && $found =~ /LUCI0503: /, 'a column that a host does not know stops httpd';

done_testing;
