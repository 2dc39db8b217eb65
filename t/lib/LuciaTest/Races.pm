# SPDX-License-Identifier: Apache-2.0
#
# Two nodes, two requests at the same moment, one account: each round sends a pair of requests to different nodes and then looks,
# in the database and at both nodes, whether anything is half done, or alive that was ended.
#
#     my $races = LuciaTest::Races->new('LuciaTest::Postgres', cache => 'redis');    # shared by both nodes; or 'shmcb': each its own
#     $races->race($_, 300) for LuciaTest::Races::pairs();
#     is_race($_) for $races->finish;    # checks each pair, and notes how often it was answered in which way
#
# A pair: name; first, second: what sends the requests of a round; may: how they may be answered ("ok 400"); left: what the account
# is then (wrongs); prepare: what a round needs first.
package LuciaTest::Races;
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use Test::More;
use Time::HiRes qw(sleep time);
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::Factors ();
use LuciaTest::Service;
use LuciaTest::Site qw(sign_up sign_in $CHEAP_HASH);

our @EXPORT = qw(is_race);

use constant { TTL => 1, PAUSE_MAX => 0.002 };    # seconds
use constant LINK => 'http://localhost/reset';
use constant NEW => ('battery staple', 'purple monkey');
use constant TABLES => qw(user_session user_key auth_user_token auth_user_email_token auth_user_activity auth_user_totp auth_user_recovery_code auth_user_step);

my $CONFIG = <<"CONF";
$CHEAP_HASH
LuciaMount /
LuciaActivity On
LuciaUsernameChange On
LuciaAccountDeletion On
LuciaSecret {file:\@secret\@}
LuciaSecondFactor optional
LuciaMail smtp://127.0.0.1:9
LuciaMailFrom accounts\@example.org
LuciaSiteURL http://localhost
LuciaEmail optional
LuciaSessionCacheTTL @{[TTL]}s
<Location /invited>
    SetHandler luciauth-signup
    LuciaSignup invite
</Location>
<Location /vault>
    AuthType Lucia
    Require valid-user
    Header set X-Seen "expr=%{REMOTE_USER}"
</Location>
CONF

sub new {
    my ($class, $engine, %arg) = @_;
    my $self = bless { engine => $engine->shared, users => 0, is_shared => $arg{cache} eq 'redis' }, $class;
    $self->{service} = LuciaTest::Service->new('redis') if $self->{is_shared};
    $self->{database} = $self->{engine}->create;
    my $config = join "\n", $self->{engine}->line($self->{database}), 'LuciaSessionCache ' . ($self->{service} ? $self->{service}->name : 'shmcb'), $CONFIG;
    $self->{nodes} = [map { LuciaTest::Server->new(config => $config, throttle => 0, modules => ['socache_redis'],
        files => { 'htdocs/vault/a.txt' => 'inside' }) } 1 .. 2];
    $self->{ctl} = LuciaTest::Ctl->new('--config', $self->{nodes}[0]->conf_file);
    $self->{ctl}->does(qw(user reset), $self->new_round->{name}, '--url', LINK);    # makes the table
    return $self;
}

sub nodes { @{ $_[0]{nodes} } }
sub state_of_database { my ($self) = @_; return $self->{engine}->sound($self->{database}) }
sub value { my ($self, @query) = @_; return $self->{engine}->value_in($self->{database}, @query) }

sub column {
    my ($self, $sql, @bind) = @_;
    return sort map { values %$_ } @{ $self->{engine}->query_in($self->{database}, $sql, @bind) };
}

# ---- A round: an account of its own with two sessions, which both nodes know ----

sub new_round {
    my ($self) = @_;
    my ($one, $two) = $self->nodes;
    my $name = 'racer' . ++$self->{users};
    my $round = { site => $self, name => $name, new_name => "Runner$self->{users}", a => sign_up($one, $name), b => sign_in($two, $name) };
    $round->{id} = $self->value('SELECT id FROM auth_user WHERE username = ?', $name);
    return $round;
}

sub stored  { my ($cookie) = @_; return sha256_hex($cookie->{value}) }
sub vault   { my ($node, $cookie) = @_; return $node->request(GET => '/vault/a.txt', cookie => $cookie, headers => { 'Sec-Fetch-Mode' => 'cors' }) }
sub rows_of { my ($self, $cookie) = @_; return $self->value('SELECT count(*) FROM user_session WHERE id = ?', stored($cookie)) }

# Its active time is over, so that the next request renews it.
sub make_idle {
    my ($self, $cookie) = @_;
    my $now = int(time * 1000);
    $self->{engine}->query_in($self->{database}, 'UPDATE user_session SET active_expires = ?, idle_expires = ? WHERE id = ?',
        $now - 1000, $now + 60_000, stored($cookie));
    return;
}

# The verified address of an account, if its key is there and no other one.
sub address_of {
    my ($self, $id) = @_;
    my $email = $self->value('SELECT email FROM auth_user WHERE id = ? AND email_verified = 1', $id) // '';
    my $keys = join ' ', grep { /^email:/ } $self->column('SELECT id FROM user_key WHERE user_id = ?', $id);
    return $keys eq ($email ? "email:$email" : '') ? $email : "$email with $keys";
}

# ---- Requests: what a side of a race sends to a node ----

sub post {
    my ($path, $cookie, @fields) = @_;
    return sub { $_[0]->bytes_of(POST => $path, form(@fields), $cookie ? (cookie => $cookie) : (), origin => 1) };
}

sub renewal   { my ($cookie) = @_; return sub { $_[0]->bytes_of(GET => '/vault/a.txt', cookie => $cookie, headers => { 'Sec-Fetch-Mode' => 'cors' }) } }
sub signs_in  { my ($name, $password) = @_; return post('/login', undef, username => $name, password => $password // $PASSWORD) }
sub changes   { my ($round, $which, $password, @more) = @_; return post('/password', $round->{$which}, username => $round->{name}, current => $PASSWORD, password => $password, @more) }
sub renames   { my ($cookie, $name) = @_; return post('/username', $cookie, username => $name) }
sub deletes   { my ($cookie, $name) = @_; return post('/delete', $cookie, username => $name) }
sub confirms  { my ($round) = @_; return post('/confirm', $round->{a}, username => $round->{name}, password => $PASSWORD) }
sub signs_out { my ($cookie) = @_; return post('/logout', $cookie) }
sub ends      { my ($cookie, $other) = @_; return post('/sessions', $cookie, session => substr stored($other), 0, 12) }
sub resets    { my ($round, $password) = @_; return post('/reset', undef, token => $round->{token}, password => $password) }

sub proves    { my ($step, $code) = @_; return sub { $_[0]->bytes_of(POST => '/factor', form(code => $code), cookie => $step, origin => 1) } }
sub enrols    { my ($round, $which) = @_; return post('/factors/totp', $round->{$which}, secret => $round->{secret}, code => app_code($round, -1)) }
sub removes   { my ($cookie) = @_; return post('/factors', $cookie, remove => 'totp') }

# The code of the app at the beginning of the round, or some steps of 30 seconds away.
sub app_code { my ($round, $away) = @_; return LuciaTest::Factors::totp($round->{secret}, $round->{begun} + 30 * ($away // 0)) }

# ok, or the status of what refused. A page that asks for the password, because the session has ended meanwhile, leads to sign-in.
sub word_of {
    my ($reply) = @_;
    return '401' if ($reply->location // '') =~ /confirm/;
    return $reply->status =~ /^(?:200|302|303)$/ ? 'ok' : $reply->status;
}

# Which side goes to which node, which is first, and how much later the other one is: by chance.
sub send_both {
    my ($self, @sides) = @_;
    my @nodes = rand() < 0.5 ? $self->nodes : reverse $self->nodes;
    my @sent;
    my @bytes = map { $sides[$_]->($nodes[$_]) } 0, 1;
    my @sockets = map { $_->connect } @nodes;
    for my $side (rand() < 0.5 ? (0, 1) : (1, 0)) {
        sleep rand PAUSE_MAX if @sent;
        syswrite $sockets[$side], $bytes[$side];
        push @sent, $side;
    }
    my @replies = map { $nodes[$_]->answer_to({ socket => $sockets[$_], method => $bytes[$_] =~ /\A(\S+)/ }) } 0, 1;
    return map { +{ reply => $replies[$_], word => word_of($replies[$_]), node => $nodes[$_], cookie => new_cookie($replies[$_]) } } 0, 1;
}

sub new_cookie { my ($reply) = @_; my ($cookie) = grep { length $_->{value} } set_cookies($reply); return $cookie }

# ---- What is left ----

# Of the account: user (0: gone), name, email (its verified address; '': none), alive (cookies of all its sessions), ended (cookies), password, refused (passwords). Returns
# what is wrong. With caches of their own nodes may know it later (look_later).
sub wrongs {
    my ($self, $round, %left) = @_;
    my @wrong = ($self->wrong_rows($round, %left), map { $self->wrong_end($_, $left{node}) } @{ $left{ended} });
    push @wrong, map { $self->wrong_session($_, $left{name}) } @{ $left{alive} };
    my $name = $left{name} // $round->{name};
    my ($one, $two) = rand() < 0.5 ? $self->nodes : reverse $self->nodes;
    my $may = sub { my ($node, @who) = @_; return word_of(when_served(sub { $node->request(POST => '/login', form(username => $who[0], password => $who[1])) })) };
    push @wrong, map { "the password '$_' is valid" } grep { $may->($one, $name, $_) ne '400' } @{ $left{refused} };
    push @wrong, "the password '$left{password}' is refused" if $left{password} && $may->($two, $name, $left{password}) ne 'ok';
    push @wrong, map { "the name $_ signs in" } grep { $may->($one, $_, $left{password}) ne '400' } @{ $left{old_names} };
    return @wrong;
}

sub wrong_rows {
    my ($self, $round, %left) = @_;
    my $id = $round->{id};
    if (exists $left{user}) {
        return map { "rows in $_" } grep { $self->value("SELECT count(*) FROM $_ WHERE " . ($_ eq 'auth_user' ? 'id' : 'user_id') . ' = ?', $id) } 'auth_user', TABLES;
    }
    my @wrong;
    my $name = $left{name} // $round->{name};
    my $is = sub { my ($what, $got, $expected) = @_; push @wrong, "$what: $got, not $expected" if $got ne $expected };
    $is->('the name', join(' ', $self->column('SELECT username FROM auth_user WHERE id = ?', $id)), $name);
    $is->('keys with a password', join(' ', $self->column('SELECT id FROM user_key WHERE user_id = ? AND hashed_password IS NOT NULL', $id)), 'username:' . lc $name);
    $is->('the address', $self->address_of($id), $left{email}) if exists $left{email};
    $is->('sessions', join(' ', $self->column('SELECT id FROM user_session WHERE user_id = ?', $id)), join ' ', sort map { stored($_) } @{ $left{alive} });
    return @wrong;
}

sub wrong_session {
    my ($self, $cookie, $name) = @_;
    my @wrong;
    for my $node ($self->nodes) {
        my $reply = vault($node, $cookie);
        push @wrong, 'a living session is refused: ' . $reply->status if $reply->status != 200;
        push @wrong, 'a session has the name ' . $reply->header('X-Seen') if $self->{is_shared} && $name && $reply->status == 200 && $reply->header('X-Seen') ne $name;
    }
    $self->look_later(cookie => $cookie, name => $name) if $name;
    return @wrong;
}

# The node that ended it knows at once, and so do all that share its cache.
sub wrong_end {
    my ($self, $cookie, $node) = @_;
    my @nodes = $self->{is_shared} ? $self->nodes : grep { $_ } $node;
    $self->look_later(cookie => $cookie);
    return map { 'an ended session is accepted' } grep { vault($_, $cookie)->status != 401 } @nodes;
}

# Nodes with caches of their own know it when LuciaSessionCacheTTL is over.
sub look_later {
    my ($self, %what) = @_;
    push @{ $self->{later} }, { %what, from => time + TTL, race => $self->{races}[-1] } if !$self->{is_shared};
    return;
}

sub look {
    my ($self, $what) = @_;
    my $left = $what->{from} - time;
    sleep $left if $left > 0;
    for my $node ($self->nodes) {
        my $reply = vault($node, $what->{cookie});
        my $wrong = $what->{name} ? $reply->status == 200 && $reply->header('X-Seen') ne $what->{name} : $reply->status != 401;
        push @{ $what->{race}{wrong} }, 'after LuciaSessionCacheTTL ' . ($what->{name} ? 'a session has an old name' : 'an ended session is accepted') if $wrong;
    }
    return;
}

# ---- Rounds ----

sub race {
    my ($self, $pair, $rounds) = @_;
    my $race = { name => $pair->{name}, rounds => $rounds, seen => {}, wrong => [] };
    push @{ $self->{races} }, $race;
    for (1 .. $rounds) {
        my $round = $self->new_round;
        for my $cookie (@$round{qw(a b)}) {
            vault($_, $cookie) for $self->nodes;    # now both have it in their cache
        }
        $pair->{prepare}->($self, $round) if $pair->{prepare};
        my @sides = $self->send_both($pair->{first}->($round), $pair->{second}->($round));
        my $words = join ' ', map { $_->{word} } @sides;
        $race->{seen}{$words}++;
        my @wrong = grep({ $_ eq $words } @{ $pair->{may} }) ? $self->wrongs($round, $pair->{left}->($round, @sides)) : 'no such answers';
        push @{ $race->{wrong} }, "$round->{name}, answered $words: " . join '; ', @wrong if @wrong;
    }
    return;
}

# What was raced: { name, rounds, seen => { "ok 400" => number }, wrong => [...] }
sub finish {
    my ($self) = @_;
    $self->look($_) for @{ delete $self->{later} // [] };
    return @{ $self->{races} };
}

sub is_race {
    my ($race, $where) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply $race->{wrong}, [], "$where, $race->{name}: nothing is half done, and nothing is alive that was ended";
    note "$race->{rounds} rounds: ", join ', ', map { "$race->{seen}{$_} answered $_" } sort keys %{ $race->{seen} };
    return;
}

# ---- The pairs ----

# The side that is ok, and the other one.
sub winner { my (@sides) = @_; return $sides[0]{word} eq 'ok' ? @sides : reverse @sides }
sub gone   { my ($node, @cookies) = @_; return (user => 0, alive => [], ended => [grep { $_ } @cookies], refused => [$PASSWORD, NEW], node => $node) }

# One of two changes of the password is made.
sub one_password {
    my ($round, @sides) = @_;
    my ($made, $late) = $sides[0]{word} eq 'ok' ? (0, 1) : (1, 0);
    return (alive => [$sides[$made]{cookie}], ended => [@$round{qw(a b)}], password => (NEW)[$made], refused => [$PASSWORD, (NEW)[$late]], node => $sides[$made]{node});
}

sub other_user { my ($self, $round) = @_; $round->{other} = $self->new_round; return }
sub make_link  { my ($self, $round) = @_; ($round->{token}) = $self->{ctl}->json(qw(user reset), $round->{name}, '--url', LINK)->{url} =~ /token=(\w+)/ or die 'no link'; return }
sub idle       { my ($which) = @_; return sub { my ($self, $round) = @_; $self->make_idle($round->{$which}) } }

my ($ONE, $TWO) = (NEW);
my @ONE_OF_TWO = ('ok 401', '401 ok');

# A change of the password beside something that it does not wait for: nothing but its own session is left.
sub change_beside {
    my ($name, $beside, %more) = @_;
    return { name => "a change of the password beside $name", first => sub { changes($_[0], 'a', $ONE) }, second => $beside, %more,
        left => sub {
            my ($round, $changed, $other) = @_;
            return (alive => [$changed->{cookie}], ended => [@$round{qw(a b)}, grep { $_ } $other->{cookie}], password => $ONE, refused => [$PASSWORD], node => $changed->{node});
        } };
}

sub password_pairs {
    return (
        change_beside('a sign-in', sub { signs_in($_[0]{name}) }, may => ['ok ok', 'ok 400']),
        change_beside('the renewal of another session', sub { renewal($_[0]{b}) }, may => ['ok ok', 'ok 401'], prepare => idle('b')),
        change_beside('the renewal of its own session', sub { renewal($_[0]{a}) }, may => ['ok ok', 'ok 401'], prepare => idle('a')),
        { name => 'two changes of the password by one session', may => \@ONE_OF_TWO, left => \&one_password,
            first => sub { changes($_[0], 'a', $ONE) }, second => sub { changes($_[0], 'a', $TWO) } },
        { name => 'two changes of the password by two sessions', may => \@ONE_OF_TWO, left => \&one_password,
            first => sub { changes($_[0], 'a', $ONE) }, second => sub { changes($_[0], 'b', $TWO) } },
        { name => 'two changes of the password that keep sessions', may => ['ok 400', '400 ok'],
            first => sub { changes($_[0], 'a', $ONE, keep_sessions => 1) }, second => sub { changes($_[0], 'b', $TWO, keep_sessions => 1) },
            left => sub {
                my ($round, @sides) = @_;
                my ($own, $other) = $sides[0]{word} eq 'ok' ? qw(a b) : qw(b a);
                my %left = one_password($round, @sides);
                return (%left, alive => [@{ $left{alive} }, $round->{$other}], ended => [$round->{$own}]);
            } },
        { name => 'one change of the password, sent twice', may => ['ok ok'],
            first => sub { changes($_[0], 'a', $ONE) }, second => sub { changes($_[0], 'a', $ONE) },
            left => sub { my ($round, @sides) = @_; return (alive => [map { $_->{cookie} } @sides], ended => [@$round{qw(a b)}], password => $ONE, refused => [$PASSWORD]) } },
        { name => 'a change of the password beside a reset', may => ['ok 400', '401 ok'], prepare => \&make_link,
            first => sub { changes($_[0], 'a', $ONE) }, second => sub { resets($_[0], $TWO) },
            left => sub {
                my ($round, @sides) = @_;
                my %left = one_password($round, @sides);
                return $sides[0]{word} eq 'ok' ? %left : (%left, alive => []);
            } },
        { name => 'a reset beside a sign-in', may => ['ok ok', 'ok 400'], prepare => \&make_link,
            first => sub { resets($_[0], $ONE) }, second => sub { signs_in($_[0]{name}) },
            left => sub { my ($round, $reset, $other) = @_; return (alive => [], ended => [@$round{qw(a b)}, grep { $_ } $other->{cookie}], password => $ONE, refused => [$PASSWORD], node => $reset->{node}) } },
    );
}

sub renamed {
    my ($round, @alive) = @_;
    return (name => $round->{new_name}, old_names => [$round->{name}], alive => [grep { $_ } @$round{qw(a b)}, @alive], password => $PASSWORD);
}

sub name_pairs {
    return (
        { name => 'a change of the name beside a sign-in with the old one', may => ['ok ok', 'ok 400'],
            first => sub { renames($_[0]{a}, $_[0]{new_name}) }, second => sub { signs_in($_[0]{name}) },
            left => sub { my ($round, undef, $other) = @_; return renamed($round, $other->{cookie}) } },
        { name => 'a change of the name beside a sign-in with the new one', may => ['ok ok', 'ok 400'],
            first => sub { renames($_[0]{a}, $_[0]{new_name}) }, second => sub { signs_in($_[0]{new_name}) },
            left => sub { my ($round, undef, $other) = @_; return renamed($round, $other->{cookie}) } },
        { name => 'a change of the name beside the renewal of another session', may => ['ok ok'], prepare => idle('b'),
            first => sub { renames($_[0]{a}, $_[0]{new_name}) }, second => sub { renewal($_[0]{b}) }, left => sub { return renamed($_[0]) } },
        { name => 'a change of the name beside a sign-up with the new one', may => ['ok 400', '400 ok'],
            first => sub { renames($_[0]{a}, $_[0]{new_name}) }, second => sub { post('/signup', undef, username => $_[0]{new_name}, password => $ONE) },
            left => sub {
                my ($round, $renamed) = @_;
                return $renamed->{word} eq 'ok' ? renamed($round) : (alive => [@$round{qw(a b)}], password => $PASSWORD);
            } },
        { name => 'two users who take the same name', may => ['ok 400', '400 ok'], prepare => \&other_user,
            first => sub { renames($_[0]{a}, $_[0]{new_name}) }, second => sub { renames($_[0]{other}{a}, uc $_[0]{new_name}) },
            left => sub {
                my ($round, $renamed) = @_;
                return $renamed->{word} eq 'ok' ? renamed($round) : (alive => [@$round{qw(a b)}], password => $PASSWORD);
            } },
        { name => 'two changes of one name', may => ['ok ok'],
            first => sub { renames($_[0]{a}, $_[0]{new_name}) }, second => sub { renames($_[0]{b}, "$_[0]{new_name}b") },
            left => sub {
                my ($round) = @_;
                my @names = ($round->{new_name}, "$round->{new_name}b");
                @names = reverse @names if $round->{site}->value('SELECT username FROM auth_user WHERE id = ?', $round->{id}) eq $names[1];
                return (renamed($round), name => $names[0], old_names => [$round->{name}, $names[1]]);
            } },
        { name => 'a change of the name beside a change of the password', may => ['ok ok', 'ok 400', 'ok 503', '401 ok'],
            first => sub { renames($_[0]{a}, $_[0]{new_name}) }, second => sub { changes($_[0], 'a', $ONE, keep_sessions => 1) },
            left => sub {
                my ($round, $renamed, $changed) = @_;
                return (renamed($round), refused => [$ONE]) if !$changed->{cookie};
                return (($renamed->{word} eq 'ok' ? renamed($round) : ()), alive => [$changed->{cookie}, $round->{b}], ended => [$round->{a}], password => $ONE, refused => [$PASSWORD], node => $changed->{node});
            } },
    );
}

# The deletion is made, whatever the other one does; which may have ended a session first.
sub deletion_beside {
    my ($name, $beside, %more) = @_;
    return { name => "deleting the account beside $name", first => sub { deletes($_[0]{a}, $_[0]{name}) }, second => $beside, may => ['ok ok', 'ok 401'], %more,
        left => sub { my ($round, $deleted, $other) = @_; return gone($more{ends} ? undef : $deleted->{node}, @$round{qw(a b)}, $other->{cookie}) } };
}

# One of the two is made: the account is gone, or as the other one has left it.
sub deletion_or {
    my ($name, $other, $left, %more) = @_;
    return { name => "deleting the account beside $name", first => sub { deletes($_[0]{a}, $_[0]{name}) }, second => $other, may => \@ONE_OF_TWO, %more,
        left => sub {
            my ($round, $deleted, $changed) = @_;
            return $deleted->{word} eq 'ok' ? gone($deleted->{node}, @$round{qw(a b)}) : $left->($round, $changed);
        } };
}

sub deletion_pairs {
    my $changed = sub { my ($round, $made) = @_; return (alive => [$made->{cookie}], ended => [@$round{qw(a b)}], password => $ONE, refused => [$PASSWORD], node => $made->{node}) };
    my $only_b = sub { my ($round, $made) = @_; return (alive => [$round->{b}], ended => [$round->{a}], password => $PASSWORD, node => $made->{node}) };
    return (
        deletion_beside('a sign-in', sub { signs_in($_[0]{name}) }, may => ['ok ok', 'ok 400']),
        deletion_beside('the renewal of another session', sub { renewal($_[0]{b}) }, prepare => idle('b')),
        deletion_beside('the end of another session', sub { ends($_[0]{a}, $_[0]{b}) }, ends => 1),
        deletion_beside('the end of all other sessions', sub { post('/sessions', $_[0]{a}, others => 1) }, ends => 1),
        deletion_beside('a change of the password that keeps sessions', sub { changes($_[0], 'b', $ONE, keep_sessions => 1) }, ends => 1),
        deletion_or('a change of the password', sub { changes($_[0], 'a', $ONE) }, $changed),
        deletion_or('a change of the password by another session', sub { changes($_[0], 'b', $ONE) }, $changed),
        deletion_or('a confirmation', sub { confirms($_[0]) }, sub {
            my ($round, $made) = @_;
            return (alive => [$made->{cookie}, $round->{b}], ended => [$round->{a}], password => $PASSWORD, node => $made->{node});
        }),
        deletion_or('a change of the name', sub { renames($_[0]{a}, $_[0]{new_name}) }, sub { return renamed($_[0]) }, may => ['ok 401', '400 ok']),
        deletion_or('the end of its own session', sub { ends($_[0]{b}, $_[0]{a}) }, $only_b, may => [@ONE_OF_TWO, 'ok ok']),
        deletion_or('its sign-out', sub { signs_out($_[0]{a}) }, $only_b, may => [@ONE_OF_TWO, 'ok ok']),
        deletion_or('a reset', sub { resets($_[0], $ONE) }, sub {
            my ($round, $made) = @_;
            return (alive => [], ended => [@$round{qw(a b)}], password => $ONE, refused => [$PASSWORD], node => $made->{node});
        }, may => ['ok 400', '401 ok'], prepare => \&make_link),
        { name => 'two who delete the account', first => sub { deletes($_[0]{a}, $_[0]{name}) }, second => sub { deletes($_[0]{b}, $_[0]{name}) }, may => \@ONE_OF_TWO,
            left => sub { my ($round, @sides) = @_; return gone((winner(@sides))[0]{node}, @$round{qw(a b)}) } },
        { name => 'deleting the account beside a sign-up with its name', first => sub { deletes($_[0]{a}, $_[0]{name}) },
            second => sub { post('/signup', undef, username => $_[0]{name}, password => $ONE) }, may => ['ok ok', 'ok 400'],
            left => sub {
                my ($round, $deleted, $new) = @_;
                return (gone($deleted->{node}, @$round{qw(a b)}), refused => [$PASSWORD, $new->{word} eq 'ok' ? () : $ONE], $new->{word} eq 'ok' ? (password => $ONE) : ());
            } },
    );
}

sub session_pairs {
    my $b_is_ended = sub { my ($round, $ended) = @_; return (alive => [$round->{a}], ended => [$round->{b}], password => $PASSWORD, node => $ended->{node}) };
    return (
        { name => 'the end of a session beside its renewal', may => ['ok ok', 'ok 401'], prepare => idle('b'), left => $b_is_ended,
            first => sub { ends($_[0]{a}, $_[0]{b}) }, second => sub { renewal($_[0]{b}) } },
        { name => 'the end of all other sessions beside the renewal of one', may => ['ok ok', 'ok 401'], prepare => idle('b'), left => $b_is_ended,
            first => sub { post('/sessions', $_[0]{a}, others => 1) }, second => sub { renewal($_[0]{b}) } },
        { name => 'the end of a session beside its sign-out', may => ['ok ok', 'ok 401'], left => sub { return ($b_is_ended->(@_), node => undef) },
            first => sub { ends($_[0]{a}, $_[0]{b}) }, second => sub { signs_out($_[0]{b}) } },
        { name => 'a sign-out beside the renewal of the session', may => ['ok ok', 'ok 401'], prepare => idle('b'), left => $b_is_ended,
            first => sub { signs_out($_[0]{b}) }, second => sub { renewal($_[0]{b}) } },
        { name => 'the end of all other sessions beside a sign-in', may => ['ok ok'],
            first => sub { post('/sessions', $_[0]{a}, others => 1) }, second => sub { signs_in($_[0]{name}) },
            left => sub {
                my ($round, $ended, $new) = @_;
                my $is_alive = $round->{site}->rows_of($new->{cookie});
                return (alive => [$round->{a}, $is_alive ? $new->{cookie} : ()], ended => [$round->{b}, $is_alive ? () : $new->{cookie}], password => $PASSWORD, node => $ended->{node});
            } },
        { name => 'a confirmation beside the renewal of the session', may => ['ok ok', 'ok 401'], prepare => idle('a'),
            first => sub { confirms($_[0]) }, second => sub { renewal($_[0]{a}) },
            left => sub { my ($round, $made) = @_; return (alive => [$made->{cookie}, $round->{b}], ended => [$round->{a}], password => $PASSWORD, node => $made->{node}) } },
        { name => 'a confirmation beside the end of the session', may => ['ok ok', '401 ok'],
            first => sub { confirms($_[0]) }, second => sub { ends($_[0]{b}, $_[0]{a}) },
            left => sub {
                my ($round, $made) = @_;
                return (alive => [grep({ $_ } $made->{cookie}), $round->{b}], ended => [$round->{a}], password => $PASSWORD);
            } },
    );
}

# ---- Second factors ----

# The secret of an app, as the page gives it.
sub begin_app {
    my ($self, $round) = @_;
    my ($node) = $self->nodes;
    $round->{secret} = $node->request(GET => '/api/factors/totp', cookie => $round->{a}, headers => { Accept => 'application/json' })->json->{secret};
    $round->{begun} = time;
    return;
}

# An app, set up by a, which gets a new session of two factors; b keeps one of one factor.
sub set_up_app {
    my ($self, $round) = @_;
    my ($node) = $self->nodes;
    begin_app($self, $round);
    my $reply = $node->request(POST => '/api/factors/totp', json({ secret => $round->{secret}, code => app_code($round, -1) }), cookie => $round->{a}, origin => 1);
    $round->{codes} = $reply->json->{recovery_codes};
    $round->{ended} = $round->{a};
    $round->{a} = cookie_of($reply) or die 'no session after the setup: ' . $reply->bytes;
    return;
}

# The same, and the steps of two sign-ins, one at each node.
sub take_steps {
    my ($self, $round) = @_;
    set_up_app($self, $round);
    $round->{steps} = [map { (set_cookies($_->request(POST => '/login', form(username => $round->{name}, password => $PASSWORD)), 'auth_session_step'))[0] // die 'no step' } $self->nodes];
    return;
}

# Both sessions and those that the sides have got live.
sub all_alive { my ($round, @sides) = @_; return (alive => [@$round{qw(a b)}, grep { $_ } map { $_->{cookie} } @sides], ended => [grep { $_ } $round->{ended}], password => $PASSWORD) }

sub factor_pairs {
    my @one = ('ok 400', '400 ok');
    return (
        { name => 'one code of an app at two sign-ins', may => \@one, prepare => \&take_steps, left => \&all_alive,
            first => sub { proves($_[0]{steps}[0], app_code($_[0])) }, second => sub { proves($_[0]{steps}[1], app_code($_[0])) } },
        { name => 'one code of an app, sent twice', may => [@one, @ONE_OF_TWO], prepare => \&take_steps, left => \&all_alive,
            first => sub { proves($_[0]{steps}[0], app_code($_[0])) }, second => sub { proves($_[0]{steps}[0], app_code($_[0])) } },
        # No step cookie works twice.
        { name => 'two codes for one step', may => \@ONE_OF_TWO, prepare => \&take_steps, left => \&all_alive,
            first => sub { proves($_[0]{steps}[0], $_[0]{codes}[0]) }, second => sub { proves($_[0]{steps}[0], $_[0]{codes}[1]) } },
        # The end of all others ends what is under way.
        { name => 'a code beside the end of all other sessions', may => ['ok ok', '401 ok'], prepare => \&take_steps,
            first => sub { proves($_[0]{steps}[0], $_[0]{codes}[0]) }, second => sub { post('/sessions', $_[0]{a}, others => 1) },
            left => sub {
                my ($round, $proved, $ended) = @_;
                return (alive => [$round->{a}], ended => [$round->{b}, grep { $_ } $proved->{cookie}], password => $PASSWORD, node => $ended->{node});
            } },
        { name => 'one recovery code at two sign-ins', may => \@one, prepare => \&take_steps, left => \&all_alive,
            first => sub { proves($_[0]{steps}[0], $_[0]{codes}[0]) }, second => sub { proves($_[0]{steps}[1], $_[0]{codes}[0]) } },
        { name => 'one code at a sign-in and for a session', may => \@one, prepare => \&take_steps,
            first => sub { proves($_[0]{steps}[0], app_code($_[0])) }, second => sub { post('/factor', $_[0]{b}, code => app_code($_[0])) },
            left => sub {
                my ($round, $signed_in, $raised) = @_;
                my $b = $raised->{word} eq 'ok' ? $raised->{cookie} : $round->{b};
                return (alive => [$round->{a}, $b, grep { $_ } $signed_in->{cookie}], ended => [$round->{ended}, $raised->{word} eq 'ok' ? $round->{b} : ()], password => $PASSWORD);
            } },
        { name => 'a code beside a change of the password', may => ['ok ok', '401 ok'], prepare => \&take_steps,
            first => sub { proves($_[0]{steps}[0], app_code($_[0])) }, second => sub { changes($_[0], 'a', $ONE) },
            left => sub {
                my ($round, $proved, $changed) = @_;
                return (alive => [$changed->{cookie}], ended => [@$round{qw(a b)}, grep { $_ } $proved->{cookie}], password => $ONE, refused => [$PASSWORD], node => $changed->{node});
            } },
        { name => 'a code beside deleting the account', may => ['ok ok', '400 ok', '401 ok'], prepare => \&take_steps,
            first => sub { proves($_[0]{steps}[0], app_code($_[0])) }, second => sub { deletes($_[0]{a}, $_[0]{name}) },
            left => sub { my ($round, $proved, $deleted) = @_; return gone($deleted->{node}, @$round{qw(a b)}, $proved->{cookie}) } },
        { name => 'a code beside the removal of the app', may => ['ok ok', '400 ok', '401 ok'], prepare => \&take_steps, left => \&all_alive,
            first => sub { proves($_[0]{steps}[0], app_code($_[0])) }, second => sub { removes($_[0]{a}) } },
        # Only the one that is made gets a session; the other one is led to the page of all factors.
        { name => 'two setups of one app', may => ['ok ok'], prepare => \&begin_app,
            first => sub { enrols($_[0], 'a') }, second => sub { enrols($_[0], 'b') },
            left => sub {
                my ($round, @sides) = @_;
                my ($made, $kept) = $sides[0]{cookie} ? (0, 'b') : (1, 'a');
                return (alive => [$sides[$made]{cookie}, $round->{$kept}], ended => [$round->{ $kept eq 'b' ? 'a' : 'b' }], password => $PASSWORD, node => $sides[$made]{node});
            } },
        { name => 'the setup of an app beside a sign-in', may => ['ok ok'], prepare => \&begin_app,
            first => sub { enrols($_[0], 'a') }, second => sub { signs_in($_[0]{name}) },
            left => sub {
                my ($round, $made, $signed_in) = @_;
                return (alive => [$made->{cookie}, $round->{b}, grep { $_ } $signed_in->{cookie}], ended => [$round->{a}], password => $PASSWORD, node => $made->{node});
            } },
    );
}

# ---- Invitations ----

sub invite { my ($self, $round) = @_; ($round->{invite}) = $self->{ctl}->json(qw(invite add --url http://localhost/invited))->{url} =~ /invite=(\w+)/ or die 'no invitation'; return }
sub signs_up { my ($round, $end) = @_; return post('/invited', undef, username => "$round->{name}$end", password => $PASSWORD, invite => $round->{invite}) }

sub invitation_pairs {
    return {
        name => 'two sign-ups with the last use of an invitation', prepare => \&invite,
        first => sub { signs_up($_[0], '-x') }, second => sub { signs_up($_[0], '-y') }, may => ['ok 400', '400 ok'],
        left => sub { my ($round) = @_; return (alive => [@$round{qw(a b)}], ended => [], password => $PASSWORD) },
    };
}

# ---- Addresses ----

# A link of a mail, as its sender makes it.
sub email_link {
    my ($self, $round, $kind, $email) = @_;
    my $token = join '', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. 32;
    $self->{engine}->query_in($self->{database}, 'INSERT INTO auth_user_email_token (id, user_id, kind, email, expires_at) VALUES (?, ?, ?, ?, ?)',
        sha256_hex($token), $round->{id}, $kind, $email, int(time * 1000) + 3_600_000);
    return $token;
}

# A link that verifies.
sub to_verify {
    my ($self, $round) = @_;
    $round->{email} = "$round->{name}\@example.org";
    $round->{verify} = email_link($self, $round, 'verify', $round->{email});
    return;
}

# The same, and another account with a link to the same address.
sub two_to_verify {
    my ($self, $round) = @_;
    to_verify($self, $round);
    $round->{other} = $self->new_round;
    $round->{other}{verify} = email_link($self, $round->{other}, 'verify', $round->{email});
    return;
}

# A verified address that has replaced another one, with the way back, and a link to a third one.
sub to_undo {
    my ($self, $round) = @_;
    my $email = "$round->{name}\@example.net";
    $self->{engine}->query_in($self->{database}, 'UPDATE auth_user SET email = ?, email_verified = 1 WHERE id = ?', $email, $round->{id});
    $self->{engine}->query_in($self->{database}, 'INSERT INTO user_key (id, user_id) VALUES (?, ?)', "email:$email", $round->{id});
    $round->{email} = "$round->{name}\@example.org";
    $round->{undo} = email_link($self, $round, 'undo', $round->{email});
    $round->{verify} = email_link($self, $round, 'verify', "$round->{name}\@example.com");
    return;
}

sub spends { my ($token) = @_; return post('/verify', undef, token => $token) }

sub email_pairs {
    my @one = ('ok 400', '400 ok');
    my $verified = sub { my ($round) = @_; return (alive => [@$round{qw(a b)}], password => $PASSWORD, email => $round->{email}) };
    my $undone = sub { my ($round, $undo) = @_; return (alive => [], ended => [@$round{qw(a b)}], password => $PASSWORD, email => $round->{email}, node => $undo->{node}) };
    return (
        { name => 'one link that verifies, sent twice', may => \@one, prepare => \&to_verify, left => $verified,
            first => sub { spends($_[0]{verify}) }, second => sub { spends($_[0]{verify}) } },
        { name => 'two accounts that verify one address', may => \@one, prepare => \&two_to_verify,
            first => sub { spends($_[0]{verify}) }, second => sub { spends($_[0]{other}{verify}) },
            left => sub { my ($round, $own) = @_; return ($verified->($round), email => $own->{word} eq 'ok' ? $round->{email} : '') } },
        { name => 'one way back to an address, sent twice', may => \@one, prepare => \&to_undo,
            first => sub { spends($_[0]{undo}) }, second => sub { spends($_[0]{undo}) },
            left => sub { my ($round, @sides) = @_; return $undone->($round, winner(@sides)) } },
        { name => 'a way back to an address beside a link to a third one', may => ['ok ok', 'ok 400'], prepare => \&to_undo, left => $undone,
            first => sub { spends($_[0]{undo}) }, second => sub { spends($_[0]{verify}) } },
        { name => 'a way back to an address beside an order of another one', may => ['ok ok', 'ok 401'], prepare => \&to_undo,
            first => sub { spends($_[0]{undo}) }, second => sub { post('/email', $_[0]{a}, email => "$_[0]{name}\@example.com") },
            left => sub {
                my ($round, $undo) = @_;
                return ($undone->($round, $undo), $round->{site}->value(q{SELECT count(*) FROM auth_user_email_token WHERE kind = 'verify' AND user_id = ?}, $round->{id}) ? (email => 'no link') : ());
            } },
        { name => 'a link that verifies beside deleting the account', may => ['ok ok', '400 ok'], prepare => \&to_verify,
            first => sub { spends($_[0]{verify}) }, second => sub { deletes($_[0]{a}, $_[0]{name}) },
            left => sub { my ($round, undef, $deleted) = @_; return gone($deleted->{node}, @$round{qw(a b)}) } },
    );
}

sub pairs { return (invitation_pairs(), email_pairs(), password_pairs(), name_pairs(), deletion_pairs(), session_pairs(), factor_pairs()) }

1;
