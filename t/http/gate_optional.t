# SPDX-License-Identifier: Apache-2.0
# LuciaOptional: everybody is admitted and whoever is signed in is known; a stricter place below stays strict.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $backend = LuciaTest::Backend->new;
my $who = "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: text/plain\\n\\nmoonstone for %s|%s|%s' \"\$REMOTE_USER\" \"\$AUTH_TYPE\" \"\$LUCIA_USER_ID\"\n";
my %rule = (
    valid => 'Require valid-user', granted => 'Require all granted', any => "Require user bob\nRequire valid-user",
    ip => 'Require ip 127.0.0.1', user => 'Require user alice', off => "LuciaOptional Off\nRequire valid-user",
);
my @inherited = qw(user attribute both off unsafe);
my $server = LuciaTest::Server->new(
    config => CHEAP_SITE . join('', map { "<Location /$_/>\nAuthType Lucia\nLuciaOptional On\n$rule{$_}\n</Location>\n" } sort keys %rule)
        . <<"CONF",
<Directory \@htdocs\@>
    Options +ExecCGI
</Directory>
AddHandler cgi-script .cgi
<Location /valid/user/>
    Require user alice
</Location>
<Location /valid/attribute/>
    Require lucia-attribute username alice
</Location>
<Location /valid/both/>
    <RequireAll>
        Require valid-user
        Require user alice
    </RequireAll>
</Location>
<Location /valid/off/>
    LuciaOptional Off
</Location>
ProxyPass /app/ @{[$backend->url]}
<Location /app/>
    AuthType Lucia
    LuciaOptional On
    LuciaHeaders On
    Require all granted
</Location>
CONF
    files => { map { ("htdocs/$_/who.cgi" => $who) } keys %rule, map { "valid/$_" } @inherited },
);
my ($alice, $bobby) = map { sign_up($server, $_) } qw(alice bobby);
my $dead = { name => 'auth_session', value => 'x' x 40 };
my $id = sqlite_value($server->db, "SELECT id FROM auth_user WHERE username = 'alice'");

for my $place (qw(valid granted ip any)) {
    subtest "admitted by $rule{$place}" => sub {
        for my $visitor ([navigation()], [script()], [navigation(), cookie => $dead]) {
            my $reply = $server->request(GET => "/$place/who.cgi", @$visitor);
            is $reply->status, 200, 'LuciaOptional serves an anonymous request';
            is $reply->body, 'moonstone for ||', 'an anonymous request has no name';
        }
        is scalar(set_cookies($server->request(GET => "/$place/who.cgi", cookie => $dead))), 1, 'a dead cookie is cleared';
        my $reply = $server->request(GET => "/$place/who.cgi", navigation(), cookie => $alice);
        is $reply->body, "moonstone for alice|Lucia|$id", 'a user, by name';
        like $reply->header('Cache-Control'), qr/private/, 'what a user sees is private';
        like $server->request(GET => "/$place/who.cgi")->header('Cache-Control'), qr/private/, 'what anonymous requests see is private';

        $reply = $server->request(POST => "/$place/who.cgi", form(a => 'b'), cookie => $alice);
        is $reply->body, 'moonstone for ||', 'a POST without an Origin is a visitor\'s';
        is $server->request(POST => "/$place/who.cgi", form(a => 'b'), cookie => $alice, origin => 'http://evil.example')->body,
            'moonstone for ||', 'a POST from another origin is anonymous';
        is $server->request(POST => "/$place/who.cgi", form(a => 'b'), cookie => $alice, origin => 1)->body,
            "moonstone for alice|Lucia|$id", "a POST from the own origin is the user's";
    };
}

subtest 'an optional gate with a rule of its own' => sub {
    is_sent_to_login $server->request(GET => '/user/who.cgi', navigation()), '/user/who.cgi', 'a visitor at Require user';
    is_unauthorized_json $server->request(GET => '/user/who.cgi', script(), cookie => $dead), 'a script there';
    is $server->request(GET => '/user/who.cgi', cookie => $bobby)->status, 403, 'another user gets 403 at Require user';
    is_served $server->request(GET => '/user/who.cgi', cookie => $alice), 'the named user is served at Require user';
};

subtest 'LuciaOptional inherited into a stricter place stays strict' => sub {
    for my $place (qw(valid/user valid/attribute valid/both valid/off off)) {
        next if $place eq 'off';    # Optional Off in the same section: below
        is_sent_to_login $server->request(GET => "/$place/who.cgi", navigation()), "/$place/who.cgi", "$place: a visitor";
        is_unauthorized_json $server->request(GET => "/$place/who.cgi", script()), "$place: a script";
        is_served $server->request(GET => "/$place/who.cgi", cookie => $alice), "$place: alice";
        my $reply = $server->request(GET => "/$place/who.cgi", cookie => $bobby);
        is $reply->status, $place eq 'valid/off' ? 200 : 403, "$place: bobby";
    }
    is_sent_to_login $server->request(GET => '/off/who.cgi', navigation()), '/off/who.cgi', 'LuciaOptional Off after On';
    my $reply = $server->request(POST => '/valid/off/who.cgi', form(a => 'b'), cookie => $alice);
    is $reply->status, 403, 'LuciaOptional Off after On refuses a POST without an Origin';
    keeps_secret $reply, 'the 403 after LuciaOptional Off';
};

subtest 'backends hear who it is, or nothing' => sub {
    $server->request(GET => '/app/x', headers => { 'X-Lucia-User-Id' => 'root', 'X_Lucia_Username' => 'root' });
    $server->request(GET => '/app/x', cookie => $alice, headers => { 'X-Lucia-User-Id' => 'root' });
    my ($visitor, $user) = $backend->requests;
    unlike $visitor, qr/lucia|root/i, 'a backend hears no identity of an anonymous request';
    like $user, qr/^X-Lucia-User-Id: \Q$id\E\r$/m, 'a backend hears the user id';
    like $user, qr/^X-Lucia-Username: alice\r$/m, 'a backend hears the username';
    unlike $user, qr/root|auth_session/, 'a backend hears neither a forged identity nor the session';
};

subtest 'S9.30: an unknown answer is not "nobody"' => sub {
    away($server->db);
    ok settles(503, sub { $server->request(GET => '/valid/who.cgi', cookie => $alice) }), 'the database is away';
    for my $place (qw(valid granted ip)) {
        is_unavailable $server->request(GET => "/$place/who.cgi", cookie => $alice), $place;
        is $server->request(GET => "/$place/who.cgi")->status, 200, "$place: a visitor without a cookie needs no database";
    }
    back($server->db);
    ok wait_until(sub { $server->request(GET => '/valid/who.cgi', cookie => $alice)->status == 200 }, 5), 'the user is served when the database is back';
};

done_testing;
