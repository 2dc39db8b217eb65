# SPDX-License-Identifier: Apache-2.0
#
# Asks a server's control socket (LuciaControl), as luciactl does.
#
#     use LuciaTest::Control;
#     my ($last, @lines) = control($server, 'throttle-list');    # decoded JSON; $last is {done => N} or {error => ...}
package LuciaTest::Control;
use strict;
use warnings;

use Exporter 'import';
use IO::Socket::UNIX ();
use JSON::PP ();
use LuciaTest;

our @EXPORT = qw(control control_path control_bytes);

sub control_path { $_[0]->dir . '/logs/luciauth.sock' }

# Whatever comes back for these bytes.
sub control_bytes {
    my ($server, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';    # who is refused is hung up on
    my $socket = IO::Socket::UNIX->new(Peer => control_path($server)) or die "no control socket: $!\n";
    syswrite $socket, $bytes;
    my $answer = '';
    1 while sysread $socket, $answer, 65536, length $answer;
    return $answer;
}

sub control {
    my ($server, @words) = @_;
    my @lines = map { JSON::PP->new->utf8->decode($_) } split /\n/, control_bytes($server, join("\t", map { utf8::encode(my $w = $_); $w } @words) . "\n");
    my $last = pop @lines;
    return ($last, @lines);
}

1;
