# SPDX-License-Identifier: Apache-2.0
# Virtual hosts with the same users: whose LuciaEmail, LuciaSiteURL and LuciaMount the mails go by. S9.90.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Mail;
use LuciaTest::Site qw(count_of $CHEAP_HASH);

my $mail = LuciaTest::Mail->new;
my $server = LuciaTest::Server->new(config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /first\nLuciaUserAttributes email\nLuciaMailNotices none\n"
    . "LuciaMail smtp://127.0.0.1:$mail->{port}\nLuciaMailFrom accounts\@example.org\nLuciaSiteURL https://first.example.org\n" . <<'CONF');
<VirtualHost *>
    ServerName 127.0.0.1
    LuciaMount /account
    LuciaEmail optional
    LuciaSiteURL https://www.example.org
</VirtualHost>
<VirtualHost *>
    ServerName last.test
    LuciaEmail required
</VirtualHost>
CONF
my $db = $server->db;
my $last = LuciaTest::Gate::Host->new($server, 'last.test', 'db/luciauth.db');
sub first_mail { my @mails; wait_until(sub { @mails = $mail->mails }, 60) or diag $server->error_log; $mail->forget; return $mails[0] // { text => '', to => [] } }

is $server->request(POST => '/account/signup', form(username => 'alice', password => $PASSWORD, email => 'alice@example.com'))->status, 302, 'alice signs up with an address';
my $got = first_mail();
my ($token) = $got->{text} =~ m{\n\nhttps://www\.example\.org/account/verify\?token=([a-z0-9]{32})\n\n} or diag $got->{text};
ok $token, 'S9.90: mails go by the first virtual host with LuciaEmail, although one without it comes before';
is $server->request(POST => '/account/verify', form(token => $token // ''), origin => 1)->status, 200, 'alice verifies the address';
for my $name ('alice', 'alice@example.com') {
    is $last->request(POST => '/first/forgot', form(username => $name), origin => 'http://last.test')->status, 200, "a link for $name is asked for at another virtual host";
    $got = first_mail();
    is "@{ $got->{to} }", 'alice@example.com', "S9.90: the mail for $name is sent";
    like $got->{text}, qr{\n\nhttps://www\.example\.org/account/reset\?token=}, "S9.90: the link for $name leads where those of all mails lead";
}

is $server->request(POST => '/account/signup', form(username => 'bert', password => $PASSWORD, email => 'mistyped@example.com'))->status, 302, 'bert signs up with an address';
like first_mail()->{text}, qr/verify\?token=/, 'bert is to verify the address';
is $last->request(POST => '/first/forgot', form(username => 'bert'), origin => 'http://last.test')->status, 200, 'a link for bert is asked for';
ok wait_until(sub { count_of($server, 'auth_user_mail') == 0 }, 60), 'the request is done';
is scalar(() = $mail->mails), 0, 'S4.35: a virtual host without LuciaEmail sends no link to an address that is not verified';
like $server->error_log, qr/LUCI0313: .* have one queue of mails, but different values of LuciaSiteURL or LuciaMount/, 'S9.90: a start says that the virtual hosts have different links';
done_testing;
