# SPDX-License-Identifier: Apache-2.0
#
# Instructions that httpd executes for one keep-alive request of a 1 KiB file, in user mode, counted by callgrind. Unlike
# times, they do not mind a busy machine. A server that answers the warm-up alone is taken off.
#
#     my $counts = Bench::Instructions->measure(requests => 10_000);
#     $counts->{bare|ungated|gated|cached}{sum}            # of one request
#     $counts->{gated}{function}{"name (library)"}, ->{library}{name}
package Bench::Instructions;
use strict;
use warnings;

use LuciaTest;
use Bench;
use Bench::Server;
use Bench::Peers;

use constant WARM_UP => 20;    # requests of each kind that every run makes, so that a difference leaves them out

# What is counted: the host and path. bare: httpd without the module.
my %COUNTED = (
    bare    => ['ungated', Bench::UNGATED],
    ungated => ['sqlite',  Bench::UNGATED],
    gated   => ['sqlite',  Bench::GATED],
    cached  => ['cached',  Bench::GATED],
);

sub missing { return system('valgrind --version >/dev/null 2>&1') == 0 ? undef : 'there is no valgrind' }

sub server {
    my ($lucia) = @_;
    my @hosts = $lucia ? qw(sqlite cached) : 'ungated';
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

# The profile of a server that answers count requests of a kind, after the warm-up.
sub profile {
    my ($kind, $count) = @_;
    my $lucia = $kind ne 'bare';
    my ($server, $file) = server($lucia);
    my $cookie = $lucia ? session($server) : 'auth_session=' . 'a' x 40;
    for my $each ($lucia ? qw(ungated gated cached) : 'bare') {
        ask($server, $cookie, WARM_UP, @{ $COUNTED{$each} });
    }
    ask($server, $cookie, $count, @{ $COUNTED{$kind} });
    $server->stop;
    return read_profile($file);
}

# One connection for all of them: a single process answers nobody else meanwhile.
sub ask {
    my ($server, $cookie, $count, $host, $path) = @_;
    my $port = $server->host_port($host);
    my $socket = $server->connect($port);
    my $request = "GET $path HTTP/1.1\r\nHost: 127.0.0.1:$port\r\nCookie: $cookie\r\n\r\n";
    for (1 .. $count) {
        print $socket $request;
        my $answer = '';
        until ($answer =~ /\r\n\r\n/ && length $' >= 1024) {
            sysread $socket, $answer, 65536, length $answer or die "the server closed the connection\n";
        }
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
