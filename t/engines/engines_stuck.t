# SPDX-License-Identifier: Apache-2.0
# A server of PostgreSQL that hangs, before the first call is cut off: when half of a child's handles have been out for two seconds, the
# next request hears at once that there is none, and is not caught by a call as well.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use IO::Select;
use LuciaTest;
use LuciaTest::Postgres;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);
use Time::HiRes qw(sleep time);

plan skip_all => 'a child of prefork has one request at a time' if LuciaTest::mpm() eq 'prefork';

my $engine = LuciaTest::Postgres->new;
my $database = $engine->create;
my $server = LuciaTest::Server->new(
    config => $engine->line($database) . "\n" . <<'CONF' . VAULT,
LuciaMount /
LuciaPasswordHash argon2id m=8 t=1 p=1
LuciaSessionCache off
LuciaDatabasePool 4
StartServers 1
ServerLimit 1
ThreadsPerChild 32
MinSpareThreads 1
MaxSpareThreads 32
MaxRequestWorkers 32
CONF
    files => { 'htdocs/vault/a.txt' => SECRET },
);
my $alice = sign_up($server, 'alice');

sub ask { return $server->send_request($server->bytes_of(GET => '/vault/a.txt', script(), cookie => $alice)) }
sub is_answered { my ($sent) = @_; return $server->is_answered($sent) }
sub reply { my ($sent) = @_; return $server->answer_to($sent) }

my ($early, $tries);
for (1 .. 3) {    # a machine that is busy may let the first call end meanwhile
    is reply(ask())->status, 200, 'the gate serves before the handles are stuck';
    $engine->freeze;
    my @first = (ask(), ask());
    my $begun = time;
    sleep 0.05 while time < $begun + 2.3;
    # Fewer than would be too many at once for other reasons.
    my @later;
    for (1 .. 4) {
        push @later, ask();
        wait_until(sub { grep { is_answered($_) } @first, @later }, 0.4) and last;
    }
    $tries++;
    $early = !grep({ is_answered($_) } @first) && grep { is_answered($_) } @later;
    is_unavailable reply($_), 'one that is caught' for @first;
    is_unavailable reply($_), 'a later one' for @later;
    $engine->thaw;
    ok wait_until(sub { reply(ask())->status == 200 }, 20), 'the gate serves after the stuck handles were replaced';
    last if $early;
}
ok $early, "a later one is answered before those that are caught ($tries)";

done_testing;
