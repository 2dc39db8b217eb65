# SPDX-License-Identifier: Apache-2.0
#
# Second factors of users, written into the tables as the module writes them.
#
#     my @codes = give_codes($db, 'alice');        # ten recovery codes, beside an app whose seed cannot be read
#     take_factors($db, 'alice');
#     my $code = totp($secret, time);              # what an app shows (RFC 6238); $secret is base32
package LuciaTest::Factors;
use strict;
use warnings;

use Digest::SHA ();
use Exporter 'import';
use LuciaTest;

our @EXPORT = qw(give_codes take_factors totp user_id);

my @ALPHABET = ('A' .. 'Z', 2 .. 7);

sub user_id { my ($db, $name) = @_; return sqlite_value($db, 'SELECT id FROM auth_user WHERE username = ?', $name) }

sub base32 {
    my ($bytes) = @_;
    my $bits = unpack 'B*', $bytes;
    return join '', map { $ALPHABET[oct "0b$_"] } $bits =~ /(.{5})/g;
}

sub bytes_of {
    my ($base32) = @_;
    my %value = map { $ALPHABET[$_] => $_ } 0 .. $#ALPHABET;
    return pack 'B*', join '', map { sprintf '%05b', $value{$_} } split //, $base32;
}

sub give_codes {
    my ($db, $name) = @_;
    my $user = user_id($db, $name);
    sqlite($db, 'INSERT INTO auth_user_totp (user_id, seed, created_at, last_step, failures) VALUES (?, ?, 1, 1, 0)', $user, '1.unknown0.AAAA');
    return map {
        my $bits = join '', map { chr int rand 256 } 1 .. 15;
        sqlite($db, 'INSERT INTO auth_user_recovery_code (id, user_id) VALUES (?, ?)', Digest::SHA::sha256_hex($bits), $user);
        base32($bits) =~ s/(....)(?=.)/$1-/gr;
    } 1 .. 10;
}

sub take_factors {
    my ($db, $name) = @_;
    sqlite($db, "DELETE FROM auth_user_$_ WHERE user_id = ?", user_id($db, $name)) for qw(totp recovery_code);
    return;
}

sub totp {
    my ($secret, $time) = @_;
    my $mac = Digest::SHA::hmac_sha1(pack('Q>', int $time / 30), bytes_of($secret));
    my $at = ord(substr $mac, -1) & 15;
    return sprintf '%06d', (unpack('N', substr $mac, $at, 4) & 0x7fffffff) % 1_000_000;
}

1;
