# SPDX-License-Identifier: Apache-2.0
# Second factors at the gate: Require lucia-factors, LuciaSecondFactor required, LUCIA_FACTORS. S1.40, S4.26.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in error_in $CHEAP_HASH);
use MIME::Base64 qw(encode_base64);

my %rule = (
    two   => 'Require lucia-factors 2',
    one   => 'Require lucia-factors 1',
    admin => "<RequireAny>\n<RequireAll>\nRequire user boss1\nRequire lucia-factors 2\n</RequireAll>\nRequire user guest\n</RequireAny>",
    both  => "<RequireAll>\nRequire lucia-factors 2\nRequire lucia-fresh\n</RequireAll>",
    order => "<RequireAny>\n<RequireAll>\nRequire lucia-factors 2\nRequire user boss1\n</RequireAll>\n<RequireAll>\nRequire user guest\nRequire lucia-fresh\n</RequireAll>\n</RequireAny>",
    single => "<RequireAll>\nRequire valid-user\nRequire not lucia-factors 2\n</RequireAll>",
    alias  => 'Require strong',
    bearer => "LuciaBearer On\nRequire lucia-factors 2",
    plain  => 'Require valid-user',
);
my $sections = join '', map { "<Location /$_/>\nAuthType Lucia\n$rule{$_}\n</Location>\n" } sort keys %rule;
my $server = LuciaTest::Server->new(files => { map { ("htdocs/$_/a.txt" => SECRET) } keys %rule, qw(basic optional) },
    config => "<AuthzProviderAlias lucia-factors strong 2>\n</AuthzProviderAlias>\nLuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaTemplates \@templates\@\n$sections" . <<'CONF');
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require lucia-factors 2
</Location>
<Location /optional/>
    AuthType Lucia
    LuciaOptional On
    Require valid-user
    Header set X-Factors "expr=%{reqenv:LUCIA_FACTORS}/%{reqenv:LUCIA_USERNAME}"
</Location>
Header set X-Factors "expr=%{reqenv:LUCIA_FACTORS}/%{reqenv:LUCIA_USERNAME}"
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName must.test
    LuciaSecondFactor required
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaFactorURL /mine/factor
    LuciaFactorsURL /mine/factors
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaSecondFactor off
</VirtualHost>
CONF
my $db = $server->db;
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(must off handler);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name, @more) = @_; return sign_in($server, $name, path => '/account/login', @more) }

# A session as one has it after a second factor; before any request has put it into the cache.
sub two { my ($name) = @_; my $cookie = in($name); sqlite($db, 'UPDATE user_session SET factors = 2 WHERE id = ?', stored_id($cookie)); return $cookie }
sub browse { my ($where, $cookie, %arg) = @_; my $on = delete $arg{on} // $server; return $on->request(GET => "/$where/a.txt", navigation(), cookie => $cookie, %arg) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
my $ask = '302 /account/factor?next=';

up($_) for qw(alice boss1 guest);
my ($one, $two) = (in('alice'), two('alice'));

# ---- Require lucia-factors ----

is answer(browse(two => $one)), "$ask/two/a.txt", 'S4.26: Require lucia-factors 2 leads a browser with one factor to factor';
keeps_secret(browse(two => $one), 'one factor');
is browse('two', $one)->header('Cache-Control'), 'no-store', 'the way to factor is not stored';
for (1, 2) { is_served(browse(two => $two), "S4.26: a session with two factors is admitted, request $_") }
is_served(browse(one => $one), 'Require lucia-factors 1 admits any session');
is_served(browse(alias => $two), 'an alias of Require lucia-factors 2 admits two factors');
is answer(browse(alias => $one)), "$ask/alias/a.txt", 'an alias of Require lucia-factors 2 leads to factor';
is_served(browse(single => $one), 'Require not lucia-factors 2 admits one factor');
is browse('single', $two)->status, 403, 'Require not lucia-factors 2 refuses two factors, and leads nowhere';
my $reply = $server->request(GET => '/two/a.txt', script(), cookie => $one);
is_deeply [$reply->status, $reply->json], [401, { error => 'Second factor required' }], 'S4.26: a script with one factor gets 401';
$reply = $server->request(POST => '/two/a.txt', navigation(), cookie => $one, origin => 1, form(a => 1));
is $reply->status, 401, 'S4.26: a form with one factor gets 401';
like $reply->body, qr{href="/account/factor\?next=[^"]*"}, 'the page for a form links to factor';
is answer(browse('two', $one, on => $host{handler})), '302 /mine/factor?next=/two/a.txt', 'LuciaFactorURL is where the gate leads';
is answer(browse('two', undef)), '302 /account/login?next=/two/a.txt', 'without a session it leads to sign-in';
is $server->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("alice:$PASSWORD", '') })->status, 401, 'a user of HTTP Basic has one factor';
is $server->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $one->{value}" })->status, 401, 'a bearer token of a session with one factor is refused';
is_served($server->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $two->{value}" }), 'a bearer token of a session with two factors is admitted');

# ---- Which page comes first ----

is answer(browse(admin => in('boss1'))), "$ask/admin/a.txt", 'where a second factor is what a user lacks, it is asked for';
is_served(browse(admin => two('boss1')), 'the same user with two factors is admitted');
is_served(browse(admin => in('guest')), 'a user of another rule needs no second factor');
is browse('admin', $one)->status, 403, 'a user whom no rule admits is refused, and leads nowhere';
my ($guest, $old) = (in('guest'), two('guest'));
sqlite($db, 'UPDATE user_session SET proved_at = 1 WHERE id IN (?, ?)', stored_id($guest), stored_id($old));
is answer(browse(order => $guest)), '302 /account/confirm?next=/order/a.txt', 'a factor that would not help is not asked for';
is answer(browse(both => $guest)), "$ask/both/a.txt", 'who lacks both is asked for the factor first';
is answer(browse(both => $old)), '302 /account/confirm?next=/both/a.txt', 'with two factors the confirmation is asked for';

# ---- LUCIA_FACTORS ----

is browse('plain', $one)->header('X-Factors'), '1/alice', 'S4.26: LUCIA_FACTORS is 1 for a session with one factor';
is browse('plain', $two)->header('X-Factors'), '2/alice', 'S4.26: LUCIA_FACTORS is 2 for a session with two factors';
is browse('optional', undef)->header('X-Factors'), '/', 'an anonymous request has no LUCIA_FACTORS';
is browse('plain', $two, on => $host{off})->header('X-Factors'), '/alice', 'S1.40: with LuciaSecondFactor off there is no LUCIA_FACTORS';
is browse('two', $two, on => $host{off})->status, 403, 'S1.40: with LuciaSecondFactor off no session has two factors';
is $host{off}->request(GET => '/account/factor', cookie => $two)->status, 404, 'S1.40: with LuciaSecondFactor off the path is left to the site';

# ---- LuciaSecondFactor required ----

my %must = (on => $host{must});
is answer(browse(plain => $one, %must)), "$ask/plain/a.txt", 'S4.27: where it is required, every gate leads a session with one factor to factor';
is answer(browse(one => $one, %must)), "$ask/one/a.txt", 'S4.27: whatever its Require lines say';
is_served(browse(plain => $two, %must), 'S4.27: a session with two factors is admitted');
is browse('optional', $one, %must)->header('X-Factors'), '/', 'S4.27: where sign-in is optional, half a session is anonymous';
is browse('optional', $two, %must)->header('X-Factors'), '2/alice', 'S4.27: where sign-in is optional, two factors identify the user';
is answer($host{must}->request(GET => '/plain/a.txt', script(), cookie => $one)), '401 Second factor required', 'S4.27: a script with half a session gets 401';

# ---- What the configuration says ----

my ($status, $said) = LuciaTest::Server->new(start => 0)->configtest("LuciaDatabase sqlite3 \@db\@\n<Location /x>\nAuthType Lucia\nRequire lucia-factors 2\n</Location>\n");
like $said, qr/LUCI0511: Require lucia-factors 2 in \S+:\d+ asks for a second factor, which no user can have, because LuciaSecondFactor of .* is off/, 'a rule that no user can satisfy is a warning at start';
for my $words ('', '0', '3', '2 2', 'two', '02') {
    ($status, $said) = LuciaTest::Server->new(start => 0)->configtest("LuciaDatabase sqlite3 \@db\@\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\n<Location /x>\nAuthType Lucia\nRequire lucia-factors $words\n</Location>\n");
    ok $status != 0 && $said =~ /Require lucia-factors: the number of factors is needed, 1 or 2/, "refused: Require lucia-factors $words" or diag $said;
}

done_testing;
