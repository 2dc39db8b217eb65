# SPDX-License-Identifier: Apache-2.0
# Caches: what the gate serves is for one user, and mod_cache configured as in doc/caching.md keeps it so.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

my %backend = map { $_->[0] => LuciaTest::Backend->new(headers => $_->[1]) }
    ['plain', ['ETag: "1"']], ['public', ['Cache-Control: public, max-age=60']], ['nostore', ['Cache-Control: no-store']],
    ['expires', ['Expires: Thu, 01 Jan 2099 00:00:00 GMT', 'ETag: "2"']];
# As cacheable as a page can be that says nothing about caching, and made for one user.
my $page = "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: text/plain\\nLast-Modified: Mon, 05 Jan 2026 00:00:00 GMT\\n%s\\n"
    . "moonstone of %%s %%s\\n' \"\$REMOTE_USER\" \"\$\$-\$(date +%%N)\"\n";
my $server = LuciaTest::Server->new(
    modules => ['cache', 'cache_disk', 'expires'],
    start   => 0,
    config  => CHEAP_SITE . join('', map { "ProxyPass /$_/ @{[$backend{$_}->url]}\n" } sort keys %backend) . <<'CONF',
CacheRoot @dir@/db/cache
CacheEnable disk /
CacheQuickHandler off
CacheHeader On
CacheIgnoreCacheControl On
<Directory @htdocs@>
    Options +ExecCGI
</Directory>
AddHandler cgi-script .cgi
<LocationMatch ^/(?:gated|plain|public|nostore|expires|optional|header|mod-expires)/>
    AuthType Lucia
    Require valid-user
</LocationMatch>
<Location /public/own/>
    CacheDisable on
</Location>
<Location /gated/bob/>
    Require user bobby
</Location>
<Location /optional/>
    LuciaOptional On
</Location>
<Location /header/>
    Header set Cache-Control "max-age=5"
</Location>
<Location /header/always/>
    Header unset Cache-Control
    Header always set Cache-Control "public, max-age=6"
</Location>
<Location /mod-expires/>
    ExpiresActive On
    ExpiresDefault "access plus 1 minute"
</Location>
CONF
    files => {
        (map { ("htdocs/$_/a.txt" => SECRET) } qw(gated gated/bob open header header/always mod-expires)),
        (map { ("htdocs/$_/page.cgi" => sprintf $page, '') } qw(gated open optional)),
        'htdocs/gated/shared.cgi' => sprintf($page, 'Cache-Control: public, max-age=60\\n'),
    },
);
mkdir $server->dir . '/db/cache';
LuciaTest::give($server->dir . '/db/cache');
$server->start;
my ($alice, $bobby) = map { sign_up($server, $_) } qw(alice bobby);

sub cache_control {
    my ($path, %arg) = @_;
    my $reply = $server->request(GET => $path, cookie => $alice, %arg);
    return join ' and ', $reply->headers('Cache-Control');
}

subtest 'Cache-Control of what is behind the gate' => sub {
    is cache_control('/gated/a.txt'), 'private', 'a gated file is private';
    is cache_control('/gated/page.cgi'), 'private', 'the answer of a gated program is private';
    is cache_control('/plain/x'), 'private', 'the answer of a gated backend is private';
    is cache_control('/expires/x'), 'private', 'a backend that sends Expires only';
    is cache_control('/gated/none'), 'private', 'a gated 404 is private';
    is cache_control('/gated/bob/a.txt'), 'no-store', 'a gated 403 is no-store';
    my $etag = $server->request(GET => '/gated/a.txt', cookie => $alice)->header('ETag');
    my $reply = $server->request(GET => '/gated/a.txt', cookie => $alice, headers => { 'If-None-Match' => $etag });
    is $reply->status, 304, 'a gated file is validated with 304';
    is $reply->header('Cache-Control'), 'private', 'a gated 304 is private';
    is cache_control('/gated/a.txt', headers => { Range => 'bytes=0-3' }), 'private', 'a part of a gated file is private';
    is $server->request(HEAD => '/gated/a.txt', cookie => $alice)->header('Cache-Control'), 'private', 'the answer to HEAD is private';
};

subtest 'unless the content set its own' => sub {
    is cache_control('/public/x'), 'public, max-age=60', "a backend's public Cache-Control stays";
    is cache_control('/nostore/x'), 'no-store', "a backend's no-store stays";
    is cache_control('/header/a.txt'), 'max-age=5', 'Cache-Control of Header set stays';
    is cache_control('/header/always/a.txt'), 'public, max-age=6', 'Header always set';
    is cache_control('/mod-expires/a.txt'), 'max-age=60', 'Cache-Control of mod_expires stays';
};

subtest 'places that are open' => sub {
    is cache_control('/open/a.txt'), '', 'nothing is said about open files';
    is cache_control('/open/none'), '', 'errors of open files have no Cache-Control';
    is cache_control('/optional/page.cgi'), 'private', 'LuciaOptional is for one user';
    is $server->request(GET => '/optional/page.cgi')->header('Cache-Control'), 'private', 'LuciaOptional makes anonymous answers private';
    for my $who ([navigation()], [script()], [navigation(), method => 'POST']) {
        my (%arg) = @$who;
        is $server->request($arg{method} || 'GET' => '/gated/a.txt', %arg)->header('Cache-Control'), 'no-store', 'refusals are not kept';
    }
};

subtest 'a renewed cookie is never left in a shared cache' => sub {
    for my $path ('/public/x', '/header/always/a.txt', '/mod-expires/a.txt', '/nostore/x', '/gated/a.txt') {
        my $brief = sign_in($server, 'alice');
        expire($server, $brief, active => -1000, idle => 60_000);
        my $reply = $server->request(GET => $path, cookie => $brief);
        is cookie_of($reply)->{value}, $brief->{value}, "$path: renewed";
        like join(' ', $reply->headers('Cache-Control')), $path =~ /nostore/ ? qr/^no-store$/ : qr/^private$/, "$path: the answer that renews the cookie is not shared";
    }
    is cache_control('/public/x'), 'public, max-age=60', 'the next answer is as the content says';
};

sub body { my ($path, $cookie) = @_; $server->request(GET => $path, navigation(), $cookie ? (cookie => $cookie) : ()) }

subtest 'S9.28: mod_cache in front, as in doc/caching.md' => sub {
    my $open = wait_until(sub {    # the first answers fill the cache
        my $one = body('/open/page.cgi');
        my $two = body('/open/page.cgi');
        $two if $one->body eq $two->body && ($two->header('X-Cache') // '') =~ /^HIT/;
    }, 5);
    ok $open, 'what is open comes from the cache' or return;
    for my $path ('/gated/page.cgi', '/gated/a.txt', '/plain/x', '/expires/x', '/optional/page.cgi') {
        for my $round (1, 2) {
            my @answers = map { body($path, $_) } $alice, $bobby, $alice;
            is $_->status, 200, "$path: a user" for @answers;
            unlike $_->header('X-Cache') // '', qr/^HIT/, 'a gated answer for a user does not come from the cache' for @answers;
            like $answers[1]->body, qr/of bobby /, 'bobby gets his own page' if $path =~ /page/;
            like $answers[2]->body, qr/of alice /, "$path: alice gets her own page" if $path =~ /page/;
            my $visitor = body($path);
            if ($path =~ /optional/) { like $visitor->body, qr/^moonstone of  /, 'a visitor has no name' }
            else                     { is_sent_to_login $visitor, $path, "$path: a visitor" }
        }
    }
    # What the content calls public may be shared among those who are let in, and with nobody else.
    body('/gated/shared.cgi', $alice) for 1 .. 3;
    is_sent_to_login body('/gated/shared.cgi'), '/gated/shared.cgi', 'gated content that calls itself public is refused without a session';
    is_sent_to_login body('/public/x'), '/public/x', 'gated public content of a backend is refused without a session';
    is body('/gated/shared.cgi', { name => 'auth_session', value => 'x' x 40 })->status, 302, 'a dead cookie opens nothing';
    body('/public/shared', $alice) for 1 .. 3;
    like body('/public/shared', $bobby)->header('X-Cache'), qr/^HIT/, 'among users it is shared';
    unlike body('/public/own/x', $_)->header('X-Cache') // '', qr/^HIT/, 'CacheDisable keeps shared content out of the cache' for ($alice, $bobby) x 2;
    my $brief = sign_in($server, 'alice');
    expire($server, $brief, active => -1000, idle => 60_000);
    $server->request(GET => '/public/renewed', cookie => $brief);
    is scalar(set_cookies($server->request(GET => '/public/renewed', cookie => $bobby))), 0, 'bobby never gets the cookie of alice';
    my @kept = `grep -rlE 'moonstone of (alice|bobby)|$alice->{value}|$bobby->{value}|$brief->{value}' '@{[$server->dir]}/db/cache'`;
    is scalar(grep { slurp_cache($_) !~ /shared\.cgi/ } @kept), 0, 'the cache holds no session id and nobody\'s page';
};

sub slurp_cache {
    my ($file) = @_;
    chomp $file;
    return LuciaTest::Server::slurp($file) . LuciaTest::Server::slurp($file =~ s/\.data$/.header/r);
}

unlike $server->error_log, qr/exit signal/, 'no child died';
done_testing;
