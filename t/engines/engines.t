# SPDX-License-Identifier: Apache-2.0
# The same site on PostgreSQL and on MariaDB: its use cases, one name wanted by many at once, rows that are locked,
# the server going away and coming back. t/engines/engines_tables.t is about the tables; DB=pgsql or DB=mysql runs most of
# the other tests on an engine.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $GATE = "<Location /vault>\nAuthType Lucia\nRequire valid-user\n</Location>\n";

# A quarter of the threads may hash or wait for it: so that all hundred may.
my $MANY = "LuciaDatabasePool 50 20s\nLuciaHashSlots 2 20s\n" . (LuciaTest::mpm() eq 'prefork'
    ? "MaxSpareServers 400\nServerLimit 400\nMaxRequestWorkers 400\n"
    : "StartServers 1\nServerLimit 1\nThreadLimit 400\nThreadsPerChild 400\nMaxSpareThreads 400\nMaxRequestWorkers 400\n");

sub serve {
    my ($line, $config, %arg) = @_;
    return LuciaTest::Server->new(
        config => "$line\n$CHEAP_HASH\nLuciaMount /\n$GATE" . ($config // ''), files => { 'htdocs/vault/a.txt' => 'inside' }, %arg);
}

sub vault { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', cookie => $cookie) }
sub sign_up_answer { my ($server, $name) = @_; return $server->request(POST => '/signup', form(username => $name, password => $PASSWORD)) }

sub check_use_cases {
    my ($engine) = @_;
    my $database = $engine->create;
    my $server = serve($engine->line($database));
    my $signed_up = sign_up($server, 'Alice');
    is vault($server, $signed_up)->body, 'inside', 'a user who signed up is let in';
    is vault($server)->status, 401, 'nobody else is';
    my $signed_in = sign_in($server, 'aLICE');
    is vault($server, $signed_in)->body, 'inside', 'a user who signed in with other capitals is let in';
    is error_in(sign_up_answer($server, 'ALICE')), 'Username already taken', 'a taken name is taken';
    is error_in($server->request(POST => '/login', form(username => 'nobody', password => $PASSWORD))),
        'Incorrect username or password', 'a name that nobody has';
    is error_in($server->request(POST => '/login', form(username => 'alice', password => $WRONG))),
        'Incorrect username or password', 'a wrong password';
    is $server->request(POST => '/logout', form(), cookie => $signed_in, origin => $server->origin)->status, 302, 'sign-out answers 302';
    is vault($server, $signed_in)->status, 401, 'ends the session';
    is vault($server, $signed_up)->status, 200, 'sign-out ends no other session';
    sign_up($server, "\x{fc}ser \x{1f600} \x{4e2d}\x{6587}");
    like $server->request(GET => '/', cookie => sign_in($server, "\x{dc}SER \x{1f600} \x{4e2d}\x{6587}"))->body,
        qr/\xc3\xbcser \xf0\x9f\x98\x80 \xe4\xb8\xad\xe6\x96\x87/, 'names in any script come back as they were';
    is $engine->value_in($database, "SELECT count(*) FROM auth_user WHERE username = '\x{fc}ser \x{1f600} \x{4e2d}\x{6587}'"), 1,
        'other clients of the database read the name as text';
    sign_up($server, $_) for 'user', 'us er', "us\xc3\xa9r", 'us_r';
    my %id = map { $_ => $server->request(GET => '/', cookie => sign_in($server, $_))->body =~ /User id: (\w+)/ } 'user', 'us er', "us\xc3\xa9r", 'us_r';
    is scalar(keys %{ { reverse %id } }), 4, 'a blank or an accent makes another name';
    return;
}

sub check_many {
    my ($engine) = @_;
    my $database = $engine->create;
    my $server = serve($engine->line($database), $MANY);
    my $request = $server->bytes_of(POST => '/signup', form(username => 'wanted', password => $PASSWORD));
    my @sockets = map { $server->connect } 1 .. 100;
    syswrite $_, substr $request, 0, -1 for @sockets;
    syswrite $_, substr $request, -1 for @sockets;
    my @replies = map { LuciaTest::Reply->parse($server->raw('', socket => $_), 'POST') } @sockets;
    my @won = grep { $_->status == 302 } @replies;
    is scalar(@won), 1, 'of 100 identical sign-ups one wins';
    is scalar(grep { $_->status == 400 && error_in($_) eq 'Username already taken' } @replies), 99, 'the others hear why';
    is $engine->value_in($database, "SELECT count(*) FROM $_"), 1, "one row in $_" for qw(auth_user user_key user_session);
    is vault($server, cookie_of($won[0]))->status, 200, "the session belongs to the winner of the race";
    return;
}

# Another session keeps a name for itself and decides late: the wait is bounded, and nobody is told what isn't known.
sub check_locks {
    my ($engine) = @_;
    my $database = $engine->create;
    my $server = serve($engine->line($database));
    my $cookie = sign_up($server, 'alice');
    my $other = $engine->connect($database);
    $other->begin_work;
    $other->do("INSERT INTO auth_user (id, username) VALUES ('other', 'bobby')");
    is sign_up_answer($server, 'bobby')->status, 503, 'a name that somebody is about to take';
    is vault($server, $cookie)->status, 200, 'meanwhile the gate works';
    $other->rollback;
    is sign_up_answer($server, 'bobby')->status, 302, 'a name that nobody took';
    $other->disconnect;
    unlike $server->complaints, qr/bobby/, 'the log does not name it';
    return;
}

sub check_restart {
    my ($engine) = @_;
    my $server = serve($engine->line($engine->create), "LuciaSessionCache off\n");
    my $cookie = sign_up($server, 'alice');
    $engine->restart;
    sign_up($server, 'bobby');
    is vault($server, $cookie)->status, 200, 'a restart of the database goes unnoticed';
    $engine->stop;
    is vault($server, $cookie)->status, 503, 'while it is away the gate is closed';
    is sign_up_answer($server, 'carla')->status, 503, 'sign-up answers 503 while the database is unavailable' for 1 .. 4;
    $engine->start;
    is vault($server, $cookie)->status, 200, 'back as soon as it is';
    sign_up($server, 'carla');
    unlike $server->error_log, qr/exit signal|Segmentation/, 'no process of httpd died';
    unlike $server->error_log, qr/\Q$PASSWORD\E/, 'the log holds no password';
    unlike $server->complaints, qr/carla/i, 'the log contains no name outside the audit log';
    return;
}

# PARAMS that can't be used: the password is in no message.
sub check_params {
    my ($engine, @params) = @_;
    for my $params (@params) {
        my $server = serve('LuciaDatabase ' . $engine->driver . " \"$params\"");
        is sign_up_answer($server, 'alice')->status, 503, 'PARAMS that lead nowhere: 503';
        like $server->error_log, qr/LUCI0308.*LUCI0302/s, 'said at start and later';
        unlike $server->error_log, qr/hunter2|secret/, 'the log contains no password of the unusable PARAMS' or diag $server->error_log;
    }
    return;
}

# What doc/directives.md shows works as it stands there, but for the place and the account: of two words the later one counts.
sub check_documented {
    my ($engine) = @_;
    my $driver = $engine->driver;
    my @lines = LuciaTest::Server::slurp(LuciaTest::top() . '/doc/directives.md') =~ /^ {4}(LuciaDatabase $driver ".*")$/mg;
    cmp_ok scalar(@lines), '>=', 2, 'examples of LuciaDatabase';
    for my $line (grep { !/\{file:/ } @lines) {    # t/engines/engines_secrets.t has secrets
        my ($real) = $engine->line($engine->create) =~ /"(.*)"/;
        my $separator = $driver eq 'mysql' ? ',port=' . $engine->port . ',' : ' sslmode=disable ';    # it has no certificate
        my $server = serve($line =~ s/"$/$separator$real"/r);
        is sign_up_answer($server, 'alice')->status, 302, $line;
    }
    return;
}

my %useless = (
    pgsql => ['host=@dir@ password=hunter2', 'password=a hunter2', 'password=a hunter2=b', "password='hunter2", 'password=hunter2 port=x',
        'postgres://lucia:hunter2@[::1/lucia', 'host=@dir@ password=hunter2 sslmode=x'],
    mysql => ['sock=@dir@/none,pass=hunter2', 'hunter2', 'host=127.0.0.1,port=1,pass=hunter2'],
);
for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        my $engine = $class->shared;
        subtest 'use cases' => sub { check_use_cases($engine) };
        subtest 'many at once' => sub { check_many($engine) };
        subtest 'locks' => sub { check_locks($engine) };
        subtest 'documented' => sub { check_documented($engine) };
        subtest 'params' => sub { check_params($engine, @{ $useless{ $engine->driver } }) };
        subtest 'the server goes and comes' => sub { check_restart($class->new) };
    };
}

done_testing;
