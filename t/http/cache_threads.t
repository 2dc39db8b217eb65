# SPDX-License-Identifier: Apache-2.0
# A child that can start no threads for a cache that is elsewhere: it goes without, however often it is asked, and does
# not grow.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA 'sha256_hex';
use POSIX ();
use Test::More;
use LuciaTest;
use LuciaTest::Service;
use LuciaTest::Gate;

plan skip_all => 'a sanitizer needs the address space for itself' if $ENV{SANITIZE};
LuciaTest::only_files('the cache does not know the engine');

use constant SESSIONS => 800;    # who forgets a thread's memory loses 10 KiB each time

my $service = LuciaTest::Service->new('memcache');
my $server = LuciaTest::Server->new(modules => ['socache_memcache'], files => { 'htdocs/vault/a.txt' => SECRET },
    config => CHEAP_SITE . 'LuciaSessionCache ' . $service->name . "\nStartServers 1\nServerLimit 1\n" . (LuciaTest::mpm() eq 'prefork' ? "MaxRequestWorkers 1\n"
        : "ThreadsPerChild 2\nMinSpareThreads 1\nMaxSpareThreads 2\nMaxRequestWorkers 2\n") . "<Location /vault/>\nAuthType Lucia\nRequire valid-user\n</Location>\n");

my $child;

# The sessions are made beside the server: no thread of it has ended whose memory another one could have.
my $now = int(time) * 1000;
sqlite($server->db, "INSERT INTO auth_user (id, username) VALUES ('alice0000000000', 'alice')");
my @ids = map { sprintf '%040d', $_ } 1 .. SESSIONS;
my $handle = LuciaTest::engine()->connect(LuciaTest::engine()->database_for($server->db));
$handle->begin_work;
$handle->do('INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES (?, ?, ?, ?)', undef,
    sha256_hex($_), 'alice0000000000', $now + 3600_000, $now + 7200_000) for @ids;
$handle->commit;
$handle->disconnect;

sub cookie { return { name => 'auth_session', value => $_[0] } }

# As the child's own user, who may.
sub limit {
    my ($bytes) = @_;
    defined(my $pid = fork) or die "fork: $!";
    if (!$pid) {
        if (my ($user, $group) = LuciaTest::server_user()) {
            POSIX::setgid(scalar getgrnam $group);
            POSIX::setuid(scalar getpwnam $user);
        }
        exec 'prlimit', "--pid=$child", "--as=$bytes" or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return $?;
}

sub vault { return $server->request(GET => '/vault/a.txt', script(), cookie => cookie($_[0])) }

is $server->request(GET => '/vault/a.txt', script())->status, 401, 'an anonymous request gets 401';
($child) = $server->children;
my ($size) = LuciaTest::Server::slurp("/proc/$child/status") =~ /^VmSize:\s+(\d+) kB/m;
my ($stack) = LuciaTest::Server::slurp("/proc/$child/limits") =~ /^Max stack size\s+(\d+)/m;
my $room = ($stack // 2**21) / 2;    # less than a thread's stack
is limit(int $size * 1024 + $room), 0, 'no more memory than half a thread needs';
is_served vault($ids[0]), 'a session is served while the cache hangs';
my @wrong = grep { $_ != 302 } map { $server->request(POST => '/logout', form(), cookie => cookie($_), origin => 1)->status } @ids;
is "@wrong", '', SESSIONS . ' sign-outs';
is vault($ids[0])->status, 401, 'the sign-outs are effective while the cache hangs';
is_deeply [$server->children], [$child], 'all in one process';
like $server->error_log, qr/LUCI0402/, 'the log says that the process goes on without the cache';

done_testing;
