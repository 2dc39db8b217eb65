# SPDX-License-Identifier: Apache-2.0
# luciactl factor list and factor reset, beside a site whose users set up an app, on each engine. S1.63, S6.6.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use JSON::PP ();
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Site;

LuciaTest::only_files('this runs on all engines anyway');

my ($ctl, $server);

sub api { my ($path, $fields, $cookie) = @_; return $server->request(POST => "/api/$path", json($fields), cookie => $cookie, origin => 1) }
sub gate { my ($cookie) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $cookie)->status }

sub code {
    my ($secret) = @_;
    chomp(my $code = `oathtool --totp --base32 $secret`);
    return $code;
}

sub set_up {
    my ($cookie) = @_;
    my $secret = $server->request(GET => '/api/factors/totp', cookie => $cookie)->json->{secret};
    my $reply = api('factors/totp', { secret => $secret, code => code($secret) }, $cookie);
    die $reply->body if $reply->status != 200;
    return cookie_of($reply);
}

sub check_listing {
    my ($engine, $database) = @_;
    is_deeply $ctl->json('factor', 'list', 'alice'), [], 'factor list of a user without factors is empty';
    my $alice = set_up(sign_in($server, 'alice'));
    my ($app, $recovery, @more) = @{ $ctl->json('factor', 'list', 'alice') };
    is_deeply [@{$app}{qw(factor number wrongCodes)}], ['totp', 1, 0], 'factor list shows an app';
    like $app->{createdAt}, qr/^20\d\d-\d\d-\d\dT/, 'factor list shows when the app was set up';
    is_deeply [@{$recovery}{qw(factor number createdAt)}], ['recovery', 10, undef], 'factor list shows the number of recovery codes';
    is scalar @more, 0, 'factor list shows nothing more';
    $engine->query_in($database, 'UPDATE auth_user_totp SET failures = 100');
    my $text = $ctl->does('factor', 'list', 'alice');
    like $text, qr/^totp\s+1\s.*\s100$/m, 'S1.63: factor list shows the wrong codes in a row';
    unlike $text, qr/[A-Z2-7]{32}|\b1\.[\w-]{8}\./, 'factor list shows no secret';
    return $alice;
}

sub check_resetting {
    my ($engine, $database, $alice) = @_;
    my $bert = set_up(sign_in($server, 'bertha'));
    my $count = sub { $engine->value_in($database, "SELECT count(*) FROM auth_user_$_[0]") };
    like $ctl->does('factor', 'reset', 'alice'), qr/^alice has no second factor any more \(totp, recovery\); 0 sessions were ended\.$/, 'factor reset says what was removed';
    is $count->('totp') . ' ' . $count->('recovery_code'), '1 10', 'factor reset leaves the factors of other users';
    is gate($alice), 200, 'factor reset leaves the sessions';
    is $ctl->status('factor', 'reset', 'alice'), 1, 'factor reset of a user without factors ends with 1';
    is $ctl->status('factor', 'reset', 'nobody'), 1, 'factor reset of an unknown user ends with 1';
    is $ctl->json('factor', 'reset', 'bertha', '--end-sessions')->{sessions}, 2, 'factor reset --end-sessions ends the sessions';
    ok wait_until(sub { gate($bert) == 401 }, 20), 'the site notices that the sessions have ended';
    is $count->('totp') . ' ' . $count->('recovery_code'), '0 0', 'no factor is left';
    like $ctl->audit, qr/event=factor_reset result=ok .* account=alice$/m, 'the audit log has the reset';
    set_up(sign_in($server, 'alice'));
    is $ctl->json('factor', 'list', 'alice')->[0]{factor}, 'totp', 'S1.63: after a reset the user sets up an app again';
    $ctl->does('user', 'delete', 'alice', '--yes');
    is $count->('totp') . ' ' . $count->('recovery_code'), '0 0', 'S6.6: user delete removes the factors';
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    subtest $engine->kind => sub {
        my $database = $engine->create;
        $ctl = LuciaTest::Ctl->of($engine, $database);
        $ctl->does('init');
        $ctl->does('user', 'add', 'zoe1', '--stdin', { stdin => "$PASSWORD\n" });
        my $end = $ctl->run('factor', 'list', 'zoe1');
        is $end->{status}, 1, 'factor list without the tables ends with 1';
        like $end->{err}, qr/no table auth_user_totp; write LuciaSecondFactor optional/, 'factor list says what is missing';
        $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET },
            config => $engine->line($database) . "\n$CHEAP_HASH\nLuciaMount /\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaSessionCacheTTL 1s\n<Location /vault/>\nAuthType Lucia\nRequire valid-user\n</Location>\n");
        sign_up($server, $_) for qw(alice bertha);
        my $alice = check_listing($engine, $database);
        check_resetting($engine, $database, $alice);
    };
}
done_testing;
