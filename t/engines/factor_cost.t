# SPDX-License-Identifier: Apache-2.0
# What LuciaSecondFactor costs users who have none, on each engine: one query more at sign-in, none at the gate. S1.41.
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
my %factors = (off => '', optional => "LuciaSecondFactor optional\nLuciaSecret {file:\@secret\@}\n");

# The statements of a sign-in, and those of the first and of a further request of its session. serve starts a server with lines
# of its configuration, and returns it and a sub that begins to watch and returns one that gives the statements since then.
sub statements {
    my ($serve, $which) = @_;
    my ($server, $watch) = $serve->($factors{$which});
    my $cookie = sign_up($server, 'alice');
    for (1 .. 2) {    # the connections are open, and have prepared what they need
        $cookie = sign_in($server, 'alice');
        is $server->request(GET => '/vault/a.txt', cookie => $cookie)->body, 'inside', "$which: a session is let in before statements are counted";
    }
    my $since = $watch->();
    $cookie = sign_in($server, 'alice');
    my @sign_in = $since->();
    $server->request(GET => '/vault/a.txt', cookie => $cookie) for 1 .. 3;
    my @all = $since->();
    return { sign_in => \@sign_in, gate => [@all[@sign_in .. $#all]] };
}

sub check {
    my ($serve) = @_;
    my %seen = map { $_ => statements($serve, $_) } sort keys %factors;
    my @more = grep { /totp|recovery_code|passkey/ } @{ $seen{optional}{sign_in} };
    is scalar @more, 1, 'with second factors, a sign-in runs one statement about them' or diag @more;
    is scalar @{ $seen{optional}{sign_in} }, 1 + @{ $seen{off}{sign_in} }, 'with second factors, a sign-in runs one statement more than without';
    is scalar(grep({ /totp|recovery_code|passkey|factors/ } @{ $seen{off}{sign_in} }, @{ $seen{off}{gate} })), 0, 'without second factors, no statement names them';
    is scalar @{ $seen{$_}{gate} }, 1, "$_: the gate runs one statement for a new session, and none for further requests" for sort keys %seen;
    return;
}

sub serve { my ($line, %arg) = @_; return LuciaTest::Server->new(config => "$line\n$CONFIG", files => { 'htdocs/vault/a.txt' => 'inside' }, %arg) }

subtest sqlite => sub {
    plan skip_all => 'a sanitizer has to be loaded first' if $ENV{SANITIZE};
    my $engine = LuciaTest::Sqlite->shared;
    check(sub {
        my $watch = LuciaTest::SqliteWatch->new;
        return (serve($engine->line($engine->create) . "\n$_[0]", env => $watch->env), sub { $watch->begin });
    });
};

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        check(sub {
            my $engine = $class->shared;
            my $database = $engine->create;
            my $plans = LuciaTest::Plans->new($engine, $database);
            return (serve($plans->line . "\n$_[0]"), sub { my $since = LuciaTest::Plans->new($engine, $database); return sub { $since->of('\S') } });
        });
    };
}

done_testing;
