# SPDX-License-Identifier: Apache-2.0
#
# What prove prints (prove --formatter LuciaTest::Formatter): a line for each file, and of files that fail also the checks
# that failed with what they say about it, and the last words of a test that died.
package LuciaTest::Formatter;
use strict;
use warnings;

use parent 'TAP::Formatter::File';

sub open_test {
    my ($self, $test, $parser) = @_;
    my $session = LuciaTest::Formatter::Session->new({ name => $test, formatter => $self, parser => $parser });
    $session->header;
    return $session;
}

package LuciaTest::Formatter::Session;
use parent -norequire, 'TAP::Formatter::File::Session';

# Of a failed check: its line, and the comments up to the next check. Within a subtest all lines are "unknown" ones.
sub result {
    my ($self, $result) = @_;
    return $self->SUPER::result($result) if $self->formatter->verbose || $result->is_bailout;
    my $line = $result->as_string;
    if ($result->is_test || $line =~ /^\s+(?:not )?ok\b/) { $self->{failing} = $line =~ /^\s*not ok\b/ && !$result->has_todo }
    elsif ($line !~ /^\s*#/) {
        push @{ $self->{words} }, $line if $result->is_unknown;
        return;
    }
    $self->{results} .= "$line\n" if $self->{failing};
    return;
}

use constant LAST_WORDS => 12;

sub close_test {
    my ($self) = @_;
    my @words = @{ $self->{words} // [] };
    splice @words, 0, @words - LAST_WORDS if @words > LAST_WORDS;
    $self->{results} .= join '', map { "$_\n" } @words if $self->parser->exit;
    return $self->SUPER::close_test;
}

1;
