# SPDX-License-Identifier: Apache-2.0
# luciactl's commands about users and keys, on each engine, and on tables that Lucia v2 made alone.
use strict;
use warnings;
use lib 't/lib';
use utf8;
use Test::More;
use Digest::SHA ();
use JSON::PP ();
use POSIX ();
use LuciaTest;
use LuciaTest::Ctl;

my $INPUT = "$PASSWORD\n";

sub add { my ($ctl, $name, @more) = @_; return $ctl->run('user', 'add', $name, '--stdin', @more, { stdin => $INPUT }) }
sub names { my ($ctl, @options) = @_; return join ' ', map { $_->{username} } @{ $ctl->json('user', 'list', @options) } }

sub check_adding {
    my ($ctl, $count) = @_;
    is $ctl->status('user', 'list'), 3, 'a database without tables: 3';
    like $ctl->run('user', 'list')->{err}, qr/no table auth_user.*luciactl init|file is missing/, 'the message says which table is missing';
    like $ctl->does('init'), qr/auth_user, user_key and user_session exist/, 'init makes them';
    is $ctl->status('init'), 0, 'a second init leaves the tables as they are';
    my $end = add($ctl, 'Alice', '--attribute', 'role=admin');
    is $end->{status}, 0, 'an administrator is added' or diag $end->{err};
    like $end->{out}, qr/^Alice was added; the user id is [a-z0-9]{15}\.$/, 'user add prints the name and the user id';
    my $alice = $ctl->json('user', 'show', 'aLICE');
    is $alice->{username}, 'Alice', 'found however the name is written, shown as it was';
    is_deeply $alice->{attributes}, { role => 'admin' }, 'user show lists the attribute';
    ok !$alice->{disabled}, 'a new user is not disabled';
    like $alice->{createdAt}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'made at a moment';
    is "$alice->{keys} $alice->{sessions} $alice->{appPasswords}", '1 0 0', 'a new user has one key, no session and no app password';
    is $count->("auth_user WHERE id = '$alice->{userId}' AND username = 'Alice' AND role = 'admin'"), 1, 'the row in auth_user has id, name and attribute';
    is $count->("user_key WHERE id = 'username:alice' AND hashed_password LIKE '\$argon2id\$%'"), 1, 'the row in user_key has an Argon2id hash';
    $end = add($ctl, 'ALICE');
    is $end->{status}, 1, 'a name that is taken: 1';
    like $end->{err}, qr/the name ALICE is taken/, 'the message says that the name is taken';
    is add($ctl, 'bob')->{status}, 1, 'a name that is too short';
    like add($ctl, "bobby\e[31m\n")->{err}, qr/bobby\\u\{1b\}\[31m\\u\{a\} is not a valid username: UTF-8 of 4 to 31/, 'one that would colour the terminal';
    is $ctl->run('user', 'add', 'bobby', '--stdin', { stdin => "short\n" })->{status}, 1, 'a password that is too short';
    $end = add($ctl, 'bobby', '--attribute', 'rule=admin');
    is $end->{status}, 1, 'an attribute without a column: 1';
    like $end->{err}, qr/auth_user has no column rule; add it with: ALTER TABLE .auth_user. ADD COLUMN .rule. TEXT/, "the message says how to add the attribute's column";
    is $count->('auth_user'), 1, 'nobody came of all that';
    is add($ctl, '中文 user')->{status}, 0, 'a wide name';
    is $ctl->status('user', 'add', 'nokey', '--no-password'), 0, 'user add --no-password succeeds';
    is $count->("user_key WHERE id = 'username:nokey' AND hashed_password IS NULL"), 1, 'there is none';
    return;
}

sub check_listing {
    my ($ctl) = @_;
    is join(' ', sort split / (?!user)/, names($ctl)), 'Alice nokey 中文 user', 'user list prints every user';
    is names($ctl, '--prefix', 'AL'), 'Alice', 'of a prefix, in capitals or not';
    is names($ctl, '--prefix', '%'), '', 'user list --prefix % matches no user';
    is scalar(@{ $ctl->json('user', 'list', '--limit', 2) }), 2, 'of at most two';
    my @lines = split /\n/, $ctl->does('user', 'list');
    utf8::decode($_) for @lines;
    like $lines[0], qr/^Username   User id          Disabled  Created               Expires  role$/, 'a table has titles';
    my %line = map { /^(.*?) {2,}/ => $_ } @lines;
    like $line{'中文 user'}, qr/^中文 user  [a-z0-9]{15}  no/, 'a wide character takes two columns';
    like $line{Alice}, qr/^Alice      [a-z0-9]{15}  no        \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  -        admin$/, 'the others as wide';
    is $ctl->does('user', 'list', '--prefix', 'nobody'), '', 'an empty list is empty';
    is_deeply $ctl->json('user', 'list', '--prefix', 'nobody'), [], 'user list --json of no user is an empty array';
    return;
}

sub check_changing {
    my ($ctl, $count, $engine, $database) = @_;
    is $ctl->json('user', 'rename', 'alice', 'ALICE')->{username}, 'ALICE', 'a name gets other capitals';
    like $ctl->does('user', 'rename', 'alice', 'Carla'), qr/^ALICE is now named Carla\.$/, 'user rename sets another name';
    is $count->("user_key WHERE id = 'username:carla'"), 1, 'user rename changes the key';
    is $count->("user_key WHERE id = 'username:alice'"), 0, 'instead of the old one';
    is $ctl->status('user', 'rename', 'carla', 'NOKEY'), 1, 'user rename to a taken name ends with 1';
    is $ctl->status('user', 'rename', 'nobody', 'somebody'), 1, 'user rename of an unknown user ends with 1';
    is $count->("auth_user WHERE username = 'Carla'"), 1, 'refused renames leave the name';
    is_deeply $ctl->json('user', 'set', 'carla', '--attribute', 'role=a=b c')->{attributes}, { role => 'a=b c' }, 'an attribute is set';
    is_deeply $ctl->json('user', 'set', 'carla', '--clear', 'role')->{attributes}, { role => undef }, 'user set --clear sets the attribute to null';
    is_deeply $ctl->json('user', 'set', 'carla', 'role=a=b c')->{attributes}, { role => 'a=b c' }, 'user set NAME COLUMN=VALUE sets an attribute';
    is_deeply $ctl->json('user', 'set', 'carla', 'role=')->{attributes}, { role => '' }, 'user set NAME COLUMN= sets an empty value';
    for my $case (['username=x', qr/"username" is not an attribute/], ['role', qr/^luciactl: role: write COLUMN=VALUE, such as role=admin$/m], ['role=x role=y', qr/attribute role is given twice/], ['role=x --attribute role=y', qr/attribute role is given twice/], ['role=x --clear role', qr/attribute role is given twice/]) {
        my $end = $ctl->run('user', 'set', 'carla', split / /, $case->[0]);
        is $end->{status}, 2, "user set NAME $case->[0] is a usage error";
        like $end->{err}, $case->[1], "user set NAME $case->[0] says what is wrong";
    }
    is_deeply $ctl->json('user', 'show', 'carla')->{attributes}, { role => '' }, 'a usage error of user set changes nothing';
    $ctl->does('user', 'set', 'carla', '--clear', 'role');
    is $ctl->status('user', 'set', 'carla', '--attribute', 'username=x'), 2, 'the name is none';
    is $ctl->status('user', 'set', 'carla', '--attribute', 'role'), 2, 'one needs a value';
    is $ctl->status('user', 'set', 'carla'), 2, 'something is to be set';
    my $before = $ctl->json('key', 'list', 'carla');
    is_deeply $before, [{ key => 'username:carla', hash => 'argon2id m=19456,t=2,p=1', outdated => JSON::PP::false }], 'key list shows the key, its cost and whether it is outdated';
    my $hash = sub { $engine->value_in($database, "SELECT hashed_password FROM user_key WHERE id = 'username:carla'") };
    my $old = $hash->();
    is $ctl->run('user', 'passwd', 'carla', '--stdin', { stdin => "another one\r\n" })->{status}, 0, 'a new password';
    isnt $hash->(), $old, 'has another hash';
    is $ctl->status('user', 'passwd', 'carla', '--stdin'), 2, 'an empty standard input has none';
    is $ctl->run('user', 'passwd', 'nokey', '--stdin', { stdin => $INPUT })->{status}, 0, 'a first password';
    ok $ctl->json('user', 'disable', 'carla')->{disabled}, 'user disable disables the user';
    is names($ctl, '--disabled'), 'Carla', 'user list --disabled lists the disabled user';
    ok !$ctl->json('user', 'enable', 'carla')->{disabled}, 'user enable enables the user';
    check_expiry($ctl, $engine, $database);
    my $id = $ctl->json('user', 'show', 'carla')->{userId};
    is $ctl->json('user', 'show', $id, '--id')->{username}, 'Carla', 'by the id';
    is $ctl->status('user', 'show', 'carla', '--id'), 1, 'user show --id does not take a name';
    return;
}

sub check_expiry {
    my ($ctl, $engine, $database) = @_;
    like $ctl->does('user', 'expire', 'carla', '2099-01-01'), qr/^Carla expires at 2099-01-01 00:00:00Z\.$/, 'user expire sets a day';
    my $carla = $ctl->json('user', 'show', 'carla');
    is $carla->{expiresAt}, '2099-01-01T00:00:00.000Z', 'user show has the date';
    ok !$carla->{disabled}, 'a user is enabled before the date';
    is $ctl->json('user', 'expire', 'carla', '2099-01-01T18:30Z')->{expiresAt}, '2099-01-01T18:30:00.000Z', 'user expire sets a time';
    is $ctl->json('user', 'expire', 'carla', '2099-01-01T18:30:15Z')->{expiresAt}, '2099-01-01T18:30:15.000Z', 'user expire sets a time with seconds';
    for my $date ('2099-02-30', '2099-1-1', '1.1.2099', 'tomorrow', '', '2099-01-01T18:30', '2099-01-01T18:30:00+01:00', '1970-01-01', '1969-12-31', '1970-01-01T00:00:00.002Z') {
        my $end = $ctl->run('user', 'expire', 'carla', $date);
        is $end->{status}, 2, "user expire refuses the date '$date'";
        like $end->{err}, $date =~ /^19/ ? qr/\Q$date\E cannot be stored: a date is later than 1970-01-01T00:00Z$/m : qr/is not a date: write 2027-01-01/, "user expire says what is wrong with '$date'";
    }
    is $ctl->json('user', 'show', 'carla')->{expiresAt}, '2099-01-01T18:30:15.000Z', 'a refused date leaves the one before';
    $ctl->does('user', 'reset', 'carla', '--url', 'https://www.example.org/account/reset');
    my $links = sub { $engine->value_in($database, "SELECT count(*) FROM auth_user_token WHERE user_id = (SELECT id FROM auth_user WHERE username = 'Carla')") };
    $ctl->does('user', 'expire', 'carla', '2099-01-01');
    is $links->(), 1, 'a date to come leaves the link of the user';
    like $ctl->does('user', 'expire', 'carla', '2001-01-01'), qr/^Carla has expired at 2001-01-01 00:00:00Z: the user is disabled from now on\.$/, 'user expire takes a date that has passed';
    is $links->(), 0, 'a date that has passed voids the link of the user';
    is_deeply [@{ $ctl->json('user', 'show', 'carla') }{qw(disabled expiresAt)}], [JSON::PP::true, '2001-01-01T00:00:00.000Z'], 'a user whose date has passed is disabled, with the date';
    my $today = POSIX::strftime('%Y-%m-%d', gmtime);
    like $ctl->does('user', 'expire', 'carla', $today), qr/^Carla has expired at $today 00:00:00Z: /, 'user expire takes the day of today, which began at midnight';
    like $ctl->audit, qr/event=user_expire result=ok .*account=Carla.*\n\z/, 'the audit log has a date that has passed';
    is $ctl->json('user', 'expire', 'carla', 'never')->{expiresAt}, undef, 'user expire never removes the date';
    $ctl->does('user', 'expire', 'carla', '2099-01-01');
    is $ctl->json('user', 'enable', 'carla')->{expiresAt}, undef, 'user enable removes the date';
    $ctl->does('user', 'disable', 'carla');
    like $ctl->run('user', 'expire', 'carla', '2099-01-01')->{err}, qr/Carla is disabled/, 'a disabled user gets no date';
    $ctl->does('user', 'enable', 'carla');
    $engine->query_in($database, "UPDATE auth_user SET disabled = 1000000000000 WHERE username = 'Carla'");
    ok $ctl->json('user', 'show', 'carla')->{disabled}, 'a user is disabled from the date on';
    is names($ctl, '--disabled'), 'Carla', 'user list --disabled lists the expired user';
    like $ctl->does('user', 'show', 'carla'), qr/^Expires:\s+2001-09-09 01:46:40Z$/m, 'user show prints the date that has passed';
    is $ctl->json('user', 'expire', 'carla', 'never')->{disabled}, JSON::PP::false, 'an expired user is enabled again';
    return;
}

sub check_keys {
    my ($ctl) = @_;
    like $ctl->does('key', 'add', 'carla', 'github:583231', '--no-password'), qr/^The key github:583231 was added\.$/, 'a further key';
    is $ctl->run('key', 'add', 'carla', 'Caroline', '--stdin', { stdin => $INPUT })->{status}, 0, 'a further name';
    is join(' ', sort map { $_->{key} } @{ $ctl->json('key', 'list', 'carla') }), 'github:583231 username:carla username:caroline', 'key list shows all three keys';
    is $ctl->json('user', 'show', 'caroline')->{username}, 'Carla', 'a further name leads to the user';
    is $ctl->status('key', 'add', 'nokey', 'github:583231', '--no-password'), 1, 'a key has one user';
    is $ctl->status('key', 'delete', 'github:1'), 1, 'key delete of an unknown key ends with 1';
    is $ctl->status('key', 'delete', 'caroline'), 0, 'a key is deleted';
    is $ctl->status('user', 'show', 'caroline'), 1, 'a deleted key leads to no user';
    $ctl->does('key', 'delete', 'username:carla');
    is $ctl->json('user', 'show', 'Carla')->{keys}, 1, 'a user without a key of the name is found by the name';
    is $ctl->run('user', 'passwd', 'Carla', '--stdin', { stdin => $INPUT })->{status}, 0, 'passwd gives a user without a key one with a password';
    is $ctl->json('user', 'show', 'carla')->{keys}, 2, 'there it is';
    return;
}

sub check_deleting {
    my ($ctl, $count) = @_;
    is $ctl->status('user', 'delete', 'carla'), 2, 'nobody is there to say yes';
    like $ctl->does('user', 'delete', 'carla', '--yes'), qr/^Carla was deleted, with 2 keys and 0 sessions\.$/, 'user delete prints the number of deleted keys and sessions';
    is $ctl->status('user', 'delete', 'carla', '--yes'), 1, 'a second user delete ends with 1';
    is $count->("user_key WHERE id IN ('username:carla', 'github:583231')"), 0, "user delete deletes the user's keys";
    is $count->('auth_user'), 2, 'the others stay';
    my @acts = $ctl->audit =~ /event=(\w+) result=ok/g;
    my %acts = map { $_ => 1 } @acts;
    is_deeply [sort keys %acts], [qw(init key_add key_delete password_change user_add user_delete user_disable user_enable user_expire user_link user_rename user_set)],
        'each kind of act is in the audit log';
    unlike $ctl->audit, qr/horse|argon2|another one/, 'the audit log contains no secret';
    return;
}

# A database that Lucia made alone.
sub check_lucia {
    my ($engine) = @_;
    my $database = $engine->create($engine->lucia_tables);
    my $ctl = LuciaTest::Ctl->of($engine, $database);
    is add($ctl, 'dora')->{status}, 0, "Lucia's tables: a user is added";
    is $ctl->json('user', 'show', 'dora')->{createdAt}, undef, "a user of Lucia's tables has no creation date";
    my $end = $ctl->run('user', 'disable', 'dora');
    is $end->{status}, 1, 'disabling needs a column: 1';
    my ($statement) = $end->{err} =~ /no column disabled; add it with: (ALTER TABLE .*)$/m;
    ok $statement, 'says how to add it' or diag $end->{err};
    $engine->query_in($database, $statement);
    ok $ctl->json('user', 'disable', 'dora')->{disabled}, 'user disable works once the column was added';
    my ($id) = $ctl->json('user', 'show', 'dora')->{userId};
    my $later = (time + 1000) * 1000;
    $engine->query_in($database, "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES ('" . 'a' x 40 . "', '$id', $later, $later)");
    my $session = $ctl->json('session', 'list', 'dora')->[0];
    is_deeply [@$session{qw(state createdAt address)}], ['active', undef, undef], 'a session of which little is known';
    is $session->{session}, substr(Digest::SHA::sha256_hex('a' x 40), 0, 12), 'is named by a hash of its id';
    is $ctl->status('session', 'revoke', substr $session->{session}, 0, 6), 0, 'session revoke takes the first digits of the session';
    $engine->query_in($database, "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES ('" . 'b' x 40 . "', '$id', 9223372036854775807, 9223372036854775807)");
    $session = $ctl->json('session', 'list', 'dora')->[0];
    is_deeply [@$session{qw(state idlePeriodExpiresAt)}], ['active', '+275760-09-13T00:00:00.000Z'], 'a moment beyond all dates is in the far future';
    like $ctl->does('session', 'list', 'dora'), qr/ active .* \+275760-09-13 00:00:00Z /, 'session list prints the far future for people';
    is $ctl->status('user', 'delete', 'dora', '--yes'), 0, 'the user is deleted';
    return;
}

for my $class (qw(LuciaTest::Sqlite LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    subtest $engine->kind => sub {
        my $database = $engine->create;
        my $ctl = LuciaTest::Ctl->of($engine, $database, '--attributes', 'role');
        my $count = sub { $engine->value_in($database, "SELECT count(*) FROM $_[0]") };
        subtest 'adding'   => sub { check_adding($ctl, $count) };
        subtest 'listing'  => sub { check_listing($ctl) };
        subtest 'changing' => sub { check_changing($ctl, $count, $engine, $database) };
        subtest 'keys'     => sub { check_keys($ctl) };
        subtest 'deleting' => sub { check_deleting($ctl, $count) };
        subtest 'Lucia'    => sub { check_lucia($engine) };
    };
}

done_testing;
