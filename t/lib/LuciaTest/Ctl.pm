# SPDX-License-Identifier: Apache-2.0
#
# luciactl, run as an operator runs it.
#
#     my $ctl = LuciaTest::Ctl->of($engine, $database, '--attributes', 'role');
#     my $end = $ctl->run('user', 'add', 'alice', '--stdin', { stdin => "open sesame\n" });
#     $end->{status}, $end->{out}, $end->{err}
#     $ctl->does('user', 'disable', 'alice');             # dies unless the status is 0; what it said
#     $ctl->json('user', 'list')->[0]{username};          # the same with --json, parsed
#     is $ctl->status('user', 'show', 'nobody'), 1;
#     my ($pid, $out, $err) = $ctl->spawn('purge');       # handles to read from; waitpid is the caller's
#     my $end = $ctl->typed(['user', 'passwd', 'alice'], "first\n", "second\n");   # on a terminal, after each prompt
package LuciaTest::Ctl;
use strict;
use warnings;

use IO::Select ();
use JSON::PP ();
use POSIX ();
use Time::HiRes ();
use LuciaTest ();

$ENV{LUCIACTL_CONFIG} = '';    # the configuration of this machine's httpd is none of a test's

sub new { my ($class, @options) = @_; return bless { options => [@options] }, $class }

# The audit log goes into a file of its own.
sub of {
    my ($class, $engine, $database, @options) = @_;
    my $dir = LuciaTest::work_dir('ctl');
    my $self = $class->new('--database', $engine->driver . ':' . $engine->params($database), '--audit-log', "$dir/audit", @options);
    $self->{dir} = $dir;
    return $self;
}

sub tool  { LuciaTest::build() . '/luciactl' }

# What a sanitizer needs; drivers are loaded and stay, so that leaks do not count.
sub env { return $ENV{SANITIZE} ? (LuciaTest::httpd_env(), ASAN_OPTIONS => 'detect_leaks=0') : () }

# A program of its own, in the folder of a server, for callers that do not set that environment.
sub program {
    my ($server, $tool) = @_;
    my %env = env() or return $tool // tool();
    my $file = $server->write('luciactl.sh', join ' ', "#!/bin/sh\nexec env", (map { "'$_=$env{$_}'" } sort keys %env), $tool // tool(), qq("\$@"\n));
    chmod 0755, $file;
    return $file;
}

sub audit { LuciaTest::Server::slurp("$_[0]{dir}/audit") }
sub with  { my ($self, @options) = @_; return bless { %$self, options => [@{ $self->{options} }, @options] }, ref $self }

# In a child: a session of its own, so that there is no terminal to ask on.
sub become {
    my ($self, @command) = @_;
    POSIX::setsid();
    LuciaTest::follow_parent();
    %ENV = (%ENV, env());
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    exec tool(), @{ $self->{options} }, @command or POSIX::_exit(127);
}

sub spawn {
    my ($self, @command) = @_;
    pipe my $out, my $to or die "pipe: $!";
    pipe my $err, my $to_err or die "pipe: $!";
    defined(my $pid = fork) or die "fork: $!";
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>&', $to;
        open STDERR, '>&', $to_err;
        $self->become(@command);
    }
    return ($pid, $out, $err);
}

sub run {
    my ($self, @command) = @_;
    my $arg = ref $command[-1] ? pop @command : {};
    my $in = LuciaTest::work_dir('ctl-in');
    my %file = map { $_ => "$in/$_" } qw(in out err);
    open my $given, '>:raw', $file{in} or die $!;
    print $given $arg->{stdin} // '';
    close $given;
    utf8::encode($_) for grep { utf8::is_utf8($_) } @command;
    defined(my $pid = fork) or die "fork: $!";
    if (!$pid) {
        open STDIN, '<', $file{in};
        open STDOUT, '>', $file{out};
        open STDERR, '>', $file{err};
        $self->become(@command);
    }
    waitpid $pid, 0;
    return { status => $? & 127 ? -($? & 127) : $? >> 8, out => LuciaTest::Server::slurp($file{out}), err => LuciaTest::Server::slurp($file{err}) };
}

sub does {
    my ($self, @command) = @_;
    my $end = $self->run(@command);
    die "@command[0, 1]: status $end->{status}: $end->{err}\n" if $end->{status};
    return $end->{out};
}

sub status { my ($self, @command) = @_; return $self->run(@command)->{status} }
sub json   { my ($self, @command) = @_; return JSON::PP::decode_json($self->does('--json', @command)) }

# On a terminal: waits for a prompt before each text is typed. Gives what was seen, and the status.
sub typed {
    my ($self, $command, @texts) = @_;
    require IO::Pty;
    my $pty = IO::Pty->new;
    defined(my $pid = fork) or die "fork: $!";
    if (!$pid) {
        $pty->make_slave_controlling_terminal;
        my $slave = $pty->slave;
        close $pty;
        open STDIN,  '<&', $slave;
        open STDOUT, '>&', $slave;
        open STDERR, '>&', $slave;
        close $slave;
        %ENV = (%ENV, env());
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        exec tool(), @{ $self->{options} }, @$command or POSIX::_exit(127);
    }
    $pty->close_slave;
    my ($seen, $new) = ('', '');
    my $end = Time::HiRes::time() + 60;
    while (Time::HiRes::time() < $end && IO::Select->new($pty)->can_read($end - Time::HiRes::time())) {
        sysread $pty, $new, 4096, length $new or last;
        next unless @texts && $new =~ /: \z/;
        $seen .= $new;
        $new = '';
        syswrite $pty, shift @texts;
    }
    waitpid $pid, 0;
    return { status => $? & 127 ? -($? & 127) : $? >> 8, seen => $seen . $new };
}

1;
