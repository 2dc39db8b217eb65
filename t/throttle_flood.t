# SPDX-License-Identifier: Apache-2.0
# A client with any number of addresses: what it makes the server count pushes out no account's count, and a long list of it
# holds up nobody who asks the control socket. Rows 4 and 39.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::UNIX ();
use Test::More;
use Time::HiRes qw(time);
use LuciaTest;
use LuciaTest::Control;
use LuciaTest::Ctl;
use LuciaTest::Site;

my $SIZE = 262_144;    # bytes of the store: some 1,000 counts
my $site = site(<<"CONF", modules => ['remoteip']);
LuciaThrottleStore shmcb:tries($SIZE)
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
CONF
sub from { return (headers => { 'X-Forwarded-For' => $_[0] }) }
sub wrong { my ($name, $address) = @_; $site->request(POST => '/login', form(username => $name, password => 'wrong 1'), from($address))->status }
sub listed { my ($last, @lines) = control($site, 'throttle-list'); return @lines }

sign_up($site, 'alice');
is_deeply [map { wrong('alice', '192.0.2.66') } 1 .. 11], [(400) x 10, 429], 'row 4: an account is refused';
my %seen;
for my $i (1 .. 3000) {
    $seen{$site->request(POST => '/signup', form(username => 'alice', password => $PASSWORD), from(sprintf '2001:db8:0:%x::1', $i))->status}++;
}
is_deeply \%seen, { 400 => 3000 }, 'tries to sign up with a name that is taken, from 3,000 networks';
my $count = grep { $_->{kind} eq 'signup' } listed();
cmp_ok $count, '<', 2500, 'row 39: more than there is room for';
cmp_ok $count, '>', 250, 'row 39: which is used';
is wrong('alice', '198.51.100.1'), 429, 'row 4: the account is refused all the same';

# ---- Who reads nothing of a long list ----

my @idle = map { IO::Socket::UNIX->new(Peer => control_path($site)) } 1 .. 6;
syswrite $_, "throttle-list\n" for @idle;
my $start = time;
cmp_ok scalar(listed()), '>', 250, 'somebody else gets the whole list';
cmp_ok time - $start, '<', 60, 'row 39: and waits for a few seconds at most';
for my $idle (@idle) {
    my $answer = '';
    1 while sysread $idle, $answer, 65536, length $answer;
    unlike $answer, qr/"done"/, 'who read too late can tell that it is not all';
    close $idle;
}

my $tool = LuciaTest::Ctl->new('--config', $site->conf_file);
is scalar @{ $tool->json('throttle', 'list') }, scalar listed(), 'luciactl shows all of it';

done_testing;
