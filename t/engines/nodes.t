# SPDX-License-Identifier: Apache-2.0
# Two nodes with one PostgreSQL and one Redis, or memcached, set up as doc/nodes.md says: what is signed in or out on
# one counts on the other at once; while people work, children, a node, the cache and the database are killed.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Load;
use LuciaTest::Nodes;

use constant { NAME => 'alice', SOME => 100 };
use constant SCRIPT => (Accept => '*/*', 'Sec-Fetch-Mode' => 'cors');

sub enter {
    my ($node, $path) = @_;
    my $reply = $node->request(POST => "/account/$path", form(username => NAME, password => $PASSWORD));
    return cookie_of($reply) if $reply->status == 302 && cookie_of($reply);
    die "/account/$path answered " . $reply->bytes;
}

sub sign_in  { return enter($_[0], 'login') }
sub sign_out { return $_[0]->request(POST => '/account/logout', cookie => $_[1], origin => 1)->status }
sub members  { return $_[0]->request(GET => '/members/a.txt', headers => {SCRIPT}, cookie => $_[1])->status }

# ---- People at work ----

# Sessions that were made here and there, each used on both nodes all the time.
sub put_to_work {
    my ($nodes, @people) = @_;
    my ($one, $two) = $nodes->servers;
    my $work = { nodes => $nodes, windows => [], ended => {} };
    for my $i (0 .. $#people) {
        $work->{cookies}{ $people[$i] } = sign_in($i % 2 ? $one : $two);
    }
    for my $node ($one, $two) {
        my %requests = map { $_ => $node->bytes_of(GET => '/members/a.txt', headers => { SCRIPT, Connection => 'keep-alive' },
            cookie => $work->{cookies}{$_}) } @people;
        push @{ $work->{loads} }, LuciaTest::Load->new($node, \%requests);
    }
    return $work;
}

sub go_on { my ($work) = @_; LuciaTest::Load::wait_for_each(SOME, 200, @{ $work->{loads} }); return }

# While the code runs, and only then, the host may break connections, or any host ('') may answer 503.
sub while_it {
    my ($work, $status, $host, $code) = @_;
    my $window = { status => $status, host => $host, from => LuciaTest::Load::now() };
    push @{ $work->{windows} }, $window;
    $code->();
    $window->{to} = LuciaTest::Load::now();
    return;
}

sub leave {
    my ($work, $who, $node, $name) = @_;
    my $from = LuciaTest::Load::now();
    is sign_out($node, $work->{cookies}{$who}), 302, "$name: $who signs out";
    $work->{ended}{$who} = { from => $from, to => LuciaTest::Load::now() };
    return;
}

# And so do the others, on the other node.
sub leaves_all {
    my ($work, $who, $node, $name) = @_;
    leave($work, $who, $node, $name);
    is members($_, $work->{cookies}{$who}), 401, "$name: at once nothing on $_->{host}" for reverse $work->{nodes}->servers;
    return;
}

# There and back, with a session of its own.
sub goes_across {
    my ($nodes, $name) = @_;
    my @servers = $nodes->servers;
    for my $pair ([@servers], [reverse @servers]) {
        my ($here, $there) = @$pair;
        my $cookie = sign_in($here);
        is members($there, $cookie), 200, "$name: signed in on $here->{host}, works on $there->{host}";
        is members($here, $cookie), 200, "$name: and where it came from";
        is sign_out($there, $cookie), 302, "$name: signed out there";
        is members($_, $cookie), 401, "$name: at once nothing on $_->{host}" for $here, $there;
    }
    return;
}

# ---- Verdicts ----

use constant LATE => 1;    # seconds in which a client may still use a connection that was cut

sub is_excused {
    my ($work, $answer, $host) = @_;
    return grep { $_->{status} eq $answer->{status} && (!$_->{host} || $_->{host} eq $host) && $answer->{answered} >= $_->{from}
        && $answer->{asked} <= $_->{to} + ($_->{status} eq 'broken' ? LATE : 0) } @{ $work->{windows} };
}

sub verdict {
    my ($work, $answer, $host) = @_;
    return 'excused' if is_excused($work, $answer, $host);
    my $end = $work->{ended}{ $answer->{who} };
    return $answer->{status} eq '200' ? 'served' : 'wronged' if !$end || $answer->{answered} < $end->{from};
    return $answer->{status} eq '401' ? 'refused' : 'admitted' if $answer->{asked} > $end->{to};
    return $answer->{status} =~ /^(?:200|401)$/ ? 'meanwhile' : 'wronged';
}

sub judge {
    my ($work, $name) = @_;
    for my $load (@{ $work->{loads} }) {
        $load->stop;
        my $host = $load->{server}{host};
        my (%count, @bad);
        for my $answer ($load->answers) {
            my $verdict = verdict($work, $answer, $host);
            $count{$verdict}++;
            push @bad, $answer if $verdict =~ /wronged|admitted/;
        }
        note "$host: ", join ', ', map { "$count{$_} $_" } sort keys %count;
        is $count{wronged} // 0, 0, "$name: $host: nobody was signed out, or sent away, of " . $count{served};
        is $count{admitted} // 0, 0, "$name: $host: nobody was let in after signing out, of " . $count{refused};
        diag join ' ', %$_ for grep { $_ } @bad[0 .. 4];
    }
    return;
}

sub is_used {
    my ($nodes, $name) = @_;
    for my $node ($nodes->servers) {
        my $cookie = sign_in($node);
        ok wait_until(sub { members($node, $cookie); $nodes->record_of($cookie) }, 30), "$name: $node->{host} uses the cache";
    }
    return;
}

# A node that starts when the cache is back has no reason to wait, and believes it; one that saw it die has, and must
# not keep a sign-out for itself.
sub check_return {
    my ($nodes) = @_;
    my ($one, $two) = $nodes->servers;
    my @gone = map { sign_in($one) } 1 .. 4;
    $nodes->cache->stop;
    is sign_out($one, $_), 302, 'signed out without the cache' for @gone;
    $two->stop;
    $nodes->cache->start;
    $two->start;
    for my $round (1 .. 3) {
        my $cookie = sign_in($two);
        is members($two, $cookie), 200, 'a node that just started lets in';
        ok $nodes->record_of($cookie), 'a restarted node uses the cache';
        is sign_out($one, $cookie), 302, 'signed out on the node that saw it die';
        is members($two, $cookie), 401, 'a sign-out is effective at once on the other node';
    }
    return;
}

# ---- What is killed ----

sub child_dies {
    my ($work, $node) = @_;
    while_it($work, 'broken', $node->{host}, sub { ok $node->kill_child, "a child of $node->{host} is killed" });
    go_on($work);
    leaves_all($work, 'bob', $node, 'without a child');
    return;
}

sub cache_dies {
    my ($work, $node) = @_;
    my $nodes = $work->{nodes};
    $nodes->cache->stop;
    go_on($work);
    goes_across($nodes, 'without the cache');
    leaves_all($work, 'carol', $node, 'without the cache');
    like $node->error_log, qr/LUCI0402/, 'the log says that it is gone';
    $nodes->cache->start;
    leaves_all($work, 'dave', $node, 'with the cache just back');
    is_used($nodes, 'the cache is back');
    go_on($work);
    return;
}

sub node_dies {
    my ($work, $node, $other) = @_;
    my $port = $node->port;
    while_it($work, 'broken', $node->{host}, sub {
        $node->crash;
        $_->wait_for(SOME, 200) for grep { $_->{server} == $other } @{ $work->{loads} };
        leave($work, 'erin', $other, 'without a node');
        is members($other, $work->{cookies}{erin}), 401, 'without a node: a sign-out is effective at once on the other';
        is members($other, sign_in($other)), 200, 'without a node: sign-in works on the other';
        $node->start;
    });
    is $node->port, $port, 'the node is where it was';
    go_on($work);
    is members($node, $work->{cookies}{erin}), 401, 'the node that comes back has not missed it';
    return;
}

# Then, and only then, is there a 503, and none that ends anything.
sub database_dies {
    my ($work, $node) = @_;
    my $postgres = $work->{nodes}->postgres;
    while_it($work, 503, '', sub {
        $postgres->stop;
        LuciaTest::Load::wait_for_each(SOME, 503, @{ $work->{loads} });
        is sign_out($node, $work->{cookies}{frank}), 503, 'sign-out without the database answers 503';
        is $node->request(POST => '/account/login', form(username => NAME, password => $PASSWORD))->status, 503, 'sign-in without the database answers 503';
        $postgres->start;
        go_on($work);
    });
    go_on($work);
    leaves_all($work, 'frank', $node, 'with the database back');
    return;
}

sub check_quiet {
    my ($nodes) = @_;
    enter(($nodes->servers)[0], 'signup');
    goes_across($nodes, 'quiet');
    check_return($nodes);
    is_used($nodes, 'quiet');
    return;
}

sub check_busy {
    my ($nodes) = @_;
    my ($one, $two) = $nodes->servers;
    my $work = put_to_work($nodes, qw(bob carol dave erin frank grace));
    go_on($work);
    goes_across($nodes, 'busy');
    child_dies($work, $two);
    cache_dies($work, $one);
    node_dies($work, $two, $one);
    database_dies($work, $two);
    judge($work, $nodes->kind);
    return;
}

sub finish {
    my ($nodes) = @_;
    unlike $_->error_log, qr/exit signal Segmentation/, "$_->{host}: no process died by itself" for $nodes->servers;
    return;
}

subtest redis => sub {
    my $nodes = LuciaTest::Nodes->new('redis');
    check_quiet($nodes);
    check_busy($nodes);
    finish($nodes);
};

# t/long/nodes_postgres.t kills it under load.
subtest memcached => sub {
    my $nodes = LuciaTest::Nodes->new('memcache');
    check_quiet($nodes);
    finish($nodes);
};

done_testing;
