# SPDX-License-Identifier: Apache-2.0
# LuciaEmail: the address that sign-up asks for, and LuciaEmailDomains. S1.92, S1.93; and lines that do not go together, S5.7.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Factors qw(user_id);
use LuciaTest::Gate;
use LuciaTest::Mail;
use LuciaTest::Site qw(sign_up count_of error_in text_in $CHEAP_HASH);

my $mail = LuciaTest::Mail->new;
my $MAILING = "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\n";
my $common = "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaTemplates \@templates\@\nLuciaErrorCodes On\n$MAILING";
my $server = LuciaTest::Server->new(config => "${common}LuciaEmail optional\nLuciaLanguages en de fr es\n" . <<'CONF');
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName must.test
    LuciaEmail required
    LuciaUserAttributes team
    LuciaSignupAttributes team?
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaEmail off
</VirtualHost>
<VirtualHost *>
    ServerName ours.test
    LuciaEmailDomains example.com *.example.org bücher.example
</VirtualHost>
<VirtualHost *>
    ServerName invite.test
    LuciaSignup approval
</VirtualHost>
CONF
my $db = $server->db;
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(must off ours invite);

sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub up { my ($name, $email, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => '/account/signup', form(username => $name, password => $PASSWORD, defined $email ? (email => $email) : ()), %arg) }
sub api { my ($name, $email, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => '/account/api/signup', json({ username => $name, password => $PASSWORD, @_ > 1 ? (email => $email) : () }), accept => 'application/json', %arg) }
sub columns { my ($name) = @_; return [@{ sqlite($db, 'SELECT email, email_verified FROM auth_user WHERE username = ?', $name)->[0] // {} }{qw(email email_verified)}] }
sub one_mail { my @mails; wait_until(sub { @mails = $mail->mails }, 150) or die "no mail\n"; $mail->forget; return $mails[0] }
sub is_empty { my ($name) = @_; ok wait_until(sub { count_of($server, 'auth_user_mail') == 0 }, 150), $name; return }

# ---- The form ----

my $page = $server->request(GET => '/account/signup')->body;
like $page, qr/name="email" type="email" value="" autocomplete="email"\s+>/, 'S1.92: with optional, sign-up asks for an address that need not be filled in';
my $must = $host{must}->request(GET => '/account/signup')->body;
like $must, qr/name="email" type="email" value="" autocomplete="email"\s+required/, 'S1.92: with required, the address must be filled in';
like $must, qr/name="email".*name="team"/s, 'S1.92: the address comes before the attributes';
unlike $host{off}->request(GET => '/account/signup')->body, qr/email/, 'without LuciaEmail sign-up is as it was';
my %label = (en => 'Email', de => 'E-Mail', fr => 'E-mail', es => "Correo electr\xc3\xb3nico");
like text_in($server->request(GET => '/account/signup', headers => { 'Accept-Language' => $_ })), qr/ $label{$_} /, "S1.92: the field has a label in the language $_" for sort keys %label;

for my $case (
    ['what is no address', 'nobody', 'Invalid email address'], ['two addresses', 'a@b.example, c@d.example', 'Invalid email address'], ['a display name', 'Anna <anna@example.org>', 'Invalid email address'],
    ['a line break', "a\@b.example\r\nBcc: c\@d.example", 'Invalid email address'], ['a quoted local part', '"a b"@example.org', 'Invalid email address'], ['321 bytes', 'a' x 64 . '@' . join('.', ('d' x 63) x 4), 'Invalid email address'],
) {
    my ($what, $email, $message) = @$case;
    is answer(up('refused', $email)), "400 $message", "S1.92: $what answers 400";
    is answer(api('refused', $email)), "400 $message", "S1.92: $what answers 400 in JSON";
}
is answer(up('refused', undef, on => $host{must})), '400 This field is required', 'S1.92: with required, no address answers 400';
is answer(up('refused', '  ', on => $host{must})), '400 This field is required', 'S1.92: with required, blanks are no address';
is_deeply api('refused', undef, on => $host{must})->json, { error => 'This field is required', code => 'value_missing' }, 'S1.92: with required, null in JSON is no address';
is count_of($server, 'auth_user'), 0, 'S1.92: refused sign-ups store nothing';
is count_of($server, 'auth_user_mail'), 0, 'S1.92: refused sign-ups queue no mail';
my $kept = $server->request(POST => '/account/signup', form(username => 'x', password => $PASSWORD, email => 'kept@example.org'));
is answer($kept), '400 Invalid username', 'a short name is refused beside a good address';
like $kept->body, qr/name="email"[^>]*value="kept\@example\.org"/, 'S1.92: the address is kept after an error';
like up('refused', 'no"address')->body, qr/value="no&quot;address"[^>]*aria-invalid="true" aria-describedby="attribute-email-error"[^>]*autofocus/s, 'S1.92: what was typed is escaped, and the field with the error has the focus';
my $german = $server->request(POST => '/account/signup', form(username => 'refused', password => $PASSWORD, email => 'x'), headers => { 'Accept-Language' => 'de' });
like $german->body, qr/id="attribute-email-error" role="alert">Ung\xc3\xbcltige E-Mail-Adresse</, 'S1.92: the error is in the language of the page';

# ---- The account and its mail ----

is answer(up('alice', ' Alice+x@Bücher.example ')), '302 /account', 'S1.92: sign-up with an address leads on';
is_deeply columns('alice'), ['Alice+x@Bücher.example', 0], 'S1.92: the address is stored as typed, without blanks, and not verified';
my $got = one_mail();
is_deeply $got->{to}, ['Alice+x@xn--bcher-kva.example'], 'S1.92: the mail goes to the address';
like $got->{text}, qr{https://www\.example\.org/account/verify\?token=[a-z0-9]{32}\n}, 'S1.92: the mail has the link that verifies the address';
my $reply = api('bobby', 'bobby@example.org', headers => { 'Accept-Language' => 'de' });
is $reply->status, 201, 'S1.92: sign-up in JSON takes an address';
is_deeply [@{ $reply->json->{user} }{qw(email email_verified)}], ['bobby@example.org', '0'], 'S1.92: the answer says that the address is not verified';
unlike one_mail()->{headers}{subject}, qr/\Q$got->{headers}{subject}/, 'S1.92: the mail is in the language of the request';
is answer(up('carol')), '302 /account', 'S1.92: with optional, sign-up without an address leads on';
is api('carla', undef)->status, 201, 'S1.92: with optional, null in JSON is no address';
is_deeply [columns('carol'), columns('carla')], [[undef, undef], [undef, undef]], 'S1.92: a user without an address has nothing in the columns';
is count_of($server, 'auth_user_mail'), 0, 'S1.92: a sign-up without an address queues no mail';
is answer(up('alice', 'other@example.org')), '400 Username already taken', 'a taken name is refused beside a good address';
is count_of($server, 'auth_user_mail'), 0, 'S1.92: a taken name queues no mail';
is answer(up('offen', 'offen@example.org', on => $host{off})), '302 /account', 'without LuciaEmail the field is ignored';
is_deeply columns('offen'), [undef, undef], 'without LuciaEmail no address is stored';
my $waits = up('waits', 'waits@example.org', on => $host{invite});
is $waits->status, 200, 'S1.92: a sign-up that waits for approval takes an address';
like text_in($waits), qr/We have sent a link to waits\@example\.org , or are about to\./, 'S1.92: the page says where the link goes';
is_deeply one_mail()->{to}, ['waits@example.org'], 'S1.92: an account that waits for approval gets the mail';

# The second click of a double click finds the account.
my %browser = (origin => 1, headers => { 'Sec-Fetch-Site' => 'same-origin', Accept => 'text/html' });
is up('twice', 'twice@example.org', %browser)->status, 302, 'S1.92: sign-up in a browser takes an address';
is up('twice', 'twice@example.org', %browser)->status, 302, 'a form of a browser that is sent twice signs in';
one_mail();
is_empty('S1.92: a form that is sent twice queues one mail');
is scalar(() = $mail->mails), 0, 'S1.92: a form that is sent twice sends one mail';

# ---- The address of another account ----

sqlite($db, q{UPDATE auth_user SET email_verified = 1 WHERE username = 'bobby'});
sqlite($db, q{INSERT INTO user_key (id, user_id) VALUES ('email:bobby@example.org', ?)}, user_id($db, 'bobby'));
sub bytes_of { my ($reply, @names) = @_; my $bytes = $reply->bytes =~ s/^(?:Date|Set-Cookie): .*\r\n//mgr; $bytes =~ s/\Q$_\E/NAME/g for @names; return $bytes =~ s/"(userId|activePeriodExpiresAt|idlePeriodExpiresAt)":"[^"]*"/"$1":""/gr }
my $text = { taken => bytes_of(up('mallA', 'BOBBY@example.org'), 'mallA'), free => bytes_of(up('mallB', 'bobbi@example.org'), 'mallB') };
is $text->{taken}, $text->{free}, 'S1.92: the address of another account is answered with the same bytes as a free one';
$text = { taken => bytes_of(api('mallC', 'bobby@example.org'), 'mallC', 'bobby'), free => bytes_of(api('mallD', 'bobbX@example.org'), 'mallD', 'bobbX') };
is $text->{taken}, $text->{free}, 'S1.92: the address of another account is answered in JSON with the same bytes as a free one';
my @got;
ok wait_until(sub { (@got = $mail->mails) == 4 }, 60), 'S1.92: both addresses get their mails';
my @taken = grep { lc $_->{to}[0] eq 'bobby@example.org' } @got;
is scalar(@taken), 2, 'S1.92: the owner of the address gets mails';
unlike $_->{text}, qr/token=/, 'S1.92: the mail to the owner verifies nothing' for @taken;
is sqlite_value($db, q{SELECT user_id FROM user_key WHERE id = 'email:bobby@example.org'}), user_id($db, 'bobby'), 'S1.92: the address stays with its owner';
$mail->forget;

sqlite($db, q{UPDATE auth_user SET email = NULL WHERE username <> 'bobby'});
sqlite($db, 'CREATE UNIQUE INDEX one_address ON auth_user (email)');
is answer(up('unique', 'bobby@example.org')), '302 /account', 'S1.92: with a unique index the address of another account is answered like a free one';
is_deeply columns('unique'), [undef, undef], 'S1.92: with a unique index the new row has no address before it is verified';
is_deeply one_mail()->{to}, ['bobby@example.org'], 'S1.92: with a unique index the owner gets the mail as well';
is answer(up('single', 'single@example.org')), '302 /account', 'S1.92: with a unique index a free address is taken';
is_deeply columns('single'), ['single@example.org', 0], 'S1.92: with a unique index a free address is stored';
sqlite($db, 'DROP INDEX one_address' . (LuciaTest::engine()->driver eq 'mysql' ? ' ON auth_user' : ''));

# An address as name is that of the user, also after the address was corrected.
my $posing = up('boss@example.org', 'boss@example.org', on => $host{must});
is answer($posing), '302 /account/email', 'S1.92: with required the address of the form may be the name';
my ($posing_as) = map { /^(auth_session)=([^;]+)/ ? { name => $1, value => $2 } : () } $posing->headers('Set-Cookie');
sub posed { my ($address) = @_; return answer($host{must}->request(POST => '/account/email', form(email => $address), origin => 'http://must.test', cookie => $posing_as)) }
is posed('mallory@example.org'), '400 A username with @ must be your own email address', 'S1.92: with an address as name, another one cannot be verified instead';
is_deeply columns('boss@example.org'), ['boss@example.org', 0], 'S1.92: the address stays that of the name';
is posed('BOSS@example.org'), '303 /account/email', 'S1.92: the address of the name can be verified in another case';
is_empty('S1.92: the mails to the address of the name are sent');
$mail->forget;

# Mails to an address neither flood its owner nor keep the owner from a new password.
is up("flood$_", "Bobby+flood$_\@example.org")->status, 302, "sign-up $_ with a tagged form of an address" for 1 .. 6;
is_empty('S1.54: mails beyond the limit of a mailbox are not sent');
my @flood = map { @{ $_->{to} } } $mail->mails;
is scalar(@flood), 1, 'S1.54: with those before, forms of an address with a tag get as many mails as one mailbox' or diag "@flood";
$mail->forget;
is $server->request(POST => '/account/forgot', form(username => 'bobby'))->status, 200, 'a link to a new password is asked for';
my $link = one_mail();
is_deeply $link->{to}, ['bobby@example.org'], 'S1.54: sign-ups with an address keep its owner from no new password';
like $link->{text}, qr/reset\?token=/, 'S1.54: the owner gets the link';
sqlite($db, q{INSERT INTO auth_user_mail (id, kind, name, created_at, expires_at, next_try, tries, claimed_until, handed_over) VALUES ('told', 'approved', 'bobby', 1, 9999999999999, 1, 0, 0, 0)});
is_deeply one_mail()->{to}, ['bobby@example.org'], 'S1.54: sign-ups with an address keep its owner from hearing of no change';

# ---- LuciaEmailDomains ----

my $closed = '400 Addresses of this domain are not accepted here';
is answer(up('domain', $_, on => $host{ours})), $closed, "S1.93: $_ is refused" for qw(a@example.org a@example.net a@mail.example.com a@notexample.com a@example.com.evil.test), 'example.com@evil.test';
is_deeply api('domain', 'a@example.net', on => $host{ours})->json, { error => 'Addresses of this domain are not accepted here', code => 'email_domain' }, 'S1.93: JSON says so with a code';
my $number = 0;
is up('domain' . ++$number, $_, on => $host{ours})->status, 302, "S1.93: $_ is accepted" for qw(a@example.com A@EXAMPLE.COM a@mail.example.org a@b.c.example.org), 'a@xn--bcher-kva.example';
is up('domain' . ++$number, undef, on => $host{ours})->status, 302, 'S1.93: with optional a sign-up without an address stays possible';

my $cookie = sign_up($server, 'mover', path => '/account/signup');
sub moved { my ($address) = @_; return answer($host{ours}->request(POST => '/account/email', form(email => $address), origin => 'http://ours.test', cookie => $cookie)) }
is moved('a@example.net'), $closed, 'S1.93: a change to another domain is refused';
is_deeply columns('mover'), [undef, undef], 'S1.93: a change to another domain stores nothing';
is moved('mover@example.com'), '303 /account/email', 'S1.93: a change to one of the domains is accepted';

# ---- Lines that do not go together ----

my $trial = LuciaTest::Server->new(start => 0);
sub lines { my ($config) = @_; return $trial->configtest("LuciaDatabase sqlite3 \@db\@\nLuciaMount /account\n$config") }
sub refused { my ($config, $pattern, $name) = @_; my ($status, $said) = lines($config); ok $status != 0 && $said =~ $pattern, $name or diag "status $status\n$said"; return }
sub accepted { my ($config, $name) = @_; my ($status, $said) = lines($config); ok $status == 0 && $said !~ /LUCI053[01]/, $name or diag "status $status\n$said"; return }
for my $directive (qw(LuciaSignupAttributes LuciaUserEditable)) {
    for my $column (qw(email email? email_verified EMAIL?)) {
        my $asked = "LuciaUserAttributes " . ($column =~ s/\?//r) . "\n$directive $column\n";
        refused("$MAILING$asked", qr/LUCI0530: $directive \Q$column\E in \S+:\d+ lets people fill in "\w+" themselves, but LuciaMail.*write LuciaEmail optional or required/, "S5.7: $directive $column is refused with LuciaMail");
        refused("${MAILING}LuciaEmail optional\n$asked", qr/LUCI0530/, "S5.7: $directive $column is refused with LuciaEmail");
        accepted($asked, "S5.7: $directive $column is accepted without LuciaMail");
    }
}
accepted("${MAILING}LuciaUserAttributes email\n", 'S5.7: LuciaUserAttributes email is accepted with LuciaMail');
accepted("${MAILING}LuciaEmail required\nLuciaUserAttributes team\nLuciaSignupAttributes team\n", 'S5.7: another attribute is asked for beside LuciaEmail');
my $beside = "<VirtualHost *>\nServerName b.test\nLuciaMail off\nLuciaUserAttributes email\nLuciaUserEditable email\n</VirtualHost>\n";
refused("$MAILING$beside", qr/LUCI0530: LuciaUserEditable email in/, 'S5.7: another virtual host with the same database is refused as well');
accepted($MAILING . $beside =~ s/LuciaMail off/LuciaMail off\nLuciaDatabase sqlite3 \@dir\@\/other.db/r, 'S5.7: another virtual host with another database is accepted');
like +(lines("${MAILING}LuciaEmailDomains example.com\n"))[1], qr/LUCI0531: LuciaEmailDomains example\.com in \S+:\d+ has no effect, because LuciaEmail of .* is off/, 'S1.93: LuciaEmailDomains without LuciaEmail is reported';
my $pageless = "<VirtualHost *>\nServerName c.test\nLuciaMount off\n<Location /enter>\nSetHandler luciauth-login\n</Location>\n%s</VirtualHost>\n";
my $missing = qr/LUCI0915: the virtual host of .* has no page on which users give and confirm their email address, so that those without one get nowhere/;
like +(lines("${MAILING}LuciaEmail required\n" . sprintf $pageless, ''))[1], $missing, 'S4.35: a server without the page of the address is reported';
unlike +(lines("${MAILING}LuciaEmail required\n" . sprintf $pageless, "<Location /address>\nSetHandler luciauth-email\n</Location>\n"))[1], qr/LUCI0915/, 'S4.35: a server with the page of the address is not reported';
accepted("${MAILING}LuciaEmail required\nLuciaEmailDomains example.com *.example.com\n", 'S1.93: LuciaEmailDomains with LuciaEmail is accepted');
for my $bad ('', 'a@example.com', '*', '*.', 'example..com', '*example.com', '.example.com', 'example.com off', '"a b"', 'ex*mple.com', 'https://example.com') {
    refused("${MAILING}LuciaEmail required\nLuciaEmailDomains $bad\n", qr/LuciaEmailDomains: .*domains of addresses, such as example\.com|LuciaEmailDomains: a value is missing/, "S1.93: LuciaEmailDomains '$bad' is refused");
}

done_testing;
