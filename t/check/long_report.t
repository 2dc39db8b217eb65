# SPDX-License-Identifier: Apache-2.0
# The report of make test-long: it is made in parts, and what other runs have found stays.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Report;

chdir LuciaTest::top() or die $!;
my $dir = LuciaTest::work_dir('report');
my $file = "$dir/results.md";
my @labels = ('soak', 'mpms worker', 'mpms prefork', 'fuzz');

sub log_of { my ($name, $text) = @_; open my $out, '>', "$dir/$name" or die $!; print {$out} $text; close $out or die $!; return "$dir/$name" }
sub report { return LuciaTest::Report->new($file, @labels) }
sub row_of { my ($label) = @_; return (grep { /^\| \Q$label\E \|/ } split /\n/, report()->table)[0] // 'none' }

# ---- What logs say ----

my $passed = log_of('passed', "t/http/a.t .. ok\nAll tests successful.\nFiles=3, Tests=40, 12 wallclock secs\nResult: PASS\n");
my $failed = log_of('failed', "Test Summary Report\n-------------------\nt/http/a.t      (Wstat: 256 (exited 1) Tests: 4 Failed: 1)\n  Failed test:  2\n"
    . "/x/build/t/unit/web/url (Wstat: 139 (Signal: SEGV) Tests: 1 Failed: 0)\nFiles=3, Tests=40, 12 wallclock secs\nResult: FAIL\n");
my $reported = log_of('reported', "Files=3, Tests=40, 12 wallclock secs\nResult: PASS\n\nA sanitizer reported (kept in build/test-logs):\n==1==ERROR\n");
my $program = log_of('program', "running\n| a | b |\n| --- | --- |\n| 1 | 2 |\nno difference\n");
is_deeply {LuciaTest::Report::of_log($passed)}, { files => 3, checks => 40, found => 'nothing' }, 'a log of tests that pass gives files and checks';
is_deeply {LuciaTest::Report::of_log($failed)}, { files => 3, checks => 40, found => 't/http/a.t, t/unit/web/url' }, 'a log of tests that fail names them';
is_deeply {LuciaTest::Report::of_log($reported)}, { files => 3, checks => 40, found => 'a report of a sanitizer' }, 'a report of a sanitizer is what a log of tests that pass has found';
is_deeply {LuciaTest::Report::of_log($program)}, { files => undef, checks => undef, found => 'no difference' }, 'the last line of another program is what it found';
is LuciaTest::Report::tables_of($program), "| a | b |\n| --- | --- |\n| 1 | 2 |\n", 'tables of another program are details';

# ---- The file ----

my $report = report();
$report->add({ step => 'fuzz', for => 'the fuzzers', $report->here, commit => '1111111111', result => 'passed', seconds => 3600 }, "| a | b |\n| --- | --- |\n| 1 | 2 |\n");
$report->add({ step => 'mpms prefork', for => 'prefork', $report->here, commit => '1111111111', result => 'failed', seconds => 42, found => 'a|b' });
$report->write;
$report = report();
ok $report->has_run('fuzz') && !$report->has_run('soak'), 'a report knows which steps have run';
$report->add({ step => 'mpms prefork', for => 'prefork', $report->here, commit => '2222222222', result => 'passed', seconds => 99 });
$report->add({ step => 'soak', for => 'use', $report->here, commit => '2222222222', result => 'not run', found => 'no time' });
$report->write;
like row_of('fuzz'), qr/passed \| 1111111111 \| \d{4}-\d\d-\d\d \| A \| - \| - \| 60 min \|/, 'the row of a step that did not run again stays, with its commit';
like row_of('mpms prefork'), qr/passed \| 2222222222 .* \| 99 s \| - \|$/, 'the row of a step that ran again is the new one';
like row_of('soak'), qr/not run .* \| no time \|$/, 'the row of a step that cannot run says why';
my $text = LuciaTest::Server::slurp($file);
like $text, qr/^## fuzz\n\n\| a \| b \|\n\| --- \| --- \|\n\| 1 \| 2 \|\n/m, 'the details of a step that did not run again stay';
is scalar(() = $text =~ /^\| A \|/mg), 1, 'one machine has one row';
is join(' ', $text =~ /^\| (soak|mpms prefork|fuzz) \|/mg), 'soak mpms prefork fuzz', 'rows have the order of the steps';
report()->write;
is LuciaTest::Server::slurp($file), $text, 'reading and writing a report changes nothing in it';
ok report()->has_failed('fuzz') == 0, 'a passed step is not failed';

my $elsewhere = LuciaTest::Report->new("$dir/elsewhere.md", @labels);
$elsewhere->{now} = { kernel => 'Linux 1', processors => 64, httpd => '2.4.1', engines => 'SQLite 3' };
$elsewhere->add({ step => 'soak', for => 'use', $elsewhere->here, commit => '3333333333', result => 'passed', seconds => 7 });
$elsewhere->add({ step => 'fuzz', for => 'the fuzzers', $elsewhere->here, result => 'not run' });
$elsewhere->write;
$report = report();
$report->merge("$dir/elsewhere.md");
$report->write;
like row_of('soak'), qr/passed \| 3333333333 .* \| B \| - \| - \| 7 s /, 'a row of another report comes with its machine';
like row_of('fuzz'), qr/passed \| 1111111111 /, 'a step that did not run elsewhere keeps its row';
like LuciaTest::Server::slurp($file), qr/^\| B \| Linux 1 \| 64 \| 2\.4\.1 \| SQLite 3 \|$/m, 'a machine of another report has a letter that is free';

my $list = `t/long/run --list`;
like $list, qr/^$_ /m, "t/long/run has the step $_" for qw(soak clusters mpms engines sanitizers threads memcheck fuzz httpd-tests litmus browsers);
isnt system("t/long/run --steps nonsense >$dir/out 2>&1"), 0, 'a step that does not exist is refused';
isnt system("t/long/run --steps mpms:nonsense >$dir/out 2>&1"), 0, 'a run that a step does not have is refused';
like LuciaTest::Server::slurp("$dir/out"), qr/^no run nonsense of mpms: worker prefork$/m, 'the message names the runs of the step';

done_testing;
