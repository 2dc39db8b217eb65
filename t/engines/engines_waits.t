# SPDX-License-Identifier: Apache-2.0
# Who waits for a server of PostgreSQL or MariaDB that hangs or is slow, and for how long: threads, processes, one request,
# httpd's start and restart. t/engines/engines_hung.t is about what is answered meanwhile.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use IO::Select;
use LuciaTest;
use LuciaTest::Link;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);
use Time::HiRes 'time';

# A request's use of the database gets 5 s. Twice that is for a machine that is busy.
use constant { ONE => 5, LONG => 12 };

my $COMMON = "LuciaMount /\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaSessionCache off\n"
    . "<Location /vault/>\nAuthType Lucia\nRequire valid-user\n</Location>\n";
my %files = map { ("htdocs/$_/a.txt" => SECRET) } qw(vault open);

sub serve {
    my ($config, %arg) = @_;
    return LuciaTest::Server->new(config => "$config\n$COMMON", files => \%files, %arg);
}

sub vault { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $cookie) }
sub open_file { my ($server) = @_; return $server->request(GET => '/open/a.txt') }

# A connection that stays open holds a thread in some MPMs.
sub send_to_vault {
    my ($server, $cookie) = @_;
    my $socket = $server->connect;
    syswrite $socket, $server->bytes_of(GET => '/vault/a.txt', script(Connection => 'close'), cookie => $cookie);
    return { server => $server, socket => $socket, begun => time };
}

sub answered { return grep { IO::Select->new($_->{socket})->can_read(0) } @_ }

sub reply_to {
    my ($sent) = @_;
    my $reply = LuciaTest::Reply->parse($sent->{server}->raw('', socket => $sent->{socket}), 'GET');
    $sent->{seconds} = time - $sent->{begun};
    close $sent->{socket};
    return $reply;
}

# ---- Threads: a quarter of them is never caught ----

sub check_threads {
    my ($engine) = @_;
    my $server = serve($engine->line($engine->create) . "\nStartServers 1\nServerLimit 1\nThreadsPerChild 8\nMinSpareThreads 1\n"
        . "MaxSpareThreads 8\nMaxRequestWorkers 8");
    my $alice = sign_up($server, 'alice');
    $engine->freeze;
    my @waiting = map { send_to_vault($server, $alice) } 1 .. 12;
    my @refused;
    my $done = wait_until(sub {
        push @refused, map { reply_to($_) } answered(@waiting);
        @waiting = grep { !$_->{seconds} } @waiting;
        return @refused >= 6;
    }, ONE);
    ok $done, 'six of twelve are answered soon';
    is_served open_file($server), 'what is open is served';
    is scalar(@waiting), 6, 'while six of eight threads wait';
    is scalar(answered(@waiting)), 0, 'six requests still wait for the hung database';
    is_unavailable $_, 'in the end' for @refused, map { reply_to($_) } @waiting;
    $engine->thaw;
    ok wait_until(sub { vault($server, $alice)->status == 200 }, LONG), 'the gate serves when the database answers again';
    return;
}

# The threads that are left serve other databases, one after the other.
sub check_other_database {
    my ($engine, $other) = @_;
    my $server = serve($engine->line($engine->create) . "\nStartServers 1\nServerLimit 1\nThreadsPerChild 8\nMinSpareThreads 1\n"
        . "MaxSpareThreads 8\nMaxRequestWorkers 8\n<VirtualHost *>\nServerName 127.0.0.1\n</VirtualHost>\n<VirtualHost *>\nServerName other.test\n"
        . $other->line($other->create) . "\n</VirtualHost>");
    my $alice = sign_up($server, 'alice');
    my $host = LuciaTest::Gate::Host->new($server, 'other.test');
    my $bobby = sign_up($host, 'bobby');
    $engine->freeze;
    my @sent = map { send_to_vault($server, $alice) } 1 .. 6;
    is_served vault($host, $bobby), 'another database answers' for 1 .. 10;
    is scalar(answered(@sent)), 0, 'while six of eight threads wait for this one';
    is_unavailable reply_to($_), 'in the end' for @sent;
    $engine->thaw;
    return;
}

# ---- Processes: one finds out for all ----

sub check_processes {
    my ($engine) = @_;
    my $server = serve($engine->line($engine->create) . "\nStartServers 4\nMinSpareServers 4\nMaxSpareServers 4\nServerLimit 4\nMaxRequestWorkers 4",
        mpm => 'prefork');
    my $alice = sign_up($server, 'alice');
    ok wait_until(sub { (() = $server->children) >= 4 }, LONG), 'httpd runs four processes';
    $engine->freeze;
    is_unavailable vault($server, $alice), 'the first one waits';
    my @sent = map { send_to_vault($server, $alice) } 1 .. 4;
    is_unavailable reply_to($_), 'the others do not' for @sent;
    cmp_ok scalar(grep { $_->{seconds} > ONE - 2 } @sent), '<=', 1, 'at most one request tries the hung database again';
    $engine->thaw;
    ok wait_until(sub { vault($server, $alice)->status == 200 }, LONG), 'the gate serves when the one database answers again';
    is_served vault($server, $alice), 'every virtual host is served when the database answers again' for 1 .. 8;
    return;
}

# ---- One request: everything that it asks together ----

# Connecting takes a dozen messages.
sub check_request {
    my ($engine) = @_;
    my $link = LuciaTest::Link->new($engine->port);
    my $server = serve($engine->line($engine->create($engine->lucia_tables), $link->words) . "\nLuciaCreateSchema Off\nLuciaDatabasePool 1");
    my $somebody = { name => 'auth_session', value => 'a' x 40 };
    $link->slow(2);
    my ($reply, $seconds) = timed(sub { vault($server, $somebody) });
    is_unavailable $reply, 'a link that takes 2 s for each message';
    cmp_ok $seconds, '<', LONG, 'is not waited for message by message';
    cmp_ok $seconds, '>', 1, 'a slow link takes as long as a request may';
    $link->slow(0);
    ok wait_until(sub { vault($server, $somebody)->status == 401 }, LONG), 'a quick one answers';
    return;
}

# ---- httpd itself ----

sub is_left { my ($server, $pattern) = @_; return scalar(() = $server->error_log =~ /$pattern/g) }

sub zombies {
    my ($server) = @_;
    return grep { LuciaTest::Server::slurp($_) =~ /^\d+ \(.*\) Z @{[ $server->pid ]} /s } glob '/proc/[0-9]*/stat';
}

sub check_starts {
    my ($postgres, $mariadb) = @_;
    my @lines = map { $_->line($_->create) } $postgres, $postgres, $mariadb;
    my $server = serve("$lines[0]\n" . join '', map { "<VirtualHost *>\nServerName $_.test\n$lines[$_]\n</VirtualHost>\n" } 1, 2);
    $_->freeze for $postgres, $mariadb;
    my (undef, $seconds) = timed(sub { $server->restart_graceful });
    is_served open_file($server), 'a graceful restart while three databases hang';
    cmp_ok $seconds, '<', ONE, 'does not wait until they are given up';
    is is_left($server, 'LUCI0311: the (?:PostgreSQL|MySQL or MariaDB) database \S+ .*LuciaDatabase in '), 3, 'the log says which database each abandoned call belongs to';
    ok wait_until(sub { is_left($server, 'LUCI0308') == 3 }, LONG), 'abandoned processes finish their calls';
    ok wait_until(sub { !zombies($server) }, LONG), 'whom httpd has waited for';
    unlike $server->error_log, qr/long lost child|exit signal/, 'httpd does not report abandoned processes as its own' or diag $server->error_log;

    $server->restart_graceful;
    my ($group, $port) = ($server->pid, $server->port);
    $server->stop;
    ok wait_until(sub { !kill 0 => -$group }, LONG), 'when httpd ends, so do they';
    (undef, $seconds) = timed(sub { $server->start });
    cmp_ok $seconds, '<', 2 * ONE + 1, 'a start gives up on all of them at the same time';
    is $server->port, $port, 'its port was free';
    is_served open_file($server), 'the server serves while three databases hang';
    $_->thaw for $postgres, $mariadb;
    ok wait_until(sub { vault($server, { name => 'auth_session', value => 'a' x 40 })->status == 401 }, LONG), 'the gates work when the three databases answer';
    return;
}

# ---- A row that can't be taken over ----

my %refusing = (
    pgsql => sub { (q{CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''never''; END'},
        "CREATE TRIGGER never BEFORE UPDATE ON user_session FOR EACH ROW WHEN (OLD.id = '$_[0]') EXECUTE FUNCTION never()") },
    mysql => sub { "CREATE TRIGGER never BEFORE UPDATE ON user_session FOR EACH ROW BEGIN IF OLD.id = '$_[0]' THEN "
        . "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'never'; END IF; END" },
);

sub check_takeover {
    my ($engine) = @_;
    my $database = $engine->create;
    my $server = serve($engine->line($database) . "\nStartServers 1\nServerLimit 1\n"
        . (LuciaTest::mpm() eq 'prefork' ? 'MaxRequestWorkers 1' : "ThreadsPerChild 4\nMinSpareThreads 1\nMaxSpareThreads 4\nMaxRequestWorkers 4"));
    my ($bad, $idle) = map { sign_up($server, $_) } qw(alice bobby);
    my $now = int(time * 1000);
    $engine->query_in($database, 'UPDATE user_session SET id = ? WHERE id = ?', $bad->{value}, stored_id($bad));
    $engine->query_in($database, 'UPDATE user_session SET active_expires = ? WHERE id = ?', $now - 1000, stored_id($idle));
    $engine->query_in($database, $_) for $refusing{ $engine->driver }->($bad->{value});
    is_served vault($server, $bad), 'a session of Lucia that can not be taken over';
    is is_left($server, 'LUCI0306'), 1, 'the log says that the session could not be migrated';
    my $reply = vault($server, $idle);
    is_served $reply, 'another session is served while the migration fails';
    is scalar(set_cookies($reply)), 1, 'is renewed meanwhile';
    is_served vault($server, $bad), 'the first one goes on' for 1 .. 3;
    is is_left($server, 'LUCI0306'), 1, 'a failed migration is not tried at each request';
    unlike $server->error_log, qr{answered with 503 until}, 'the log does not say that requests are answered with 503 until the database works';
    return;
}

my ($postgres, $mariadb) = map { $_->new } qw(LuciaTest::Postgres LuciaTest::MariaDB);
subtest 'threads' => sub { LuciaTest::mpm() eq 'prefork' ? plan(skip_all => 'it has none') : check_threads($postgres) };
subtest 'two databases' => sub { LuciaTest::mpm() eq 'prefork' ? plan(skip_all => 'no threads') : check_other_database($postgres, $mariadb) };
subtest 'processes' => sub { check_processes($postgres) };
for my $engine ($postgres, $mariadb) {
    subtest $engine->kind . ': one request'       => sub { check_request($engine) };
    subtest $engine->kind . ': taken over or not' => sub { check_takeover($engine) };
}
subtest 'start and restart' => sub { check_starts($postgres, $mariadb) };

done_testing;
