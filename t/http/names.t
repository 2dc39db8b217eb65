# SPDX-License-Identifier: Apache-2.0
# A name that is not a name (S9.43): no entrance lets one in, no header carries one that a parser would take for another, who has
# one from before still signs in, and luciactl check finds it.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Site;
use LuciaTest::Gate ();

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $backend = LuciaTest::Backend->new;
my $site = site("ProxyPass /told/ " . $backend->url . "\n" . LuciaTest::Gate::BASIC . <<'CONF', ports => 2, files => { 'htdocs/basic/who.shtml' => '<!--#echo var="REMOTE_USER" -->' });
LuciaUserAttributes username role
LuciaThrottle account=5/15min ip=off
<Location /told/>
    AuthType Lucia
    Require valid-user
    LuciaHeaders On
</Location>
<Directory @htdocs@>
    Options +Includes
</Directory>
AddOutputFilter INCLUDES .shtml
Listen 127.0.0.1:@port2@
<VirtualHost 127.0.0.1:@port2@>
    LuciaUsernameProfile precis
</VirtualHost>
CONF
my $ctl = LuciaTest::Ctl->new('--config', $site->conf_file);
my $db = $site->db;

sub bytes { my ($text) = @_; utf8::encode($text); return $text }
sub shown { return $_[0] =~ s/([^!-~])/sprintf '<%04x>', ord $1/ger }
sub verdict { my ($reply) = @_; return $reply->status . ' ' . (error_in($reply) // '') }
sub heard {
    my ($cookie) = @_;
    $backend->forget;
    my $reply = $site->request(GET => '/told/x', cookie => $cookie);
    is $reply->status, 200, '  the backend answers' or diag $reply->bytes;
    return { ($backend->requests)[-1] =~ /^X-Lucia-([^:]*): ?(.*)\r$/mg };
}

my $alice = sign_up($site, 'alice');
my $alices_id = sqlite_value($db, "SELECT id FROM auth_user WHERE username = 'alice'");

subtest 'S9.43: no entrance lets one in' => sub {
    my $users = count_of($site, 'auth_user');
    my $keys = count_of($site, 'user_key');
    my @names = ('alice ', ' alice', '    ', "alice\x{a0}", "\x{3000}alice", "al\x{200b}ice", "\x{202e}alice", "alice\x{feff}", "al\x{ad}ice",
        "ali\x{2028}ce", "alice\x{3164}", "al\x{7f}ice");
    for my $name (@names) {
        my ($what, $bytes) = (shown($name), bytes($name));
        is verdict($site->request(POST => '/signup', form(username => bytes($name), password => $PASSWORD))), '400 Invalid username', "$what: the page";
        is verdict($site->request(POST => '/api/signup', json({ username => $name, password => $PASSWORD }))), '400 Invalid username', "$what: JSON";
        next if $name !~ /\A ?alice ?\z|\x{200b}|\x{3164}/;    # one of each kind
        for my $command (['user', 'add', $bytes, '--no-password'], ['user', 'rename', 'alice', $bytes], ['key', 'add', 'alice', $bytes, '--no-password'],
            ['key', 'add', 'alice', "username:$bytes", '--no-password']) {
            my $end = $ctl->run(@$command);
            is $end->{status}, 1, "$what: luciactl $command->[0] $command->[1]";
            like $end->{err}, qr/is not a valid username: UTF-8 of 4 to 31 characters, no control characters .* no white space at either end/, "$what: luciactl says why the username is refused";
        }
        my $file = $site->dir . '/htpasswd';
        open my $out, '>:raw', $file or die "$file: $!";
        print {$out} "$bytes:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n";
        close $out or die "$file: $!";
        my $end = $ctl->run('import', 'htpasswd', $file);
        is $end->{status}, 1, "$what: luciactl import";
        like $end->{err}, qr/the username is not allowed: 1 to 31 characters, no control characters .* no white space/, "$what: luciactl import says why the username is refused";
    }
    is count_of($site, 'auth_user'), $users, 'nobody came of all that';
    is count_of($site, 'user_key'), $keys, 'the refused names add no key';
};

subtest 'at sign-in white space at the ends is dropped' => sub {
    for my $name ('alice ', "  ALICE\x{a0}", "\talice") {
        my $reply = $site->request(POST => '/login', form(username => bytes($name), password => $PASSWORD));
        is verdict($reply), '302 ', shown($name) . ': the page';
        my $told = heard(cookie_of($reply));
        is $told->{'User-Id'}, $alices_id, "the name with blanks reaches alice's account";
        $reply = $site->request(GET => '/basic/who.shtml', headers => { Authorization => 'Basic ' . encode_base64(bytes("$name:$PASSWORD"), '') });
        is $reply->body, 'alice', '  HTTP Basic, too, and REMOTE_USER is the account\'s name';
    }
    is verdict($site->request(POST => '/login', form(username => '    ', password => $PASSWORD))), '400 Invalid username', 'nothing but blanks';
    is verdict($site->request(POST => '/login', form(username => "alice\n", password => $PASSWORD))), '400 Invalid username', 'a control character';
};

subtest 'one account has one limit however many blanks are typed' => sub {
    sign_up($site, 'limited');
    my @got = map { $site->request(POST => '/login', form(username => 'limited' . ' ' x $_, password => $WRONG))->status } 0 .. 5;
    is "@got", '400 400 400 400 400 429', 'five tries in all';
    is $ctl->status('throttle', 'clear', '--account', 'limited'), 0, 'throttle clear takes the name without blanks';
};

subtest 'names from before' => sub {
    my %old = ('alice ' => 'olderblank00001', "al\x{200b}ice" => 'olderinvisible1', '    ' => 'olderblanks0001');
    my $hash = sqlite_value($db, "SELECT hashed_password FROM user_key WHERE id = 'username:alice'");
    my $other = $WRONG;
    sign_up($site, 'donor', password => $other);
    my $others = sqlite_value($db, "SELECT hashed_password FROM user_key WHERE id = 'username:donor'");
    for my $name (sort keys %old) {
        sqlite($db, 'INSERT INTO auth_user (id, username) VALUES (?, ?)', $old{$name}, bytes($name));
        sqlite($db, 'INSERT INTO user_key (id, user_id, hashed_password) VALUES (?, ?, ?)', 'username:' . bytes($name), $old{$name}, $others);
    }
    for my $name (sort keys %old) {
        my $reply = $site->request(POST => '/login', form(username => bytes($name), password => $other));
        is verdict($reply), '302 ', shown($name) . ' still signs in';
        my $told = heard(cookie_of($reply));
        is $told->{'User-Id'}, $old{$name}, '  as that very account';
        isnt $told->{Username} // '', 'alice', 'no backend reads alice for another user';
        is $told->{Username}, undef, '  which a header cannot say' if $name =~ /^ | $/;
    }
    is verdict($site->request(POST => '/login', form(username => 'alice', password => $other))), '400 Incorrect username or password', 'the name without a blank is another account';
    is verdict($site->request(POST => '/login', form(username => 'alice  ', password => $PASSWORD))), '302 ', 'two blanks after the name do not count';
    like $site->error_log, qr/LUCI0702: X-Lucia-Username is not sent to the backend: .*white space at either end.*user olderblank00001/, 'the log names the header and the user';
    sqlite($db, "UPDATE auth_user SET role = ? WHERE username = 'alice'", ' admin');
    is heard(sign_in($site, 'alice'))->{Role}, undef, 'an attribute that begins with a blank is not sent';
    sqlite($db, "UPDATE auth_user SET role = NULL");

    sqlite($db, "INSERT INTO user_key (id, user_id) VALUES ('username:ALIAS', ?)", $alices_id);
    my $end = $ctl->run('--json', 'check');
    is $end->{status}, 1, 'check finds them';
    my $said = join "\n", map { "$_->{what} | $_->{remedy}" } @{ JSON::PP::decode_json($end->{out}) };
    like $said, qr/pairs of usernames look the same: .*"alice " \(id olderblank00001\)/, "check lists names that readers can't tell apart";
    like $said, qr/and "alice" \(id \Q$alices_id\E\)/, 'of a plain name';
    like $said, qr/^3 usernames are not valid for a new account.*"    " \(id olderblanks0001\).*luciactl user rename --id/m, 'names that are none, and what to do';
    like $said, qr/^1 keys are not in lower case.*: "username:ALIAS"/m, 'a key that nobody reaches';
    is $ctl->status('key', 'delete', '--yes', 'username:alice '), 0, 'an odd key can be deleted';
    sqlite($db, "DELETE FROM $_->[0] WHERE $_->[1] LIKE 'older%' OR id = 'username:ALIAS'") for ['user_session', 'user_id'], ['user_key', 'user_id'], ['auth_user', 'id'];
    is $ctl->run('check')->{status}, 0, 'check finds nothing when the odd names are gone' or diag $ctl->run('check')->{out};
};

subtest 'LuciaUsernameProfile precis' => sub {
    my $sign_up = sub { verdict($site->request(POST => '/signup', form(username => bytes($_[0]), password => $PASSWORD), port => $_[1])) };
    my ($any, $precis) = ($site->port, $site->port_number(2));
    is $sign_up->($_, $precis), '400 Invalid username', shown($_) . ' is refused' for "\x{265a}king", "\x{ff21}lice", "e\x{301}lise", "\x{5d0}lice";
    is $sign_up->($_, $precis), '302 ', shown($_) . ' is a name' for "J\x{fc}rgen", 'mary jane', "\x{65e5}\x{672c}\x{8a9e}\x{8a9e}";
    is $sign_up->("\x{265a}king", $any), '302 ', 'permissive lets an emoji in';
    is verdict($site->request(POST => '/login', form(username => bytes("\x{265a}king"), password => $PASSWORD), port => $precis)), '302 ', 'a user whose name the other rule forbids signs in everywhere';
};

done_testing;
