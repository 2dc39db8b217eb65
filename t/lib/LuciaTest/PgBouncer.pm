# SPDX-License-Identifier: Apache-2.0
#
# A PgBouncer of a test's own in front of a LuciaTest::Postgres, stopped when the object goes away.
#
#     my $pooler = LuciaTest::PgBouncer->new(postgres => $postgres, mode => 'transaction', size => 3);
#     $pooler->line($database)     # a LuciaDatabase line that goes through it
package LuciaTest::PgBouncer;
use strict;
use warnings;
use parent -norequire, 'LuciaTest::Postgres';

use LuciaTest ();
use LuciaTest::Postgres;

sub kind       { 'pgbouncer' }
sub end_signal { 'TERM' }        # at once; INT waits for clients
sub making     { ('true') }
sub file       { $_[0]->dir . '/pgbouncer.ini' }

# The port is known only now. auth_type any takes each client for the user that the line of the databases names.
sub serving {
    my ($self) = @_;
    my $postgres = $self->{postgres};
    open my $out, '>', $self->file or die $self->file . ": $!";
    print $out join "\n", '[databases]', '* = host=' . $postgres->dir . ' port=' . $postgres->port . ' user=' . LuciaTest::Postgres::USER, '[pgbouncer]',
        'listen_addr = 127.0.0.1', 'listen_port = ' . $self->port, 'unix_socket_dir = ' . $self->dir, 'auth_type = any', "pool_mode = $self->{mode}",
        "default_pool_size = $self->{size}", 'max_client_conn = 500', 'server_lifetime = 3600', 'server_login_retry = 1', '';
    close $out or die $self->file . ": $!";
    return ('pgbouncer', $self->file);
}

1;
