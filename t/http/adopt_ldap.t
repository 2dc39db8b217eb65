# SPDX-License-Identifier: Apache-2.0
# luciauth-adopt behind HTTP Basic with a directory (mod_authnz_ldap and slapd).
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Adopt;
use LuciaTest::Ldap;
use LuciaTest::Recipes;
use LuciaTest::Site;
use LuciaTest::Visitor;

if (my $why = LuciaTest::Ldap::missing()) { plan skip_all => $why }

my %id = map { $_->[0] => "7d0a7a4e-0001-4000-8000-00000000000$_->[1]" } ['alice', 1], ['bobby', 2], ['carol', 3], ['dora', 4];
my $directory = LuciaTest::Ldap->new(people => { map { $_ => { password => $PASSWORD, mail => "$_\@example.org", entryUUID => $id{$_} } } keys %id });
my $backend = LuciaTest::Backend->new;
my $server = LuciaTest::Server->new(modules => [qw(ldap authnz_ldap)], files => { adopt_files() }, config => adopt_site($backend)
    . LuciaTest::Recipes::block('apache', 'ldap', 'ldaps://ldap.example.com/ou=people,dc=example,dc=com' => $directory->url));

sub basic { my ($name, $password) = @_; return 'Basic ' . encode_base64("$name:$password", '') }

# As a browser does it: asks the person when it is asked, and goes on through the page that asks whether it is this person.
sub enter {
    my ($visitor, $name, $path) = @_;
    $visitor->{basic} = sub { basic($name, $PASSWORD) };
    return agree($visitor, $visitor->follow($visitor->open($server->url($path))));
}

my %forged = ('AUTHENTICATE_ENTRYUUID' => $id{alice}, 'AUTHENTICATE-ENTRYUUID' => $id{alice}, 'AUTHENTICATE_UID' => 'root', 'REMOTE_USER' => 'root',
    'Remote-User' => 'root', 'X-Remote-User' => 'root', 'Auth-Type' => 'Basic');
walk_adoption(server => $server, backend => $backend, id => \%id, enter => \&enter, forged => \%forged);

# ---- What Basic is like ----

my $anonymous = $server->request(GET => '/company/enter', accept => 'text/html', headers => \%forged);
is $anonymous->status . ' ' . $anonymous->header('WWW-Authenticate'), '401 Basic realm="Company"', 'without a password the browser is asked for one';
sub ask { my ($password, %headers) = @_; return $server->request(GET => '/company/enter', headers => { Accept => 'text/html', Authorization => basic('carol', $password), %headers }) }
is ask($WRONG)->status, 401, 'a wrong password is refused by the directory';

my %link = ('Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');
sqlite($server->db, "UPDATE auth_user SET disabled = 0 WHERE username = 'carol'");
my $page;
for my $case (['a link of another site', 'cross-site'], ['a link in a mail', 'none'], ['a link of this site, after one of another site,', 'same-origin']) {
    $page = ask($PASSWORD, %link, 'Sec-Fetch-Site' => $case->[1]);
    is $page->status . ' ' . (cookie_of($page) ? 'a session' : 'no session'), '200 no session', "S9.102: $case->[0] may have brought the password, and asks first";
}
like text_in($page), qr/Continue as carol/, 'the page names the account';
is ask($PASSWORD, 'Sec-Fetch-Site' => 'cross-site', 'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'image')->status, 403, 'an image of another site is refused';

# A directory takes Alice for alice. REMOTE_USER is what was typed.
my $typed = LuciaTest::Visitor->new(basic => sub { basic(' Alice', $PASSWORD) });
is variables(agree($typed, $typed->follow($typed->open($server->url('/vault/env.cgi')))))->{REMOTE_USER}, 'alice', 'a name that is typed in another way leads to the same account';

# ---- The directory is unavailable ----

$directory->stop;
my $users = users_of($server);
my $reply = ask($PASSWORD);
isnt $reply->status, 302, 'while the directory is unavailable no password counts';
is cookie_of($reply), undef, 'while the directory is unavailable there is no new session';
is users_of($server), $users, 'while the directory is unavailable no account is made';

done_testing;
