# SPDX-License-Identifier: Apache-2.0
#
# The real Lucia v2 and this module on one database at the same time, on SQLite, PostgreSQL and MariaDB: each accepts the
# other's users, passwords and sessions, and the other's sign-outs.
use strict;
use warnings;
use lib 't/lib', 't/interop/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use Interop;

LuciaTest::only_files('this runs on all engines anyway');

need_node;

my $config = <<'CONF';
LuciaMount /
LuciaSessionCache off
LuciaSessionTokens plain
CONF
my $scrypt   = $config . "LuciaPasswordHash lucia-scrypt\n";
my $argon2id = $config . "LuciaPasswordHash argon2id m=8192 t=1 p=1\n";

sub columns_of {
    my ($engine, $database, $table) = @_;
    my $handle = $engine->connect($database);
    my $statement = $handle->prepare("SELECT * FROM $table");
    $statement->execute;
    my $names = join ' ', @{ $statement->{NAME} };
    $statement->finish;
    $handle->disconnect;
    return $names;
}

sub run_together {
    my ($name, $guide, $server) = @_;
    return node_subtest($name, 'coexistence.mjs', 'together', $guide->url, $server->url, $guide->database);
}

sub check_our_tables {
    my ($engine) = @_;
    my ($server, $database, $url) = on_database($engine, $scrypt);
    $server->start;
    my $guide = Interop::Guide->new(database => $url);
    my $names = columns_of($engine, $database, 'user_session');
    is_deeply [grep { $names =~ /\b$_\b/ } qw(id user_id active_expires idle_expires created_at)],
        [qw(id user_id active_expires idle_expires created_at)], 'the module made the tables, with columns of its own';
    run_together('the module made the tables', $guide, $server);
    return;
}

# schema: LuciaCreateSchema, for tables that Lucia made; Off leaves them as they are, On adds columns of ours.
sub check_lucia_tables {
    my ($engine, $schema) = @_;
    my ($server, $database, $url) = on_database($engine, "${scrypt}LuciaCreateSchema $schema\n");
    my ($users_more, $keys_more, $sessions_more) = $schema eq 'On' ? (' disabled created_at', ' failures', ' created_at last_seen address user_agent proved_at') : ('', '', '');
    my $guide = Interop::Guide->new(database => $url);
    LuciaTest::give(glob $server->db . '*');
    $server->start;
    run_together("Lucia made the tables, LuciaCreateSchema $schema", $guide, $server);
    my $users = $engine->driver eq 'sqlite3' ? 'user' : 'auth_user';
    is columns_of($engine, $database, $users),         "id username$users_more",                                'its users are as it made them';
    is columns_of($engine, $database, 'user_key'),     "id user_id hashed_password$keys_more", "the module's key table has Lucia's columns and its own";
    is columns_of($engine, $database, 'user_session'), "id user_id active_expires idle_expires$sessions_more", "the module's session table has Lucia's columns and its own";

    my $line = (split /LuciaMount/, $server->{config})[0] =~ s/\@db\@/$server->db/er;
    my $newer = LuciaTest::Server->new(config => $line . $argon2id);
    node_subtest('passwords move to Argon2id and back', 'coexistence.mjs', 'rehash', $guide->url, $server->url, $url, $newer->url);
    return;
}

# What is changed past httpd counts within LuciaSessionCacheTTL.
sub check_cached {
    my ($engine) = @_;
    my ($server, undef, $url) = on_database($engine, $scrypt =~ s/Cache off/CacheTTL 4s/r);
    my $guide = Interop::Guide->new(database => $url);
    LuciaTest::give(glob $server->db . '*');
    $server->start;
    node_subtest('sign-outs with a session cache', 'coexistence.mjs', 'cached', $guide->url, $server->url, $url, 4000);
    return;
}

# Accounts with a verified address, and so with a key "email:..." without a password.
sub check_addresses {
    my ($engine) = @_;
    my ($server, undef, $url) = on_database($engine, "${scrypt}LuciaMail smtp://127.0.0.1:9\nLuciaMailFrom accounts\@example.org\nLuciaMailNotices none\nLuciaSiteURL https://www.example.org\nLuciaEmail optional\n");
    my $guide = Interop::Guide->new(database => $url);
    LuciaTest::give(glob $server->db . '*');
    $server->start;
    node_subtest('accounts with addresses', 'coexistence.mjs', 'addresses', $guide->url, $server->url, $url, LuciaTest::Ctl::program($server), $server->conf_file);
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->can('shared') ? $class->shared : $class->new;
    subtest $engine->driver => sub {
        check_our_tables($engine);
        check_lucia_tables($engine, $_) for qw(Off On);
        check_cached($engine);
        check_addresses($engine);
    };
}

done_testing;
