# SPDX-License-Identifier: Apache-2.0
# The device cookie: who throttles an account from elsewhere does not lock out the browser on which it was signed in
# before. S9.5.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Hashes;
use LuciaTest::Site;
use LuciaTest::Gate ();

my $hashes = LuciaTest::Hashes->new;
my $config = LuciaTest::Gate::BASIC . <<'CONF';
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
<Location /env.cgi>
    Options +ExecCGI
    SetHandler cgi-script
</Location>
<Location /keep/>
    LuciaStripCookie Off
    Options +ExecCGI
    SetHandler cgi-script
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName secret.test
    LuciaThrottleSecret {file:@dir@/secret}
</VirtualHost>
<VirtualHost *>
    ServerName sealed.test
    LuciaSecret {file:@dir@/sealed}
</VirtualHost>
<VirtualHost *>
    ServerName tenant.test
    LuciaDatabase sqlite3 @dir@/db/tenant.db
</VirtualHost>
<VirtualHost *>
    ServerName prefix.test
    LuciaCookieName __Host-session
    LuciaCookieSecure on
    LuciaCookieSameSite Strict
</VirtualHost>
CONF
my $script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s' \"\$HTTP_COOKIE\"\n";
my $site = site($config, env => $hashes->env, modules => ['remoteip'], log_level => 'debug', start => 0,
    files => { 'htdocs/basic/a.txt' => "inside\n", 'htdocs/env.cgi' => $script, 'htdocs/keep/env.cgi' => $script, secret => 'x' x 40 . "\n" });
$site->write_secret('sealed', 'y' x 40 . "\n");
$site->start;

my @ATTACKER = (headers => { 'X-Forwarded-For' => '192.0.2.66' });
my @HOME = (headers => { 'X-Forwarded-For' => '198.51.100.7' });

sub login { my ($name, $password, %arg) = @_; $site->request(POST => '/login', form(username => $name, password => $password), %arg) }
sub device_of { my ($reply, $name) = @_; cookie_of($reply, $name // 'auth_session_device') }
sub lock_out { my ($name, @more) = @_; login($name, 'wrong 1', @ATTACKER, @more) for 1 .. 11; return login($name, 'wrong 1', @ATTACKER, @more)->status }

# ---- The cookie ----

my $reply = $site->request(POST => '/signup', form(username => 'alice', password => $PASSWORD), @HOME);
my $first = device_of($reply);
is join(' ', map { /^(\w+)=/ } $reply->headers('Set-Cookie')), 'auth_session auth_session_device', "S2.4: the session's cookie is the first one";
like $first->{value}, qr/\A[0-9a-f]{64}\z/, 'signing up sends a device cookie';
is_deeply [sort keys %{ $first->{attributes} }], [qw(expires httponly path samesite)], 'the device cookie has the attributes of the session cookie';
is $first->{attributes}{samesite}, 'Lax', 'S9.16: the device cookie has SameSite=Lax';
is_deeply [map { $first->{attributes}{$_} } 'path', 'httponly'], ['/', 1], 'S9.16: Path and HttpOnly';
$reply = login('alice', $PASSWORD, @HOME, cookie => $first);
my $device = device_of($reply);
like $device->{value}, qr/\A[0-9a-f]{64}\z/, 'signing in sends one';
isnt $device->{value}, $first->{value}, 'another one each time';
is device_of(login('alice', 'wrong 1', @HOME, cookie => $device)), undef, 'a failed sign-in sends none';
my $secure = device_of(login('alice', $PASSWORD, @HOME, host => 'prefix.test'), '__Host-session_device');
is_deeply [@{ $secure->{attributes} }{qw(secure samesite path)}], [1, 'Strict', '/'], 'the prefix, Secure and SameSite are the session cookie\'s';

# ---- S9.5 ----

is lock_out('alice'), 429, 'S9.5: an attacker elsewhere throttles the account';
is login('alice', $PASSWORD, headers => { 'X-Forwarded-For' => '198.51.100.8' })->status, 429, 'S9.5: the throttled account refuses unknown browsers';
is login('alice', $PASSWORD, @HOME)->status, 429, 'S9.5: alice\'s browser is refused without its device cookie';
is login('alice', $PASSWORD, @HOME, cookie => $device)->status, 302, 'S9.5: alice\'s browser is admitted with its device cookie';
is login('ALICE', $PASSWORD, @HOME, cookie => $first)->status, 302, 'S9.5: an older device cookie of the user admits';
is login('alice', $PASSWORD, @ATTACKER, cookie => $device)->status, 302, 'S9.5: the device cookie is valid from any address';
is lock_out('alice'), 429, 'S9.5: a sign-in with a device cookie does not clear the attacker\'s refusal';

# ---- What is no such cookie ----

my $bobs = device_of($site->request(POST => '/signup', form(username => 'bobby', password => $PASSWORD), @ATTACKER));
my $flipped = $device->{value} =~ s/\A(.)/$1 eq '0' ? '1' : '0'/er;
my %bad = ("another one's" => $bobs->{value}, 'a forged one' => $flipped, 'an empty one' => '', 'garbage' => 'x' x 64,
    'a long one' => $device->{value} x 5, 'half of it' => substr($device->{value}, 0, 32), 'upper case' => uc $device->{value});
is login('alice', $PASSWORD, @HOME, cookie => "auth_session_device=$bad{$_}")->status, 429, "S9.5: $_ counts as none" for sort keys %bad;
is login('alice', $PASSWORD, @HOME, cookie => "auth_session_device=$device->{value}; auth_session_device=$flipped")->status, 429, 'S9.5: two device cookies count as none';
is login('alice', $PASSWORD, @HOME, cookie => "a=b; auth_session_device=$device->{value}")->status, 302, 'S9.5: a device cookie among other cookies is found';

# ---- Stolen ----

my $hashed = $hashes->done;
is_deeply [map { login('alice', 'wrong 1', @ATTACKER, cookie => $device)->status } 1 .. 30], [(400) x 10, (429) x 20], 'S9.5: a stolen one has a limit of its own';
is $hashes->done - $hashed, 10, 'S9.5: a stolen device cookie gives 10 hashes';
is login('alice', $PASSWORD, @HOME, cookie => $first)->status, 302, 'S9.5: the limit of a stolen device cookie does not affect another browser';

# ---- An account of the same name in another database ----

my @tenant = (host => 'tenant.test');
is $site->request(POST => '/signup', form(username => 'alice', password => 'not hers 1'), @ATTACKER, @tenant)->status, 302, 'another database has an alice of its own';
my $foreign = device_of(login('alice', 'not hers 1', @ATTACKER, @tenant));
lock_out('alice', @tenant);
is login('alice', 'not hers 1', @ATTACKER, @tenant, cookie => $foreign)->status, 302, 'S9.5: a device cookie is valid in its own database';
is login('alice', $PASSWORD, @HOME, cookie => $foreign)->status, 429, 'S9.5: a device cookie of another database is invalid';

# ---- Two people, one browser ----

$reply = login('bobby', $PASSWORD, @HOME, cookie => $first);
my $both = device_of($reply);
is length $both->{value}, 128, 'two people on one browser: two marks';
lock_out('bobby');
is login($_, $PASSWORD, @HOME, cookie => $both)->status, 302, "S9.5: $_ is let in with it" for 'alice', 'bobby';
is login('bobby', $PASSWORD, @HOME, cookie => $first)->status, 429, 'S9.5: the one from before knew nothing of bobby';

# ---- HTTP Basic ----

my $basic = { Authorization => 'Basic ' . do { require MIME::Base64; MIME::Base64::encode("alice:$PASSWORD", '') } };
is $site->request(GET => '/basic/a.txt', headers => $basic)->status, 429, 'HTTP Basic is locked out';
is $site->request(GET => '/basic/a.txt', headers => $basic, cookie => $both)->status, 200, 'S9.5: HTTP Basic is admitted with the device cookie';

# ---- Restarts and secrets ----

sub after_restart { my ($how) = @_; $site->$how; lock_out('alice', @_[1 .. $#_]); return }
after_restart('restart_graceful');
is login('alice', $PASSWORD, @HOME)->status, 429, 'after a graceful restart the counts begin anew';
is login('alice', $PASSWORD, @HOME, cookie => $both)->status, 302, 'S9.5: a device cookie is valid after a graceful restart';
after_restart('restart');
is login('alice', $PASSWORD, @HOME, cookie => $both)->status, 302, 'S9.5: a device cookie is valid after a restart';

sub secret_is { my (@lines) = @_; $site->stop; $site->write_secret('sealed', join '', map { "$_\n" } @lines); $site->start; return }
my @secret = (host => 'secret.test');
my $lasting = device_of(login('bobby', $PASSWORD, @HOME, @secret));
is login('alice', $PASSWORD, @HOME, @secret, cookie => $both)->status, 429, 'another secret, another cookie';
my @sealed = (host => 'sealed.test');
my $sealed = device_of(login('bobby', $PASSWORD, @HOME, @sealed));
is login('bobby', $PASSWORD, @HOME, @sealed, cookie => $lasting)->status, 302, 'the account is not refused yet';
$site->stop;
$site->start;
lock_out('bobby', @sealed);
is login('bobby', $PASSWORD, @HOME, @sealed)->status, 429, 'S9.5: with LuciaSecret a browser without a device cookie is refused after httpd was stopped';
is login('bobby', $PASSWORD, @HOME, @sealed, cookie => $lasting)->status, 429, 'S9.5: a device cookie of LuciaThrottleSecret is invalid with LuciaSecret';
is login('bobby', $PASSWORD, @HOME, @sealed, cookie => $sealed)->status, 302, 'S9.5: with LuciaSecret a device cookie is valid after httpd was stopped';
secret_is('z' x 40, 'y' x 40);
lock_out('bobby', @sealed);
is login('bobby', $PASSWORD, @HOME, @sealed)->status, 429, 'S9.5: with a new first line a browser without a device cookie is refused';
my $newer = login('bobby', $PASSWORD, @HOME, @sealed, cookie => $sealed);
is $newer->status, 302, 'S9.5: a device cookie of the second line of LuciaSecret is valid';
secret_is('z' x 40);
lock_out('bobby', @sealed);
is login('bobby', $PASSWORD, @HOME, @sealed, cookie => device_of($newer))->status, 302, 'S9.5: the first line of LuciaSecret signs device cookies';
is login('bobby', $PASSWORD, @HOME, @sealed, cookie => $sealed)->status, 429, 'S9.5: a device cookie ends with its line of LuciaSecret';
lock_out('bobby', @secret);
is login('bobby', $PASSWORD, @HOME, @secret)->status, 429, 'stopped and started';
is login('bobby', $PASSWORD, @HOME, @secret, cookie => $lasting)->status, 302, 'S9.5: LuciaThrottleSecret makes it last';
is login('bobby', $PASSWORD, @HOME, cookie => $both)->status, 429, 'S9.5: without LuciaThrottleSecret a device cookie ends when httpd stops';

# ---- Backends do not see it ----

my $cookies = "a=1; auth_session_device=$both->{value}; auth_session_done=password; b=2";
is $site->request(GET => '/env.cgi', cookie => $cookies)->body, 'a=1; b=2', 'a script gets neither the device cookie nor that of a password that was set';
is $site->request(GET => '/env.cgi', cookie => "auth_session_device=$both->{value}")->body, '', 'a script gets no device cookie when it comes alone';
is $site->request(GET => '/keep/env.cgi', cookie => $cookies)->body, $cookies, 'with LuciaStripCookie Off a script gets the device cookie';

unlike $site->error_log, qr/$both->{value}|$device->{value}|xxxxxxxxxx|yyyyyyyyyy|zzzzzzzzzz/, 'the log has neither cookies nor secrets';

done_testing;
