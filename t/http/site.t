# SPDX-License-Identifier: Apache-2.0
# The face of a site: its name and logo on every page, and its footer.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site;

# One child, so that each page comes from the same memory.
my $server = LuciaTest::Server->new(config => CHEAP_SITE . VAULT . <<'CONF',
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
<LocationMatch /login$>
    SetHandler luciauth-login
</LocationMatch>
<LocationMatch /signup$>
    SetHandler luciauth-signup
</LocationMatch>
<VirtualHost 127.0.0.1:@port@>
    ServerName plain.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName club.example
    LuciaSite "Müller & <Söhne>" /pictures/logo.svg?a=1&b=2
    LuciaTemplates @dir@/club
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName away.example
    LuciaSite "Alpine Club" HTTPS://Cdn.Example.org:443/a/logo.png
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName name.example
    LuciaSite "Alpine Club"
</VirtualHost>
CONF
    files => { 'htdocs/vault/a.txt' => SECRET, 'club/footer.html' => qq(<a href="/imprint">Imprint</a> of %%site_name%%\n) },
);
sub page { my ($host, $path) = @_; $server->request(GET => $path // '/login', host => $host, navigation()) }
sub text { utf8::decode(my $body = page(@_)->body); $body }
sub errors { scalar(() = $server->error_log =~ /LUCI0601|LUCI0603/g) }

# ---- Without a name ----

my $plain = text('plain.example');
like $plain, qr{<title>Sign in</title>}, 'without LuciaSite: the title is that of the page';
unlike $plain, qr/class="site"|<footer>|<img/, 'without LuciaSite: neither name, logo nor footer';
like $plain, qr{<main>\n    <h1>}, 'without LuciaSite: nothing stands before the heading';
is page('plain.example')->header('Content-Security-Policy'),
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    'without LuciaSite: the policy allows images of this site';

# ---- Name, logo, footer ----

my $name = 'Müller &amp; &lt;Söhne&gt;';
my $logo = '/pictures/logo.svg?a=1&amp;b=2';
for my $path ('/login', '/signup') {
    my $text = text('club.example', $path);
    like $text, qr{<title>Sign (?:in|up) – \Q$name\E</title>}, "$path: the title has the name, escaped (S8.7)";
    like $text, qr{<a class="site" href="/"><img src="\Q$logo\E" alt="">\Q$name\E</a>}, "$path: the page has the name and the logo";
    like $text, qr{<link rel="icon" href="\Q$logo\E">}, "$path: the logo is the icon";
    like $text, qr{</main>\n  <footer>\n<a href="/imprint">Imprint</a> of \Q$name\E\n  </footer>\n</body>}, "$path: the footer is at the end, its values are escaped";
}
my $refused = $server->request(POST => '/vault/a.txt', host => 'club.example', navigation(), form(a => 'b'));
like $refused->body, qr{<a class="site".*<h1>Your session has ended.*<footer>}s, 'a page of the gate has the name and the footer';
like page('club.example')->header('Content-Security-Policy'), qr/img-src 'self' data:;/, 'a logo of this site needs no other origin';
like page('away.example')->header('Content-Security-Policy'), qr{img-src 'self' data: https://cdn\.example\.org;}, 'a logo elsewhere: its origin is allowed, and nothing more';
like text('away.example'), qr{<img src="HTTPS://Cdn\.Example\.org:443/a/logo\.png" alt="">Alpine Club}, 'a logo elsewhere is on the page';
like text('name.example'), qr{<a class="site" href="/">Alpine Club</a>}, 'a name without a logo';
unlike text('name.example'), qr/<img/, 'a name without a logo: no image';

# ---- The footer is edited ----

sub footer { my ($text) = @_; $server->write('club/.new', $text); rename $server->dir . '/club/.new', $server->dir . '/club/footer.html' or die $! }
footer("second\n");
like text('club.example'), qr{<footer>\nsecond\n  </footer>}, 'an edited footer is there with the next request';
my $before = errors();
footer("%%#error%%\n");
like text('club.example'), qr{<footer>\nsecond\n  </footer>}, 'a broken footer: the last good one stays' for 1 .. 2;
is errors() - $before, 1, 'the log reports the broken footer once';
unlink $server->dir . '/club/footer.html' or die $!;
unlike text('club.example'), qr/<footer>/, 'a footer that was removed is gone';
footer("third\n");
like text('club.example'), qr{<footer>\nthird\n}, 'a footer that comes back';

# ---- Passwords ----

sub sign_up_with {
    my ($host, $password) = @_;
    return $server->request(POST => '/signup', host => $host, form(username => 'u' . int rand 1e9, password => $password), accept => 'application/json');
}
my $like_site = qr/Password is too similar to the name of this site/;
for my $password ('Alpine Club', 'alpineclub', 'ALPINE') {
    my $reply = sign_up_with('name.example', $password);
    is $reply->status, 400, "the name of the site as a password is refused: $password";
    like $reply->body, $like_site, "the reason is told: $password";
}
is sign_up_with('name.example', 'alpine club of the north')->status, 201, 'a sentence with the name of the site is a password';
is sign_up_with('plain.example', 'Alpine Club')->status, 201, 'the name of another site is a password';

# ---- What is not allowed ----

sub refuses {
    my ($what, $line) = @_;
    my $other = LuciaTest::Server->new(config => CHEAP_SITE . "$line\n", start => 0);
    my ($status, $said) = $other->configtest;
    isnt $status, 0, "$what stops the start";
    like $said, qr/LuciaSite: .* is not allowed: NAME \[LOGO-URL\]/, "$what: the message says what is allowed";
}
refuses('a logo by a script', 'LuciaSite Club javascript:alert(1)');
refuses('a logo of another scheme', 'LuciaSite Club data:image/png;base64,AAAA');
refuses('a logo with more than a URL', 'LuciaSite Club "https://cdn.example.org; script-src *"');
refuses('an empty name', 'LuciaSite ""');
refuses('three words', 'LuciaSite Alpine Club /logo.svg');

done_testing;
