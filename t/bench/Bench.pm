# SPDX-License-Identifier: Apache-2.0
#
# What t/bench/run and t/bench/instructions share: the measured server and its visitor.
#
#     my $server = Bench::Server->new(prefix => ['taskset', '-c', 1], mode => '-DFOREGROUND', mpm => 'event');
#     my $cookie = Bench::visitor($server);      # signs up; "auth_session=..."
#     Bench::answers($server, $cookie);          # dies unless gate and sign-in really are what they claim (visitor does it, too)
#
# A Bench::Server is a LuciaTest::Server with t/bench/httpd.conf for its configuration. prefix is put before
# httpd on the command line, lucia => 0 leaves mod_luciauth out, hash is LuciaPasswordHash's value.
package Bench;
use strict;
use warnings;

use LuciaTest;

use constant { NAME => 'bench', PASSWORD => 'correct horse' };
use constant { UNGATED => '/plain/file.txt', GATED => '/gated/file.txt', LOGIN => '/account/login' };

my $content = join '', map { chr(33 + $_ * 7 % 90) } 1 .. 1024;

sub median {
    my @sorted = sort { $a <=> $b } @_;
    my $middle = int(@sorted / 2);
    return @sorted % 2 ? $sorted[$middle] : ($sorted[ $middle - 1 ] + $sorted[$middle]) / 2;
}

sub must {
    my ($what, $reply, $status) = @_;
    die "$what answers " . $reply->status . ", not $status:\n" . $reply->bytes if $reply->status != $status;
    return $reply;
}

# Everything really answers as it should, or nothing is measured.
sub visitor {
    my ($server) = @_;
    my $reply = must('sign-up', $server->request(POST => '/account/signup', form(username => NAME, password => PASSWORD)), 302);
    my $cookie = cookie_of($reply) or die "sign-up sets no cookie\n";
    return answers($server, "$cookie->{name}=$cookie->{value}");
}

sub answers {
    my ($server, $cookie) = @_;
    my %strangers = ('without a session' => [], 'with an unknown session' => [cookie => 'auth_session=' . 'a' x 40]);
    for my $who (sort keys %strangers) {
        must("the gate, $who,", $server->request(GET => GATED, accept => '*/*', @{ $strangers{$who} }), 401);
        must("the gate, $who,", $server->request(GET => GATED, accept => 'text/html', @{ $strangers{$who} }), 302);
    }
    for my $path (GATED, UNGATED) {
        my $reply = must($path, $server->request(GET => $path, cookie => $cookie), 200);
        die "$path has another content\n" if $reply->body ne $content;
    }
    must('sign-in, wrong password,', $server->request(POST => LOGIN, form(username => NAME, password => 'wrong!')), 400);
    my $reply = must('sign-in', $server->request(POST => LOGIN, form(username => NAME, password => PASSWORD)), 302);
    cookie_of($reply) or die "sign-in sets no cookie\n";
    return $cookie;
}

package Bench::Server;
use parent -norequire, 'LuciaTest::Server';

my @modules = qw(
    access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex deflate dir env
    filter mime negotiation reqtimeout setenvif status unixd
);

sub new {
    my ($class, %arg) = @_;
    return LuciaTest::Server::new(
        $class,
        files => { 'htdocs/plain/file.txt' => $content, 'htdocs/gated/file.txt' => $content },
        mode => '-DFOREGROUND', prefix => [], hash => 'argon2id', %arg,
    );
}

sub write_config {
    my ($self) = @_;
    my ($user, $group) = LuciaTest::server_user();
    my $static = LuciaTest::Config::static_modules();
    my @load = map { [ "${_}_module", LuciaTest::apxs('libexecdir') . "/mod_$_.so" ] }
        grep { !$static->{"mod_$_.c"} } "mpm_$self->{mpm}", @modules;
    push @load, ['luciauth_module', LuciaTest::module()] if $self->{lucia};
    my %value = (
        load    => join("\n", map { "LoadModule $_->[0] $_->[1]" } @load),
        account => $user ? "User $user\nGroup $group" : '',
        hash    => $self->{hash},
    );
    my $text = LuciaTest::Server::slurp(LuciaTest::top() . '/t/bench/httpd.conf');
    $text =~ s/\@(load|account|hash)\@/$value{$1}/g;
    $self->write($_, $self->{files}{$_}) for keys %{ $self->{files} };
    $self->write('conf/httpd.conf', $self->fill_in($text));
    return;
}

sub spawn {
    my ($self) = @_;
    defined(my $pid = fork) or die "fork: $!";
    return $pid if $pid;
    POSIX::setsid();    # httpd ends with a signal to its whole process group
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', $self->dir . '/logs/stderr';
    open STDERR, '>&', \*STDOUT;
    chdir '/';
    exec @{ $self->{prefix} }, LuciaTest::httpd(), '-d', $self->dir, '-f', $self->conf_file, $self->{mode}
        or POSIX::_exit(127);
}

1;
