# SPDX-License-Identifier: Apache-2.0
# luciactl's command line: help, wrong usage, exit statuses, passwords typed at a terminal, names that would harm one.
use strict;
use warnings;
use lib 't/lib';
use Fcntl ();
use File::Temp ();
use POSIX ();
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;

my $engine = LuciaTest::Sqlite->new;
my $file = $engine->create;
my $ctl = LuciaTest::Ctl->of($engine, $file);
my $bare = LuciaTest::Ctl->new;
$ctl->does('init');

sub check_help {
    my $all = $bare->does('help');
    my @commands = $all =~ /^  ((?:[a-z]+ )?[a-z][a-z-]*) {2,}\S/mg;
    for my $wanted ('init', 'purge', (map { "user $_" } qw(add show list passwd rename set disable enable delete)),
        (map { "session $_" } qw(list revoke revoke-all)), map { "key $_" } qw(list add delete)) {
        ok scalar(grep { $_ eq $wanted } @commands), "help lists $wanted";
    }
    for my $command (@commands) {
        my $help = $bare->does('help', split / /, $command);
        like $help, qr/^Usage: luciactl \Q$command\E\b.*\n\n[A-Z]/, "help of $command";
        is $bare->does((split / /, $command), '--help'), $help, "luciactl $command --help equals luciactl help $command";
        ok !(grep { length > 100 } split /\n/, $help), 'in short lines' or diag $help;
    }
    like $bare->does('help', 'user'), qr/\AUsage: luciactl user COMMAND .*user add .*user delete/s, 'help of a group';
    is $bare->does('session', '--help'), $bare->does('help', 'session'), 'luciactl session --help equals luciactl help session';
    like $bare->run('user')->{err}, qr/ user add +Adds a user\n.*More: luciactl help user/s, 'a group alone says what there is';
    like $bare->does('--version'), qr/^luciactl \d+\.\d+\.\d+$/, '--version prints the version';
    is $bare->status('help', 'nothing'), 2, 'no such help';
    return;
}

# What the help says of a list is what it has, as a table and as JSON.
sub check_columns {
    $ctl->does('user', 'add', 'carol', '--no-password');
    for my $command (['user', 'list'], ['user', 'show', 'carol'], ['key', 'list', 'carol']) {
        my $name = join ' ', @$command[0, 1];
        my ($shown) = $bare->does('help', @$command[0, 1]) =~ /^Columns, .*:\n((?:  .*\n)+)/m;
        my @columns = map { [/^  (.*?) {2,}(\S+)$/] } grep { !/ attributes\.NAME$/ } split /\n/, $shown // '';
        cmp_ok scalar(@columns), '>', 2, "$name: the help has columns";
        my $table = $ctl->does(@$command);
        my @titles = $name eq 'user show' ? $table =~ /^(.*?): /mg : split / {2,}/, (split /\n/, $table)[0];
        is_deeply [grep { $_ ne 'username' } @titles], [map { $_->[0] } @columns], "$name: a table's titles";
        my $json = $ctl->json(@$command);
        $json = $json->[0] if ref $json eq 'ARRAY';
        is_deeply [sort grep { $_ ne 'attributes' } keys %$json], [sort map { $_->[1] } @columns], "$name: JSON's members";
    }
    return;
}

# Says what is wrong and what is allowed, and does nothing.
sub check_misuse {
    my $at = '--database=sqlite3:/nowhere/x';
    for my $case (
        [[], qr/a command is missing/],
        [['list'], qr/list is not a command; the commands are init, user, session, key/],
        [['user'], qr/user needs one of add, show, list/],
        [['user', 'frob'], qr/user frob is not a command; user has add, show/],
        [[$at, 'user', 'add'], qr/NAME is missing/],
        [[$at, 'user', 'show', 'a', 'b'], qr/unexpected argument b/],
        [[$at, 'user', 'list', '--colour'], qr/unknown option --colour of this command; allowed are --prefix, --disabled/],
        [[$at, 'user', 'add', 'alice', '--password', 'x'], qr/unknown option --password/],
        [[$at, 'user', 'list', '-x'], qr/unknown option -x/],
        [[$at, 'user', 'list', '--limit'], qr/option --limit needs a value: N/],
        [[$at, 'user', 'list', '--limit', '3x'], qr/--limit 3x: a whole number from 1/],
        [[$at, 'user', 'list', '--limit', '1', '--limit', '2'], qr/option --limit is given twice/],
        [[$at, 'user', 'list', '--disabled=yes'], qr/option --disabled takes no value/],
        [['user', 'list'], qr/--database DRIVER:PARAMS or --config FILE is missing/],
        [[$at, '--config', 'x', 'user', 'list'], qr/exclude each other/],
        [['--database', 'oracle:x', 'user', 'list'], qr/driver "oracle" is not known; sqlite3, pgsql and mysql are allowed/],
        [['--database', 'sqlite3', 'user', 'list'], qr/DRIVER:PARAMS, such as/],
        [['--database', 'pgsql:password={env:NO_SUCH_VARIABLE}', 'user', 'list'], qr/NO_SUCH_VARIABLE/],
        [[$at, '--tables', 'a,b', 'user', 'list'], qr/three names/],
        [[$at, '--attributes', 'a;b', 'user', 'list'], qr/"a;b" is not a valid name/],
        [[$at, 'user', 'set', 'alice', '--attribute', 'Hashed_Password=x'], qr/is not an attribute/],
        [[$at, 'user', 'set', 'alice', '--attribute', 'a=x', '--clear', 'a'], qr/attribute a is given twice/],
        [[$at, 'session', 'revoke'], qr/SESSION or --user NAME is missing/],
        [[$at, 'session', 'revoke', 'XYZ'], qr/4 to 12 of the digits/],
        [[$at, 'session', 'revoke-all', 'alice', '--everybody'], qr/either NAME or --everybody/],
        [[$at, 'key', 'add', 'alice', 'x' x 300], qr/is not a key/],
    ) {
        my ($command, $message) = @$case;
        my $end = $bare->run(@$command);
        is $end->{status}, 2, "@$command: 2";
        like $end->{err}, $message, "@$command: the message says why";
        like $end->{err}, qr/^luciactl: .*\n.*luciactl help/s, "@$command: the message points to help";
        is $end->{out}, '', 'on stderr alone';
    }
    return;
}

sub check_database {
    for my $where ('sqlite3:/nowhere/luciauth.db', 'pgsql:host=/nowhere dbname=x password=hunter2', 'mysql:sock=/nowhere/x,user=x,pass=hunter2') {
        my $end = LuciaTest::Ctl->new('--database', $where)->run('user', 'list');
        is $end->{status}, 3, "$where: 3";
        like $end->{err}, qr/^luciactl: the database can't be used: \S/, "$where: the message says why the database can't be used";
        unlike $end->{err}, qr/hunter2/, "$where: the message does not contain the password";
    }
    my $lock = $engine->connect($file);
    $lock->do('BEGIN EXCLUSIVE');
    my $end = $ctl->run('user', 'add', 'alice', '--stdin', { stdin => "open sesame\n" });
    is $end->{status}, 3, 'a database that is locked: 3' or diag $end->{err};
    $lock->do('ROLLBACK');
    $lock->disconnect;
    is $ctl->with('--audit-log', '/nowhere/audit')->status('init'), 2, 'an option given twice';
    my $unlogged = LuciaTest::Ctl->new('--database', "sqlite3:$file", '--audit-log', '/nowhere/audit');
    $end = $unlogged->run('user', 'add', 'alice', '--no-password');
    is $end->{status}, 1, 'an act that could not be recorded: 1';
    is $engine->value_in($file, 'SELECT count(*) FROM auth_user'), 0, 'is not done';
    is $unlogged->status('user', 'list'), 0, 'looking is allowed';
    return;
}

# Where acts are written to: nothing that waits, or that somebody else chose.
sub check_audit_log {
    my $folder = File::Temp->newdir;
    my ($fifo, $open) = ("$folder/fifo", "$folder/open");
    my $act = sub { my ($log, $name) = @_; return LuciaTest::Ctl->new('--database', "sqlite3:$file", '--audit-log', $log)->run('user', 'add', $name, '--no-password') };
    POSIX::mkfifo($fifo, oct 600) or die "$fifo: $!";
    my $end = $act->($fifo, 'fifo');
    is $end->{status}, 1, 'a pipe that nobody reads: 1, at once';
    like $end->{err}, qr/the audit log \Q$fifo\E cannot be opened: the pipe has no reader/, 'the message says that nobody reads the audit pipe';
    is $ctl->status('user', 'show', 'fifo'), 1, 'no user is added when the audit pipe has no reader';
    sysopen my $reader, $fifo, Fcntl::O_RDONLY() | Fcntl::O_NONBLOCK() or die "$fifo: $!";
    is $act->($fifo, 'fifo')->{status}, 0, 'one that is read';
    like scalar <$reader>, qr/event=user_add .*account=fifo$/, 'has the line';
    like $act->("$folder", 'folder')->{err}, qr/cannot be opened: /, "an audit log that is a folder can't be opened";
    like $act->('/dev/stderr', 'stderr')->{err}, qr/event=user_add .*account=stderr$/m, 'an audit log on standard error receives the line';
    SKIP: {
        skip 'for root only', 3 if $> != 0;
        mkdir $open or die "$open: $!";
        chmod oct 1777, $open;
        symlink "$folder/target", "$open/log" or die "$open/log: $!";
        like $act->("$open/log", 'link')->{err}, qr/is a symbolic link/, 'root follows no link that anybody may have made';
        ok !-e "$folder/target", 'no file is made behind the refused link';
        chmod oct 755, $open;
        is $act->("$open/log", 'link')->{status}, 0, 'others it does';
    }
    is $ctl->status('user', 'delete', $_, '--yes'), 0, "$_ goes" for grep { $ctl->status('user', 'show', $_) == 0 } qw(fifo stderr link);
    return;
}

sub check_prompts {
    my $end = $ctl->typed(['user', 'add', 'alice'], "open sesame\n", "open sesame\n");
    is $end->{status}, 0, 'a password is typed twice' or diag $end->{seen};
    like $end->{seen}, qr/Password of alice: .*Password of alice, again: /s, 'when asked for';
    unlike $end->{seen}, qr/sesame/, 'a typed password is not shown';
    $end = $ctl->typed(['user', 'passwd', 'alice'], "open sesame\n", "open sesam\n");
    is $end->{status}, 1, 'two that differ: 1';
    like $end->{seen}, qr/the two passwords differ/, 'the message says that the two passwords differ';
    $end = $ctl->typed(['user', 'passwd', 'alice'], "open \cC");
    is $end->{status}, 1, 'Ctrl-C at the prompt: 1';
    like $end->{seen}, qr/no password was entered/, 'nothing was done';
    $end = $ctl->typed(['user', 'delete', 'alice'], "no\n");
    is $end->{status}, 1, 'a deletion that is not confirmed ends with 1';
    is $ctl->status('user', 'show', 'alice'), 0, 'a deletion that is not confirmed keeps the user';
    is $ctl->typed(['user', 'delete', 'alice'], "yes\n")->{status}, 0, 'a confirmed deletion ends with 0';
    is $ctl->status('user', 'show', 'alice'), 1, 'a confirmed deletion removes the user';
    $ctl->does('user', 'add', 'lara', '--no-password');
    $ctl->does('key', 'add', 'lara', 'github:1', '--no-password');
    is $ctl->status('key', 'delete', 'github:1'), 0, 'one of two keys is deleted without a question';
    is $ctl->typed(['key', 'delete', 'lara'], "no\n")->{status}, 1, 'the last one: it is asked for';
    $end = $ctl->run('key', 'delete', 'lara');
    is $end->{status}, 2, 'deleting the last key without a terminal ends with 2';
    like $end->{err}, qr/no terminal to ask for confirmation; --yes/, 'the message about the missing terminal names --yes';
    is scalar @{ $ctl->json('key', 'list', 'lara') }, 1, 'the last key stays without a confirmation';
    is $ctl->status('key', 'delete', 'lara', '--yes'), 0, 'unless it is meant';
    is $ctl->status('user', 'delete', 'lara', '--yes'), 0, 'its user goes';
    is $ctl->status('session', 'revoke-all', '--everybody'), 2, 'all sessions of all users without a terminal: 2';
    is $ctl->typed(['session', 'revoke-all', '--everybody'], "y\n")->{status}, 1, 'revoke-all --everybody that is not confirmed ends with 1';
    is $ctl->typed(['session', 'revoke-all', '--everybody'], "yes\n")->{status}, 0, 'revoke-all --everybody that is confirmed ends with 0';
    is $ctl->status('session', 'revoke-all', '--everybody', '--yes'), 0, 'meant by a script';
    $end = $ctl->run('user', 'add', 'alice');
    is $end->{status}, 2, 'S7.4: user add without a terminal and with an empty standard input ends with 2';
    like $end->{err}, qr/^luciactl: the password is missing: .*first line of standard input, which is empty$/m, 'S7.4: the message about the missing password says where it is read';
    for my $option ([], ['--stdin']) {
        my $bad = sub { return $ctl->run('user', 'add', 'alice', @$option, { stdin => $_[0] }) };
        is $bad->("bad\xff one here\n")->{status}, 1, "@$option: a password that is not UTF-8 is refused";
        is $bad->("open\0sesame\n")->{status}, 2, "@$option: a password with a NUL is refused";
        is $bad->('x' x 5000)->{status}, 2, "@$option: a password without an end is refused";
        like $bad->('x' x 5000)->{err}, qr/^luciactl: the first line of standard input is not a password: it is too long /, "@$option: the message about a password without an end says that it is too long";
    }
    is $ctl->status('user', 'show', 'alice'), 1, 'a password that is refused adds no user';
    return;
}

# What an application, or an attacker, left in the tables.
sub check_hostile {
    my @names = ("\e]0;title\a\e[2J", "line\nfeed", "\xe2\x80\xaeright to left", "broken \xff\xfe", '"quoted" \\ <b>', "wide \xe4\xb8\xad\xe6\x96\x87", "e\xcc\x81 combined",
        "al\xe2\x80\x8bice", "soft\xc2\xadhyphen \xef\xbb\xbf\xf3\xa0\x81\x81");
    my $db = $engine->connect($file);
    for my $i (0 .. $#names) {
        $db->do('INSERT INTO auth_user (id, username) VALUES (?, CAST(? AS TEXT))', undef, "hostile$i", $names[$i]);
    }
    $db->disconnect;
    my $text = $ctl->does('user', 'list');
    unlike $text, qr/[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80\xae/, 'nothing of theirs controls the terminal';
    is scalar(split /\n/, $text), 1 + @names, 'a line each';
    like $text, qr/^\\u\{1b\}\]0;title\\u\{7\}\\u\{1b\}\[2J /m, 'escaped, as it can be told';
    like $text, qr/^broken \\xff\\xfe /m, 'bytes that are no UTF-8 are printed escaped';
    like $text, qr/^al\\u\{200b\}ice /m, 'what can not be seen';
    like $text, qr/^soft\\u\{ad\}hyphen \\u\{feff\}\\u\{e0041\} /m, 'of all kinds';
    my %column = map { /^(.*?\S)\s+hostile(\d)/ ? ($2 => $_) : () } split /\n/, $text;
    my @widths = map { my $line = $_; utf8::decode($line); my $wide = () = $line =~ /\p{Han}/g; my $none = () = $line =~ /\p{Mn}/g;
        index($line, 'hostile') + $wide - $none } values %column;
    is_deeply [map { $_ == $widths[0] ? () : $_ } @widths], [], 'columns are aligned';
    my %named = map { $_->{userId} => $_->{username} } @{ $ctl->json('user', 'list') };
    is $named{hostile0}, $names[0], 'JSON has them as they are';
    is $named{hostile3}, "broken \x{fffd}\x{fffd}", 'JSON replaces bytes that are no UTF-8';
    is $ctl->status('user', 'show', 'hostile4', '--id'), 0, 'one is found by its id';
    is $ctl->status('user', 'delete', "line\nfeed", '--yes'), 0, 'a user with a line feed in the name is deleted by name';
    like $ctl->audit, qr/event=user_delete .*account=line%0Afeed$/m, 'in one line of the audit log';
    is $ctl->status('user', 'show', "x' OR '1'='1"), 1, 'SQL is a name like others';
    return;
}

sub check_output {
    local %ENV = (%ENV, LuciaTest::Ctl::env());
    my $said = `'@{[LuciaTest::Ctl::tool()]}' --database 'sqlite3:$file' user list 2>&1 >/dev/full`;
    is $? >> 8, 1, 'output that can not be written: 1';
    like $said, qr/^luciactl: the output cannot be written: /, 'the message says that the output could not be written';
    my $tool = "'@{[LuciaTest::Ctl::tool()]}' --database 'sqlite3:$file' --audit-log '$ctl->{dir}/audit'";
    for my $case (['>&-', 1], ['>/dev/full', 1], ['>/dev/null', 0], ['2>&- >/dev/null', 0], ['<&- >/dev/null', 0], ['>&- 2>&- <&-', 1]) {
        for my $command ('--version', 'help', 'help user', 'help --manual', 'user list', '--json user list', 'export') {
            is system("$tool $command $case->[0] 2>/dev/null") >> 8, $case->[1], "$command $case->[0]: $case->[1]";
        }
    }
    is system("$tool user add closed --no-password >&- 2>&- <&-") >> 8, 1, 'an act whose result nobody hears: 1';
    is $ctl->status('user', 'show', 'closed'), 0, "a change whose result can't be printed is done";
    is $engine->sound($file), 'ok', 'nothing of the output is written into the database file';
    pipe my $reader, my $writer or die "pipe: $!";
    close $reader;
    defined(my $pid = fork) or die "fork: $!";
    if (!$pid) {
        open STDOUT, '>&', $writer;
        open STDERR, '>', '/dev/null';
        $bare->become('help', '--manual');
    }
    waitpid $pid, 0;
    is $?, 1 << 8, 'a reader that ends early: 1, and no signal';
    return;
}

subtest help     => \&check_help;
subtest misuse   => \&check_misuse;
subtest database => \&check_database;
subtest audit    => \&check_audit_log;
subtest prompts  => \&check_prompts;
subtest hostile  => \&check_hostile;
subtest output   => \&check_output;
subtest columns  => \&check_columns;

done_testing;
