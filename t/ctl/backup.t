# SPDX-License-Identifier: Apache-2.0
# doc/operations.md: a database file is copied while httpd writes to it, each copy is whole and shows one moment, and one
# is restored under a running httpd.
use strict;
use warnings;
use lib 't/lib';
use POSIX ();
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

LuciaTest::only_files('the servers have tools of their own');

my $server = LuciaTest::Server->new(throttle => 0, config => CHEAP_SITE . <<'CONF', files => { 'htdocs/vault/a.txt' => SECRET });
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
CONF
my $dir = $server->dir;
my $alice = sign_up($server, 'alice');

# People who sign up one after the other: w1x1, w1x2 ... A byte of its file for each who was told so.
sub worker {
    my ($number) = @_;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    LuciaTest::follow_parent();
    $SIG{$_} = sub { POSIX::_exit(0) } for qw(INT TERM HUP);
    open my $told, '>', "$dir/told.$number" or POSIX::_exit(1);
    for (my $n = 1;; $n++) {
        my $reply = eval { $server->request(POST => '/signup', form(username => "w${number}x$n", password => $PASSWORD)) };
        POSIX::_exit(1) if !$reply || $reply->status != 302;
        syswrite $told, '.';
    }
}

sub told { my ($number) = @_; return -s "$dir/told.$number" || 0 }

# In the copy: everybody who had been told, in unbroken order, each with a key and a session.
sub check_copy {
    my ($file, $name, %before) = @_;
    is sqlite_value($file, 'PRAGMA integrity_check'), 'ok', "$name: it holds together";
    is sqlite_value($file, 'SELECT count(*) FROM auth_user u LEFT JOIN user_key k ON k.user_id = u.id LEFT JOIN user_session s ON s.user_id = u.id '
        . 'WHERE k.id IS NULL OR s.id IS NULL'), 0, 'nobody is there in part';
    for my $number (sort keys %before) {
        my @n = sort { $a <=> $b } map { $_->{username} =~ /x(\d+)$/ } @{ sqlite($file, 'SELECT username FROM auth_user WHERE username LIKE ?', "w${number}x%") };
        is_deeply \@n, [1 .. @n], 'nobody between two others is missing';
        cmp_ok scalar @n, '>=', $before{$number}, "nobody who had been acknowledged before copy $number is missing";
    }
    return;
}

sub sqlite3 { return system 'sh', '-c', 'umask 077; exec sqlite3 "$@"', 'sh', $server->db, @_ }
my %how = (
    'VACUUM INTO' => sub { sqlite3("VACUUM INTO '$_[0]'") },
    '.backup'     => sub { sqlite3('.timeout 5000', ".backup $_[0]") },
);
my @workers = map { worker($_) } 1, 2;
my ($count, @copies) = (0);
for my $round (1 .. 3) {
    for my $name (sort keys %how) {
        ok wait_until(sub { told(1) + told(2) >= $count + 10 }, 60), 'people are signing up';
        my %before = map { $_ => told($_) } 1, 2;
        my $copy = "$dir/copy" . @copies . '.db';
        is $how{$name}->($copy), 0, "$name, while httpd writes";
        is +(stat $copy)[2] & oct(77), 0, 'nobody else may read the copy';
        check_copy($copy, $name, %before);
        $count = told(1) + told(2);
        push @copies, $copy;
    }
}
kill TERM => @workers;
waitpid $_, 0 for @workers;
is sound($server->db), 'ok', 'the database itself';

subtest 'restored with .restore while people sign up' => sub {
    my $gone = sign_up($server, 'gone');
    my $vault = sub { my ($who) = @_; $server->request(GET => '/vault/a.txt', cookie => $who, script()) };
    is $vault->($_)->status, 200, 'a user from before the copy and one from after it are signed in' for $alice, $gone;
    my @busy = map { worker($_) } 3, 4;
    ok wait_until(sub { told(3) && told(4) }, 60), 'people sign up before the restore';
    is sqlite3('.timeout 5000', ".restore $copies[0]"), 0, 'sqlite3 restores a copy under a running httpd';
    my @told = (told(3), told(4));
    ok wait_until(sub { told(3) >= $told[0] + 3 && told(4) >= $told[1] + 3 }, 60), 'people sign up after the restore, without an error between';
    kill TERM => @busy;
    is waitpid($_, 0) && $?, 0, 'no sign-up of a worker failed while the copy was restored' for @busy;
    is sound($server->db), 'ok', 'the restored database is sound';
    is sqlite_value($server->db, "SELECT count(*) FROM auth_user WHERE username = 'gone'"), 0, 'an account from after the copy is not in the restored database';
    is sqlite_value($server->db, 'SELECT count(*) FROM auth_user u LEFT JOIN user_key k ON k.user_id = u.id LEFT JOIN user_session s ON s.user_id = u.id WHERE k.id IS NULL OR s.id IS NULL'), 0,
        'a sign-up is before the restore or after it, not in part';
    is settles(401, sub { $vault->($gone) })->status, 401, 'a user from after the copy is signed out by the restore';
    is_served($vault->($alice), 'a user from before the copy is still signed in after the restore');
    is sqlite_value($server->db, 'PRAGMA journal_mode'), 'wal', 'the restored database still has a write-ahead log';
};

subtest 'restored under a running httpd' => sub {
    my $bob = sign_up($server, 'bob_');    # after the copies
    my $vault = sub { my ($who) = @_; $server->request(GET => '/vault/a.txt', cookie => $who, script()) };
    is $vault->($_)->status, 200, 'both are signed in' for $alice, $bob;
    put_file($server->db, LuciaTest::Server::slurp($copies[0]));
    is settles(401, sub { $vault->($bob) })->status, 401, 'a user who came after the copy is signed out by the restore';
    is_served($vault->($alice), 'a user who was there before the copy is still signed in');
    is $server->request(POST => '/login', form(username => 'bob_', password => $PASSWORD))->status, 400, 'an account made after the copy is unknown after the restore';
    my $other = sqlite_value($copies[0], "SELECT username FROM auth_user WHERE username LIKE 'w%'");
    is settles(302, sub { $server->request(POST => '/login', form(username => $other, password => $PASSWORD)) })->status, 302, 'the others sign in';
    ok sign_up($server, 'bob_'), 'a new user signs up after the restore';
    is sqlite_value($server->db, "SELECT count(*) FROM auth_user WHERE username = 'bob_'"), 1, 'in the file that is there now';
    is sound($server->db), 'ok', 'the restored file is sound';
};

unlike $server->error_log, qr/exit signal|LUCI030[2-9]/, 'no child died, the database was never away';
done_testing;
