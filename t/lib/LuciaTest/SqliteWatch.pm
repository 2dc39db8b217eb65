# SPDX-License-Identifier: Apache-2.0
#
# The statements that a server begins on SQLite.
#
#     my $watch = LuciaTest::SqliteWatch->new;
#     my $server = LuciaTest::Server->new(env => $watch->env, ...);
#     my $statements = $watch->begin;
#     ... my @texts = $statements->();    # those since begin
package LuciaTest::SqliteWatch;
use strict;
use warnings;

use File::Basename qw(dirname);
use LuciaTest ();

sub new {
    my ($class) = @_;
    my $self = bless { dir => LuciaTest::work_dir('sqlite-watch') }, $class;
    my $source = dirname(__FILE__) . '/sqlite_watch.c';
    my @compile = (split(' ', $ENV{CC} || 'gcc'), qw(-shared -fPIC -O1 -Wall -Werror), '-o', $self->shim, $source, '-lsqlite3');
    system(@compile) == 0 or die "cannot compile $source\n";
    open my $out, '>', $self->file or die $self->file . ": $!\n";
    chmod 0666, $self->file;
    return $self;
}

sub shim { "$_[0]{dir}/sqlite_watch.so" }
sub file { "$_[0]{dir}/statements" }
sub env  { my ($self) = @_; return { LD_PRELOAD => $self->shim, LUCI_SQLITE_WATCH => $self->file } }

sub begin {
    my ($self) = @_;
    my $from = -s $self->file;
    return sub {
        open my $in, '<', $self->file or die $self->file . ": $!\n";
        seek $in, $from, 0;
        return <$in>;
    };
}

1;
