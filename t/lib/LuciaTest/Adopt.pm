# SPDX-License-Identifier: Apache-2.0
#
# A site whose users sign in through another module of httpd, and what has to be true whichever module it is.
#
#     use LuciaTest::Adopt;
#     my $server = LuciaTest::Server->new(config => adopt_site() . $config, files => { adopt_files() });
#         # $config is a block of doc/adopt.md: it has the other module and /company/enter
#     walk_adoption(
#         server => $server,
#         enter  => sub { my ($visitor, $name, $path) = @_; ... },    # opens the path as NAME, with all redirects; the last reply
#         id     => { alice => '2481', bobby => '2482' },             # as LuciaAdopt gets it
#         forged => { 'OIDC_CLAIM_sub' => '2481', ... },              # headers of clients that want to be somebody
#         backend => $backend,                                        # a LuciaTest::Backend behind /app/, if there is one
#         again  => sub { ... },    # as enter, from a browser that the other module knows already; else open, follow and agree
#     );
#
# Gated locations of the site are /vault/, /staff/ (the group staff), /fresh/ and /app/ (proxied); /vault/env.cgi and /company/env.cgi
# print their variables. Somebody without a session is sent to /company/enter.
package LuciaTest::Adopt;
use strict;
use warnings;

use Exporter 'import';
use LuciaTest;
use LuciaTest::Factors;
use LuciaTest::Recipes;
use LuciaTest::Site qw($CHEAP_HASH text_in error_in);
use LuciaTest::Visitor;
use Test::More;

our @EXPORT = qw(adopt_site adopt_files walk_adoption variables keys_of users_of sessions_of make_stale says agree);

# The lines of doc/adopt.md, and what the tests need besides.
sub adopt_site {
    my ($backend) = @_;
    return "$CHEAP_HASH\n" . LuciaTest::Recipes::block('apache', 'adopt', '/var/lib/luciauth/luciauth.db' => '@db@')
        . ($backend ? "<Location /app/>\nProxyPass http://127.0.0.1:" . $backend->port . "/\nLuciaHeaders On\n</Location>\n" : '') . <<'CONF';
LuciaSecret {file:@secret@}
LuciaSecondFactor optional
LuciaGroups On
LuciaSessionCache off
LuciaAuditLog @dir@/logs/audit.log
AddHandler cgi-script .cgi
<Directory @htdocs@>
    Options +ExecCGI
</Directory>
<LocationMatch ^/(?:vault|app)/>
    AuthType Lucia
    Require valid-user
    LuciaLoginURL /company/enter
</LocationMatch>
<Location /staff/>
    AuthType Lucia
    Require lucia-group staff
</Location>
<Location /fresh/>
    AuthType Lucia
    Require lucia-fresh
</Location>
CONF
}

sub adopt_files {
    my (@more) = @_;
    my $cgi = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv\n";
    return map { ("htdocs/$_/env.cgi" => $cgi) } qw(vault staff fresh company), @more;
}

# ---- What there is ----

sub variables { my ($reply) = @_; return { $reply->body =~ /^(\w+)=(.*)$/mg } }
sub says { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }

sub keys_of {
    my ($server, $name) = @_;
    return join ' ', map { $_->{id} . ($_->{hashed_password} ? ' with a password' : '') }
        @{ sqlite($server->db, 'SELECT k.id, k.hashed_password FROM user_key k JOIN auth_user u ON u.id = k.user_id WHERE u.username = ? ORDER BY k.id', $name) };
}

sub users_of    { my ($server) = @_; return sqlite_value($server->db, 'SELECT count(*) FROM auth_user') }
sub sessions_of { my ($server, $name) = @_; return sqlite_value($server->db, 'SELECT count(*) FROM user_session WHERE user_id = (SELECT id FROM auth_user WHERE username = ?)', $name) }

# As if the time of LuciaFreshness had passed, for every session.
sub make_stale { my ($server) = @_; sqlite($server->db, 'UPDATE user_session SET proved_at = NULL'); return }

sub session_cookie { my ($visitor, $server) = @_; return $visitor->cookie($server->url('/'), 'auth_session') }

# Says yes where the page asks whether it is the person; the last reply.
sub agree {
    my ($visitor, $reply) = @_;
    my %shown = LuciaTest::Visitor::fields($reply);
    return $reply if !$shown{'identity-shown'} || defined error_in($reply);
    my ($username) = $reply->body =~ /<input[^>]*name="username"[^>]*value="([^"]*)"/;
    return $visitor->follow($visitor->post('', form(%shown, defined $username ? (username => LuciaTest::Site::unescape($username)) : ())));
}

# ---- What has to be true ----

sub walk_adoption {
    my (%with) = @_;
    $with{post}  //= sub { my ($visitor, $to, %fields) = @_; my $headers = delete $fields{headers}; return $visitor->post($to, form(%fields), $headers ? (headers => $headers) : ()) };
    $with{again} //= sub { my ($visitor, $name, $path) = @_; return agree($visitor, $visitor->follow($visitor->open($with{server}->url($path)))) };
    is_deeply [$with{server}->error_log =~ /(LUCI(?:05|09)\d\d: .*)/g], [], 'httpd warns of nothing in the configuration of the documentation';
    first_and_second(%with);
    gated(%with);
    fresh(%with);
    name_taken(%with);
    second_factor(%with);
    disabled(%with);
    sign_out(%with);
    deleted(%with);
    return;
}

sub first_and_second {
    my (%with) = @_;
    my ($server, $enter) = @with{qw(server enter)};
    my $visitor = $with{alice} = LuciaTest::Visitor->new;
    my $reply = $enter->($visitor, 'alice', '/vault/env.cgi?a=b%26c&d=e');
    is $reply->status, 200, 'S9.100: the way from the gate over the other module ends with the content' or diag $reply->bytes, $server->error_log;
    is $visitor->at, '/vault/env.cgi?a=b%26c&d=e', 'the way back leads to the gated address with its query';
    my $seen = variables($reply);
    is_deeply [@$seen{qw(REMOTE_USER AUTH_TYPE LUCIA_USERNAME)}], [qw(alice Lucia alice)], 'gated content knows the user by the name of the new account';
    like $seen->{LUCIA_USER_ID}, qr/^[a-z0-9]{15}$/, 'gated content knows the id of the new account';
    is_deeply [grep { /^(?:OIDC|MELLON|AUTHENTICATE|GSS)_/ } keys %$seen], [], 'gated content has no variable of the other module';
    is keys_of($server, 'alice'), join(' ', sort "company:$with{id}{alice}", 'username:alice'), 'S9.100: the new account has the key of the identity and that of its name, without a password';
    my $audit = sub { LuciaTest::Server::slurp($server->dir . '/logs/audit.log') };
    like $audit->(), qr/sign_up [^\n]*\bprovider=company\b/, 'S9.106: the audit log has the sign-up with the name of the other place';

    my $users = users_of($server);
    my $other = LuciaTest::Visitor->new;
    my $again = variables($enter->($other, 'alice', '/vault/env.cgi'));
    is $again->{LUCIA_USER_ID}, $seen->{LUCIA_USER_ID}, 'S9.100: from another browser the identity finds its account';
    is users_of($server), $users, 'the second sign-in of an identity makes no account';
    like $audit->(), qr/sign_in [^\n]*\bprovider=company\b/, 'S9.106: the audit log has the sign-in with the name of the other place';
    unlike $audit->(), qr/\Q$with{id}{alice}\E/, 'S9.106: the audit log does not have the id of the other place' if $with{id}{alice} ne 'alice';
    is sessions_of($server, 'alice'), 2, 'each browser has a session of its own';
    isnt session_cookie($visitor, $server), session_cookie($other, $server), 'the sessions of two browsers have different ids';

    my $at_home = LuciaTest::Visitor->new;
    $enter->($at_home, 'alice', '/company/enter');
    is $at_home->at, '/account', 'without next the sign-in leads to the account';
    my $evil = LuciaTest::Visitor->new;
    $enter->($evil, 'alice', '/company/enter?next=https://evil.example/');
    is $evil->at, '/account', 'next to another site leads to the account';
    return;
}

sub gated {
    my (%with) = @_;
    my ($server, $enter) = @with{qw(server enter)};
    my $visitor = LuciaTest::Visitor->new;
    $enter->($visitor, 'alice', '/vault/env.cgi');
    is $visitor->open($server->url('/staff/env.cgi'))->status, 403, 'a group of which the account is no member is refused';
    sqlite($server->db, "INSERT INTO auth_user_group (user_id, name) SELECT id, 'staff' FROM auth_user WHERE username = 'alice'");
    my $seen = variables($visitor->open($server->url('/staff/env.cgi')));
    is_deeply [@$seen{qw(REMOTE_USER LUCIA_GROUPS)}], [qw(alice staff)], 'a member of the group is admitted, and content sees the group';
    is $visitor->open($server->url('/fresh/env.cgi'))->status, 200, 'a session that has just begun is fresh';
    is_deeply variables($visitor->open($server->url('/vault/env.cgi'), headers => $with{forged}))->{REMOTE_USER}, 'alice', 'headers that a client sends do not change who it is at the gate';
    if (my $backend = $with{backend}) {
        $backend->forget;
        $visitor->open($server->url('/app/x'), headers => { %{ $with{forged} }, 'X-Lucia-Username' => 'root' });
        my ($request) = $backend->requests;
        is_deeply [$request =~ /^X-Lucia-Username: (.*?)\r$/mg], ['alice'], 'the backend gets the name of the account, and not the forged one';
        my ($cookies) = $request =~ /^Cookie: (.*?)\r$/m;
        unlike $cookies // '', qr/auth_session=/, 'the backend does not get the session cookie';
    }
    my $stranger = LuciaTest::Visitor->new(headers => $with{forged});
    isnt $stranger->open($server->url('/vault/env.cgi'))->status, 200, 'headers that a client sends do not admit it at the gate';
    is session_cookie($stranger, $server), undef, 'headers that a client sends make no session at the gate';
    my $users = users_of($server);
    $stranger->open($server->url('/company/enter'));
    is session_cookie($stranger, $server), undef, 'S9.101: headers that a client sends sign nobody in';
    is users_of($server), $users, 'S9.101: headers that a client sends make no account';
    return;
}

# ---- Freshness: signing in again through the other module is the proof of an account without a password ----

sub fresh {
    my (%with) = @_;
    my ($server, $enter) = @with{qw(server enter)};
    my $visitor = LuciaTest::Visitor->new;
    $enter->($visitor, 'alice', '/vault/env.cgi');
    make_stale($server);
    my $reply = $visitor->follow($visitor->open($server->url('/fresh/env.cgi')));
    like $visitor->at, qr{^/account/confirm\?next=/fresh/env.cgi}, 'an old session is led to the confirmation';
    my ($link) = map { LuciaTest::Site::unescape($_) } $reply->body =~ m{href="(/company/enter[^"]*)"};
    is $link, '/company/enter?next=/fresh/env.cgi', 'the confirmation of an account without a password leads through the other module' or diag text_in($reply);
    my $sessions = sessions_of($server, 'alice');
    my $old = session_cookie($visitor, $server);
    $reply = $with{again}->($visitor, 'alice', $link // '/company/enter?next=/fresh/env.cgi');
    is $reply->status . ' ' . $visitor->at, '200 /fresh/env.cgi', 'signing in again through the other module makes the session fresh' or diag $reply->bytes;
    is sessions_of($server, 'alice'), $sessions, 'the session of the same user is replaced';
    isnt session_cookie($visitor, $server), $old, 'the session that is replaced gets another id';
    return;
}

# ---- A local account of the same name ----

sub name_taken {
    my (%with) = @_;
    my ($server, $enter) = @with{qw(server enter)};
    $server->request(POST => '/account/signup', form(username => 'bobby', password => $PASSWORD), origin => 1)->status == 302 or die "bobby could not sign up\n";
    my $before = keys_of($server, 'bobby');
    my $users = users_of($server);
    my $visitor = LuciaTest::Visitor->new;
    my $reply = $enter->($visitor, 'bobby', '/vault/env.cgi?x=y');
    like $visitor->at, qr{^/company/enter}, 'S9.104: an identity whose name is taken is asked for another one';
    is error_in($reply), 'Username already taken', 'the page says that the name is taken' or diag $reply->bytes;
    like $reply->body, qr/<input[^>]*name="username"[^>]*value="bobby"/, 'the page offers the name that is taken to be changed';
    is session_cookie($visitor, $server), undef, 'a taken name starts no session';
    is keys_of($server, 'bobby'), $before, 'S9.100: the local account of the same name gets no key';
    is users_of($server), $users, 'a taken name makes no account';

    my %hidden = LuciaTest::Visitor::fields($reply);
    my $without = $with{post}->($visitor, '', username => 'bobby-2', %hidden, 'identity-shown' => 'a' x 64);
    is $without->status . ' ' . users_of($server), "400 $users", 'S9.102: a form that was made for another identity makes no account';
    $reply = $with{post}->($visitor, '', username => 'bobby', %hidden);
    is $reply->status . ' ' . (error_in($reply) // ''), '400 Username already taken', 'the taken name is refused when it is sent again';
    %hidden = LuciaTest::Visitor::fields($reply);
    is $with{post}->($visitor, '', username => 'bobby-2', %hidden, headers => { Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site' })->status, 403, 'S9.102: a form of another site makes no account';
    $reply = $with{post}->($visitor, '', username => 'bobby-2', %hidden);
    $reply = $visitor->follow($reply);
    is $reply->status . ' ' . $visitor->at, '200 /vault/env.cgi?x=y', 'with another name the account is made, and the way back is kept' or diag $reply->bytes;
    is variables($reply)->{REMOTE_USER}, 'bobby-2', 'content knows the chosen name';
    is keys_of($server, 'bobby-2'), join(' ', sort "company:$with{id}{bobby}", 'username:bobby-2'), 'the new account has the key of the identity and that of the chosen name';
    is keys_of($server, 'bobby'), $before, 'the local account of the taken name is as it was';
    return;
}

# ---- A second factor ----

sub second_factor {
    my (%with) = @_;
    my ($server, $enter) = @with{qw(server enter)};
    my $visitor = LuciaTest::Visitor->new;
    $enter->($visitor, 'dora', '/vault/env.cgi');
    my $cookie = 'auth_session=' . session_cookie($visitor, $server);
    my $offer = $server->request(GET => '/account/api/factors/totp', cookie => $cookie, accept => 'application/json')->json;
    my $set = $server->request(POST => '/account/api/factors/totp', json({ secret => $offer->{secret}, code => totp($offer->{secret}, time) }), cookie => $cookie, origin => 1, accept => 'application/json');
    is $set->status, 200, 'an account of the other module can set up an authenticator app' or diag $set->bytes;
    sqlite($server->db, 'UPDATE auth_user_totp SET last_step = 1');    # as if it were later: a code counts once

    my $sessions = sessions_of($server, 'dora');
    my $other = LuciaTest::Visitor->new;
    my $reply = $enter->($other, 'dora', '/vault/env.cgi?x=y');
    like $other->at, qr{^/account/factor}, 'S9.103: who has an authenticator app is asked for a code after the other module' or diag $reply->bytes;
    is session_cookie($other, $server), undef, 'there is no session before the code';
    is sessions_of($server, 'dora'), $sessions, 'no session is stored before the code';
    my %hidden = LuciaTest::Visitor::fields($reply);
    is $other->post($other->url, form(code => '000000', %hidden))->status, 400, 'a wrong code is refused';
    $reply = $other->follow($other->post($other->url, form(code => totp($offer->{secret}, time), %hidden)));
    is $reply->status . ' ' . $other->at, '200 /vault/env.cgi?x=y', 'the code completes the sign-in, and the way back is kept' or diag $reply->bytes;
    is_deeply [@{ variables($reply) }{qw(REMOTE_USER LUCIA_FACTORS)}], ['dora', 2], 'content knows that there were two factors';
    return;
}

# ---- Accounts that may not sign in ----

sub disabled {
    my (%with) = @_;
    my ($server, $enter) = @with{qw(server enter)};
    my $visitor = LuciaTest::Visitor->new;
    $enter->($visitor, 'carol', '/vault/env.cgi');
    is $visitor->at, '/vault/env.cgi', 'carol has an account';
    sqlite($server->db, "UPDATE auth_user SET disabled = 1 WHERE username = 'carol'");
    my $other = LuciaTest::Visitor->new;
    my $reply = $enter->($other, 'carol', '/vault/env.cgi');
    is $reply->status . ' ' . $other->at =~ s/\?.*//r, '403 /company/enter', 'S9.103: a disabled account is refused';
    like text_in($reply), qr/account is disabled/, 'the page says that the account is disabled';
    is session_cookie($other, $server), undef, 'a disabled account gets no session';
    isnt $visitor->open($server->url('/vault/env.cgi'))->status, 200, 'the gate refuses the old session of a disabled account';
    return;
}

# ---- Signing out ----

sub sign_out {
    my (%with) = @_;
    my ($server, $enter) = @with{qw(server enter)};
    my $visitor = LuciaTest::Visitor->new;
    $enter->($visitor, 'alice', '/vault/env.cgi');
    my @others = grep { !/^auth_session/ } $visitor->cookies($server->url('/company/enter'));
    my $sessions = sessions_of($server, 'alice');
    my $page = $visitor->follow($visitor->post('/account/logout'));
    is sessions_of($server, 'alice'), $sessions - 1, 'sign-out ends the session';
    is $visitor->at, '/account/login', 'sign-out leads to the sign-in page, and does not sign in again';
    is_deeply [$page->body =~ m{href="(/company[^"]*)"}g], ['/company/enter'], 'the sign-in page leads to the other module';
    is session_cookie($visitor, $server), undef, 'sign-out takes the cookie away';
    my @kept = grep { !/^auth_session/ } $visitor->cookies($server->url('/company/enter'));
    is_deeply \@kept, \@others, 'sign-out leaves the cookies of the other module alone';
    my $reply = $with{again}->($visitor, 'alice', '/vault/env.cgi');
    is $reply->status . ' ' . $visitor->at, '200 /vault/env.cgi', 'while the other module still knows the browser, the gate leads in again without a password' or diag $reply->bytes;
    return;
}

# ---- An account that is gone ----

sub deleted {
    my (%with) = @_;
    my ($server, $enter) = @with{qw(server enter)};
    my $ctl = LuciaTest::Ctl->of(LuciaTest::engine(), LuciaTest::engine()->database_for($server->db));
    my $visitor = LuciaTest::Visitor->new;
    my $before = variables($enter->($visitor, 'alice', '/vault/env.cgi'))->{LUCIA_USER_ID};
    $ctl->does('user', 'rename', 'alice', 'alicia');
    my $other = LuciaTest::Visitor->new;
    my $seen = variables($enter->($other, 'alice', '/vault/env.cgi'));
    is_deeply [@$seen{qw(REMOTE_USER LUCIA_USER_ID)}], ['alicia', $before], 'an account that was renamed is still found by its identity';
    $ctl->does('user', 'delete', 'alicia', '--yes');
    is sqlite_value($server->db, 'SELECT count(*) FROM user_key WHERE id = ?', "company:$with{id}{alice}"), 0, 'the key of the identity is deleted with the account';
    $ctl->does('user', 'add', 'alice', '--stdin', { stdin => "$PASSWORD\n" });
    my $link = sub { $ctl->does('key', 'add', 'alice', "company:$with{id}{alice}", '--no-password') };
    $link->();
    my $linked = variables($enter->(LuciaTest::Visitor->new, 'alice', '/vault/env.cgi'));
    is $linked->{REMOTE_USER}, 'alice', 'an administrator can link the identity to an account that there is';
    isnt $linked->{LUCIA_USER_ID}, $before, 'the linked account is another one than the deleted one';
    my ($line) = grep { /"alice"/ } split /\n/, $ctl->does('export', '--with-hashes');
    like $line, qr/"company:\Q$with{id}{alice}\E"/, 'the export has the key of the identity';
    $ctl->does('key', 'delete', "company:$with{id}{alice}");
    my $unlinked = LuciaTest::Visitor->new;
    my $reply = $enter->($unlinked, 'alice', '/vault/env.cgi');
    is $unlinked->at =~ s/\?.*//r . ' ' . error_in($reply), '/company/enter Username already taken', 'without the key the account is that of a stranger';
    $link->();
    return;
}

require LuciaTest::Ctl;
1;
