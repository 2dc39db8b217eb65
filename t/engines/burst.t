# SPDX-License-Identifier: Apache-2.0
# A server that has fewer connections than the pools may use: requests wait for those that exist, the gate answers all of them,
# and after the burst the connections end, so that other programs get one. t/long/burst.t has the defaults and their times.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate qw(CHEAP_SITE VAULT);
use LuciaTest::Hammer;
use LuciaTest::Site;

LuciaTest::only_files('this brings its own servers');

# MariaDB has at least 10 connections.
use constant { CONNECTIONS => 10, CLIENTS => 16, CHILDREN => 2, ASKED => 10 };

my $MPM = LuciaTest::mpm() eq 'prefork' ? "StartServers @{[CLIENTS]}\nMinSpareServers 1\nMaxSpareServers @{[CLIENTS]}\nServerLimit @{[CLIENTS]}\n"
    . "MaxRequestWorkers @{[CLIENTS]}\n"
    : "StartServers @{[CHILDREN]}\nServerLimit @{[CHILDREN]}\nThreadsPerChild 24\nMinSpareThreads 1\nMaxSpareThreads 48\nMaxRequestWorkers 48\n";

# More handles than the server has connections.
my $CONFIG = "LuciaSessionCache off\nLuciaDatabasePool 12\n$MPM";
my $PROBLEM = qr/ processes of httpd may need \d+ connections to .*, which has @{[CONNECTIONS]} for ordinary users/;

# Before anybody comes.
sub check_said {
    my ($server) = @_;
    like $server->error_log, qr/LUCI0322: LuciaDatabase in .*$PROBLEM/, 'a start says that the server has too few connections';
    $server->stop;
    my ($status, $said) = $server->configtest;
    is $status, 0, 'configtest succeeds although the server has too few connections';
    like $said, qr/LUCI0322: LuciaDatabase in .*$PROBLEM.*Raise max_connections of the server to at least \d+/, 'configtest says that the server has too few connections';
    my $end = LuciaTest::Ctl->new('--config', $server->conf_file)->run('check');
    like "$end->{out}$end->{err}", $PROBLEM, 'luciactl check says that the server has too few connections';
    return;
}

sub check {
    my ($class) = @_;
    my $engine = $class->new(settings => [$class->few(CONNECTIONS)]);
    my $database = $engine->create;
    my $line = $engine->line($database);
    my $server = LuciaTest::Server->new(config => CHEAP_SITE =~ s/^LuciaDatabase.*/$line/mr . VAULT . $CONFIG,
        files => { 'htdocs/vault/a.txt' => 'inside' });
    my $cookie = sign_up($server, 'alice');
    %{ $engine->{handles} } = ();    # of this test
    my $hammer = LuciaTest::Hammer->new($server, CLIENTS);
    $hammer->ask($server->bytes_of(GET => '/vault/a.txt', LuciaTest::Hammer::KEEP, cookie => $cookie));
    $hammer->until(sub { $server->error_log =~ /LUCI0317/ }) or diag $server->error_log;
    my %seen = $hammer->seen;
    $seen{$_}++ for $hammer->finish(ASKED);
    is_deeply [sort keys %seen], [200], 'the gate answers each request of a burst with 200' or diag explain \%seen;
    cmp_ok $seen{200}, '>', CLIENTS * ASKED / 2, 'all clients are answered';
    ok wait_until(sub { $engine->answers }, 15), 'after the burst the server has a connection for others';
    like $server->error_log, qr/LUCI0317: .*(?:too many clients|reserved|Too many connections)/, 'the log says why there are too few connections';
    unlike $server->error_log, qr/LUCI030[12]/, 'no request is refused';
    check_said($server);
    return;
}

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    eval "require $class" or die $@;
    subtest $class->kind => sub { check($class) };
}

done_testing;
