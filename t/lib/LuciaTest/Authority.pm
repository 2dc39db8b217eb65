# SPDX-License-Identifier: Apache-2.0
#
# An authority that signs certificates with openssl.
#
#     my $authority = LuciaTest::Authority->new('Example CA');
#     my $pair = $authority->issue('/O=Example/CN=alice');    # [certificate, key]: files
#     $authority->revoke($pair);
#     $authority->certificate; $authority->revoked            # files: its own certificate, and the list of what it has revoked
package LuciaTest::Authority;
use strict;
use warnings;

use LuciaTest;

sub new {
    my ($class, $name) = @_;
    my $self = bless { dir => LuciaTest::work_dir('authority'), count => 0 }, $class;
    my $dir = $self->{dir};
    open my $conf, '>', "$dir/ca.conf" or die $!;
    print $conf <<"CONF";
[ca]
default_ca = own
[own]
database = $dir/index
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
rand_serial = yes
default_md = sha256
default_days = 2
default_crl_days = 2
policy = any
email_in_dn = yes
[any]
organizationName = optional
organizationalUnitName = optional
commonName = supplied
userId = optional
CONF
    close $conf;
    open my $index, '>', "$dir/index" or die $!;
    close $index;
    openssl("req -x509 -days 2 -subj '/CN=$name' -addext basicConstraints=critical,CA:true " . key("$dir/ca"));
    $self->list;
    return $self;
}

sub openssl { my ($command) = @_; my $said = `openssl $command 2>&1`; die "openssl $command:\n$said" if $?; return }
sub key     { my ($file) = @_; return "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $file.key -out $file.pem" }

sub list { my ($self) = @_; return openssl("ca -config $self->{dir}/ca.conf -gencrl -out $self->{dir}/revoked.pem") }

sub certificate { return "$_[0]{dir}/ca.pem" }
sub revoked     { return "$_[0]{dir}/revoked.pem" }

sub issue {
    my ($self, $subject) = @_;
    my $file = "$self->{dir}/" . ++$self->{count};
    openssl("req -new -subj '$subject' " . key($file) =~ s/\.pem$/.csr/r);
    openssl("ca -config $self->{dir}/ca.conf -batch -preserveDN -notext -in $file.csr -out $file.pem");
    return ["$file.pem", "$file.key"];
}

sub revoke {
    my ($self, $pair) = @_;
    openssl("ca -config $self->{dir}/ca.conf -revoke $pair->[0]");
    return $self->list;
}

1;
