# SPDX-License-Identifier: Apache-2.0
# Small rules that people forget.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;
sub slurp { LuciaTest::Server::slurp($_[0]) }

sub none {
    my ($what, @found) = @_;
    ok !@found, $what or diag join "\n", @found;
    return;
}

# Everything that belongs to the project, wherever it was unpacked.
sub files {
    my ($dir) = @_;
    my @found;
    for my $entry (glob "$dir/* $dir/.ci $dir/.gitignore $dir/.clang-format") {
        next if $entry =~ m{(?:^|/)(?:build|node_modules)$};
        push @found, -d $entry ? files($entry) : -f $entry ? $entry : ();
    }
    return map { s{^\./}{}r } @found;
}
my @files = files('.');
my @text  = grep { -T && !m{^t/fuzz/corpus/} } @files;    # seeds are bytes, not text
my @c     = grep { /\.[ch]$/ } @files;
cmp_ok scalar @c, '>', 2, 'there are sources';

none 'each C file opens with its SPDX line',
    grep { slurp($_) !~ m{\A/\* SPDX-License-Identifier: Apache-2\.0 \*/\n} } @c;
none 'each script and test has its SPDX line',
    grep { /\.(?:t|pm|pl|sh|mjs|js|py|conf)$|^Makefile$/ && slurp($_) !~ /^.{0,300}SPDX-License-Identifier: Apache-2\.0/s } @text;
none 'no tab but in makefiles', grep { !m{(?:^|/)Makefile$|^debian/rules$|^LICENSE$|package} && slurp($_) =~ /\t/ } @text;
none 'no space at a line end', grep { !/^LICENSE$|\.md$/ && slurp($_) =~ /[ \t]\n/ } @text;
none 'each file ends with a newline', grep { -s && slurp($_) !~ /\n\z/ } @text;

# A path of the machine something was written on says nothing elsewhere.
my $homes = join '|', '/wo' . 'rk/', '/ro' . 'ot/', '/Us' . 'ers/', '/ho' . 'me/\w+/';
none 'no path of a particular machine', map {
    my $file = $_;
    map { "$file: $_" } slurp($file) =~ m~(?<![\w.\@/*)}-])((?:$homes)[^\s'"]*)~g
} @text;

# ---- Log ids: one for each message ----

my %at;
for my $file (grep { /\.c$/ && !m{^t/} } @c) {
    my $line = 0;
    for (split /\n/, slurp($file)) {
        $line++;
        push @{ $at{$1} }, "$file:$line" while /\b(LUCI\d{4})\b/g;
    }
}
none 'each log id stands for one message', map { "$_: @{ $at{$_} }" } grep { @{ $at{$_} } > 1 } sort keys %at;
none 'no AH number of httpd is taken', grep { slurp($_) =~ /\bAPLOGNO\(|"AH\d{5}/ } grep { m{^(?:src|mod_luciauth)} } @c;

# ---- Functions: short, with few arguments ----

use constant { LINES_BELOW => 60, ARGUMENTS_MAX => 5 };

# Called by httpd, which gives the signature.
my %callback = map { $_ => 1 } qw(add_each answer_store answer_retrieve);

# C without comments and literals, line by line as it was.
sub bare {
    my ($text) = @_;
    $text =~ s{(/\*.*?\*/)}{$1 =~ s/[^\n]/ /gr}gse;
    $text =~ s{("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+')}{'"' . ('x' x (length($1) - 2)) . '"'}ge;
    return $text;
}

# Where a name is defined: functions, types, and functions of one file, as [name, file].
my (@long, @wide, @extern, @types);
for my $file (grep { m{^(?:src/|mod_luciauth)} } @c) {
    my $text = bare(slurp($file));
    while ($text =~ /^(?!\#|typedef)(\w[^;{}=#]*?)\b(\w+)(\((?:[^()]|(?3))*\))\s*(?:LUCI_MUST_USE\s*)?([;{])/gm) {
        my ($before, $name, $list, $kind, $from, $to) = ($1, $2, $3, $4, $-[0], $+[0]);
        next if $name =~ /^__attribute__$/;
        my $arguments = substr $list, 1, -1;
        $arguments =~ s{,\s*\.\.\.\z}{};
        1 while $arguments =~ s/\([^()]*\)//g;
        push @wide, "$file: $name" if ($arguments =~ tr/,//) + 1 > ARGUMENTS_MAX && !$callback{$name};
        next if $kind ne '{';
        push @extern, [$name, $file] if $before !~ /\bstatic\b/;
        my $lines = (substr($text, $from, index($text, "\n}\n", $to) - $from) =~ tr/\n//) + 2;
        push @long, "$file: $name has $lines lines" if $lines >= LINES_BELOW;
    }
    push @wide, map { "$file: $_" } $text =~ /\(\*\w+\)\((?:[^(),]*,){5}[^()]*\)/g, $text =~ /^typedef [^;(]*\w+_fn\((?:[^(),]*,){5}[^()]*\)/gm;
    push @types, [$1, $file] while $text =~ /^(?:\}|typedef [^;{}()]*?)\s*\b(luci_\w+_t);/gm;
}
cmp_ok scalar @extern, '>', 100, 'functions are found';
cmp_ok scalar @types, '>', 50, 'types are found';
none 'each function has fewer than ' . LINES_BELOW . ' lines', @long;
none 'each function has at most ' . ARGUMENTS_MAX . ' arguments', @wide;

# ---- One name, one thing ----

# The names that stand in several files.
sub twice {
    my (@pairs) = @_;
    my %files;
    $files{ $_->[0] }{ $_->[1] } = 1 for @pairs;
    return map { "$_: @{[ sort keys %{ $files{$_} } ]}" } grep { keys %{ $files{$_} } > 1 } sort keys %files;
}
none 'no header has the name of another one', twice(map { [m{([^/]+)$}, $_] } grep { m{^src/.*\.h$} } @c);
none 'no two functions with external linkage share a name', twice(@extern);
none 'no two types share a name', twice(@types);

# ---- What must not be called ----

my %banned = (
    sprintf => 'apr_snprintf', strcpy => 'apr_pstrdup', strcat => 'apr_pstrcat', gets => 'nothing', strtok => 'apr_strtok',
    atoi => 'strtol with checks', alloca => 'a pool', system => 'nothing', ap_cookie_write => 'cookie.c', ap_parse_form_data => 'form.c',
);
my $banned = join '|', keys %banned;
none 'no function that bites', map {
    my $file = $_;
    my $text = slurp($file) =~ s{/\*.*?\*/}{}gsr;
    map { "$file: $_, use $banned{$_}" } $text =~ /\b($banned)\s*\(/g
} grep { m{^(?:src/|mod_luciauth)} } @c;

# ---- Statements: each one is prepared by a test ----

my $tests = join '', map { slurp($_) } grep { m{^t/unit/.*\.c$} } @c;
my @statements = map { slurp($_) =~ /^const luci_statement_t (\w+) =/mg } grep { m{^src/.*\.c$} } @c;
cmp_ok scalar @statements, '>', 30, 'there are statements';
none 'each statement is named by a unit test', grep { $tests !~ /&$_\b/ } @statements;

done_testing;
