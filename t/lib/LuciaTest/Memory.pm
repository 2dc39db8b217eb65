# SPDX-License-Identifier: Apache-2.0
#
# What a process has in its memory, as far as it may write there. Root alone may read it.
#
#     plan skip_all => $why if $why = LuciaTest::Memory::unreadable($pid);
#     found_in($pid, $secret)         # how often
package LuciaTest::Memory;
use strict;
use warnings;
no warnings 'portable';    # addresses

use Exporter 'import';
use LuciaTest;

our @EXPORT = qw(found_in);

sub unreadable {
    my ($pid) = @_;
    return 'a sanitizer keeps what was freed' if $ENV{SANITIZE};
    open my $memory, '<', "/proc/$pid/mem" or return "the memory of httpd's children can be read by root alone: $!";
    return;
}

sub found_in {
    my ($pid, $text) = @_;
    my $found = 0;
    open my $memory, '<:raw', "/proc/$pid/mem" or return 0;    # it has ended
    for (split /\n/, LuciaTest::Server::slurp("/proc/$pid/maps")) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
        my ($start, $size) = (hex $from, hex($to) - hex $from);
        sysseek $memory, $start, 0 or next;
        my $bytes = '';
        while (length $bytes < $size) { sysread $memory, $bytes, $size - length $bytes, length $bytes or last }
        $found++ while $bytes =~ /\Q$text\E/g;
    }
    return $found;
}

1;
