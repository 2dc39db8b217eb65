# SPDX-License-Identifier: Apache-2.0
# LuciaHashSlots over restarts: a sign-in in mid-hash is answered by its old child, old and new children share the
# slots, a changed number counts at once, and the parent process does not grow.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $restarts = $ENV{LUCI_RESTARTS} || 50;
my $hashes = LuciaTest::Hashes->new;
my $server = LuciaTest::Server->new(
    env    => $hashes->env,
    config => my $config = CHEAP_SITE . <<'CONF',
LuciaHashSlots 2 60s
<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 8
    MinSpareThreads 1
    MaxSpareThreads 32
</IfModule>
CONF
);
my $alice = sign_up($server, 'alice');

sub sign_in_later { return send_request($server, POST => '/login', form(username => 'alice', password => $PASSWORD)) }
sub runs { my ($count) = @_; return wait_until(sub { $hashes->running == $count }, 20) }
sub statuses { return [map { reply_to($_)->status } @_] }

# Two sign-ins that hash in children of now.
sub two_hash {
    $hashes->hold;
    my @asked = map { sign_in_later() } 1, 2;
    ok runs(2), 'two sign-ins are hashed';
    return @asked;
}

subtest 'in mid-hash' => sub {
    for my $round (1 .. 3) {
        my @old = two_hash();
        my %old = map { $_ => 1 } $hashes->running;
        $server->restart_graceful;
        my @new = map { sign_in_later() } 1 .. 3;
        ok !wait_until(sub { $hashes->running > 2 || answered(@new) }, 0.3), 'three more wait';
        is_deeply [grep { !$old{$_} } $hashes->running], [], 'after a graceful restart the new children wait for the old ones';
        $hashes->release;
        is_deeply statuses(@old), [302, 302], 'the old children answer';
        is_deeply statuses(@new), [302, 302, 302], 'the new children answer 302';
    }
    is $hashes->peak, 2, 'there were never more than two hashes in all';
};

subtest 'another number' => sub {
    for my $slots (1, 3, 2) {
        $server->write_config($config =~ s/(LuciaHashSlots) 2/$1 $slots/r);
        $server->restart_graceful;
        $hashes->hold;
        my @asked = map { sign_in_later() } 1 .. 4;
        ok runs($slots), "$slots at once";
        ok !wait_until(sub { $hashes->running > $slots }, 0.3), 'no hash runs beyond the slots';
        $hashes->release;
        is_deeply statuses(@asked), [(302) x 4], 'all are answered';
    }
    my @old = two_hash();
    $server->write_config($config =~ s/(LuciaHashSlots) 2/$1 1/r);
    $server->restart_graceful;
    my $new = sign_in_later();
    ok runs(3), 'with another number of slots the new children have their own';
    $hashes->release;
    is_deeply statuses(@old, $new), [302, 302, 302], 'old and new children answer 302';
    $server->write_config($config);
    $server->restart_graceful;
};

subtest 'a restart that ends the children' => sub {
    my @old = two_hash();
    $hashes->release if $server->{mpm} ne 'prefork';    # threads are waited for
    $server->restart;
    $hashes->release;
    reply_to($_) for @old;
    my @asked = two_hash();
    $hashes->release;
    is_deeply statuses(@asked), [302, 302], 'afterwards both slots can be taken';
};

sub descriptors { my ($pid) = @_; scalar(() = glob "/proc/$pid/fd/*") }
sub maps { my ($pid) = @_; scalar(() = LuciaTest::Server::slurp("/proc/$pid/maps") =~ m{^\S+ \S+s .*}mg) }
sub mapped { no warnings 'portable'; my ($pid) = @_; my $sum = 0; $sum += $_ for map { /^([0-9a-f]+)-([0-9a-f]+) \S+s / ? hex($2) - hex $1 : () } split /\n/, LuciaTest::Server::slurp("/proc/$pid/maps"); return $sum }

subtest 'nothing is left behind' => sub {
    my $measure = sub { my $pid = $server->pid; return { descriptors => descriptors($pid), maps => maps($pid), 'bytes shared' => mapped($pid) } };
    $server->restart_graceful for 1 .. 2;
    my $before = $measure->();
    cmp_ok $before->{maps}, '>=', 2, 'locks and arenas are shared';
    for (1 .. $restarts) {
        $server->restart_graceful;
        $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD)) if $_ % 10 == 0;
    }
    is_deeply $measure->(), $before, "after $restarts graceful restarts the parent process has what it had";
    is $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD))->status, 302, 'a sign-in works after the restarts';
};

unlike $server->error_log, qr/exit signal (?!Terminated|Killed)|LUCI0403/, 'no child died';
done_testing;
