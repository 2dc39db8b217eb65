# SPDX-License-Identifier: Apache-2.0
# S9.35, in small: 100 graceful restarts under load, with dead sessions being removed meanwhile. LUCI_RESTARTS=500 for
# the whole of it.
use strict;
use warnings;
use lib 't/lib';
use IO::Select ();
use POSIX ();
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $restarts = $ENV{LUCI_RESTARTS} || 100;
my %system = (before => system_wide());
my $server = LuciaTest::Server->new(
    config => CHEAP_SITE . VAULT . <<'CONF',
LuciaCleanup 1s
# As many sign-ups as fit between the restarts.
LuciaThrottle signup=off
# A second pool, and a second set of pages.
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName other.test
    LuciaDatabase sqlite3 @dir@/db/other.db
</VirtualHost>
CONF
    files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(vault open) },
);
my $dir = $server->dir;
my $alice = sign_up($server, 'alice');
# On a slow machine the restarts last so long that one user would get more sessions than a user may have.
my @often = map { "often $_" } 1 .. 20;
sign_up($server, $_) for @often;

my @asked = (
    ['gate', 200, sub { $server->request(GET => '/vault/a.txt', cookie => $alice) }],
    ['open', 200, sub { $server->request(GET => '/open/a.txt') }],
    ['visitor', 401, sub { $server->request(GET => '/vault/a.txt', script()) }],
    ['sign-in', 302, sub { $server->request(POST => '/login', form(username => $often[rand @often], password => $PASSWORD)) }],
    ['page', 200, sub { $server->request(GET => '/login') }],
    ['sign-up', 302, sub { $server->request(POST => '/signup', host => 'other.test', form(username => 'u' . int 1e12 * rand, password => $PASSWORD)) }],
);

# On a connection that is kept. One that was used before may have been closed since, and only then is asked again on a new one.
my $kept;

sub ask_kept {
    my $request = $server->bytes_of(GET => '/vault/a.txt', cookie => $alice, headers => { Connection => 'keep-alive', Accept => '*/*' });
    while (1) {
        my $was_used = $kept ? 1 : 0;
        $kept ||= $server->connect;
        my ($answer, $ends) = exchange($kept, $request);
        undef $kept if $ends;
        return LuciaTest::Reply->parse($answer, 'GET') if length $answer || !$was_used;
    }
}

# The answer, and whether the connection ended with it.
sub exchange {
    my ($socket, $request) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my ($answer, $head) = ('');
    my $sent = syswrite $socket, $request;
    while ($sent && (!$head || length $answer < length($head) + ($head =~ /^Content-Length: (\d+)/mi ? $1 : 0))) {
        IO::Select->new($socket)->can_read(30) && sysread($socket, $answer, 65536, length $answer) or return ($answer, 1);
        ($head) = $answer =~ /\A(.*?\r\n\r\n)/s;
    }
    return ($answer, !$head || $head =~ /^Connection: close/mi);
}

sub worker {
    my ($number, @asked) = @_;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    srand $$;
    my ($stop, $count) = (0, 0);
    local $SIG{TERM} = sub { $stop = 1 };
    open my $notes, '>', "$dir/failures.$number" or POSIX::_exit(1);
    open my $progress, '>', "$dir/progress.$number" or POSIX::_exit(1);
    while (!$stop) {
        my ($name, $status, $ask) = @{ $asked[ $count++ % @asked ] };
        my $reply = eval { $ask->() };
        # A child that ends closes, now and then, a connection that it accepted and never read from. So it does
        # without this module too, and clients try again.
        if ($reply && !length $reply->bytes) {
            print $notes "dropped\n";
            $reply = eval { $ask->() };
        }
        syswrite $progress, '.';
        next if $reply && $reply->status == $status;
        print $notes "$name: ", $reply ? $reply->bytes || 'an empty answer' : $@, "\n";
    }
    print $notes "requests $count\n";
    close $notes;
    POSIX::_exit(0);
}

# Memory of all processes, shared parts counted once, KiB.
sub share { my $sum = 0; $sum += $_ for map { LuciaTest::Server::slurp("/proc/$_/smaps_rollup") =~ /^Pss:\s+(\d+)/m } $server->pid, $server->children; return $sum }

# What belongs to no process: System V's and POSIX's shared memory, System V's semaphores. Other tests have some, too.
sub system_wide { my $lines = sub { scalar(() = LuciaTest::Server::slurp("/proc/sysvipc/$_[0]") =~ /\n/g) }; return { files => scalar(() = glob '/dev/shm/*'), map { $_ => $lines->($_) } qw(shm sem) } }

sub memory { my ($pid) = @_; LuciaTest::Server::slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0 }
sub descriptors { my ($pid) = @_; scalar(() = glob "/proc/$pid/fd/*") }
sub maps { my ($pid) = @_; scalar(() = LuciaTest::Server::slurp("/proc/$pid/maps") =~ m{^\S+ \S+s .*}mg) }

sub measure {
    my $pid = $server->pid;
    wait_until(sub { my @left = $server->children; @left == ($server->{mpm} eq 'prefork' ? 4 : 2) }, 10);    # the old ones are gone
    return { share => share(), memory => memory($pid), descriptors => descriptors($pid), 'shared memory' => maps($pid) };
}

sub answered { my $sum = 0; $sum += -s $_ || 0 for glob "$dir/progress.*"; return $sum }

# Each restart finds the server at work.
sub restart {
    my $enough = answered() + 2 * @asked;
    wait_until(sub { answered() >= $enough }, 20);
    $server->restart_graceful;
    return;
}

my @workers = ((map { worker($_, @asked) } 1 .. 3), worker(4, ['kept', 200, \&ask_kept]));
my $warm = $restarts < 20 ? 2 : 5;
restart() for 1 .. $warm;
my $before = measure();
restart() for 1 .. $restarts;
my $after = measure();
kill TERM => @workers;
waitpid $_, 0 for @workers;

my $notes = join '', map { LuciaTest::Server::slurp($_) } glob "$dir/failures.*";
my $requests = 0;
$requests += $_ for $notes =~ /^requests (\d+)$/mg;
$notes =~ s/^requests \d+\n//mg;
my $dropped = $notes =~ s/^dropped\n//mg || 0;
cmp_ok $requests, '>', 10 * $restarts, "S9.35: $requests requests during " . ($warm + $restarts) . ' graceful restarts';
is $notes, '', 'S9.35: no request fails during graceful restarts';
cmp_ok $dropped, '<=', $warm + $restarts, 'S9.35: httpd drops at most one connection a restart before it reads it' or diag $dropped;
is $after->{$_}, $before->{$_}, "S9.35: $_ of the parent are flat" for 'descriptors', 'shared memory';
cmp_ok $after->{memory} - $before->{memory}, '<', ($ENV{SANITIZE} ? 2_000 * $restarts : 2_000), "S9.35: the parent's memory is flat"
    or diag "$before->{memory} KiB, then $after->{memory} KiB";
note "$before->{memory} KiB, then $after->{memory} KiB; of all processes $before->{share}, then $after->{share}";
cmp_ok $after->{share}, '<', 1.5 * $before->{share} + ($ENV{SANITIZE} ? 500_000 : 4_000), 'S9.35: the memory of all processes together is flat';
$system{after} = system_wide();
cmp_ok $system{after}{$_} - $system{before}{$_}, '<', $restarts / 2 + 5, "$_: none is left behind at each restart" for qw(shm sem files);
is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, 'the first session is alive';

# A child: what it holds does not grow with what it served.
my ($child) = $server->children;
my $ask = sub { $_->[2]->() for map { @asked } 1 .. 10 };
$ask->() for 1 .. 4;
my $held = descriptors($child);
$ask->() for 1 .. 4;
cmp_ok descriptors($child), '<=', $held + 8, 'descriptors of a child are flat';    # a handle more for a thread more is no leak
is sound($server->db), 'ok', 'the database is sound';
unlike $server->error_log, qr/exit signal|LUCI030[2-9]/, 'no child died, no database was away';
done_testing;
