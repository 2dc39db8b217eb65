# SPDX-License-Identifier: Apache-2.0
# A database that is missing, goes away, is replaced, broken, changed by others or in use by others: gates stay shut with 503, what is
# open stays open, cookies stay, and all is well again by itself.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up sign_in);

LuciaTest::only_files('about files that are broken or replaced');

my @hosts = (
    ['missing', 'none/deeper/luciauth.db'], ['made',  'made/luciauth.db'], ['lucia', 'db/lucia2.db', "LuciaTables user user_key user_session\nLuciaCreateSchema Off\n"],
    ['bare', 'db/bare.db', "LuciaCreateSchema Off\n"], ['queue', 'db/queue.db', "LuciaDatabasePool 1 1s\n"],
    ['moved', 'db/moved.db'], ['journal', 'db/journal.db'], map { ["broken$_", "db/broken$_.db"] } 1 .. 9,
);
my $server = LuciaTest::Server->new(
    start  => 0,
    config => CHEAP_SITE . VAULT . "LuciaSessionCache off\n" . <<'CONF' . join('', map { "<VirtualHost *>\nServerName $_->[0].test\nLuciaDatabase sqlite3 \@dir\@/$_->[1]\n" . ($_->[2] // '') . "</VirtualHost>\n" } @hosts),
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
CONF
    files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(vault open) },
);
my %host = map { $_->[0] => LuciaTest::Gate::Host->new($server, "$_->[0].test", $_->[1]) } @hosts;
my $stranger = { name => 'auth_session', value => 'x' x 40 };

# As the guides of Lucia v2 say.
my $lucia2 = $server->dir . '/db/lucia2.db';
sqlite($lucia2, $_) for 'CREATE TABLE user (id VARCHAR(15) NOT NULL PRIMARY KEY, username VARCHAR(31) NOT NULL UNIQUE)',
    'CREATE TABLE user_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL, hashed_password VARCHAR(255), FOREIGN KEY (user_id) REFERENCES user(id))',
    'CREATE TABLE user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL, active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL, FOREIGN KEY (user_id) REFERENCES user(id))';
$server->start;

sub vault { my ($host, $cookie, @who) = @_; $host->request(GET => '/vault/a.txt', @who ? @who : script(), $cookie ? (cookie => $cookie) : ()) }
sub post  { my ($host, $path, $cookie) = @_; $host->request(POST => $path, form(username => 'alice', password => $PASSWORD), origin => 'http://' . $host->{name}, $cookie ? (cookie => $cookie) : ()) }
sub becomes { my ($status, $host, $cookie) = @_; return settles($status, sub { vault($host, $cookie) }) }
sub count { my ($pattern) = @_; scalar(() = $server->error_log =~ /$pattern/g) }

subtest 'S9.31: missing at the start' => sub {
    my $host = $host{missing};
    is count('LUCI0308.*unable to open database file'), 1, 'httpd starts and says so once' or diag $server->error_log;
    is_unavailable vault($host, $stranger), 'the gate answers 503 without a database';
    is_unavailable vault($host, $stranger, navigation()), 'the gate answers a browser with 503 without a database';
    is_unavailable post($host, $_), $_ for '/login', '/signup', '/api/login', '/api/signup';
    is_unavailable post($host, '/logout', $stranger), '/logout answers 503 without a database';
    is_unavailable $host->request(GET => '/', cookie => $stranger), 'the profile answers 503 without a database';
    like vault($host, $stranger, navigation())->type, qr{^text/html}, 'a person gets a page';
    is vault($host, $stranger)->json->{error}, 'Service temporarily unavailable', 'a script gets JSON' or diag vault($host, $stranger)->body;
    is_served $host->request(GET => '/open/a.txt', cookie => $stranger), 'what is open';
    is $host->request(GET => '/login')->status, 200, 'the sign-in page without a cookie';
    vault($host, $stranger) for 1 .. 40;
    cmp_ok count('LUCI0302.*missing'), '<=', 4, 'each child logs the missing database once, not each request';
    ok !-e $host->db, 'no empty file is made meanwhile';

    mkdir $server->dir . '/none';
    mkdir $server->dir . '/none/deeper';
    LuciaTest::give($server->dir . '/none/deeper');
    put_file($host->db, snapshot($server->dir . '/db/moved.db'));
    ok becomes(401, $host, $stranger), 'the gate works when the database appears';
    is_served vault($host, sign_up($host, 'alice')), 'a new user there';
};

subtest 'S9.17: hosts with databases of their own share nothing' => sub {
    my $alice = sign_up($host{queue}, 'stranger');
    is_served vault($host{queue}, $alice), 'a session is served by its own virtual host';
    for my $name (qw(made lucia moved)) {
        is_unauthorized_json vault($host{$name}, $alice), $name;
        is post($host{$name}, '/logout', $alice)->status, 401, "$name: sign-out";
    }
    is_served vault($host{queue}, $alice), 'a sign-out elsewhere leaves the session of the other virtual host';
};

subtest 'files that are made belong to the server\'s account' => sub {
    my $user = (LuciaTest::server_user())[0];
    my $uid = defined $user ? scalar getpwnam $user : $>;
    is_served vault($host{made}, sign_up($host{made}, 'alice')), 'a folder that was missing';
    for my $file ($server->dir . '/made', map { $host{made}->db . $_ } '', '-wal', '-shm') {
        my @stat = stat $file;
        is $stat[4], $uid, "$file belongs to it";
        is $stat[2] & 07, 0, "$file is closed to others";
    }
};

subtest 'S9.31: away and back while running' => sub {
    my $host = $host{moved};
    my $alice = sign_up($host, 'alice');
    is_served vault($host, $alice), 'the gate serves before the database is moved';
    rename $host->db, $host->db . '.away' or die $!;
    ok becomes(503, $host, $alice), 'the gate answers 503 when the database is moved' or return;
    is_unavailable vault($host, $alice), 'the gate answers 503 while the database is missing';
    is_unavailable post($host, '/login'), 'sign-in answers 503 while the database is missing';
    is_unavailable post($host, '/logout', $alice), 'sign-out answers 503 while the database is missing';
    is_served $host->request(GET => '/open/a.txt', cookie => $alice), 'what is open';
    ok !-e $host->db, 'no new file is made in its place';
    rename $host->db . '.away', $host->db or die $!;
    ok becomes(200, $host, $alice), 'back: the session is alive';

    # Another database at the same place: what the old one knew counts no more.
    put_file($host->db, snapshot($host{missing}->db));
    ok becomes(401, $host, $alice), 'replaced: the session is unknown';
    is_served vault($host, sign_in($host, 'alice')), 'the users of the new one sign in';
};

subtest 'S9.30, S9.33: broken files' => sub {
    my @broken = map { $host{"broken$_"} } 1 .. 9;
    my @alice = map { sign_up($_, 'alice') } @broken;
    my @good = map { snapshot($_->db) } @broken;
    my $good = $good[0];
    my $page = sqlite_value($broken[0]->db, "SELECT rootpage FROM sqlite_schema WHERE name = 'user_session'");
    my $size = sqlite_value($broken[0]->db, 'PRAGMA page_size');
    my $torn = $good;
    substr $torn, ($page - 1) * $size, $size, "\xff" x $size;
    my %bad = (
        'garbage' => 'garbage ' x 5000, 'empty' => '', 'one byte' => 'S', 'cut short' => substr($good, 0, 5000),
        'a torn page' => $torn, 'a torn header' => substr($good, 0, 16) . "\xff" x 84 . substr($good, 100),
        'no tables' => substr($good, 0, 100) . "\x0d" . "\0" x ($size - 101), 'zeros' => "\0" x length $good, 'a folder' => undef,
    );
    my @names = sort keys %bad;
    for my $i (0 .. $#names) {
        my $file = $broken[$i]->db;
        if (defined $bad{ $names[$i] }) { put_file($file, $bad{ $names[$i] }); next }
        unlink $file;
        mkdir $file or die $!;
    }
    ok becomes(503, $broken[0], $alice[0]), 'broken databases are noticed';
    for my $i (0 .. $#names) {
        my ($host, $alice, $name) = ($broken[$i], $alice[$i], $names[$i]);
        is_unavailable vault($host, $alice), "$name: the gate";
        is_unavailable post($host, '/logout', $alice), "$name: sign-out";
        is_unavailable post($host, '/login'), "$name: sign-in";
        is_unavailable post($host, '/signup'), "$name: sign-up" if $name ne 'a torn page';    # the name is taken, it can tell
    }
    for my $i (0 .. $#names) {
        rmdir $broken[$i]->db;
        put_file($broken[$i]->db, $good[$i]);
    }
    ok becomes(200, $broken[0], $alice[0]), 'the good ones again';
    is_served vault($broken[$_], $alice[$_]), "$names[$_]: the session is alive" for 0 .. $#names;
};

subtest 'others change the schema' => sub {
    my $host = LuciaTest::Gate::Host->new($server, '127.0.0.1', 'db/luciauth.db');
    my $alice = sign_up($host, 'alice');
    for my $ddl ('ALTER TABLE auth_user ADD COLUMN email TEXT', 'CREATE INDEX by_email ON auth_user (email)', 'DROP INDEX by_email',
        'ALTER TABLE user_session ADD COLUMN device TEXT', 'CREATE TABLE orders (id INTEGER)', 'VACUUM', 'ANALYZE', 'REINDEX') {
        is vault($host, $alice)->status, 200, 'the gate serves before the table changes' for 1 .. 4;    # every child and handle has its statements
        sqlite($host->db, $ddl);
        is vault($host, $alice)->status, 200, "$ddl: the gate" for 1 .. 4;
        is post($host, '/login')->status, 302, "$ddl: sign-in" for 1 .. 2;
        my $other = sign_up($host, 'user' . int 1e9 * rand);
        is post($host, '/logout', $other)->status, 302, "$ddl: sign-up and sign-out";
    }
};

subtest 'a database of Lucia v2 as it stands' => sub {
    my $host = $host{lucia};
    my $alice = sign_up($host, 'alice');
    is_served vault($host, $alice), "a user who signed up in Lucia's tables is let in";
    is_served vault($host, sign_in($host, 'ALICE')), "a user who signed in from Lucia's tables is let in";
    is_unauthorized_json vault($host, $stranger), "an anonymous request gets 401 with Lucia's tables";
    is_deeply [map { join ' ', map { $_->{name} } @{ sqlite($host->db, "PRAGMA table_info($_)") } } qw(user user_key user_session)],
        ['id username', 'id user_id hashed_password', 'id user_id active_expires idle_expires'], 'the tables are as they were';
    expire($host, $alice, active => -1000, idle => 60_000);
    my $reply = vault($host, $alice);
    is_served $reply, 'an idle session';
    ok cookie_of($reply), "an idle session is renewed in Lucia's tables";
    is post($host, '/logout', $alice)->status, 302, "sign-out answers 302 with Lucia's tables";
    is_unauthorized_json vault($host, $alice), "sign-out ends the session in Lucia's tables";
};

subtest 'LuciaCreateSchema Off' => sub {
    my $host = $host{bare};
    ok !-e $host->db, 'nothing is made';
    is_unavailable vault($host, $stranger), 'the gate is shut';
    put_file($host->db, '');
    is_unavailable vault($host, $stranger), 'the gate answers 503 with an empty database';
    is sqlite_value($host->db, 'SELECT count(*) FROM sqlite_schema'), 0, 'an empty database stays empty';
    put_file($host->db, snapshot($host{missing}->db));
    ok becomes(401, $host, $stranger), 'tables that somebody else made are used';
};

subtest 'S9.32: another process holds the whole file' => sub {
    my $host = $host{journal};
    my $alice = sign_up($host, 'alice');
    my $copy = snapshot($host->db);
    substr $copy, 18, 2, "\1\1";    # not a WAL any more: a writer shuts readers out
    put_file($host->db, $copy);
    my $other = DBI->connect('dbi:SQLite:dbname=' . $host->db, '', '', { RaiseError => 1 });
    $other->do('BEGIN EXCLUSIVE');
    ok becomes(503, $host, $alice), 'the gate is shut';
    for my $ask (['the gate', sub { vault($host, $alice) }], ['sign-in', sub { post($host, '/login') }], ['sign-out', sub { post($host, '/logout', $alice) }]) {
        my ($reply, $seconds) = timed($ask->[1]);
        is_unavailable $reply, $ask->[0];
        cmp_ok $seconds, '<', 8, "$ask->[0]: after a bounded wait" or diag $seconds;
    }
    my ($reply, $seconds) = timed(sub { $host->request(GET => '/open/a.txt', cookie => $alice) });
    is_served $reply, 'what is open';
    cmp_ok $seconds, '<', 1, 'open content is served without a wait';
    $other->do('ROLLBACK');
    $other->disconnect;
    ok becomes(200, $host, $alice), 'the gate serves when the lock is released';
};

subtest 'S9.38: who stalls in the middle of a body holds no database handle' => sub {
    my $host = $host{queue};
    my $alice = sign_up($host, 'alice');
    my $limit = $server->{mpm} eq 'prefork' ? 8 : 24;
    my @stalled = map {
        my $socket = $server->connect;
        my $path = (qw(/login /signup /vault/a.txt))[$_ % 3];
        print $socket "POST $path HTTP/1.1\r\nHost: queue.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n"
            . "Origin: http://queue.test\r\nCookie: auth_session=$alice->{value}\r\n\r\nusername=al";
        $socket;
    } 1 .. $limit;
    is vault($host, $alice)->status, 200, 'the gate goes on';    # prefork may have to start a child first
    for (1 .. 10) {
        my ($reply, $seconds) = timed(sub { vault($host, $alice) });
        is $reply->status, 200, 'the gate serves beside stalled bodies';
        cmp_ok $seconds, '<', 0.9, 'the gate answers within 0.9 s beside stalled bodies';
    }
    is post($host, '/login')->status, 302, 'sign-in works beside stalled bodies';
    close $_ for @stalled;
    ok wait_until(sub { vault($host, $alice)->status == 200 }, 5), 'aborted in the middle';
};

unlike $server->error_log, qr/exit signal|Segmentation/, 'no child died';
done_testing;
