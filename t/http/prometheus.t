# SPDX-License-Identifier: Apache-2.0
# A real Prometheus reads luciauth-metrics in both of its formats; promtool accepts the text, the alert rules and what they
# say; and each query of the dashboard of Grafana finds series.
use strict;
use warnings;
use lib 't/lib';
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Recipes;
use LuciaTest::Site qw(sign_up sign_in);

my $dir = LuciaTest::work_dir('prometheus');
my $server = LuciaTest::Server->new(ports => 2, config => CHEAP_SITE . VAULT . BASIC . "<Location /luciauth-metrics>\nSetHandler luciauth-metrics\n</Location>\n", files => { map { ("htdocs/$_/a.txt" => SECRET) } qw(vault basic) });
my $alice = sign_up($server, 'alice');
$server->request(GET => '/vault/a.txt', cookie => $alice) for 1 .. 3;
$server->request(POST => '/login', form(username => 'alice', password => 'wrong password'));

# ---- promtool ----

sub promtool {
    my ($input, @words) = @_;
    open my $in, '>', "$dir/in" or die $!;
    print $in $input // '';
    close $in;
    my $said = `promtool @words <$dir/in 2>&1`;
    return ($? >> 8, $said);
}

my $text = $server->request(GET => '/luciauth-metrics', accept => 'text/plain;version=0.0.4');
is $text->header('Content-Type'), 'text/plain; version=0.0.4; charset=utf-8', 'luciauth-metrics answers in the text format where a client names it';
my ($status, $said) = promtool($text->body, 'check', 'metrics');
is_deeply [$status, $said], [0, ''], 'promtool accepts the text format and has nothing to say about it';
my $open = $server->request(GET => '/luciauth-metrics', accept => 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5');
like $open->header('Content-Type'), qr{^application/openmetrics-text}, 'luciauth-metrics answers in OpenMetrics where a client names both';
like $server->request(GET => '/luciauth-metrics')->header('Content-Type'), qr{^application/openmetrics-text}, 'luciauth-metrics answers in OpenMetrics where a client names nothing';
my $stamped = $open->body =~ s/^(luciauth_\S+ \S+)$/"$1 " . (time - 60)/gemr;
open my $om, '>', "$dir/om" or die $!;
print $om $stamped;
close $om;
($status, $said) = promtool('', 'tsdb', 'create-blocks-from', 'openmetrics', "$dir/om", "$dir/blocks");
is $status, 0, 'promtool reads OpenMetrics' or diag $said;
my %in = map { my $body = $_->body; $_ => { map { $_ => 1 } $body =~ /^(luciauth_\w+)/mg } } $text, $open;
is_deeply $in{$text}, $in{$open}, 'both formats have the same series';
($status, $said) = promtool('', 'check', 'rules', 'conf/prometheus/luciauth.rules.yml');
is $status, 0, 'promtool accepts the alert rules' or diag $said;
($status, $said) = promtool('', 'test', 'rules', 'conf/prometheus/luciauth.rules.test.yml');
is $status, 0, 'each alert rule fires when it is to, and is silent on a healthy server' or diag $said;

# ---- Prometheus ----

my ($target, $port) = ('127.0.0.1:' . $server->port, $server->port_number(2));
open my $conf, '>', "$dir/prometheus.yml" or die $!;
print $conf "global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [ " . LuciaTest::top() . "/conf/prometheus/luciauth.rules.yml ]\n"
    . "scrape_configs:\n  - job_name: luciauth\n    metrics_path: /luciauth-metrics\n    static_configs: [ { targets: [ '$target' ] } ]\n";
close $conf;
my $pid = LuciaTest::Recipes::run('prometheus', "--config.file=$dir/prometheus.yml", "--storage.tsdb.path=$dir/data", "--web.listen-address=127.0.0.1:$port", '--log.level=warn');
my $client = LuciaTest::Client->new(host => '127.0.0.1', port => $port);

sub query {
    my ($expression) = @_;
    my $escaped = $expression =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger;
    my $reply = eval { $client->request(GET => "/api/v1/query?query=$escaped") } or return;
    my $answer = eval { decode_json($reply->body) } or return;
    return $answer->{status} eq 'success' ? $answer->{data}{result} : undef;
}
sub value { my $result = query(@_); return $result && @$result ? $result->[0]{value}[1] : undef }

ok wait_until(sub { (value('up{job="luciauth"}') // 0) == 1 }, 60), 'Prometheus reads luciauth-metrics';
ok wait_until(sub { (value('luciauth_events_total{event="sign_in",result="wrong_password"}') // -1) == 1 }, 30), 'Prometheus has the failed sign-in';
is value('count(luciauth_build_info)'), 1, 'Prometheus has the version';
$server->request(POST => '/login', form(username => 'alice', password => 'wrong password'));
ok wait_until(sub { (value('luciauth_events_total{event="sign_in",result="wrong_password"}') // -1) == 2 }, 30), 'Prometheus has a further one';
my $again = sign_in($server, 'alice');
$server->request(GET => '/vault/a.txt', cookie => $again);
$server->request(GET => '/basic/a.txt', headers => { Authorization => 'Basic ' . encode_base64("alice:$PASSWORD", '') });
$server->request(POST => '/logout', cookie => $again, origin => 1) for 1, 2;

my $dashboard = decode_json(LuciaTest::Server::slurp('conf/grafana/luciauth.json'));
my @queries = map { my $panel = $_; map { [$panel->{title}, $_->{expr}] } @{ $panel->{targets} } } @{ $dashboard->{panels} };
cmp_ok scalar @queries, '>=', 12, 'the dashboard has queries';
my %drawn;
for my $query (@queries) {
    my ($title, $expression) = @$query;
    $drawn{$_} = 1 for $expression =~ /(luciauth_\w+?)(?:_bucket)?\{/g;
    my $filled = $expression =~ s/\$__(?:rate_interval|range)/1m/gr =~ s/\$(?:job|instance)/.+/gr;
    my $result = wait_until(sub { my $found = query($filled); $found && @$found ? $found : undef }, 20);
    ok $result, "the dashboard's panel \"$title\" finds series: $filled" or diag explain query($filled);
}
my @panels = @{ $dashboard->{panels} };
is_deeply [grep { my $panel = $_; grep { !$_ } @$panel{qw(title description)}, $panel->{fieldConfig}{defaults}{unit} } @panels], [], 'each panel of the dashboard has a title, a description and a unit';
my (%taken, @overlapping);
for my $panel (@panels) {
    my ($x, $y, $w, $h) = @{ $panel->{gridPos} }{qw(x y w h)};
    push @overlapping, grep { $taken{$_}++ || /^(?:2[4-9]|[3-9]\d)/ } map { my $column = $_; map { "$column,$_" } $y .. $y + $h - 1 } $x .. $x + $w - 1;
}
is_deeply \@overlapping, [], 'no two panels of the dashboard overlap, and none is beyond the 24 columns';
my @families = grep { !/build/ } map { /^# TYPE (\S+) counter/ ? "${1}_total" : /^# TYPE (\S+)/ } split /\n/, $open->body;
is_deeply [grep { !$drawn{$_} } @families], [], 'the dashboard draws each metric';

kill TERM => $pid;
waitpid $pid, 0;

# ---- The picture of the dashboard (doc/dashboard/picture) ----

like LuciaTest::Server::slurp('doc/status.md'), qr/!\[[^\]]+\]\(dashboard\.png\)/, 'the documentation shows the picture of the dashboard';
my ($drawings) = LuciaTest::Server::slurp('doc/dashboard/panels.jsx') =~ /^const drawings = \{ (.*) \};$/m;
my %has_drawing = map { $_ => 1 } ($drawings // '') =~ /(\w+):/g;
is_deeply [grep { !$has_drawing{$_} } map { $_->{type} } @panels], [], 'doc/dashboard draws each type of panel that the dashboard has';
my ($length, $rest) = LuciaTest::Server::slurp('doc/dashboard.png') =~ /(....)tEXtPanels\0(.*)/s;
is_deeply [split /\n/, substr $rest // '', 0, unpack('N', $length // "\0\0\0\7") - length "Panels\0"],
    [map { my $panel = $_; "$panel->{type} " . sprintf('%d,%d %dx%d', @{ $panel->{gridPos} }{qw(x y w h)}) . " $panel->{title}" } @panels],
    'the picture shows the panels that the dashboard has (doc/dashboard/picture makes it again)';
done_testing;
