# SPDX-License-Identifier: Apache-2.0
# LuciaMailNotices: the mails that tell people what happened to their account, from the change to a real SMTP server;
# which changes are told, to whom, once each, and what is off. S9.95 and S9.96.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use Digest::SHA qw(sha1_base64);
use Encode qw(decode_utf8);
use MIME::Base64 qw(encode_base64);
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Factors qw(give_codes totp);
use LuciaTest::Gate ();
use LuciaTest::Mail;
use LuciaTest::Passkey;
use LuciaTest::Site qw(sign_up count_of $CHEAP_HASH);

my $NEW = 'battery staple';
my $FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
my $mail = LuciaTest::Mail->new;
my $server = LuciaTest::Server->new(files => { htpasswd => 'company:{SHA}' . sha1_base64($PASSWORD) . "=\n" }, config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaUserAttributes email email_verified\nLuciaSignupAttributes off\nLuciaUsernameChange On\nLuciaLanguages en de\n"
    . "LuciaSecret {file:\@secret\@}\nLuciaThrottle mail=100/1h mail-notice=100/1h\nLuciaSecondFactor optional\nLuciaPasskeys on\nLuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\n"
    . "<Location /adopt>\nSetHandler luciauth-adopt\nLuciaAdopt corp signup=On\nAuthType Basic\nAuthName corp\nAuthBasicProvider file\nAuthUserFile \@dir\@/htpasswd\nRequire valid-user\n</Location>\n"
    . join '', map { "<VirtualHost *>\n    ServerName $_->[0]\n    $_->[1]\n</VirtualHost>\n" } ['127.0.0.1', 'ServerAlias localhost'], ['none.test', 'LuciaMailNotices none'], ['device.test', 'LuciaMailNotices Device'],
    ['password.test', 'LuciaMailNotices password email'], ['uncounted.test', 'LuciaThrottle account=off'], ['off.test', 'LuciaMail off']);
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--vhost', '127.0.0.1');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(none device password uncounted off);

# A copy of each row that is queued, because rows are sent and deleted meanwhile.
sqlite($db, 'CREATE TABLE queued (kind TEXT, name TEXT, address TEXT, detail TEXT, language TEXT)');
LuciaTest::copy_inserts($db, 'auth_user_mail', 'queued', qw(kind name address detail language));

my $wanted = qr/./;
sub queued {
    my $rows = sqlite($db, 'SELECT * FROM queued');
    sqlite($db, 'DELETE FROM queued');
    return grep { $_->{kind} =~ $wanted } @$rows;
}

# What was queued since the last call: kind and event, as "password password_change".
sub is_told {
    my ($expected, $name) = @_;
    my @told = map { join ' ', $_->{kind} =~ s/^notice_//r, grep { length } (split /\n/, $_->{detail})[0, 1] } queued();
    is_deeply \@told, $expected, $name;
    return;
}

sub post { my ($path, $fields, $cookie, @more) = @_; return $server->request(POST => "/account/$path", form(%$fields), cookie => $cookie, origin => 1, @more) }
sub api { my ($path, $fields, $cookie) = @_; return $server->request(POST => "/account/api/$path", json($fields), cookie => $cookie, origin => 1) }
sub get { my ($path, $cookie) = @_; return $server->request(GET => "/account/api/$path", cookie => $cookie)->json }
sub login { my ($name, %arg) = @_; return ($arg{at} // $server)->request(POST => '/account/login', form(username => $name, password => $arg{password} // $PASSWORD), %{ $arg{more} // {} }) }
sub device_of { my ($reply) = @_; return cookie_of($reply, 'auth_session_device') }
sub is_sent { ok wait_until(sub { count_of($server, 'auth_user_mail') == 0 }, 60), $_[0]; return map { { %$_, decoded => decode_utf8($_->{text}) } } $mail->mails }

# ---- Sign-ins ----

my $reply = $server->request(POST => '/account/signup', form(username => 'alice', password => $PASSWORD));
my ($alice, $device) = (cookie_of($reply), device_of($reply));
is_told([], 'S9.96: a sign-up is not told');
sqlite($db, q{UPDATE auth_user SET email = 'alice@example.com', email_verified = '1'});
is login('alice', more => { cookie => $device })->status, 302, 'alice signs in on the device of her sign-up';
is_told([], 'S9.96: a sign-in with the device cookie of the account is not told');
$reply = login('alice', more => { headers => { 'User-Agent' => $FIREFOX, 'Accept-Language' => 'de-AT' } });
is $reply->status, 302, 'alice signs in on another device';
my ($row) = queued();
is_deeply [@$row{qw(kind name address language)}], ['notice_device', 'alice', 'alice@example.com', 'de'], 'S9.96: a sign-in without a device cookie is told, in the language of the browser'
    or diag 'device cookies: ' . join(' ', map { defined $_ ? 'yes' : 'no' } $device, device_of($reply)) . "\n" . $server->error_log;
is $row->{detail}, "sign_in\n\n127.0.0.1\nFirefox\nLinux\n--", 'S9.95: the row says what the list of sessions says of the browser';
my $second = device_of($reply);
is login('alice', more => { cookie => $second })->status, 302, 'alice signs in on the second device again';
is_told([], 'S9.96: the second sign-in on a device is not told');
is login('alice', password => 'wrong 1')->status, 400, 'a wrong password answers 400';
is_told([], 'S9.96: a failed sign-in is not told');
my ($got) = is_sent('S9.95: the notice of a device is sent');
is_deeply [$got->{from}, $got->{to}, decode_utf8($got->{headers}{subject})], ['accounts@example.org', ['alice@example.com'], 'Neue Anmeldung bei Ihrem Konto'], 'S9.95: the notice goes to the address of the account';
like $got->{decoded}, qr{\ABeim Konto alice gab es eine Anmeldung auf einem Gerät, das es nicht kennt\.\n\nWebsite: www\.example\.org\. Zeit: 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. Browser: Firefox \(Linux\)\. Adresse: 127\.0\.0\.1\. .*\n\nhttps://www\.example\.org/account/forgot\n\z}, 'S9.95: the notice says what, when and from where, and has one link';
$mail->forget;
is login('alice', at => $host{none})->status, 302, 'alice signs in where notices are off';
is_told([], 'S9.95: LuciaMailNotices none tells nothing');
is login('alice', at => $host{password})->status, 302, 'alice signs in where devices are not told';
is_told([], 'S9.95: LuciaMailNotices password email tells of no device');
is login('alice', at => $host{off})->status, 302, 'alice signs in where LuciaMail is off';
is_told([], 'S9.95: without LuciaMail nothing is told');
is login('alice', at => $host{uncounted})->status, 302, 'alice signs in where there are no device cookies';
is_told([], 'S9.96: without device cookies no device is new');
is login('alice', at => $host{device})->status, 302, 'alice signs in where devices are told';
is_told(['device sign_in'], 'S9.95: LuciaMailNotices Device tells of a device');
login('alice') for 1 .. 5;
my @rows = queued();
is scalar @rows, 1, 'S9.96: three sign-ins on new devices are told within a day';
like $rows[0]{detail}, qr/-l\z/, 'S9.96: the third notice says that it is the last one';
is_sent('S9.96: the third notice is sent');
like +($mail->mails)[-1]{text}, qr/Further sign-ins of this kind are not reported for a day\./, 'S9.96: the mail of the third notice says so';
$mail->forget;


is $ctl->run('user', 'add', 'carol', '--stdin', { stdin => "$PASSWORD
" })->{status}, 0, 'an administrator adds carol';
sqlite($db, q{UPDATE auth_user SET email = 'carol@example.com', email_verified = '1' WHERE username = 'carol'});
is login('carol')->status, 302, 'carol signs in for the first time';
is_told([], 'S9.96: the first sign-in of an account is not told');
is login('carol')->status, 302, 'carol signs in on another device';
is_told(['device sign_in'], 'S9.96: the second sign-in of an account is told');
is_sent('S9.96: the notice of carol is sent');
$mail->forget;

# ---- Passwords ----

my $cookie = $alice;
$reply = post('password', { current => 'wrong 1', password => $NEW }, $cookie);
is $reply->status, 400, 'a wrong current password answers 400';
is_told([], 'S9.95: a change that was refused is not told');
$reply = post('password', { current => $PASSWORD, password => $NEW, keep_sessions => 1 }, $cookie, headers => { 'User-Agent' => 'curl/8.5.0 evil.example' });
is $reply->status, 303, 'alice changes her password';
$cookie = cookie_of($reply);
($row) = my @changes = queued();
is_deeply [scalar @changes, $row->{detail}], [1, "password_change\n\n127.0.0.1\ncurl\n\n--"], 'S9.95: a change of the password is told once, and of an unknown program only the first word';
($got) = is_sent('S9.95: the notice of a password is sent');
is $got->{headers}{subject}, 'Your password was changed', 'S9.95: the subject of a notice of a password';
like $got->{text}, qr{\AThe password of the account alice was changed\.\n\nSite: www\.example\.org\. Time: .* UTC\. Browser: curl\. Address: 127\.0\.0\.1\. If you expected this}, 'S9.95: the text of a notice of a password';
$mail->forget;
is $host{none}->request(POST => '/account/password', form(current => $NEW, password => $PASSWORD, keep_sessions => 1), cookie => $cookie, origin => 'http://none.test')->status, 303, 'alice changes her password where notices are off';
is_told([], 'S9.95: LuciaMailNotices none tells of no password');
my $link = $ctl->json('user', 'reset', 'alice', '--url', 'https://www.example.org/account/reset');
my ($token) = ($link->{url} // $link->{link} // '') =~ /token=(\w+)/;
is $server->request(POST => '/account/reset', form(token => $token, password => $NEW), origin => 1)->status, 303, 'alice sets a password with a link';
is_told(['password password_reset'], 'S9.95: a reset is told once');
is $ctl->run('user', 'passwd', 'alice', '--stdin', { stdin => "$PASSWORD\n" })->{status}, 0, 'an administrator sets a password';
($row) = queued();
is $row->{detail}, "password_change\n\n\n\n\na-", 'S9.95: luciactl user passwd is told, without a browser';
is_sent('S9.95: the notices of passwords are sent');
like +($mail->mails)[-1]{text}, qr/\. An administrator did it\. /, 'S9.95: the mail says that an administrator set the password';
$mail->forget;

# ---- Names ----

$cookie = cookie_of(login('alice', more => { cookie => $device }));
queued();
$reply = post('username', { username => 'alicia' }, $cookie, headers => { 'User-Agent' => $FIREFOX });
is $reply->status, 303, 'alice changes her username';
($row, my @others) = queued();
is_deeply [@$row{qw(kind name address detail)}, scalar @others], ['notice_username', 'alice', 'alice@example.com', "user_rename\n\n127.0.0.1\nFirefox\nLinux\n--\nalicia", 0], 'S9.95: a change of the username is told once, with both names';
is post('username', { username => 'a' }, $cookie)->status, 400, 'a username that is too short answers 400';
is_told([], 'S9.95: a username that was refused is not told');
is $host{none}->request(POST => '/account/username', form(username => 'alina'), cookie => $cookie, origin => 'http://none.test')->status, 303, 'alice changes her username where notices are off';
is_told([], 'S9.95: LuciaMailNotices none tells of no username');
is $ctl->run('user', 'rename', 'alina', 'carol')->{status}, 1, 'an administrator cannot give alice the name of carol';
is_told([], 'S9.95: luciactl user rename to a name that is taken is not told');
is $ctl->run('user', 'rename', 'alina', 'alison')->{status}, 0, 'an administrator renames alice';
($row) = queued();
is_deeply [@$row{qw(kind name address detail)}], ['notice_username', 'alina', 'alice@example.com', "user_rename\n\n\n\n\na-\nalison"], 'S9.95: luciactl user rename is told';
my @got = is_sent('S9.95: the notices of a username are sent');
is_deeply [scalar @got, $got[0]{headers}{subject}], [2, 'Your username was changed'], 'S9.95: the subject of a notice of a username';
like $got[0]{text}, qr{\AThe username alice was changed to alicia\. Sign-in takes the new name from now on\.\n\nSite: www\.example\.org\. Time: .* UTC\. Browser: Firefox \(Linux\)\. Address: 127\.0\.0\.1\. If you expected this.*\n\nhttps://www\.example\.org/account/forgot\n\z}s, 'S9.95: the text of a notice of a username';
like $got[1]{text}, qr{\AThe username alina was changed to alison\..* An administrator did it\. }s, 'S9.95: the mail says that an administrator changed the username';
is post('username', { username => 'alice' }, $cookie)->status, 303, 'alice takes her first username again';
is_sent('S9.95: the notice of the first username is sent');
$mail->forget;

# ---- Factors ----

$cookie = cookie_of(login('alice', more => { cookie => $device }));
queued();
my $offer = get('factors/totp', $cookie);
is api('factors/totp', { secret => $offer->{secret}, code => '000000' }, $cookie)->status, 400, 'a wrong code sets no app up';
is_told([], 'S9.95: an app that was not set up is not told');
$reply = api('factors/totp', { secret => $offer->{secret}, code => totp($offer->{secret}, time) }, $cookie);
is $reply->status, 200, 'alice sets an app up';
$cookie = cookie_of($reply);
is_told(['factor factor_add totp'], 'S9.95: an app that was set up is told once');
is api('factors', { recovery_codes => 'new' }, $cookie)->status, 200, 'alice makes recovery codes';
is_told(['factor recovery_codes'], 'S9.95: new recovery codes are told once');
is api('factors/app', { name => 'git' }, $cookie)->status, 200, 'alice makes an app password';
is_told(['factor app_password_add'], 'S9.95: an app password is told once');
is post('factors', { remove => 'totp' }, $cookie)->status, 303, 'alice removes the app';
is_told(['factor factor_remove totp'], 'S9.95: an app that was removed is told once');

my $local = 'localhost:' . $server->port;
my $key = LuciaTest::Passkey->new(origin => "http://$local");
my @local = (host => $local, origin => "http://$local", accept => 'application/json');
$offer = $server->request(GET => '/account/api/passkeys', cookie => $cookie, host => $local)->json->{registration};
is $server->request(POST => '/account/api/passkeys', form($key->registration($offer, name => 'Key')), cookie => $cookie, @local)->status, 200, 'alice adds a passkey';
is_told(['factor factor_add passkey'], 'S9.95: a passkey that was added is told once');
sqlite($db, 'DELETE FROM auth_user_device_notice WHERE notices > 0');
my $handle = $offer->{user_handle};
sub by_passkey { my (@more) = @_; return $server->request(POST => '/account/api/passkey', form($key->assertion($server->request(GET => '/account/api/passkey', host => $local)->json, handle => $handle)), @local, @more) }
$reply = by_passkey();
is $reply->status, 200, 'alice signs in with the passkey on a new device';
is_told(['device sign_in'], 'S9.96: a sign-in with a passkey on a new device is told');
is by_passkey(cookie => device_of($reply))->status, 200, 'alice signs in with the passkey on that device again';
is_told([], 'S9.96: a sign-in with a passkey on a known device is not told');
is login('alice', more => { cookie => device_of($reply) })->status, 302, 'alice gives her password on that device';
is_told([], 'S9.96: a device that a passkey has made known is known to the password as well');
my ($tag) = map { $_->{tag} } @{ $ctl->json('passkey', 'list', 'alice') };
is $ctl->run('passkey', 'delete', 'alice', $tag)->{status}, 0, 'an administrator deletes the passkey';
is_told(['factor factor_remove passkey'], 'S9.95: luciactl passkey delete is told');
give_codes($db, 'alice');
is $ctl->run('factor', 'reset', 'alice')->{status}, 0, 'an administrator removes the second factors';
is_told(['factor factor_reset'], 'S9.95: luciactl factor reset is told');
is $ctl->run('factor', 'reset', 'alice')->{status}, 1, 'there is no second factor any more';
is_told([], 'S9.95: luciactl factor reset without a factor is not told');

# ---- People whom another module has identified, and who have a second factor ----

sub adopt { my (@more) = @_; return $server->request(GET => '/adopt', headers => { Authorization => 'Basic ' . encode_base64("company:$PASSWORD", '') }, @more) }
is adopt()->status, 302, 'a person of another module signs up';
sqlite($db, q{UPDATE auth_user SET email = 'company@example.com', email_verified = '1' WHERE username = 'company'});
my @company = give_codes($db, 'company');
sub by_code { my ($adopted, $code, $known) = @_; return post('factor', { code => $code }, join '; ', map { "$_->{name}=$_->{value}" } grep { $_ } cookie_of($adopted, 'auth_session_step'), $known) }
$reply = by_code(adopt(), $company[0]);
is $reply->status, 302, 'the person signs in with a code on a new device';
is_told(['device sign_in'], 'S9.96: a sign-in through another module with a code on a new device is told');
$second = device_of($reply);
ok $second, 'S9.96: after a sign-in through another module with a code the browser has a device cookie';
is by_code(adopt(cookie => $second), $company[1], $second)->status, 302, 'the person signs in with a code on that device again';
is_told([], 'S9.96: a sign-in through another module with a code on a known device is not told');
my @texts = map { $_->{text} } is_sent('S9.95: the notices of factors are sent');
for my $text ('An authenticator app was set up for the account alice.', 'New recovery codes of the account alice were made. The old ones no longer work.', 'An app password of the account alice was made.',
    'The authenticator app of the account alice was removed.', 'A passkey was added to the account alice.', 'A passkey of the account alice was removed.', 'The two-step sign-in of the account alice was turned off.') {
    is scalar(grep { /\A\Q$text\E\n\n/ } @texts), 1, "S9.95: one mail says: $text";
}
is scalar(grep { /Then sign in and remove passkeys, authenticator apps and app passwords that are not yours\./ } @texts), 7, 'S9.95: a notice of a factor says what a new password does not take away';
$mail->forget;

# ---- Names, and accounts without an address ----

sqlite($db, q{UPDATE auth_user SET username = 'O''Brien & <co>' WHERE username = 'alice'});
my $id = sqlite_value($db, q{SELECT id FROM auth_user WHERE username LIKE 'O%'});
is $ctl->run('user', 'passwd', $id, '--id', '--stdin', { stdin => "$PASSWORD\n" })->{status}, 0, 'an administrator sets the password of a user with a special name';
is_told(['password password_change'], 'S9.95: the change of a user with a special name is told');
($got) = is_sent('S9.95: the notice of a user with a special name is sent');
like $got->{text}, qr/\AThe password of the account O'Brien & <co> was changed\./, 'S9.95: a name is in the mail as it is';
$mail->forget;
sqlite($db, 'UPDATE auth_user SET username = ? WHERE id = ?', "a\r\nBcc: eve\@example.com", $id);
$ctl->run('user', 'passwd', $id, '--id', '--stdin', { stdin => "$PASSWORD\n" });
($got) = is_sent('S9.95: the notice of a user with a line break in the name is sent');
is_deeply [$got->{to}, exists $got->{headers}{bcc} ? 'a header' : 'none', $got->{text} =~ /account a\?\?Bcc: eve/ ? 'one line' : $got->{text}], [['alice@example.com'], 'none', 'one line'], 'S9.95: no name begins another header or line';
$mail->forget;
queued();

sign_up($server, 'bobby', path => '/account/signup');
for my $case (['no address', 'NULL', '1'], ['an address that is not verified', "'bobby\@example.com'", "'0'"], ['a broken address', "'bobby'", '1']) {
    sqlite($db, "UPDATE auth_user SET email = $case->[1], email_verified = $case->[2] WHERE username = 'bobby'");
    is $ctl->run('user', 'passwd', 'bobby', '--stdin', { stdin => "$PASSWORD\n" })->{status}, 0, "an administrator sets a password of a user with $case->[0]";
    is login('bobby')->status, 302, "a user with $case->[0] signs in on a new device";
    is_told([], "S9.95: a user with $case->[0] is told nothing");
}

# ---- Addresses, without LuciaEmail and with it ----

sqlite($db, q{UPDATE auth_user SET email = 'bobby@example.com', email_verified = '1' WHERE username = 'bobby'});
is $ctl->run('user', 'set', 'bobby', '--attribute', 'email=new@example.com')->{status}, 0, 'an administrator sets the column email';
($row) = queued();
is_deeply [@$row{qw(kind address detail)}], ['notice_email', 'bobby@example.com', "user_email\n\n\n\n\na-"], 'S9.95: luciactl user set tells the address before';
is $ctl->run('user', 'set', 'bobby', '--attribute', 'email=NEW@example.com', '--attribute', 'email_verified=1')->{status}, 0, 'an administrator writes the address in capitals';
is_told([], 'S9.95: the same address in capitals is not told');
$server->write('conf/users.csv', "username,email\nbobby,third\@example.com\n");
is $ctl->run('user', 'set-attributes', $server->dir . '/conf/users.csv')->{status}, 0, 'an administrator sets addresses from a file';
is_told(['email user_email'], 'S9.95: luciactl user set-attributes tells the address before');
is_sent('S9.95: the notices of addresses are sent');
my ($told) = grep { $_->{to}[0] eq 'bobby@example.com' } $mail->mails;
is $told->{headers}{subject}, 'Your email address was changed', 'S9.95: the subject of a notice of an address';
like $told->{text}, qr/\AThe account bobby no longer has this email address\.\n\nSite: www\.example\.org\. Time: .* UTC\. An administrator did it\. .*tell the people who run this site\.\n\z/, 'S9.95: the text of a notice of an address has no link';
$mail->forget;

my $second_site = LuciaTest::Server->new(config => $server->{config} =~ s/LuciaUserAttributes email email_verified\nLuciaSignupAttributes off/LuciaEmail optional/r =~ s/LuciaMail off/LuciaMailNotices none/r =~ s{mail-notice=100/1h}{mail-notice=4/1h}r);
my $other = LuciaTest::Ctl->new('--config', $second_site->conf_file, '--vhost', '127.0.0.1');
$db = $second_site->db;
$wanted = qr/^notice/;
sqlite($db, 'CREATE TABLE queued (kind TEXT, name TEXT, address TEXT, detail TEXT, language TEXT)');
LuciaTest::copy_inserts($db, 'auth_user_mail', 'queued', qw(kind name address detail language));
$reply = $second_site->request(POST => '/account/signup', form(username => 'erika', password => $PASSWORD));
($cookie, $device) = (cookie_of($reply), device_of($reply));
is $other->run('user', 'email', 'erika', 'first@example.com')->{status}, 0, 'an administrator gives an account its first address';
is_told([], 'S9.95: the first address of an account is not told');
is $other->run('user', 'email', 'erika', 'second@example.com')->{status}, 0, 'an administrator gives an account another address';
($row) = queued();
is "$row->{kind} $row->{address}", 'notice_email first@example.com', 'S9.95: luciactl user email tells the address before';
is login('SECOND@example.com', at => $second_site, more => { cookie => $device })->status, 302, 'the user signs in with the address';
is_told([], 'S9.96: a sign-in with the address on a known device is not told');
is login('second@example.com', at => $second_site)->status, 302, 'the user signs in with the address on a new device';
is_told(['device sign_in'], 'S9.96: a sign-in with the address on a new device is told');
sub link_to {
    my ($address) = @_;
    my ($found) = wait_until(sub { grep { $_->{to}[0] eq $address && $_->{text} =~ /verify\?token=/ } $mail->mails }, 60) ? grep { $_->{to}[0] eq $address && $_->{text} =~ /verify\?token=/ } $mail->mails : ();
    return (($found // {})->{text} // '') =~ /token=(\w+)/ ? $1 : undef;
}
sub spend { my ($given) = @_; return $second_site->request(POST => '/account/verify', form(token => $given // ''), origin => 1, headers => { 'User-Agent' => $FIREFOX }) }
is $second_site->request(POST => '/account/email', form(email => 'third@example.com'), cookie => $cookie, origin => 1)->status, 303, 'a user asks for another address';
is_told([], 'S9.95: an address that is only asked for is not told');
is spend(link_to('third@example.com'))->status, 200, 'the user verifies the address';
is_told([], 'S9.95: an address that was verified is told by the mail that can bring the former one back');
is spend(link_to('second@example.com'))->status, 200, 'the owner of the former address brings it back';
($row) = queued();
is_deeply [@$row{qw(kind address detail)}], ['notice_email', 'third@example.com', "email_undo\n\n127.0.0.1\nFirefox\nLinux\n--"], 'S9.95: the address that goes is told when the former one is brought back';
is $other->run('user', 'email', 'erika', '--none')->{status}, 0, 'an administrator takes the address away';
($row) = queued();
is "$row->{kind} $row->{address}", 'notice_email second@example.com', 'S9.95: luciactl user email --none tells the address before';
is count_of($second_site, 'auth_user_device_notice'), 1, 'S6.11: an account that has signed in has a row';
is $other->run('user', 'delete', 'erika', '--yes')->{status}, 0, 'an administrator deletes the account';
is count_of($second_site, 'auth_user_device_notice'), 0, 'S6.11: the row goes with the account';

sign_up($second_site, 'gustav', path => '/account/signup');
$other->does('user', 'email', 'gustav', 'many@example.com');
is $other->run('user', 'passwd', 'gustav', '--stdin', { stdin => "$PASSWORD\n" })->{status}, 0, 'an administrator sets a password again and again' for 1 .. 5;
is_told([('password password_change') x 5], 'S9.95: each change of a password is queued');
my $waiting = q{SELECT count(*) FROM auth_user_mail WHERE address = 'many@example.com'};
ok wait_until(sub { sqlite_value($db, "$waiting AND tries = 1 AND claimed_until = 0 AND handed_over = 0 AND next_try > created_at + 3000000") == 1 && sqlite_value($db, $waiting) == 1 }, 60),
    'S9.95: beyond the limit of its recipient a notice waits';
is scalar(grep { $_->{to}[0] eq 'many@example.com' } $mail->mails), 4, 'S9.95: a recipient gets as many mails as LuciaThrottle says';
$other->does('throttle', 'clear', '--account', 'many@example.com');
sqlite($db, 'UPDATE auth_user_mail SET next_try = 1');
ok wait_until(sub { sqlite_value($db, $waiting) == 0 }, 60), 'S9.95: a notice that waited is sent';
is scalar(grep { $_->{to}[0] eq 'many@example.com' } $mail->mails), 5, 'S9.95: no notice is lost, and none is sent twice';
$second_site->stop;
$db = $server->db;
$mail->forget;

# ---- A row that this version does not understand ----

sqlite($db, q{INSERT INTO auth_user_mail (id, kind, name, address, detail, created_at, expires_at, next_try, tries, claimed_until, handed_over) VALUES ('later', 'notice_factor', 'alice', 'alice@example.com', 'a_later_event', 1, 9999999999999, 1, 0, 0, 0)});
is_sent('S9.95: the row of an event that is not known is deleted');
is scalar(() = $mail->mails), 0, 'S9.95: an event that is not known makes no mail';

unlike $server->error_log, qr/LUCI0(?:24\d|3\d\d|71\d)/, 'nothing was given up or went wrong' or diag $server->error_log;
done_testing;
