# SPDX-License-Identifier: Apache-2.0
#
# Lines of the audit log, read as strictly as doc/audit.md describes them.
#
#     my $log = LuciaTest::Audit->new("$dir/logs/audit.log");   # looks from the end of what is there now
#     my @events = $log->events(2);                             # waits for two more: [{ event => 'sign_in', ... }]
#     my @broken = $log->broken;                                # lines so far that are not as they should be
package LuciaTest::Audit;
use strict;
use warnings;

use Exporter 'import';
use LuciaTest;

our @EXPORT_OK = qw(parse_line);

my @NAMES = qw(time event result reason address vhost by count session app user account factor provider mail invitation repeated);
my $value = qr/(?:[-A-Za-z0-9._~:\/@+,\[\]]|%[0-9A-F]{2})+/;

# The words of a line as a hash; nothing when it's not one.
sub parse_line {
    my ($line) = @_;
    my (%word, @order);
    return if length $line > 2047;
    for my $word (split / /, $line, -1) {
        my ($name, $text) = $word =~ /^([a-z]+)=($value)\z/ or return;
        return if exists $word{$name};
        $word{$name} = $text;
        push @order, $name;
    }
    my @known = grep { exists $word{$_} } @NAMES;
    return unless "@order" eq "@known" && 5 == grep { exists $word{$_} } @NAMES[0 .. 4];
    return unless $word{time} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/ && $word{result} =~ /^(?:ok|failure)\z/;
    return if ($word{result} eq 'ok') != ($word{reason} eq '-');
    return if exists $word{session} && $word{session} !~ /^[0-9a-f]{12}\z/;
    return \%word;
}

sub new {
    my ($class, $file) = @_;
    my $self = bless { file => $file }, $class;
    $self->{at} = length $self->text;
    return $self;
}

sub text { return LuciaTest::Server::slurp($_[0]{file}) }

# So many more lines, once they are there; all that there are, when there are more. Dies after a while.
sub events {
    my ($self, $count) = @_;
    my @lines;
    wait_until(sub {
        @lines = split /\n/, substr($self->text, $self->{at}) =~ s/[^\n]*\z//r;
        return @lines >= $count;
    }, 20) or die "there are not $count lines but: @lines\n";
    $self->{at} += length join '', map { "$_\n" } @lines;
    return map { parse_line($_) // die "not a line of the audit log: $_\n" } @lines;
}

sub broken { return grep { !parse_line($_) } split /\n/, $_[0]->text }

1;
