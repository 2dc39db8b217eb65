# SPDX-License-Identifier: Apache-2.0
# S9.49: nginx, HAProxy and Varnish with TLS in front, with the lines of doc/recipes.md: sign-in works, the cookie is Secure,
# the gate opens, and the client's address is the client's.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use IO::Socket::INET ();
use LuciaTest;
use LuciaTest::Recipes;

plan skip_all => 'the recipes name SQLite' unless LuciaTest::is_sqlite();

my $dir = LuciaTest::work_dir('front');
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=www.example.org -keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null && cat $dir/key.pem $dir/cert.pem >$dir/both.pem") == 0 or die 'no certificate';
my $server = LuciaTest::Server->new(modules => ['remoteip'], files => { 'htdocs/in/index.html' => 'content' },
    config => "LuciaPasswordHash argon2id m=1024 t=1 p=1\n" . LuciaTest::Recipes::block('apache', 'all', '/var/lib/luciauth/luciauth.db' => '@db@') . LuciaTest::Recipes::block('apache', 'front'));
my %own = ('127.0.0.1:8080' => '127.0.0.1:' . $server->port);

sub write_file { my ($name, $text) = @_; open my $out, '>', "$dir/$name" or die $!; print $out $text; close $out; return "$dir/$name" }
sub program { my ($name) = @_; my ($found) = grep { -x } map { "$_/$name" } split(/:/, $ENV{PATH}), '/usr/sbin'; return $found }

sub free_ports {
    my @held = map { IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die $! } 1 .. $_[0];
    return map { $_->sockport } @held;
}

# What starts the front on a port; the processes it gives end with the test.
my %fronts = (
    nginx => sub {
        my ($port) = @_;
        my $site = LuciaTest::Recipes::block('nginx', 'front', %own, 'listen 443 ssl' => "listen 127.0.0.1:$port ssl", '/etc/ssl/site/' => "$dir/");
        my $temp = join '', map { "${_}_temp_path $dir/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);
        my $conf = write_file('nginx.conf', "daemon off;\nmaster_process off;\npid $dir/nginx.pid;\nerror_log $dir/nginx.log;\nevents {}\nhttp {\naccess_log off;\n$temp$site}\n");
        return LuciaTest::Recipes::run(program('nginx'), '-c', $conf, '-p', "$dir/", '-e', "$dir/nginx.log");
    },
    haproxy => sub {
        my ($port) = @_;
        my $conf = write_file('haproxy.cfg', "defaults\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n"
            . LuciaTest::Recipes::block('haproxy', 'front', %own, 'bind :443' => "bind 127.0.0.1:$port", '/etc/ssl/site/' => "$dir/"));
        return LuciaTest::Recipes::run(program('haproxy'), '-db', '-f', $conf);
    },
    varnishd => sub {
        my ($port, $inner) = @_;
        my $vcl = write_file('site.vcl', LuciaTest::Recipes::block('vcl', 'front', '"8080"' => '"' . $server->port . '"'));
        my $conf = write_file('hitch.conf', LuciaTest::Recipes::block('hitch', 'front', '[*]:443' => "[127.0.0.1]:$port", '6086' => $inner, '/etc/ssl/site/' => "$dir/"));
        mkdir "$dir/varnish" or die $!;
        return (LuciaTest::Recipes::run(program('varnishd'), '-F', '-n', "$dir/varnish", '-a', "127.0.0.1:$inner,PROXY", '-f', $vcl, '-s', 'malloc,16m', '-j', 'none'),
            LuciaTest::Recipes::run(program('hitch'), "--config=$conf", $> == 0 ? '--user=nobody' : ()));
    },
);

for my $name (sort keys %fronts) {
    SKIP: {
        skip "no $name", 1 unless program($name);
        my ($port, $inner) = free_ports(2);
        my @pids = $fronts{$name}->($port, $inner);
        my $client = LuciaTest::Client->new(host => '127.0.0.1', from => '127.0.0.9', port => $port, tls => 1, sni => 'www.example.org');
        my %site = (host => 'www.example.org', origin => 'https://www.example.org');
        my $up = LuciaTest::wait_until(sub { eval { $client->request(GET => '/account/login', %site)->status == 200 } }, 60);
        ok $up, "$name: the sign-in page is there" or diag map { LuciaTest::Server::slurp($_) } glob "$dir/*.log";
        my $gate = $client->request(GET => '/in/', %site, accept => 'text/html');
        is $gate->status . ' ' . ($gate->location // ''), '302 /account/login?next=/in/', "$name: the gate sends people there";
        my $reply = $client->request(POST => '/account/signup', %site, type => 'application/x-www-form-urlencoded', body => "username=user-$name&password=hunter22");
        is $reply->status, 302, "$name: sign-up" or diag $reply->body;
        my ($cookie) = grep { $_->{name} eq 'auth_session' } LuciaTest::cookie_of($reply);
        like join("\n", $reply->headers('Set-Cookie')), qr/auth_session=\w{40};.*Secure/, "$name: the cookie is Secure";
        my $again = $client->request(POST => '/account/login', %site, type => 'application/x-www-form-urlencoded', body => "username=user-$name&password=hunter22");
        is $again->status, 302, "$name: sign-in";
        is $client->request(GET => '/in/', %site, cookie => $cookie)->body, 'content', "$name: the gate opens";
        isnt $client->request(GET => '/in/', %site, accept => 'text/html')->body, 'content', "$name: and not for others afterwards";
        is $client->request(POST => '/account/login', %site, origin => 'https://evil.example', type => 'application/x-www-form-urlencoded', body => 'username=a&password=b')->status, 403, "$name: another site is refused";
        ok LuciaTest::wait_until(sub { $server->error_log =~ /LUCI0610: [^\n]*address=127\.0\.0\.9[^\n]*user-$name|LUCI0610: [^\n]*user-$name[^\n]*address=127\.0\.0\.9/ }), "$name: the address is the client's"
            or diag $server->error_log;
        kill TERM => @pids;
        LuciaTest::wait_until(sub { !grep { waitpid($_, POSIX::WNOHANG()) == 0 } @pids }, 20) or kill KILL => @pids;
    }
}
done_testing;
