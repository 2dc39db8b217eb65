# SPDX-License-Identifier: Apache-2.0
#
# A real SMTP server (aiosmtpd) of a test's own, gone with the object.
#
#     my $mail = LuciaTest::Mail->new;                     # on a free port of every address of this machine
#     LuciaTest::Mail->new(tls => 'starttls', login => 'name:password')      # or 'smtps'
#     "LuciaMail smtp://127.0.0.1:$mail->{port}"
#     $mail->mode('refuse');     # or accept, later, slow, die, reject: see mail_server.py
#     my ($first) = $mail->mails;    # { from, to => [...], data, login, tls, headers => { subject => ... }, text }
#     $mail->certificate         # of localhost and mail.example.org
#     $mail->stop; $mail->start;
package LuciaTest::Mail;
use strict;
use warnings;
use parent 'LuciaTest::Service';

use Cwd ();
use File::Basename qw(dirname);
use IO::Socket::INET ();
use JSON::PP ();
use MIME::QuotedPrint qw(decode_qp);
use LuciaTest;

sub new {
    my ($class, %arg) = @_;
    my $self = $class->SUPER::new('smtp', tls => 'none', login => '', %arg);
    return $self;
}

sub certificate {
    my ($self) = @_;
    my $file = "$self->{dir}/cert.pem";
    return $file if -e $file;
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        . "-addext subjectAltName=DNS:localhost,DNS:mail.example.org -keyout $self->{dir}/key.pem -out $file 2>/dev/null") == 0 or die 'no certificate';
    return $file;
}

# Debian's own python3, which has Debian's aiosmtpd.
sub command {
    my ($self) = @_;
    $self->certificate;
    return ('/usr/bin/python3', Cwd::abs_path(dirname(__FILE__)) . '/mail_server.py', "$self->{dir}", $self->{port}, $self->{tls}, $self->{login});
}

sub answers {
    my ($self) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 5) or die "no connection: $!\n";
    return 1;
}

sub mode {
    my ($self, $mode) = @_;
    open my $out, '>', "$self->{dir}/mode.new" or die "mode: $!";
    print $out $mode;
    close $out or die "mode: $!";
    rename "$self->{dir}/mode.new", "$self->{dir}/mode" or die "mode: $!";
    return;
}

# A mail as a person reads it.
sub parse {
    my ($mail) = @_;
    my ($head, $text) = $mail->{data} =~ /\A(.*?)\r\n\r\n(.*)\z/s or return $mail;
    $head =~ s/\r\n(?=[ \t])//g;
    $mail->{headers} = { map { /^([^:]+): ?(.*)$/ ? (lc $1 => $2) : () } split /\r\n/, $head };
    $mail->{text} = ($mail->{headers}{'content-transfer-encoding'} // '') eq 'quoted-printable' ? decode_qp($text =~ s/\r\n/\n/gr) : $text =~ s/\r\n/\n/gr;
    return $mail;
}

sub mails {
    my ($self) = @_;
    return map { parse(JSON::PP::decode_json(LuciaTest::Server::slurp($_))) } sort glob "$self->{dir}/mails/*.json";
}

sub forget { my ($self) = @_; unlink glob "$self->{dir}/mails/*.json"; return }

1;
