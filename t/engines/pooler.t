# SPDX-License-Identifier: Apache-2.0
# PostgreSQL behind a real PgBouncer, which lends few connections of the server to many of ours: no statement is taken for
# another one, no session is lost, and nothing is left on the connections that other programs get afterwards.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;
use LuciaTest::PgBouncer;
use LuciaTest::Postgres;
use LuciaTest::Gate qw(CHEAP_SITE VAULT);
use LuciaTest::Site;
use POSIX ();

LuciaTest::only_files('this brings its own PostgreSQL');

use constant { CLIENTS => 6, ROUNDS => 8, SERVER_CONNECTIONS => 3 };

sub serve {
    my ($line) = @_;
    return LuciaTest::Server->new(config => CHEAP_SITE =~ s/^LuciaDatabase.*/$line/mr . VAULT . "LuciaSessionCache off\n",
        files => { 'htdocs/vault/a.txt' => 'inside' });
}

sub vault { my ($server, $cookie) = @_; return $server->request(GET => '/vault/a.txt', cookie => $cookie)->status }

# One client: each answer that is not the right one. A session lets in until it is ended, and not afterwards.
sub wrong_answers {
    my ($server, $client) = @_;
    my @wrong;
    for my $round (1 .. ROUNDS) {
        my $cookie = eval { sign_up($server, "user-$client-$round") };
        if (!$cookie) {
            push @wrong, "sign-up: $@";
            next;
        }
        push @wrong, map { $_ == 200 ? () : "signed in: $_" } map { vault($server, $cookie) } 1 .. 3;
        my $out = $server->request(POST => '/logout', form(), cookie => $cookie, origin => $server->origin)->status;
        push @wrong, "sign-out: $out" if $out != 302;
        push @wrong, map { $_ == 401 || $_ == 302 ? () : "signed out: $_" } vault($server, $cookie);
    }
    return @wrong;
}

# All clients at once, each in a process of its own. Returns the wrong answers of all.
sub wrong_answers_of_all {
    my ($server) = @_;
    my @clients;
    for my $client (1 .. CLIENTS) {
        defined(my $pid = open my $out, '-|') or die "fork: $!";
        if (!$pid) {
            print map { "$_\n" } wrong_answers($server, $client);
            close STDOUT;
            POSIX::_exit(0);
        }
        push @clients, $out;
    }
    return map { my @said = <$_>; close $_; $? ? (@said, "a client ended with $?\n") : @said } @clients;
}

sub check {
    my ($postgres, $mode, $size) = @_;
    my $pooler = LuciaTest::PgBouncer->new(postgres => $postgres, mode => $mode, size => $size);
    my $database = $postgres->create;
    my $server = serve($pooler->line($database));
    my @wrong = wrong_answers_of_all($server);
    is scalar @wrong, 0, "pool_mode=$mode: each answer to @{[CLIENTS]} clients at once is the right one" or diag @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
    unlike $server->error_log, qr/LUCI0302/, "pool_mode=$mode: no database error is logged";
    my $handle = $pooler->connect($database);
    is $handle->selectrow_array('SELECT count(*) FROM pg_prepared_statements'), 0, "pool_mode=$mode: the next client finds no prepared statement";
    is $handle->selectrow_array("SELECT current_setting('statement_timeout')"), '0', "pool_mode=$mode: the next client finds the default of statement_timeout";
    $handle->disconnect;
    my $end = LuciaTest::Ctl->of($pooler, $database)->run(qw(user list --json));
    is $end->{status}, 0, "pool_mode=$mode: luciactl lists the users" or diag $end->{err};
    is scalar(() = $end->{out} =~ /"username":/g), CLIENTS * ROUNDS, "pool_mode=$mode: every user who signed up exists";
    is $postgres->value_in($database, 'SELECT count(*) FROM user_session'), 0, "pool_mode=$mode: every session that was signed out is gone";
    $server->stop;
    return;
}

# Without transactions nothing can be created or stored, and a start says why in the log.
sub check_statement_mode {
    my ($postgres) = @_;
    my $pooler = LuciaTest::PgBouncer->new(postgres => $postgres, mode => 'statement', size => SERVER_CONNECTIONS);
    my $server = serve($pooler->line($postgres->create));
    is $server->request(POST => '/signup', form(username => 'alice', password => $PASSWORD))->status, 503, 'pool_mode=statement: sign-up answers 503';
    like $server->error_log, qr/LUCI0308: .*transaction blocks not allowed in statement pooling mode/, 'pool_mode=statement: a start says why in the log';
    return;
}

my $postgres = LuciaTest::Postgres->shared;
check($postgres, 'transaction', SERVER_CONNECTIONS);
check($postgres, 'session', 60);
check_statement_mode($postgres);

done_testing;
