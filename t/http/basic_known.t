# SPDX-License-Identifier: Apache-2.0
# The right passwords of HTTP Basic that each process knows: what costs no query, and that every change which this server or
# luciactl makes ends that at once, in all processes and on all virtual hosts of the database. S4.21, S9.4, S9.50 and S9.60.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Gate;
use LuciaTest::Hammer;
use LuciaTest::Site qw(sign_up sign_in $CHEAP_HASH);

my $CLIENTS = 8;    # twice as many connections as that are held, and prefork has a process for each
my $NEW = 'battery staple';
my $server = LuciaTest::Server->new(files => { 'htdocs/basic/a.txt' => SECRET, 'htdocs/basic/role/a.txt' => SECRET }, modules => ['remoteip'],
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaUserAttributes username role\nLuciaUsernameChange On\nLuciaAccountDeletion On\n"
        . BASIC . <<'CONF');
LuciaThrottle account=20/15min ip=20/15min
MaxKeepAliveRequests 0
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
<IfModule mpm_prefork_module>
StartServers 20
MinSpareServers 16
</IfModule>
<Location /basic/>
    Header set X-Who "%{LUCIA_USERNAME}e %{LUCIA_ROLE}e"
</Location>
<Location /basic/role/>
    Require lucia-attribute role admin
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName name.test
    LuciaUserAttributes username
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaSessionCache off
</VirtualHost>
<VirtualHost *>
    ServerName asking.test
    LuciaSessionCacheLocal off
</VirtualHost>
<VirtualHost *>
    ServerName soon.test
    LuciaSessionCacheLocal 1s
</VirtualHost>
CONF
my $db = $server->db;
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--audit-log', $server->dir . '/logs/audit-of-luciactl');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(name off asking soon);

sub basic { my ($name, $password) = @_; return Authorization => 'Basic ' . encode_base64("$name:" . ($password // $PASSWORD), '') }
sub ask { my ($client, $name, %arg) = @_; return $client->request(GET => $arg{path} // '/basic/a.txt', headers => { basic($name, $arg{password}), %{ $arg{headers} // {} } }) }
sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub post { my ($path, $cookie, %fields) = @_; return $server->request(POST => "/account/$path", form(%fields), cookie => $cookie, origin => 1)->status }

# Without the table of keys only passwords are admitted that a process knows.
sub hide_keys { sqlite($db, 'ALTER TABLE user_key RENAME TO user_key_away') }
sub show_keys { sqlite($db, 'ALTER TABLE user_key_away RENAME TO user_key') }

# Many connections that go on asking, each of them to one process, with a password that these processes know by now.
sub hammer {
    my ($name, $client) = @_;
    my $hammer = LuciaTest::Hammer->new($server, $CLIENTS);
    $hammer->ask($server->bytes_of(GET => '/basic/a.txt', $client ? (host => $client->{name}) : (), headers => { Connection => 'keep-alive', basic($name) }));
    my $seen = sub { my %seen = $hammer->seen; return \%seen };
    $hammer->until(sub { ($seen->()->{200} // 0) >= 20 * $CLIENTS }) or die "Basic is not admitted\n";
    return $hammer;
}

sub statuses { my ($hammer) = @_; my %seen = map { $_ => 1 } $hammer->finish(3); return join ' ', sort keys %seen }

# A change ends what all processes know, also for the other virtual host.
sub ends {
    my ($name, $what, $change, $status) = @_;
    my ($here, $there) = (hammer($name), hammer($name, $host{name}));
    $change->();
    is statuses($here), $status // 401, "S9.50: $what: the password is refused at once in all processes";
    is statuses($there), $status // 401, "S9.50: $what: the password is refused at once on another virtual host of the database";
}

subtest 'a known password costs no query' => sub {
    up('alice');
    sqlite($db, q{UPDATE auth_user SET role = 'admin' WHERE username = 'alice'});
    is ask($server, 'alice')->status, 200, 'the password is admitted' for 1 .. 3 * $CLIENTS;
    my $hammer = hammer('alice');
    hide_keys;
    is statuses($hammer), 200, 'S4.21: known passwords are admitted without the table of keys';
    is_unavailable ask($host{off}, 'alice'), 'S4.21: LuciaSessionCache off reads the row for each request';
    is_unavailable ask($host{asking}, 'alice'), 'LuciaSessionCacheLocal off reads the row for each request';
    is_unavailable ask($server, 'alice', password => $WRONG), 'another password is looked up';
    is_unavailable ask($server, 'alice', headers => { 'X-Forwarded-For' => '192.0.2.77' }), 'a password from another address is looked up';
    show_keys;
};

subtest 'content sees the same user' => sub {
    my @seen = map { ask($server, 'alice')->header('X-Who') } 1 .. 4 * $CLIENTS;
    is_deeply \@seen, [('alice admin') x @seen], 'the variables of a known password are those of the row';
    is ask($server, 'alice', path => '/basic/role/a.txt')->status, 200, 'Require lucia-attribute admits a known password';
};

subtest 'changes by luciactl' => sub {
    my $set = sub { my ($name, @more) = @_; $ctl->does('user', 'passwd', $name, '--stdin', @more, { stdin => "$NEW\n" }) };
    up($_) for qw(carol david erika frida gerda heidi);
    ends('carol', 'user passwd', sub { $set->('carol') });
    ends('david', 'user passwd --keep-sessions', sub { $set->('david', '--keep-sessions') });
    ends('erika', 'user disable', sub { $ctl->does('user', 'disable', 'erika') });
    ends('frida', 'user delete', sub { $ctl->does('user', 'delete', 'frida', '--yes') });
    ends('gerda', 'user rename', sub { $ctl->does('user', 'rename', 'gerda', 'gerda2') });
    ends('heidi', 'key delete', sub { $ctl->does('key', 'delete', 'heidi', '--yes') });
    $ctl->does('user', 'enable', 'erika');
    is ask($server, 'erika')->status, 200, 'an enabled user is admitted again at once';
    hammer('alice');
    $ctl->does('user', 'set', 'alice', '--attribute', 'role=guest');
    my @seen = map { ask($server, 'alice')->header('X-Who') } 1 .. 2 * $CLIENTS;
    is_deeply \@seen, [('alice guest') x @seen], 'an attribute that luciactl sets is seen at once in all processes';
    is ask($server, 'alice', path => '/basic/role/a.txt')->status, 401, 'Require lucia-attribute sees it at once';
};

subtest 'changes on the pages' => sub {
    my %cookie = map { $_ => up($_) } qw(irene julia karla lotte);
    ends('irene', 'a change of the password', sub {
        is post('password', $cookie{irene}, current => $PASSWORD, password => $NEW), 303, 'the password changes';
    });
    ends('julia', 'a change of the name', sub { is post('username', $cookie{julia}, username => 'juliet'), 303, 'the name changes' });
    ends('karla', 'the deletion of the account', sub { is post('delete', $cookie{karla}, username => 'karla'), 303, 'the account is deleted' });
    my ($token) = $ctl->json('user', 'reset', 'lotte', '--url', 'http://127.0.0.1/account/reset')->{url} =~ /token=(\w+)/;
    ends('lotte', 'a one-time link', sub { is post('reset', undef, token => $token, password => $NEW), 303, 'the link sets a password' });
};

subtest 'limits of attempts' => sub {
    up($_) for qw(maria nadja);
    my $guess = sub {
        my ($name, $number) = @_;
        return $server->request(POST => '/account/login', form(username => $name, password => "guess $number"), origin => 1, headers => { 'X-Forwarded-For' => "192.0.2.$number" })->status;
    };
    ends('maria', 'S9.4: guesses from elsewhere', sub { $guess->('maria', $_) for 1 .. 20 }, 429);
    ends('nadja', 'S9.60: the hundredth failure in a row', sub {
        sqlite($db, q{UPDATE user_key SET failures = 99 WHERE id = 'username:nadja'});
        is $guess->('nadja', 50), 400, 'the last guess is wrong';
    });
    ends('alice', 'S9.4: guesses from the same address', sub {
        $server->request(POST => '/account/login', form(username => "nobody $_", password => $WRONG), origin => 1) for 1 .. 20;
    }, 429);
    $ctl->does('throttle', 'clear', '--all');
    is ask($server, 'alice')->status, 200, 'the password is admitted again when the counts are cleared';
};

subtest 'changes by other programs' => sub {
    up('olivia');
    my $hammer = hammer('olivia', $host{soon});
    sqlite($db, q{UPDATE auth_user SET disabled = 1 WHERE username = 'olivia'});
    is ask($host{off}, 'olivia')->status, 401, 'S4.21: LuciaSessionCache off notices a change by another program at once';
    ok $hammer->until(sub { my %seen = $hammer->seen; $seen{401} }), 'LuciaSessionCacheLocal bounds how long a change by another program is not noticed';
    ok wait_until(sub { $hammer->ask($hammer->{request}); statuses($hammer) eq '401' }, 20), 'all processes notice a change by another program';
};

done_testing;
