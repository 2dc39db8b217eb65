# SPDX-License-Identifier: Apache-2.0
# What luciactl changes, the running httpd notices at once, although its caches would keep it for an hour; and users who expire.
use strict;
use warnings;
use lib 't/lib';
use POSIX ();
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in error_in $CHEAP_HASH);

my $config = "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaSessionCacheTTL 1h\nLuciaMount /account\nLuciaUserAttributes username role\n" . VAULT . <<'CONF';
<Location /vault/role>
    Require lucia-attribute role admin
</Location>
CONF
my %files = ('htdocs/vault/a.txt' => SECRET, 'htdocs/vault/role/a.txt' => SECRET);
my $server = LuciaTest::Server->new(files => {%files}, config => $config);
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--audit-log', $server->dir . '/logs/audit-of-luciactl');

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name) = @_; return sign_in($server, $name, path => '/account/login') }
sub vault { my ($cookie, $client) = @_; return ($client // $server)->request(GET => '/vault/a.txt', script(), cookie => $cookie)->status }
sub role { my ($cookie) = @_; return $server->request(GET => '/vault/role/a.txt', script(), cookie => $cookie)->status }
sub fill { for my $cookie (@_) { vault($cookie) for 1 .. 6 } return @_ }
sub all_of { my (@cookies) = @_; my %seen = map { vault($_) => 1 } (@cookies) x 4; return join ' ', sort keys %seen }

my ($first, $second, $bert) = fill(up('alice'), in('alice'), up('bert'));
is $ctl->run('user', 'passwd', 'alice', '--stdin', '--keep-sessions', { stdin => "$PASSWORD\n" })->{status}, 0, 'a password is set, and the sessions stay';
is all_of($first, $second), '200', 'sessions that stay are valid';
my $end = $ctl->run('user', 'passwd', 'alice', '--stdin', { stdin => "$PASSWORD\n" });
like $end->{out}, qr/2 sessions were ended/, 'a password is set, and the sessions end';
is $end->{err}, '', 'luciactl has nothing to complain about';
is all_of($first, $second), '401', 'httpd knows at once that user passwd has ended the sessions';
is all_of($bert), '200', 'the session of another user stays';
($first, $second) = fill(in('alice'), in('alice'));
my ($tag) = map { $_->{session} } @{ $ctl->json('session', 'list', 'alice') };
$ctl->does('session', 'revoke', $tag);
is all_of($first, $second), '200 401', 'httpd knows at once that session revoke has ended one session';
$ctl->does('session', 'revoke-all', 'alice');
is all_of($first, $second), '401', 'httpd knows at once that session revoke-all has ended the other';
($first) = fill(in('alice'));
$ctl->does('user', 'disable', 'alice');
is all_of($first), '401', 'httpd knows at once that a user is disabled';
$ctl->does('user', 'enable', 'alice');
is all_of($first), '200', 'httpd knows at once that a user is enabled';
$ctl->does('user', 'disable', 'alice', '--end-sessions');
$ctl->does('user', 'enable', 'alice');
is all_of($first), '401', 'httpd knows at once that user disable --end-sessions has ended the session';
($first) = fill(in('alice'));
is role($first), 403, 'without the role the location is closed';
$ctl->does('user', 'set', 'alice', '--attribute', 'role=admin');
is join(' ', map { role($first) } 1 .. 4), '200 200 200 200', 'httpd knows at once that an attribute has changed';
$ctl->does('user', 'rename', 'alice', 'Alicia');
like $server->request(GET => '/account', cookie => $first)->body, qr/Username: <bdi>Alicia</, 'httpd knows at once that a user has another name';
$ctl->does('user', 'delete', 'alicia', '--yes');
is all_of($first), '401', 'httpd knows at once that a user is deleted';

# ---- Many sessions, and no server to tell ----

my @many = map { in('bert') } 1 .. 60;
fill($many[0], $many[59]);
like $ctl->does('session', 'revoke', '--user', 'bert'), qr/^61 sessions were ended\.$/, 'more sessions end than one command to httpd names';
is all_of(@many[0, 30, 59], $bert), '401', 'httpd knows at once that all of them have ended';

# ---- Users who expire ----

($first) = fill(up('carol'));
$ctl->does('user', 'expire', 'carol', '2099-01-01');
is vault($first) . ' ' . $server->request(POST => '/account/login', form(username => 'carol', password => $PASSWORD))->status, '200 302', 'before the date a user signs in, and the session is valid';
my $date = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 3));
$ctl->does('user', 'expire', 'carol', $date);
ok wait_until(sub { vault($first) == 401 }, 20), 'httpd knows at once of a date, and refuses a cached session when it has come';
my $off = LuciaTest::Server->new(files => {%files}, config => $config =~ s/LuciaSessionCacheTTL 1h/LuciaSessionCache off/r);
my $cookie = sign_up($off, 'carol', path => '/account/signup');
my $soon = int((time + 2) * 1000);
sqlite($off->db, 'UPDATE auth_user SET disabled = ?', $soon);
is vault($cookie, $off), 200, 'a session is valid before the user expires';
ok wait_until(sub { vault($cookie, $off) == 401 }, 10), 'a session is refused when the user has expired';
ok time * 1000 >= $soon - 1000, 'a session is not refused before';
my ($expired, $wrong) = map { $off->request(POST => '/account/login', form(username => 'carol', password => $_)) } $PASSWORD, $WRONG;
is $expired->status, 400, 'an expired user does not sign in';
is $expired->body, $wrong->body, 'an expired user gets the answer to a wrong password';
is $off->request(GET => '/account', cookie => $cookie)->status, 302, 'an expired user is anonymous on the pages';
LuciaTest::Ctl->new('--config', $off->conf_file, '--audit-log', $off->dir . '/logs/audit-of-luciactl')->does('user', 'expire', 'carol', 'never');
is vault($cookie, $off), 200, 'without the date the session is valid again';

$server->stop;
$end = $ctl->run('session', 'revoke', '--user', 'carol');
is $end->{status} . ' ' . $end->{err}, '0 ', 'without a running httpd luciactl has nothing to complain about';
done_testing;
