# SPDX-License-Identifier: Apache-2.0
# A step between password and second factor on two nodes, on every engine: no step cookie works twice, also with two codes at the
# same moment; and luciactl session revoke-all ends what is under way, also at the moment at which it completes. S1.41.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256_hex);
use Test::More;
use Time::HiRes qw(sleep time);
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Factors ();
use LuciaTest::MariaDB;
use LuciaTest::Postgres;
use LuciaTest::Site qw(sign_up $CHEAP_HASH);
use LuciaTest::Sqlite;

use constant ROUNDS => 12;

LuciaTest::only_files('this runs on all engines anyway');

my $CONFIG = "$CHEAP_HASH\nLuciaMount /account\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\n" . <<'CONF';
<Location /vault>
    AuthType Lucia
    Require valid-user
</Location>
CONF

sub node { my ($engine, $database) = @_; return LuciaTest::Server->new(config => $engine->line($database) . "\n$CONFIG", files => { 'htdocs/vault/a.txt' => 'inside' }, throttle => 0) }

# New codes of a user.
sub give_codes {
    my ($engine, $database, $id) = @_;
    $engine->query_in($database, "DELETE FROM auth_user_$_ WHERE user_id = ?", $id) for qw(totp recovery_code);
    $engine->query_in($database, 'INSERT INTO auth_user_totp (user_id, seed, created_at, last_step, failures) VALUES (?, ?, 1, 1, 0)', $id, '1.unknown0.AAAA');
    return map {
        my $bits = join '', map { chr int rand 256 } 1 .. 15;
        $engine->query_in($database, 'INSERT INTO auth_user_recovery_code (id, user_id) VALUES (?, ?)', sha256_hex($bits), $id);
        LuciaTest::Factors::base32($bits);
    } 1 .. 2;
}

sub step_at { my ($node) = @_; return (set_cookies($node->request(POST => '/account/login', form(username => 'alice', password => $PASSWORD)), 'auth_session_step'))[0] // die 'no step' }
sub send_code { my ($node, $step, $code) = @_; return $node->send_request($node->bytes_of(POST => '/account/factor', form(code => $code), cookie => $step, origin => 1)) }
sub vault { my ($node, $cookie) = @_; return $node->request(GET => '/vault/a.txt', cookie => $cookie, headers => { 'Sec-Fetch-Mode' => 'cors' })->status }

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    my $driver = $class->driver;
    my $database = $engine->create;
    my @nodes = map { node($engine, $database) } 1 .. 2;
    my $ctl = LuciaTest::Ctl->new('--config', $nodes[0]->conf_file);
    my $number = sub { return $engine->value_in($database, "SELECT count(*) FROM $_[0]") };
    sign_up($nodes[0], 'alice', path => '/account/signup');
    my $id = $engine->value_in($database, 'SELECT id FROM auth_user');
    my (%seen, %sessions);
    for (1 .. ROUNDS) {
        $engine->query_in($database, 'DELETE FROM user_session');
        my @codes = give_codes($engine, $database, $id);
        my $step = step_at($nodes[0]);
        my @sent = map { [$nodes[$_], send_code($nodes[$_], $step, $codes[$_])] } 0, 1;
        $seen{ join ' ', sort map { $_->[0]->answer_to($_->[1])->status } @sent }++;
        $sessions{ $number->('user_session') }++;
    }
    is_deeply \%seen, { '302 401' => ROUNDS }, "S1.41: $driver: no step cookie works twice: of two codes at the same moment, at two nodes, one signs in";
    is_deeply \%sessions, { 1 => ROUNDS }, "S1.41: $driver: two codes for one step at the same moment make exactly one session";

    my $begun = time;
    $ctl->does('session', 'revoke-all', 'alice');
    my $took = time - $begun;
    my (%answers, @wrong);
    for my $round (1 .. ROUNDS) {
        my ($code) = give_codes($engine, $database, $id);
        my $step = step_at($nodes[1]);
        my ($pid, $out, $err) = $ctl->spawn('session', 'revoke-all', 'alice');
        sleep rand 1.5 * $took;    # before, while or after luciactl does it
        my $reply = $nodes[1]->answer_to(send_code($nodes[1], $step, $code));
        waitpid $pid, 0;
        push @wrong, "luciactl ended with $?" if $?;
        my ($cookie) = grep { length $_->{value} } set_cookies($reply, 'auth_session');
        $answers{ $reply->status }++;
        push @wrong, $reply->status if $reply->status != ($cookie ? 302 : 401);
        push @wrong, 'a session is left' if $number->('user_session');
        push @wrong, 'a step is left' if $number->('auth_user_step');
        push @wrong, 'the session is accepted' if $cookie && !wait_until(sub { vault($nodes[1], $cookie) == 401 }, 20);
        push @wrong, 'the step signs in afterwards' if $nodes[0]->answer_to(send_code($nodes[0], $step, $code))->status != 401;
    }
    is_deeply \@wrong, [], "S1.41: $driver: revoke-all ends what is under way: a step that completes at the same moment leaves no session";
    note join ', ', map { "$answers{$_} answered $_" } sort keys %answers;
    is $engine->sound($database), 'ok', "S1.41: $driver: the database is sound after the races of steps";
}

done_testing;
