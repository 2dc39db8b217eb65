# SPDX-License-Identifier: Apache-2.0
# A client with any number of addresses, or of accounts of its own: what it makes the server count pushes out no count that is
# higher and no refusal, and a long list of it holds up nobody who asks the control socket. S9.4, S9.39 and S9.45.
use strict;
use warnings;
use lib 't/lib';
use IO::Poll qw(POLLHUP);
use IO::Socket::UNIX ();
use Test::More;
use Time::HiRes qw(time);
use LuciaTest;
use LuciaTest::Control;
use LuciaTest::Ctl;
use LuciaTest::Site;

my $SIZE = 262_144;    # bytes of the store: some 290 counts of each of four kinds
my $site = site(<<"CONF", modules => ['remoteip']);
LuciaThrottleStore shmcb:tries($SIZE)
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
CONF
sub from { return (headers => { 'X-Forwarded-For' => $_[0] }) }
sub wrong { my ($name, $address) = @_; $site->request(POST => '/login', form(username => $name, password => $WRONG), from($address))->status }

# Many requests on few connections, where httpd leaves them open; how often each status came.
sub many {
    my %seen;
    my ($at_once, @requests) = @_;
    while (my @some = splice @requests, 0, $at_once) {
        my @bytes = map { $site->bytes_of(@$_) } @some;
        s/^Connection: close\r\n/Connection: keep-alive\r\n/m for @bytes[0 .. $#bytes - 1];
        $seen{$_}++ for $site->raw(join '', @bytes) =~ m{HTTP/1\.1 (\d{3}) }g;
    }
    return \%seen;
}
sub posted { my ($path, $name, $password, $address) = @_; return [POST => $path, form(username => $name, password => $password), from($address)] }
sub listed { my ($last, @lines) = control($site, 'throttle-list'); return @lines }

sign_up($site, 'alice');
is_deeply [map { wrong('alice', '192.0.2.66') } 1 .. 11], [(400) x 10, 429], 'S9.4: an account is refused';
is_deeply [map { wrong('bobby', '192.0.2.67') } 1 .. 9], [(400) x 9], 'S9.4: another one is about to be';

my @own = map { sprintf 'own number %02d', $_ } 1 .. 40;
sign_up($site, $_, from('192.0.2.68')) for @own;
is_deeply many(100, map { posted('/login', $own[$_ % @own], $PASSWORD, '192.0.2.68') } 1 .. 3000), { 302 => 3000 },
    'S9.45: 3,000 right sign-ins from one address with accounts of its own';
is_deeply many(1, map { posted('/signup', 'alice', $PASSWORD, sprintf '2001:db8:0:%x::1', $_) } 1 .. 3000), { 400 => 3000 },
    'S9.45: 3,000 tries to sign up with a name that is taken, from an IPv6 network of 48 bits';
is_deeply many(1, map { posted('/login', "nobody $_", 'wrong 1', sprintf '2001:db8:0:%x::2', $_) } 1 .. 600), { 400 => 600 },
    'S9.45: 600 wrong sign-ins, another name and network each time';
is_deeply many(100, map { posted('/login', 'alice', 'wrong 1', sprintf '2001:db8:0:%x::3', $_) } 1 .. 4000), { 429 => 4000 },
    'S9.45: 4,000 refused ones';
is wrong('bobby', '198.51.100.2'), 400, 'S9.45: a count is where it was: one more';
is wrong('bobby', '198.51.100.2'), 429, 'S9.45: the count did not grow by other attempts';
my $count = grep { $_->{kind} eq 'signup' } listed();
cmp_ok $count, '<', 2500, 'S9.39: more than there is room for';
cmp_ok $count, '>', 250, 'S9.39: the room for counts is used';
is wrong('alice', '198.51.100.1'), 429, 'S9.4: the throttled account is refused during the flood';

# ---- Who reads nothing of a long list ----

my @idle = map { IO::Socket::UNIX->new(Peer => control_path($site)) } 1 .. 6;
syswrite $_, "throttle-list\n" for @idle;
my $start = time;
cmp_ok scalar(listed()), '>', 250, 'somebody else gets the whole list';
cmp_ok time - $start, '<', 60, 'S9.39: another client waits a few seconds at most';
my $poll = IO::Poll->new;
$poll->mask($_ => POLLHUP) for @idle;
ok wait_until(sub { $poll->poll(0); @idle == grep { $poll->events($_) & POLLHUP } @idle }, 120), 'the server gives up on all that read nothing';
for my $idle (@idle) {
    my $answer = '';
    1 while sysread $idle, $answer, 65536, length $answer;
    unlike $answer, qr/"done"/, 'a control answer that is cut off has no "done"';
    close $idle;
}

my $tool = LuciaTest::Ctl->new('--config', $site->conf_file);
is scalar @{ $tool->json('throttle', 'list') }, scalar listed(), 'luciactl shows all of it';

done_testing;
