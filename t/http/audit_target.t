# SPDX-License-Identifier: Apache-2.0
# Where the audit log goes: a file, a program, the error log, nowhere. Lines of many at once don't mix, restarts begin a
# new file, and what can't be written keeps nobody from signing in or out.
use strict;
use warnings;
use lib 't/lib';
use POSIX ();
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

# A file system of our own, gone with this process, where the system lets us have one.
BEGIN {
    if ($> == 0 && !$ENV{LUCI_OWN_MOUNTS} && system("unshare -m true 2>/dev/null") == 0) {
        $ENV{LUCI_OWN_MOUNTS} = 1;
        exec 'unshare', '-m', $^X, (map { "-I$_" } @INC), $0, @ARGV;
    }
}

# A sign-out of nobody: a line, and neither hash nor query.
sub ask { my ($server) = @_; return $server->request(POST => '/logout', origin => 1)->status }
sub lost { my ($server) = @_; my ($lost) = $server->request(GET => '/status?auto')->body =~ /^LuciaAuditLost: (\d+)$/m; return $lost }
use constant STATUS => "<Location /status>\n    SetHandler server-status\n</Location>\n";

sub server_with {
    my ($line, %arg) = @_;
    return LuciaTest::Server->new(config => CHEAP_SITE . STATUS . $line, %arg);
}

# So many requests by so many clients at once; how many were answered with 401.
sub crowd {
    my ($server, $clients, $each) = @_;
    my @pids = map {
        defined(my $pid = fork) or die "fork: $!";
        if (!$pid) {
            my $failed = grep { ask($server) != 401 } 1 .. $each;
            POSIX::_exit($failed ? 1 : 0);
        }
        $pid;
    } 1 .. $clients;
    my $good = 0;
    for my $pid (@pids) { waitpid $pid, 0; $good += $? == 0 }
    return $good;
}

subtest 'a file' => sub {
    my $server = server_with("LuciaAuditLog logs/audit.log\n<VirtualHost *>\n    ServerName other.test\n    LuciaAuditLog logs/audit.log\n</VirtualHost>\n");
    my $file = $server->dir . '/logs/audit.log';
    my $log = LuciaTest::Audit->new($file);
    is crowd($server, 6, 60), 6, 'many at once are served';
    is scalar(my @events = $log->events(360)), 360, 'each has a line';
    is scalar($log->broken), 0, 'no audit line in the file is broken';
    is lost($server), 0, 'no audit line in the file is lost';
    rename $file, "$file.1" or die "$file: $!";
    is ask($server), 401, 'the file is moved away';
    is scalar(() = LuciaTest::Server::slurp("$file.1") =~ /\n/g), 361, '  lines go on into it';
    $server->restart_graceful;
    is ask($server), 401, 'after a graceful restart';
    is scalar(LuciaTest::Audit->new($file)->broken), 0, '  lines are whole';
    ok wait_until(sub { -s $file }, 10), 'the graceful restart begins a new audit file';
    $server->restart;
    my $before = length LuciaTest::Server::slurp($file);
    is ask($server), 401, 'after a restart';
    ok wait_until(sub { length LuciaTest::Server::slurp($file) > $before }, 10), '  lines go on behind the old ones';
};

subtest 'the error log, or nothing' => sub {
    my $server = server_with("LogLevel error\n<VirtualHost *>\n    ServerName 127.0.0.1\n</VirtualHost>\n<VirtualHost *>\n    ServerName quiet.test\n    LuciaAuditLog Off\n</VirtualHost>\n");
    is ask($server), 401, 'a sign-out of nobody';
    ok wait_until(sub { $server->error_log =~ /LUCI0610/ }, 10), 'has a line in the error log, whatever LogLevel says';
    my ($line) = $server->error_log =~ /\] LUCI0610: (.*)/;
    ok LuciaTest::Audit::parse_line($line), 'the line in the error log parses as one of a file' or diag $line;
    is $server->request(POST => '/logout', origin => 1, host => 'quiet.test')->status, 401, 'LuciaAuditLog off: sign-out without a session answers 401';
    is ask($server), 401, 'a second sign-out without a session answers 401';
    ok wait_until(sub { (() = $server->error_log =~ /LUCI0610/g) == 2 }, 10), 'only the virtual host with a log writes lines';
    unlike $server->error_log, qr/vhost=quiet/, 'LuciaAuditLog off writes no line';
};

# A program that keeps what it reads, and says who it is.
use constant KEEPER => <<'EOS';
#!/bin/sh
echo $$ >>"$1.pid"
exec cat >>"$1"
EOS

sub program { my ($server) = @_; my @pids = LuciaTest::Server::slurp($server->dir . '/logs/kept.pid') =~ /(\d+)/g; return $pids[-1] }

subtest 'a program' => sub {
    my $server = server_with(qq(LuciaAuditLog "|\@dir\@/keep.cgi \@dir\@/logs/kept"\n<VirtualHost *>\n    ServerName 127.0.0.1\n</VirtualHost>\n<VirtualHost *>\n    ServerName other.test\n    LuciaCookiePath /x\n</VirtualHost>\n),
        files => { 'keep.cgi' => KEEPER });
    ok wait_until(sub { program($server) }, 20), 'the audit program runs';
    is scalar(() = LuciaTest::Server::slurp($server->dir . '/logs/kept.pid') =~ /\d+/g), 1, 'once, although two virtual hosts use it';
    my $log = LuciaTest::Audit->new($server->dir . '/logs/kept');
    is crowd($server, 6, 40), 6, 'many at once are served';
    is scalar(my @events = $log->events(240)), 240, 'each has a line';
    is scalar($log->broken), 0, 'no audit line of the program is broken';
    my $first = program($server);
    kill 'KILL', $first;
    ok wait_until(sub { program($server) != $first }, 20), 'a program that dies is started again';
    is ask($server), 401, 'sign-out answers 401 after the audit program died';
    ok wait_until(sub { (() = $log->text =~ /\n/g) >= 241 }, 20), 'the restarted audit program reads the lines';
    my $second = program($server);
    $server->restart_graceful;
    ok wait_until(sub { program($server) != $second }, 20), 'a graceful restart has a new one';
    my $before = () = $log->text =~ /\n/g;
    is ask($server), 401, 'sign-out answers 401 after the graceful restart';
    ok wait_until(sub { (() = $log->text =~ /\n/g) > $before }, 20), 'the audit program of the new generation reads the line';
    my $last = program($server);
    $server->stop;
    ok wait_until(sub { !kill 0, $last }, 20), 'the audit program ends with the server';
};

subtest 'a program that hangs' => sub {
    my $server = server_with(qq(LuciaAuditLog "|\@dir\@/hang.cgi \@dir\@/logs/kept"\n), files => { 'hang.cgi' => "#!/bin/sh\necho \$\$ >\"\$1.pid\"\nexec sleep 600\n" });
    ok wait_until(sub { program($server) }, 20), 'the hanging audit program runs';
    my ($good, $seconds) = timed(sub { crowd($server, 4, 250) });
    is $good, 4, 'more lines than a pipe holds: everybody is served';
    cmp_ok $seconds, '<', 60, sprintf 'nobody waits for it (%.1f s)', $seconds;
    cmp_ok lost($server), '>', 100, 'lines are lost and counted';
    is scalar(() = $server->error_log =~ /LUCI0612: LuciaAuditLog: "\|/g), 1, 'the loss of audit lines is reported once';
    my $last = program($server);
    $server->stop;
    ok wait_until(sub { !kill 0, $last }, 20), 'the hanging audit program ends with the server';
};

subtest 'a full disk' => sub {
    my $server = server_with("LuciaAuditLog /dev/full\n");
    my $cookie = sign_up($server, 'alice');
    is sign_in($server, 'alice')->{name}, 'auth_session', 'signing up and in works';
    is $server->request(POST => '/logout', cookie => $cookie, origin => 1)->status, 302, 'sign-out works with a full disk';
    is lost($server), 3, 'three lines are lost';
    is scalar(() = $server->error_log =~ /No space left on device: LUCI0612|LUCI0612/g), 1, 'the loss on a full disk is reported once';
};

subtest 'a disk that is full in mid-line' => sub {
    my $small = LuciaTest::work_dir('small');
    plan skip_all => 'needs root and the right to mount'
        if !$ENV{LUCI_OWN_MOUNTS} || system("mount -t tmpfs -o size=8k tmpfs $small 2>/dev/null") != 0;
    my $server = server_with("LuciaAuditLog $small/audit.log\n");
    open my $ballast, '>', "$small/ballast" or die $!;
    syswrite $ballast, 'x' x 4096;
    close $ballast;
    my $asked = 0;
    $asked++ while $asked < 200 && lost($server) == 0 && ask($server) == 401;
    is lost($server), 1, 'a line does not fit any more';
    unlike LuciaTest::Server::slurp("$small/audit.log"), qr/\n\z/, 'only the beginning of the long line is in the file';
    is ask($server), 401, 'sign-out answers 401 with a line that does not fit';
    unlink "$small/ballast";
    is ask($server), 401, 'sign-out answers 401 when there is room again';
    my @lines = split /\n/, LuciaTest::Server::slurp("$small/audit.log");
    is scalar(@lines), $asked + 1, 'the next line is one of its own';
    is scalar(grep { !LuciaTest::Audit::parse_line($_) } @lines), 1, 'only the line on the full disk is broken';
    $server->stop;
    system "umount -l $small";
};

subtest 'what can\'t be opened' => sub {
    my $server = LuciaTest::Server->new(start => 0);
    for my $target ('no/such/folder/audit.log', 'logs') {
        my ($status, $said) = $server->try_start(CHEAP_SITE . "LuciaAuditLog $target\n");
        isnt $status, 0, "$target: no start";
        like $said, qr/LUCI0613: LuciaAuditLog: "$target" can't be opened/, "$target: the failed start gives a reason";
    }
    my %why = ('no/such/folder/audit.log' => qr/there is no folder/, 'logs' => qr/this is a folder/,
        '|/no/such/program -v' => qr/there is no program "\/no\/such\/program" that can be run/);
    for my $target (sort keys %why) {
        my ($status, $said) = $server->configtest(CHEAP_SITE . qq{LuciaAuditLog "$target"\n});
        isnt $status, 0, "$target: configtest finds it";
        like $said, qr/LUCI0614: LuciaAuditLog: "\Q$target\E" can't be opened: $why{$target}/, "$target: configtest says why";
    }
    for my $target ('logs/audit.log', "|$^X -e 1", '|$no-such-program', 'off') {
        my ($status, $said) = $server->configtest(CHEAP_SITE . qq{LuciaAuditLog "$target"\n});
        is $status, 0, "$target: nothing is wrong" or diag $said;
    }
};

done_testing;
