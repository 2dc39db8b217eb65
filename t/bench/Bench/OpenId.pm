# SPDX-License-Identifier: Apache-2.0
#
# mod_auth_openidc as a peer, and the OpenID provider (t/bench/openid) at which its user signs in:
#
#     my $provider = Bench::OpenId::Provider->new;
#     my $peer = Bench::OpenId->new(name => 'openid_cache', what => '...', url => $origin, provider => $provider, is_cookie => 0);
#
# A session is what a browser gets: from the gate to the provider's form and back, over all redirects. Field: is_cookie,
# whether the session is in the cookie and not in the memory that httpd's processes share.
package Bench::OpenId;
use strict;
use warnings;

use LuciaTest;
use Bench;
use Bench::Peers;
use parent -norequire, 'Bench::Peer';

use constant { COOKIE => 'mod_auth_openidc_session', CALLBACK => '/gated/callback' };

my $home = Bench::home() . '/openid';

# Why it cannot be measured here; nothing when it can.
sub missing {
    return 'there is no mod_auth_openidc' if !-e LuciaTest::apxs('libexecdir') . '/mod_auth_openidc.so';
    return 'there is no node' if system('node -e 0 2>/dev/null') != 0;
    return 'npm ci was not run in t/bench/openid' if !-e "$home/node_modules/.package-lock.json";
    return;
}

sub cookie { COOKIE }

# A browser: keeps the cookies of each server, and follows no redirect by itself.
sub visit {
    my ($jar, $method, $url, %arg) = @_;
    my ($port, $path) = $url =~ m{^http://127\.0\.0\.1:(\d+)(/.*)$} or die "no URL of this machine: $url\n";
    my $cookies = $jar->{$port} //= {};
    my @headers = (['Accept', 'text/html'], %$cookies ? ['Cookie', join '; ', map { "$_=$cookies->{$_}" } sort keys %$cookies] : ());
    my %form = $arg{form} ? form(@{ $arg{form} }) : ();
    my $reply = LuciaTest::Client->new(port => $port)->request($method => $path, %form, headers => [@headers, @{ $form{headers} // [] }]);
    for ($reply->headers('Set-Cookie')) {
        my ($name, $value) = /^([^=]+)=([^;]*)/ or next;
        if (length $value) { $cookies->{$name} = $value }
        else               { delete $cookies->{$name} }
    }
    return $reply;
}

# The absolute URL of a redirect.
sub target {
    my ($self, $reply, $from, $what) = @_;
    my $location = $reply->status =~ /^30[237]$/ ? $reply->location : undef;
    die "$self->{name}, $what: " . $reply->status . " without a redirect:\n" . $reply->bytes if !defined $location;
    return $location =~ m{^/} ? ($from =~ m{^(http://[^/]+)})[0] . $location : $location;
}

# Goes to the provider and gives a password; the cookies of all servers and the answer to the form.
sub ask_provider {
    my ($self, $password) = @_;
    my ($jar, $url) = ({}, $self->gated_url);
    for my $what ('the gate', 'the provider') {
        $url = $self->target(visit($jar, GET => $url), $url, $what);
    }
    my $reply = visit($jar, POST => $url, form => [name => Bench::NAME, password => $password]);
    return ($jar, $reply, $url);
}

sub enter {
    my ($self) = @_;
    my ($jar, $reply, $url) = $self->ask_provider(Bench::PASSWORD);
    $url = $self->target($reply, $url, 'sign-in');
    for my $what ('the provider, signed in', 'the way back') {
        $url = $self->target(visit($jar, GET => $url), $url, $what);
    }
    die "$self->{name}: sign-in ends at $url\n" if $url ne $self->gated_url;
    my ($port) = $url =~ /:(\d+)/;
    my %cookies = %{ $jar->{$port} };
    my @names = grep { /^\Q${\COOKIE}\E/ } sort keys %cookies;
    die "$self->{name}: sign-in sets no cookie\n" if !@names;
    return $self->entry(join '; ', map { "$_=$cookies{$_}" } @names);
}

# A session of the right shape, and one with something changed in its middle.
sub strangers {
    my ($self, $entry) = @_;
    my $middle = int(length($entry->{cookie}) * 3 / 4);
    my $changed = $entry->{cookie};
    substr($changed, $middle, 1) = substr($changed, $middle, 1) eq 'a' ? 'b' : 'a';
    return ['Cookie: ' . COOKIE . '=00000000-0000-0000-0000-000000000000'], ["Cookie: $changed"];
}

sub try_wrong_password {
    my ($self) = @_;
    my ($jar, $reply) = $self->ask_provider('wrong!');
    $self->must('a wrong password', $reply, 401);
    my ($port) = $self->{url} =~ /:(\d+)$/;
    my %cookies = %{ $jar->{$port} };
    die "$self->{name}: a wrong password opens the gate\n" if !$self->refuses('Cookie: ' . join '; ', map { "$_=$cookies{$_}" } keys %cookies);
    return;
}

# A session in the cookie cannot be ended: what the browser has from then on is none, the old one would be good until it
# expires.
sub ways {
    my ($self) = @_;
    return ('sign-out' => sub {
        my ($entry) = @_;
        my $reply = $self->client->request(GET => CALLBACK . '?logout=' . $self->{url} =~ s/([:\/])/sprintf '%%%02X', ord $1/ger . '%2F', cookie => $entry->{cookie});
        $self->must('sign-out', $reply, 302);
        return if !$self->{is_cookie};
        my ($set) = set_cookies($reply, COOKIE);
        die "$self->{name}: sign-out does not take the cookie away\n" if !$set || length $set->{value};
        return $self->entry(COOKIE . '=');
    });
}

package Bench::OpenId::Provider;
use Interop;

use constant { CLIENT => 'bench', SECRET => 'a secret of thirty-two characters' };

sub new {
    my ($class) = @_;
    my $application = Interop::Guide->new(
        env => { NODE_ENV => 'production' },
        command => ['node', "$home/provider.mjs", '--name', Bench::NAME, '--password', Bench::PASSWORD, '--client', CLIENT, '--secret', SECRET],
    );
    return bless { application => $application }, $class;
}

# What t/bench/conf/openid.conf needs.
sub conf { my ($self) = @_; return (issuer => $self->{application}->url, client => CLIENT, secret => SECRET) }

1;
