# SPDX-License-Identifier: Apache-2.0
#
# The real Lucia v2 and this module on one SQLite file at the same time: each accepts the other's users, passwords and
# sessions, and the other's sign-outs.
use strict;
use warnings;
use lib 't/lib', 't/interop/lib';
use Test::More;
use LuciaTest;
use Interop;

LuciaTest::only_files('the guides that are run here use files');

need_node;

my $config = <<'CONF';
LuciaDatabase sqlite3 @db@
LuciaMount /
LuciaSessionCache off
LuciaTables user user_key user_session
LuciaSessionTokens plain
CONF
my $scrypt   = $config . "LuciaPasswordHash lucia-scrypt\n";
my $argon2id = $config . "LuciaPasswordHash argon2id m=8192 t=1 p=1\n";

sub columns_of {
    my ($file, $table) = @_;
    return join ' ', map { $_->{name} } @{ sqlite($file, "SELECT name FROM pragma_table_info('$table') ORDER BY cid") };
}

sub run_together {
    my ($name, $guide, $server) = @_;
    return node_subtest($name, 'coexistence.mjs', 'together', $guide->url, $server->url, $server->db);
}

{
    my $server = LuciaTest::Server->new(config => $scrypt);
    my $guide  = Interop::Guide->new(database => $server->db);
    like columns_of($server->db, 'user_session'), qr/^id user_id active_expires idle_expires \w/,
        'the module made the tables, with columns of its own';
    run_together('the module made the tables', $guide, $server);
}

{
    my $server = LuciaTest::Server->new(config => $scrypt, start => 0);
    my $guide  = Interop::Guide->new(database => $server->db);
    LuciaTest::give(glob $server->db . '*');
    $server->start;
    run_together('Lucia made the tables', $guide, $server);
    is columns_of($server->db, 'user'),         'id username',                             'its users are as it made them';
    is columns_of($server->db, 'user_key'),     'id user_id hashed_password',              'its keys too';
    is columns_of($server->db, 'user_session'), 'id user_id active_expires idle_expires', 'its sessions too';

    my $newer = LuciaTest::Server->new(config => $argon2id =~ s/\@db\@/$server->db/er);
    node_subtest('passwords move to Argon2id and back', 'coexistence.mjs', 'rehash', $guide->url, $server->url,
        $server->db, $newer->url);
}

done_testing;
