# SPDX-License-Identifier: Apache-2.0
# LuciaArgon2: which library computes hashes, in httpd and in luciactl; each one's hashes are everybody's.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Hashes;
use LuciaTest::Site;

my @WORDS = qw(libargon2 libsodium auto);
my $hashes = LuciaTest::Hashes->new;    # counts what libargon2 computes
my $server = LuciaTest::Server->new(env => $hashes->env, start => 0, ports => 1 + @WORDS);
my %port = (default => $server->port, map { $WORDS[$_] => $server->port_number($_ + 2) } 0 .. $#WORDS);
$server->{config} = <<'CONF' . join '', map { "Listen 127.0.0.1:$port{$_}\n<VirtualHost *:$port{$_}>\nServerName $_.example\nLuciaArgon2 $_\n</VirtualHost>\n" } @WORDS;
LuciaDatabase sqlite3 @db@
LuciaMount /
LuciaThrottle off
LuciaPasswordHash argon2id m=64 t=2 p=1
CONF
$server->start;

# How many hashes libargon2 computes for an action.
sub by_libargon2 {
    my ($act) = @_;
    my $before = $hashes->done;
    $act->();
    return $hashes->done - $before;
}
sub stored { return map { $_->{hashed_password} } @{ sqlite($server->db, 'SELECT hashed_password FROM user_key') } }
sub user_of { return "of_$_[0]" }

# ---- httpd ----

my %computed;
for my $word (sort keys %port) {
    $computed{$word} = by_libargon2(sub { sign_up($server, user_of($word), port => $port{$word}) });
}
is $computed{default}, 1, 'without LuciaArgon2 libargon2 hashes a new password';
is $computed{libargon2}, 1, 'LuciaArgon2 libargon2: libargon2 hashes a new password';
is $computed{libsodium}, 0, 'LuciaArgon2 libsodium: libargon2 hashes no new password';
my ($chosen) = $server->error_log =~ /LUCI0410: LuciaArgon2 auto: (\w+) computes m=64 t=2; of the processor's time libargon2 takes \d+ us, libsodium \d+ us$/m;
is $computed{auto}, { libargon2 => 1, libsodium => 0 }->{ $chosen // '' }, 'LuciaArgon2 auto: the library hashes that the log names';

my @stored = stored();
is_deeply [grep { !/^\$argon2id\$v=19\$m=64,t=2,p=1\$[A-Za-z0-9+\/]{22}\$[A-Za-z0-9+\/]{43}$/ } @stored], [], 'S9.6: all libraries store the same format';

for my $word (sort keys %port) {
    my $count = by_libargon2(sub { for (sort keys %port) { ok sign_in($server, user_of($_), port => $port{$word}), "a password of $_ signs in with $word" } });
    is $count, $computed{$word} * keys %port, "the library of $word verifies all of them";
    $count = by_libargon2(sub {
        is $server->request(POST => '/login', port => $port{$word}, form(username => user_of('libargon2'), password => $WRONG))->status, 400,
            "a wrong password does not sign in with $word";
        is $server->request(POST => '/login', port => $port{$word}, form(username => 'nobody', password => $WRONG))->status, 400,
            "an unknown name does not sign in with $word";
    });
    is $count, 2 * $computed{$word}, "the library of $word computes both";
}
is_deeply [sort(stored())], [sort @stored],
    'a hash is not replaced because another library computed it';

# ---- auto measures ----

for my $slow (qw(libargon2 libsodium)) {
    my $other = LuciaTest::Server->new(env => $hashes->env(slow => $slow),
        config => "LuciaDatabase sqlite3 \@db\@\nLuciaMount /\nLuciaPasswordHash argon2id m=64 t=2 p=1\nLuciaArgon2 auto\n");
    my $fast = $slow eq 'libargon2' ? 'libsodium' : 'libargon2';
    like $other->error_log, qr/LUCI0410: LuciaArgon2 auto: $fast computes m=64 t=2;/, "LuciaArgon2 auto chooses $fast where $slow takes longer";
    is by_libargon2(sub { sign_up($other, 'alice') }), $fast eq 'libargon2' ? 1 : 0, "$fast hashes new passwords where $slow takes longer";
    $other->restart_graceful;
    is scalar(() = $other->error_log =~ /LUCI0410/g), 1, "a graceful restart measures nothing anew where $slow takes longer";
    is by_libargon2(sub { sign_up($other, 'bobby') }), $fast eq 'libargon2' ? 1 : 0, "$fast hashes after a graceful restart where $slow takes longer";
}
my $lanes = LuciaTest::Server->new(env => $hashes->env(slow => 'libargon2'),
    config => "LuciaDatabase sqlite3 \@db\@\nLuciaMount /\nLuciaPasswordHash argon2id m=64 t=2 p=2\nLuciaArgon2 auto\n");
unlike $lanes->error_log, qr/LUCI041/, 'nothing is measured for two lanes, which libsodium does not compute';
is by_libargon2(sub { sign_up($lanes, 'alice') }), 1, 'libargon2 hashes with two lanes';

# ---- What libsodium cannot compute ----

my $old = '$argon2id$v=16$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$' . 'A' x 43;    # the version alone sends it to libargon2
my $count = by_libargon2(sub {
    sqlite($server->db, "UPDATE user_key SET hashed_password = '$old' WHERE id = 'username:of_auto'");
    is $server->request(POST => '/login', port => $port{libsodium}, form(username => user_of('auto'), password => $PASSWORD))->status, 400,
        'a hash of version 16 that does not match is no sign-in';
});
is $count, 1, 'libargon2 verifies version 16 with LuciaArgon2 libsodium';

# ---- luciactl ----

my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
SKIP: {
    skip 'what counts hashes would come before the sanitizer', @WORDS * (1 + @WORDS) if $ENV{SANITIZE};
    local %ENV = (%ENV, %{ $hashes->env });
    my $has_avx2 = LuciaTest::Server::slurp('/proc/cpuinfo') =~ /^flags\s*:.*\bavx2\b/m;
    $computed{auto} = $has_avx2 ? 0 : 1;
    for my $word (@WORDS) {
        is by_libargon2(sub { $ctl->with('--vhost', "$word.example")->does('user', 'add', "by_$word", '--stdin', { stdin => "$PASSWORD\n" }) }),
            $computed{$word}, "luciactl hashes as LuciaArgon2 $word says";
        ok sign_in($server, "by_$word", port => $port{$_}), "a password that luciactl hashed with $word signs in with $_" for @WORDS;
    }
}
my $end = $ctl->run('hash-bench', '--argon2', 'blake');
is $end->{status}, 2, 'hash-bench --argon2 with another word ends with 2';
like $end->{err}, qr/--argon2: LuciaArgon2: "blake" is not allowed: auto, libargon2 or libsodium/, 'the refusal names what is allowed';

done_testing;
