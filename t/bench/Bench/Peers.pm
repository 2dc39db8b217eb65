# SPDX-License-Identifier: Apache-2.0
#
# Everything whose gate is measured, each as an object, and the proof that it is one: that it refuses strangers and
# wrong credentials, gives the file to those who signed in, and refuses them again when their session was ended.
#
#     $peer->prepare;                        # users, once its server runs
#     my $entry = $peer->enter;              # signs in; { headers => ['Cookie: ...'], ... } for requests
#     $peer->answers($entry);                # dies unless it really is a gate
#     my @wait = $peer->end_sessions;        # signs in anew and ends that in each way there is
#     $peer->gone($_) for @wait;             # dies unless ended sessions are refused (a cache may take its time)
#
# Fields: name, what (for the table), url (up to the path). Express and its processes are in Bench/Express.pm.
package Bench::Peer;
use strict;
use warnings;

use Digest::SHA qw(sha1_base64 sha256_hex);
use LuciaTest;
use Bench;

use constant GONE_WITHIN => 20;    # seconds; the caches keep what they know for 10

sub new { my ($class, %self) = @_; return bless {%self}, $class }

sub name { $_[0]{name} }
sub what { $_[0]{what} }
sub gated_url { $_[0]{url} . Bench::GATED }
sub prepare { }

# Its client: one address, one port.
sub client {
    my ($self) = @_;
    my ($port) = $self->{url} =~ /:(\d+)$/ or die "$self->{url}: no port\n";
    return $self->{client} //= LuciaTest::Client->new(port => $port);
}

sub get {
    my ($self, $path, @headers) = @_;
    return $self->client->request(GET => $path, headers => [map { [split /: /, $_, 2] } 'Accept: */*', @headers]);
}

sub must {
    my ($self, $what, $reply, $status) = @_;
    die "$self->{name}, $what: " . $reply->status . ", not $status:\n" . $reply->bytes if $reply->status != $status;
    return $reply;
}

# Posts the sign-in form; the cookie of the answer as an entry.
sub sign_in {
    my ($self, $path, $cookie, %fields) = @_;
    my $reply = $self->must('sign-in', $self->client->request(POST => $path, form(%fields)), 302);
    my ($found) = set_cookies($reply, $cookie) or die "$self->{name}: sign-in sets no cookie\n";
    return $self->entry("$cookie=$found->{value}");
}

sub entry { my ($self, $cookie) = @_; return { headers => ["Cookie: $cookie"], cookie => $cookie } }

sub wrong_password {
    my ($self, $path, %fields) = @_;
    my $reply = $self->client->request(POST => $path, form(%fields));
    my ($cookie) = set_cookies($reply, $self->cookie);
    my @headers = $cookie ? "Cookie: $cookie->{name}=$cookie->{value}" : ();
    die "$self->{name}: a wrong password opens the gate\n" if !$self->refuses(@headers);
    return;
}

sub refuses {
    my ($self, @headers) = @_;
    my $reply = $self->get(Bench::GATED, @headers);
    return $reply->status =~ /^(?:401|302)$/ && index($reply->body, Bench::content()) < 0;
}

sub admits {
    my ($self, $entry) = @_;
    my $reply = $self->must('with a session', $self->get(Bench::GATED, @{ $entry->{headers} }), 200);
    die "$self->{name} sends another content\n" if $reply->body ne Bench::content();
    return 1;
}

sub answers {
    my ($self, $entry) = @_;
    die "$self->{name} admits a stranger\n" if !$self->refuses;
    for my $headers ($self->strangers($entry)) {
        die "$self->{name} admits @$headers\n" if !$self->refuses(@$headers);
    }
    $self->try_wrong_password;
    return $self->admits($entry);
}

# ways: name => sub that ends an entry. Each entry was good before.
sub end_sessions {
    my ($self) = @_;
    my %ways = $self->ways;
    return map {
        my $entry = $self->enter;
        $self->admits($entry);
        { how => $_, entry => $ways{$_}->($entry) // $entry };
    } sort keys %ways;
}

sub gone {
    my ($self, $ended) = @_;
    my @headers = @{ $ended->{entry}{headers} };
    wait_until(sub { $self->refuses(@headers) }, GONE_WITHIN) or die "$self->{name}: a session outlives: $ended->{how}\n";
    return 1;
}

sub sign_out {
    my ($self, $path, $entry, $status) = @_;
    my $reply = $self->client->request(POST => $path, cookie => $entry->{cookie}, origin => 1, form());
    $self->must('sign-out', $reply, $status);
    return $reply;
}

# ---- mod_luciauth. Further fields: rows, a sub that runs SQL on its database; user, if it is not Bench::NAME. ----

package Bench::Peer::Lucia;
use LuciaTest;
use parent -norequire, 'Bench::Peer';

use constant { COOKIE => 'auth_session', LOGIN => '/account/login' };

sub cookie { COOKIE }
sub user   { return $_[0]{user} // Bench::NAME }

# The first of the hosts on one database finds no user yet.
sub prepare {
    my ($self) = @_;
    my $reply = $self->client->request(POST => '/account/signup', form(username => $self->user, password => Bench::PASSWORD));
    return if $reply->status == 400 && $reply->body =~ /Username already taken/;
    return $self->must('sign-up', $reply, 302);
}

sub enter { my ($self) = @_; return $self->sign_in(LOGIN, COOKIE, username => $self->user, password => Bench::PASSWORD) }

sub strangers {
    my ($self, $entry) = @_;
    my $other = $entry->{cookie} =~ s/(.)$/$1 eq 'a' ? 'b' : 'a'/er;
    return ['Cookie: ' . COOKIE . '=' . 'a' x 40], ["Cookie: $other"], ["Cookie: $entry->{cookie}a"];
}

sub try_wrong_password { my ($self) = @_; return $self->wrong_password(LOGIN, username => $self->user, password => 'wrong!') }

sub ways {
    my ($self) = @_;
    return (
        'sign-out' => sub { $self->sign_out('/account/logout', $_[0], 302); return },
        'its row is deleted' => sub { $self->delete_row($_[0]); return },
    );
}

sub delete_row {
    my ($self, $entry) = @_;
    my ($id) = $entry->{cookie} =~ /=(.*)/;
    my $changed = $self->{rows}->('DELETE FROM user_session WHERE id = ?', Digest::SHA::sha256_hex($id));
    die "$self->{name}: there was no such row\n" if $changed != 1;
    return;
}

# ---- The same by Basic: the password comes with each request. Each entry is a user of its own, signed up like any other. ----

package Bench::Peer::LuciaBasic;
use LuciaTest;
use parent -norequire, 'Bench::Peer';

use constant ANOTHER_PASSWORD => 'battery staple';

sub entry_of { my ($user, $password) = @_; return { headers => [Bench::Users::basic($user, $password)], user => $user } }

sub enter {
    my ($self) = @_;
    my $user = join '-', Bench::NAME, $self->{name} =~ s/_/-/gr, ++$self->{entered};
    my $reply = $self->client->request(POST => '/account/signup', form(username => $user, password => Bench::PASSWORD));
    my $session = cookie_of($self->must('sign-up', $reply, 302)) or die "$self->{name}: sign-up sets no cookie\n";
    return { %{ entry_of($user, Bench::PASSWORD) }, session => $session };
}

sub strangers {
    my ($self, $entry) = @_;
    return entry_of($entry->{user}, 'wrong!')->{headers}, entry_of('nobody', Bench::PASSWORD)->{headers};
}

sub try_wrong_password { }    # strangers has it

# Both are asked for with the password still remembered.
sub ways {
    my ($self) = @_;
    my $change = sub {
        my ($text, @values) = @_;
        die "$self->{name}: there was no such row\n" if $self->{rows}->($text, @values) != 1;
        return;
    };
    return (
        'the user is disabled' => sub { $change->('UPDATE auth_user SET disabled = 1 WHERE username = ?', $_[0]{user}) },
        'the password is changed' => sub { $self->change_password($_[0]); return },
    );
}

sub change_password {
    my ($self, $entry) = @_;
    my $reply = $self->client->request(POST => '/account/password', origin => 1, cookie => $entry->{session},
        form(current => Bench::PASSWORD, password => ANOTHER_PASSWORD));
    $self->must('the change of a password', $reply, 303);
    return $self->admits(entry_of($entry->{user}, ANOTHER_PASSWORD));
}

# ---- mod_auth_form, with either kind of session. mod_session's cookies hold more than letters. ----

package Bench::Peer::Form;
use LuciaTest;
use parent -norequire, 'Bench::Peer';

use constant { COOKIE => 'session', LOGIN => '/login' };

sub cookie { COOKIE }
sub fields { return (httpd_username => $_[0], httpd_password => $_[1]) }
sub enter  { my ($self) = @_; return $self->sign_in(LOGIN, COOKIE, fields(Bench::NAME, Bench::PASSWORD)) }

# An id of the right shape, and a session with something changed in its middle.
sub strangers {
    my ($self, $entry) = @_;
    my $middle = int length($entry->{cookie}) / 2;
    my $changed = $entry->{cookie};
    substr($changed, $middle, 2) = substr($changed, $middle, 2) eq '00' ? '11' : '00';
    return ['Cookie: ' . COOKIE . '=00000000-0000-0000-0000-000000000000'], ["Cookie: $changed"];
}

sub try_wrong_password { my ($self) = @_; return $self->wrong_password(LOGIN, fields(Bench::NAME, 'wrong!')) }

# With a table the session itself ends. An encrypted cookie cannot be ended: what the browser has from then on is
# another one, the old one would be good until it expires.
sub after_sign_out {
    my ($self, $entry) = @_;
    my $reply = $self->must('sign-out', $self->client->request(GET => '/logout', cookie => $entry->{cookie}), 307);
    return if $self->{rows};
    my ($set) = set_cookies($reply, COOKIE);
    die "$self->{name}: sign-out sets no cookie\n" if !$set || "$set->{name}=$set->{value}" eq $entry->{cookie};
    return $self->entry("$set->{name}=$set->{value}");
}

sub ways {
    my ($self) = @_;
    my %ways = ('sign-out' => sub { $self->after_sign_out($_[0]) });
    $ways{'its row is deleted'} = sub { $self->delete_row($_[0]); return } if $self->{rows};
    return %ways;
}

sub delete_row {
    my ($self, $entry) = @_;
    my ($id) = $entry->{cookie} =~ /=(.*)/;
    my $changed = $self->{rows}->('DELETE FROM session WHERE key = ?', $id);
    die "$self->{name}: there was no such row\n" if $changed != 1;
    return;
}

# ---- mod_auth_basic. Further field: file, the password file. Each entry is a user of its own. ----

package Bench::Peer::Basic;
use LuciaTest;
use parent -norequire, 'Bench::Peer';

sub enter {
    my ($self) = @_;
    my $name = Bench::NAME . ++$self->{entered};
    open my $out, '>>', $self->{file} or die "$self->{file}: $!\n";
    print $out "$name:", Bench::Users::bcrypt(Bench::PASSWORD), "\n";
    close $out or die "$self->{file}: $!\n";
    return { headers => [Bench::Users::basic($name, Bench::PASSWORD)], user => $name };
}

sub strangers {
    my ($self, $entry) = @_;
    return [Bench::Users::basic($entry->{user}, 'wrong!')], [Bench::Users::basic('nobody', Bench::PASSWORD)];
}

sub try_wrong_password { }    # strangers has it

sub ways {
    my ($self) = @_;
    return ('the user is taken out of the file' => sub {
        my ($entry) = @_;
        my $text = LuciaTest::Server::slurp($self->{file});
        $text =~ s/^\Q$entry->{user}\E:.*\n//m or die "no $entry->{user} in $self->{file}\n";
        open my $out, '>', $self->{file} or die "$self->{file}: $!\n";
        print $out $text;
        close $out or die "$self->{file}: $!\n";
        return;
    });
}

# ---- Password files, and what a client of Basic sends ----

package Bench::Users;
use MIME::Base64 qw(encode_base64);

sub basic { my ($name, $password) = @_; return 'Authorization: Basic ' . encode_base64("$name:$password", '') }

use constant BCRYPT => '$2y$05$';    # cost 5: what htpasswd -B takes unless told otherwise

sub bcrypt {
    my ($password) = @_;
    my $hash = crypt $password, BCRYPT . 'abcdefghijklmnopqrstuu';
    die "crypt(3) of this system has no bcrypt\n" if ($hash // '') !~ /^\Q${\BCRYPT}\E.{53}$/;
    return $hash;
}

sub sha { my ($password) = @_; return '{SHA}' . Digest::SHA::sha1_base64($password) . '=' }

1;
