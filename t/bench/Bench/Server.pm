# SPDX-License-Identifier: Apache-2.0
#
# The measured httpd: t/bench/conf/httpd.conf and a virtual host, on a port of its own, for each thing that is measured.
#
#     my $server = Bench::Server->new(
#         hosts  => [{ name => 'cached', conf => 'cached' }, ...],    # t/bench/conf/cached.conf; further keys fill in its @key@
#         mpm    => 'event', processes => 'one',        # or 'debian': t/bench/conf/processes_debian.conf
#         prefix => ['taskset', '-c', 1],               # before httpd on the command line
#         modules => ['session', ...], lucia => 0, mode => '-X');
#     $server->host_url('cached', '/gated/file.txt');
#
# It is a LuciaTest::Server otherwise. The content is the same for all: htdocs/plain and htdocs/gated.
package Bench::Server;
use strict;
use warnings;

use LuciaTest;
use Bench;
use parent -norequire, 'LuciaTest::Server';

# What Debian enables by default, and the cache's provider.
my @MODULES = qw(
    access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex deflate dir env
    filter mime negotiation reqtimeout setenvif socache_shmcb status unixd
);

sub new {
    my ($class, %arg) = @_;
    my $content = Bench::content();
    return LuciaTest::Server::new(
        $class,
        mode => '-DFOREGROUND', prefix => [], hash => 'argon2id', processes => 'one', ports => scalar @{ $arg{hosts} }, %arg,
        files => { 'htdocs/plain/file.txt' => $content, 'htdocs/gated/file.txt' => $content, %{ $arg{files} // {} } },
    );
}

sub host_port {
    my ($self, $name) = @_;
    my ($number) = grep { $self->{hosts}[ $_ - 1 ]{name} eq $name } 1 .. @{ $self->{hosts} } or die "no host $name\n";
    return $self->port_number($number);
}

sub host_url { my ($self, $name, $path) = @_; $self->origin($self->host_port($name)) . $path }

# Starts with the ports that the addresses in use name.
sub start_again {
    my ($self) = @_;
    $self->stop;
    my $outcome = $self->start_once;
    die "httpd did not start again ($outcome):\n" . $self->stderr . $self->error_log if $outcome ne 'ready';
    return;
}

# ---- Configuration ----

sub conf_text {
    my ($self, $name, %value) = @_;
    my $text = LuciaTest::Server::slurp(Bench::home() . "/conf/$name.conf");
    die "t/bench/conf/$name.conf is missing or empty\n" if !length $text;
    $text =~ s/\@(\w+)\@/$value{$1} \/\/ "\@$1\@"/ge;
    return $self->fill_in($text);
}

sub load_lines {
    my ($self) = @_;
    my $static = LuciaTest::Config::static_modules();
    my @load = map { [ "${_}_module", LuciaTest::apxs('libexecdir') . "/mod_$_.so" ] }
        grep { !$static->{"mod_$_.c"} } "mpm_$self->{mpm}", @MODULES, @{ $self->{modules} };
    push @load, ['luciauth_module', LuciaTest::module()] if $self->{lucia};
    return join "\n", map { "LoadModule $_->[0] $_->[1]" } @load;
}

sub write_config {
    my ($self) = @_;
    my ($user, $group) = LuciaTest::server_user();
    $self->write($_, $self->{files}{$_}) for keys %{ $self->{files} };
    my @ports = map { $self->host_port($_->{name}) } @{ $self->{hosts} };
    my $text = $self->conf_text('httpd',
        load => $self->load_lines, account => $user ? "User $user\nGroup $group" : '',
        listen => join("\n", map { "Listen 127.0.0.1:$_" } @ports));
    $text .= $self->conf_text("processes_$self->{processes}") if $self->{mpm} ne 'prefork';
    $text .= $self->conf_text($_->{conf}, hash => $self->{hash}, form => $self->conf_text('form'), here => $self->host_port($_->{name}), %$_)
        for @{ $self->{hosts} };
    $self->write('conf/httpd.conf', $text);
    return;
}

sub spawn {
    my ($self) = @_;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    POSIX::setsid();    # httpd ends with a signal to its whole process group
    LuciaTest::follow_parent();
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', $self->dir . '/logs/stderr';
    open STDERR, '>&', \*STDOUT;
    chdir '/';
    exec @{ $self->{prefix} }, LuciaTest::httpd(), '-d', $self->dir, '-f', $self->conf_file, $self->{mode}
        or POSIX::_exit(127);
}

1;
