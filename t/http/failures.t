# SPDX-License-Identifier: Apache-2.0
# 100 failures in a row: then only a browser that was signed in before may try again, also after a restart, until a reset by
# the administrator. S9.60.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Ctl;
use LuciaTest::Gate ();
use LuciaTest::Site;
use MIME::Base64 qw(encode_base64);

my $site = site(LuciaTest::Gate::BASIC . "LuciaThrottle account=1000/15min ip=off\nLuciaAuditLog logs/audit.log\nLuciaThrottleSecret {file:\@dir\@/secret}\n",
    files => { 'htdocs/basic/a.txt' => 'inside', secret => 'x' x 40 . "\n" });
my $db = $site->db;

sub login { my ($name, $password, @more) = @_; return $site->request(POST => '/login', form(username => $name, password => $password), @more) }
sub basic { my ($name, $password) = @_; return $site->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') })->status }
sub failures { my ($name) = @_; return sqlite_value($db, 'SELECT failures FROM user_key WHERE id = ?', "username:$name") }
sub set_failures { my ($name, $number) = @_; return sqlite($db, 'UPDATE user_key SET failures = ? WHERE id = ?', $number, "username:$name") }
sub logged { my ($id) = @_; return scalar(() = $site->error_log =~ /$id: /g) }

my $alice = sign_up($site, 'alice');
my $device = cookie_of(login('alice', $PASSWORD), 'auth_session_device');
is failures('alice'), undef, 'a new account has no failures';

# ---- Up to the limit ----

my %answers;
$answers{ login('alice', "wrong $_")->status }++ for 1 .. 60;
is failures('alice'), 60, 'S9.60: sixty wrong passwords are sixty failures';
$site->restart;
$answers{ login('alice', "wrong $_")->status }++ for 61 .. 99;
is_deeply \%answers, { 400 => 99 }, 'S9.60: the first 99 wrong passwords answer 400';
is logged('LUCI0240'), 0, 'S9.60: before the limit, no line says that it is reached';
my $wrong = login('alice', 'wrong 100');
is failures('alice'), 100, 'S9.60: failures are counted over a restart';
is logged('LUCI0240'), 1, 'S9.60: a line says that the limit is reached';
my ($id) = $site->error_log =~ /LUCI0240: user (\S+) has 100 failed sign-ins/;
is $id, sqlite_value($db, "SELECT id FROM auth_user WHERE username = 'alice'"), 'the line of the limit names the user';

# ---- Beyond it ----

my $audit = LuciaTest::Audit->new($site->dir . '/logs/audit.log');
sub bytes_of { my ($reply) = @_; return $reply->bytes =~ s/^Date: .*\r\n//mr =~ s/^(?:Keep-Alive|Connection): .*\r\n//gmr }
my $right = login('alice', $PASSWORD);
is bytes_of($right), bytes_of($wrong), 'S9.60: beyond the limit the right password gets the bytes of a wrong one';
my ($event) = $audit->events(1);
is_deeply [@{$event}{qw(event result reason account)}], [qw(sign_in failure too_many_failures alice)], 'S9.60: the audit log has the reason';
is login('alice', $_)->status, 400, 'S9.60: beyond the limit each password answers 400' for 'wrong 101', $PASSWORD;
is basic('alice', $PASSWORD), 401, 'S9.60: beyond the limit Basic answers 401 to the right password';
is failures('alice'), 100, 'beyond the limit nothing is counted';
is logged('LUCI0240'), 1, 'the line of the limit is written once';
is $site->request(GET => '/', cookie => $alice)->status, 200, 'a session of the account stays valid';
is sign_up($site, 'bobby') && failures('bobby'), undef, 'the failures of an account are its own';
is login('alice', 'wrong 102', cookie => $device)->status, 400, 'a known browser with a wrong password gets 400';
is login('alice', $PASSWORD, cookie => $device)->status, 302, 'S9.60: a browser that was signed in before passes';
is failures('alice'), undef, 'S9.60: a known browser sets the number back';
is logged('LUCI0241'), 1, 'a line says that the number was set back';
is login('alice', $PASSWORD)->status, 302, 'other browsers sign in again';

# ---- The administrator ----

sign_up($site, 'carol');
my $ctl = LuciaTest::Ctl->new('--config', $site->conf_file);
for my $case (['user enable', [qw(user enable carol)], $PASSWORD], ['user passwd', [qw(user passwd carol --stdin)], 'battery staple']) {
    my ($what, $command, $password) = @$case;
    set_failures('carol', 100);
    is login('carol', $PASSWORD)->status, 400, "before $what the right password is refused";
    is $ctl->json(qw(user show carol))->{failures}, 100, "user show tells the number before $what";
    my $end = $ctl->run(@$command, { stdin => "$password\n" });
    is $end->{status}, 0, "$what succeeds" or diag $end->{err};
    is failures('carol'), undef, "S9.60: $what sets the number back";
    is login('carol', $password)->status, 302, "after $what the password signs in";
}

# ---- A program that repeats a stale password ----

sign_up($site, 'dave');
is basic('dave', 'stale'), 401, 'S9.50: a stale password over Basic answers 401' for 1 .. 5;
is failures('dave'), 1, 'S9.50: a stale password that a program repeats over Basic counts once';
is basic('dave', $PASSWORD), 200, 'the right password passes Basic';
is failures('dave'), undef, 'S9.60: the right password over Basic sets the number back';

done_testing;
