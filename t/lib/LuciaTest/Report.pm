# SPDX-License-Identifier: Apache-2.0
#
# The report of t/long/run: a table with a row for each run of a step, a table of the machines, and what some runs tell besides.
#
#     my $report = LuciaTest::Report->new($file, @labels);         # with what the file has; labels in their order
#     $report->add({ step => $label, $report->here, result => 'passed', ... }, $details);    # takes the place of an earlier one
#     $report->merge($file);                                       # another report's rows
#     $report->write;
#     my %row = LuciaTest::Report::of_log($log);                   # files, checks and found, of what prove or a program printed
#     my $details = LuciaTest::Report::tables_of($log);
#
# The file is read as it is written, so that rows can come from many runs, each with its own commit, date and machine.
package LuciaTest::Report;
use strict;
use warnings;

use POSIX ();
use LuciaTest;

my @ROW     = qw(step for result commit date machine files checks time found);
my @MACHINE = qw(machine kernel processors httpd engines);

sub new {
    my ($class, $file, @labels) = @_;
    my $self = bless { file => $file, labels => \@labels, rows => {}, details => {}, machines => [] }, $class;
    $self->read(LuciaTest::Server::slurp($file));
    return $self;
}

sub cells { my ($line) = @_; my (undef, @cells) = split /\s*\|\s*/, $line; return @cells }

sub read {
    my ($self, $text) = @_;
    my ($head, @sections) = split /^## (?=\S)/m, $text;
    for (grep { /^\| (?!---)/ } split /\n/, $head // '') {
        my %row;
        @row{@ROW} = cells($_);
        $self->{rows}{ $row{step} } = \%row if defined $row{found} && $row{step} ne 'step';
    }
    for my $section (@sections) {
        my ($title, $body) = $section =~ /\A([^\n]*)\n+(.*?)\n*\z/s;
        if ($title eq 'Machines') {
            for (grep { /^\| (?!---|machine )/ } split /\n/, $body) { my %machine; @machine{@MACHINE} = cells($_); push @{ $self->{machines} }, \%machine }
        }
        else { $self->{details}{$title} = $body }
    }
    return;
}

# ---- This machine and this commit ----

sub said { my (@command) = @_; my $said = `@command 2>/dev/null` // ''; $said =~ s/\s+\z//; return $said }

sub machine {
    my ($system, undef, $release, undef, $hardware) = POSIX::uname();
    my ($version) = said(LuciaTest::httpd(), '-V') =~ /Server version: Apache\/(\S+)/;
    my ($apr, $util) = said(LuciaTest::httpd(), '-V') =~ /Server loaded:\s+APR ([\d.]+), APR-UTIL ([\d.]+)/;
    my @engines = (
        ['SQLite', said("sqlite3 --version") =~ /^([\d.]+)/], ['PostgreSQL', said(LuciaTest::Postgres::tool('postgres'), '--version') =~ /([\d.]+)/],
        ['MariaDB', said('mariadbd --version') =~ /Ver ([\d.]+)/], ['Redis', said('redis-server --version') =~ /v=([\d.]+)/], ['memcached', said('memcached --version') =~ /([\d.]+)/],
    );
    return {
        kernel => "$system " . ($release =~ s/^([\d.]+).*/$1/r) . " $hardware", processors => said('nproc'),
        httpd => join(', ', $version // 'unknown', $apr ? ("apr $apr", "apr-util $util") : ()), engines => join(', ', map { defined $_->[1] ? "$_->[0] $_->[1]" : () } @engines),
    };
}

# Its letter here.
sub letter_of {
    my ($self, $new) = @_;
    my ($known) = grep { my $machine = $_; !grep { $machine->{$_} ne $new->{$_} } @MACHINE[1 .. $#MACHINE] } @{ $self->{machines} };
    return $known->{machine} if $known;
    my %taken = map { $_->{machine} => 1 } @{ $self->{machines} };
    my ($letter) = grep { !$taken{$_} } 'A' .. 'ZZ';
    push @{ $self->{machines} }, { %$new, machine => $letter };
    return $letter;
}

# The letter of this machine, and the commit, with a + if something has been changed since.
sub here {
    my ($self) = @_;
    my $letter = $self->letter_of($self->{now} //= machine());
    my ($report) = $self->{file} =~ m{^\Q@{[LuciaTest::top()]}\E/(.+)};
    my $commit = said('git rev-parse --short=10 HEAD') . (said('git status --porcelain --untracked-files=no -- .', $report ? "':!$report'" : ()) ? '+' : '');
    return (machine => $letter, commit => $commit, date => POSIX::strftime('%Y-%m-%d', localtime));
}

# ---- A run ----

sub add {
    my ($self, $row, $details) = @_;
    my $seconds = delete $row->{seconds};
    $row->{time} = !defined $seconds ? '-' : $seconds < 100 ? "$seconds s" : sprintf '%.0f min', $seconds / 60;
    $row->{$_} = '-' for grep { !defined $row->{$_} || $row->{$_} eq '' } @ROW;
    s/\s*\|\s*/ \/ /g for values %$row;
    $self->{rows}{ $row->{step} } = $row;
    delete $self->{details}{ $row->{step} };
    $self->{details}{ $row->{step} } = $details =~ s/^#/    #/gmr =~ s/\s+\z//r if defined $details && $details =~ /\S/;
    return;
}

# Takes the rows of another report, with its details; not those of steps that did not run.
sub merge {
    my ($self, $file) = @_;
    my $other = LuciaTest::Report->new($file);
    my %machine = map { $_->{machine} => $_ } @{ $other->{machines} };
    for my $label (grep { $other->has_run($_) } keys %{ $other->{rows} }) {
        my $row = $other->{rows}{$label};
        $row->{machine} = $self->letter_of($machine{ $row->{machine} } // die "$file: no machine $row->{machine}\n");
        $self->{rows}{$label} = $row;
        delete $self->{details}{$label};
        $self->{details}{$label} = $other->{details}{$label} if defined $other->{details}{$label};
    }
    return;
}

use constant { NAMED => 6 };    # tests that a row names

# prove's summary; of other programs, the last line that says something and is not of a table.
sub of_log {
    my ($file) = @_;
    my $log = LuciaTest::Server::slurp($file);
    my ($files, $checks) = $log =~ /^Files=(\d+), Tests=(\d+),/m;
    my @failed = $log =~ /^(\S+\.t|\S*build\/\S*t\/unit\/\S+)\s+\(Wstat: /mg;
    my $last = (grep { /\S/ && !/^\|/ } split /\n/, $log)[-1] // 'nothing';
    my @found = map { s{^.*?(?=t/)}{}r } @failed > NAMED ? @failed[0 .. NAMED - 1] : @failed;
    push @found, @failed - NAMED . ' more' if @failed > NAMED;
    push @found, 'a report of a sanitizer' if $log =~ /^A sanitizer reported/m;
    my $found = !defined $files ? $last : join(', ', @found) || 'nothing';
    return (files => $files, checks => $checks, found => $found);
}

# The tables that a program has printed.
sub tables_of { my ($file) = @_; return join "\n", LuciaTest::Server::slurp($file) =~ /^((?:\|[^\n]*\n)+)/mg }

# ---- The file ----

sub in_order {
    my ($self) = @_;
    my %place = map { $self->{labels}[$_] => $_ } 0 .. $#{ $self->{labels} };
    return sort { ($place{$a} // 999) <=> ($place{$b} // 999) || $a cmp $b } keys %{ $self->{rows} };
}

sub lines { my ($names, @rows) = @_; return join '', map { '| ' . join(' | ', @$_) . " |\n" } $names, [('---') x @$names], map { [@$_{@$names}] } @rows }

sub table      { my ($self) = @_; return lines(\@ROW, map { $self->{rows}{$_} } $self->in_order) }
sub has_run    { my ($self, $label) = @_; return ($self->{rows}{$label}{result} // 'not run') ne 'not run' }
sub has_failed { my ($self, @labels) = @_; return scalar grep { ($self->{rows}{$_}{result} // '') eq 'failed' } @labels }

sub write {
    my ($self) = @_;
    my $text = "# What `make test-long` found\n\nA row for each run of a step, the latest one, with its own commit, date and machine. A + after a "
        . "commit: with changes. *not run*: the row says why.\n\n" . $self->table . "\n## Machines\n\n" . lines(\@MACHINE, @{ $self->{machines} });
    $text .= "\n## $_\n\n$self->{details}{$_}\n" for grep { defined $self->{details}{$_} } $self->in_order;
    open my $out, '>', "$self->{file}.new" or die "$self->{file}: $!\n";
    print {$out} $text;
    close $out or die "$self->{file}: $!\n";
    system(LuciaTest::top() . '/doc/wrap.pl', "$self->{file}.new") == 0 or die "doc/wrap.pl failed\n";
    rename "$self->{file}.new", $self->{file} or die "$self->{file}: $!\n";
    return;
}

1;
