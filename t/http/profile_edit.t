# SPDX-License-Identifier: Apache-2.0
# LuciaUserEditable: what people change on their profile, what is asked for before, what is refused, who sees the change, and which lines the configuration must not have beside it. S1.39.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use JSON::PP ();
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use LuciaTest::OpenMetrics;
use LuciaTest::Site qw(site sign_up sign_in count_of error_in text_in $CHEAP_HASH);

my $SETTINGS = "$CHEAP_HASH\nLuciaMount /account\nLuciaSessionCacheTTL 1h\nLuciaTemplates \@templates\@\n";
my $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET, 'htdocs/own/a.txt' => SECRET, 'htdocs/own/.htaccess' => "Require lucia-attribute role admin\n" },
    config => "LuciaDatabase sqlite3 \@db\@\n$SETTINGS" . "LuciaAuditLog logs/audit.log\nLuciaActivity On\nLuciaThrottle signup=6/1h\nLuciaUserAttributes role email display_name phone\nLuciaSignupAttributes email phone?\nLuciaUserEditable email display_name?\n" . VAULT . <<'CONF');
<IfModule mpm_prefork_module>
StartServers 8
MinSpareServers 8
</IfModule>
<Location /vault>
    Header set X-Seen "expr=%{env:LUCIA_DISPLAY_NAME}"
</Location>
<Location /metrics>
    SetHandler luciauth-metrics
</Location>
<Directory @htdocs@/own>
    AuthType Lucia
    AllowOverride All
</Directory>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaUserEditable off
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    <Location /me>
        SetHandler luciauth-profile
        LuciaConfirmURL /proof
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName bare.test
    LuciaPages Off
</VirtualHost>
CONF
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit.log');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(off handler bare);

sub up { my ($name) = @_; return cookie_of($server->request(POST => '/account/signup', form(username => $name, password => $PASSWORD, email => "$name\@example.org"))) }
sub audited { my ($reason) = @_; return grep { $_->{event} eq 'user_set' && $_->{reason} eq $reason } $audit->events(1) }
sub change { my ($cookie, $fields, %arg) = @_; return $server->request(POST => '/account', form(@$fields), cookie => $cookie, origin => 1, %arg) }
sub change_json { my ($cookie, $fields, %arg) = @_; return $server->request(POST => '/account/api', json($fields), cookie => $cookie, origin => 1, accept => 'application/json', %arg) }
sub age { my ($cookie) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int((time - 601) * 1000), stored_id($cookie)) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub seen { my ($cookie) = @_; return $server->request(GET => '/vault/a.txt', script(), cookie => $cookie)->header('X-Seen') }
sub row { my ($name) = @_; return sqlite($db, 'SELECT email, display_name, phone, role FROM auth_user WHERE username = ?', $name)->[0] }

# ---- The page ----

my $alice = up('alice');
my $reply = $server->request(GET => '/account', cookie => $alice);
like text_in($reply), qr/ Profile User id: \w+ Username: alice Phone: Email Display name Save details /, 'S1.39: the profile has what people change as fields, and what else sign-up asked for as text';
like $reply->body, qr/name="email" type="email" value="alice\@example\.org" autocomplete="email"\s+required/, 'S1.39: a field has the value that is stored';
like $reply->body, qr/name="display_name" type="text" value="" autocomplete="nickname"\s+>/, 'S1.39: a field with a question mark is not required';
like $reply->body, qr/<input name="current_username" type="hidden" value="alice">/, 'the form says whose details it changes';
unlike $reply->body, qr/%%/, 'the profile with a form has no unfilled places';
unlike $reply->body, qr/name="(?:role|phone)"/, 'S1.39: other attributes have no field';

# ---- The change ----

is answer(change($alice, [current_username => 'alice', email => ' a@example.org ', display_name => 'Alice & Co'])), '303 /account', 'S1.39: the change leads back to the profile';
is_deeply row('alice'), { email => 'a@example.org', display_name => 'Alice & Co', phone => undef, role => undef }, 'S1.39: the values are stored, without white space at their ends';
is seen($alice), 'Alice & Co', 'content sees the new value';
my ($event) = audited('-');
is_deeply [@{$event}{qw(result account session)}], ['ok', 'alice', substr(stored_id($alice), 0, 12)], 'S1.39: the audit log has the change';
my $second = sign_in($server, 'alice', path => '/account/login');
is seen($second), 'Alice & Co', 'another session of the user sees the value';
is answer(change($alice, [email => 'a@example.org', display_name => ''])), '303 /account', 'S1.39: a field with a question mark may be empty';
is row('alice')->{display_name}, undef, 'S1.39: an empty field is stored as NULL';
is seen($second), '', 'S1.39: a session that was cached sees the change at once';
$reply = change_json($alice, { display_name => 'Al' });
is $reply->status, 200, 'S1.39: JSON takes the same names';
is $reply->json->{user}{display_name}, 'Al', 'S1.39: the answer has the account as it is now';
is $reply->json->{user}{email}, 'a@example.org', 'S1.39: what the request does not name stays';
is_deeply row('alice'), { email => 'a@example.org', display_name => 'Al', phone => undef, role => undef }, 'S1.39: JSON changes only what it names';
is $server->request(GET => '/account/api', cookie => $alice, accept => 'application/json')->json->{user}{display_name}, 'Al', 'the account in JSON has the change';
is answer(change($alice, [email => 'a@example.org', display_name => 'Al', role => 'admin', phone => '1', username => 'root', id => '1', disabled => '0'])), '303 /account', 'other fields are ignored';
is_deeply row('alice'), { email => 'a@example.org', display_name => 'Al', phone => undef, role => undef }, 'S1.39: no other column can be written';
like text_in($server->request(GET => '/account/activity', cookie => $alice)), qr/ Details changed /, 'the activity has the change';

# ---- Refusals ----

for my $case (
    ['an empty address', [email => ' ', display_name => 'New'], 'This field is required'],
    ['an address without a domain', [email => 'alice@', display_name => 'New'], 'Invalid email address'],
    ['a line break', [email => 'a@example.org', display_name => "A\nB"], 'Invalid value'],
    ['256 characters', [email => 'a@example.org', display_name => 'a' x 256], 'Invalid value'],
) {
    my ($what, $fields, $message) = @$case;
    $reply = change($alice, $fields);
    is answer($reply), "400 $message", "S1.39: $what answers 400";
    is answer(change_json($alice, {@$fields})), "400 $message", "S1.39: $what answers 400 in JSON";
}
for my $case (
    ['a number', 5, 'Malformed request body'],
    ['a list', ['a'], 'Malformed request body'],
    ['true', JSON::PP::true(), 'Malformed request body'],
    ['a control character beyond ASCII', "A\x{85}B", 'Invalid value'],
) {
    my ($what, $value, $message) = @$case;
    is answer(change_json($alice, { display_name => $value })), "400 $message", "S1.39: $what answers 400 in JSON";
}
is row('alice')->{display_name}, 'Al', 'S1.39: a refused form changes nothing';
is change_json($alice, { display_name => undef })->json->{user}{display_name}, undef, 'S1.39: null in JSON is no value';
is row('alice')->{display_name}, undef, 'S1.39: null in JSON is stored as NULL';
is change_json($alice, { display_name => "\x{a0}Al\x{2003}" })->json->{user}{display_name}, 'Al', 'S1.39: white space beyond ASCII is dropped at the ends of a value';
is answer(change_json($alice, { email => undef })), '400 This field is required', 'S1.39: null in JSON is refused where a value is required';
$reply = change($alice, [email => 'alice@', display_name => 'New & good']);
like $reply->body, qr/value="alice\@"[^>]*aria-invalid="true" aria-describedby="attribute-email-error"[^>]*autofocus.*value="New &amp; good"/s, 'S1.39: what was typed is kept, and the error stands at its field with the focus';
like $reply->body, qr/<title>Error: Profile/, 'the title says that there is an error';
is answer(change($alice, [current_username => 'bob', email => 'a@example.org'])), '400 You are signed in with another name now', 'S1.39: a page that another user has opened changes nothing';
is answer(change($alice, [email => 'a@example.org'], origin => 0, headers => { Origin => 'http://evil.test' })), '401 Unauthorized', 'a form of another site changes nothing';
is answer($server->request(POST => '/account', form(email => 'a@example.org'), origin => 1)), '401 Unauthorized', 'nobody changes anything without a session';
like text_in($host{off}->request(GET => '/account', cookie => $alice)), qr/ Email: a\@example\.org Phone: (?!.*Save|.*details)/, 'without the directive the profile has no form';
$reply = $host{off}->request(POST => '/account', form(email => 'b@example.org'), cookie => $alice, origin => 'http://off.test');
is $reply->status . ' ' . $reply->header('Allow'), '405 GET, HEAD', 'S1.39: without the directive the profile takes no POST';
is $host{off}->request(GET => '/account/api', cookie => $alice)->status, 200, 'without the directive the account is there in JSON';
is row('alice')->{email}, 'a@example.org', 'refused requests have changed nothing';

# ---- A confirmation ----

age($alice);
$reply = $server->request(GET => '/account', cookie => $alice);
like text_in($reply), qr/ Phone: Email: a\@example\.org Display name: Al Change your details /, 'S1.39: after a while the profile shows the values as text, and a link';
like $reply->body, qr{<a href="/account/confirm\?next=/account">Change your details</a>}, 'S1.39: the link leads to the confirmation and back';
unlike $reply->body, qr/name="email"/, 'S1.39: nobody types what would not be taken';
is answer(change($alice, [email => 'c@example.org'])), '303 /account/confirm?next=/account', 'S1.39: a change asks for a confirmation';
is answer(change_json($alice, { email => 'c@example.org' })), '401 Confirmation required', 'S1.39: a script is told that a confirmation is required';
is row('alice')->{email}, 'a@example.org', 'S1.39: without a confirmation nothing changes';
$reply = $host{handler}->request(GET => '/me', cookie => $alice);
like $reply->body, qr{<a href="/proof\?next=/me">}, 'a profile by SetHandler leads to its own page of confirmation';
$alice = sign_in($server, 'alice', path => '/account/login');
is answer($host{handler}->request(POST => '/me', form(email => 'h@example.org'), cookie => $alice, origin => 'http://handler.test')), '303 /me', 'a profile by SetHandler takes the change';
is row('alice')->{email}, 'h@example.org', 'a profile by SetHandler stores the change';

$reply = $host{bare}->request(POST => '/account', form(email => 'b@example.org'), cookie => $alice, origin => 'http://bare.test', accept => 'application/json');
is $reply->status . ' ' . ($reply->json->{user}{email} // ''), '200 b@example.org', 'without pages, a script changes its details with a form';
is answer($host{bare}->request(POST => '/account', form(email => 'b@'), cookie => $alice, origin => 'http://bare.test')), '400 Invalid email address', 'without pages, a refused value answers in JSON';
is answer(change($alice, [email => 'h@example.org'])), '303 /account', 'the pages of another host take the change as well';

# ---- A value that must be unique ----

my $robert = up('robert');
sqlite($db, 'CREATE UNIQUE INDEX one_address ON auth_user (email)');
$audit->events(1);
$reply = change($robert, [email => 'h@example.org', display_name => 'Rob']);
is answer($reply), '400 Another account has this value already', 'S1.39: a value of another user is refused where the column takes each once';
like $reply->body, qr/value="h\@example\.org"[^>]*aria-describedby="attribute-email-error"[^>]*autofocus/s, 'the error stands at the field whose value is taken';
is_deeply row('robert'), { email => 'robert@example.org', display_name => undef, phone => undef, role => undef }, 'S1.39: a taken value keeps the other fields of the form from being stored';
is scalar(() = audited('value_taken')), 1, 'the audit log says that the value was taken';
is answer(change($robert, [email => 'robert@example.org', display_name => 'Rob'])), '303 /account', 'the own value is not taken';
my @last = map { change($robert, [email => 'h@example.org']) } 1 .. 12;
is $last[-1]->status, 429, 'S1.39: values cannot be probed without end';
is answer(change($robert, [email => 'robert@example.org'])) =~ s/ .*//r, 429, 'who has probed waits';
$reply = $server->request(GET => '/metrics')->body;
like $reply, qr/^luciauth_events_total\{event="user_set",result="value_taken"\} [1-9]/m, 'taken values are counted';

# ---- Columns that are named like values of the page ----

{
    my $named = site("LuciaUserAttributes details attributes form_error row_error focus\nLuciaUserEditable details? attributes? form_error? row_error? focus?\n", mount => '/account');
    my $user = sign_up($named, 'alice', path => '/account/signup');
    my %values = (details => '500', attributes => '500', form_error => 'one', row_error => 'two', focus => 'three');
    is answer($named->request(POST => '/account', form(%values), cookie => $user, origin => 1)), '303 /account', 'attributes may have the names of the page\'s own values';
    my $page = $named->request(GET => '/account', cookie => $user);
    is scalar(() = $page->body =~ /id="attribute-/g), 5, 'an attribute is not taken for the number of fields';
    is scalar(() = $page->body =~ /<p>[^<]*: <bdi>/g), 1, 'an attribute is not taken for the number of facts';
    unlike $page->body, qr/role="alert"|aria-describedby|autofocus/, 'an attribute is not taken for an error';
    like $page->body, qr/name="details" type="text" value="500"/, 'a field with the name of a list has its value';
}

# ---- Lines that would let people grant themselves access ----

is $server->request(GET => '/own/a.txt', script(), cookie => $alice)->status, 403, 'a rule in .htaccess about another attribute judges';
$server->write('htdocs/own/.htaccess', "Require lucia-attribute email h\@example.org\n");
is $server->request(GET => '/own/a.txt', script(), cookie => $alice)->status, 500, 'S1.39: a rule in .htaccess about what people change themselves lets nobody in';
$server->write('htdocs/own/.htaccess', "Require env LUCIA_EMAIL\n");
is $server->request(GET => '/own/a.txt', script(), cookie => $alice)->status, 500, 'S1.39: a rule in .htaccess about the variable of such an attribute lets nobody in';

my $start = "LuciaDatabase sqlite3 \@db\@\nLuciaMount /account\nLuciaUserAttributes role email\nLuciaUserEditable email role\n";
my $off = $host{off};
my @own = (GET => '/own/a.txt', script(), cookie => $alice);
$server->write('htdocs/own/.htaccess', "Require lucia-attribute role admin\n");
is $off->request(@own)->status, 403, 'a rule in .htaccess of another server about another attribute judges';
$server->write('htdocs/own/.htaccess', "Require lucia-attribute email h\@example.org\n");
is $off->request(@own)->status, 500, 'S1.39: a rule in .htaccess about what people change at another server with the database lets nobody in';

my $uses = qr/LUCI0509: LuciaUserEditable email role in \S+:\d+ lets people change "role" themselves, but/;
for my $case (
    ['Require lucia-attribute', "<Location /a>\nAuthType Lucia\nRequire lucia-attribute role admin\n</Location>\n", qr/$uses Require lucia-attribute role admin in \S+:\d+ uses it.*Take the column out/s],
    ['a negated rule in a container', "<Location /a>\nAuthType Lucia\n<RequireAll>\nRequire valid-user\nRequire not lucia-attribute role guest\n</RequireAll>\n</Location>\n", $uses],
    ['an alias of the rule', "<AuthzProviderAlias lucia-attribute staff \"role staff\">\n</AuthzProviderAlias>\n", $uses],
    ['Require env', "<Location /a>\nAuthType Lucia\nRequire env LUCIA_ROLE\n</Location>\n", $uses],
    ['Require expr', "<Location /a>\nAuthType Lucia\nRequire expr \"%{reqenv:LUCIA_ROLE} == 'admin'\"\n</Location>\n", $uses],
    ['LuciaRemoteUser', "<Location /a>\nAuthType Lucia\nRequire user root\nLuciaRemoteUser role\n</Location>\n", $uses],
    ['a virtual host with the same database', "<VirtualHost *>\nServerName a.test\nLuciaUserEditable off\n<Location /a>\nAuthType Lucia\nRequire lucia-attribute role admin\n</Location>\n</VirtualHost>\n", $uses],
    ['another column', "LuciaUserEditable phone\n", qr/LUCI0508: LuciaUserEditable phone in \S+:\d+ asks for "phone", which is not a column of LuciaUserAttributes role email/],
    ['the username', "LuciaUserEditable username\n", qr/LuciaUserEditable: "username" is not allowed/],
    ['the hidden field of the form', "LuciaUserEditable current_username\n", qr/LuciaUserEditable: "current_username" is not allowed/],
) {
    my ($what, $lines, $message) = @$case;
    my ($status, $said) = $server->configtest($start . $lines);
    ok $status != 0 && $said =~ $message, "S1.39: httpd does not start with $what" or diag "status $status: $said";
}
SKIP: {
    skip 'only a file has more than one name', 2 unless LuciaTest::is_sqlite();
    symlink $server->dir . '/db', $server->dir . '/other-way' or die "symlink: $!";
    for my $case (['an existing database', 'luciauth.db'], ['a database that is made later', 'later.db']) {
        my ($what, $file) = @$case;
        my ($status, $said) = $server->configtest($start =~ s/\@db\@/$server->dir . "\/db\/$file"/er . "<VirtualHost *>\nServerName a.test\nLuciaDatabase sqlite3 " . $server->dir . "/other-way/$file\nLuciaUserEditable off\n<Location /a>\nAuthType Lucia\nRequire lucia-attribute role admin\n</Location>\n</VirtualHost>\n");
        ok $status != 0 && $said =~ $uses, "S1.39: a symbolic link does not hide $what" or diag "status $status: $said";
    }
}
my ($status, $said) = $server->configtest($start . "<VirtualHost *>\nServerName a.test\nLuciaDatabase sqlite3 other.db\nLuciaUserEditable off\n<Location /a>\nAuthType Lucia\nRequire lucia-attribute role admin\n</Location>\n</VirtualHost>\n");
is $status, 0, 'another database has other users' or diag $said;
($status, $said) = $server->configtest($start . "<Location /a>\nAuthType Lucia\nRequire env LUCIA_ROLE_AT_WORK\n</Location>\n");
is $status, 0, 'a longer name is another variable' or diag $said;
($status, $said) = $server->configtest("LuciaDatabase sqlite3 \@db\@\nLuciaMount /account\nLuciaUserAttributes email\nLuciaSignupAttributes email\n<Location /a>\nAuthType Lucia\nRequire valid-user\nLuciaRemoteUser email\n</Location>\n");
is $status, 0, 'what people choose at sign-up may be what a program knows them by' or diag $said;
like $said, qr/LUCI0509: LuciaSignupAttributes email in \S+:\d+ lets people choose "email" themselves, but LuciaRemoteUser email in \S+:\d+ uses it/, 'S1.39: httpd warns of a LuciaRemoteUser that people choose at sign-up';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';

# ---- A database that lacks something ----

my $engine = LuciaTest::engine();
my $lucia = $engine->create($engine->lucia_tables, 'ALTER TABLE auth_user ADD COLUMN email TEXT');
my $old = LuciaTest::Server->new(config => $engine->line($lucia) . "\n$SETTINGS" . "LuciaCreateSchema Off\nLuciaUserAttributes email nick\nLuciaUserEditable email? nick?\n");
my $gina = sign_up($old, 'gina', path => '/account/signup');
$reply = $old->request(GET => '/account', cookie => $gina);
like text_in($reply), qr/ Username: gina Email: Nick: (?!.*details)/, 'without the column of the confirmation, the profile has no form and no link to one';
is answer($old->request(POST => '/account', form(email => 'g@example.org'), cookie => $gina, origin => 1)), '501 This site cannot confirm who you are', 'without the column of the confirmation, nothing can be changed';
done_testing;
