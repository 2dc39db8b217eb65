# SPDX-License-Identifier: Apache-2.0
#
# A browser without script, for ways that lead over several servers of this machine: it keeps cookies as browsers keep them (of a
# host, whatever the port), and says where a request comes from (Sec-Fetch-Site, Origin).
#
#     my $visitor = LuciaTest::Visitor->new;                       # certificate => [$pem, $key]: what it shows over TLS
#         # basic => sub { ... }, negotiate => sub { ... }: Authorization, when it is asked
#     my $reply = $visitor->open('http://127.0.0.1:8080/a');       # as typed into the address bar: no redirect is followed
#     $reply = $visitor->click('/b');                              # as a link of the page where it is; absolute or not
#     $reply = $visitor->post('/c', form(a => 'b'));               # as a form of the page where it is
#     $reply = $visitor->follow($reply);                           # redirects, to their end
#     $visitor->url; $visitor->at; $visitor->page;                 # where it is; without the origin; the reply
#     $visitor->way                                                # the URLs of the last follow, without their queries
#     $visitor->cookie($url, 'auth_session')                       # the value, undef when there is none
#     my %fields = LuciaTest::Visitor::fields($reply);             # the hidden fields of the page
#
# Further arguments of a request are LuciaTest::Client's (headers as a hash).
package LuciaTest::Visitor;
use strict;
use warnings;

use LuciaTest;

use constant REDIRECTS_MAX => 20;

sub new {
    my ($class, %arg) = @_;
    return bless { cookies => [], url => undef, way => [], headers => {}, %arg }, $class;
}

sub url  { $_[0]{url} }
sub page { $_[0]{page} }
sub at   { return $_[0]{url} =~ s{^https?://[^/]+}{}r }
sub way  { return @{ $_[0]{way} } }

sub take_apart {
    my ($url) = @_;
    my ($scheme, $host, $port, $path) = $url =~ m{^(https?)://([\w.-]+):(\d+)(/[^#]*)?} or die "no URL of this machine: $url\n";
    return { scheme => $scheme, host => $host, port => $port, path => $path // '/', origin => "$scheme://$host:$port", site => "$scheme://$host" };
}

sub absolute {
    my ($self, $target) = @_;
    return $target if $target =~ m{^https?://};
    die "no base for $target\n" if !defined $self->{url};
    return take_apart($self->{url})->{origin} . $target if $target =~ m{^/};
    my ($page) = $self->{url} =~ m{^([^?#]*)};
    return $page . $target if $target =~ /^\?/;
    return $target eq '' ? $self->{url} : $page =~ s{[^/]*\z}{}r . $target;
}

# ---- Cookies ----

sub matches { my ($cookie, $to) = @_; return $cookie->{host} eq $to->{host} && ($cookie->{path} eq '/' || $to->{path} =~ m{^\Q$cookie->{path}\E(?:[/?]|\z)}) && (!$cookie->{secure} || $to->{scheme} eq 'https') }

sub keep {
    my ($self, $to, $reply) = @_;
    for my $raw ($reply->headers('Set-Cookie')) {
        my ($pair, @rest) = split /\s*;\s*/, $raw;
        my ($name, $value) = split /=/, $pair, 2;
        my %attribute = map { my ($n, $v) = split /=/, $_, 2; (lc $n => $v // 1) } @rest;
        my $path = ($attribute{path} // '') =~ m{^/} ? $attribute{path} : ($to->{path} =~ m{^(/.*)/[^/?]*(?:\?|\z)})[0] // '/';
        $path =~ s{(?<=.)/\z}{};
        $self->{cookies} = [grep { $_->{name} ne $name || $_->{host} ne $to->{host} || $_->{path} ne $path } @{ $self->{cookies} }];
        my $ends = defined $attribute{'max-age'} ? $attribute{'max-age'} <= 0 : ($attribute{expires} // '') =~ /\b1970\b/;
        push @{ $self->{cookies} }, { name => $name, value => $value, host => $to->{host}, path => $path, secure => $attribute{secure}, same_site => lc($attribute{samesite} // 'lax') }
            if !$ends && length $value;
    }
    return;
}

sub cookie {
    my ($self, $url, $name) = @_;
    my $to = take_apart($url);
    my ($found) = grep { $_->{name} eq $name && matches($_, $to) } @{ $self->{cookies} };
    return $found && $found->{value};
}

# "name=value" of each cookie for a URL.
sub cookies {
    my ($self, $url) = @_;
    my $to = take_apart($url);
    return map { "$_->{name}=$_->{value}" } grep { matches($_, $to) } @{ $self->{cookies} };
}

sub forget {
    my ($self, $name) = @_;
    $self->{cookies} = [grep { defined $name && $_->{name} !~ $name } @{ $self->{cookies} }];
    return;
}

# From another site come cookies that are SameSite=None, and to a page that is opened with GET those that are Lax.
sub cookies_for {
    my ($self, $to, $method, $from) = @_;
    my @sent = grep { matches($_, $to) && ($from ne 'cross-site' || $_->{same_site} eq 'none' || $_->{same_site} eq 'lax' && $method eq 'GET') } @{ $self->{cookies} };
    return join '; ', map { "$_->{name}=$_->{value}" } @sent;
}

# ---- Requests ----

# What Sec-Fetch-Site says about a request of a page; once another site was on the way, it stays.
sub relation {
    my ($from, $to) = @_;
    return 'none' if !defined $from;
    my ($a, $b) = map { take_apart($_) } $from, $to;
    return $a->{origin} eq $b->{origin} ? 'same-origin' : $a->{site} eq $b->{site} ? 'same-site' : 'cross-site';
}

sub send_to {
    my ($self, $method, $url, $from, %arg) = @_;
    my $to = take_apart($url);
    my $cookie = $self->cookies_for($to, $method, $from);
    my %headers = (
        Accept => 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'Accept-Language' => 'en',
        'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document', 'Sec-Fetch-Site' => $from,
        length $cookie ? (Cookie => $cookie) : (),
        $method eq 'POST' && defined $self->{url} ? (Origin => take_apart($self->{url})->{origin}) : (),
        %{ $self->{headers} }, %{ delete $arg{headers} // {} },
    );
    my $client = LuciaTest::Client->new(host => $to->{host}, port => $to->{port}, tls => $to->{scheme} eq 'https', certificate => $self->{certificate});
    my $reply = $client->request($method => $to->{path}, %arg, headers => \%headers);
    my ($scheme) = ($reply->header('WWW-Authenticate') // '') =~ /^(\w+)/;
    if ($reply->status == 401 && $scheme && $self->{ lc $scheme }) {
        $headers{Authorization} = $self->{ lc $scheme }->();
        $reply = $client->request($method => $to->{path}, %arg, headers => \%headers);
    }
    $self->keep($to, $reply);
    @$self{qw(url from page)} = ($url, $from, $reply);
    return $reply;
}

sub open { my ($self, $url, %arg) = @_; return $self->send_to(GET => $url, 'none', %arg) }

sub leave {
    my ($self, $method, $target, %arg) = @_;
    my $url = $self->absolute($target);
    return $self->send_to($method, $url, relation($self->{url}, $url), %arg);
}

sub click { my ($self, $target, %arg) = @_; return $self->leave(GET => $target, %arg) }
sub post  { my ($self, $target, %arg) = @_; return $self->leave(POST => $target, %arg) }

sub follow {
    my ($self, $reply, %arg) = @_;
    $self->{way} = [];
    while ($reply->status =~ /^30[12378]$/ && defined $reply->location) {
        die "redirects without end:\n", map { "$_\n" } $self->way if @{ $self->{way} } >= REDIRECTS_MAX;
        my $url = $self->absolute($reply->location);
        push @{ $self->{way} }, $url =~ s/\?.*//sr;
        my $from = $self->{from};
        my $step = relation($self->{url}, $url);
        $from = $step if $from ne 'none' && ($from eq 'same-origin' || $step eq 'cross-site');
        $reply = $self->send_to(GET => $url, $from, %arg);
    }
    return $reply;
}

sub fields {
    my ($reply) = @_;
    my %fields;
    for my $input ($reply->body =~ /<input\b[^>]*>/g) {
        my ($name) = $input =~ /\bname="([^"]*)"/ or next;
        next if $input !~ /\btype="hidden"/;
        my ($value) = $input =~ /\bvalue="([^"]*)"/;
        $fields{$name} = LuciaTest::Site::unescape($value // '');
    }
    return %fields;
}

require LuciaTest::Site;
1;
