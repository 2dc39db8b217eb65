# SPDX-License-Identifier: Apache-2.0
#
# Looks at the password hashes of a private server while they run, and can hold
# them where they are: hash_watch.c stands in front of libargon2.
#
#     use LuciaTest::Hashes;
#     my $hashes = LuciaTest::Hashes->new;
#     my $server = LuciaTest::Server->new(env => $hashes->env, config => ...);
#     $hashes->hold;                          # from now on no hash ends
#     my @asked = map { send_request($server, POST => '/login', form(...)) } 1 .. 3;
#     wait_until(sub { $hashes->running == 2 });
#     my @pids = $hashes->running;            # of the processes, one for each hash
#     $hashes->release;
#     is reply_to($_)->status, 302 for @asked;
#     $server = LuciaTest::Server->new(env => $hashes->env(slow => 'libsodium'), ...)    # its hashes take longer
#     $hashes->leave_traces(1)                # each hash writes TRACE into its working memory before it is held
#     is $hashes->peak, 2;                    # the most at once since the start or ->forget
#     waiting($server)                        # how many wait for their turn, be it without a thread (STATUS in its config)
#     served_by($server, $socket)             # the child that accepted a connection; undef: none did yet
#     reply_on($socket)                       # the next answer of a connection that stays open
#     answered(@asked), unanswered(@asked)    # which of them have an answer waiting, or were cut off; or how many
package LuciaTest::Hashes;
use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use IO::Select ();
use LuciaTest;

our @EXPORT = qw(send_request reply_to reply_on answered unanswered waiting served_by STATUS);

# What waiting() needs in a server's configuration.
use constant STATUS => "<Location /status>\n    SetHandler server-status\n</Location>\n";

# Put together here as there.
use constant TRACE => join '-', qw(trace of a hash), '';

my ($HEAD, $ROWS) = (16, 255);    # table_t in hash_watch.c

sub new {
    my ($class) = @_;
    my $self = bless { dir => LuciaTest::work_dir('hashes') }, $class;
    my $source = dirname(__FILE__) . '/hash_watch.c';
    my @compile = (split(' ', $ENV{CC} || 'gcc'), qw(-shared -fPIC -O1 -Wall -Werror -pthread), '-o', $self->shim, $source);
    system(@compile) == 0 or die "cannot compile $source\n";
    open $self->{table}, '+>:raw', "$self->{dir}/table" or die $!;
    chmod 0666, "$self->{dir}/table";
    $self->put(0, pack 'l*', (0) x (4 + 4 * $ROWS));
    return $self;
}

sub shim { "$_[0]{dir}/hash_watch.so" }

# A sanitizer's runtime comes before it.
sub env {
    my ($self, %arg) = @_;
    my %server = LuciaTest::httpd_env();
    return {
        LD_PRELOAD => join(' ', grep { $_ } $server{LD_PRELOAD}, $self->shim), LUCI_HASH_WATCH => "$self->{dir}/table",
        $arg{slow} ? (LUCI_HASH_SLOW => $arg{slow}) : (),
    };
}

sub put {
    my ($self, $at, $bytes) = @_;
    sysseek $self->{table}, $at, 0 or die $!;
    syswrite($self->{table}, $bytes) == length $bytes or die $!;
    return;
}

sub get {
    my ($self, $at, $size) = @_;
    sysseek $self->{table}, $at, 0 or die $!;
    sysread($self->{table}, my $bytes, $size) == $size or die $!;
    return unpack 'l*', $bytes;
}

sub hold    { $_[0]->put(0, pack 'l', 1) }
sub release { $_[0]->put(0, pack 'l', 0) }
sub leave_traces { $_[0]->put(12, pack 'l', $_[1]) }
sub forget  { $_[0]->put(4, pack 'l', 0) }
sub peak    { ($_[0]->get(4, 4))[0] }
sub done    { ($_[0]->get(8, 4))[0] }

sub is_alive { LuciaTest::Server::slurp("/proc/$_[0]/stat") =~ /\) [^ZX]/ }

# The hashes of living processes: [pid, tid, KiB].
sub rows {
    my ($self) = @_;
    my @all = $self->get($HEAD, 16 * $ROWS);
    return grep { $_->[0] && is_alive($_->[0]) } map { [@all[4 * $_ .. 4 * $_ + 2]] } 0 .. $ROWS - 1;
}

# In scalar context how many.
sub running { my @pids = map { $_->[0] } $_[0]->rows; return @pids }

# ---- Requests whose answers are fetched later ----

sub send_request {
    my ($server, @request) = @_;
    my $socket = $server->connect;
    my $bytes = $server->bytes_of(@request);
    syswrite($socket, $bytes) == length $bytes or die $!;
    return $socket;
}

sub reply_to { my ($socket) = @_; return LuciaTest::Reply->parse(LuciaTest::Client->new->raw('', socket => $socket), 'POST') }

# One answer, of which Content-Length tells the end.
sub reply_on {
    my ($socket) = @_;
    my ($text, $end) = ('', time + 30);
    while (time < $end) {
        my ($head) = $text =~ /\A(.*?\r\n\r\n)/s;
        my ($length) = ($head // '') =~ /^Content-Length: (\d+)/mi;
        return LuciaTest::Reply->parse($text, 'POST') if defined $length && length($text) >= length($head) + $length;
        last unless ($socket->can('pending') && $socket->pending) || IO::Select->new($socket)->can_read($end - time);
        sysread $socket, $text, 1, length $text or last;
    }
    return LuciaTest::Reply->parse($text, 'POST');
}

sub waiting {
    my ($server) = @_;
    my $reply = eval { $server->request(GET => '/status?auto') } or return -1;
    return $reply->body =~ /^LuciaHashesWaiting: (\d+)/m ? $1 : -1;
}

# The other end of a connection is a socket of the child that accepted it.
sub served_by {
    my ($server, $socket) = @_;
    my $ends = sprintf '[0-9A-F]+:%04X [0-9A-F]+:%04X', $socket->peerport, $socket->sockport;
    my @inode = map { LuciaTest::Server::slurp($_) =~ /^ *\d+: $ends(?: +\S+){6} +(\d+)/m } '/proc/net/tcp', '/proc/net/tcp6';
    for my $pid ($server->children) {
        for my $file (glob "/proc/$pid/fd/*") {
            my $target = readlink $file;
            return $pid if $target && grep { $target eq "socket:[$_]" } @inode;
        }
    }
    return;
}

sub answered { my @ready = IO::Select->new(@_)->can_read(0); return @ready }

sub unanswered {
    my %ready = map { $_ => 1 } answered(@_);
    my @waiting = grep { !$ready{$_} } @_;
    return @waiting;
}

sub DESTROY { my ($self) = @_; local ($?, $!, $@); $self->release if $self->{table} }

1;
