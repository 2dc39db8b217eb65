# SPDX-License-Identifier: Apache-2.0
# S9.51: what is said of a database that can't be reached names the server, the place, the reason and the next step,
# in httpd's log at a start and by luciactl, and never a password.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Site;

LuciaTest::only_files('this runs on all engines anyway');

# File systems of our own, gone with this process, where the system lets us have them.
BEGIN {
    if ($> == 0 && !$ENV{LUCI_OWN_MOUNTS} && system("unshare -m true 2>/dev/null") == 0) {
        $ENV{LUCI_OWN_MOUNTS} = 1;
        exec 'unshare', '-m', $^X, (map { "-I$_" } @INC), $0, @ARGV;
    }
}

# ---- Servers ----

my $postgres = LuciaTest::Postgres->new;
$postgres->query($_) for 'CREATE ROLE keeper LOGIN', "ALTER ROLE keeper PASSWORD 'right'";
open my $hba, '>>', $postgres->data . '/pg_hba.conf' or die $!;
close $hba;
my $rules = LuciaTest::Server::slurp($postgres->data . '/pg_hba.conf');
open $hba, '>', $postgres->data . '/pg_hba.conf' or die $!;
print $hba "local all keeper scram-sha-256\n$rules";
close $hba or die $!;
$postgres->query('SELECT pg_reload_conf()');
my $mariadb = LuciaTest::MariaDB->shared;
my $closed_port = LuciaTest::Database::free_port();
my ($pg, $my) = ($postgres->dir, $mariadb->sock);

# ---- Causes: name => its LuciaDatabase, what is said of it, in the words of the system or the library ----

my $SECRET = 'hushhush';
my $pg_rest = "user=keeper password=$SECRET dbname=lucia connect_timeout=3";
my %cause = (
    nofolder => ['sqlite3 @dir@/none/deeper/a.db', qr{the file \S+/none/deeper/a\.db .*\(\S+/none: No such file or directory\); mkdir -p \S+/none/deeper && chown \S+ \S+/none/deeper}],
    folder   => ['sqlite3 @dir@/db/folder',        qr{the file \S+/db/folder .*\(\S+/db/folder: Is a directory\)}],
    file     => ['sqlite3 @dir@/db/garbage/a.db',  qr{the file \S+/garbage/a\.db .*\(\S+/db/garbage: Not a directory\); correct the path}],
    garbage  => ['sqlite3 @dir@/db/garbage',       qr{the file \S+/db/garbage .*: file is not a database; file \S+/db/garbage tells what it is}],
    pghost   => ["pgsql \"host=nosuch.invalid $pg_rest\"", qr{the PostgreSQL database lucia at nosuch\.invalid:5432 .*: could not translate host name "nosuch\.invalid" to address: \w}],
    pgport   => ["pgsql \"host=127.0.0.1 port=$closed_port $pg_rest\"", qr{at 127\.0\.0\.1:$closed_port .*: connection to server at "127\.0\.0\.1", port $closed_port failed: Connection refused Is the server running on that host and accepting TCP/IP connections\?}],
    pgsocket => ["pgsql \"host=$pg/none port=1 $pg_rest\"", qr{at the socket \Q$pg\E/none/\.s\.PGSQL\.1 .*: connection to server on socket "\Q$pg\E/none/\.s\.PGSQL\.1" failed: No such file or directory}],
    pgname   => ["pgsql \"host=$pg port=${\$postgres->port} user=lucia dbname=nosuchname password=$SECRET\"", qr{the PostgreSQL database nosuchname at .*FATAL: +database "nosuchname" does not exist}],
    pgpass   => ["pgsql \"host=$pg port=${\$postgres->port} user=keeper dbname=postgres password=$SECRET\"", qr{FATAL: +password authentication failed for user "keeper"}],
    pgtypo   => ["pgsql \"hots=127.0.0.1 user=lucia dbname=lucia password=$SECRET\"", qr{: invalid connection option "hots" \(is host meant\?\)}],
    pglate   => ["pgsql \"user=lucia password=$SECRET dbnam=lucia\"", qr{: invalid connection option "dbnam" \(is dbname meant\?\)}],
    pgblank  => ["pgsql \"host=127.0.0.1 user=lucia password=my $SECRET dbname=lucia\"", qr{: missing "=" after \(not shown, because it may be part of a password\) in connection info string}],
    pgurl    => ["pgsql \"postgresql://lucia:my\@$SECRET\@nosuch.invalid/lucia?connect_timeout=3\"", qr{the PostgreSQL database lucia at nosuch\.invalid:5432 .*: could not translate host name \(not shown, because it may be part of a password\) to address: \w}],
    pgbare   => ["pgsql \"host=127.0.0.1 user=lucia $SECRET dbname=lucia\"", qr{: missing "=" after \(not shown, because}],
    pgquote  => ["pgsql \"host=127.0.0.1 user=lucia password=my a\\\"$SECRET dbname=lucia\"", qr{: missing \(not shown, because}],
    pgmark   => ["pgsql \"postgresql://lucia:$SECRET?my\@nosuch.invalid/lucia?connect_timeout=3\"", qr{the PostgreSQL server \(its host is not shown, because .*%3F\) .*: could not translate host name}],
    pgquery  => ["pgsql \"postgresql://nosuch.invalid/lucia?connect_timeout=3&password=my\@$SECRET/x\"", qr{the PostgreSQL server \(its host is not shown, because .*: could not translate host name}],
    pgport2  => ["pgsql \"postgresql://lucia:%24$SECRET/my\@nosuch.invalid/lucia\"", qr{the PostgreSQL database lucia at nosuch\.invalid:5432 .*: invalid integer value \(not shown, because}],
    pgscheme => ["pgsql \" postgresql://lucia:$SECRET\@nosuch.invalid/lucia\"", qr{the PostgreSQL server at this machine's usual socket .*: missing "=" after \(not shown, because}],
    pgother  => ["pgsql \"mysql://lucia:$SECRET=\@nosuch.invalid/lucia\"", qr{: invalid connection option \(not shown, because}],
    myurl    => ["mysql \"mysql://lucia:$SECRET=\@nosuch.invalid/lucia\"", qr{; the driver does not know the word \(not shown, because}],
    myhost   => ["mysql \"host=nosuch.invalid,user=lucia,pass=$SECRET,dbname=lucia\"", qr{the MySQL or MariaDB database lucia at nosuch\.invalid:3306 .*: Unknown .*server host 'nosuch\.invalid'}],
    myport   => ["mysql \"host=127.0.0.1,port=$closed_port,user=lucia,pass=$SECRET,dbname=lucia\"", qr{at 127\.0\.0\.1:$closed_port .*: Can't connect to .*'127\.0\.0\.1}],
    mysocket => ["mysql \"sock=$my.none,user=lucia,pass=$SECRET,dbname=lucia\"", qr{at the socket \Q$my\E\.none .*: Can't connect to local .*through socket '\Q$my\E}],
    myname   => ["mysql \"sock=$my,user=lucia,pass=lucia-test,dbname=nosuchname\"", qr{database nosuchname at .*: Unknown database 'nosuchname'}],
    mypass   => ["mysql \"sock=$my,user=lucia,pass=$SECRET,dbname=lucia\"", qr{: Access denied for user 'lucia'\@'localhost' \(using password: YES\)}],
    mytypo   => ["mysql \"hots=db.example,user=lucia,pass=$SECRET,sock=$my,dbname=lucia\"", qr{Access denied .*; the driver does not know the word hots \(is host meant\?\)}],
    myblank  => ["mysql \"user=lucia,pass=my $SECRET,sock=$my,dbname=lucia\"", qr{; the driver does not know the word \(not shown, because it may be part of a password\)}],
);
my ($user) = LuciaTest::server_user();
if ($user) {    # root makes what httpd's user may not
    $cause{unreadable} = ['sqlite3 @dir@/db/unreadable.db', qr{unable to open database file.* \(\S+/unreadable\.db: Permission denied\); chown $user \S+/unreadable\.db}];
    $cause{readonly}   = ['sqlite3 @dir@/db/readonly.db',   qr{attempt to write a readonly database \(\S+/readonly\.db: Permission denied\); chown $user \S+/readonly\.db}];
    $cause{closed}     = ['sqlite3 @dir@/closed/in/a.db',   qr{the file \S+/closed/in/a\.db .*\(\S+/closed: Permission denied\); chmod a\+x \S+/closed}];
}
if ($ENV{LUCI_OWN_MOUNTS}) {
    $cause{full}  = ['sqlite3 @dir@/full/a.db',  qr{the file \S+/full/a\.db .*\(\S+/full: No space left on device\); free disk space there: df -h \S+/full}];
    $cause{rofs}  = ['sqlite3 @dir@/rofs/a.db',  qr{the file \S+/rofs/a\.db .*\(\S+/rofs\S*: Read-only file system\)}];
}

my $server = LuciaTest::Server->new(
    start  => 0,
    config => "$CHEAP_HASH\nLuciaMount /\n" . join('', map { "<VirtualHost *>\nServerName $_.test\nLuciaDatabase $cause{$_}[0]\n</VirtualHost>\n" } sort keys %cause),
    files => { 'db/garbage' => 'no database at all, and longer than a header of one would be, which is 100 bytes' x 4 },
);
my $dir = $server->dir;
mkdir "$dir/$_" or die "$_: $!" for qw(db/folder closed closed/in full rofs);
if ($user) {
    chmod 0700, "$dir/closed";
    sqlite("$dir/db/$_.db", 'CREATE TABLE other (id INTEGER)') for qw(unreadable readonly);
    chown 0, 0, "$dir/db/$_.db" for qw(unreadable readonly);
    chmod 0600, "$dir/db/unreadable.db";
    chmod 0644, "$dir/db/readonly.db";
}
if ($ENV{LUCI_OWN_MOUNTS}) {
    system('mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', "$dir/full") == 0 or die 'mount';
    system('mount', '-t', 'tmpfs', '-o', 'size=1m',  'none', "$dir/rofs") == 0 or die 'mount';
    LuciaTest::give("$dir/full", "$dir/rofs");
    system("dd if=/dev/zero of=$dir/full/filler bs=4k 2>/dev/null");
    sqlite("$dir/rofs/a.db", 'CREATE TABLE other (id INTEGER)');
    system('mount', '-o', 'remount,ro', "$dir/rofs") == 0 or die 'mount';
}
$server->start;

# ---- What is said ----

my $log = $server->error_log;
my $file = $server->conf_file;
for my $name (sort keys %cause) {
    my ($line) = grep { /LUCI0308: .*for $name\.test, the virtual host of / } split /^/, $log;
    like $line, $cause{$name}[1], "$name: httpd's log says which database, and why";
    like $line // '', qr/\(LuciaDatabase in \Q$file\E:\d+, for $name\.test, the virtual host of \Q$file\E:\d+\)/, "$name: where it is written";
    like $line // '', qr/luciactl --config \Q$file\E check reports more/, "$name: and what to run next";
    next if $name =~ /^(?:full|rofs|readonly)$/;    # they can be read
    my $end = LuciaTest::Ctl->new('--config', $file, '--vhost', "$name.test")->run('user', 'list');
    is $end->{status}, 3, "$name: luciactl ends with 3";
    like $end->{err}, qr/\(LuciaDatabase in \Q$file\E:\d+\)/, "$name: it says where it is written" unless $name eq 'closed';
    like $end->{err}, $cause{$name}[1], "$name: and the same reason" unless $name eq 'closed';
    unlike $end->{out} . $end->{err}, qr/$SECRET/, "$name: without the password";
}
unlike $log, qr/$SECRET/, 'no password is in the log';

# Later, when a request needs it.
is $server->request(GET => '/', host => 'pgport.test', cookie => { name => 'auth_session', value => 'x' x 40 })->status, 503, 'a request: 503';
ok wait_until(sub { $server->error_log =~ /LUCI0302: database error: the PostgreSQL database lucia at 127\.0\.0\.1:$closed_port \(.*Connection refused.* reports more; affected requests are answered with 503/ }, 10),
    'the error log describes the unreachable database with file and line' or diag $server->error_log;

# luciactl check, of all of them.
my $end = LuciaTest::Ctl->new('--config', $file)->run('check');
is $end->{status}, 3, 'luciactl check: 3';
like $end->{out}, qr/the database cannot be queried: the PostgreSQL database lucia at 127\.0\.0\.1:$closed_port \(LuciaDatabase in \Q$file\E:\d+\): .*Connection refused/, 'luciactl check prints the place and the reason'
    or diag $end->{out};
unlike $end->{out} . $end->{err}, qr/$SECRET/, 'luciactl check prints no password';

# ---- Without the driver ----

SKIP: {
    skip 'no file systems of our own', 4 unless $ENV{LUCI_OWN_MOUNTS};
    my ($folder) = grep { -d } glob '/usr/lib/*/apr-util-1 /usr/lib/apr-util-1 /usr/lib64/apr-util-1';
    skip 'apr-util keeps its drivers elsewhere', 4 unless $folder;
    my $hidden = "mount -t tmpfs none $folder && exec ";
    my $said = `unshare -m sh -c '$hidden ${\LuciaTest::Ctl::tool()} --database pgsql:dbname=x user list' 2>&1`;
    is $? >> 8, 3, 'luciactl without the driver: 3';
    like $said, qr/the PostgreSQL database x at this machine's usual socket \(--database\): apr_dbd's driver "pgsql" can't be loaded: .*Debian: libaprutil1-dbd-pgsql/, 'luciactl names the missing driver and its package';
    my %env = LuciaTest::httpd_env();
    local @ENV{ keys %env } = values %env;
    $said = `unshare -m sh -c '$hidden ${\LuciaTest::httpd()} -d $dir -f $file -t' 2>&1`;
    isnt $? >> 8, 0, 'configtest fails without the driver';
    like $said, qr/LUCI0714: .*driver "sqlite3" can't be loaded: .*Debian: libaprutil1-dbd-sqlite3/, 'configtest names the missing driver and its package';
}

done_testing;
