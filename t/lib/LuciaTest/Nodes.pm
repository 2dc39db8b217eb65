# SPDX-License-Identifier: Apache-2.0
#
# What doc/nodes.md describes, as it stands there: two nodes, a PostgreSQL, and a Redis or memcached. Only addresses,
# ports and folders are replaced, each of which has to be there.
#
#     my $nodes = LuciaTest::Nodes->new('redis');       # or 'memcache'
#     my ($one, $two) = $nodes->servers;                # LuciaTest::Server; requests go to them as to the balancer's name
#     $nodes->postgres, $nodes->cache;                  # to be stopped and started
#     $nodes->record_of($cookie)                        # what the cache has for a session
package LuciaTest::Nodes;
use strict;
use warnings;

use Digest::SHA qw(sha256);
use Sys::Hostname qw(hostname);
use LuciaTest;
use LuciaTest::Postgres;
use LuciaTest::Service;

my $page = LuciaTest::Server::slurp(LuciaTest::top() . '/doc/nodes.md');

# The lines below **`name`**, without their indent.
sub block {
    my ($name) = @_;
    my ($text) = $page =~ /^\*\*`\Q$name\E`\*\*[^\n]*\n\n((?: {4}[^\n]*\n|\n)+)/m or die "doc/nodes.md has no $name\n";
    return $text =~ s/^ {4}//gmr;
}

sub replaced {
    my ($text, @pairs) = @_;
    while (my ($old, $new) = splice @pairs, 0, 2) {
        $text =~ s/\Q$old\E/$new/g or die "doc/nodes.md: no $old in\n$text";
    }
    return $text;
}

sub new {
    my ($class, $kind) = @_;
    my $self = bless { kind => $kind, dir => LuciaTest::work_dir('nodes') }, $class;
    $self->make_database;
    $self->{cache} = LuciaTest::Nodes::Cache->new($kind);
    my $config = $self->config;
    $self->{servers} = [map { LuciaTest::Nodes::Server->new(host => $_, modules => ["socache_$kind"], config => $config,
        files => { 'htdocs/members/a.txt' => "inside\n" }) } '127.0.0.2', '127.0.0.3'];
    return $self;
}

sub servers  { @{ $_[0]{servers} } }
sub postgres { $_[0]{postgres} }
sub cache    { $_[0]{cache} }
sub kind     { $_[0]{kind} }

sub make_database {
    my ($self) = @_;
    my $postgres = $self->{postgres} = LuciaTest::Postgres->new;
    my $sql = block('psql');
    my ($password) = $sql =~ /PASSWORD '([^']+)'/ or die "doc/nodes.md: no password\n";
    $postgres->query($_) for grep { /\S/ } split /;\s*/, $sql;
    open my $hba, '>', $postgres->data . '/pg_hba.conf' or die $!;
    print $hba replaced(block('pg_hba.conf'), '10.0.0.0/24' => '127.0.0.1/32'), "local all all trust\n";
    close $hba or die $!;
    $postgres->query_in(undef, 'SELECT pg_reload_conf()');
    open my $secret, '>', "$self->{dir}/db-password" or die $!;
    chmod 0600, "$self->{dir}/db-password";
    print $secret "$password\n";
    close $secret or die $!;
    return;
}

# memcached takes Redis's place in one line.
sub config {
    my ($self) = @_;
    my $text = block('luciauth.conf');
    if ($self->{kind} eq 'memcache') {
        my ($line) = block('luciauth.conf, with memcached') =~ /^(LuciaSessionCache .*)$/m;
        $text =~ s/^LuciaSessionCache redis:.*$/$line/m or die "no line to replace\n";
    }
    return replaced($text, 'host=10.0.0.21 port=5432' => 'host=127.0.0.1 port=' . $self->postgres->port,
        '{file:/etc/luciauth/' => "{file:$self->{dir}/", $self->cache->documented => '127.0.0.1:' . $self->cache->{port});
}

# The words of LuciaDatabase as they are written are what the key is made of.
sub record_of {
    my ($self, $cookie) = @_;
    my ($params) = $self->config =~ /^LuciaDatabase pgsql "(.*)"$/m;
    return $self->cache->get('luciauth:' . unpack 'H*', sha256($cookie->{value}) ^ sha256("pgsql\n$params\@" . hostname() . "\nuser_session"));
}

# A node, asked as the balancer asks: by the site's name.
package LuciaTest::Nodes::Server;
use parent -norequire, 'LuciaTest::Server';

my ($origin) = LuciaTest::Nodes::block('luciauth.conf') =~ m{^ServerName (https://\S+)$}m;

sub bytes_of {
    my ($self, $method, $path, %arg) = @_;
    $arg{origin} = $origin if ($arg{origin} // '') eq '1';
    return $self->SUPER::bytes_of($method, $path, host => $origin =~ s{https://}{}r, %arg);
}

# Power off: the server and all its children at once.
sub crash {
    my ($self) = @_;
    my $pid = $self->pid;
    kill KILL => -$pid or die "no such group: $!\n";
    LuciaTest::wait_until(sub { $self->reap }, 10) or die "httpd lives\n";
    return;
}

package LuciaTest::Nodes::Cache;
use parent -norequire, 'LuciaTest::Service';

sub documented { return $_[0]{kind} eq 'redis' ? '10.0.0.22:6379' : '10.0.0.22:11211' }

sub command {
    my ($self) = @_;
    if ($self->{kind} eq 'redis') {
        my $text = LuciaTest::Nodes::replaced(LuciaTest::Nodes::block('redis.conf'), 'bind 10.0.0.22' => 'bind 127.0.0.1', 'port 6379' => "port $self->{port}");
        open my $out, '>', "$self->{dir}/redis.conf" or die $!;
        print $out $text;
        close $out or die $!;
        return ('redis-server', "$self->{dir}/redis.conf", '--dir', "$self->{dir}");
    }
    my ($user) = LuciaTest::server_user();
    my $text = LuciaTest::Nodes::replaced(LuciaTest::Nodes::block('memcached'), '10.0.0.22' => '127.0.0.1', '11211' => $self->{port});
    return (split(' ', $text), $user ? ('-u', $user) : ());
}

1;
