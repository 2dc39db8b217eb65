# SPDX-License-Identifier: Apache-2.0
# Mails about invitations and approval, from luciactl and sign-up through the queue to a real SMTP server, in each language: S1.74 to
# S1.76. Addresses and names that mail programs read in more than one way.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use Digest::SHA ();
use Encode qw(decode encode_utf8);
use LuciaTest;
use LuciaTest::Audit qw(parse_line);
use LuciaTest::Ctl;
use LuciaTest::Mail;
use LuciaTest::Site qw($CHEAP_HASH);

binmode $_, ':encoding(UTF-8)' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

my $SITE = 'Café Bücher';
my $mail = LuciaTest::Mail->new;
my $server = LuciaTest::Server->new(throttle => 0, config => encode_utf8("LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaTemplates \@templates\@\nLuciaUserAttributes email email_verified\nLuciaSignupAttributes off\n"
    . "LuciaLanguages en de fr es\nLuciaGroups On\nLuciaSignup invite\nLuciaSite \"$SITE\"\nLuciaApprovalMail Admins+Site\@BÜRO.example\nLuciaMail smtp://127.0.0.1:$mail->{port}\n"
    . "LuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaErrorCodes On\nLuciaAuditLog logs/audit.log\n<Location /approved>\nSetHandler luciauth-signup\nLuciaSignup approval\n</Location>\n"));
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my $QUEUE = 'auth_user_mail';
my %words = map { ($_ => words($_)) } qw(en de fr es);
my $inserted = 0;
my @tokens;

sub words { my ($language) = @_; return { decode('UTF-8', LuciaTest::Server::slurp('templates/' . ($language eq 'en' ? '' : "$language/") . 'messages.txt')) =~ /^(mail_\w+) = (.*)$/mg } }
sub said { my ($language, $key, %value) = @_; my $text = $words{$language}{$key} // die $key; $text =~ s/%%(\w+)%%/$value{$1} \/\/ die $1/ge; return $text }
sub subject { my ($got) = @_; return decode('MIME-Header', $got->{headers}{subject}) }
sub rows { my ($where) = @_; return sqlite_value($db, "SELECT count(*) FROM $QUEUE" . ($where ? " WHERE $where" : '')) }
# The last audit line of a mail of a kind, once there is one.
sub line_of { my ($kind) = @_; my @found; wait_until(sub { @found = grep { ($_->{mail} // '') eq $kind } map { parse_line($_) // () } split /\n/, $audit->text }, 60); return $found[-1] // {} }
sub next_mail { my @mails; wait_until(sub { @mails = $mail->mails }, 60); $mail->forget; return $mails[0] }
sub is_sent_nothing { my ($name) = @_; ok wait_until(sub { rows() == 0 }, 60), "$name: the row goes"; is scalar(() = $mail->mails), 0, "$name: no mail is sent"; return }
sub links { my ($got) = @_; return [$got->{text} =~ m{(https?://\S+)}g] }
sub quarter { return int(time / 900) }
sub due { sqlite($db, "UPDATE $QUEUE SET next_try = 1"); return }

sub queue {
    my (%column) = @_;
    my %row = (id => 'row' . ++$inserted, name => '', created_at => 1, expires_at => 9999999999999, next_try => 1, tries => 0, claimed_until => 0, handed_over => 0, %column);
    my @names = sort keys %row;
    sqlite($db, "INSERT INTO $QUEUE (" . join(', ', @names) . ') VALUES (' . join(', ', map { '?' } @names) . ')', @row{@names});
    return;
}

sub token { my ($got) = @_; my ($token) = $got->{text} =~ m{\n\nhttps://www\.example\.org/account/signup\?invite=([a-z0-9]{32})\n\n} or return; push @tokens, $token; return $token }
sub up { my ($path, $name, %fields) = @_; return $server->request(POST => $path, form(username => encode_utf8($name), password => $PASSWORD, %fields)) }
sub invite { my (@arg) = @_; return $ctl->run('invite', 'add', map { encode_utf8($_) } @arg) }
sub invitations { return @{ $ctl->json('invite', 'list') } }

# ---- An invitation by mail ----

my $end = invite('--mail', 'Anna+Lists@BÜCHER.example', '--uses', 2, '--group', 'staff', '--expires', '14d');
is $end->{out}, "Anna+Lists\@xn--bcher-kva.example is sent an invitation.\n", 'S1.74: luciactl invite add --mail prints no link' or diag $end->{err};
my $got = next_mail();
is_deeply $got->{to}, ['Anna+Lists@xn--bcher-kva.example'], 'S1.74: an invitation goes to the address as it was written, with its domain in ASCII';
is subject($got), said('en', 'mail_invitation_subject', site => $SITE), 'S1.74: the subject of an invitation names the site';
my $token = token($got);
is_deeply links($got), ["https://www.example.org/account/signup?invite=$token"], 'S1.74: an invitation has one link, to sign-up at LuciaSiteURL';
my ($row) = invitations();
is_deeply [$row->{invitation}, $row->{uses}, $row->{groups}, $row->{address}], [substr(Digest::SHA::sha256_hex($token), 0, 12), 2, ['staff'], 'anna+lists@xn--bcher-kva.example'], 'S1.74: invite list shows an invitation that was mailed';
my $event = line_of('invitation');
is_deeply [@$event{qw(result mail invitation user account)}], ['ok', 'invitation', $row->{invitation}, undef, undef], 'the audit line of an invitation that was mailed names it as invite list does';
is up('/account/signup', $_, invite => $token)->status, 302, "S1.74: $_ signs up with an invitation for two that was mailed" for qw(alice bertha);
is up('/account/signup', 'carla', invite => $token)->status, 400, 'S1.74: a third sign-up with an invitation for two that was mailed is refused';
is_deeply $ctl->json('user', 'show', 'alice')->{groups}, ['staff'], 'S1.74: who signs up with an invitation that was mailed is in its groups';

# ---- What the queue has, and a server that takes the mail later ----

$mail->mode('later');
invite('--mail', 'bea@example.com', '--expires', '2h');
ok wait_until(sub { (sqlite_value($db, "SELECT tries FROM $QUEUE") // 0) == 1 && rows('claimed_until = 0') }, 60), 'S1.74: an invitation that the mail server postpones waits';
my $first = join ' ', map { $_->{invitation} } grep { ($_->{address} // '') eq 'bea@example.com' } invitations();
my $queued = join ' ', map { sqlite_value($db, "SELECT $_ FROM $QUEUE") } qw(kind name address detail);
like $queued, qr/^invitation bea\@example\.com bea\@example\.com 1 7200000\b/, 'S1.74: the queue has the uses and the time of an invitation';
unlike $queued, qr/[a-z0-9]{32}/, 'S1.74: the queue has no token';
$mail->mode('accept');
ok wait_until(sub { due(); rows() == 0 }, 60), 'S1.74: an invitation that was postponed is sent';
$token = token($got = next_mail());
my @there = grep { ($_->{address} // '') eq 'bea@example.com' } invitations();
is scalar @there, 1, 'S1.74: an invitation whose mail was sent at the second try is there once';
isnt $there[0]{invitation}, $first, 'S1.74: the second try of a mail makes another invitation';

invite('--mail', 'BEA@example.com');
my $second = token(next_mail());
is up('/account/signup', 'dora', invite => $token)->status, 400, 'S1.74: another invitation voids the one that was mailed to the same address, whatever its case';
is up('/account/signup', 'dora', invite => $second)->status, 302, 'S1.74: the other invitation works';

# ---- Addresses that are none ----

my $long = 'l' x 64 . '@' . join('.', ('a' x 63) x 3, 'b' x 61);
for my $case (['Anna <anna@example.com>', 'a display name'], ["anna\@example.com\nBcc: bea\@example.com", 'another header'], ["anna\@example.com\r\n", 'a line end'], ['anna@example.com, bea@example.com', 'a list'],
    ['anna', 'no domain'], ['jörg@example.com', 'a local part outside of ASCII'], ['"an na"@example.com', 'a quoted local part'], ["${long}b", '319 bytes'], ['', 'nothing']) {
    is invite('--mail', $case->[0])->{status}, 2, "S1.74: invite add --mail with $case->[1] ends with 2";
}
is invite('--mail', 'anna@example.com', '--url', 'https://example.org/signup')->{status}, 2, 'S1.74: invite add with --mail and --url ends with 2';
is rows(), 0, 'S1.74: what is no address is not queued';
is invite('--mail', $long)->{status}, 0, 'S1.74: invite add --mail with an address of 318 bytes ends with 0';
is next_mail()->{to}[0], $long, 'S1.74: a mail goes to an address of 318 bytes';
for my $case (["anna\@example.com\r\nBcc: bea\@example.com", 'another header'], ['Anna <anna@example.com>', 'a display name'], [undef, 'no address']) {
    queue(kind => 'invitation', address => $case->[0], detail => '1 7200000 ');
    is_sent_nothing("S1.74: an invitation in the queue with $case->[1]");
}
queue(kind => 'invitation', address => 'anna@example.com', detail => $_) , is_sent_nothing("S1.74: an invitation in the queue with the detail \"$_\"") for '0 7200000 ', '1 0 ', 'x', '', '1';

# ---- Approval ----

my $quarter = quarter();

is up('/approved', $_)->status, 200, "S1.75: $_ signs up and waits" for qw(emma frida gerda);
is $server->request(POST => '/approved', form(username => encode_utf8('zoë Ü'), password => $PASSWORD), host => 'evil.example')->status, 200, 'S1.75: a user signs up and waits at another Host';
my $mails = rows(q{kind = 'approval'});
ok $mails >= 1 && $mails <= 1 + quarter() - $quarter, 'S1.75: four sign-ups of a quarter of an hour are one mail' or diag $mails;
sqlite($db, "DELETE FROM $QUEUE WHERE id <> ?", sqlite_value($db, "SELECT min(id) FROM $QUEUE"));
my $wait = sqlite_value($db, "SELECT next_try - created_at FROM $QUEUE");
ok $wait > 60_000 && $wait <= 16 * 60_000, 'S1.75: a mail about sign-ups is sent a minute after their quarter of an hour' or diag $wait;
is scalar(() = $mail->mails), 0, 'S1.75: a mail about sign-ups is not sent before';
due();
$got = next_mail();
is_deeply $got->{to}, ['Admins+Site@xn--bro-hoa.example'], 'S1.75: LuciaApprovalMail is told of sign-ups';
is subject($got), said('en', 'mail_approval_subject'), 'S1.75: the subject of a mail about sign-ups';
is decode('UTF-8', $got->{text}), said('en', 'mail_approval_text', site => $SITE, count => 4) . "\n\n    emma\n    frida\n    gerda\n    zoë Ü\n\n" . said('en', 'mail_approval_end') . "\n", 'S1.75: a mail about sign-ups names who waits';
unlike $got->{data}, qr/evil/, 'S1.75: the Host of a request is in no mail';
ok wait_until(sub { rows() == 0 }, 60), 'S1.75: the row of a mail about sign-ups goes';
$event = line_of('approval');
is_deeply [@$event{qw(result count invitation)}], ['ok', 4, undef], 'the audit line of a mail about sign-ups says how many wait';

sqlite($db, "INSERT INTO auth_user (id, username, disabled, created_at) VALUES (?, ?, 2, 1)", (sprintf 'many%03d', $_) x 2) for 1 .. 60;
sqlite($db, q{INSERT INTO auth_user (id, username, disabled, created_at) VALUES ('evil', ?, 2, 1)}, "AA\r\nBcc: bea\@example.com\r\n\r\nhttps://evil.example/");
queue(kind => 'approval', address => 'admins@example.com');
$got = next_mail();
my @names = map { decode('UTF-8', $_) } $got->{text} =~ /^    (\S.*)$/mg;
is_deeply [scalar @names, @names[0, 1, -1]], [51, 'AA…', 'emma', '…'], 'S1.75: a mail about sign-ups has at most 50 names';
ok index($got->{text}, said('en', 'mail_approval_text', site => encode_utf8($SITE), count => 65)) == 0, 'S1.75: a mail about sign-ups has the number of all who wait' or diag $got->{text};
unlike $got->{data}, qr/^(?:Bcc|https):/m, 'S1.75: a name with line ends begins no line of a mail';
is_deeply $got->{to}, ['admins@example.com'], 'S1.75: a name with line ends adds no recipient';
sqlite($db, q{DELETE FROM auth_user WHERE id LIKE 'many%' OR id = 'evil'});

# ---- The mail to the user ----

sqlite($db, q{UPDATE auth_user SET email = ?, email_verified = '0' WHERE username = ?}, "$_+1\@EXAMPLE.com", $_) for qw(emma frida);
$ctl->does('user', 'approve', 'emma');
$got = next_mail();
is_deeply $got->{to}, ['emma+1@example.com'], 'S1.76: a user who was approved is told';
is subject($got), said('en', 'mail_approved_subject'), 'S1.76: the subject of a mail about an approval';
is decode('UTF-8', $got->{text}), said('en', 'mail_approved_text', site => $SITE) . "\n\nhttps://www.example.org/account/login\n\n" . said('en', 'mail_approved_end') . "\n", 'S1.76: a mail about an approval leads to sign-in';
is line_of('approved')->{account}, 'emma', 'the audit line of a mail about an approval names the user';
is up('/account/login', 'emma')->status, 302, 'S1.76: a user who was approved signs in';
$ctl->does('user', 'approve', 'gerda');
is rows(), 0, 'S1.76: a user without an address is approved without a mail';
$ctl->does('user', 'approve', 'frida');
$ctl->does('user', 'disable', 'frida');
ok wait_until(sub { rows() == 0 }, 60), 'S1.76: the row of an approval goes';
$mail->forget;
for my $case (["frida\@example.com\r\nBcc: bea\@example.com", 'another header'], ['Frida <frida@example.com>', 'a display name'], ['frida@example.com, bea@example.com', 'a list'], ['-f', 'an option'], ['', 'nothing']) {
    sqlite($db, q{UPDATE auth_user SET disabled = 0, email = ? WHERE username = 'frida'}, $case->[0]);
    queue(kind => 'approved', name => 'frida');
    is_sent_nothing("S1.76: an approval of a user whose address is $case->[1]");
}
sqlite($db, q{UPDATE auth_user SET disabled = 1, email = 'frida@example.com' WHERE username = 'frida'});
queue(kind => 'approved', name => 'frida');
is_sent_nothing('S1.76: an approval of a user who is disabled since');
$ctl->does('user', 'delete', '--yes', encode_utf8('zoë Ü'));
queue(kind => 'approval', address => 'admins@example.com');
is_sent_nothing('S1.75: a mail about sign-ups when none waits');

# ---- Languages ----

sqlite($db, q{UPDATE auth_user SET disabled = CASE username WHEN 'frida' THEN 2 ELSE 0 END, email = 'frida@example.com' WHERE username IN ('frida', 'gerda')});
sqlite($db, q{UPDATE auth_user SET email = 'gerda@example.com' WHERE username = 'gerda'});
for my $language (qw(en de fr es)) {
    queue(kind => 'invitation', address => 'anna@example.com', detail => '1 7200000 ', language => $language);
    $got = next_mail();
    is subject($got), said($language, 'mail_invitation_subject', site => $SITE), "S1.74: the subject of an invitation in $language";
    my ($start) = split /%%until%%/, said($language, 'mail_invitation_text', site => $SITE, until => '%%until%%');
    ok index(decode('UTF-8', $got->{text}), $start) == 0 && token($got), "S1.74: the text of an invitation in $language" or diag $got->{text};
    queue(kind => 'approval', address => 'admins@example.com', language => $language);
    $got = next_mail();
    is subject($got) . "\n" . decode('UTF-8', $got->{text}), said($language, 'mail_approval_subject') . "\n" . said($language, 'mail_approval_text', site => $SITE, count => 1) . "\n\n    frida\n\n" . said($language, 'mail_approval_end') . "\n",
        "S1.75: a mail about sign-ups in $language";
    queue(kind => 'approved', name => 'gerda', language => $language);
    $got = next_mail();
    is subject($got) . "\n" . decode('UTF-8', $got->{text}), said($language, 'mail_approved_subject') . "\n" . said($language, 'mail_approved_text', site => $SITE) . "\n\nhttps://www.example.org/account/login\n\n"
        . said($language, 'mail_approved_end') . "\n", "S1.76: a mail about an approval in $language";
}

# ---- LuciaEmail: an invitation that was mailed verifies the address ----

my $STRICT = "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSignup invite\nLuciaEmail required\n"
    . "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\n<Location /in>\nAuthType Lucia\nRequire valid-user\n</Location>\n";
my $strict = LuciaTest::Server->new(throttle => 0, files => { 'htdocs/in/a.txt' => 'inside' }, config => $STRICT);
my $tool = LuciaTest::Ctl->new('--config', $strict->conf_file);

sub join_in {
    my ($name, $invited, $address) = @_;
    $tool->does('invite', 'add', '--uses', 2, '--mail', $invited);
    return join_with($name, token(next_mail()), $address);
}

sub join_with {
    my ($name, $token, $address) = @_;
    my $reply = $strict->request(POST => '/account/signup', form(username => $name, password => $PASSWORD, invite => $token, email => $address));
    my ($cookie) = grep { $_->{name} eq 'auth_session' } set_cookies($reply);
    return { token => $token, status => $reply->status, to => $reply->header('Location'), gate => $strict->request(GET => '/in/a.txt', cookie => $cookie, headers => { Accept => '*/*', 'Sec-Fetch-Mode' => 'cors' })->status,
        verified => sqlite_value($strict->db, 'SELECT email_verified FROM auth_user WHERE username = ?', $name), keys => join(' ', sort map { $_->{key} } @{ $tool->json('key', 'list', $name) }) };
}
sub is_joined { my ($joined, $want, $name) = @_; return is_deeply [@$joined{qw(status gate verified keys)}], $want, $name }

my $joined = join_in('anna', 'Anna+X@example.com', 'anna+x@EXAMPLE.com');
is_joined($joined, [302, 200, 1, 'email:anna+x@example.com username:anna'], 'S1.74: a sign-up with the address to which its invitation was mailed has verified it');
unlike $joined->{to}, qr{/account/email}, 'S1.74: a sign-up with the address to which its invitation was mailed leads to no page that asks to verify it';
is sqlite_value($strict->db, 'SELECT count(*) FROM auth_user_mail'), 0, 'S1.74: a sign-up with the address to which its invitation was mailed orders no link to verify it';
is_joined(join_with('berta', $joined->{token}, 'Anna+X@example.com'), [302, 403, 0, 'username:berta'], 'S1.74: an invitation takes no address from another account');
is_deeply next_mail()->{to}, ['Anna+X@example.com'], 'S1.74: the address of another account is treated as at any sign-up';
is_joined(join_in('carla', 'carla@example.com', 'anna+y@example.com'), [302, 403, 0, 'username:carla'], 'S1.74: a sign-up with another address than that of its invitation has not verified it');
like next_mail()->{text}, qr{/account/verify\?token=}, 'S1.74: a sign-up with another address than that of its invitation is sent a link';
my ($printed) = $tool->json('invite', 'add', '--url', 'https://www.example.org/account/signup')->{url} =~ /invite=(\w+)/;
is_joined(join_with('dora', $printed, 'dora@example.com'), [302, 403, 0, 'username:dora'], 'S1.74: an invitation that was printed verifies no address');
is_deeply next_mail()->{to}, ['dora@example.com'], 'S1.74: who signs up with an invitation that was printed is sent a link to verify the address';

$tool->does('invite', 'add', '--mail', 'emma@example.com');
my $reply = $strict->request(POST => '/account/api/signup', json({ username => 'emma', password => $PASSWORD, invite => token(next_mail()), email => 'emma@example.com' }), headers => { Accept => 'application/json' });
like $reply->body, qr/"email":"emma\@example\.com","email_verified":"1"/, 'S1.74: the JSON of a sign-up says that the address to which its invitation was mailed is verified';

# ---- An invitation beyond the limit of its recipient ----

my $few = LuciaTest::Server->new(throttle => 0, config => "${STRICT}LuciaThrottle mail=1/1h mail-notice=1/1h\n");
my $orders = LuciaTest::Ctl->new('--config', $few->conf_file);
$orders->does('invite', 'add', '--mail', 'anna@example.com');
my $kept = token(next_mail());
$orders->does('invite', 'add', '--mail', 'anna@example.com');
ok wait_until(sub { (sqlite_value($few->db, "SELECT next_try - created_at FROM $QUEUE") // 0) > 60_000 }, 60), 'S1.54: an invitation beyond the limit of its recipient waits';
is scalar(() = $mail->mails), 0, 'S1.54: an invitation beyond the limit of its recipient is not sent';
is $orders->json('invite', 'list')->[0]{invitation}, substr(Digest::SHA::sha256_hex($kept), 0, 12), 'S1.54: an invitation that waits leaves the one before valid';

# ---- Nothing that is written has a token; a queue that is not there ----

my $logs = join '', map { LuciaTest::Server::slurp($_) } glob $server->dir . '/logs/*_log';
unlike $logs, qr/\b\Q$_\E\b/, 'S1.74: no log has the token of an invitation that was mailed' for @tokens;
sqlite($db, "DROP TABLE $QUEUE");
is up('/approved', 'hanna')->status, 200, 'S1.75: without a queue, a sign-up waits for approval';
$end = LuciaTest::Ctl->of(LuciaTest::engine(), LuciaTest::engine()->database_for($db))->run('invite', 'add', '--mail', 'anna@example.com');
is $end->{status}, 1, 'S1.74: without a queue, invite add --mail ends with 1';
like $end->{err}, qr/there is no queue of mails: write LuciaMail/, 'S1.74: without a queue, invite add --mail says what is missing';

my ($status, $said);
for my $case (["LuciaApprovalMail anna\n", qr/LuciaApprovalMail: "anna" is not allowed: an e-mail address/, 'a name'], ["LuciaApprovalMail \"Anna <anna\@example.com>\"\n", qr/is not allowed: an e-mail address/, 'a display name'],
    ["LuciaApprovalMail anna\@example.com\n", qr/LuciaMail is missing: LuciaApprovalMail anna\@example\.com in .* needs it/, 'no LuciaMail']) {
    ($status, $said) = $server->configtest("LuciaDatabase sqlite3 \@db\@\n$case->[0]");
    ok $status != 0 && $said =~ $case->[1], "S1.75: LuciaApprovalMail with $case->[2] does not start" or diag $said;
}
done_testing;
