# SPDX-License-Identifier: Apache-2.0
# The audit log: one line for each thing that somebody tried, with its true reason, and nothing secret in it. S9.15: no
# password and no id; S9.22: whatever a name holds, a line stays a line. Notes for CustomLog.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256_hex);
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $server = LuciaTest::Server->new(
    throttle => 0,
    config => CHEAP_SITE . BASIC . <<'CONF',
LuciaAuditLog logs/audit.log
LogLevel luciauth:trace8
LogFormat "%r|%>s|%{luciauth-user}n|%{luciauth-user-id}n|%{luciauth-session}n|%{luciauth-event}n|%{luciauth-reason}n" notes
CustomLog @dir@/logs/notes notes
RewriteEngine On
RewriteRule ^/inside$ /vault/a.txt [PT]
ErrorDocument 404 /vault/a.txt
<Location /vault/>
    AuthType Lucia
    Require valid-user
    LuciaBearer On
</Location>
<Location /closed>
    SetHandler luciauth-signup
    LuciaSignup Off
</Location>
CONF
    files => { map { ("htdocs/$_/a.txt" => SECRET, "htdocs/$_/index.html" => SECRET) } qw(vault basic) },
);
my $log = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my $origin = $server->origin;

# What was logged for one request: its status and the line's words, without those that are alike everywhere.
sub one {
    my ($name, $status, $wanted, @request) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $reply = $server->request(@request);
    is $reply->status, $status, "$name: $status" or diag $reply->bytes;
    my @events = $log->events(1);
    is scalar(@events), 1, '  is one line';
    my %event = %{ $events[0] };
    my ($time, $address, $vhost) = delete @event{qw(time address vhost)};
    is "$address $vhost", '127.0.0.1 127.0.0.1', "$name: the line has address and virtual host";
    is_deeply \%event, { result => $wanted->{reason} ? 'failure' : 'ok', reason => '-', %$wanted }, "$name: the line has event, result and reason" or diag explain \%event;
    return $reply;
}
sub login { my ($name, $password) = @_; return (POST => '/login', form(username => $name, password => $password)) }
sub user_id { return sqlite_value($server->db, 'SELECT id FROM auth_user WHERE username = ?', $_[0]) }
sub tag { return substr stored_id($_[0]), 0, 12 }

# The line before is known only afterwards.
sub arrives {
    my ($name, $event, $account, @request) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $reply = $server->request(@request);
    my $cookie = cookie_of($reply) or return fail "$name: " . $reply->bytes;
    my ($line) = my @lines = $log->events(1);
    is scalar(@lines), 1, "$name is one line";
    is_deeply [@$line{qw(event result session user account)}], [$event, 'ok', tag($cookie), user_id($account), $account], '  with the account, its id and its session';
    is_deeply [map { $_->{id} } grep { index($_->{id}, $line->{session}) == 0 } @{ sqlite($server->db, 'SELECT id FROM user_session') }],
        [stored_id($cookie)], '  which begins the row\'s id';
    return $cookie;
}

my $cookie = arrives('a sign-up', 'sign_up', 'Alice', POST => '/signup', form(username => 'Alice', password => $PASSWORD));
my %alice = (user => user_id('Alice'), account => 'Alice');
one('a name that is taken', 400, { event => 'sign_up', reason => 'name_taken', account => 'ALICE' },
    POST => '/signup', form(username => 'ALICE', password => $PASSWORD));
one('a name that is too short', 400, { event => 'sign_up', reason => 'invalid_username' }, POST => '/signup', form(username => 'x', password => $PASSWORD));
one('a password that is too short', 400, { event => 'sign_up', reason => 'invalid_password' }, POST => '/signup', form(username => 'bobby', password => 'x'));
one('a closed sign-up', 403, { event => 'sign_up', reason => 'closed' }, POST => '/closed', form(username => 'bobby', password => $PASSWORD));
my $second = arrives('a sign-in', 'sign_in', 'Alice', login('alice', $PASSWORD));
one('a wrong password', 400, { event => 'sign_in', reason => 'wrong_password', %alice }, login('aLICE', 'wrong-1'));
one('a password in the name\'s field', 400, { event => 'sign_in', reason => 'unknown_user' }, login('my secret pass', 'alice'));
one('a sign-in from elsewhere', 403, { event => 'sign_in', reason => 'cross_site' }, login('alice', $PASSWORD), origin => 'http://evil.example');
one('a sign-up from elsewhere', 403, { event => 'sign_up', reason => 'cross_site' },
    POST => '/signup', form(username => 'bobby', password => $PASSWORD), origin => 'http://evil.example');
one('a body that is none', 400, { event => 'sign_in', reason => 'bad_request' }, POST => '/login', json('{"username"'));
one('too large a body', 413, { event => 'sign_in', reason => 'bad_request' }, login('alice', 'x' x 9000));

# HTTP Basic: a right password comes with every request.
sub basic { return (GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$_[0]:$_[1]", '') }) }
is $server->request(basic('alice', $PASSWORD))->status, 200, 'a right password of HTTP Basic';
one('has no line; a wrong one', 401, { event => 'password_check', reason => 'wrong_password', %alice }, basic('alice', 'wrong-2'));
one('the same again', 401, { event => 'password_check', reason => 'wrong_password', repeated => 'yes', %alice }, basic('alice', 'wrong-2'));
one('an unknown user of HTTP Basic', 401, { event => 'password_check', reason => 'unknown_user' }, basic('nobody', 'wrong-3'));

# Sessions.
is $server->request(GET => '/vault/a.txt', cookie => $cookie)->status, 200, 'an active session';
expire($server, $second, active => -1000, idle => 600_000);
one('has no line; an idle one', 200, { event => 'renewal', session => tag($second), %alice }, GET => '/vault/a.txt', cookie => $second);
is $server->request(GET => '/vault/a.txt', cookie => $second)->status, 200, 'a cached session is let in without a further line';
expire($server, $cookie, active => -2000, idle => -1000);
sub is_dead { my ($at) = @_; return wait_until(sub { $server->request(GET => $at, cookie => $cookie)->status != 200 }, 20) }
ok is_dead('/vault/a.txt'), 'a dead one, once no cache knows it';
my ($expiry) = my @expiries = $log->events(1);
is_deeply [scalar(@expiries), @$expiry{qw(event result session account)}], [1, 'expiry', 'ok', tag($cookie), 'Alice'], '  is one line, and renewed and active ones have none';
one('a sign-out', 302, { event => 'sign_out', session => tag($second), %alice }, POST => '/logout', cookie => $second, origin => 1);
one('another one', 401, { event => 'sign_out', reason => 'no_session' }, POST => '/logout', cookie => $second, origin => 1);
my $disabled = sign_in($server, 'alice');
$log->events(1);
sqlite($server->db, 'UPDATE auth_user SET disabled = 1');
one('a disabled user', 400, { event => 'sign_in', reason => 'disabled', %alice }, login('alice', $PASSWORD));
sqlite($server->db, 'UPDATE auth_user SET disabled = 0');
sqlite($server->db, 'UPDATE user_key SET hashed_password = NULL');
one('a user without a password', 400, { event => 'sign_in', reason => 'no_password', %alice }, login('alice', $PASSWORD));
away($server->db);
ok settles(503, sub { $server->request(login('alice', $PASSWORD)) }), 'the database is gone';
my ($unavailable) = (my @unavailable = $log->events(1))[-1];
like "$unavailable->{event} $unavailable->{reason}", qr/^sign_in (?:unavailable|busy)$/, 'the log says that the database is unavailable';
back($server->db);
ok wait_until(sub { $server->request(login('alice', $PASSWORD))->status == 400 }, 20), 'until it is back';
$log->events(1);

# Names that want to be something else, of accounts that there are.
my @names = ('x address=1.2.3.4', 'a"b\'c\\d', '%0A%22=%', "\x{e9}\x{663c}\x{301}x", 'event=sign_in', '<b>&`id`', "\x{1F600}" x 15);
for my $name (@names) {
    my $encoded = $name;
    utf8::encode($encoded);
    (my $shown = $encoded) =~ s/([^-A-Za-z0-9._~:\/@+,\[\]])/sprintf '%%%02X', ord $1/ge;
    my $reply = $server->request(POST => '/signup', form(username => $name, password => $PASSWORD));
    is $reply->status, 302, "S9.22: $shown signs up" or diag $reply->bytes;
    my ($line) = my @lines = $log->events(1);
    is_deeply [scalar(@lines), $line->{account}, $line->{address}], [1, $shown, '127.0.0.1'], 'S9.22:   in one line, as it is';
}
for my $name ("x\naddress=1.2.3.4", "x\r\ntime=", "\e[31mred", "tab\tin") {
    one('S9.22: a control character', 400, { event => 'sign_in', reason => 'invalid_username' }, login($name, $PASSWORD));
    one('S9.22: at sign-up', 400, { event => 'sign_up', reason => 'invalid_username' }, POST => '/signup', form(username => $name, password => $PASSWORD));
}
one('S9.22: headers say nothing', 400, { event => 'sign_in', reason => 'no_password', %alice }, login('alice', 'wrong-4'), headers => {
    'User-Agent' => 'x address=1.2.3.4', 'X-Forwarded-For' => '1.2.3.4', Host => "127.0.0.1 address=1.2.3.4" =~ s/ .*//r, Referer => 'x=y' });

# ---- Secrets ----

my $text = $log->text;
is scalar($log->broken), 0, 'every line is as it should be' or diag $log->broken;
is scalar(grep { index($text, $_) >= 0 } $cookie->{value}, $second->{value}, $disabled->{value}, stored_id($second)), 0, 'S9.15: the audit log contains no session id';
unlike $text, qr/correct|horse|wrong-\d|my%20secret|argon2/i, 'S9.15: the audit log contains no password';
unlike $text, qr/[^\x20-\x7e\n]/, 'S9.22: printable ASCII alone';
unlike $server->error_log, qr/LUCI0610|event=sign/, 'the error log has none of it';
my $mode = (stat $server->dir . '/logs/audit.log')[2] & 0777;
is $mode & 027, 0, sprintf 'others can\'t read the file (%04o)', $mode;

# ---- Notes ----

sub notes {
    my @request = @_;
    my $before = length LuciaTest::Server::slurp($server->dir . '/logs/notes');
    my $reply = $server->request(@request);
    wait_until(sub { substr(LuciaTest::Server::slurp($server->dir . '/logs/notes'), $before) =~ /\n\z/ }, 20) or die 'no line';
    return [$reply->status, (split /\|/, substr(LuciaTest::Server::slurp($server->dir . '/logs/notes'), $before) =~ s/\n\z//r)[2 .. 6], $reply];
}
sub notes_are {
    my ($name, $wanted, @request) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $notes = notes(@request);
    pop @$notes;
    return is_deeply $notes, $wanted, "notes: $name" or diag explain $notes;
}
my $notes = notes(POST => '/signup', form(username => 'Bobby', password => $PASSWORD));
my $bobby = cookie_of(pop @$notes);
my @bobby = ('Bobby', user_id('Bobby'), tag($bobby));
is_deeply $notes, [302, @bobby, 'sign_up', '-'], 'notes: a sign-up';
notes_are('a gated page', [200, @bobby, '-', '-'], GET => '/vault/a.txt', cookie => $bobby);
notes_are('from the cache', [200, @bobby, '-', '-'], GET => '/vault/a.txt', cookie => $bobby);
notes_are('by a token', [200, @bobby, '-', '-'], GET => '/vault/a.txt', headers => { Authorization => "Bearer $bobby->{value}" });
notes_are('rewritten', [200, @bobby, '-', '-'], GET => '/inside', cookie => $bobby);
notes_are('after an internal redirect', [404, @bobby, '-', '-'], GET => '/nothing', cookie => $bobby);
notes_are('an index', [200, @bobby, '-', '-'], GET => '/vault/', cookie => $bobby);
notes_are('the profile', [200, @bobby, '-', '-'], GET => '/', cookie => $bobby);
notes_are('HTTP Basic', [200, @bobby[0, 1], '-', 'password_check', '-'], basic('bobby', $PASSWORD));
notes_are('a wrong password names nobody', [400, ('-') x 3, 'sign_in', 'wrong_password'], login('bobby', 'wrong-5'));
notes_are('a visitor', [401, ('-') x 5], GET => '/vault/a.txt');
notes_are('no gate', [200, ('-') x 5], GET => '/login');
notes_are('a sign-out', [302, @bobby, 'sign_out', '-'], POST => '/logout', cookie => $bobby, origin => 1);

done_testing;
