# SPDX-License-Identifier: Apache-2.0
# luciactl throttle: sees what the running server throttles, and lifts it.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Control;
use LuciaTest::Ctl;
use LuciaTest::Factors;
use LuciaTest::Site;

my $site = site("LuciaThrottle account=3/15min ip=off signup=off\n");
my $audit = LuciaTest::work_dir('audit');
my $ctl = LuciaTest::Ctl->new('--config', $site->conf_file, '--audit-log', "$audit/log");
sub login { my ($name, $password) = @_; $site->request(POST => '/login', form(username => $name, password => $password))->status }
sub lock_out { my ($name) = @_; login($name, 'wrong 1') for 1 .. 3; return login($name, $PASSWORD) }

sign_up($site, 'Çelik');
is_deeply $ctl->json('throttle', 'list'), [], 'nothing is throttled';
like $ctl->run('throttle', 'list')->{err}, qr/^No attempts are counted\.$/, 'an empty throttle list is announced in words';
is lock_out('Çelik'), 429, 'somebody is locked out';
my ($row) = @{ $ctl->json('throttle', 'list') };
is_deeply [@$row{qw(kind name count)}], ['account', 'çelik', 3], 'throttle list names the locked account and its count';
like $row->{until}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/, 'until a moment';
my $end = $ctl->run('throttle', 'list');
like $end->{out}, qr/^Kind +Name +Count +Since +Refused until\n.*^account +\S+ +3 +\d{4}-\d\d-\d\d /ms, 'throttle list prints a table';

is $ctl->status('throttle', 'clear', '--account', 'nobody'), 1, 'clearing what is not there: 1';
is login('Çelik', $PASSWORD), 429, 'clearing another account leaves the account locked';
is_deeply $ctl->json('throttle', 'clear', '--account', 'ÇELIK'), { cleared => 1 }, 'throttle clear --account clears one count';
is login('Çelik', $PASSWORD), 302, 'a cleared account signs in';
lock_out('Çelik');
lock_out('other');
like $ctl->does('throttle', 'clear', '--all'), qr/^2 counts were cleared\.$/m, 'all of it, in words';
is login('Çelik', $PASSWORD), 302, 'an account signs in after throttle clear --all';
like $ctl->does('throttle', 'clear', '--all'), qr/^0 counts were cleared\.$/m, 'throttle clear --all with nothing to clear reports 0 counts';
like LuciaTest::Server::slurp("$audit/log"), qr/throttle_clear/, 'the audit log knows of it';

# ---- How it's asked ----

my $plain = LuciaTest::Ctl->new('--audit-log', "$audit/log");
is_deeply $plain->json('throttle', 'list', '--socket', control_path($site)), [], 'by the socket alone';
for my $case (['list'], ['clear', '--all'], ['clear'], ['clear', '--all', '--account', 'x'], ['clear', 'x'], ['list', '--socket']) {
    is $plain->status('throttle', @$case), 2, "misused: throttle @$case";
}
is $ctl->status('throttle', 'clear'), 2, 'throttle clear without a subject ends with 2';
for my $name ("a\tb", "a\nthrottle-clear\tall") {
    my $refused = $ctl->run('throttle', 'clear', '--account', $name);
    is $refused->{status}, 2, 'a name that would be another command';
    like $refused->{err}, qr/cannot contain tabs or newlines/, 'is said to be none';
}
$end = $plain->run('throttle', 'list', '--socket', "$audit/none");
is $end->{status}, 1, 'no socket there: 1';
like $end->{err}, qr/^luciactl: no server answers at \Q$audit\E\/none: No such file/, 'the message says why the control socket does not answer';

my $off = site("LuciaControl off\n");
$end = LuciaTest::Ctl->new('--config', $off->conf_file)->run('throttle', 'list');
is $end->{status}, 2, 'a server without a socket';
like $end->{err}, qr/LuciaControl is off/, 'is told apart';
my $nothing = site("LuciaThrottle off\n");
$end = LuciaTest::Ctl->new('--config', $nothing->conf_file)->run('throttle', 'list');
is $end->{status}, 1, 'a server that throttles nothing';
like $end->{err}, qr/this server throttles nothing/, 'a server without throttling says so on the control socket';

# ---- Codes of a second factor, counted although nothing else is ----

my $second = site("LuciaThrottle account=off ip=off signup=off account-success=off ip-success=off factor=2/15min\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaMount /account\n");
my $of_second = LuciaTest::Ctl->new('--config', $second->conf_file, '--audit-log', "$audit/log");
my ($code) = do { sign_up($second, 'Çelik', path => '/account/signup'); give_codes($second->db, 'Çelik') };
my ($step) = $second->request(POST => '/account/login', form(username => 'Çelik', password => $PASSWORD))->header('Set-Cookie') =~ /^(\w+_step=[^;]+)/;
sub prove { my ($text) = @_; return $second->request(POST => '/account/factor', form(code => $text), origin => 1, cookie => $step)->status }
is_deeply [map { prove($_) } ('AAAA-AAAA-AAAA-AAAA-AAAA-AAAA') x 2, $code], [400, 400, 429], 'S9.76: with factor=2 the third code is refused, although it is right';
($row) = @{ $of_second->json('throttle', 'list') };
is_deeply [@$row{qw(kind name count)}], ['factor', 'çelik', 2], 'S9.76: throttle list names the user whose codes are refused';
like $row->{until}, qr/^\d{4}-/, 'S9.76: throttle list says until when codes are refused';
is $of_second->status('throttle', 'clear', '--account', 'nobody'), 1, 'S9.76: throttle clear with another name clears no count of codes';
is_deeply $of_second->json('throttle', 'clear', '--account', 'ÇELIK'), { cleared => 1 }, 'S9.76: throttle clear --account clears the count of codes';
is prove($code), 302, 'S9.76: after throttle clear a right code signs in';
is_deeply $of_second->json('throttle', 'list'), [], 'S9.76: after a right code no code is counted';

$site->stop;
$end = $ctl->run('throttle', 'list');
is $end->{status}, 1, 'a server that is stopped';
like $end->{err}, qr/no server answers at/, 'does not answer';

done_testing;
