# SPDX-License-Identifier: Apache-2.0
# LuciaEmail on tables that are there already, on each engine: the two columns are added, and read with each user.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256_hex);
use Test::More;
use LuciaTest;
use LuciaTest::Site qw(sign_up error_in $CHEAP_HASH);

LuciaTest::only_files('this runs on all engines anyway');

my $MAIL = "LuciaMail smtp://127.0.0.1:9\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaEmail optional\n";

sub check {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables);
    my $server = LuciaTest::Server->new(config => $engine->line($database) . "\n$CHEAP_HASH\nLuciaSessionCache off\nLuciaMount /\n$MAIL");
    sign_up($server, 'alice');
    is_deeply $engine->query_in($database, 'SELECT email, email_verified FROM auth_user'), [{ email => undef, email_verified => undef }], 'S5.7: a start with LuciaEmail adds the columns email and email_verified';
    $engine->query_in($database, q{UPDATE auth_user SET email = 'Alice@example.org', email_verified = 1});
    is $engine->value_in($database, 'SELECT email_verified + 1 FROM auth_user'), 2, 'S5.7: email_verified is a number';
    my $reply = $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD), accept => 'application/json');
    like $reply->body, qr/"email":"Alice\@example\.org","email_verified":"1"/, 'S5.7: the columns are read as attributes without LuciaUserAttributes' or diag $reply->body;
    return;
}

# As an application may have made them: the flag is a boolean, and no two users have one address.
sub check_others {
    my ($engine) = @_;
    my $flag = $engine->driver eq 'pgsql' ? 'BOOLEAN' : 'TINYINT';
    my $database = $engine->create($engine->lucia_tables, 'ALTER TABLE auth_user ADD COLUMN email VARCHAR(255)', "ALTER TABLE auth_user ADD COLUMN email_verified $flag", 'CREATE UNIQUE INDEX one_address ON auth_user (email)');
    my $server = LuciaTest::Server->new(config => $engine->line($database) . "\n$CHEAP_HASH\nLuciaSessionCache off\nLuciaMount /\n$MAIL");
    my %cookie = map { $_ => sign_up($server, $_) } qw(alice bobby carol);
    my $ask = sub { my ($name, $email) = @_; return $server->request(POST => '/email', form(email => $email), cookie => $cookie{$name}, origin => 1) };
    my $spend = sub {
        my ($name, $email) = @_;
        my $token = join '', map { ('a' .. 'z')[rand 26] } 1 .. 32;
        $engine->query_in($database, q{INSERT INTO auth_user_email_token (id, user_id, kind, email, expires_at) SELECT ?, id, 'verify', ?, ? FROM auth_user WHERE username = ?},
            sha256_hex($token), $email, int((time + 600) * 1000), $name);
        return $server->request(POST => '/verify', form(token => $token), origin => 1);
    };
    is $ask->('alice', 'anna@example.org')->status, 303, 'S1.80: an address is asked for on columns of another program';
    is $server->request(GET => '/api/email', cookie => $cookie{alice})->json->{verified}, JSON::PP::false(), 'S1.80: the flag of another program says that it is not verified';
    is $spend->('alice', 'anna@example.org')->status, 200, 'S1.82: an address is verified on columns of another program';
    is $server->request(GET => '/api/email', cookie => $cookie{alice})->json->{verified}, JSON::PP::true(), 'S1.82: the flag of another program says that it is verified';
    is $engine->value_in($database, 'SELECT username FROM auth_user WHERE email_verified'), 'alice', 'S1.82: the other program sees the flag';
    my $reply = $ask->('bobby', 'anna@example.org');
    is $reply->status . ' ' . error_in($reply), '400 Another account has this value already', 'S1.80: an address that the column takes once answers 400 for another user';
    is $ask->('carol', 'carol@example.org')->status, 303, 'an address that is not verified is in the column';
    $reply = $spend->('bobby', 'carol@example.org');
    is $reply->status . ' ' . error_in($reply), '400 This link is not valid', 'S1.82: a link to an address that the column takes once, and another user has, is not valid';
    is $engine->value_in($database, q{SELECT count(*) FROM user_key WHERE id = 'email:carol@example.org'}), 0, 'S1.82: a link that is not valid leaves no key';
    my $up = sub { my ($name, $email) = @_; return $server->request(POST => '/signup', form(username => $name, password => $PASSWORD, email => $email)) };
    is $up->('dora', 'dora@example.org')->status, 302, 'S1.92: sign-up takes an address on columns of another program';
    is $engine->value_in($database, q{SELECT count(*) FROM auth_user WHERE email = 'dora@example.org' AND NOT email_verified}), 1, 'S1.92: the flag of another program says that the address of a sign-up is not verified';
    is $up->('mallory', 'anna@example.org')->status, 302, 'S1.92: an address that the column takes once, and another user has, is answered as a free one';
    is $engine->value_in($database, q{SELECT count(*) FROM auth_user WHERE username = 'mallory' AND email IS NULL}), 1, 'S1.92: the row of that user has no address';
    is $server->request(POST => '/login', form(username => 'anna@example.org', password => $PASSWORD), accept => 'application/json')->json->{user}{username}, 'alice', 'S1.90: a verified address signs in on columns of another program';
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub { check($class->shared) };
    subtest $class->kind . ', columns of another program' => sub { check_others($class->shared) };
}
done_testing;
