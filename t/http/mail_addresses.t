# SPDX-License-Identifier: Apache-2.0
# Every way by which an address comes in, with addresses that are none and with those that are often taken for none: what is refused
# makes no mail, and what is accepted reaches the mail server as it was written. S5.6, S1.74, S1.80.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use Encode qw(encode_utf8);
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Mail;
use LuciaTest::Site qw(sign_up $CHEAP_HASH);

binmode $_, ':encoding(UTF-8)' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

my $mail = LuciaTest::Mail->new;
my $lines = "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaMount /account\n";
my $server = LuciaTest::Server->new(throttle => 0, config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaFreshness 1h\nLuciaEmail optional\n$lines");
my $other = LuciaTest::Server->new(start => 0);
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my $cookie = sign_up($server, 'alice', path => '/account/signup');
my $count = 0;

sub rows { return sqlite_value($db, 'SELECT count(*) FROM auth_user_mail') }
sub users { return sqlite_value($db, 'SELECT count(*) FROM auth_user') }
sub up { my ($address) = @_; return (username => 'user' . ++$count, password => $PASSWORD, email => $address) }
sub program { my ($path, $fields, @more) = @_; return $server->request(POST => "/account/api/$path", json($fields), headers => { Accept => 'application/json' }, origin => 1, @more)->status }
sub tool { my (@words) = @_; return $ctl->run(map { encode_utf8($_) } @words)->{status} }

# What each way answers to an address.
my @ways = (
    ['sign-up', sub { $server->request(POST => '/account/signup', form(up(encode_utf8($_[0]))))->status }, 400, 302],
    ['sign-up in JSON', sub { program('signup', { up(@_) }) }, 400, 201],
    ['the page email', sub { $server->request(POST => '/account/email', form(email => encode_utf8($_[0])), cookie => $cookie, origin => 1)->status }, 400, 303],
    ['invite add --mail', sub { tool('invite', 'add', '--mail', $_[0]) }, 2, 0],
    ['mail test', sub { tool('mail', 'test', '--', $_[0]) }, 2, 0],
);
my @silent = (['user email', sub { tool('user', 'email', '--', 'alice', $_[0]) }, 2, 0], ['user add --attribute', sub { tool('user', 'add', 'user' . ++$count, '--no-password', '--attribute', "email=$_[0]") }, 2, 2],
    ['user set --attribute', sub { tool('user', 'set', 'alice', '--attribute', "email=$_[0]") }, 2, 2]);

# ---- No addresses ----

my $longest = 'l' x 64 . '@' . join('.', ('a' x 63) x 3, 'b' x 61);
for my $case (['a display name', 'Anna <anna@example.com>'], ['angle brackets', '<anna@example.com>'], ['another header', "anna\@example.com\nBcc: bea\@example.com"], ['another header after CRLF', "anna\@example.com\r\nBcc: bea\@example.com"],
    ['a header before', "Bcc: bea\@example.com\nanna\@example.com"], ['a list', 'anna@example.com,bea@example.com'], ['a list with blanks', 'anna@example.com bea@example.com'], ['two at signs', 'anna@example.com@example.org'],
    ['a tab', "an\tna\@example.com"], ['a quoted local part', '"an na"@example.com'], ['a comment', 'anna(x)@example.com'], ['a local part outside of ASCII', 'jörg@example.com'], ['no domain', 'anna@'], ['no local part', '@example.com'],
    ['an IPv4 address', 'anna@127.0.0.1'], ['an address literal', 'anna@[127.0.0.1]'], ['a domain with an angle bracket', 'anna@example.com>'], ['a wide at sign', 'anna＠example.com'], ['a dot at the end', 'anna@example.com.'],
    ['319 bytes', "${longest}b"], ['400 bytes', 'anna@' . join '.', ('b' x 60) x 6, 'example']) {
    my ($what, $address) = @$case;
    my $before = users();
    is_deeply [map { $_->[1]->($address) } @ways, @silent], [map { $_->[2] } @ways, @silent], "S5.6: $what is refused by each way (" . join(', ', map { $_->[0] } @ways, @silent) . ')';
    is rows() . ' ' . (users() - $before), '0 0', "S5.6: $what makes no mail and no account";
    next if $address =~ /[\r\n\t"]/;
    for my $line ("LuciaMailFrom \"$address\"", "LuciaApprovalMail \"$address\"") {
        my ($status) = $other->configtest(encode_utf8("LuciaDatabase sqlite3 \@db\@\n" . ($line =~ /From/ ? $lines =~ s/LuciaMailFrom .*/$line/r : "$lines$line\n")));
        ok $status != 0, "S5.6: $what is refused by " . (split / /, $line)[0];
    }
}

# ---- Addresses ----

for my $case (['a plus and upper case', 'Anna+Lists@example.com'], ['a domain in upper case', 'anna@EXAMPLE.com', 'anna@example.com'], ['an international domain', 'anna@BÜCHER.example', 'anna@xn--bcher-kva.example'],
    ['an international domain with a combining character', "anna\@bu\x{308}cher.example", 'anna@xn--bcher-kva.example'], ['characters of shells', q(o'neil=x_{1}&$|`~@example.com)], ['a hyphen before', '-f@example.com'],
    ['318 bytes', $longest]) {
    my ($what, $address, $envelope) = @$case;
    $envelope //= $address;
    is_deeply [map { $_->[1]->($address) } @ways], [map { $_->[3] } @ways], "S5.6: an address with $what is accepted by each way (" . join(', ', map { $_->[0] } @ways) . ')';
    ok wait_until(sub { rows() == 0 }, 120), "S5.6: the mails to an address with $what leave";
    is_deeply [map { join ',', @{ $_->{to} } } $mail->mails], [($envelope) x @ways], "S5.6: the mails to an address with $what reach the mail server as it was written";
    is_deeply [map { $_->{headers}{to} } $mail->mails], [($envelope) x @ways], "S5.6: an address with $what is alone in its header";
    $mail->forget;
}
is_deeply [map { $_->[1]->('Anna+Lists@example.com') } @silent], [map { $_->[3] } @silent], 'S7.8: luciactl user email sets an address, and no other command does';
done_testing;
