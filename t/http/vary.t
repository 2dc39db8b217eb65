# SPDX-License-Identifier: Apache-2.0
# What browsers need to know to show no page of before: Vary: Cookie on all that the gate serves or refuses, Clear-Site-Data when
# a session begins, ends or turns out to have ended. t/browser/cache.t shows what comes of it.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my $backend = LuciaTest::Backend->new(headers => ['Vary: Accept-Encoding', 'Cache-Control: max-age=60']);
my $server = LuciaTest::Server->new(modules => ['deflate'], config => CHEAP_SITE . VAULT . <<"CONF",
<Location /vault/deflate/>
    SetOutputFilter DEFLATE
</Location>
<Location /vault/bob/>
    Require user bobby
</Location>
<Location /vault/star/>
    Header set Vary *
</Location>
<Location /vault/cookie/>
    Header always set Vary "accept, cookie"
</Location>
<Location /optional/>
    LuciaOptional On
</Location>
<Location /app/>
    AuthType Lucia
    Require valid-user
</Location>
ProxyPass /app/ @{[$backend->url]}
<Directory \@htdocs\@/entrance>
    DirectoryIndex index.txt
</Directory>
<Files index.txt>
    AuthType Lucia
    Require valid-user
</Files>
Redirect /vault/moved/ /vault/
<VirtualHost 127.0.0.1:\@port\@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:\@port\@>
    ServerName off.example
    LuciaClearSiteData Off
</VirtualHost>
<VirtualHost 127.0.0.1:\@port\@>
    ServerName broken.example
    LuciaDatabase sqlite3 \@dir\@/no/such/folder/x.db
</VirtualHost>
CONF
    files => { 'htdocs/open.txt' => "open\n", 'htdocs/vault/deflate/a.txt' => SECRET x 100,
        map { ("htdocs/$_.txt" => SECRET) } qw(vault/a vault/bob/a vault/star/a vault/cookie/a optional/a entrance/index) },
);
my $alice = sign_up($server, 'alice');

# As a list, in the order of the header.
sub vary { my ($reply) = @_; return join ', ', map { split /\s*,\s*/ } $reply->headers('Vary') }

sub varies {
    my ($path, $status, $vary, $name, @arg) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $reply = $server->request(GET => $path, @arg);
    is $reply->status, $status, $name or diag $reply->bytes;
    is vary($reply), $vary, "$name: Vary";
    return $reply;
}

my @alice = (cookie => $alice);
my $file = varies '/vault/a.txt', 200, 'Cookie', 'a file', @alice;
is $file->header('Cache-Control'), 'private', 'a file: Cache-Control';
varies '/vault/a.txt', 304, 'Cookie', 'a 304', @alice, headers => { 'If-None-Match' => $file->header('ETag') };
varies '/vault/a.txt', 412, 'Cookie', 'a 412', @alice, headers => { 'If-Match' => '"other"' };
varies '/vault/a.txt', 206, 'Cookie', 'a part', @alice, headers => { Range => 'bytes=0-3' };
varies '/vault/none.txt', 404, 'Cookie', 'a 404', @alice;
varies '/vault/bob', 301, 'Cookie', 'a redirect of mod_dir', @alice;
my $small = varies '/vault/deflate/a.txt', 200, 'Accept-Encoding, Cookie', 'compressed', @alice, headers => { 'Accept-Encoding' => 'gzip' };
is $small->header('Content-Encoding'), 'gzip', 'which it is';
varies '/vault/star/a.txt', 200, '*', 'Vary: * says it all', @alice;
varies '/vault/cookie/a.txt', 200, 'accept, cookie', 'named already', @alice;
my $app = varies '/app/x', 200, 'Accept-Encoding, Cookie', 'a proxied application', @alice;
is $app->header('Cache-Control'), 'max-age=60', 'the answer with its own Cache-Control keeps it';
varies '/vault/a.txt', 302, 'Cookie', 'a visitor who is sent to sign in', navigation();
varies '/vault/a.txt', 401, 'Cookie', 'a script without a session', script();
varies '/vault/bob/a.txt', 403, 'Cookie', 'a user who is refused', navigation(), @alice;
varies '/vault/a.txt', 503, 'Cookie', 'without a database', script(), @alice, host => 'broken.example';
varies '/entrance/', 302, 'Cookie', 'a folder whose index is gated', navigation();
varies '/entrance/', 200, 'Cookie', 'a folder whose index is gated, for a user', navigation(), @alice;
for my $who ([], \@alice) {
    my $reply = varies '/optional/a.txt', 200, 'Cookie', 'LuciaOptional', @$who;
    is $reply->header('Cache-Control'), 'private', 'LuciaOptional: the answer is private';
}
varies '/open.txt', 200, '', 'content that is not gated is not changed', @alice;

my %form = (username => 'alice', password => $PASSWORD);
my $forgets = sub { $_[0]->header('Clear-Site-Data') };
is $forgets->($server->request(POST => '/login', form(%form))), '"cache"', 'sign-in clears the browser\'s cache';
is $forgets->($server->request(POST => '/api/login', json({%form}), accept => 'application/json')), '"cache"', 'sign-in in JSON clears the browser\'s cache';
is $forgets->($server->request(POST => '/signup', form(username => 'bobby', password => $PASSWORD))), '"cache"', 'sign-up clears the browser\'s cache';
is $forgets->($server->request(POST => '/login', form(%form, password => $WRONG))), undef, 'a refused sign-in clears no cache';
is $forgets->($server->request(POST => '/logout', origin => 1, cookie => sign_in($server, 'alice'))), '"cache"', 'sign-out clears the browser\'s cache';
is $forgets->($server->request(POST => '/logout', origin => 1, cookie => sign_in($server, 'alice'), accept => 'application/json')), '"cache"', 'sign-out in JSON clears the browser\'s cache';
is $forgets->($server->request(GET => '/logout', cookie => $alice)), undef, 'the sign-out page clears no cache';
my $off = LuciaTest::Gate::Host->new($server, 'off.example');
is $forgets->($off->request(POST => '/login', form(%form))), undef, 'LuciaClearSiteData Off: sign-in';
is $forgets->($off->request(POST => '/logout', origin => 'http://off.example', cookie => sign_in($off, 'alice'))), undef, 'LuciaClearSiteData Off: sign-out';

# Ended elsewhere: the browser learns of it with the first page. A script's request may have been on its way when the session was replaced (S2.12).
my $ended = sub { my $cookie = sign_in($_[0], 'alice'); sqlite($server->db, 'DELETE FROM user_session'); return $cookie };
for my $what (['a person at the gate', '/vault/a.txt', navigation()], ['a program', '/vault/a.txt', accept => 'application/json'], ['LuciaOptional', '/optional/a.txt']) {
    my ($name, $path, @arg) = @$what;
    is $forgets->($server->request(GET => $path, @arg, cookie => $ended->($server))), '"cache"', "an ended session: $name";
    is $forgets->($server->request(GET => $path, @arg)), undef, "no session: $name";
}
is $forgets->($server->request(GET => '/vault/a.txt', script(), cookie => $ended->($server))), undef, 'an ended session: a script of a page';
is $forgets->($server->request(POST => '/logout', origin => 1, cookie => $ended->($server))), '"cache"', 'an ended session: sign-out';
my $expired = sign_in($server, 'alice');
expire($server, $expired, active => -2000, idle => -1000);
is $forgets->($server->request(GET => '/vault/a.txt', navigation(), cookie => $expired)), '"cache"', 'an expired session';
is $forgets->($server->request(GET => '/vault/a.txt', navigation(), cookie => sign_in($server, 'alice'))), undef, 'not a live one';
is $forgets->($off->request(GET => '/vault/a.txt', navigation(), cookie => $ended->($off))), undef, 'LuciaClearSiteData Off: an ended session';

done_testing;
