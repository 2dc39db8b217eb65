# SPDX-License-Identifier: Apache-2.0
# The address of an account: the page email, the mails that it orders, the page verify of their links, and luciactl. S1.80 to S1.83.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA ();
use JSON::PP ();
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Mail;
use LuciaTest::Site qw(sign_up sign_in count_of error_in text_in $CHEAP_HASH);

my $NEW = 'battery staple';
my $mail = LuciaTest::Mail->new;
my $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaAuditLog logs/audit.log\nLuciaTemplates \@templates\@\nLuciaActivity On\nLuciaLanguages en de\n"
    . "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaEmail optional\nLuciaMailNotices none\n" . VAULT . <<'CONF');
LogFormat "%r|%U|%q|%{Referer}i|%{QUERY_STRING}e" revealing
CustomLog logs/revealing_log revealing
<Location /vault>
    Header set X-Seen "expr=%{env:LUCIA_EMAIL}|%{env:LUCIA_EMAIL_VERIFIED}"
</Location>
<Location /metrics>
    SetHandler luciauth-metrics
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    <Location /mine/address>
        SetHandler luciauth-email
    </Location>
    <Location /mine/word>
        SetHandler luciauth-verify-email
    </Location>
    <Location /mine>
        LuciaEmailURL /mine/address
        LuciaConfirmURL /mine/proof
    </Location>
    <Location /mine/profile>
        SetHandler luciauth-profile
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName few.test
    LuciaThrottle account=3/15min ip=3/15min mail-client=2/1h
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaEmail off
</VirtualHost>
CONF
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file);
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(handler few off);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name) = @_; return sign_in($server, $name, path => '/account/login') }
sub page { my ($cookie, @more) = @_; return $server->request(GET => '/account/email', cookie => $cookie, @more) }
sub ask { my ($cookie, $address, %arg) = @_; return $server->request(POST => '/account/email', form(email => $address), cookie => $cookie, origin => 1, %arg) }
sub again { my ($cookie) = @_; return $server->request(POST => '/account/email', form(resend => 1), cookie => $cookie, origin => 1) }
sub link_page { my ($token) = @_; return $server->request(GET => "/account/verify?token=$token") }
sub spend { my ($token, %arg) = @_; return $server->request(POST => '/account/verify', form(token => $token), origin => 1, %arg) }
sub answer { my ($reply) = @_; return join ' ', grep { defined } $reply->status, $reply->location // error_in($reply) }
sub seen { my ($cookie) = @_; my $reply = $server->request(GET => '/vault/a.txt', script(), cookie => $cookie); return $reply->status == 200 ? $reply->header('X-Seen') : $reply->status }
sub age { my ($cookie) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int((time - 601) * 1000), stored_id($cookie)) }
sub keys_of { my ($name) = @_; return join ' ', map { $_->{id} } @{ sqlite($db, q{SELECT id FROM user_key WHERE id LIKE 'email:%' AND user_id = (SELECT id FROM auth_user WHERE username = ?)}, $name) } }
sub row { my ($name) = @_; my ($row) = @{ sqlite($db, 'SELECT email, email_verified FROM auth_user WHERE username = ?', $name) }; return join ' ', map { $_ // '-' } @$row{qw(email email_verified)} }
sub first_mail { my @mails; wait_until(sub { @mails = $mail->mails }, 60) or diag $server->error_log; $mail->forget; return $mails[0] }
sub is_queue_empty { my ($name) = @_; ok wait_until(sub { count_of($server, 'auth_user_mail') == 0 }, 60), $name; return }
sub token_in { my ($got, $page) = @_; return $got->{text} =~ m{\n\nhttps://www\.example\.org/account/$page\?token=([a-z0-9]{32})\n\n} ? $1 : die "no token: $got->{text}" }
sub spend_in_browser { my ($token, @more) = @_; return $server->request(POST => '/account/verify', form(token => $token), origin => 1, navigation('Sec-Fetch-Site' => 'same-origin', @more)) }
my $GONE = '400 This link is not valid';
my (@tokens, $got, $reply, $token);

# ---- The page ----

my $alice = up('alice');
$reply = page($alice);
is $reply->status, 200, 'S1.80: the page of the address is shown to a signed-in user';
like text_in($reply), qr/ Email address This account has no email address\. New email address /, 'S1.80: an account without an address has none on the page';
like $reply->body, qr/<input id="email" name="email" type="email" value="" required autocomplete="email"/, 'the field of the address is marked for browsers';
is $reply->header('Cache-Control'), 'no-store', 'the page of the address is not stored';
unlike $reply->body, qr/%%/, 'the page of the address has no unfilled places';
is $server->request(GET => '/account/email')->location, '/account/login?next=/account/email', 'S1.80: an anonymous browser signs in first, and comes back';
is $server->request(GET => '/account/email', accept => 'application/json')->status, 401, 'an anonymous script gets 401 for the page of the address';
is_deeply $server->request(GET => '/account/api/email', cookie => $alice)->json, { email => undef, verified => JSON::PP::false, awaited => undef }, 'S1.80: the JSON of an account without an address';
like $server->request(GET => '/account', cookie => $alice)->body, qr{<a href="/account/email">Email address</a>}, 'the profile links to the page of the address';
is $server->request(PUT => '/account/email', cookie => $alice, origin => 1)->status, 405, 'S9.20: PUT on the page of the address is 405';
for my $path (qw(email verify)) {
    is $host{off}->request(GET => "/account/$path", cookie => $alice)->status, 404, "with LuciaEmail off there is no page $path";
}
unlike $host{off}->request(GET => '/account', cookie => $alice)->body, qr/Email address/, 'with LuciaEmail off the profile has no link to it';

# ---- Freshness, and what is refused ----

age($alice);
is page($alice)->status, 200, 'S1.80: the address is shown without a fresh session';
is answer(ask($alice, 'anna@example.com')), '303 /account/confirm?next=/account/email%3Femail%3Danna%2540example.com', 'S1.80: an address is asked for with a fresh session, and comes back after the confirmation';
is answer($server->request(POST => '/account/api/email', json({ email => 'anna@example.com' }), cookie => $alice, origin => 1)), '401 Confirmation required', 'S1.80: a script without a fresh session gets 401';
is row('alice'), '- -', 'without a fresh session there is no address';
$alice = in('alice');
like page($alice)->body, qr/value=""/, 'the field is empty without a query';
like $server->request(GET => '/account/email?email=anna%40example.com', cookie => $alice)->body, qr/value="anna\@example\.com"/, 'S1.80: after the confirmation the page has the address that was sent before';
for my $case (['no address', ''], ['a name', 'anna'], ['a display name', 'Anna <anna@example.com>'], ['two addresses', 'a@example.com,b@example.com'], ['a second line', "anna\@example.com\nBcc: x\@example.com"],
    ['321 bytes', 'a' x 64 . '@' . join('.', ('d' x 50) x 5) . '.example']) {
    my ($what, $address) = @$case;
    $reply = ask($alice, $address);
    is answer($reply), '400 Invalid email address', "S1.80: $what answers 400";
    like $reply->body, qr/aria-describedby="email-error email-hint"\s+aria-invalid="true"/, "S1.80: $what marks the field";
}
is answer(again($alice)), '400 Invalid email address', 'S1.80: without an address there is nothing to send again';
is $server->request(POST => '/account/email', form(email => 'a@example.com', resend => 1), cookie => $alice, origin => 1)->status, 400, 'an address and a repetition at once are 400';
for my $case (['without an Origin'], ['from another site', origin => 'https://evil.example']) {
    my ($what, @more) = @$case;
    is $server->request(POST => '/account/email', form(email => 'anna@example.com'), cookie => $alice, @more)->status, 401, "S9.3: a change of the address $what answers 401";
}
is answer($server->request(POST => '/account/email', form(email => 'anna@example.com', current_username => 'bert'), cookie => $alice, origin => 1)), '400 You are signed in with another name now', 'a page that another user opened changes no address';
is count_of($server, 'auth_user_mail') + count_of($server, 'auth_user_email_token'), 0, 'refusals order no mail';

# ---- From the address to the key ----

is answer(ask($alice, ' Anna+x@EXAMPLE.com ')), '303 /account/email', 'S1.80: an order leads to the page';
is row('alice'), 'Anna+x@EXAMPLE.com 0', 'S1.80: the first address is in the column at once, and not verified';
is keys_of('alice'), '', 'S1.82: an address that is not verified has no key';
like text_in(page($alice)), qr/Email: Anna\+x\@EXAMPLE\.com \(not confirmed yet\) We have sent a link to Anna\+x\@EXAMPLE\.com , .* Send the link again/, 'S1.80: the page says that the address is not verified, and where the link goes';
$got = first_mail();
is_deeply [$got->{from}, $got->{to}, $got->{headers}{subject}], ['accounts@example.org', ['Anna+x@example.com'], 'Confirm your email address'], 'S1.80: the mail goes to the address';
push @tokens, $token = token_in($got, 'verify');
is count_of($server, "auth_user_email_token WHERE id = '" . Digest::SHA::sha256_hex($token) . "'"), 1, 'S1.81: the table has the SHA-256 of the token';
my $until = sqlite_value($db, 'SELECT expires_at FROM auth_user_email_token') / 1000 - time;
ok $until > 86000 && $until <= 86401, 'S1.81: the link is valid for a day' or diag $until;
for my $round (1 .. 3) {
    $reply = link_page($token);
    is $reply->status, 200, "S1.82: the page of the link is shown, time $round";
    next if $round > 1;
    like text_in($reply), qr/ Confirm your email address Anna\+x\@EXAMPLE\.com becomes the email address of the account alice \. Confirm/, 'S1.82: the page names address and account';
    like $reply->body, qr{<form method="post" action="\./verify">}, 'the form is sent to the page without its query';
    unlike $reply->body, qr/%%/, 'the page of the link has no unfilled places';
    is $reply->header('Cache-Control'), 'no-store', 'S1.82: the page of the link is not stored';
    is $reply->header('Referrer-Policy'), 'strict-origin', 'S1.82: no Referer has the token';
}
is $server->request(HEAD => "/account/verify?token=$token")->status, 200, 'HEAD on the page of the link answers as GET';
is row('alice'), 'Anna+x@EXAMPLE.com 0', 'S1.82: looking at the link verifies nothing';
is $server->request(GET => "/account/api/verify?token=$token")->status, 405, 'S9.20: GET below api/ is 405 for the link';
is answer(spend($token, origin => 'https://evil.example')), '403 Requests from other sites are not accepted', 'S9.3: a link that another site sends is refused';
is answer(spend('b' x 32)), $GONE, 'S1.82: an unknown token is refused';
like link_page('b' x 32)->body, qr{<p>A link works once.*<a class="button" href="/account/email">Ask for a new link</a>}s, 'S1.82: the page of a link that is not valid leads to a new one';
is answer(link_page('b' x 32)), $GONE, 'S1.82: an unknown token shows no button';
is answer(spend("$token'")), $GONE, 'S1.82: a malformed token is refused';
is answer($server->request(GET => '/account/verify')), $GONE, 'S1.82: the page without a token shows no button';
is seen($alice), '|0', 'S4.36: content sees no address that is not verified';
$reply = spend($token);
is $reply->status, 200, 'S1.82: the link verifies the address';
like text_in($reply), qr/ Email address confirmed Anna\+x\@EXAMPLE\.com is the email address of the account alice \. To the profile/, 'S1.82: the page says so';
is cookie_of($reply), undef, 'S1.82: verifying signs nobody in';
is row('alice') . ' ' . keys_of('alice'), 'Anna+x@EXAMPLE.com 1 email:anna+x@example.com', 'S1.82: a verified address has a key in lower case';
is seen($alice), 'Anna+x@EXAMPLE.com|1', 'S1.82: content sees at once that it is verified';
is answer(spend($token)), $GONE, 'S1.82: a link works once';
is answer(link_page($token)), $GONE, 'S1.82: a spent link shows no button';
my ($event) = grep { $_->{event} eq 'email_verify' && $_->{result} eq 'ok' } $audit->events(1);
is $event->{account}, 'alice', 'the audit log has the verification, with the account';

# A double click: a browser sends the form twice, and drops the first answer.
my $first = text_in($reply);
for my $click (2, 3) {
    $reply = spend_in_browser($token);
    is $reply->status, 200, "S9.48: the form of a link, sent again by a browser, answers 200 to click $click";
    is text_in($reply), $first, "S9.48: the answer to click $click is the first one";
    is cookie_of($reply), undef, "S9.48: click $click signs nobody in";
}
is row('alice') . ' ' . keys_of('alice'), 'Anna+x@EXAMPLE.com 1 email:anna+x@example.com', 'S9.48: a form of a link that is sent again changes no address';
is answer(spend_in_browser('b' x 32)), $GONE, 'S9.48: a browser gets no answer for an unknown token';
is answer(spend($token)), $GONE, 'S9.48: a program that sends the form of a spent link is refused';
for my $path (qw(verify api/verify)) {
    is answer($server->request(POST => "/account/$path", json({ token => $token }), origin => 1, navigation('Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Mode' => 'cors'), accept => 'application/json')), $GONE, "S9.48: a script that sends a spent link to $path is refused";
}
is join(' ', map { "$_->{event} $_->{reason}" } $audit->events(4)), join(' ', ('email_verify invalid_link') x 4), 'S9.48: a form of a link that is sent again is no second event, and each refused one is an event';
is answer(link_page($token)), $GONE, 'S9.48: a spent link shows no button after a second click';
$until = sqlite_value($db, q{SELECT expires_at FROM auth_user_email_token WHERE kind = 'spent_verify'}) / 1000 - time;
ok $until > 0 && $until <= 61, 'S9.48: a spent link is answered for a minute at most' or diag $until;
sqlite($db, q{UPDATE auth_user_email_token SET expires_at = ? WHERE kind = 'spent_verify'}, int(time * 1000));
is answer(spend_in_browser($token)), $GONE, 'S9.48: a minute after a link was spent, a browser is refused';
is_deeply page($alice, accept => 'application/json')->json, { email => 'Anna+x@EXAMPLE.com', verified => JSON::PP::true, awaited => undef }, 'the JSON of a verified address';
is answer(ask($alice, 'Anna+x@EXAMPLE.com')), '303 /account/email', 'an address that is verified may be sent';
is count_of($server, q{auth_user_email_token WHERE kind = 'verify'}), 0, 'an address that is verified is not verified again';

# ---- Another address, in another language, and the way back ----

$reply = $server->request(POST => '/account/email', form(email => "anna\@b\xc3\xbccher.example"), cookie => $alice, origin => 1, headers => { 'Accept-Language' => 'de' });
is answer($reply), '303 /account/email', 'another address is asked for';
is row('alice'), 'Anna+x@EXAMPLE.com 1', 'S1.80: a verified address stays until another one is verified';
like text_in(page($alice)), qr/\(confirmed\) We have sent a link to anna\@b\xc3\xbccher\.example , .* Until then, your present address stays\./, 'S1.80: the page says which address is awaited';
$got = first_mail();
is_deeply $got->{to}, ['anna@xn--bcher-kva.example'], 'S1.80: the mail goes to an international domain';
like $got->{text}, qr/^Jemand, vermutlich Sie, hat diese E-Mail-Adresse f\xc3\xbcr ein Konto bei www\.example\.org angegeben\./, 'S1.80: the mail is in the language of the browser';
push @tokens, my $first = token_in($got, 'verify');
is answer(again($alice)), '303 /account/email', 'S1.80: the link is sent again';
push @tokens, $token = token_in(first_mail(), 'verify');
is answer(spend($first)), $GONE, 'S1.81: a new link voids the one before';
my $other = in('alice');
my $reset = $ctl->json('user', 'reset', 'alice', '--url', 'https://www.example.org/account/reset')->{url} =~ s/.*=//r;
is seen($other), 'Anna+x@EXAMPLE.com|1', "content sees the address before, request $_" for 1 .. 6;
$reply = $server->request(POST => '/account/api/verify', json({ token => $token }), accept => 'application/json');
is $reply->status . ' ' . JSON::PP->new->canonical->encode($reply->json), "200 {\"email\":\"anna\@b\xfccher.example\",\"undone\":false,\"username\":\"alice\"}", 'a script verifies an address with JSON';
is keys_of('alice'), 'email:anna@xn--bcher-kva.example', 'S1.82: the key moves';
is seen($other), "anna\@b\xc3\xbccher.example|1", 'S1.82: content sees another address at once';
is $server->request(GET => "/account/reset?token=$reset")->status, 400, 'S1.83: a link to a new password that was made before is void';
$got = first_mail();
is_deeply [$got->{to}, $got->{headers}{subject}], [['Anna+x@example.com'], 'Your email address was changed'], 'S1.83: the address before is told';
push @tokens, my $undo = token_in($got, 'verify');
$until = sqlite_value($db, q{SELECT expires_at FROM auth_user_email_token WHERE kind = 'undo'}) / 1000 - time;
ok $until > 7 * 86400 - 100 && $until <= 7 * 86400 + 1, 'S1.83: the way back is open for 7 days' or diag $until;
like text_in(link_page($undo)), qr/ Undo the change Anna\+x\@EXAMPLE\.com becomes the email address of the account alice again, and all sessions of the account end\./, 'S1.83: the page says what the way back does';
ask($alice, 'third@example.com');
push @tokens, my $third = token_in(first_mail(), 'verify');
is join(' ', map { seen($_) =~ s/.*\|//r } $alice, $other), '1 1', 'both sessions are valid before the way back';
$reply = spend($undo);
is $reply->status, 200, 'S1.83: the link brings the address back';
like text_in($reply), qr/ Change undone .* All sessions have ended\. /, 'S1.83: the page says so';
like $reply->body, qr{<a href="/account/forgot">Set a new password</a>}, 'S1.83: the page leads to a new password';
like text_in($reply), qr/Another person may know your password\. .* remove passkeys, authenticator apps and app passwords that are not yours\./, 'S1.83: the page says what else another person may have left';
is row('alice') . ' ' . keys_of('alice'), 'Anna+x@EXAMPLE.com 1 email:anna+x@example.com', 'S1.83: the address is back, with its key';
is join(' ', map { seen($_) } $alice, $other), '401 401', 'S1.83: no session is left';
is answer(spend($third)), $GONE, 'S1.83: a link that was ordered since is void';
is answer(spend($undo)), $GONE, 'S1.83: the way back works once';
($event) = grep { $_->{event} eq 'email_undo' } $audit->events(1);
is "$event->{result} $event->{account}", 'ok alice', 'the audit log has the way back';
$alice = in('alice');
like text_in($server->request(GET => '/account/activity', cookie => $alice)), qr/Change of the email address undone .*Email address confirmed .*Link to confirm an email address requested /, 'the activity of the account has the changes of the address';

# ---- An address of another account ----

my $bert = up('bert');
is answer(ask($bert, 'ANNA+X@example.com')), '303 /account/email', 'S1.80: an address of another account is asked for with the same answer';
is row('bert'), 'ANNA+X@example.com 0', 'S1.80: anyone may type it';
$got = first_mail();
is_deeply [$got->{to}, $got->{headers}{subject}], [['ANNA+X@example.com'], 'You already have an account'], 'S1.80: the mail says that the address has an account';
like $got->{text}, qr{belongs to the account alice already\. .*\n\nhttps://www\.example\.org/account/login\n\n}s, 'S1.80: the mail names the account of the address, and leads to sign-in';
unlike $got->{text}, qr/bert|token/, 'S1.80: the mail has no token and not the name of who asked';
is_queue_empty('S9.90: the order of a mail to an address of another account is done');
sqlite($db, q{DELETE FROM auth_user_email_token});
is answer(ask($alice, 'bert@example.com')), '303 /account/email', 'alice asks for an address';
push @tokens, my $late = token_in(first_mail(), 'verify');
is answer(ask($bert, 'bert@example.com')), '303 /account/email', 'bert asks for the same address';
push @tokens, $token = token_in(first_mail(), 'verify');
is spend($token)->status, 200, 'S1.82: the first of two accounts verifies the address';
is answer(spend($late)), $GONE, 'S1.82: the second of two accounts does not';
is keys_of('alice') . ' ' . keys_of('bert'), 'email:anna+x@example.com email:bert@example.com', 'S1.82: each account has its own key';

# ---- luciactl ----

is $ctl->json('user', 'show', 'bert')->{attributes}{email}, 'bert@example.com', 'luciactl user show has the address';
ask($bert, 'other@example.com');
push @tokens, $late = token_in(first_mail(), 'verify');
is $ctl->json('user', 'email', 'bert', 'Bert@Example.net')->{attributes}{email}, 'Bert@Example.net', 'S7.8: luciactl user email sets an address';
is row('bert') . ' ' . keys_of('bert'), 'Bert@Example.net 1 email:bert@example.net', 'S7.8: the address counts as verified, with a key';
is seen($bert), 'Bert@Example.net|1', 'S7.8: httpd sees it at once';
is answer(spend($late)), $GONE, 'S7.8: links of the user are void';
my $end = $ctl->run('user', 'email', 'bert', 'ANNA+x@example.com');
is "$end->{status} $end->{err}", "1 luciactl: the address ANNA+x\@example.com is that of another user\n", 'S7.8: an address of another user is refused';
for my $case (['no address'], ['an address and --none', 'x@example.com', '--none'], ['what is no address', 'x']) {
    my ($what, @words) = @$case;
    is $ctl->run('user', 'email', 'bert', @words)->{status}, 2, "luciactl user email with $what is a usage error";
}
is $ctl->run('user', 'set', 'bert', '--attribute', 'email=x@example.com')->{status}, 2, 'S7.8: with LuciaEmail, user set changes no address';
is $ctl->run('user', 'email', 'nobody', 'x@example.com')->{status}, 1, 'luciactl user email of an unknown user ends with 1';
like $ctl->does('user', 'email', 'bert', '--none'), qr/^bert has no address\.$/m, 'S7.8: luciactl takes an address away';
is row('bert') . keys_of('bert'), '- 0', 'S7.8: without an address there is no key';
($event) = grep { $_->{event} eq 'user_email' && $_->{result} eq 'ok' } $audit->events(1);
is $event->{account}, 'bert', 'the audit log has what luciactl did';
sub findings { return grep { /address/ } map { $_->{what} } grep { $_->{about} eq 'rows' } @{ JSON::PP::decode_json($ctl->run('--json', 'check')->{out}) } }
is_deeply [findings()], [], 'S7.8: luciactl check finds nothing wrong with the addresses';
sqlite($db, q{UPDATE auth_user SET email = 'bert@example.com', email_verified = 1 WHERE username = 'bert'});
sqlite($db, q{UPDATE auth_user SET email_verified = 0 WHERE username = 'alice'});
is_deeply [findings()], ['1 users have a verified address without its key, so that it finds no account and others may verify it: bert',
    '1 keys are those of an address that is not the verified one of its user: email:anna+x@example.com'], 'S7.8: luciactl check finds an address without its key, and a key without its address';
sqlite($db, q{UPDATE auth_user SET email_verified = 1 WHERE username = 'alice'});
sqlite($db, q{UPDATE auth_user SET email = NULL, email_verified = NULL WHERE username = 'bert'});

# ---- Throttling ----

$ctl->does('throttle', 'clear', '--all');
sub few { my ($path, $fields, @more) = @_; return $host{few}->request(POST => $path, form(@$fields), origin => 'http://few.test', @more) }
is few('/account/email', [email => "bert$_\@example.com"], cookie => $bert)->status, 303, "S1.80: order $_ of a client is made" for 1 .. 2;
is few('/account/email', [email => 'bert3@example.com'], cookie => $bert)->status, 429, 'S1.80: a client orders no mail beyond the limit';
is few('/account/verify', [token => "$_" x 32])->status, 400, "link $_ that is not valid answers 400" for 1 .. 3;
is few('/account/verify', [token => 'd' x 32])->status, 429, 'S1.82: after too many links that are not valid the client is refused';
$ctl->does('throttle', 'clear', '--all');

# ---- Elsewhere than below LuciaMount ----

ask($bert, 'bert@example.com');
$mail->forget;
is $host{handler}->request(GET => '/mine/address')->location, '/enter?next=/mine/address', 'luciauth-email serves the page anywhere';
like $host{handler}->request(GET => '/mine/profile', cookie => $bert)->body, qr{href="/mine/address"}, 'LuciaEmailURL is the link of the profile';
is answer($host{handler}->request(POST => '/mine/address', form(resend => 1), cookie => $bert, origin => 'http://handler.test')), '303 /mine/address', 'an order there leads to that page';
is $host{handler}->request(GET => "/mine/word?token=$_")->status, 400, 'luciauth-verify-email serves the page anywhere' for 'a' x 32;

my $elsewhere = LuciaTest::Server->new(config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /\nLuciaVerifyURL /mine/word\nLuciaThrottle mail=2/1h\nLuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\n"
    . "LuciaSiteURL https://www.example.org\nLuciaEmail optional\n<Location /mine/word>\nSetHandler luciauth-verify-email\n</Location>\n");
my $dora = sign_up($elsewhere, 'dora');
$mail->forget;
is $elsewhere->request(POST => '/email', form(email => 'dora@example.com'), cookie => $dora, origin => 1)->status, 303, 'dora asks for an address';
my @mails;
ok wait_until(sub { @mails = grep { $_->{to}[0] eq 'dora@example.com' } $mail->mails }, 60), 'the mail to dora arrives';
like $mails[0]{text}, qr{\n\nhttps://www\.example\.org/mine/word\?token=([a-z0-9]{32})\n\n}, 'S1.81: LuciaVerifyURL is where the links of mails lead';
is $elsewhere->request(POST => '/mine/word', form(token => $mails[0]{text} =~ /token=(\w+)/), origin => 1)->status, 200, 'S1.82: luciauth-verify-email verifies the address';

# A thief uses the limit of mails to dora up, and changes her address.
my $thief = sign_up($elsewhere, 'thief');
my $mails_to_dora = sub { return grep { $_->{to}[0] =~ /^dora\@/i } $mail->mails };
sub queue_is_empty { return wait_until(sub { sqlite_value($elsewhere->db, 'SELECT count(*) FROM auth_user_mail') == 0 }, 60) }
for my $spelling ('Dora', 'DORA') {
    is $elsewhere->request(POST => '/email', form(email => "$spelling\@example.com"), cookie => $thief, origin => 1)->status, 303, "the thief asks for $spelling\@example.com";
    ok queue_is_empty(), "the order of $spelling\@example.com is done";
}
is scalar(my @so_far = $mails_to_dora->()), 2, 'S1.80: the owner of an address is told at most as often as the limit of mails allows';
is $elsewhere->request(POST => '/email', form(email => 'thief@example.com'), cookie => $dora, origin => 1)->status, 303, 'the thief asks for an address with the session of dora';
ok wait_until(sub { @mails = grep { $_->{to}[0] eq 'thief@example.com' } $mail->mails }, 60), 'the mail to the thief arrives';
is $elsewhere->request(POST => '/mine/word', form(token => $mails[0]{text} =~ /token=(\w+)/), origin => 1)->status, 200, 'the thief verifies the address';
ok wait_until(sub { @mails = grep { $_->{headers}{subject} eq 'Your email address was changed' } $mails_to_dora->() }, 60), 'S1.83: the mail with the way back is sent beyond the limit of mails';
is $elsewhere->request(POST => '/mine/word', form(token => $mails[0]{text} =~ /token=(\w+)/), origin => 1)->status, 200, 'S1.83: dora brings her address back';

# ---- The database cannot write ----

my $holder = locked($db);
$reply = ask($bert, 'late@example.com');
is $reply->status, 503, 'S9.33: an order that cannot be written answers 503';
like $reply->body, qr/role="alert">Service temporarily unavailable<.*name="email" type="email" value="late\@example\.com"/s, 'an order that cannot be written shows the form again, with what was typed';
$holder->do('ROLLBACK');
$holder->disconnect;

# ---- Nothing that is written has a token ----

my $logs = join '', map { LuciaTest::Server::slurp($server->dir . "/logs/$_") } qw(error_log access_log revealing_log audit.log);
unlike $logs, qr/token=[a-z0-9]/, 'S1.82: no log has a token';
unlike $logs, qr/\Q$_\E/, 'S1.82: no log has this token of a mail' for @tokens;
my $dump = join ' ', map { map { $_ // '' } values %$_ } map { @{ sqlite($db, "SELECT * FROM $_") } } qw(auth_user_mail auth_user_email_token);
unlike $dump, qr/\Q$_\E/, 'S1.81: no table has this token of a mail' for @tokens;
like $server->request(GET => '/metrics')->body, qr/^luciauth_events_total\{event="email_verify",result="invalid_link"\} [1-9]/m, 'links that are not valid are counted';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';
done_testing;
