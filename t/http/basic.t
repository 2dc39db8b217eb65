# SPDX-License-Identifier: Apache-2.0
# AuthBasicProvider lucia for programs that send a name and a password with each request: git, WebDAV, rclone, phones. A right
# password is remembered, equal ones at the same moment are verified once, and the same wrong one counts once. S9.50.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Hashes;
use LuciaTest::Site;

my $hashes = LuciaTest::Hashes->new;
my %files = (
    'htdocs/basic/a.txt' => "inside\n", htpasswd => "filer:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n",
    map { ("htdocs/basic/$_.shtml" => qq{<!--#config errmsg="none"-->[<!--#include virtual="/basic/a.txt"-->]\n}) } 'page', 'same',
);
my $site = site(<<"CONF", env => $hashes->env, modules => ['remoteip'], start => 0, files => \%files);
LuciaHashSlots 2 30s
LuciaThrottle account=10/15min ip=off
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia file
    AuthUserFile \@dir\@/htpasswd
    Require valid-user
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Location>
<Location /basic/page.shtml>
    RequestHeader set Authorization "Basic @{[encode_base64('alice:another', '')]}"
</Location>
CONF
$site->start;
my $ctl = LuciaTest::Ctl->new('--config', $site->conf_file);

sub basic_request {
    my ($name, $password) = @_;
    return (GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') });
}
sub basic { return $site->request(basic_request(@_)) }
sub statuses { my ($name, $password, $count) = @_; return map { basic($name, $password)->status } 1 .. $count }
sub all_at_once { my ($count, @who) = @_; return map { send_request($site, basic_request(@who)) } 1 .. $count }
sub hashes_of { my ($code) = @_; my $before = $hashes->done; $code->(); return $hashes->done - $before }

sign_up($site, $_) for qw(alice bobby carol dora1);

# ---- A right one ----

my @status;
is hashes_of(sub { @status = map { reply_to($_)->status } all_at_once(8, 'alice', $PASSWORD) }), 1, 'S9.50: eight equal requests at once: one hash'
    or diag "@status";
is_deeply \@status, [(200) x 8], 'S9.50: all of them are let in';
is hashes_of(sub { @status = statuses('alice', $PASSWORD, 60) }), 0, 'S9.50: a right password is remembered, in all children';
is_deeply \@status, [(200) x 60], 'S9.50: a remembered password admits 60 requests';
is hashes_of(sub { is basic('ALICE', $PASSWORD)->status, 200, 'another spelling of the name' }), 0, 'is the same account';
is hashes_of(sub { is basic('alice', "$PASSWORD ")->status, 401, 'S9.50: another password is not' }), 1, 'S9.50: another password is hashed';
@status = map { reply_to($_)->status } all_at_once(32, 'bobby', $PASSWORD);
is_deeply \@status, [(200) x 32], 'S9.50: 32 connections with a right password: no 503';

# What curl does with 32 connections, each used again and again.
my $urls = join "\n", map { "url = \"@{[$site->url('/basic/a.txt')]}?$_\"\noutput = \"/dev/null\"" } 1 .. 320;
my $list = $site->write('conf/urls', $urls);
my %seen;
$seen{$_}++ for split /\n/, `curl --silent --no-progress-meter --parallel --parallel-immediate --parallel-max 32 --user 'carol:$PASSWORD' --write-out '%{http_code}\\n' --config $list`;
is_deeply \%seen, { 200 => 320 }, 'S9.50: curl with 32 connections sees nothing else';

# Two passwords for one name in one request: the page's own, and one that it asks for its part with.
is $site->request(GET => '/basic/page.shtml', (basic_request('alice', $PASSWORD))[2, 3])->body, "[none]\n",
    'the verdict on a password is not that on another one of the same request';
is $site->request(GET => '/basic/same.shtml', (basic_request('alice', $PASSWORD))[2, 3])->body, "[inside\n]\n", 'on the same one it is';

# ---- What ends it ----

sub password_of { my ($name, $password) = @_; $ctl->does('user', 'passwd', $name, '--stdin', { stdin => "$password\n" }) }
password_of('alice', 'another secret 1');
@status = map { reply_to($_)->status } all_at_once(16, 'alice', $PASSWORD);
is_deeply \@status, [(401) x 16], 'S9.50: a changed password ends the old one at once, in all children';
is basic('alice', 'another secret 1')->status, 200, 'S9.50: the new password lets in';
is basic('alice', $PASSWORD)->header('WWW-Authenticate'), 'Basic realm="users"', '401 asks for a name and password';
password_of('alice', $PASSWORD);
is basic('alice', $PASSWORD)->status, 200, 'S9.50: what was wrong a moment ago is right when it becomes the password';
is basic('bobby', $PASSWORD)->status, 200, 'a second user is let in';
$ctl->does('user', 'disable', 'bobby');
is_deeply [statuses('bobby', $PASSWORD, 12)], [(401) x 12], 'S9.50: a disabled user is refused at once';
$ctl->does('user', 'enable', 'bobby');
is basic('bobby', $PASSWORD)->status, 200, 'S9.50: an enabled user is admitted again at once';
is basic('dora1', $PASSWORD)->status, 200, 'a third user is let in';
$ctl->does('user', 'delete', 'dora1', '--yes');
is_deeply [statuses('dora1', $PASSWORD, 2)], [401, 401], 'S9.50: a deleted user is refused at once';

# ---- A wrong one ----

is hashes_of(sub { @status = statuses('carol', 'an old secret', 50) }), 1, 'S9.50: the same wrong password 50 times: one hash';
is_deeply \@status, [(401) x 50], 'S9.50: refused each time';
is basic('carol', $PASSWORD)->status, 200, 'S9.50: its owner is not locked out';
is hashes_of(sub { @status = map { reply_to($_)->status } all_at_once(8, 'carol', 'another old one') }), 1, 'S9.50: eight times at once: one hash';
is_deeply \@status, [(401) x 8], 'S9.50: eight simultaneous wrong passwords are refused';
is hashes_of(sub { @status = statuses('nobody here', 'an old secret', 20) }), 1, 'S9.3: a name that is unknown is treated alike';
is_deeply \@status, [(401) x 20], 'S9.3: requests with an unknown name get 401, as with a wrong password';
is hashes_of(sub { @status = map { basic('carol', "guess $_")->status } 1 .. 20 }), 8, 'S9.4: other wrong ones are counted as before';
is_deeply \@status, [(401) x 8, (429) x 12], 'S9.4: up to the limit, with the two of before';
is_deeply [statuses('carol', 'an old secret', 2), statuses('carol', $PASSWORD, 2)], [(429) x 4], 'S9.4: beyond the limit neither a wrong nor a right password is confirmed';
$ctl->does('throttle', 'clear', '--account', 'carol');
is basic('carol', $PASSWORD)->status, 200, 'until it is cleared';

is basic('filer', 'password')->status, 200, "another provider's user";
is hashes_of(sub { @status = statuses('filer', 'password', 30) }), 0, 'is not hashed for again and again';
is_deeply \@status, [(200) x 30], "another provider's user is let in";

# ---- A child that dies while others wait for its answer ----

$hashes->hold;
my ($first) = all_at_once(1, 'alice', 'wrong 1');
ok wait_until(sub { $hashes->running == 1 }), 'one password is being verified';
my ($victim) = $hashes->running;
my @others;
ok wait_until(sub {    # who waits in another child outlives this one
    push @others, all_at_once(1, 'alice', 'wrong 1') if @others < 12;
    grep { my $pid = served_by($site, $_); $pid && $pid != $victim } @others;
}, 30), 'others wait, one of them elsewhere';
kill KILL => $victim;
ok wait_until(sub { grep { $_ != $victim } $hashes->running }, 30), 'S9.34: killed: another one verifies';
$hashes->release;
is_deeply [grep { $_ ne 401 && $_ ne 'cut' } map { my $reply = eval { reply_to($_) }; $reply && $reply->status ? $reply->status : 'cut' } @others], [],
    'S9.34: those who waited elsewhere get their answer';

# ---- mod_authn_socache in front of it ----

my $cached = site(<<'CONF', modules => ['authn_socache'], files => { 'htdocs/basic/a.txt' => "inside\n" }, start => 0);
AuthnCacheEnable
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider socache lucia
    AuthnCacheProvideFor lucia
    Require valid-user
</Location>
CONF
my ($test, $said) = $cached->configtest;
like $said, qr/LUCI0451: \S+:\d+: AuthBasicProvider socache lucia: mod_authn_socache caches nothing for lucia.*Remove socache/, 'S9.47: the configuration test says that mod_authn_socache caches nothing';
like $said, qr/LUCI0451: \S+:\d+: AuthnCacheProvideFor lucia: .*Remove lucia/, 'S9.47: the configuration test reports AuthnCacheProvideFor lucia';
is $test, 0, 'S9.47: the configuration test passes with mod_authn_socache';
$cached->start;
sign_up($cached, 'alice');
is_deeply [map { $cached->request(basic_request('alice', $_))->status } ($PASSWORD) x 3, 'wrong 1', $PASSWORD], [200, 200, 200, 401, 200], 'S9.47: mod_authn_socache changes no answer';

# ---- Git ----

my $repository = $site->dir . '/htdocs/basic/things.git';
my $work = $site->dir . '/work';
my $origin = $site->url('/basic/things.git') =~ s{//}{//alice:@{[uri_escape($PASSWORD)]}@}r;
my $output = `(git init -q -b main $work && cd $work && echo hello >a && git add a && git -c user.name=a -c user.email=a\@example.com commit -qm 'area: add a' && git clone -q --bare . $repository && cd $repository && git update-server-info) 2>&1`;
is hashes_of(sub { $output .= `GIT_TERMINAL_PROMPT=0 git -c protocol.version=0 clone -q $origin $work/cloned 2>&1` }), 0, 'S9.46: git clone: nothing is hashed again';
is LuciaTest::Server::slurp("$work/cloned/a"), "hello\n", 'S9.46: git clones through the gate' or diag $output;

unlike $site->error_log, qr/\Q$PASSWORD\E|an old secret|guess \d|LUCI0404/, 'no password in the log, and no lack of slots';
done_testing;
