# SPDX-License-Identifier: Apache-2.0
# What the installed configuration, conf/luciauth.conf, comes to in a server.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use Time::Local ();
use LuciaTest;
use LuciaTest::Site;

LuciaTest::only_files('the installed configuration has a database file');

# The file as it is, with the paths of this tree; modules are loaded already.
my $conf = LuciaTest::Server::slurp(LuciaTest::top() . '/conf/luciauth.conf');
my $list = LuciaTest::top() . '/conf/common-passwords.txt';
ok $conf =~ s{^(LuciaDatabase sqlite3) /\S+$}{$1 \@db\@}m,         'the installed configuration has a database file';
ok $conf =~ s{^(LuciaPasswordBlocklist) /\S+$}{$1 $list}m, 'the installed configuration has a block list';
my $server = LuciaTest::Server->new(config => "$CHEAP_HASH\n$conf");
$server->start;

sub sign_up_with {
    my ($name, $password) = @_;
    return $server->request(POST => '/account/signup', LuciaTest::form(username => $name, password => $password));
}

is error_in(sign_up_with('alice', 'seven77')), 'Invalid password', 'the installed configuration refuses a password of seven characters';
is error_in(sign_up_with('alice', 'iloveyou1')), 'Password is too common', 'the installed configuration refuses a common password';
my $reply = sign_up_with('alice', 'a few words');
is $reply->status, 302, 'the installed configuration lets people sign up';
my ($cookie) = LuciaTest::set_cookies($reply, 'auth_session');
my $days = (LuciaTest::sqlite_value($server->db, 'SELECT idle_expires FROM user_session') / 1000 - time) / 86_400;
cmp_ok $days, '<=', 30, 'the installed configuration ends a session after at most 30 days';
$server->stop;

# ---- The lines that are there to be taken ----

(my $all = $conf) =~ s/^#(?=(?:Lucia|<\/?Location|    [A-Z]))//mg;
ok $all =~ s|^(LuciaSecret .file:)/[\w/-]+|$1\@secret\@|m, 'the installed configuration offers a secret';
my ($status, $said) = $server->configtest("ServerName https://www.example.org\n$all");
is $status, 0, 'the installed configuration with all its lines is right' or diag $said;
cmp_ok scalar(() = $all =~ /^Lucia/mg), '>', 15, 'the installed configuration offers lines';
unlike $said, qr/LUCI(?!0315)\d+/, 'httpd says nothing against the lines that are offered, except for the missing columns';

done_testing;
