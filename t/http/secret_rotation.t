# SPDX-License-Identifier: Apache-2.0
# LuciaSecret is replaced while users sign in with codes, and lost: S5.5, S1.62, S1.41, as doc/operations.md describes it.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Factors;
use LuciaTest::Site qw(sign_up error_in $CHEAP_HASH);

my ($old, $new, $other) = map { "the $_ secret of these tests, and of no server" } qw(old new other);
my $server = LuciaTest::Server->new(config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaMount /account\nLuciaThrottle off\n", start => 0);
$server->write_secret('conf/secret', "$old\n") if $server->secret_file;
$server->start;
my $db = $server->db;

sub with_secrets { $server->write_secret('conf/secret', join '', map { "$_\n" } @_); $server->restart_graceful; return }
sub cookie_named { my ($reply, $name) = @_; return (map { /^(\Q$name\E=[^;]+)/ } $reply->headers('Set-Cookie'))[0] }
sub login { my ($name) = @_; return cookie_named($server->request(POST => '/account/login', form(username => $name, password => $PASSWORD)), 'auth_session_step') }
sub prove { my ($code, $step) = @_; return $server->request(POST => '/account/factor', form(code => $code), origin => 1, cookie => $step)->status }
sub seed_of { my ($name) = @_; return sqlite_value($db, 'SELECT seed FROM auth_user_totp WHERE user_id = ?', user_id($db, $name)) }
sub key_id { return (split /\./, $_[0])[1] }

# A code that works, whichever codes worked before.
sub code_of {
    my ($user) = @_;
    sqlite($db, 'UPDATE auth_user_totp SET last_step = 1 WHERE user_id = ?', user_id($db, $user->{name}));
    return totp($user->{secret}, time);
}

# A user with an app, and recovery codes.
sub with_app {
    my ($name) = @_;
    my $session = sign_up($server, $name, path => '/account/signup');
    my $secret = $server->request(GET => '/account/api/factors/totp', cookie => $session)->json->{secret};
    my $reply = $server->request(POST => '/account/api/factors/totp', json({ secret => $secret, code => totp($secret, time) }), cookie => $session, origin => 1);
    is $reply->status, 200, "S1.62: $name sets up an app" or diag $reply->body;
    return { name => $name, secret => $secret, codes => $reply->json->{recovery_codes} };
}

my ($alice, $bobby) = map { with_app($_) } qw(alice bobby);
my ($alices, $bobbys) = map { seed_of($_) } qw(alice bobby);
is key_id($alices), key_id($bobbys), 'S5.5: the seeds of two users name one secret';
my ($step, $stale) = (login('alice'), login('bobby'));

# ---- First the new secret is the last one ----

with_secrets($old, $new);
is prove(code_of($alice), $step), 302, 'S5.5: a sign-in that began before the new secret was added ends after it';
is key_id(seed_of('alice')), key_id($alices), 'S5.5: as long as the new secret is the second one, seeds keep theirs';

# ---- Then it is the first one ----

$step = login('alice');
with_secrets($new, $old);
is prove(code_of($alice), $step), 302, 'S5.5: a sign-in that began with the old secret ends with the new one';
isnt key_id(seed_of('alice')), key_id($alices), 'S5.5: a sign-in encrypts its seed with the new secret';
is seed_of('bobby'), $bobbys, 'S5.5: the seed of a user who does not sign in stays as it is';

# ---- At last the old one is gone ----

with_secrets($new);
is prove(code_of($alice), login('alice')), 302, 'S5.5: a seed that was encrypted again does not need the old secret';
is prove($bobby->{codes}[0], $stale), 401, 'S5.5: a step that was made with the old secret is none any more';
is $server->request(GET => '/account/factor', cookie => $stale)->status, 302, 'S5.5: with a step of the old secret the page leads to sign-in';
$step = login('bobby');
is prove(code_of($bobby), $step), 500, 'S1.62: a code answers 500 if its seed still needs the old secret';
like $server->error_log, qr/LUCI0251: the codes of user \S+ cannot be checked, because LuciaSecret does not have/, 'S1.62: the log says that the secret is missing';
is prove($bobby->{codes}[1], $step), 302, 'S1.62: a recovery code works without the secret';

# ---- Lost ----

with_secrets($other);
is prove(code_of($alice), login('alice')), 500, 'S5.5: with another secret a code answers 500';
is prove($alice->{codes}[0], login('alice')), 302, 'S5.5: with another secret a recovery code signs in';
with_secrets($other, $new, $old);
is prove(code_of($bobby), login('bobby')), 302, 'S5.5: a secret that is written back decrypts again';
my ($log, $dump) = ($server->error_log, join '', map { $_->{seed} } @{ sqlite($db, 'SELECT seed FROM auth_user_totp') });
ok !(grep { index($log . $dump, $_) >= 0 } $old, $new, $other, $alice->{secret}, $bobby->{secret}), 'S5.5: log and database contain neither a secret nor a seed';

done_testing;
