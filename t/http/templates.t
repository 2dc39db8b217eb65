# SPDX-License-Identifier: Apache-2.0
# Templates: an administrator's own pages, edited while httpd runs.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;
use POSIX ();

# One child, so that each page comes from the same memory.
my $site = site(<<'CONF', start => 0);
LuciaSessionCache off
<IfModule prefork.c>
    StartServers 1
    ServerLimit 1
    MaxRequestWorkers 1
</IfModule>
<IfModule !prefork.c>
    StartServers 1
    ServerLimit 1
    MaxRequestWorkers 16
</IfModule>
LuciaTemplates @dir@/own
LuciaUserAttributes username email nick
<Location /other/login>
    SetHandler luciauth-login
    LuciaLoginURL /other/login?a=1&b=2
    LuciaSignup Off
</Location>
<VirtualHost 127.0.0.1:@port@>
    ServerName own.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName usual.example
    LuciaTemplates @templates@
</VirtualHost>
CONF
my $installed = LuciaTest::apxs('datadir') . '/luciauth/templates';
my $stamp = 0;

# Writes a template over the old one, or as a new file in its place; with a time of its own when that is given.
sub edit {
    my ($name, $text, %how) = @_;
    my $file = $site->write($how{replace} ? 'own/.new' : "own/$name", $text);
    utime $how{at}, $how{at}, $file if $how{at};
    rename $file, $site->dir . "/own/$name" or die $! if $how{replace};
    return;
}
sub page { my ($path, %arg) = @_; $site->request(GET => $path, %arg)->body }

edit('login.html', "login one %%error%%|%%username%%|%%next%%\n");
edit('profile.html', "%%user_id%%|%%username%%|%%email%%|%%#email%%has mail%%/email%%|%%#nick%%has a nick%%/nick%%|%%nick%%|%%unknown%%|\n");
edit('signup.html', <<'HTML');
%%login_url%% %%signup_url%% %%logout_url%% %%home_url%% %%username_min%%-%%username_max%% %%password_min%%-%%password_max%%
100% %% %%% %%not closed 50%%of %%a b%% %%#error%%[%%error%%%%#username%% by %%username%%%%/username%%]%%/error%%
<a href="%%login_url%%" title='%%error%%'>
HTML
$site->start;

# ---- Values and sections ----

my $cookie = sign_up($site, 'alice');
my $id = row_of($site, $cookie)->{user_id};
is page('/', cookie => $cookie), "$id|alice||||||\n", 'attributes that are not there are empty, their sections are left out';
sqlite($site->db, 'UPDATE auth_user SET email = ?, nick = ? WHERE id = ?', 'a&b@example.org', '', $id);
is page('/', cookie => $cookie), "$id|alice|a&amp;b\@example.org|has mail||||\n", 'a user attribute is shown, escaped; an empty one is as good as none';
my $svg = '"><svg onload=alert(1)>\'&';
my $escaped = '&quot;&gt;&lt;svg onload=alert(1)&gt;&#39;&amp;';
sqlite($site->db, 'UPDATE auth_user SET email = ?, nick = ?, username = ? WHERE id = ?', $svg, "%%user_id%%", $svg, $id);
is page('/', cookie => $cookie), "$id|$escaped|$escaped|has mail|has a nick|%%user_id%%||\n", 'S9.22: every value is escaped, and none is a template';
is $site->request(POST => '/login', form(username => $svg, password => $WRONG, next => '/a"<b>'))->body,
    "login one Incorrect username or password|$escaped|/a&quot;&lt;b&gt;\n", 'S9.22: a typed username is escaped, and is no template';
is page('/login?next=/inbox&username=eve&error=hacked'), "login one ||/inbox\n", 'username and error in the query do not reach the template';

my $text = page('/signup');
is $text =~ /^(.*)$/m ? $1 : '', '/login /signup /logout / 4-31 6-255', 'the four URLs and the limits';
like $text, qr/^100% %% %%% %%not closed 50%%of %%a b%% $/m, 'percent signs that are no placeholder stay';
like $site->request(POST => '/signup', form(username => 'a<b', password => $PASSWORD))->body, qr/ \[Invalid username by a&lt;b\]$/m, 'sections lie inside sections';
edit('login.html', "%%login_url%%|%%#signup_url%%sign up at %%signup_url%%%%/signup_url%%|%%status%%\n");
is page('/other/login'), "/other/login?a=1&amp;b=2||200\n", 'URLs of the location, escaped; no sign-up where that is off';
is page('/login'), "/login|sign up at /signup|200\n", 'a location without its own URLs has those of the mount';

# ---- Edited without a restart ----

edit('login.html', "two\n", at => 1_000_000_000);
is page('/login'), "two\n", 'an edited template is there with the next request';
edit('login.html', "2wo\n", replace => 1, at => 1_000_000_000);
is page('/login'), "2wo\n", 'a new file of equal size and time is used';
edit('login.html', "2wi\n", at => 1_000_000_001);
is page('/login'), "2wi\n", 'an edited file of equal size is used';

sub lines { my ($pattern) = @_; scalar(() = $site->error_log =~ /$pattern/g) }

my %broken = (
    'a section that is not closed' => "%%#error%%open\n", 'one that is not open' => "a\n%%/error%%\n", 'crossed sections' => "%%#a%%%%#b%%%%/a%%%%/b%%\n",
    'an empty file' => '', 'a NUL byte' => "a\0b\n", 'no UTF-8' => "caf\xe9\n", 'half a megabyte' => 'x' x 600_000,
);
for my $what (sort keys %broken) {
    $stamp++;
    edit('login.html', "good $stamp\n");
    is page('/login'), "good $stamp\n", "before $what";
    my $before = lines('LUCI0601');
    edit('login.html', $broken{$what});
    my @pages = map { page('/login') } 1 .. 5;
    is_deeply [grep { $_ ne "good $stamp\n" } @pages], [], "$what: the last good one stays";
    is lines('LUCI0601') - $before, 1, "$what: the log says so, once";
}
like $site->error_log, qr{LUCI0601: the template \S+/own/login\.html cannot be used: line 1: section "error" is not closed}, "the log says why the template can't be used";
edit('login.html', "mended\n");
is page('/login'), "mended\n", 'a mended one is used';

# ---- Not there ----

my $before = lines('LUCI0602');
unlink $site->dir . '/own/login.html' or die $!;
my @pages = map { page('/login') } 1 .. 5;
if (-e "$installed/login.html") {
    is_deeply [grep { !/<form method="post"/ } @pages], [], 'the installed one takes the place of a deleted one';
}
else {
    is_deeply [grep { $_ ne "mended\n" } @pages], [], 'the last good one stays for a deleted one, as none is installed';
    is lines('LUCI0602') - $before, 1, 'the log reports the deleted template once';
}
edit('login.html', "back\n");
is page('/login'), "back\n", 'a file that comes back is used';

my $error = $site->request(POST => '/login', type => 'text/plain', body => 'x');
is $error->status, 415, 'a page that was never there';
like $error->body, qr/Unsupported content type/, 'the page without a template says what happened';
unlike $error->body, qr/%%/, 'the page without a template is filled in';
like page('/login', host => 'usual.example'), qr/<form method="post" action="">/, 'another virtual host has its own templates';
is page('/login'), "back\n", 'the virtual host keeps its own templates';

# ---- Not a file ----

# No page may wait for somebody to write into it.
for my $what ('a pipe', 'a folder') {
    my $file = $site->dir . '/own/login.html';
    unlink $file or die $!;
    ($what eq 'a pipe' ? POSIX::mkfifo($file, 0644) : mkdir $file) or die $!;
    my @replies = map { $site->request(GET => '/login', timeout => 5) } 1 .. 3;
    is_deeply [map { $_->status } @replies], [200, 200, 200], "$what in place of a template: pages are served at once";
    my $expected = -e "$installed/login.html" ? qr/<form method="post"/ : qr/^back$/;
    is scalar(grep { $_->body !~ $expected } @replies), 0, "$what: the installed one, else the last good one";
    ($what eq 'a pipe' ? unlink $file : rmdir $file) or die $!;
    edit('login.html', "back\n");
    is page('/login', timeout => 5), "back\n", "$what that is a file again is used";
}

# ---- Forms of one's own ----

edit('login.html', qq(<form method="post"><input name="username" value="%%username%%"><input name="password"></form>%%#form_error%%%%form_error%%%%/form_error%%\n));
is $site->request(POST => '/login', form(username => 'bob', password => $WRONG))->body,
    qq(<form method="post"><input name="username" value="bob"><input name="password"></form>Incorrect username or password\n), 'a small template is enough';

# ---- The layout, and pages that are bodies ----

my $refused = sub { $site->request(POST => '/login', type => 'text/plain', body => 'x')->body };
like $refused->(), qr{<style>.*<title>|<title>.*<style>}s, 'without an own layout.html the installed one is used';
edit('layout.html', "[%%\@title%%|%%\@class%%]\n%%\@body%%\n(%%status%%)\n");
like $refused->(), qr{\A\[Error 415: Unsupported content type\|error\]\n.*\n\(415\)\n\z}s, 'a layout of one\'s own is used for pages that are not';
is page('/login'), qq(<form method="post"><input name="username" value=""><input name="password"></form>\n), 'a whole page stays whole';
edit('login.html', "%%\@body%%\nSign in, %%\@name%%: %%next%%\n%%\@title%%\n%%#next%%To %%next%%%%/next%%\n");
is page('/login?next=/a'), "[To /a|]\nSign in, %%\@name%%: /a\n(200)\n", 'an own page may be a body for the layout';
edit('layout.html', "<%%\@body%%>\n");
is page('/login?next=/a'), "<Sign in, %%\@name%%: /a>\n", 'an edited layout is there with the next request';
$before = lines('LUCI0601');
edit('layout.html', "without a place\n");
is page('/login?next=/a'), "<Sign in, %%\@name%%: /a>\n", 'a layout without a place for the body: the last good one stays' for 1 .. 2;
is lines('LUCI0601') - $before, 1, 'the log reports the broken layout once';
like $site->error_log, qr{LUCI0601: the template \S+/own/layout\.html cannot be used: a layout needs %%\@body%%; the last good version stays}, 'the log says that the layout has no place for the body';
$before = lines('LUCI0603');
edit('layout.html', "%%\@title%%|%%\@body%%\n");
is page('/login?next=/a'), "To /a|Sign in, %%\@name%%: /a\n", 'a mended one is used';
edit('login.html', "%%\@title%%\n%%#next%%\n%%\@class%%\n%%/next%%\n%%\@body%%\nx\n");
is page('/login?next=/a'), "To /a|Sign in, %%\@name%%: /a\n", 'a page that is broken in this layout only: the last good one stays' for 1 .. 2;
is lines('LUCI0603') - $before, 1, 'the log reports the page that breaks in this layout once';
edit('login.html', "whole again\n");
is page('/login'), "whole again\n", 'a body that becomes a whole page';

my $broken = site("LuciaTemplates \@dir\@/own\n", files => { 'own/login.html' => "%%\@body%%\n%%#next%%\n%%\@title%%\n%%/next%%\n" });
my $shown = $broken->request(GET => '/login')->body;
like $shown, qr{<form method="post"}, 'a page that is broken in the layout from the start: the built-in one takes its place';
unlike $shown, qr/%%/, 'the built-in page shows no marker';
like $broken->error_log, qr/LUCI0603: the template login\.html /, 'the log names it';

# ---- Several children: none has a page of its own ----

my $many = site(<<'CONF', files => { 'own/login.html' => "first\n", 'own/signup.html' => "first\n" }, start => 0);
StartServers 4
<IfModule !prefork.c>
    ServerLimit 4
    MinSpareThreads 64
</IfModule>
LuciaTemplates @dir@/own
CONF
$many->start;
ok wait_until(sub { my @pids = $many->children; @pids >= 2 }), 'a server with several children';
$many->write('own/login.html', "%%#error%%open\n");
unlink $many->dir . '/own/signup.html' or die $!;
POSIX::mkfifo($many->dir . '/own/signup.html', 0644) or die $!;
my %seen;
my $asked = sub { $seen{$_[0]}{ $many->request(GET => $_[0], timeout => 5)->body }++ };
my $answered = sub { my ($path) = @_; my %pid = map { $_ => 1 } $many->access_log =~ m{"GET $path .* pid=(\d+)}g; scalar keys %pid };
for my $path ('/login', '/signup') {
    ok wait_until(sub { $asked->($path); $answered->($path) >= 2 }, 20), "$path: several children answer";
    $asked->($path) for 1 .. 20;
}
is_deeply [keys %{ $seen{'/login'} }], ["first\n"], 'a file that broke before they were asked: all have the last good page';
is scalar(keys %{ $seen{'/signup'} }), 1, 'a pipe: all have the same page';
ok !exists $seen{'/signup'}{''}, 'each child has a page for a file that broke early';
my $restarted = eval { $many->restart_graceful; 1 };
ok $restarted, 'a restart does not wait for a pipe' or diag $@;
like $many->error_log, qr/LUCI0506: .*signup\.html: not a regular file/, 'the log names the pipe';
$many->write('own/login.html', "first\n");
$many->{files} = {};    # they are there, and the pipe stays one
my ($status, $said) = $many->configtest;
isnt $status, 0, 'a configtest refuses it';
like $said, qr/signup\.html: not a regular file/, 'configtest says that the pipe is no regular file';

done_testing;
