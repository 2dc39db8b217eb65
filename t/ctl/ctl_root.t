# SPDX-License-Identifier: Apache-2.0
# root in folders of httpd's user, who may put anything there: links, pipes, files with a second name, other folders. Neither
# luciactl nor httpd's start makes, changes, gives away or reads anything elsewhere for it.
use strict;
use warnings;
use lib 't/lib';
use File::Temp ();
use POSIX ();
use Test::More;
use LuciaTest;
use LuciaTest::Control;
use LuciaTest::Ctl;

plan skip_all => 'for root only' if $> != 0;
my ($user, $group) = LuciaTest::server_user();
my $uid = getpwnam $user;
my $work = LuciaTest::work_dir('root');
my ($theirs, $roots) = ("$work/theirs", "$work/roots");

sub write_file { my ($path, $text, $mode) = @_; open my $file, '>', $path or die "$path: $!"; print $file $text; close $file; chmod $mode // oct 600, $path; return $path }
sub text_of { return LuciaTest::Server::slurp($_[0]) }
sub owner { return (lstat $_[0])[4] }
sub fresh {
    system('rm', '-rf', $theirs, $roots);
    for ($theirs, $roots) { mkdir $_, oct 755 or die "$_: $!" }
    LuciaTest::give($theirs);
    return;
}

# As the operator does it, with httpd's configuration or without; in an alarm, since a pipe would be waited for.
sub config {
    my ($database, @more) = @_;
    return write_file("$work/httpd.conf", LuciaTest::Config::least() . join "\n", "User $user", "Group $group", "LuciaDatabase sqlite3 $database", @more, '');
}
sub ctl { my ($database, $log) = @_; return LuciaTest::Ctl->new('--database', "sqlite3:$database", '--audit-log', $log // "$work/audit") }
sub by_config { my ($database, @more) = @_; return LuciaTest::Ctl->new('--config', config($database, "LuciaAuditLog $work/audit", @more)) }

# ---- The database ----

for my $way ([database => \&ctl], [config => \&by_config]) {
    my ($name, $ctl) = @$way;
    fresh();
    my $database = "$theirs/luciauth.db";
    is $ctl->($database)->status('init'), 0, "--$name: init makes a database in their folder";
    is owner($database), $uid, "--$name: the new database belongs to the user of its folder";
    is +(stat $database)[2] & oct 7, 0, "--$name: the new database is closed to others";
    is $ctl->($database)->status('user', 'add', 'alice', '--no-password'), 0, 'root uses it';
    is_deeply [grep { owner($_) != $uid } glob "$theirs/*"], [], 'nothing of root\'s comes beside it';

    for my $trap (
        ['a dangling link' => sub { symlink "$roots/made", $database }],
        ['a link to a file of root\'s' => sub { symlink write_file("$roots/made", ''), $database }],
        ['a second name of a file of root\'s' => sub { link write_file("$roots/made", ''), $database }],
        ['a pipe' => sub { POSIX::mkfifo($database, oct 666) && chmod oct(666), $database }],
        ['another folder' => sub { rmdir $theirs; mkdir "$work/swapped"; LuciaTest::give("$work/swapped"); symlink $roots, "$work/swapped/in"; $database = "$work/swapped/in/luciauth.db" }],
      ) {
        fresh();
        $trap->[1]->();
        my $end = $ctl->($database)->run('init');
        is $end->{status}, 3, "$trap->[0]: no database is made";
        like $end->{err}, qr/the database can't be used: .* \(as the user \Q$user\E\)$/m, "$trap->[0]: the message says as which user the database was opened";
        is -s "$roots/made" || 0, 0, 'nothing came of it elsewhere';
        is_deeply [grep { owner($_) } glob "$roots/*"], [], "$trap->[0]: no file changes its owner";
        isnt $ctl->($database)->status('user', 'list'), 0, "$trap->[0]: an existing database is not used";
    }
    system('rm', '-rf', "$work/swapped");
}

# Who may write there is not known: many may.
fresh();
chmod oct(1777), $theirs;
chown 0, 0, $theirs;
my $end = ctl("$theirs/luciauth.db")->run('init');
is $end->{status}, 1, 'a folder like /tmp: root makes no database there';
like $end->{err}, qr/luciactl as root opens no database in the folder \Q$theirs\E\/.*--config.*runuser/, 'the refusal for a folder like /tmp says what helps';
is by_config("$theirs/luciauth.db")->status('init'), 0, 'httpd\'s user does';
is owner("$theirs/luciauth.db"), $uid, "the database in a folder like /tmp belongs to httpd's user";

# ---- The audit log, and other files that are named ----

for my $trap (
    ['a dangling link', qr/is a symbolic link, and root does not follow links in the folder/, sub { symlink "$roots/made", $_[0] }],
    ['a link to a file', qr/is a symbolic link/, sub { symlink write_file("$roots/made", ''), $_[0] }],
    ['a second name', qr/has another name elsewhere/, sub { link write_file("$roots/made", ''), $_[0] }],
    ['a pipe', qr/not a regular file|the pipe has no reader/, sub { POSIX::mkfifo($_[0], oct 666) }],
  ) {
    fresh();
    my $log = "$theirs/audit";
    $trap->[2]->($log);
    my $end = ctl("$theirs/luciauth.db", $log)->run('init');
    is $end->{status}, 1, "the audit log is $trap->[0]: nothing is done";
    like $end->{err}, $trap->[1], "the audit log is $trap->[0]: the message says so";
    is -s "$roots/made" || 0, 0, "the audit log is $trap->[0]: nothing is written elsewhere";
    ok !-e "$theirs/luciauth.db", "the audit log is $trap->[0]: no database is made";
}
fresh();
is ctl("$theirs/luciauth.db", "$theirs/audit")->status('init'), 0, 'an audit log in their folder';
like text_of("$theirs/audit"), qr/event=init/, "an audit log in the other user's folder is written";

fresh();
ctl("$theirs/luciauth.db")->does('init');
write_file("$roots/htpasswd", "root:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n");
symlink "$roots/htpasswd", "$theirs/htpasswd" or die $!;
$end = ctl("$theirs/luciauth.db")->run('import', 'htpasswd', "$theirs/htpasswd");
is $end->{status}, 1, 'a link in the place of a password file: 1';
like $end->{err}, qr/is a symbolic link/, 'the refusal of the password file names the symbolic link';
is ctl("$theirs/luciauth.db")->status('import', 'htpasswd', "$roots/htpasswd"), 0, 'import htpasswd reads a file of root';
my $exported = ctl("$theirs/luciauth.db")->run('export', '--with-hashes')->{out};
write_file("$roots/users", $exported);
chmod 0600, "$roots/users" or die $!;
symlink "$roots/users", "$theirs/users" or die $!;
$end = ctl("$theirs/luciauth.db")->run('import', 'users', "$theirs/users");
is $end->{status}, 1, 'import users refuses a link in the place of the file';
like $end->{err}, qr/is a symbolic link/, 'import users names the symbolic link';
is ctl("$theirs/luciauth.db")->status('import', 'users', "$roots/users"), 0, 'import users reads a file that only root can read';

write_file("$roots/secret", 'top secret');
symlink "$roots/secret", "$theirs/secret" or die $!;
$end = LuciaTest::Ctl->new('--database', "pgsql:host=/nowhere password={file:$theirs/secret}")->run('user', 'list');
is $end->{status}, 2, 'a link in the place of a secret: 2';
like $end->{err}, qr/"\Q$theirs\E\/secret" can't be read: .*is a symbolic link/, 'the refusal of the secret names the symbolic link';
POSIX::mkfifo("$roots/pipe", oct 600);
like +LuciaTest::Ctl->new('--database', "pgsql:host=/nowhere password={file:$roots/pipe}")->run('user', 'list')->{err}, qr/not a regular file/, 'a pipe is not waited for';

# ---- PostgreSQL by its socket, which lets in whom the system says one is ----

SKIP: {
    my $postgres = eval { require LuciaTest::Postgres; LuciaTest::Postgres->shared } or skip "no PostgreSQL: $@", 3;
    my $database = $postgres->create;
    my ($name) = $postgres->params($database) =~ /dbname=(\S+)/;
    my $rules = $postgres->data . '/pg_hba.conf';
    my $before = text_of($rules);
    fresh();
    $postgres->query_in($database, $_) for qq{CREATE ROLE "$user" LOGIN SUPERUSER};
    open my $hba, '>', $rules or die "$rules: $!";
    print $hba qq{local "$name" "$user" peer\n$before};
    close $hba;
    $postgres->query_in($database, 'SELECT pg_reload_conf()');
    my $line = 'LuciaDatabase pgsql "' . ($postgres->params($database) =~ s/user=\S+/user=$user/r) . '"';
    write_file("$work/peer.conf", LuciaTest::Config::least() . join "\n", "User $user", "Group $group", $line, "LuciaAuditLog $roots/audit", '');
    my $ctl = LuciaTest::Ctl->new('--config', "$work/peer.conf");
    ok LuciaTest::wait_until(sub { $ctl->status('init') == 0 }), 'root makes tables where only httpd\'s user is let in';
    my $end = $ctl->run('user', 'add', 'peter', '--no-password');
    is $end->{status}, 0, "user add works where only httpd's user is let in" or diag $end->{err};
    like text_of("$roots/audit"), qr/event=user_add result=ok .*account=peter/, 'user add writes to an audit log that only root may write';
    open $hba, '>', $rules or die "$rules: $!";
    print $hba $before;
    close $hba;
    $postgres->query_in($database, $_) for 'SELECT pg_reload_conf()', qq{REASSIGN OWNED BY "$user" TO CURRENT_USER}, qq{DROP ROLE "$user"};
}

# ---- httpd's start ----

fresh();
mkdir "$theirs/pages" or die $!;
write_file("$roots/page", "for root's eyes only\n");
symlink "$roots/page", "$theirs/pages/login.html" or die $!;
LuciaTest::give("$theirs/pages");
my $server = LuciaTest::Server->new(config => <<"CONF");
LuciaDatabase sqlite3 $theirs/db/luciauth.db
LuciaControl $theirs/control
LuciaMount /
CONF

SKIP: {
    skip 'no database file', 2 unless LuciaTest::is_sqlite();
    is owner("$theirs/db"), $uid, 'httpd\'s start makes the folder of a database in their folder: theirs';
    ok LuciaTest::wait_until(sub { -e "$theirs/db/luciauth.db" }), "httpd's start makes the database in the other user's folder";
}
is owner("$theirs/control"), $uid, "the control socket belongs to the folder's user";
is_deeply [sort map { s{.*/}{}r } grep { owner($_) == 0 } glob "$theirs/*"], [], "no file in the other user's folder belongs to root";
is +LuciaTest::Ctl->new->status('throttle', 'list', '--socket', "$theirs/control"), 0, 'luciactl asks there';
$server->stop;
ok !-e "$theirs/control", 'the control socket is removed when the server ends';

my ($status, $said) = $server->try_start(<<"CONF");
LuciaDatabase sqlite3 $theirs/db/luciauth.db
LuciaTemplates $theirs/pages
LuciaMount /
CONF
isnt $status, 0, 'a page that is a link to what only root may read: httpd does not start';
like $said, qr/login\.html.*(?:Permission denied|cannot be read)/, 'the error log says that the page is not readable';
unlike $said, qr/root's eyes/, 'the error log does not contain the text of the unreadable file';

for my $trap (
    ['a link', sub { symlink "$roots/made", $_[0] }],
    ['a second name', sub { link write_file("$roots/made", ''), $_[0] }],
  ) {
    unlink "$theirs/audit", "$roots/made";
    $trap->[1]->("$theirs/audit");
    ($status, $said) = $server->try_start(<<"CONF");
LuciaDatabase sqlite3 $theirs/db/luciauth.db
LuciaAuditLog $theirs/audit
LuciaMount /
CONF
    isnt $status, 0, "an audit log that is $trap->[0]: httpd does not start";
    like $said, qr/LUCI0613: LuciaAuditLog: "\Q$theirs\E\/audit" can't be opened: .*(?:symbolic link|another name)/, 'the refusal of the audit log says why';
    is -s "$roots/made" || 0, 0, 'nothing is written elsewhere';
}

done_testing;
