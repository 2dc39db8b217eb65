# SPDX-License-Identifier: Apache-2.0
# The recipes of doc/recipes.md for a single server, each as it stands there.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Recipes;

plan skip_all => 'the recipes name SQLite' unless LuciaTest::is_sqlite();
my $all = LuciaTest::Recipes::block('apache', 'all', '/var/lib/luciauth/luciauth.db' => '@db@');

sub server {
    my ($recipe, $own, %more) = @_;
    return LuciaTest::Server->new(%more, config => "LuciaPasswordHash argon2id m=1024 t=1 p=1\n$all" . LuciaTest::Recipes::block('apache', $recipe, %$own));
}

sub sign_up {
    my ($server, $name) = @_;
    my $reply = $server->request(POST => '/account/signup', type => 'application/x-www-form-urlencoded', body => "username=$name&password=hunter22", origin => 1);
    is $reply->status, 302, "$name signs up";
    return (LuciaTest::cookie_of($reply))[0];
}

# ---- Members ----

{
    my $server = server('members', { '/srv/www' => '@htdocs@' }, files => {
        'htdocs/header.shtml' => LuciaTest::Recipes::block('html', 'members'),
        'htdocs/index.shtml' => qq{<!--#include virtual="/header.shtml" -->open},
        'htdocs/members/index.shtml' => qq{<!--#include virtual="/header.shtml" -->secret},
    });
    like $server->request(GET => '/')->body, qr{href="/account/login">Sign in<.*open}s, 'members: a visitor sees a link to sign in';
    is $server->request(GET => '/members/', accept => 'text/html')->location, '/account/login?next=/members/', 'members: the area is gated';
    my $cookie = sign_up($server, 'b%26b%3Ci%3E');
    like $server->request(GET => $_, cookie => $cookie)->body, qr{Signed in as <a href="/account">b&amp;b&lt;i&gt;</a>}, "members: $_ greets" for qw(/ /members/);
}

# ---- PHP ----

SKIP: {
    my ($fpm) = grep { -x } glob('/usr/sbin/php-fpm*'), '/usr/sbin/php-fpm';
    skip 'no PHP-FPM', 2 unless $fpm;
    my $dir = LuciaTest::work_dir('fpm');
    my ($user, $group) = LuciaTest::server_user();
    my $socket = "$dir/php-fpm.sock";
    open my $conf, '>', "$dir/fpm.conf" or die $!;
    print $conf "[global]\nerror_log = $dir/log\ndaemonize = no\n[www]\nlisten = $socket\npm = static\npm.max_children = 1\n", $user ? "user = $user\ngroup = $group\nlisten.owner = $user\n" : '';
    close $conf;
    my $pid = LuciaTest::Recipes::run($fpm, '--nodaemonize', '--fpm-config', "$dir/fpm.conf");
    ok LuciaTest::wait_until(sub { -S $socket }, 30), 'PHP-FPM has opened its socket' or diag LuciaTest::Server::slurp("$dir/log");
    my $server = server('php', { '/srv/www' => '@htdocs@', '/run/php/php-fpm.sock' => $socket }, modules => ['proxy_fcgi'],
        files => { 'htdocs/app/index.php' => LuciaTest::Recipes::block('php', 'php') });
    is $server->request(GET => '/app/', accept => 'text/html')->status, 302, 'PHP: a request without a session leads to sign-in';
    my $cookie = sign_up($server, 'alice');
    like $server->request(GET => '/app/', cookie => $cookie)->body, qr/^alice [a-z0-9]{15}$/, 'PHP: it knows the user';
    LuciaTest::Recipes::end($pid);
}

# ---- A proxied application ----

{
    my $backend = LuciaTest::Server->new(lucia => 0, config => "<Directory \@htdocs\@>\nOptions +Includes\nSetOutputFilter INCLUDES\n</Directory>\n", files => {
        'htdocs/who.html' => '<!--#echo var="HTTP_X_LUCIA_USERNAME" -->/<!--#echo var="HTTP_X_LUCIA_USER_ID" -->/<!--#echo var="HTTP_COOKIE" -->' });
    my $server = server('proxy', { '127.0.0.1:3000' => '127.0.0.1:' . $backend->port });
    is $server->request(GET => '/app/who.html', accept => 'text/html')->location, '/account/login?next=/app/who.html', 'proxy: a request without a session leads to sign-in';
    my $cookie = sign_up($server, 'alice');
    like $server->request(GET => '/app/who.html', cookie => $cookie, headers => { 'X-Lucia-Username' => 'root' })->body,
        qr{^alice/[a-z0-9]{15}/\(none\)$}, 'proxy: the application knows who it is, and nothing that was forged';
}

# ---- WebDAV and git ----

{
    my $server = server('dav', { '/var/lib/luciauth/dav/lock' => '@dir@/dav/lock', '/srv/files' => '@dir@/files', '/srv/git' => '@dir@/git' }, start => 0);
    my $dir = $server->dir;
    mkdir "$dir/$_" or die $! for qw(dav files git);
    my $git = sub { system(qw(git -c init.defaultBranch=main -c user.name=t -c user.email=t@example.org -c http.receivepack=true), @_) == 0 };
    local $ENV{GIT_TERMINAL_PROMPT} = 0;
    local $ENV{HOME} = $dir;
    ok $git->(qw(init -q --bare), "$dir/git/a.git") && $git->('--git-dir', "$dir/git/a.git", qw(config http.receivepack true)), 'git: a repository';
    system 'chown', '-R', (LuciaTest::server_user())[0], map { "$dir/$_" } qw(dav files git) if $> == 0;
    $server->start;
    sign_up($server, 'alice');
    my ($host) = $server->url =~ m{//(.*)};
    my $curl = sub { my $code = `curl -s -o /dev/null -w '%{http_code}' @_`; return $code };
    is $curl->("-T '" . $server->conf_file . "' -u alice:hunter22 " . $server->url('/files/a.txt')), 201, 'WebDAV: a file is stored';
    is $curl->('-X PROPFIND -H "Depth: 1" -u alice:hunter22 ' . $server->url('/files/')), 207, 'WebDAV: and listed';
    is $curl->('-X PROPFIND -u alice:wrong ' . $server->url('/files/')), 401, 'WebDAV: not with a wrong password';
    mkdir "$dir/work" or die $!;
    ok $git->('init', '-q', "$dir/work") && $git->('-C', "$dir/work", qw(commit -q --allow-empty -m first)), 'git: a commit';
    ok $git->('-C', "$dir/work", 'push', '-q', "http://alice:hunter22\@$host/git/a.git", 'HEAD:main'), 'git: a push with Basic works';
    ok $git->('clone', '-q', "http://alice:hunter22\@$host/git/a.git", "$dir/clone"), 'git: and cloned';
    ok !$git->(qw(ls-remote -q), "http://alice:wrong\@$host/git/a.git"), 'git: not with a wrong password';
}

{
    my $lines = LuciaTest::Recipes::block('apache', 'dav-factors', '/etc/luciauth-secret' => '@secret@');
    my $server = LuciaTest::Server->new(files => { 'files/a.txt' => 'content' }, modules => ['dav', 'dav_fs', 'dav_lock'],
        config => "LuciaPasswordHash argon2id m=1024 t=1 p=1\n$all$lines" . LuciaTest::Recipes::block('apache', 'dav', '/var/lib/luciauth/dav/lock' => '@dir@/lock', '/srv/files' => '@dir@/files', '/srv/git' => '@dir@/files'));
    my $cookie = sign_up($server, 'alice');
    my $made = $server->request(POST => '/account/api/factors/app', json({ name => 'rclone' }), cookie => $cookie, origin => 1, accept => 'application/json')->json->{password};
    is `curl -s -u alice:$made @{[$server->url('/files/a.txt')]}`, 'content', 'WebDAV: an app password admits';
}

# ---- Programs and browsers ----

{
    my $server = server('both', { '/srv/files' => '@htdocs@' }, files => { 'htdocs/a.txt' => 'content' });
    my $cookie = sign_up($server, 'alice');
    my %browser = ('User-Agent' => 'Mozilla/5.0 (X11)', Accept => 'text/html');
    is $server->request(GET => '/files/a.txt', headers => \%browser)->location, '/account/login?next=/files/a.txt', 'both: a browser is sent to the sign-in page';
    is $server->request(GET => '/files/a.txt', headers => \%browser, cookie => $cookie)->body, 'content', 'both: and let in with its session';
    my $program = $server->request(GET => '/files/a.txt', headers => { 'User-Agent' => 'git/2.39' });
    is $program->status . ' ' . ($program->header('WWW-Authenticate') // ''), '401 Basic realm="Files"', 'both: a program is asked for a password';
    is $server->request(GET => '/files/a.txt', headers => { 'User-Agent' => 'git/2.39', Authorization => 'Basic YWxpY2U6aHVudGVyMjI=' })->body, 'content', 'both: and let in with it';
    is $server->request(GET => '/files/a.txt', headers => { %browser, Authorization => 'Basic YWxpY2U6aHVudGVyMjI=' })->body, 'content', 'both: whatever it calls itself';
}

# ---- Members of one plan ----

{
    my $server = server('plan', { }, files => { 'htdocs/gold/a.txt' => 'content' });
    is $server->request(GET => '/gold/a.txt', accept => 'text/html')->location, '/account/login?next=/gold/a.txt', 'plan: a visitor is asked to sign in';
    my %cookie = map { $_ => sign_up($server, $_) } qw(alice bobby editor);
    LuciaTest::sqlite($server->db, 'UPDATE auth_user SET plan = ? WHERE username = ?', @$_) for ['gold', 'alice'], ['free', 'bobby'];
    is $server->request(GET => '/gold/a.txt', cookie => $cookie{$_})->body, 'content', "plan: $_ is let in" for qw(alice editor);
    is $server->request(GET => '/gold/a.txt', cookie => $cookie{bobby})->status, 403, 'plan: a member of another plan is not';
}

# ---- The local network ----

{
    my $server = server('lan', { }, modules => ['remoteip'], files => { 'htdocs/in/a.txt' => 'content' });
    is $server->request(GET => '/in/a.txt', accept => 'text/html')->body, 'content', 'LAN: without sign-in';
    $server->write_config($server->{config} . "RemoteIPHeader X-From\n");
    $server->restart;
    my @far = (headers => { 'X-From' => '203.0.113.9' });
    is $server->request(GET => '/in/a.txt', accept => 'text/html', @far)->location, '/account/login?next=/in/a.txt', 'LAN: from elsewhere people are asked to sign in';
    my $cookie = sign_up($server, 'alice');
    is $server->request(GET => '/in/a.txt', cookie => $cookie, @far)->body, 'content', 'LAN: and let in then';
    like $server->access_log, qr{^127\.0\.0\.1 - "GET /in/a\.txt}m, 'LAN: nobody was named';
    is $server->request(GET => '/in/a.txt', cookie => $cookie)->body, 'content', 'LAN: with a session';
    ok LuciaTest::wait_until(sub { $server->access_log =~ m{ alice "GET /in/a\.txt} }), 'LAN: a signed-in user is named in the access log';
}

# ---- A whole site ----

{
    my $server = server('pwa', {}, files => { map { $_ => 'x' } 'htdocs/index.html', 'htdocs/manifest.webmanifest', 'htdocs/icons/a.png', 'htdocs/sw.js' });
    is $server->request(GET => $_)->status, 200, "whole site: $_ is open" for qw(/manifest.webmanifest /icons/a.png);
    is $server->request(GET => '/', accept => 'text/html')->status, 302, 'whole site: a page is not';
    is $server->request(GET => '/sw.js', accept => 'text/html')->status, 401, 'whole site: nor the worker, without a redirect';
    is $server->request(GET => '/account/login', accept => 'text/html')->status, 200, 'whole site: the sign-in page is';
    is $server->request(GET => '/sw.js', cookie => sign_up($server, 'alice'))->status, 200, 'whole site: a member has the worker';
}

done_testing;
