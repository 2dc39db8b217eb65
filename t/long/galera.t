# SPDX-License-Identifier: Apache-2.0
# Three nodes of a site, each with its own node of a MariaDB Galera cluster: what one node has confirmed counts on the others at
# once, while others write.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Galera;
use LuciaTest::Outcomes;
use LuciaTest::Site qw($CHEAP_HASH);
use LuciaTest::Workload;
use POSIX ();
use Time::HiRes ();

plan skip_all => 'Galera is not installed (package galera-4)' if !LuciaTest::Galera->available;

use constant { NAMES => 100, CHANGES => 60, SECONDS => 20 };
use constant OTHER => 'another password';

my $galera = LuciaTest::Galera->new(nodes => 3);
my ($one, $two, $three) = $galera->nodes;
my $database = $one->create('CREATE TABLE load_of_others (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(255))');
$galera->settle;

my $number = 2;
my @sites = map {
    LuciaTest::Server->new(host => '127.0.0.' . $number++, files => { 'htdocs/members/a.txt' => "inside\n" },
        config => join "\n", $_->line($database), 'LuciaSessionCache off', $CHEAP_HASH, 'LuciaMount /account', 'LuciaThrottle off',
        '<Location /members>', 'AuthType Lucia', 'Require valid-user', '</Location>', '')
} $galera->nodes;

# ---- Others write, so that each node always has something to apply ----

sub start_load {
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    LuciaTest::follow_parent();
    my $handle = $one->connect($database);
    while (1) {
        eval {
            $handle->do('INSERT INTO load_of_others (text) VALUES ' . join ',', ("('" . 'x' x 200 . "')") x 300);
            $handle->do('DELETE FROM load_of_others WHERE id < (SELECT MAX(id) - 3000 FROM (SELECT id FROM load_of_others) all_of_them)');
            1;
        } or do { Time::HiRes::sleep(0.5); $handle = eval { $one->connect($database) } // $handle };
        Time::HiRes::sleep(0.05);
    }
}

my $load = start_load();

subtest 'users at work' => sub {
    my $work = LuciaTest::Workload->new(nodes => \@sites);
    $work->case('left alone, while others write', 'Galera', sub { $work->pause(SECONDS) }, allowed => 0);
    $work->stop;
};

# ---- The same name on two nodes at once ----

sub at_once {
    my (@asks) = @_;
    my @answers;
    for my $ask (@asks) {
        defined(my $pid = open my $out, '-|') or die "fork: $!";
        if (!$pid) {
            print $ask->();
            close STDOUT;
            POSIX::_exit(0);
        }
        push @answers, $out;
    }
    return map { my $said = <$_> // ''; close $_; $said } @answers;
}

sub sign_up_on { my ($site, $name) = @_; return sub { $site->request(POST => '/account/signup', form(username => $name, password => $PASSWORD))->status } }

subtest 'one name on two nodes' => sub {
    my %pairs;
    for my $number (1 .. NAMES) {
        my @status = at_once(map { sign_up_on($_, "twin$number") } @sites[0, 1]);
        $pairs{ join ' ', sort @status }++;
    }
    is_deeply [keys %pairs], ['302 400'], 'of two sign-ups of one name at once on two nodes, one succeeds' or diag explain \%pairs;
    is $three->value_in($database, "SELECT count(*) FROM auth_user WHERE username LIKE 'twin%'"), NAMES, 'the third node has each name once';
    is $three->value_in($database, "SELECT count(*) FROM user_key WHERE id LIKE 'username:twin%'"), NAMES, 'the third node has each key once';
    my $wrong = 0;
    $wrong += $_ eq '302 400' ? 0 : $pairs{$_} for keys %pairs;
    outcome('asked for one name on two nodes at once', 'Galera', answers => 2 * NAMES, unavailable => 0, lost => $wrong, admitted => 0);
};

# ---- A password that is changed on one node while somebody signs in with the old one on another ----

# Signs in again and again until the password is not the right one any more. Returns how often it succeeded.
sub sign_in_while_right {
    my ($site, $password) = @_;
    my $times = 0;
    my $until = Time::HiRes::time() + 20;
    $times++ while Time::HiRes::time() < $until
        && $site->request(POST => '/account/login', form(username => 'alice', password => $password))->status == 302;
    return $times;
}

# Returns how often it failed before it succeeded.
sub change {
    my ($ctl, $password) = @_;
    for my $failed (0 .. 20) {
        my $end = $ctl->run(qw(user passwd alice --stdin), { stdin => "$password\n" });
        return $failed if $end->{status} == 0;
        print STDERR "# user passwd: $end->{err}";
    }
    return 'never';
}

subtest 'a password that changes meanwhile' => sub {
    my $ctl = LuciaTest::Ctl->of($two, $database);
    my ($admitted, $lost, $answers) = (0, 0, 0);
    sign_up_on($sites[0], 'alice')->();
    for my $round (1 .. CHANGES) {
        my ($old, $new) = $round % 2 ? ($PASSWORD, OTHER) : (OTHER, $PASSWORD);
        my ($done, @times) = at_once(
            sub { Time::HiRes::sleep(0.1); return change($ctl, $new) },
            map { my $site = $_; sub { return sign_in_while_right($site, $old) } } @sites[0, 2, 0, 2]);
        $lost++ if $done eq 'never';
        $answers += $_ + 1 for @times;
        $admitted += $three->value_in($database, "SELECT COUNT(*) FROM user_session s JOIN auth_user u ON u.id = s.user_id WHERE u.username = 'alice'");
        $three->query_in($database, "DELETE s FROM user_session s JOIN auth_user u ON u.id = s.user_id WHERE u.username = 'alice'");
    }
    outcome('changed a password on one node during sign-ins on others', 'Galera', answers => $answers, unavailable => 0, lost => $lost, admitted => $admitted);
};

kill KILL => $load;
waitpid $load, 0;
done_testing;
