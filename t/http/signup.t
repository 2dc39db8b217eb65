# SPDX-License-Identifier: Apache-2.0
# Sign-up: the page, what is stored, the limits, names that are taken.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;
use Time::HiRes ();

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = site(<<'CONF');
<Location /closed>
    SetHandler luciauth-signup
    LuciaSignup Off
</Location>
CONF

sub post { my @fields = @_; $site->request(POST => '/signup', form(@fields)) }
sub refused {
    my ($reply, $message, $what) = @_;
    is $reply->status . ' ' . (error_in($reply) // ''), "400 $message", $what;
    return;
}

# ---- The page ----

is count_of($site, 'auth_user'), 0, 'S9.8: a fresh install has no accounts';
my $page = $site->request(GET => '/signup');
is $page->status, 200, 'the sign-up page answers 200';
like $page->type, qr{^text/html; charset=utf-8$}, 'is HTML in UTF-8';
like $page->body, qr{<form method="post" action="">}, 'the sign-up form goes to the page itself';
my ($input) = $page->body =~ /(<input id="password"[^>]*>)/s;
like $input, qr/name="password" type="password"/, 'S9.9: the password field has type=password';
like $input, qr/autocomplete="new-password"/, 'S9.9: the password field has autocomplete=new-password';
like $page->body, qr/<input id="username"[^>]*autocomplete="username"/s, 'S9.9: the name field has autocomplete=username';
unlike $page->body, qr/\bon(?:paste|input|keydown)\b|<script/i, 'S9.9: nothing hinders pasting';
unlike $page->body, qr/role="alert"/, 'no error on a fresh page';
my $head = $site->request(HEAD => '/signup');
is $head->status, 200, 'HEAD of the sign-up page answers 200';
is $head->header('Content-Length'), length $page->body, 'HEAD of the sign-up page has its length';
is length $head->rest, 0, 'HEAD of the sign-up page has no body';

# ---- Success ----

my $before = int(Time::HiRes::time() * 1000);
my $reply = post(username => 'Alice', password => $PASSWORD);
my $after = int(Time::HiRes::time() * 1000) + 1;
is $reply->status, 302, 'a form signs up';
is $reply->location, '/', 'a sign-up leads home';
my $alice = cookie_of($reply);
like $alice->{value}, qr/^[a-z0-9]{40}$/, 'a sign-up sets a session id of 40 characters';
my $users = sqlite($site->db, 'SELECT * FROM auth_user');
is @$users, 1, 'a sign-up stores one user';
like $users->[0]{id}, qr/^[a-z0-9]{15}$/, 'the user id has 15 characters';
is $users->[0]{username}, 'Alice', 'the attribute keeps the case that was typed';
ok $users->[0]{created_at} >= $before && $users->[0]{created_at} <= $after, 'the user has the time of the sign-up';
is $users->[0]{disabled}, undef, 'a new user is not disabled';
my $keys = sqlite($site->db, 'SELECT * FROM user_key');
is @$keys, 1, 'a sign-up stores one key';
is $keys->[0]{id}, 'username:alice', 'of the lower-cased name';
is $keys->[0]{user_id}, $users->[0]{id}, 'of that user';
like $keys->[0]{hashed_password}, qr/^\$argon2id\$v=19\$m=8,t=1,p=1\$/, 'S9.6: the hash has the configured kind and cost';
my $row = row_of($site, $alice);
is $row->{user_id}, $users->[0]{id}, 'the new session belongs to the new user';
is $row->{address}, '127.0.0.1', "the new session has the client's address";

is $site->request(GET => '/', cookie => $alice)->status, 200, 'the new session is good';
for my $method (qw(GET HEAD)) {
    $reply = $site->request($method => '/signup', cookie => $alice);
    is $reply->status . ' ' . $reply->location, '302 /', "$method by a signed-in visitor goes home";
}

$reply = $site->request(POST => '/signup', json({ username => 'bobby', password => $PASSWORD }));
is $reply->status . ' ' . $reply->location, '302 /', 'JSON signs up as well, with a redirect';
ok cookie_of($reply), 'a JSON sign-up sets a cookie';
$reply = $site->request(POST => '/signup', json({ username => 'carol', password => $PASSWORD }), accept => 'application/json');
is $reply->status, 201, 'a sign-up that accepts JSON answers 201';
is $reply->json->{user}{username}, 'carol', 'a JSON sign-up returns the user';
is $reply->location, undef, 'a JSON sign-up has no Location';

my $old = sign_in($site, 'bobby');
my $new = sign_up($site, 'dora', cookie => $old);
isnt $new->{value}, $old->{value}, 'S9.11: signing up with a session makes a new one';
is row_of($site, $old), undef, 'S9.11: signing up ends the session that the request carried';
like text_in($site->request(GET => '/', cookie => $new)), qr/Username: dora/, 'the new one is the new user';

# ---- Limits, in UTF-16 units ----

my $longest_password = 'p' x 255;
my @names = ([3, 400], [4, 302], [31, 302], [32, 400]);
for my $case (@names) {
    my ($length, $status) = @$case;
    $reply = post(username => 'n' x $length, password => $PASSWORD);
    is $reply->status, $status, "S1.10: a username of $length";
    refused($reply, 'Invalid username', "S1.10: a username of $length is refused") if $status == 400;
}
for my $case ([5, 400], [6, 302], [255, 302], [256, 400]) {
    my ($length, $status) = @$case;
    $reply = post(username => "pass$length", password => 'p' x $length);
    is $reply->status, $status, "S9.1: a password of $length";
    refused($reply, 'Invalid password', "S9.1: a password of $length is refused") if $status == 400;
}
is post(username => '😀😀', password => $PASSWORD)->status, 302, 'S1.10: two emoji are four units';
refused(post(username => '😀a', password => $PASSWORD), 'Invalid username', 'S1.10: one and a letter are three');
is post(username => '😀' x 15 . 'x', password => $PASSWORD)->status, 302, 'S1.10: 31 units of emoji';
refused(post(username => '😀' x 16, password => $PASSWORD), 'Invalid username', 'S1.10: 32 units of emoji');
is post(username => 'emojipass', password => '😀' x 127 . 'x')->status, 302, 'S9.1: a password of 255 units of emoji';
refused(post(username => 'emojipass2', password => '😀' x 128), 'Invalid password', 'S9.1: 256 units of emoji');
is post(username => 'äöü€', password => 'ääääää')->status, 302, 'S9.1: other letters count one each';
is post(username => 'spaces', password => '  six  ')->status, 302, 'S9.1: spaces in a password';
is $site->request(POST => '/login', form(username => 'spaces', password => 'six'))->status, 400, 'S9.1: sign-in fails without the spaces of the password';
ok sign_in($site, 'spaces', password => '  six  '), 'S9.1: sign-in succeeds with the spaces of the password';

# ---- Invalid fields ----

for my $case (
    ['no username',         'Invalid username', { password => $PASSWORD }],
    ['no password',         'Invalid password', { username => 'edith' }],
    ['nothing at all',      'Invalid username', {}],
    ['a number as name',    'Invalid username', { username => 12345, password => $PASSWORD }],
    ['a number as password', 'Invalid password', { username => 'edith', password => 123456 }],
    ['an array as name',    'Invalid username', { username => ['edith'], password => $PASSWORD }],
    ['an object as password', 'Invalid password', { username => 'edith', password => { a => 'bcdefg' } }],
    ['null',                'Invalid username', { username => undef, password => $PASSWORD }],
    ['true',                'Invalid password', { username => 'edith', password => JSON::PP::true() }],
) {
    my ($what, $message, $body) = @$case;
    $reply = $site->request(POST => '/signup', json($body));
    refused($reply, $message, $what);
    is $reply->body, qq({"error":"$message"}), "$what: JSON in, JSON out";
}
refused(post(password => $PASSWORD), 'Invalid username', 'a form without a username');
refused(post(username => 'edith'), 'Invalid password', 'a form without a password');
refused(post(username => '', password => ''), 'Invalid username', 'an empty form');

for my $bad ("new\nline", "return\r!", "tab\there", "esc\e[31m", "del\x7f!", "c1 \x{85} control", "\x{9b}31mcsi", "line\x{2028}sep") {
    utf8::upgrade($bad);
    my $shown = $bad =~ s/([^ -~])/sprintf '<%02x>', ord $1/ger;
    refused(post(username => $bad, password => $PASSWORD), 'Invalid username', "S9.22: $shown cannot be stored");
}

# ---- Taken ----

my $rows = join ' ', map { count_of($site, $_) } qw(auth_user user_key user_session);
for my $name (qw(Alice alice ALICE aLiCe ÄÖÜ€)) {
    refused(post(username => $name, password => $PASSWORD), 'Username already taken', "$name is taken");
}
is join(' ', map { count_of($site, $_) } qw(auth_user user_key user_session)), $rows, 'a sign-up with a taken name stores nothing';
$reply = $site->request(POST => '/signup', json({ username => 'ALICE', password => $PASSWORD }));
is $reply->body, '{"error":"Username already taken"}', 'a JSON sign-up with a taken name returns the error';
is cookie_of($reply), undef, 'a sign-up with a taken name sets no cookie';

# ---- The page after an error ----

my $svg = '"><svg onload=alert(1)>';
$reply = $site->request(POST => '/signup?next=%2Finbox', form(username => $svg, password => 'tiny5'));
refused($reply, 'Invalid password', 'an error comes with the page');
like $reply->body, qr/value="&quot;&gt;&lt;svg onload=alert\(1\)&gt;"/, 'S9.22: the name is kept, escaped';
unlike $reply->body, qr/<svg onload/, 'S9.22: the page has no unescaped name';
unlike $reply->body, qr/tiny5/, 'the password is not kept';
like $reply->body, qr{name="next" value="/inbox"}, 'the page after a refused sign-up keeps next';
like $reply->body, qr/aria-invalid="true"[^>]*>/, 'the error is tied to its field';
is $reply->location, undef, 'a refused sign-up has no Location';
is cookie_of($reply), undef, 'a refused sign-up sets no cookie';

# ---- Closed ----

for my $request ([GET => '/closed'], [POST => '/closed', form(username => 'frank', password => $PASSWORD)]) {
    $reply = $site->request(@$request);
    is $reply->status, 403, "LuciaSignup Off: $request->[0] is 403";
    is cookie_of($reply), undef, 'LuciaSignup Off: a refused sign-up sets no cookie';
}
is sqlite_value($site->db, "SELECT count(*) FROM auth_user WHERE username = 'frank'"), 0, 'LuciaSignup Off stores no user';
like $site->request(POST => '/closed', json({ username => 'frank', password => $PASSWORD }))->type, qr{^application/json},
    'JSON gets it in JSON';

# ---- Many at once ----

pipe my $from, my $to or die $!;
my @pids;
for my $n (1 .. 10) {
    defined(my $pid = fork) or die $!;
    if (!$pid) {
        my @statuses = map { post(username => 'Racer', password => $PASSWORD)->status } 1 .. 10;
        syswrite $to, "@statuses\n";
        POSIX::_exit(0);
    }
    push @pids, $pid;
}
close $to;
my %seen;
$seen{$_}++ for map { split } <$from>;
waitpid $_, 0 for @pids;
is_deeply \%seen, { 302 => 1, 400 => 99 }, 'S9.34: of 100 identical sign-ups exactly one wins';
is sqlite_value($site->db, "SELECT count(*) FROM auth_user WHERE username = 'Racer'"), 1, 'S9.34: 100 identical sign-ups make one user';
is sqlite_value($site->db, 'SELECT count(*) FROM auth_user u LEFT JOIN user_key k ON k.user_id = u.id WHERE k.id IS NULL'), 0,
    'S9.34: no user without a key';

my $hashes = sqlite($site->db, 'SELECT hashed_password FROM user_key');
my %salts = map { (split /\$/, $_->{hashed_password})[4] => 1 } @$hashes;
is keys %salts, @$hashes, 'S9.6: each hash has its own salt';

done_testing;
