# SPDX-License-Identifier: Apache-2.0
#
# A site of its own with cheap passwords, and its users. Names and passwords are LuciaTest's.
#
#     use LuciaTest::Site;
#     my $site = site('LuciaSignup On', mount => '/account');   # LuciaTest::Server; mount is '/' unless given
#     my $cookie = sign_up($site, 'alice');                     # dies unless it worked; cookie_of() of the answer
#     my $again  = sign_in($site, 'alice');
#     is count_of($site, 'user_session'), 2;
#     is error_in($reply), 'Invalid username';                  # from a page or JSON
package LuciaTest::Site;
use strict;
use warnings;

use Digest::SHA ();
use Exporter 'import';
use LuciaTest;

our @EXPORT = qw(site sign_up sign_in count_of error_in text_in row_of certificate secure_host $CHEAP_HASH);

our $CHEAP_HASH = 'LuciaPasswordHash argon2id m=8 t=1 p=1';

sub site {
    my ($config, %arg) = @_;
    my $mount = exists $arg{mount} ? delete $arg{mount} : '/';
    my $text = "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\n";
    $text .= "LuciaMount $mount\n" if defined $mount;
    return LuciaTest::Server->new(%arg, config => $text . ($config // ''));
}

sub post {
    my ($client, $path, $name, %arg) = @_;
    my $password = delete $arg{password} // $PASSWORD;
    my $reply = when_served(sub { $client->request(POST => $path, form(username => $name, password => $password), %arg) });
    die "$path: status " . $reply->status . ' ' . (error_in($reply) // '') . "\n" if $reply->status != 302;
    return cookie_of($reply) || die "$path: no cookie\n";
}

# sign_up($client, 'alice', password => '...', path => '/signup', further arguments of request)
sub sign_up { my ($client, $name, %arg) = @_; post($client, delete $arg{path} // '/signup', $name, %arg) }
sub sign_in { my ($client, $name, %arg) = @_; post($client, delete $arg{path} // '/login', $name, %arg) }

sub count_of {
    my ($site, $table, $file) = @_;
    return sqlite_value($file // $site->db, "SELECT count(*) FROM $table");
}

# The row of a session in the table, found by its cookie; undef when there is none.
sub row_of {
    my ($site, $cookie, $file) = @_;
    return sqlite($file // $site->db, 'SELECT * FROM user_session WHERE id = ?', Digest::SHA::sha256_hex($cookie->{value}))->[0];
}

sub unescape {
    my ($text) = @_;
    my %entity = (amp => '&', lt => '<', gt => '>', quot => '"', '#39' => "'");
    $text =~ s/&(#39|\w+);/$entity{$1} \/\/ "&$1;"/ge;
    return $text;
}

# What a person reads of a page.
sub text_in {
    my ($reply) = @_;
    my $text = $reply->body;
    $text =~ s{<(style|title|head)\b.*?</\1>}{}gs;
    $text =~ s{<!--.*?-->}{}gs;
    $text =~ s{<[^>]*>}{ }g;
    $text =~ s{\s+}{ }g;
    return unescape($text);
}

# The message of an error, from JSON or from the page's alert; undef when there is none.
sub error_in {
    my ($reply) = @_;
    my $type = $reply->type // '';
    return $reply->json->{error} if $type =~ m{^application/json};
    return unescape($1) if $reply->body =~ m{role="alert">([^<]*)<};
    return;
}

# A certificate for localhost in the server's folder; returns the two lines for httpd.
sub certificate {
    my ($server) = @_;
    my $file = $server->dir . '/conf/localhost';
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost "
        . "-keyout $file.key -out $file.crt 2>/dev/null") == 0 or die "openssl failed\n";
    return "SSLCertificateFile $file.crt\nSSLCertificateKeyFile $file.key\n";
}

# secure_host($server, $n, $lines): a virtual host that speaks TLS on @portN@, and a client of it.
sub secure_host {
    my ($server, $n, $lines) = @_;
    my $port = $server->port_number($n);
    my $text = "Listen 127.0.0.1:$port\n<VirtualHost 127.0.0.1:$port>\nSSLEngine on\n" . certificate($server) . ($lines // '')
        . "</VirtualHost>\n";
    return ($text, LuciaTest::Client->new(port => $port, tls => 1));
}

1;
