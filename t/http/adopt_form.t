# SPDX-License-Identifier: Apache-2.0
# luciauth-adopt behind mod_auth_form, whose sessions are in a cookie of mod_session_crypto.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha1_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Adopt;
use LuciaTest::Site;
use LuciaTest::Visitor;

my @PEOPLE = qw(alice bobby carol dora);
my $page = qq{<!doctype html>\n<form method="post" action=""><input name="httpd_username"><input name="httpd_password"></form>\n};
my $backend = LuciaTest::Backend->new;
my $server = LuciaTest::Server->new(
    modules => [qw(auth_form request session session_cookie session_crypto)],
    files   => { adopt_files(), 'htdocs/form.html' => $page, htpasswd => join('', map { "$_:{SHA}" . sha1_base64($PASSWORD) . "=\n" } @PEOPLE) },
    config  => adopt_site($backend) . <<'CONF',
<Location /company>
    AuthType form
    AuthName Company
    AuthFormProvider file
    AuthUserFile @dir@/htpasswd
    ErrorDocument 401 /form.html
    Session On
    SessionCookieName company path=/company;httponly
    SessionCryptoPassphrase secret
    Require valid-user
</Location>
<Location /company/enter>
    SetHandler luciauth-adopt
    LuciaAdopt company
</Location>
CONF
);

sub fill_in { my ($visitor, $name, %arg) = @_; return $visitor->follow($visitor->post('', form(httpd_username => $name, httpd_password => delete $arg{password} // $PASSWORD), %arg)) }

# As a person does it: over the redirects, through the form where it is shown, and through the page that asks whether it is this person.
sub enter {
    my ($visitor, $name, $path) = @_;
    my $reply = $visitor->follow($visitor->open($server->url($path)));
    return $reply->status == 401 && $reply->body =~ /httpd_username/ ? agree($visitor, fill_in($visitor, $name)) : $reply;
}

my %forged = ('REMOTE_USER' => 'alice', 'Remote-User' => 'alice', 'X-Remote-User' => 'alice', 'Auth-Type' => 'form');
walk_adoption(server => $server, backend => $backend, id => { map { $_ => $_ } @PEOPLE }, enter => \&enter, forged => \%forged);

# ---- The form of another site ----

my $visitor = LuciaTest::Visitor->new;
$visitor->open($server->url('/company/enter'));
is fill_in($visitor, 'carol', password => $WRONG)->status, 401, 'a wrong password is refused by mod_auth_form';
my %foreign = (headers => { Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site' });
fill_in($visitor, 'carol', %foreign);
is $visitor->cookie($server->url('/'), 'auth_session'), undef, 'S9.102: a form of another site signs nobody in, even if its password is right';
my $reply = $visitor->open($server->url('/company/enter'), headers => { 'Sec-Fetch-Site' => 'cross-site' });
is $visitor->cookie($server->url('/'), 'auth_session'), undef, 'S9.102: a link of another site after that form signs nobody in';
$visitor->open($server->url('/company/enter'), headers => { 'Sec-Fetch-Site' => 'same-origin' });
is $visitor->cookie($server->url('/'), 'auth_session'), undef, 'S9.102: a link of this site after that form signs nobody in';

# ---- A program ----

my $at = $server->url('/company/enter');
my $program = LuciaTest::Visitor->new;
$program->open($at);
fill_in($program, 'alice');
my $guard = join '; ', grep { /^company=/ } $program->cookies($at);
$reply = $server->request(POST => '/company/enter', json({}), accept => 'application/json', cookie => $guard);
is $reply->status . ' ' . $reply->json->{user}{username}, '200 alice', 'S9.102: JSON is no form of mod_auth_form, and signs in';

done_testing;
