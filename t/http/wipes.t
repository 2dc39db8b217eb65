# SPDX-License-Identifier: Apache-2.0
# No password stays in a child's memory once its request is answered, however it came in and however the request ended: all memory
# that a child may write is searched. What stays is Basic's: the header is httpd's, and others read it after us.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::Gate;
use LuciaTest::Memory;

my $hashes = LuciaTest::Hashes->new;
my $is_event = LuciaTest::mpm() eq 'event';
# One child: were there two, the last of those that wait could have a thread of the other one, which does not see its client go.
# The first call of a function through the dynamic linker leaves the processor's registers on the stack, with what memcpy had last
# in them: so all functions are bound at the start.
my $server = LuciaTest::Server->new(env => { %{ $hashes->env }, LD_BIND_NOW => 1 }, ports => 2, config => CHEAP_SITE . STATUS . <<'CONF');
LuciaHashSlots 1 60s
LuciaThrottle off
Listen 127.0.0.1:@port2@
<VirtualHost *:@port2@>
    LuciaArgon2 libsodium
</VirtualHost>
<Location /closed>
    SetHandler luciauth-signup
    LuciaSignup Off
</Location>
<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 1
    ThreadsPerChild 4
    MinSpareThreads 1
    MaxSpareThreads 8
    MaxRequestWorkers 4
</IfModule>
<IfModule mpm_event_module>
    AsyncRequestWorkerFactor 60
</IfModule>
CONF
my ($child) = wait_until(sub { ($server->children)[0] }, 20);
my $unreadable = LuciaTest::Memory::unreadable($child);
plan skip_all => $unreadable if $unreadable;

sub found { my ($text) = @_; my $found = 0; $found += found_in($_, $text) for $server->children; return $found }
sub is_wiped { my ($text, $name) = @_; ok wait_until(sub { !found($text) }, 10), $name or diag found($text) . ' times'; return }

my $number = 0;
sub secret { return sprintf 'Pw%06xqz%03dvk', rand 0xffffff, ++$number }
sub login { my ($password, %arg) = @_; return $server->request(POST => '/login', form(username => 'alice', password => $password), %arg) }
sub held { my ($password, %arg) = @_; return send_request($server, POST => '/login', form(username => 'alice', password => $password), %arg) }

my $right = secret();
my $cookie = cookie_of($server->request(POST => '/signup', form(username => 'alice', password => $right)));
ok $cookie, 'a sign-up sets a cookie';
is_wiped $right, 'its password is wiped';

sub change { my (@fields) = @_; return $server->request(POST => '/password', form(@fields), cookie => $cookie, origin => 1) }

# The search finds what is there.
my $wrong = secret();
$hashes->hold;
my $asked = held($wrong);
ok wait_until(sub { $hashes->running == 1 }, 20), 'a password that is being hashed';
cmp_ok found($wrong), '>=', 1, 'is in memory';
$hashes->release;
is reply_to($asked)->status, 400, 'a sign-in with a wrong password answers 400';
is_wiped $wrong, 'the wrong password after its 400';

my $long = 'x' x 9000;
my %kind = (
    'a right one'        => [302, $right, sub { login($right) }],
    'one for libsodium'  => [302, $right, sub { login($right, port => $server->port_number(2)) }],
    'a wrong one for libsodium' => [400, secret(), sub { login($_[0], port => $server->port_number(2)) }],
    'JSON'               => [302, $right, sub { $server->request(POST => '/login', json({ username => 'alice', password => $right })) }],
    'broken JSON'        => [400, secret(), sub { $server->request(POST => '/login', json(qq({"username":"alice","password":"$_[0]"))) }],
    'a broken form'       => [400, secret(), sub { $server->request(POST => '/login', type => 'application/x-www-form-urlencoded', body => "password=$_[0]&username=%zz") }],
    'a name that is none' => [400, secret(), sub { $server->request(POST => '/signup', form(username => 'x', password => $_[0])) }],
    'a body too long'    => [413, secret(), sub { $server->request(POST => '/login', form(password => $_[0], username => $long)) }],
    'a closed sign-up'   => [403, secret(), sub { $server->request(POST => '/closed', form(username => 'alice', password => $_[0])) }],
    'another site'       => [403, secret(), sub { login($_[0], origin => 'https://evil.example') }],
    'another method'     => [405, secret(), sub { $server->request(PUT => '/login', form(username => 'alice', password => $_[0])) }],
    'a change without a session' => [401, secret(), sub { $server->request(POST => '/password', form(current => $right, password => $_[0]), origin => 1) }],
    'a change with a wrong password' => [400, secret(), sub { change(current => $_[0], password => $WRONG) }],
    'a change to a short password' => [400, secret(), sub { change(current => $_[0], password => 'short') }],
    'another type'       => [415, secret(), sub { $server->request(POST => '/login', type => 'text/plain', body => "password=$_[0]") }],
);
for my $name (sort keys %kind) {
    my ($status, $password, $ask) = @{ $kind{$name} };
    is $ask->($password)->status, $status, $name;
    is_wiped $password, "$name: wiped";
}

my $next_password = secret();
is change(current => $right, password => $next_password)->status, 303, 'a change of password answers 303';
is_wiped $right, 'the old password of a change';
is_wiped $next_password, 'the new password of a change';

# In chunks, the password cut in two: each chunk is a part of its own.
my $head = "POST /login HTTP/1.1\r\nHost: 127.0.0.1:" . $server->port . "\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
sub chunk { my ($text) = @_; return sprintf "%x\r\n%s\r\n", length $text, $text }
my $chunked = secret();
my $reply = LuciaTest::Reply->parse($server->raw("${head}Transfer-Encoding: chunked\r\n\r\n" . chunk("username=alice&password=$chunked") . chunk('&next=/a') . chunk('')), 'POST');
is $reply->status, 400, 'a chunked sign-in with a wrong password answers 400';
is_wiped $chunked, 'the password of a chunked body';
$chunked = secret();
$reply = LuciaTest::Reply->parse($server->raw("${head}Transfer-Encoding: chunked\r\n\r\n" . chunk("username=alice&password=$chunked") . chunk($long) . chunk('')), 'POST');
is $reply->status, 413, 'a chunked body that is too large answers 413';
is_wiped $chunked, 'the password of a chunked body that is too large';

# A client that goes in mid-body.
my $half = secret();
my $socket = $server->connect;
syswrite $socket, "${head}Content-Length: 500\r\n\r\nusername=alice&password=$half&next=";
ok wait_until(sub { found($half) }, 10), 'half a body is in memory';
close $socket;
is_wiped $half, 'its client goes: wiped';

SKIP: {
    skip 'only event suspends requests', 5 if !$is_event;
    my $last = secret();
    $hashes->hold;
    my @asked = map { held(secret()) } 1 .. 12;    # some of them wait in threads of ours
    ok wait_until(sub { waiting($server) == 11 }, 20), 'one is hashed, others wait';
    my $waits = held($last);
    ok wait_until(sub { waiting($server) == 12 }, 20), 'the last one waits without a thread';
    cmp_ok found($last), '>=', 1, 'the password of the waiting sign-in is in memory';
    close $waits;
    is_wiped $last, 'its client goes: wiped, while the others wait';
    $hashes->release;
    is_deeply [map { reply_to($_)->status } @asked], [(400) x 12], 'the other waiting sign-ins answer 400';
}

# What a child that was killed was hashing is wiped by the next one to get its slot.
my $trace = LuciaTest::Hashes::TRACE;
$hashes->leave_traces(1);
$hashes->hold;
$asked = held(secret());
ok wait_until(sub { $hashes->running == 1 }, 20), 'a hash is running';
my ($pid) = $hashes->running;
ok found_in($pid, $trace), 'leaves traces in its working memory';
kill KILL => $pid;
ok wait_until(sub { !grep { $_ == $pid } $hashes->running }, 20), 'its child is killed';
$hashes->leave_traces(0);
my $next;
ok wait_until(sub { $next = eval { held(secret()) } or return; wait_until(sub { $hashes->running == 1 }, 5) }, 30), 'another child hashes';
($pid) = $hashes->running;
is found_in($pid, $trace), 0, 'in wiped memory';
$hashes->release;
is reply_to($next)->status, 400, 'to its end';

done_testing;
