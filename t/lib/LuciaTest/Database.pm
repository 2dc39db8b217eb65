# SPDX-License-Identifier: Apache-2.0
#
# What the private database servers of the tests share: a process in a folder of its own, run by an ordinary
# user, that ends with the test however the test ends. LuciaTest::Postgres and LuciaTest::MariaDB say the rest.
package LuciaTest::Database;
use strict;
use warnings;

use Digest::MD5 ();
use IO::Socket::INET ();
use POSIX qw(:sys_wait_h);
use Time::HiRes ();
use LuciaTest ();

sub new {
    my ($class, %arg) = @_;
    my $self = bless { owner => $$, %arg }, $class;
    $self->{dir} = LuciaTest::work_dir($self->kind);
    $SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP);    # so that DESTROY runs
    LuciaTest::give("$self->{dir}");
    my $said = $self->run($self->making);
    die $self->kind . " could not be made:\n$said" if $?;
    return $self->start;
}

# The one that t/TEST started for all tests, for those that do not stop it; else one of its own.
sub shared {
    my ($class) = @_;
    my ($dir, $port) = split /:/, $ENV{ $class->variable } // '' or return $class->new;
    return bless { dir => $dir, port => $port }, $class;
}

sub variable { 'LUCI_TEST_' . uc $_[0]->kind }
sub publish  { my ($self) = @_; return ($self->variable => $self->dir . ':' . $self->port) }

# A new database of its own, with statements run in it. Returns its name.
my $databases = 0;

sub create {
    my ($self, @statements) = @_;
    my $name = "t${$}_" . ++$databases;
    $self->query("CREATE DATABASE $name");
    if (@statements) {
        my $handle = $self->connect($name);
        $handle->do($_) for @statements;
        $handle->disconnect;
    }
    return $name;
}

# The database that stands for a file; made when it is first asked for, by whichever process.
sub database_for {
    my ($self, $file) = @_;
    my $name = 'f' . substr Digest::MD5::md5_hex("$file"), 0, 20;
    return $name if $self->{made}{$name};
    $self->query("CREATE DATABASE $name") unless $self->value($self->looking_for, $name);
    $self->{made}{$name} = 1;
    return $name;
}

sub line { my ($self, $database, @more) = @_; return 'LuciaDatabase ' . $self->driver . ' "' . $self->params($database, @more) . '"' }

sub connect {
    my ($self, $database) = @_;
    require DBI;
    return DBI->connect($self->access($database), { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1 });
}

# Nothing is where it doesn't belong to something.
sub sound {
    my ($self, $database) = @_;
    my $lost = sub { $self->value_in($database, "SELECT count(*) FROM $_[0] x LEFT JOIN auth_user u ON u.id = x.user_id WHERE u.id IS NULL") };
    return $lost->('user_key') + $lost->('user_session') ? 'rows without a user' : 'ok';
}

sub away {
    my ($self, $database, $from, $to) = @_;
    $self->query_in($database, "ALTER TABLE $_$from RENAME TO $_$to") for qw(auth_user user_key user_session);
    return 1;
}

sub answers { my ($self) = @_; return scalar eval { $self->connect->disconnect; 1 } }

sub dir  { "$_[0]{dir}" }
sub port { $_[0]{port} }
sub pid  { $_[0]{pid} }
sub log  { LuciaTest::Server::slurp($_[0]->dir . '/log') }

# In a child, before exec: the servers refuse to run as root.
sub become {
    my ($self) = @_;
    $ENV{TMPDIR} = $self->dir;
    chdir $self->dir or POSIX::_exit(126);
    my ($user, $group) = LuciaTest::server_user() or return;
    my ($uid, $gid) = (scalar getpwnam $user, scalar getgrnam $group);
    $) = "$gid $gid";
    POSIX::setgid($gid);
    POSIX::setuid($uid);
    POSIX::_exit(126) if $> == 0 || $< == 0;
    return;
}

# Runs a command as the server's user; what it said, and its status in $?.
sub run {
    my ($self, @command) = @_;
    defined(my $pid = open my $out, '-|') or die "fork: $!";
    if (!$pid) {
        $self->become;
        open STDIN,  '<',  '/dev/null';
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }
    my $said = do { local $/; <$out> } // '';
    close $out;
    return $said;
}

sub free_port {
    my $held = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die "no free port: $!";
    return $held->sockport;
}

# The port stays the same over ->stop and ->start, unless somebody else took it at the first start.
sub start {
    my ($self) = @_;
    for my $try (1 .. 5) {
        $self->{port} = free_port() if !$self->{started};
        $self->{pid} = $self->spawn;
        my $outcome = LuciaTest::wait_until(sub { $self->reap ? 'exited' : $self->answers ? 'ready' : undef }, 60) || 'late';
        if ($outcome eq 'ready') {
            $self->{started} = 1;
            return $self;
        }
        $self->stop;
        last if $self->{started} || $self->log !~ /address already in use/i;
    }
    die $self->kind . " did not start:\n" . $self->log;
}

sub spawn {
    my ($self) = @_;
    my @command = $self->serving;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    POSIX::setsid();
    $self->become;    # first, because it would undo the next
    LuciaTest::follow_parent($self->end_signal);
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', $self->dir . '/log';
    open STDERR, '>&', \*STDOUT;
    exec @command or POSIX::_exit(127);
}

sub reap {
    my ($self) = @_;
    return 1 unless $self->{pid};
    return 0 unless waitpid($self->{pid}, WNOHANG) == $self->{pid};
    delete $self->{pid};
    return 1;
}

# Ends the server at once, whoever is connected; 'KILL' as a crash does.
sub stop {
    my ($self, $signal) = @_;
    my $pid = $self->{pid} or return;
    local ($?, $!, $@);
    $self->thaw;
    delete $self->{handles};
    kill $signal || $self->end_signal, $pid;
    return if LuciaTest::wait_until(sub { $self->reap }, 30);
    kill KILL => -$pid;
    waitpid $pid, 0;
    delete $self->{pid};
    return;
}

# Hangs as it stands, with all its processes, and goes on.
sub freeze {
    my ($self) = @_;
    kill STOP => $self->pid;
    kill STOP => $self->workers;
    $self->{frozen} = 1;
    return;
}

sub thaw {
    my ($self) = @_;
    kill CONT => $self->pid, $self->workers if delete $self->{frozen};
    return;
}

sub workers {
    my ($self) = @_;
    return map { LuciaTest::Server::slurp($_) =~ /^(\d+) \(.*\) \S $self->{pid} /s ? $1 : () } glob '/proc/[0-9]*/stat';
}

sub restart { my ($self) = @_; $self->stop; return $self->start }

sub DESTROY {
    my ($self) = @_;
    return unless $self->{owner} && $self->{owner} == $$;
    $self->stop;
}

# ---- Looking into it, beside the module ----

# ->in($database): a connection to it, kept until the server stops.
sub in {
    my ($self, $database) = @_;
    my $handle = \$self->{handles}{ $database // '' };
    $$handle = $self->connect($database) if !$$handle || !$$handle->ping;    # the server may have been started again
    return $$handle;
}

# In the server's usual database. A SELECT gives a reference to a list of rows (hashes), anything else the number of
# rows changed. Text goes in as UTF-8 or characters and comes out as UTF-8, as SQLite's does.
sub query { my ($self, $sql, @bind) = @_; return $self->query_in(undef, $sql, @bind) }

sub query_in {
    my ($self, $database, $sql, @bind) = @_;
    my $handle = $self->in($database);
    ($sql, @bind) = map { characters($_) } $sql, @bind;
    return 0 + $handle->do($sql, undef, @bind) if $sql !~ /^\s*(?:SELECT|SHOW|WITH|EXPLAIN)\b|\bRETURNING\b/i;
    my $rows = $handle->selectall_arrayref($sql, { Slice => {} }, @bind);
    for my $row (@$rows) {
        $_ = bytes($_) for values %$row;
    }
    return $rows;
}

# The first column of the first row.
sub value { my ($self, $sql, @bind) = @_; return $self->value_in(undef, $sql, @bind) }

sub value_in {
    my ($self, $database, $sql, @bind) = @_;
    return bytes(scalar $self->in($database)->selectrow_array(map { characters($_) } $sql, undef, @bind));
}

sub characters { my ($text) = @_; utf8::decode($text) if defined $text && !utf8::is_utf8($text); return $text }
sub bytes      { my ($text) = @_; utf8::encode($text) if defined $text && utf8::is_utf8($text); return $text }

1;
