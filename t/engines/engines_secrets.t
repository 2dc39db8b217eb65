# SPDX-License-Identifier: Apache-2.0
# The password of a database from a file or the environment: any characters that the driver takes, on PostgreSQL and
# MariaDB, and in no log, page or message.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Gate;
use LuciaTest::Site qw(sign_up);

my $REST = <<'CONF';
LuciaMount /
LuciaPasswordHash argon2id m=8 t=1 p=1
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
<Location /server-info>
    SetHandler server-info
</Location>
<Directory @htdocs@/vault>
    Options +ExecCGI
    AddHandler cgi-script .cgi
</Directory>
CONF

# Each holds what is special to somebody, and a word to look for.
my %secrets = (
    pgsql => [q~it's hush "quoted" \ = {env:HOME} $1 #%41;,|~, 'hushhush'],
    mysql => [q~hush'"=\{env:HOME}$1#%41~, 'hushhush'],
);
my $WORD = qr/hush/;

# A user of the server, "keeper", who needs a password.
sub keeper {
    my ($engine, $database, $secret) = @_;
    if ($engine->driver eq 'mysql') {
        my $quoted = $engine->in->quote($secret);
        $engine->query("CREATE OR REPLACE USER keeper\@localhost IDENTIFIED BY $quoted");
        $engine->query("GRANT ALL ON $database.* TO keeper\@localhost");
        return;
    }
    my $quoted = $engine->in->quote($secret);
    $engine->query('CREATE ROLE keeper LOGIN') unless $engine->value("SELECT 1 FROM pg_roles WHERE rolname = 'keeper'");
    $engine->query("ALTER ROLE keeper PASSWORD $quoted");
    $engine->query("GRANT ALL ON DATABASE $database TO keeper");
    $engine->query_in($database, 'GRANT ALL ON SCHEMA public TO keeper');
    open my $hba, '>', $engine->data . '/pg_hba.conf' or die $!;
    print $hba "local all keeper scram-sha-256\nlocal all all trust\n";
    close $hba or die $!;
    $engine->query('SELECT pg_reload_conf()');
    return;
}

# The line with the password somewhere else.
sub line_with {
    my ($engine, $database, $place) = @_;
    return 'LuciaDatabase mysql "sock=' . $engine->sock . ",user=keeper,pass=$place,dbname=$database\"\n" if $engine->driver eq 'mysql';
    return 'LuciaDatabase pgsql "host=' . $engine->dir . ' port=' . $engine->port . " user=keeper password=$place dbname=$database\"\n";
}

sub url_with {
    my ($engine, $database, $place) = @_;
    my $host = LuciaTest::uri_escape($engine->dir);
    return "LuciaDatabase pgsql \"postgresql://keeper:$place\@$host:" . $engine->port . "/$database\"\n";
}

sub new_server {
    my ($engine, $line, %arg) = @_;
    my $server = LuciaTest::Server->new(config => $line . $REST, modules => ['info'], log_level => 'trace8', start => 0,
        files => { 'htdocs/vault/env.cgi' => "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv\n" }, %arg);
    return $server;
}

sub keep { my ($server, $secret) = @_; my $file = $server->write('conf/password', "$secret\n"); chmod 0600, $file; return $file }

sub check_works {
    my ($server, $what) = @_;
    my $alice = sign_up($server, 'alice' . ++our $users);
    my $env = $server->request(GET => '/vault/env.cgi', cookie => $alice);
    is $env->status, 200, "$what: it works";
    unlike $env->body, $WORD, "$what: content does not see it";
    my $info = $server->request(GET => '/server-info');
    like $info->body, qr/LuciaDatabase.*keeper/s, "$what: server-info shows the line";
    unlike $info->body, $WORD, "$what: and not the secret";
    unlike $server->error_log . $server->stderr, $WORD, "$what: nor does any log";
    return;
}

# Children of before a restart may answer for another moment.
sub becomes {
    my ($server, $status) = @_;
    return wait_until(sub { $server->request(POST => '/login', form(username => 'nobody', password => $PASSWORD))->status == $status }, 10);
}

# A secret that is wrong, and then right again: nobody says what it is.
sub check_changed {
    my ($engine, $database, $server, $new) = @_;
    keeper($engine, $database, $new);
    $server->restart_graceful;
    ok becomes($server, 503), 'a password that is none any more: 503';
    keep($server, $new);
    $server->restart_graceful;
    ok becomes($server, 400), 'a restart reads the file again';
    unlike $server->error_log, $WORD, 'the log contains neither the old nor the new password';
    return;
}

sub check_engine {
    my ($engine) = @_;
    my $database = $engine->create;
    my ($secret, $new) = @{ $secrets{ $engine->driver } };
    keeper($engine, $database, $secret);
    my $by_file = new_server($engine, line_with($engine, $database, '{file:@dir@/conf/password}'));
    keep($by_file, $secret);
    $by_file->start;
    check_works($by_file, 'a file');
    is $by_file->request(GET => '/conf/password')->status, 404, 'the file with the password is not served';

    my $by_name = new_server($engine, line_with($engine, $database, '{env:LUCI_TEST_PASSWORD}'), env => { LUCI_TEST_PASSWORD => $secret });
    check_works($by_name->start, 'the environment');
    if ($engine->driver eq 'pgsql') {
        my $by_url = new_server($engine, url_with($engine, $database, '{env:LUCI_TEST_PASSWORD}'), env => { LUCI_TEST_PASSWORD => $secret });
        check_works($by_url->start, 'in a URL');
    }
    check_changed($engine, $database, $by_file, $new);
    return;
}

# Secrets that can't be had stop the start, and are named by where they were looked for.
sub check_missing {
    my ($engine) = @_;
    my $server = new_server($engine, '', env => { LUCI_TEST_EMPTY => '' });
    my %said = (
        '{file:@dir@/conf/none}' => qr{conf/none" can't be read: No such file}, '{env:LUCI_TEST_NONE}' => qr/"LUCI_TEST_NONE" is not set/,
        '{env:LUCI_TEST_EMPTY}' => qr/"LUCI_TEST_EMPTY" is empty/, '{file:@dir@/conf' => qr/is not closed/,
    );
    for my $place (sort keys %said) {
        my ($status, $text) = $server->try_start(line_with($engine, 'none', $place) . $REST);
        isnt $status, 0, "$place: httpd does not start";
        like $text, $said{$place}, "$place: the message says why";
        like $text, qr/LuciaDatabase/, "$place: the message names LuciaDatabase";
    }
    keep($server, $engine->driver eq 'mysql' ? 'hush hush' : "hush\0hush");
    my ($status, $text) = $server->try_start(line_with($engine, 'none', '{file:@dir@/conf/password}') . $REST);
    isnt $status, 0, 'a secret that the driver can\'t take';
    like $text, qr{conf/password" contains a}, 'is named by its file';
    unlike $text, $WORD, "the log does not show a secret that the driver can't take";
    return;
}

for my $class (qw(LuciaTest::Postgres LuciaTest::MariaDB)) {
    subtest $class->kind => sub {
        my $engine = $class->new;
        check_engine($engine);
        check_missing($engine);
    };
}

done_testing;
