# SPDX-License-Identifier: Apache-2.0
# The step between password and second factor: it gets one session, whatever codes come with it, and what ends all sessions of a
# user ends it, so that nothing that was under way completes afterwards. Its row, and the table that may be missing. S1.41, S6.6.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256_hex);
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Factors;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up count_of error_in $CHEAP_HASH);

LuciaTest::only_files('the races of t/engines are on all engines');

my $ENDED = '401 Sign-in took too long. Sign in again.';
my $NEW = 'battery staple';
my $COMMON = "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaMount /account\n";
my $server = LuciaTest::Server->new(throttle => 0, config => "${COMMON}LuciaAuditLog logs/audit.log\nLuciaCleanup off\n");
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);

sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub post { my ($path, $fields, @cookies) = @_; return $server->request(POST => "/account/$path", form(%$fields), origin => 1, @cookies ? (cookie => join '; ', map { "$_->{name}=$_->{value}" } grep { $_ } @cookies) : ()) }
sub login { my ($name, $password) = @_; return post(login => { username => $name, password => $password // $PASSWORD }) }
sub named { my ($reply, $name) = @_; return (grep { length $_->{value} } set_cookies($reply, $name))[0] }
sub step_of { my ($reply) = @_; return named($reply, 'auth_session_step') // die 'no step: ' . answer($reply) }
sub factor { my ($code, @cookies) = @_; return post(factor => { code => $code }, @cookies) }
sub steps { my ($name) = @_; return sqlite_value($db, 'SELECT count(*) FROM auth_user_step WHERE user_id = ?', user_id($db, $name)) }
sub sessions { my ($name) = @_; return sqlite_value($db, 'SELECT count(*) FROM user_session WHERE user_id = ?', user_id($db, $name)) }
sub codes_left { my ($name) = @_; return sqlite_value($db, 'SELECT count(*) FROM auth_user_recovery_code WHERE user_id = ?', user_id($db, $name)) }
sub key_of { my ($name) = @_; return sqlite_value($db, 'SELECT hashed_password FROM user_key WHERE id = ?', "username:$name") }

# New codes, no session and no step.
sub begin {
    my ($name) = @_;
    sqlite($db, "DELETE FROM $_ WHERE user_id = ?", user_id($db, $name)) for qw(user_session auth_user_step);
    take_factors($db, $name);
    return give_codes($db, $name);
}

sub whole { my ($name, $code) = @_; return named(factor($code, step_of(login($name))), 'auth_session') // die "no session of $name" }

sign_up($server, $_, path => '/account/signup') for qw(alice bobby);

# ---- Its row ----

my @codes = begin('alice');
is answer(login('bobby')), '302 /account', 'a user without a second factor signs in';
is count_of($server, 'auth_user_step'), 0, 'S1.41: the sign-in of a user without a second factor opens no step';
my $now = int(Time::HiRes::time() * 1000);
my $step = step_of(login('alice'));
my ($row, @more) = @{ sqlite($db, 'SELECT * FROM auth_user_step') };
is scalar @more, 0, 'S1.41: a right password opens one step';
is $row->{user_id}, user_id($db, 'alice'), 'S6.6: the row of a step has its user';
like $row->{id}, qr/\A[0-9a-f]{64}\z/, 'S6.6: the id of a step is a SHA-256';
ok $row->{expires_at} >= $now + 600_000 && $row->{expires_at} <= $now + 660_000, 'S6.6: a step expires after ten minutes';
isnt $row->{id}, sha256_hex($step->{value}), 'S6.6: the row of a step is not made from its cookie alone';
unlike $step->{value}, qr/\Q$row->{id}\E/, 'S6.6: the cookie of a step does not have the id of the row';
sqlite($db, 'UPDATE auth_user_step SET expires_at = ?', $now - 1);
is answer(factor($codes[0], $step)), $ENDED, 'S1.41: a step whose row has expired completes nothing';
is codes_left('alice'), 10, 'S1.41: an expired row spends no code';
my $second = step_of(login('alice'));
is steps('alice'), 1, 'S6.6: a new step of a user deletes those that have expired';
sqlite($db, 'UPDATE auth_user_step SET user_id = ?', user_id($db, 'bobby'));
is answer(factor($codes[0], $second)), $ENDED, 'S1.41: a step whose row is that of another user completes nothing';

# ---- No step cookie works twice ----

@codes = begin('alice');
$step = step_of(login('alice'));
is answer(factor('AAAA-AAAA-AAAA-AAAA-AAAA-AAAA', $step)), '400 Incorrect code', 'S1.41: a wrong code is told';
is steps('alice'), 1, 'S1.41: a wrong code leaves the step open, so that a typing mistake does not cost it';
is answer(factor($codes[0], $step)), '302 /account', 'S1.41: the step gets its session';
is steps('alice'), 0, 'S1.41: the row of a step goes with the session that it gets';
$audit->events(1);
for my $code (@codes[1, 2]) {
    my $reply = factor($code, $step);
    is answer($reply), $ENDED, 'S1.41: no step cookie works twice: a further recovery code gets no session';
    is_deeply [map { $_->{value} } set_cookies($reply, 'auth_session')], [], 'S1.41: the answer to a spent step has no session';
}
is_deeply [map { "$_->{event} $_->{reason}" } $audit->events(2)], ['factor no_session', 'factor no_session'], 'S1.41: the audit lines of a spent step are those of an expired one';
is sessions('alice') . ' ' . codes_left('alice'), '1 9', 'S1.41: one step with three recovery codes gets one session and spends one code';

my $other = step_of(login('alice'));
$step = step_of(login('alice'));
is answer(factor($codes[3], $step)), '302 /account', 'S1.41: one of two open steps of a user gets its session';
is answer(factor($codes[4], $other)), '302 /account', 'S1.41: the step of another browser of the same user is still open';

# A confirmation.
sqlite($db, 'UPDATE user_session SET proved_at = 1000');
my $session = whole('alice', $codes[5]);
sqlite($db, 'UPDATE user_session SET proved_at = 1000');
$step = step_of(post(confirm => { password => $PASSWORD }, $session));
my $confirmed = named(my $reply = factor($codes[6], $step, $session), 'auth_session');
ok $confirmed, 'S1.42: the step of a confirmation gets its session' or diag answer($reply);
sqlite($db, 'UPDATE user_session SET proved_at = 1000');
is answer(factor($codes[7], $step, $confirmed)), '303 /account', 'S1.41: a confirmation that is sent twice is none, and the session that has the factor stays';
is sqlite_value($db, 'SELECT count(*) FROM user_session WHERE proved_at > 1000'), 0, 'S1.41: no step of a confirmation makes a session fresh twice';

# ---- Two at once ----

for my $round (1 .. 10) {
    @codes = begin('alice');
    $step = step_of(login('alice'));
    my @sent = map { $server->send_request($server->bytes_of(POST => '/account/factor', form(code => $_), cookie => $step, origin => 1)) } @codes[0, 1];
    is_deeply [sort map { $server->answer_to($_)->status } @sent], [302, 401], "S1.41: no step cookie works twice: of two codes at the same moment one signs in, round $round";
    is sessions('alice'), 1, "S1.41: two codes at the same moment make one session, round $round";
}

# ---- What ends all sessions ends what is under way ----

# Each puts the hash back, so that it is the row that counts and not the password.
my $hash = key_of('alice');
my %end = (
    'luciactl session revoke-all NAME' => sub { $ctl->does('session', 'revoke-all', 'alice') },
    'luciactl session revoke --user NAME' => sub { $ctl->does('session', 'revoke', '--user', 'alice') },
    'luciactl session revoke-all --everybody' => sub { $ctl->does('session', 'revoke-all', '--everybody', '--yes') },
    'luciactl user disable and user enable' => sub { $ctl->does('user', $_, 'alice') for qw(disable enable) },
    'luciactl user expire with a date that has passed' => sub { $ctl->does('user', 'expire', 'alice', $_) for qw(2026-01-01 never) },
    'luciactl user passwd' => sub { $ctl->does('user', 'passwd', 'alice', '--stdin', { stdin => "$NEW\n" }) },
    'luciactl user passwd --keep-sessions' => sub { $ctl->does('user', 'passwd', 'alice', '--stdin', '--keep-sessions', { stdin => "$NEW\n" }) },
    'luciactl import --replace' => sub { $ctl->does('import', 'htpasswd', $server->write('replace.htpasswd', "alice:{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=\n"), '--replace') },
    'the end of all other sessions' => sub { my ($session) = @_; is answer(post(sessions => { others => 1 }, $session)), '303 /account/sessions', 'a session ends all others' },
    'a change of the password' => sub { my ($session) = @_; is answer(post(password => { current => $PASSWORD, password => $NEW }, $session)), '303 /account', 'a session changes the password' },
    'a change of the password that keeps sessions' => sub { my ($session) = @_; is answer(post(password => { current => $PASSWORD, password => $NEW, keep_sessions => 1 }, $session)), '303 /account', 'a session changes the password and keeps the others' },
    'a reset of the password' => sub {
        my ($token) = $ctl->json('user', 'reset', 'alice', '--url', $server->url('/account/reset'))->{url} =~ /token=(\w+)/;
        is answer(post(reset => { token => $token, password => $NEW })), '303 /account/login', 'a link resets the password';
    },
);
for my $end (sort keys %end) {
    my @codes = begin('alice');
    my $session = whole('alice', $codes[0]);
    my @steps = map { step_of(login('alice')) } 1 .. 2;
    step_of(post(confirm => { password => $PASSWORD }, $session));
    is steps('alice'), 3, "S1.41: three steps are open before $end";
    $end{$end}->($session);
    is steps('alice'), 0, "S1.41: $end ends all open steps of the user";
    sqlite($db, 'UPDATE user_key SET hashed_password = ? WHERE id = ?', $hash, 'username:alice');
    my $before = sessions('alice');
    is answer(factor($codes[1], $steps[0])), $ENDED, "S1.41: a step from before $end does not sign in";
    is answer($server->request(GET => '/account/factor', cookie => $steps[1])), '302 /account/login', "S1.41: the page of a step from before $end leads to sign-in";
    is sessions('alice') . ' ' . codes_left('alice'), "$before 9", "S1.41: a step from before $end makes no session and spends no code";
}

@codes = begin('alice');
$session = whole('alice', $codes[0]);
$step = step_of(login('alice'));
my $bobs = do { give_codes($db, 'bobby'); step_of(login('bobby')) };
$ctl->does('session', 'revoke-all', 'bobby');
$ctl->does('session', 'revoke', substr(sha256_hex($session->{value}), 0, 12));
$ctl->does('user', 'enable', 'alice');
is answer(factor($codes[1], $step)), '302 /account', 'S1.41: what ends the sessions of another user, or one session, leaves a step open';
$step = step_of(login('alice'));
$ctl->does('user', 'delete', 'alice', '--yes');
is count_of($server, 'auth_user_step'), 0, 'S6.6: user delete removes the open steps';
is answer(factor($codes[2], $step)), $ENDED, 'S1.41: the step of a deleted user does not sign in';

# ---- Cleaning up ----

my $open = step_of(login('bobby'));
my $bobby = user_id($db, 'bobby');
sqlite($db, 'INSERT INTO auth_user_step (id, user_id, expires_at) VALUES (?, ?, 1)', "old$_", $bobby) for 1 .. 450;
$ctl->does('purge');
is steps('bobby'), 1, 'S6.6: luciactl purge deletes all steps that have expired, and no other one';
sqlite($db, 'INSERT INTO auth_user_step (id, user_id, expires_at) VALUES (?, ?, 1)', "old$_", $bobby) for 1 .. 450;
my $cleaning = LuciaTest::Server->new(config => $COMMON =~ s/\@db\@/$db/r . "LuciaCleanup 1s\n");
ok wait_until(sub { steps('bobby') == 1 }, 60), 'S6.6: LuciaCleanup deletes all steps that have expired, and no other one';
$cleaning->stop;

# ---- A table that is missing ----

sqlite($db, 'DROP TABLE auth_user_step');
my @off = (throttle => 0, config => $COMMON =~ s/\@db\@/$db/r . "LuciaCreateSchema Off\n");
my $tested = LuciaTest::Server->new(@off, start => 0);
my ($status, $said) = $tested->configtest($tested->{config});
my $off = LuciaTest::Server->new(@off);
my $create = qr/CREATE TABLE IF NOT EXISTS "auth_user_step" \(id VARCHAR\(64\) NOT NULL PRIMARY KEY, user_id /;
like $said, $create, 'S6.6: with LuciaCreateSchema Off configtest prints the statement of the table of steps' or diag $status;
like $off->error_log, $create, 'S6.6: with LuciaCreateSchema Off a start prints the statement of the table of steps';
my $tool = LuciaTest::Ctl->new('--config', $off->conf_file);
my $end = $tool->run('check');
like $end->{out} . $end->{err}, $create, 'S6.6: luciactl check prints the statement of the table of steps';
is $off->request(POST => '/account/login', form(username => 'bobby', password => $PASSWORD), origin => 1)->status, 503, 'S6.6: without the table of steps a sign-in that needs it answers 503';
is $off->request(POST => '/account/factor', form(code => $codes[0]), cookie => $open, origin => 1)->status, 503, 'S6.6: without the table of steps no step signs in';
sign_up($off, 'carol', path => '/account/signup');
is $off->request(POST => '/account/login', form(username => 'carol', password => $PASSWORD), origin => 1)->status, 302, 'S6.6: without the table of steps a user without a second factor signs in';
$tool->does('init');
is $off->request(POST => '/account/login', form(username => 'bobby', password => $PASSWORD), origin => 1)->status, 302, 'S6.6: luciactl init adds the table of steps, and the sign-in asks for the factor';
$end = $tool->run('check');
unlike $end->{out} . $end->{err}, qr/auth_user_step/, 'luciactl check is content with the table of steps';

# ---- Beside a host without second factors, whose users and sessions are the same ----

my $mixed = LuciaTest::Server->new(throttle => 0, config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaCleanup 1s\n" . <<'CONF');
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName two.test
    LuciaSecret {file:@secret@}
    LuciaSecondFactor optional
</VirtualHost>
CONF
my $two = LuciaTest::Gate::Host->new($mixed, 'two.test', 'db/luciauth.db');
my $beside = sign_up($mixed, 'alice', path => '/account/signup');
@codes = give_codes($mixed->db, 'alice');
sub step_there { return step_of($two->request(POST => '/account/login', form(username => 'alice', password => $PASSWORD), origin => 'http://two.test')) }
sub factor_there { my ($cookie) = @_; return answer($two->request(POST => '/account/factor', form(code => $codes[0]), cookie => $cookie, origin => 'http://two.test')) }
$open = step_there();
is $mixed->request(POST => '/account/sessions', form(others => 1), cookie => $beside, origin => 1)->status, 303, 'a host without second factors ends all other sessions';
is factor_there($open), $ENDED, 'S1.41: the end of all others at a host without second factors ends the steps of the other host';
for my $words (['session', 'revoke-all', 'alice'], ['session', 'revoke-all', '--everybody', '--yes'], ['--vhost', '127.0.0.1', 'session', 'revoke-all', 'alice']) {
    $open = step_there();
    LuciaTest::Ctl->new('--config', $mixed->conf_file)->does(@$words);
    is factor_there($open), $ENDED, "S1.41: @$words ends the steps of another host with the same users";
}
step_there();
sqlite($mixed->db, 'UPDATE auth_user_step SET expires_at = 1');
ok wait_until(sub { count_of($mixed, 'auth_user_step') == 0 }, 30), 'S6.6: LuciaCleanup deletes expired steps of another host with the same sessions';
unlike $server->error_log . $off->error_log . $mixed->error_log, qr/exit signal/, 'no child of the steps crashes';

done_testing;
