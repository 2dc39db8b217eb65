# SPDX-License-Identifier: Apache-2.0
# One host signs people in for the gates of others below the same domain: LuciaReturnTo, and an absolute next.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $shared = "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaCookieDomain site.example\n";
sub host { my ($names, $lines) = @_; "<VirtualHost 127.0.0.1:\@port\@>\nServerName $names\n$lines</VirtualHost>\n" }
sub gate { my ($login) = @_; "<Location /private>\nAuthType Lucia\nRequire valid-user\nLuciaLoginURL $login\n</Location>\n" }
my $server = site('', mount => undef, files => { 'htdocs/private/a.txt' => "members only\n" }, start => 0);
my $login = 'http://login.site.example:' . $server->port;
my $app = 'http://app.site.example:' . $server->port;
my $names = "app.site.example:\@port\@\nServerAlias *.wiki.site.example";
$server->{config} = host('first.site.example', $shared)
    . host('login.site.example', "${shared}LuciaMount /\nLuciaHomeURL /home\nLuciaReturnTo $app http://a.wiki.site.example:\@port\@\n")
    . host($names, $shared . gate("$login/login")) . host('unlisted.site.example', $shared . gate("$login/login"))
    . host('self.site.example', $shared . gate('https://self.site.example/login'))
    . host('query.site.example', $shared . gate('http://login.site.example:@port@/login?from=gate'));
$server->start;
sub ask { my ($method, $url, @more) = @_; my ($host, $path) = $url =~ m{^http://([^/]*)(/.*)}; $server->request($method => $path, host => $host, @more) }
my %person = (accept => 'text/html');
my @alice = (username => 'alice', password => $PASSWORD);

# ---- There and back ----

my $gate = ask(GET => "$app/private/a.txt?b=c", %person);
is $gate->status . ' ' . $gate->location, "302 $login/login?next=" . uri_escape("$app/private/a.txt?b=c") =~ s/%2F/\//gr, 'the gate sends its absolute URL';
my $page = ask(GET => $gate->location);
is $page->status, 200, 'the sign-in page of the other host';
my ($link) = $page->body =~ /<a href="([^"]*)"/;
is LuciaTest::Site::unescape($link), $gate->location =~ s/.*\/login/\/signup/r, 'its link to sign-up carries it on';
my $up = ask(POST => $login . LuciaTest::Site::unescape($link), form(@alice), origin => $login);
is $up->status . ' ' . $up->location, "302 $app/private/a.txt?b=c", 'sign-up leads back';
my ($cookie) = set_cookies($up, 'auth_session');
is $cookie->{attributes}{domain}, 'site.example', 'the cookie is for both hosts';
is ask(GET => "$app/private/a.txt", cookie => $cookie)->body, "members only\n", "the other host's gate lets the user in";
is ask(GET => $gate->location, cookie => $cookie)->location, "$app/private/a.txt?b=c", 'a user who is signed in is sent back at once';
my $in = ask(POST => $gate->location, form(@alice), origin => $login);
is $in->status . ' ' . $in->location, "302 $app/private/a.txt?b=c", 'sign-in leads back';
is ask(POST => "$login/login", json({ @alice, next => "$app/private/" }), origin => $login)->location, "$app/private/", 'a JSON sign-in leads back to the other host';
is ask(POST => "$login/api/login", json({ @alice, next => "$app/private/" }), accept => 'application/json', origin => $login)->json->{user}{username}, 'alice',
    'a sign-in that accepts JSON does not redirect';
is ask(POST => "$login/login", form(@alice, next => '/local'), origin => $login)->location, '/local', 'a path on the own site is one as ever';

is ask(GET => 'http://self.site.example/private/a.txt', %person)->location, 'https://self.site.example/login?next=/private/a.txt',
    'a login URL on the own host needs no list';

# ---- Only to listed origins ----

for my $next ('http://unlisted.site.example/', "http://app.site.example/", "https://app.site.example:" . $server->port . '/', "$app.evil.example/", "$app\@evil.example/",
    'http://evil.example/', "$app//evil.example") {
    is ask(POST => "$login/login", form(@alice, next => $next), origin => $login)->location, '/home', "S9.21: $next leads home";
    is ask(GET => "$login/login?next=" . uri_escape($next), cookie => sign_in_here())->location, '/home', "S9.21: $next leads home when signed in already";
}
sub sign_in_here { my ($got) = set_cookies(ask(POST => "$login/login", form(@alice), origin => $login), 'auth_session'); return $got }
$gate = ask(GET => 'http://unlisted.site.example/private/a.txt', %person);
is ask(POST => $gate->location, form(@alice), origin => $login)->location, '/home', 'S9.21: a gate that is not listed';

# ---- The gate names itself by what it is called ----

my $wiki = 'http://a.wiki.site.example:' . $server->port;
like ask(GET => "$wiki/private/a.txt", %person)->location, qr{next=http%3A//a\.wiki\.site\.example%3A}, 'by a ServerAlias';
like ask(GET => 'http://query.site.example/private/a.txt', %person)->location, qr{/login\?from=gate&next=http%3A//query\.site\.example/private}, 'behind a query that is there';
my $forged = $server->request(GET => "http://evil.example/private/a.txt", host => 'evil.example', %person);
unlike $forged->bytes, qr/next=[^&]*evil/, 'S9.21: a forged Host finds the first host only';
is ask(GET => "$app/private/a.txt", accept => 'application/json')->status, 401, 'a script gets 401, and no way';
like ask(POST => "$app/private/a.txt", form(a => 'b'), %person)->body, qr{href="\Q$login\E/login"}, 'a form gets the page that leads there';
$server->stop;
my $only = site(gate('http://login.site.example/login'), mount => undef, start => 0);
$only->{config} = "ServerName named.site.example\n" . $only->{config};
$only->start;
is $only->request(GET => '/private/x', host => $_, %person)->location, 'http://login.site.example/login?next=http%3A//named.site.example'
    . ($_ =~ /(:\d+)$/ ? uri_escape($1) : '') . '/private/x', "S9.21: Host $_: ServerName counts" for 'evil.example', 'evil.example:1234';

# ---- What cannot work is said at start ----

my ($status, $said) = $server->configtest(host('login.site.example', $shared =~ s/LuciaCookieDomain.*//r . "LuciaReturnTo $app http://login.site.example:1\n"));
is $status, 0, 'a host that does not get the cookie is no error';
like $said, qr{LUCI0774: LuciaReturnTo \Q$app\E: browsers do not send the session cookie .* \(LuciaCookieDomain is off\).*write LuciaCookieDomain}, 'a LuciaReturnTo host that gets no cookie is a warning';
unlike $said, qr{LuciaReturnTo http://login\.site\.example:1:}, 'another port of the own host gets it';
($status, $said) = $server->configtest(host('login.site.example', "${shared}LuciaReturnTo $app http://evilsite.example http://site.example\n"));
like $said, qr{LuciaReturnTo http://evilsite\.example: }, 'a LuciaReturnTo host beside the domain is a warning';
unlike $said, qr{LuciaReturnTo (?:\Q$app\E|http://site\.example): }, 'those below it, and itself, are fine';

done_testing;
