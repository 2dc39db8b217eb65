# SPDX-License-Identifier: Apache-2.0
# LuciaEmail: sign-in by name or address, and names that are addresses. S1.90, S1.91.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Factors qw(user_id);
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up error_in text_in $CHEAP_HASH);

my $NEW = 'battery staple';
my $server = LuciaTest::Server->new(files => { 'htdocs/basic/a.txt' => SECRET, 'htdocs/vault/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaTemplates \@templates\@\nLuciaErrorCodes On\nLuciaUsernameChange On\nLuciaAuditLog logs/audit.log\nLuciaThrottle account=5/15min ip=off signup=off\n"
    . "LuciaMail smtp://127.0.0.1:1\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://www.example.org\nLuciaEmail optional\n" . VAULT . BASIC . <<'CONF');
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaEmail off
</VirtualHost>
<VirtualHost *>
    ServerName must.test
    LuciaEmail required
</VirtualHost>
<VirtualHost *>
    ServerName deutsch.test
    LuciaLanguages de
</VirtualHost>
CONF
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--vhost', '127.0.0.1');
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(off must deutsch);

sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub login { my ($name, $password, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => '/account/login', form(username => $name, password => $password // $PASSWORD), %arg) }
sub api { my ($name, $password) = @_; return $server->request(POST => '/account/api/login', json({ username => $name, password => $password // $PASSWORD }), accept => 'application/json') }
sub basic { my ($name, $password) = @_; return $server->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:" . ($password // $PASSWORD), '') })->status }
sub verify {
    my ($name, $address) = @_;
    sqlite($db, 'UPDATE auth_user SET email = ?, email_verified = 1 WHERE username = ?', $address, $name);
    sqlite($db, 'INSERT INTO user_key (id, user_id) VALUES (?, ?)', 'email:' . lc $address, user_id($db, $name));
    return;
}

my %cookie = map { $_ => sign_up($server, $_, path => '/account/signup') } qw(alice bobby carol);
verify('alice', 'Alice@Example.org');
sqlite($db, q{UPDATE auth_user SET email = 'bobby@example.org', email_verified = 0 WHERE username = 'bobby'});

# ---- Sign-in ----

is answer(login('alice@example.org')), '302 /account', 'S1.90: the form takes the verified address of an account';
is answer(login(' ALICE@example.ORG ')), '302 /account', 'S1.90: the form takes an address in any case, with white space around it';
is api('alice@example.org')->json->{user}{username}, 'alice', 'S1.90: JSON takes the verified address of an account';
is answer(login('alice')), '302 /account', 'S1.90: the username signs in beside the address';
is answer(login($_)), '400 Incorrect username or password', "S1.90: $_ signs nobody in" for 'bobby@example.org', 'ghost@example.org', '@example.org', 'alice@';
is answer(login('alice@example.org', 'wrong 1')), '400 Incorrect username or password', 'S1.90: a wrong password for an address is answered as for a name';
is basic('alice'), 200, 'HTTP Basic takes the username';
is basic('alice@example.org'), 401, 'S1.90: HTTP Basic takes no address';
is answer(login('alice@example.org', undef, on => $host{off})), '400 Incorrect username or password', 'S1.90: without LuciaEmail an address is no name';
is answer(login('a' x 60 . '@example.org')), '400 Incorrect username or password', 'S1.90: an address may be longer than a username';
is answer(login('a' x 60 . '@example.org', undef, on => $host{off})), '400 Invalid username', 'S1.90: without LuciaEmail it is too long for a name';
my @events = $audit->events(10);
my ($event) = grep { $_->{event} eq 'sign_in' && $_->{result} eq 'ok' } @events;
is $event->{account}, 'alice', 'S1.90: the audit line of an address names the account';
unlike join("\n", map { join ' ', %$_ } @events), qr/ghost/, 'S1.90: no audit line has an address that was typed';

like text_in($server->request(GET => '/account/login')), qr/ Username or email address Password /, 'S1.90: the page asks for username or address';
like text_in($host{deutsch}->request(GET => '/account/login')), qr/ Benutzername oder E-Mail-Adresse Passwort /, 'S1.90: the page asks in its language';
like text_in($host{off}->request(GET => '/account/login')), qr/ Username Password /, 'without LuciaEmail the page is as before';
like login('<b>@example.org', 'x')->body, qr/value="&lt;b&gt;\@example\.org"/, 'S1.90: what was typed is kept and escaped';

# The answers say nothing, neither about the address nor about its account.
sub bytes_of { my ($reply, $typed) = @_; return $reply->bytes =~ s/^Date: .*\r\n//mr =~ s/value="\Q$typed\E"/value="NAME"/r }
sign_up($server, 'alice of wonderla', path => '/account/signup');    # as long as the addresses
for my $typed ('alice@example.org', 'ghost@example.org') {
    my $known = 'alice of wonderla';
    is bytes_of(login($typed, 'wrong 1'), $typed), bytes_of(login($known, 'wrong 1'), $known), "S1.90: the answer for $typed has the same bytes as for a known name";
    is bytes_of(api($typed, 'wrong 1'), $typed), bytes_of(api($known, 'wrong 1'), $known), "S1.90: the JSON for $typed has the same bytes as for a known name";
}

# ---- Throttling counts for the account ----

$ctl->run('throttle', 'clear', '--account', $_) for qw(alice carol);
verify('carol', 'carol@example.org');
is answer(login('carol@example.org', 'wrong 1')), '400 Incorrect username or password', "S1.90: wrong password $_ for an address" for 1 .. 3;
is answer(login('carol', 'wrong 1')), '400 Incorrect username or password', "S1.90: wrong password $_ for the name" for 4 .. 5;
is login($_)->status, 429, "S1.90: failures with name and address count together, so that $_ has to wait" for 'carol', 'carol@example.org';
is login('alice@example.org')->status, 302, 'S1.90: another account does not have to wait';
$ctl->run('throttle', 'clear', '--account', 'carol');
is sqlite_value($db, q{SELECT failures FROM user_key WHERE id = 'username:carol'}), 5, 'S1.90: failures in a row are counted for the account';
is sqlite_value($db, q{SELECT failures FROM user_key WHERE id = 'email:carol@example.org'}), undef, 'S1.90: the key of the address counts nothing';
is login('carol@example.org')->status, 302, 'S1.90: the address signs in afterwards';
is sqlite_value($db, q{SELECT failures FROM user_key WHERE id = 'username:carol'}) // 0, 0, 'S1.90: a right password for the address forgets the failures of the account';

# ---- Names that are addresses ----

sub up { my ($name, $email, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(POST => '/account/signup', form(username => $name, password => $NEW, defined $email ? (email => $email) : ()), %arg) }
my $refused = '400 A username with @ must be your own email address';
is answer(up('alice@example.org', undef, on => $host{off})), '302 /account', 'S1.91: without LuciaEmail a name may be an address';
is answer(login('alice@example.org')), '302 /account', 'S1.90: the address goes to the account that has verified it';
is api('alice@example.org')->json->{user}{username}, 'alice', 'S1.90: an account with that name does not capture the address';
is answer(login('alice@example.org', $NEW)), '400 Incorrect username or password', 'S1.90: the password of the account with that name is wrong for the address';
is basic('alice@example.org', $NEW), 200, 'S1.91: the account with that name is there as before, for HTTP Basic';
is answer(login('alice@example.org', $NEW, on => $host{off})), '302 /account', 'S1.91: where LuciaEmail is off, the account with that name signs in with it';
is answer(up('dora@example.org')), $refused, 'S1.91: with LuciaEmail a new name is no address';
is answer(up('dora@example.org', 'dora@example.org')), $refused, 'S1.91: with optional the address of the form is not known to be the own one';
is answer(up('dora@example.org', 'other@example.org', on => $host{must})), $refused, 'S1.91: with required the address of another is no name';
is answer(up('d@ra')), $refused, 'S1.91: no new name has an @';
is up('dora@example.org', 'Dora@example.org', on => $host{must})->status, 302, 'S1.91: with required the name may be the address of the form';
is_deeply $server->request(POST => '/account/api/signup', json({ username => 'x@y.example', password => $NEW }), accept => 'application/json')->json,
    { error => 'A username with @ must be your own email address', code => 'invalid_username' }, 'S1.91: JSON says so with the code of an invalid name';
sub rename_to { my ($who, $name) = @_; return answer($server->request(POST => '/account/username', form(username => $name, current_username => $who), origin => 1, cookie => $cookie{$who})) }
is rename_to(bobby => 'bobby@example.org'), $refused, 'S1.91: an address that is not verified does not become the name';
is rename_to(alice => 'carol@example.org'), $refused, 'S1.91: the address of another account does not become the name';
verify('bobby', 'bobby@example.org');
$ctl->does('user', 'disable', 'bobby');
$ctl->does('user', 'enable', 'bobby');
is rename_to(bobby => 'Bobby@example.org'), '303 /account', 'S1.91: the verified address becomes the name';
is answer(login('bobby@example.org')), '302 /account', 'S1.90: a name that is the own address signs in';
$ctl->does('user', 'rename', 'alice@example.org', 'mallory');
is answer(login('mallory', $NEW)), '302 /account', 'S1.91: luciactl renames an account whose name is the address of another';
$ctl->does('user', 'add', 'someone@example.org', '--stdin', { stdin => "$NEW\n" });
is answer(login('someone@example.org', $NEW)), '302 /account', 'S1.91: luciactl adds a name that is an address';

done_testing;
