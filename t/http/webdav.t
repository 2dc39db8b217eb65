# SPDX-License-Identifier: Apache-2.0
# S9.46: WebDAV as httpd does it, with the module as without: litmus' checks, and Subversion's commands. Accounts of
# this module do for both what a password file does.
use strict;
use warnings;
use lib 't/lib';
use File::Path qw(make_path);
use Test::More;
use LuciaTest;
use LuciaTest::Gate qw(navigation script);
use LuciaTest::Site ();

my @DAV = (modules => ['dav', 'dav_fs', 'dav_lock', 'authn_file'], throttle => 0);
my $BASIC = <<'EOT';
DavLockDB @dir@/locks/db
<Location /files>
    Dav On
    AuthType Basic
    AuthName files
    AuthBasicProvider %s
    Require valid-user
</Location>
EOT
my $FILE = sprintf $BASIC, "file\n    AuthUserFile \@dir\@/conf/users";
my $DATABASE = "LuciaDatabase sqlite3 \@db\@\nLuciaPasswordHash argon2id m=1024 t=1 p=1\n";
my $TOP = "LuciaMount /account\nLuciaOptional On\n";

# Of htpasswd -nbm.
my $users = 'alice:' . `openssl passwd -apr1 hunter22`;

sub server {
    my (%arg) = @_;
    my $server = LuciaTest::Server->new(@DAV, files => { 'conf/users' => $users }, start => 0, %arg);
    make_path(map { $server->dir . "/$_" } qw(locks htdocs/files svn));
    LuciaTest::give(map { $server->dir . "/$_" } qw(locks htdocs/files svn));
    $server->start;
    return $server;
}

sub sign_up {
    my ($server) = @_;
    my $reply = $server->request(POST => '/account/signup', type => 'application/x-www-form-urlencoded', body => 'username=alice&password=hunter22', origin => 1);
    is $reply->status, 302, 'alice signs up';
    return;
}

# ---- litmus ----

# How each check of each suite ended.
sub litmus {
    my ($server) = @_;
    my $dir = LuciaTest::work_dir('litmus');
    my $text = `cd '$dir' && env -u TESTS -u TESTROOT litmus --keep-going '@{[$server->url('/files/')]}' alice hunter22 2>&1 </dev/null`;
    $text =~ s/.*\r//mg;
    return [map { s/ +$//r } grep { /^ *\d+\. |^<- summary/ } split /\n/, $text];
}

SKIP: {
    skip 'no litmus', 1 unless grep { -x "$_/litmus" } split /:/, $ENV{PATH};
    my $without = litmus(server(lucia => 0, config => $FILE));
    cmp_ok scalar(grep { /pass/ } @$without), '>=', 60, 'httpd alone passes' or diag join "\n", @$without;
    is_deeply litmus(server(config => $DATABASE . $FILE)), $without, 'litmus passes as before with the module and a database';
    is_deeply litmus(server(config => $DATABASE . $TOP . $FILE)), $without, 'litmus passes as before with LuciaMount and LuciaOptional On';
    my $own = server(config => $DATABASE . $TOP . sprintf $BASIC, 'lucia');
    sign_up($own);
    is_deeply litmus($own), $without, "litmus passes as before with the module's accounts";
}

# ---- Subversion ----

# What its commands say, and whether they went well.
sub subversion {
    my ($server) = @_;
    my $dir = LuciaTest::work_dir('svn');
    my $svn = "svn --non-interactive --no-auth-cache --config-dir '$dir/config' --username alice";
    my $url = $server->url('/svn/a');
    my @said;
    for my $command (
        "checkout -q $url '$dir/copy'", "mkdir -q '$dir/copy/trunk'", "add -q '$dir/copy/a.txt'", "commit -q -m first '$dir/copy'", "copy -q -m branch $url/trunk $url/branch",
        "propset -q colour red '$dir/copy/trunk'", "commit -q -m second '$dir/copy'", "log -q $url", "list -R $url", "lock $url/a.txt",
    ) {
        open my $file, '>', "$dir/copy/a.txt" or die $! if $command =~ /^add/;
        my $text = `$svn --password hunter22 $command 2>&1 </dev/null`;
        $text =~ s/\Q$dir\E|\Q$url\E|\d{4}-\d\d-\d\d .*//g;
        push @said, ($command =~ /^(\w+)/)[0] . ': ' . ($? >> 8) . " $text";
    }
    my $refused = `$svn --password wrong list $url 2>&1 </dev/null`;
    push @said, 'wrong: ' . ($? >> 8) . ' ' . ($refused =~ /(E\d+)/)[0];
    return \@said;
}

SKIP: {
    my $modules = LuciaTest::apxs('libexecdir');
    skip 'no Subversion', 1 unless -e "$modules/mod_dav_svn.so" && grep { -x "$_/svnadmin" } split /:/, $ENV{PATH};
    my $repository = sub {
        my ($who, %arg) = @_;
        my $server = server(%arg, modules => ['dav', 'dav_svn', 'authn_file'], start => 0, config => $arg{config} . <<"EOT");
<Location /svn>
    DAV svn
    SVNParentPath \@dir\@/svn
    AuthType Basic
    AuthName svn
    AuthBasicProvider $who
    Require valid-user
</Location>
EOT
        my $dir = $server->dir;
        system('svnadmin', 'create', "$dir/svn/a") == 0 or die 'svnadmin failed';
        system 'chown', '-R', (LuciaTest::server_user())[0], "$dir/svn" if $> == 0;
        return $server;
    };
    my $without = subversion($repository->("file\n    AuthUserFile \@dir\@/conf/users", lucia => 0, config => ''));
    is scalar(grep { /^(?!wrong)\w+: 0/ } @$without), 10, 'httpd alone serves Subversion' or diag join "\n", @$without;
    my $own = $repository->('lucia', config => $DATABASE . $TOP);
    sign_up($own);
    is_deeply subversion($own), $without, "Subversion works as before with the module's accounts";
}

# mod_authz_svn asks whether the Require lines need a user before it refuses an anonymous request.
SKIP: {
    skip 'no mod_authz_svn', 1 unless -e LuciaTest::apxs('libexecdir') . '/mod_authz_svn.so' && grep { -x "$_/svnadmin" } split /:/, $ENV{PATH};
    my %rule = ("valid-user" => "Require valid-user", expr => q{Require expr "%{REMOTE_USER} =~ /^(?:alice|bobby)$/"});
    my $server = server(modules => [qw(dav dav_svn authz_svn)], start => 0, config => $DATABASE . "LuciaMount /account\n" . join '', map { <<"EOT" } sort keys %rule);
<Location /$_>
    DAV svn
    SVNParentPath \@dir\@/svn
    AuthType Lucia
    $rule{$_}
    AuthzSVNAccessFile \@dir\@/conf/access
</Location>
EOT
    $server->write('conf/access', "[/]\nalice = rw\n");
    system('svnadmin', 'create', $server->dir . '/svn/a') == 0 or die 'svnadmin failed';
    system 'chown', '-R', (LuciaTest::server_user())[0], $server->dir . '/svn' if $> == 0;
    $server->start;
    my %cookie = map { $_ => LuciaTest::Site::sign_up($server, $_, path => '/account/signup') } qw(alice bobby);
    my %asks = (browser => [navigation()], script => [script()], 'a client with a password' => [headers => { Authorization => 'Basic eDp5' }]);
    for my $case (map { my $rule = $_; map { [$rule, $_] } sort keys %asks } sort keys %rule) {
        my ($rule, $kind) = @$case;
        my $status = sub { $server->request(GET => "/$rule/a/", @{ $asks{$kind} }, $_[0] ? (cookie => $cookie{ $_[0] }) : ())->status };
        my $where = "AuthzSVNAccessFile beside Require $rule:";
        is $status->(), $kind eq 'browser' ? 302 : 401, "$where $kind without a session is asked to sign in";
        is $status->('alice'), 200, "$where $kind with a session of a user whom the file admits is served";
        is $status->('bobby'), 403, "$where $kind with a session of another user is refused";
    }
}

done_testing;
