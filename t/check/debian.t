# SPDX-License-Identifier: Apache-2.0
# What the Debian package consists of, without building it: versions, libraries, files and scripts. t/deb/run builds and
# installs it.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use File::Find ();
use LuciaTest;

chdir LuciaTest::top() or die $!;
sub slurp { LuciaTest::Server::slurp($_[0]) }

sub none {
    my ($what, @found) = @_;
    ok !@found, $what or diag join "\n", @found;
    return;
}

sub files {
    my ($dir) = @_;
    my @found;
    File::Find::find({ no_chdir => 1, wanted => sub { push @found, $_ if !-d } }, $dir);
    return sort @found;
}

my $makefile = slurp('Makefile') =~ s/\\\n\s*/ /gr;
my $control  = slurp('debian/control');
my $rules    = slurp('debian/rules') =~ s/\\\n\s*/ /gr;
my $package  = 'libapache2-mod-luciauth';

sub field {
    my ($name) = @_;
    my ($value) = $control =~ /^\Q$name\E:((?:.*\n(?: .*\n)*?)(?=\S|\n|\z))/m;
    return map { s/\s*\(.*?\)|\s*<.*?>|^\s+|\s+$//gr } grep { /\S/ } split /[,\n]/, $value // '';
}

# ---- Versions ----

my ($version) = $makefile =~ /^VERSION = (\S+)/m;
like slurp('debian/changelog'), qr/\Amod-luciauth \(\Q$version\E\) /, "debian/changelog begins with the Makefile's version";
like slurp('CHANGES'), qr/^\Q$version\E$/m, "CHANGES has the Makefile's version";

# ---- Who, and under which licence ----

my ($maintainer) = $control =~ /^Maintainer: (.*)$/m;
none 'each entry of debian/changelog is signed by the maintainer of debian/control', grep { !/^ -- \Q$maintainer\E  / } grep { /^ --/ } split /\n/, slurp('debian/changelog');
my @licensed = map { split ' ' } slurp('debian/copyright') =~ /^Files: (.*)$/mg;
none 'each file that debian/copyright names exists', grep { !-e } grep { $_ ne '*' } @licensed;
my %licensed = map { $_ => 1 } @licensed;
none 'debian/copyright names each file with a notice of copyright', grep { !$licensed{$_} && slurp($_) =~ /\bcopyright (?:\(c\) )?\d{4}/i }
    grep { !m{/node_modules/|^debian/(?:copyright$|libapache2|\.)|^conf/common-passwords\.pl$} } map { files($_) } qw(conf debian doc src t templates);

# ---- Libraries ----

my %build = map { $_ => 1 } field('Build-Depends');
my ($packages) = $makefile =~ /^PACKAGES = (.*)/m;
# build-essential and apache2-dev bring these; pkg-config is an older name of pkgconf.
my %brought = map { $_ => 1 } qw(gcc libc6-dev make perl apache2-bin);
my @needed = map { $_ eq 'pkg-config' ? 'pkgconf' : $_ } grep { !$brought{$_} } split ' ', $packages;
cmp_ok scalar @needed, '>', 9, 'the Makefile names packages';
none 'Build-Depends has each package that building needs', grep { !$build{$_} } @needed;
my ($besides) = $makefile =~ /^DEB_PACKAGES = (.*)/m;
my %needed = map { $_ => 1 } @needed, 'debhelper-compat', split ' ', $besides;
none 'make deb installs each package of Build-Depends', grep { !$needed{$_} } sort keys %build;
my ($drivers) = grep { /^libaprutil1-dbd-/ } field('Depends');
is $drivers, 'libaprutil1-dbd-sqlite3 | libaprutil1-dbd-pgsql | libaprutil1-dbd-mysql', 'the package needs a driver, that of SQLite first';

# ---- Files ----

# What make install puts where, without the templates. As make test names the folder of the build: a dependency that was
# written with another name of it does not count.
my $tree = LuciaTest::work_dir('tree');
my $build = LuciaTest::build() =~ s{^\Q@{[ LuciaTest::top() ]}\E/}{}r;
my $said = `make --no-print-directory NO_DEPS=1 BUILD='$build' SANITIZE='@{[ $ENV{SANITIZE} // '' ]}' DESTDIR='$tree' install 2>&1`;
is $?, 0, 'make install works' or diag $said;
my @templates = map { s{^templates/}{usr/share/apache2/luciauth/templates/}r } files('templates');
my %template = map { $_ => 1 } @templates;
my @installed = map { s{^\Q$tree\E/}{}r } files($tree);
is join("\n", grep { !$template{$_} } @installed), join("\n", sort qw(
        etc/apache2/conf-available/luciauth.conf
        usr/lib/apache2/modules/mod_luciauth.so
        usr/sbin/luciactl
        usr/share/apache2/luciauth/common-passwords.txt
        usr/share/apache2/luciauth/haproxy-luciauth.lua
        usr/share/apache2/luciauth/luciauth.json
        usr/share/apache2/luciauth/luciauth.rules.yml
        usr/share/bash-completion/completions/luciactl
        usr/share/man/man5/luciauth-directives.5
        usr/share/man/man7/mod_luciauth.7
        usr/share/man/man8/luciactl.8
    )), 'make install installs these files' if -e '/etc/debian_version';
my %installed = map { $_ => 1 } @installed;
none 'make install installs each template', grep { !$installed{$_} } @templates;
ok -d "$tree/var/lib/luciauth", 'make install makes the folder of the accounts';
$said = `make --no-print-directory NO_DEPS=1 BUILD='$build' SANITIZE='@{[ $ENV{SANITIZE} // '' ]}' DESTDIR='$tree' uninstall 2>&1`;
is join("\n", map { s{^\Q$tree\E/}{}r } files($tree)), 'etc/apache2/conf-available/luciauth.conf', 'make uninstall leaves the configuration alone'
    if -e '/etc/debian_version';

# Each file that debhelper is told of exists, and each file of conf is in the package, by debhelper or make install.
my @told = map { grep { !m{^(?:usr|etc)/} } split ' ', slurp("debian/$package.$_") } qw(install docs examples);
none 'each file that is to be installed exists', grep { !glob || grep { !-e } glob } @told;
my $taken = join '|', map { s{([.*])}{ $1 eq '*' ? '[^/]*' : "\\$1" }ger } @told;
none 'each file of conf is installed', grep {
    !m{^conf/(?:demo/|common-passwords\.pl$|prometheus/.*\.test\.yml$)} && !m{^(?:$taken)(?:/|$)} && $rules !~ /\Q$_\E/ && $makefile !~ /^(?:\tinstall [^\n]*|COMPANIONS = .*)\Q$_\E/m
} files('conf');
none 'each page and picture of the documentation is installed', grep { !m{^(?:$taken)$} } glob 'doc/*.md doc/*.png';

# ---- Enabling the module serves nothing ----

none 'the configuration that a2enmod enables has nothing but comments', grep { !/^(?:#.*)?$/ } split /\n/, slurp('debian/luciauth.conf');
is slurp('debian/luciauth.load'), "# Depends: socache_shmcb\nLoadModule luciauth_module /usr/lib/apache2/modules/mod_luciauth.so\n",
    'the module is loaded with that of its session cache';
like $rules, qr/^\tdh_apache2 --noenable$/m, 'installing enables nothing';

# ---- Scripts ----

for my $script (glob "debian/$package.p* debian/tests/smoke") {
    is system("sh -n $script"), 0, "$script is a shell script";
}

# The script that runs at a purge, on another folder.
sub purge {
    my ($dir) = @_;
    my $script = slurp("debian/$package.postrm") =~ s{/var/(lib|log)/luciauth}{$dir/$1}gr;
    my $folder = LuciaTest::work_dir('purge');
    my $file = "$folder/postrm";
    open my $out, '>', $file or die $!;
    print $out $script;
    close $out or die $!;
    my $answer = `sh $file purge 2>&1`;
    is $?, 0, 'the script of a purge succeeds';
    return $answer;
}
my $dir = LuciaTest::work_dir('purged');
mkdir "$dir/$_" or die $! for qw(lib log);
for my $file ('lib/luciauth.db', 'log/audit.log') {
    open my $out, '>', "$dir/$file" or die $!;
    close $out or die $!;
}
like purge($dir), qr/\Q$dir\E\/lib is kept, because it has accounts/, 'a purge reports that it keeps the accounts';
ok -e "$dir/lib/luciauth.db", 'a purge keeps the accounts';
ok !-e "$dir/log", 'a purge deletes the logs of the package';
unlink "$dir/lib/luciauth.db" or die $!;
is purge($dir), '', 'a purge without accounts is silent';
ok !-e "$dir/lib", 'a purge removes the empty folder of the accounts';

# ---- What lintian is told to overlook ----

for my $file ('debian/source/lintian-overrides', "debian/$package.lintian-overrides") {
    my ($argued, @bare) = 0;
    for (split /\n/, slurp($file)) {
        if (/^#/) { $argued = 1 }
        elsif (!/\S/) { $argued = 0 }
        elsif (!$argued) { push @bare, $_ }
    }
    none "$file argues each override", @bare;
}

# ---- The documentation prints what is installed ----

my $operations = slurp('doc/operations.md');
sub settings { return join "\n", grep { /\S/ && !/^\s*#/ } map { s/^\s+//r } split /\n/, $_[0] }
my ($drop_in) = $operations =~ /^( +\[Service\]\n(?: +\S.*\n)+)/m;
is settings($drop_in), settings(slurp('conf/systemd/apache2-luciauth.conf')), "doc/operations.md prints the drop-in of conf/systemd";

# ---- Manual pages ----

my %page = map { $_ => LuciaTest::build() . "/$_" } qw(mod_luciauth.7 luciauth-directives.5);
my $text = slurp($page{'luciauth-directives.5'});
my @directives = slurp('src/core/config/directive_rows.h') =~ /\b(?:SERVER|DIR)\(\s*"(Lucia\w+)"/g;
cmp_ok scalar @directives, '>', 60, 'there are directives';
none 'the manual page of the directives has each of them', grep { $text !~ /^\.SS "$_"\n\.PD 0\n\.TP 13\n\\fIDescription\\fR\n/m } @directives;
my $overview = slurp($page{'mod_luciauth.7'});
none 'the manual page of the module lists each directive with a description', grep { $overview !~ /^\.TP\n\\fB$_\\fR\n\w/m } @directives;
SKIP: {
    skip 'no man here', 3 * keys %page if system('command -v man >/dev/null');
    for my $name (sort keys %page) {
        is `MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings=all -l $page{$name} 2>&1 >/dev/null`, '', "man has nothing to say against $name";
        my $shown = `MANWIDTH=80 LC_ALL=C.UTF-8 man -l $page{$name} 2>/dev/null`;
        like $shown, qr/^NAME\n +\Q@{[ $name =~ s{\..*}{}r ]}\E - \w/m, "$name has a name line for apropos";
        # Code may be wider, as it is printed; it is indented.
        none "$name fits a terminal with 80 columns", grep { length > 80 && !/^ {11}/ } split /\n/, $shown;
    }
}

done_testing;
