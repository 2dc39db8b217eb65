# SPDX-License-Identifier: Apache-2.0
# The unit tests of users, keys, sessions and accounts, on PostgreSQL and on MariaDB: the programs that make test runs
# on files, too.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

my @PROGRAMS = qw(
    db/db_engine db/db_deadlock db/sql_admin account/admin session/session_store session/session_takeover session/session_takeover_steps session/purge activity/activity mail/mail_queue mail_notice/mail_notice factor/factor factor/open_step passkey/passkey passkey/challenge app_password/app_password
    auth/auth auth/factor_proof auth/own_factors auth/attempt_limit auth/own_account auth/own_email auth/app_access auth/addresses auth/own_app_passwords auth/password_change auth/confirmation auth/own_sessions auth/password_reset auth/notices auth/auth_events auth/auth_hashing auth/auth_races auth/passkeys auth/factor_need auth/second_step
);

# The driver of an engine is loaded, and keeps memory until the process ends; leaks of the core show on files.
sub run {
    my ($program) = @_;
    local $ENV{ASAN_OPTIONS} = 'fast_unwind_on_malloc=0:detect_leaks=0';
    my $said = `$program 2>&1`;
    my ($passed, $failed) = (scalar(() = $said =~ /^ok /mg), scalar(() = $said =~ /^not ok /mg));
    return $? == 0 && $passed && !$failed && $said =~ /^1\.\.(\d+)$/m && $1 == $passed ? () : $said;
}

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    my $engine = $class->shared;
    local $ENV{LUCI_TEST_DATABASE} = $engine->driver . ' ' . $engine->params;
    for my $name (@PROGRAMS) {
        my $program = LuciaTest::build() . "/t/unit/$name";
        if (!-x $program) {
            ok 0, "$program is not built";
            next;
        }
        my @wrong = run($program);
        ok !@wrong, "$name on " . $engine->kind or diag grep { !/^ok / } map { split /^/ } @wrong;
    }
    my @clashes = grep { /\bpg_(?:type|class|namespace)_\w+/ } split /^/, $engine->log;
    ok !@clashes, 'nobody got in the way of another who made tables' or diag @clashes;
}

done_testing;
