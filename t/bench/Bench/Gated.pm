# SPDX-License-Identifier: Apache-2.0
#
# Everything side by side: one httpd with a virtual host for each kind of gate, and the Express applications beside it.
#
#     my $all = Bench::Gated->new;    # started, users made
#     $all->peers; $all->left_out;    # objects of Bench/Peers.pm; "name: why" of what this machine cannot run
#     $all->check;                    # dies unless every peer is a gate, to the end of its sessions
#     my $entries = $all->enter;      # { name => entry }
#
# All of it has the server's core to itself, PostgreSQL too: what a request costs there is the whole cost.
package Bench::Gated;
use strict;
use warnings;

use LuciaTest;
use LuciaTest::Postgres;
use Bench;
use Bench::Server;
use Bench::Peers;
use Bench::Express;
use Bench::OpenId;

my @FORM_MODULES = qw(auth_form request session session_cookie session_crypto session_dbd dbd authn_socache);
my @HOSTS = qw(sqlite cached lucia_basic form_dbd form_crypto basic);
my $SESSION_TABLE = 'CREATE TABLE session (key TEXT NOT NULL PRIMARY KEY, value TEXT, expiry BIGINT)';

sub new {
    my ($class) = @_;
    my $self = bless { left_out => [], postgres => scalar postgres() }, $class;
    $self->leave_out('PostgreSQL: it is not installed') if !$self->{postgres};
    $self->start_httpd;
    $self->{peers} = [$self->httpd_peers, $self->openid_peers, $self->express_peers];
    $_->prepare for $self->peers;
    return $self;
}

sub server   { $_[0]{server} }
sub peers    { @{ $_[0]{peers} } }
sub left_out { @{ $_[0]{left_out} } }
sub leave_out { my ($self, $what) = @_; push @{ $self->{left_out} }, $what; return }

sub postgres {
    return if !-x LuciaTest::Postgres::tool('postgres');
    my $postgres = LuciaTest::Postgres->new;
    Bench::output_of('taskset', '-a', '-c', '-p', Bench::server_core(), $postgres->pid);
    return $postgres;
}

# ---- httpd ----

sub start_httpd {
    my ($self) = @_;
    my @hosts = ((map { +{ name => $_, conf => $_ } } @HOSTS), $self->openid_hosts);
    push @hosts, { name => 'postgresql', conf => 'postgresql', params => $self->{postgres}->params } if $self->{postgres};
    my $sha = Bench::NAME . ':' . Bench::Users::sha(Bench::PASSWORD) . "\n";
    my $server = Bench::Server->new(
        hosts => \@hosts, modules => [@FORM_MODULES, $self->{provider} ? 'auth_openidc' : ()], prefix => ['taskset', '-c', Bench::server_core()],
        files => { 'conf/users.sha' => $sha, 'conf/users.bcrypt' => '' }, start => 0,
    );
    sqlite($server->dir . '/db/session.db', $_) for 'PRAGMA journal_mode = WAL', $SESSION_TABLE;
    LuciaTest::give(glob $server->dir . '/db/session.db*');
    $self->{server} = $server->start;
    return;
}

# One host for each kind of session of mod_auth_openidc; none, and the reason in left_out, where it cannot run.
sub openid_hosts {
    my ($self) = @_;
    if (my $why = Bench::OpenId->missing) {
        $self->leave_out("mod_auth_openidc: $why");
        return;
    }
    $self->{provider} = Bench::OpenId::provider();
    my %session = (openid_cache => 'server-cache', openid_cookie => 'client-cookie');
    return map { +{ name => $_, conf => 'openid', session => $session{$_}, Bench::OpenId::conf($self->{provider}) } } sort keys %session;
}

sub openid_peers {
    my ($self) = @_;
    return if !$self->{provider};
    my $url = sub { my ($name) = @_; return (name => $name, url => $self->server->origin($self->server->host_port($name))) };
    return (
        Bench::OpenId->new($url->('openid_cache'), what => 'mod_auth_openidc, session in shared memory'),
        Bench::OpenId->new($url->('openid_cookie'), what => 'mod_auth_openidc, session in the cookie', is_cookie => 1),
    );
}

sub httpd_peers {
    my ($self) = @_;
    my $server = $self->{server};
    my $sqlite = sub { my ($name) = @_; return sub { sqlite($server->dir . "/db/$name.db", @_) } };
    my $origin = sub { (name => $_[0], url => $server->origin($server->host_port($_[0]))) };
    my $postgres = $self->{postgres};
    return (
        Bench::Peer::Lucia->new($origin->('cached'), what => 'gated, session cache', rows => $sqlite->('luciauth')),
        Bench::Peer::Lucia->new($origin->('sqlite'), what => 'gated, straight from SQLite', rows => $sqlite->('luciauth')),
        Bench::Peer::LuciaBasic->new($origin->('lucia_basic'), what => 'Basic, password remembered', rows => $sqlite->('luciauth')),
        $postgres ? Bench::Peer::Lucia->new($origin->('postgresql'), what => 'gated, straight from PostgreSQL',
            rows => sub { $postgres->query(@_) }) : (),
        Bench::Peer::Form->new($origin->('form_dbd'), what => 'mod_auth_form, mod_session_dbd', rows => $sqlite->('session')),
        Bench::Peer::Form->new($origin->('form_crypto'), what => 'mod_auth_form, mod_session_crypto'),
        Bench::Peer::Basic->new($origin->('basic'), what => 'mod_auth_basic, bcrypt, mod_authn_socache',
            file => $server->dir . '/conf/users.bcrypt'),
    );
}

# ---- Express: a process each ----

sub express_peers {
    my ($self) = @_;
    if (my $why = Bench::Express->missing) {
        $self->leave_out("Express + Lucia: $why");
        return;
    }
    my $server = $self->{server};
    my %all = (core => Bench::server_core(), content => $server->dir . '/htdocs/gated/file.txt');
    my $file = $server->dir . '/db/express.db';
    my @peers = Bench::Express->new(%all, name => 'express_sqlite', what => 'Express + Lucia, SQLite',
        adapter => 'sqlite', database => $file, rows => sub { sqlite($file, @_) });
    my $postgres = $self->{postgres} or return @peers;
    return @peers, Bench::Express->new(%all, name => 'express_postgresql', what => 'Express + Lucia, PostgreSQL',
        adapter => 'postgresql', database => $postgres->url, rows => sub { $postgres->query(@_) });
}

# ---- Proof ----

sub enter { my ($self) = @_; return { map { $_->name => $_->enter } $self->peers } }

# Sessions end everywhere before any of them is looked at: the caches take their time together.
sub check {
    my ($self, $entries) = @_;
    $entries //= $self->enter;
    $_->answers($entries->{ $_->name }) for $self->peers;
    my @ended = map { my $peer = $_; map { [$peer, $_] } $peer->end_sessions } $self->peers;
    $_->[0]->gone($_->[1]) for @ended;
    return 1;
}

# ---- Measuring ----

sub measure {
    my ($class, %arg) = @_;
    my $self = $class->new;
    my $entries = $self->enter;
    $self->check($entries);
    my $plain = $self->server->host_url('sqlite', Bench::UNGATED);
    # A browser sends the cookie to every path, so the base line carries it, too.
    my %rate = (
        ungated => sub { Bench::file_rate($plain, $_[0], headers => $entries->{cached}{headers}) },
        no_cookie => sub { Bench::file_rate($plain, $_[0]) },
    );
    for my $peer ($self->peers) {
        my $headers = $entries->{ $peer->name }{headers};
        $rate{ $peer->name } = sub { Bench::file_rate($peer->gated_url, $_[0], headers => $headers) };
    }
    my @order = ('ungated', 'no_cookie', map { $_->name } $self->peers);
    my $rates = Bench::take_turns(%arg, order => \@order, rate => \%rate);
    $self->check($entries);
    my %what = (ungated => '1 KiB file, ungated', no_cookie => '1 KiB file, ungated, no cookie', map { $_->name => $_->what } $self->peers);
    return { order => \@order, what => \%what, rates => $rates, left_out => [$self->left_out] };
}

1;
