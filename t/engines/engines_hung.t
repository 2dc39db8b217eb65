# SPDX-License-Identifier: Apache-2.0
# A server of PostgreSQL or MariaDB that hangs: it takes connections and says nothing. Waits end, few threads wait, and
# nothing is decided meanwhile. All engines hang at the same time, because it takes its time.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);
use Time::HiRes 'time';

# Calls to a server get 5 s; twice that is for a machine that is busy.
use constant LONG => 12;

my @classes = qw(LuciaTest::Postgres LuciaTest::MariaDB);
my $is_prefork = LuciaTest::mpm() eq 'prefork';
# Two threads in all: one may wait, the other is for everybody else. With other MPMs, each connection that stays open
# holds a thread.
my $few = LuciaTest::mpm() ne 'event' ? '' : "StartServers 1\nServerLimit 1\nThreadsPerChild 2\nMinSpareThreads 1\nMaxSpareThreads 2\nMaxRequestWorkers 2\n";

sub site_on {
    my ($class) = @_;
    my $engine = $class->new;
    my $database = $engine->create($engine->lucia_tables);    # where handles are looked at now and then, too
    my $server = LuciaTest::Server->new(
        config => $engine->line($database) . "\nLuciaCreateSchema Off\nLuciaMount /\nLuciaPasswordHash argon2id m=8 t=1 p=1\nLuciaSessionCache off\n$few"
            . "<Location /vault/>\nAuthType Lucia\nRequire valid-user\n</Location>\n",
        files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(vault open) },
    );
    return { kind => $class->kind, engine => $engine, database => $database, server => $server, alice => sign_up($server, 'alice') };
}

sub vault_request { my ($site) = @_; return $site->{server}->bytes_of(GET => '/vault/a.txt', script(), cookie => $site->{alice}) }
sub vault { my ($site) = @_; return $site->{server}->request(GET => '/vault/a.txt', script(), cookie => $site->{alice}) }
sub post { my ($site, $path) = @_; return $site->{server}->request(POST => $path, form(username => 'alice', password => $PASSWORD)) }

sub is_shut {
    my ($site, $sent, $name) = @_;
    my $reply = $site->{server}->answer_to($sent);
    my $seconds = time - $sent->{begun};
    is_unavailable $reply, "$site->{kind}: $name";
    is scalar($reply->headers('Set-Cookie')), 0, "$site->{kind}: $name: the cookie stays";
    cmp_ok $seconds, '<', LONG, "$site->{kind}: $name: in time";
    return $seconds;
}

my @sites = map { site_on($_) } @classes;
is_served vault($_), "$_->{kind}: before" for @sites;
$_->{engine}->freeze for @sites;

# As many as there are threads, and some that queue.
my %first = map { my $site = $_; ($site->{kind} => [map { $site->{server}->send_request(vault_request($site)) } 1 .. 4]) } @sites;
for my $site (@sites) {
    my @seconds = map { is_shut($site, $_, 'the first request is refused in time') } @{ $first{ $site->{kind} } };
    cmp_ok scalar(grep { $_ > 1 } @seconds), '>', 0, "$site->{kind}: it was waited for";
}

# From now on one at a time asks whether it answers, and all others hear at once that it doesn't. Until somebody has asked.
for my $site (@sites) {
    is_shut($site, $site->{server}->send_request($site->{server}->bytes_of(POST => $_, form(username => 'alice', password => $PASSWORD))), $_) for '/login', '/signup';
}
my %tried;
my ($rounds, $slowest) = (0, 0);
my $done = wait_until(sub {
    $rounds++;
    for my $site (@sites) {
        my @sent = map { $site->{server}->send_request(vault_request($site)) } 1 .. 3;
        my ($reply, $seconds) = timed(sub { $site->{server}->request(GET => '/open/a.txt', cookie => $site->{alice}) });
        die 'what is open is not served: ' . $reply->bytes if $reply->status != 200 || $reply->body ne SECRET;
        $slowest = $seconds if $seconds > $slowest;
        push @{ $site->{waiting} }, @sent;
        my @answered = grep { $site->{server}->is_answered($_) } @{ $site->{waiting} };
        $site->{waiting} = [grep { my $sent = $_; !grep { $_ == $sent } @answered } @{ $site->{waiting} }];
        for my $sent (@answered) {
            my $shut = $site->{server}->answer_to($sent);
            die "the gate answered " . $shut->bytes if $shut->status != 503 || $shut->headers('Set-Cookie') || !$shut->header('Retry-After');
            $tried{ $site->{kind} }++ if time - $sent->{begun} > 3;
        }
    }
    return keys %tried == @sites;
}, 40);
ok $done, 'somebody tries again' or diag explain \%tried;
cmp_ok $rounds, '>', 20, "$rounds rounds";
cmp_ok $slowest, '<', 2, 'all the time what is open comes at once';

$_->{engine}->thaw for @sites;
for my $site (@sites) {
    ok wait_until(sub { vault($site)->status == 200 }, LONG), "$site->{kind}: it goes on, and so do we";
    is post($site, '/login')->status, 302, "$site->{kind}: sign-in";
    is $site->{engine}->value_in($site->{database}, 'SELECT count(*) FROM auth_user'), 1, "$site->{kind}: nobody was half signed up";
}

# httpd ends although calls hang.
for my $site (@sites) {
    $site->{engine}->freeze;
    my $sent = $site->{server}->send_request(vault_request($site));
    my (undef, $seconds) = timed(sub { $site->{server}->stop });
    cmp_ok $seconds, '<', LONG, "$site->{kind}: httpd stops meanwhile";
    unlike $site->{server}->error_log, qr/exit signal|Segmentation|AddressSanitizer/, "$site->{kind}: in good order" or diag $site->{server}->error_log;
}

done_testing;
