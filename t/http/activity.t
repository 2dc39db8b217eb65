# SPDX-License-Identifier: Apache-2.0
# LuciaActivity: what people, programs and administrators see of what happened to an account, and what is not written. S9.61.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate ();
use LuciaTest::Site;

my $HOSTS = join '', map { "<VirtualHost *>\n    ServerName $_->[0]\n    $_->[1]\n</VirtualHost>\n" } ['127.0.0.1', ''],
    ['handler.test', "LuciaMount off\n<Location /mine/activity>\n    SetHandler luciauth-activity\n</Location>\n<Location /mine>\n    SetHandler luciauth-profile\n    LuciaActivityURL /mine/activity\n</Location>"],
    ['off.test', "LuciaActivity Off\n<Location /mine/activity>\n    SetHandler luciauth-activity\n</Location>"];
my $site = site("LuciaActivity On\nLuciaThrottle account=off\n$HOSTS", mount => '/account');
my $db = $site->db;
my %host = map { $_ => LuciaTest::Gate::Host->new($site, "$_.test", 'db/luciauth.db') } qw(handler off);

sub login { my ($name, $password, @more) = @_; return $site->request(POST => '/account/login', form(username => $name, password => $password), @more) }
sub activity { my ($cookie) = @_; return $site->request(GET => '/account/api/activity', cookie => $cookie)->json->{activity} }
sub rows { return count_of($site, 'auth_user_activity') }

my $alice = sign_up($site, 'alice', path => '/account/signup');
is login('alice', 'wrong 1', headers => { 'User-Agent' => 'Guesser/1.0' })->status, 400, 'a wrong password answers 400';
is login('nobody', 'wrong 1')->status, 400, 'an unknown user answers 400';
my $cookie = cookie_of(login('alice', $PASSWORD, headers => { 'User-Agent' => '<b>Browser</b>' }));
my $bobby = sign_up($site, 'bobby', path => '/account/signup');

# ---- JSON ----

my $list = activity($cookie);
is_deeply [map { "$_->{what} " . ($_->{reason} // 'ok') } @$list], ['sign_in ok', 'sign_in wrong_password', 'sign_up ok'], 'S9.61: the last sign-ins and failures of the account, the latest first';
is_deeply [sort keys %{ $list->[0] }], [qw(address at known_device reason user_agent what)], 'an entry has these members';
is "$list->[1]{address} $list->[1]{user_agent}", '127.0.0.1 Guesser/1.0', 'an entry has the address and the user agent';
like $list->[0]{at}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/, 'an entry has its time';
is rows(), 4, 'S9.61: an attempt with an unknown name is not written';
is_deeply [map { $_->{what} } @{ activity($bobby) }], ['sign_up'], 'S9.61: nobody sees the activity of another user';

# ---- The page ----

my $reply = $site->request(GET => '/account/activity', cookie => $cookie);
is $reply->status, 200, 'the activity page is shown';
like text_in($reply), qr/Activity .* Signed in 20\d\d-\d\d-\d\d \d\d:\d\d UTC\s*, 127\.0\.0\.1 <b>Browser<\/b> Wrong password .* Guesser\/1\.0 Account created /, 'S9.61: the page has words, times and addresses';
unlike $reply->body, qr/<b>|%%/, 'what clients send is escaped, and no place is unfilled';
is $reply->header('Cache-Control'), 'no-store', 'the activity page is not stored';
like $site->request(GET => '/account', cookie => $cookie)->body, qr{href="/account/activity"}, 'the profile links to the activity page';
is $site->request(GET => '/account/activity')->status, 302, 'an anonymous browser signs in first';
is $site->request(GET => '/account/api/activity')->status, 401, 'an anonymous script gets 401';
is $site->request(POST => '/account/activity', cookie => $cookie, origin => 1)->status, 405, 'POST on the activity page is 405';
is $host{handler}->request(GET => '/mine/activity', cookie => $cookie)->status, 200, 'luciauth-activity serves the page anywhere';
like $host{handler}->request(GET => '/mine', cookie => $cookie)->body, qr{href="/mine/activity"}, 'LuciaActivityURL is the link of the profile';
is $host{off}->request(GET => '/account/activity')->status, 404, 'S9.61: without LuciaActivity the path is left to the site';
is $host{off}->request(GET => '/mine/activity', cookie => $cookie)->status, 404, 'without LuciaActivity the handler answers 404';
unlike $host{off}->request(GET => '/account', cookie => $cookie)->body, qr{activity}, 'without LuciaActivity the profile has no link';
$host{off}->request(POST => '/account/login', form(username => 'alice', password => 'wrong 2'));
is rows(), 4, 'S9.61: without LuciaActivity nothing is written';

# ---- What else is written ----

$reply = $site->request(POST => '/account/password', form(current => $PASSWORD, password => 'battery staple'), cookie => $cookie, origin => 1);
$cookie = cookie_of($reply);
is activity($cookie)->[0]{what}, 'password_change', 'S9.61: a change of the password is written';
is $site->request(POST => '/account/logout', form(), cookie => $bobby, origin => 1)->status, 302, 'bobby signs out';
is sqlite_value($db, "SELECT count(*) FROM auth_user_activity WHERE what = 'sign_out'"), 1, 'S9.61: a sign-out is written';

# ---- luciactl ----

my $ctl = LuciaTest::Ctl->new('--config', $site->conf_file);
is_deeply [map { $_->{what} } @{ $ctl->json(qw(--vhost 127.0.0.1 activity alice)) }], [qw(password_change sign_in sign_in sign_up)], 'luciactl activity lists what happened';
sqlite($db, 'DELETE FROM user_session');
like $ctl->json(qw(--vhost 127.0.0.1 user show alice))->{lastSignIn}, qr/^20\d\d-/, 'user show tells the last sign-in, which the activity has';
$ctl->does(qw(--vhost 127.0.0.1 user delete alice --yes));
is sqlite_value($db, "SELECT count(*) FROM auth_user_activity a WHERE NOT EXISTS (SELECT 1 FROM auth_user u WHERE u.id = a.user_id)"), 0, 'S9.61: a deleted user leaves no activity';
sqlite($db, 'UPDATE auth_user_activity SET happened_at = 1000');
$ctl->does(qw(--vhost 127.0.0.1 purge));
is rows(), 0, 'S9.61: luciactl purge deletes what is older than 90 days';

# ---- A database without the table ----

sqlite($db, 'DROP TABLE auth_user_activity');
is login('bobby', $PASSWORD)->status, 302, 'S9.61: without the table people sign in';
is login('bobby', 'wrong 1')->status, 400, 'without the table a wrong password answers 400';
is $site->request(GET => '/account/activity')->location, '/account/login?next=/account/activity', 'a visitor of the page activity signs in and comes back';
is $site->request(GET => '/account/activity', cookie => sign_in($site, 'bobby', path => '/account/login'))->status, 404, 'without the table the page is 404';
my $ran = $ctl->run(qw(--vhost 127.0.0.1 activity bobby));
is $ran->{status}, 1, 'without the table luciactl activity is refused';
like $ran->{err}, qr/there is no table auth_user_activity\b.*\bluciactl init\b/, 'without the table luciactl activity says that it is missing, and what makes it';
done_testing;
