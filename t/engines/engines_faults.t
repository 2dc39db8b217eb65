# SPDX-License-Identifier: Apache-2.0
# PostgreSQL and MariaDB over a link that breaks, a server that moves, one that has no connection left: nobody is half
# signed up, the gate stays shut, and all is well again by itself. t/engines/engines_hung.t is about a server that hangs,
# t/engines/engines.t about one that is stopped.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Link;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $MOUNT = "LuciaMount /\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaSessionCache off\n";
my $GATE  = "<Location /vault/>\nAuthType Lucia\nRequire valid-user\n</Location>\n";
my %files = map { ("htdocs/$_/a.txt" => SECRET) } qw(vault open);

# One process with one handle: the link that breaks is the one that is used.
my $ONE = "LuciaDatabasePool 1\n" . (LuciaTest::mpm() eq 'prefork' ? "StartServers 1\nServerLimit 1\nMaxRequestWorkers 1\n"
    : "StartServers 1\nServerLimit 1\nThreadsPerChild 8\nMaxSpareThreads 8\nMinSpareThreads 1\nMaxRequestWorkers 8\n");

sub serve {
    my ($line, $config, %arg) = @_;
    return LuciaTest::Server->new(config => "$line\n$MOUNT$GATE" . ($config // ''), files => \%files, %arg);
}

sub vault { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $cookie) }
sub ask { my ($server, $path, $name) = @_; return $server->request(POST => $path, form(username => $name, password => $PASSWORD)) }

# How many rows a name has: of users, keys, sessions.
sub rows_of {
    my ($engine, $database, $name) = @_;
    my $count = sub { my ($from, $value) = @_; $engine->value_in($database, "SELECT count(*) FROM $from", $value) };
    return [$count->('auth_user WHERE username = ?', $name), $count->('user_key WHERE id = ?', "username:$name"),
        $count->('user_session WHERE user_id IN (SELECT id FROM auth_user WHERE username = ?)', $name)];
}

# The link breaks once or for good, at each message of the transaction in turn. What follows is what a person does.
sub check_broken_sign_up {
    my ($engine) = @_;
    my $database = $engine->create;
    my $link = LuciaTest::Link->new($engine->port);
    my $server = serve($engine->line($database, $link->words), $ONE);
    my ($begin) = $engine->driver eq 'mysql' ? 'START TRANSACTION' : 'BEGIN';
    my %answers;
    for my $how (qw(unsent unanswered)) {
        for my $times (1, 2) {
            for my $number (1 .. 20) {
                my $name = substr($how, 2, 1) . $times . "name$number";
                my $who = "$how, $times times, message $number";
                ask($server, '/login', 'nobody');    # the handle is connected
                $link->cut($how => $times, $begin, $number);
                my $reply = ask($server, '/signup', $name);
                my $cuts = $link->cuts;
                $link->cut($how => 0, $begin, 0);
                my $rows = rows_of($engine, $database, $name);
                my $status = $reply->status;
                $answers{"$how $times"}{$status}++ if $cuts;
                like "@$rows", qr/^(?:0 0 0|1 1 1)$/, "$who: all or nothing";
                if ($status == 302) { is "@$rows", '1 1 1', "$who: what was answered is there" }
                else {
                    is_unavailable $reply, $who;
                    my $again = ask($server, '/signup', $name);
                    is $again->status, $rows->[0] ? 400 : 302, "$who: again" or diag $again->bytes;
                    is_served vault($server, sign_in($server, $name)), "$who: then signed in";
                }
                last if !$cuts;    # it has fewer messages
            }
        }
    }
    is_deeply [map { $answers{$_}{302} // 0 } 'unsent 2', 'unanswered 2'], [0, 0], 'a link that breaks twice is not tried a third time';
    cmp_ok $answers{'unsent 1'}{302}, '>=', 3, 'one that breaks once before the end goes unnoticed';
    is $answers{'unanswered 1'}{503}, 1, 'COMMIT whose answer is lost is not sent twice';
    is $engine->sound($database), 'ok', 'nothing is left without a user';
    unlike $server->error_log, qr/exit signal|Segmentation/, 'no process of httpd died';
    return;
}

# A read is tried again, once.
sub check_broken_read {
    my ($engine) = @_;
    my $link = LuciaTest::Link->new($engine->port);
    my $server = serve($engine->line($engine->create, $link->words), $ONE);
    my $alice = sign_up($server, 'alice');
    is_served vault($server, $alice), 'the gate serves before the fault';
    $link->lead_to($engine->port);    # all are cut
    is_served vault($server, $alice), 'a link that broke meanwhile goes unnoticed';
    $link->refuse;
    is_unavailable vault($server, $alice), 'nobody listens: the gate';
    is_unavailable ask($server, $_, 'alice'), "nobody listens: $_" for '/login', '/signup';
    is_served $server->request(GET => '/open/a.txt', cookie => $alice), 'what is open';
    $link->accept;
    is_served vault($server, $alice), 'back as soon as somebody does';
    return;
}

# Another server takes over, with what the first one had: behind the same address, or the next of a list.
sub check_failover {
    my ($engine) = @_;
    my $database = $engine->create;
    my ($first, $second) = map { LuciaTest::Link->new($engine->port) } 1 .. 2;
    my @words = $engine->driver eq 'pgsql' ? ('host=127.0.0.1,127.0.0.1', 'port=' . join ',', map { $_->port } $first, $second) : $first->words;
    my $server = serve($engine->line($database, @words));
    my $alice = sign_up($server, 'alice');
    $first->refuse;
    if ($engine->driver eq 'pgsql') {
        is_served vault($server, $alice), 'the next address of the list' for 1 .. 8;
        is ask($server, '/signup', 'bobby')->status, 302, 'a sign-up through the next address works';
        $second->refuse;
    }
    is_unavailable vault($server, $alice), 'no address left';
    $first->lead_to($second->port);
    $first->accept;
    $second->accept;
    is_served vault($server, $alice), 'another server behind the address' for 1 .. 8;
    is ask($server, '/signup', 'carla')->status, 302, 'a sign-up on the other server behind the address works';
    return;
}

# Others have all connections of the server.
sub check_none_left {
    my ($engine) = @_;
    my $database = $engine->create;
    my $server = serve($engine->line($database));
    my $alice = sign_up($server, 'alice');
    my @taken;
    while (my $handle = eval { $engine->connect($database) }) { push @taken, $handle }
    cmp_ok scalar @taken, '>', 3, 'others take all connections';
    $server->restart_graceful;    # and so ours end, and somebody else has them
    while (my $handle = eval { $engine->connect($database) }) { push @taken, $handle }
    for my $try (1 .. 2) {
        my ($reply, $seconds) = timed(sub { vault($server, $alice) });
        is_unavailable $reply, 'the gate answers 503 while others take all connections';
        cmp_ok $seconds, '<', 5, 'the answer without a connection comes within 5 s';
        is_served $server->request(GET => '/open/a.txt', cookie => $alice), 'what is open';
    }
    is_unavailable ask($server, $_, 'bobby'), $_ for '/login', '/signup';
    $_->disconnect for @taken;
    ok wait_until(sub { vault($server, $alice)->status == 200 }, 10), 'when there are some again, it works';
    is ask($server, '/signup', 'bobby')->status, 302, 'a sign-up works when connections are free again';
    return;
}

# One handle for all, and nobody keeps it: not for a client that stalls in its body or takes its answer slowly, nor for content
# that comes slowly.
sub check_slow {
    my ($engine) = @_;
    my $slow = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nuntil test -e \@dir\@/db/go; do echo more; sleep 0.1; done\necho end\n";
    my $server = serve($engine->line($engine->create), "$ONE" . <<'CONF', files => { %files, 'htdocs/vault/slow.cgi' => $slow, 'htdocs/vault/large.txt' => 'x' x 20_000_000 });
<Directory @htdocs@/vault>
    Options +ExecCGI
    AddHandler cgi-script .cgi
</Directory>
CONF
    my $alice = sign_up($server, 'alice');
    my ($stream, $large) = map { my $socket = $server->connect; syswrite $socket, $server->bytes_of(GET => "/vault/$_", cookie => $alice); $socket } qw(slow.cgi large.txt);
    for my $socket ($stream, $large) {
        sysread $socket, my $start, 100;
        like $start, qr{^HTTP/1.1 200}, 'an answer begins';
    }
    my $post = $server->bytes_of(POST => '/login', form(username => 'alice', password => $PASSWORD));
    my ($stalled) = map { my $socket = $server->connect; syswrite $socket, substr $post, 0, -1; $socket } 1;
    for my $try (1 .. 5) {
        my ($reply, $seconds) = timed(sub { vault($server, $alice) });
        is_served $reply, 'others are served';
        cmp_ok $seconds, '<', 3, 'others are served within 3 s while one client stalls';
    }
    is ask($server, '/login', 'alice')->status, 302, 'others sign in while one client stalls';
    syswrite $stalled, substr $post, -1;
    like $server->raw('', socket => $stalled), qr{^HTTP/1.1 302}, 'the stalled client is answered in the end';
    put_file($server->dir . '/db/go', '');
    like $server->raw('', socket => $stream), qr/more\n.*end\n/s, 'what comes slowly comes to its end';
    unlike $server->error_log, qr/LUCI0301/, 'nobody waited for the handle in vain';
    return;
}

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        my $engine = $class->shared;
        subtest 'a link that breaks while somebody signs up' => sub { check_broken_sign_up($engine) };
        subtest 'a link that breaks while reading'           => sub { check_broken_read($engine) };
        subtest 'another server takes over'                  => sub { check_failover($engine) };
        subtest 'slow content, slow clients' => sub { LuciaTest::mpm() eq 'prefork' ? plan(skip_all => 'one process serves one') : check_slow($engine) };
        subtest 'no connection left' => sub { check_none_left($class->new(settings => [$class->few(8)])) };
    };
}

done_testing;
