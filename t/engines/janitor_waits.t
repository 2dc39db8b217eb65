# SPDX-License-Identifier: Apache-2.0
# While the clean-up waits for a lock of the database, valid sessions are served: also where a child has one thread (prefork) or
# two, of which the bulkhead lets one use the database, and where the child has one handle for all of them.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

plan skip_all => 'the clean-up passes over the rows that others lock (t/unit/session/purge.c)' if ($ENV{DB} // '') eq 'mysql';

my $AUTO = '';
my $ONE  = "LuciaDatabasePool 1 100ms\n";
my @cases = (
    ['prefork', $AUTO, "StartServers 1\nServerLimit 1\nMaxRequestWorkers 1\n"],
    ['prefork', $ONE,  "StartServers 1\nServerLimit 1\nMaxRequestWorkers 1\n"],
    ['event',   $AUTO, "StartServers 1\nServerLimit 1\nThreadsPerChild 2\nMinSpareThreads 1\nMaxSpareThreads 2\nMaxRequestWorkers 2\n"],
    ['event',   $ONE,  "StartServers 1\nServerLimit 1\nThreadsPerChild 2\nMinSpareThreads 1\nMaxSpareThreads 2\nMaxRequestWorkers 2\n"],
    ['worker',  $ONE,  "StartServers 1\nServerLimit 1\nThreadsPerChild 3\nMinSpareThreads 1\nMaxSpareThreads 3\nMaxRequestWorkers 3\n"],
);

# How often the clean-up has waited for the lock until its time was over.
sub waited { my ($server, $from) = @_; return scalar(() = substr($server->error_log, $from) =~ /LUCI0713: expired sessions could not be deleted/g) }

for my $case (@cases) {
    my ($mpm, $pool, $settings) = @$case;
    my $shown = "$mpm, " . ($pool ? 'one handle' : 'as many handles as threads');
    my $server = LuciaTest::Server->new(
        mpm => $mpm, config => CHEAP_SITE . VAULT . $settings . $pool . "LuciaSessionCache off\nLuciaCleanup 1s\n",
        files => { 'htdocs/vault/a.txt' => SECRET },
    );
    my $alice = sign_up($server, 'alice');
    my $dead = sign_up($server, 'bobby');
    is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, "$shown: a valid session is served";

    # It dies while the lock is held; from then on every clean-up waits for the lock to delete it.
    my $row = stored_id($dead);
    my $soon = int(Time::HiRes::time() * 1000) + 3000;
    sqlite($server->db, "UPDATE user_session SET active_expires = 1, idle_expires = $soon WHERE id = '$row'");
    my $holder = locked($server->db);
    my $from = length $server->error_log;

    my %status;
    wait_until(sub {
        $status{ $server->request(GET => '/vault/a.txt', cookie => $alice)->status }++;
        return waited($server, $from) >= 3;
    }, 120);
    cmp_ok waited($server, $from), '>=', 3, "$shown: the clean-up waited for the lock, three times in vain";
    is join(',', sort keys %status), '200', "$shown: meanwhile the session was always served" or diag explain \%status;
    $holder->do('COMMIT');
    ok wait_until(sub { !sqlite_value($server->db, 'SELECT count(*) FROM user_session WHERE id = ?', $row) }, 60), "$shown: then the dead session goes";
    unlike $server->error_log, qr/exit signal/, "$shown: no child died";
}
done_testing;
