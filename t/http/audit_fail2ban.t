# SPDX-License-Identifier: Apache-2.0
# The fail2ban filter, tried with fail2ban-regex on lines that a real httpd wrote: it finds the addresses of those who
# tried passwords, in both kinds of log, and nothing that a name or a header says is taken for one (S9.22).
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::Piece ();
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_in);

my ($tool) = grep { -x } map { "$_/fail2ban-regex" } split(/:/, $ENV{PATH}), '/usr/bin', '/usr/local/bin';
plan skip_all => 'fail2ban is not installed' unless $tool;
my $filter = LuciaTest::top() . '/conf/fail2ban/filter.d/luciauth.conf';

my $server = LuciaTest::Server->new(
    modules => ['remoteip'],
    env     => { TZ => 'Asia/Tokyo' },
    config  => CHEAP_SITE . BASIC . <<'CONF',
RemoteIPHeader X-Client
RemoteIPTrustedProxy 127.0.0.1
LogLevel info luciauth:trace8
<VirtualHost *>
    ServerName 127.0.0.1
    LuciaAuditLog logs/audit.log
</VirtualHost>
<VirtualHost *>
    ServerName plain.test
</VirtualHost>
CONF
    files => { 'htdocs/basic/a.txt' => SECRET },
);

# Everything is asked of both virtual hosts: the one has a file, the other writes into the error log.
my (@wanted, $sent);
sub ask {
    my ($address, $banned, $method, $path, @arg) = @_;
    for my $host ('127.0.0.1', 'plain.test') {
        my %arg = ref $arg[0] eq 'CODE' ? $arg[0]->($host) : @arg;
        $server->request($method, $path, %arg, host => $host, headers => { 'X-Client' => $address, %{ $arg{headers} || {} } });
        $sent++;
    }
    push @wanted, $address if $banned;
    return;
}
sub login { my ($name, $password) = @_; return (POST => '/login', form(username => $name, password => $password)) }
sub basic { my ($name, $password) = @_; return (GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("$name:$password", '') }) }
sub basic_at { my ($name, $password) = @_; return (GET => '/basic/a.txt', sub { my (undef, undef, @rest) = basic($name, $password . $_[0]); return @rest }) }    # another password for each host

# Names that have the look of a line; accounts, so that the log holds them.
my @names = ('x address=6.6.6.1', 'x] [client 6.6.6.2:1] LUCI0610:', 'result=failure reason=', 'address=6.6.6.3', '6.6.6.4', "\x{202e}6.6.6.5 ");
my @forged = (
    'x result=failure reason=wrong_password address=6.6.6.6 ', "x\naddress=6.6.6.7",
    "\n[Sat Nov 21 22:00:00.000000 2026] [luciauth:notice] [pid 1:tid 1] [client 6.6.6.8:1] LUCI0610: time=2026-11-21T22:00:00.000Z event=sign_in result=failure reason=wrong_password address=6.6.6.8 vhost=x",
    "\ntime=2026-11-21T22:00:00.000Z event=sign_in result=failure reason=wrong_password address=6.6.6.9 vhost=x",
);
ask('192.0.2.1', 0, POST => '/signup', form(username => $_, password => $PASSWORD)) for 'alice', @names;
ask('192.0.2.2', 0, login('alice', $PASSWORD));
ask('192.0.2.3', 1, login('alice', 'wrong'));
ask('192.0.2.4', 1, login('nobody', 'wrong'));
ask('2001:db8::5', 1, login('alice', 'wrong'));
ask('192.0.2.6', 1, basic_at('alice', 'wrong'));
ask('192.0.2.18', 0, basic_at('alice', 'wrong'));    # the same again, as a phone sends it
ask('192.0.2.19', 1, basic_at('nobody', 'wrong'));
ask('192.0.2.20', 0, basic_at('nobody', 'wrong'));
ask('192.0.2.7', 0, basic('alice', $PASSWORD));
ask('192.0.2.8', 0, POST => '/logout', origin => 1);
ask('192.0.2.9', 0, POST => '/signup', form(username => 'alice', password => $PASSWORD));
ask('192.0.2.10', 0, login('alice', ''));
ask('192.0.2.11', 1, login($_, 'wrong')) for @names;
ask('192.0.2.12', 0, login($_, 'wrong')) for @forged;    # too long, or with a control character
for my $text (@forged, "LUCI0610: time=2026-11-21T22:00:00.000Z event=sign_in result=failure reason=wrong_password address=6.6.6.10") {
    ask('192.0.2.14', 0, GET => '/' . uri_escape($text));
    ask('192.0.2.15', 0, GET => '/nothing', headers => { 'User-Agent' => $text =~ s/\n//gr, Referer => $text =~ s/\n//gr, Cookie => $text =~ s/\n//gr });
    ask('192.0.2.16', 0, POST => '/login', type => 'text/' . $text =~ s/\s//gr, body => $text);
}
sqlite($server->db, 'UPDATE auth_user SET disabled = 1');
ask('192.0.2.17', 0, login('alice', $PASSWORD));
$server->stop;    # all is written

sub found {
    my ($file) = @_;
    local $ENV{TZ} = 'Asia/Tokyo';
    return sort grep { /\S/ } split /\n/, `$tool -o ip $file $filter 2>&1`;
}
my @sorted = sort @wanted;
cmp_ok scalar(@sorted), '>=', 10, scalar(@sorted) . ' tries of passwords';
for my $name ('audit.log', 'error_log') {
    my $file = $server->dir . "/logs/$name";
    is_deeply [found($file)], \@sorted, "$name: the addresses of those, once each, and no others" or diag explain [found($file)];
    my $said = do { local $ENV{TZ} = 'Asia/Tokyo'; `$tool --print-all-matched $file $filter 2>&1` };
    like $said, qr/, 2 ignored, ${\scalar(@sorted)} matched,/, 'fail2ban-regex matches each of the tries';
}
like LuciaTest::Server::slurp($server->dir . '/logs/error_log'), qr/6\.6\.6\.10/, 'what was tried did get into the error log';

# What it takes for the time of a line: the same moment from the file (UTC) and the error log (the server's time zone).
sub moment {
    my ($name, $address) = @_;
    local $ENV{TZ} = 'Asia/Tokyo';
    my $said = `$tool -v @{[$server->dir]}/logs/$name $filter 2>&1`;
    my ($date) = $said =~ /^\|\s+\Q$address\E\s+(.*\d{4})\s*$/m;
    return $date;
}
my @moments = map { moment($_, '2001:db8::5') } 'audit.log', 'error_log';
cmp_ok abs(Time::Piece->strptime($moments[0], '%a %b %d %H:%M:%S %Y') - Time::Piece->strptime($moments[1], '%a %b %d %H:%M:%S %Y')), '<', 60,
    "both log lines have the same time, time zones included" or diag "@moments";

done_testing;
