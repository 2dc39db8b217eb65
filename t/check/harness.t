# SPDX-License-Identifier: Apache-2.0
# The private server of the tests themselves: no line of mod_luciauth is involved.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

my $server = LuciaTest::Server->new(
    lucia  => 0,
    config => <<'CONF',
AddHandler cgi-script .cgi
<Directory @htdocs@>
    Options +ExecCGI
</Directory>
Header always add Set-Cookie "auth_session=one; Path=/; HttpOnly"
CONF
    files => {
        'htdocs/a.txt'    => "plain\n",
        'htdocs/echo.cgi' => "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nid -u\necho \"\$REQUEST_METHOD\"\ncat\n",
    },
);

my $reply = $server->request(GET => '/a.txt');
is $reply->status, 200, 'a file is served';
is $reply->body, "plain\n", 'a served file has its body';
is $reply->header('content-type'), 'text/plain', 'a served file has its type';
my $cookie = cookie_of($reply);
is $cookie->{value}, 'one', 'the cookie is read';
is_deeply $cookie->{attributes}, { path => '/', httponly => 1 }, "the cookie's attributes are read";

$reply = $server->request(POST => '/echo.cgi', form(a => 'x y', b => "\x{e9}"));
like $reply->body, qr/^\d+\nPOST\na=x%20y&b=%E9$/, 'a form reaches a CGI';
like $reply->body, qr/^(?!0\n)/, 'a CGI does not run as root' if $> == 0;
is $server->request(POST => '/echo.cgi', json({ a => 1 }), chunked => 1)->body =~ /\{"a":1\}/, 1, 'chunked JSON reaches a CGI';
is $server->request(HEAD => '/a.txt')->body, '', 'HEAD has no body';
like $server->raw("GET /none HTTP/1.0\r\n\r\n"), qr{^HTTP/1\.1 404 }, 'raw bytes are answered';
like $server->access_log, qr{"GET /none HTTP/1.0" 404}, 'the access log is there';

my $before = $server->pid;
my @old = $server->children;
ok @old, 'there are children';
$server->restart_graceful;
is $server->pid, $before, 'a graceful restart keeps the parent';
is $server->request(GET => '/a.txt')->status, 200, 'the server serves after a graceful restart';
my $gone = $server->kill_child;
ok $gone, 'a child can be killed';
is $server->request(GET => '/a.txt')->status, 200, 'another child serves after one was killed';

$server->stop;
ok !kill(0, $before), 'the old server has stopped';
my ($status, $said) = $server->configtest("NoSuchDirective On\n");
isnt $status, 0, 'a bad configuration is refused';
like $said, qr/NoSuchDirective/, 'the refusal of a bad configuration names its directive';
($status, $said) = $server->try_start("Header set X-A b\n");
is $status, 0, 'a good one starts' or diag $said;

my $file = $server->dir . '/db/own.db';
sqlite($file, 'CREATE TABLE t (a INTEGER)');
is sqlite($file, 'INSERT INTO t VALUES (?), (?)', 1, 2), 2, 'rows go into a database';
is sqlite_value($file, 'SELECT sum(a) FROM t'), 3, 'rows come out of a database';

done_testing;
