# SPDX-License-Identifier: Apache-2.0
# What must not leak: ids, passwords and hashes in logs, URLs and dumps (S9.15); traces of visitors (S9.18).
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Site;

# http:trace4 is where httpd itself writes each header of a response to the log.
my %files = ('htdocs/gated/a.txt' => "inside\n", 'htdocs/env.cgi' => "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv\n");
my $site = site(<<'CONF', log_level => 'trace8 http:trace3', files => \%files);
LuciaHeaders On
LuciaBearer On
AddHandler cgi-script .cgi
<Directory @htdocs@>
    Options +ExecCGI
</Directory>
<Location /gated>
    AuthType Lucia
    Require valid-user
</Location>
<Location /env.cgi>
    AuthType Lucia
    Require valid-user
</Location>
<Location /basic>
    AuthType Basic
    AuthName a
    AuthBasicProvider lucia
    Require valid-user
</Location>
<VirtualHost 127.0.0.1:@port@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName broken.example
    LuciaDatabase sqlite3 @dir@/no/such/folder/x.db
</VirtualHost>
CONF
my $json = 'application/json';

# Each password is a word of its own, so that it can be looked for.
my $n = 0;
my (%password, %id, @answers);
sub secret { my $word = sprintf 'pwd%03dqzx', ++$n; $password{$word} = 1; return $word }
sub ask {
    my $reply = $site->request(@_);
    push @answers, $reply;
    $id{ $_->{value} } = 1 for grep { length $_->{value} } set_cookies($reply);
    return $reply;
}

# ---- A full run ----

sub full_run {
    my (%arg) = @_;
    my $host = $arg{host} // $site->origin =~ s{http://}{}r;
    my $origin = "http://$host";
    my $password = secret();
    my $name = "user$n";
    my $cookie = cookie_of(ask(POST => '/signup', form(username => $name, password => $password), %arg));
    ask(POST => '/signup', form(username => $name, password => secret()), %arg);
    ask(POST => '/signup', form(username => "json$n", password => secret()), accept => $json, %arg);
    ask(POST => '/signup', form(username => 'x', password => secret()), %arg);
    ask(POST => '/signup', form(username => "esc\e[31m", password => secret()), %arg);
    ask(POST => '/login', json({ username => $name, password => $password }), accept => $json, %arg);
    ask(POST => '/login?next=/gated/a.txt', form(username => $name, password => $password, next => '/gated/a.txt'), %arg);
    ask(POST => '/login', form(username => $name, password => secret()), %arg);
    ask(POST => '/login', form(username => 'nobody', password => secret()), %arg);
    ask(POST => '/login', json('{"username":"a","password":"' . secret()), %arg);
    ask(POST => '/login', form(username => $name, password => secret() . "\0"), %arg);
    ask(POST => '/login', form(username => $name, password => secret() x 1000), %arg);
    ask(POST => '/login', type => 'text/plain', body => secret(), %arg);
    ask(POST => '/login', form(username => $name, password => $password), origin => 'http://evil.example', %arg);
    $cookie //= { name => 'auth_session', value => 'k' x 40 };
    $id{ $cookie->{value} } = 1;
    ask(GET => $_, cookie => $cookie, %arg) for qw(/ /login /gated/a.txt /gated/none /env.cgi /nothing);
    ask(POST => '/gated/a.txt', cookie => $cookie, %arg);
    ask(GET => '/', cookie => $cookie, accept => $json, %arg);
    ask(GET => '/gated/a.txt', headers => { Authorization => "Bearer $cookie->{value}" }, %arg);
    require MIME::Base64;
    ask(GET => '/basic', headers => { Authorization => 'Basic ' . MIME::Base64::encode("$name:$_", '') }, %arg) for $password, secret();
    sqlite($site->db, 'UPDATE user_session SET active_expires = 1000');
    ask(GET => '/', cookie => $cookie, %arg);
    ask(POST => '/login', form(username => $name, password => $password), cookie => $cookie, %arg);
    my $again = cookie_of(ask(POST => '/login', form(username => $name, password => $password), %arg));
    ask(POST => '/logout', cookie => $again, origin => $origin, %arg) if $again;
    my $unknown = 'u' x 30 . sprintf '%010d', $n;
    $id{$unknown} = 1;
    ask(GET => '/', cookie => "auth_session=$unknown", %arg);
    ask(GET => '/', cookie => "auth_session=$unknown; auth_session=$cookie->{value}", %arg);
    return;
}
full_run() for 1 .. 2;
sqlite($site->db, 'CREATE INDEX another ON auth_user (created_at)');    # prepared statements go stale
full_run();
full_run(host => 'broken.example');
my $last = sign_in($site, 'user1', password => (sort keys %password)[0]);
$id{ $last->{value} } = 1;
my $holder = locked($site->db);
ask(POST => '/signup', form(username => 'locked', password => secret()));
ask(POST => '/logout', cookie => $last, origin => 1);
$holder->do('ROLLBACK');
$holder->disconnect;

# ---- Looked for ----

cmp_ok scalar(keys %id), '>', 15, 'ids to look for';
cmp_ok scalar(keys %password), '>', 30, 'more than 30 passwords to look for';
my %seen = map { $_->status => 1 } @answers;
ok $seen{$_}, "the run had a $_" for 200, 201, 302, 400, 401, 403, 404, 413, 415, 503;

my @hashes = map { $_->{hashed_password} } @{ sqlite($site->db, 'SELECT hashed_password FROM user_key') };
my @stored = map { $_->{id} } @{ sqlite($site->db, 'SELECT id FROM user_session') };
my $ids = join '|', sort keys %id;
my $passwords = join '|', sort keys %password;
my $digests = join '|', map { quotemeta } @hashes, @stored, map { (split /\$/)[-1], (split /\$/)[-2] } @hashes;

sub none_in {
    my ($what, $text) = @_;
    ok length $text, "$what is there";
    for my $case (['id', qr/($ids)/], ['password', qr/($passwords)/], ['hash', qr/($digests)/]) {
        my ($kind, $pattern) = @$case;
        my @lines = grep { /$pattern/ } split /\n/, $text;
        ok !@lines, "S9.15: no $kind in $what" or diag substr $lines[0], 0, 300;
    }
    return;
}
$site->request(GET => '/login?next=//evil.example');    # which the module tells at info
none_in('the error log', $site->error_log);
like $site->error_log, qr/luciauth:(?:debug|info|trace)/, 'the log contains messages of the module at debug level';
like $site->error_log, qr/\[core:trace\d\]/, 'at the most detailed level';
none_in('the access log', $site->access_log);
my @locations = grep { defined } map { $_->location } @answers;
cmp_ok scalar(@locations), '>', 20, 'there are Locations';
none_in('any Location', join "\n", @locations);
none_in('the body of any answer', join "\n", map { $_->body =~ s/\n/ /gr } @answers);
unlike join('', map { $_->body } @answers), qr/\bSELECT\b|INSERT INTO|sqlite/i, 'S9.30: no answer contains SQL';
unlike $site->error_log, qr/\e/, 'S9.22: no escape sequence in the log';
unlike $site->error_log, qr/LUCI0703/, 'nothing failed that should not';

my $environment = $site->request(GET => '/env.cgi', cookie => sign_in($site, 'user1', password => (sort keys %password)[0]))->body;
like $environment, qr/^REMOTE_USER=user1$/m, 'a CGI knows who it is';
unlike $environment, qr/^HTTP_COOKIE=/m, 'S9.15: a CGI program gets no Cookie header';
unlike $environment, qr/\b[a-z0-9]{40}\b/, 'S9.15: a CGI program gets no session id';

# ---- A dump of the database ----

sqlite($site->db, 'PRAGMA wal_checkpoint(TRUNCATE)') if is_sqlite();
my $dump = join '', is_sqlite() ? map { LuciaTest::Server::slurp($_) } glob $site->dir . '/db/*'
    : map { map { map { $_ // '' } %$_ } @{ sqlite($site->db, "SELECT * FROM $_") } } qw(auth_user user_key user_session);
cmp_ok length $dump, '>', is_sqlite() ? 20_000 : 4_000, 'the database, with its journals';
my @live = grep { index($dump, $_) >= 0 } keys %id;
is scalar(@live), 0, 'S9.15: a dump of the database has no session id';
my @told = grep { index($dump, $_) >= 0 } keys %password;
is scalar(@told), 0, 'S9.15: a dump of the database has no password';
cmp_ok scalar(@stored), '>', 5, 'S9.15: the dump has sessions';
my $mode = (stat $site->db)[2] & 0777;
is $mode & 07, 0, sprintf 'and others cannot read it (%04o)', $mode;

# ---- Visitors leave nothing ----

my $rows = sub { join ' ', map { count_of($site, $_) } qw(auth_user user_key user_session) };
my $before = $rows->();
my @paths = ('/', '/login', '/signup', '/login?next=/gated/a.txt', '/gated/a.txt', '/nothing', '/api/');
my @cookies = (undef, 'auth_session=', 'auth_session=x', 'other=1', 'auth_session=' . 'X' x 40);
my ($hits, $cookies) = (0, 0);
for my $hit (1 .. 1000) {
    my $reply = $site->request(GET => $paths[$hit % @paths], cookie => $cookies[$hit % @cookies], accept => 'text/html');
    $hits++ if $reply->status =~ /^(?:200|302|401|404)$/;
    $cookies++ if $reply->headers('Set-Cookie');
}
is $hits, 1000, 'S9.18: 1,000 anonymous hits';
is $cookies, 0, 'S9.18: 1,000 anonymous requests set no cookie';
is $rows->(), $before, 'S9.18: 1,000 anonymous requests make no row';

done_testing;
