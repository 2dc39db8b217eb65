# SPDX-License-Identifier: Apache-2.0
# luciactl import htpasswd and export: users of a file that htpasswd wrote sign in and get a new hash. DB= says on which engine.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use JSON::PP ();
use LuciaTest;
use LuciaTest::Ctl;

my $server = LuciaTest::Server->new(config => <<'CONF');
LuciaDatabase sqlite3 @db@
LuciaMount /
LuciaPasswordHash argon2id m=64 t=1 p=1
CONF
my $dir = LuciaTest::work_dir('htpasswd');
my $ctl = LuciaTest::Ctl->new('--config', $server->conf_file, '--audit-log', "$dir/audit");
sub audited { my ($event) = @_; my @lines = LuciaTest::Server::slurp("$dir/audit") =~ /^(.*event=$event .*)$/mg; return @lines }

sub file {
    my ($name, $text) = @_;
    open my $out, '>:raw', "$dir/$name" or die $!;
    print $out $text;
    close $out or die $!;
    return "$dir/$name";
}

sub import_it {
    my ($file, @options) = @_;
    my $end = $ctl->run('--json', 'import', 'htpasswd', $file, @options);
    my %found = map { $_ => $end->{out} =~ /^\{/ ? JSON::PP::decode_json($end->{out})->{$_} : undef } qw(added replaced there refused);
    return ($end, "@found{qw(added replaced there refused)}");
}

sub hash_of { sqlite_value($server->db, 'SELECT hashed_password FROM user_key WHERE id = ?', "username:$_[0]") }
sub signs_in { $server->request(POST => '/login', form(username => $_[0], password => $_[1]))->status }

# ---- Every kind of hash that htpasswd writes, and those of crypt(3) ----

my %made = (Alice => ['-B', '$2y$'], bob => ['-m', '$apr1$'], carl => ['-s', '{SHA}'], dora => ['-d', ''], 'j.doe' => ['-2', '$5$'], eve => ['-5', '$6$']);
my $real = "$dir/real";
file('real', "# people\n\n");
for my $name (sort keys %made) {
    system("htpasswd -b $made{$name}[0] '$real' $name Secret-$name 2>/dev/null") == 0 or BAIL_OUT('htpasswd: apache2-utils is missing');
}
like LuciaTest::Server::slurp($real), qr/^Alice:\$2y\$.*^bob:\$apr1\$.*^carl:\{SHA\}/ms, 'htpasswd wrote the file';

my ($end, $counts) = import_it($real, '--dry-run');
is "$end->{status}: $counts", '0: 6 0 0 0', 'what would be done' or diag $end->{err};
is sqlite_value($server->db, 'SELECT COUNT(*) FROM user_key'), 0, 'import --dry-run adds no key';
is audited('import'), 0, 'import --dry-run writes no audit line';
($end, $counts) = import_it($real);
is "$end->{status}: $counts", '0: 6 0 0 0', 'import adds six users' or diag $end->{err};
like join('', audited('import')), qr/\b(?:count|rows)=6\b/, 'import writes the number of users to the audit log';
is sqlite_value($server->db, 'SELECT username FROM auth_user a JOIN user_key k ON a.id = k.user_id WHERE k.id = ?', 'username:alice'), 'Alice', 'the name stays as it was written';
for my $name (sort keys %made) {
    my $key = lc $name;
    my $before = hash_of($key);
    ok index($before, $made{$name}[1]) == 0, "$name has the hash of the file ($made{$name}[0])";
    is signs_in($name, 'wrong-password'), 400, 'a wrong password is refused';
    is hash_of($key), $before, 'a refused sign-in leaves the imported hash';
    is signs_in($name, "Secret-$name"), 302, 'the right one signs in';
    like hash_of($key), qr/^\$argon2id\$v=19\$m=64,t=1,p=1\$/, 'a sign-in replaces the imported hash by an Argon2id one';
    is signs_in($name, "Secret-$name"), 302, 'the password still fits the new hash';
}

# ---- Again: nothing twice, unless it is wanted ----

my %upgraded = map { $_ => hash_of(lc $_) } keys %made;
($end, $counts) = import_it($real);
is "$end->{status}: $counts", '0: 0 0 6 0', 'a second import keeps the existing users';
like $end->{err}, qr/^\Q$real\E:3: Alice: exists already; not changed$/m, 'each is said, with the line';
is_deeply { map { $_ => hash_of(lc $_) } keys %made }, \%upgraded, 'a second import keeps the upgraded hashes';

my $cookie = cookie_of($server->request(POST => '/login', form(username => 'bob', password => 'Secret-bob')));
my $bob = file('bob', (grep { /^bob:/ } split /^/, LuciaTest::Server::slurp($real))[0]);
($end, $counts) = import_it($bob, '--replace', '--dry-run');
is "$end->{status}: $counts", '0: 0 1 0 0', 'import --replace --dry-run counts one replacement';
is hash_of('bob'), $upgraded{bob}, 'import --replace --dry-run leaves the hash';
($end, $counts) = import_it($bob, '--replace');
is "$end->{status}: $counts", '0: 0 1 0 0', 'import --replace replaces one user';
like hash_of('bob'), qr/^\$apr1\$/, 'the hash of the file is back';
is sqlite_value($server->db, 'SELECT COUNT(*) FROM user_session s JOIN user_key k ON k.user_id = s.user_id WHERE k.id = ?', 'username:bob'), 0,
    "import --replace ends the user's sessions";
($end, $counts) = import_it($bob, '--replace');
is "$end->{status}: $counts", '0: 0 0 1 0', 'the same hash is no change';

# ---- Lines that make no user ----

my $sha = '{SHA}C+7Hteo/D9vJXQ3UfzxbwnXaijM=';
my @bad = (
    ['nobody', 'the line has no colon'],
    ["plain:password", 'the hash is of an unknown kind'],
    ["empty:", 'the line has no hash'],
    [":$sha", 'the username is not allowed'],
    ["costly:\$2y\$20\$" . 'a' x 53, 'or too costly'],
    [('n' x 32) . ":$sha", 'the username is not allowed: 1 to 31 characters'],
    ["a\tb:$sha", 'no control characters'],
    ["m\xfcller:$sha", 'the line is not UTF-8'],
    ["nul\0:$sha", 'or contains a NUL'],
    [('x' x 8200) . ":$sha", 'the line is too long'],
    ["GOOD:$sha", 'line 2 has the same name, ignoring case'],
    ["ALICE:$sha", 'exists already'],
);
my $bad = file('bad', join "\n", '# mixed', "good:$sha:of a group", "crlf:$sha\r", (map { $_->[0] } @bad), "m\xc3\xbcller:$sha");
($end, $counts) = import_it($bad);
is "$end->{status}: $counts", '1: 3 0 1 11', 'bad lines are refused, the others done' or diag $end->{err};
for my $i (0 .. $#bad) {
    my $line = $i + 4;
    like $end->{err}, qr/^\Q$bad\E:$line: .*\Q$bad[$i][1]\E/m, "line $line: $bad[$i][1]";
}
is hash_of('good'), $sha, 'a further field is no part of the hash';
is hash_of('crlf'), $sha, 'a carriage return is no part of the hash';
is hash_of("m\xc3\xbcller"), $sha, 'the last line needs no end';
is $ctl->run('import', 'htpasswd', "$dir/none")->{status}, 1, 'no such file';
is $ctl->run('import', 'htpasswd')->{status}, 2, 'no file at all';
$end = $ctl->run('import', 'htpasswd', '-', { stdin => "stdin:$sha\n" });
is "$end->{status}$end->{out}", "01 added, 0 replaced, 0 existing, 0 refused\n", 'import reads standard input';

# A username that somebody has whose key is another one.
sqlite($server->db, 'INSERT INTO auth_user (id, username) VALUES (?, ?)', 'userwithoutkey1', 'keyless');
($end, $counts) = import_it(file('taken', "keyless:$sha\n"));
is "$end->{status}: $counts", '1: 0 0 0 1', 'a name without a key is not taken over';
like $end->{err}, qr/the name belongs to a user who signs in with another name/, "the refusal says that the name's user signs in with another name";

# ---- Interrupted: whole batches are there, and the same command goes on ----

my $MANY = 30_000;
my $many = file('many', join '', map { "many$_:$sha\n" } 1 .. $MANY);
my $count = sub { sqlite_value($server->db, "SELECT COUNT(*) FROM user_key WHERE id LIKE 'username:many%'") };
my ($pid, $out, $err) = $ctl->spawn('--json', 'import', 'htpasswd', $many);
ok wait_until(sub { $count->() > 0 }, 60), 'the import is under way';
kill INT => $pid;
my $said = do { local $/; <$out> };
my $notes = do { local $/; <$err> };
waitpid $pid, 0;
my $status = $? >> 8;
my $report = JSON::PP::decode_json($said);
if ($report->{complete}) {
    is $status, 0, 'an import that was done before the signal ends with 0';
}
else {
    is $status, 1, 'an interrupted import ends with 1';
    like $notes, qr/^Stopped after line $report->{lastLine};/m, 'an interrupted import says up to which line it is done';
}
is $count->(), $report->{lastLine}, 'exactly what it says is there';
is sqlite_value($server->db, "SELECT COUNT(*) FROM auth_user u WHERE u.username LIKE 'many%' AND NOT EXISTS (SELECT 1 FROM user_key k WHERE k.user_id = u.id)"), 0,
    'no user without a key';
($end, $counts) = import_it($many);
is "$end->{status}: $counts", '0: ' . ($MANY - $report->{lastLine}) . " 0 $report->{lastLine} 0", 'the same command does the rest';
is $count->(), $MANY, 'all are there';
cmp_ok scalar(() = $end->{err} =~ /exists already/g), '<=', 20, 'the second import does not list each user who is there already';

# ---- Export ----

my %lines = map { my $user = JSON::PP::decode_json($_); ($user->{username} => $user) } split /\n/, $ctl->does('export');
is scalar keys %lines, sqlite_value($server->db, 'SELECT COUNT(*) FROM auth_user'), 'every user, an object a line';
is $lines{Alice}{userId}, sqlite_value($server->db, 'SELECT user_id FROM user_key WHERE id = ?', 'username:alice'), 'the export contains the user id';
ok !exists $lines{Alice}{keys}, 'the export of a user has no keys by default';
unlike $ctl->does('export'), qr/argon2|\{SHA\}/, 'the export contains no hash by default';
my %all = map { ($_->{username} => $_) } @{ $ctl->json('export', '--with-hashes') };
is scalar keys %all, scalar keys %lines, 'the same as one array';
is_deeply $all{Alice}{keys}, { 'username:alice' => hash_of('alice') }, 'export --hashes contains the keys and hashes';
is scalar audited('export'), 3, 'each is recorded';
is_deeply $all{keyless}{keys} // {}, {}, 'where there is one';

done_testing;
