# SPDX-License-Identifier: Apache-2.0
# The first request of a session, which no cache has yet, asks the database once, on each engine; the next ones ask nothing.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::MariaDB;
use LuciaTest::Plans;
use LuciaTest::Postgres;
use LuciaTest::Site;
use LuciaTest::Sqlite;
use LuciaTest::SqliteWatch;

LuciaTest::only_files('this runs on all engines anyway');

my $CONFIG = "$CHEAP_HASH\nLuciaMount /\nLuciaSessionCache shmcb\nLuciaSessionCacheTTL 5min\nLuciaCleanup 1h\n"
    . "<Location /vault>\nAuthType Lucia\nRequire valid-user\n</Location>\n"
    . "StartServers 1\nServerLimit 1\n" . (LuciaTest::mpm() eq 'prefork' ? "MaxRequestWorkers 1\n" : '');    # one child's connections

# watch: a sub that begins to watch and returns one that gives the statements since then.
sub check {
    my ($server, $watch) = @_;
    my $vault = sub { $server->request(GET => '/vault/a.txt', cookie => $_[0])->body };
    my @cookies = (sign_up($server, 'alice'), map { sign_in($server, 'alice') } 1 .. 2);
    is $vault->(shift @cookies), 'inside', 'a session is let in, over a connection to the database that is open from then on';
    for my $which ('a second session', 'a third session') {
        my $cookie = shift @cookies;
        my $statements = $watch->();
        is $vault->($cookie), 'inside', "$which is let in by its first request";
        my @first = $statements->();
        is scalar @first, 1, "the first request of $which runs one statement" or diag @first;
        like $first[0] // '', qr/SELECT\b.*user_session/s, "the statement of $which reads the session";
        $vault->($cookie) for 1 .. 5;
        is scalar @{ [$statements->()] }, 1, "further requests of $which run none";
    }
    return;
}

sub serve { my ($line, %arg) = @_; return LuciaTest::Server->new(config => "$line\n$CONFIG", files => { 'htdocs/vault/a.txt' => 'inside' }, %arg) }

subtest sqlite => sub {
    plan skip_all => 'a sanitizer has to be loaded first' if $ENV{SANITIZE};
    my $engine = LuciaTest::Sqlite->shared;
    my $watch = LuciaTest::SqliteWatch->new;
    my $server = serve($engine->line($engine->create), env => $watch->env);
    check($server, sub { $watch->begin });
};

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        my $engine = $class->shared;
        my $database = $engine->create;
        my $plans = LuciaTest::Plans->new($engine, $database);
        my $server = serve($plans->line);
        check($server, sub { my $since = LuciaTest::Plans->new($engine, $database); return sub { $since->of('\S') } });
    };
}

done_testing;
