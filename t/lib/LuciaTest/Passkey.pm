# SPDX-License-Identifier: Apache-2.0
#
# A small authenticator with one key (ES256), whose signatures the program openssl makes.
#
#     my $passkey = LuciaTest::Passkey->new(id => 'an id');    # party => 'localhost', origin => 'http://localhost:8080'
#     my %fields = $passkey->registration($offer);    # the fields of a form; $offer is what JSON offers
#     my %fields = $passkey->assertion($offer, handle => $handle, flags => 0x05);
package LuciaTest::Passkey;
use strict;
use warnings;

use Digest::SHA qw(sha256);
use LuciaTest;
use MIME::Base64 qw(encode_base64url decode_base64url);

sub new {
    my ($class, %arg) = @_;
    my $self = bless { id => 'a credential id of the tests', party => 'localhost', %arg }, $class;
    $self->{dir} = LuciaTest::work_dir('passkey');
    system("openssl ecparam -name prime256v1 -genkey -noout -out $self->{dir}/key.pem") == 0 or die 'openssl';
    my $der = `openssl ec -in $self->{dir}/key.pem -pubout -outform DER 2>/dev/null`;
    @$self{qw(x y)} = unpack 'a32 a32', substr $der, -64;
    return $self;
}

sub id { encode_base64url($_[0]{id}) }

sub client_data {
    my ($self, $type, $offer) = @_;
    return qq({"type":"webauthn.$type","challenge":"$offer->{challenge}","origin":"$self->{origin}","crossOrigin":false});
}

sub data {
    my ($self, $flags, $rest) = @_;
    return sha256($self->{party}) . pack('C N', $flags, 0) . $rest;
}

sub registration {
    my ($self, $offer, %arg) = @_;
    my $key = "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20$self->{x}\x22\x58\x20$self->{y}";
    my $data = $self->data(0x40 | ($arg{flags} // 0x05), "\0" x 16 . pack('n', length $self->{id}) . $self->{id} . $key);
    return (
        token              => $offer->{token},
        id                 => $self->id,
        client_data        => encode_base64url($self->client_data(create => $offer)),
        authenticator_data => encode_base64url($data),
        name               => $arg{name} // 'Key',
    );
}

sub assertion {
    my ($self, $offer, %arg) = @_;
    my $client_data = $self->client_data(get => $offer);
    my $data = $self->data($arg{flags} // 0x05, '');
    open my $out, '>:raw', "$self->{dir}/signed" or die $!;
    print $out $data . sha256($client_data);
    close $out;
    my $signature = `openssl dgst -sha256 -sign $self->{dir}/key.pem $self->{dir}/signed`;
    return (
        token              => $offer->{token},
        id                 => $self->id,
        client_data        => encode_base64url($client_data),
        authenticator_data => encode_base64url($data),
        signature          => encode_base64url($signature),
        user_handle        => $arg{handle} // '',
    );
}

1;
