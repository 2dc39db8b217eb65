# SPDX-License-Identifier: Apache-2.0
# luciactl check and the secrets of LuciaSecret: which of them the seeds of second factors still need.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use LuciaTest;
use LuciaTest::Ctl;

my ($old, $new, $lost) = map { "the $_ secret of these tests, and of no server" } qw(old new lost);
my $server = LuciaTest::Server->new(start => 0);
my $secrets = $server->write_secret('conf/secrets', "$old\n");
$server->{config} = "LuciaDatabase sqlite3 \@db\@\nLuciaMount /account\nLuciaSecret {file:$secrets}\nLuciaSecondFactor optional\n";
$server->start;
my $audit = LuciaTest::work_dir('audit');    # kept until the end of the test
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--audit-log', "$audit/log");
sub sql { return sqlite($server->db, @_) }

# The key id of a secret, computed with another implementation of HKDF than the module's.
sub hkdf { my ($secret, $salt, $info, $length) = @_; return substr hmac_sha256("$info\1", hmac_sha256($secret, $salt)), 0, $length }
sub key_id { return encode_base64url(hkdf(hkdf($_[0], 'mod_luciauth LuciaSecret', 'root', 32), "\0" x 32, 'key id', 6)) }

sub found {
    my $end = $ctl->run('--json', 'check');
    my @list = $end->{out} =~ /^\[/ ? @{ JSON::PP::decode_json($end->{out}) } : ();
    return ($end->{status}, join "\n", map { "$_->{level} $_->{about}: $_->{what} | " . ($_->{remedy} // '') } grep { $_->{what} =~ /seeds|LuciaSecret/ } @list);
}

sub add_seed {
    my ($name, $secret) = @_;
    $ctl->does('user', 'add', $name, '--no-password');
    my $id = sql('SELECT id FROM auth_user WHERE username = ?', $name)->[0]{id};
    sql('INSERT INTO auth_user_totp (user_id, seed, created_at, last_step, failures) VALUES (?, ?, 1, 1, 0)', $id, '1.' . key_id($secret) . '.AAAA');
    return;
}

is_deeply [found()], [0, ''], 'S5.5: without a seed, luciactl check says nothing of LuciaSecret';
add_seed('alice', $old);
is_deeply [found()], [0, ''], 'S5.5: luciactl check says nothing of a seed of the first secret';
$server->write_secret('conf/secrets', "$new\n$old\n");
my ($status, $said) = found();
is $status, 0, 'S5.5: a seed of the second secret is no problem';
like $said, qr/^advice rows: 1 seeds of second factors are encrypted with another secret than the first one of LuciaSecret \| Keep all secrets until each of their users has signed in with a code$/, 'S5.5: luciactl check counts the seeds of the second secret';
add_seed('bobby', $new);
like +(found())[1], qr/^advice rows: 1 seeds/, 'S5.5: luciactl check does not count a seed of the new secret';
add_seed('carol', $lost);
($status, $said) = found();
is $status, 1, 'S5.5: a seed of a secret that is lost is a problem';
like $said, qr/^problem rows: 1 seeds of second factors are encrypted with a secret that LuciaSecret does not have, so that codes of their users cannot be checked: carol \| Write that secret into LuciaSecret again, or reset the factors of these users: luciactl factor reset$/m,
    'S5.5: luciactl check names the user whose secret is lost';
$server->write_secret('conf/secrets', "$new\n");
like +(found())[1], qr/^problem rows: 2 seeds .*: (?:alice, carol|carol, alice) /m, 'S5.5: luciactl check names users whose secret was removed too early';
unlike $said, qr/of these tests/, 'S5.5: luciactl check shows no secret when it reports seeds';

done_testing;
