# SPDX-License-Identifier: Apache-2.0
#
# Requests to a gate, and how the gate has to answer them. LuciaTest::Site signs users up.
#
#     use LuciaTest::Gate;
#     use LuciaTest::Site qw(sign_up);
#     my $server = LuciaTest::Server->new(config => CHEAP_SITE . <<'CONF', files => { 'htdocs/vault/a.txt' => SECRET });
#     my $alice  = sign_up($server, 'alice');                       # her cookie
#     is_sent_to_login($server->request(GET => '/vault/a.txt', navigation()), '/vault/a.txt', 'S9.25: ...');
#     is_unauthorized_json($server->request(GET => '/vault/a.txt', script()), '...');
#     is_served($server->request(GET => '/vault/a.txt', cookie => $alice), '...');
#     is_refused($reply, '...');                                    # any refusal that gives nothing away
#     my $host = LuciaTest::Gate::Host->new($server, 'a.test');      # a client of a virtual host that is known by its name
#     expire($server, $alice, active => -1000, idle => 60000);      # moves a session in time, milliseconds from now
package LuciaTest::Gate;
use strict;
use warnings;

use Digest::SHA ();
use Exporter 'import';
use LuciaTest;
use LuciaTest::Site qw($CHEAP_HASH);
use Test::More ();
use Time::HiRes ();

our @EXPORT = qw(CHEAP_SITE VAULT BASIC FORM CONTENT SECRET navigation script keeps_secret is_refused is_sent_to_login
    is_unauthorized_json is_unauthorized_page is_unavailable is_served stored_id expire timed snapshot put_file settles);

# Passwords that cost nothing: for tests of everything but hashing.
use constant CHEAP_SITE => "LuciaDatabase sqlite3 \@db\@\nLuciaMount /\n$CHEAP_HASH\n";
# Where only users get in: with a session, or with a name and a password.
use constant VAULT => <<'CONF';
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
CONF
use constant BASIC => <<'CONF';
<Location /basic/>
    AuthType Basic
    AuthName users
    AuthBasicProvider lucia
    Require valid-user
</Location>
CONF
use constant FORM => <<'CONF';
<Location /form/>
    AuthType form
    AuthName form
    AuthFormProvider lucia
    Session On
    SessionCookieName form path=/
    Require valid-user
</Location>
<Location /form/enter>
    SetHandler form-login-handler
    AuthFormLoginRequiredLocation /form/failed
    AuthFormLoginSuccessLocation /form/done
    Require all granted
</Location>
CONF
# What makes content at request: CGI programs, includes, an index.
use constant CONTENT => <<'CONF';
<Directory @htdocs@>
    Options +ExecCGI +Includes
    DirectoryIndex index.html
</Directory>
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
CONF

# What protected content holds, and no refusal may.
use constant SECRET => "the moonstone is under the stairs\n";

# ---- Requests ----

sub navigation {
    return (headers => {
        Accept => 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'Sec-Fetch-Mode' => 'navigate',
        'Sec-Fetch-Dest' => 'document', 'Sec-Fetch-Site' => 'none', @_,
    });
}

sub script { return (headers => { Accept => '*/*', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Site' => 'same-origin', @_ }) }

# ---- Users ----

# What the session table holds for a cookie.
sub stored_id { return Digest::SHA::sha256_hex($_[0]{value}) }

sub expire {
    my ($server, $cookie, %at) = @_;
    my $now = int(Time::HiRes::time() * 1000);
    my $changed = sqlite($server->db, 'UPDATE user_session SET active_expires = ?, idle_expires = ? WHERE id = ?',
        $now + $at{active}, $now + $at{idle}, stored_id($cookie));
    die "no such session\n" if $changed != 1;
    return;
}

# What the code returned, and how many seconds it took.
sub timed {
    my ($code) = @_;
    my $start = Time::HiRes::time();
    my $value = $code->();
    return ($value, Time::HiRes::time() - $start);
}

# The reply, once this is its status and every database handle has noticed that its file was changed: each looks once a second.
# A session cache accepts what it knows for ten seconds more.
sub settles {
    my ($status, $ask) = @_;
    my $settled = Time::HiRes::time() + 1.1;
    return wait_until(sub { my $reply = $ask->(); $reply if $reply->status == $status && Time::HiRes::time() > $settled }, 60);
}

# The bytes of a database with all that was committed.
sub snapshot {
    my ($file) = @_;
    sqlite($file, 'PRAGMA wal_checkpoint(TRUNCATE)');
    return LuciaTest::Server::slurp($file);
}

# Another file takes this one's place at once; with its journals gone, as if it had been closed.
sub put_file {
    my ($file, $content) = @_;
    open my $out, '>:raw', "$file.new" or die "$file.new: $!";
    print $out $content;
    close $out or die "$file.new: $!";
    LuciaTest::give("$file.new");
    unlink "$file-wal", "$file-shm";
    rename "$file.new", $file or die "$file: $!";
    return;
}

# ---- Verdicts ----

sub keeps_secret {
    my ($reply, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::unlike($reply->bytes, qr/moonstone|stairs/, "$name: nothing protected in the answer");
}

sub status_is {
    my ($reply, $status, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 2;
    Test::More::is($reply->status, $status, $name) or Test::More::diag($reply->bytes);
    keeps_secret($reply, $name);
    Test::More::like($reply->header('WWW-Authenticate'), qr/^(?:Lucia|Bearer)(?: realm="[^"]*")?$/, "$name: a challenge that opens no dialogue")
        if $status == 401;
    return;
}

# Refused in one of the ways there are; never an error of the server.
sub is_refused {
    my ($reply, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::like($reply->status, qr/^(?:30[128]|400|401|403|404|405|501)$/, $name) or Test::More::diag($reply->bytes);
    return keeps_secret($reply, $name);
}

sub is_sent_to_login {
    my ($reply, $next, $name) = @_;
    status_is($reply, 302, $name);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is($reply->location, "/login?next=$next", "$name: to sign in and back");
}

sub is_unauthorized_json {
    my ($reply, $name) = @_;
    status_is($reply, 401, $name);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is_deeply(eval { $reply->json }, { error => 'Unauthorized' }, "$name: said in JSON");
}

sub is_unauthorized_page {
    my ($reply, $name) = @_;
    status_is($reply, 401, $name);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::like($reply->body, qr{<title>Your session has ended</title>.*href="/login\?next=/login%3Ftab%3D1"[^>]*target="_blank"}s,
        "$name: the page that offers to sign in elsewhere");
}

# 503 that says when to come back, shows no SQL and leaves the cookie alone.
sub is_unavailable {
    my ($reply, $name) = @_;
    status_is($reply, 503, $name);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::like($reply->header('Retry-After'), qr/^[1-9]\d*$/, "$name: Retry-After");
    Test::More::unlike($reply->bytes, qr/sql|select|table|database is|malformed|\.db/i, "$name: no SQL text");
    return Test::More::is(scalar(set_cookies($reply)), 0, "$name: the cookie stays");
}

sub is_served {
    my ($reply, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::is($reply->status, 200, $name) or Test::More::diag($reply->bytes);
    return Test::More::like($reply->body, qr/moonstone/, "$name: with the content");
}

package LuciaTest::Gate::Host;

sub new {
    my ($class, $server, $name, $file) = @_;
    return bless { server => $server, name => $name, file => $file }, $class;
}

sub request {
    my ($self, $method, $path, %arg) = @_;
    return $self->{server}->request($method, $path, host => $self->{name}, %arg);
}

sub db { $_[0]{server}->dir . "/$_[0]{file}" }

1;
