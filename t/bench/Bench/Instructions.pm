# SPDX-License-Identifier: Apache-2.0
#
# Instructions that httpd executes for one keep-alive request of a 1 KiB file, in user mode, counted by callgrind. Unlike
# times, they do not mind a busy machine. A server that answers the warm-up alone is taken off.
#
#     my $counts = Bench::Instructions->measure(requests => 10_000);
#     $counts->{bare|ungated|gated|cached|cold|basic}{sum}      # of one request
#     $counts->{gated}{function}{"name (library)"}, ->{library}{name}
package Bench::Instructions;
use strict;
use warnings;

use DBI ();
use Digest::SHA qw(sha256_hex);
use LuciaTest;
use Bench;
use Bench::Server;
use Bench::Peers;

use constant WARM_UP => 20;    # requests of each kind that every run makes, so that a difference leaves them out

# What is counted: the host and path. bare: httpd without the module. All but no_cookie and basic carry the cookie, as a browser
# sends it to every path, so that httpd's own reading of that header counts nowhere.
my %COUNTED = (
    bare      => ['ungated', Bench::UNGATED],
    no_cookie => ['sqlite',  Bench::UNGATED],
    ungated   => ['sqlite',  Bench::UNGATED],
    gated     => ['sqlite',  Bench::GATED],
    cached    => ['cached',  Bench::GATED],
    cold      => ['cached',  Bench::GATED],    # each request is the first one of its session
    basic     => ['lucia_basic', Bench::GATED],    # name and password instead of the cookie
);

sub missing { return system('valgrind --version >/dev/null 2>&1') == 0 ? undef : 'there is no valgrind' }

sub server {
    my ($lucia) = @_;
    my @hosts = $lucia ? qw(sqlite cached lucia_basic) : 'ungated';
    my $server = Bench::Server->new(mpm => 'prefork', mode => '-X', hash => 'argon2id m=8 t=1 p=1', lucia => $lucia, start => 0,
        hosts => [map { +{ name => $_, conf => $_ } } @hosts]);
    my $file = $server->dir . '/db/callgrind';
    $server->{prefix} = ['valgrind', '-q', '--tool=callgrind', "--callgrind-out-file=$file"];
    $server->start;
    LuciaTest::give($file);    # made by root, written by httpd's account
    return ($server, $file);
}

# A session that both hosts know.
sub session {
    my ($server) = @_;
    my $peer = Bench::Peer::Lucia->new(name => 'sqlite', url => $server->origin($server->host_port('sqlite')));
    $peer->prepare;
    my $entry = $peer->enter;
    $peer->answers($entry);
    return $entry->{cookie};
}

# So many sessions of the same user that no cache has yet; their cookies.
sub cold_sessions {
    my ($server, $count) = @_;
    my @ids = map { sprintf 'cold%036d', $_ } 1 .. $count;
    my $columns = 'user_id, active_expires, idle_expires, created_at, last_seen, address, user_agent';
    my $db = DBI->connect('dbi:SQLite:dbname=' . $server->dir . '/db/luciauth.db', '', '', { RaiseError => 1, PrintError => 0 });
    my $insert = $db->prepare("INSERT INTO user_session (id, $columns) SELECT ?, $columns FROM user_session LIMIT 1");
    $db->begin_work;
    $insert->execute(sha256_hex($_)) for @ids;
    $db->commit;
    $db->disconnect;
    return map { "auth_session=$_" } @ids;
}

# The profile of a server that answers count requests of a kind, after the warm-up.
sub profile {
    my ($kind, $count) = @_;
    my $lucia = $kind ne 'bare';
    my ($server, $file) = server($lucia);
    my $cookie = $lucia ? session($server) : 'auth_session=' . 'a' x 40;
    my @cold = $lucia ? cold_sessions($server, WARM_UP + ($kind eq 'cold' ? $count : 0)) : ();
    my %header = (no_cookie => '', basic => Bench::Users::basic(Bench::NAME, Bench::PASSWORD) . "\r\n");
    my $headers = sub {
        my ($each, $number) = @_;
        return map { "Cookie: $_\r\n" } splice @cold, 0, $number if $each eq 'cold';
        return ($header{$each} // "Cookie: $cookie\r\n") x $number;
    };
    for my $each ($lucia ? qw(no_cookie ungated gated cached cold basic) : 'bare') {
        ask($server, [$headers->($each, WARM_UP)], @{ $COUNTED{$each} });
    }
    ask($server, [$headers->($kind, $count)], @{ $COUNTED{$kind} });
    $server->stop;
    return read_profile($file);
}

# One connection for all of them: a single process answers nobody else meanwhile.
sub ask {
    my ($server, $headers, $host, $path) = @_;
    my $port = $server->host_port($host);
    my $socket = $server->connect($port);
    for my $header (@$headers) {
        print $socket "GET $path HTTP/1.1\r\nHost: 127.0.0.1:$port\r\n$header\r\n";
        my $answer = Bench::answer_on($socket);
        $answer =~ m{^HTTP/1.1 200 } or die "$path answered:\n$answer";
    }
    close $socket;
    return;
}

# What each function executed itself, by function and by library, and the sum.
sub read_profile {
    my ($file) = @_;
    my %profile = (sum => 0, function => {}, library => {});
    my %library_of;
    my @lines = grep { /^\s*[\d,]+\s+\S*?:\S/ } split /\n/, `callgrind_annotate --auto=no --threshold=100 --show-percs=no $file`;
    for (@lines) {    # a function with debugging information is listed twice, once without its library
        $library_of{$1} = $2 if /:(\S+)\s+\[.*?([^\/\]]+?)(?:\.so[^\/]*)?\]$/;
    }
    for (@lines) {
        my ($count, $name) = /^\s*([\d,]+)\s+\S*?:(\S+)/;
        $count =~ tr/,//d;
        my $library = /\[.*?([^\/\]]+?)(?:\.so[^\/]*)?\]$/ ? $1 : $library_of{$name} // '?';
        $profile{function}{"$name ($library)"} += $count;
        $profile{library}{$library} += $count;
        $profile{sum} += $count;
    }
    die "callgrind counted nothing\n" if !$profile{sum};
    return \%profile;
}

# What one request costs beyond the profile of none.
sub per_request {
    my ($more, $none, $requests) = @_;
    my %per = (sum => ($more->{sum} - $none->{sum}) / $requests);
    for my $key (qw(function library)) {
        my %names = map { $_ => 1 } keys %{ $more->{$key} }, keys %{ $none->{$key} };
        $per{$key} = { map { $_ => (($more->{$key}{$_} // 0) - ($none->{$key}{$_} // 0)) / $requests } keys %names };
    }
    return \%per;
}

sub measure {
    my ($class, %arg) = @_;
    my %none = (1 => profile('ungated', 0), 0 => profile('bare', 0));
    my %counts;
    for my $kind (sort keys %COUNTED) {
        print STDERR '.';
        $counts{$kind} = per_request(profile($kind, $arg{requests}), $none{ $kind ne 'bare' ? 1 : 0 }, $arg{requests});
    }
    print STDERR "\n";
    return \%counts;
}

1;
