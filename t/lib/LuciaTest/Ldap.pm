# SPDX-License-Identifier: Apache-2.0
#
# A directory (slapd) of a test's own, for mod_authnz_ldap.
#
#     my $why = LuciaTest::Ldap::missing();      # why there can be none; nothing when there can
#     my $directory = LuciaTest::Ldap->new(people => { alice => { password => $PASSWORD, mail => 'alice@example.org', entryUUID => '...' } });
#     $directory->url                            # ldap://127.0.0.1:PORT/ou=people,dc=example,dc=org
#
# Each person is uid=NAME,ou=people,dc=example,dc=org. It ends with the object.
package LuciaTest::Ldap;
use strict;
use warnings;
use parent 'LuciaTest::Service';

use LuciaTest;
use LuciaTest::Service;

use constant ROOT => 'dc=example,dc=org';

sub missing {
    return 'there is no mod_authnz_ldap' if !-e LuciaTest::apxs('libexecdir') . '/mod_authnz_ldap.so';
    return 'there is no slapd' if !-x '/usr/sbin/slapd' || !-x '/usr/sbin/slapadd';
    return;
}

sub new { my ($class, %arg) = @_; return LuciaTest::Service::new($class, 'ldap', people => {}, %arg) }
sub url { my ($self) = @_; return "ldap://127.0.0.1:$self->{port}/ou=people," . ROOT }

sub choose_port {
    my ($self) = @_;
    $self->SUPER::choose_port;
    $self->fill if !-e "$self->{dir}/slapd.conf";
    return;
}

sub write_file {
    my ($self, $name, $text) = @_;
    open my $out, '>', "$self->{dir}/$name" or die "$name: $!";
    print $out $text;
    close $out or die "$name: $!";
    return "$self->{dir}/$name";
}

sub entry { my ($dn, @lines) = @_; return join "\n", "dn: $dn", @lines, '', '' }

sub fill {
    my ($self) = @_;
    my $dir = $self->{dir};
    mkdir "$dir/data" or die "data: $!";
    my $includes = join '', map { "include /etc/ldap/schema/$_.schema\n" } qw(core cosine inetorgperson);
    my $conf = $self->write_file('slapd.conf', <<"CONF");
$includes
pidfile $dir/pid
argsfile $dir/args
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "${\ROOT}"
directory $dir/data
maxsize 10485760
index uid eq
CONF
    my $people = join '', map {
        my %has = %{ $self->{people}{$_} };
        my $password = delete $has{password};
        entry("uid=$_,ou=people," . ROOT, 'objectClass: inetOrgPerson', "uid: $_", "cn: $_", "sn: $_", "userPassword: $password", map { "$_: $has{$_}" } sort keys %has);
    } sort keys %{ $self->{people} };
    my $ldif = $self->write_file('people.ldif', entry(ROOT, 'objectClass: dcObject', 'objectClass: organization', 'o: Example', 'dc: example')
        . entry('ou=people,' . ROOT, 'objectClass: organizationalUnit', 'ou: people') . $people);
    my $said = `/usr/sbin/slapadd -q -f $conf -l $ldif 2>&1`;
    die "slapadd: $said" if $?;
    return;
}

sub command { my ($self) = @_; return ('/usr/sbin/slapd', '-d', 'none', '-f', "$self->{dir}/slapd.conf", '-h', "ldap://127.0.0.1:$self->{port}/") }

# An answer to an anonymous bind.
sub answers {
    my ($self) = @_;
    $self->ask("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", qr/\A\x30/);
    return 1;
}

1;
