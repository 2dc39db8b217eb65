# SPDX-License-Identifier: Apache-2.0
# luciactl hash-bench: what it proposes is safe, within the bounds that were given, and what httpd takes.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use JSON::PP ();
use LuciaTest;

chdir LuciaTest::top() or die $!;
my $tool = LuciaTest::build() . '/luciactl';
%ENV = (%ENV, LuciaTest::httpd_env());

sub bench {
    my (@args) = @_;
    my $said = `$tool hash-bench @args 2>&1`;
    return ($? >> 8, $said);
}

sub proposal {
    my (@args) = @_;
    my $said = `$tool hash-bench --json @args`;
    is $?, 0, "hash-bench @args" or diag $said;
    return JSON::PP::decode_json($said);
}

my $server = LuciaTest::Server->new(start => 0);

sub sound {
    my ($found, $memory, $slots) = @_;
    cmp_ok $found->{memoryKiB}, '>=', 19456, 'no less memory than is safe';
    cmp_ok $found->{passes}, '>=', 2, 'hash-bench recommends no fewer passes than are safe';
    is $found->{lanes}, 1, 'one lane, since a hash has one thread';
    cmp_ok $found->{memoryKiB} * $found->{slots}, '<=', $memory * 1024, "all of them within $memory MiB";
    is $found->{slots}, $slots, "$slots at once";
    is $found->{directive}, "LuciaPasswordHash argon2id m=$found->{memoryKiB} t=$found->{passes} p=1", 'the directive says it';
    my ($failed, $said) = $server->configtest("$found->{directive}\n$found->{slotsDirective}\n");
    is $failed, 0, 'httpd takes both' or diag $said;
    return;
}

my $short = proposal('--target 10ms', '--memory 64', '--slots 2');
sound($short, 64, 2);
my $long = proposal('--target 400ms', '--memory 64', '--slots 1');
sound($long, 64, 1);
# This is several times what the least cost takes on any machine that runs this, unless it is very busy.
cmp_ok $long->{memoryKiB} * $long->{passes}, '>=', $short->{memoryKiB} * $short->{passes}, 'more time: no less cost';
ok $_->[0]{withinTarget} ? $_->[0]{milliseconds} <= $_->[1] : $_->[0]{milliseconds} >= $_->[1], "within $_->[1] ms or not, as it says"
    for [$short, 10], [$long, 400];

sound(proposal('--target 10ms', '--memory 40', '--slots 200'), 40, 2);
is_deeply [bench('--memory 18')], [1, "luciactl: a hash needs at least 19456 KiB; --memory 18 is less\n"],
    'hash-bench with too little memory for one hash ends with 1';

for my $wrong ('--target 5h', '--target 9ms', '--target 11s', '--target soon', '--memory 0', '--memory x', '--slots 0', '--slots 257', 'more') {
    my ($status, $said) = bench($wrong);
    is $status, 2, "$wrong is refused";
    like $said, qr/^luciactl: .*\S/, 'the refusal of hash-bench says why';
}

my ($status, $said) = bench('--target 10ms', '--slots 1');
is $status, 0, 'hash-bench with the memory of this machine ends with 0';
like $said, qr/^Directive: +LuciaPasswordHash argon2id m=\d+ t=\d+ p=1$/m, 'a line to copy';

done_testing;
