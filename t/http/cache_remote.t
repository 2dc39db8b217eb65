# SPDX-License-Identifier: Apache-2.0
# The session cache in a real Redis and a real memcached: two servers share it, what others put there is no
# session, and when it is stopped, killed or back again requests go on.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256);
use Sys::Hostname qw(hostname);
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Hammer;
use LuciaTest::Service;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

# One service, and two servers with one database.
sub pair {
    my ($kind) = @_;
    my $service = LuciaTest::Service->new($kind);
    my %arg = (modules => ["socache_$kind"], files => { 'htdocs/vault/a.txt' => SECRET });
    my $config = "LuciaSessionCache @{[$service->name]}\nMaxKeepAliveRequests 0\n<Location /vault/>\nAuthType Lucia\nRequire valid-user\n</Location>\n";
    my $one = LuciaTest::Server->new(%arg, config => CHEAP_SITE . $config);
    my $two = LuciaTest::Server->new(%arg, config => (CHEAP_SITE . $config) =~ s/\@db\@/$one->db/er);
    return { kind => $kind, service => $service, one => $one, two => $two, db => $one->db, started => time };
}

sub vault { my ($client, $cookie) = @_; $client->request(GET => '/vault/a.txt', script(), cookie => $cookie) }
sub status { vault(@_)->status }

sub go_away { sqlite($_[0]{db}, 'ALTER TABLE user_session RENAME TO user_session_away') }
sub come_back { sqlite($_[0]{db}, 'ALTER TABLE user_session_away RENAME TO user_session') }

sub key_of {
    my ($pair, $cookie) = @_;
    my $engine = LuciaTest::engine();
    my $words = is_sqlite ? $pair->{db} : $engine->params($engine->database_for($pair->{db}));
    return 'luciauth:' . unpack 'H*', sha256($cookie->{value}) ^ sha256($engine->driver . "\n$words\@" . hostname() . "\nuser_session");
}

sub record_of { my ($pair, $cookie) = @_; $pair->{service}->get(key_of($pair, $cookie)) }
sub complaints { my ($server) = @_; scalar(() = $server->error_log =~ /LUCI0402/g) }

sub untold { join ' ', $_[0]->error_log =~ /LUCI0409: the session cache \([^)]*\) was not told in time that sessions ended or changed: (\d+); / }

sub is_quiet {
    my ($pair, $name) = @_;
    for my $server (@$pair{qw(one two)}) {
        cmp_ok $server->log_repeats('session cache'), '<=', (time - $pair->{started}) / 60, "$name: the log repeats a line at most once a minute";
        unlike $server->error_log, qr/scache_|AH034(?:7|8)|AH007[89]/, "$name: and none of httpd's module";
        unlike $server->error_log, qr/exit signal/, "$name: nobody crashed";
    }
}

sub check_sharing {
    my ($pair) = @_;
    my ($one, $two, $service) = @$pair{qw(one two service)};
    sign_up($one, 'alice');
    for my $round (1 .. 10) {
        my $cookie = sign_in($one, 'alice');
        is status($one, $cookie), 200, 'signed in on one: in';
        is status($two, $cookie), 200, 'a session from one server is let in by the other';
        my $reply = $two->request(POST => '/logout', cookie => $cookie, origin => 1);
        is $reply->status, 302, 'signed out on the other one';
        is status($_, $cookie), 401, 'S9.13: dead on both at once' for $one, $two;
        unlike record_of($pair, $cookie) // '', qr/alice/, 'S9.13: the record is gone';
    }
    my $cookie = sign_in($one, 'alice');
    is status($one, $cookie), 200, 'the session is let in before its record is read';
    like record_of($pair, $cookie), qr/^Lu\x03\x00.*alice\0/s, 'the record lies where it is said to';
    unlike record_of($pair, $cookie) . key_of($pair, $cookie), qr/$cookie->{value}|@{[stored_id($cookie)]}/, 'the record contains neither the session id nor its hash';
    go_away($pair);
    is status($two, $cookie), 200, 'what one looked up the other knows';
    come_back($pair);
}

sub check_garbage {
    my ($pair) = @_;
    my ($one, $service) = @$pair{qw(one service)};
    my ($cookie, $other) = (sign_in($one, 'alice'), sign_up($one, 'bobby'));
    is status($one, $_), 200, 'both sessions are let in before the record is changed' for $cookie, $other;
    my $good = record_of($pair, $cookie);
    my %bad = (
        'nothing' => '', 'a byte' => 'L', 'words' => 'garbage', 'half of it' => substr($good, 0, length($good) / 2), 'more than it' => "$good\0",
        'another version' => substr($good, 0, 2) . "\x02" . substr($good, 3), 'another user' => $good =~ s/alice/admin/r,
        "another one's" => record_of($pair, $other), 'something large' => 'x' x 5000, 'as large as one can be' => 'x' x 2048, 'lines' => "\r\nEND\r\n\$-1\r\n",
    );
    for my $what (sort keys %bad) {
        $service->put(key_of($pair, $cookie), $bad{$what});
        my $reply = $one->request(GET => '/', cookie => $cookie, accept => 'application/json');
        is eval { $reply->json->{user}{username} }, 'alice', "S9.39: $what: the database is asked";
        $service->put(key_of($pair, $cookie), $bad{$what});
        $service->put(key_of($pair, { value => 'n' x 40 }), $bad{$what});
        is status($one, { name => 'auth_session', value => 'n' x 40 }), 401, "S9.39: $what: opens nothing";
    }
    $service->put(key_of($pair, $cookie), $bad{words});
    is status($one, $cookie), 200, 'S9.39: a good record replaces a bad one';
    like record_of($pair, $cookie), qr/^Lu/, 'S9.39: a good record is written at once';
    is complaints($one), 0, 'nothing of this is worth a word';
}

sub end_others { my ($client, $cookie) = @_; $client->request(POST => '/sessions', form(others => 1), cookie => $cookie, origin => 1) }

sub check_all_end {
    my ($pair) = @_;
    my ($one, $two) = @$pair{qw(one two)};
    my ($first, @others) = (sign_up($one, 'carol'), map { sign_in($one, 'carol') } 1 .. 4);
    is_deeply [map { status($two, $_) } $first, @others], [(200) x 5], 'the sessions are let in before the others end';
    is end_others($one, $first)->location, '/sessions', 'the end of all other sessions is answered';
    is_deeply [map { status($two, $_) } $first, @others], [200, (401) x 4], 'S9.13: all other sessions are dead on the other server at once';
    is untold($one), '', 'S9.13: the cache was told of all of them';
}

# The more sessions end at once, the more calls would wait. One call tells the cache of all, and the log has one line.
sub check_many_end {
    my ($pair) = @_;
    my $one = $pair->{one};
    my ($first, @others) = (sign_up($one, 'dave'), map { sign_in($one, 'dave') } 1 .. 8);
    my ($reply, $time) = timed(sub { end_others($one, $first) });
    note "$pair->{kind}: the end of 8 sessions took $time s";
    is $reply->location, '/sessions', 'S9.39: stopped: the end of all other sessions is answered';
    is_deeply [map { status($one, $_) } $first, @others], [200, (401) x 8], 'S9.39: stopped: the end of all other sessions is effective';
    is untold($one), '8', 'S9.39: stopped: one line says of how many sessions the cache was not told';
    like $one->error_log, qr/LUCI0409: .* until \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT \(LuciaSessionCacheTTL\)/, 'S9.39: stopped: the line says until when servers may accept them';
}

# Many at once while it does not answer: nobody waits for it twice.
sub check_stopped {
    my ($pair) = @_;
    my ($one, $two, $service) = @$pair{qw(one two service)};
    my @cookies = map { sign_in($one, 'alice') } 1 .. 3;
    is status($one, $_), 200, 'the sessions are let in before the cache stops' for @cookies;
    my $hammer = LuciaTest::Hammer->new($one, 10);
    $hammer->ask($one->bytes_of(GET => '/vault/a.txt', LuciaTest::Hammer::KEEP, cookie => $cookies[0]));
    my $seen = sub { $hammer->{seen}{0}{200} // 0 };
    $hammer->until(sub { $seen->() > 50 });
    $service->signal('STOP');
    my $before = $seen->();
    my (undef, $time) = timed(sub { $hammer->until(sub { $seen->() > $before + 300 }) });
    cmp_ok $time, '<', 2, "S9.39: stopped: requests go on ($time s)";
    $hammer->finish(0);
    is_deeply [map { status($one, $_) } (@cookies) x 10], [(200) x 30], 'S9.39: stopped: all sessions are let in';
    check_many_end($pair);
    (my $reply, $time) = timed(sub { $one->request(POST => '/logout', cookie => $cookies[1], origin => 1) });
    is $reply->status, 302, 'S9.39: stopped: sign-out answers 302';
    cmp_ok $time, '<', 3.5, "waits for a while ($time s)";
    is status($one, $cookies[1]), 401, 'S9.39: stopped: the sign-out is effective';
    is complaints($one), 1, 'one line says so';
    like $one->error_log, qr/LUCI0402: the session cache \($pair->{kind}:[^)]*\) does not answer in time; the database is queried instead/, 'S9.39: stopped: the log names the cache that does not answer';
}

sub check_killed {
    my ($pair) = @_;
    my ($one, $service) = @$pair{qw(one service)};
    my $cookie = sign_in($one, 'alice');
    is status($one, $cookie), 200, 'the session is let in before the cache is killed';
    $service->stop;
    my (undef, $time) = timed(sub { is_deeply [map { status($one, $cookie) } 1 .. 100], [(200) x 100], 'S9.39: killed: requests go on' });
    cmp_ok $time, '<', 3, "S9.39: killed: requests take less than 3 s ($time s)";
    is $one->request(POST => '/logout', cookie => $cookie, origin => 1)->status, 302, 'S9.39: killed: sign-out answers 302';
    is status($one, $cookie), 401, 'S9.39: killed: the sign-out is effective';
}

# Both servers have to try it again.
sub is_used_again {
    my ($pair) = @_;
    for my $server (@$pair{qw(one two)}) {
        my $cookie = sign_in($server, 'alice');
        ok wait_until(sub { status($server, $cookie); record_of($pair, $cookie) }, 25), 'back again: it is used';
        is status($server, $cookie), 200, 'a session is let in through the named cache';
    }
}

my @pairs = map { pair($_) } qw(redis memcache);
for my $pair (@pairs) {
    subtest "$pair->{kind}: S9.13: two servers share it" => sub { check_sharing($pair) };
    subtest "$pair->{kind}: S9.13: many sessions end" => sub { check_all_end($pair) };
    subtest "$pair->{kind}: S9.39: garbage" => sub { check_garbage($pair) };
    subtest "$pair->{kind}: S9.39: stopped" => sub { check_stopped($pair) };
}

# Redis goes on, memcached comes anew.
$pairs[0]{service}->signal('CONT');
$pairs[1]{service}->stop;
$pairs[1]{service}->start;
for my $pair (@pairs) {
    subtest "$pair->{kind}: S9.39: back" => sub { is_used_again($pair) };
    subtest "$pair->{kind}: S9.39: killed" => sub { check_killed($pair) };
    is_quiet($pair, $pair->{kind});
}

done_testing;
