# SPDX-License-Identifier: Apache-2.0
# The headers that every answer of an endpoint carries, whatever its status.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $site = site(<<'CONF');
<Location /closed>
    SetHandler luciauth-signup
    LuciaSignup Off
</Location>
<Location /elsewhere>
    SetHandler luciauth-logout
    LuciaLoginURL https://login.example:8443/in?a=b
</Location>
<VirtualHost 127.0.0.1:@port@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName broken.example
    LuciaDatabase sqlite3 @dir@/no/such/folder/x.db
</VirtualHost>
CONF
my $cookie = sign_up($site, 'alice');
my $json = 'application/json';
my @credentials = (username => 'alice', password => $PASSWORD);

# Each with the status it has and what it is: html, json, empty, or a redirect.
my @ANSWERS = (
    ['GET /', 302, 'redirect'], ['GET /', 200, 'html', cookie => $cookie], ['GET /', 200, 'json', cookie => $cookie, accept => $json], ['GET /', 401, 'json', accept => $json],
    ['HEAD /', 200, 'html', cookie => $cookie], ['POST /', 405, 'html'], ['GET /signup', 200, 'html'], ['GET /signup', 302, 'redirect', cookie => $cookie],
    ['GET /login', 200, 'html'], ['HEAD /login', 200, 'html'], ['GET /login', 302, 'redirect', cookie => $cookie], ['GET /logout', 302, 'redirect'], ['GET /logout', 200, 'html', cookie => $cookie], ['GET /api/logout', 405, 'json', cookie => $cookie], ['OPTIONS /login', 405, 'html'],
    ['TRACE /login', 405, 'html'], ['PUT /api/login', 405, 'json'], ['GET /api/login', 405, 'json'], ['GET /api/', 401, 'json'],
    ['POST /signup', 302, 'redirect', form(username => 'bobby', password => $PASSWORD)], ['POST /signup', 201, 'json', form(username => 'carol', password => $PASSWORD), accept => $json],
    ['POST /signup', 400, 'html', form(@credentials)], ['POST /signup', 400, 'json', json({@credentials})], ['POST /signup', 400, 'html', form(username => 'x')],
    ['GET /closed', 403, 'html'], ['POST /closed', 403, 'json', json('{}')],
    ['POST /login', 302, 'redirect', form(@credentials)], ['POST /login', 302, 'redirect', form(@credentials, next => '/a')], ['POST /login', 200, 'json', form(@credentials), accept => $json],
    ['POST /login', 400, 'html', form(username => 'alice', password => $WRONG)], ['POST /login', 400, 'json', json({ username => 'nobody', password => $WRONG })],
    ['POST /login', 400, 'json', json('{"a')], ['POST /login', 400, 'html', type => 'application/x-www-form-urlencoded', body => '%zz'],
    ['POST /login', 403, 'html', form(@credentials), origin => 'http://evil.example'], ['POST /login', 403, 'json', json({@credentials}), origin => 'null'],
    ['POST /login', 413, 'html', form(a => 'x' x 9000)], ['POST /login', 413, 'json', json({ a => 'x' x 9000 })], ['POST /login', 413, 'html', form(a => 'x' x 9000), chunked => 1],
    ['POST /login', 415, 'html', type => 'text/plain', body => 'x'], ['POST /login', 415, 'json', type => 'text/plain', body => 'x', accept => $json],
    ['POST /logout', 401, 'html'], ['POST /logout', 401, 'json', accept => $json],
    ['POST /logout', 302, 'redirect', origin => 1, cookie => sign_in($site, 'alice')], ['POST /logout', 204, 'empty', origin => 1, cookie => sign_in($site, 'alice'), accept => $json],
    ['POST /elsewhere', 302, 'redirect', origin => 1, cookie => sign_in($site, 'alice')], ['GET /elsewhere', 302, 'redirect'], ['PUT /elsewhere', 405, 'html'],
    map({ [@$_, host => 'broken.example'] }
        ['GET /', 503, 'html', cookie => $cookie], ['GET /', 503, 'json', cookie => $cookie, accept => $json], ['GET /login', 503, 'html', cookie => $cookie],
        ['POST /login', 503, 'html', form(@credentials)], ['POST /login', 503, 'json', json({@credentials})], ['POST /signup', 503, 'html', form(@credentials)],
        ['POST /logout', 503, 'html', cookie => $cookie, origin => 'http://broken.example']),
);
my %TYPE = (html => 'text/html; charset=utf-8', json => 'application/json; charset=utf-8', redirect => 'text/plain; charset=utf-8');

for my $answer (@ANSWERS) {
    my ($line, $status, $kind, %arg) = @$answer;
    my ($method, $path) = split / /, $line;
    my $reply = $site->request($method => $path, %arg);
    my $what = "$line $status $kind" . ($arg{host} ? " on $arg{host}" : '');
    is $reply->status, $status, $what;
    my $once = sub { my @values = $reply->headers($_[0]); @values == 1 ? $values[0] : scalar(@values) . ' times' };
    is $once->('Cache-Control'), 'no-store', "$what: no-store";
    is $once->('X-Content-Type-Options'), 'nosniff', "$what: nosniff";
    like $once->('Referrer-Policy'), qr/^(?:same-origin|strict-origin|no-referrer)$/, "$what: Referrer-Policy";
    if ($kind eq 'empty') { is $reply->header('Content-Type'), undef, "$what: no type, for there is nothing" }
    else { is $once->('Content-Type'), $TYPE{$kind}, "$what: type and charset" }
    is $reply->body, '', "$what: no body" if $kind =~ /empty|redirect/;
    is $reply->header('Location') ? 1 : 0, $kind eq 'redirect' ? 1 : 0, "$what: Location";
    is $reply->header('Retry-After') ? 1 : 0, $status == 503 ? 1 : 0, "$what: Retry-After";
    is $reply->header('WWW-Authenticate'), $status == 401 ? 'Lucia' : undef, "$what: a 401 names a scheme that opens no dialogue";
    is scalar(my @sent = $reply->headers('Set-Cookie')), 0, "$what: the cookie is not touched" if $status == 503;
    check_policy($once->('Content-Security-Policy'), $what);
    check_page($reply->body, $what) if $kind eq 'html' && $method ne 'HEAD';
}

sub check_policy {
    my ($policy, $what) = @_;
    my %rule = map { my ($name, @sources) = split; ($name => "@sources") } split /\s*;\s*/, $policy;
    my @good = (
        $rule{'default-src'} eq "'none'", !grep({ /^(?:script|object|worker|frame)-src|^script-src-/ } keys %rule), $rule{'frame-ancestors'} eq "'none'",
        $rule{'base-uri'} eq "'none'", !exists $rule{'form-action'},
    );
    ok !(grep { !$_ } @good), "$what: no script, no frame, no base, and forms may lead anywhere" or diag $policy;
    return;
}

# The page must work under its own policy: nothing in it may be script.
sub check_page {
    my ($body, $what) = @_;
    unlike $body, qr/<script|javascript:|<[^>]*\son\w+\s*=|<(?:iframe|object|embed|base)\b/i, "$what: a page without script";
    unlike $body, qr/%%\w*%%/, "$what: no placeholder is left";
    unlike $body, qr/\bsqlite|apr_dbd|\bSELECT\b|no such table|unable to open/i, "$what: nothing of the database";
    return;
}

my $reply = $site->request(GET => '/', cookie => $cookie, host => 'broken.example');
is error_in($reply), 'Service temporarily unavailable', 'S9.30: the 503 says what a visitor needs to know';
for my $form (['/signup', 'a sign-up'], ['/login', 'a sign-in']) {
    my ($path, $what) = @$form;
    $reply = $site->request(POST => $path, form(username => 'Ada & Co', password => $PASSWORD), host => 'broken.example');
    is $reply->status, 503, "$what without a database answers 503";
    is error_in($reply), 'Service temporarily unavailable', "$what without a database says what happened";
    like $reply->body, qr/name="username" type="text" value="Ada &amp; Co"/, "$what without a database keeps the name that was typed";
    unlike $reply->body, qr/\Q$PASSWORD\E/, "$what without a database does not give the password back";
}
is $site->request(GET => '/login', host => 'broken.example')->status, 200, 'without a cookie the sign-in page needs no database';
is $site->request(GET => '/nothing', host => 'broken.example')->status, 404, 'S9.31: other paths are not affected';
cmp_ok scalar(() = $site->error_log =~ /LUCI0302/g), '<=', 4, 'S9.31: the log is not flooded';

done_testing;
