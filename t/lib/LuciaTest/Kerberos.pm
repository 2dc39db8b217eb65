# SPDX-License-Identifier: Apache-2.0
#
# A Kerberos realm (krb5kdc) of a test's own, EXAMPLE.ORG, for mod_auth_gssapi.
#
#     my $why = LuciaTest::Kerberos::missing();    # why there can be none; nothing when there can
#     my $realm = LuciaTest::Kerberos->new(people => { alice => $PASSWORD }, host => '127.0.0.1');
#     $realm->config, $realm->keytab               # krb5.conf, as KRB5_CONFIG of httpd; the key of HTTP/127.0.0.1 for httpd
#     $realm->sign_in('alice');                    # a ticket, as at a workstation
#     my $header = $realm->negotiate('alice');     # a new value of Authorization for that host
#
# It ends with the object.
package LuciaTest::Kerberos;
use strict;
use warnings;
use parent 'LuciaTest::Service';

use LuciaTest;
use LuciaTest::Service;
use MIME::Base64 qw(encode_base64);

use constant REALM => 'EXAMPLE.ORG';

my @PROGRAMS = map { "/usr/sbin/$_" } qw(krb5kdc kdb5_util kadmin.local);

sub missing {
    return 'there is no mod_auth_gssapi' if !-e LuciaTest::apxs('libexecdir') . '/mod_auth_gssapi.so';
    return "there is no $_" for grep { !-x } @PROGRAMS, '/usr/bin/kinit';
    return 'there is no GSSAPI for Perl' if !eval { require GSSAPI };
    return;
}

sub new { my ($class, %arg) = @_; return LuciaTest::Service::new($class, 'kerberos', people => {}, host => '127.0.0.1', %arg) }

sub config { return "$_[0]{dir}/krb5.conf" }
sub keytab { return "$_[0]{dir}/httpd.keytab" }

sub environment { my ($self) = @_; return (KRB5_CONFIG => $self->config, KRB5_KDC_PROFILE => "$self->{dir}/kdc.conf") }

sub run {
    my ($self, @command) = @_;
    local %ENV = (%ENV, $self->environment);
    my $pid = open my $out, '-|' // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }
    my $said = join '', <$out>;
    close $out or die "@command:\n$said";
    return $said;
}

sub write_file {
    my ($self, $name, $text) = @_;
    open my $out, '>', "$self->{dir}/$name" or die "$name: $!";
    print $out $text;
    close $out or die "$name: $!";
    return;
}

sub choose_port {
    my ($self) = @_;
    $self->SUPER::choose_port;
    my ($dir, $realm) = ($self->{dir}, REALM);
    $self->write_file('krb5.conf', <<"CONF");
[libdefaults]
    default_realm = $realm
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
[realms]
    $realm = {
        kdc = 127.0.0.1:$self->{port}
    }
[domain_realm]
    $self->{host} = $realm
CONF
    $self->write_file('kdc.conf', <<"CONF");
[kdcdefaults]
    kdc_listen = ""
    kdc_tcp_listen = 127.0.0.1:$self->{port}
[realms]
    $realm = {
        database_name = $dir/principal
        key_stash_file = $dir/stash
        acl_file = $dir/acl
        max_life = 1h
    }
[logging]
    kdc = FILE:$dir/log
CONF
    return if $self->{is_filled}++;
    $self->run('/usr/sbin/kdb5_util', '-r', REALM, '-P', 'a master key of the tests', 'create', '-s');
    $self->administer("addprinc -pw \"$self->{people}{$_}\" $_") for sort keys %{ $self->{people} };
    $self->administer("addprinc -randkey HTTP/$self->{host}");
    $self->administer("ktadd -k $dir/httpd.keytab HTTP/$self->{host}");
    LuciaTest::give($self->keytab);
    return;
}

sub administer { my ($self, $query) = @_; return $self->run('/usr/sbin/kadmin.local', '-r', REALM, '-q', $query) }

sub command {
    my ($self) = @_;
    my %with = $self->environment;
    return ('env', map({ "$_=$with{$_}" } sort keys %with), '/usr/sbin/krb5kdc', '-n', '-r', REALM);
}

sub answers { my ($self) = @_; return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) }

# ---- People at their workstations ----

sub tickets { my ($self, $name) = @_; return "FILE:$self->{dir}/tickets-$name" }

sub sign_in {
    my ($self, $name) = @_;
    local %ENV = (%ENV, $self->environment, KRB5CCNAME => $self->tickets($name));
    open my $in, '|-', "kinit $name >/dev/null 2>$self->{dir}/kinit" or die "kinit: $!";
    print $in "$self->{people}{$name}\n";
    close $in or die "kinit: " . LuciaTest::Server::slurp("$self->{dir}/kinit");
    return;
}

sub negotiate {
    my ($self, $name) = @_;
    $self->sign_in($name) if !$self->{signed_in}{$name}++;
    @ENV{qw(KRB5_CONFIG KRB5CCNAME)} = ($self->config, $self->tickets($name));    # the library reads them
    my $status = GSSAPI::Name->import(my $target, "HTTP\@$self->{host}", GSSAPI::OID::gss_nt_service_name());
    die "name: $status\n" if !$status;
    my $context;
    $status = GSSAPI::Context::init($context, GSSAPI::GSS_C_NO_CREDENTIAL(), $target, GSSAPI::GSS_C_NO_OID(), 0, 0,
        GSSAPI::GSS_C_NO_CHANNEL_BINDINGS(), '', my $mechanism, my $token, my $flags, my $time);
    die "ticket: $status\n" if !$status || !length $token;
    return 'Negotiate ' . encode_base64($token, '');
}

1;
