# SPDX-License-Identifier: Apache-2.0
# Two nodes with one queue of mails, on each engine: each mail arrives once, also one that the mail server has postponed, and an
# invitation whose mail was tried on both nodes is there once.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Mail;
use LuciaTest::Site qw($CHEAP_HASH);

use constant MAILS => 24;

LuciaTest::only_files('this runs on all engines anyway');

my $mail = LuciaTest::Mail->new;
my ($engine, $database);

sub value { return $engine->value_in($database, @_) }
sub rows { return value('SELECT count(*) FROM auth_user_mail' . ($_[0] ? " WHERE $_[0]" : '')) }

sub queue {
    my ($run) = @_;
    $engine->query_in($database, 'INSERT INTO auth_user_mail (id, kind, name, address, detail, created_at, expires_at, next_try, tries, claimed_until, handed_over) '
        . "VALUES ('$run$_', 'invitation', '', 'a$_\@$run.example', '1 7200000 ', 1, 9999999999999, 1, 0, 0, 0)") for 1 .. MAILS;
    return;
}

sub arrive {
    my ($run) = @_;
    ok wait_until(sub { $engine->query_in($database, 'UPDATE auth_user_mail SET next_try = 1 WHERE claimed_until = 0'); rows() == 0 }, 120), "S9.90: two nodes send all mails, $run";
    my %times;
    $times{ $_->{to}[0] }++ for $mail->mails;
    is_deeply \%times, { map { ("a$_\@$run.example" => 1) } 1 .. MAILS }, "S9.90: two nodes send each mail once, $run";
    $mail->forget;
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    $engine = $class->shared;
    subtest $engine->kind => sub {
        $database = $engine->create;
        my $config = $engine->line($database) . "\n$CHEAP_HASH\nLuciaMount /account\nLuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL http://example.org\n";
        my @nodes = map { LuciaTest::Server->new(config => $config) } 1, 2;
        LuciaTest::Ctl->of($engine, $database)->does('invite', 'add', '--url', 'http://example.org/account/signup');
        queue('first');
        arrive('first');
        $mail->mode('later');
        queue('second');
        ok wait_until(sub { rows('tries = 0') == 0 && rows('claimed_until > 0') == 0 }, 120), 'S9.90: two nodes try each mail that the mail server postpones';
        $mail->mode('accept');
        arrive('second');
        is value('SELECT count(*) FROM auth_user_invitation'), 2 * MAILS + 1, 'S1.74: an invitation whose mail was tried twice is there once';
        $_->stop for @nodes;
    };
}
done_testing;
