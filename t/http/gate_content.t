# SPDX-License-Identifier: Apache-2.0
# The gate holds whatever serves the place and however a request gets there, with mod_luciauth loaded first or last.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $backend = LuciaTest::Backend->new(headers => ['X-Secret: moonstone']);
my $inner   = LuciaTest::Backend->new(headers => ['X-Secret: moonstone']);

my $config = CHEAP_SITE . "LuciaSessionCache off\n" . <<"CONF";
<Directory \@htdocs\@>
    Options +ExecCGI +Includes +Indexes +MultiViews
</Directory>
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
<Directory \@htdocs\@/cellar>
    AuthType Lucia
    Require valid-user
</Directory>
<Files "secret.*">
    AuthType Lucia
    Require valid-user
</Files>
<Location /app/>
    AuthType Lucia
    Require valid-user
</Location>
ProxyPass /app/ @{[$backend->url]}
<Proxy "@{[$inner->url('/*')]}">
    AuthType Lucia
    Require valid-user
</Proxy>
ProxyPass /one/ @{[$inner->url]}
ProxyPass /two/ @{[$inner->url]}
Alias /second/ \@htdocs\@/cellar/
<Directory \@htdocs\@/entrance>
    DirectoryIndex /vault/a.txt
</Directory>
<Directory \@htdocs\@/asking>
    Require expr "-U '/vault/a.txt'"
</Directory>
<Directory \@htdocs\@/asking-two>
    RewriteEngine On
    RewriteCond /vault/a.txt -U
    RewriteRule ^ - [E=SEEN:1]
    Header set X-Seen "%{SEEN}e"
</Directory>
<Directory \@htdocs\@/fallback>
    FallbackResource /vault/a.txt
</Directory>
<Location /lost/>
    ErrorDocument 404 /vault/a.txt
    ErrorDocument 403 /vault/a.txt
</Location>
Redirect 403 /lost/forbidden
<Location /self/>
    AuthType Lucia
    Require valid-user
    ErrorDocument 401 /vault/a.txt
    ErrorDocument 403 /vault/a.txt
</Location>
Alias /action/ \@htdocs\@/open/
<Location /action/>
    Action luciauth-test /vault/x.cgi virtual
    SetHandler luciauth-test
</Location>
RewriteEngine On
RewriteRule ^/pt/(.*) /vault/\$1 [PT]
RewriteRule ^/plain/(.*) /cellar/\$1
RewriteRule ^/p/(.*) @{[$inner->url('/$1')]} [P]
<Directory \@htdocs\@/rewritten>
    RewriteEngine On
    RewriteRule ^vault\$ /vault/a.txt
    RewriteRule ^app\$ /app/x
</Directory>
<Directory \@htdocs\@/gated-rewritten>
    AuthType Lucia
    Require valid-user
    RewriteEngine On
    RewriteRule ^proxy\$ @{[$inner->url('/x')]} [P]
</Directory>
CONF

my $perl = qq{#!$^X\nuse strict; use warnings;\n};
my %files = (
    (map { ("htdocs/$_" => SECRET) } qw(vault/a.txt cellar/a.txt open/secret.txt open/a.html self/a.txt)),
    'htdocs/vault/x.cgi' => "${perl}print qq{Content-Type: text/plain\\n\\nthe moonstone of \$ENV{REMOTE_USER}\\n};",
    # Signs the user out underneath the request, to see that nobody asks a second time.
    'htdocs/open/delete.cgi' => "${perl}use DBI;\nDBI->connect(\@access\@, { RaiseError => 1 })->do('DELETE FROM user_session');\nprint qq{Content-Type: text/html\\n\\ndeleted\\n};\n",
    'htdocs/open/inc.shtml' => join('', map { qq{[<!--#include virtual="$_" -->]\n} }
        '/vault/a.txt', '/vault/x.cgi', '/cellar/a.txt', 'secret.txt', '/app/x', '/one/x', '/pt/a.txt', '/entrance/') . "end\n",
    'htdocs/open/file.shtml' => qq{<!--#include file="secret.txt" -->\nsize <!--#fsize file="secret.txt" -->\nend\n},
    'htdocs/vault/once.shtml' => join('', map { qq{<!--#include virtual="$_" -->\n} }
        '/vault/a.txt', '/open/delete.cgi', '/vault/x.cgi', '/cellar/a.txt', '/one/x') . "end\n",
    'htdocs/vault/index.html' => SECRET,
    (map { ("htdocs/$_/moonstone.txt" => SECRET) } qw(asking asking-two)),
    (map { ("htdocs/$_/x" => "x\n") } qw(entrance fallback lost rewritten gated-rewritten)),
);

# Every way in: the path, and what it would show to a user ("proxied": the backend's answer).
my @ways = (
    ['/vault/a.txt', 'file'], ['/cellar/a.txt', 'file in a gated directory'], ['/open/secret.txt', 'file gated by its name'],
    ['/vault/x.cgi', 'CGI'], ['/app/x', 'backend', 1], ['/vault/', 'DirectoryIndex'],
    ['/entrance/', 'DirectoryIndex from outside'], ['/fallback/none', 'FallbackResource'],
    ['/lost/none', 'ErrorDocument 404', 0, 404], ['/lost/forbidden', 'ErrorDocument 403', 0, 403],
    ['/action/a.html', 'Action'], ['/pt/a.txt', 'RewriteRule [PT]'], ['/plain/a.txt', 'RewriteRule'],
    ['/p/x', 'RewriteRule [P]', 1], ['/rewritten/vault', 'RewriteRule in a directory'],
    ['/rewritten/app', 'RewriteRule in a directory to a backend', 1], ['/gated-rewritten/proxy', 'RewriteRule [P] in a directory', 1],
    ['/second/a.txt', 'second Alias'], ['/one/x', 'ProxyPass'], ['/two/x', 'second ProxyPass', 1],
    ['/open/secret', 'MultiViews'], ['/self/a.txt', 'with an ErrorDocument of its own in a gated place'],
);

for my $order (qw(last first)) {
    my $server = LuciaTest::Server->new(lucia => $order, config => $config, files => \%files);
    my $alice = sign_up($server, 'alice');
    my $dead = { name => 'auth_session', value => '0' x 40 };
    my $loaded = "loaded $order";

    subtest "S9.26, S9.29: visitors, $loaded" => sub {
        for my $way (@ways) {
            my ($path, $name) = @$way;
            is_refused $server->request(GET => $path, navigation()), "$name: a person";
            is_refused $server->request(GET => $path, script(), cookie => $dead), "$name: a script";
            is_refused $server->request(POST => $path, script(), form(a => 'b')), "$name: POST";
        }
        is_sent_to_login $server->request(GET => '/pt/a.txt', navigation()), '/pt/a.txt', 'next is what was asked for: [PT]';
        is_sent_to_login $server->request(GET => '/rewritten/vault?a', navigation()), '/rewritten/vault%3Fa',
            'next is what was asked for: internal redirect';
        is_sent_to_login $server->request(GET => '/entrance/', navigation()), '/entrance/',
            'next is what was asked for: DirectoryIndex';
        is_deeply [$backend->requests, $inner->requests], [], 'no backend heard of it';
    };

    subtest "S9.26: a rule that asks whether a place would be served, $loaded" => sub {
        for my $path ('/asking/', '/asking/moonstone.txt') {
            for my $who ([navigation()], [navigation(), cookie => $dead], [script()]) {
                my $reply = $server->request(GET => $path, @$who);
                is $reply->status, 403, "$path: to a visitor it would not";
                keeps_secret $reply, $path;
            }
            my $reply = $server->request(GET => $path, navigation(), cookie => $alice);
            is $reply->status, 200, "$path: to a user it would";
            like $reply->body, qr/moonstone/, "$path: so the content is shown";
        }
        my $seen = sub { $server->request(GET => '/asking-two/', navigation(), @_)->header('X-Seen') };
        is $seen->(cookie => $alice), 1, 'RewriteCond -U in a folder: for a user';
        isnt $seen->(), 1, 'RewriteCond -U in a folder: not for an anonymous request';
    };

    subtest "S9.26: visitors and pages with includes, $loaded" => sub {
        for my $who ([navigation()], [script()], [cookie => $dead]) {
            my $reply = $server->request(GET => '/open/inc.shtml', @$who);
            is $reply->status, 200, 'the page itself is open';
            keeps_secret $reply, 'the page with gated includes, for an anonymous request';
            is scalar(() = $reply->body =~ /^\[\[an error occurred/mg), 8, 'the page says that each include failed';
            $reply = $server->request(GET => '/open/file.shtml', @$who);
            keeps_secret $reply, 'an include of a gated file, for an anonymous request';
            unlike $reply->body, qr/size \d/, 'an include does not tell the size of a gated file';
        }
        is_deeply [$backend->requests, $inner->requests], [], 'no backend heard of it';
        my $list = $server->request(GET => '/open/', navigation());
        is $list->status, 200, 'a listing is served without a session';
        unlike $list->body, qr/secret/, 'does not name what is gated' or diag $list->body;
    };

    subtest "S9.26: users, $loaded" => sub {
        for my $way (@ways) {
            my ($path, $name, $proxied, $status) = @$way;
            my $reply = $server->request(GET => $path, navigation(), cookie => $alice);
            is $reply->status, $status || 200, $name or diag $reply->bytes;
            like $reply->bytes, qr/moonstone/, "$name: the content";
            like $reply->header('Cache-Control'), qr/private/, "$name: for one user only";
        }
        my $reply = $server->request(GET => '/open/inc.shtml', navigation(), cookie => $alice);
        is scalar(() = $reply->body =~ /an error occurred/g), 0, 'includes of gated content succeed for a user' or diag $reply->body;
        is scalar(() = $reply->body =~ /moonstone/g), 6, 'a page includes gated files and programs for a user';
        is scalar(() = $reply->body =~ m{GET /x HTTP}g), 2, 'a page includes gated backends for a user';
        like $server->request(GET => '/open/', navigation(), cookie => $alice)->body, qr/secret/, 'the listing names it';
    };

    subtest "one validation for a whole request, $loaded" => sub {
        # Each validation of an unknown id would clear the cookie again.
        for my $path ('/rewritten/vault', '/entrance/', '/lost/none', '/vault/once.shtml') {
            my $reply = $server->request(GET => $path, navigation(), cookie => $dead);
            is scalar(set_cookies($reply)), 1, "$path of a visitor";
        }
        my $brief = sign_in($server, 'alice');
        expire($server, $brief, active => -1000, idle => 60_000);
        my $reply = $server->request(GET => '/rewritten/vault', navigation(), cookie => $brief);
        is_served $reply, 'S9.14: renewed behind an internal redirect';
        is cookie_of($reply)->{value}, $brief->{value}, 'S9.14: the renewal sends one Set-Cookie';
        is cookie_of($server->request(GET => '/vault/a.txt', cookie => $brief)), undef, 'S9.14: the renewed session sends no further Set-Cookie';
        expire($server, $brief, active => -1000, idle => 60_000);
        $reply = $server->request(GET => '/open/inc.shtml', navigation(), cookie => $brief);
        like $reply->body, qr/moonstone/, 'validated by an include, when the headers are gone';
        is cookie_of($reply), undef, 'a renewal inside an include sends no cookie';
        is cookie_of($server->request(GET => '/vault/a.txt', cookie => $brief))->{value}, $brief->{value},
            'the renewal is made by a request that can send the cookie';
        $reply = $server->request(GET => '/vault/once.shtml', navigation(), cookie => $brief);
        like $reply->body, qr/deleted/, 'signed out in the middle of a page';
        is scalar(() = $reply->body =~ /moonstone/g), 3, 'a page is one request of one user although its session ends meanwhile' or diag $reply->body;
        unlike $reply->body, qr/an error occurred/, 'every part of it';
        is_sent_to_login $server->request(GET => '/vault/once.shtml', navigation(), cookie => $brief), '/vault/once.shtml',
            'the next request is a visitor\'s';
    };
    $_->forget for $backend, $inner;
    unlike $server->error_log, qr/exit signal|Segmentation|:(?:crit|alert|emerg)\]/, "no child died, $loaded";
    $server->stop;
}

done_testing;
