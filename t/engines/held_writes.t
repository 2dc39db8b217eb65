# SPDX-License-Identifier: Apache-2.0
# PostgreSQL holds writes while it answers reads: a COMMIT waits for a synchronous standby that is gone, a row is locked by others and no
# limit of the server ends the wait, or the clean-up's DELETE does not end. Gates go on, no process of the server is left waiting, and
# what was not done is not said to be.
# t/long/sync_standby.t does it with a real standby and for minutes.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Postgres;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up $CHEAP_HASH);
use Time::HiRes 'time';

LuciaTest::only_files('this brings its own PostgreSQL');

# A use of a handle gets 5 s, and is cancelled after 4; the rest is for a machine that is busy.
use constant LONG => 12;

my $few = LuciaTest::mpm() eq 'prefork' ? "StartServers 10\nMinSpareServers 4\nServerLimit 12\nMaxRequestWorkers 12\n" : "StartServers 1\nServerLimit 1\nThreadsPerChild 16\nMinSpareThreads 1\n"
    . "MaxSpareThreads 16\nMaxRequestWorkers 16\nLuciaDatabasePool 4\n";
my $postgres = LuciaTest::Postgres->new;

sub site_on {
    my ($database, $more) = @_;
    my $server = LuciaTest::Server->new(config => $postgres->line($database) . "\nLuciaMount /\n$CHEAP_HASH\nLuciaSessionCache off\n$few" . VAULT . ($more // ''),
        files => { 'htdocs/vault/a.txt' => SECRET });
    return { server => $server, database => $database, alice => sign_up($server, 'alice'), bobby => sign_up($server, 'bobby') };
}

sub vault { my ($site, $who) = @_; return $site->{server}->request(GET => '/vault/a.txt', script(), cookie => $site->{$who}) }
sub login { my ($site) = @_; return $site->{server}->bytes_of(POST => '/login', form(username => 'alice', password => $PASSWORD)) }

sub send_login { my ($site) = @_; return $site->{server}->send_request(login($site)) }

sub is_refused_login {
    my ($site, $sent, $name) = @_;
    my $reply = $site->{server}->answer_to($sent);
    is_unavailable $reply, $name;
    is scalar($reply->headers('Set-Cookie')), 0, "$name: no cookie is set or cleared";
    cmp_ok time - $sent->{begun}, '<', LONG, "$name: in time";
    return;
}

sub waiting {
    my ($site, $for) = @_;
    return $postgres->value('SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND wait_event = ?', $site->{database}, $for);
}

sub standbys {
    my ($names) = @_;
    $postgres->query("ALTER SYSTEM SET synchronous_standby_names = '$names'");
    $postgres->query('SELECT pg_reload_conf()');
    wait_until(sub { $postgres->value('SHOW synchronous_standby_names') eq $names }, LONG) or die "no reload\n";
    return;
}

sub serves_quickly {
    my ($site, $who, $name) = @_;
    my ($reply, $seconds) = timed(sub { vault($site, $who) });
    is_served $reply, $name;
    cmp_ok $seconds, '<', 2, "$name: at once";
    return $reply;
}

sub logged { my ($site, $pattern) = @_; return scalar(() = $site->{server}->error_log =~ /$pattern/g) }

# More sign-ins than there are handles, while a gate is asked again and again.
sub check_no_standby {
    my ($site) = @_;
    my $before = $postgres->value_in($site->{database}, 'SELECT count(*) FROM user_session');
    $postgres->query_in($site->{database}, 'UPDATE user_session SET active_expires = ? WHERE id = ?', int(time * 1000) - 1000, stored_id($site->{bobby}));
    standbys('nobody');
    my @sent = map { send_login($site) } 1 .. 6;
    ok wait_until(sub { waiting($site, 'SyncRep') }, LONG), 'a sign-in waits for a standby that is not there';
    my ($rounds, @slow) = (0);
    until ($rounds > 3 && !grep { !$site->{server}->is_answered($_) } @sent) {
        my ($reply, $seconds) = timed(sub { vault($site, 'alice') });
        die 'the gate answered ' . $reply->bytes if $reply->status != 200;
        push @slow, $seconds if $seconds > 2;
        $rounds++;
        select undef, undef, undef, 0.05;
    }
    is "@slow", '', "the gate admits meanwhile, $rounds times, without a wait";
    is_refused_login($site, $_, 'a sign-in without a standby') for @sent;
    ok wait_until(sub { !waiting($site, 'SyncRep') }, 3), 'no process of PostgreSQL waits after the answers';
    cmp_ok $postgres->value_in($site->{database}, 'SELECT count(*) FROM user_session'), '>', $before,
        'what was cancelled is stored, though nobody was told so';
    my ($reply, $seconds) = timed(sub { $site->{server}->answer_to(send_login($site)) });
    serves_quickly($site, 'alice', 'the gate right after it');
    $reply = vault($site, 'bobby');
    is_served $reply, 'the gate with a session that is due for renewal';
    is scalar(set_cookies($reply)), 0, 'a session that cannot be renewed keeps its cookie';
    cmp_ok logged($site, 'LUCI0319: the database did not answer a write in time: .*LuciaDatabase in '), '>', 0, 'the log says that writes hang';
    # But for those that waited for the lock of their user, whose sign-in was waiting.
    unlike $site->{server}->error_log, qr/LUCI0302(?!.* 55P03: )/, 'the log does not say that all requests fail';

    standbys('');
    my $out;
    ok wait_until(sub { $out = $site->{server}->answer_to(send_login($site)); $out->status == 302 }, LONG), 'sign-ins work again';
    ok cookie_of($out), 'a sign-in after the outage sets a cookie';
    # Each process says so by itself, with its next write.
    ok wait_until(sub { $site->{server}->answer_to(send_login($site)); logged($site, 'LUCI0320') }, LONG), 'the log says that writes are answered';
    return;
}

# A lock whose wait nothing in the server ends: the administrator has set limits of his own.
sub begin_lock {
    my ($site) = @_;
    $site->{holder} = $postgres->connect($site->{database});
    $site->{holder}->begin_work;
    $site->{holder}->do('SELECT 1 FROM auth_user FOR UPDATE');
    $site->{sent} = send_login($site);
    ok wait_until(sub { waiting($site, 'transactionid') }, LONG), 'a sign-in waits for a row';
    serves_quickly($site, 'alice', 'the gate while a row is locked');
    return;
}

sub end_lock {
    my ($site) = @_;
    is_refused_login($site, $site->{sent}, 'a sign-in that waits for a row');
    ok wait_until(sub { !waiting($site, 'transactionid') }, 3), 'no process of PostgreSQL waits for the row after the answer';
    $site->{holder}->rollback;
    ok wait_until(sub { $site->{server}->answer_to(send_login($site))->status == 302 }, LONG), 'sign-ins work when the row is free';
    return;
}

# A clean-up whose statement does not end.
sub begin_purge {
    my ($site) = @_;
    $postgres->query_in($site->{database}, $_) for
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN OLD; END'",
        'CREATE TRIGGER slow BEFORE DELETE ON user_session FOR EACH ROW EXECUTE FUNCTION slow()';
    $postgres->query_in($site->{database}, 'UPDATE user_session SET active_expires = 1, idle_expires = 1 WHERE id = ?', stored_id($site->{bobby}));
    ok wait_until(sub { waiting($site, 'PgSleep') }, LONG), 'the clean-up deletes, and does not end';
    serves_quickly($site, 'alice', 'the gate during the clean-up');
    return;
}

sub end_purge {
    my ($site) = @_;
    ok wait_until(sub { logged($site, 'LUCI0713: expired sessions could not be deleted') }, LONG), 'the clean-up is cut off';
    serves_quickly($site, 'alice', 'the gate after a clean-up that was cut off');
    is $site->{server}->answer_to(send_login($site))->status, 302, 'sign-ins go on beside a clean-up that hangs';
    cmp_ok waiting($site, 'PgSleep'), '<=', 1, 'no process of PostgreSQL goes on with a clean-up that was cut off';
    $postgres->query_in($site->{database}, 'DROP TRIGGER slow ON user_session');
    ok wait_until(sub { !$postgres->value_in($site->{database}, 'SELECT count(*) FROM user_session WHERE id = ?', stored_id($site->{bobby})) }, 60),
        'the expired session is deleted once nothing holds it';
    return;
}

# At the same time, because each takes as long as a call may.
my $locked = $postgres->create;
$postgres->query("ALTER DATABASE $locked SET $_ = '1h'") for qw(lock_timeout statement_timeout);
my ($alone, $blocked, $cleaned) = (site_on($postgres->create), site_on($locked), site_on($postgres->create, "LuciaCleanup 1s\n"));
begin_purge($cleaned);
begin_lock($blocked);
check_no_standby($alone);
end_lock($blocked);
end_purge($cleaned);

done_testing;
