# SPDX-License-Identifier: Apache-2.0
# Pages in several languages, which Accept-Language chooses; JSON stays English.
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
LuciaThrottle account=2/90s
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
DefaultLanguage nl
<LocationMatch /login$>
    SetHandler luciauth-login
</LocationMatch>
<LocationMatch /signup$>
    SetHandler luciauth-signup
</LocationMatch>
<LocationMatch /account$>
    SetHandler luciauth-profile
</LocationMatch>
<LocationMatch /logout$>
    SetHandler luciauth-logout
</LocationMatch>
<VirtualHost 127.0.0.1:@port@>
    ServerName one.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName four.example
    LuciaLanguages en de fr es
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName own.example
    LuciaTemplates @dir@/own
    LuciaLanguages en IT pt-br de
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName english.example
    LuciaTemplates @dir@/own
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName italian.example
    LuciaTemplates @dir@/own
    LuciaLanguages it
</VirtualHost>
CONF
    files => {
        'htdocs/vault/a.txt' => SECRET,
        'own/login.html' => "English %%error%%\n",
        'own/it/login.html' => "%%\@title%%\nAccedi\n%%\@body%%\nAccesso %%error%%\n",
        'own/it/messages.txt' => "incorrect_username_or_password = Nome utente o password errati & altro\n",
        'own/it/footer.html' => "Note legali\n",
        'own/pt-BR/login.html' => "Entrar\n",
    },
);
sub ask {
    my ($host, $accept, $method, $path, @arg) = @_;
    return $server->request($method // 'GET', $path // '/login', host => $host, navigation(),
        $accept ? (headers => [['Accept-Language', $accept]]) : (), @arg);
}
sub text { utf8::decode(my $body = ask(@_)->body); $body }
sub lines { my ($pattern) = @_; scalar(() = $server->error_log =~ /$pattern/g) }

# ---- One language ----

my $page = ask('one.example', 'de, it');
like $page->body, qr{<html lang="en">.*<h1>Sign in</h1>}s, 'without LuciaLanguages: English, whatever the browser asks for';
unlike join(', ', $page->headers('Vary')), qr/Accept-Language/, 'without LuciaLanguages: Accept-Language makes no difference';
is join(', ', $page->headers('Content-Language')), 'nl', 'without LuciaLanguages: the language is what httpd says';
is text('english.example', 'it'), "English \n", 'without LuciaLanguages: a page of the site in English is used, and no other folder';

# ---- The languages that come with the module ----

my %words = (en => ['Sign in', 'Sign up', 'Error: '], de => ['Anmelden', 'Registrieren', 'Fehler: '], fr => ['Connexion', 'Créer un compte', "Erreur\x{a0}: "], es => ['Iniciar sesión', 'Crear una cuenta', 'Error: ']);
for my $language (qw(en de fr es)) {
    my ($login, $signup, $error) = @{ $words{$language} };
    like text('four.example', "$language-XX"), qr{<html lang="$language">.*<title>$login</title>.*<h1>$login</h1>}s, "$language: sign-in";
    like text('four.example', $language, GET => '/signup'), qr{<html lang="$language">.*<h1>$signup</h1>.*\b4 \S+ 31 .*\b6 \S+ 255 }s, "$language: sign-up, with its limits";
    like text('four.example', $language, POST => '/signup', form(username => 'a', password => $PASSWORD)), qr{<title>$error$signup</title>}, "$language: a refused form";
}
my %taken = (en => 'Invalid username', de => 'Ungültiger Benutzername', fr => 'Nom d’utilisateur non valide', es => 'El nombre de usuario no es válido');
for my $language (sort keys %taken) {
    like text('four.example', $language, POST => '/signup', form(username => 'a', password => $PASSWORD)),
        qr{<p class="wrong" id="username-error" role="alert">$taken{$language}</p>}, "$language: the message at the field";
}
like text('own.example', 'de'), qr{<html lang="de">.*<h1>Anmelden</h1>}s, 'S8.6: a language that the folder of the site does not have comes from the installed or built-in pages';

# ---- The languages of a site ----

$page = ask('own.example', 'it-IT, it;q=0.9, en;q=0.5');
like $page->body, qr{<html lang="it">.*<title>Accedi</title>.*Accesso}s, 'S8.6: a page in a language of the site';
is join(', ', $page->headers('Content-Language')), 'it', 'S8.6: the answer names its language, and that alone';
like join(', ', $page->headers('Vary')), qr/Accept-Language/, 'S8.6: the answer depends on Accept-Language';
like $page->body, qr{<footer>\nNote legali\n}, 'a language has a footer of its own';
is text('own.example', 'pt-BR'), "Entrar\n", 'a tag with a region';
for my $accept ('', 'fr', '*', 'it;q=0', 'en-GB, it;q=0.9', 'x' x 5000, ',' x 5000 . 'it') {
    is text('own.example', $accept), "English \n", 'S8.6: the first language for "' . substr($accept, 0, 20) . '"';
}
my $missing = ask('own.example', 'it', GET => '/signup');
like $missing->body, qr{<html lang="en">.*<h1>Sign up</h1>}s, 'S8.6: a page that the language does not have is shown in the first one';
is join(', ', $missing->headers('Content-Language')), 'en', 'S8.6: the answer names the language that the page is in';
is lines('LUCI0602: the template it/signup\.html is neither in .*/own nor installed; that of another language is used instead'), 2,
    'the log says once a server that a page is missing';
like text('italian.example', 'en'), qr{<html lang="it">.*Accesso}s, 'a single language other than English is for everyone';
unlike join(', ', ask('italian.example')->headers('Vary')), qr/Accept-Language/, 'a single language does not vary';

# ---- Messages ----

my @wrong = form(username => 'nobody', password => $WRONG);
like text('own.example', 'it', POST => '/login', @wrong), qr/Accesso Nome utente o password errati &amp; altro/, 'a message in the language of the page, escaped';
is text('own.example', 'pt-BR', POST => '/login', @wrong), "Entrar\n", 'a language without messages has its pages';
is text('own.example', 'en', POST => '/login', @wrong), "English Too many attempts. Try again in 2 minutes.\n", 'a message with a number';
like text('own.example', 'it', POST => '/login', @wrong), qr/Accesso Too many attempts/, 'a message that the language does not have is English';
my $json = $server->request(POST => '/login', host => 'own.example', form(username => 'a', password => 'b'),
    accept => 'application/json', headers => [['Accept-Language', 'it']]);
is $json->body, '{"error":"Incorrect username or password"}', 'S8.6: JSON is English';
unlike join(', ', $json->headers('Vary'), $json->headers('Content-Language')), qr/Accept-Language|\bit\b/, 'S8.6: JSON does not depend on the language';

# ---- Edited and broken while the server runs ----

sub edit { my ($name, $text) = @_; $server->write('own/.new', $text); rename $server->dir . '/own/.new', $server->dir . "/own/$name" or die $! }
edit('it/login.html', "Accedi di nuovo: %%error%%\n");
is text('own.example', 'it'), "Accedi di nuovo: \n", 'an edited page of a language is there with the next request';
my $before = lines('LUCI0601');
edit('it/login.html', "%%#error%%\n");
is text('own.example', 'it'), "Accedi di nuovo: \n", 'a broken page of a language: the last good one stays' for 1 .. 2;
is lines('LUCI0601') - $before, 1, 'the log reports the broken page of a language once';
is text('own.example', 'en'), "English \n", 'a broken page of one language changes no other';
edit('it/login.html', "Rotto: %%error%%\n");
sub refusal { text('own.example', 'it', POST => '/login', type => 'text/plain', body => 'x') }
like refusal(), qr/Unsupported content type/, 'a message that is only English';
edit('it/messages.txt', "unsupported_content_type = Tipo non supportato\n");
like refusal(), qr/Tipo non supportato/, 'edited messages are there with the next request';
$before = lines('LUCI0601');
edit('it/messages.txt', "unsupported_content_type = Tipo\nsenza senso\n");
like refusal(), qr/Tipo non supportato/, 'broken messages: the last good ones stay' for 1 .. 2;
is lines('LUCI0601') - $before, 1, 'the log reports broken messages once';
like $server->error_log, qr{LUCI0601: the template \S+/own/it/messages\.txt cannot be used: line 2: this is neither "key = text" nor a comment},
    'the log names the line';

# ---- The configuration ----

sub refuses {
    my ($what, $line, $message, %files) = @_;
    my $other = LuciaTest::Server->new(config => CHEAP_SITE . "$line\n", files => \%files, start => 0);
    my ($status, $said) = $other->configtest;
    isnt $status, 0, "$what stops the start";
    like $said, $message, "$what: the message says why";
}
refuses('a language without a folder', 'LuciaLanguages en xx',
    qr/LUCI0525: LuciaLanguages: "xx" is not allowed: a language with a folder of templates, of which there are en de es fr .*\bit\b/, 'templates/it/login.html' => "x\n");
refuses('a path', 'LuciaLanguages ../de', qr/LuciaLanguages: "\.\.\/de" is not allowed: one to 16 different language tags/);
refuses('a language twice', 'LuciaLanguages en EN', qr/LuciaLanguages: "en EN" is not allowed/);
refuses('a broken page of a language', 'LuciaLanguages en it', qr/it\/login\.html: line 1: section "a" is not closed/, 'templates/it/login.html' => "%%#a%%\n");
refuses('broken messages', 'LuciaLanguages en it', qr/it\/messages\.txt: line 1: this is neither/, 'templates/it/messages.txt' => "a\n");

done_testing;
