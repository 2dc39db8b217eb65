# SPDX-License-Identifier: Apache-2.0
# luciauth-adopt behind mod_auth_openidc, with a real OpenID provider on another site.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Adopt;
use LuciaTest::Application;
use LuciaTest::OpenId;
use LuciaTest::Recipes;
use LuciaTest::Site;
use LuciaTest::Visitor;

if (my $why = LuciaTest::OpenId::missing()) { plan skip_all => $why }

my %id = (alice => '2481', bobby => '2482', carol => '2483', dora => '2484', erin => '2485', frank => '2486', juergen => '2487');
my %name = (erin => undef, frank => 'fr', juergen => "j\x{fc}rgen");
my $provider = LuciaTest::OpenId->new(accounts => { map {
    my $name = exists $name{$_} ? $name{$_} : $_;
    $_ => { password => $PASSWORD, claims => { sub => $id{$_}, email => "$_\@example.org", groups => ['staff'], defined $name ? (preferred_username => $name) : () } };
} keys %id });
my $backend = LuciaTest::Backend->new;
my $openid = LuciaTest::Recipes::block('apache', 'openid', 'https://login.example.com' => $provider->url, 'https://www.example.org' => '@origin@',
    "the client's secret" => $provider->secret, 'OIDCClientID luciauth' => 'OIDCClientID ' . $provider->client) . LuciaTest::Recipes::block('apache', 'openid-fresh');
my $server = LuciaTest::Server->new(modules => ['auth_openidc'], files => { adopt_files(qw(company/ours company/theirs)) }, config => adopt_site($backend) . $openid . <<"CONF");
<Location /company/again>
    SetHandler luciauth-adopt
    LuciaAdopt company id=OIDC_CLAIM_sub username=OIDC_CLAIM_preferred_username
    OIDCPathAuthRequestParams prompt=login
</Location>
<Location /company/anyone>
    SetHandler luciauth-adopt
    LuciaAdopt company id=OIDC_CLAIM_sub username=OIDC_CLAIM_preferred_username
    OIDCUnAuthAction pass
    Require all granted
</Location>
<Location /company/ours>
    Require claim iss:$provider->{url}
</Location>
<Location /company/theirs>
    Require claim iss:https://login.example.net
</Location>
CONF

# As a person does it: over all redirects, and through the provider's form where it is shown.
sub enter {
    my ($visitor, $name, $path) = @_;
    my $reply = $visitor->follow($visitor->open($server->url($path)));
    return $visitor->url =~ m{^\Q$provider->{url}\E/interaction/} ? $provider->fill_in($visitor, $name) : $reply;
}

walk_adoption(
    server => $server, backend => $backend, id => \%id, enter => \&enter,
    forged => { 'OIDC_CLAIM_sub' => '2481', 'OIDC-CLAIM-sub' => '2481', 'OIDC_CLAIM_preferred_username' => 'root', 'REMOTE_USER' => 'root', 'Remote-User' => 'root', 'X-Remote-User' => 'root', 'Auth-Type' => 'openid-connect' },
);

# ---- The way ----

my $visitor = LuciaTest::Visitor->new;
my $reply = $visitor->open($server->url('/vault/env.cgi?x=y'));
is says($reply), '302 /company/enter?next=/vault/env.cgi%3Fx%3Dy', 'the gate leads to the location of the other module';
$visitor->follow($reply);
is_deeply [map { s{/interaction/.*}{/interaction}r =~ s{^http://[^/]+}{}r } $visitor->way], ['/company/enter', '/auth', '/interaction'], 'the other module leads on to its provider';
is $server->request(GET => '/company/enter', accept => 'application/json')->status, 401, 'a script without a session of the other module gets 401 from it';
like $server->request(GET => '/company/enter', accept => 'text/html')->location, qr/[?&]max_age=600(?:&|$)/, 'the provider is told how old its sign-in may be';
$reply = $provider->fill_in($visitor, 'dora', $WRONG);
is $reply->status, 401, 'the provider refuses a wrong password';
is $visitor->cookie($server->url('/'), 'auth_session'), undef, 'a wrong password at the provider starts no session';

my $script = { Accept => '*/*', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Dest' => 'empty' };
is_deeply $server->request(GET => '/vault/env.cgi', headers => $script)->json, { error => 'Unauthorized' }, 'a script without a session gets 401 from the gate, and no redirect';

# ---- Beside the other module's session ----

$visitor = LuciaTest::Visitor->new;
enter($visitor, 'alice', '/vault/env.cgi');
my @cookies = map { [/^(\w+)=/]->[0] } $visitor->cookies($server->url('/company/enter'));
is_deeply [sort @cookies], [qw(auth_session mod_auth_openidc_session)], 'both modules have their cookie at the location where they meet';
is_deeply [map { [/^(\w+)=/]->[0] } $visitor->cookies($server->url('/vault/env.cgi'))], ['auth_session'], 'the cookie of the other module goes nowhere else';
my $seen = variables($visitor->open($server->url('/company/env.cgi')));
is_deeply [@$seen{qw(REMOTE_USER AUTH_TYPE LUCIA_USERNAME)}], ["$id{alice}\@$provider->{url}", 'openid-connect', undef], 'a location of the other module is that of the other module alone';

is $visitor->open($server->url('/company/ours/env.cgi'))->status, 200, 'a location can admit the people of one issuer';
isnt $visitor->open($server->url('/company/theirs/env.cgi'))->status, 200, 'a location of another issuer does not admit them';

# Another person at the same browser: the session of the first one is not taken over without a question.
$visitor->forget(qr/^(?:mod_auth_openidc|_)/);
$reply = enter($visitor, 'dora', '/company/enter?next=/vault/env.cgi');
like text_in($reply), qr/dora.*You are signed in as alice now/, 'a person whose browser has the session of another user is asked first' or diag $reply->bytes;
is variables($visitor->open($server->url('/vault/env.cgi')))->{REMOTE_USER}, 'alice', 'before the answer the session is that of the first user';

# ---- Names ----

$reply = enter($visitor = LuciaTest::Visitor->new, 'erin', '/vault/env.cgi');
is_deeply [$reply->status, scalar(error_in($reply)), $reply->body =~ /name="username"[^>]*value="([^"]*)"/], [200, undef, ''], 'S9.104: without a name in the claims the person chooses one';
is variables(agree_as($visitor, $reply, 'erin-e'))->{REMOTE_USER}, 'erin-e', 'S9.104: the chosen name is that of the account';
$reply = enter($visitor = LuciaTest::Visitor->new, 'frank', '/vault/env.cgi');
like error_in($reply), qr/^Invalid username/, 'S9.104: a name in the claims that no account may have is refused with a message' or diag text_in($reply);
is variables(agree_as($visitor, $reply, 'frank'))->{REMOTE_USER}, 'frank', 'S9.104: another name than that of the claims makes the account';
is variables(enter(LuciaTest::Visitor->new, 'juergen', '/vault/env.cgi'))->{REMOTE_USER}, "j\xc3\xbcrgen", 'a name with an umlaut comes through in UTF-8';

sub agree_as { my ($visitor, $reply, $username) = @_; return $visitor->follow($visitor->post('', form(LuciaTest::Visitor::fields($reply), username => $username))) }

# ---- Where the other module lets anyone in ----

my $anyone = $server->request(GET => '/company/anyone', accept => 'text/html');
is $anyone->status . ' ' . (cookie_of($anyone) ? 'a session' : 'no session'), '403 no session', 'S9.101: whom the other module lets in without a name is signed in nowhere';
like $server->error_log, qr{LUCI0802: luciauth-adopt refuses /company/anyone: no module has identified a user}, 'S9.101: the error log says why';

# ---- The provider is asked again ----

$visitor = LuciaTest::Visitor->new;
enter($visitor, 'carol', '/company/env.cgi');
$visitor->forget(qr/^mod_auth_openidc/);    # as if its time were over
$visitor->follow($visitor->open($server->url('/company/env.cgi')));
is $visitor->at, '/company/env.cgi', 'the provider, which knows the browser, answers without a question';
$visitor->forget(qr/^mod_auth_openidc/);
$visitor->follow($visitor->open($server->url('/company/again')));
like $visitor->url, qr{^\Q$provider->{url}\E/interaction/}, 'with prompt=login the provider asks again';

# ---- Strict cookies, which a browser that comes from the provider does not send to the next page ----

my $strict = LuciaTest::Server->new(modules => ['auth_openidc'], files => { adopt_files() }, config => adopt_site() . "LuciaCookieSameSite Strict\n" . $openid);
$visitor = LuciaTest::Visitor->new;
$visitor->follow($visitor->open($strict->url('/vault/env.cgi?x=y')));
$reply = $provider->fill_in($visitor, 'alice');
is $visitor->at . ' ' . sessions_of($strict, 'alice'), '/company/enter?next=/vault/env.cgi%3Fx%3Dy 0', 'S9.102: with strict cookies the page asks, instead of leading into a circle';
is variables(agree($visitor, $reply))->{REMOTE_USER}, 'alice', 'S9.102: after the page the browser sends the strict cookie';
is $visitor->at . ' ' . sessions_of($strict, 'alice'), '/vault/env.cgi?x=y 1', 'S9.102: after the page the way back leads to the gated page';

# ---- Signing out everywhere ----

$visitor = LuciaTest::Visitor->new;
enter($visitor, 'alice', '/vault/env.cgi');
$reply = $visitor->follow($visitor->open($server->url('/company/callback?logout=' . LuciaTest::uri_escape($server->url('/account/logout')))));
like $visitor->url, qr{^\Q$provider->{url}\E/session/end}, 'the sign-out of the other module leads to the provider';
my ($action) = $reply->body =~ /<form[^>]* action="([^"]+)"/;
$reply = $visitor->follow($visitor->post($action, form(LuciaTest::Visitor::fields($reply), logout => 'yes')));
is $visitor->at, '/account/logout', 'the provider leads to the sign-out of the site' or diag $reply->bytes;
$reply = $visitor->follow($visitor->post('/account/logout'));
is $visitor->at, '/account/login', 'the sign-out of the site leads to its sign-in page';
is_deeply [$visitor->cookies($server->url('/company/enter'))], [], 'after that no session of the site is left';
$visitor->follow($visitor->open($server->url('/vault/env.cgi')));
like $visitor->url, qr{^\Q$provider->{url}\E/interaction/}, 'after that the provider asks for the password again';

done_testing;
