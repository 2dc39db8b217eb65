# SPDX-License-Identifier: Apache-2.0
#
# The walls of the house, proved from the object files: who calls whom is read
# from the symbols that each file defines and needs. The floors are in t/floors.txt.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

my $top   = LuciaTest::top();
my $build = LuciaTest::build();
chdir $top or die $!;

my @sources = grep { -f } 'mod_luciauth.c', glob('src/core/*.c src/httpd/*.c src/ctl/*.c');
my %object = map { (name($_) => "$build/" . s/\.c$/.o/r) } @sources;
my @missing = grep { !-e $object{$_} } sort keys %object;
plan skip_all => "not built: @missing" if @missing;

sub name  { $_[0] =~ s{^src/}{}r =~ s/\.c$//r }
sub slurp { LuciaTest::Server::slurp($_[0]) }

# ---- The table ----

my (%floor, %also, @unread);
for (split /\n/, slurp('t/floors.txt')) {
    next if /^(?:#|$)/;
    my ($file, $floor, $also) = /^(\S+) +([\d.]+) +\w[^][]*?(?: \[([^][]+)\])?$/
        or push(@unread, $_), next;
    $floor{$file} = $floor;
    $also{$file}{$_} = 1 for split ' ', $also // '';
}
ok !@unread, 'each line of t/floors.txt says file, floor, what lives there' or diag join "\n", @unread;
my @homeless = grep { !exists $floor{$_} } sort keys %object;
ok !@homeless, 'every file has a floor in t/floors.txt' or diag "without one: @homeless";

my @gone = grep { !-f "src/$_.h" && !$object{$_} } sort keys %floor;
ok !@gone, 't/floors.txt names no file that is gone' or diag "gone: @gone";

for my $header (sort glob 'src/core/*.h src/httpd/*.h src/ctl/*.h') {
    my $file = $header =~ s{^src/|\.h$}{}gr;
    my ($said) = slurp($header) =~ m{^/\* Floor ([\d.]*\d)\b}m;
    is $said, $floor{$file} // 'without a line in t/floors.txt', "$header names its floor";
}

# ---- The symbols ----

my (%defines, %needs, %owner);
for my $file (sort keys %object) {
    for (split /\n/, `nm -g $object{$file}`) {
        my ($type, $symbol) = /([A-Za-z]) (\S+)$/ or next;
        next if $symbol =~ /^(?:__asan|__ubsan|__odr_asan|_GLOBAL_OFFSET)/;
        if ($type eq 'U' || $type eq 'w') { $needs{$file}{$symbol} = 1 }
        else { $defines{$file}{$symbol} = 1; $owner{$symbol} = $file }
    }
}

# httpd finds a module's settings by the address of its record, so everybody names the record.
my %calls;
for my $file (keys %needs) {
    for my $symbol (keys %{ $needs{$file} }) {
        my $to = $owner{$symbol} // next;
        push @{ $calls{$file}{$to} }, $symbol unless $symbol eq 'luciauth_module' || $to eq $file;
    }
}

# ---- Wall 2: down only, and no cycle ----

my @up;
for my $from (sort keys %calls) {
    for my $to (sort keys %{ $calls{$from} }) {
        my ($here, $there) = ($floor{$from} // 99, $floor{$to} // 99);
        next if $there < $here || ($there == $here && $also{$from}{$to});
        push @up, "$from ($here) calls $to ($there): @{ $calls{$from}{$to} }";
    }
}
ok !@up, 'calls go down only, or along where t/floors.txt says so' or diag join "\n", @up;

my %state;
my @cycle;

sub visit {
    my ($file, @path) = @_;
    if (($state{$file} // '') eq 'open') { push @cycle, join ' -> ', @path, $file; return }
    return if $state{$file};
    $state{$file} = 'open';
    visit($_, @path, $file) for sort keys %{ $calls{$file} || {} };
    $state{$file} = 'done';
}
visit($_) for sort keys %object;
ok !@cycle, 'no cycle between files' or diag join "\n", @cycle;

# ---- Wall 1: the core knows no httpd, nor does luciactl, which httpd does not know either ----

my @across = map {
    my $from = $_;
    map { "$from calls $_" } grep { ($from =~ m{^ctl/}) != m{^ctl/} && !m{^core/} } sort keys %{ $calls{$from} }
} grep { !m{^core/} } sort keys %calls;
ok !@across, 'httpd and luciactl meet in the core alone' or diag join "\n", @across;

my @core = grep { m{^core/} } sort keys %object;
my @include = grep { /\S/ } map {
    my $file = $_;
    map { "$file: $_" } grep { m{^\s*#\s*include\s*[<"](?:httpd|http_\w+|ap_\w+|util_\w+|mod_\w+|mpm_\w+|scoreboard)\.h} }
        split /\n/, slurp($file)
} glob 'src/core/*.[ch] src/ctl/*.[ch]';
ok !@include, 'no header of httpd is included in src/core and src/ctl' or diag join "\n", @include;

my @httpd_calls = map { my $f = $_; map { "$f: $_" } grep { /^ap_/ } sort keys %{ $needs{$f} } } @core;
ok !@httpd_calls, 'no function of httpd is called from src/core' or diag join "\n", @httpd_calls;

SKIP: {
    chomp(my $compile = `make -s core-compile 2>/dev/null`);
    skip 'make core-compile does not answer', 2 unless length $compile;
    my $try = sub { system("printf '$_[0]' | $compile -fsyntax-only -x c - >/dev/null 2>&1") == 0 };
    ok $try->('#include <apr_pools.h>\n'), 'the flags of the core compile apr';
    ok !$try->('#include <httpd.h>\n'), 'and cannot compile httpd.h';
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

only_in 'apr_dbd_*', qr/^apr_dbd_/, 'core/connection';
only_in 'libargon2', qr/^argon2/, 'core/argon2_libargon2';
only_in 'libsodium', qr/^(?:crypto_|sodium_|randombytes)/, 'core/argon2_sodium';
only_in 'randomness', qr/^(?:RAND_|getrandom$|getentropy$|arc4random|random$|rand$|rand_r$|drand48$|apr_generate_random_bytes$|apr_random_|apr_uuid_get$|ap_random)/,
    'core/secret';
my @clock = map {
    my $file = $_;
    map { "$file: $_" } grep { /^(?:apr_time_now|time|clock|clock_gettime|gettimeofday|__vdso_\w+)$/ } sort keys %{ $needs{$file} }
} @core;
ok !@clock, 'the clock is not read in the core' or diag join "\n", @clock;

my @sql;
for my $file (grep { !m{^src/core/sql(?:_(?:admin|schema))?\.c$} } @sources) {
    my $text = slurp($file);
    $text =~ s{/\*.*?\*/}{}gs;
    while ($text =~ /("(?:[^"\\\n]|\\.)*")/g) {
        my $literal = $1;
        push @sql, "$file: $literal"
            if $literal =~ /\b(?:SELECT|INSERT|UPDATE|DELETE FROM|CREATE TABLE|CREATE INDEX|ALTER TABLE|PRAGMA|VALUES|WHERE|ON CONFLICT)\b/;
    }
}
ok !@sql, 'SQL text only in src/core/sql.c, sql_admin.c and sql_schema.c' or diag join "\n", @sql;

done_testing;
