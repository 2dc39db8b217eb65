# SPDX-License-Identifier: Apache-2.0
#
# Users at work on several nodes of a site while its parts are killed, and what they noticed.
#
#     my $work = LuciaTest::Workload->new(nodes => [@servers], front => $proxy->client);     # front: optional, a balancer
#     $work->case('killed, then started', 'Redis', sub { ... }, allowed => 10);     # writes an outcome (LuciaTest::Outcomes)
#     $work->stop;
#
# Residents keep their sessions and open /members/a.txt on each node and through the front without a pause. Others sign in and out
# all the time, in processes of their own, on any node: after each confirmed sign-in the session must be valid on all nodes at once,
# after each confirmed sign-out on none, and on none when the case is over. The site has LuciaMount /account, gates /members, and
# does not throttle.
#
# unavailable is the time in which at least one request waited for what became a 5xx answer (through the front also a broken
# connection) of a case.
package LuciaTest::Workload;
use strict;
use warnings;

use List::Util qw(max shuffle);
use POSIX ();
use Time::HiRes ();
use LuciaTest;
use LuciaTest::Load;
use LuciaTest::Outcomes;

use constant {
    RESIDENTS => 3,
    VISITORS  => 2,
    ENOUGH    => 30,       # answers of each resident process, and rounds of the visitors, before a case may end
    PAUSE     => 0.02,     # seconds between two rounds and after an error: the rest of the machine shall get on, too
    CHECKED   => 150,      # ended sessions that are looked at again after a case, the latest ones
    SETTLED   => 90,       # seconds until all of that must work again
};
use constant SCRIPT => (Accept => '*/*', 'Sec-Fetch-Mode' => 'cors');

sub now { return LuciaTest::Load::now() }

sub new {
    my ($class, %arg) = @_;
    my $self = bless { owner => $$, seen => 0, visits => [], %arg, dir => LuciaTest::work_dir('workload') }, $class;
    $self->{nodes}[0]->request(POST => '/account/signup', form(username => $_, password => $PASSWORD)) for $self->names;
    $self->{cookies} = { map { $_ => $self->signed_in($_) } $self->residents };
    for my $place ($self->places) {
        my %requests = map { $_ => $place->bytes_of(GET => '/members/a.txt', headers => { SCRIPT, Connection => 'keep-alive' },
            cookie => $self->{cookies}{$_}) } $self->residents;
        push @{ $self->{loads} }, LuciaTest::Load->new($place, \%requests);
    }
    $self->start_visitor($_) for 1 .. VISITORS;
    $self->settle;
    return $self;
}

sub residents { return map { "resident$_" } 1 .. RESIDENTS }
sub names     { my ($self) = @_; return ($self->residents, map { "visitor$_" } 1 .. VISITORS) }
sub places    { my ($self) = @_; return (@{ $self->{nodes} }, $self->{front} // ()) }

sub is_front { my ($self, $place) = @_; return $self->{front} && $place == $self->{front} }

sub signed_in {
    my ($self, $name) = @_;
    my $reply = $self->{nodes}[0]->request(POST => '/account/login', form(username => $name, password => $PASSWORD));
    return cookie_of($reply) if $reply->status == 302 && cookie_of($reply);
    die "sign-in of $name answered " . $reply->bytes;
}

sub members {
    my ($place, $cookie) = @_;
    return eval { $place->request(GET => '/members/a.txt', headers => {SCRIPT}, cookie => $cookie) };
}

# ---- The visitors' processes ----

sub start_visitor {
    my ($self, $number) = @_;
    my $file = "$self->{dir}/visitor$number";
    open my $out, '>>:raw', $file or die "$file: $!";
    open my $in, '<:raw', $file or die "$file: $!";
    defined(my $pid = fork) or die "fork: $!";
    if ($pid) {
        push @{ $self->{visitors} }, { pid => $pid, in => $in, rest => '' };
        return;
    }
    LuciaTest::follow_parent();
    $SIG{$_} = sub { POSIX::_exit(0) } for qw(INT TERM HUP);
    srand($number);
    my $visitor = bless { %$self, name => "visitor$number", out => $out }, 'LuciaTest::Workload::Visitor';
    eval { while (1) { $visitor->round; Time::HiRes::sleep(PAUSE) } };
    print STDERR $@;
    POSIX::_exit(1);
}

# New lines of all visitors: { kind, asked, answered, verdict, cookie }.
sub take_visits {
    my ($self) = @_;
    for my $visitor (@{ $self->{visitors} }) {
        die "a visitor ended\n" if $visitor->{pid} && waitpid($visitor->{pid}, POSIX::WNOHANG()) == $visitor->{pid};
        seek $visitor->{in}, 0, 1;    # past the end of file that was seen before
        while (defined(my $line = readline $visitor->{in})) {
            $visitor->{rest} .= $line;
            next if $line !~ /\n\z/;
            my %visit;
            @visit{qw(kind asked answered verdict place status cookie)} = split ' ', $visitor->{rest};
            $visitor->{rest} = '';
            push @{ $self->{visits} }, \%visit;
        }
    }
    return @{ $self->{visits} };
}

# ---- A case ----

# How long a part stays unavailable is what a case is about, so that is a fixed time.
sub pause { my (undef, $seconds) = @_; Time::HiRes::sleep($seconds); return }

sub case {
    my ($self, $done, $to, $code, %more) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $from = now();
    $code->();
    my $settles = eval { $self->settle; 1 };
    my $why = $@;
    outcome($done, $to, $self->seen($from), %more);
    die $why if !$settles;
    return;
}

# Waits until all users are served again at each place; dies if that takes too long.
sub settle {
    my ($self) = @_;
    my $from = now();
    $_->wait_for(ENOUGH, 200) for @{ $self->{loads} };
    wait_until(sub { (grep { $_->{kind} eq 'round' && $_->{asked} > $from } $self->take_visits) >= ENOUGH }, SETTLED)
        or die "the visitors do not get on\n";
    return;
}

sub seen {
    my ($self, $from) = @_;
    my @verdicts = ((grep { $_->{asked} >= $from && $_->{kind} ne 'round' } $self->take_visits), $self->of_residents($from));
    push @verdicts, $self->of_ended;
    my %count;
    $count{ $_->{verdict} }++ for @verdicts;
    my @bad = grep { $_->{verdict} =~ /lost|admitted/ } @verdicts;
    Test::More::diag(join ' ', map { defined $bad[0]{$_} ? "$_=$bad[0]{$_}" : () } qw(kind who place status cleared verdict)) if @bad;
    return (answers => scalar @verdicts, unavailable => covered(grep { $_->{verdict} eq 'unavailable' } @verdicts), lost => $count{lost} // 0, admitted => $count{admitted} // 0);
}

# The seconds that belong to at least one of the answers.
sub covered {
    my ($seconds, $end) = (0, 0);
    for my $answer (sort { $a->{asked} <=> $b->{asked} } @_) {
        $seconds += max(0, $answer->{answered} - max($end, $answer->{asked}));
        $end = max($end, $answer->{answered});
    }
    return $seconds;
}

sub verdict_on_member {
    my ($self, $place, $status, $cleared) = @_;
    return 'lost' if $cleared;
    return 'served' if $status eq '200';
    return 'unavailable' if $status =~ /^5/ || $status eq 'late';
    return $self->is_front($place) ? 'unavailable' : 'cut' if $status eq 'broken';
    return 'lost';
}

sub of_residents {
    my ($self, $from) = @_;
    return map {
        my $place = $_->{server};
        map { { %$_, place => $place->{host}, verdict => $self->verdict_on_member($place, $_->{status}, $_->{cleared}) } }
            grep { $_->{asked} >= $from } $_->answers;
    } @{ $self->{loads} };
}

# The sessions that ended latest, on each node.
sub of_ended {
    my ($self) = @_;
    my @ended = grep { $_->{kind} eq 'ended' } @{ $self->{visits} };
    splice @ended, 0, @ended - CHECKED if @ended > CHECKED;
    my @verdicts;
    for my $ended (@ended) {
        for my $node (@{ $self->{nodes} }) {
            my $asked = now();
            my $reply = members($node, "auth_session=$ended->{cookie}") or next;
            my $status = $reply->status;
            push @verdicts, { kind => 'again', place => $node->{host}, status => $status, asked => $asked, answered => now(),
                verdict => $status == 200 ? 'admitted' : $status == 401 ? 'refused' : 'unavailable' };
        }
    }
    return @verdicts;
}

sub stop {
    my ($self) = @_;
    local ($?, $!);
    $_->stop for @{ delete $self->{loads} // [] };
    for my $visitor (@{ delete $self->{visitors} // [] }) {
        kill TERM => $visitor->{pid};
        waitpid $visitor->{pid}, 0;
    }
    return;
}

sub DESTROY { my ($self) = @_; $self->stop if $self->{owner} == $$ }

# One who signs in, looks around on all nodes, signs out, and looks again.
package LuciaTest::Workload::Visitor;
use parent -norequire, 'LuciaTest::Workload';
use LuciaTest;

sub round {
    my ($self) = @_;
    my $from = LuciaTest::Workload::now();
    my $cookie = $self->sign_in;
    for my $place (List::Util::shuffle($self->places)) {
        $self->look(valid => $place, $cookie, sub { $self->verdict_on_member($place, @_) });
    }
    $self->sign_out($cookie);
    $self->tell('ended', $from, 'done', '-', 0, $cookie->{value});
    for my $place (List::Util::shuffle($self->places)) {
        $self->look(ended => $place, $cookie, sub {
            my ($status) = @_;
            return $status eq '200' ? 'admitted' : $status eq '401' ? 'refused' : $self->verdict_on_member($place, $status, 0);
        });
    }
    return $self->tell('round', $from, 'done', '-', 0, '-');
}

sub tell {
    my ($self, $kind, $asked, @rest) = @_;
    my $line = join(' ', $kind, $asked, LuciaTest::Workload::now(), @rest) . "\n";
    syswrite($self->{out}, $line) == length $line or die "visits: $!\n";
    return;
}

# An answer, or what stands for it: 'broken', 'late'.
sub asked_of {
    my ($self, $place, $method, $path, %arg) = @_;
    my $asked = LuciaTest::Workload::now();
    my $reply = eval { $place->request($method => $path, timeout => 20, %arg) };
    my $status = $reply && $reply->status || (LuciaTest::Workload::now() - $asked > 19 ? 'late' : 'broken');
    return ($status, $reply, $asked);
}

sub look {
    my ($self, $kind, $place, $cookie, $verdict) = @_;
    my ($status, $reply, $asked) = $self->asked_of($place, GET => '/members/a.txt',
        headers => {LuciaTest::Workload::SCRIPT}, cookie => $cookie);
    my $cleared = $kind eq 'valid' && $reply && grep { $_->{value} eq '' } set_cookies($reply);
    return $self->tell($kind, $asked, $verdict->($status, $cleared), $place->{host}, $status, '-');
}

# Until it is confirmed: what was answered otherwise is uncertain. A session that such a sign-out has ended is unknown to the next
# one, which says so with 401.
sub until_confirmed {
    my ($self, $kind, $path, %arg) = @_;
    my $is_uncertain = 0;
    while (1) {
        my ($place) = List::Util::shuffle($self->places);
        my ($status, $reply, $asked) = $self->asked_of($place, POST => $path, %arg);
        my $is_done = $status eq '302' || ($is_uncertain && $kind eq 'sign-out' && $status eq '401');
        my $verdict = $is_done ? 'confirmed' : $self->verdict_on_member($place, $status, 0);
        $self->tell($kind, $asked, $verdict, $place->{host}, $status, '-');
        return $reply if $is_done;
        $is_uncertain ||= $verdict ne 'lost';
        Time::HiRes::sleep(LuciaTest::Workload::PAUSE);
    }
}

sub sign_in {
    my ($self) = @_;
    return cookie_of($self->until_confirmed('sign-in', '/account/login', form(username => $self->{name}, password => $PASSWORD)));
}

sub sign_out { my ($self, $cookie) = @_; return $self->until_confirmed('sign-out', '/account/logout', cookie => $cookie, origin => 1) }

1;
