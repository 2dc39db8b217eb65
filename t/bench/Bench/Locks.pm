# SPDX-License-Identifier: Apache-2.0
#
# What a keep-alive request of a 1 KiB file costs processors beside the one that runs it: locks, atomic read-modify-writes,
# calls of futex, and lines of shared memory that it writes. A thread of a real child of httpd executes it step by step
# (lock_steps.c), so that nothing is estimated and a busy machine makes no difference.
#
#     my $locks = Bench::Locks->new(mpm => 'event', kinds => ['local']);    # all kinds unless told
#     my $count = $locks->count('local');
#     $count->{all}{locks|rmw|shared_rmw|futex}        # of one request
#     $count->{module}{...}                            # of which: in this module, and in what it calls
#     $count->{written}                                # lines of memory that processes share
#     $count->{found}                                  # the lines of lock_steps that name the module
package Bench::Locks;
use strict;
use warnings;

use Config;
use LuciaTest;
use LuciaTest::Postgres;
use Bench;
use Bench::Server;
use Bench::Peers;

use constant EPOLL_WAIT => 232;    # the system call of a waiting listener
use constant WARM_UP => 100;    # requests on the connection before the one that is counted

# The kinds of requests: the host and path.
my %KINDS = (
    ungated    => ['local',      Bench::UNGATED],
    local      => ['local',      Bench::GATED],
    signed_in  => ['local',      Bench::GATED],    # on a connection that carried a sign-in before
    basic      => ['basic',      Bench::GATED],    # with a name and a password that the process knows
    shared     => ['shared',     Bench::GATED],
    sqlite     => ['sqlite',     Bench::GATED],
    postgresql => ['postgresql', Bench::GATED],
);
my @ORDER = qw(ungated local signed_in basic shared sqlite postgresql);
my %WHAT = (
    ungated => 'ungated', local => "gated, the process's own cache", signed_in => 'the same after a sign-in', basic => 'Basic, a known password', shared => 'gated, the shared cache only',
    sqlite => 'gated, straight from SQLite', postgresql => 'gated, straight from PostgreSQL',
);

sub kinds { my ($self) = @_; return @{ $self->{kinds} } }
sub what { $WHAT{ $_[1] } }

# Why nothing can be counted here; nothing when it can.
sub missing {
    return 'it counts on x86-64 Linux only' if $^O ne 'linux' || $Config{archname} !~ /^x86_64/;
    return 'the threads of one process are looked at, which prefork does not have' if LuciaTest::mpm() eq 'prefork';
    return;
}

sub new {
    my ($class, %arg) = @_;
    my $self = bless { mpm => LuciaTest::mpm(), kinds => [grep { $_ ne 'postgresql' || -x LuciaTest::Postgres::tool('postgres') } @ORDER], %arg }, $class;
    my %host = map { $_ => $_ } map { $KINDS{$_}[0] } $self->kinds;
    $self->{postgres} = LuciaTest::Postgres->new if $host{postgresql};
    my %conf = (
        local => { conf => 'shared', local => 'auto' }, shared => { conf => 'shared', local => 'off' }, basic => { conf => 'shared_basic' }, sqlite => { conf => 'sqlite' },
        postgresql => { conf => 'postgresql', params => $self->{postgres} && $self->{postgres}->params },
    );
    $self->{dir} = LuciaTest::work_dir('locks');
    $self->{program} = $self->build;
    $self->{server} = Bench::Server->new(mpm => $self->{mpm}, hash => 'argon2id m=8 t=1 p=1', processes => 'one_thread',
        prefix => [$self->{program}, '--allow'], hosts => [map { +{ name => $_, %{ $conf{$_} } } } sort keys %host]);
    $self->{entry} = { map { $_ => $self->enter($_) } keys %host };
    return $self;
}

sub build {
    my ($self) = @_;
    my $program = "$self->{dir}/lock_steps";
    my @command = (split(' ', $ENV{CC} || 'gcc'), qw(-O2 -o), $program, Bench::home() . '/lock_steps.c');
    system(@command) == 0 or die "@command failed\n";
    return $program;
}

sub enter {
    my ($self, $host) = @_;
    my $peer = Bench::Peer::Lucia->new(name => $host, url => $self->{server}->origin($self->{server}->host_port($host)));
    $peer->prepare;
    return $host eq 'basic' ? { headers => [Bench::Users::basic(Bench::NAME, Bench::PASSWORD)] } : $peer->enter;
}

# The only child.
sub child {
    my ($self) = @_;
    my $pid = $self->{server}->pid;
    my @children = split ' ', LuciaTest::Server::slurp("/proc/$pid/task/$pid/children");
    @children = grep { readlink("/proc/$_/exe") eq readlink("/proc/$pid/exe") } @children;
    die "httpd has " . @children . " children\n" if @children != 1;
    return $children[0];
}

# The thread that serves requests: the one, other than the listener, that wakes up most during some.
sub thread {
    my ($self, $requests) = @_;
    my $child = $self->child;
    my $wakings = sub {
        return map { (m{(\d+)$} => LuciaTest::Server::slurp("$_/status") =~ /^voluntary_ctxt_switches:\s*(\d+)/m) } glob "/proc/$child/task/*";
    };
    my %before = $wakings->();
    $requests->();
    my %after = $wakings->();
    my @waiting = grep { LuciaTest::Server::slurp("/proc/$child/task/$_/syscall") !~ /^${\EPOLL_WAIT} / } keys %after;
    return (sort { $after{$b} - ($before{$b} // 0) <=> $after{$a} - ($before{$a} // 0) } @waiting)[0];
}

# mod_luciauth calls the hooks of the whole connection, which httpd would call without it.
sub around {
    my ($address) = Bench::output_of('nm', '-D', '--defined-only', LuciaTest::httpd()) =~ /^([0-9a-f]+) T ap_run_process_connection$/m;
    return $address // ();
}

sub ask {
    my ($self, $kind, $socket) = @_;
    my ($host, $path) = @{ $KINDS{$kind} };
    print $socket "GET $path HTTP/1.1\r\nHost: 127.0.0.1:", $self->{server}->host_port($host), "\r\n",
        map({ "$_\r\n" } @{ $self->{entry}{$host}{headers} }), "\r\n";
    my $answer = Bench::answer_on($socket);
    $answer =~ m{^HTTP/1.1 200 } or die "$path answered:\n$answer";
    return;
}

sub sign_in {
    my ($self, $socket) = @_;
    my $origin = $self->{server}->origin($self->{server}->host_port('local'));
    my %form = form(username => Bench::NAME, password => Bench::PASSWORD);
    print $socket "POST /account/login HTTP/1.1\r\nHost: ", $origin =~ s{.*//}{}r, "\r\nOrigin: $origin\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ", length $form{body}, "\r\n\r\n$form{body}";
    my $answer = Bench::answer_on($socket);
    $answer =~ m{^HTTP/1.1 302 } or die "sign-in answered:\n$answer";
    return;
}

# Of a single thread, httpd ends the connection at once if the one before is not quite closed yet.
sub warm_up {
    my ($self, $kind) = @_;
    my $socket = $self->{server}->connect($self->{server}->host_port($KINDS{$kind}[0]));
    $self->sign_in($socket) if $kind eq 'signed_in';
    my $thread = $self->thread(sub { $self->ask($kind, $socket) for 1 .. WARM_UP });
    return ($socket, $thread);
}

sub count {
    my ($self, $kind) = @_;
    my ($socket, $thread);
    wait_until(sub { ($socket, $thread) = eval { $self->warm_up($kind) } }, 10) or die "$kind: $@";
    pipe my $hold, my $release or die "pipe: $!\n";
    pipe my $from, my $to or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        close $release;
        open STDIN,  '<&', $hold or POSIX::_exit(1);
        open STDOUT, '>&', $to   or POSIX::_exit(1);
        exec $self->{program}, $thread, 'mod_luciauth', around() or POSIX::_exit(127);
    }
    close $_ for $hold, $to;
    my $ready = <$from> // '';
    $self->ask($kind, $socket) if $ready eq "ready\n";
    close $release;
    my @found = <$from>;
    waitpid $pid, 0;
    die "lock_steps failed, perhaps because this account may not trace processes\n" if $ready ne "ready\n" || $?;
    return sums(@found);
}

sub sums {
    my @found = @_;
    my %count = (written => 0, found => [], map { $_ => { locks => 0, rmw => 0, shared_rmw => 0, futex => 0 } } qw(all module));
    for (@found) {
        my ($what, @words) = split;
        my $number = pop @words;
        if ($what eq 'written') { $count{written} += $number; push @{ $count{lines} }, "@words $number"; next }
        if ($what eq 'steps')   { $count{steps} = $number; next }
        my $inside = $what eq 'lock' ? $words[2] : $words[1];
        my @keys = $what eq 'rmw' && $words[2] eq 'shared' ? qw(rmw shared_rmw) : $what eq 'lock' ? 'locks' : $what;
        for my $part ('all', $inside eq '-' ? () : 'module') {
            $count{$part}{$_} += $number for @keys;
        }
        push @{ $count{found} }, $_ if $inside ne '-';
    }
    return \%count;
}

1;
