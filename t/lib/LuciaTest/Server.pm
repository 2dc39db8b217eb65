# SPDX-License-Identifier: Apache-2.0
#
# A private httpd for one test, stopped when the object goes away.
#
#     my $server = LuciaTest::Server->new(
#         config    => $text,      # put after the shared part of httpd.conf (LuciaTest::Config)
#         modules   => ['ssl'],    # beyond the usual ones
#         without   => ['socache_shmcb'],   # of the usual ones
#         mpm       => 'worker',   # else $MPM
#         files     => { 'htdocs/a.txt' => "text", 'htdocs/x.cgi' => "#!/bin/sh\n..." },   # .cgi: executable
#         lucia     => 0,          # without mod_luciauth; 'first': loaded before the other modules, not after
#         templates => 0,          # without the LuciaTemplates line
#         throttle  => 0,          # with LuciaThrottle off: for many wrong sign-ins from one place
#         ports     => 2,          # further free ports: @port2@, @port3@
#         host      => '127.0.0.2', # its address
#         env       => { TZ => 'UTC' }, log_level => 'debug', tls => 1 (the client speaks TLS),
#         start     => 0,          # call ->start or ->try_start yourself
#     );
#
# In config and files @dir@ is the server's folder, @htdocs@, @templates@ (a copy
# of the tree's), @db@ (a database file in a folder of the server's account; LuciaTest::engine says what DB=... makes of it), @access@ (its name, user and password for DBI),
# @port@, @port2@ ... and @origin@ are replaced, and @secret@ by the path of a file with a secret for LuciaSecret.
package LuciaTest::Server;
use strict;
use warnings;
use parent -norequire, 'LuciaTest::Client';

use File::Basename qw(dirname);
use File::Path qw(make_path);
use IO::Socket::INET ();
use POSIX qw(:sys_wait_h);
use LuciaTest::Config;

sub new {
    my ($class, %arg) = @_;
    my $self = LuciaTest::Client::new(
        $class,
        mpm => LuciaTest::mpm(), modules => [], config => '', lucia => 1, templates => 1, ports => 0,
        log_level => 'info', env => {}, files => {}, start => 1, owner => $$, %arg,
    );
    $self->{dir} = LuciaTest::work_dir('server');
    make_path(map { "$self->{dir}/$_" } qw(conf htdocs logs db templates));
    $self->write("templates/$_->[0]", $_->[1])
        for map { [s{.*/templates/}{}r, slurp($_)] } grep { -f } map { glob LuciaTest::top() . "/templates/$_" } '*', '*/*';
    $SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP);    # so that DESTROY runs
    LuciaTest::give("$self->{dir}/db", "$self->{dir}/htdocs");
    chmod 0750, "$self->{dir}/db";
    $self->choose_ports;
    $self->start if $self->{start};
    return $self;
}

sub dir       { "$_[0]{dir}" }
sub port      { $_[0]{port} }
sub url       { my ($self, $path) = @_; $self->origin . ($path // '') }
sub db        { "$_[0]{dir}/db/luciauth.db" }
sub pid       { $_[0]{pid} }
sub conf_file { "$_[0]{dir}/conf/httpd.conf" }

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}

# Writes a file below the server's folder. A .cgi file becomes executable.
sub write {
    my ($self, $name, $text) = @_;
    my $file = $self->dir . "/$name";
    make_path(dirname $file);
    open my $out, '>:raw', $file or die "$file: $!";
    utf8::encode($text) if utf8::is_utf8($text);
    print $out $text;
    close $out or die "$file: $!";
    chmod $name =~ /\.cgi$/ ? 0755 : 0644, $file;
    return $file;
}

# A file that only its owner may read, as a file with secrets must be.
sub write_secret {
    my ($self, $name, $text) = @_;
    my $file = $self->write($name, '');
    chmod 0600, $file;
    open my $out, '>:raw', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
    return $file;
}

sub secret_file { my ($self) = @_; return $self->{secret_file} //= $self->write_secret('conf/secret', "the secret of the tests, and of them alone\n") }

sub error_log  { slurp($_[0]->dir . '/logs/error_log') }
sub complaints { join '', grep { !/ LUCI0610: / } split /^/, $_[0]->error_log }    # without the audit log, which names accounts

# How often the error log says the same of a session cache or throttle store as the line about it before, which is due once a minute.
sub log_repeats {
    my ($self, $what) = @_;
    my ($last, $repeats, $log) = ('', 0, $self->error_log);
    while ($log =~ /LUCI\d+: (the \Q$what\E \([^)]*\) (?:does not \w+(?: in time)?|works again))/g) {
        $repeats++ if $1 eq $last;
        $last = $1;
    }
    return $repeats;
}

# The texts of this id that the error log has again within a minute; the module counts whole seconds.
sub log_twice {
    my ($self, $id) = @_;
    my (%last, @twice, $log);
    $log = $self->error_log;
    while ($log =~ /^\[\w+ \w+ +\d+ (\d+):(\d+):(\d+)\.\d+ \d+\].*? $id: (.*?)(?:, referer: \S+)?$/mg) {
        my $second = $1 * 3600 + $2 * 60 + $3;
        push @twice, $4 if defined $last{$4} && ($second - $last{$4}) % 86400 < 59;
        $last{$4} = $second;
    }
    return @twice;
}

sub access_log { slurp($_[0]->dir . '/logs/access_log') }
sub stderr     { slurp($_[0]->dir . '/logs/stderr') }

# ---- Ports: asked of the system, and asked again when somebody else was quicker ----

sub choose_ports {
    my ($self) = @_;
    my @held = map {
        IO::Socket::INET->new(LocalAddr => $self->{host}, LocalPort => 0, Listen => 1) or die "no free port: $!"
    } 1 .. ($self->{ports} > 1 ? $self->{ports} : 1);
    ($self->{port}, @{ $self->{more} }) = map { $_->sockport } @held;
    return;
}

sub port_number { my ($self, $n) = @_; $n == 1 ? $self->{port} : $self->{more}[ $n - 2 ] }

sub fill_in {
    my ($self, $text) = @_;
    my %value = (
        dir => $self->dir, htdocs => $self->dir . '/htdocs', templates => $self->dir . '/templates',
        db => $self->db, port => $self->port, origin => $self->origin,
    );
    $text =~ s/\@(dir|htdocs|templates|db|port|origin)\@/$value{$1}/g;
    $text =~ s/\@secret\@/$self->secret_file/ge;
    $text =~ s/\@access\@/join ', ', map { "'$_'" } LuciaTest::engine()->access(LuciaTest::engine()->database_for($self->db))/ge;
    $text =~ s/\@port(\d+)\@/$self->port_number($1)/ge;
    return LuciaTest::on_engine($text);
}

sub write_config {
    my ($self, $config) = @_;
    $self->{config} = $config if defined $config;
    $self->write("$_", $self->fill_in($self->{files}{$_})) for keys %{ $self->{files} };
    $self->write('conf/httpd.conf', LuciaTest::Config::base($self) . $self->fill_in($self->{config}));
    return;
}

# ---- Start and stop ----

sub spawn {
    my ($self, @args) = @_;
    my %env = (LuciaTest::httpd_env(), %{ $self->{env} });
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    POSIX::setsid();    # httpd ends with a signal to its whole process group
    LuciaTest::follow_parent();
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', $self->dir . '/logs/stderr';
    open STDERR, '>&', \*STDOUT;
    chdir '/';
    @ENV{ keys %env } = values %env;
    exec LuciaTest::httpd(), '-d', $self->dir, '-f', $self->conf_file, @args or POSIX::_exit(127);
}

sub start {
    my ($self) = @_;
    for my $try (1 .. 8) {
        my $outcome = $self->start_once;
        return $self if $outcome eq 'ready';
        if ($outcome eq 'exited' && $self->error_log . $self->stderr =~ /could not bind|Address already in use/i) {
            $self->choose_ports;
            next;
        }
        $self->stop;
        die "httpd did not start ($outcome):\n" . $self->stderr . $self->error_log;
    }
    die "no port to be had\n";
}

# The pid file appears after the ports are bound; an answer on the port alone could be a stranger's.
sub start_once {
    my ($self) = @_;
    unlink map { $self->dir . "/logs/$_" } qw(stderr error_log httpd.pid);
    $self->write_config;
    $self->{pid} = $self->spawn('-DFOREGROUND');
    my $outcome = LuciaTest::wait_until(sub {
        return 'exited' if $self->reap;
        return unless slurp($self->dir . '/logs/httpd.pid') =~ /^$self->{pid}$/m;
        return IO::Socket::INET->new(PeerAddr => $self->{host}, PeerPort => $self->port) ? 'ready' : undef;
    }, $ENV{SANITIZE} ? 60 : 30);
    return $outcome || 'not ready in time';
}

sub reap {
    my ($self) = @_;
    return 1 unless $self->{pid};
    return 0 unless waitpid($self->{pid}, WNOHANG) == $self->{pid};
    $self->{status} = $? >> 8;
    delete $self->{pid};
    return 1;
}

# Whether the configuration is accepted: (exit status, what was said), from httpd -t or, with
# ->try_start, from a real start, which also runs the checks of post_config.
sub configtest { my ($self, $config) = @_; $self->try_run($config, '-t') }

sub try_start {
    my ($self, $config) = @_;
    return $self->try_run($config, '-DFOREGROUND');
}

sub try_run {
    my ($self, $config, @args) = @_;
    $self->stop;
    $self->choose_ports;
    unlink map { $self->dir . "/logs/$_" } qw(stderr error_log httpd.pid);
    $self->write_config($config);
    $self->{pid} = $self->spawn(@args);
    my $pid = $self->{pid};
    my $done = LuciaTest::wait_until(sub {
        return 'exited' if $self->reap;
        return 'ready' if $self->error_log =~ /resuming normal operations/;
    }, 30) || 'late';
    my $status = $done eq 'exited' ? $self->{status} : 0;
    $self->stop;
    return ($status, $self->stderr . $self->error_log);
}

sub stop {
    my ($self, $signal) = @_;
    my $pid = $self->{pid} or return;
    local ($?, $!, $@);
    my @children = $self->children;
    kill $signal || 'TERM', $pid;
    return if LuciaTest::wait_until(sub { $self->reap }, 20);
    kill 'KILL', $pid, @children;
    waitpid $pid, 0;
    delete $self->{pid};
    return;
}

sub DESTROY {
    my ($self) = @_;
    return unless $self->{owner} && $self->{owner} == $$;
    $self->stop;
}

# Graceful restart; returns when the new generation answers.
sub restart_graceful { my ($self) = @_; $self->restart_with('USR1') }
sub restart          { my ($self) = @_; $self->restart_with('HUP') }

sub restart_with {
    my ($self, $signal) = @_;
    my $starts = sub { scalar(() = $self->error_log =~ /resuming normal operations/g) };
    LuciaTest::wait_until(sub { $starts->() > 0 }, 10);    # a signal before that would be lost
    my $before = $starts->();
    kill $signal, $self->{pid} or die "httpd is gone: $!";
    LuciaTest::wait_until(sub { $starts->() > $before || $self->reap }, 30) or die "no restart\n" . $self->error_log;
    die "httpd ended at the restart:\n" . $self->error_log unless $self->{pid};
    return;
}

# ---- Children: those that serve requests, not mod_cgid's daemon (one thread) ----

sub children {
    my ($self) = @_;
    my $parent = $self->{pid} or return;
    my @pids;
    for my $stat (glob '/proc/[0-9]*/stat') {
        my ($pid, $rest) = slurp($stat) =~ /^(\d+) \(.*\) (.*)/s or next;
        my (undef, $ppid, $threads) = (split / /, $rest)[0, 1, 17];
        next if $ppid != $parent || ($self->{mpm} ne 'prefork' && $threads < 2);
        push @pids, $pid;
    }
    return sort { $a <=> $b } @pids;
}

# Ends one child (the first, or the given pid), by default with KILL, and returns its pid when it is gone.
sub kill_child {
    my ($self, %arg) = @_;
    my ($pid) = $arg{pid} || ($self->children)[0] or return;
    kill $arg{signal} || 'KILL', $pid;
    LuciaTest::wait_until(sub { !grep { $_ == $pid } $self->children }, 10);
    return $pid;
}

1;
