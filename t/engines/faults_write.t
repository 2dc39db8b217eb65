# SPDX-License-Identifier: Apache-2.0
# A database that can be read and not written: existing sessions go on, whatever needs a write says 503 and pretends nothing.
use strict;
use warnings;
use lib 't/lib';
use DBI;
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

LuciaTest::only_files('about files that can not be written');

# File systems of our own, gone with this process, where the system lets us have them.
BEGIN {
    if ($> == 0 && !$ENV{LUCI_OWN_MOUNTS} && system("unshare -m true 2>/dev/null") == 0) {
        $ENV{LUCI_OWN_MOUNTS} = 1;
        exec 'unshare', '-m', $^X, (map { "-I$_" } @INC), $0, @ARGV;
    }
}

my @hosts = map { ["$_.test", "$_/luciauth.db"] } qw(modes mount full);
my $server = LuciaTest::Server->new(
    start  => 0,
    config => CHEAP_SITE . VAULT . "LuciaSessionCache off\n" . <<'CONF' . join('', map { "<VirtualHost *>\nServerName $_->[0]\nLuciaDatabase sqlite3 \@dir\@/$_->[1]\n</VirtualHost>\n" } @hosts),
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
CONF
    files => { 'htdocs/vault/a.txt' => SECRET },
);
my $dir = $server->dir;
mkdir "$dir/$_" or die $! for qw(modes mount full);
my %mounted = map { my ($name, $size) = @$_; ($name => $ENV{LUCI_OWN_MOUNTS} && mount($name, $size)) } ['mount', '4m'], ['full', '1m'];
LuciaTest::give("$dir/$_") for qw(modes mount full);
$server->start;
my ($locked, $modes, $mount, $full) = map { LuciaTest::Gate::Host->new($server, @$_) } ['127.0.0.1', 'db/luciauth.db'], @hosts;

sub mount { my ($name, $size) = @_; return system('mount', '-t', 'tmpfs', '-o', "size=$size", 'none', "$dir/$name") == 0 }
sub vault { my ($host, $cookie) = @_; return $host->request(GET => '/vault/a.txt', script(), cookie => $cookie) }

sub post {
    my ($host, $path, $name, $cookie) = @_;
    return $host->request(POST => $path, form(username => $name, password => $PASSWORD), origin => "http://$host->{name}",
        $cookie ? (cookie => $cookie) : ());
}

# Sessions of alice: one active, one that wants to be renewed, one dead, one that is a visitor's.
sub sessions {
    my ($host) = @_;
    my %session = (active => sign_up($host, 'alice'), map { $_ => sign_in($host, 'alice') } qw(idle dead));
    expire($host, $session{idle}, active => -1000, idle => 600_000);
    expire($host, $session{dead}, active => -2000, idle => -1000);
    return %session;
}

sub moments { my ($host, $cookie) = @_; return sqlite_value($host->db, 'SELECT active_expires FROM user_session WHERE id = ?', stored_id($cookie)) }

# What holds whenever nothing can be written.
sub reads_go_on {
    my ($host, $session) = @_;
    my $before = moments($host, $session->{idle});
    is_served vault($host, $session->{active}), 'an active session';
    my $reply = vault($host, $session->{idle});
    is_served $reply, 'an idle session';
    is cookie_of($reply), undef, 'an idle session is not renewed while nothing can be written';
    is moments($host, $session->{idle}), $before, 'the row is as it was';
    is_unauthorized_json vault($host, $session->{dead}), 'a dead session is dead';
    is_unauthorized_json vault($host, { name => 'auth_session', value => 'x' x 40 }), 'an unknown one unknown';
    is $host->request(GET => '/', cookie => $session->{active})->status, 200, 'the profile is served while nothing can be written';
    my ($slow, $requests) = (0, 40);
    for (1 .. $requests) {
        my ($answer, $seconds) = timed(sub { vault($host, $session->{idle}) });
        $slow++ if $seconds > 0.8 || $answer->status != 200;
    }
    cmp_ok $slow, '<=', 4, "at most four of $requests requests wait for the renewal";
    return;
}

sub writes_fail {
    my ($host, $session) = @_;
    for my $ask (['/login', 'alice'], ['/signup', 'new user'], ['/api/login', 'alice'], ['/logout', 'alice', $session->{active}]) {
        my ($reply, $seconds) = timed(sub { post($host, @$ask) });
        is_unavailable $reply, $ask->[0];
        cmp_ok $seconds, '<', 6, "$ask->[0]: after a bounded wait" or diag $seconds;
    }
    is post($host, '/signup', 'alice')->status, 400, 'sign-up with a taken name answers 400 while nothing can be written';
    is $host->request(POST => '/login', form(username => 'alice', password => $WRONG))->status, 400, 'sign-in with a wrong password answers 400 while nothing can be written';
    is_served vault($host, $session->{active}), 'the session that could not be ended is alive, and says so';
    return;
}

sub writes_again {
    my ($host, $session) = @_;
    ok wait_until(sub { post($host, '/login', 'alice')->status == 302 }, 5), 'sign-in works again';
    is post($host, '/signup', 'new user')->status, 302, 'sign-up left no half of a user';
    is sqlite_value($host->db, 'SELECT count(*) FROM auth_user u LEFT JOIN user_key k ON k.user_id = u.id WHERE k.id IS NULL'), 0,
        'each user has a key';
    is post($host, '/logout', 'alice', $session->{active})->status, 302, 'sign-out works when the database can be written';
    is_unauthorized_json vault($host, $session->{active}), 'sign-out ends the session when the database can be written';
    is sqlite_value($host->db, 'PRAGMA integrity_check'), 'ok', 'the file is sound';
    return;
}

my @later;    # renewals: they come back by themselves within some seconds

subtest 'S9.32: another process writes for a long time' => sub {
    my %session = sessions($locked);
    my $other = DBI->connect('dbi:SQLite:dbname=' . $locked->db, '', '', { RaiseError => 1 });
    $other->do('BEGIN EXCLUSIVE');
    reads_go_on($locked, \%session);
    writes_fail($locked, \%session);
    $other->do('ROLLBACK');
    $other->disconnect;
    writes_again($locked, \%session);
    push @later, [$locked, $session{idle}];
};

subtest 'S9.33: files that may not be written' => sub {
    my %session = sessions($modes);
    my $other = DBI->connect('dbi:SQLite:dbname=' . $modes->db, '', '', { RaiseError => 1 });    # so that the journal stays
    $other->selectall_arrayref('SELECT * FROM user_session');
    my @files = glob $modes->db . '*';
    is scalar(@files), 3, 'the file and its journal';
    chmod 0444, @files;
    chmod 0555, "$dir/modes";
    $server->restart;    # handles that are open keep the rights they have
    reads_go_on($modes, \%session);
    writes_fail($modes, \%session);
    chmod 0755, "$dir/modes";
    chmod 0644, @files;
    $other->disconnect;
    writes_again($modes, \%session);
    push @later, [$modes, $session{idle}];
};

subtest 'S9.33: a file system that was mounted read-only' => sub {
    plan skip_all => 'needs root and the right to mount' unless $mounted{mount};
    my %session = sessions($mount);
    my $other = DBI->connect('dbi:SQLite:dbname=' . $mount->db, '', '', { RaiseError => 1 });
    $other->selectall_arrayref('SELECT * FROM user_session');
    is system('mount', '--bind', "$dir/mount", "$dir/mount"), 0, 'the folder is mounted on itself';
    is system('mount', '-o', 'remount,bind,ro', "$dir/mount"), 0, 'the mount becomes read-only';
    $server->restart;
    reads_go_on($mount, \%session);
    writes_fail($mount, \%session);
    is system('mount', '-o', 'remount,bind,rw', "$dir/mount"), 0, 'the mount becomes writable';
    $other->disconnect;
    writes_again($mount, \%session);
    push @later, [$mount, $session{idle}];
};

subtest 'S9.33: the disk is full' => sub {
    plan skip_all => 'needs root and the right to mount' unless $mounted{full};
    my %session = sessions($full);
    sqlite($full->db, 'PRAGMA wal_checkpoint(TRUNCATE)');
    open my $filler, '>', "$dir/full/filler" or die $!;
    my $written = 0;
    $written += $_ while $_ = syswrite $filler, 'x' x 4096;
    close $filler;
    cmp_ok $written, '>', 100_000, 'the file system was filled';
    reads_go_on($full, \%session);
    writes_fail($full, \%session);
    unlink "$dir/full/filler" or die $!;
    writes_again($full, \%session);
    push @later, [$full, $session{idle}];
};

for my $what (@later) {
    my ($host, $cookie) = @$what;
    my $reply = wait_until(sub { my $r = vault($host, $cookie); $r if cookie_of($r) }, 15);
    is cookie_of($reply)->{value}, $cookie->{value}, "$host->{name}: the renewal is made up for" if ok $reply, "$host->{name}: renewed";
}
my $log = $server->error_log;
unlike $log, qr/exit signal|Segmentation/, 'no child died';
unlike $log, qr/$later[0][1]{value}|correct horse/, 'S9.15: no secret in the log';
# One for each request that was to write something; a wrong password is a write, too, since failures are counted. Each child of prefork
# finds out on its own that renewals cannot be written.
cmp_ok scalar(() = $log =~ /LUCI030[236]/g), '<', LuciaTest::mpm() eq 'prefork' ? 160 : 80, 'the faults do not flood the log';
$server->stop;
system 'umount', '-l', "$dir/$_" for grep { $mounted{$_} } qw(mount mount full);

done_testing;
