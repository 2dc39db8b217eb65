# SPDX-License-Identifier: Apache-2.0
# Two first sign-ins of one person at the same moment, on two nodes and on every engine: one account. People whose IDs differ in
# case alone, also where the column of the key table takes them for one. S9.105.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha1_base64);
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::MariaDB;
use LuciaTest::Postgres;
use LuciaTest::Site qw(error_in $CHEAP_HASH);
use LuciaTest::Sqlite;

use constant ROUNDS => 12;

LuciaTest::only_files('this runs on all engines anyway');

my @people = map { "person$_" } 1 .. ROUNDS;
my %files = (htpasswd => join '', map { "$_:{SHA}" . sha1_base64($PASSWORD) . "=\n" } @people, 'Case', 'case');
my $CONFIG = "$CHEAP_HASH\nLuciaMount /account\n" . <<'CONF';
SetEnvIf Request_URI ^/adopt/(.+)$ WANTED=$1
<Location /adopt>
    SetHandler luciauth-adopt
    LuciaAdopt corp username=WANTED
    AuthType Basic
    AuthName corp
    AuthBasicProvider file
    AuthUserFile @dir@/htpasswd
    Require valid-user
</Location>
CONF

sub node { my ($engine, $database) = @_; return LuciaTest::Server->new(config => $engine->line($database) . "\n$CONFIG", files => \%files, throttle => 0) }
sub visit { my ($name, $wanted) = @_; return (GET => "/adopt/$wanted", headers => { Authorization => 'Basic ' . encode_base64("$name:$PASSWORD", '') }) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    my $driver = $class->driver;
    my $database = $engine->create;
    my @nodes = map { node($engine, $database) } 1 .. 2;
    my $number = sub { return $engine->value_in($database, "SELECT count(*) FROM $_[0]") };
    my (%seen, %wrong);
    for my $person (@people) {
        my @sent = map { [$nodes[$_], $nodes[$_]->send_request($nodes[$_]->bytes_of(visit($person, "$person$_")))] } 0, 1;
        $seen{ answer($_->[0]->answer_to($_->[1])) }++ for @sent;
    }
    is_deeply \%seen, { '302 /account' => 2 * ROUNDS }, "S9.105: $driver: both of two first sign-ins at once are led on";
    is $number->('auth_user'), ROUNDS, "S9.105: $driver: two first sign-ins at once make one account";
    is $number->('user_key'), 2 * ROUNDS, "S9.105: $driver: the account of two first sign-ins has the key of the person and one name";
    is $number->('user_session'), 2 * ROUNDS, "S9.105: $driver: each of two first sign-ins has a session";
    is $number->("user_key WHERE id LIKE 'corp:%'"), ROUNDS, "S9.105: $driver: each person has one key";
    is $engine->sound($database), 'ok', "S9.105: $driver: the database is sound after the races";

    is answer($nodes[0]->request(visit(Case => 'upper'))), '302 /account', "S9.105: $driver: the person Case signs in";
    is answer($nodes[0]->request(visit(case => 'lower'))), '302 /account', "S9.105: $driver: the person case signs in";
    is join(' ', sort map { "$_->{id}=$_->{username}" } @{ $engine->query_in($database, "SELECT k.id AS id, u.username AS username FROM user_key k JOIN auth_user u ON u.id = k.user_id WHERE k.id IN ('corp:Case', 'corp:case')") }),
        'corp:Case=upper corp:case=lower', "S9.105: $driver: IDs that differ in case are two people";
}

# ---- A key table that ignores case, as Lucia's guide makes it on MySQL ----

my $engine = LuciaTest::MariaDB->shared;
my $database = $engine->create;
my $node = node($engine, $database);
$engine->query_in($database, 'ALTER TABLE user_key MODIFY id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL');
is answer($node->request(visit(Case => 'upper'))), '302 /account', 'S9.105: the first person of a table that ignores case signs in';
is answer($node->request(visit(case => 'lower'))), '403 Your identity cannot be used here', 'S9.105: the second person of a table that ignores case is refused';
like $node->error_log, qr/LUCI0804: luciauth-adopt refuses an identity of corp, because the key table takes its id and that of another person for the same/, 'S9.105: the log says what to do about the table';
is $engine->value_in($database, 'SELECT count(*) FROM auth_user'), 1, 'S9.105: the refused person leaves no row';
is answer($node->request(visit(Case => 'upper'))), '302 /account', 'S9.105: the first person still signs in';

done_testing;
