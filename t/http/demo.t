# SPDX-License-Identifier: Apache-2.0
# The demo: it comes up, its start page shows the lines that make each part as they are, and each part works.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Client;
use LuciaTest::Factors;

LuciaTest::only_files('the demo has a database file');

# As `make demo` starts it, with the module in a folder of its own.
my $build = LuciaTest::work_dir('demo');
symlink LuciaTest::module(), "$build/mod_luciauth.so" or die "symlink: $!";
my $port = LuciaTest::Database::free_port();
pipe my $from_demo, my $to_us or die "pipe: $!";
my $demo = fork // die "fork: $!";
if (!$demo) {
    setpgrp;
    %ENV = (%ENV, LuciaTest::httpd_env(), BUILD => $build, PORT => $port);
    open STDOUT, '>&', $to_us or die $!;
    open STDIN, '<', '/dev/null' or die $!;
    exec LuciaTest::top() . '/conf/demo/run' or die $!;
}
close $to_us;
END {
    my $status = $?;
    if ($demo) { kill INT => -$demo; waitpid $demo, 0 }
    $? = $status;
}

my $line = <$from_demo> // '';
like $line, qr{^Open http://127\.0\.0\.1:$port/ and sign up; http://127\.0\.0\.1:$port/start/}, 'the demo says which pages to open';
my ($dir) = $line =~ /Everything is in (.*)/ or BAIL_OUT("the demo did not start: $line");

my $client = LuciaTest::Client->new(port => $port);
my %browser = (headers => { Accept => 'text/html' });
my $start = $client->request(GET => '/start/', %browser);
is $start->status, 200, 'anonymous requests get the start page';
like $start->body, qr{Hello, visitor!}, 'the start page greets a visitor';
unlike $start->body, qr{<!--|\@[A-Z_]+\@}, 'the start page has no directive and no mark left';

# ---- The lines on the page are those of the configuration ----

sub text { my ($html) = @_; my %c = (lt => '<', gt => '>', amp => '&', quot => '"'); return $html =~ s/&(\w+);/$c{$1}/gr }
my $conf = LuciaTest::Server::slurp("$dir/httpd.conf");
my @shown = map { text($_) } $start->body =~ m{<pre>(.*?)</pre>}gs;
is scalar @shown, 5, 'the start page shows the lines of its five parts';
for my $lines (@shown) {
    my @missing = grep { index($conf, "$_\n") < 0 } split /\n/, $lines;
    is_deeply \@missing, [], 'the lines that the start page shows are in the configuration: ' . (split /\n/, $lines)[0];
}

# ---- Each part ----

is $client->request(GET => '/files/hello.txt', %browser)->status, 302, 'a visitor is led from the files to sign-in';
my $signup = $client->request(POST => '/signup', origin => 1, LuciaTest::form(username => 'alice', password => 'correct horse'));
is $signup->status, 302, 'signing up works in the demo';
my %member = (%browser, cookie => LuciaTest::cookie_of($signup));
like $client->request(GET => '/start/', %member)->body, qr{Hello, <bdi>alice</bdi>!}, 'the start page greets a member by name';
is $client->request(POST => '/', LuciaTest::form(display_name => 'Alice & Co'), origin => 1, %member)->status, 303, 'a member changes the own name on the profile';
like $client->request(GET => '/start/', %member)->body, qr{Hello, <bdi>Alice &amp; Co</bdi>!}, 'the start page greets a member by the changed name';
is $client->request(GET => '/files/hello.txt', %member)->status, 200, 'a member gets the files';
like $client->request(GET => '/backend/', %member)->body, qr{<mark>X-Lucia-Username: alice</mark>}, 'the application knows the member';
my %links = map { $_ => 1 } $client->request(GET => '/start/', %member)->body =~ m{href="(/[^"]*)"}g;
for my $path (sort keys %links) {
    is $client->request(GET => $path, %member)->status, $path eq '/safe/' ? 302 : 200, "a link of the start page leads to a page: $path";
}

# ---- The second factor ----

is $client->request(GET => '/safe/hello.txt', %member)->location, '/factor?next=/safe/hello.txt', 'a member with one factor is led to the second one';
is((stat "$dir/secret")[2] & 0777, 0600, 'the secret of the demo is for its owner alone');
my $secret = $client->request(GET => '/api/factors/totp', cookie => $member{cookie})->json->{secret};
my $setup = $client->request(POST => '/api/factors/totp', LuciaTest::json({ secret => $secret, code => totp($secret, time) }), origin => 1, cookie => $member{cookie});
is $setup->status, 200, 'a member sets up an app in the demo';
$member{cookie} = LuciaTest::cookie_of($setup);
is $client->request(GET => '/safe/hello.txt', %member)->status, 200, 'a member with two factors gets the files';
like $client->request(GET => '/start/', %member)->body, qr{signed in with two factors}, 'the start page knows two factors';

# ---- The end ----

kill INT => -$demo;
waitpid $demo, 0;
$demo = 0;
is $?, 0, 'the demo ends with Ctrl-C';
ok !eval { $client->request(GET => '/'); 1 }, 'nothing serves its port afterwards';

done_testing;
