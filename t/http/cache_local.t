# SPDX-License-Identifier: Apache-2.0
# LuciaSessionCacheLocal: what a process uses without the session cache, and for how long, where servers share a Redis. That
# sign-outs are effective at once in all processes of a machine is tested by cache.t.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Service;
use LuciaTest::Site qw(sign_up sign_in);

my $service = LuciaTest::Service->new('redis');

# A server with one process.
sub serve {
    my ($lines) = @_;
    my $one = LuciaTest::mpm() eq 'prefork' ? 'MaxRequestWorkers 1' : "ThreadsPerChild 8\nMinSpareThreads 1\nMaxSpareThreads 8\nMaxRequestWorkers 8";
    return LuciaTest::Server->new(modules => ['socache_redis'], files => { 'htdocs/vault/a.txt' => SECRET },
        config => CHEAP_SITE . VAULT . "LuciaSessionCache @{[$service->name]}\n$lines\nStartServers 1\nServerLimit 1\n$one\n");
}

sub status { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $cookie)->status }

# A session that the process has found in the cache; then its row and the cache's record are gone.
sub end_elsewhere {
    my ($server) = @_;
    sign_up($server, 'alice');
    my $cookie = sign_in($server, 'alice');
    is status($server, $cookie), 200, 'the session is let in' for 1 .. 3;
    sqlite($server->db, 'DELETE FROM user_session');
    $service->stop;
    $service->start;
    return $cookie;
}

my $server = serve('LuciaSessionCacheLocal 1h');
my $cookie = end_elsewhere($server);
is status($server, $cookie), 200, 'with LuciaSessionCacheLocal 1h a process does not ask the shared cache again';
is $server->request(POST => '/logout', cookie => $cookie, origin => 1)->status, 302, 'the session is signed out here';
is status($server, $cookie), 401, 'S9.13: a sign-out on this server is effective at once';

$server = serve("LuciaSessionCacheLocal 1h\nLuciaSessionCacheTTL 2s");
$cookie = end_elsewhere($server);
ok wait_until(sub { status($server, $cookie) == 401 }, 20), 'LuciaSessionCacheTTL bounds LuciaSessionCacheLocal';

$server = serve("LuciaSessionCacheLocal 500ms\nLuciaSessionCacheTTL 1h");
$cookie = end_elsewhere($server);
ok wait_until(sub { status($server, $cookie) == 401 }, 20), 'LuciaSessionCacheLocal bounds how long a session is used that ended elsewhere';

for my $line ('', 'LuciaSessionCacheLocal auto', 'LuciaSessionCacheLocal off') {
    $server = serve("$line\nLuciaSessionCacheTTL 1h");
    $cookie = end_elsewhere($server);
    is status($server, $cookie), 401, "a process keeps nothing of a Redis by default, '$line'";
}

my ($status, $said) = $server->configtest(CHEAP_SITE . "LuciaSessionCacheLocal soon\n");
isnt $status, 0, 'LuciaSessionCacheLocal takes no other word';
like $said, qr/a time of 1ms to 1h, such as .*, or off, or auto/, 'the message about another word says what is allowed';

done_testing;
