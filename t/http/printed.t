# SPDX-License-Identifier: Apache-2.0
# Each configuration that the documentation prints is one that httpd accepts.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

plan skip_all => 'the configurations name SQLite' unless LuciaTest::is_sqlite();

# What a block takes for granted, because the page has said it before.
my $BASE = <<'CONF';
ServerName https://www.example.org
LuciaDatabase sqlite3 @db@
LuciaMount /account
LuciaUserAttributes email role display_name phone shoe_size
LuciaSecret {file:@secret@}
LuciaSecondFactor optional
LuciaGroups On
LuciaSiteURL https://www.example.org
CONF
my $MAIL = "LuciaMail sendmail:/bin/true\nLuciaMailFrom accounts\@example.org\n";

# Files and folders of the reader.
my %OWN = ('/usr/share/apache2/luciauth/common-passwords.txt' => 'conf/list', '/etc/luciauth/pages' => 'pages', '/etc/ssl/site/' => 'conf/');

sub blocks {
    my ($page) = @_;
    my (@blocks, $block);
    my ($blank, $line) = (1, 0);
    for (split /^/, LuciaTest::Server::slurp($page)) {
        $line++;
        if (/^    (.*)/ && ($blank || $block)) { ($block //= { line => $line, text => '' })->{text} .= "$1\n" }
        elsif (/^\s*$/ && $block) { $block->{text} .= "\n" }
        else { push @blocks, $block if $block; undef $block }
        $blank = /^\s*$/;
    }
    push @blocks, $block if $block;
    return grep { $_->{text} =~ /\A(?:#.*\n)*\s*(?:Lucia\w+ |<(?:Location|Directory|VirtualHost|IfModule|Files|If|Limit)|Proxy\w*|Require|Auth\w+|SetHandler|ServerName|LoadModule|CustomLog|LogFormat|Header)\b/ } grep { $_->{text} !~ /^\w+\(/m } @blocks;
}

my $server = LuciaTest::Server->new(start => 0, files => { 'conf/list' => "password\n", 'pages/a.txt' => '' }, modules => [qw(proxy proxy_http headers remoteip dav dav_fs cgid include ssl status socache_shmcb watchdog auth_form session session_cookie request cache cache_disk socache_redis socache_memcache)], config => $BASE);
for my $page ('README.md', glob 'doc/*.md') {
    for my $block (blocks($page)) {
        my $text = $block->{text};
        for my $own (sort { length $b <=> length $a } keys %OWN) {
            $text =~ s/\Q$own\E(?![\w.-])/$server->dir . "\/$OWN{$own}"/ge;
        }
        $text =~ s/\b10\.0\.0\.\d+/127.0.0.1/g;    # what answers there is not the reader's either
        $text =~ s/\{file:[^}]*\}/{file:\@secret\@}/g;
        my ($status, $said) = $server->configtest($BASE . ($text =~ /Lucia(?:SignupAttributes|UserEditable) .*email/ ? '' : $MAIL) . $text);
        ok $status == 0, "$page: httpd accepts the configuration at line $block->{line}" or diag $text, $said;
    }
}
done_testing;
