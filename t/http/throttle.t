# SPDX-License-Identifier: Apache-2.0
# LuciaThrottle: who tries too often is refused before anything is hashed or looked up. S9.4.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::Site;

my $LATER = qr/^Too many attempts\. Try again in (?:a minute|\d+ minutes)\.$/;
my $hashes = LuciaTest::Hashes->new;
my $config = <<'CONF';
LuciaHashSlots 8 60s
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
<IfModule !mpm_prefork_module>
    StartServers 4
    MinSpareThreads 64
    MaxSpareThreads 64
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 16
    MinSpareServers 16
    MaxSpareServers 32
</IfModule>
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia file
    AuthUserFile @dir@/htpasswd
    Require valid-user
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName few.test
    LuciaThrottle account=off ip=3/1h signup=2/1h
</VirtualHost>
<VirtualHost *>
    ServerName right.test
    LuciaThrottle account-success=3/15min ip-success=5/15min
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaThrottle off
</VirtualHost>
<VirtualHost *>
    ServerName short.test
    LuciaThrottle account=2/1s ip=off
</VirtualHost>
CONF
my $site = site($config, env => $hashes->env, modules => ['remoteip'], start => 0, log_level => 'debug',
    files => { 'htdocs/basic/a.txt' => "inside\n", htpasswd => "filer:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n" });    # "password"
$site->start;

# Somebody at an address of their own.
my $count = 0;
sub address { $count++; return sprintf '203.0.%d.%d', $count / 250, 1 + $count % 250 }
sub from { my ($address) = @_; return headers => { 'X-Forwarded-For' => $address // address() } }
sub login { my ($name, $password, %arg) = @_; $site->request(POST => '/login', form(username => $name, password => $password), %arg) }
sub wrong { my ($name, %arg) = @_; login($name, 'wrong 1', from(), %arg) }

sub hashes_of {
    my ($code) = @_;
    my $before = $hashes->done;
    $code->();
    return $hashes->done - $before;
}

sign_up($site, $_) for 'Alice', 'bobby', 'Çelik', 'many', 'dora1';

# ---- S9.4: in a row ----

my @status;
is hashes_of(sub { @status = map { wrong($_ % 2 ? 'Alice' : 'aLICE')->status } 1 .. 200 }), 10, 'S9.4: 200 wrong sign-ins: 10 hashes';
is_deeply \@status, [(400) x 10, (429) x 190], 'S9.4: 200 wrong sign-ins: 10 are tried, 190 get 429, in any case of the name';
my $reply = wrong('alice');
is $reply->status, 429, 'S9.4: a throttled sign-in answers 429';
like error_in($reply), $LATER, 'S9.4: the 429 page says to try later';
like $reply->header('Retry-After'), qr/^(?:8\d\d|900)$/, 'S9.4: a 429 has Retry-After';
like $reply->type, qr{^text/html}, 'S9.4: the 429 page is the sign-in page';
like $reply->body, qr/value="alice"/, 'S9.4: the 429 page keeps the name';
is $reply->header('Cache-Control'), 'no-store', 'S9.4: a 429 is not stored';
$reply = $site->request(POST => '/login', json({ username => 'alice', password => $WRONG }));
is $reply->status, 429, 'S9.4: a throttled JSON sign-in answers 429';
like $reply->json->{error}, $LATER, 'S9.4: the JSON 429 says to try later';
cmp_ok $reply->header('Retry-After'), '>', 60, 'S9.4: the JSON 429 has Retry-After';
is login('alice', $PASSWORD, from())->status, 429, 'S9.4: the right password changes nothing';
is login('', 'x', from())->status, 400, 'what is no name is no try';
is login('bobby', $PASSWORD, from())->status, 302, 'others sign in';
LuciaTest::away($site->db);
is hashes_of(sub { is wrong('alice')->status, 429, 'S9.4: a refusal needs no database' }), 0, 'S9.4: a refusal needs no hash';
LuciaTest::back($site->db);

is_deeply [map { wrong($_ % 2 ? 'Çelik' : 'çELIK')->status } 1 .. 11], [(400) x 10, 429], 'S9.4: names are folded as keys are';
is_deeply [map { wrong('nobody here')->status } 1 .. 11], [(400) x 10, 429], 'S9.4: an unknown name is not told apart';
my $known = wrong('alice')->body =~ s/alice|\d+ minutes//gr;
is wrong('nobody here')->body =~ s/nobody here|\d+ minutes//gr, $known, 'S9.4: the 429 of an unknown name has the same bytes';

# ---- S9.4: all at once ----

my $before = $hashes->done;
$hashes->hold;
my @asked = map { send_request($site, POST => '/login', form(username => 'many', password => $WRONG), from()) } 1 .. 60;
ok wait_until(sub { $hashes->running == 8 }, 60), 'S9.4: at once: as many are hashed as there are slots';
$hashes->release;
my %seen;
$seen{ reply_to($_)->status }++ for @asked;
cmp_ok $seen{400}, '<=', 10, 'S9.4: at once: at most 10 reach the hash' or diag explain \%seen;
cmp_ok $seen{400}, '>=', 2, 'S9.4: at once: some do';
is $hashes->done - $before, $seen{400}, 'S9.4: at once: no other hash';
is $seen{503} + ($seen{429} // 0), 60 - $seen{400}, 'S9.4: at once: the rest is told to come back';
my @rest = map { wrong('many')->status } 1 .. 11;
is scalar(grep { $_ == 400 } @rest), 10 - $seen{400}, 'S9.4: at once: those that failed were counted';
is $rest[10], 429, 'S9.4: at once: to the end';

# ---- Success clears it ----

for my $round (1 .. 3) {
    is_deeply [map { wrong('bobby')->status } 1 .. 9], [(400) x 9], 'nine wrong ones';
    is login('bobby', $PASSWORD, from())->status, 302, 'the right password after nine wrong ones signs in';
}

# ---- Addresses ----

my @home = from('2001:db8:1:2::77');
is_deeply [map { login("guess $_", 'wrong 1', from("2001:db8:1:2:$_\::1"))->status } 1 .. 101], [(400) x 100, 429],
    'an IPv6 network of 64 bits counts as one address';
is login('bobby', $PASSWORD, @home)->status, 429, 'all of it';
is login('bobby', $PASSWORD, from('2001:db8:1:3::77'))->status, 302, 'another IPv6 network signs in';

my @few = (host => 'few.test');
is_deeply [map { login('bobby', $PASSWORD, from('198.51.100.1'), @few)->status } 1 .. 5], [(302) x 5], 'successes are not counted';
is_deeply [map { login("name $_", 'wrong 1', from('198.51.100.1'), @few)->status } 1 .. 4], [400, 400, 400, 429], 'failures of an address';
is login('bobby', $PASSWORD, from('198.51.100.1'), @few)->status, 429, 'whoever it is';
is login('bobby', $PASSWORD, from('198.51.100.2'), @few)->status, 302, 'another address is free';
is_deeply [map { login('nobody there', 'wrong 1', from(), @few)->status } 1 .. 12], [(400) x 12], 'LuciaThrottle account=off does not throttle an account';
is_deeply [map { login('nobody there', 'wrong 1', from('198.51.100.3'), host => 'off.test')->status } 1 .. 120], [(400) x 120], 'LuciaThrottle off throttles nothing';
is cookie_of(login('bobby', $PASSWORD, from(), host => 'off.test'), 'auth_session_device'), undef, 'LuciaThrottle off sets no device cookie';

# ---- Right ones ----

sign_up($site, $_, from()) for 'ruth1', 'rosa1', 'rita1';
my @right = (host => 'right.test');
is_deeply [map { login('ruth1', $PASSWORD, from(), @right)->status } 1 .. 5], [302, 302, 302, 429, 429], 'right sign-ins of an account are limited';
$reply = $site->request(POST => '/login', json({ username => 'ruth1', password => $PASSWORD }), @right);
is $reply->status, 429, 'S9.4: beyond the right sign-ins of an account JSON gets 429';
like $reply->json->{error}, $LATER, 'S9.4: the JSON 429 of right sign-ins says to try later';
is login('rosa1', $PASSWORD, from('198.51.100.30'), @right)->status, 302, 'others sign in' for 1 .. 3;
is login('rita1', $PASSWORD, from('198.51.100.30'), @right)->status, 302, 'two right sign-ins from one address succeed' for 1 .. 2;
is login('rita1', $PASSWORD, from('198.51.100.30'), @right)->status, 429, 'right sign-ins of an address are limited';
is login('rita1', $PASSWORD, from('198.51.100.31'), @right)->status, 302, 'right sign-ins from another address succeed';

# ---- Sign-up ----

sub join_as { my ($name, @more) = @_; $site->request(POST => '/signup', form(username => $name, password => $PASSWORD), @more) }
my @there = (from('198.51.100.9'), @few);
is join_as('abc', @there)->status, 400, 'an invalid sign-up is none';
is join_as('bobby', @there)->status, 400, 'a taken name is one';
is join_as('erika', @there)->status, 302, 'the second sign-up from an address succeeds';
is hashes_of(sub { $reply = join_as('frida', @there) }), 0, 'a third sign-up from an address is not hashed';
is $reply->status, 429, 'a third sign-up from an address gets 429';
like error_in($reply), $LATER, 'on the sign-up page';
like $reply->header('Retry-After'), qr/^3[56]\d\d$/, 'the 429 of sign-ups lasts an hour';
is join_as('frida', from('198.51.100.10'), @few)->status, 302, 'elsewhere they may';
is login('erika', $PASSWORD, @there)->status, 302, 'sign-ins are counted apart';

# ---- HTTP Basic ----

sub basic {
    my ($name, $password, $address) = @_;
    require MIME::Base64;
    my %headers = (Authorization => 'Basic ' . MIME::Base64::encode("$name:$password", ''), 'X-Forwarded-For' => $address // address());
    return $site->request(GET => '/basic/a.txt', headers => \%headers);
}
is_deeply [map { basic('dora1', $PASSWORD)->status } 1 .. 12], [(200) x 12], 'Basic: right ones';
is hashes_of(sub { @status = map { basic('dora1', "wrong 1 $_")->status } 1 .. 12 }), 10, 'S9.4: Basic: as many hashes';
is_deeply \@status, [(401) x 10, 429, 429], 'S9.4: Basic: then 429';
$reply = basic('dora1', $PASSWORD);
is $reply->status, 429, 'S9.4: Basic: the right password gets 429';
like $reply->header('Retry-After'), qr/^(?:8\d\d|900)$/, 'Basic: and when to come back';
like $reply->body, qr/Too many attempts/, 'Basic: in words';
is login('dora1', $PASSWORD, from())->status, 429, 'S9.4: the form counts with it';
is_deeply [map { basic('filer', 'password')->status } 1 .. 25], [(200) x 25], "Basic: another provider's users are not counted";
is_deeply [map { basic('filer', "wrong 1 $_")->status } 1 .. 11], [(401) x 10, 429], 'Basic: but who guesses at them';

# ---- Growing delays, and their end ----

my @short = (from('198.51.100.20'), host => 'short.test');
sub until_let_in {
    my $start = Time::HiRes::time();
    wait_until(sub { login('slow', 'wrong 1', @short)->status == 400 }, 30) or fail 'let in again';
    return Time::HiRes::time() - $start;
}
is_deeply [map { login('slow', 'wrong 1', @short)->status } 1 .. 2], [400, 400], 'two a second';
my ($first, $second);
$first = login('slow', 'wrong 1', @short);
is $first->header('Retry-After'), 1, 'the first refusal: a second';
is error_in($first), 'Too many attempts. Try again in a minute.', 'a short refusal says how long in words';
until_let_in();
is login('slow', 'wrong 1', @short)->status, 400, 'the second try of the next period';
$second = login('slow', 'wrong 1', @short);
is $second->header('Retry-After'), 2, 'the second refusal: two seconds';
cmp_ok until_let_in(), '>', 1, 'two seconds of refusal are kept';

# ---- The log ----

my $log = $site->error_log;
like $log, qr/ event=$_ .*reason=throttled/, "the audit log says so: $_" for qw(sign_in sign_up password_check);
unlike $log, qr/\Q$PASSWORD\E|wrong 1|[0-9a-f]{64}/, 'no password and no device cookie';
unlike $log, qr/exit signal/, 'no child died during the throttling';

done_testing;
