# SPDX-License-Identifier: Apache-2.0
# S9.34: children that are killed in the middle of sign-ups, and sign-ups that race for one name.
use strict;
use warnings;
use lib 't/lib';
use IO::Select ();
use POSIX ();
use Test::More;
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Gate;

my $kills = $ENV{LUCI_KILLS} || 60;
my $server = LuciaTest::Server->new(
    throttle => 0,
    config => CHEAP_SITE . <<'CONF',
<IfModule !mpm_prefork_module>
    StartServers 8
    ServerLimit 16
    ThreadsPerChild 4
    MinSpareThreads 48
    MaxSpareThreads 64
    MaxRequestWorkers 64
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 12
    MinSpareServers 12
    MaxSpareServers 24
    ServerLimit 64
    MaxRequestWorkers 64
</IfModule>
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
CONF
    files => { 'htdocs/vault/a.txt' => SECRET },
);
my $dir = $server->dir;

sub vault { $server->request(GET => '/vault/a.txt', script(), cookie => $_[0]) }

# Signs up one name after the other until told to stop; writes down what each answer was.
sub worker {
    my ($number) = @_;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    my $stop = 0;
    local $SIG{TERM} = sub { $stop = 1 };
    open my $notes, '>', "$dir/notes.$number" or POSIX::_exit(1);
    $notes->autoflush(1);
    for (my $i = 0; !$stop; $i++) {
        my $name = "user-$number-$i";
        my $reply = eval { $server->request(POST => '/signup', form(username => $name, password => $PASSWORD), timeout => 10) };
        my $cookie = $reply && $reply->status == 302 ? cookie_of($reply)->{value} : '';
        print $notes "$name ", ($reply ? $reply->status : 0), " $cookie\n";
        Time::HiRes::sleep(0.02) unless $reply;    # nobody listens for a moment
    }
    POSIX::_exit(0);
}

my @workers = map { worker($_) } 1 .. 4;
my $killed = 0;
srand 34;
my $end = time + 60 + $kills;
while ($killed < $kills && time < $end) {
    Time::HiRes::sleep(0.02 + rand 0.06);    # somewhere in the middle of something
    my @children = $server->children;
    next if @children < 2;
    $killed += kill KILL => $children[rand @children];
}
kill TERM => @workers;
waitpid $_, 0 for @workers;
is $killed, $kills, "S9.34: $kills children killed";
ok wait_until(sub { eval { $server->request(GET => '/login')->status == 200 } }, 20), 'the server goes on';

my %seen = map { /^(\S+) (\d+) (\S*)$/ ? ($1 => [$2, $3]) : () } map { split /\n/, LuciaTest::Server::slurp($_) } glob "$dir/notes.*";
my @acknowledged = grep { $seen{$_}[0] == 302 } sort keys %seen;
my @lost = grep { $seen{$_}[0] == 0 } sort keys %seen;
note sprintf '%d sign-ups acknowledged, %d cut off, %d others', scalar @acknowledged, scalar @lost, keys(%seen) - @acknowledged - @lost;
cmp_ok scalar(@acknowledged), '>', 50, 'sign-ups went on meanwhile';
is_deeply [grep { $seen{$_}[0] !~ /^(?:0|302|503)$/ } sort keys %seen], [], 'no sign-up during the crashes is answered wrongly';

my $db = $server->db;
is sound($db), 'ok', 'S9.34: the database is sound';
is sqlite_value($db, 'SELECT count(*) FROM user_session s LEFT JOIN auth_user u ON u.id = s.user_id WHERE u.id IS NULL'), 0,
    'no session without a user';
is sqlite_value($db, 'SELECT count(*) FROM auth_user u LEFT JOIN user_key k ON k.user_id = u.id WHERE k.id IS NULL'), 0,
    'no user without a key';
is sqlite_value($db, 'SELECT count(*) FROM auth_user u LEFT JOIN user_session s ON s.user_id = u.id WHERE s.id IS NULL'), 0,
    'no user is without a session after the crash';
is sqlite_value($db, 'SELECT count(*) FROM user_key k LEFT JOIN auth_user u ON u.id = k.user_id WHERE u.id IS NULL'), 0,
    'no key without a user';
is_deeply [grep { vault({ name => 'auth_session', value => $seen{$_}[1] })->status != 200 } @acknowledged], [],
    'no acknowledged session is lost';
my @halves = grep {
    my $there = sqlite_value($db, 'SELECT count(*) FROM auth_user WHERE username = ?', $_);
    $server->request(POST => '/login', form(username => $_, password => $PASSWORD))->status != ($there ? 302 : 400);
} @lost;
is_deeply \@halves, [], 'a client that was cut off has a working account or none';

# ---- One name, many at once: a quarter of the threads may hash or wait for it, so that all hundred may ----

$server = LuciaTest::Server->new(throttle => 0, config => CHEAP_SITE . <<'CONF', files => { 'htdocs/vault/a.txt' => SECRET });
LuciaDatabasePool 16 20s
LuciaHashSlots 2 20s
<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 1
    ThreadLimit 400
    ThreadsPerChild 400
    MaxSpareThreads 400
    MaxRequestWorkers 400
</IfModule>
<IfModule mpm_prefork_module>
    MaxSpareServers 400
    ServerLimit 400
    MaxRequestWorkers 400
</IfModule>
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
CONF
$db = $server->db;

for my $round (1 .. 3) {
    my $name = "wanted$round";
    my $request = $server->bytes_of(POST => '/signup', form(username => $name, password => $PASSWORD));
    my @sockets = map { $server->connect } 1 .. 100;
    syswrite $_, substr $request, 0, -1 for @sockets;
    syswrite $_, substr $request, -1 for @sockets;
    my @replies = map { LuciaTest::Reply->parse($server->raw('', socket => $_), 'POST') } @sockets;
    my @won = grep { $_->status == 302 } @replies;
    is scalar(@won), 1, 'S9.34: of 100 identical sign-ups exactly one wins';
    is scalar(grep { $_->status == 400 && $_->body =~ /Username already taken/ } @replies), 99, 'the others hear why';
    is sqlite_value($db, 'SELECT count(*) FROM auth_user WHERE username = ?', $name), 1, 'there is one user';
    is sqlite_value($db, 'SELECT count(*) FROM user_session s JOIN auth_user u ON u.id = s.user_id WHERE u.username = ?', $name), 1,
        'the one user has one session';
    is vault(cookie_of($won[0]))->status, 200, 'the session belongs to the winner' if @won == 1;
}

done_testing;
