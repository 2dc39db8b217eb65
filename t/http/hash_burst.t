# SPDX-License-Identifier: Apache-2.0
# S9.37 and S9.38: bursts. Right sign-ins and sign-ups that come at once queue and are answered, as long as the wait that is
# to be expected is below LuciaHashSlots' WAIT; on event they hold no thread meanwhile, and their connections go on as any.
use strict;
use warnings;
use lib 't/lib';
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::Site qw(certificate sign_in sign_up);
use LuciaTest::Gate;

my $event = LuciaTest::mpm() eq 'event';
my $hashes = LuciaTest::Hashes->new;
my $threads = $event ? "StartServers 2\nServerLimit 4\nThreadsPerChild 4\nMaxRequestWorkers 16\nMinSpareThreads 4\nMaxSpareThreads 16\nAsyncRequestWorkerFactor 60\n" : '';
my @env = (env => $hashes->env, throttle => 0, files => { 'htdocs/vault/a.txt' => SECRET });
my $server = LuciaTest::Server->new(@env, config => CHEAP_SITE . VAULT . STATUS . $threads . "LuciaHashSlots 2 60s\nKeepAliveTimeout 2\n");
my $alice = sign_up($server, 'alice');

sub sign_in_later { my ($to, %arg) = @_; return send_request($to // $server, POST => '/login', form(username => 'alice', password => $PASSWORD), %arg) }
sub queue_is { my ($count, $to) = @_; return wait_until(sub { waiting($to // $server) == $count }, 30) }
sub statuses { my %count; $count{ reply_to($_)->status }++ for @_; return \%count }

my @kept = (headers => { Connection => 'keep-alive' });
my $gate = sub { my (%arg) = @_; return $server->bytes_of(GET => '/vault/a.txt', cookie => $alice, %arg) };

# ---- Many at once ----

subtest 'thirty different people' => sub {
    my $most = $event ? 30 : 4;
    $hashes->hold;
    my @asked = map { send_request($server, POST => '/signup', form(username => "person$_", password => $PASSWORD)) } 1 .. $most;
    ok queue_is($most - 2), 'all but two wait';
    is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, 'the gate goes on';
    $hashes->release;
    is_deeply statuses(@asked), { 302 => $most }, "$most sign-ups";
    @asked = map { send_request($server, POST => '/login', form(username => "person$_", password => $PASSWORD)) } 1 .. $most;
    is_deeply statuses(@asked), { 302 => $most }, "$most sign-ins";
    is $hashes->peak, 2, 'never more than two hashes at once';
};

subtest 'two hundred, on eight threads' => sub {
    plan skip_all => 'their threads wait' if !$event;
    my @asked = map { sign_in_later() } 1 .. 200;
    is_deeply statuses(@asked), { 302 => 200 }, 'of 200 simultaneous sign-ins none is refused';
    is sqlite_value($server->db, 'SELECT count(*) FROM user_session') >= 200, 1, 'each has its session';
    unlike $server->error_log, qr/LUCI0404/, 'nothing was refused';
};

subtest 'a queue that is too long' => sub {
    my $short = LuciaTest::Server->new(@env, config => CHEAP_SITE . VAULT . STATUS . $threads . "LuciaHashSlots 1 30ms\n");
    sign_up($short, 'alice');
    $hashes->hold;
    my @asked = map { sign_in_later($short) } 1 .. 100;
    my @refused = wait_until(sub { my @some = answered(@asked); @some >= 60 && @some }, 30);
    my @late = map { reply_to($_) } map { ref $_ eq 'ARRAY' ? @$_ : $_ } answered(@asked);
    cmp_ok scalar(@late), '>=', 60, 'most are answered while the first one hashes';
    is scalar(grep { $_->status != 503 } @late), 0, 'no late sign-in gets 503';
    is scalar(grep { ($_->header('Retry-After') // '') !~ /^[1-9]\d*$/ } @late), 0, 'each refused sign-in has Retry-After';
    is scalar($hashes->running), 1, 'one hashes all along';
    $hashes->release;
    like $short->error_log, qr/LUCI0404/, 'the log says so';
};

# ---- Connections ----

subtest 'keep-alive after a wait' => sub {
    for my $round (1 .. 2) {
        my $socket = sign_in_later($server, @kept);
        my $reply = reply_on($socket);
        is $reply->status, 302, 'a sign-in on a kept connection answers 302';
        unlike $reply->header('Connection') // '', qr/close/i, 'the connection stays';
        for (1 .. 2) {
            syswrite $socket, $gate->(@kept);
            is reply_on($socket)->status, 200, 'the gate on the same connection';
        }
        syswrite $socket, $server->bytes_of(POST => '/login', form(username => 'alice', password => $PASSWORD), @kept);
        is reply_on($socket)->status, 302, 'a second sign-in on the kept connection answers 302';
        ok wait_until(sub { IO::Select->new($socket)->can_read(0.1) && !sysread $socket, my $byte, 1 }, 20), 'KeepAliveTimeout ends it' if $round == 2;
    }
};

subtest 'pipelined requests' => sub {
    my $sign_in = $server->bytes_of(POST => '/login', form(username => 'alice', password => $PASSWORD), @kept);
    my $socket = $server->connect;
    syswrite $socket, $sign_in . $gate->(@kept) . $sign_in . $gate->(@kept);
    is_deeply [map { reply_on($socket)->status } 1 .. 4], [302, 200, 302, 200], 'in one piece';
    $hashes->hold;
    my @first = map { sign_in_later() } 1, 2;
    wait_until(sub { $hashes->running == 2 }, 20);
    $socket = sign_in_later($server, @kept);
    ok queue_is(1), 'one sign-in waits for a slot';
    syswrite $socket, $gate->(@kept);
    ok !IO::Select->new($socket)->can_read(0.2), 'the next request waits behind it';
    $hashes->release;
    is_deeply [map { reply_on($socket)->status } 1, 2], [302, 200], 'while it waited';
    is_deeply statuses(@first), { 302 => 2 }, 'the sign-ins that hashed first answer 302';
};

sub reset_connection { my ($socket) = @_; setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0; close $socket }

subtest 'S9.38: clients that go away while they wait' => sub {
    plan skip_all => 'a thread that waits does not look' if !$event;
    my $sessions = sub { sqlite_value($server->db, 'SELECT count(*) FROM user_session') };
    $hashes->hold;
    my @first = map { sign_in_later() } 1, 2;
    wait_until(sub { $hashes->running == 2 }, 20);
    my $before = $sessions->();
    my @gone = map { sign_in_later() } 1 .. 20;
    ok queue_is(20), 'twenty sign-ins wait';
    $_ % 2 ? close $gone[$_] : reset_connection($gone[$_]) for 0 .. $#gone;
    ok wait_until(sub { waiting($server) <= 4 }, 20), 'closed connections leave the queue, except those that threads have read';
    $hashes->release;
    is_deeply statuses(@first), { 302 => 2 }, 'the others are served';
    ok queue_is(0), 'the queue is empty in the end';
    cmp_ok $sessions->() - $before, '<=', 2 + 4, 'closed connections get no session';
};

subtest 'TLS' => sub {
    my $tls = LuciaTest::Server->new(@env, tls => 1, modules => ['ssl', 'http2'], start => 0);
    $tls->{config} = CHEAP_SITE . $threads . "LuciaHashSlots 2 60s\nProtocols h2 http/1.1\nSSLEngine on\n" . certificate($tls);
    $tls->start;
    sign_up($tls, 'alice');
    my @asked = map { sign_in_later($tls) } 1 .. ($event ? 20 : 4);
    is_deeply statuses(@asked), { 302 => scalar @asked }, 'simultaneous sign-ins over TLS answer 302';
    my $socket = sign_in_later($tls, @kept);
    is reply_on($socket)->status, 302, 'a sign-in on a kept TLS connection answers 302';
    print $socket $tls->bytes_of(GET => '/login', @kept);
    is reply_on($socket)->status, 200, 'the kept TLS connection serves the next request';
    print $socket $tls->bytes_of(POST => '/login', form(username => 'alice', password => $PASSWORD), @kept) . $tls->bytes_of(GET => '/login', @kept);
    is_deeply [map { reply_on($socket)->status } 1, 2], [302, 200], 'two requests in one record';
    SKIP: {
        skip 'no curl with HTTP/2', 2 if !`curl -V 2>/dev/null` || `curl -V` !~ /HTTP2/ || LuciaTest::mpm() eq 'prefork';
        my $url = $tls->url('/login');
        my @codes = split ' ', `curl -sk --http2 --parallel -w '%{http_version}=%{http_code} ' -d 'username=alice&password=correct+horse' -o /dev/null $url -o /dev/null $url 2>/dev/null`;    # half of a child's threads
        is scalar(grep { /^2=/ } @codes), scalar(@codes), 'each sign-in of curl uses HTTP/2' or diag "@codes";
        is scalar(grep { /=302/ } @codes), scalar(@codes), 'each sign-in over HTTP/2 answers 302' or diag "@codes";
    }
};

# event does not wake up for a timer that is still to come, nor for a later one: the answer of a sign-in must not wait for either.
subtest 'a timer of another module has run out meanwhile' => sub {
    plan skip_all => 'only event has timers' if !$event;
    plan skip_all => 'no mod_dialup' if !-e LuciaTest::apxs('libexecdir') . '/mod_dialup.so';
    my $other = LuciaTest::Server->new(
        @env,
        modules => ['dialup'],
        config => CHEAP_SITE . VAULT . STATUS . "LuciaHashSlots 1 60s\nStartServers 1\nServerLimit 1\nThreadsPerChild 4\nMaxRequestWorkers 4\nMinSpareThreads 1\nMaxSpareThreads 4\nTimeout 300\n"
            . "<Location /modem>\nModemStandard V.21\n</Location>\n",
        files => { 'htdocs/vault/a.txt' => SECRET, 'htdocs/modem/b.txt' => 'b' x 4000 });
    sign_up($other, 'alice');
    $hashes->hold;
    my $asked = sign_in_later($other);
    ok wait_until(sub { $hashes->running == 1 }, 20), 'a sign-in hashes';
    my $modem = send_request($other, GET => '/modem/b.txt');
    ok scalar(IO::Select->new($modem)->can_read(20)), 'the other module has answered in part, and set its timer';
    my $since = time;
    wait_until(sub { time - $since > 1 }, 20);
    $hashes->release;
    ok scalar(IO::Select->new($asked)->can_read(30)), 'the sign-in is answered';
    is reply_to($asked)->status, 302, 'its answer is 302';
};

# While a long answer is being sent, the client sends its next request: a thread that takes the connection for it must find it in use, not idle.
subtest 'the next request comes while a sign-in is being answered' => sub {
    plan skip_all => 'only event suspends requests' if !$event;
    my $long = LuciaTest::Server->new(
        @env,
        modules => ['headers'],
        config => CHEAP_SITE . STATUS . "LuciaHashSlots 2 60s\nSendBufferSize 16384\nKeepAliveTimeout 2\n"
            . "StartServers 1\nServerLimit 1\nThreadsPerChild 8\nMaxRequestWorkers 8\nMinSpareThreads 1\nMaxSpareThreads 8\n"
            . "<Location /login>\n" . "Header always add X-Long @{['a' x 8000]}\n" x 40 . "</Location>\n");
    sign_up($long, 'alice');
    my $sign_in = $long->bytes_of(POST => '/login', form(username => 'alice', password => $PASSWORD), @kept);
    my %read;    # of each socket, what belongs to the answers after the one that was returned
    my $status_on = sub {
        my ($socket) = @_;
        my $text = \($read{$socket} //= '');
        while (1) {
            my ($head) = $$text =~ /\A(.*?\r\n\r\n)/s;
            my ($length) = ($head // '') =~ /^Content-Length: (\d+)/mi;
            return substr(substr($$text, 0, $length + length $head, ''), 9, 3) if defined $length && length $$text >= $length + length $head;
            return 'cut off' if !IO::Select->new($socket)->can_read(10) || !sysread $socket, $$text, 65536, length $$text;
        }
    };
    my $begin = sub {
        my ($next) = @_;
        my $socket = $long->connect;
        syswrite $socket, $sign_in;
        ok scalar(IO::Select->new($socket)->can_read(20)), 'the answer has begun';
        syswrite $socket, $next;
        select undef, undef, undef, 0.3;    # for a thread to take the connection; the test passes if none does
        return $socket;
    };
    my $socket = $begin->(substr $sign_in, 0, -5);
    is $status_on->($socket), 302, 'the long answer arrives';
    ok !IO::Select->new($socket)->can_read(3), 'a request that takes longer than KeepAliveTimeout to arrive is waited for';
    syswrite $socket, substr $sign_in, -5;
    is $status_on->($socket), 302, 'a request that took long to arrive is answered';
    $socket = $begin->($sign_in);
    is_deeply [map { $status_on->($socket) } 1, 2], [302, 302], 'two sign-ins on one connection';
    is $status_on->($begin->('')), 302, 'a further sign-in' for 1, 2;
};

# ---- The end of a child ----

subtest 'a full queue and the end of its children' => sub {
    plan skip_all => 'their threads wait' if !$event;
    for my $end (qw(restart_graceful restart)) {
        $hashes->hold;
        my @asked = map { sign_in_later() } 1 .. 40;
        ok queue_is(38), 'thirty-eight sign-ins wait';
        if ($end eq 'restart') {
            $hashes->release;
            $server->restart;
            my $count = statuses(@asked);
            is scalar(grep { !/^(?:302|0)$/ } keys %$count), 0, 'after a restart who was not answered is cut off';
        }
        else {
            $server->restart_graceful;
            is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, 'new children serve';
            $hashes->release;
            my $count = statuses(@asked);
            is_deeply $count, { 302 => 40 }, 'a graceful restart loses no answer' or diag $server->error_log;
        }
        ok queue_is(0), 'nobody waits any more';
        is_deeply statuses(map { sign_in_later() } 1 .. 10), { 302 => 10 }, 'sign-ins work after the graceful restart';
    }
};

unlike $server->error_log, qr/exit signal|AH00052/, 'no child died';
unlike $server->error_log, qr/@{[$PASSWORD]}/, 'no password in the log';
done_testing;
