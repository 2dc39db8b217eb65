# SPDX-License-Identifier: Apache-2.0
# What content gets to know about the visitor, what it must not see, and what no client can make it believe.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $backend = LuciaTest::Backend->new;
my $env = "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: text/plain\\n\\n'\nenv -0 | sort -z | tr '\\0' '\\036'\n";
my $proxied = join '', map { "ProxyPass /$_/ " . $backend->url . "\n" } qw(open gated told kept admin vhost-less);
my $server = LuciaTest::Server->new(
    ports  => 2,
    config => CHEAP_SITE . "LuciaSessionCache off\n" . $proxied . <<"CONF",
LuciaUserAttributes username role favourite_colour
<Directory \@htdocs\@>
    Options +ExecCGI +Includes
</Directory>
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
<LocationMatch ^/(?:gated|told|kept|admin|files|ids)/>
    AuthType Lucia
    Require valid-user
    LuciaBearer On
</LocationMatch>
<Location /told/>
    LuciaHeaders On
</Location>
<Location /kept/>
    LuciaStripCookie Off
</Location>
<Location /admin/>
    RequestHeader set X-Who "%{LUCIA_USERNAME}e (%{LUCIA_USER_ID}e)"
    RequestHeader set X-Role "%{LUCIA_ROLE}e"
    RequestHeader set X-Remote "expr=%{REMOTE_USER}"
    Header set X-Out "%{LUCIA_USER_ID}e"
</Location>
<Location /vhost-less/>
    RequestHeader set X-Lucia-Tenant "blue"
</Location>
RewriteEngine On
RewriteRule ^/moved\$ /open/moved [PT]
<Directory \@htdocs\@/files>
    RewriteEngine On
    RewriteRule ^elsewhere\$ /open/elsewhere
</Directory>
<Location /files/elsewhere>
    LuciaHeaders On
</Location>
<Location /ids/>
    LuciaRemoteUser user_id
</Location>
# A server without Lucia of its own that is in front of something all the same.
Listen 127.0.0.1:\@port2\@
<VirtualHost 127.0.0.1:\@port2\@>
    MergeTrailers On
    HttpProtocolOptions Unsafe
</VirtualHost>
CONF
    files => {
        (map { ("htdocs/$_/env.cgi" => $env) } qw(public files ids)),
        'htdocs/files/who.shtml' => join('', map { "$_=<!--#echo encoding=\"none\" var=\"$_\" -->;\n" }
            qw(REMOTE_USER AUTH_TYPE LUCIA_USER_ID LUCIA_USERNAME LUCIA_ROLE)) . "<!--#include virtual=\"/told/from-ssi\" -->\n",
    },
);
my ($alice, $bobby) = map { sign_up($server, $_) } qw(alice bobby);
my $id = sqlite_value($server->db, "SELECT id FROM auth_user WHERE username = 'alice'");
sqlite($server->db, "UPDATE auth_user SET role = 'admin', favourite_colour = 'bleu' WHERE username = 'alice'");

# The last request that the backend got, as lines.
sub heard {
    my ($path, %arg) = @_;
    $backend->forget;
    my $reply = $server->request($arg{method} || 'GET' => $path, %arg);
    is $reply->status, 200, "$path is served" or diag $reply->bytes;
    return +($backend->requests)[-1] // '';
}

sub environment {
    my ($path, %arg) = @_;
    my $reply = $server->request(GET => $path, %arg);
    is $reply->status, 200, "$path is served" or diag $reply->bytes;
    return { map { split /=/, $_, 2 } split /\x1e/, $reply->body };
}

# ---- S9.27: forgeries ----

no warnings 'qw';
my @names = (
    qw(X-Lucia-User-Id x-lucia-user-id X-LUCIA-USER-ID X_Lucia_User_Id X-Lucia_User-Id x_lucia-user_id X.Lucia.User.Id X-Lucia.User-Id
    X_LUCIA_USERNAME X-Lucia-Username X-Lucia-Role X-Lucia-Favourite-Colour X-Lucia-Favourite_Colour X-Lucia-Anything X-Lucia-
    X~Lucia~Role X'Lucia|Role X*lucia^role X!Lucia#Role),
);

subtest 'S9.27: no spelling of our headers reaches a backend' => sub {
    for my $path ('/open/x', '/gated/x', '/told/x', '/moved', '/vhost-less/x') {
        for my $name (@names) {
            my $got = heard($path, headers => [[$name, 'forged'], ['X-Mine', 'kept'], [$name, 'forged-too'], [Cookie => "auth_session=$alice->{value}"]]);
            unlike $got, qr/forged/, "$path: $name, twice";
            like $got, qr/^X-Mine: kept\r$/m, "$path: other headers stay";
        }
        my $got = heard($path, headers => [(map { [$_, 'forged'] } @names), [Cookie => "auth_session=$alice->{value}"]]);
        unlike $got, qr/forged/, "$path: all at once";
    }
    like heard('/vhost-less/x'), qr/^X-Lucia-Tenant: blue\r$/m, 'the administrator may set some';
    like heard('/open/x', headers => { 'X-Lucian' => 'a', 'X-Lucia' => 'b', 'Lucia-User-Id' => 'c', 'XX-Lucia-A' => 'd' }),
        qr/^(?=.*X-Lucian: a)(?=.*X-Lucia: b)(?=.*Lucia-User-Id: c)(?=.*XX-Lucia-A: d)/s, 'headers of other names are not ours to take';
};

subtest 'S9.27: no spelling of our headers reaches a CGI program' => sub {
    for my $path ('/public/env.cgi', '/files/env.cgi') {
        my $got = environment($path, headers => [(map { [$_, 'forged'] } @names), [Cookie => "auth_session=$alice->{value}"]]);
        is_deeply [grep { ($got->{$_} // '') =~ /forged/ } keys %$got], [], $path;
    }
    my $got = environment('/public/env.cgi', headers => { 'Lucia-User-Id' => 'root', 'Remote-User' => 'root' }, cookie => $alice);
    is $got->{$_}, undef, "$_ cannot come from a header" for qw(LUCIA_USER_ID REMOTE_USER LUCIA_USERNAME);
};

subtest 'S9.27: folded, in odd requests, in Connection, in trailers' => sub {
    my $ask = sub { $backend->forget; $server->raw($_[0], port => $_[1]); join "\n", $backend->requests };
    my $line = "GET /open/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    unlike $ask->("${line}X-Lucia-User-Id:\r\n\tforged\r\n\r\n"), qr/forged/, 'a folded X-Lucia-User-Id does not reach the backend';
    unlike $ask->("${line}X-Lucia-User-Id:forged\r\nX-Lucia-User-Id: forged\r\n\r\n"), qr/forged/, 'X-Lucia-User-Id without a blank does not reach the backend';
    unlike $ask->("GET /open/x HTTP/1.0\r\nX_Lucia_User_Id: forged\r\n\r\n"), qr/forged/, 'X_Lucia_User_Id over HTTP/1.0 does not reach the backend';
    unlike $ask->("${line}$_: forged\r\n\r\n", $server->port_number(2)), qr/forged/, "HttpProtocolOptions Unsafe: $_"
        for 'X-Lucia-User-Id ', 'X Lucia User Id', "X-Lucia-User-Id\t", "X\@Lucia(User)Id", ' X-Lucia-User-Id';
    my $chunked = "POST /open/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Lucia-User-Id\r\n\r\n"
        . "3\r\nabc\r\n0\r\nX-Lucia-User-Id: forged\r\nX_Lucia_Role: forged\r\n\r\n";
    unlike $ask->($chunked, $_), qr/forged/, 'in a trailer' for $server->port, $server->port_number(2);

    for my $list ('X-Lucia-User-Id', 'close, x-lucia-user-id', 'x_lucia_user_id, X-Lucia-Username , close', 'X-Lucia-Role,X-Lucia-User-Id,close') {
        my $got = heard('/told/x', headers => { Connection => "$list, close" }, cookie => $alice);
        like $got, qr/^X-Lucia-User-Id: \Q$id\E\r$/m, "Connection: $list takes nothing away";
        like $got, qr/^X-Lucia-Role: admin\r$/m, 'Connection cannot take away X-Lucia-Role';
    }
    unlike heard('/told/x', headers => { Connection => 'X-Mine, X-Lucia-User-Id, close', 'X-Mine' => 'hop' }, cookie => $alice),
        qr/X-Mine/, 'what else is named there is dropped as ever';
};

subtest 'S9.27: Connection with the separators that mod_proxy takes' => sub {
    my @tokens = ('close;X-Lucia-User-Id;X-Lucia-Username', 'close X-Lucia-User-Id', 'close;x-lucia-user-id', "close\tX-Lucia-User-Id",
        "close,\t;X-Lucia-Role ;\tX_LUCIA_USER_ID", 'close; ,X-Lucia-Role', "X-Lucia-User-Id\tX-Lucia-Username\tclose", ';;X-Lucia-User-Id;;close;');
    for my $list (@tokens) {
        my %told = heard('/told/x', headers => { Connection => $list }, cookie => $alice) =~ /^(X-Lucia-[^:]*): (.*)\r$/mg;
        is_deeply \%told, { 'X-Lucia-User-Id' => $id, 'X-Lucia-Username' => 'alice', 'X-Lucia-Role' => 'admin',
            'X-Lucia-Favourite-Colour' => 'bleu' }, 'takes nothing away: ' . $list =~ s/\t/\\t/gr;
    }
    unlike heard('/told/x', headers => { Connection => 'close;X-Mine;X-Lucia-User-Id', 'X-Mine' => 'hop' }, cookie => $alice), qr/X-Mine/,
        'what else is named there is dropped as ever';

    $backend->forget;
    my %headers = ('X-Other' => 'hop', 'X-Mine' => 'kept');
    my $first = $server->bytes_of(GET => '/told/x', cookie => $alice, headers => { %headers, Connection => 'keep-alive, X-Other' });
    my $answer = LuciaTest::Reply->parse($server->raw($first . $server->bytes_of(GET => '/told/x', cookie => $alice)), 'GET');
    is $answer->status, 200, 'an ordinary Connection';
    my $next = LuciaTest::Reply->parse($answer->rest, 'GET');
    is $next->status, 200, 'is kept alive';
    my $got = ($backend->requests)[0];
    unlike $got, qr/X-Other/, 'its other header is dropped';
    like $got, qr/^X-Lucia-User-Id: \Q$id\E\r$/m, 'ours are there';
    like $got, qr/^X-Mine: kept\r$/m, 'headers that Connection does not name stay';
};

# ---- What content is told ----

subtest 'identity in the environment' => sub {
    my %who = (REMOTE_USER => 'alice', AUTH_TYPE => 'Lucia', LUCIA_USER_ID => $id, LUCIA_USERNAME => 'alice', LUCIA_ROLE => 'admin',
        LUCIA_FAVOURITE_COLOUR => 'bleu');
    my $got = environment('/files/env.cgi', cookie => $alice);
    is $got->{$_}, $who{$_}, "CGI: $_" for sort keys %who;
    is environment('/ids/env.cgi', cookie => $alice)->{REMOTE_USER}, $id, 'REMOTE_USER as LuciaRemoteUser says';
    $got = environment('/files/env.cgi', cookie => $bobby);
    is $got->{LUCIA_USERNAME}, 'bobby', 'CGI: LUCIA_USERNAME of another user';
    ok !exists $got->{LUCIA_ROLE}, 'a NULL attribute is not there';
    $got = environment('/public/env.cgi', cookie => $alice);
    is_deeply [grep { /^(?:LUCIA_|REMOTE_USER|AUTH_TYPE)/ } keys %$got], [], 'nothing in a public place';
    my $page = $server->request(GET => '/files/who.shtml', cookie => $alice)->body;
    like $page, qr/^$_=\Q$who{$_}\E;$/m, "SSI: $_" for grep { !/COLOUR/ } sort keys %who;
    like $page, qr/^X-Lucia-User-Id: \Q$id\E\r$/m, 'SSI: a backend that a page includes hears the user id';
    unlike $page, qr/auth_session/, 'SSI: a backend that a page includes hears no session cookie';
    $got = heard('/admin/x', cookie => $alice);
    like $got, qr/^X-Who: alice \(\Q$id\E\)\r$/m, '%{LUCIA_USER_ID}e in RequestHeader';
    like $got, qr/^X-Remote: alice\r$/m, '%{REMOTE_USER} in an expression';
    is $server->request(GET => '/admin/x', cookie => $alice)->header('X-Out'), $id, '%{LUCIA_USER_ID}e in Header names the user';
    like $server->access_log, qr{127\.0\.0\.1 alice "GET /admin/x}, 'the access log names the user';
};

subtest 'LuciaHeaders' => sub {
    my $got = heard('/told/x', cookie => $alice);
    my %told = $got =~ /^(X-Lucia-[^:]*): (.*)\r$/mg;
    is_deeply \%told, { 'X-Lucia-User-Id' => $id, 'X-Lucia-Username' => 'alice', 'X-Lucia-Role' => 'admin',
        'X-Lucia-Favourite-Colour' => 'bleu' }, 'LuciaIdentityHeaders On sends id, name and attributes';
    unlike heard('/gated/x', cookie => $alice), qr/lucia/i, 'Off, the default';
    unlike heard('/open/x', cookie => $alice), qr/lucia/i, 'nothing in an ungated place';
    %told = heard('/told/x', cookie => $bobby) =~ /^(X-Lucia-[^:]*): (.*)\r$/mg;
    is_deeply [sort keys %told], ['X-Lucia-User-Id', 'X-Lucia-Username'], 'a NULL attribute is not sent';
    unlike heard('/files/elsewhere', cookie => $alice), qr/lucia/i, 'after a redirect inside, the last place decides';
};

subtest 'values that nobody could have typed' => sub {
    my $role = is_sqlite() ? 'CAST(? AS TEXT)' : '?';
    my $set = sub { sqlite($server->db, "UPDATE auth_user SET role = $role WHERE username = ?", $_[0], 'alice') };
    my $value = "caf\xc3\xa9 \xe2\x98\x95";
    $set->($value);
    like heard('/told/x', cookie => $alice), qr/^X-Lucia-Role: \Q$value\E\r$/m, 'UTF-8 goes as it is';
    is environment('/files/env.cgi', cookie => $alice)->{LUCIA_ROLE}, $value, 'UTF-8 goes into the environment as it is';
    for my $evil ("a\r\nX-Injected: 1", "a\nX-Injected: 1", "a\rX-Injected: 1", "a\tb", "\x1b[31m", "a\x7f", "\n", "a\r\n\r\nGET /x HTTP/1.1") {
        my $shown = $evil =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
        $set->($evil);
        my $got = heard('/told/x', cookie => $alice);
        unlike $got, qr/X-Lucia-Role|^X-Injected|\n\r?\nGET /mi, "$shown: not sent";
        like $got, qr/^X-Lucia-User-Id: \Q$id\E\r$/m, 'the rest is';
        is environment('/files/env.cgi', cookie => $alice)->{LUCIA_ROLE}, $evil, 'the environment holds it as it is';
        $got = heard('/admin/x', cookie => $alice);
        unlike $got, qr/^X-Injected/m, 'an attribute with a line break adds no header by RequestHeader';
    }
    like $server->error_log, qr/LUCI0702: X-Lucia-Role is not sent to the backend: the value contains a control character/, 'the log explains the attribute with a control character';
    $set->('');
    like heard('/told/x', cookie => $alice), qr/^X-Lucia-Role: ?\r$/m, 'an empty value is an empty header';
    $set->('admin');
};

# ---- What content must not see ----

subtest 'the session cookie' => sub {
    my $session = "auth_session=$alice->{value}";
    my %header = (
        "$session"                           => undef,
        "a=1; $session; b=2"                 => 'a=1; b=2',
        "$session; theme=dark"               => 'theme=dark',
        "q=\"x y\"; c=%20&=+/; $session"     => 'q="x y"; c=%20&=+/',
        "\xc3\xa9=\xff\xfe; $session; =x; y" => "\xc3\xa9=\xff\xfe; =x; y",
        "auth_session=garbage; a=b"          => 'a=b',
        "$session; $session; a=b"            => 'a=b',
        "auth_session_2=x; $session; xauth_session=y" => 'auth_session_2=x; xauth_session=y',
    );
    for my $path ('/gated/x', '/open/x', '/files/env.cgi', '/public/env.cgi') {
        for my $cookie (sort keys %header) {
            next if $path =~ /gated|files/ && $cookie !~ /^[^;]*(?:; [^;]*)*\Q$session\E/;
            my $got = $path =~ /cgi$/ ? environment($path, cookie => $cookie)->{HTTP_COOKIE}
                : (heard($path, cookie => $cookie) =~ /^Cookie: (.*)\r$/m)[0];
            is $got, $header{$cookie}, "$path: " . $cookie =~ s/$alice->{value}/ID/gr =~ s/[^ -~]/?/gr;
        }
    }
    for my $cookie ('a=1;;  b=2 ;', 'x=auth_session', ' a = b ;c', "a=\xff") {
        my ($got) = heard('/open/x', cookie => $cookie) =~ /^Cookie: (.*)\r$/m;
        is $got, $cookie =~ s/^ +| +$//gr, "without it nothing is changed: " . $cookie =~ s/[^ -~]/?/gr;
    }
    my %lines = ('b=1' => ['b=1', $session], 'b=1 ' => [$session, 'b=1'], 'b=1; c=2' => ['b=1', $session, 'c=2'],
        'b=1; c=2 ' => ['b=1', "$session; c=2"], 'b=1; c=2  ' => ["$session; b=1", "c=2; $session"]);
    for my $path ('/open/x', '/public/env.cgi') {
        for my $kept (sort keys %lines) {
            my @sent = map { [Cookie => $_] } @{ $lines{$kept} };
            my $got = $path =~ /cgi$/ ? environment($path, headers => \@sent)->{HTTP_COOKIE}
                : join '; ', heard($path, headers => \@sent) =~ /^Cookie: (.*)\r$/mg;
            my $shown = "$path: Cookie lines " . join(' and ', @{ $lines{$kept} }) =~ s/$alice->{value}/ID/gr;
            unlike $got, qr/auth_session|\Q$alice->{value}\E/, "$shown: no session id";
            is_deeply [split /\s*[;,]\s*/, $got], [split /; */, $kept =~ s/ +$//r], "$shown: the others stay";
        }
    }
    like heard('/kept/x', cookie => "a=1;  $session"), qr/^Cookie: a=1;  \Q$session\E\r$/m, 'LuciaStripCookie Off passes the session cookie to the backend';
    unlike heard('/gated/x', method => 'POST', cookie => $alice, origin => 1, form(a => 'b')), qr/\Q$session\E/, 'a POST passes no session cookie to the backend';
    unlike heard('/gated/x', headers => { Authorization => "Bearer $alice->{value}" }), qr/$alice->{value}/, 'a Bearer token with a session id does not reach the backend';
};

unlike $server->error_log, qr/exit signal/, 'no child died';
done_testing;
