# SPDX-License-Identifier: Apache-2.0
#
# Runs the real Lucia v2 beside mod_luciauth:
#
#     use lib 't/lib', 't/interop/lib';
#     use Interop;
#     my $guide = Interop::Guide->new(database => $file, env => { LUCIA_ENV => 'PROD' });    # guide.mjs
#     ... $guide->url, $guide->database ...; it ends with the object, and with this process
#     Interop::Guide->new(command => ['node', ...]);       # another application that says "listening URL"
#     node_subtest('the name', 'differential.mjs', @arguments);    # a script's TAP as a subtest
#     my ($server, $database, $url) = on_database($engine, $config);    # an httpd on a new database, not started:
#         what LuciaTest::Database's functions call the database, and what Lucia's guide does
package Interop;
use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use Fcntl ':flock';
use File::Basename qw(dirname);
use Test::More ();
use LuciaTest ();

our @EXPORT = qw(need_node node_subtest on_database);

my $home = Cwd::abs_path(dirname(__FILE__) . '/..');

sub home { $home }

# Node.js and the packages of package-lock.json; installs the latter when they are missing (make test has done it).
sub need_node {
    system('node -e 0 2>/dev/null') == 0 or die "these tests need Node.js (18.3 or newer)\n";
    my $installed = "$home/node_modules/.package-lock.json";
    open my $lock, '<', "$home/package-lock.json" or die "package-lock.json: $!";
    flock $lock, LOCK_EX or die "flock: $!";
    return if -e $installed;
    Test::More::diag('npm ci in t/interop');
    system("cd '$home' && npm ci --no-audit --no-fund </dev/null >&2") == 0 or die "npm ci failed\n";
    return;
}

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

sub new {
    my ($class, %self) = @_;
    my $self = bless { env => {}, owner => $$, %self }, $class;
    my @command = @{ $self->{command} // ['node', Interop::home() . '/guide.mjs', '--database', $self->{database}] };
    local @ENV{ keys %{ $self->{env} } } = values %{ $self->{env} };
    pipe my $its_input, $self->{input} or die "pipe: $!";
    defined($self->{pid} = open my $output, '-|') or die "fork: $!";
    if (!$self->{pid}) {
        close $self->{input};
        open STDIN, '<&', $its_input or die "its input: $!";
        exec @command or die "$command[0]: $!";
    }
    my ($url) = (readline($output) // '') =~ /^listening (\S+)/ or die "the application did not start: @command\n";
    @$self{qw(output url)} = ($output, $url);
    return $self;
}

sub url      { $_[0]{url} }
sub database { $_[0]{database} }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local ($?, $!);
    kill TERM => $pid;
    close $self->{output};    # waits for it
    return;
}

sub DESTROY {
    my ($self) = @_;
    $self->stop if $self->{owner} == $$;
}

1;
