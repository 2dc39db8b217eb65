# SPDX-License-Identifier: Apache-2.0
#
# The life of the shared server during a test run: Apache::Test writes its
# configuration from t/conf/*.conf.in and starts it; the tests find it through
# Apache::Test's saved configuration in PERL5LIB.
package LuciaTest::Run;
use strict;
use warnings;

use File::Copy ();
use File::Path qw(make_path remove_tree);
use POSIX ();
use LuciaTest;
use LuciaTest::Config;

sub new {
    my ($class, %self) = @_;
    return bless { %self, t => "$self{dir}/t", owner => $$ }, $class;
}

# Configures, starts, runs the command, stops, tidies. Returns the command's exit status.
sub everything {
    my ($self, @command) = @_;
    my $interrupted;
    my $prove;
    local @SIG{qw(INT TERM HUP)} = (sub { $interrupted = 1; kill TERM => $prove if $prove }) x 3;

    my $status = 1;
    if (eval { $self->start_engines(@command); $self->prepare; $self->start; 1 }) {
        defined($prove = fork) or die "fork: $!";
        if (!$prove) {
            $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
            $ENV{PERL5LIB} = join ':', $self->{dir}, "$self->{top}/t/lib", $ENV{PERL5LIB} || ();
            exec @command or die "$command[0]: $!";
        }
        1 until waitpid($prove, 0) == $prove;
        $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    }
    else {
        print STDERR $@;
    }
    $self->stop;
    $status ||= 1 if $self->sanitizer_reports;
    $status ||= 130 if $interrupted;
    return $status;
}

# The database servers that the tests share, each with databases of its own there.
sub start_engines {
    my ($self, @command) = @_;
    my %wanted = map { $_ => 1 } $ENV{DB} || (), (grep { m{(?:^|/)engines\w*\.t$} } @command) ? qw(pgsql mysql) : ();
    for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
        next unless $wanted{ $class->driver };
        my $engine = $class->new;
        push @{ $self->{engines} }, $engine;
        %ENV = (%ENV, $engine->publish);
    }
    return;
}

# The server's folder: configuration, documents, a copy of the templates, the module's place.
sub prepare {
    my ($self) = @_;
    my ($t, $top) = @$self{qw(t top)};
    die "no ", LuciaTest::module(), ": run make\n" unless -e LuciaTest::module();
    make_path(map { "$t/$_" } qw(conf logs db htdocs templates));
    make_path("$self->{dir}/sanitizer");
    chmod 01777, "$self->{dir}/sanitizer";
    copy_tree("$top/t/htdocs", "$t/htdocs");
    copy_tree("$top/templates", "$t/templates");
    LuciaTest::give("$t/db", "$t/htdocs");
    chmod 0750, "$t/db";
    $self->copy_config($_) for glob "$top/t/conf/*.in";

    open my $out, '>', "$self->{dir}/modules.conf" or die $!;
    print $out LuciaTest::Config::load_modules($ENV{MPM},
        'LoadModule luciauth_module ' . LuciaTest::module());
    close $out or die $!;
    return;
}

sub copy_config {
    my ($self, $file) = @_;
    my $text = LuciaTest::Server::slurp($file);
    if (!is_sqlite()) {    # the paths have to be known now
        $text =~ s/\@t_dir\@/$self->{t}/g;
        $text = LuciaTest::on_engine($text);
    }
    open my $out, '>', "$self->{t}/conf/" . ($file =~ s{.*/}{}r) or die $!;
    print $out $text;
    close $out or die $!;
    return;
}

sub copy_tree {
    my ($from, $to) = @_;
    make_path($to);
    for my $file (glob "$from/*") {
        my ($name) = $file =~ m{([^/]+)$};
        if (-d $file) { copy_tree($file, "$to/$name"); next }
        File::Copy::copy($file, "$to/$name") or die "$file: $!";
        chmod +(stat $file)[2] & 0755, "$to/$name";
    }
    return;
}

# Configures and starts; again with other ports when somebody was quicker.
sub start {
    my ($self) = @_;
    my $logs = "$self->{t}/logs";
    my $said;
    for my $try (1 .. 5) {
        unlink "$logs/error_log", "$logs/start.txt";
        $self->configure;
        $self->{pid} = $self->spawn("$logs/start.txt", { LuciaTest::httpd_env() },
            LuciaTest::httpd(), '-d', $self->{t}, '-f', "$self->{t}/conf/httpd.conf", '-DFOREGROUND');
        my $outcome = LuciaTest::wait_until(sub {
            return 'exited' if waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid};
            return 'ready' if LuciaTest::Server::slurp("$logs/error_log") =~ /resuming normal operations/;
        }, 60) || 'late';
        return if $outcome eq 'ready';
        delete $self->{pid} if $outcome eq 'exited';
        $said = LuciaTest::Server::slurp("$logs/start.txt") . LuciaTest::Server::slurp("$logs/error_log");
        last if $said !~ /could not bind|Address already in use/i;
    }
    die "the shared httpd did not start:\n", tail($said);
}

# Apache::Test in a process of its own: it changes folders, signals and globals.
sub configure {
    my ($self) = @_;
    my $log = "$self->{t}/logs/configure.txt";
    my ($user, $group) = LuciaTest::server_user();
    my $pid = $self->spawn(
        $log, { APACHE_TEST_ULIMIT_SET => 1, APACHE_TEST_NO_STICKY_PREFERENCES => 1 },
        $^X, '-MApache::TestRun', '-e', 'Apache::TestRun->new->run(@ARGV)', '--', '-configure',
        '-top_dir' => $self->{dir}, '-t_dir' => $self->{t}, '-port' => 'select', '-servername' => '127.0.0.1',
        '-httpd' => LuciaTest::httpd(), '-apxs' => $ENV{APXS} || 'apxs',
        '-httpd_conf' => "$self->{dir}/modules.conf", ($user ? ('-user' => $user, '-group' => $group) : ()),
    );
    waitpid $pid, 0;
    return if -s "$self->{t}/conf/apache_test_config.pm" && -s "$self->{t}/conf/httpd.conf";
    die "Apache::Test did not write a configuration:\n", tail(LuciaTest::Server::slurp($log));
}

sub spawn {
    my ($self, $log, $env, @command) = @_;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    POSIX::setsid();    # httpd ends with a signal to its whole process group
    LuciaTest::follow_parent();
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', $log;
    open STDERR, '>&', \*STDOUT;
    chdir $self->{dir};
    @ENV{ keys %$env } = values %$env;
    exec @command or POSIX::_exit(127);
}

sub tail {
    my @lines = split /^/, $_[0];
    splice @lines, 0, @lines - 20 if @lines > 20;
    return join '', @lines;
}

# The shared server, and any private one that a killed test left behind.
sub stop {
    my ($self) = @_;
    return if $self->{stopped}++;
    if (my $pid = delete $self->{pid}) {
        kill TERM => $pid;
        my $gone = LuciaTest::wait_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid }, 20);
        kill KILL => -$pid unless $gone;
    }
    for my $file (glob "$self->{dir}/*/logs/httpd.pid") {
        my ($pid) = LuciaTest::Server::slurp($file) =~ /^(\d+)/ or next;
        my $ours = sub { LuciaTest::Server::slurp("/proc/$pid/cmdline") =~ /\Q$self->{dir}\E/ };
        next unless $ours->();
        kill TERM => $pid;
        LuciaTest::wait_until(sub { !$ours->() }, 15) or kill KILL => -$pid;
    }
    $_->stop for @{ $self->{engines} // [] };
    $self->keep_logs;
    return;
}

sub keep_logs {
    my ($self) = @_;
    my $keep = LuciaTest::build() . '/test-logs';
    remove_tree($keep);
    make_path($keep);
    File::Copy::copy($_, $keep) for grep { -f } glob("$self->{t}/logs/*"), "$self->{t}/conf/httpd.conf";
    return;
}

sub sanitizer_reports {
    my ($self) = @_;
    my @reports = glob "$self->{dir}/sanitizer/*" or return 0;
    print STDERR "\nA sanitizer reported (kept in build/test-logs):\n", LuciaTest::Server::slurp($reports[0]);
    File::Copy::copy($_, LuciaTest::build() . '/test-logs') for @reports;
    return scalar @reports;
}

sub DESTROY { my ($self) = @_; $self->stop if $self->{owner} == $$ }

1;
