# SPDX-License-Identifier: Apache-2.0
#
# What tests in Perl share. Most need only:
#
#     use lib 't/lib';
#     use LuciaTest;
#     my $server = LuciaTest::Server->new(config => <<'CONF');   # a private httpd
#     LuciaDatabase sqlite3 @db@
#     LuciaMount /
#     CONF
#     my $reply = $server->request(POST => '/login', form(username => 'alice', password => $PASSWORD));
#     is $reply->status, 302;
#     my $cookie = cookie_of($reply);          # { name, value, attributes => { path => '/', ... } }
#     $server->request(GET => '/', cookie => $cookie);
#     my $rows = sqlite($server->db, 'SELECT * FROM auth_user WHERE id = ?', $id);
#
#     my $site = LuciaTest::shared();          # a client of the shared server (t/conf/site.conf.in)
#
# LuciaTest::Server documents the private server, LuciaTest::Client the requests,
# LuciaTest::Backend an application server that keeps what it received.
package LuciaTest;
use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Basename qw(dirname);
use File::Temp ();
use JSON::PP ();
use POSIX ();
use Time::HiRes ();

our @EXPORT = qw($PASSWORD $WRONG form json cookie_of set_cookies sqlite sqlite_value locked refuse_updates is_sqlite sound away back wait_until when_served uri_escape);

# The password of every user of the tests, and a wrong one; t/unit/lib/fixtures.h and t/interop/lib/fixtures.mjs have the same.
our $PASSWORD = 'correct horse';
our $WRONG    = 'correct house';

my $top = Cwd::abs_path(dirname(__FILE__) . '/../..');

# ---- Where things are ----

sub top    { $top }
sub build  { my $dir = $ENV{BUILD} || 'build'; $dir =~ m{^/} ? $dir : "$top/$dir" }
sub module { build() . '/mod_luciauth.so' }
sub mpm    { $ENV{MPM} || 'event' }

my %apxs;

sub apxs {
    my ($name) = @_;
    return $apxs{$name} //= do {
        my $tool = $ENV{APXS} || 'apxs';
        chomp(my $value = `$tool -q $name`);
        $value;
    };
}

sub httpd { apxs('sbindir') . '/' . apxs('progname') }

# The account that httpd's children run as: only root can choose one.
sub server_user {
    return if $> != 0;
    for my $name (qw(www-data apache httpd daemon nobody)) {
        my ($user, undef, undef, $gid) = getpwnam $name or next;
        return ($user, scalar getgrgid $gid);
    }
    die "no account for the web server\n";
}

# Gives files to the server's account, as root; nothing to do otherwise.
sub give {
    my ($user, $group) = server_user() or return;
    chown scalar(getpwnam $user), scalar(getgrnam $group), @_;
}

# A new folder that the server's account can reach, wherever the tree lies.
sub work_dir {
    my ($name) = @_;
    my $dir = File::Temp->newdir("luciauth-$name-XXXXXX",
        DIR => $ENV{LUCI_TEST_DIR} || $ENV{TMPDIR} || '/tmp');
    chmod 0755, "$dir";
    return $dir;
}

# The environment for httpd: sanitizer runtimes come first, leaks of a dying server do not count.
sub httpd_env {
    return unless $ENV{SANITIZE};
    my $log = $ENV{LUCI_TEST_DIR} ? ":log_path=$ENV{LUCI_TEST_DIR}/sanitizer/httpd" : '';
    return (
        LD_PRELOAD   => join(' ', runtimes('libtsan.so'), build() . '/t/lib/tsan_atomics.so'),
        TSAN_OPTIONS => tsan_options() . ":exitcode=0$log",    # a child's report must not look like its crash
    ) if $ENV{SANITIZE} eq 'thread';
    my @runtimes = runtimes(qw(libasan.so libubsan.so));
    return (
        LD_PRELOAD    => join(' ', @runtimes),
        ASAN_OPTIONS  => "detect_leaks=0:abort_on_error=1:disable_coredump=1$log",
        UBSAN_OPTIONS => "print_stacktrace=1$log",
    );
}

sub runtimes {
    my $cc = $ENV{CC} || 'gcc';
    return map { chomp; $_ } map { `$cc -print-file-name=$_` } @_;
}

# For what is compiled with SANITIZE=thread. httpd starts threads in children that it forked while a thread of its own ran;
# memory that libraries copy is no news, since their own reads and writes are not seen.
sub tsan_options {
    return "suppressions=$top/t/long/tsan.supp:die_after_fork=0:ignore_noninstrumented_modules=1:second_deadlock_stack=1:history_size=5";
}

# A client of the shared server that t/TEST started: the main one or a virtual host by its name.
sub shared {
    my ($host, %arg) = @_;
    require Apache::TestConfig;
    my $vars = Apache::TestConfig->thaw->{vars};
    my $port = $vars->{ $host ? "${host}_port" : 'port' } or die "no such host: $host\n";
    return LuciaTest::Client->new(port => $port, dir => $vars->{t_dir}, %arg);
}

# For a child before exec: ends it when its parent is gone, however that went (Linux).
sub follow_parent {
    my ($signal) = @_;
    my %prctl = (x86_64 => 157, aarch64 => 167);
    my $number = $prctl{ (POSIX::uname())[4] } or return;
    syscall $number, 1, POSIX->can('SIG' . ($signal || 'TERM'))->();
    return;
}

# ---- Bodies ----

sub uri_escape {
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

# form(username => 'alice', ...): the arguments of a request that posts it, in this order.
sub form {
    my @pairs;
    while (my ($name, $value) = splice @_, 0, 2) {
        push @pairs, uri_escape($name) . '=' . uri_escape($value);
    }
    return (type => 'application/x-www-form-urlencoded', body => join '&', @pairs);
}

# json({ username => 'alice' }), or json('{"any":"text"') as it stands.
sub json {
    my ($value) = @_;
    return (type => 'application/json', body => ref $value ? JSON::PP->new->utf8->canonical->encode($value) : $value);
}

# ---- Cookies ----

# Every Set-Cookie of the name, parsed: { name, value, attributes (lower-case names; 1 for a flag), raw }.
sub set_cookies {
    my ($reply, $name) = @_;
    $name //= 'auth_session';
    my @found;
    for my $raw ($reply->headers('Set-Cookie')) {
        my ($pair, @rest) = split /\s*;\s*/, $raw;
        my ($key, $value) = split /=/, $pair, 2;
        next if $key ne $name;
        my %attributes = map { my ($n, $v) = split /=/, $_, 2; (lc $n => $v // 1) } @rest;
        push @found, { name => $key, value => $value, attributes => \%attributes, raw => $raw };
    }
    return @found;
}

# The one Set-Cookie of the name; undef when there is none, dies when there are several.
sub cookie_of {
    my @found = set_cookies(@_);
    die "Set-Cookie sent " . @found . " times\n" if @found > 1;
    return $found[0];
}

# ---- The database, looked at from outside ----

# What DB=... asks for: files, or the server of PostgreSQL or MariaDB that the tests share. There a database stands for
# each path of a file that a test names: in a configuration (LuciaTest::Server) and in what follows.
my $engine;

sub engine {
    my %class = (sqlite3 => 'LuciaTest::Sqlite', pgsql => 'LuciaTest::Postgres', mysql => 'LuciaTest::MariaDB');
    my $name = $ENV{DB} || 'sqlite3';
    return $engine //= $name eq 'sqlite3' ? LuciaTest::Sqlite->new : ($class{$name} // die "DB=$name: sqlite3, pgsql or mysql\n")->shared;
}

sub is_sqlite { return engine()->driver eq 'sqlite3' }

# For tests of what only files have: says why it's skipped on other engines.
sub only_files {
    my ($why) = @_;
    return if is_sqlite();
    require Test::More;
    return Test::More::plan(skip_all => "DB=$ENV{DB}: $why");
}

# The lines of a configuration that name a database file, as they are for the engine. A file that can't be made stands for
# a server that can't be reached.
sub on_engine {
    my ($config) = @_;
    return $config if is_sqlite();
    $config =~ s{^([ \t]*)LuciaDatabase sqlite3 (\S*/\S*)}{$1 . (-d dirname($2)
        ? engine()->line(engine()->database_for($2)) : engine()->unreachable_line)}gem;
    return $config;
}

# A SELECT gives a reference to a list of rows (hashes), anything else the number of rows changed.
sub sqlite { my ($file, @query) = @_; return engine()->query_in(engine()->database_for($file), @query) }

# The first column of the first row.
sub sqlite_value { my ($file, @query) = @_; return engine()->value_in(engine()->database_for($file), @query) }

# Keeps everybody else from writing until what it returns does 'ROLLBACK'. Reading goes on.
sub locked {
    my ($file) = @_;
    my $handle = engine()->connect(engine()->database_for($file));
    $handle->do($_) for engine()->locking;
    return $handle;
}

# Whether the database holds together: 'ok'.
sub sound { my ($file) = @_; return engine()->sound(engine()->database_for($file)) }

# The database goes, so that it can't be asked; and comes back as it was.
sub away { my ($file) = @_; return engine()->away(engine()->database_for($file), '', '_away') }
sub back { my ($file) = @_; return engine()->away(engine()->database_for($file), '_away', '') }

# Every UPDATE of a table fails, until it's called with nothing.
sub refuse_updates {
    my ($file, $table, $event) = @_;
    sqlite($file, $_) for $table ? engine()->refusing($table, $event) : engine()->refusing_ending;
    return;
}

# Each new row of a table goes into a second one, too.
sub copy_inserts { my ($file, @what) = @_; sqlite($file, $_) for engine()->copying(@what); return }

# ---- Waiting without fixed sleeps ----

# wait_until(sub { ... }, seconds): polls, returns what the sub returned, or nothing after the time.
sub wait_until {
    my ($condition, $seconds) = @_;
    my $end = Time::HiRes::time() + ($seconds // 10);
    while (1) {
        my $value = $condition->();
        return $value if $value;
        return if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.02);
    }
}

# The answer of one who is sent away with 503 when too many hash at once, and comes back, as clients are told to.
sub when_served {
    my ($ask) = @_;
    my $reply;
    wait_until(sub { $reply = $ask->(); $reply->status != 503 });
    return $reply;
}

require LuciaTest::Client;
require LuciaTest::Server;
require LuciaTest::Backend;
require LuciaTest::Sqlite;
require LuciaTest::Postgres;
require LuciaTest::MariaDB;
1;
