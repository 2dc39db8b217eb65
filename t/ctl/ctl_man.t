# SPDX-License-Identifier: Apache-2.0
# The manual page, the help and bash's completion: each command and option of the program is in all of them.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Ctl;

chdir LuciaTest::top() or die $!;
my $ctl = LuciaTest::Ctl->new;
my $page = LuciaTest::build() . '/luciactl.8';
my $completion = LuciaTest::build() . '/luciactl.bash';

# What the program itself says: name -> its help.
my ($listed) = $ctl->does('help') =~ /^Commands:\n(.*?)\n\n/ms;
my @names = sort map { /^  ((?:user|session|key|group|invite|factor|app-password|passkey|import|throttle|mail) \S+|\S+)/ ? $1 : () } split /\n/, $listed;
cmp_ok scalar @names, '>', 15, 'the commands are known';
my %help = map { $_ => $ctl->does('help', split / /) } @names;
for my $name (@names) {
    like $help{$name}, qr/\AUsage: luciactl \Q$name\E\b.*\n\n\S.*\.\n/, "luciactl help $name";
    is $ctl->does(split(/ /, $name), '--help'), $help{$name}, "luciactl $name --help equals luciactl help $name";
    my @wide = grep { length > 100 && !/^  --/ } split /\n/, $help{$name};
    ok !@wide, "luciactl help $name fits a terminal" or diag @wide;
}
my %options = map { my $name = $_; ($name => [$help{$name} =~ /^  (--[a-z0-9-]+)/mg]) } @names;

# ---- The manual page ----

SKIP: {
    skip 'no man here', 2 + 2 * @names if system('command -v man >/dev/null');
    my $warnings = `MANWIDTH=100 LC_ALL=C.UTF-8 man --warnings=all -l $page 2>&1 >/dev/null`;
    is $warnings, '', 'man has nothing to say against the page';
    my $text = `MANWIDTH=100 LC_ALL=C.UTF-8 MAN_KEEP_FORMATTING= man -l $page 2>/dev/null`;
    like $text, qr/luciactl - manage users/, 'the manual page has a name line for apropos';
    for my $name (@names) {
        my ($part) = $text =~ /^   \Q$name\E\n(.*?)(?=^   \S|^\S)/ms;
        ok defined $part && $part =~ /luciactl \Q$name\E/, "$name is in it";
        my @missing = grep { ($part // '') !~ /^ +$_\b/m && $text !~ /^OPTIONS OF EVERY COMMAND.*^ +$_\b/ms } @{ $options{$name} };
        ok !@missing, "the manual page lists the options of $name" or diag "@missing";
    }
}

# ---- Completion, by bash itself ----

my $dir = LuciaTest::work_dir('completion');
for my $file ('site.conf', 'with blank') {
    open my $out, '>', "$dir/$file" or die $!;
    close $out or die $!;
}

# What is offered for the last of these words.
sub offered {
    my (@words) = @_;
    my $line = join ' ', map { "'$_'" } 'luciactl', @words;
    my $count = @words;
    chomp(my @offered = `cd '$dir' && bash -c 'set -u; source "\$1"; complete -p luciactl >/dev/null || exit 1; shift; COMP_WORDS=("\$@"); COMP_CWORD=$count; _luciactl; printf "%s\\n" "\${COMPREPLY[@]}"' bash '$completion' $line 2>&1`);
    return join ' ', sort grep { length } @offered;
}
sub seconds { my ($group) = @_; return join ' ', sort map { /^\Q$group\E (\S+)/ ? $1 : () } @names }

$completion = Cwd::abs_path($completion);
my %first = map { /^(\S+)/ ? ($1 => 1) : () } @names;
is offered(''), join(' ', sort keys %first), 'the first words';
is offered('u'), 'user', 'one that was begun';
is offered('user', ''), seconds('user'), 'the second words';
is offered('session', 'revoke'), 'revoke revoke-all', 'completion finishes a subcommand that was begun';
is offered('--json', '--config', 'x', 'key', ''), seconds('key'), 'completion offers subcommands after options';
is offered('--config=x', 'key', ''), seconds('key'), 'completion offers subcommands after an option with =value';
is offered('--config', '=', 'x', 'key', ''), seconds('key'), 'completion offers subcommands after =, split as bash does';
for my $name (@names) {
    is offered(split(/ /, $name), '--'), join(' ', sort @{ $options{$name} }), "the options of $name";
}
is offered('--config', ''), 'site.conf with blank', 'files for a file';
is offered('--config', '=', 'si'), 'site.conf', 'completion offers files after --config =';
is offered('import', 'htpasswd', 'wi'), 'with blank', 'files for an operand';
is offered('import', 'htpasswd', '--dry-run', 'si'), 'site.conf', 'behind an option';
is offered('user', 'show', ''), '', 'no guess at names';
is offered('check', 'x', ''), '', 'nothing behind what wants nothing';
is offered('--database', ''), '', 'completion guesses no database';
is offered('help', 'hash'), 'hash-bench', 'help about a command';
is offered('hash-bench', '--target', ''), '', 'completion guesses no time';

# ---- Installed ----

my $to = LuciaTest::work_dir('install');
my $build = LuciaTest::build();
my $made = `make -s install NO_DEPS=1 DESTDIR=$to BUILD=$build 2>&1`;
is $?, 0, 'make install succeeds' or diag $made;
my ($man) = glob "$to/*/*/man/man8/luciactl.8";
is LuciaTest::Server::slurp($man // ''), LuciaTest::Server::slurp($page), 'make install installs the manual page';
my @bash = grep { -s } `find $to -path '*/completions/luciactl'` =~ /(.+)/g;
is scalar @bash, 1, 'make install installs the completion';
my ($conf) = map { LuciaTest::Server::slurp($_) } grep { /\.conf$/ } `find $to -name luciauth.conf` =~ /(.+)/g;
my ($list) = $conf =~ /^LuciaPasswordBlocklist (.*)$/m;
is LuciaTest::Server::slurp("$to$list"), LuciaTest::Server::slurp('conf/common-passwords.txt'), 'make install installs the list that the installed configuration names';
cmp_ok scalar(grep { !/^#!comment:/ && length > 8 } split /^/, LuciaTest::Server::slurp("$to$list")), '>', 10_000, 'S9.53: the list has more than 10,000 passwords of at least 8 characters';

done_testing;
