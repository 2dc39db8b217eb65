# SPDX-License-Identifier: Apache-2.0
# A site in ordinary use for an hour (LUCI_SOAK_MINUTES), with graceful restarts and one of the database, and then left alone: users
# who do nothing wrong get what they expect, nothing grows, no log contains a secret, and counters and audit lines add up with what
# was done. The MPM event with PostgreSQL has the whole time; worker with SQLite and prefork with PostgreSQL a tenth of it each.
# LUCI_SOAK_PARTS="event-pgsql" names the parts.
use strict;
use warnings;
use lib 't/lib';
use List::Util qw(max min);
use POSIX ();
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Mail;
use LuciaTest::Meter;
use LuciaTest::OpenMetrics;
use LuciaTest::Outcomes;
use LuciaTest::Postgres;
use LuciaTest::Soak;

my $MINUTES = $ENV{LUCI_SOAK_MINUTES} || 60;
my %PARTS = ('event-pgsql' => 1, 'worker-sqlite3' => 0.1, 'prefork-pgsql' => 0.1);
my @parts = split ' ', $ENV{LUCI_SOAK_PARTS} // 'worker-sqlite3 prefork-pgsql event-pgsql';

# The time of a part: restarts, the database's, and the rest undisturbed, in which children must not grow.
use constant { RESTARTS_FROM => 0.06, RESTARTS_TO => 0.45, DATABASE_AT => 0.5, QUIET_FROM => 0.58, SAMPLES => 240, MIN_SECONDS => 90 };

# Seconds after the database's return until each child has noticed it, on a machine that has other things to do as well.
use constant SETTLED => 20;

# A fixed number of processes, so that what they use is comparable.
my %MPM = (
    prefork => "StartServers 12\nMinSpareServers 1\nMaxSpareServers 32\nMaxRequestWorkers 32\n",
    map({ $_ => "StartServers 2\nMinSpareThreads 1\nMaxSpareThreads 64\n" } qw(event worker)),
);

sub now { return Time::HiRes::time() }

# ---- What is done to the site ----

# Keeps others from writing for 3 s, where there is no server that could be restarted.
sub disturb_database {
    my ($engine, $database) = @_;
    return $engine->restart if $engine->driver eq 'pgsql';
    my $handle = $engine->connect($database);
    $handle->do($engine->locking);
    Time::HiRes::sleep(3);
    $handle->do('ROLLBACK');
    return;
}

# Runs the part; what all people noticed.
sub observe {
    my ($self, $seconds) = @_;
    my ($begun, $every) = (now(), max(1, $seconds / SAMPLES));
    my $gap = max(6, $seconds / 30);
    my ($next_sample, $next_restart, $is_disturbed) = ($begun + $every, $begun + RESTARTS_FROM * $seconds, 0);
    while ((my $part = (now() - $begun) / $seconds) < 1) {
        my $phase = $part < QUIET_FROM ? 'restarts' : 'quiet';
        if ($phase eq 'restarts' && $part < RESTARTS_TO && now() >= $next_restart) {
            $self->{server}->restart_graceful;
            $self->{restarts}++;
            $next_restart = now() + $gap;
        }
        if ($part >= DATABASE_AT && !$is_disturbed++) {
            my $from = now();
            disturb_database(@$self{qw(engine database)});
            $self->{window} = [$from, now() + SETTLED];
        }
        if (now() >= $next_sample) {
            $self->{meter}->sample($phase);
            $next_sample += $every;
            sweep($self->{mail});
        }
        take($self, $phase);
        Time::HiRes::sleep(0.25);
    }
    $self->{soak}->stop;
    take($self, 'quiet');
    $self->{seconds} = now() - $begun;
    return;
}

# Mails that nobody waits for: notices.
sub sweep {
    my ($mail) = @_;
    unlink grep { ((stat)[9] // time) < time - 300 } glob "$mail->{dir}/mails/*.json";
    return;
}

sub take {
    my ($self, $phase) = @_;
    for my $answer ($self->{soak}->answers) {
        push @{ $self->{ms}{ $answer->{kind} } }, $answer->{ms} if $answer->{verdict} eq 'ok';
        $self->{answers}++;
        $self->{in}{$phase}++;
        $self->{verdicts}{ $answer->{verdict} }++;
        push @{ $self->{wrong} }, $answer if $answer->{verdict} ne 'ok';
        next if $answer->{event} eq '';
        $self->{ $answer->{verdict} eq 'ok' ? 'certain' : 'uncertain' }{ $answer->{event} }++;
    }
    return;
}

# ---- What must hold ----

# While the database is restarted, requests that need it are answered with 503, and with nothing else: no session counts as ended.
sub is_excused {
    my ($self, $answer) = @_;
    my ($from, $to) = @{ $self->{window} // [0, 0] };
    return $answer->{status} eq '503' && $answer->{at} >= $from && $answer->{at} - $answer->{ms} / 1000 <= $to;
}

sub check_answers {
    my ($self, $where) = @_;
    my @wrong = grep { $_->{verdict} ne 'dropped' } @{ $self->{wrong} // [] };
    my @bad = grep { !is_excused($self, $_) } @wrong;
    my @excused = grep { is_excused($self, $_) } @wrong;
    $self->{excused} = @excused;
    $self->{unavailable} = @excused ? max(map { $_->{at} } @excused) - min(map { $_->{at} - $_->{ms} / 1000 } @excused) : 0;
    $self->{admitted} = grep { $_->{verdict} eq 'admitted' } @bad;
    $self->{lost} = @bad - $self->{admitted};
    is scalar(@bad), 0, "$where: of $self->{answers} answers, all are what the client could expect";
    diag join ' ', map { "$_=$bad[0]{$_}" } grep { defined $bad[0]{$_} } qw(at ms who kind status said) if @bad;
    diag "$_->{at} $_->{who} $_->{kind} $_->{status}" for @bad > 30 ? @bad[0 .. 29] : @bad;
    cmp_ok $self->{verdicts}{dropped} // 0, '<=', 2 * $self->{restarts} + 2, "$where: httpd drops at most two connections a restart before it reads them";
    return;
}

# Bounds of growth from the second to the last third of a phase: a share of the second, and so many more. KiB, or numbers.
#   memory of children: 64 bytes for each request between the middles of both thirds, and 2 MiB for what fills up slowly (arenas of
#     threads, caches of statements)
#   parent: 2 MiB, as in t/http/graceful.t after 100 restarts
#   threads: those that come and go with hashes and mails
#   files, connections: one more for each of a few threads that had nothing to do before
#   the database: rows that were deleted and not vacuumed yet; its journal: what comes between two checkpoints
sub bounds {
    my ($self) = @_;
    my $requests = ($self->{in}{quiet} // 0) / 3;
    return (
        ['quiet',    'children anonymous', 0, 2048 + $requests * 64 / 1024],
        ['restarts', 'parent anonymous',   0, 2048],
        ['quiet',    'parent anonymous',   0, 512],
        ['quiet',    'children files',     0, 8],
        ['restarts', 'parent files',       0, 0],
        ['quiet',    'parent files',       0, 0],
        ['quiet',    'children threads',   0, 6],
        ['quiet',    'children mappings',  0.05, 40],
        ['restarts', 'shared memory',      0, 0],
        ['quiet',    'shared memory',      0, 0],
        ['quiet',    'children',           0, 0],
        ['quiet',    'connections',        0, 8],
        ['quiet',    'database',           0.5, 4096],
        ['quiet',    'wal',                1,   65536],
        ['quiet',    'rows user_session',  0.5, 100],
        ['quiet',    'rows auth_user',     0.5, 20],
    );
}

sub check_growth {
    my ($self, $where) = @_;
    for (bounds($self)) {
        my ($phase, $name, $share, $more) = @$_;
        my ($second, $last) = $self->{meter}->thirds($phase, $name);
        my $in = $phase eq 'quiet' ? 'when left alone' : 'during the restarts';
        defined $second or fail("$where: $name is measured $in"), next;
        my $bound = $second * (1 + $share) + $more;
        cmp_ok $last, '<=', $bound, "$where: $name does not grow $in"
            or diag sprintf '%.0f, then %.0f', $second, $last;
        push @{ $self->{grown} }, [$name, $phase, $second, $last, $bound];
    }
    return;
}

# Warnings and errors of what attackers do.
my %EXPECTED = map { $_ => 1 } 'AH01617', 'LUCI0704';

# Warnings and errors of the log; is_excused: while the database was restarted.
sub complaints {
    my ($log, $from, $to) = @_;
    my %month = map { (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$_] => $_ } 0 .. 11;
    my @found;
    for my $line ($log =~ /^(\[[^\n]*?\[\w+:(?:emerg|alert|crit|error|warn)\][^\n]*)/mg) {
        my ($month, $day, $hour, $minute, $second, $year) = $line =~ /^\[\w+ (\w+) +(\d+) (\d+):(\d+):([\d.]+) (\d+)\]/ or next;
        my $at = POSIX::mktime(int $second, $minute, $hour, $day, $month{$month}, $year - 1900, 0, 0, -1);
        push @found, { line => $line, id => $line =~ /\b(LUCI\d+|AH\d+): / ? $1 : $line, is_excused => $at + 1 >= $from && $at <= $to };
    }
    return @found;
}

sub check_logs {
    my ($self, $where) = @_;
    my $server = $self->{server};
    my $log = $server->error_log;
    unlike $log, qr/exit signal|AddressSanitizer|runtime error|core dumped/, "$where: no process crashes";
    my @files = grep { -f } map { $server->dir . "/logs/$_" } qw(error_log audit.log access_log stderr);
    push @files, $self->{engine}->dir . '/log' if $self->{engine}->driver eq 'pgsql';
    my @found = $self->{soak}->secrets_in(@files, "$self->{mail}{dir}/log");
    $self->{secrets} = keys %{ $self->{soak}->secrets };
    cmp_ok $self->{secrets}, '>', 50, "$where: secrets are looked for";
    is scalar(@found), 0, "$where: no log contains one of $self->{secrets} passwords, cookies, tokens and codes" or diag @found[0 .. ($#found > 9 ? 9 : $#found)];
    my @said = complaints($log, @{ $self->{window} });
    my %ids;
    $ids{ $_->{id} }++ for @said;
    $self->{said} = \%ids;
    my @unexpected = grep { !$_->{is_excused} && !$EXPECTED{ $_->{id} } } @said;
    is scalar(@unexpected), 0, "$where: the log has no warning or error that nothing was done for" or diag map { "$_->{line}\n" } @unexpected > 20 ? @unexpected[0 .. 19] : @unexpected;
    return;
}

# "sign_in ok" => how often, of the audit log.
sub audited {
    my ($server) = @_;
    my %count;
    for (split /\n/, LuciaTest::Server::slurp($server->dir . '/logs/audit.log')) {
        my $line = LuciaTest::Audit::parse_line($_) // do { $count{'broken lines'}++; next };
        $count{ "$line->{event} " . ($line->{result} eq 'ok' ? 'ok' : $line->{reason}) }++;
    }
    return \%count;
}

sub counted {
    my ($server) = @_;
    my $samples = LuciaTest::OpenMetrics::samples($server->request(GET => '/metrics')->body);
    my %count;
    for (keys %$samples) { $count{"$1 $2"} = $samples->{$_} if /^luciauth_events_total\{event="(\w+)",result="(\w+)"\}$/ }
    return (\%count, $samples);
}

sub check_counts {
    my ($self, $where) = @_;
    my ($counted, $samples, $lines, @different);
    wait_until(sub {    # mails are still on their way
        ($counted, $samples) = counted($self->{server});
        $lines = audited($self->{server});
        @different = map { "$_: $counted->{$_} counted, " . ($lines->{$_} // 0) . ' audit lines' }
            grep { $counted->{$_} != ($lines->{$_} // 0) && $_ ne 'password_check ok' } sort keys %$counted;
        return !@different && !$samples->{luciauth_mails_queued};
    }, 60);
    is_deeply \@different, [], "$where: each counted event has an audit line";
    is $lines->{'broken lines'} // 0, 0, "$where: each line of the audit log is whole";
    is $samples->{luciauth_audit_lost_total}, 0, "$where: no line of the audit log is lost";
    my @wrong;
    for my $event (sort keys %{ $self->{certain} }) {
        my ($certain, $uncertain, $is) = ($self->{certain}{$event}, $self->{uncertain}{$event} // 0, $counted->{$event} // 0);
        push @wrong, "$event: $certain and perhaps $uncertain more were done, $is counted" if $is < $certain || $is > $certain + $uncertain;
    }
    is_deeply \@wrong, [], "$where: the counters are what clients did";
    $self->{events} = $counted;
    return;
}

# ---- The report ----

sub percentile { my ($percent, @sorted) = @_; return $sorted[ $percent / 100 * $#sorted ] }

sub report {
    my ($self, $where) = @_;
    my $text = sprintf "**%s**: %.0f minutes, %d answers (%.1f a second), %d graceful restarts, %d answers of 503 while the database was restarted,"
        . " %d connections tried again, %d secrets looked for in the logs.\n\n", $where, $self->{seconds} / 60, $self->{answers}, $self->{answers} / $self->{seconds},
        $self->{restarts}, $self->{excused}, $self->{verdicts}{dropped} // 0, $self->{secrets};
    $text .= "| what | phase | second third | last third | bound |\n|---|---|---|---|---|\n";
    $text .= sprintf "| %s | %s | %.0f | %.0f | %.0f |\n", @$_ for @{ $self->{grown} };
    my @last = $self->{meter}->samples;
    my %last = %{ $last[-1] };
    my $minutes = $self->{seconds} / 60;
    $text .= "\nAt the end: " . join(', ', map { defined $last{$_} ? sprintf '%s %.0f', $_, $last{$_} : () } 'parent rss', 'parent pss', 'children rss',
        'children pss', 'children private', 'connections', 'database', 'wal', grep { /^rows / } sort keys %last)
        . sprintf '; logs a minute: %s', join ', ', map { sprintf '%s %.0f', s/^log //r, $last{$_} / $minutes } grep { /^log / } sort keys %last;
    $text .= ' (KiB or numbers); warnings and errors of the log: ' . (join(', ', map { "$self->{said}{$_} $_" } sort keys %{ $self->{said} }) || 'none') . ".\n\n| request | answers | median ms | 95 % | 99 % | longest |\n|---|---|---|---|---|---|\n";
    for my $kind (sort keys %{ $self->{ms} }) {
        my @sorted = sort { $a <=> $b } @{ $self->{ms}{$kind} };
        $text .= sprintf "| %s | %d | %.0f | %.0f | %.0f | %.0f |\n", $kind, scalar @sorted, map { percentile($_, @sorted) } 50, 95, 99, 100;
    }
    diag $text;
    my $file = $ENV{LUCI_REPORT} or return;
    open my $out, '>>', $file or die "$file: $!\n";
    print {$out} "$text\n";
    close $out or die "$file: $!\n";
    return;
}

sub soak {
    my ($mpm, $driver, $seconds) = @_;
    my $mail = LuciaTest::Mail->new;
    my $engine = $driver eq 'pgsql' ? LuciaTest::Postgres->new : LuciaTest::Sqlite->new;
    my $database = $engine->create;
    my $server = LuciaTest::Server->new(mpm => $mpm, modules => [qw(remoteip watchdog)], files => { LuciaTest::Soak::files() },
        config => LuciaTest::Soak::config($mail, $engine->line($database) . "\n$MPM{$mpm}"));
    my $self = { server => $server, engine => $engine, database => $database, mail => $mail, restarts => 0,
        meter => LuciaTest::Meter->new($server, $engine, $database), soak => LuciaTest::Soak->new($server, $mail) };
    my $where = "$mpm, " . $engine->kind;
    observe($self, $seconds);
    check_answers($self, $where);
    check_growth($self, $where);
    check_logs($self, $where);
    check_counts($self, $where);
    is $engine->sound($database), 'ok', "$where: the database is sound";
    report($self, $where);
    outcome(sprintf('in ordinary use for %.0f minutes', $seconds / 60), $where, answers => $self->{answers}, map { $_ => $self->{$_} } qw(unavailable lost admitted));
    $server->stop;
    $engine->stop if $driver eq 'pgsql';
    return;
}

for my $part (@parts) {
    my ($mpm, $driver) = split /-/, $part;
    my $share = $PARTS{$part} // die "LUCI_SOAK_PARTS: no $part\n";
    subtest $part => sub { soak($mpm, $driver, max(MIN_SECONDS, $share * $MINUTES * 60)) };
}

done_testing;
