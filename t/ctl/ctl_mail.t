# SPDX-License-Identifier: Apache-2.0
# LuciaMail and luciactl mail test: what a real SMTP server and a real sendmail receive, and what is refused.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use Encode qw(encode_utf8);
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Mail;

my $server = LuciaTest::Server->new(start => 0);
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my $links = "LuciaSiteURL https://www.example.org\nLuciaMount /account";
my $from = "$links\nLuciaMailFrom accounts\@example.org \"Example Site\"";
my $password = $server->write_secret('conf/password', "hunter2 of the tests\n");

# The server is not started: luciactl has httpd read the configuration.
sub configure {
    my ($mail, $more) = @_;
    $server->configtest(encode_utf8("LuciaMail $mail\n" . ($more // $from) . "\n"));
    return;
}

sub try_mail { my ($address) = @_; return $ctl->run('mail', 'test', encode_utf8($address // 'Anna+Lists@example.com')) }

sub refused {
    my ($mail, $pattern, $name) = @_;
    my ($status, $said) = $server->configtest(encode_utf8("LuciaMail $mail\n$from\n"));
    ok $status != 0 && $said =~ $pattern, "S5.6: LuciaMail with $name is refused" or diag "status $status\n$said";
    unlike $said, qr/hunter2/, "S5.6: the refusal of LuciaMail with $name shows no password";
    return;
}

# ---- Values ----

refused('postfix', qr/LuciaMail: the first word is not known; allowed is sendmail or sendmail:\/path; or smtp:/, 'another word');
refused('sendmail:bin/sendmail', qr/the path of the program must start with a slash/, 'a relative program');
refused('sendmail:/no/such/program', qr/there is no program "\/no\/such\/program" that can be run/, 'a program that does not exist');
refused('smtp://', qr/behind :\/\/ there is a host, and perhaps a port, and nothing else/, 'an empty host');
refused($_->[0], qr/behind :\/\/ there is a host/, $_->[1]) for ['smtp://mail.example.org/', 'a path'], ['smtp://anna:hunter2@mail.example.org', 'a password in the URL'], ['smtp://mail.example.org:0', 'port 0'];
refused('smtps://mail.example.org user=anna', qr/user= and password= belong together/, 'a name without a password');
refused('smtps://mail.example.org user=anna password=hunter2', qr/LuciaMail: the value is neither \{file:\/path\} nor \{env:NAME\}/, 'a password in the configuration');
refused("smtp://mail.example.org tls=off user=anna password={file:$password}", qr/with tls=off there is no login/, 'a login without TLS');
refused('smtps://mail.example.org tls=off', qr/tls= is required or, with smtp:\/\/, off/, 'tls=off of smtps');
refused('smtp://mail.example.org ca=/no/such/file', qr/the file of ca= does not exist/, 'a missing certificate authority');
refused('smtp://mail.example.org hunter2', qr/a word is not known/, 'another option');
for my $case (['', qr/LuciaMailFrom/], ['LuciaMailFrom anna', qr/LuciaMailFrom: "anna" is not allowed: ADDRESS \[NAME\]/], ["LuciaMailFrom \"anna\@example.org, bea\@example.org\"", qr/is not allowed: ADDRESS/]) {
    my ($status, $said) = $server->configtest("LuciaDatabase sqlite3 \@db\@\n$links\nLuciaMail smtp://127.0.0.1\n$case->[0]\n");
    ok $status != 0 && $said =~ $case->[1], "S5.6: LuciaMail with the line \"$case->[0]\" does not start" or diag $said;
}
my ($status, $said) = $server->configtest("LuciaDatabase sqlite3 \@db\@\n$links\nLuciaMail smtp://127.0.0.1\n");
like $said, qr/LUCI0528: LuciaMailFrom is missing: LuciaMail of .* needs it/, 'S5.6: LuciaMail without a sender is reported with its log id';

for my $case (['LuciaMount /account', 'LuciaSiteURL'], ['LuciaSiteURL https://www.example.org', 'LuciaMount']) {
    ($status, $said) = $server->configtest("LuciaDatabase sqlite3 \@db\@\nLuciaMail smtp://127.0.0.1\nLuciaMailFrom accounts\@example.org\n$case->[0]\n");
    ok $status != 0 && $said =~ /LUCI0528: $case->[1] is missing: LuciaMail of .* needs it/, "S5.6: LuciaMail without $case->[1] does not start" or diag $said;
}

($status, $said) = $server->configtest("LuciaDatabase sqlite3 \@db\@\n$from\nLuciaMail smtp://127.0.0.1\n<VirtualHost *>\nServerName a.test\nLuciaMount off\n</VirtualHost>\n");
is $status, 0, 'S5.6: a virtual host without LuciaMount may inherit LuciaMail' or diag $said;

($status, $said) = $server->configtest("LuciaDatabase sqlite3 \@db\@\nLuciaMount /account\nLuciaEmail required\n");
ok $status != 0 && $said =~ /LUCI0529: LuciaMail is missing: \S+ line \d+, LuciaEmail|LUCI0529: LuciaMail is missing: .*LuciaEmail.* needs it/, 'S5.7: LuciaEmail without LuciaMail does not start' or diag $said;

# ---- SMTP on this machine ----

my $db = "LuciaDatabase sqlite3 \@db\@\n";
my $mail = LuciaTest::Mail->new;
configure("smtp://127.0.0.1:$mail->{port}", $db . $from);
my $end = try_mail();
is $end->{status}, 0, 'S5.6: luciactl mail test ends with 0 when the server accepts the mail' or diag $end->{err};
is $end->{out}, "The mail server has accepted a mail to Anna+Lists\@example.com.\n", 'S5.6: luciactl mail test says that the server has accepted the mail';
my ($got) = $mail->mails;
is_deeply [@$got{qw(from to)}], ['accounts@example.org', ['Anna+Lists@example.com']], 'S5.6: the envelope has the sender and the recipient as they were written';
is_deeply [@{ $got->{headers} }{qw(from to subject auto-submitted content-type)}],
    ['"Example Site" <accounts@example.org>', 'Anna+Lists@example.com', 'Test of the mails of 127.0.0.1', 'auto-generated', 'text/plain; charset=utf-8'], 'S5.6: the headers of the mail'
    or diag $got->{data};
like $got->{headers}{'message-id'}, qr/^<[a-z0-9]{25}\@example\.org>$/, 'S5.6: the mail has a Message-ID of the sender\'s domain';
like $got->{headers}{date}, qr/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/, 'S5.6: the mail has a date';
unlike $got->{data}, qr/[^\r]\n|\r[^\n]/, 'S5.6: each line of the mail ends with CRLF';

$mail->forget;
configure("smtp://127.0.0.1:$mail->{port}", $db . "$links\nLuciaMailFrom anna\@bücher.example Bücher\nLuciaSite \"Café Bücher\"\n");
is try_mail('Jörg@example.com')->{status}, 2, 'S5.6: an address with a local part outside of ASCII is no address of luciactl mail test';
is try_mail("anna\@example.com\nBcc: bea\@example.com")->{status}, 2, 'S5.6: an address with another header is no address of luciactl mail test';
is try_mail('anna@BÜCHER.example')->{status}, 0, 'S5.6: a mail to an international domain is sent';
($got) = $mail->mails;
is_deeply [@$got{qw(from to)}], ['anna@xn--bcher-kva.example', ['anna@xn--bcher-kva.example']], 'S5.6: international domains are in ASCII in the envelope';
is $got->{headers}{from}, '=?UTF-8?B?QsO8Y2hlcg==?= <anna@xn--bcher-kva.example>', 'S5.6: a name outside of ASCII is encoded';
ok index($got->{text}, encode_utf8('The mails of Café Bücher arrive')) > 0, 'S5.6: the text is UTF-8';

# ---- A server that refuses, and one that ends in the middle ----

configure("smtp://127.0.0.1:$mail->{port}", $db . $from);
$mail->forget;
for my $case (['refuse', qr/the mail was not sent: .*550 5\.1\.1 There is no such mailbox/], ['reject', qr/not sent: .*554 5\.6\.0 The mail is rejected/], ['later', qr/not sent: .*451 4\.7\.1 Greylisted/],
    ['fall', qr/the mail was not sent: /], ['die', qr/the mail was handed over, but not confirmed: /]) {
    $mail->mode($case->[0]);
    $end = try_mail();
    is $end->{status}, 1, "S5.6: luciactl mail test fails when the server is told to $case->[0]";
    like $end->{err}, $case->[1], "S5.6: luciactl mail test tells the answer of a server that is told to $case->[0]";
}
is scalar(() = $mail->mails), 1, 'S5.6: a server that closes the connection at the end has the mail once';
$mail->mode('accept');
$mail->stop;
$end = try_mail();
is $end->{status}, 1, 'S5.6: luciactl mail test fails without a server';
like $end->{err}, qr/the mail was not sent: .*onnect/, 'S5.6: luciactl mail test says that there is no server';
$mail->start;

# ---- TLS and logins: 0.0.0.0 is this machine, but none of its names for which TLS is optional ----

my $plain = "smtp://0.0.0.0:$mail->{port}";
configure($plain, $db . $from);
$mail->forget;
is try_mail()->{status}, 1, 'S5.6: a server without STARTTLS gets no mail';
is scalar(() = $mail->mails), 0, 'S5.6: a server without STARTTLS has received nothing';
configure("$plain tls=off", $db . $from);
is try_mail()->{status}, 0, 'S5.6: with tls=off, a server without STARTTLS gets the mail';

my $starttls = LuciaTest::Mail->new(tls => 'starttls', login => 'anna:hunter2 of the tests');
my $smtps = LuciaTest::Mail->new(tls => 'smtps', login => 'anna:hunter2 of the tests');
my $login = "user=anna password={file:$password}";
for my $tls ([$starttls, 'smtp'], [$smtps, 'smtps']) {
    my ($to, $scheme) = @$tls;
    my $ca = 'ca=' . $to->certificate;
    configure("$scheme://localhost:$to->{port} $login $ca tls=required", $db . $from);
    $end = try_mail();
    is $end->{status}, 0, "S5.6: a mail is sent by $scheme with TLS and a login" or diag $end->{err};
    ($got) = $to->mails;
    is_deeply [@$got{qw(tls login)}], [1, 1], "S5.6: the $scheme server has seen TLS and the login";
    $to->forget;
    configure("$scheme://localhost:$to->{port} $login tls=required", $db . $from);
    like try_mail()->{err}, qr/not sent: .*certificate/, "S5.6: a certificate of an unknown authority is refused by $scheme";
    configure("$scheme://127.0.0.1:$to->{port} $login $ca tls=required", $db . $from);
    like try_mail()->{err}, qr/not sent: .*(?:certificate|name)/, "S5.6: a certificate of another name is refused by $scheme";
    my $wrong = $server->write_secret('conf/wrong', "hunter2 of another\n");
    configure("$scheme://localhost:$to->{port} user=anna password={file:$wrong} $ca tls=required", $db . $from);
    $end = try_mail();
    like $end->{err}, qr/not sent: /, "S5.6: a wrong password is refused by $scheme";
    unlike $end->{err} . $end->{out}, qr/hunter2/, "S5.6: the refusal of a wrong password by $scheme does not show it";
    is scalar(() = $to->mails), 0, "S5.6: the $scheme server has received nothing that was refused";
}

# ---- sendmail ----

sub program {
    my ($name, $text) = @_;
    my $file = $server->write("conf/$name", "#!/bin/sh\n$text");
    chmod 0755, $file;
    return $file;
}
my $msmtp = program('msmtp', "exec msmtp --host=127.0.0.1 --port=$mail->{port} --auth=off --tls=off \"\$@\"\n");
configure("sendmail:$msmtp", $db . $from);
$mail->forget;
$end = $ctl->run('mail', 'test', '--', '-f@example.com');
is $end->{status}, 0, 'S5.6: msmtp, called as sendmail, sends a mail to an address that looks like an option' or diag $end->{err};
($got) = $mail->mails;
is_deeply [@$got{qw(from to)}], ['accounts@example.org', ['-f@example.com']], 'S5.6: msmtp has got the sender and the recipient';
unlike $got->{data}, qr/[^\r]\n|\r[^\n]/, 'S5.6: each line of a mail that msmtp sent ends with CRLF';

for my $case (["cat >/dev/null; echo 'no space left' >&2; exit 75\n", qr/not sent: exit status 75 of the program: no space left/, 'ends with 75'],
    ["cat >/dev/null; exit 67\n", qr/not sent: exit status 67 of the program/, 'ends with 67'],
    ["cat >/dev/null; kill -KILL \$\$\n", qr/handed over, but not confirmed: the program was killed/, 'is killed'],
    ["kill -KILL \$\$\n", qr/the mail was (?:not sent|handed over, but not confirmed): the program was killed/, 'is killed before it reads']) {
    configure('sendmail:' . program('other', $case->[0]), $db . $from);
    $end = try_mail();
    is $end->{status}, 1, "S5.6: luciactl mail test fails with a program that $case->[2]";
    like $end->{err}, $case->[1], "S5.6: luciactl mail test says that the program $case->[2]";
}
my $seen = $server->dir . '/conf/seen';
configure('sendmail:' . program('shows', "cat >$seen.mail; env >$seen.environment; for a in \"\$@\"; do echo \"\$a\"; done >$seen\n"), $db . $from);
{
    local $ENV{SECRET_OF_HTTPD} = 'hunter2';
    is try_mail()->{status}, 0, 'S5.6: a program that ends with 0 has sent the mail';
}
unlike LuciaTest::Server::slurp("$seen.environment"), qr/SECRET_OF_HTTPD|hunter2/, 'S5.6: the program gets no variable that may be a secret';
like LuciaTest::Server::slurp("$seen.environment"), qr/^PATH=/m, 'S5.6: the program gets the path of programs';
my @seen = split /\n/, LuciaTest::Server::slurp($seen);
is_deeply [@seen[0 .. 4]], ['-i', '-f', 'accounts@example.org', '--', 'Anna+Lists@example.com'], 'S5.6: the arguments of the program';
my $piped = LuciaTest::Server::slurp("$seen.mail");
ok $piped =~ /\nSubject: / && $piped !~ /\r/, 'S5.6: the program reads lines that end with LF';

# A shell would unblock signals itself.
my $perl = $server->write('conf/perl', "#!/usr/bin/perl\nopen my \$in, '<', '/proc/self/status'; open my \$out, '>', '$seen'; print \$out grep { /^Sig(?:Blk|Ign)/ } <\$in>; 1 while <STDIN>;\n");
chmod 0755, $perl;
configure("sendmail:$perl", $db . $from);
is try_mail()->{status}, 0, 'S5.6: a program in Perl has read the mail';
my %signals = map { /^(\w+):\s+(\w+)$/ ? ($1 => hex $2) : () } split /\n/, LuciaTest::Server::slurp($seen);
is_deeply [$signals{SigBlk}, $signals{SigIgn} & 0x1000], [0, 0], 'S5.6: the program blocks no signal, and does not ignore SIGPIPE';

configure('off', $db . $from);
$end = try_mail();
is $end->{status}, 1, 'S5.6: luciactl mail test fails without LuciaMail';
like $end->{err}, qr/LuciaMail is off/, 'S5.6: luciactl mail test says that LuciaMail is off';

done_testing;
