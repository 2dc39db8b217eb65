# SPDX-License-Identifier: Apache-2.0
#
# mod_auth_openidc as a peer, whose user signs in at an OpenID provider (LuciaTest::OpenId):
#
#     my $provider = Bench::OpenId::provider();
#     my $peer = Bench::OpenId->new(name => 'openid_cache', what => '...', url => $origin, is_cookie => 0);
#     Bench::OpenId::conf($provider)    # what t/bench/conf/openid.conf needs
#
# A session is what a browser gets: from the gate to the provider's form and back, over all redirects. Field: is_cookie,
# whether the session is in the cookie and not in the memory that httpd's processes share.
package Bench::OpenId;
use strict;
use warnings;

use LuciaTest;
use LuciaTest::OpenId;
use LuciaTest::Visitor;
use Bench;
use Bench::Peers;
use parent -norequire, 'Bench::Peer';

use constant { COOKIE => 'mod_auth_openidc_session', CALLBACK => '/gated/callback' };

# Why it cannot be measured here; nothing when it can.
sub missing { return LuciaTest::OpenId::missing() }

sub provider { return LuciaTest::OpenId->new(accounts => { Bench::NAME, { password => Bench::PASSWORD } }) }
sub conf     { my ($provider) = @_; return (issuer => $provider->url, client => $provider->client, secret => $provider->secret) }

sub cookie { COOKIE }

# Goes to the provider and gives a password; the visitor, with where the form led.
sub ask_provider {
    my ($self, $password) = @_;
    my $visitor = LuciaTest::Visitor->new;
    $visitor->follow($visitor->open($self->gated_url));
    my $reply = $visitor->post($visitor->url, form(name => Bench::NAME, password => $password));
    return ($visitor, $reply);
}

sub enter {
    my ($self) = @_;
    my ($visitor, $reply) = $self->ask_provider(Bench::PASSWORD);
    $self->must('sign-in', $visitor->follow($reply), 200);
    die "$self->{name}: sign-in ends at @{[$visitor->url]}\n" if $visitor->url ne $self->gated_url;
    my @cookies = grep { /^\Q${\COOKIE}\E/ } $visitor->cookies($self->gated_url);
    die "$self->{name}: sign-in sets no cookie\n" if !@cookies;
    return $self->entry(join '; ', @cookies);
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
    my ($visitor, $reply) = $self->ask_provider('wrong!');
    $self->must('a wrong password', $reply, 401);
    die "$self->{name}: a wrong password opens the gate\n" if !$self->refuses('Cookie: ' . join '; ', $visitor->cookies($self->gated_url));
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

1;
