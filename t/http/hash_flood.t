# SPDX-License-Identifier: Apache-2.0
# S9.37: a flood of sign-ins from 64 clients. At most half of the threads hash or wait (on event none has to), the surplus
# is refused at once, everything else goes on, and memory stays at base + slots x 20 MiB.
use strict;
use warnings;
use lib 't/lib';
use POSIX ();
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

# Hashes of the password at other costs.
use constant M16 => '$argon2id$v=19$m=16,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$UfUEoh09qw5vLSnvOzKZ5C0jxSSK1dSGSEj8E1RF+CA';
use constant M65536 => '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$6dKFi06eLdxpMoblE2YOlN8X3PMbRwSPUVV4rbOUeDs';
use constant M262144 => '$argon2id$v=19$m=262144,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$5NksdpR+tPa5rDsrCgt81GfdH86YnHXPGKLkQwHqamQ';

use constant CLIENTS => 64;
use constant ARENA => 20 * 1024;    # KiB
use constant SHARED => 7 * 1024;    # what is shared besides: the scoreboard, the session cache, what is throttled, counters of each event and reason
# What a server of 64 threads may need beyond that, in KiB: the stacks and the allocator's heaps of threads that
# hash, what their requests and SQLite hold. Measured: 4 MiB on event, 5 on prefork.
use constant ALLOWANCE => 12 * 1024;

my $GATE = <<'CONF';
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
CONF
my @files = (files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(vault open) });
my $prefork = LuciaTest::mpm() eq 'prefork';
my $event = LuciaTest::mpm() eq 'event';

sub sign_in_later { my ($server) = @_; return send_request($server, POST => '/login', form(username => 'alice', password => $PASSWORD)) }

# ---- Half of the threads ----

for my $size ([4, 3], [8, 2]) {
    my ($threads, $children) = @$size;
    last if $prefork && $threads == 8;
    my $most = $prefork ? 4 : $event ? CLIENTS : $children * $threads / 2;
    my $hashes = LuciaTest::Hashes->new;
    my $all = $threads * $children;
    my $mpm = $prefork ? "StartServers 8\nMinSpareServers 8\nMaxSpareServers 8\nMaxRequestWorkers 8\n"
        : "ThreadsPerChild $threads\nStartServers $children\nServerLimit $children\nMaxRequestWorkers $all\nMinSpareThreads $all\nMaxSpareThreads $all\n" . ($event ? "AsyncRequestWorkerFactor 60\n" : '');
    subtest $prefork ? 'eight processes' : "$children children of $threads threads" => sub {
        my $server = LuciaTest::Server->new(env => $hashes->env, config => CHEAP_SITE . "LuciaHashSlots 1 60s\n$mpm$GATE", @files);
        my $alice = sign_up($server, 'alice');
        $hashes->hold;
        my @kept = map { sign_in_later($server) } 1 .. CLIENTS;
        my @refused;
        # Each answer is read and its connection closed, as clients do: a child of prefork waits 2 s for that.
        my $is_answered = sub {
            push @refused, map { my $reply = reply_to($_); close $_; $reply } my @ready = answered(@kept);
            my %gone = map { $_ => 1 } @ready;
            @kept = grep { !$gone{$_} } @kept;
            return @kept <= $most;
        };
        ok wait_until($is_answered, 20), "all sign-ins but $most are answered while one hash takes for ever";
        cmp_ok scalar(@kept), '>=', $prefork || $event ? $most : 1, 'half of the threads hash or wait, or without threads all';
        is scalar(grep { $_->status != 503 } @refused), 0, 'the others were refused at once';
        is scalar(grep { ($_->header('Retry-After') // '') !~ /^[1-9]\d*$/ } @refused), 0, 'each refused sign-in has Retry-After';
        for (1 .. 5) {
            is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, 'the gate goes on';
            is $server->request(GET => '/open/a.txt')->status, 200, 'open files are served during the flood';
            is $server->request(GET => '/login')->status, 200, 'the sign-in page is served during the flood';
        }
        is scalar(answered(@kept)), 0, 'meanwhile they wait';
        is scalar($hashes->running), 1, 'one hash runs during the flood';
        $hashes->release;
        is_deeply [map { reply_to($_)->status } @kept], [(302) x @kept], 'the sign-ins that waited answer 302';
        is $hashes->peak, 1, 'the hashes run one after the other';
    };
}

# ---- Memory ----

# What all processes of the server have, in KiB: of their own, and what they inherited counted once; the arenas; and
# what a plain sum would say.
sub memory {
    my ($server) = @_;
    my ($own, $arenas, $apparent) = (0, 0, 0);
    for my $pid ($server->pid, $server->children) {
        my %kib = LuciaTest::Server::slurp("/proc/$pid/smaps_rollup") =~ /^(Rss|Pss|Pss_Shmem):\s+(\d+)/mg or next;
        $own += $kib{Pss} - $kib{Pss_Shmem};
        $arenas += $kib{Pss_Shmem};
        $apparent += $kib{Rss};
    }
    return { own => $own, shared => $arenas, rss => $apparent };
}

# All the memory that processes of the server can share, in KiB: mapped before they were forked.
sub shared_most {
    my ($server) = @_;
    no warnings 'portable';
    my $sum = 0;
    for (split /\n/, LuciaTest::Server::slurp('/proc/' . $server->pid . '/maps')) {
        $sum += (hex($2) - hex $1) / 1024 if /^([0-9a-f]+)-([0-9a-f]+) \S+s /;
    }
    return $sum;
}

# Asks again and again until the file "stop" is there, and writes down how it went: a status a line.
sub client {
    my ($server, $file, @request) = @_;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    open my $notes, '>', $file or POSIX::_exit(1);
    $notes->autoflush;
    my $end = time + 60;
    while (time < $end && !-e $server->dir . '/stop') {
        my $reply = eval { $server->request(@request) };
        print $notes $reply ? $reply->status . ($reply->header('Retry-After') ? '+' : '') : "failed: $@", "\n";
    }
    close $notes;
    POSIX::_exit(0);
}

my $server = LuciaTest::Server->new(throttle => 0, config => <<"CONF", @files);
LuciaDatabase sqlite3 \@db\@
LuciaMount /
LuciaHashSlots 2 500ms
<IfModule !mpm_prefork_module>
    StartServers 4
    MinSpareThreads 64
    MaxSpareThreads 64
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 32
    MinSpareServers 32
    MaxSpareServers 32
</IfModule>
$GATE
CONF
my $dir = $server->dir;

# A user whose arrival costs no hash: the base is a server without any.
my $alice = { name => 'auth_session', value => 'a' x 40 };
my $now = int(1000 * time);
sqlite($server->db, @$_) for ['INSERT INTO auth_user (id, username) VALUES (?, ?)', 'a' x 15, 'alice'],
    ['INSERT INTO user_key (id, user_id, hashed_password) VALUES (?, ?, ?)', 'username:alice', 'a' x 15, M16],
    ['INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES (?, ?, ?, ?)', stored_id($alice), 'a' x 15, $now + 3_600_000, $now + 7_200_000];
my @gate = (GET => '/vault/a.txt', cookie => $alice, script());

# Threads have worked, also with the database.
sub warm_up {
    for my $round (1 .. 8) {
        my @sockets = map { send_request($server, GET => '/vault/a.txt', cookie => 'auth_session=' . sprintf('%040d', 100 * $round + $_), script()) } 1 .. CLIENTS;
        reply_to($_) for @sockets;
    }
    return;
}

# How often which status was written down so far.
sub counts {
    my ($pattern) = @_;
    my %count;
    $count{$_}++ for map { split /\n/, LuciaTest::Server::slurp($_) } glob $pattern;
    return \%count;
}

# What all processes needed at most until the clients had been served, denied and refused, for some seconds at least.
# The processes are read one after the other, so that a shared page which another one maps meanwhile may count twice: of what is
# shared, a look counts only as far as the next one sees it as well.
sub peak_of {
    my (@processes) = @_;
    my %running = map { $_ => 1 } @processes;
    my ($least, $peak) = (time + 5, memory($server));
    my $shared = $peak->{shared};
    my $ended = wait_until(sub {
        my $now = memory($server);
        ($shared, $now->{shared}) = ($now->{shared}, $shared < $now->{shared} ? $shared : $now->{shared});
        for (keys %$peak) { $peak->{$_} = $now->{$_} if $now->{$_} > $peak->{$_} }
        $server->write(stop => '') if time > $least && keys %{ counts("$dir/flood.*") } >= 3;
        delete @running{ grep { waitpid($_, POSIX::WNOHANG()) } keys %running };
        return !%running;
    }, 90);
    return ($peak, $ended);
}

subtest 'S9.37: the flood' => sub {
    plan skip_all => 'memory cannot be measured here' if !memory($server)->{own};
    warm_up();
    my $base = memory($server);
    my @clients = map { client($server, "$dir/flood.$_", POST => '/login', form(username => $_ % 2 ? 'alice' : "nobody$_", password => $PASSWORD)) } 1 .. CLIENTS;
    my @others = map { client($server, "$dir/other.$_", @gate) } 1, 2;
    my ($peak, $ended) = peak_of(@clients, @others);
    ok $ended, 'all clients had their answers';
    my $after = memory($server);
    my ($count, $gate) = (counts("$dir/flood.*"), counts("$dir/other.*"));
    note "sign-ins: ", join(', ', map { "$_: $count->{$_}" } sort keys %$count), "; gate: ", join(', ', map { "$_: $gate->{$_}" } sort keys %$gate);
    note sprintf '%s: base %.1f MiB, peak %.1f MiB, afterwards %.1f MiB', $_, map { $_ / 1024 } $base->{$_}, $peak->{$_}, $after->{$_} for qw(own shared rss);
    is_deeply [sort keys %$count], ['302', '400', '503+'], 'served, denied, or refused with Retry-After';
    is_deeply [keys %$gate], ['200'], 'the gate answered all along';
    cmp_ok $peak->{shared} - $base->{shared}, '<=', 2 * ARENA + SHARED, 'the arenas are visible as shared memory' unless $prefork;    # 32 processes are not looked at at once
    cmp_ok shared_most($server), '<=', 2 * ARENA + SHARED, 'the slots have 2 x 20 MiB in the whole server';
    cmp_ok $peak->{own} - $base->{own}, '<=', ALLOWANCE, 'nothing else grows beyond the allowance' unless $ENV{SANITIZE};
    cmp_ok $after->{own} - $base->{own}, '<=', ALLOWANCE, 'the memory of a process is as small after the flood' unless $ENV{SANITIZE};
    my $lines = () = $server->error_log =~ /LUCI0404/g;
    ok $lines >= 1 && $lines <= 2, 'the log says it once a minute';
    unlike $server->error_log, qr/@{[$PASSWORD]}/, 'the log contains no password';
};

subtest 'stored hashes of larger costs' => sub {
    my $before = memory($server);
    for my $large (M65536, M262144) {
        sqlite($server->db, 'UPDATE user_key SET hashed_password = ?', $large);
        my @wrong_ones = map { send_request($server, POST => '/login', form(username => 'alice', password => $WRONG)) } 1, 2;
        is_deeply [map { reply_to($_)->status } @wrong_ones], [400, 400], 'a wrong password';
        is $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD))->status, 302, 'the right one';
        like sqlite_value($server->db, 'SELECT hashed_password FROM user_key'), qr/\$m=19456,t=2,p=1\$/, 'the hash is replaced';
    }
    cmp_ok memory($server)->{own} - $before->{own}, '<=', ALLOWANCE, 'their memory was given back' unless $ENV{SANITIZE};
};

done_testing;
