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
    my $socket = $site->{server}->connect;
    syswrite $socket, $site->{server}->bytes_of(POST => '/login', form(username => 'user-1', password => $PASSWORD));
    return $socket;
}
sub answer_of { my ($site, $socket) = @_; return LuciaTest::Reply->parse($site->{server}->raw('', socket => $socket), 'POST') }

# How many processes serve the site's database.
sub ours { my ($site) = @_; return $postgres->value('SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()', $site->{database}) }

# A session that is used next must be renewed; done where commits do not wait.
sub make_due {
    my ($site, $cookie) = @_;
    my $handle = $postgres->in($site->{database});
    $handle->do('SET synchronous_commit = local');
    $handle->do('UPDATE user_session SET active_expires = ? WHERE id = ?', undef, int(time * 1000) - 1000, stored_id($cookie));
    return;
}

# Asks gates, several a second, and signs in each second. Returns what was seen.
sub watch {
    my ($site, $seconds) = @_;
    my %saw = (answers => 0, refused => 0, most => 0, slowest => 0, logins => {});
    my ($end, $next, @logins) = (time + $seconds, 0);
    while (time < $end || @logins) {
        if (time >= $next && time < $end) {
            push @logins, send_login($site);
            make_due($site, $site->{users}[rand USERS]);
            $next = time + 1;
            my $ours = ours($site);
            $saw{most} = $ours if $ours > $saw{most};
        }
        my ($reply, $took) = timed(sub { $site->{server}->request(GET => '/vault/a.txt', script(), cookie => $site->{users}[$saw{answers} % USERS]) });
        $saw{answers}++;
        $saw{refused}++ if $reply->status != 200;
        diag $reply->status, ' at ', $end - time, ' s before the end' if $reply->status != 200;
        $saw{cleared}++ if grep { $_->{value} eq '' } set_cookies($reply);
        $saw{slowest} = $took if $took > $saw{slowest};
        my @answered = grep { IO::Select->new($_)->can_read(0) } @logins;
        @logins = grep { my $one = $_; !grep { $_ == $one } @answered } @logins;
        $saw{logins}{ answer_of($site, $_)->status }++ for @answered;
        select undef, undef, undef, 0.1;
    }
    return \%saw;
}

sub check_gone {
    my ($site, $done, $seconds, $away, $back) = @_;
    $away->();
    my $saw = watch($site, $seconds);
    diag "$done: $saw->{answers} gates, slowest $saw->{slowest} s, at most $saw->{most} processes, sign-ins ", explain $saw->{logins};
    is_deeply [keys %{ $saw->{logins} }], [503], "$done: each sign-in is refused";
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

sub send_gate {
    my ($site) = @_;
    my $socket = $site->{server}->connect;
    syswrite $socket, $site->{server}->bytes_of(GET => '/vault/a.txt', script(), cookie => $site->{users}[0]);
    return $socket;
}

SKIP: {
    skip 'each child of prefork has a handle of its own', 3 if LuciaTest::mpm() eq 'prefork';
    my %stopped;
    for (1 .. 5) {
        my @sent = map { send_gate($site) } 1 .. 2 * $processes;
        my @pids = map { $_->{pid} } @{ $postgres->query('SELECT pid FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()', $site->{database}) };
        kill STOP => grep { !$stopped{$_}++ } @pids;
        push @sent, map { send_gate($site) } 1 .. 2 * $processes;
        answer_of($site, $_) for @sent;
    }
    diag scalar(keys %stopped), ' stopped, ', ours($site), ' there';
    cmp_ok ours($site), '<=', $processes + 1, 'processes that hang are not replaced by more than there are handles';
    like $site->{server}->error_log, qr/LUCI0321/, 'the log says that connections count although they were cut off';
    kill CONT => keys %stopped;
    ok wait_until(sub { answer_of($site, send_gate($site))->status == 200 }, SOON), 'when the processes are gone, the gate admits';
}

done_testing;
