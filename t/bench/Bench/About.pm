# SPDX-License-Identifier: Apache-2.0
#
# What was measured on what: date, machine, versions, as the head of the report.
package Bench::About;
use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use LuciaTest;
use LuciaTest::Postgres;
use Bench;

my @PACKAGES = qw(apache2-bin libaprutil1-dbd-sqlite3 libaprutil1-dbd-pgsql libsqlite3-0 libargon2-1 libsodium23 libssl3 libapache2-mod-auth-openidc wrk);
my @NODE_PACKAGES = qw(express lucia @lucia-auth/adapter-sqlite libsql @lucia-auth/adapter-postgresql pg);

sub slurp { return LuciaTest::Server::slurp($_[0]) }

sub first_match { my ($file, $pattern) = @_; return slurp($file) =~ $pattern ? $1 : 'unknown' }

sub debian {
    my ($package) = @_;
    my $version = `dpkg-query -W -f '\${Version}' $package 2>/dev/null`;
    return length $version ? "$package $version" : ();
}

sub postgres {
    my $tool = LuciaTest::Postgres::tool('postgres');
    return -x $tool && `$tool --version` =~ /([\d.]+)/ ? "PostgreSQL $1" : ();
}

sub node {
    my ($version) = (`node --version 2>/dev/null` // '') =~ /v([\d.]+)/ or return;
    my $modules = LuciaTest::top() . '/t/interop/node_modules';
    return "node $version", map {
        my $file = "$modules/$_/package.json";
        -e $file ? "$_ " . JSON::PP->new->decode(slurp($file))->{version} : ();
    } @NODE_PACKAGES;
}

sub text {
    my ($load) = slurp('/proc/loadavg') =~ /^(\S+)/;
    my @versions = (map({ debian($_) } @PACKAGES), postgres(), node());
    return join "\n",
        '- ' . POSIX::strftime('%Y-%m-%d', gmtime) . ', ' . LuciaTest::mpm() . " MPM, load at the start $load",
        '- ' . Bench::cores() . ' cores of ' . first_match('/proc/cpuinfo', qr/^model name\s*:\s*(.*)/m)
            . sprintf(', %.1f GiB', first_match('/proc/meminfo', qr/^MemTotal:\s*(\d+)/m) / 2**20),
        '- ' . first_match('/etc/os-release', qr/^PRETTY_NAME="?([^"\n]*)/m) . ', Linux ' . (POSIX::uname())[2],
        '- ' . join(', ', @versions ? @versions : 'versions unknown'), '';
}

1;
