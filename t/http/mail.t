# SPDX-License-Identifier: Apache-2.0
# Mails that httpd sends: the link to set a new password, from the queue to a real SMTP server and back to the page;
# with the server down, refusing, hanging, and ending in the middle.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use IO::Select ();
use IO::Socket::INET ();
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Mail;
use LuciaTest::Site qw(sign_up $CHEAP_HASH);

my $NEW = 'battery staple';
my $mail = LuciaTest::Mail->new;
my $server = LuciaTest::Server->new(config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaUserAttributes email email_verified\nLuciaSignupAttributes off\nLuciaLanguages en de\nLuciaThrottle mail=off\n"
    . "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaMailNotices none\nLuciaSiteURL https://www.example.org\n");
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
sub rows { return sqlite_value($db, 'SELECT count(*) FROM auth_user_mail') }
sub first_mail { my @mails; wait_until(sub { @mails = $mail->mails }, 60); $mail->forget; return $mails[0] }
sub is_logged { my ($pattern, $name) = @_; ok wait_until(sub { $server->error_log =~ $pattern }, 60), $name or diag $server->error_log; return }
sub is_empty { my ($name) = @_; ok wait_until(sub { rows() == 0 }, 60), $name; return }
sub order { my ($name) = @_; return $ctl->run('user', 'reset', $name, '--mail') }

sign_up($server, $_, path => '/account/signup') for qw(alice bobby carol);
is order('alice')->{status}, 1, 'S9.91: luciactl user reset --mail refuses a user without an address';
sqlite($db, 'UPDATE auth_user SET email = ?, email_verified = ? WHERE username = ?', "$_\@example.com", $_ eq 'carol' ? '0' : '1', $_) for qw(alice bobby carol);

# ---- From the order to the new password ----

my $end = order('alice');
is $end->{out}, "alice is sent a link to set a new password.\n", 'S9.91: luciactl user reset --mail prints no link' or diag $end->{err};
my $got = first_mail();
is_deeply [$got->{from}, $got->{to}, $got->{headers}{subject}], ['accounts@example.org', ['alice@example.com'], 'Set a new password'], 'S9.91: the mail goes to the address of the account';
my ($token) = $got->{text} =~ m{\n\nhttps://www\.example\.org/account/reset\?token=([a-z0-9]+)\n\n};
ok $token, 'S9.91: the mail has a link to the page at LuciaSiteURL' or diag $got->{text};
is_empty('S9.90: the row of a mail that was sent is deleted');
is sqlite_value($db, 'SELECT count(*) FROM auth_user_token WHERE id = ?', $token), 0, 'S9.91: the token of a mail is stored as a hash';
unlike $server->error_log, qr/\Q$token/, 'S9.91: the token of a mail is in no log';
is $server->request(POST => '/account/reset', form(token => $token, password => $NEW), origin => 1)->status, 303, 'S9.91: the link of the mail sets a new password';
is $server->request(POST => '/account/login', form(username => 'alice', password => $NEW))->status, 302, 'S9.91: the new password signs in';

sqlite($db, q{INSERT INTO auth_user_mail (id, kind, name, language, created_at, expires_at, next_try, tries, claimed_until, handed_over) VALUES ('german', 'reset', 'alice', 'de', 1, 9999999999999, 1, 0, 0, 0)});
$got = first_mail();
like $got->{text}, qr/^F\xc3\xbcr das Konto alice bei www\.example\.org wurde ein neues Passwort angefordert\..*\n\nhttps:/, 'S9.91: the mail is in the language of its row';
is $got->{headers}{subject}, 'Ein neues Passwort festlegen', 'S9.91: the subject is in the language of the row';

# ---- Accounts that get nothing ----

sqlite($db, q{INSERT INTO auth_user_mail (id, kind, name, created_at, expires_at, next_try, tries, claimed_until, handed_over) VALUES ('nobody', 'reset', 'nobody', 1, 9999999999999, 1, 0, 0, 0)});
$ctl->does('user', 'disable', 'bobby');
order($_) for qw(bobby carol);
is_empty('S9.91: rows of an unknown name, a disabled user and an address that is not verified go');
is scalar(() = $mail->mails), 0, 'S9.91: an unknown name, a disabled user and an address that is not verified get no mail';
$ctl->does('user', 'enable', 'bobby');

# ---- A server that refuses, postpones and is down ----

$mail->mode('refuse');
order('alice');
is_logged(qr/LUCI0715: the mail \w+ \(reset\) was not sent, and is given up: .*550 5\.1\.1/, 'S9.90: a refusal for good is logged');
is_empty('S9.90: a mail that was refused for good is given up');

$mail->mode('later');
order('alice');
is_logged(qr/LUCI0715: the mail \w+ \(reset\) was not sent; it is tried again: .*451 4\.7\.1/, 'S9.90: a refusal for now is logged');
my $queue;
ok wait_until(sub { $queue = $ctl->json('mail', 'queue')->[0]; $queue && $queue->{tries} == 1 && !$queue->{handedOver} }, 30), 'S9.90: luciactl mail queue shows a mail that waits for the next try';
is_deeply [@$queue{qw(kind name)}], ['reset', 'alice'], 'S9.90: luciactl mail queue shows kind and account';
$mail->stop;
sqlite($db, 'UPDATE auth_user_mail SET next_try = 1');
ok wait_until(sub { (sqlite_value($db, 'SELECT tries FROM auth_user_mail') // 0) == 2 }, 60), 'S9.90: a mail server that is down is tried again';
is $server->request(GET => '/account/login')->status, 200, 'S9.90: requests are answered while the mail server is down';
$mail->start;
$mail->mode('accept');
ok wait_until(sub { sqlite($db, 'UPDATE auth_user_mail SET next_try = 1'); rows() == 0 }, 60), 'S9.90: a mail is sent once the server is back';
is scalar(() = $mail->mails), 1, 'S9.90: a mail that was tried three times arrives once';
$mail->forget;

# ---- A database that refuses what a mail needs ----

refuse_updates($db, 'auth_user_token', 'INSERT');
order('alice');
is_logged(qr/LUCI0713: mails could not be sent: .*never/, 'S9.90: a link that the database does not store is logged');
ok wait_until(sub { rows() == 1 && sqlite_value($db, 'SELECT claimed_until = 0 AND handed_over = 0 AND tries = 1 AND next_try > created_at FROM auth_user_mail') }, 60), 'S9.90: a mail that could not be written is given back at once';
is scalar(() = $mail->mails), 0, 'S9.90: a mail without its link is not sent';
refuse_updates($db);
sqlite($db, 'UPDATE auth_user_mail SET next_try = 1');
is_empty('S9.90: a mail that could not be written is sent at the next try');
is scalar(() = $mail->mails), 1, 'S9.90: a mail that was written at the second try arrives once';
$mail->forget;
my $before = length $server->error_log;
refuse_updates($db, 'auth_user_mail', 'DELETE');
order('alice');
ok wait_until(sub { substr($server->error_log, $before) =~ /LUCI0713: mails could not be sent: .*never/ }, 60), 'S9.90: a row that the database does not delete is logged';
is sqlite_value($db, 'SELECT handed_over FROM auth_user_mail'), 1, 'S9.90: the row of a mail that was accepted is not given back';
refuse_updates($db);
sqlite($db, 'UPDATE auth_user_mail SET claimed_until = 1, next_try = 1');
is_empty('S9.90: the row of a mail that was accepted is deleted later');
is scalar(() = $mail->mails), 1, 'S9.90: a mail whose row was not deleted is sent once';
$mail->forget;

# ---- Ends in the middle ----

$mail->mode('die');
order('alice');
is_logged(qr/LUCI0715: the mail \w+ \(reset\) was not sent, or it was: no answer came, and it is not sent again/, 'S9.90: a server that ends before its answer is logged');
is_empty('S9.90: a mail without an answer is not kept');
is scalar(() = $mail->mails), 1, 'S9.90: a mail without an answer is sent once';
$mail->forget;

$mail->mode('slow');
order('alice');
ok wait_until(sub { (sqlite_value($db, 'SELECT handed_over FROM auth_user_mail') // 0) == 1 }, 60), 'S9.90: a mail is marked before the server answers';
is $server->request(GET => '/account/login')->status, 200, 'S9.90: requests are answered while the mail server hangs';
kill KILL => $server->children;
$mail->stop;
$mail->start;
$mail->mode('accept');
sqlite($db, 'UPDATE auth_user_mail SET claimed_until = 1');
is_logged(qr/LUCI0716: the mail \w+ \(reset\) is given up after 1 try: it was handed over, and its sender ended before the answer/, 'S9.90: a mail whose sender was killed is logged');
is_empty('S9.90: a mail whose sender was killed is not kept');
is scalar(() = $mail->mails), 0, 'S9.90: a mail whose sender was killed is not sent again';

# ---- A server that says nothing, while httpd stops ----

my $silent = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
my $second = LuciaTest::Server->new(config => $server->{config} =~ s{LuciaMail smtp:\S+}{"LuciaMail smtp://127.0.0.1:" . $silent->sockport}er);
my $other = LuciaTest::Ctl->new('--config', $second->conf_file);
sign_up($second, 'alice', path => '/account/signup');
sqlite($second->db, q{UPDATE auth_user SET email = 'alice@example.com', email_verified = '1'});
$other->does('user', 'reset', 'alice', '--mail');
ok scalar(IO::Select->new($silent)->can_read(60)), 'S9.90: httpd connects to a mail server that says nothing';
is $second->request(GET => '/account/login')->status, 200, 'S9.90: requests are answered while the mail server says nothing';
$second->stop;
is sqlite_value($second->db, 'SELECT count(*) FROM auth_user_mail WHERE tries = 1 AND handed_over = 0 AND claimed_until = 0'), 1,
    'S9.90: a stop of httpd ends the wait for a mail server and leaves the mail in the queue';
cmp_ok sqlite_value($second->db, 'SELECT next_try FROM auth_user_mail'), '<=', 1000 * (1 + time), 'S9.90: a mail that a stop of httpd leaves is due at once';
like $second->error_log, qr/luciauth:info\].* LUCI0715: the mail \w+ \(reset\) was not sent; it is tried again: this process ends/, 'S9.90: the log says that a stop of httpd leaves a mail';

done_testing;
