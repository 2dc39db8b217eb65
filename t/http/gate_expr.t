# SPDX-License-Identifier: Apache-2.0
# "Require expr" and "Require env" know who the visitor is: they read LUCIA_* and REMOTE_USER, and whoever could be let in after
# signing in is asked to, alone and in every combination, in both LoadModule orders, with one validation a request.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::OpenMetrics;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $GOLD = q{Require expr "%{env:LUCIA_PLAN} == 'gold'"};
sub any  { join "\n", '<RequireAny>',  @_, '</RequireAny>' }
sub all  { join "\n", '<RequireAll>',  @_, '</RequireAll>' }
sub none { join "\n", '<RequireNone>', @_, '</RequireNone>' }

# place => rule, what an anonymous visitor gets (ask: 401 or the sign-in page), and who is let in; the others get 403.
my $everybody = 'alice bobby carol dave';
my %place = (
    expr       => [$GOLD, 'ask', 'alice'],
    reqenv     => [q{Require expr "reqenv('LUCIA_PLAN') == 'gold'"}, 'ask', 'alice'],
    username   => [q{Require expr "%{env:LUCIA_USERNAME} in { 'alice', 'carol' }"}, 'ask', 'alice carol'],
    pattern    => [q{Require expr "%{REMOTE_USER} =~ /^(?:alice|bobby)$/"}, 'ask', 'alice bobby'],
    type       => [q{Require expr "%{AUTH_TYPE} == 'Lucia'"}, 'ask', $everybody],
    env        => ['Require env LUCIA_PLAN', 'ask', 'alice bobby'],
    envs       => ['Require env NOT_THERE LUCIA_ROLE', 'ask', 'carol'],
    alias      => ['Require gold', 'ask', 'alice'],
    # together with others
    all        => [all('Require valid-user', $GOLD), 'ask', 'alice'],
    any        => [any('Require user bobby', $GOLD), 'ask', 'alice bobby'],
    here       => [any('Require local', $GOLD), 'open', $everybody],
    here_last  => [any($GOLD, 'Require local'), 'open', $everybody],
    nowhere    => [all('Require ip 192.0.2.1', $GOLD), '403', ''],
    elsewhere  => [any('Require ip 192.0.2.1', 'Require env LUCIA_PLAN'), 'ask', 'alice bobby'],
    denied     => [all('Require all denied', $GOLD), '403', ''],
    or_denied  => [any('Require all denied', $GOLD), 'ask', 'alice'],
    # the other way round
    not        => [all('Require valid-user', 'Require not env LUCIA_ROLE'), 'ask', 'alice bobby dave'],
    not_user   => [all('Require valid-user', q{Require not expr "%{REMOTE_USER} == 'dave'"}), 'ask', 'alice bobby carol'],
    none       => [all('Require valid-user', none('Require env LUCIA_ROLE', 'Require user dave')), 'ask', 'alice bobby'],
    open_not   => [all('Require all granted', 'Require not env LUCIA_ROLE'), 'open', 'alice bobby dave'],
    open_user  => [all('Require all granted', q{Require not expr "%{REMOTE_USER} == 'dave'"}), 'open', 'alice bobby carol'],
    unlike     => [q{Require expr "%{env:LUCIA_ROLE} != 'banned'"}, 'open', 'alice bobby dave'],
    other_than => [q{Require expr "%{REMOTE_USER} != 'dave'"}, 'open', 'alice bobby carol'],
    not_not    => [all('Require all granted', q{Require not expr "%{env:LUCIA_PLAN} != 'gold'"}), 'ask', 'alice'],
    no_way     => [all('Require all denied', q{Require not expr "%{env:LUCIA_PLAN} != 'gold'"}), '403', ''],
    # what says nothing of the visitor stays as it was
    plain      => [q{Require expr "%{REQUEST_METHOD} == 'DELETE'"}, '403', ''],
    plain_env  => ['Require env NOT_THERE', '403', ''],
    plain_open => [q{Require expr "%{REQUEST_METHOD} == 'GET'"}, 'open', $everybody],
    nobody     => ['Require all denied', '403', ''],
    # other directives
    optional   => ["LuciaOptional On\n$GOLD", 'ask', 'alice'],
    satisfy    => ["Satisfy Any\nOrder allow,deny\n$GOLD", 'ask', 'alice'],
    limited    => ["<LimitExcept POST>\n$GOLD\n</LimitExcept>", 'ask', 'alice'],
    by_id      => ["LuciaRemoteUser role\n" . q{Require expr "%{REMOTE_USER} == 'banned'"}, 'ask', 'carol'],
    'merged/and' => ["AuthMerging And\n" . all("Require all granted", "Require not env LUCIA_ROLE"), 'ask', 'alice bobby dave'],
    'merged/off' => [$GOLD, 'ask', 'alice'],
);

my $config = CHEAP_SITE . <<'CONF' . join '', map { "<Location /$_/>\nAuthType Lucia\n$place{$_}[0]\n</Location>\n" } sort keys %place;
LuciaSessionCache off
LuciaUserAttributes username plan role
<AuthzProviderAlias expr gold "%{env:LUCIA_PLAN} == 'gold'">
</AuthzProviderAlias>
<Directory @htdocs@>
    Options +ExecCGI +Includes
    AllowOverride AuthConfig
</Directory>
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
<Location /metrics>
    SetHandler luciauth-metrics
</Location>
<Location /bearer/>
    AuthType Lucia
    LuciaBearer On
    Require env LUCIA_PLAN
</Location>
<Location /basic/>
    AuthType Basic
    AuthName gold
    AuthUserFile @dir@/htpasswd
    AuthBasicProvider lucia file
    Require expr "%{env:LUCIA_PLAN} == 'gold'"
</Location>
<Location /basic-not/>
    AuthType Basic
    AuthName members
    AuthBasicProvider lucia
    <RequireAll>
        Require valid-user
        Require not env LUCIA_ROLE
    </RequireAll>
</Location>
<Location /form/>
    AuthType Form
    AuthName gold
    AuthFormProvider lucia
    AuthFormLoginRequiredLocation /login
    Session On
    SessionCookieName form path=/
    Require env LUCIA_PLAN
</Location>
<Location /file/>
    AuthType Basic
    AuthName files
    AuthUserFile @dir@/htpasswd
    AuthBasicProvider file
    <RequireAny>
        Require expr "%{REMOTE_USER} == 'filer'"
        Require env NOT_THERE
    </RequireAny>
</Location>
<Location /whole/>
    AuthType Lucia
    Require env LUCIA_PLAN
</Location>
<Location /whole/login>
    SetHandler luciauth-login
</Location>
<Location /whole/logout>
    SetHandler luciauth-logout
</Location>
CONF

my $who = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nmoonstone for %s|%s|%s|%s' \"\$REMOTE_USER\" \"\$AUTH_TYPE\" \"\$LUCIA_USERNAME\" \"\$LUCIA_PLAN\"\n";
sub basic { my ($name, $password) = @_; return (headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') }) }

for my $order (qw(last first)) {
    my $server = LuciaTest::Server->new(
        lucia => $order, modules => [qw(session session_cookie auth_form)],
        config => "<Location /merged/>\nAuthType Lucia\nRequire valid-user\n</Location>\n" . $config,
        files  => {
            (map { ("htdocs/$_/a.txt" => SECRET) } keys(%place), qw(bearer basic basic-not form file whole htaccess)),
            (map { ("htdocs/$_/who.cgi" => $who) } qw(expr env here here_last open_not not_not unlike plain_open basic)),
            'htdocs/expr/page.shtml'   => join('', map { qq{<!--#include virtual="$_" -->\n} } qw(who.cgi /env/who.cgi /here/who.cgi)),
            'htdocs/here/page.shtml'   => join('', map { qq{<!--#include virtual="$_" -->\n} } qw(/env/who.cgi /open_not/who.cgi who.cgi)),
            'htdocs/env/index.html'    => SECRET,
            'htdocs/htaccess/.htaccess' => "AuthType Lucia\nRequire env LUCIA_PLAN\n",
            'htpasswd'                 => "filer:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n",    # password
        },
    );
    my %cookie = map { $_ => sign_up($server, $_) } split ' ', $everybody;
    sqlite($server->db, 'UPDATE auth_user SET plan = NULL, role = NULL');
    sqlite($server->db, "UPDATE auth_user SET $_->[0] = ? WHERE username = ?", $_->[1], $_->[2])
        for ['plan', 'gold', 'alice'], ['plan', 'silver', 'bobby'], ['role', 'banned', 'carol'];
    my $validations = sub {
        my $all = LuciaTest::OpenMetrics::samples($server->request(GET => '/metrics')->body);
        my $sum = 0;
        $sum += $all->{$_} for grep { /^luciauth_validations_total/ } keys %$all;
        return $sum;
    };
    my $asked = sub { my ($path, $who) = @_; $server->request(GET => $path, script(), $who ? (cookie => $cookie{$who}) : ()) };

    for my $place (sort keys %place) {
        my ($rule, $anonymous, $admitted) = @{ $place{$place} };
        subtest "loaded $order: $place" => sub {
            my $path = "/$place/a.txt";
            my $before = $validations->();
            my ($reply, $page) = ($asked->($path), $server->request(GET => $path, navigation()));
            if    ($anonymous eq 'open') { is_served $_, 'an anonymous request is served' for $reply, $page }
            elsif ($anonymous eq '403')  { is $_->status, 403, 'an anonymous request gets 403' for $reply, $page; keeps_secret $reply, 'the 403 for an anonymous request' }
            else {
                is_unauthorized_json $reply, 'an anonymous script';
                is_sent_to_login $page, $path, 'an anonymous person';
            }
            is $validations->() - $before, 0, 'nobody was looked for without a session';
            for my $name (split ' ', $everybody) {
                $before = $validations->();
                $reply = $asked->($path, $name);
                if ($admitted =~ /\b$name\b/) { is_served $reply, $name }
                else                          { is $reply->status, 403, "$name: 403"; keeps_secret $reply, $name }
                cmp_ok $validations->() - $before, '<=', 1, "$name: no second validation";
            }
        } or diag $rule;
    }

    subtest "loaded $order: what is asked of the database" => sub {
        my %count = (here => 0, plain => 0, plain_env => 0, plain_open => 0, nobody => 0, here_last => 1, expr => 1, open_not => 1, all => 1, not_not => 1);
        for my $place (sort keys %count) {
            my $before = $validations->();
            $asked->("/$place/a.txt", 'alice');
            is $validations->() - $before, $count{$place}, "$place: $count{$place}";
        }
        my $before = $validations->();
        my $reply = $server->request(GET => '/expr/page.shtml', cookie => $cookie{alice});
        is scalar(() = $reply->body =~ /moonstone for /g), 3, 'a page with includes';
        is $validations->() - $before, 1, 'is one validation';
    };

    subtest "loaded $order: what content learns" => sub {
        is $asked->("/$_/who.cgi", 'alice')->body, 'moonstone for alice|Lucia|alice|gold', "$_: alice, by name" for qw(expr env here_last open_not not_not unlike);
        is $asked->("/$_/who.cgi")->body, 'moonstone for |||', "$_: an anonymous visitor has no name" for qw(here here_last open_not unlike plain_open);
        is $asked->("/$_/who.cgi", 'alice')->body, 'moonstone for |||', "$_: nor has alice where nobody asked who she is" for qw(here plain_open);
        my @lines = split /\n+/, $server->request(GET => '/here/page.shtml', cookie => $cookie{alice})->body;
        is_deeply \@lines, [('moonstone for alice|Lucia|alice|gold') x 2, 'moonstone for |||'], 'includes do not leave her name behind' or diag explain \@lines;
        unlike $server->request(GET => '/here/page.shtml', cookie => $cookie{carol})->body, qr/carol|banned/, 'includes do not name a refused user';
        for my $who (undef, 'alice') {
            my $reply = $asked->('/open_not/a.txt', $who);
            like join(', ', $reply->headers('Vary')), qr/\bCookie\b/, 'an answer that depends on who asks varies by the cookie';
            like $reply->header('Cache-Control'), qr/private/, 'an answer that depends on who asks is private';
        }
        is $asked->('/here/a.txt', 'alice')->header('Cache-Control'), undef, 'content that is open by its address is not private';
    };

    subtest "loaded $order: those who may not" => sub {
        for my $place (qw(expr not_not unlike denied)) {
            my $reply = $server->request(GET => "/$place/a.txt", navigation(), cookie => $cookie{carol});
            is $reply->status, 403, "$place: 403";
            like $reply->body, qr/carol/, "$place: on the page that says who is signed in" unless $place eq 'denied';
            keeps_secret $reply, $place;
        }
        my $reply = $server->request(POST => '/not_not/a.txt', navigation('Sec-Fetch-Site' => 'cross-site'), cookie => $cookie{alice}, origin => 'http://evil.example');
        is $reply->status, 403, 'a request from another site with the right cookie';
        $reply = $server->request(POST => '/open_not/a.txt', headers => { Accept => '*/*', 'Sec-Fetch-Site' => 'cross-site' }, cookie => $cookie{carol}, origin => 'http://evil.example');
        is $reply->status, 200, 'a request from another site is anonymous where that is let in' or diag $reply->bytes;
        is_sent_to_login $server->request(GET => '/env/', navigation()), '/env/', 'a folder with an index';
        is_served $server->request(GET => '/env/', navigation(), cookie => $cookie{alice}), 'a folder with an index is served to alice';
        is_unauthorized_json $asked->('/htaccess/a.txt'), 'rules in .htaccess refuse an anonymous request';
        is_served $asked->('/htaccess/a.txt', 'alice'), 'rules in .htaccess let alice in';
        is $asked->('/htaccess/a.txt', 'dave')->status, 403, 'rules in .htaccess refuse dave';
    };

    subtest "loaded $order: endpoints are not behind their own gate" => sub {
        is $server->request(GET => '/whole/login', navigation())->status, 200, 'the sign-in page behind its own gate is served';
        my $reply = $server->request(POST => '/whole/login', form(username => 'dave', password => $PASSWORD));
        is $reply->status, 302, 'sign-in behind its own gate works';
        is $server->request(GET => '/whole/a.txt', navigation(), cookie => cookie_of($reply))->status, 403, 'the gate refuses dave, who has no plan';
        is $server->request(POST => '/whole/logout', navigation(), origin => 1, cookie => cookie_of($reply))->status, 302, 'sign-out behind its own gate works';
    };

    subtest "loaded $order: Bearer" => sub {
        my $token = sub { $server->request(GET => '/bearer/a.txt', headers => { Authorization => "Bearer $cookie{$_[0]}{value}" }) };
        is_served $token->('alice'), 'the token of alice is served';
        is $token->('dave')->status, 403, 'the token of dave gets 403';
        is_unauthorized_json $server->request(GET => '/bearer/a.txt'), 'a request without a token gets 401';
    };

    subtest "loaded $order: Basic, Form" => sub {
        my $reply = $server->request(GET => '/basic/a.txt');
        is $reply->status, 401, 'Basic without a password gets 401';
        is $reply->header('WWW-Authenticate'), 'Basic realm="gold"', 'the 401 of Basic asks for a password';
        is_served $server->request(GET => '/basic/a.txt', basic(alice => $PASSWORD)), 'Basic serves alice';
        is $server->request(GET => '/basic/who.cgi', basic(alice => $PASSWORD))->body, 'moonstone for alice|Basic|alice|gold', 'Basic names alice';
        is $server->request(GET => '/basic/a.txt', basic(@$_))->status, 401, "Basic refuses $_->[0] with this password"
            for [bobby => $PASSWORD], [alice => 'wrong'], [filer => 'password'];
        is_served $server->request(GET => '/basic-not/a.txt', basic(bobby => $PASSWORD)), 'Require not: bobby';
        is $server->request(GET => '/basic-not/a.txt', basic(carol => $PASSWORD))->status, 401, 'Require not: Basic refuses carol';
        is $server->request(GET => '/basic-not/a.txt')->status, 401, 'Require not: Basic refuses an anonymous request';
        $reply = $server->request(GET => '/form/a.txt', navigation());
        is $reply->status, 302, 'mod_auth_form redirects to its sign-in page';
        is $reply->location =~ s{^https?://[^/]*}{}r, '/login', 'mod_auth_form redirects to the page that it is told';
        is $server->request(GET => '/file/a.txt')->status, 401, 'other modules\' users: asked for';
        is_served $server->request(GET => '/file/a.txt', basic(filer => 'password')), "mod_authn_file's user is let in without the database";
    };

    subtest "loaded $order: the database is unavailable" => sub {
        away($server->db);
        ok settles(503, sub { $asked->('/expr/a.txt', 'alice') }), '503 for whom it has to be asked' or return;
        is_unavailable $asked->("/$_/a.txt", 'alice'), $_ for qw(expr env open_not not_not unlike here_last optional);
        is_unavailable $server->request(GET => '/basic/a.txt', basic(alice => $PASSWORD)), 'Basic answers 503 without the database';
        is_unauthorized_json $asked->('/expr/a.txt'), 'an anonymous visitor is asked to sign in';
        is_served $asked->("/$_/a.txt"), "$_: open for anonymous visitors" for qw(here here_last open_not unlike plain_open);
        is_served $asked->("/$_/a.txt", 'alice'), "$_: nobody had to be asked" for qw(here plain_open);
        is $asked->('/nobody/a.txt', 'alice')->status, 403, 'a place that refuses everybody needs no database';
        back($server->db);
        ok wait_until(sub { $asked->('/expr/a.txt', 'alice')->status == 200 }, 10), 'the rule lets alice in when the database is back';
    };
    unlike $server->error_log, qr/exit signal/, "loaded $order: no child died";
}
done_testing;
