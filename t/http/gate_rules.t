# SPDX-License-Identifier: Apache-2.0
# Require, LuciaRemoteUser, and Basic clients with AuthBasicProvider lucia.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my %rule = (
    valid    => 'Require valid-user',
    two      => 'Require user alice "bo b"',
    role     => 'Require lucia-attribute role admin "team lead"',
    nothing  => 'Require lucia-attribute email x@example.org',
    name     => 'Require lucia-attribute username alice',
    any      => "<RequireAny>\nRequire user carol\nRequire lucia-attribute role admin\n</RequireAny>",
    all      => "<RequireAll>\nRequire valid-user\nRequire lucia-attribute role admin\n</RequireAll>",
    not      => "<RequireAll>\nRequire valid-user\n<RequireNone>\nRequire lucia-attribute role banned\nRequire user dave\n</RequireNone>\n</RequireAll>",
    ipany    => "<RequireAny>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAny>",
    ipelse   => "<RequireAny>\nRequire ip 192.0.2.1\nRequire valid-user\n</RequireAny>",
    ipall    => "<RequireAll>\nRequire ip 192.0.2.1\nRequire valid-user\n</RequireAll>",
    iplast   => "<RequireAll>\nRequire valid-user\nRequire ip 192.0.2.1\n</RequireAll>",
    iptext   => "<RequireAll>\nRequire valid-user\nRequire ip 192.0.2.1\n</RequireAll>\nErrorDocument 403 \"text of 403\"",
    ipmaybe  => "LuciaOptional On\n<RequireAll>\nRequire valid-user\nRequire ip 192.0.2.1\n</RequireAll>",
    granted  => 'Require all granted',
    denied   => 'Require all denied',
    expr     => "Require expr \"%{REMOTE_USER} == 'alice'\"",
    methods  => "<LimitExcept GET HEAD>\nRequire user alice\n</LimitExcept>",
    byid     => "LuciaRemoteUser user_id\nRequire valid-user",
    byrole   => "LuciaRemoteUser role\nRequire user admin",
    merged   => 'Require valid-user',
    debug    => "LogLevel authz_core:debug\nRequire valid-user",
    debugexp => "LogLevel authz_core:debug\nRequire expr \"%{REMOTE_USER} == 'alice'\"",
);
my $sections = join '', map { "<Location /$_/>\nAuthType Lucia\n$rule{$_}\n</Location>\n" } sort keys %rule;
my $server = LuciaTest::Server->new(
    config => CHEAP_SITE . "LuciaSessionCache off\n" . $sections . <<'CONF',
LuciaUserAttributes username role email
<Directory @htdocs@>
    Options +ExecCGI +Includes
</Directory>
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
<Location /merged/and/>
    AuthMerging And
    Require lucia-attribute role admin
</Location>
<Location /merged/or/>
    AuthMerging Or
    Require ip 127.0.0.1
</Location>
<Location /merged/off/>
    Require user bob
</Location>
<Location /merged/open/>
    Require all granted
</Location>
DavLockDB @dir@/db/davlock
<Location /dav/>
    Dav On
    AuthType Basic
    AuthName "files"
    AuthBasicProvider lucia
    Require valid-user
</Location>
<Location /basic/>
    AuthType Basic
    AuthName "staff"
    AuthBasicProvider lucia
    Require lucia-attribute role admin
</Location>
<Location /both/>
    AuthType Basic
    AuthName "both"
    AuthUserFile @dir@/htpasswd
    AuthBasicProvider file lucia
    Require valid-user
</Location>
<Location /other/>
    AuthType Basic
    AuthName "other"
    AuthUserFile @dir@/htpasswd
    AuthBasicProvider lucia file
    Require valid-user
</Location>
<LocationMatch ^/file-(?:attribute|user)/>
    AuthType Basic
    AuthName "files of others"
    AuthUserFile @dir@/htpasswd
    AuthBasicProvider file
</LocationMatch>
<Location /file-attribute/>
    Require lucia-attribute username alice
</Location>
<Location /file-user/>
    Require valid-user
</Location>
CONF
    files => {
        'htdocs/file-attribute/a.txt' => SECRET,
        'htdocs/file-user/env.cgi'    => "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s|%s|' \"\$REMOTE_USER\" \"\$AUTH_TYPE\"\nenv | grep -i lucia_\n",
        'htdocs/valid/page.shtml'     => join('', map { qq{<!--#include virtual="$_" -->\n} }
            qw(who.cgi /file-attribute/a.txt /file-user/env.cgi who.cgi)) . "end\n",
        'htdocs/valid/refused.shtml' => join('', map { qq{<!--#include virtual="/$_/a.txt" -->\n} } qw(two iplast denied byrole)) . "end\n",
        (map { ("htdocs/$_/a.txt" => SECRET) } keys(%rule), qw(merged/and merged/or merged/off merged/open basic both other)),
        (map { ("htdocs/$_/who.cgi" => "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s|%s' \"\$REMOTE_USER\" \"\$AUTH_TYPE\"\n") }
            qw(byid byrole valid granted ipany basic)),
        'htdocs/dav/a.txt' => SECRET,
        'htpasswd'         => "filer:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n",    # password
    },
);
LuciaTest::give($server->dir . '/htdocs/dav', glob $server->dir . '/htdocs/dav/*');

my %cookie = map { $_ => sign_up($server, $_) } qw(alice bobby carol dave);
sqlite($server->db, 'UPDATE auth_user SET role = ? WHERE username = ?', @$_)
    for ['admin', 'alice'], ['team lead', 'bobby'], ['banned', 'carol'];
sqlite($server->db, 'UPDATE auth_user SET email = NULL');

sub asked { my ($path, $who) = @_; $server->request(GET => $path, script(), $who ? (cookie => $cookie{$who}) : ()) }

# place => who is admitted; all others get 403.
my %admitted = (
    valid => 'alice bobby carol dave', two => 'alice', role => 'alice bobby', nothing => '', name => 'alice', any => 'alice carol',
    all => 'alice', not => 'alice bobby', ipelse => 'alice bobby carol dave', ipall => '', expr => 'alice', denied => '', iplast => '', iptext => '', ipmaybe => '',
    'merged/and' => 'alice', 'merged/off' => '', byid => 'alice bobby carol dave', byrole => 'alice',
);
for my $place (sort keys %admitted) {
    subtest "Require: $place" => sub {
        my $reply = asked("/$place/a.txt");
        if ($place =~ /^ip(?!else)/ || $place eq 'denied') { is_refused $reply, 'an anonymous request is refused' }
        else                                         { is_unauthorized_json $reply, 'an anonymous request gets 401 in JSON' }
        for my $who (sort keys %cookie) {
            $reply = asked("/$place/a.txt", $who);
            if ($admitted{$place} =~ /\b$who\b/) { is_served $reply, $who }
            else                                 { is $reply->status, 403, $who; keeps_secret $reply, $who }
        }
    };
}

subtest 'Require lines are judged once before authentication, and once with the user' => sub {
    my $judged = sub {
        my ($place, $who) = @_;
        my $before = length $server->error_log;
        asked("/$place/a.txt", $who);
        my @results = substr($server->error_log, $before) =~ /AH01626: authorization result of Require .*?: (\w+)/g;
        return \@results;
    };
    is_deeply $judged->('debug', 'alice'), ['denied', 'granted'], 'valid-user, with a session';
    is_deeply $judged->('debug'), ['denied'], 'valid-user, without one: only before';
    is_deeply $judged->('debugexp'), ['denied'], 'an expression that reads the user, without a session: only before';
};

subtest 'places that ask nobody' => sub {
    is_served asked("/$_/a.txt"), "$_: a visitor" for qw(granted ipany merged/or merged/open);
    is_served asked("/$_/a.txt", 'carol'), "$_: a user" for qw(granted ipany merged/or merged/open);
    is asked('/granted/a.txt')->header('Cache-Control'), undef, 'Require all granted has no Cache-Control of ours';
    is_served asked('/methods/a.txt'), 'LimitExcept: a visitor reads';
    is_unauthorized_json $server->request(POST => '/methods/a.txt', script()), 'LimitExcept: an anonymous request does not write';
    is $server->request(POST => '/methods/a.txt', script(), origin => 1, cookie => $cookie{bobby})->status, 403, 'LimitExcept: bobby does not write';
};

subtest 'LuciaRemoteUser' => sub {
    my $id = sqlite_value($server->db, "SELECT id FROM auth_user WHERE username = 'alice'");
    is asked('/valid/who.cgi', 'alice')->body, 'alice|Lucia', 'LuciaRemoteUser username sets the username';
    is asked('/byid/who.cgi', 'alice')->body, "$id|Lucia", 'the user id';
    is asked('/byrole/who.cgi', 'alice')->body, 'admin|Lucia', 'LuciaRemoteUser with an attribute sets its value';
    my $reply = asked('/byrole/a.txt', 'dave');
    is $reply->status, 403, 'a user without the attribute';
    keeps_secret $reply, 'the refusal of a user without the attribute';
    like $server->error_log, qr/LUCI0701: user \w{15} has no "role"/, 'the log explains the missing attribute';
    is asked('/granted/who.cgi', 'alice')->body, '|', 'nobody, where nobody is asked for';
    is asked('/ipany/who.cgi', 'alice')->body, '|', 'REMOTE_USER is empty where the address is enough';
};

subtest 'a refusal of mod_authz_core that no user changes, and that of a user without a name' => sub {
    for my $case (['ipall', 'alice'], ['iplast', 'alice'], ['ipmaybe', 'alice'], ['byrole', 'dave']) {
        my ($place, $who) = @$case;
        my $page = $server->request(GET => "/$place/a.txt", navigation(), cookie => $cookie{$who});
        is $page->status, 403, "$place refuses the browser of a user with 403";
        like $page->body, qr{You are signed in as <bdi>$who</bdi>}, "S4.17: $place: the 403 page names the user";
        my $json = asked("/$place/a.txt", $who);
        is $json->status . ' ' . $json->body, '403 {"error":"Forbidden"}', "S4.17: $place refuses the script of a user in JSON";
        for my $reply ($page, $json) {
            is $reply->header('Cache-Control'), 'no-store', "$place: a refusal of a user is not stored";
            like $reply->header('Vary'), qr/\bCookie\b/, "$place: a refusal of a user depends on the cookie";
        }
    }
    for my $place ('ipall', 'iplast', 'ipmaybe') {
        my $reply = asked("/$place/a.txt");
        is_deeply [$reply->status, map { $reply->header($_) } 'Cache-Control', 'Vary'], [403, 'private', 'Cookie'], "$place: the 403 of an anonymous request depends on the cookie";
    }
    my $reply = $server->request(GET => '/iptext/a.txt', navigation(), cookie => $cookie{alice});
    is $reply->status . ' ' . $reply->body, '403 text of 403', 'a refusal that no user changes uses the ErrorDocument';
    like $reply->header('Vary'), qr/\bCookie\b/, 'an ErrorDocument for a refusal that no user changes depends on the cookie';
    $reply = $server->request(POST => '/iplast/a.txt', navigation('Sec-Fetch-Site' => 'cross-site'), form(a => 'b'), origin => 'https://evil.example', cookie => $cookie{alice});
    is $reply->status, 403, 'a form of another site that no user may send is refused';
    unlike $reply->body, qr/alice/, 'a refusal of a form of another site names no user';
    $reply = $server->request(GET => '/valid/refused.shtml', navigation(), cookie => $cookie{dave});
    is $reply->status, 200, 'a page that includes what its user may not see is served';
    unlike $reply->body, qr/signed in as|moonstone|<html/, 'a page that includes what its user may not see has no page of the gate in it';
    like $reply->body, qr/(?:error.*){4}end$/s, 'a page that includes what its user may not see has an error in each place';
};

# ---- Basic ----

sub basic {
    my ($name, $password) = @_;
    utf8::encode($_) for grep { utf8::is_utf8($_) } $name, $password;
    return (headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') });
}

subtest 'AuthBasicProvider lucia' => sub {
    my $reply = $server->request(GET => '/basic/a.txt');
    is $reply->status, 401, 'Basic: an anonymous request gets 401';
    is $reply->header('WWW-Authenticate'), 'Basic realm="staff"', 'is asked for Basic';
    keeps_secret $reply, 'the 401 of Basic';
    is_served $server->request(GET => '/basic/a.txt', basic(alice => $PASSWORD)), 'a user with the password';
    is_served $server->request(GET => '/basic/a.txt', basic(ALICE => $PASSWORD)), 'names are one in any case';
    is $server->request(GET => '/basic/who.cgi', basic(Alice => $PASSWORD))->body, 'alice|Basic', 'REMOTE_USER is ours';
    for my $wrong ([alice => 'wrong'], ['nobody here' => $PASSWORD], [alice => ''], ['', ''], [alice => 'x' x 300], [alice => $PASSWORD . ' ']) {
        $reply = $server->request(GET => '/basic/a.txt', basic(@$wrong));
        is $reply->status, 401, "refused: $wrong->[0] " . substr $wrong->[1], 0, 10;
        keeps_secret $reply, 'the refusal of a wrong Basic password';
    }
    $reply = $server->request(GET => '/basic/a.txt', basic(dave => $PASSWORD));
    is $reply->status, 401, 'Require lucia-attribute refuses a Basic user without it';
    is_served $server->request(GET => '/basic/a.txt', basic(alice => $PASSWORD), cookie => $cookie{dave}),
        'the cookie says nothing here';
    is $server->request(GET => '/basic/a.txt', cookie => $cookie{alice})->status, 401, 'a session cookie does not sign in to Basic';
    is_served $server->request(GET => '/both/a.txt', basic(alice => $PASSWORD)), 'a second provider after mod_authn_file';
    is_served $server->request(GET => '/both/a.txt', basic(filer => 'password')), 'the first one answers for its own';
    is $server->request(GET => '/both/a.txt', basic(alice => 'password'))->status, 401, 'wrong for both';
    is_served $server->request(GET => '/other/a.txt', basic(filer => 'password')), 'whom we do not know the next provider may';
    is_served $server->request(GET => '/other/a.txt', basic(alice => $PASSWORD)), 'our own are let in before';
    is $server->request(GET => '/other/a.txt', basic(alice => 'password'))->status, 401, 'our own with a wrong password are not';
};

subtest 'a page of ours that includes what another provider guards' => sub {
    my @filer = basic(filer => 'password');
    my $reply = $server->request(GET => '/valid/page.shtml', @filer, cookie => $cookie{alice});
    is $reply->status, 200, 'the page is alice\'s';
    keeps_secret $reply, 'Require lucia-attribute does not take filer for alice';
    my @parts = split /\n/, $reply->body =~ s/\n+/\n/gr;
    is $parts[0], 'alice|Lucia', 'the page\'s own part';
    like $parts[1], qr/^\[an error occurred/, 'the attribute of somebody else is refused';
    is $parts[2], 'filer|Basic|', 'Require valid-user sees filer and no variable of alice' or diag $reply->body;
    like $parts[-2], qr/alice\|Lucia$/, 'after which the page is alice\'s again';
    is $server->request(GET => '/file-attribute/a.txt', @filer, cookie => $cookie{alice})->status, 401, 'asked for alone: refused';
    is $server->request(GET => '/file-user/env.cgi', @filer, cookie => $cookie{alice})->body, 'filer|Basic|', 'asked for alone: filer';
};

subtest 'DAV through Basic' => sub {
    my @alice = basic(alice => $PASSWORD);
    is $server->request(PROPFIND => '/dav/')->status, 401, 'a visitor may not even look';
    is $server->request(PUT => '/dav/new.txt', body => 'mine')->status, 401, 'WebDAV: an anonymous PUT gets 401';
    ok !-e $server->dir . '/htdocs/dav/new.txt', 'WebDAV: the refused PUT writes no file';
    is_served $server->request(GET => '/dav/a.txt', @alice), 'WebDAV: GET with Basic is served';
    is $server->request(PUT => '/dav/new.txt', @alice, body => 'mine')->status, 201, 'PUT, without an Origin';
    is $server->request(GET => '/dav/new.txt', @alice)->body, 'mine', 'WebDAV: GET returns what PUT wrote';
    like $server->request(PROPFIND => '/dav/', headers => { Depth => 1, %{ $alice[1] } })->body,
        qr{/dav/new\.txt}, 'WebDAV: PROPFIND lists what PUT wrote';
    is $server->request(DELETE => '/dav/new.txt', @alice)->status, 204, 'WebDAV: DELETE answers 204';
};

subtest 'an outdated hash is replaced at a Basic sign-in too' => sub {
    my $hash = sub { sqlite_value($server->db, "SELECT hashed_password FROM user_key WHERE id = 'username:dave'") };
    sqlite($server->db, "UPDATE user_key SET hashed_password = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=' WHERE id = 'username:dave'");
    is $server->request(GET => '/dav/a.txt', basic(dave => 'wrong'))->status, 401, 'a wrong Basic password gets 401';
    like $hash->(), qr/^\{SHA\}/, 'nothing is replaced';
    is_served $server->request(GET => '/dav/a.txt', basic(dave => 'password')), 'the old hash signs in';
    like $hash->(), qr/^\$argon2id\$v=19\$m=8,t=1,p=1\$/, 'Basic replaces an outdated hash';
    is_served $server->request(GET => '/dav/a.txt', basic(dave => 'password')), 'by one of the same password';
};

subtest 'S9.30: the database is away' => sub {
    away($server->db);
    my @alice = basic(alice => $PASSWORD);
    my $reply = settles(503, sub { $server->request(GET => '/basic/a.txt', @alice) });
    ok $reply, 'Basic is answered 503' or return;
    is_unavailable $reply, 'Basic without the database answers 503';
    is $server->request(GET => '/basic/a.txt')->status, 401, 'a client without a password is asked for one as ever';
    is_served $server->request(GET => '/both/a.txt', basic(filer => 'password')), 'mod_authn_file\'s users are let in';
    is_unavailable asked('/valid/a.txt', 'alice'), 'the gate answers 503 without the database';
    is_unauthorized_json asked('/valid/a.txt'), 'a visitor\'s answer needs no database';
    back($server->db);
    ok wait_until(sub { $server->request(GET => '/basic/a.txt', @alice)->status == 200 }, 5), 'Basic lets in when the database is back';
};

unlike $server->error_log, qr/exit signal|correct horse/, 'no child died, S9.15: no password in the log';
done_testing;
