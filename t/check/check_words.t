# SPDX-License-Identifier: Apache-2.0
# Plain technical English: words that are not used in comments, log messages, help, pages and documentation, and
# what to write instead. Names in code spans and code blocks of the documentation are names, not words.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;
sub slurp { LuciaTest::Server::slurp($_[0]) }

my @WORDS = (
    [qr/\bwhoever\b/i,                                      'name the subject: the request, the client, the user'],
    [qr/\b(?:some|no)body(?:'s)?\b/i,                       'a request, a client, a user; no request, no user'],
    [qr/(?<![-"])\beverybody\b/i,                           'all users, all clients; the option --everybody is a name'],
    [qr/\b(?:request|thread|handle|process|child|call|node)(?:s|es)? who\b/i, 'that'],
    [qr/(?:^|[.;] )Who (?!\w+ (?:is|may|can|has|did)\b[^.]*\?)/, 'The request that, the client that, a user who'],
    [qr/\bvisitors?\b/i,                                    'anonymous request; client; user'],
    [qr/\bvisit(?:s|ed)?\b/i,                               'request'],
    [qr/\b(?:is|are|be|was|were|being|goes|go) away\b(?! from)/i, 'unavailable; ends, closes the connection'],
    [qr/\bgo(?:es)? without saying\b/i,                     'optional'],
    [qr/\bat hand\b/i,                                      'cached'],
    [qr/\bby lot\b/i,                                       'jittered'],
    [qr/\bcrowds?\b/i,                                      'bulkhead'],
    [qr/\baside\b/i,                                        'offload'],
    [qr/\bdead (?:sessions?|ones?|cookies?|rows?|ids?)\b|\b(?:session|it|they|sessions) (?:is|are|was|were) dead\b/i, 'expired'],
    [qr/\btakeovers?\b/i,                                   'migration'],
    [qr/\berrands?\b/i,                                     'query'],
    [qr/\btrials?\b|\bluci_trial/i,                          'password check; retry'],
    [qr/\barrivals?\b/i,                                    'sign-in transaction'],
    [qr/\bjanitors?\b/i,                                    'purge job'],
    [qr/\bhand(?:s|ed|ing)? (?:it )?on\b/i,                 'export; pass'],
    [qr/\b(?:administrators?|people)'?s? acts\b|\bact of\b/i, 'change, audit line'],
    [qr/\banew\b/i,                                        'again, new'],
    [qr/\bsecond tr(?:y|ies)\b/i,                          'repetition'],
    [qr/\bone spelling\b/i,                                'canonical form'],
    [qr/\bclosed by (?:a )?(?:NULL|name|text|code)\b/i,    'ends with'],
    [qr/\blikewise\b/i,                                    'repeat the statement; the same'],
    [qr/\bthe one (?:by|or) the other\b/i,                 'name both'],
    [qr/\b(?:is|are) said\b/i,                             'is logged, is reported'],
    [qr/\bby (?:itself|themselves)\b/i,                    'automatically, separately, its own'],
    [qr/\b(?:file|session) marks?\b/i,                      'file id, token'],
    [qr/\b\w+_(?:MOST|LEAST)\b|(?:\.|->)(?:most|least)\b/,  'max, min'],
);

sub files {
    my ($dir, $ending) = @_;
    my @found;
    for my $entry (glob "$dir/*") {
        push @found, -d $entry ? files($entry, $ending) : $entry =~ $ending && -f $entry ? $entry : ();
    }
    return @found;
}

# A part of C that is not to be read: every character but line ends becomes a blank.
sub blank { return $_[0] =~ s/[^\n]/ /gr }

# Comments, texts and names of C. The event takeover and the account nobody are names that others rely on.
sub c_text {
    my ($text) = @_;
    $text =~ s/("takeover"|"nobody"|LUCI_EVENT_TAKEOVER|CHANGE_TAKEOVER)/blank($1)/ge;
    $text =~ s{^\s*\*/?}{blank($&)}gme;
    return $text;
}

sub markdown_text {
    my ($text) = @_;
    $text =~ s/^```.*?^```$/blank($&)/gmse;
    $text =~ s/`[^`]*`/blank($&)/ge;
    return $text;
}

# What a browser shows.
sub html_text {
    my ($text) = @_;
    $text =~ s/<style>.*?<\/style>/blank($&)/gse;
    $text =~ s/<[^>]*>/blank($&)/gse;
    return $text;
}

sub found_in {
    my ($file) = @_;
    my $text = slurp($file);
    $text = $file =~ /\.[ch]$/ ? c_text($text) : $file =~ /\.md$/ ? markdown_text($text) : $file =~ /\.html$/ ? html_text($text) : $text;
    my ($number, @found) = (0);
    for my $line (split /\n/, $text) {
        $number++;
        my $words = $file =~ /\.[ch]$/ ? $line =~ s{^\s*/?\*+ ?}{}r : $line;
        for my $word (@WORDS) {
            push @found, "$file:$number: \"$&\": write $word->[1]" if $words =~ $word->[0];
        }
    }
    return @found;
}

# The check itself finds what it is to find.
for my $text ('Whoever waits', 'everybody may write', 'nobody waits', 'requests who wait', 'Who waits is refused', 'the database is away', 'sessions at hand', 'a dead session', '.most = 3', 'connects anew',
    'without a second try', 'in the one spelling', 'closed by NULL', 'likewise', 'correct the one or the other', 'which is said', 'recovers by itself',
    'the trial of the breaker') {
    ok scalar(grep { $text =~ $_->[0] } @WORDS), "\"$text\" would be found";
}

my @pages = grep { -f } glob('*.md doc/*.md t/*/README.md CHANGES templates/*.html conf/*.conf'), files('conf/demo', qr/\.(?:conf|html)$/);
my @sources = ('mod_luciauth.c', files('src', qr/\.[ch]$/));
my @found = map { found_in($_) } @pages, @sources;
cmp_ok scalar(@pages) + @sources, '>', 200, 'pages and sources are read';
ok !@found, 'code and pages contain no word of the list' or diag join "\n", @found;

done_testing;
