# SPDX-License-Identifier: Apache-2.0
# luciactl --config: it reads what httpd reads, from the same files, and says what httpd says about wrong values.
use strict;
use warnings;
use lib 't/lib';
use POSIX ();
use Test::More;
use LuciaTest;
use LuciaTest::Site qw(certificate);

LuciaTest::only_files('about files of configuration, which name files of SQLite');

chdir LuciaTest::top() or die $!;
my $server = LuciaTest::Server->new(start => 0, modules => ['macro']);
my $dir    = $server->dir;
my $tool   = LuciaTest::build() . '/luciactl';
%ENV = (%ENV, LuciaTest::httpd_env());    # for the httpd that luciactl starts

# (exit status, both outputs) of luciactl on this configuration.
sub luciactl {
    my ($config, @args) = @_;
    $server->write_config($config);
    my $pid = open my $out, '-|';
    die "fork: $!" unless defined $pid;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec $tool, '--config', $server->conf_file, @args or POSIX::_exit(127);
    }
    local $/;
    my $said = <$out>;
    close $out;
    return ($? >> 8, $said);
}

# init makes the database that the configuration names: so it shows which one was found.
sub finds {
    my ($name, $config, $file, @args) = @_;
    my ($httpd, $problem) = $server->configtest($config);
    is $httpd, 0, "httpd takes it: $name" or diag $problem;
    unlink glob "$dir/found/*";
    my ($status, $said) = luciactl($config, @args, 'init');
    my @made = map { s{.*/}{}r } grep { !/-(?:wal|shm)$/ } glob "$dir/found/*";
    is_deeply [$status, @made], [0, $file], "luciactl finds $file" or diag $said;
    return;
}
mkdir "$dir/found" or die $!;

finds('a path relative to ServerRoot', "LuciaDatabase sqlite3 found/a.db\n", 'a.db');
finds('quotes, a continued line, blanks, comments and case', <<'CONF', 'b c.db');
   # LuciaDatabase sqlite3 found/not.db \
   LuciaDatabase sqlite3 found/not.db
luciadatabase   sqlite3 \
      'found/b c.db'
CONF
finds('a backslash before a quote', qq(LuciaDatabase sqlite3 "found/b\\"c.db"\n), 'b"c.db');

$server->write('conf/sites/20-two.conf', "LuciaDatabase sqlite3 found/two.db\n");
$server->write('conf/sites/10-one.conf', "LuciaDatabase sqlite3 found/one.db\n");
$server->write('conf/sites/.hidden.conf', "LuciaDatabase sqlite3 found/hidden.db\n");
$server->write('conf/deep/a/x.conf', "LuciaDatabase sqlite3 found/x.db\n");
$server->write('conf/deep/b.conf', "LuciaDatabase sqlite3 found/deep.db\n");
finds('Include with a wildcard, in order',   "Include conf/sites/*.conf\n", 'two.db');
finds('wildcards in a folder\'s name',       "Include conf/d*p/*/?.conf\n", 'x.db');
finds('Include of a folder, to its depths',  "Include conf/deep\n", 'deep.db');
finds('IncludeOptional of nothing',          "IncludeOptional none/*.conf\nIncludeOptional none.conf\nLuciaDatabase sqlite3 found/a.db\n", 'a.db');

$server->{env}{LUCI_TEST_NAME} = $ENV{LUCI_TEST_NAME} = 'env';
finds('variables: defined, in the environment, in an Include', <<'CONF', 'env-d.db');
Define letter d
Define sites conf/sites
Include ${sites}/10-one.conf
LuciaDatabase sqlite3 found/${LUCI_TEST_NAME}-${letter}.db
CONF
finds('Define before the environment, and undefined again', <<'CONF', 'env.db');
Define LUCI_TEST_NAME defined
UnDefine LUCI_TEST_NAME
LuciaDatabase sqlite3 found/${LUCI_TEST_NAME}.db
CONF

my %holds = (
    '<IfModule luciauth_module>'         => 1, '<IfModule mod_luciauth.c>'    => 1, '<IfModule !mod_luciauth.c>' => 0,
    '<IfModule no_such_module>'          => 0, '<IfModule !mod_none.c>'       => 1, '<IfModule mod_so.c>'        => 1,
    '<IfDefine letter>'                  => 1, '<IfDefine !letter>'           => 0, '<IfDefine other>'           => 0,
    '<IfVersion >= 2.4>'                 => 1, '<IfVersion < 2.4>'            => 0, '<IfVersion !< 2.4.10>'      => 1,
    '<IfVersion ~ ^2\\.4\\.>'            => 1, '<IfVersion /^2\\.2\\./>'      => 0, '<IfVersion > 2.4.9>'        => 1,
    '<IfFile conf/sites/10-one.conf>'    => 1, '<IfFile conf/none>'           => 0, '<IfFile !conf/none>'        => 1,
    '<IfDirective LuciaDatabase>'        => 1, '<IfDirective !LuciaDatabase>' => 0,
);
for my $open (sort keys %holds) {
    my ($name) = $open =~ /^<(\w+)/;
    finds($open, <<"CONF", $holds{$open} ? 'inside.db' : 'outside.db');
Define letter d
LuciaDatabase sqlite3 found/outside.db
$open
    <IfDefine other>
        LuciaDatabase sqlite3 found/nested.db
    </IfDefine>
    LuciaDatabase sqlite3 found/inside.db
</$name>
CONF
}

# ---- Virtual hosts ----

my $hosts = <<'CONF';
LuciaUserAttributes username email
<VirtualHost *:81>
    ServerName one.example
    ServerAlias first.example
    LuciaDatabase sqlite3 found/one.db
</VirtualHost>
<VirtualHost *:82>
    ServerName https://two.example:443
    LuciaDatabase sqlite3 found/two.db
</VirtualHost>
<VirtualHost *:83>
    ServerName none.example
</VirtualHost>
CONF
$hosts =~ s{https://}{};
finds('a virtual host by its name',          $hosts, 'one.db', '--vhost', 'one.example');
finds('by its alias, whatever the case',     $hosts, 'one.db', '--vhost', 'FIRST.example');
finds('by name and port of its address',     $hosts, 'one.db', '--vhost', 'one.example:81');
finds('by name and port of its name',        $hosts, 'two.db', '--vhost', 'two.example:443');
finds('a single database needs no choice',   $hosts =~ s{LuciaDatabase sqlite3 found/two.db}{}r, 'one.db');
finds('the same database twice, neither',    $hosts =~ s{found/two}{found/one}r, 'one.db');
for my $wrong ('three.example', 'two.example:82', 'none.example') {
    my ($status, $said) = luciactl($hosts, '--vhost', $wrong, 'init');
    is $status, 2, "--vhost $wrong is refused";
    like $said, qr/no server named $wrong .*these have one: one\.example .*; two\.example/, 'the refusal of --vhost lists the servers there are';
}
my ($status, $said) = luciactl($hosts, 'init');
is $status, 2, 'several databases: no choice is no answer';
like $said, qr{several databases; choose one with --vhost NAME\[:PORT\]: one\.example \(<VirtualHost \*:81> in \Q$dir\E/conf/httpd\.conf:\d+\); two\.example:443},
    'all are listed';

# ---- What httpd refuses is refused in the same words, with the line ----

my @wrong = (
    ['LuciaActivePeriod 5 bananas'], ['LuciaActivePeriod "5 bananas"'], ['LuciaTables a b a'], ['LuciaPasswordHash bcrypt'],
    ['LuciaUserAttributes id'], ['LuciaCookieName a=b'], ['LuciaMount auth'], ['LuciaAllowedOrigins *'], ['LuciaSignup'],
    ['LuciaDatabase oracle x'], ['LuciaDatabase sqlite3 :memory:'], ['LuciaDatabase pgsql "host=db password={file:/no/such/file}"'],
    ['LuciaTemplates ""'], ["<Location />\n    LuciaLoginURL login\n</Location>"],
);
for my $case (@wrong) {
    my ($lines) = @$case;
    my $config = "LuciaMount /\n$lines\n";
    my ($failed, $httpd) = $server->configtest($config);
    my ($number) = $httpd =~ /error on line (\d+)/;
    my ($words) = $httpd =~ /^(?:.*: )?(Lucia\w+: .*)$/m;
    ok $failed && $number && $words, "httpd refuses $lines" or diag $httpd;
    my ($status, $said) = luciactl($config, 'init');
    is $status, 2, 'luciactl ends with 2 as httpd does';
    like $said, qr/^luciactl: \Q$dir\E\/conf\/httpd\.conf:$number: \Q$words\E$/m, 'in the same words, with the line' or diag $httpd;
}

sub says {
    my ($name, $config, $pattern) = @_;
    my ($status, $said) = luciactl($config, 'init');
    is $status, 2, $name;
    like $said, $pattern, 'the refusal of the configuration says why';
    return;
}
my $here = qr{\Q$dir\E/conf/httpd\.conf:\d+};
says('no such include',        "Include none.conf\n", qr/$here: Could not open configuration file \S+\/none\.conf: No such file or directory/);
says('an open section',        "<Location /a>\nLuciaSignup Off\n", qr/$here: \S+: <Location> was not closed/);
finds('an <IfModule> that is not closed, which httpd takes', "<IfModule mod_so.c>\nLuciaDatabase sqlite3 found/a.db\n", 'a.db');
says('a stray end',            "</Location>\n", qr/$here: <\/Location> without matching <Location> section/);
says('files in a circle',      "Include conf/circle.conf\n", qr/Syntax error on line \d+ of \Q$dir\E\/conf\/httpd\.conf: Syntax error on line 1 of \S+\/circle\.conf: Syntax/)
    if $server->write('conf/circle.conf', "Include conf/circle.conf\n");
says('an unknown directive',   "LuciaDatabse sqlite3 x\n", qr/$here: Invalid command 'LuciaDatabse', perhaps misspelled/);
says('a server\'s directive in a folder', "<Location /a>\nLuciaTables a b c\n</Location>\n", qr/$here: LuciaTables not allowed in <Location> context/);
says('a variable nobody set',  "LuciaDatabase sqlite3 found/\${NOBODY_SET_IT}.db\n", qr/$here: LuciaDatabase: the variable NOBODY_SET_IT is defined neither in the configuration nor/);
finds('a macro with our directives', <<'CONF', 'of-macro.db');
<Macro site $name>
    LuciaDatabase sqlite3 found/$name.db
</Macro>
Use site of-macro
CONF
says('no database', "LuciaMount /\n", qr/there is no LuciaDatabase/);
($status, $said) = luciactl('', '--database', 'sqlite3:x', 'init');
is $status, 2, 'a database and a configuration' or diag $said;

my $database = "LuciaDatabase sqlite3 $dir/audited.db\n";

# ---- The address of links ----

my $port = $server->port;
my $shop = "LuciaDatabase sqlite3 found/shop.db\nLuciaMount /account\n";
sub shop { my ($address, @lines) = @_; return join "\n", "<VirtualHost $address>", @lines, $shop . "</VirtualHost>\n" }
luciactl($shop, 'init');

# What invite add says: the address of its link, and whether a note says that it is made of ServerName.
sub address {
    my ($config, @args) = @_;
    ($status, my $said) = luciactl($config, 'invite', 'add', @args);
    my ($url) = $said =~ m{ signs up: (\S+)/signup\?invite=};
    my ($noted) = $said =~ /^The address (\S+) is made of ServerName\. .* LuciaSiteURL, or name the page with --url\.$/m;
    return join ' ', $status, $url // '-', grep { defined } $noted;
}
for my $case (
    ['the only name of the main server',              "ServerName main.example\n$shop",                              "http://main.example:$port/account"],
    ['a name with a port',                            "ServerName main.example:8080\n$shop",                         'http://main.example:8080/account'],
    ['a mount at the root',                           "ServerName main.example:80\n$shop" . "LuciaMount /\n",        'http://main.example'],
    ['the port of a virtual host',                    shop('*:8081', 'ServerName one.example'),                      'http://one.example:8081/account'],
    ['the usual port of a virtual host',              shop('*:80', 'ServerName one.example'),                        'http://one.example/account'],
    ['a virtual host for all ports',                  shop('*', 'ServerName one.example'),                           "http://one.example:$port/account"],
    ['a virtual host for all ports, one of them 80',  "Listen 127.0.0.1:80\nListen 127.0.0.1:8081\n" . shop('*', 'ServerName one.example'), 'http://one.example/account'],
    ['two virtual hosts, one without a name',         shop('*:8081') . shop('*:8082', 'ServerName two.example'),     'http://two.example:8082/account'],
    ['two virtual hosts, of which one has no mount',  shop('*:8081', 'ServerName one.example') . shop('*:8082', 'ServerName two.example') =~ s{(LuciaMount )/account}{$1off}r, 'http://one.example:8081/account'],
) {
    my ($what, $config, $url) = @$case;
    is address($config), "0 $url $url", "S1.50: the link leads to ServerName, and a note says so: $what";
}
my $several = shop('*:8081', 'ServerName one.example') . shop('*:8082', 'ServerName two.example');
is address($several), '2 -', 'S1.50: two names are ambiguous';
is address($several, '--vhost', 'two.example'), '0 http://two.example:8082/account http://two.example:8082/account', 'S1.50: --vhost chooses one of two names';
is address($several, '--url', 'https://proxy.example/account/signup'), '0 https://proxy.example/account', 'S1.50: --url needs no note';
is address("$several$shop" . "LuciaSiteURL https://www.example.org\n"), '0 https://www.example.org/account', 'S1.50: LuciaSiteURL needs no note';
is address(shop('*:80', 'ServerName one.example') . shop('*:443', 'ServerName two.example')), '0 https://two.example/account', 'S1.50: a name with port 443 is certain';
is address("Listen 127.0.0.1:8081\n" . shop('*', 'ServerName one.example')), '2 -', 'S1.50: of two unusual ports none is likely';
is address(shop('*:8081')), '2 -', 'S1.50: a virtual host without ServerName has no address';
{
    my $plain = $server;
    $server = LuciaTest::Server->new(start => 0, modules => ['ssl']);
    is address(shop('*:8443', 'ServerName one.example', 'SSLEngine on', certificate($server)) =~ s{found/}{$dir/found/}r), '0 https://one.example:8443/account https://one.example:8443/account', 'S1.50: the link to a server that speaks TLS has https';
    $server = $plain;
}

# ---- What httpd prints ----

sub dumped {
    my ($config, @args) = @_;
    $server->write_config($config);
    local $ENV{LUCI_TEST_SECRET} = 'hunter3';
    my $said = join ' ', map { "'$_'" } LuciaTest::httpd(), '-d', $dir, '-f', $server->conf_file, '-t', '-D', 'DUMP_LUCIAUTH', @args;
    return `$said 2>/dev/null`;
}
my $secrets = "LuciaDatabase pgsql \"host=127.0.0.1 user={env:LUCI_TEST_SECRET} password=hunter2\"\nLuciaMount /\n";
my $document = dumped($secrets);
like $document, qr/\A\n\{"mod_luciauth":".*\}\n\z/, 'a configtest with -D DUMP_LUCIAUTH prints one line of JSON';
unlike $document, qr/hunter/, 'a document that is printed by hand contains no password';
my $whole = dumped($secrets, '-D', 'DUMP_LUCIAUTH_SECRETS');
like $whole, qr/password=hunter2/, 'with DUMP_LUCIAUTH_SECRETS the document contains what the configuration contains';
unlike $whole, qr/hunter3/, 'with DUMP_LUCIAUTH_SECRETS the document does not contain secrets that the configuration only names';
my $before = join ' ', sort glob "$dir/* $dir/*/*";
dumped(qq(LuciaDatabase sqlite3 $dir/none/x.db\nTransferLog "|/bin/sh -c 'echo started >$dir/piped'"\nErrorLog $dir/logs/of-dump\n));
is join(' ', sort glob "$dir/* $dir/*/*"), $before, 'the dump creates no file and starts no program of a log';
my $odd = "$dir/found/\xff.db";
is((luciactl(qq(LuciaDatabase sqlite3 "$odd"\n), 'init'))[0], 0, 'a path that is not UTF-8');
ok -s $odd, 'arrives to the byte';

# ---- Which httpd reads it ----

$server->write_config($database);
for my $case (['--httpd', '/nowhere/httpd', qr{/nowhere/httpd cannot be run: No such file or directory; name httpd's program with --httpd}],
    ['--httpd', '/bin/true', qr/does not load mod_luciauth/], ['--httpd', '/bin/false', qr/\/bin\/false failed with status 1/]) {
    my ($option, $program, $pattern) = @$case;
    my ($status, $said) = luciactl($database, $option, $program, 'init');
    is $status, 2, "$option $program is refused";
    like $said, $pattern, "the message about $program says why";
    local $ENV{LUCIACTL_HTTPD} = $program;
    is_deeply [luciactl($database, 'init')], [$status, $said], "LUCIACTL_HTTPD=$program gives the status and message of --httpd";
}
($status, $said) = luciactl($database =~ s/^/LoadFile none\n/r, '--httpd', LuciaTest::httpd(), 'init');
is $status, 2, 'a library that httpd cannot load';
like $said, qr/:\d+: Cannot load none into server/, 'is named in the words of httpd';
is +(luciactl('', '--database', 'sqlite3:x', '--httpd', LuciaTest::httpd(), 'init'))[0], 2, '--httpd goes with --config only';
SKIP: {
    skip 'only root can become another user', 2 if $> != 0;
    my $copy = $server->write('luciactl', LuciaTest::Server::slurp($tool));
    chmod 0755, $copy;
    chmod 0600, $server->conf_file;
    my $refused = `setpriv --reuid=nobody --clear-groups '$copy' --config '@{[$server->conf_file]}' user list 2>&1`;
    is $? >> 8, 2, 'another user, who may not read the configuration, gets status 2';
    like $refused, qr/\Q@{[$server->conf_file]}\E cannot be read: Permission denied/, 'the message names the unreadable configuration and the reason';
    chmod 0644, $server->conf_file;
}

# ---- Debian's envvars stand in for the environment ----

my $top = LuciaTest::work_dir('envvars');
my %file = (
    'apache2.conf' => LuciaTest::Config::least() . "User \${APACHE_RUN_USER}\nInclude *-enabled/*.conf\n",
    'envvars'      => "unset HOME\nSUFFIX=\nexport APACHE_RUN_USER=@{[(LuciaTest::server_user())[0] // getpwuid $>]}\nexport LUCI_TEST_DIR_OF=found\$SUFFIX\nexport OTHER=\"\$HOME\"\n"
        . "export LUCI_TEST_FILE=\$LUCI_TEST_DIR_OF/../\${LUCI_TEST_DIR_OF}\n",
    'a-enabled/site.conf' => "LuciaDatabase sqlite3 \${LUCI_TEST_FILE}.db\nLuciaAuditLog found/audit\n",
);
mkdir "$top/$_" or die $! for qw(a-enabled found);
for my $name (keys %file) {
    open my $out, '>', "$top/$name" or die $!;
    print $out $file{$name};
    close $out or die $!;
}
my $mask = umask 0;
is system($tool, '--config', "$top/apache2.conf", 'init'), 0, 'without a ServerRoot the folder of the configuration file is the root';
umask $mask;
is((stat "$top/found.db")[2] & 7, 0, 'a database made by luciactl is closed to others, whatever the umask');
ok -s "$top/found.db", 'envvars beside the configuration counts, with its variables';
like LuciaTest::Server::slurp("$top/found/audit"), qr/event=init result=ok/, 'the act is in the file that LuciaAuditLog names';

# What apache2ctl does with envvars: its status and its arguments do not matter.
sub with_envvars { my ($text) = @_; open my $out, '>', "$top/envvars" or die $!; print $out $text; close $out or die $!; return run_tool('--config', "$top/apache2.conf", 'user', 'list') }
sub run_tool { my $said = `'$tool' @{[map { "'$_'" } @_]} 2>&1`; return ($? >> 8, $said) }
my $exports = $file{envvars};
for my $case (["false\n", 'a last command that fails'], ["set -- a b c\n", 'other arguments'], ["printf hello\n", 'output without a line end']) {
    my ($status, $said) = with_envvars($exports . $case->[0]);
    is $status, 0, "envvars with $case->[1]" or diag $said;
}
my $left = "$top/found/left.pid";
my ($at_once) = with_envvars($exports . "sleep 300 &\necho \$! >$left\n");
is $at_once, 0, 'envvars that starts a program';
ok kill('TERM', LuciaTest::Server::slurp($left) =~ /(\d+)/), 'luciactl does not wait for that program';
rename "$top/envvars", "$top/envvars.kept" or die $!;
POSIX::mkfifo("$top/envvars", 0644) or die $!;
($status, $said) = run_tool('--config', "$top/apache2.conf", 'user', 'list');
is $status, 2, 'envvars that is a pipe: refused';
like $said, qr{\Q$top\E/envvars cannot be read: not a regular file}, 'the refusal names envvars as no regular file';
unlink "$top/envvars" or die $!;
SKIP: {
    skip 'only root runs programs of others', 6 if $>;
    my $ran = "$top/found/ran";
    my ($other) = (getpwnam 'nobody')[2];
    for my $given ($top, "$top/envvars") {
        open my $out, '>', "$top/envvars" or die $!;
        print $out $exports, "touch $ran\n";
        close $out or die $!;
        my @before = stat $given;
        chown $other, -1, $given or die $!;
        ($status, $said) = run_tool('--config', "$top/apache2.conf", 'user', 'list');
        chown $before[4], -1, $given or die $!;
        is $status, 2, "another user owns $given: root refuses";
        like $said, qr/would run as root, but other users can change it.*run luciactl as its owner/, 'the refusal of a foreign configuration says why';
        ok !-e $ran, 'nothing of it ran';
    }
}
SKIP: {
    skip 'only root runs programs of others', 2 if $>;
    open my $out, '>', "$top/theirs" or die $!;
    print $out "#!/bin/sh\ntouch $top/found/ran\n";
    close $out or die $!;
    chmod 0755, "$top/theirs";
    chown +(getpwnam 'nobody')[2], -1, "$top/theirs" or die $!;
    ($status, $said) = run_tool('--httpd', "$top/theirs", '--config', $server->conf_file, 'user', 'list');
    is $status, 2, 'a program of another user: root refuses';
    ok !-e "$top/found/ran", 'a program of another user is not run';
}
rename "$top/envvars.kept", "$top/envvars" or die $!;

# ---- What runs in place of httpd ends, and does not fill the memory ----

my $program = "$top/program";
for my $case (['head -c 80000000 /dev/zero', qr/prints more than 64 MiB/], ['dd if=/dev/zero bs=10001 count=7000 2>/dev/null', qr/prints more than 64 MiB/], ['head -c 80000000 /dev/zero >&2', qr/prints more than 64 MiB/],
    ['kill -9 $$', qr/was ended by signal 9/], ['exit 7', qr/failed with status 7/]) {
    open my $out, '>', $program or die $!;
    print $out "#!/bin/sh\nunset LD_PRELOAD\n$case->[0]\n";    # the runtime of a sanitizer now and then aborts what it was not made for
    close $out or die $!;
    chmod 0755, $program;
    ($status, $said) = run_tool('--httpd', $program, '--config', $server->conf_file, 'user', 'list');
    is $status, 2, "a program that does $case->[0]: refused";
    like $said, $case->[1], 'the refusal says what the program did';
}
($status, $said) = run_tool('--httpd', $top, '--config', $server->conf_file, 'user', 'list');
is $status, 2, 'a folder is no program';
like $said, qr/\Q$top\E cannot be run/, 'the refusal of a folder names it';
{
    local $SIG{CHLD} = 'IGNORE';
    $server->write_config("LuciaDatabase sqlite3 found/a.db\n");
    system("'$tool' --config '@{[$server->conf_file]}' init >$top/said 2>&1");
    unlike LuciaTest::Server::slurp("$top/said"), qr/luciactl: /, 'a parent that ignores the ends of children does no harm';
}

# ---- One file, included twice ----

$server->write('conf/host.conf', "<VirtualHost *:80>\nServerName \${name}.test\nLuciaDatabase sqlite3 found/\${name}.db\n</VirtualHost>\n");
my $twice = join '', map { "Define name $_\nInclude conf/host.conf\n" } qw(one two);
finds("the host of the $_ inclusion", $twice, "$_.db", '--vhost', "$_.test") for qw(one two);
($status, $said) = luciactl($twice, 'user', 'list');
is $status, 2, 'two virtual hosts without --vhost end with 2';
like $said, qr/one\.test/, 'the message names the first virtual host';
like $said, qr/two\.test/, 'the message names the second virtual host';

# ---- The audit log that the configuration names ----

$server->write('logs/of-host.log', '');
luciactl($database . "LuciaAuditLog logs/audited.log\n<VirtualHost *:80>\nServerName host.test\nLuciaAuditLog $dir/logs/of-host.log\n</VirtualHost>\n", @$_)
    for ['init'], ['--vhost', 'host.test', 'init'];
like LuciaTest::Server::slurp("$dir/logs/$_"), qr/\Atime=\S+ event=init result=ok .*\n\z/, "an act is in LuciaAuditLog's file: $_" for 'audited.log', 'of-host.log';
for my $target ('off', qq("|/bin/cat >$dir/logs/program")) {
    is((luciactl($database . "LuciaAuditLog $target\n", 'init'))[0], 0, "LuciaAuditLog $target is no file of luciactl's");
}
ok !-e "$dir/$_", "no audit file is made: $_" for 'off', 'logs/program', 'logs/off';
symlink '/dev/stdout', "$dir/logs/linked.log" or die $!;
for my $target ('/dev/stdout', '/dev/stderr', '/proc/self/fd/1', '/dev/fd/2', "$dir/logs/linked.log") {
    my ($status, $said) = luciactl($database . "LuciaAuditLog $target\n", 'init');
    is $status, 0, "LuciaAuditLog $target is httpd's output";
    unlike $said, qr/event=/, "httpd's output contains no audit line of luciactl";
}

# ---- The configuration without --config ----

sub implied {
    my ($variable, @args) = @_;
    local $ENV{LUCIACTL_CONFIG} = $variable;
    my $said = join '', map { "'$_' " } $tool, @args;
    $said = `$said 2>&1`;
    return ($? >> 8, $said);
}
$server->write_config($database);
is_deeply [(implied($server->conf_file, 'user', 'list'))[0]], [0], 'LUCIACTL_CONFIG names one';
my ($implied, $of) = implied($server->conf_file, 'user', 'show', 'nobody');
is $implied, 1, 'no such user there';
like $of, qr/^The configuration is \Q@{[$server->conf_file]}\E, named by the environment variable LUCIACTL_CONFIG;/m, 'the message names the configuration and LUCIACTL_CONFIG';
is +(implied('/nowhere', 'user', 'list'))[0], 2, 'one that is not there';
is +(implied('/nowhere', '--database', "sqlite3:$dir/audited.db", 'user', 'list'))[0], 0, '--database takes its place';
is +(implied('', 'user', 'list'))[0], 2, 'an empty one is none';
like `'$tool' help`, qr/LUCIACTL_CONFIG, then \/\S+\.conf$/m, 'help names the one that httpd reads';

# ---- Files that include each other, more than once ----

my $loop = "$dir/loop.conf";
$server->write('loop.conf', "Include $loop\nInclude $loop\n");
my ($looped, $said_of_loop) = luciactl("Include $loop\n", 'init');
is $looped, 2, 'files that include each other: refused';
is scalar(() = $said_of_loop =~ /^luciactl: .*loop\.conf/mg), 1, 'the loop of includes is reported once';

# ---- What is no configuration ends with a message, not with all the memory, nor in a crash ----

for my $case (
    ['<a>b c>', 2, qr/:\d+: \S+: <a>b> was not closed/],
    ["<Directory>/ x>\n</Directory>", 2, qr/:\d+: Expected <\/Directory>\/> but saw <\/Directory>/],
    ['<>', 2, qr/:\d+: \S+: <> was not closed/],
    ['</a>b c>', 2, qr/:\d+: <\/a>b without matching <a>b section/],
    ["LoadModule mpm_event modules/mod_mpm_event.so\n$database", 2, qr/:\d+: Cannot load modules\/mod_mpm_event\.so into server/],
    ["LoadModule mpm_ x\nLoadModule _module y\nLoadModule mpm_module z\nLoadModule mpm_e_module .so\n$database", 2, qr/:\d+: Cannot load x into server/],
  ) {
    my ($config, $wanted, $message) = @$case;
    my ($status, $said) = luciactl("$config\n", 'init');
    is $status, $wanted, "$config: $wanted";
    like $said, $message, 'the refusal of LUCIACTL_CONFIG says why';
}

done_testing;
