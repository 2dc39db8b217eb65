# SPDX-License-Identifier: Apache-2.0
#
# The part of httpd.conf that every test server shares. Modules come from the
# folder that apxs names, never from the system's own configuration.
package LuciaTest::Config;
use strict;
use warnings;

my @MODULES = qw(
    authn_core authn_file authz_core authz_user authz_host authz_groupfile auth_basic access_compat
    unixd mime dir alias env headers rewrite setenvif log_config autoindex include actions negotiation
    proxy proxy_http dav dav_fs dav_lock socache_shmcb filter deflate status request asis substitute sed
    version mpm_event mpm_worker mpm_prefork cgi cgid
);

# LoadModule lines: the usual modules, the MPM with its kind of mod_cgi, and the named others
# that may be 'ssl', 'cache', or a line of its own for a module from elsewhere.
sub load_modules {
    my ($mpm, @others) = @_;
    die "MPM=$mpm: event, worker or prefork\n" unless $mpm =~ /^(?:event|worker|prefork)$/;
    my %skip = map { $_ => 1 } grep { /^mpm_/ && $_ ne "mpm_$mpm" } @MODULES;
    $skip{ $mpm eq 'prefork' ? 'cgid' : 'cgi' } = 1;
    my $static = static_modules();
    my $text = '';
    my %seen;
    for my $module (@MODULES, @others) {
        next if $skip{$module} || $seen{$module}++;
        if ($module =~ /\s/) {
            $text .= "$module\n";
            next;
        }
        my $file = LuciaTest::apxs('libexecdir') . "/mod_$module.so";
        next if $static->{"mod_$module.c"} || $static->{"$module.c"};
        $text .= "LoadModule ${module}_module $file\n" if -e $file;
    }
    return $text;
}

# The least that httpd takes, for a file that luciactl is to read.
sub least {
    return load_modules(LuciaTest::mpm()) . 'LoadModule luciauth_module ' . LuciaTest::module() . "\nServerName localhost\nErrorLog /dev/null\n";
}

my $static;

sub static_modules {
    my $httpd = LuciaTest::httpd();
    return $static ||= { map { s/^\s+|\s+$//g; $_ => 1 } `$httpd -l` };
}

# Small and quick to start; the tests that need more set their own values after it.
sub mpm_settings {
    my ($mpm) = @_;
    return <<'CONF' if $mpm eq 'prefork';
StartServers 4
MinSpareServers 2
MaxSpareServers 16
MaxRequestWorkers 32
CONF
    return <<'CONF';
StartServers 2
ServerLimit 4
ThreadsPerChild 16
ThreadLimit 64
MinSpareThreads 16
MaxSpareThreads 64
MaxRequestWorkers 64
CONF
}

# Everything above the test's own lines.
sub base {
    my ($self) = @_;
    my ($user, $group) = LuciaTest::server_user();
    my $dir = $self->dir;
    my $module = $self->{lucia} ? 'LoadModule luciauth_module ' . LuciaTest::module() . "\n" : '';
    my $text = $self->{lucia} eq 'first' ? $module : '';
    $text .= load_modules($self->{mpm}, @{ $self->{modules} }) . mpm_settings($self->{mpm});
    $text =~ s/^LoadModule ${_}_module .*\n//m for @{ $self->{without} || [] };
    $text .= "User $user\nGroup $group\n" if $user;
    $text .= <<"CONF";
ServerRoot $dir
ServerName 127.0.0.1
Listen $self->{host}:@{[$self->port]}
PidFile $dir/logs/httpd.pid
DefaultRuntimeDir $dir/logs
ErrorLog $dir/logs/error_log
LogLevel $self->{log_level}
LogFormat "%h %u \\"%r\\" %>s %b \\"%{Referer}i\\" pid=%P" test
CustomLog $dir/logs/access_log test
DocumentRoot $dir/htdocs
Timeout 20
KeepAlive On
GracefulShutdownTimeout 5
AcceptFilter http none
<Directory />
    Options FollowSymLinks
    AllowOverride None
</Directory>
<Directory $dir/htdocs>
    Require all granted
</Directory>
<IfModule mod_mime.c>
    TypesConfig /dev/null
    AddType text/html .html .shtml
    AddType text/plain .txt
    AddType text/css .css
</IfModule>
<IfModule mod_dir.c>
    DirectoryIndex index.html
</IfModule>
<IfModule mod_cgid.c>
    ScriptSock $dir/logs/cgisock
</IfModule>
CONF
    if ($self->{lucia}) {
        $text .= $module unless $self->{lucia} eq 'first';
        $text .= "LuciaCleanup off\n";    # no row goes by itself but where a test wants it to
        $text .= "LuciaTemplates $dir/templates\n" if $self->{templates};
        $text .= "LuciaThrottle off\n" unless $self->{throttle} // 1;
    }
    return $text;
}

1;
