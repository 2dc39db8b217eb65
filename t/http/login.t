# SPDX-License-Identifier: Apache-2.0
# Sign-in: what is accepted, what is refused, the new session, hashes of other kinds.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;
use Time::HiRes ();

my $site = site('', throttle => 0);

sub post { my @fields = @_; $site->request(POST => '/login', form(@fields)) }
sub answer { my ($reply) = @_; $reply->status . ' ' . (error_in($reply) // $reply->location // '') }

# ---- The page ----

my $page = $site->request(GET => '/login');
is $page->status, 200, 'the sign-in page answers 200';
like $page->body, qr{<form method="post" action="">}, 'has a form, which goes to the page itself';
like $page->body, qr/<input id="password"[^>]*type="password"[^>]*autocomplete="current-password"/s, 'S9.9: the password field';
like $page->body, qr/<input id="username"[^>]*autocomplete="username"/s, 'S9.9: the name field';
is $site->request(HEAD => '/login')->header('Content-Length'), length $page->body, 'HEAD of the sign-in page has its length';

# ---- Success ----

sign_up($site, 'User123', path => '/signup');
my $reply = post(username => 'User123', password => $PASSWORD);
is answer($reply), '302 /', 'a form signs in and goes home';
my $cookie = cookie_of($reply);
like $cookie->{value}, qr/^[a-z0-9]{40}$/, 'a sign-in sets a session id of 40 characters';
ok row_of($site, $cookie), 'the new session is in the table';
for my $name (qw(user123 USER123 uSER123)) {
    $reply = post(username => $name, password => $PASSWORD);
    is answer($reply), '302 /', "$name is the same account";
    like text_in($site->request(GET => '/', cookie => cookie_of($reply))), qr/Username: User123/, 'the profile shows the name as it was typed at sign-up';
}
$reply = $site->request(POST => '/login', json({ username => 'user123', password => $PASSWORD }));
is $reply->status . ' ' . $reply->location, '302 /', 'JSON signs in with a redirect';
$reply = $site->request(POST => '/login', json({ username => 'user123', password => $PASSWORD }), accept => 'application/json');
is $reply->status, 200, 'a JSON sign-in that accepts JSON answers 200';
is $reply->json->{user}{username}, 'User123', 'a JSON sign-in returns the user';
$reply = $site->request(POST => '/login', form(username => 'user123', password => $PASSWORD), accept => 'application/json');
is $reply->status, 200, 'a form too, when it wants JSON';
is scalar(set_cookies($reply)), 1, 'a form sign-in that accepts JSON sets one cookie';
for my $method (qw(GET HEAD)) {
    is answer($site->request($method => '/login', cookie => $cookie)), '302 /', "$method by a signed-in visitor goes home";
}

sign_up($site, 'Ünïcode ß');
is answer(post(username => 'üNÏCODE ß', password => $PASSWORD)), '302 /', 'lower-casing is Unicode';
isnt answer(post(username => 'unicode ß', password => $PASSWORD)), '302 /', 'lower-casing keeps accents';

# ---- A password as NFKC ----

sign_up($site, 'composed', password => "caf\x{e9} \x{fb01}ne");
ok sign_in($site, 'composed', password => "cafe\x{301} fine"), 'a password is compared in NFKC';

# ---- Rotation ----

my $rows = count_of($site, 'user_session');
my $old = sign_in($site, 'user123');
my $new = sign_in($site, 'user123', cookie => $old);
isnt $new->{value}, $old->{value}, 'S9.11: signing in with a session gives another one';
is row_of($site, $old), undef, 'S9.11: signing in with a session removes its row';
is count_of($site, 'user_session'), $rows + 1, 'S9.11: one session stays one';
sign_up($site, 'other');
my $others = sign_in($site, 'other', cookie => $new);
is row_of($site, $new), undef, 'S9.11: signing in as another user ends the old session';
my $planted = 'auth_session=' . 'a' x 40;
$new = sign_in($site, 'user123', cookie => $planted);
isnt $new->{value}, 'a' x 40, 'S9.11: an unknown id is never adopted';
is row_of($site, { value => 'a' x 40 }), undef, 'S9.11: an unknown id is never stored';
$reply = $site->request(POST => '/login', form(username => 'user123', password => $WRONG), cookie => $new);
is $reply->status, 400, 'a failed sign-in with a session';
ok row_of($site, $new), 'leaves it alive';
is cookie_of($reply), undef, 'a failed sign-in sets no cookie';

# ---- Refusals ----

my $incorrect = '400 Incorrect username or password';
is answer(post(username => 'user123', password => $WRONG)), $incorrect, 'a wrong password';
is answer(post(username => 'nobody', password => $PASSWORD)), $incorrect, 'an unknown user';
is answer(post(username => 'user123', password => uc $PASSWORD)), $incorrect, 'S9.2: a password in another case is wrong';
is answer(post(username => 'user123', password => "$PASSWORD ")), $incorrect, 'another blank at the end';
is answer(post(username => ' user123 ', password => $PASSWORD)), '302 /', 'blanks around the name, which a phone\'s keyboard adds, do not count';
is answer(post(username => 'u', password => 'p')), $incorrect, 'S1.10: one character each is long enough to be tried';
is answer(post(username => 'u' x 31, password => 'p' x 255)), $incorrect, 'S1.10, S9.1: a name of 31 and a password of 255 characters are tried';
for my $case (['', 'p'], ['u' x 32, 'p'], ["a\nb", 'p'], [undef, 'p']) {
    my ($name, $password) = @$case;
    my @fields = (password => $password);
    unshift @fields, username => $name if defined $name;
    is answer(post(@fields)), '400 Invalid username', 'S1.10: a username of ' . (defined $name ? length $name : 'no') . ' characters';
}
for my $password ('', 'p' x 256, undef) {
    my @fields = (username => 'user123');
    push @fields, password => $password if defined $password;
    is answer(post(@fields)), '400 Invalid password', 'S9.1: a password of ' . (defined $password ? length $password : 'no') . ' characters';
}
is $site->request(POST => '/login', json({ username => 'user123', password => $WRONG }))->body,
    '{"error":"Incorrect username or password"}', 'JSON in, JSON out';
is $site->request(POST => '/login', json({ username => ['user123'], password => $PASSWORD }))->body,
    '{"error":"Invalid username"}', 'an array is no username';
$reply = post(username => '"><svg onload=alert(1)>', password => 'hunter22');
like $reply->body, qr/value="&quot;&gt;&lt;svg onload=alert\(1\)&gt;"/, 'S9.22: the name is kept, escaped';
unlike $reply->body, qr/hunter22|<svg onload/, 'the password is not, and no markup';

for my $at (73, 129, 255) {
    my $password = 'x' x 255;
    sign_up($site, "long$at", password => $password);
    substr $password, $at - 1, 1, 'y';
    is answer(post(username => "long$at", password => $password)), $incorrect, "S9.2: another character at $at";
    ok sign_in($site, "long$at", password => 'x' x 255), "S9.2: the right one signs in";
}

# ---- Disabled users ----

my $session = sign_in($site, 'other');
sqlite($site->db, "UPDATE auth_user SET disabled = 1 WHERE username = 'other'");
is answer(post(username => 'other', password => $PASSWORD)), $incorrect, 'a disabled user is not told apart';
is answer($site->request(GET => '/', cookie => $session)), '302 /login', 'S9.13: the session of a disabled user is invalid';
sqlite($site->db, "UPDATE auth_user SET disabled = NULL WHERE username = 'other'");
is $site->request(GET => '/', cookie => $session)->status, 200, 'enabled again, it is good';

# ---- Stored hashes of other kinds ----

sub store { sqlite($site->db, "UPDATE user_key SET hashed_password = ? WHERE id = 'username:other'", $_[0]) }
sub stored { sqlite_value($site->db, "SELECT hashed_password FROM user_key WHERE id = 'username:other'") }

for my $case (
    ['a weaker Argon2id', 'password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
    ['Argon2i', 'password', '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8'],
    ['apr1', 'password', '$apr1$abcdefgh$FBwExRW4dCc8aL.OvjpIE1'],
    ['SHA-1', 'password', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
) {
    my ($kind, $password, $hash) = @$case;
    store($hash);
    is answer(post(username => 'other', password => $WRONG)), $incorrect, "$kind: a wrong password";
    is stored(), $hash, "$kind: changes nothing";
    ok sign_in($site, 'other', password => $password), "$kind signs in";
    like stored(), qr/^\$argon2id\$v=19\$m=8,t=1,p=1\$/, "S9.6: $kind is replaced by the configured kind and cost";
    ok sign_in($site, 'other', password => $password), "$kind: and signs in again";
}

my $weak = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
store($weak);
refuse_updates($site->db, 'user_key');
ok sign_in($site, 'other', password => 'password'), 'S9.6: a replacement that fails does not fail the sign-in';
is stored(), $weak, 'S9.6: the hash stays';
like $site->error_log, qr/LUCI0201: the outdated password hash of user [a-z0-9]{15} could not be replaced/, 'S9.6: the log says that the hash was not replaced';
refuse_updates($site->db);
ok sign_in($site, 'other', password => 'password'), 'S9.6: a sign-in succeeds when the hash can be written again';
isnt stored(), $weak, 'S9.6: the hash is replaced when it can be written again';

# ---- Stored hashes that nobody should have ----

my $tag = 'nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
for my $hash (undef, '', 'garbage', '$argon2id$', '$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$' . $tag,
    '$argon2id$v=19$m=256,t=4294967295,p=1$c29tZXNhbHQ$' . $tag, '$argon2id$v=19$m=256,t=2,p=255$c29tZXNhbHQ$' . $tag,
    '$argon2id$v=19$m=256,t=2,p=1$$', 's2:', 's2:salt:', ':', "\$2y\$31\$" . "a" x 53, $PASSWORD, 'plain') {
    store($hash);
    my $best = 1e9;
    for my $try (1 .. 3) {
        my $start = Time::HiRes::time();
        $reply = post(username => 'other', password => $hash // $PASSWORD) if $try == 1;
        $reply = post(username => 'other', password => $PASSWORD) if $try > 1;
        my $took = Time::HiRes::time() - $start;
        $best = $took if $took < $best;
    }
    my $shown = $hash // 'NULL';
    is answer($reply), $incorrect, "S9.7: stored hash '$shown' does not sign in";
    cmp_ok $best, '<', $ENV{SANITIZE} ? 0.5 : 0.05, 'S9.7: a hash that does not sign in is refused within 50 ms';
}
is answer(post(username => 'other', password => 'plain')), $incorrect, 'S9.7: a password as it is, stored, does not match itself';

done_testing;
