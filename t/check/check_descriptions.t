# SPDX-License-Identifier: Apache-2.0
# The description of a check stands alone in the report of a failure: it names its subject and the outcome.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;

# Which argument of a function is the description; -1 is the last one.
my %DESCRIPTION = (
    perl => { ok => 1, pass => 0, fail => 0, map({ $_ => 2 } qw(is isnt like unlike is_deeply)), cmp_ok => 3,
        map({ $_ => -1 } qw(is_served is_refused is_unavailable is_unauthorized_json is_unauthorized_page)) },
    c => { tap_ok => 1, tap_pass => 0, tap_fail => 0, map({ $_ => 2 } qw(tap_is_int tap_is_result tap_is_str)), tap_is_mem => 3 },
    mjs => { ok => 1, is => 2 },
);

my $comment = qr{/\*.*?\*/|//[^\n]*}s;
my %TOKEN = (
    perl => qr{\G(?:
        (?<skip>\s+ | \#[^\n]* | <<~?(?<quote>["']?)(?<end>\w+)\g{quote}(?<rest>[^\n]*\n)(?:.*?\n)??\g{end}\n)
        | (?<word>(?:qr|m|s|tr|q|qq|qw)(?=[\{\(\[/])) | "(?<text>(?:[^"\\]|\\.)*)" | '(?<text>(?:[^'\\]|\\.)*)'
        | (?<word>[\$\@%&]?[\w:]*\w) | (?<mark>=>|->|.))}xs,
    c   => qr{\G(?:(?<skip>\s+|$comment) | "(?<text>(?:[^"\\]|\\.)*)" | (?<mark>'(?:[^'\\]|\\.)*') | (?<word>\w+) | (?<mark>->|.))}xs,
    mjs => qr{\G(?:(?<skip>\s+|$comment) | (["'`])(?<text>(?:(?!\g{-2})[^\\]|\\.)*)\g{-2} | (?<word>\w+) | (?<mark>=>|.))}xs,
);

# The rest of a quote with other delimiters, from where the text is read.
sub quoted {
    my ($text, $parts) = @_;
    my %closes = ('(' => ')', '[' => ']', '{' => '}');
    $$text =~ /\G(.)/gcs or return;
    my ($open, $close, $depth) = ($1, $closes{$1} // $1, 1);
    while ($depth && $$text =~ /\G(\\.|.)/gcs) {
        if ($1 eq $close) { $depth-- }
        elsif ($1 eq $open) { $depth++ }
    }
    return if $parts == 1;
    return quoted($text, 1) if $open ne $close;
    while ($$text =~ /\G(\\.|.)/gcs) { return if $1 eq $close }
    return;
}

# [what it is, the text, the line] of each token.
sub tokens {
    my ($text, $language) = @_;
    my @tokens;
    my ($line, $from) = (1, 0);
    while ($text =~ /$TOKEN{$language}/gc) {
        my %found = %+;
        next if exists $found{skip} && !exists $found{rest};
        my $start = $-[0];
        $line += substr($text, $from, $start - $from) =~ tr/\n//;
        $from = $start;
        if (exists $found{rest}) { push @tokens, map { [$_->[0], $_->[1], $line] } tokens($found{rest}, $language); next }
        if (exists $found{word} && $found{word} =~ /^(?:qr|m|s|tr|q|qq|qw)$/ && $language eq 'perl' && substr($text, pos $text, 1) =~ m{[\{\(\[/]}) {
            quoted(\$text, $found{word} =~ /^(?:s|tr)$/ ? 2 : 1);
            push @tokens, ['mark', 'quote', $line];
            next;
        }
        push @tokens, map { [$_, $found{$_}, $line] } grep { exists $found{$_} } qw(word text mark);
    }
    return @tokens;
}

# The arguments behind a function's name, each a list of tokens.
sub arguments {
    my ($tokens, $at, $language) = @_;
    my $open = $tokens->[++$at] && $tokens->[$at][1] eq '(';
    return if !$open && $language ne 'perl';
    my ($depth, @arguments) = (0, []);
    for (my $i = $at + ($open ? 1 : 0); $i < @$tokens; $i++) {
        my ($what, $text) = @{ $tokens->[$i] };
        if ($what eq 'mark') {
            if ($text =~ /^[(\[{]$/) { $depth++ }
            elsif ($text =~ /^[)\]}]$/) { last if !$depth--; }
            elsif ($text eq ',' && !$depth) { push @arguments, []; next }
            elsif ($text eq ';' && !$depth) { last }
        }
        last if $what eq 'word' && !$depth && !$open && $text =~ /^(?:or|and|if|unless|for|foreach)$/;
        push @{ $arguments[-1] }, $tokens->[$i];
    }
    return @arguments;
}

sub wrong {
    my ($description) = @_;
    my $text = $description =~ s/^\s*(?:\.\.\. )?(?:S\d+\.\d+: )?//r;
    return 'it begins in the middle' if $text =~ /^(?:and|so|but|nor|or|too|then|also|likewise|neither)\b/;
    return 'it leans on the one before' if $text =~ /(?:\btoo|\bthe same|\blikewise|\bso do(?:es)?|\bdo the others?|\beither)$/;
    (my $words = $text) =~ s/[\$\@]\{?\w\S*|%[-\d.]*\w+/a value/g;
    return 'it is too short' if (() = $words =~ /\S+/g) < 3 && $text !~ /^[\$%]\S*$/;
    return;
}

for my $riddle ('and no others', 'so do the others', 'values, too', 'S9.4: the same', 'nor here', 'with the session likewise', 'a session') {
    ok wrong($riddle), "\"$riddle\" would be found";
}
for my $good ('sign-up with a taken name answers 400', '%s: refused', "\$name: the status") {
    ok !wrong($good), "\"$good\" is a description that passes";
}

my ($count, @wrong) = 0;
for my $file (glob('t/*/*.t t/unit/*/*.c t/browser/*.mjs t/interop/*.mjs')) {
    my $language = $file =~ /\.c$/ ? 'c' : $file =~ /\.mjs$/ ? 'mjs' : 'perl';
    my @tokens = tokens(LuciaTest::Server::slurp($file), $language);
    for my $i (0 .. $#tokens) {
        my ($what, $name, $line) = @{ $tokens[$i] };
        my $at = $what eq 'word' ? $DESCRIPTION{$language}{ $name =~ s/^Test::More:://r } // next : next;
        next if $i && $tokens[ $i - 1 ][1] =~ /^(?:sub|->|\.|function|my)$/ || ($tokens[ $i + 1 ][1] // '') =~ /^(?:=>|,|\}|=)$/;
        my @arguments = arguments(\@tokens, $i, $language);
        next if @arguments <= ($at < 0 ? 1 : $at);
        my $text = $arguments[$at][0];
        next if !$text || $text->[0] ne 'text' || ($language ne 'c' && @{ $arguments[$at] } > 1);
        $count++;
        my $why = wrong($text->[1]) or next;
        push @wrong, "$file:$line: \"$text->[1]\": $why";
    }
}
cmp_ok $count, '>', 4000, 'the descriptions of the tests are read';
ok !@wrong, 'each description stands alone' or diag join "\n", @wrong;

done_testing;
