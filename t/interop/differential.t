# SPDX-License-Identifier: Apache-2.0
#
# The guide application on the real Lucia v2 and this module get the same requests, and a visitor must see the same:
# status, Location, the cookie with its attributes, the message. differences.mjs lists where they differ on purpose.
use strict;
use warnings;
use lib 't/lib', 't/interop/lib';
use Test::More;
use LuciaTest;
use Interop;

need_node;

# The steps change rows of sessions behind the module's back, which a session cache would not see for a while.
my $config = <<'CONF';
LuciaDatabase sqlite3 @db@
LuciaMount /
LuciaSessionCache off
LuciaPasswordHash lucia-scrypt
CONF
$config .= "LuciaTables user user_key user_session\n" if is_sqlite;    # the names that Lucia gives its adapters

sub compare {
    my ($suite, $more_config, %env) = @_;
    my $dir    = LuciaTest::work_dir('guide');
    my $guide  = Interop::Guide->new(database => "$dir/lucia.db", env => \%env);
    my $server = LuciaTest::Server->new(config => $config . $more_config);
    return node_subtest("$suite: the same as Lucia", 'differential.mjs', $suite, $guide->url, $guide->database,
        $server->url, is_sqlite ? $server->db : LuciaTest::engine()->url(LuciaTest::engine()->database_for($server->db)));
}

compare('everything', '');
compare('secure', "LuciaCookieSecure on\n", LUCIA_ENV => 'PROD');

done_testing;
