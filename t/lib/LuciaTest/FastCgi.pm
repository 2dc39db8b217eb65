# SPDX-License-Identifier: Apache-2.0
#
# A FastCGI application as t/lib/LuciaTest/Backend.pm is an HTTP one: it answers every request with its variables,
# a line each, and keeps them.
#
#     my $backend = LuciaTest::FastCgi->new;
#     ... ProxyPass /fcgi/ with $backend->url ...
#     my ($variables) = $backend->requests;        # "HTTP_HOST=...\n..."
package LuciaTest::FastCgi;
use strict;
use warnings;
use parent -norequire, 'LuciaTest::Backend';

use constant { END_REQUEST => 3, PARAMS => 4, STDIN_DATA => 5, STDOUT_DATA => 6 };

sub url { "fcgi://127.0.0.1:$_[0]{port}" . ($_[1] // '/') }

sub read_exactly {
    my ($client, $length) = @_;
    my $bytes = '';
    while (length $bytes < $length) { sysread $client, $bytes, $length - length $bytes, length $bytes or die "the client left\n" }
    return $bytes;
}

sub read_record {
    my ($client) = @_;
    my (undef, $type, $id, $length, $padding) = unpack 'CCnnC', read_exactly($client, 8);
    my $content = read_exactly($client, $length);
    read_exactly($client, $padding);
    return ($type, $content, $id);
}

sub decode {
    my ($bytes) = @_;
    my $length = sub { my $n = unpack 'C', $bytes; return unpack 'C', substr $bytes, 0, 1, '' if $n < 128; return 0x7fffffff & unpack 'N', substr $bytes, 0, 4, '' };
    my $text = '';
    while (length $bytes) {
        my ($name, $value) = ($length->(), $length->());
        $text .= substr($bytes, 0, $name, '') . '=' . substr($bytes, 0, $value, '') . "\n";
    }
    return $text;
}

sub answer {
    my ($self, $client) = @_;
    my ($params, $type, $content, $id) = ('');
    do {
        ($type, $content, $id) = read_record($client);
        $params .= $content if $type == PARAMS;
    } until $type == STDIN_DATA && $content eq '';
    my $text = decode($params);
    open my $log, '>>:raw', "$self->{dir}/requests" or die $!;
    print $log pack 'N/a*', $text;
    close $log;
    my $record = sub { pack 'CCnnCC', 1, $_[0], $id, length $_[1], 0, 0 };
    my $reply = "Content-Type: text/plain\r\n\r\n$text";
    my $end = pack 'NCx3', 0, 0;
    print $client $record->(STDOUT_DATA, $reply), $reply, $record->(STDOUT_DATA, ''), $record->(END_REQUEST, $end), $end;
    return;
}

1;
