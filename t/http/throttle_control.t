# SPDX-License-Identifier: Apache-2.0
# The control socket (LuciaControl): who may ask, what it answers, what it survives; and what is throttled, listed and cleared
# through it.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use IO::Socket::UNIX ();
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Control;
use LuciaTest::Site;

my $site = site(<<'CONF', modules => ['remoteip']);
LuciaThrottle account=3/15min ip=5/15min signup=9/1h
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
CONF
my @HOME = (headers => { 'X-Forwarded-For' => '2001:db8:1:2::7' });
my @AWAY = (headers => { 'X-Forwarded-For' => '192.0.2.66' });
sub login { my ($name, $password, %arg) = @_; $site->request(POST => '/login', form(username => $name, password => $password), %arg)->status }
sub wrong { my ($name, %arg) = @_; login($name, 'wrong 1', %arg) }
sub listed { my ($last, @lines) = control($site, 'throttle-list'); return map { "$_->{kind} $_->{name} $_->{count}" . ($_->{until} ? ' refused' : '') } sort { "$a->{kind} $a->{name}" cmp "$b->{kind} $b->{name}" } @lines }
sub cleared { my (@words) = @_; my ($last) = control($site, 'throttle-clear', @words); return $last->{done} // $last->{error} }

# ---- The socket ----

my $path = control_path($site);
ok -S $path, 'there is a socket';
my ($mode, $owner) = (stat $path)[2, 4];
is $mode & 0777, 0600, 'the control socket is for its owner alone';
my ($user) = LuciaTest::server_user();
is $owner, $user ? scalar getpwnam $user : $>, "the server's user";
is_deeply [control($site, 'throttle-list')], [{ done => 0 }], 'nothing is listed';

# Only root and the server's user: whoever got at it otherwise is told so.
SKIP: {
    skip 'only root can be somebody else', 1 if $> != 0;
    chmod 0666, $path;
    defined(my $pid = open my $from, '-|') or die "fork: $!";
    if (!$pid) {
        $( = $) = getgrnam 'nogroup';
        ($<, $>) = (65534, 65534);
        print eval { control_bytes($site, "throttle-list\n") } // $@;
        close STDOUT;
        require POSIX;
        POSIX::_exit(0);
    }
    is join('', <$from>), qq({"error":"only root and the server's own user may ask"}\n), 'nobody else may ask';
    close $from;
    chmod 0600, $path;
}

# ---- What is sent ----

my %answer = (
    "\n" => qr/there is no such command/, "nonsense\n" => qr/there is no such command/, "throttle-list\tx\n" => qr/too many words/,
    "throttle-clear\n" => qr/say what to clear/, "throttle-clear\taccount\n" => qr/say what to clear/, "throttle-clear\tall\tx\n" => qr/say what to clear/,
    "throttle-clear\taccount\ta\tb\n" => qr/too many words/, "\t\t\t\t\t\t\t\t\t\t\t\t\n" => qr/there is no such command/,
);
for my $line (sort keys %answer) {
    my $answer = $answer{$line};
    like control_bytes($site, $line), qr/\A\{"error":"[^"]*(?:$answer)[^"]*"\}\n\z/, 'answered: ' . $line =~ s/\s/ /gr;
}
is control_bytes($site, $_->[0]), '', "hung up on: $_->[1]" for ["x" x 5000, 'a line without an end'], ["throttle-list\0\n", 'a NUL'], ["throttle-clear\taccount\t\xff\n", 'no UTF-8'];
my @silent = map { IO::Socket::UNIX->new(Peer => $path) } 1 .. 8;
is_deeply [control($site, 'throttle-list')], [{ done => 0 }], 'silent clients hold nobody up for long';
close $_ for @silent;

# ---- list ----

sign_up($site, 'Çelik', @HOME);
is login('Çelik', $PASSWORD, @HOME), 302, 'a sign-in is counted';
is_deeply [listed()], ['signup 2001:db8:1:2::/64 1'], 'a sign-up is listed, a sign-in is not';
is wrong('çELIK', @AWAY), 400, 'a wrong one';
is_deeply [listed()], ['account çelik 1', 'address 192.0.2.66 1', 'signup 2001:db8:1:2::/64 1'], 'is counted for the account and the address';
wrong('çelik', @AWAY) for 1 .. 4;
is_deeply [listed()], ['account çelik 3 refused', 'address 192.0.2.66 3', 'signup 2001:db8:1:2::/64 1'], 'until it is refused';
my (undef, $account) = control($site, 'throttle-list');
($account) = grep { $_->{kind} eq 'account' } (control($site, 'throttle-list'))[1 .. 3];
is $account->{refusals}, 1, 'the account is refused for the first time';
cmp_ok abs($account->{until} / 1000 - time - 900), '<', 60, 'the account is refused for a quarter of an hour';
cmp_ok abs($account->{since} / 1000 - time), '<', 60, 'the account is counted since now';

# ---- clear ----

is login('çelik', $PASSWORD, @HOME), 429, 'the throttled account gets 429';
is cleared('account', 'nobody'), 0, 'nothing to clear';
is cleared('account', 'ÇELIK'), 1, 'the account is cleared, by any spelling of it';
is login('çelik', $PASSWORD, @HOME), 302, 'the cleared account signs in';
wrong("somebody $_", @AWAY) for 1 .. 3;
is login('çelik', $PASSWORD, @AWAY), 429, 'an address that is refused';
is cleared('address', '192.0.2.1'), 0, 'clearing another address clears nothing';
is cleared('address', '::ffff:192.0.2.66'), 1, 'an address is cleared by its IPv4-mapped form';
is login('çelik', $PASSWORD, @AWAY), 302, 'the cleared address signs in';
is cleared('address', '2001:db8:1:2:aaaa::'), 1, 'any address of a network stands for it';
wrong('çelik', @AWAY);
cmp_ok cleared('all'), '>=', 4, 'all of it';
is_deeply [listed()], [], 'nothing is left';

# ---- Restarts ----

$site->restart_graceful;
is_deeply [control($site, 'throttle-list')], [{ done => 0 }], 'after a graceful restart it answers';
$site->restart;
is_deeply [control($site, 'throttle-list')], [{ done => 0 }], 'the control socket answers after a restart';
$site->kill_child;
is_deeply [control($site, 'throttle-list')], [{ done => 0 }], 'the control socket answers after a child was killed';
$site->stop;
ok !-e $path, 'stopped: it is gone';

my $left = IO::Socket::UNIX->new(Local => $path, Listen => 1);
close $left;
$site->start;
is_deeply [control($site, 'throttle-list')], [{ done => 0 }], 'what a killed server left is replaced';
unlike $site->error_log, qr/exit signal|LUCI051[78]/, 'the control socket is replaced without a message';
$site->stop;
$site->write('logs/luciauth.sock', 'a file');
$site->start;
is $site->request(GET => '/login')->status, 200, 'where a file is in its place, the server starts';
like $site->error_log, qr/LUCI0517: LuciaControl: the socket \Q$path\E cannot be created; luciactl throttle cannot reach this server/, 'the log says that there is no control socket';
is LuciaTest::Server::slurp($path), 'a file', "the file in the socket's place stays";
$site->stop;
unlink $path;

# ---- Children that end while they are asked ----

# The server starts new children once a second, so many live at once.
my $brief = site("MaxConnectionsPerChild 4\n" . (LuciaTest::mpm() eq 'prefork' ? "StartServers 16\nMinSpareServers 16\n" : <<'CONF'));
ServerLimit 16
StartServers 16
MaxRequestWorkers 256
MinSpareThreads 256
MaxSpareThreads 256
CONF
my @askers = map {
    defined(my $pid = fork) or die "fork: $!";
    if (!$pid) {
        LuciaTest::follow_parent();
        while (1) { eval { control($brief, $_ % 2 ? 'throttle-list' : ('throttle-clear', 'all')); 1 } or select undef, undef, undef, 0.01 }
    }
    $pid;
} 1 .. 2;
my (%answers, @unanswered);

# A request that gets no answer at all is sent once more, and told with the time that it took: it has been seen once, and
# httpd's own end of a child is the likely cause. Two of 400 are a failure.
sub ask {
    my $begun = Time::HiRes::time();
    my $status = $brief->request(GET => '/login', timeout => 120)->status;
    push @unanswered, sprintf '%.1f s', Time::HiRes::time() - $begun unless $status;
    return $status;
}
$answers{ ask() || ask() }++ for 1 .. 400;
diag "no answer: @unanswered\n", (split /^/, $brief->error_log)[-40 .. -1] if @unanswered;
kill TERM => @askers;
waitpid $_, 0 for @askers;
is_deeply \%answers, { 200 => 400 }, 'children come and go while the socket is in use';
cmp_ok scalar @unanswered, '<', 2, 'requests are answered while children come and go';
unlike $brief->error_log, qr/exit signal/, 'no child of the control socket crashes at its end';

# ---- Where it is ----

my $off = site('LuciaControl off');
ok !-e control_path($off), 'LuciaControl off makes no socket';
my $elsewhere = site('LuciaControl @dir@/ctl.sock');
ok -S $elsewhere->dir . '/ctl.sock', 'LuciaControl with a path makes the socket there';
my $nothing = site("LuciaThrottle off\n");
is_deeply [control($nothing, 'throttle-list')], [{ error => 'this server throttles nothing' }], 'a server that throttles nothing says so';

done_testing;
