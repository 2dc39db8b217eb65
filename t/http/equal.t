# SPDX-License-Identifier: Apache-2.0
# Who exists cannot be found out: equal answers and equal times (S9.3). And what is too long is never hashed (S9.1).
use strict;
use warnings;
use lib 't/lib';
use List::Util qw(max min);
use Test::More;
use LuciaTest;
use LuciaTest::Site;
use Time::HiRes ();

my $site = site(<<'CONF', throttle => 0);
LuciaPasswordHash argon2id m=8192 t=1 p=1
<VirtualHost 127.0.0.1:@port@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName costly.example
    LuciaPasswordHash argon2id m=32768 t=3 p=1
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName usual.example
    LuciaPasswordHash argon2id
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName address.example
    LuciaMail smtp://127.0.0.1:1
    LuciaMailFrom accounts@example.org
    LuciaSiteURL https://www.example.org
    LuciaEmail optional
</VirtualHost>
CONF
sign_up($site, $_) for qw(known unset ended);
sqlite($site->db, "UPDATE user_key SET hashed_password = NULL WHERE id = 'username:unset'");
sqlite($site->db, "UPDATE auth_user SET disabled = 1 WHERE username = 'ended'");

# ---- Bytes ----

# The answer without what changes from one second to the next, and with the name taken out of the page. All names have five letters.
sub bytes_for {
    my ($name, $password, $path, $as_json, %arg) = @_;
    my %fields = (username => $name, password => $password);
    my $bytes = $site->request(POST => $path, ($as_json ? json(\%fields) : form(%fields)), %arg)->bytes;
    return $bytes =~ s/^Date: .*\r\n//mr =~ s/value="$name"/value="NAME"/r;
}
for my $case (['/login', 0], ['/login', 1], ['/api/login', 0], ['/api/login', 1]) {
    for my $accept ('text/html', 'application/json') {
        my $what = "S9.3: $case->[0] with " . ($case->[1] ? 'JSON' : 'a form') . " that wants $accept";
        my $wrong = bytes_for('known', 'wrong 1', @$case, accept => $accept);
        like $wrong, qr/Incorrect username or password/, "$what: a wrong password";
        for my $other (
            ['an unknown user', 'ghost', 'wrong 1'], ['an unknown user with a good password', 'ghost', $PASSWORD],
            ['a user without a password', 'unset', $PASSWORD], ['a disabled user', 'ended', $PASSWORD], ['a disabled user with a wrong one', 'ended', 'wrong 1'],
        ) {
            my ($who, $name, $password) = @$other;
            ok bytes_for($name, $password, @$case, accept => $accept) eq $wrong, "$what: $who gets the same bytes";
        }
    }
}

# ---- Time ----

sub seconds {
    my ($name, $password, %arg) = @_;
    my @body = form(username => $name, password => $password);
    my $start = Time::HiRes::time();
    my $reply = $site->request(POST => '/login', @body, %arg);
    return (Time::HiRes::time() - $start, $reply->status);
}
sub middle { my @sorted = sort { $a <=> $b } @_; return $sorted[@sorted / 2] }

# Asks in rounds, in each once as everybody in the list, until the medians of what the others took longer than the first one are as
# $is_enough wants; after many rounds they are what the server does, since the noise of a busy machine is the same for all of a round.
# Returns the median time of the first one, and those medians.
sub compare {
    my ($rounds, $is_enough, $first, @others) = @_;
    my (@base, %more, $time, %median);
    for my $attempt (1 .. 12) {
        for my $round (1 .. $rounds) {
            my %took = map { $_->[0] => (seconds(@$_))[0] } $round % 2 ? ($first, @others) : reverse($first, @others);
            push @base, $took{ $first->[0] };
            push @{ $more{ $_->[0] } }, $took{ $_->[0] } - $took{ $first->[0] } for @others;
        }
        $time = middle(@base);
        %median = map { $_ => middle(@{ $more{$_} }) } keys %more;
        last if $is_enough->($time, values %median);
    }
    return ($time, \%median);
}
sub apart { return max(map { abs } @_) }
sub is_close { my ($time, @medians) = @_; return apart(@medians) < $time / 12 }
my ($time, $medians) = compare(75, \&is_close, ['known', 'wrong 1'], ['ghost', 'wrong 1'], ['unset', 'wrong 1'], ['ended', $PASSWORD]);
cmp_ok apart(values %$medians), '<', $time / 12, 'S9.3: a known, an unknown and a disabled user, and one without a password, take the same time' or diag explain [$time, $medians];
cmp_ok $time, '>', 0.002, 'S9.3: an answer takes as long as a hash';

# With LuciaEmail, addresses are looked up as well.
for my $name (qw(known unset ended)) {
    sqlite($site->db, 'UPDATE auth_user SET email = ?, email_verified = 1 WHERE username = ?', "$name\@example.org", $name);
    sqlite($site->db, 'INSERT INTO user_key (id, user_id) SELECT ?, id FROM auth_user WHERE username = ?', "email:$name\@example.org", $name);
}
my %address = (host => 'address.example');
($time, $medians) = compare(75, \&is_close, ['known@example.org', 'wrong 1', %address], ['ghost@example.org', 'wrong 1', %address], ['unset@example.org', 'wrong 1', %address], ['ended@example.org', $PASSWORD, %address]);
cmp_ok apart(values %$medians), '<', $time / 12, 'S1.90: the address of a known user, of none, of a disabled user and of one without a password takes the same time' or diag explain [$time, $medians];

# Old htpasswd hashes take no time, so that a refusal must take some elsewhere.
my %old = (sha1 => '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', apr1 => '$apr1$abcdefgh$' . 'x' x 22, md5c => '$1$abcdefgh$' . 'x' x 22, desc => 'rqXexS6ZhobKA');
my %usual = (host => 'usual.example');
for my $name (sort keys %old) {
    sign_up($site, $name);
    sqlite($site->db, 'UPDATE user_key SET hashed_password = ? WHERE id = ?', $old{$name}, "username:$name");
}
($time, $medians) = compare(7, sub { my ($base, @longer) = @_; return min(@longer) > -$base / 2 }, map { [$_, 'wrong 1', %usual] } 'ghost', sort keys %old);
cmp_ok $medians->{$_}, '>', -$time / 2, "S9.3: a wrong password for a $_ hash takes as long as for an unknown user" or diag explain [$time, $medians]
    for sort keys %old;
like sqlite_value($site->db, "SELECT hashed_password FROM user_key WHERE id = 'username:sha1'"), qr/^\{SHA\}/, 'S9.3: a wrong password does not replace the stored hash';

# ---- What is never hashed ----

my %costly = (host => 'costly.example');
my $cookie = sign_up($site, 'costly', %costly);
my $hashed = middle(map { (seconds('costly', $PASSWORD, %costly))[0] } 1 .. 3);
for my $case (
    ['a password of 256', 'costly', 'x' x 256], ['no password', 'costly', ''], ['a name of 32', 'n' x 32, $PASSWORD], ['a control character', "a\x01", $PASSWORD],
) {
    my ($what, $name, $password) = @$case;
    my $took = middle(map { (seconds($name, $password, %costly))[0] } 1 .. 5);
    cmp_ok $took, '<', $hashed / 3, "S9.1: $what is not hashed";
}
my $start = Time::HiRes::time();
is $site->request(POST => '/signup', form(username => 'someone', password => 'x' x 256), %costly)->status, 400, 'S9.1: a sign-up that is too long';
cmp_ok Time::HiRes::time() - $start, '<', $hashed / 2, 'S9.1: a sign-up with a password that is too long is not hashed';
$start = Time::HiRes::time();
is $site->request(GET => '/', cookie => $cookie, %costly)->status, 200, 'a session is let in';
cmp_ok Time::HiRes::time() - $start, '<', $hashed / 2, 'costs no hash';

done_testing;
