# SPDX-License-Identifier: Apache-2.0
#
# The blocks of doc/recipes.md, doc/forward-auth.md and doc/adopt.md, so that tests run what people copy. A block opens with three backquotes, its language, the
# recipe's name and, for a file, its path.
#
#     my $text = LuciaTest::Recipes::block('apache', 'members', '/srv/www' => '@htdocs@');
#
# The pairs replace what is the reader's own; one that does not occur is an error, so that none goes stale.
package LuciaTest::Recipes;
use strict;
use warnings;

use POSIX ();
use LuciaTest;

my $page = join '', map { LuciaTest::Server::slurp(LuciaTest::top() . "/doc/$_.md") } qw(recipes forward-auth adopt);

sub block {
    my ($language, $recipe, %own) = @_;
    my ($text) = $page =~ /^```\Q$language\E \Q$recipe\E(?: \S+)?\n(.*?)^```$/ms or die "no $language block of $recipe\n";
    for my $theirs (sort { length $b <=> length $a } keys %own) {
        $text =~ s/\Q$theirs\E/$own{$theirs}/g or die "$recipe: no $theirs\n";
    }
    return $text;
}

# A server in the foreground, gone with the test.
sub run {
    my (@command) = @_;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    LuciaTest::follow_parent();
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', ($ENV{LUCI_TEST_DIR} || '/tmp') . '/recipes.log' if $ENV{LUCI_TEST_DIR};
    open STDERR, '>&', \*STDOUT;
    exec @command or POSIX::_exit(127);
}

sub end { my ($pid) = @_; kill TERM => $pid; waitpid $pid, 0; return }

sub names { return $page =~ /^```(\w+ \w+)/mg }

1;
