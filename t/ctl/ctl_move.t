# SPDX-License-Identifier: Apache-2.0
# luciactl export --with-hashes and import users: from SQLite to PostgreSQL to MariaDB and back, nothing lost and nothing added.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use JSON::PP ();
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::MariaDB;
use LuciaTest::Postgres;
use LuciaTest::Sqlite;

LuciaTest::only_files('this runs on all engines anyway');

my $dir = LuciaTest::work_dir('move');

# An empty database with tables of ours and two attributes, and luciactl for it.
sub new_house {
    my ($class, $file) = @_;
    my $engine = $class eq 'LuciaTest::Sqlite' ? $class->new : $class->shared;
    my $database = $class eq 'LuciaTest::Sqlite' ? "$dir/$file.db" : $engine->create;
    my $ctl = LuciaTest::Ctl->of($engine, $database, '--attributes', 'username,role,full_name');
    $ctl->does('init');
    return { ctl => $ctl, engine => $engine, database => $database, kind => $engine->driver };
}

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>:raw', "$dir/$name" or die $!;
    print $out $text;
    close $out or die $!;
    return "$dir/$name";
}

sub export { my ($house, @options) = @_; return write_file("$house->{kind}.export", $house->{ctl}->does('export', '--with-hashes', @options)) }

sub import_into {
    my ($house, $file, @options) = @_;
    my $end = $house->{ctl}->run('--json', 'import', $file, @options);
    my $said = $end->{out} =~ /^\{/ ? JSON::PP::decode_json($end->{out}) : {};
    return ($end, join ' ', $end->{status}, map { $said->{$_} // '-' } qw(added there refused));
}

my $first = new_house('LuciaTest::Sqlite', 'first');
my $ctl = $first->{ctl};
for my $name ('Alice', 'bobby', "J\xc3\xb6rg \"x\"", 'zoella') {
    my $end = $ctl->run('user', 'add', $name, '--stdin', '--attribute', "full_name=\xc3\x85 '$name'", { stdin => "secret of $name\n" });
    is $end->{status}, 0, 'a user is added to the source' or diag $end->{err};
}
$ctl->does('user', 'set', 'alice', '--attribute', 'role=admin');
$ctl->does('user', 'disable', 'bobby');
$ctl->does('user', 'expire', 'zoella', '2099-01-01');
$ctl->does('key', 'add', 'alice', 'github:583231', '--no-password');
$first->{engine}->query_in($first->{database}, "UPDATE auth_user SET created_at = NULL WHERE username = 'zoella'");
my $file = export($first);
my $original = LuciaTest::Server::slurp($file);
is scalar(() = $original =~ /\n/g), 4, 'four users are exported';

my @houses = (new_house('LuciaTest::Postgres'), new_house('LuciaTest::MariaDB'), new_house('LuciaTest::Sqlite', 'last'));
for my $house (@houses) {
    my ($end, $counts) = import_into($house, $file, '--dry-run');
    is $counts, '0 4 0 0', "$house->{kind}: what would be done" or diag $end->{err};
    ($end, $counts) = import_into($house, $file);
    is $counts, '0 4 0 0', "$house->{kind}: four users are imported" or diag $end->{err};
    $file = export($house);
    is LuciaTest::Server::slurp($file), $original, "$house->{kind}: a second export equals the first";
    ($end, $counts) = import_into($house, $file);
    is $counts, '0 0 4 0', "$house->{kind}: a second import finds all four users" or diag $end->{err};
    is $house->{ctl}->json('user', 'show', 'bobby')->{disabled}, JSON::PP::true, "$house->{kind}: a disabled user is imported as disabled";
    is $house->{ctl}->json('user', 'show', 'zoella')->{expiresAt}, '2099-01-01T00:00:00.000Z', "$house->{kind}: a user who expires is imported with the date";
}
my ($end, $counts) = import_into($houses[0], write_file('array', $ctl->does('--json', 'export', '--with-hashes')));
is $counts, '0 0 4 0', 'a JSON array is imported' or diag $end->{err};

# ---- What can't come in is said, and leaves nothing ----

my %good = (userId => 'u1', username => 'newone', disabled => JSON::PP::false, createdAt => undef, attributes => {}, keys => { 'username:newone' => 'x' });
my $json = JSON::PP->new->canonical->utf8;
sub line { my (%other) = @_; return $json->encode({ %good, %other }) }

my @refused = (
    ['no JSON',                    '{"username": ',                                                     qr/not JSON/],
    ['a list',                     '["x"]',                                                             qr/not JSON/],
    ['a member twice',             '{"username":"a","username":"b"}',                                   qr/duplicate/],
    ['a member that nobody knows', line(email => 'a@example.org'),                                      qr/"email" is unknown/],
    ['no id',                      line(userId => undef),                                               qr/userId/],
    ['no flag',                    $json->encode({ map { $_ => $good{$_} } qw(username userId keys) }), qr/disabled/],
    ['a flag that is a word',      line(disabled => 'yes'),                                             qr/disabled/],
    ['no moment',                  line(createdAt => 'yesterday'),                                      qr/createdAt/],
    ['a date that is none',        line(expiresAt => 'never'),                                          qr/expiresAt/],
    ['a key that is a number',     line(keys => { 'username:newone' => 1 }),                            qr/hash/],
    ['a column that is not there', line(attributes => { shoe_size => '43' }),                           qr/no column shoe_size; add it with "ALTER TABLE/],
    ['another one\'s name',        line(username => 'zoella'),                                             qr/the username/],
    ['another one\'s key',         line(keys => { 'username:alice' => 'x' }),                           qr/username:alice/],
    ['an id that is there',        line(userId => $houses[0]{ctl}->json('user', 'show', 'zoella')->{userId}), qr/the user id/],
);
for my $house (@houses) {
    my $before = $house->{engine}->value_in($house->{database}, 'SELECT count(*) FROM auth_user');
    ($end, $counts) = import_into($house, write_file('bad', join '', map { "$_->[1]\n" } @refused));
    is $counts, '1 0 0 ' . @refused, "$house->{kind}: all are refused";
    my @said = split /\n/, $end->{err};
    like $said[$_], qr/bad:@{[$_ + 1]}: .*$refused[$_][2]/, $refused[$_][0] for 0 .. $#refused;
    unlike $end->{err}, qr/argon2/, "$house->{kind}: the refusals show no hash";
    is $house->{engine}->value_in($house->{database}, 'SELECT count(*) FROM auth_user'), $before, 'nobody came in';
}
my ($keyless) = map { write_file('keyless', $_) } $houses[0]{ctl}->does('export') . line(userId => undef) . "\n";
my $lines = () = LuciaTest::Server::slurp($keyless) =~ /^/mg;
($end, $counts) = import_into($houses[2], $keyless);
is $counts, "1 0 0 $lines", 'import of an export without hashes refuses all lines';
is scalar(() = $end->{err} =~ /"keys"/g), 1, 'import says once that an export without hashes has no keys' or diag $end->{err};
like $end->{err}, qr/^\S*keyless:1: the member "keys" is missing: export --with-hashes writes it; --without-keys imports users without keys; @{[$lines - 1]} such lines were not imported$/m, 'import counts the lines without keys, and names the first one';
like $end->{err}, qr/^\S*keyless:$lines: .*userId/m, 'a line that is refused for another reason has its own message';
is $houses[0]{ctl}->run('export')->{err}, '', 'export without hashes says nothing on standard error';
($end, $counts) = import_into($houses[2], write_file('plain', line(keys => undef) =~ s/"keys":null,//r), '--without-keys');
is $counts, '0 1 0 0', 'users without keys are imported if that is asked for' or diag $end->{err};
is $houses[2]{ctl}->status('import', 'users', "$dir/nothing"), 1, 'a file that is not there';

done_testing;
