# SPDX-License-Identifier: Apache-2.0
# The same site on each database engine: its use cases, the server going away and coming back, tables of Lucia
# v2's making, tables made by many at once, one name wanted by many at once, and indexes for every statement.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

my $GATE = "<Location /vault>\nAuthType Lucia\nRequire valid-user\n</Location>\n";

sub serve {
    my ($line, $config, %arg) = @_;
    return LuciaTest::Server->new(
        config => "$line\n$CHEAP\nLuciaMount /\n$GATE" . ($config // ''), files => { 'htdocs/vault/a.txt' => 'inside' }, %arg);
}

sub vault { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', cookie => $cookie) }
sub sign_up_answer { my ($server, $name) = @_; return $server->request(POST => '/signup', form(username => $name, password => $PASSWORD)) }

sub check_use_cases {
    my ($engine) = @_;
    my $server = serve($engine->line($engine->create('use_cases')));
    my $signed_up = sign_up($server, 'Alice');
    is vault($server, $signed_up)->body, 'inside', 'who signed up is let in';
    is vault($server)->status, 401, 'nobody else is';
    my $signed_in = sign_in($server, 'aLICE');
    is vault($server, $signed_in)->body, 'inside', 'so is who signed in, however the name is written';
    is error_in(sign_up_answer($server, 'ALICE')), 'Username already taken', 'a taken name is taken';
    is error_in($server->request(POST => '/login', form(username => 'nobody', password => $PASSWORD))),
        'Incorrect username or password', 'a name that nobody has';
    is error_in($server->request(POST => '/login', form(username => 'alice', password => 'wrong one'))),
        'Incorrect username or password', 'a wrong password';
    is $server->request(POST => '/logout', form(), cookie => $signed_in, origin => $server->origin)->status, 302, 'sign-out';
    is vault($server, $signed_in)->status, 401, 'ends the session';
    is vault($server, $signed_up)->status, 200, 'and no other';
    sign_up($server, "\x{fc}ser \x{1f600} \x{4e2d}\x{6587}");
    like $server->request(GET => '/', cookie => sign_in($server, "\x{dc}SER \x{1f600} \x{4e2d}\x{6587}"))->body,
        qr/\xc3\xbcser \xf0\x9f\x98\x80 \xe4\xb8\xad\xe6\x96\x87/, 'names in any script come back as they were';
    sign_up($server, $_) for 'user', 'user ', "us\xc3\xa9r", 'us_r';
    pass 'a blank or an accent makes another name';
    return;
}

sub check_restart {
    my ($engine) = @_;
    my $server = serve($engine->line($engine->create('restart')));
    my $cookie = sign_up($server, 'alice');
    $engine->restart;
    sign_up($server, 'bobby');
    is vault($server, $cookie)->status, 200, 'a restart of the database goes unnoticed';
    $engine->stop;
    is vault($server, $cookie)->status, 503, 'while it is away the gate is closed';
    is sign_up_answer($server, 'carla')->status, 503, 'and nobody signs up' for 1 .. 4;
    $engine->start;
    is vault($server, $cookie)->status, 200, 'back as soon as it is';
    sign_up($server, 'carla');
    unlike $server->error_log, qr/exit signal|Segmentation/, 'no process of httpd died';
    unlike $server->error_log, qr/\Q$PASSWORD\E|carla/i, 'the log holds no value';
    return;
}

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->new;
    subtest $engine->kind => sub {
        subtest 'use cases' => sub { check_use_cases($engine) };
        subtest 'the server goes and comes' => sub { check_restart($engine) };
    };
}

done_testing;
