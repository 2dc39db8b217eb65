# SPDX-License-Identifier: Apache-2.0
# A table of the module that the database lacks, as after an upgrade with LuciaCreateSchema Off, on each engine: the log and
# luciactl check say what fails without it and what adds it; that fails, and the rest works, luciactl included. S6.6, S7.5.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256_hex);
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Factors ();
use LuciaTest::Gate;
use LuciaTest::MariaDB;
use LuciaTest::Passkey;
use LuciaTest::Postgres;
use LuciaTest::Site qw(sign_up site $CHEAP_HASH);
use LuciaTest::Sqlite;

LuciaTest::only_files('this runs on all engines anyway');

my $CONFIG = "$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCache off\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaPasskeys on\n"
    . "LuciaMail smtp://127.0.0.1:9\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaEmail optional\nLuciaActivity On\nLuciaGroups On\n"
    . "LuciaCreateSchema \${SCHEMA}\n<Location /vault>\nAuthType Lucia\nRequire valid-user\n</Location>\n";

# What the log says of each table; then what the site answers without it, and with it.
my $SIGN_IN = 'LuciaSecondFactor needs it: sign-in and the pages of second factors are answered with 503';
my %FAILS = (
    totp              => [$SIGN_IN, { login => [503, 302], login_plain => [503, 302], 'GET factors' => [503, 200] }],
    recovery_code     => [$SIGN_IN, { login => [503, 302], login_plain => [503, 302], 'GET factors' => [503, 200] }],
    step              => ['LuciaSecondFactor needs it: sign-in of users who have a second factor is answered with 503', { login => [503, 401], login_plain => [302, 302], password => [303, 303] }],
    app_password      => ['LuciaSecondFactor needs it: there are no app passwords, and their page is answered with 404', { 'GET factors/app' => [404, 200], login_plain => [302, 302] }],
    passkey           => ['LuciaPasskeys needs it: no passkey works, and with LuciaSecondFactor or LuciaPasskeys only, sign-in is answered with 503', { login_plain => [503, 302] }],
    passkey_challenge => ['LuciaPasskeys needs it: requests with a passkey are answered with 503', { login_plain => [302, 302] }],
    group             => ['LuciaGroups needs it: requests that need the database are answered with 503', { login_plain => [503, 302], vault => [503, 200] }],
    token             => ['LuciaMail needs it: links to a new password are not sent, and none is valid', { reset => [400, 400], login_plain => [302, 302] }],
    email_token       => ['LuciaEmail needs it: sign-up with an address and changes of the address are answered with 503, and no link to verify an address is valid', { email => [503, 303], signup_email => [503, 302] }],
    mail              => ['LuciaMail needs it: no mail is sent; requests for a link, sign-up with an address and changes of the address are answered with 503', { forgot => [503, 200], email => [503, 303], signup_email => [503, 302] }],
    device_notice     => ['LuciaMailNotices needs it: users are not told of sign-ins on new devices', { login_plain => [302, 302] }],
    activity          => ['LuciaActivity needs it: no sign-in is recorded, and the page activity is answered with 404', { 'GET activity' => [404, 200], login_plain => [302, 302] }],
);
my @TABLES = sort keys %FAILS;

my ($engine, $database, $server, $cookie, $names);

sub server {
    my ($schema, @words) = @_;
    return LuciaTest::Server->new(config => $engine->line($database, @words) . "\n" . $CONFIG =~ s/\$\{SCHEMA\}/$schema/r, files => { 'htdocs/vault/a.txt' => 'inside' }, throttle => 0);
}

sub drop { $engine->query_in($database, "DROP TABLE auth_user_$_") for @_; return }
sub id_of { my ($name) = @_; return $engine->value_in($database, 'SELECT id FROM auth_user WHERE username = ?', $name) }

# A recovery code of frida, beside an app whose seed cannot be read.
sub give_code {
    my $id = id_of('frida');
    $engine->query_in($database, "DELETE FROM auth_user_$_ WHERE user_id = ?", $id) for qw(totp recovery_code);
    $engine->query_in($database, 'INSERT INTO auth_user_totp (user_id, seed, created_at, last_step, failures) VALUES (?, ?, 1, 1, 0)', $id, '1.unknown0.AAAA');
    my $bits = join '', map { chr int rand 256 } 1 .. 15;
    $engine->query_in($database, 'INSERT INTO auth_user_recovery_code (id, user_id) VALUES (?, ?)', sha256_hex($bits), $id);
    return LuciaTest::Factors::base32($bits);
}

sub post { my ($path, $fields, $who) = @_; return $server->request(POST => "/account/$path", form(%$fields), origin => 1, $who ? (cookie => $who) : ()) }
sub login { my ($name) = @_; return post('login', { username => $name, password => $PASSWORD }) }
sub vault { my ($who) = @_; return $server->request(GET => '/vault/a.txt', cookie => $who, script())->status }

my %REQUEST = (
    login        => sub { $server->request(POST => '/account/api/login', json({ username => 'frida', password => $PASSWORD }), origin => 1)->status },
    login_plain  => sub { login('alice')->status },
    password     => sub { post('password', { current => $PASSWORD, password => $PASSWORD, keep_sessions => 1 }, cookie_of(login('alice')))->status },
    vault        => sub { vault($cookie) },
    reset        => sub { post('reset', { token => 'a' x 32, password => $PASSWORD })->status },
    email        => sub { post('email', { email => 'anna@example.org' }, $cookie)->status },
    signup_email => sub { $names++; post('signup', { username => "new$names", password => $PASSWORD, email => "new$names\@example.org" })->status },
    forgot       => sub { post('forgot', { username => 'alice' })->status },
);

sub answer { my ($what) = @_; return $what =~ /^GET (.*)/ ? $server->request(GET => "/account/api/$1", cookie => $cookie)->status : $REQUEST{$what}->() }
sub statements { my ($line) = @_; return map { split /(?<=;) (?=CREATE )/ } $line =~ /add it with: (CREATE .*;) \(in / }

sub check_each {
    $server = server('On');
    $cookie = sign_up($server, 'alice', path => '/account/signup');
    sign_up($server, 'frida', path => '/account/signup');
    for my $table (@TABLES) {
        my ($fails, $answers) = @{ $FAILS{$table} };
        $server->stop;
        drop($table);
        $server = server('Off');
        my ($line) = grep { /LUCI0315/ } split /^/, $server->error_log;
        like $line, qr/:warn\] .*LUCI0315: there is no table auth_user_$table, or it lacks columns; \Q$fails\E; LuciaCreateSchema is Off; add it with: CREATE TABLE /, "the log says what fails without the table auth_user_$table";
        for my $what (sort keys %$answers) {
            $what eq 'login' and $table !~ /^(?:totp|recovery_code)$/ and give_code();
            is answer($what), $answers->{$what}[0], "without auth_user_$table, $what answers $answers->{$what}[0]";
        }
        $engine->query_in($database, s/;$//r) for statements($line);
        for my $what (sort keys %$answers) {
            ok wait_until(sub { answer($what) == $answers->{$what}[1] }, 20), "$what answers $answers->{$what}[1] once the statements of the log have made auth_user_$table" or diag answer($what);
        }
    }
    return;
}

# The table that came last is missing: what a right password had begun completes neither before nor after it is made.
sub check_step {
    my $code = give_code();
    my ($step) = set_cookies(login('frida'), 'auth_session_step');
    drop('step');
    my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
    is post('factor', { code => $code }, $step)->status, 503, 'S1.41: a step is not completed while its table is missing';
    $ctl->does('session', 'revoke-all', 'frida');
    $ctl->does('init');
    is post('factor', { code => $code }, $step)->status, 401, 'S1.41: a step of before is not open in a table that is made anew';
    return;
}

my @COMMANDS = (
    [qw(user show alice)], [qw(user list)], [qw(session list alice)], [qw(user disable alice)], [qw(user enable alice)], [qw(user expire alice 2099-01-01)],
    [qw(user email alice alice@example.org)], [qw(user rename alice alina)], [qw(user rename alina alice)], [qw(key list alice)], [qw(export)], [qw(purge)],
);

# All of them are missing: luciactl does what needs none, and says which there are not.
sub check_ctl {
    drop(@TABLES);
    my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
    my $missing = qr/^Missing tables: .*\bauth_user_step, .*\. luciactl check says what fails without them, and luciactl init creates them\.$/m;
    for my $command (@COMMANDS) {
        my $end = $ctl->run(@$command);
        is $end->{status}, 0, "S7.5: luciactl @$command succeeds without the tables of the module" or diag $end->{err};
        like $end->{err}, $missing, "luciactl @$command notes which tables are missing";
    }
    $engine->query_in($database, 'DELETE FROM user_session');
    $engine->query_in($database, 'INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES (?, ?, 9000000000000, 9000000000000)', $_ x 64, id_of('alice')) for 'a', 'b';
    is $ctl->json('session', 'revoke-all', 'alice')->{ended}, 2, 'S1.40: luciactl session revoke-all ends the sessions without the tables of the module';
    is $engine->value_in($database, 'SELECT count(*) FROM user_session'), 0, 'S1.40: no session is left after revoke-all without the tables of the module';
    my $hash = $engine->value_in($database, q{SELECT hashed_password FROM user_key WHERE id = 'username:alice'});
    $ctl->does('user', 'passwd', 'alice', '--stdin', { stdin => "$PASSWORD\n" });
    isnt $engine->value_in($database, q{SELECT hashed_password FROM user_key WHERE id = 'username:alice'}), $hash, 'luciactl user passwd sets a password without the tables of the module';
    $ctl->does('user', 'delete', 'alice', '--yes');
    is id_of('alice'), undef, 'luciactl user delete deletes a user without the tables of the module';
    is $ctl->run(@$_)->{status}, 1, "luciactl @$_ is refused without its table" for [qw(factor list frida)], [qw(factor reset frida)], [qw(passkey list frida)], [qw(app-password list frida)], [qw(activity frida)], [qw(mail queue)], [qw(group add frida staff)];
    my $end = $ctl->run('--json', 'check');
    like $end->{out}, qr/there is no table auth_user_$_, or it lacks columns; \Q$FAILS{$_}[0]\E"/, "luciactl check says what fails without the table auth_user_$_" for @TABLES;
    like $end->{out}, qr/"Run luciactl init, or this as the owner of the tables: CREATE TABLE IF NOT EXISTS \S*auth_user_step/, 'luciactl check says how a table of the module is made, and does not suggest LuciaTables, which has no name for it';
    is $ctl->run('init')->{status}, 0, 'luciactl init makes the tables of the module';
    is $ctl->run('user', 'list')->{err}, '', 'luciactl user list notes nothing when all tables are there';
    drop('recovery_code');
    like $ctl->run('factor', 'list', 'frida')->{err}, qr/no table auth_user_recovery_code; write LuciaSecondFactor optional/, 'luciactl factor list names the table of recovery codes that is missing';
    $server->stop;
    $engine->query_in($database, 'DROP TABLE user_session');
    $end = $ctl->run('user', 'list');
    is $end->{status} . ' ' . ($end->{err} =~ /(the database has no table user_session with Lucia's columns; luciactl init creates it)/ ? $1 : $end->{err}), "3 the database has no table user_session with Lucia's columns; luciactl init creates it", 'S7.5: luciactl does nothing without a table of Lucia';
    return;
}

# An authenticator, and tables that are dropped while the server runs.
sub check_passkeys {
    my $site = site("LuciaSecret {file:\@secret\@}\nLuciaPasskeys on\n<VirtualHost *>\nServerName site.example\nServerAlias localhost\n</VirtualHost>\n", mount => '/account', throttle => 0);
    my %host = (host => 'localhost:' . $site->port, accept => 'application/json');
    my $key = LuciaTest::Passkey->new(origin => "http://$host{host}");
    my $ask = sub { my ($path, @more) = @_; return $site->request(GET => "/account/api/$path", %host, @more) };
    my $send = sub { my ($path, $fields, @more) = @_; return $site->request(POST => "/account/api/$path", form(%$fields), %host, origin => $key->{origin}, @more)->status };
    my $who = cookie_of($site->request(POST => '/account/signup', form(username => 'alice', password => $PASSWORD), %host, origin => $key->{origin}));
    my $offer = $ask->('passkeys', cookie => $who)->json->{registration};
    is $send->('passkeys', { $key->registration($offer) }, cookie => $who), 200, 'a passkey is added while its tables exist';
    my $sign_in = sub { $send->('passkey', { $key->assertion($ask->('passkey')->json, handle => $offer->{user_handle}) }) };
    is $sign_in->(), 200, 'a passkey signs in while its tables exist';
    my $other = LuciaTest::Passkey->new(origin => $key->{origin}, id => 'another');
    my %registration = $other->registration($ask->('passkeys', cookie => $who)->json->{registration});
    sqlite($site->db, 'DROP TABLE auth_user_passkey_challenge');
    is $sign_in->(), 503, 'without auth_user_passkey_challenge, sign-in with a passkey answers 503';
    is $send->('passkeys', \%registration, cookie => $who), 503, 'without auth_user_passkey_challenge, the registration of a passkey answers 503';
    my $ctl = LuciaTest::Ctl->new('--config', $site->conf_file);
    $ctl->does('init');
    sqlite($site->db, 'DROP TABLE auth_user_passkey');
    ok wait_until(sub { $sign_in->() == 400 }, 20), 'without auth_user_passkey, sign-in with a passkey answers 400';
    is $ask->('passkeys', cookie => $who)->status, 503, 'without auth_user_passkey, the page of passkeys answers 503';
    return;
}

# A database that a server has used, without one of its tables.
sub lose {
    my ($table) = @_;
    $database = $engine->create;
    $server = server('On');
    sign_up($server, 'alice', path => '/account/signup');
    $server->stop;
    drop($table);
    return;
}

# An account that may not create tables, after an upgrade with LuciaCreateSchema On.
sub check_no_right {
    lose('step');
    my $plain = 'plain' . $$;
    $engine->plain_user($database, $plain);
    $server = server('On', "user=$plain");
    my $refused = qr/(?:permission denied|CREATE command denied)/;
    like $server->error_log, qr/:warn\] .*LUCI0315: there is no table auth_user_step, .*; it could not be added: [^;]*$refused[^;]*; run this as the owner of the tables: CREATE TABLE /, 'a start without the right to create a table says what fails without it, why, and what to run';
    unlike $server->error_log, qr/LUCI0308/, 'a start does not say that all requests fail when only a table of second factors could not be created';
    is login('alice')->status, 302, 'sign-in works when the table of steps could not be created';
    my $end = LuciaTest::Ctl->new('--config', $server->conf_file)->run('init');
    is $end->{status}, 1, 'luciactl init without the right to create a table ends with 1';
    like $end->{err}, qr/there is no table auth_user_step, .* is answered with 503\. It could not be added: .*$refused.*; run this as the owner of the tables: CREATE TABLE /, 'luciactl init says why a table could not be created and what to run';
    return;
}

# A file that can't be written, after the same.
sub check_read_only {
    lose('activity');
    chmod 0444, $database;
    SKIP: {
        skip 'root writes everywhere', 2 if $> == 0 && !LuciaTest::server_user();
        $server = server('On');
        like $server->error_log, qr/:warn\] .*LUCI0315: there is no table auth_user_activity, .*; it could not be added: .*readonly.*; run this as the owner of the tables: CREATE TABLE /, 'a start with a read-only database says what fails without a table and why it could not be added';
        unlike $server->error_log, qr/LUCI0308/, 'a start with a read-only database does not say that all requests fail when only the table of LuciaActivity is missing';
    }
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        ($engine, $names) = ($class->shared, 0);
        $database = $engine->create;
        subtest 'each table'          => \&check_each;
        subtest 'open steps'          => \&check_step;
        subtest 'luciactl'            => \&check_ctl;
        subtest 'no right to create'  => $engine->can('plain_user') ? \&check_no_right : \&check_read_only;
    };
}
subtest 'passkeys' => \&check_passkeys;
done_testing;
