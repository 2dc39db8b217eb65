# SPDX-License-Identifier: Apache-2.0
#
# A real redis-server or memcached of a test's own, gone with the object.
#
#     my $service = LuciaTest::Service->new('redis');      # or 'memcache'; on a free port, answering
#     LuciaTest::Service->new('redis', args => [...], password => '...')    # options of the program; of requirepass
#     "LuciaSessionCache " . $service->name                # redis:127.0.0.1:PORT
#     $service->put($key, $bytes); $service->get($key);    # undef when there is none
#     $service->signal('STOP'); $service->signal('CONT');
#     $service->stop; $service->start;                     # KILL; again on the same port
package LuciaTest::Service;
use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use POSIX ();
use LuciaTest;
use LuciaTest::Database;

my %PROGRAM = (redis => 'redis-server', memcache => 'memcached');

sub new {
    my ($class, $kind, %arg) = @_;
    my $self = bless { kind => $kind, args => [], %arg, owner => $$, dir => LuciaTest::work_dir($kind) }, $class;
    $SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP);    # so that DESTROY runs
    for my $try (1 .. 5) {
        $self->choose_port;
        return $self if eval { $self->start };
    }
    die(($PROGRAM{$kind} // $kind) . " does not start\n" . LuciaTest::Server::slurp("$self->{dir}/log"));
}

sub choose_port { my ($self) = @_; $self->{port} = LuciaTest::Database::free_port(); return }

sub name { my ($self) = @_; "$self->{kind}:127.0.0.1:$self->{port}" }

sub command {
    my ($self) = @_;
    return ($PROGRAM{redis}, '--port', $self->{port}, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', "$self->{dir}",
        defined $self->{password} ? ('--requirepass', $self->{password}) : (), @{ $self->{args} })
        if $self->{kind} eq 'redis';
    my ($user) = LuciaTest::server_user();
    return ($PROGRAM{memcache}, '-l', '127.0.0.1', '-p', $self->{port}, '-U', 0, '-m', 16, $user ? ('-u', $user) : (), @{ $self->{args} });
}

sub start {
    my ($self) = @_;
    defined($self->{pid} = fork) or die "fork: $!";
    if (!$self->{pid}) {
        LuciaTest::follow_parent();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        my @command = $self->command;
        exec @command or POSIX::_exit(127);
    }
    my $answers = wait_until(sub {
        return 'gone' if waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid};
        return eval { $self->answers };
    }, 20);
    return 1 if $answers && $answers ne 'gone';
    delete $self->{pid} if $answers;
    $self->stop;
    die "no answer\n";
}

# A refusal is an answer, too.
sub answers {
    my ($self) = @_;
    $self->ask($self->{kind} eq 'redis' ? $self->redis('PING') : "version\r\n", qr/\r\n\z/);
    return 1;
}

sub signal { my ($self, $name) = @_; kill $name => $self->{pid} or die "$self->{kind} is gone: $!" }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local ($?, $!);
    kill KILL => $pid;
    waitpid $pid, 0;
    return;
}

# ---- Asking it: until what comes looks complete ----

# The answer of a Redis to one command, as it comes over the wire. Dies after an error, unless it may fail.
sub say {
    my ($self, @words) = @_;
    my $bytes = (defined $self->{password} ? $self->redis(AUTH => $self->{password}) : '') . $self->redis(@words);
    my $answer = $self->ask($bytes, defined $self->{password} ? qr/\A\+OK\r\n(?:[-+:].*\r\n|\*.*\r\n|\$.*\r\n)\z/s : qr/\r\n\z/s);
    return defined $self->{password} ? $answer =~ s/\A\+OK\r\n//r : $answer;
}

sub ask {
    my ($self, $bytes, $complete) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 5) or die "no connection: $!\n";
    syswrite $socket, $bytes;
    my ($answer, $ready) = ('', IO::Select->new($socket));
    until ($answer =~ $complete) {
        die "no answer\n" unless $ready->can_read(5) && sysread $socket, $answer, 65536, length $answer;
    }
    return $answer;
}

sub redis {
    my ($self, @words) = @_;
    return join '', '*' . @words . "\r\n", map { '$' . length($_) . "\r\n$_\r\n" } @words;
}

sub get {
    my ($self, $key) = @_;
    my $is_redis = $self->{kind} eq 'redis';
    my $answer = $is_redis ? $self->ask($self->redis(GET => $key), qr/\A(?:\$-1\r\n|\$\d+\r\n.*\r\n\z|-)/s)
        : $self->ask("get $key\r\n", qr/END\r\n\z/);
    die "$answer\n" if $answer =~ /\A(?:-|\w*ERROR)/;
    my ($size, $rest) = $answer =~ /\A(?:\$|VALUE \S+ \d+ )(\d+)\r\n(.*)/s or return;
    return substr $rest, 0, $size;
}

sub put {
    my ($self, $key, $value) = @_;
    my $bytes = $self->{kind} eq 'redis' ? $self->redis(SETEX => $key, 60, $value)
        : "set $key 0 60 " . length($value) . "\r\n$value\r\n";
    $self->ask($bytes, qr/\A(?:\+OK|STORED)\r\n/);
    return;
}

sub DESTROY { my ($self) = @_; $self->stop if $self->{owner} == $$ }

1;
