# SPDX-License-Identifier: Apache-2.0
# LuciaEmail on tables that are there already, on each engine: the two columns are added, and read with each user.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

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

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub { check($class->shared) };
}
done_testing;
