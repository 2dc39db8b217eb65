# SPDX-License-Identifier: Apache-2.0
#
# The walls of the house (doc/architecture.md), proved from the includes and from the symbols of the object
# files. t/layers.txt says which folder may use which.
use strict;
use warnings;
use lib 't/lib';
use File::Basename qw(dirname);
use Test::More;
use LuciaTest;

my $top   = LuciaTest::top();
my $build = LuciaTest::build();
chdir $top or die $!;

my @sources = grep { -f } 'mod_luciauth.c', glob('src/*/*.c src/*/*/*.c');
my @headers = grep { -f } glob('src/*/*.h src/*/*/*.h');
my %object = map { (name($_) => "$build/" . s/\.c$/.o/r) } @sources;
my @missing = grep { !-e $object{$_} } sort keys %object;
plan skip_all => "not built: @missing" if @missing;

sub name   { $_[0] =~ s{^src/}{}r =~ s/\.[ch]$//r }
sub folder { my $folder = dirname($_[0]); return $folder eq '.' ? '' : $folder }    # of a name; '': mod_luciauth.c
sub slurp  { LuciaTest::Server::slurp($_[0]) }

sub none {
    my ($what, @found) = @_;
    ok !@found, $what or diag join "\n", @found;
    return;
}

# ---- The table ----

my (%may, @unread);
for (split /\n/, slurp('t/layers.txt')) {
    next if /^(?:#|$)/;
    my ($folder, $uses) = m{^(\w+(?:/\w+)?):((?: \w+/\w+)*)$} or push(@unread, $_), next;
    $may{$folder} = { map { $_ => 1 } split ' ', $uses };
}
none 'each line of t/layers.txt is "folder: the folders it may use"', @unread;
my %folder = map { folder(name($_)) => 1 } grep { m{^src/} } @sources, @headers;
none 'each folder of src has a line in t/layers.txt', grep { !$may{$_} } sort keys %folder;
none 't/layers.txt names no folder that does not exist', grep { !$folder{$_} } sort(keys %may, map { keys %$_ } values %may);

# ---- What uses what ----

my (%uses, @unknown, @intrusions);    # from file to file, with the reasons
for my $file (@sources, @headers) {
    for my $header (slurp($file) =~ /^#include "([^"]+)"$/mg) {
        if (!-f "src/$header") { push @unknown, "$file includes $header"; next }
        push @{ $uses{ name($file) }{ name($header) } }, "includes $header" unless name($file) eq name($header);
        push @intrusions, "$file includes $header" if $header =~ /_int\.h$/ && folder(name($file)) ne folder(name($header));
    }
}
none 'an include names the folder of its header', @unknown;
none 'a header x_int.h is used in its own folder only', @intrusions;

my (%defines, %needs, %owner);
for my $file (sort keys %object) {
    for (split /\n/, `nm -g $object{$file}`) {
        my ($type, $symbol) = /([A-Za-z]) (\S+)$/ or next;
        next if $symbol =~ /^(?:__asan|__ubsan|__odr_asan|_GLOBAL_OFFSET)/;
        if ($type eq 'U' || $type eq 'w') { $needs{$file}{$symbol} = 1 }
        else { $defines{$file}{$symbol} = 1; $owner{$symbol} = $file }
    }
}

# httpd finds a module's settings by the address of its record, so every file names the record.
my %calls;
for my $file (keys %needs) {
    for my $symbol (keys %{ $needs{$file} }) {
        my $to = $owner{$symbol} // next;
        next if $symbol eq 'luciauth_module' || $to eq $file;
        push @{ $calls{$file}{$to} }, $symbol;
        push @{ $uses{$file}{$to} }, "calls $symbol";
    }
}
cmp_ok scalar(keys %calls), '>', 100, 'the object files were read';

# ---- Wall 2: folders are the layers ----

my (%used, @up);
for my $from (sort keys %uses) {
    for my $to (sort keys %{ $uses{$from} }) {
        my ($here, $there) = (folder($from), folder($to));
        next if $here eq $there || $here eq '';
        $used{$here}{$there} = 1;
        push @up, "$from -> $to: @{ $uses{$from}{$to} }" unless $may{$here}{$there};
    }
}
none 'a folder uses only the folders that t/layers.txt lists for it', @up;
none 't/layers.txt lists no use that does not exist', map { my $from = $_; map { "$from: $_" } grep { !$used{$from}{$_} } sort keys %{ $may{$from} } } sort keys %may;

my @cycle;
sub visit {
    my ($graph, $state, $node, @path) = @_;
    if (($state->{$node} // '') eq 'open') { push @cycle, join ' -> ', @path, $node; return }
    return if $state->{$node};
    $state->{$node} = 'open';
    visit($graph, $state, $_, @path, $node) for sort keys %{ $graph->{$node} || {} };
    $state->{$node} = 'done';
    return;
}
for my $graph (\%may, \%calls) { my %state; visit($graph, \%state, $_) for sort keys %$graph }
none 'no cycle between folders, nor between files', @cycle;

# ---- Wall 1: the core knows no httpd, nor does luciactl, which httpd does not know either ----

my $layer = sub { $_[0] =~ m{^(\w+)/}; $1 // '' };
my %beside = (core => qr/^(?:httpd|ctl)$/, httpd => qr/^ctl$/, ctl => qr/^httpd$/);
none 'core uses neither httpd nor ctl, and these two meet in the core alone',
    map { my $from = $_; map { "$from -> $_" } grep { $layer->($_) =~ ($beside{ $layer->($from) } // qr/^ctl$/) } sort keys %{ $uses{$from} } } sort keys %uses;

my @core = grep { m{^core/} } sort keys %object;
none 'no header of httpd is included in src/core and src/ctl', map {
    my $file = $_;
    map { "$file: $_" } grep { m{^\s*#\s*include\s*[<"](?:httpd|http_\w+|ap_\w+|util_\w+|mod_\w+|mpm_\w+|scoreboard)\.h} }
        split /\n/, slurp($file)
} grep { m{^src/(?:core|ctl)/} } @sources, @headers;
none 'no function of httpd is called from src/core', map { my $f = $_; map { "$f: $_" } grep { /^ap_/ } sort keys %{ $needs{$f} } } @core;

SKIP: {
    chomp(my $compile = `make -s core-compile 2>/dev/null`);
    skip 'make core-compile does not answer', 2 unless length $compile;
    my $try = sub { system("printf '$_[0]' | $compile -fsyntax-only -x c - >/dev/null 2>&1") == 0 };
    ok $try->('#include <apr_pools.h>\n'), 'the flags of the core compile apr';
    ok !$try->('#include <httpd.h>\n'), 'the flags of the core do not compile httpd.h';
}

# ---- Wall 3: one place each ----

sub only_in {
    my ($what, $pattern, @allowed) = @_;
    my %may = map { $_ => 1 } @allowed;
    my @found = map {
        my $file = $_;
        my @symbols = grep { /$pattern/ } sort keys %{ $needs{$file} };
        @symbols && !$may{$file} ? "$file: @symbols" : ()
    } sort keys %object;
    ok !@found, "$what only in " . (@allowed ? "@allowed" : 'nothing') or diag join "\n", @found;
    return;
}

only_in 'apr_dbd_*', qr/^apr_dbd_/, 'core/db/connection';
only_in 'libargon2', qr/^argon2/, 'core/password/password_argon2';
only_in 'libsodium', qr/^(?:crypto_|sodium_|randombytes)/, 'core/password/password_argon2', 'core/session/local_cache';
only_in 'libqrencode', qr/^QRcode_/, 'core/web/qr_picture';
only_in 'libcurl', qr/^curl_/, 'core/mail/transport_smtp';
only_in 'libidn2', qr/^idn2_/, 'core/mail/mailbox';
only_in 'randomness', qr/^(?:RAND_|getrandom$|getentropy$|arc4random|random$|rand$|rand_r$|drand48$|apr_generate_random_bytes$|apr_random_|apr_uuid_get$|ap_random)/,
    'core/base/secret';
my @clock = map {
    my $file = $_;
    map { "$file: $_" } grep { /^(?:apr_time_now|time|clock|clock_gettime|gettimeofday|__vdso_\w+)$/ } sort keys %{ $needs{$file} }
} @core;
ok !@clock, 'the clock is not read in the core' or diag join "\n", @clock;

my @sql;
for my $file (grep { !m{^src/core/db/(?:schema|engine(?:_\w+)?|\w+_table)\.[ch]$} } @sources, @headers) {
    my $text = slurp($file);
    $text =~ s{/\*.*?\*/}{}gs;
    while ($text =~ /("(?:[^"\\\n]|\\.)*")/g) {
        my $literal = $1;
        push @sql, "$file: $literal"
            if $literal =~ /\b(?:SELECT|INSERT|UPDATE|DELETE FROM|CREATE TABLE|CREATE INDEX|ALTER TABLE|PRAGMA|VALUES|WHERE|ON CONFLICT)\b/;
    }
}
ok !@sql, 'SQL text only in the engines, the tables and schema.c of src/core/db' or diag join "\n", @sql;

done_testing;
