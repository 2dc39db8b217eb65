# SPDX-License-Identifier: Apache-2.0
# Children that are killed while they hash, wait for a slot, or are the next to get one: no slot and no place is
# lost, nobody waits for the dead.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $rounds = $ENV{LUCI_KILLS} || 6;
my $hashes = LuciaTest::Hashes->new;
my $server = LuciaTest::Server->new(
    env    => $hashes->env,
    config => CHEAP_SITE . <<'CONF',
LuciaHashSlots 2 60s
<IfModule !mpm_prefork_module>
    StartServers 6
    ServerLimit 8
    ThreadsPerChild 4
    MinSpareThreads 24
    MaxSpareThreads 32
    MaxRequestWorkers 32
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 12
    MinSpareServers 12
    MaxSpareServers 16
    MaxRequestWorkers 16
</IfModule>
ExtendedStatus On
<Location /status>
    SetHandler server-status
</Location>
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
CONF
    files => { 'htdocs/vault/a.txt' => SECRET },
);
my $alice = sign_up($server, 'alice');
# Many, because an account has at most 1,000 sign-ins in 15 minutes, and sessions.
my @crowd_names = map { "crowd$_" } 1 .. 8;
sign_up($server, $_) for @crowd_names;

# In each process there is room for one, or in all of prefork's for four.
my $number = 0;

sub sign_in_later {
    my $id = ++$number;
    return { id => $id, socket => send_request($server, POST => "/login?$id", form(username => $crowd_names[$id % @crowd_names], password => $PASSWORD)) };
}
sub status_of { my ($asked) = @_; return reply_to($asked->{socket})->status }
sub runs { my ($count) = @_; return wait_until(sub { $hashes->running == $count }, 20) }
sub is_hashing { my ($pid) = @_; return scalar grep { $_ == $pid } $hashes->running }

# The process that a sign-in is with; nothing when it is with none.
sub pid_of { my ($asked) = @_; return served_by($server, $asked->{socket}) }

# A sign-in that waits for a slot, in a process that does not hash. A child may have no room for one more: then it is asked again.
sub queued {
    my $found;
    wait_until(sub {
        my $asked = sign_in_later();
        wait_until(sub { answered($asked->{socket}) || ($asked->{pid} = pid_of($asked)) }, 20);
        return if !$asked->{pid} || is_hashing($asked->{pid}) || answered($asked->{socket});
        return $found = $asked;
    }, 20) or die "no sign-in waits\n";
    return $found;
}

sub two_hash {
    my @asked;
    return wait_until(sub {
        return \@asked if $hashes->running == 2;
        @asked = grep { !answered($_->{socket}) } @asked;
        push @asked, sign_in_later() if @asked < 2;
        return;
    }, 20);
}

# The slots are all there, and no more of them than before.
sub all_slots_work {
    my ($name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $hashes->hold;
    my $two = two_hash() or return ok 0, "$name: both slots can be taken";
    my $third = queued();
    is scalar($hashes->running), 2, "$name: two hashes, and one waits";
    $hashes->release;
    my @status = map { status_of($_) } @$two, $third;
    is scalar(grep { $_ != 302 } @status), 0, "$name: all are answered" or diag "@status";
    return;
}

all_slots_work('at first');

subtest 'killed while it hashes' => sub {
    for my $round (1 .. $rounds) {
        $hashes->hold;
        my $two = two_hash() or return ok 0, 'both slots can be taken';
        my $third = queued();
        my ($victim) = $hashes->running;
        my $others = grep { $_ != $victim } $hashes->running;
        $server->kill_child(pid => $victim);
        ok runs($others + 1), 'the waiting sign-in takes over the slot of the killed child';
        $hashes->release;
        is status_of($third), 302, 'the waiting sign-in answers 302';
        my @status = map { status_of($_) } @$two;
        is scalar(grep { $_ && $_ != 302 } @status), 0, 'the others were cut off, or signed in' or diag "@status";
    }
    all_slots_work('afterwards');
};

subtest 'killed at the head of the queue' => sub {
    for my $round (1 .. $rounds) {
        $hashes->hold;
        my $two = two_hash() or return ok 0, 'both slots can be taken';
        my ($head, $next) = map { queued() } 1, 2;
        $server->kill_child(pid => $head->{pid});
        $next = queued() if $next->{pid} == $head->{pid};
        $hashes->release;
        is status_of($next), 302, 'the next one signs in';
        is_deeply [map { status_of($_) } @$two], [302, 302], 'the sign-ins that were hashing answer 302';
        is status_of($head), 0, 'the sign-in of the killed child is cut off';
    }
    all_slots_work('afterwards');
};

subtest 'all who wait are killed, and then all who hash' => sub {
    $hashes->hold;
    my $two = two_hash() or return ok 0, 'both slots can be taken';
    my @waiting = map { queued() } 1 .. 2;
    my %victim = map { $_->{pid} => 1 } @waiting;
    kill KILL => keys %victim;
    ok wait_until(sub { !grep { $victim{$_} } $server->children }, 10), 'nobody waits any more';
    my @hashing = $hashes->running;
    is scalar(@hashing), 2, 'two hash on';
    kill KILL => @hashing;
    ok runs(0), 'no hash runs when the clients are gone';
    status_of($_) for @$two, @waiting;
    all_slots_work('afterwards');
};

subtest 'killed anywhere' => sub {
    srand 37;
    my $left = 3 * $rounds;
    my @crowd;
    my $ended = wait_until(sub {
        @crowd = grep { !answered($_->{socket}) } @crowd;
        push @crowd, sign_in_later() for @crowd + 1 .. 6;
        my @children = $server->children;
        $left -= kill KILL => $children[rand @children] if @children > 2;
        return $left <= 0;
    }, 60);
    ok $ended, 3 * $rounds . ' children killed under load';
    status_of($_) for @crowd;
    all_slots_work('afterwards') for 1 .. 3;
};

is $hashes->peak, 2, 'there were never more than two hashes';
is $server->request(GET => '/vault/a.txt', cookie => $alice)->status, 200, 'the first session is alive';
unlike $server->error_log, qr/Segmentation|Abort|Bus error/, 'no child died of its own';
done_testing;
