# SPDX-License-Identifier: Apache-2.0
# A sign-up form that a browser sends twice, as by a double click on "Create account", for which the first answer is dropped: it
# makes one account and ends signed in as it. It opens nothing that sign-in would not open, and counts as a sign-in.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $server = LuciaTest::Server->new(config => CHEAP_SITE . VAULT . <<'CONF', files => { 'htdocs/vault/a.txt' => SECRET });
LuciaSessionCache off
LuciaThrottle account=3/15min ip=1000/15min
CONF

sub fields { my ($name, $password) = @_; return (username => $name, password => $password // $PASSWORD) }
sub browser { return navigation('Sec-Fetch-Site' => 'same-origin', @_) }
sub again { my ($name, $password, @more) = @_; return $server->request(POST => '/signup', form(fields($name, $password)), browser(), @more) }
sub vault { my ($cookie) = @_; return $server->request(GET => '/vault/a.txt', cookie => $cookie) }
sub is_taken {
    my ($reply, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is $reply->status, 400, $name or diag $reply->bytes;
    like $reply->body, qr/Username already taken/, "$name: taken";
    is scalar(set_cookies($reply)), 0, "$name: no cookie";
    return;
}
sub rows { my ($name) = @_; return sqlite_value($server->db, 'SELECT count(*) FROM auth_user WHERE username = ?', $name) }
sub user_of { my ($reply) = @_; return sqlite_value($server->db, 'SELECT u.username FROM auth_user u JOIN user_session s ON s.user_id = u.id WHERE s.id = ?', stored_id(cookie_of($reply))) }

subtest 'both at once' => sub {
    for my $round (1 .. 5) {
        my $name = "double $round";
        my $bytes = $server->bytes_of(POST => '/signup', form(fields($name)), browser());
        my @sockets = map { $server->connect } 1, 2;
        syswrite $_, substr $bytes, 0, -1 for @sockets;
        syswrite $_, substr $bytes, -1 for @sockets;
        my @replies = map { LuciaTest::Reply->parse($server->raw('', socket => $_), 'POST') } @sockets;
        is join(' ', map { $_->status . ' ' . $_->location } @replies), '302 / 302 /', 'both end at home';
        is rows($name), 1, 'there is one account';
        is user_of($_), $name, 'each cookie is its' for @replies;
        is_served vault(cookie_of($_)), 'each cookie of the simultaneous sign-ups works' for @replies;
        isnt cookie_of($replies[0])->{value}, cookie_of($replies[1])->{value}, 'each has a session of its own';
    }
};

subtest 'the browser goes away before the first answer' => sub {
    my $first = $server->connect;
    syswrite $first, $server->bytes_of(POST => '/signup', form(fields('dropped')), browser());
    close $first;
    my $reply = again('dropped');
    is $reply->status, 302, 'the second is answered as the first would have been';
    is user_of($reply), 'dropped', 'the repeated sign-up ends signed in';
    is user_of(again('dropped')), 'dropped', 'a third sign-up ends signed in';
    is rows('dropped'), 1, 'there is one account';
    $reply = $server->request(POST => '/signup?next=/vault/a.txt', form(fields('dropped')), browser());
    is $reply->location, '/vault/a.txt', 'next is kept';
};

subtest 'JSON' => sub {
    my @as_script = (headers => { Accept => 'application/json', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Site' => 'same-origin' });
    for (1, 2) {
        my $reply = $server->request(POST => '/api/signup', json({ fields('jason') }), @as_script);
        is $reply->status, 201, 'a repeated JSON sign-up answers 201';
        is $reply->json->{user}{username}, 'jason', 'a repeated JSON sign-up returns the user';
        is user_of($reply), 'jason', 'a repeated JSON sign-up sets a session';
    }
    my $reply = $server->request(POST => '/api/signup', json({ fields('jason') }), accept => 'application/json');
    is $reply->status . $reply->body, '400{"error":"Username already taken"}', 'a program hears that the name is taken';
    $reply = $server->request(POST => '/api/signup', json({ fields('jason', 'another one') }), @as_script);
    is $reply->status . $reply->body, '400{"error":"Username already taken"}', 'a repeated JSON sign-up with a wrong password is refused';
};

subtest 'whatever else is taken' => sub {
    is again('taken')->status, 302, 'a first sign-up makes an account';
    is_taken again('taken', 'wrong one'), 'a repeated sign-up with another password is refused';
    is_taken again('Taken'), 'a repeated sign-up in another spelling is refused';
    is_taken $server->request(POST => '/signup', form(fields('taken'))), 'a repeated sign-up of a program is refused';
    my ($user) = @{ sqlite($server->db, q{SELECT id, created_at FROM auth_user WHERE username = 'taken'}) };
    my $set = sub { sqlite($server->db, 'UPDATE auth_user SET created_at = ? WHERE id = ?', $_[0], $user->{id}) };
    $set->($user->{created_at} - 61_000);
    is_taken again('taken'), 'made more than a minute ago';
    $set->($user->{created_at} + 600_000);
    is_taken again('taken'), 'made in the future';
    $set->(undef);
    is_taken again('taken'), 'nobody knows when';
    $set->($user->{created_at});
    my $cookie = cookie_of(again('taken'));
    ok $cookie, 'in time: signed in';
    sqlite($server->db, 'UPDATE auth_user SET disabled = 1 WHERE id = ?', $user->{id});
    is_taken again('taken'), 'a repeated sign-up of a disabled user is refused';
    sqlite($server->db, 'UPDATE auth_user SET disabled = 0 WHERE id = ?', $user->{id});
    sqlite($server->db, 'DELETE FROM user_session WHERE user_id = ?', $user->{id});
    is_taken again('taken'), 'signed out meanwhile';
};

subtest 'it counts as a sign-in' => sub {
    is again('guessed')->status, 302, 'a first sign-up of the guessed account works';
    my $from = length $server->error_log;
    is_taken again('guessed', "wrong $_"), "wrong password $_" for 1 .. 3;
    is_taken again('guessed'), 'the right one is not looked at any more';
    is $server->request(POST => '/login', form(fields('guessed')))->status, 429, 'S9.4: the guessed account gets 429 at sign-in';
    my @events = substr($server->error_log, $from) =~ /LUCI0610: .*?event=(\w+) .*?reason=(\w+)/g;
    is join(' ', @events), join(' ', ('sign_up name_taken sign_in wrong_password') x 3, 'sign_up name_taken sign_in throttled', 'sign_in throttled'),
        'each is two events';
    is again('free')->status, 302, 'a first sign-up of another account works';
    is $server->request(POST => '/login', form(fields('free', 'wrong one')))->status, 400, 'a wrong password at sign-in';
    is_taken again('free', "wrong $_"), 'a wrong password at a repeated sign-up is refused' for 1, 2;
    is again('free')->status, 400, 'are counted together';
};

unlike $server->error_log, qr/exit signal|correct horse/, 'no child died, no password in the log';
done_testing;
