# SPDX-License-Identifier: Apache-2.0
# The page "Forgot your password?": one answer for all names, the mail, the limits, and floods of unknown names.
# S1.53, S1.54, S9.92 and S9.93.
use strict;
use warnings;
use lib 't/lib';
use JSON::PP ();
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Factors;
use LuciaTest::Gate;
use LuciaTest::Mail;
use LuciaTest::Memory;
use LuciaTest::Site qw(sign_up count_of error_in text_in $CHEAP_HASH);
use Time::HiRes ();

my $NEW = 'battery staple';
my $MAILS = 'auth_user_mail';
my $mail = LuciaTest::Mail->new;
my $server = LuciaTest::Server->new(modules => ['remoteip'], config => <<"CONF" . <<'CONF');
LuciaDatabase sqlite3 \@db\@
$CHEAP_HASH
LuciaMount /account
LuciaUserAttributes email email_verified
LuciaSignupAttributes off
LuciaLanguages en de
LuciaSecret {file:\@secret\@}
LuciaSecondFactor optional
LuciaMail smtp://127.0.0.1:$mail->{port}
LuciaMailFrom accounts\@example.org
LuciaMailNotices none
LuciaSiteURL https://www.example.org
LuciaAuditLog logs/audit.log
LuciaTemplates \@templates\@
CONF
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
LogFormat "%r|%U|%q|%{Referer}i" revealing
CustomLog logs/revealing_log revealing
<Location /metrics>
    SetHandler luciauth-metrics
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName free.test
    LuciaDatabase sqlite3 @dir@/db/free.db
    LuciaThrottle mail=off mail-client=off
</VirtualHost>
<VirtualHost *>
    ServerName few.test
    LuciaThrottle mail-client=3/1h
</VirtualHost>
<VirtualHost *>
    ServerName none.test
    LuciaMail off
    <Location /lost>
        SetHandler luciauth-forgot
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaForgotURL /help/password
    <Location /enter>
        SetHandler luciauth-login
    </Location>
    <Location /help/password>
        SetHandler luciauth-forgot
    </Location>
</VirtualHost>
CONF
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--vhost', '127.0.0.1');
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", $_ eq 'free' ? 'db/free.db' : 'db/luciauth.db') } qw(free few none handler);

# Each request comes from an address of its own, unless it says otherwise.
my $clients = 0;
sub client { $clients++; return sprintf '203.0.%d.%d', $clients / 250, 1 + $clients % 250 }
sub ask {
    my ($name, %arg) = @_;
    my ($on, $path, $from) = (delete $arg{on} // $server, delete $arg{path} // '/account/forgot', delete $arg{from} // client());
    my @body = delete $arg{json} ? json({ username => $name }) : form(defined $name ? (username => $name) : ());
    return $on->request(POST => $path, @body, %arg, headers => { 'X-Forwarded-For' => $from, %{ $arg{headers} // {} } });
}
sub answer { my ($reply) = @_; return join ' ', grep { defined } $reply->status, $reply->location // error_in($reply) }
sub rows { return sqlite_value($db, "SELECT count(*) FROM $MAILS") }
sub is_empty { my ($name) = @_; ok wait_until(sub { rows() == 0 }, 60), $name or diag rows(); return }
sub first_mail { my @mails; wait_until(sub { @mails = $mail->mails }, 60); $mail->forget; return $mails[0] // { text => '', to => [] } }
sub token_in { my ($got) = @_; return $got->{text} =~ m{\n\nhttps://www\.example\.org/account/reset\?token=([a-z0-9]{32})\n\n} ? $1 : '' }
sub reset_page { my ($token) = @_; return $server->request(GET => "/account/reset?token=$token")->status }
sub logged { my ($event, $result, @more) = @_; return grep { my $line = $_; $line->{event} eq $event && $line->{result} eq $result && !grep { ($line->{ $_->[0] } // '') ne $_->[1] } @more } map { LuciaTest::Audit::parse_line($_) // () } split /\n/, $audit->text }

my @NAMES = qw(alice bobby carol david unset);
sign_up($server, $_, path => '/account/signup') for @NAMES;
sqlite($db, 'UPDATE auth_user SET email = ?, email_verified = ? WHERE username = ?', "$_\@example.com", $_ eq 'carol' ? '0' : '1', $_) for grep { $_ ne 'unset' } @NAMES;
sqlite($db, q{UPDATE auth_user SET disabled = 1 WHERE username = 'david'});

# ---- The page ----

like $server->request(GET => '/account/login')->body, qr{<a href="/account/forgot">Forgot your password\?</a>}, 'S1.53: the sign-in page links the page';
like $server->request(POST => '/account/login', form(username => 'alice', password => $WRONG))->body, qr{<a href="/account/forgot">}, 'S1.53: the sign-in page links the page after a wrong password';
unlike $host{none}->request(GET => '/account/login')->body, qr{forgot}i, 'S1.53: without LuciaMail the sign-in page links no such page';
is $host{none}->request(GET => '/account/forgot')->status, 404, 'S1.53: without LuciaMail there is no such page';
is $host{none}->request(GET => '/lost')->status, 404, 'S1.53: without LuciaMail the handler answers 404';
is $host{none}->request(POST => '/lost', form(username => 'alice'))->status, 404, 'S1.53: without LuciaMail the handler answers 404 to a form';
my $reply = $server->request(GET => '/account/forgot');
is $reply->status, 200, 'S1.53: GET shows the page';
like $reply->body, qr{<form method="post" action="">.*<label for="username">Username</label>}s, 'S1.53: the page asks for the username';
is $reply->header('Cache-Control'), 'no-store', 'S1.53: the page is not stored';
unlike $reply->body, qr/%%/, 'S1.53: the page has no unfilled places';
is $server->request(HEAD => '/account/forgot')->status, 200, 'S1.53: HEAD answers as GET';
is $server->request(GET => '/account/api/forgot')->status, 405, 'S1.53: GET below api/ is 405';
is rows(), 0, 'S1.53: GET and HEAD queue nothing';
like $host{handler}->request(GET => '/enter')->body, qr{<a href="/help/password">}, 'S1.53: LuciaForgotURL is where the sign-in page leads';
is $host{handler}->request(GET => '/help/password')->status, 200, 'S1.53: SetHandler luciauth-forgot serves the page';

# ---- From the request to the new password ----

$reply = ask('alice', host => 'evil.example');
is $reply->status, 200, 'S1.53: a request is answered with 200';
like text_in($reply), qr/If there is such an account and its address is known, you get a mail/, 'S1.53: the answer says what happens';
unlike $reply->body, qr/alice|<form/, 'S1.53: the answer has neither the name nor the form';
my $got = first_mail();
is_deeply [$got->{from}, $got->{to}, $got->{headers}{subject}], ['accounts@example.org', ['alice@example.com'], 'Set a new password'], 'S1.53: the mail goes to the address of the account';
my $token = token_in($got);
ok $token, 'S1.53: the link of the mail is at LuciaSiteURL' or diag $got->{text};
unlike $got->{data}, qr/evil/, 'S1.53: the Host of the request is not in the mail';
is_empty('S1.53: the row of the mail is deleted');
is $server->request($_ => "/account/reset?token=$token")->status, 200, "S1.53: $_ spends no link" for qw(GET HEAD GET);
is $server->request(POST => '/account/reset', form(token => $token, password => $NEW), origin => 1)->status, 303, 'S1.53: the link of the mail sets a new password';
is $server->request(POST => '/account/login', form(username => 'alice', password => $NEW))->status, 302, 'S1.53: the new password signs in';
like $server->request(GET => "/account/reset?token=$token")->body, qr{<p>A link works once.*<a class="button" href="/account/forgot">Ask for a new link</a>}s, 'S1.53: the page of a spent link leads to a new one';
unlike $host{none}->request(GET => "/account/reset?token=$token")->body, qr{new link}, 'S1.53: without LuciaMail it leads to none';
is scalar(logged('reset_request', 'ok', [address => '203.0.0.2'])), 1, 'S1.53: the audit log has the request, with the address of the client';
is scalar(logged('mail', 'ok', [account => 'alice'], [mail => 'reset'])), 1, 'S1.53: the audit log has the mail, with the account';

give_codes($db, 'alice');
ask('alice');
$token = token_in(first_mail());
is $server->request(POST => '/account/reset', form(token => $token, password => $PASSWORD), origin => 1)->status, 303, 'S1.53: a user with a second factor sets a new password';
is answer($server->request(POST => '/account/login', form(username => 'alice', password => $PASSWORD))), '302 /account/factor', 'S1.53: after a reset, sign-in still asks for the second factor';
take_factors($db, 'alice');

my $german = ask('  Bobby ', headers => { 'Accept-Language' => 'de' });
like text_in($german), qr/Wenn es dieses Konto gibt/, 'S1.53: the answer is in the language of the client';
$got = first_mail();
is_deeply [$got->{to}, $got->{headers}{subject}], [['bobby@example.com'], 'Ein neues Passwort festlegen'], 'S1.53: the mail is in the language of the page, for a name in another case and with blanks around it';
is_empty('S1.53: the row of the German mail is deleted');

like $ctl->json('user', 'reset', 'carol')->{url}, qr{\Ahttps://www\.example\.org/account/reset\?token=[a-z0-9]{32}\z}, 'S1.50: the link that luciactl user reset prints is at LuciaSiteURL';
like $ctl->json('invite', 'add')->{url}, qr{\Ahttps://www\.example\.org/account/signup\?invite=[a-z0-9]+\z}, 'S1.71: the link that luciactl invite add prints is at LuciaSiteURL';

# ---- One answer for all names ----

my @ALL = ('alice', 'ghost', 'carol', 'david', 'unset', 'x' x 300, 'no@such.address');
for my $case (['/account/forgot', 0], ['/account/forgot', 1], ['/account/api/forgot', 0], ['/account/api/forgot', 1]) {
    for my $accept ('text/html', 'application/json') {
        my $what = "S1.53: $case->[0] with " . ($case->[1] ? 'JSON' : 'a form') . " that wants $accept";
        my @bytes = map { ask($_, on => $host{free}, path => $case->[0], json => $case->[1], accept => $accept)->bytes =~ s/^Date: .*\r\n//mr } @ALL;
        like $bytes[0], qr/^HTTP\/1\.1 200 /, "$what answers 200";
        is scalar(grep { $_ eq $bytes[0] } @bytes), scalar(@ALL), "$what has the same bytes for known and unknown names";
    }
}
is_deeply ask('alice', path => '/account/api/forgot', json => 1, accept => 'application/json', on => $host{free})->json, { requested => JSON::PP::true() }, 'S1.53: JSON says that the mail was asked for';
my @queued = map { ask($_)->status } qw(ghost carol david unset);
is "@queued", '200 200 200 200', 'S1.53: names that get nothing are answered with 200';
is_empty('S1.53: rows of an unknown name, an address that is not verified, a disabled user and a user without an address go');
is scalar(() = $mail->mails), 0, 'S1.53: an unknown name, an address that is not verified, a disabled user and a user without an address get no mail';
is_deeply [map { scalar logged('mail', 'failure', @$_) } [[account => 'carol'], [reason => 'no_address']], [[account => 'unset'], [reason => 'no_address']], [[account => 'david'], [reason => 'disabled']]], [1, 1, 1],
    'S1.53: the audit log says why known accounts get no mail';

for my $case (['no name', undef], ['an empty name', ''], ['blanks', '   ']) {
    my ($what, $name) = @$case;
    is answer(ask($name)), '400 Invalid username', "S1.53: $what answers 400";
}
is answer(ask('alice', origin => 'https://evil.example')), '403 Requests from other sites are not accepted', 'S1.53: a form from another site is refused';
is rows(), 0, 'S1.53: refused forms queue nothing';

# ---- One time for all names: in each round both are asked for, and which one takes longer is a matter of chance ----

sign_up($host{free}, 'alice', path => '/account/signup');
sqlite($server->dir . '/db/free.db', q{UPDATE auth_user SET email = 'alice@example.com', email_verified = '1'});
sub seconds { my ($name) = @_; my $start = Time::HiRes::time(); ask($name, on => $host{free}); return Time::HiRes::time() - $start }
my $slower;
for my $attempt (1 .. 4) {
    $slower = 0;
    for my $round (1 .. 150) {
        my %took = map { $_ => seconds($_) } $round % 2 ? qw(alice ghost) : qw(ghost alice);
        $slower++ if $took{alice} > $took{ghost};
    }
    last if abs($slower - 75) <= 18;
}
cmp_ok abs($slower - 75), '<=', 18, 'S1.53: of 150 pairs of requests, one for a known name is the slower one in about a half' or diag $slower;

# ---- Limits ----

sub known_mails { return map { $_->{to}[0] } $mail->mails }
ok wait_until(sub { sqlite_value($server->dir . '/db/free.db', "SELECT count(*) FROM $MAILS") == 0 }, 120), 'S1.54: without limits, all mails are sent';
$mail->forget;
$ctl->does('throttle', 'clear', '--all');
$mail->mode('later');
my @replies = map { ask($_ % 2 ? 'alice' : 'ALICE ') } 1 .. 7;
is_deeply [map { $_->status } @replies], [(200) x 7], 'S1.54: beyond the limit of a name the answer is 200';
is scalar(grep { $_->body eq $replies[0]->body } @replies), 7, 'S1.54: beyond the limit of a name the page is that of the requests below it';
is rows(), 5, 'S1.54: beyond the limit of a name nothing is queued';
is scalar(logged('reset_request', 'failure', [reason => 'throttled'])), 2, 'S1.54: the audit log has what was beyond the limit of a name';
is answer(ask('ghost')), '200', 'S1.54: an unknown name is answered with 200' for 1 .. 7;
ok wait_until(sub { sqlite_value($db, "SELECT count(*) FROM $MAILS WHERE tries > 0 AND claimed_until = 0") == 5 }, 60), 'S1.54: mails that are not accepted wait, and those of an unknown name go';
$mail->mode('accept');
sqlite($db, "UPDATE $MAILS SET next_try = 1");
is_empty('S1.54: five mails are sent');
is_deeply [known_mails()], [('alice@example.com') x 5], 'S1.54: mails that were not accepted before do not count for their recipient';
$token = token_in(($mail->mails)[4]);
$mail->forget;

$ctl->does('throttle', 'clear', '--account', 'alice');
ask('alice');
is_empty('S1.54: the row of a mail beyond the limit of its recipient is deleted');
is scalar(() = $mail->mails), 0, 'S1.54: a mail beyond the limit of its recipient is not sent';
is reset_page($token), 200, 'S1.54: a mail that is not sent leaves the link of the one before';
is scalar(logged('mail', 'failure', [reason => 'throttled'], [account => 'alice'])), 1, 'S1.54: the audit log has the mail that was not sent';
like $server->request(GET => '/metrics')->body, qr/^luciauth_events_total\{event="mail",result="throttled"\} 1$/m, 'S1.54: the metrics count the mail that was not sent';
sqlite($db, "INSERT INTO $MAILS (id, kind, name, created_at, expires_at, next_try, tries, claimed_until, handed_over) VALUES ('news', 'approved', 'alice', 1, 9999999999999, 1, 0, 0, 0)");
is first_mail()->{to}[0], 'alice@example.com', 'S1.54: beyond the limit of mails that others ask for, a mail that tells of a change is sent';
is_empty('S1.54: the row of a mail that tells of a change is deleted');
sqlite($db, q{UPDATE auth_user SET email = 'ALICE@Example.com' WHERE username = 'bobby'});
ask('bobby');
is_empty('S1.54: the row of a mail for another account with the same mailbox is deleted');
is scalar(() = $mail->mails), 0, 'S1.54: beyond the limit of a mailbox, another account with it, in another case, gets no mail';
$ctl->does('throttle', 'clear', '--account', 'Alice@example.com');
ask('alice');
is first_mail()->{to}[0], 'alice@example.com', 'S1.54: a mailbox whose counter was cleared gets mails';

my @few = map { ask($_, on => $host{few}, from => '192.0.2.9') } 'ghost', 'bobby', 'x' x 300, 'bobby', 'ghost';
is_deeply [map { $_->status } @few], [200, 200, 200, 429, 429], 'S1.54: beyond the limit of a client the answer is 429, for known and unknown names';
like $few[3]->header('Retry-After'), qr/^\d+$/, 'S1.54: the 429 has Retry-After';
like error_in($few[3]), qr/^Too many attempts\. Try again in 60 minutes\.$/, 'S1.54: the page of the 429 says when to try again';
like $few[3]->body, qr/value="bobby"/, 'S1.54: the page of the 429 keeps the name';
is answer(ask('alice', on => $host{few}, from => '192.0.2.9', path => '/account/api/forgot', json => 1)), '429 Too many attempts. Try again in 60 minutes.', 'S1.54: beyond the limit of a client, JSON is answered with 429';
is answer(ask('ghost', on => $host{few})), '200', 'S1.54: another client is not refused';
is $host{few}->request(GET => '/account/forgot', headers => { 'X-Forwarded-For' => '192.0.2.9' })->status, 200, 'S1.54: a client that is refused sees the page';
is_empty('S1.54: all rows are worked off');
$mail->forget;

# ---- Floods ----

sub fill {
    my ($number, $name, $next_try) = @_;
    my @ids = map { join '', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. 25 } 1 .. $number;
    while (my @part = splice @ids, 0, 1000) {
        sqlite($db, "INSERT INTO $MAILS (id, kind, name, created_at, expires_at, next_try, tries, claimed_until, handed_over) VALUES "
            . join ', ', map { "('$_', 'reset', '" . ($name // "stranger $_") . "', 1, 9999999999999, $next_try, 0, 0, 0)" } @part);
    }
    return;
}
$ctl->does('throttle', 'clear', '--all');
fill(6000, undef, 1);
ask('alice');
is first_mail()->{to}[0], 'alice@example.com', 'S9.92: 6,000 rows of unknown names do not keep a mail waiting';
is_empty('S9.92: the rows of unknown names are deleted');
fill(10000, undef, 9999999999999);
is answer(ask('alice')), '200', 'S9.92: a queue that is full of unknown names takes a request';
is first_mail()->{to}[0], 'alice@example.com', 'S9.92: the mail of that request is sent';
cmp_ok rows(), '<', 10000, 'S9.92: that request has deleted rows of unknown names';
sqlite($db, "DELETE FROM $MAILS");
fill(10000, 'carol', 9999999999999);
is_deeply [map { answer(ask($_)) } qw(alice ghost)], [('503 Service temporarily unavailable') x 2], 'S9.92: while 10,000 mails to accounts wait, known and unknown names are answered with 503';
is rows(), 10000, 'S9.92: no more mails than 10,000 wait';
sqlite($db, "DELETE FROM $MAILS");

# ---- The database is away; what logs have ----

SKIP: {
    skip 'other databases stay, and only some tables go', 1 if !LuciaTest::is_sqlite();
    LuciaTest::away($db);
    is_deeply [map { ask($_)->status } qw(alice ghost)], [503, 503], 'S1.53: without the database, known and unknown names are answered with 503';
    LuciaTest::back($db);
}
is_deeply [$audit->broken], [], 'S9.93: the lines of the audit log are well-formed';
ask('bobby');
my $last = token_in(first_mail());
reset_page($last);
my $logs = join '', map { LuciaTest::Server::slurp($server->dir . "/logs/$_") } qw(error_log access_log revealing_log audit.log);
ok $last && index($logs, $last) < 0, 'S9.93: the token of a mail is in no log';

# ---- An address instead of the name, and what memory has ----

my $program = $server->write('conf/sendmail', "#!/bin/sh\nexec cat >" . $server->dir . "/db/mail\n");
chmod 0755, $program;
my $second = LuciaTest::Server->new(config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaEmail optional\n"
    . "LuciaMail sendmail:$program\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\n");
sign_up($second, 'alice', path => '/account/signup');
sqlite($second->db, q{UPDATE auth_user SET email = 'alice@example.com', email_verified = 1});
sqlite($second->db, q{INSERT INTO user_key (id, user_id) SELECT 'email:alice@example.com', id FROM auth_user});
like $second->request(GET => '/account/forgot')->body, qr{<label for="username">Username or email address</label>}, 'S1.53: with LuciaEmail the page asks for the username or the address';
is answer(ask('no@such.address', on => $second)), '200', 'S1.53: with LuciaEmail an unknown address is answered with 200';
is answer(ask(' Alice@Example.com', on => $second)), '200', 'S1.53: with LuciaEmail the address of an account is answered with 200';
ok wait_until(sub { sqlite_value($second->db, "SELECT count(*) FROM $MAILS") == 0 && -s $server->dir . '/db/mail' }, 60), 'S9.93: sendmail gets the mail';
my ($sent) = LuciaTest::Server::slurp($server->dir . '/db/mail') =~ /token=([a-z0-9]{32})\s/;
ok $sent, 'S9.93: the mail that sendmail gets has a token';
SKIP: {
    my $unreadable = LuciaTest::Memory::unreadable(($second->children)[0]);
    skip $unreadable, 1 if $unreadable;
    my $left = sub { my $found = 0; $found += found_in($_, $sent) for $second->children; return $found };
    ok wait_until(sub { !$left->() }, 10), 'S9.93: the token of a mail that was sent is in no memory of httpd' or diag $left->();
}

done_testing;
