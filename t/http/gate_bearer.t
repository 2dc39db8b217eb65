# SPDX-License-Identifier: Apache-2.0
# LuciaBearer: a session id in the Authorization header.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $backend = LuciaTest::Backend->new;
my $who = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n"
    . join '', map { "printf '%s=%s;' $_ \"\$$_\"\n" } qw(REMOTE_USER LUCIA_USER_ID LUCIA_USERNAME HTTP_X_LUCIA_USER_ID HTTP_X_LUCIA_USERNAME);
my $server = LuciaTest::Server->new(
    config => CHEAP_SITE . "LuciaSessionCache off\n" . <<"CONF",
<Directory \@htdocs\@>
    Options +ExecCGI +Includes
</Directory>
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
<LocationMatch ^/(?:plain|bearer)/who>
    LuciaHeaders On
</LocationMatch>
<Location /plain/>
    AuthType Lucia
    Require valid-user
</Location>
<Location /bearer/>
    AuthType Lucia
    Require valid-user
    LuciaBearer On
</Location>
<Location /app/>
    AuthType Lucia
    Require valid-user
    LuciaBearer On
</Location>
<Location /other-app/>
    AuthType Lucia
    LuciaOptional On
    Require valid-user
</Location>
<Location /optional-app/>
    AuthType Lucia
    LuciaOptional On
    LuciaBearer On
    LuciaHeaders On
    Require all granted
</Location>
<Location /api/profile/>
    LuciaBearer On
</Location>
ProxyPass /app/ @{[$backend->url]}
ProxyPass /ungated/ @{[$backend->url]}
ProxyPass /other-app/ @{[$backend->url]}
ProxyPass /optional-app/ @{[$backend->url]}
CONF
    files => {
        (map { ("htdocs/$_/a.txt" => SECRET, "htdocs/$_/who.cgi" => $who) } qw(plain bearer)),
        'htdocs/bearer/mixed.shtml' => join '', map { qq{$_->[0]: <!--#include virtual="$_->[1]" -->\n} }
            ['first', '/bearer/who.cgi'], ['plain', '/plain/who.cgi'], ['bearer', '/bearer/who.cgi'], ['backend', '/optional-app/x'],
            ['last', '/plain/who.cgi'],
    },
);
my ($alice, $bobby) = map { sign_up($server, $_) } qw(alice bobby);
my $id = $alice->{value};

sub bearer { return (headers => { Authorization => "Bearer $_[0]", @_[1 .. $#_] }) }

is_served $server->request(GET => '/bearer/a.txt', bearer($id)), 'a session id is accepted';
is_served $server->request(GET => '/bearer/a.txt', headers => { Authorization => "bearer $id" }), 'the scheme in any case';
is_served $server->request(GET => '/bearer/a.txt', cookie => $alice), 'LuciaBearer On accepts the cookie as well';
is_unauthorized_json $server->request(GET => '/plain/a.txt', bearer($id)), 'a Bearer token is not accepted where LuciaBearer is Off, the default';
is_sent_to_login $server->request(GET => '/plain/a.txt', navigation(Authorization => "Bearer $id")), '/plain/a.txt', 'a person there';

is_unauthorized_json $server->request(GET => '/bearer/a.txt', headers => { Authorization => $_ }), "Authorization is not accepted: $_"
    for "Bearer", "Bearer ", "Bearer \U$id", "Bearer ${id}x", 'Bearer ' . substr($id, 1), "Bearer $id $id", "Bearer $id, Bearer $id",
    "Bearer $id;", "Bearer\t$id", "Bearer$id", "Basic $id", "Token $id", $id, "Bearer \"$id\"", 'Bearer ' . 'x' x 40;
is_unauthorized_json $server->request(GET => '/bearer/a.txt', headers => [[Authorization => "Bearer $id"], [Authorization => "Bearer $id"]]),
    'Authorization is not accepted twice';
is scalar(set_cookies($server->request(GET => '/bearer/a.txt', bearer('x' x 40)))), 0, 'a dead one says nothing about cookies';

subtest 'who it is' => sub {
    my $reply = $server->request(GET => '/optional-app/x', bearer($id), cookie => $bobby);
    like $reply->body, qr/^X-Lucia-Username: alice\r$/m, 'the header counts before the cookie';
    is_unauthorized_json $server->request(GET => '/bearer/a.txt', bearer('x' x 40), cookie => $bobby), 'an expired Bearer token counts before a valid cookie';
    is_served $server->request(GET => '/bearer/a.txt', bearer('of some other kind'), cookie => $bobby),
        'a token of another kind is not ours to judge';
};

subtest 'a page with includes where the token counts and where the cookie counts' => sub {
    my %id = map { $_->{username} => $_->{id} } @{ sqlite($server->db, 'SELECT id, username FROM auth_user') };
    my $all = sub { my ($name) = @_; "REMOTE_USER=$name;LUCIA_USER_ID=$id{$name};LUCIA_USERNAME=$name;"
        . "HTTP_X_LUCIA_USER_ID=$id{$name};HTTP_X_LUCIA_USERNAME=$name;" };
    my $check = sub {
        my ($cookie, $plain, $what) = @_;
        my $reply = $server->request(GET => '/bearer/mixed.shtml', bearer($id), cookie => $cookie);
        is $reply->status, 200, "$what: the page";
        my %part = $reply->body =~ /^(\w+): (.*)$/mg;
        is $part{$_}, $all->('alice'), "$what: $_ is told of the token's user only" for qw(first bearer);
        like $part{$_}, $plain ? qr/^\Q@{[$all->($plain)]}\E$/ : qr/^\[an error occurred/,
            "$what: $_ " . ($plain ? "is told of the cookie's user only" : 'is refused') for qw(plain last);
        is_deeply { $reply->body =~ /^(X-Lucia-[^:]*): (.*)\r$/mg }, { 'X-Lucia-User-Id' => $id{alice}, 'X-Lucia-Username' => 'alice' },
            "$what: so is a backend";
        unlike $reply->body, qr/bobby|\Q$id{bobby}\E/, "$what: nothing of the cookie's user anywhere" unless $plain;
    };
    my $bob = sign_in($server, 'bobby');
    $check->($bob, 'bobby', 'a live cookie');
    expire($server, $bob, active => -2000, idle => -1000);
    $check->($bob, undef, 'a dead cookie');
    $bob = sign_in($server, 'bobby');
    sqlite($server->db, "UPDATE auth_user SET disabled = 1 WHERE username = 'bobby'");
    $check->($bob, undef, 'the cookie of a disabled user');
    sqlite($server->db, "UPDATE auth_user SET disabled = 0 WHERE username = 'bobby'");
    $check->({ name => 'auth_session', value => '0' x 40 }, undef, 'an unknown cookie');
};

subtest 'S9.19: no Origin is needed, since no browser adds the header by itself' => sub {
    $backend->forget;
    for my $origin (undef, 'null', 'http://evil.example') {
        my @origin = defined $origin ? (origin => $origin) : ();
        is $server->request(POST => '/app/x', bearer($id), form(a => 'b'), @origin)->status, 200, 'POST, Origin ' . ($origin // 'missing');
        is $server->request(POST => '/app/x', cookie => $alice, form(a => 'b'), @origin)->status, 403, 'a cookie without a fitting Origin gets 403 beside LuciaBearer';
    }
    is scalar(() = $backend->requests), 3, 'the backend heard of the first kind only';
    is $server->request(POST => '/app/x', bearer('other kind'), cookie => $alice, form(a => 'b'))->status, 403,
        'a token of another kind does not excuse the cookie';
    $server->request(POST => '/optional-app/x', bearer($id), form(a => 'b'));
    like +($backend->requests)[-1], qr/^X-Lucia-Username: alice\r$/m, "an optional gate passes a Bearer token's user to the backend";
};

subtest 'the token is not passed on' => sub {
    $backend->forget;
    $server->request(GET => '/app/x', bearer($id));
    $server->request(GET => '/optional-app/x', bearer($id));
    $server->request(GET => '/optional-app/x', bearer('x' x 40));
    unlike $_, qr/authorization|\Q$id\E/i, 'a session id' for $backend->requests;
    is scalar(() = $backend->requests), 3, 'the backend heard three requests';
    $server->request(GET => '/app/x', bearer('of.the.application'), cookie => $alice);
    like +($backend->requests)[-1], qr/^Authorization: Bearer of\.the\.application\r$/m, 'a token of another kind is';
    for my $path ('/other-app/x', '/ungated/x') {
        for my $value ("Bearer $id", "bearer  $id", "Bearer\t$id", "Bearer $id, Bearer $id", "Basic abc, Bearer $id", 'Bearer ' . 'x' x 40) {
            $backend->forget;
            $server->request(GET => $path, headers => { Authorization => $value });
            my ($got) = $backend->requests;
            unlike $got, qr/authorization|\Q$id\E/i, "$path: nor where LuciaBearer is Off, in a server that has it On somewhere: $value";
        }
        $server->request(GET => $path, headers => { Authorization => $_ }) for 'Bearer of.the.application', 'Basic YTpi', "Token $id", "Bearer ${id}x";
        is_deeply [map { /^Authorization: (\S+)/m } ($backend->requests)[1 .. 4]], [qw(Bearer Basic Token Bearer)], "$path: other credentials are passed on";
    }
};

subtest 'the token, by virtual host' => sub {
    my $places = join '', map { "ProxyPass /$_/ " . $backend->url . "\n" } qw(ungated gated);
    my $hosts = LuciaTest::Server->new(config => CHEAP_SITE . $places . <<'CONF');
<VirtualHost *:@port@>
    ServerName without.test
</VirtualHost>
<VirtualHost *:@port@>
    ServerName section.test
    <Location /gated/>
        AuthType Lucia
        Require valid-user
        <If "true">
            LuciaBearer On
        </If>
    </Location>
</VirtualHost>
CONF
    my $token = sign_up($hosts, 'alice')->{value};
    for my $case (['without.test', '/ungated/x', 1], ['section.test', '/ungated/x', 0], ['section.test', '/gated/x', 0]) {
        my ($host, $path, $passes) = @$case;
        $backend->forget;
        $hosts->request(GET => $path, host => $host, bearer($token));
        my ($got) = $backend->requests;
        is $got && $got =~ /^Authorization: Bearer \Q$token\E\r$/m ? 1 : 0, $passes, "$host$path: " . ($passes ? 'passed on' : 'kept');
        is $got ? 1 : 0, 1, "$host$path: served";
    }
};

subtest 'S9.14: renewal' => sub {
    my $brief = sign_in($server, 'alice');
    expire($server, $brief, active => -1000, idle => 60_000);
    my $reply = $server->request(GET => '/bearer/a.txt', bearer($brief->{value}));
    is_served $reply, 'an idle session';
    is cookie_of($reply), undef, 'no cookie for a client that sent none';
    cmp_ok sqlite_value($server->db, 'SELECT active_expires FROM user_session WHERE id = ?', stored_id($brief)), '>',
        time * 1000, 'an idle session of a Bearer token is renewed in the table';
    expire($server, $brief, active => -2000, idle => -1000);
    is_unauthorized_json $server->request(GET => '/bearer/a.txt', bearer($brief->{value})), 'a dead session';
    is sqlite_value($server->db, 'SELECT count(*) FROM user_session WHERE id = ?', stored_id($brief)), 0, 'its row is gone';
};

unlike $server->access_log . $server->error_log, qr/$id/, 'S9.15: the token is in no log';
done_testing;
