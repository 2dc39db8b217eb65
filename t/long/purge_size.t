# SPDX-License-Identifier: Apache-2.0
# The clean-up of 5,000,000 sessions, 2,000,000 of them expired: it finds each batch by an index, is as fast at the end as at the
# beginning, keeps no gate and no sign-in waiting, and deletes no living session. LUCI_ROWS=50000 is a short run.
use strict;
use warnings;
use lib 't/lib';
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::MariaDB;
use LuciaTest::Outcomes;
use LuciaTest::Plans;
use LuciaTest::Postgres;
use LuciaTest::Sessions;
use LuciaTest::Site;

my $ROWS = $ENV{LUCI_ROWS} || 5_000_000;
my $DEAD = int $ROWS * 2 / 5;
my $OLD  = int $ROWS / 100;
my $END  = int $ROWS / 100;    # expired sessions that are left for the last part

use constant { PART_S => 10, PURGE_ROWS => 200, BATCH_MAX_MS => 500, WAIT_MAX_MS => 2500 };

my %SETTINGS = (
    'LuciaTest::Postgres' => ['shared_buffers=512MB', 'maintenance_work_mem=512MB', 'max_wal_size=4GB'],
    'LuciaTest::MariaDB'  => ['--innodb-buffer-pool-size=3G', '--innodb-log-file-size=1G'],
    'LuciaTest::Sqlite'   => [],
);

sub now { return Time::HiRes::time() }

# ---- Users at work ----

my %waited;    # milliseconds of each request, by kind
my %failed;    # statuses that should not have been

sub timed {
    my ($kind, $want, $request) = @_;
    my $from = now();
    my $status = $request->()->status;
    push @{ $waited{$kind} }, 1000 * (now() - $from);
    $failed{"$kind $status"}++ if $status != $want;
    return;
}

# Others sign in than the one who passes the gate, because a user keeps 1,000 sessions at most.
sub work {
    my ($server, $cookie) = @_;
    timed('gate', 200, sub { $server->request(GET => '/vault/a.txt', cookie => $cookie) }) for 1 .. 4;
    timed('sign-in', 302, sub { $server->request(POST => '/login', form(username => 'bobby', password => $PASSWORD)) });
    Time::HiRes::sleep(0.02);
    return;
}

sub percentile {
    my ($kind, $percent) = @_;
    my @sorted = sort { $a <=> $b } @{ $waited{$kind} };
    return $sorted[ $percent / 100 * $#sorted ];
}

# ---- Parts of the purge ----

# Lets luciactl purge for some seconds, or to its end, while users work: { rows, seconds }.
sub part {
    my ($ctl, $seconds, $server, $cookie) = @_;
    my $from = now();
    my ($pid, $out, $err) = $ctl->spawn('purge');
    until (waitpid($pid, WNOHANG) == $pid) {
        work($server, $cookie);
        if ($seconds && now() - $from >= $seconds) { kill INT => $pid; waitpid $pid, 0; last }
    }
    my $took = now() - $from;
    my $said = do { local $/; (readline($out) // '') . (readline($err) // '') };
    die "luciactl said: $said\n" if $said =~ /failed/;
    my ($rows) = $said =~ /(?:after )?(\d+) (?:expired )?sessions?/ or die "luciactl said: $said\n";
    return { rows => $rows, seconds => $took };
}

# Milliseconds of a batch; luciactl pauses as long as each takes.
sub batch_ms { my ($part) = @_; return $part->{rows} ? 1000 * $part->{seconds} / ($part->{rows} / PURGE_ROWS) / 2 : 0 }

# The purge at its start, in its middle and to its end: { rows, seconds } each. What lies between is deleted by one statement, because
# all of it would take too long, and vacuumed, as PostgreSQL does by itself in the hours of a real purge.
sub purge {
    my ($engine, $database, $ctl, $server, $cookie) = @_;
    my $skip = sub {
        my ($share) = @_;
        my $until = int(now() * 1000) - int((1 - $share) * 30 * 86_400_000);
        my $rows = $engine->query_in($database, "DELETE FROM user_session WHERE idle_expires < $until");
        $engine->query_in($database, 'VACUUM user_session') if $engine->driver eq 'pgsql';
        return $rows;
    };
    my @parts = part($ctl, PART_S, $server, $cookie);
    $parts[0]{skipped} = $skip->(0.5);
    push @parts, part($ctl, PART_S, $server, $cookie);
    $parts[1]{skipped} = $skip->(1 - $END / $DEAD);
    return (@parts, part($ctl, 0, $server, $cookie));
}

sub check {
    my ($class) = @_;
    my $engine = $class->new(settings => $SETTINGS{$class});
    my $database = $engine->create;
    my $config = "$CHEAP_HASH\nLuciaSessionCache off\nLuciaThrottle off\nLuciaMount /\n<Location /vault>\nAuthType Lucia\nRequire valid-user\n</Location>\n";
    my $server = LuciaTest::Server->new(config => $engine->line($database) . "\n$config", files => { 'htdocs/vault/a.txt' => 'inside' });
    sign_up($server, $_) for 'alice', 'bobby';
    $server->stop;
    my $from = now();
    LuciaTest::Sessions::fill($engine, $database, rows => $ROWS, dead => $DEAD, old => $OLD);
    diag sprintf '%s: %d rows were made in %.0f s', $engine->kind, $ROWS, now() - $from;
    $server->start;
    my $cookie = sign_in($server, 'alice');
    my $plans = $engine->kind eq 'sqlite' ? undef : LuciaTest::Plans->new($engine, $database);
    my $ctl = LuciaTest::Ctl->new('--config', ctl_config($server, $plans ? $plans->line : $engine->line($database), ''));

    (%waited, %failed) = ();
    work($server, $cookie) for 1 .. 50;
    my %quiet = map { $_ => percentile($_, 99) } keys %waited;
    %waited = ();
    my @parts = purge($engine, $database, $ctl, $server, $cookie);
    my ($removed, $skipped) = (0, 0);
    $removed += $_->{rows}, $skipped += $_->{skipped} // 0 for @parts;
    is $removed + $skipped, $DEAD, 'all expired sessions are deleted';
    my @batch = map { batch_ms($_) } @parts;
    diag sprintf '%s: a batch took %.1f ms at the start, %.1f in the middle, %.1f at the end; with pauses as long, %d sessions take %.0f s',
        $engine->kind, @batch, $DEAD, $DEAD / PURGE_ROWS * 2 * ($batch[0] + $batch[1] + $batch[2]) / 3 / 1000;
    diag sprintf '%s: %s: %d requests, median %.1f ms, 99 %% within %.1f ms (before: %.1f), longest %.0f ms',
        $engine->kind, $_, scalar @{ $waited{$_} }, percentile($_, 50), percentile($_, 99), $quiet{$_}, percentile($_, 100) for sort keys %waited;
    cmp_ok $batch[$_], '<', BATCH_MAX_MS, (qw(first middle last))[$_] . ' batches are short' for 0 .. 2;
    cmp_ok percentile($_, 100), '<', WAIT_MAX_MS, "no $_ waits for long" for sort keys %waited;

    $ctl = LuciaTest::Ctl->new('--config', ctl_config($server, $plans ? $plans->line : $engine->line($database), "LuciaMaxLifetime 30d\n"));
    my $walk = part($ctl, 0, $server, $cookie);
    is $walk->{rows}, $OLD, 'all sessions past the maximum lifetime are deleted';
    diag sprintf '%s: a walk past %d rows took %.0f s', $engine->kind, $ROWS - $DEAD, $walk->{seconds};
    is_deeply [grep { !/DELETE FROM user_session/ } $plans->scans('user_session')], [], 'no statement of the purge reads the whole table' if $plans;
    is_deeply \%failed, {}, 'every request succeeds';
    my $living = $engine->value_in($database, "SELECT count(*) FROM user_session WHERE user_id LIKE 'bench%'");
    my $answers = 0;
    $answers += @{ $waited{$_} } for keys %waited;
    outcome(sprintf('purged of %d of %d sessions', $removed + $walk->{rows}, $ROWS), $engine->kind, answers => $answers,
        unavailable => scalar(grep { / 503$/ } keys %failed), allowed => 0, lost => $ROWS - $DEAD - $OLD - $living, admitted => 0);
    return;
}

# The server's configuration for luciactl, with another LuciaDatabase line.
sub ctl_config {
    my ($server, $line, $more) = @_;
    my $text = LuciaTest::Server::slurp($server->conf_file);
    $text =~ s/^LuciaDatabase .*$/$line\n$more/m or die "no LuciaDatabase\n";
    $server->write('conf/ctl.conf', $text);
    return $server->dir . '/conf/ctl.conf';
}

my %wanted = map { $_ => 1 } split /,/, $ENV{LUCI_ENGINES} // 'Postgres,MariaDB,Sqlite';
for my $name (grep { $wanted{$_} } qw(Postgres MariaDB Sqlite)) {
    my $class = "LuciaTest::$name";
    subtest $class->kind => sub { check($class) };
}

done_testing;
