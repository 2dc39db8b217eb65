# SPDX-License-Identifier: Apache-2.0
#
# A real SAML identity provider (SimpleSAMLphp in PHP's own server) of a test's own, and what mod_auth_mellon has to know of it.
#
#     my $why = LuciaTest::Saml::missing();                # why there can be none; nothing when there can
#     my $provider = LuciaTest::Saml->new(accounts => { alice => { password => $PASSWORD, attributes => { uid => ['alice'], employeeNumber => ['1'] } } });
#     my $dir = $provider->introduce($server, '/company/saml');    # makes them known to each other, by this MellonEndpointPath; a folder
#         # with what mod_auth_mellon needs: site.key, site.crt, site.xml and provider.xml
#     my $reply = $provider->fill_in($visitor, 'alice');   # in the provider's form, where the visitor is; and back
#     $provider->pass($visitor, $reply)                    # the page that a browser with script posts at once; and back
#
# What it tells of a user: a persistent NameID that is made from the attribute
# employeeNumber, and the attributes. It ends with the object.
package LuciaTest::Saml;
use strict;
use warnings;
use parent 'LuciaTest::Service';

use LuciaTest;
use LuciaTest::Service;
use LuciaTest::Site;

use constant { HOME => '/usr/share/simplesamlphp/www', PERSISTENT => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' };

sub missing {
    return 'there is no mod_auth_mellon' if !-e LuciaTest::apxs('libexecdir') . '/mod_auth_mellon.so';
    return 'there is no SimpleSAMLphp' if !-d HOME;
    return 'there is no PHP for the command line' if system('php -v >/dev/null 2>&1') != 0;
    return;
}

sub new { my ($class, %arg) = @_; return LuciaTest::Service::new($class, 'saml', accounts => {}, %arg) }

sub choose_port {
    my ($self) = @_;
    $self->SUPER::choose_port;
    $self->make_key;
    $self->configure;
    return;
}

sub url    { return "http://localhost:$_[0]{port}/" }
sub entity { return $_[0]->url . 'idp' }

sub make_key {
    my ($self) = @_;
    return if -e "$self->{dir}/idp.key";
    mkdir "$self->{dir}/$_" or die $! for qw(config metadata sessions temp);
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout $self->{dir}/idp.key -out $self->{dir}/idp.crt 2>/dev/null") == 0
        or die "openssl failed\n";
    return;
}

# ---- Its configuration ----

sub php {
    my ($value) = @_;
    return '[' . join(', ', map { php($_) . ' => ' . php($value->{$_}) } sort keys %$value) . ']' if ref $value eq 'HASH';
    return '[' . join(', ', map { php($_) } @$value) . ']' if ref $value eq 'ARRAY';
    return $$value if ref $value;    # as it stands
    return "'" . $value =~ s/([\\'])/\\$1/gr . "'";
}

sub write_php {
    my ($self, $name, $statement) = @_;
    open my $out, '>', "$self->{dir}/$name" or die "$name: $!";
    print $out "<?php\n$statement;\n";
    close $out or die "$name: $!";
    return;
}

sub configure {
    my ($self) = @_;
    my $dir = $self->{dir};
    my %users = map { ("$_:$self->{accounts}{$_}{password}" => $self->{accounts}{$_}{attributes}) } keys %{ $self->{accounts} };
    $self->write_php('config/config.php', '$config = ' . php({
        'baseurlpath' => $self->url, 'certdir' => "$dir/", 'loggingdir' => "$dir/", 'datadir' => "$dir/", 'tempdir' => "$dir/temp", 'metadatadir' => "$dir/metadata/",
        'attributenamemapdir' => '/etc/simplesamlphp/attributemap/', 'secretsalt' => 'a salt of the tests', 'auth.adminpassword' => 'a password of the tests',
        'technicalcontact_name' => 'Test', 'technicalcontact_email' => 'test@example.org', 'timezone' => 'UTC',
        'logging.handler' => 'file', 'logging.logfile' => 'provider.log', 'enable.saml20-idp' => \'true', 'enable.http_post' => \'true',
        'module.enable' => { exampleauth => \'true', core => \'true', saml => \'true' },
        'session.cookie.secure' => \'false', 'session.cookie.samesite' => 'Lax', 'session.phpsession.savepath' => "$dir/sessions",
        'language.available' => ['en'], 'language.default' => 'en', 'store.type' => 'phpsession',
        'metadata.sources' => [{ type => 'flatfile' }], 'trusted.url.domains' => \'null',
        'admin.checkforupdates' => \'false',
    }));
    $self->write_php('config/authsources.php', '$config = ' . php({ admin => ['core:AdminPassword'], accounts => { 0 => 'exampleauth:UserPass', %users } })
        =~ s/'0' => /0 => /r);
    $self->write_php('metadata/saml20-idp-hosted.php', "\$metadata['" . $self->entity . "'] = " . php({
        host => '__DEFAULT__', privatekey => 'idp.key', certificate => 'idp.crt', auth => 'accounts',
        NameIDFormat => PERSISTENT, 'saml20.sign.response' => \'true',
        authproc => \"[3 => ['class' => 'saml:PersistentNameID', 'attribute' => 'employeeNumber']]",
    }));
    $self->write_php('metadata/saml20-sp-remote.php', $self->{sites} // '$metadata = []');
    return;
}

sub command {
    my ($self) = @_;
    return ('env', "SIMPLESAMLPHP_CONFIG_DIR=$self->{dir}/config", 'php', '-d', 'display_errors=0', '-S', "localhost:$self->{port}", '-t', HOME);
}

sub answers { my ($self) = @_; return LuciaTest::Client->new(host => 'localhost', port => $self->{port})->request(GET => '/saml2/idp/metadata.php')->status == 200 }

# ---- What mod_auth_mellon has to know, and what the provider has to know of it ----

sub certificate_in { my ($file) = @_; my ($text) = LuciaTest::Server::slurp($file) =~ /-----BEGIN CERTIFICATE-----\n(.*?)-----END/s; return $text =~ s/\s//gr }

sub metadata {
    my ($entity, $role, $certificate, @services) = @_;
    my $protocol = 'urn:oasis:names:tc:SAML:2.0:protocol';
    return <<"XML";
<EntityDescriptor entityID="$entity" xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
  <${role}SSODescriptor protocolSupportEnumeration="$protocol"@{[$role eq 'SP' ? ' AuthnRequestsSigned="true"' : '']}>
    <KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>$certificate</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
@{[map { "    $_\n" } @services]}  </${role}SSODescriptor>
</EntityDescriptor>
XML
}

sub service { my ($name, $binding, $url, $more) = @_; return "<$name Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:$binding\" Location=\"$url\"" . ($more // '') . '/>' }

sub introduce {
    my ($self, $server, $path) = @_;
    my $site = $server->origin . $path;
    my $name_id = "<NameIDFormat>${\PERSISTENT}</NameIDFormat>";
    my $dir = $server->dir . '/conf/saml';
    $server->write('conf/saml/provider.xml', metadata($self->entity, 'IDP', certificate_in("$self->{dir}/idp.crt"),
        service('SingleLogoutService', 'HTTP-Redirect', $self->url . 'saml2/idp/SingleLogoutService.php'), $name_id,
        service('SingleSignOnService', 'HTTP-Redirect', $self->url . 'saml2/idp/SSOService.php')));
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=site -keyout $dir/site.key -out $dir/site.crt 2>/dev/null") == 0 or die "openssl failed\n";
    my $certificate = certificate_in("$dir/site.crt");
    $server->write('conf/saml/site.xml', metadata($site, 'SP', $certificate, service('SingleLogoutService', 'HTTP-Redirect', "$site/logout"), $name_id,
        service('AssertionConsumerService', 'HTTP-POST', "$site/postResponse", ' index="0"')));
    $self->{sites} = "\$metadata['$site'] = " . php({
        AssertionConsumerService => "$site/postResponse", SingleLogoutService => "$site/logout", certData => $certificate,
        'validate.authnrequest' => \'true', 'sign.logout' => \'true', NameIDFormat => PERSISTENT,
    });
    $self->configure;
    return "$dir/";
}

# ---- The ways of a user ----

sub form_of {
    my ($reply) = @_;
    my ($action) = $reply->body =~ /<form\b[^>]*\baction="([^"]*)"/;
    return LuciaTest::Site::unescape($action // '');
}

sub fill_in {
    my ($self, $visitor, $name, $password) = @_;
    my %state = LuciaTest::Visitor::fields($visitor->page);
    my $reply = $visitor->post(form_of($visitor->page), form(%state, username => $name, password => $password // $PASSWORD));
    return $self->pass($visitor, $visitor->follow($reply));
}

sub pass {
    my ($self, $visitor, $reply) = @_;
    my %fields = LuciaTest::Visitor::fields($reply);
    return $reply if !$fields{SAMLResponse};
    return $visitor->follow($visitor->post(form_of($reply), form(%fields)));
}

1;
