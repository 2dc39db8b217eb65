# SPDX-License-Identifier: Apache-2.0
# The counters: what mod_status and luciauth-metrics show is what happened, whichever child is asked, over the death of
# children and over restarts; the text is what OpenMetrics wants.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::OpenMetrics;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $hashes = LuciaTest::Hashes->new;
my $server = LuciaTest::Server->new(
    env    => $hashes->env,
    config => CHEAP_SITE . VAULT . BASIC . <<'CONF',
LuciaHashSlots 1 60s
LuciaDatabasePool 4
<IfModule !mpm_prefork_module>
    StartServers 4
    MinSpareThreads 64
    MaxSpareThreads 64
</IfModule>
<Location /status>
    SetHandler server-status
</Location>
<Location /metrics>
    SetHandler luciauth-metrics
</Location>
CONF
    files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(vault basic) },
);

# What mod_status says, without the word Lucia; luciauth-metrics must say the same.
sub figures { return { $server->request(GET => '/status?auto')->body =~ /^Lucia(\w+): (\d+)$/mg } }
sub metrics { return LuciaTest::OpenMetrics::samples($server->request(GET => '/metrics')->body) }

# The figures that changed, once they are what they should be.
my $before = {};
sub changed {
    my ($wanted, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $changes;
    wait_until(sub {
        my $now = figures();
        $changes = { map { $_ => $now->{$_} - ($before->{$_} // 0) } grep { !/Milliseconds|^Database|^Hashes/ && $now->{$_} != ($before->{$_} // 0) } keys %$now };
        return join(',', map { "$_=$changes->{$_}" } sort keys %$changes) eq join ',', map { "$_=$wanted->{$_}" } sort keys %$wanted;
    }, 10);
    is_deeply $changes, $wanted, $name or diag explain $changes;
    $before = figures();
    return;
}
sub login { my ($name, $password) = @_; return (POST => '/login', form(username => $name, password => $password)) }
sub basic { my ($password) = @_; return (GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("alice:$password", '') }) }
sub repeat { my ($count, @request) = @_; my %status = map { $server->request(@request)->status => 1 } 1 .. $count; return join ' ', sort keys %status }

my $names = figures();
cmp_ok scalar(keys %$names), '>', 35, 'the figures have names';
is scalar(grep { $_ } values %$names), 0, 'the figures begin with zero';

my $alice = sign_up($server, 'alice');
changed({ SignUps => 1 }, 'a sign-up is counted');
is repeat(3, login('alice', $PASSWORD)), '302', 'three sign-ins answer 302';
is repeat(4, login('alice', 'wrong')), '400', 'four wrong passwords get 400';
is repeat(2, login('nobody', 'wrong')), '400', 'two unknown users get 400';
is repeat(1, basic('wrong')), '401', 'a wrong Basic password gets 401';
is repeat(5, basic($PASSWORD)), '200', 'five right Basic passwords get 200';
is repeat(2, POST => '/signup', form(username => 'alice', password => $PASSWORD)), '400', 'a name that is taken';
is repeat(1, login('alice', $PASSWORD), origin => 'http://evil.example'), '403', 'a sign-in from another origin gets 403';
changed({ SignIns => 3, FailuresWrongPassword => 5, FailuresUnknownUser => 2, PasswordChecks => 5, FailuresNameTaken => 2, FailuresCrossSite => 1 }, 'each is counted');

is repeat(21, GET => '/vault/a.txt', cookie => $alice), '200', 'a gated page';
changed({ SessionsValidated => 21, CacheHits => 20, CacheMisses => 1 }, 'is found in the cache but once');
is repeat(7, GET => '/vault/a.txt', cookie => 'auth_session=' . 'k' x 40), '401', 'a session that nobody has';
changed({ SessionsUnknown => 7, CacheMisses => 7 }, 'an unknown session is counted');
my $idle = sign_in($server, 'alice');
expire($server, $idle, active => -1000, idle => 600_000);
is repeat(1, GET => '/vault/a.txt', cookie => $idle), '200', 'an idle one';
changed({ SignIns => 1, SessionsValidated => 1, CacheMisses => 1, Renewals => 1 }, 'the renewal of an idle session is counted');
is repeat(1, POST => '/logout', cookie => $idle, origin => 1), '302', 'a sign-out answers 302';
changed({ SignOuts => 1, SessionsValidated => 1, CacheHits => 1 }, 'a sign-out is counted');
is repeat(3, GET => '/login'), '200', 'three anonymous requests get 200';
changed({}, 'anonymous requests are not counted');

# ---- Hashes ----

sub sign_in_later { return send_request($server, login('alice', $PASSWORD)) }
sub hashing { my $now = figures(); return "$now->{HashesRunning} $now->{HashesWaiting}" }
my $computed = figures()->{Hashes};
is $computed, 13, 'each try computed a hash, but the five equal ones of HTTP Basic one together';
$hashes->hold;
my @asked = map { sign_in_later() } 1 .. 3;
ok wait_until(sub { hashing() eq '1 2' }, 20), 'one hash runs and two wait' or diag hashing();
is metrics()->{'luciauth_hashes_running'}, 1, 'the metrics say so';
is metrics()->{'luciauth_hashes_waiting'}, 2, 'the metrics count two waiting hashes';
$hashes->release;
reply_to($_) for @asked;
ok wait_until(sub { hashing() eq '0 0' }, 20), 'no hash runs or waits in the end';
is figures()->{Hashes}, $computed + 3, 'three more were computed';
cmp_ok figures()->{HashWaitMilliseconds}, '>', 0, 'the time in the queue is counted';
changed({ SignIns => 3 }, 'the users came in');

# ---- The death of a child, and restarts ----

$hashes->hold;
@asked = (sign_in_later());
ok wait_until(sub { $hashes->running == 1 }, 20), 'a hash runs';
my ($victim) = $hashes->running;
is hashing(), '1 0', 'the running hash is counted';
$server->kill_child(pid => $victim);
$hashes->release;
ok wait_until(sub { hashing() eq '0 0' }, 20), 'its child dies: it runs no more';
changed({}, 'what that child has counted stays');
for my $how (qw(restart_graceful restart restart_graceful)) {
    $server->$how;
    changed({}, "$how: everything stays");
    is repeat(1, login('alice', 'wrong')), '400', 'a wrong password after the restart gets 400';
    changed({ FailuresWrongPassword => 1 }, 'counters go on after the restart');
}
my %seen;
wait_until(sub { my $reply = $server->request(GET => '/status?auto'); $seen{ join ' ', $reply->body =~ /^Lucia(?!Database|Hash)\w+: (\d+)$/mg }++; return 60 <= eval { my $sum = 0; $sum += $_ for values %seen; $sum } }, 30);
is scalar(keys %seen), 1, 'every child reports the counters of all';

# ---- A database that is away ----

away($server->db);
ok settles(503, sub { $server->request(login('alice', $PASSWORD)) }), 'the database is away';
my $now = figures();
cmp_ok $now->{FailuresUnavailable} + $now->{FailuresBusy}, '>', 0, 'failures say so';
cmp_ok $now->{DatabaseErrors} + $now->{DatabaseRefusals}, '>', 0, 'errors of the database are counted';
is $server->request(GET => '/vault/a.txt', cookie => 'auth_session=' . 'z' x 40)->status, 503, "a session that can't be checked gets 503";
is figures()->{SessionsUndecided}, $now->{SessionsUndecided} + 1, 'could not be judged';
back($server->db);
ok settles(302, sub { $server->request(login('alice', $PASSWORD)) }), 'sign-in works when the database is back';
ok wait_until(sub { figures()->{DatabaseHandlesLent} == 0 }, 20), 'no handle is lent for ever';
cmp_ok figures()->{DatabaseLoans}, '>', 30, 'loans of database handles are counted';

# ---- OpenMetrics ----

my $reply = $server->request(GET => '/metrics');
is $reply->header('Content-Type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8', 'the type that OpenMetrics wants';
my @problems = LuciaTest::OpenMetrics::problems($reply->body);
is scalar(@problems), 0, 'the text is as it should be' or diag join "\n", @problems;
my ($said, $metric) = (figures(), metrics());
my %same = (
    SignIns => 'luciauth_events_total{event="sign_in",result="ok"}', SignUps => 'luciauth_events_total{event="sign_up",result="ok"}',
    Renewals => 'luciauth_events_total{event="renewal",result="ok"}', FailuresNameTaken => 'luciauth_events_total{event="sign_up",result="name_taken"}',
    CacheHits => 'luciauth_cache_lookups_total{result="hit"}', CacheMisses => 'luciauth_cache_lookups_total{result="miss"}',
    SessionsUnknown => 'luciauth_validations_total{result="unknown"}', Hashes => 'luciauth_hash_duration_seconds_count',
    DatabaseErrors => 'luciauth_database_errors_total', AuditLost => 'luciauth_audit_lost_total',
);
is $metric->{ $same{$_} }, $said->{$_}, "$_ is the same in both" for sort keys %same;
cmp_ok abs($metric->{luciauth_hash_duration_seconds_sum} * 1000 - $said->{HashMilliseconds}), '<=', 1, 'status and metrics agree on the hashing time';
is $metric->{'luciauth_hash_duration_seconds_bucket{le="+Inf"}'}, $said->{Hashes}, 'each hash is in a bucket';
is $server->request(HEAD => '/metrics')->status, 200, 'HEAD of the metrics answers 200';
is $server->request(HEAD => '/metrics')->body, '', 'has no body';
my $refused = $server->request(POST => '/metrics', form(a => 1));
is $refused->status, 405, 'POST is refused';
like $refused->header('Allow') // '', qr/\bGET\b/, 'the 405 of the metrics has Allow';
unlike $reply->body, qr/alice|$alice->{value}/, 'S9.15: nobody is named';

SKIP: {
    my ($python) = grep { system("$_ -c 'import prometheus_client.openmetrics.parser' 2>/dev/null") == 0 } '/usr/bin/python3', 'python3';
    skip 'no prometheus_client', 1 unless $python;
    my $file = $server->write('metrics.txt', $reply->body);
    my $count = `$python -c 'import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as f; print(sum(len(m.samples) for m in f(open(sys.argv[1]).read())))' $file 2>&1`;
    is $count, "@{[scalar keys %$metric]}\n", 'prometheus_client reads as many samples';
}

# ---- The page ----

my $page = $server->request(GET => '/status')->body;
my ($section) = $page =~ m{(<h2>mod_luciauth</h2>.*)}s;
like $section, qr{<dt>Sign-ins: $said->{SignIns}</dt>}, 'the page of mod_status shows the sign-ins';
is scalar(() = $section =~ /<dt>/g), scalar(keys %$said), 'the page of mod_status shows all figures';

subtest 'without mod_status and without a database' => sub {
    my $other = LuciaTest::Server->new(without => ['status'], templates => 0, config => "<Location /metrics>\n    SetHandler luciauth-metrics\n</Location>\n");
    my $alone = $other->request(GET => '/metrics');
    is $alone->status, 200, 'the metrics are there';
    is scalar(LuciaTest::OpenMetrics::problems($alone->body)), 0, 'the metrics alone are valid OpenMetrics';
};

done_testing;
