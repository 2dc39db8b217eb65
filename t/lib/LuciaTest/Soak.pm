# SPDX-License-Identifier: Apache-2.0
#
# A site in ordinary use for as long as a test wants: people in processes of their own who sign up, sign in, read gated pages, come
# back later, change and forget passwords, set up apps and passkeys, and programs, proxies and attackers beside them.
#
#     my $server = LuciaTest::Server->new(config => LuciaTest::Soak::config($mail, $lines), ...);
#     my $soak   = LuciaTest::Soak->new($server, $mail);
#     my @answers = $soak->answers;      # those since the last call: { at, ms, who, kind, status, verdict, event, said }
#     $soak->stop;                       # each process finishes its request; then answers once more
#     my @found = $soak->secrets_in($file, ...);
#
# The verdict is ok, admitted (what should have been refused), bad or dropped (a connection that ended without an answer, which is tried
# once more). event is what the request
# was to be counted as ("sign_in ok"), if that is certain from its answer; for a bad one, what it would have been.
package LuciaTest::Soak;
use strict;
use warnings;

use POSIX ();
use Time::HiRes ();
use LuciaTest;

use constant { ACTIVE => 10, IDLE => 50, LATE => 30 };    # seconds: the periods of sessions; until an answer must have come

# On a busy machine, requests wait longer for hashes and handles than the defaults allow.
sub config {
    my ($mail, $lines) = @_;
    return $lines . <<"CONF";
ServerName localhost
MaxConnectionsPerChild 0
LuciaMount /account
LuciaSecret {file:\@secret\@}
LuciaActivePeriod @{[ACTIVE]}s
LuciaIdlePeriod @{[IDLE]}s
LuciaSessionCacheTTL 5s
LuciaCleanup 10s
LuciaSecondFactor optional
LuciaPasskeys on
LuciaActivity On
LuciaAccountDeletion On
LuciaEmail optional
LuciaSignupAttributes off
LuciaMail smtp://127.0.0.1:$mail->{port}
LuciaMailFrom accounts\@example.org
LuciaSiteURL http://localhost:\@port\@
LuciaHashSlots auto 30s
LuciaDatabasePool auto 30s
LuciaThrottle account=20/1min ip=20/1min signup=off mail=off mail-client=off
LuciaAuditLog logs/audit.log
LogLevel luciauth:debug
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
<Location /members/>
    AuthType Lucia
    Require valid-user
</Location>
<Location /two/>
    AuthType Lucia
    Require lucia-factors 2
</Location>
<Location /bearer/>
    AuthType Lucia
    LuciaBearer On
    Require valid-user
</Location>
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require valid-user
</Location>
<Location /verify>
    AuthType Lucia
    Require valid-user
    SetHandler luciauth-verify
    LuciaForwardFrom 127.0.0.1
    LuciaForwardHosts app.example.org
</Location>
<Location /metrics>
    SetHandler luciauth-metrics
</Location>
CONF
}

sub files { return map { ("htdocs/$_/a.txt" => "inside\n") } qw(members two bearer basic) }

# Who is there: a class below, and how long one rests between two requests, in seconds.
use constant PEOPLE => (
    ['Resident', 0.25], ['Visitor', 0.3], ['Visitor', 0.3], ['Member', 0.25], ['Member', 0.25], ['Program', 0.3],
    ['Forgetful', 0.5], ['Careful', 0.5], ['Attacker', 0.2],
);

sub new {
    my ($class, $server, $mail) = @_;
    my $self = bless { owner => $$, dir => LuciaTest::work_dir('soak'), server => $server, mail => $mail }, $class;
    my $number = 0;
    $self->start(@$_, ++$number) for PEOPLE;
    return $self;
}

sub start {
    my ($self, $kind, $rest, $number) = @_;
    open my $out, '>>:raw', "$self->{dir}/answers$number" or die $!;
    open my $in, '<:raw', "$self->{dir}/answers$number" or die $!;
    open my $secrets, '>>:raw', "$self->{dir}/secrets$number" or die $!;
    defined(my $pid = fork) or die "fork: $!";
    if ($pid) {
        push @{ $self->{people} }, { pid => $pid, in => $in, rest => '' };
        return;
    }
    LuciaTest::follow_parent();
    $SIG{$_} = sub { POSIX::_exit(0) } for qw(INT TERM HUP);
    srand $number;
    my $person = bless { server => $self->{server}, mail => $self->{mail}, pause => $rest, out => $out, secrets => $secrets, stop => "$self->{dir}/stop",
        name => lc($kind) . $number, number => $number }, "LuciaTest::Soak::$kind";
    while (!$person->is_stopped) { eval { $person->round; 1 } or $@ =~ /^(?:the round is over|stopped)$/ or $person->tell('script', 0, 0, 'bad', '', $@) }
    POSIX::_exit(0);
}

# ---- The test's side ----

sub answers {
    my ($self) = @_;
    my @answers;
    for my $person (@{ $self->{people} }) {
        seek $person->{in}, 0, 1;    # past the end of file that was seen before
        while (defined(my $line = readline $person->{in})) {
            $person->{rest} .= $line;
            next if $line !~ /\n\z/;
            chomp(my $whole = delete $person->{rest});
            my %answer;
            @answer{qw(at ms who kind status verdict event said)} = split /\t/, $whole, -1;
            push @answers, \%answer;
        }
    }
    return @answers;
}

# A signal would interrupt requests, so there is a file.
sub stop {
    my ($self) = @_;
    local ($?, $!);
    open my $out, '>', "$self->{dir}/stop" or die "stop: $!";
    waitpid $_, 0 for grep { $_ } map { delete $_->{pid} } @{ $self->{people} };
    return;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!);
    my @pids = grep { $_ } map { delete $_->{pid} } @{ $self->{people} };
    kill TERM => @pids if @pids;
    waitpid $_, 0 for @pids;
    return;
}

# The secrets of all people that a file contains, and how many there are. A secret is letters, digits and hyphens.
sub secrets { my ($self) = @_; return $self->{secrets} //= { map { $_ => 1 } map { split /\n/, LuciaTest::Server::slurp($_) } glob "$self->{dir}/secrets*" } }

sub secrets_in {
    my ($self, @files) = @_;
    my ($secrets, %found) = ($self->secrets);
    for my $file (@files) {
        open my $in, '<:raw', $file or die "$file: $!\n";
        while (defined(my $line = readline $in)) {
            $found{"$file: $line"} = 1 for grep { $secrets->{$_} } $line =~ /[A-Za-z0-9]{8,}/g, $line =~ /[A-Za-z0-9-]{8,}/g;
        }
    }
    return sort keys %found;
}

# ---- What all people do alike ----

package LuciaTest::Soak::Person;

use Digest::SHA ();
use LuciaTest;

sub is_stopped { my ($self) = @_; return -e $self->{stop} }
sub at_host { my ($self) = @_; return 'localhost:' . $self->{server}->port }
sub origin  { my ($self) = @_; return 'http://' . $self->at_host }
sub random  { my ($length) = @_; return join '', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. $length }
sub pause   { my ($self) = @_; Time::HiRes::sleep($self->{pause} * (0.5 + rand)); return }

# A password, cookie or code that no log may contain.
sub secret {
    my ($self, $text) = @_;
    syswrite $self->{secrets}, "$text\n";
    return $text;
}
sub new_password { my ($self) = @_; return $self->secret('pw' . random(18)) }

sub tell {
    my ($self, $kind, $ms, $status, $verdict, $event, $said) = @_;
    my $line = join("\t", sprintf('%.3f', Time::HiRes::time()), sprintf('%.1f', $ms), $self->{name}, $kind, $status, $verdict, $event // '', ($said // '') =~ s/[\t\r\n]+/ /gr) . "\n";
    syswrite($self->{out}, $line) == length $line or die "answers: $!\n";
    return;
}

# The reply, if it has the status. Anything else is told, and ends the round.
sub ask {
    my ($self, $kind, $wanted, $method, $path, %arg) = @_;
    my $event = delete $arg{event};
    die "stopped\n" if $self->is_stopped;
    my $headers = { 'X-Forwarded-For' => $self->{from} // "203.0.113.$self->{number}", 'Sec-Fetch-Mode' => 'cors', %{ delete $arg{headers} // {} } };
    delete $headers->{'X-Forwarded-For'} if !$headers->{'X-Forwarded-For'};
    my ($reply, $ms);
    for my $try (1, 2) {
        my $begun = Time::HiRes::time();
        $reply = eval { $self->{server}->request($method => $path, host => $self->at_host, headers => $headers, timeout => LuciaTest::Soak::LATE, %arg) };
        $ms = 1000 * (Time::HiRes::time() - $begun);
        last if $reply && length $reply->bytes || $ms > 1000 * LuciaTest::Soak::LATE - 500;
        $self->tell($kind, $ms, 0, 'dropped', $event, $@) if $try == 1;
    }
    my $status = $reply ? $reply->status : 0;
    my @wanted = ref $wanted ? @$wanted : $wanted;
    my $is_right = grep { $_ == $status } @wanted;
    my $is_admitted = $status >= 200 && $status < 400 && !grep { $_ < 400 } @wanted;
    $event = $event->($status) if ref $event;
    $self->tell($kind, $ms, $status, $is_right ? 'ok' : $is_admitted ? 'admitted' : 'bad', $event, $is_right ? '' : $reply ? substr $reply->bytes, 0, 300 : $@);
    die "the round is over\n" if !$is_right;
    $self->keep_secrets($reply);
    $self->pause;
    return $reply;
}

# Short ones are words that a page shows once.
sub keep_secrets {
    my ($self, $reply) = @_;
    $self->secret($_) for grep { length >= 20 } map { /^auth_session\w*=([^;]*)/ ? $1 : () } $reply->headers('Set-Cookie');
    return;
}

# What a request that should have worked got wrong, beside its status.
sub check {
    my ($self, $kind, $is_right, $said) = @_;
    return if $is_right;
    $self->tell($kind, 0, 0, 'bad', '', $said);
    die "the round is over\n";
}

sub cookie {
    my ($self, $kind, $reply, $name) = @_;
    my $cookie = cookie_of($reply, $name);
    $self->check($kind, $cookie && length $cookie->{value}, 'no cookie');
    return $cookie;
}

sub sign_up {
    my ($self, $name, $password, %more) = @_;
    return $self->cookie('sign-up', $self->ask('sign-up', 302, POST => '/account/signup', form(username => $name, password => $password, %more), event => 'sign_up ok'));
}

# With the device cookie of an earlier sign-in, if there is one.
sub sign_in {
    my ($self, $name, $password) = @_;
    my $device = $self->{device}{$name};
    my $reply = $self->ask('sign-in', 302, POST => '/account/login', form(username => $name, password => $password), event => 'sign_in ok', $device ? (cookie => $device) : ());
    $self->{device}{$name} = cookie_of($reply, 'auth_session_device') // $device;
    return $self->cookie('sign-in', $reply);
}

sub sign_out { my ($self, $cookie) = @_; return $self->ask('sign-out', 302, POST => '/account/logout', cookie => $cookie, origin => $self->origin, event => 'sign_out ok') }
sub post { my ($self, $kind, $status, $page, $cookie, $fields, @more) = @_; return $self->ask($kind, $status, POST => "/account/$page", form(%$fields), cookie => $cookie, origin => $self->origin, @more) }

# A gated page; the cookie stays.
sub read {
    my ($self, $cookie, $where, $status) = @_;
    my $reply = $self->ask($status ? 'gate, refused' : 'gate', $status // 200, GET => '/' . ($where // 'members') . '/a.txt', cookie => $cookie);
    $self->check('gate', !grep({ $_->{value} eq '' } set_cookies($reply)), 'the cookie is cleared') if !$status;
    return $reply;
}

sub delete_account {
    my ($self, $name, $cookie) = @_;
    $self->post('deletion', 303, 'delete', $cookie, { username => $name }, event => 'user_delete ok');
    delete $self->{device}{$name};
    return $self->read($cookie, 'members', 401);
}

# The first mail to the address that has a link to the page; all of its mails go.
sub link_for {
    my ($self, $address, $page) = @_;
    my $token;
    my $begun = Time::HiRes::time();
    wait_until(sub {
        for my $file (glob "$self->{mail}{dir}/mails/*.json") {
            my $text = LuciaTest::Server::slurp($file);
            index($text, qq("$address")) >= 0 or next;
            unlink $file;
            $token //= $1 if $text =~ m{/account/$page\?token=([a-z0-9]{32})};
        }
        return $token || $self->is_stopped;
    }, 180);
    die "stopped\n" if $self->is_stopped;
    $self->tell('mail', 1000 * (Time::HiRes::time() - $begun), $token ? 200 : 0, $token ? 'ok' : 'bad', '', $token ? '' : "no mail with a link to $page");
    die "the round is over\n" if !$token;
    return $self->secret($token);
}

# ---- Who they are ----

# One who never signs out: some sessions that are always valid, and renewed again and again.
package LuciaTest::Soak::Resident;
use parent -norequire, 'LuciaTest::Soak::Person';
use LuciaTest;

sub round {
    my ($self) = @_;
    $self->{password} //= $self->new_password;
    if (!$self->{cookies}) {
        $self->sign_up($self->{name}, $self->{password}) if !$self->{is_there}++;
        $self->{cookies} = [map { $self->sign_in($self->{name}, $self->{password}) } 1 .. 3];
    }
    for my $cookie (@{ $self->{cookies} }) {
        my $is_served = eval { $self->read($cookie, 'members'); 1 };
        die $@ if !$is_served && $self->is_stopped;
        die $@ if !$is_served && $@ !~ /^the round is over/;
    }
    $self->ask('page', 200, GET => '/account', cookie => $self->{cookies}[0]);
    $self->ask('forward-auth', 200, GET => '/verify', cookie => $self->{cookies}[1],
        headers => { 'X-Forwarded-For' => '', 'X-Original-URL' => 'https://app.example.org/a', 'X-Original-Method' => 'GET', Accept => '*/*' });
    $self->ask('bearer', 200, GET => '/bearer/a.txt', headers => { Authorization => 'Bearer ' . $self->{cookies}[2]{value} });
    return;
}

# One who comes once: an account from its sign-up to its deletion.
package LuciaTest::Soak::Visitor;
use parent -norequire, 'LuciaTest::Soak::Person';
use LuciaTest;

sub round {
    my ($self) = @_;
    my $name = "guest$self->{number}" . LuciaTest::Soak::Person::random(8);
    my ($old, $new) = ($self->new_password, $self->new_password);
    local $self->{from} = '203.0.' . int(rand 100) . '.' . int 1 + rand 250;
    $self->ask('page', 200, GET => '/account/signup');
    my $cookie = $self->sign_up($name, $old);
    $self->read($cookie) for 1 .. 5;
    my $other = $self->sign_in($name, $old);
    $self->read($other) for 1 .. 2;
    my $reply = $self->post('password change', 303, 'password', $cookie, { current => $old, password => $new, end_sessions => 1 }, event => 'password_change ok');
    $cookie = $self->cookie('password change', $reply);
    $self->{device}{$name} = cookie_of($reply, 'auth_session_device') // $self->{device}{$name};
    $self->read($other, 'members', 401);
    $self->read($cookie);
    $self->ask('sign-in, old password', 400, POST => '/account/login', form(username => $name, password => $old), event => 'sign_in wrong_password', cookie => $self->{device}{$name});
    $self->sign_out($cookie);
    $self->read($cookie, 'members', 401);
    $cookie = $self->sign_in($name, $new);
    $self->read($cookie);
    $self->ask('page', 200, GET => '/account/sessions', cookie => $cookie);
    return $self->delete_account($name, $cookie);
}

# One who signs in now and then, sometimes with a typing error, and leaves sessions behind.
package LuciaTest::Soak::Member;
use parent -norequire, 'LuciaTest::Soak::Person';
use LuciaTest;

sub round {
    my ($self) = @_;
    $self->{password} //= $self->new_password;
    $self->sign_up($self->{name}, $self->{password}) if !$self->{is_there};
    $self->{is_there} = 1;
    $self->ask('page', 200, GET => '/account/login');
    $self->ask('sign-in, wrong', 400, POST => '/account/login', form(username => $self->{name}, password => $WRONG), event => 'sign_in wrong_password', cookie => $self->{device}{ $self->{name} }) if rand() < 0.1;
    my $cookie = $self->sign_in($self->{name}, $self->{password});
    $self->read($cookie) for 1 .. 8;
    $self->ask('gate, navigation', 302, GET => '/members/a.txt', headers => { Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document' });
    if (rand() < 0.5) {
        $self->sign_out($cookie);
        $self->read($cookie, 'members', 401);
    }
    else { push @{ $self->{left} }, [Time::HiRes::time(), $cookie] }
    # Sessions that were left so long ago that they have expired.
    while (@{ $self->{left} // [] } && $self->{left}[0][0] < Time::HiRes::time() - LuciaTest::Soak::ACTIVE - LuciaTest::Soak::IDLE - 2) {
        my (undef, $old) = @{ shift @{ $self->{left} } };
        $self->read($old, 'members', 401);
    }
    return;
}

# A program: HTTP Basic with a password and with app passwords.
package LuciaTest::Soak::Program;
use parent -norequire, 'LuciaTest::Soak::Person';
use Digest::SHA ();
use MIME::Base64 ();
use LuciaTest;

sub basic {
    my ($self, $kind, $status, $password, @more) = @_;
    return $self->ask($kind, $status, GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . MIME::Base64::encode_base64("$self->{name}:$password", '') }, @more);
}

sub round {
    my ($self) = @_;
    $self->{password} //= $self->new_password;
    $self->sign_up($self->{name}, $self->{password}) if !$self->{is_there};
    $self->{is_there} = 1;
    $self->basic('Basic', 200, $self->{password}) for 1 .. 4;
    my $cookie = $self->sign_in($self->{name}, $self->{password});
    my $made = $self->ask('app password', 200, POST => '/account/api/factors/app', json({ name => 'soak' }), cookie => $cookie, origin => $self->origin, accept => 'application/json', event => 'app_password_add ok')->json->{password};
    $self->secret($made);
    $self->basic('Basic, app password', 200, $made) for 1 .. 6;
    $self->ask('bearer', 200, GET => '/bearer/a.txt', headers => { Authorization => "Bearer $made" }) for 1 .. 2;
    $self->ask('app password, removed', 200, POST => '/account/api/factors/app', json({ remove => substr Digest::SHA::sha256_hex($made), 0, 12 }), cookie => $cookie, origin => $self->origin, accept => 'application/json', event => 'app_password_delete ok');
    $self->basic('Basic, refused', 401, $made, event => 'password_check wrong_password');
    $self->ask('metrics', 200, GET => '/metrics');
    return $self->sign_out($cookie);
}

# One who verifies an address, forgets the password and gets a new one by mail.
package LuciaTest::Soak::Forgetful;
use parent -norequire, 'LuciaTest::Soak::Person';
use LuciaTest;

sub round {
    my ($self) = @_;
    my $name = 'forgets' . LuciaTest::Soak::Person::random(8);
    my ($old, $new, $address) = ($self->new_password, $self->new_password, "$name\@example.org");
    my $cookie = $self->sign_up($name, $old, email => $address);
    my $token = $self->link_for($address, 'verify');
    $self->ask('link', 200, GET => "/account/verify?token=$token");
    $self->ask('verification', [200, 303], POST => '/account/verify', form(token => $token), origin => $self->origin, event => 'email_verify ok');
    $self->ask('forgot', 200, POST => '/account/forgot', form(username => $name), event => 'reset_request ok');
    $token = $self->link_for($address, 'reset');
    $self->ask('link', 200, GET => "/account/reset?token=$token");
    $self->ask('reset', 303, POST => '/account/reset', form(token => $token, password => $new), origin => $self->origin, event => 'password_reset ok');
    $self->read($cookie, 'members', 401);
    $cookie = $self->sign_in($name, $new);
    $self->read($cookie);
    return $self->delete_account($name, $cookie);
}

# One with a second factor: recovery codes of an app, and then a passkey.
package LuciaTest::Soak::Careful;
use parent -norequire, 'LuciaTest::Soak::Person';
use LuciaTest;
use LuciaTest::Factors ();
use LuciaTest::Passkey ();

my %JSON = (accept => 'application/json');

sub get_json { my ($self, $path, @more) = @_; return $self->ask('page', 200, GET => "/account/api/$path", %JSON, @more)->json }

sub round {
    my ($self) = @_;
    my $name = 'careful' . LuciaTest::Soak::Person::random(8);
    my $password = $self->new_password;
    my $cookie = $self->sign_up($name, $password);
    my $secret = $self->secret($self->get_json('factors/totp', cookie => $cookie)->{secret});
    my $reply = $self->ask('app', 200, POST => '/account/api/factors/totp', json({ secret => $secret, code => LuciaTest::Factors::totp($secret, time) }), cookie => $cookie, origin => $self->origin, %JSON, event => 'factor_add ok');
    $cookie = $self->cookie('app', $reply);
    my @codes = map { $self->secret($_) } @{ $reply->json->{recovery_codes} };
    $self->read($cookie, 'two');
    for my $code (@codes[0, 1]) {
        $self->sign_out($cookie);
        my $half = $self->ask('sign-in, first step', 302, POST => '/account/login', form(username => $name, password => $password));
        my $step = $self->cookie('sign-in, first step', $half, 'auth_session_step');
        $cookie = $self->cookie('second step', $self->post('second step', 302, 'factor', $step, { code => $code }));
        $self->read($cookie, 'two');
    }
    $self->post('app, removed', 303, 'factors', $cookie, { remove => 'totp' }, event => 'factor_remove ok');
    $self->{passkey} //= LuciaTest::Passkey->new(origin => $self->origin);
    $self->{passkey}{id} = "passkey of $name";    # another one in each round, because one that was cut short leaves its account
    $cookie = $self->sign_in($name, $password);
    my $offer = $self->get_json('passkeys', cookie => $cookie)->{registration};
    $self->post('passkey', 200, 'api/passkeys', $cookie, { $self->{passkey}->registration($offer, name => 'Key') }, %JSON, event => 'factor_add ok');
    $self->sign_out($cookie);
    my %answer = $self->{passkey}->assertion($self->get_json('passkey'), handle => $offer->{user_handle});
    $cookie = $self->cookie('passkey, sign-in', $self->post('passkey, sign-in', 200, 'api/passkey', undef, \%answer, %JSON, event => 'sign_in ok'));
    $self->read($cookie, 'two') for 1 .. 2;
    return $self->delete_account($name, $cookie);
}

# One who guesses passwords and cookies, and sends forms of other sites.
package LuciaTest::Soak::Attacker;
use parent -norequire, 'LuciaTest::Soak::Person';
use LuciaTest;

# After 100 failures in a row an account takes no password, and what is counted is another reason.
use constant GUESSES => 60;

# What a guess is counted as.
sub failed { my ($reason) = @_; return sub { 'sign_in ' . ($_[0] == 429 ? 'throttled' : $reason) } }

sub round {
    my ($self) = @_;
    local $self->{from} = '198.51.100.' . int 1 + rand 8;
    if (!$self->{victim} || ++$self->{guesses} > GUESSES) {
        my $victim = 'victim' . LuciaTest::Soak::Person::random(8);
        $self->sign_up($victim, $self->new_password);
        @$self{qw(victim guesses)} = ($victim, 0);
    }
    $self->ask('guess', [400, 429], POST => '/account/login', form(username => $self->{victim}, password => LuciaTest::Soak::Person::random(12)), event => failed('wrong_password'));
    $self->ask('guess', [400, 429], POST => '/account/login', form(username => 'no' . LuciaTest::Soak::Person::random(8), password => LuciaTest::Soak::Person::random(12)), event => failed('unknown_user'));
    $self->read('auth_session=' . LuciaTest::Soak::Person::random(40), 'members', 401) for 1 .. 2;
    $self->ask('other site', 403, POST => '/account/login', form(username => $self->{victim}, password => LuciaTest::Soak::Person::random(12)), origin => 'https://evil.example', event => 'sign_in cross_site');
    $self->ask('sign-up, taken', 400, POST => '/account/signup', form(username => $self->{victim}, password => LuciaTest::Soak::Person::random(12)), event => 'sign_up name_taken');
    $self->ask('malformed', 400, POST => '/account/login', json('{"username"'), event => 'sign_in bad_request');
    $self->ask('link, forged', 400, GET => '/account/reset?token=' . LuciaTest::Soak::Person::random(32));
    $self->ask('forgot, unknown', 200, POST => '/account/forgot', form(username => 'no' . LuciaTest::Soak::Person::random(8)), event => 'reset_request ok');
    $self->read(undef, 'members', 401);
    return;
}

1;
