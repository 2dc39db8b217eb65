# SPDX-License-Identifier: Apache-2.0
#
# A database of Lucia v2 is taken over: the real Lucia made users (scrypt) and sessions (ids as they are) and is stopped;
# httpd serves them with LuciaSessionTokens hashed. Nobody is signed out, each row gets its hash when its visitor comes
# by, and passwords move to Argon2id as people sign in. On SQLite, PostgreSQL and MariaDB, in Lucia's tables and in ours.
use strict;
use warnings;
use lib 't/lib', 't/interop/lib';
use Digest::SHA qw(sha256_hex);
use Test::More;
use LuciaTest;
use LuciaTest::Site;
use Interop;

LuciaTest::only_files('this runs on all engines anyway');

need_node;

my $HOUR   = 3600_000;
my $DAY    = 24 * $HOUR;
my $CONFIG = <<"CONF";
$CHEAP_HASH
LuciaMount /
LuciaSessionTokens hashed
<Location /vault>
AuthType Lucia
Require valid-user
</Location>
CONF

my ($engine, $database, $server);

sub now   { return int(Time::HiRes::time() * 1000) }
sub value { my ($sql, @bind) = @_; return $engine->value_in($database, $sql, @bind) }
sub rows  { my ($id) = @_; return value('SELECT count(*) FROM user_session WHERE id = ?', $id) }
sub vault { my ($cookie) = @_; return $server->request(GET => '/vault/a.txt', cookie => $cookie) }
sub logout { my ($cookie) = @_; return $server->request(POST => '/logout', form(), cookie => $cookie, origin => $server->origin) }
sub hash_of { my ($name) = @_; return value('SELECT hashed_password FROM user_key WHERE id = ?', "username:$name") }

# "bare" as Lucia left it, "hashed", "gone"; anything else is wrong.
sub stored {
    my ($cookie) = @_;
    my ($bare, $hashed) = map { rows($_) } $cookie->{value}, sha256_hex($cookie->{value});
    return { '1 0' => 'bare', '0 1' => 'hashed', '0 0' => 'gone' }->{"$bare $hashed"} // "$bare bare, $hashed hashed";
}

sub is_stored { my ($cookie, $how, $name) = @_; return is stored($cookie), $how, $name }

# Moves a session's two moments to so many milliseconds from now.
sub age {
    my ($cookie, $active, $idle) = @_;
    return $engine->query_in($database, 'UPDATE user_session SET active_expires = ?, idle_expires = ? WHERE id = ?',
        now() + $active, now() + $idle, $cookie->{value});
}

# Lucia's application signs people up and in, and ends. Their cookies, by name.
sub live_with_lucia {
    my ($url) = @_;
    my $guide = Interop::Guide->new(database => $url);
    my ($port) = $guide->url =~ /:(\d+)$/;
    my $lucia = LuciaTest::Client->new(port => $port);
    my %cookie = map { ($_ => sign_up($lucia, $_)) } qw(Active Idle Dead Leaver Crowd Twice Locked Later Never);
    $cookie{phone} = sign_in($lucia, 'active');
    $cookie{gone}  = sign_in($lucia, 'active');
    is $lucia->request(POST => '/logout', form(), cookie => $cookie{gone}, origin => $lucia->origin)->status, 302, 'Lucia signs one out';
    $guide->stop;
    is scalar(grep { stored($_) eq 'bare' } values %cookie), keys(%cookie) - 1, 'Lucia stored the ids as they are';
    like hash_of($_), qr/^s2:/, "Lucia hashed the password of $_" for qw(active twice);
    age($cookie{Idle}, -1000, 5 * $DAY);
    age($cookie{Dead}, -15 * $DAY, -1000);
    return %cookie;
}

sub check_sessions {
    my (%cookie) = @_;
    my $before = value('SELECT count(*) FROM user_session');
    for my $name (qw(Active phone)) {
        is vault($cookie{$name})->body, 'inside', "$name: who was signed in is signed in";
        is_stored $cookie{$name}, 'hashed', "$name: the row has its hash";
    }
    my $again = vault($cookie{Active});
    is $again->status, 200, 'a session of Lucia is accepted again';
    is set_cookies($again), 0, 'the browser keeps its cookie of Lucia';
    like $server->request(GET => '/', cookie => $cookie{Active})->body, qr/Username: (?:<[^>]*>)*Active\b/, 'under the same name';

    my $idle = vault($cookie{Idle});
    is $idle->body, 'inside', 'an idle session is let in';
    is_stored $cookie{Idle}, 'hashed', 'a renewed session of Lucia is stored hashed';
    is cookie_of($idle)->{value}, $cookie{Idle}{value}, 'renewed: the cookie is sent again';
    my $active = value('SELECT active_expires FROM user_session WHERE id = ?', sha256_hex($cookie{Idle}{value}));
    cmp_ok abs($active - now() - $DAY), '<', 60_000, 'a renewed session is active for a day';

    is vault($cookie{Dead})->status, 401, 'a dead one is not';
    is_stored $cookie{Dead}, 'gone', 'an expired session of Lucia is removed';
    is vault($cookie{gone})->status, 401, 'a session that Lucia signed out is refused';
    is value('SELECT count(*) FROM user_session'), $before - 1, 'the migration adds and removes no other row';

    is logout($cookie{Leaver})->status, 302, 'a sign-out is the first visit';
    is_stored $cookie{Leaver}, 'gone', 'the row is gone';
    is vault($cookie{Leaver})->status, 401, 'a session of Lucia that signed out first is refused';
    sign_in($server, 'never', cookie => $cookie{Never}, origin => $server->origin);
    is_stored $cookie{Never}, 'gone', 'a sign-in ends the session that came with it';
    return;
}

# What stands in the table opens nothing.
sub check_stolen {
    my ($cookie) = @_;
    my $hash = value('SELECT id FROM user_session WHERE id = ?', sha256_hex($cookie->{value}));
    is length $hash, 64, 'the table holds a hash';
    is vault("auth_session=$_")->status, 401, 'the stored hash of a session opens nothing' for $hash, substr($hash, 0, 40), substr($hash, 24);
    return;
}

# Many requests of one browser at the same moment, in two processes.
sub check_crowd {
    my ($cookie) = @_;
    my $request = $server->bytes_of(GET => '/vault/a.txt', cookie => $cookie);
    my @sockets = map { $server->connect } 1 .. 40;
    syswrite $_, substr $request, 0, -1 for @sockets;
    syswrite $_, substr $request, -1 for @sockets;
    my @statuses = map { LuciaTest::Reply->parse($server->raw('', socket => $_), 'GET')->status } @sockets;
    is_deeply [grep { $_ != 200 } @statuses], [], 'of 40 first visits at once none is turned away';
    is_stored $cookie, 'hashed', 'one row, hashed';
    return;
}

# A process to which writing failed leaves it for a moment, and a session that is at hand is not looked up.
sub taken_over {
    my ($cookie) = @_;
    return wait_until(sub { vault($cookie)->status == 200 ? stored($cookie) eq 'hashed' : die "signed out\n" }, 20);
}

sub check_locked {
    my ($cookie) = @_;
    my $users = $engine->driver eq 'sqlite3' ? 'user' : 'auth_user';
    my $other = $engine->connect($database);
    $other->do($_) for $engine->locking;
    is vault($cookie)->status, 200, 'while nothing can be written a session is valid';
    $other->do('ROLLBACK');
    $other->disconnect;
    is_stored $cookie, 'bare', 'its row is as it was';
    ok taken_over($cookie), 'taken over later';
    return;
}

# Whatever keeps a row from being changed: another table may refer to it, the account may lack the right.
sub check_refused {
    my ($cookie) = @_;
    $engine->query_in($database, $_) for $engine->refusing('user_session');
    is vault($cookie)->status, 200, 'a session whose row must not be changed is valid';
    is_stored $cookie, 'bare', 'its row is as it was';
    $engine->query_in($database, $engine->refusing_ending);
    ok taken_over($cookie), 'taken over later';
    return;
}

sub check_passwords {
    my $before = hash_of('twice');
    is $server->request(POST => '/login', form(username => 'twice', password => $WRONG))->status, 400, 'a wrong password';
    is hash_of('twice'), $before, "a wrong password leaves Lucia's hash";
    my $request = $server->bytes_of(POST => '/login', form(username => 'tWICE', password => $PASSWORD));
    my @sockets = map { $server->connect } 1 .. 4;
    syswrite $_, $request for @sockets;
    my @statuses = map { LuciaTest::Reply->parse($server->raw('', socket => $_), 'POST')->status } @sockets;
    is_deeply \@statuses, [(302) x @sockets], 'four sign-ins at once';
    like hash_of('twice'), qr/^\$argon2id\$v=19\$m=8,t=1,p=1\$/, 'the password is hashed with Argon2id';
    is_stored sign_in($server, 'twice'), 'hashed', 'sign-in with the new hash';
    like hash_of('active'), qr/^s2:/, "a user who has not signed in keeps Lucia's hash";
    is_stored sign_up($server, 'Newcomer'), 'hashed', 'new people sign up';
    is $server->request(POST => '/signup', form(username => 'ACTIVE', password => $PASSWORD))->status, 400, 'a sign-up with a name of Lucia answers 400';
    return;
}

# As the documentation has it: those who have not come by yet, all at once.
my %ALL_AT_ONCE = (
    pgsql => q{UPDATE user_session SET id = encode(sha256(id::bytea), 'hex') WHERE length(id) = 40},
    mysql => q{UPDATE user_session SET id = SHA2(id, 256) WHERE CHAR_LENGTH(id) = 40},
);

sub check_rest {
    my (@cookies) = @_;
    is_stored $_, 'bare', 'an unused session of Lucia is stored bare' for @cookies;
    if (my $statement = $ALL_AT_ONCE{ $engine->driver }) {
        $engine->query_in($database, $statement);
        is_stored $_, 'hashed', 'can be hashed by the database itself' for @cookies;
    }
    ok taken_over($_), 'a session of Lucia is migrated late' for @cookies;
    is value('SELECT count(*) FROM user_session WHERE length(id) <> 64'), 0, 'no bare row is left';
    return;
}

# Every part begins with what Lucia left.
sub take_over {
    my ($made_by, $cache) = @_;
    my $url;
    ($server, $database, $url) = on_database($engine, $CONFIG . ($cache // "LuciaSessionCache off\n"),
        files => { 'htdocs/vault/a.txt' => 'inside' }, log_level => 'info luciauth:trace8');
    if ($made_by eq 'ours') {
        $server->start;
        $server->stop;
    }
    my %cookie = live_with_lucia($url);
    LuciaTest::give(glob $server->db . '*');
    $server->start;
    check_sessions(%cookie);
    check_stolen($cookie{Active});
    check_crowd($cookie{Crowd});
    $made_by eq 'Lucia' ? check_locked($cookie{Locked}) : check_refused($cookie{Locked});
    check_passwords();
    check_rest(@cookie{qw(Later Twice)});
    ok !(grep { index($server->error_log, $_->{value}) >= 0 } values %cookie), 'no id is in the log';
    unlike $server->error_log, qr/exit signal|\[luciauth:(?:error(?!.*LUCI0302:.*(?:lock|never))|crit)/i, 'the migration logs no error';
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    $engine = $class->can('shared') ? $class->shared : $class->new;
    for my $made_by (qw(Lucia ours)) {
        subtest $engine->driver . ", tables: $made_by" => sub { take_over($made_by) };
    }
}
$engine = LuciaTest::Sqlite->new;
subtest 'with a session cache' => sub { take_over('Lucia', "LuciaSessionCache shmcb\nLuciaSessionCacheTTL 1s\n") };

done_testing;
