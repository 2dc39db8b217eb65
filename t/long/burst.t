# SPDX-License-Identifier: Apache-2.0
# A burst of 150 connections to a server with the defaults of httpd, of this module and of the database: the gate answers each
# request, other programs and luciactl get a connection meanwhile, and afterwards ours end.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate qw(CHEAP_SITE VAULT);
use LuciaTest::Hammer;
use LuciaTest::Outcomes;
use LuciaTest::Site;
use Time::HiRes ();

use constant { CLIENTS => 150, SECONDS => 12, IDLE => 30 };

# The defaults of Debian. prefork has more processes than the server has connections for.
my $PREFORK = LuciaTest::mpm() eq 'prefork';
my $MPM = $PREFORK ? "StartServers 5\nMinSpareServers 5\nMaxSpareServers 10\nMaxRequestWorkers 150\n"
    : "StartServers 2\nMinSpareThreads 25\nMaxSpareThreads 75\nThreadsPerChild 25\nMaxRequestWorkers 150\n";

# The user of the site is an ordinary one, because others than the administrator need a connection, too.
my %engines = (
    'LuciaTest::Postgres' => {
        settings => ['max_connections=100'],
        user     => sub { my ($engine, $database) = @_; $engine->query($_) for 'CREATE ROLE site LOGIN', "ALTER DATABASE $database OWNER TO site"; return 'user=site' },
        other    => sub { my ($engine, $database) = @_; return ('dbi:Pg:' . join(';', 'host=' . $engine->dir, 'port=' . $engine->port, 'user=site', "dbname=$database"), '', '') },
        ours     => "SELECT count(*) FROM pg_stat_activity WHERE usename = 'site'",
    },
    'LuciaTest::MariaDB' => {
        settings => ['--max-connections=100'],
        user     => sub { my ($engine, $database) = @_; $engine->query($_) for q{CREATE USER site@localhost IDENTIFIED BY 'site'}, "GRANT ALL ON $database.* TO site\@localhost"; return ('user=site', 'pass=site') },
        other    => sub { my ($engine, $database) = @_; return ('dbi:MariaDB:' . join(';', 'mariadb_socket=' . $engine->sock, "database=$database"), 'site', 'site') },
        ours     => "SELECT count(*) FROM information_schema.processlist WHERE user = 'site'",
    },
);

sub serve {
    my ($line) = @_;
    return LuciaTest::Server->new(config => CHEAP_SITE =~ s/^LuciaDatabase.*/$line/mr . VAULT . $MPM . "LuciaCleanup 10min\n",
        files => { 'htdocs/vault/a.txt' => 'inside' });
}

sub is_admitted { my @access = @_; return scalar eval { DBI->connect(@access, { RaiseError => 1, PrintError => 0 })->disconnect; 1 } }

# How often others were refused while the hammer works.
sub refused_in_burst {
    my ($hammer, $ctl, @other) = @_;
    my ($refused, $next, $end) = (0, 0, Time::HiRes::time() + SECONDS);
    $hammer->until(sub {
        return 1 if Time::HiRes::time() > $end;
        return 0 if Time::HiRes::time() < $next;
        $next = Time::HiRes::time() + 1;
        $refused += !is_admitted(@other);
        $refused += $ctl->status('user', 'list') != 0;
        return 0;
    });
    return $refused;
}

sub check {
    my ($class) = @_;
    my $its = $engines{$class};
    my $engine = $class->new(settings => $its->{settings});
    my $database = $engine->create;
    my @words = $its->{user}->($engine, $database);
    my $server = serve($engine->line($database, @words));
    my $cookie = sign_up($server, 'alice');
    my $hammer = LuciaTest::Hammer->new($server, CLIENTS);
    $hammer->ask($server->bytes_of(GET => '/vault/a.txt', LuciaTest::Hammer::KEEP, cookie => $cookie));
    my $ctl = LuciaTest::Ctl->new('--database', $engine->driver . ':' . $engine->params($database, @words));
    is refused_in_burst($hammer, $ctl, $its->{other}->($engine, $database)), 0, 'other programs and luciactl get a connection in a burst';
    my $most = $engine->value($its->{ours});
    my %seen = $hammer->seen;
    $seen{$_}++ for $hammer->finish(1);
    is_deeply [sort keys %seen], [200], 'the gate answers each request with 200' or diag explain \%seen;
    my ($few, $after) = ($PREFORK ? 3 : 7, Time::HiRes::time());
    ok wait_until(sub { $engine->value($its->{ours}) <= $few }, 3 * IDLE), "at most $few connections are left after a burst"
        or diag $engine->value($its->{ours});
    diag sprintf '%s: %d connections in the burst, %d left %.0f s after it', $class->kind, $most, $engine->value($its->{ours}), Time::HiRes::time() - $after;
    $PREFORK ? like($server->error_log, qr/LUCI0322: .*: 150 processes of httpd may need 151 connections/, 'a start says that there are too few')
             : unlike($server->error_log, qr/LUCI03(?:01|02|17|22)/, 'the log has nothing to say');
    my $answers = 0;
    $answers += $_ for values %seen;
    outcome('a burst of 150 connections', $class->kind, answers => $answers, unavailable => $seen{503} ? SECONDS : 0, allowed => 0, lost => 0, admitted => 0);
    $server->stop;
    return;
}

for my $class (sort keys %engines) {
    eval "require $class; require DBI" or die $@;
    subtest $class->kind => sub { check($class) };
}

done_testing;
