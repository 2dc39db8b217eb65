# SPDX-License-Identifier: Apache-2.0
# The tables on PostgreSQL and on MariaDB: as Lucia v2 makes them, in part, with columns that may not be read; and that
# every statement finds its rows by an index. t/engines/engines_unit.t has them made by many at once.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $GATE = "<Location /vault>\nAuthType Lucia\nRequire valid-user\n</Location>\n";

sub serve {
    my ($line, $config, %arg) = @_;
    return LuciaTest::Server->new(
        config => "$line\n$CHEAP_HASH\nLuciaSessionCache off\nLuciaMount /\n$GATE" . ($config // ''), files => { 'htdocs/vault/a.txt' => 'inside' }, %arg);
}

sub vault { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', cookie => $cookie) }
sub login { my ($server, $name, $password) = @_; return $server->request(POST => '/login', form(username => $name, password => $password // $PASSWORD)) }
sub logout { my ($server, $cookie) = @_; return $server->request(POST => '/logout', form(), cookie => $cookie, origin => $server->origin) }

sub check_lucia_tables {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables);
    my $server = serve($engine->line($database), "LuciaSessionTokens plain\nLuciaCreateSchema Off\n");
    my $cookie = sign_up($server, 'alice');
    is vault($server, $cookie)->body, 'inside', 'tables of Lucia v2: sign-up and gate';
    is_deeply [sort keys %{ $engine->query_in($database, 'SELECT * FROM auth_user')->[0] }], ['id', 'username'], 'no column is added';
    is $engine->value_in($database, 'SELECT id FROM user_session'), $cookie->{value}, 'the id as Lucia holds it';
    my $longest = int(Time::HiRes::time() * 1000) + 13 * 86400_000;
    $engine->query_in($database, "UPDATE user_session SET active_expires = 1000, idle_expires = $longest");
    is vault($server, $cookie)->status, 200, 'an idle session is let in';
    cmp_ok $engine->value_in($database, 'SELECT active_expires FROM user_session'), '>', 1000, 'an idle session is renewed in the table';
    is login($server, $_)->status, 400, 'another name is not hers' for "alic\xc3\xa9", 'alic';
    $engine->query_in($database, "UPDATE user_key SET hashed_password = NULL");
    is login($server, 'alice')->status, 400, 'NULL is no password';
    is login($server, 'alice', $_)->status, 400, 'whatever is typed' for 'NULL', ' ';
    is logout($server, $cookie)->status, 302, "sign-out works on Lucia's tables";
    is $engine->value_in($database, 'SELECT count(*) FROM user_session'), 0, 'takes the row away';
    return;
}

# A table that Lucia did not have is made beside those that it had.
sub check_missing_table {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables, 'DROP TABLE user_session');
    my $server = serve($engine->line($database));
    is vault($server, sign_up($server, 'alice'))->status, 200, 'a missing session table is made';
    ok !eval { $engine->query_in($database, 'DELETE FROM auth_user'); 1 }, 'its rows belong to users';
    is $engine->value_in($database, 'SELECT user_agent FROM user_session'), undef, "the session table that was made has the module's columns";
    return;
}

# "disabled" is there and can't be looked at: nobody is let in, least of all who is disabled.
sub check_unreadable {
    my ($engine) = @_;
    my $database = $engine->create;
    my $server = serve($engine->line($database));
    my $cookie = sign_up($server, 'alice');
    $engine->query_in($database, 'UPDATE auth_user SET disabled = 1');
    is vault($server, $cookie)->status, 401, 'a disabled user stays outside';
    $server->stop;
    $engine->narrow_user($database);
    $server = serve($engine->line($database, 'user=narrow'), "LuciaCreateSchema Off\n");
    is vault($server, $cookie)->status, 503, 'the gate answers 503 when the column disabled may not be read';
    is login($server, 'alice')->status, 503, 'sign-in answers 503 when the column disabled may not be read';
    like $server->error_log, qr/LUCI0302: .*(?:permission denied|SELECT command denied)/, 'the reason is said';
    return;
}

# Whoever may not count failed sign-ins signs people in all the same.
sub check_uncounted {
    my ($engine) = @_;
    my $database = $engine->create;
    sign_up(serve($engine->line($database)), 'alice');
    $engine->uncounting_user($database, 'uncounting');
    my $server = serve($engine->line($database, 'user=uncounting'), "LuciaCreateSchema Off\n");
    like $server->error_log, qr/LUCI0324: failed sign-ins in a row cannot be counted: .*(?:permission denied|UPDATE command denied)/, 'S9.60: a start says that failures cannot be counted';
    is login($server, 'alice', 'wrong 1')->status, 400, 'S9.60: a failure that cannot be counted answers 400';
    is login($server, 'alice')->status, 302, 'S9.60: without the right to count, sign-in works';
    is $engine->value_in($database, 'SELECT failures FROM user_key'), undef, 'nothing was counted';
    like $server->error_log, qr/LUCI0242: /, 'the log says that a failure was not counted';
    return;
}

sub check_indexes {
    my ($engine) = @_;
    my $database = $engine->create;
    my $server = serve($engine->line_without_scans($database), "LuciaPasswordHash argon2id m=16 t=1 p=1\nLuciaCleanup 1s\n");
    my @dead = map { row_id(sign_up($server, "user$_")) } 1 .. 30;
    $engine->forget_scans($database);
    my $cookie = sign_in($server, 'user7');
    is vault($server, $cookie)->status, 200, 'a session is found';
    $engine->query_in($database, "UPDATE user_session SET active_expires = 1000 WHERE id = ?", row_id($cookie));
    is vault($server, $cookie)->status, 200, 'a found session is renewed';
    is login($server, 'nobody')->status, 400, 'a key is not found';
    sign_up($server, 'user31');
    $engine->query_in($database, 'UPDATE user_session SET idle_expires = 1000 WHERE id = ?', $_) for @dead;
    my $left = sub { grep { $engine->value_in($database, 'SELECT 1 FROM user_session WHERE id = ?', $_) } @dead };
    ok wait_until(sub { !$left->() }, 30), 'the dead are removed';
    is logout($server, $cookie)->status, 302, 'a session is deleted';
    $server->stop;    # its connections end
    is_deeply [$engine->scans($database)], [], 'no table was read from end to end';
    $engine->query_in($database, "SELECT * FROM user_session WHERE user_agent = 'none'");
    ok wait_until(sub { scalar(my @found = $engine->scans($database)) }), 'a scan of a whole table would have been counted';    # servers answer first, and then write it down
    is_deeply [$engine->indexed($database)], ['user_key.user_id', 'user_session.idle_expires', 'user_session.user_id'],
        'columns that are not unique have their index';
    return;
}

# S1.39: what a column does not take.
sub check_refused_values {
    my ($engine) = @_;
    my $database = $engine->create;
    my $server = serve($engine->line($database), "LuciaUserAttributes email nickname city\nLuciaUserEditable email nickname? city?\nLuciaSignupAttributes nickname?\n");
    $engine->query_in($database, "ALTER TABLE auth_user DROP COLUMN $_") for qw(nickname city);
    $engine->query_in($database, "ALTER TABLE auth_user ADD COLUMN $_") for 'nickname VARCHAR(20)', "city VARCHAR(20) DEFAULT 'Ulm' NOT NULL";
    my $cookie = sign_up($server, 'alice');
    my $change = sub { $server->request(POST => '/', form(@_), cookie => $cookie, origin => $server->origin) };
    my $reply = $change->(email => 'a@example.org', nickname => 'a' x 21);
    is $reply->status . ' ' . error_in($reply), '400 Invalid value', 'S1.39: a value that is too long for its column answers 400';
    like $reply->body, qr/value="a{21}"[^>]*aria-describedby="attribute-nickname-error"/, 'S1.39: the error stands at the field whose column does not take the value';
    is $change->(city => '')->status, 400, 'S1.39: an empty value where the column must have one answers 400';
    is_deeply $engine->query_in($database, 'SELECT email, nickname, city FROM auth_user')->[0], { email => undef, nickname => undef, city => 'Ulm' }, 'S1.39: a value that its column refuses is not cut, and nothing else is stored';
    is $change->(email => 'a@example.org', nickname => 'a' x 20)->status, 303, 'S1.39: a value that just fits its column is stored';
    $reply = $server->request(POST => '/signup', form(username => 'robert', password => $PASSWORD, nickname => 'r' x 21), origin => $server->origin);
    is $reply->status . ' ' . error_in($reply), '400 Invalid value', 'S1.37: sign-up with a value that is too long for its column answers 400';
    like $reply->body, qr/value="r{21}"[^>]*aria-describedby="attribute-nickname-error"/, 'S1.37: the error stands at the field of sign-up whose column does not take the value';
    is $engine->value_in($database, "SELECT count(*) FROM auth_user WHERE username = 'robert'"), 0, 'S1.37: a sign-up with such a value stores nothing';
    unlike $server->error_log, qr/LUCI0302/, 'S1.39: a value that is refused is no error of the database';
    return;
}

sub row_id { return Digest::SHA::sha256_hex($_[0]{value}) }

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        my $engine = $class->shared;
        subtest 'tables of Lucia v2' => sub { check_lucia_tables($engine) };
        subtest 'a missing table'    => sub { check_missing_table($engine) };
        subtest 'unreadable columns' => sub { check_unreadable($engine) };
        subtest 'refused values'     => sub { check_refused_values($engine) };
        subtest 'no right to count'  => sub { check_uncounted($engine) };
        subtest 'indexes'            => sub { check_indexes($engine) };
    };
}

done_testing;
