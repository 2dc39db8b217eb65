# SPDX-License-Identifier: Apache-2.0
#
# Runs the real Lucia v2 beside mod_luciauth:
#
#     use lib 't/lib', 't/interop/lib';
#     use Interop;
#     my $guide = Interop::Guide->new(database => $file, env => { LUCIA_ENV => 'PROD' });    # guide.mjs
#     ... $guide->url, $guide->database ...; it ends with the object, and with this process
#     node_subtest('the name', 'differential.mjs', @arguments);    # a script's TAP as a subtest
#     my ($server, $database, $url) = on_database($engine, $config);    # an httpd on a new database, not started:
#         what LuciaTest::Database's functions call the database, and what Lucia's guide does
package Interop;
use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Basename qw(dirname);
use Test::More ();
use LuciaTest ();
use LuciaTest::Application ();

our @EXPORT = qw(need_node node_subtest on_database);

my $home = Cwd::abs_path(dirname(__FILE__) . '/..');

sub home { $home }

# Node.js and the packages of package-lock.json.
sub need_node { return LuciaTest::Application::need_node($home) }

# Prints a script's TAP as a subtest; what failed in it is repeated for those who see failures only.
sub node_subtest {
    my ($name, $script, @arguments) = @_;
    my (@failed, $in_failure);
    local $| = 1;
    open my $tap, '-|', 'node', "$home/$script", @arguments or die "node: $!";
    while (my $line = <$tap>) {
        print "    $line";
        $in_failure = $line =~ /^not ok/ || ($in_failure && $line =~ /^#/);
        push @failed, $line if $in_failure;
    }
    close $tap;
    my $passed = Test::More::is($?, 0, $name);
    Test::More::diag(@failed) if !$passed;
    return $passed;
}

# Lucia calls its table of users "user" in a file; elsewhere that is a word of SQL's.
# Visitors that come at once may all be hashing: more than a quarter of a child's threads would be refused, and so would
# be who waits for his turn too long.
my $CROWDS = 'LuciaHashSlots auto 1min' . (LuciaTest::mpm() eq 'prefork' ? '' : "\nServerLimit 1\nStartServers 1\nThreadsPerChild 64");

sub on_database {
    my ($engine, $config, %arg) = @_;
    my $is_file = $engine->driver eq 'sqlite3';
    my $database = $is_file ? undef : $engine->create;
    my $lines = $is_file ? "LuciaDatabase sqlite3 \@db\@\nLuciaTables user user_key user_session" : $engine->line($database);
    my $server = LuciaTest::Server->new(%arg, config => "$lines\n$CROWDS\n$config", start => 0);
    return ($server, $is_file ? ($server->db, $server->db) : ($database, $engine->url($database)));
}

package Interop::Guide;
our @ISA = ('LuciaTest::Application');

sub new {
    my ($class, %arg) = @_;
    return LuciaTest::Application::new($class, %arg, command => ['node', Interop::home() . '/guide.mjs', '--database', $arg{database}]);
}

sub database { $_[0]{database} }

1;
