# SPDX-License-Identifier: Apache-2.0
# The templates: a layout with the one style, pages that are bodies only, and the same pages and messages in each language.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

chdir LuciaTest::top() or die $!;
sub slurp { LuciaTest::Server::slurp($_[0]) }

my @pages = grep { $_ ne 'templates/layout.html' } glob 'templates/*.html';
cmp_ok scalar @pages, '>=', 8, 'there are eight pages or more';

my $layout = slurp('templates/layout.html');
is scalar(() = $layout =~ m{<style>.*?</style>}gs), 1, 'the layout has one style block';
my @places = grep { $_ ne 'footer' } $layout =~ /%%@(\w+)%%/g;
is_deeply [@places], [qw(title class body)], 'the layout has a place for title, class and body';

for my $page (@pages, glob 'templates/*/*.html') {
    my $text = slurp($page);
    is_deeply [$text =~ /^%%@(\w+)%%$/mg], [@places], "$page: a block for each place of the layout, and no other";
    like $text, qr/\A%%@/, "$page: it begins with one";
    unlike $text, qr/<(?:style|html|head|body|title|main)\b/, "$page: what the layout has is not in it";
}

# A page that the code names has to be there, and one that is there is named.
my @code = map { slurp($_) } glob 'src/httpd/*/*.c src/httpd/*/*.h src/core/letter/*.c';
my %named = map { $_ => 1 } map { /"([\w-]+\.html)"/g } @code;
delete @named{qw(layout.html footer.html)};
is_deeply [sort keys %named], [map { s{.*/}{}r } @pages], 'the code uses these pages, each of them';

# ---- Messages ----

sub messages {
    my ($file) = @_;
    return { map { /^([a-z0-9_.]+)\s*=\s*(\S.*?)\s*$/ ? ($1 => $2) : () } split /\n/, slurp($file) };
}
my $english = messages('templates/messages.txt');
my %said = map { $_ => 1 } map { /LUCI_MESSAGE\("([^"]*)"\)/g } @code;
is_deeply [grep { !$english->{$_} } sort keys %said], [], 'templates/messages.txt has each message of the code';
my $everything = join '', @code, slurp('src/core/password/new_password.c');
is_deeply [grep { !/^label_/ && index($everything, qq("$_")) < 0 } sort keys %$english], [], 'the code uses each message of templates/messages.txt';
my @columns = slurp('src/core/web/attribute_kind.c') =~ /^    \{ "(\w+)",/mg;
is_deeply [map { /^label_(.*)/ } sort keys %$english], [sort @columns], 'templates/messages.txt has a label for each column that attribute_kind.c knows, and no other';

# ---- Languages: the same elements and values in the same order, with other words between them ----

sub tags_of { my ($text) = @_; return sort $text =~ /(%%[#\/@*]?\w+%%)/g }

sub skeleton {
    my ($file) = @_;
    my $text = slurp($file) =~ s/<!--.*?-->//gsr;
    $text =~ s/\b(aria-label|placeholder|title|alt)="[^"]+"/$1="words"/g;
    return [map { s/\s+/ /gr } $text =~ /(<[^>]+>)/g];
}
my @languages = map { s{^templates/|/$}{}gr } glob 'templates/*/';
for my $language (@languages) {
    is_deeply [map { s{.*/}{}r } glob "templates/$language/*.html"], [map { s{.*/}{}r } @pages], "$language: it has each page";
    for my $page (grep { -e } map { s{^templates/}{templates/$language/}r } @pages) {
        my $original = $page =~ s{/\Q$language\E/}{/}r;
        is_deeply skeleton($page), skeleton($original), "$page: the elements and attributes of $original";
        is_deeply [tags_of(slurp($page))], [tags_of(slurp($original))], "$page: the values and sections of $original";
    }
    my $messages = messages("templates/$language/messages.txt");
    is_deeply [sort keys %$messages], [sort keys %$english], "$language: it has each message";
    is_deeply [map { tags_of($messages->{$_} // '') } sort keys %$english], [map { tags_of($english->{$_}) } sort keys %$english],
        "$language: its messages have the values of the English ones";
}

done_testing;
