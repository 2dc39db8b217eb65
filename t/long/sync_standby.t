# SPDX-License-Identifier: Apache-2.0
# PostgreSQL's synchronous standby hangs, then is killed: each sign-in waits for it and fails, while every gate admits, also with
# sessions that are due for renewal, and the server has no more processes than httpd has handles. When it is back, sign-ins work.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use IO::Select;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Outcomes;
use LuciaTest::PgBouncer;
use LuciaTest::Postgres;
use LuciaTest::Site qw(sign_up $CHEAP_HASH);
use Time::HiRes 'time';

use constant { USERS => 5, SECONDS => 120, HANDLES => 4, CHILDREN => 2 };
# A loaded machine may be as slow as that.
use constant SOON => 20;

my $postgres = LuciaTest::Postgres->new;
my $standby  = $postgres->standby;
ok $postgres->needs_standby('ANY 1 (*)'), 'the standby is synchronous';

my $few = LuciaTest::mpm() eq 'prefork' ? "StartServers 10\nServerLimit 10\nMaxRequestWorkers 10\n"
    : 'StartServers ' . CHILDREN . "\nServerLimit " . CHILDREN . "\nThreadsPerChild 16\nMinSpareThreads 1\nMaxSpareThreads 32\nMaxRequestWorkers 32\n"
    . 'LuciaDatabasePool ' . HANDLES . "\n";
my $processes = LuciaTest::mpm() eq 'prefork' ? 10 : HANDLES * CHILDREN;

sub site_on {
    my ($front) = @_;
    my $database = $postgres->create;
    my $server = LuciaTest::Server->new(config => $front->line($database) . "\nLuciaMount /\n$CHEAP_HASH\nLuciaSessionCache off\nLuciaThrottle off\n$few" . VAULT,
        files => { 'htdocs/vault/a.txt' => SECRET });
    return { server => $server, database => $database, users => [map { sign_up($server, "user-$_") } 1 .. USERS] };
}

sub send_login {
    my ($site) = @_;
    return $site->{server}->send_request($site->{server}->bytes_of(POST => '/login', form(username => 'user-1', password => $PASSWORD)));
}

sub answer_of { my ($site, $sent) = @_; return $site->{server}->answer_to($sent) }

# How many processes serve the site's database.
sub ours { my ($site) = @_; return $postgres->value('SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()', $site->{database}) }

# A session that is used next must be renewed; done where commits do not wait, unless a renewal that waits holds the row.
sub make_due {
    my ($site, $cookie) = @_;
    my $handle = $postgres->in($site->{database});
    $handle->do("SET synchronous_commit = local; SET lock_timeout = '50ms'");
    return eval { $handle->do('UPDATE user_session SET active_expires = ? WHERE id = ?', undef, int(time * 1000) - 1000, stored_id($cookie)); 1 };
}

sub send_gate {
    my ($site, $cookie) = @_;
    return $site->{server}->send_request($site->{server}->bytes_of(GET => '/vault/a.txt', script(), cookie => $cookie));
}

sub note_gate {
    my ($saw, $asked, $reply) = @_;
    my $took = time - $asked;
    $saw->{answers}++;
    $saw->{refused}++ if $reply->status != 200;
    diag 'a gate answered ', $reply->status if $reply->status != 200;
    $saw->{cleared}++ if grep { $_->{value} eq '' } set_cookies($reply);
    $saw->{slowest} = $took if $took > $saw->{slowest};
    return;
}

# Asks four gates and signs in once a second, whether those before were answered or not. Returns what was seen.
sub watch {
    my ($site, $seconds) = @_;
    my %saw = (answers => 0, refused => 0, most => 0, slowest => 0, sent => 0, due => 0, logins => {});
    my $begun = time;
    my ($ticks, @open) = (0);
    while ($ticks < 4 * $seconds || @open) {
        if ($ticks < 4 * $seconds && time >= $begun + $ticks / 4) {
            if ($ticks % 4 == 0) {
                push @open, send_login($site);
                $saw{sent}++;
                $saw{due}++ if make_due($site, $site->{users}[$saw{sent} % USERS]);
                my $ours = ours($site);
                $saw{most} = $ours if $ours > $saw{most};
            }
            push @open, send_gate($site, $site->{users}[$ticks % USERS]);
            $ticks++;
        }
        for my $socket (IO::Select->new(map { $_->{socket} } @open)->can_read(0.05)) {
            my ($answered) = grep { $_->{socket} == $socket } @open;
            my $reply = answer_of($site, $answered);
            if ($answered->{method} eq 'GET') { note_gate(\%saw, $answered->{begun}, $reply) }
            else { $saw{logins}{ $reply->status }++ }
            @open = grep { $_ != $answered } @open;
        }
    }
    return \%saw;
}

sub check_gone {
    my ($site, $done, $seconds, $away, $back) = @_;
    $away->();
    my $saw = watch($site, $seconds);
    diag "$done: $saw->{answers} gates, $saw->{due} renewals due, slowest $saw->{slowest} s, at most $saw->{most} processes, sign-ins ", explain $saw->{logins};
    is_deeply $saw->{logins}, { 503 => $seconds }, "$done: each of the $seconds sign-ins is refused";
    cmp_ok $saw->{slowest}, '<', SOON, "$done: the slowest gate";
    cmp_ok $saw->{most}, '<=', $processes + 1, "$done: the server has a process for each handle, and one that asks, at most";
    $back->();
    my $begun = time;
    ok wait_until(sub { answer_of($site, send_login($site))->status == 302 }, SOON), "$done: sign-ins work when the standby is back";
    diag "sign-ins work ", time - $begun, " s after the standby is back";
    cmp_ok ours($site), '<=', $processes + 1, "$done: no process is left behind";
    outcome($done, 'a synchronous standby, of gates', answers => $saw->{answers}, unavailable => $saw->{refused}, allowed => 0,
        lost => $saw->{cleared} // 0, admitted => 0);
    return;
}

my $site = site_on($postgres);
check_gone($site, 'frozen for 2 min, with a sign-in each second', SECONDS, sub { $standby->freeze }, sub { $standby->thaw });
check_gone($site, 'killed for 30 s, with a sign-in each second', SECONDS / 4, sub { $standby->stop('KILL') }, sub { $standby->start });
my $pooler = LuciaTest::PgBouncer->new(postgres => $postgres, mode => 'transaction', size => $processes);
check_gone(site_on($pooler), 'frozen for 30 s, behind PgBouncer', SECONDS / 4, sub { $standby->freeze }, sub { $standby->thaw });

# ---- Processes that take no notice of being cancelled, as while a disk hangs: their connections count until they are gone ----

SKIP: {
    skip 'each child of prefork has a handle of its own', 3 if LuciaTest::mpm() eq 'prefork';
    my %stopped;
    for (1 .. 5) {
        my @sent = map { send_gate($site, $site->{users}[0]) } 1 .. 2 * $processes;
        my @pids = map { $_->{pid} } @{ $postgres->query('SELECT pid FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()', $site->{database}) };
        kill STOP => grep { !$stopped{$_}++ } @pids;
        push @sent, map { send_gate($site, $site->{users}[0]) } 1 .. 2 * $processes;
        answer_of($site, $_) for @sent;
    }
    diag scalar(keys %stopped), ' stopped, ', ours($site), ' there';
    cmp_ok ours($site), '<=', $processes + 1, 'processes that hang are not replaced by more than there are handles';
    like $site->{server}->error_log, qr/LUCI0321/, 'the log says that connections count although they were cut off';
    kill CONT => keys %stopped;
    ok wait_until(sub { answer_of($site, send_gate($site, $site->{users}[0]))->status == 200 }, SOON), 'when the processes are gone, the gate admits';
}

done_testing;
