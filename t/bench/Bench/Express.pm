# SPDX-License-Identifier: Apache-2.0
#
# Express + lucia@2.7.7 (t/interop/bench.mjs) as a peer:
#
#     my $express = Bench::Express->new(name => 'express_sqlite', what => 'Express + Lucia, SQLite',
#         adapter => 'sqlite', database => $file, content => $file, core => 1, processes => 1, rows => sub { ... });
#
# The application runs from new to the object's end.
package Bench::Express;
use strict;
use warnings;

use LuciaTest;
use LuciaTest::Application;
use Bench;
use Bench::Peers;
use Interop;
use parent -norequire, 'Bench::Peer';

use constant COOKIE => 'auth_session';

sub new {
    my ($class, %arg) = @_;
    my $self = Bench::Peer::new($class, %arg);
    $self->{guide} = LuciaTest::Application->new(
        env => { NODE_ENV => 'production' },
        command => [
            'taskset', '-c', $arg{core}, 'node', Interop::home() . '/bench.mjs', '--adapter', $arg{adapter},
            '--database', $arg{database}, '--content', $arg{content}, '--processes', $arg{processes} // 1,
        ],
    );
    $self->{url} = $self->{guide}->url;
    return $self;
}

# Why it cannot be measured here; nothing when it can.
sub missing {
    return 'there is no node' if system('node -e 0 2>/dev/null') != 0;
    return 'npm ci was not run in t/interop' if !-e Interop::home() . '/node_modules/.package-lock.json';
    return;
}

sub cookie { COOKIE }
sub fields { return (username => Bench::NAME, password => $_[0]) }
sub enter  { my ($self) = @_; return $self->sign_in('/login', COOKIE, fields(Bench::PASSWORD)) }

sub prepare {
    my ($self) = @_;
    return $self->must('sign-up', $self->client->request(POST => '/signup', form(fields(Bench::PASSWORD))), 302);
}

sub strangers {
    my ($self, $entry) = @_;
    return ['Cookie: ' . COOKIE . '=' . 'a' x 40], ["Cookie: $entry->{cookie}a"];
}

sub try_wrong_password { my ($self) = @_; return $self->wrong_password('/login', fields('wrong!')) }

sub ways {
    my ($self) = @_;
    return (
        'sign-out' => sub { $self->sign_out('/logout', $_[0], 302); return },
        'its row is deleted' => sub {
            my ($id) = $_[0]{cookie} =~ /=(.*)/;
            $self->{rows}->('DELETE FROM bench_session WHERE id = ?', $id) == 1 or die "$self->{name}: there was no such row\n";
            return;
        },
    );
}

1;
