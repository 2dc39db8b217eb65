# SPDX-License-Identifier: Apache-2.0
# The pages on which people set up an app that makes codes, remove it, and get recovery codes: S1.62 to S1.68. The app
# is oathtool, and zbarimg is its camera.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;
use LuciaTest::Audit;
use LuciaTest::Gate;
use JSON::PP ();
use LuciaTest::Site qw(sign_up sign_in count_of error_in text_in row_of $CHEAP_HASH);

my $server = LuciaTest::Server->new(files => { 'htdocs/vault/a.txt' => SECRET, 'htdocs/two/a.txt' => SECRET },
    config => "LuciaDatabase sqlite3 \@db\@\n$CHEAP_HASH\nLuciaMount /account\nLuciaSecret {file:\@secret\@}\nLuciaSecondFactor optional\nLuciaActivity On\nLuciaAuditLog logs/audit\nLuciaTemplates \@templates\@\nLogLevel luciauth:debug\n" . <<'CONF');
CustomLog logs/full "%r %q %{Referer}i"
<Location /vault/>
    AuthType Lucia
    Require valid-user
</Location>
<Location /two/>
    AuthType Lucia
    Require lucia-factors 2
</Location>
<Location /metrics>
    SetHandler luciauth-metrics
</Location>
<VirtualHost *>
    ServerName 127.0.0.1
</VirtualHost>
<VirtualHost *>
    ServerName handler.test
    LuciaMount off
    LuciaLoginURL /enter
    LuciaFactorURL /mine/factor
    LuciaFactorsURL /mine/factors
    LuciaSite "Smith & Söhne"
    <Location /mine/factors>
        SetHandler luciauth-factors
    </Location>
    <Location /mine/factors/totp>
        SetHandler luciauth-factors-totp
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName keys.test
    LuciaPasskeys on
</VirtualHost>
<VirtualHost *>
    ServerName off.test
    LuciaSecondFactor off
</VirtualHost>
CONF
my $db = $server->db;
my $audit = LuciaTest::Audit->new($server->dir . '/logs/audit');
my %host = map { $_ => LuciaTest::Gate::Host->new($server, "$_.test", 'db/luciauth.db') } qw(handler off keys);

sub up { my ($name) = @_; return sign_up($server, $name, path => '/account/signup') }
sub in { my ($name) = @_; return sign_in($server, $name, path => '/account/login') }
sub get { my ($path, $cookie, %arg) = @_; return $server->request(GET => "/account/$path", $cookie ? (cookie => $cookie) : (), %arg) }
sub post { my ($path, $fields, $cookie, %arg) = @_; return $server->request(POST => "/account/$path", form(%$fields), cookie => $cookie, origin => 1, %arg) }
sub api { my ($path, $fields, $cookie, %arg) = @_; return $server->request(POST => "/account/api/$path", json($fields), cookie => $cookie, origin => 1, %arg) }
sub age { my ($cookie) = @_; return sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int((time - 601) * 1000), row_of($server, $cookie)->{id}) }
sub answer { my ($reply) = @_; return $reply->status . ' ' . ($reply->location // error_in($reply) // '') }
sub seen { my ($path, $cookie) = @_; return $server->request(GET => "/$path/a.txt", script(), cookie => $cookie)->status }
sub user_id { my ($name) = @_; return sqlite_value($db, 'SELECT id FROM auth_user WHERE username = ?', $name) }
sub rows { my ($table, $name) = @_; return count_of($server, "auth_user_$table WHERE user_id = '" . user_id($name) . "'") }

# The code that an app shows in the step that is away from the current one.
sub code {
    my ($secret, $away) = @_;
    my $time = time + 30 * ($away // 0);
    chomp(my $code = `oathtool --totp --base32 --now '\@$time' $secret`);
    return $code;
}

# What a camera reads of the picture of a page.
sub scanned {
    my ($body) = @_;
    my ($size) = $body =~ /viewBox="0 0 (\d+) \1"/ or return 'no picture';
    my ($path) = $body =~ /<path fill="#000" d="([^"]+)"/ or return 'no path';
    my ($zoom, @cells) = (4, map { [(255) x $size] } 1 .. $size);
    while ($path =~ /M(\d+) (\d+)h(\d+)v1h-\d+z/g) { $cells[$2][$_] = 0 for $1 .. $1 + $3 - 1 }
    my $file = $server->dir . '/picture.pgm';
    open my $out, '>:raw', $file or die $!;
    print $out "P5 ", $size * $zoom, ' ', $size * $zoom, " 255\n";
    for my $row (@cells) { print $out join('', map { chr($_) x $zoom } @$row) x $zoom }
    close $out;
    chomp(my $read = `zbarimg --quiet --raw $file 2>/dev/null`);
    return $read;
}

# Sets an app up; returns its secret, the new cookie and the recovery codes.
sub set_up {
    my ($cookie) = @_;
    my $offer = get('api/factors/totp', $cookie)->json;
    my $reply = api('factors/totp', { secret => $offer->{secret}, code => code($offer->{secret}) }, $cookie);
    die 'set up: ' . answer($reply) . "\n" if $reply->status != 200;
    return ($offer->{secret}, cookie_of($reply), @{ $reply->json->{recovery_codes} });
}

# ---- The page of all factors ----

my $alice = up('alice');
my $reply = get('factors', $alice);
is $reply->status, 200, 'S1.65: the page of the factors is shown to a signed-in user';
like text_in($reply), qr/Two-step sign-in .*Authenticator app Not set up\. Set up an app App passwords App passwords: 0/, 'S1.65: the page says that there is no factor';
unlike $reply->body, qr/%%|Recovery codes/, 'the page without a factor offers no recovery codes and has no unfilled places';
is $reply->header('Cache-Control'), 'no-store', 'the page of the factors is not stored';
is_deeply get('api/factors', $alice)->json, { totp => JSON::PP::false(), recovery_codes => 0, app_passwords => 0, passkeys => 0 }, 'S1.65: the factors as JSON, without one';
is get('factors')->location, '/account/login?next=/account/factors', 'S1.65: an anonymous browser signs in first, and comes back';
is answer(get('api/factors')), '401 Unauthorized', 'S1.65: an anonymous script gets 401 for the factors';
like $server->request(GET => '/account', cookie => $alice)->body, qr{<a href="/account/factors">Two-step sign-in</a>}, 'S1.65: the profile links to the factors';
is $host{off}->request(GET => '/account/factors', cookie => $alice)->status, 404, 'S1.65: without LuciaSecondFactor the page does not exist';
is $host{off}->request(GET => '/account/factors/totp', cookie => $alice)->status, 404, 'S1.65: without LuciaSecondFactor no app can be set up';
like text_in($host{keys}->request(GET => '/account/factors', cookie => $alice)), qr/Passkeys Passkeys: 0 .* Manage passkeys/, 'S1.65: with LuciaPasskeys the page leads to the passkeys';
unlike $reply->body, qr/Passkeys/, 'S1.65: without LuciaPasskeys the page has no passkeys';
unlike $host{off}->request(GET => '/account', cookie => $alice)->body, qr/Two-step/, 'S1.65: without LuciaSecondFactor the profile has no link';
is $server->request(PUT => '/account/factors', cookie => $alice, origin => 1)->status, 405, 'S9.20: PUT on the factors is 405';

# ---- The offer ----

$reply = get('factors/totp', $alice);
is $reply->status, 200, 'S1.66: the page that sets up an app is shown';
my ($secret) = $reply->body =~ /name="secret" type="hidden" value="([A-Z2-7]+)"/;
is length $secret, 32, 'S1.66: the secret has 160 bits';
my $uri = "otpauth://totp/127.0.0.1:alice?secret=$secret&issuer=127.0.0.1";
is scanned($reply->body), $uri, 'S1.66: the picture is the URI of the secret, with the host and the username';
like text_in($reply), qr/\Q@{[$secret =~ s{(....)(?=.)}{$1 }gr]}\E/, 'S1.66: the secret can be typed';
my $href = $uri =~ s/&/&amp;/gr;
like $reply->body, qr{<a href="\Q$href\E">}, 'S1.66: an app on the same device opens the URI';
like $reply->body, qr/<input id="code" name="code" type="text" required inputmode="numeric" autocomplete="one-time-code"/, 'the field of the code is for a one-time code';
like $reply->header('Content-Security-Policy'), qr/^default-src 'none';(?!.*script)/, 'the page with the picture has a policy without scripts';
unlike $reply->body, qr/<script|%%/, 'the page with the picture has no script and no unfilled places';
isnt get('api/factors/totp', $alice)->json->{secret}, $secret, 'S1.66: each look offers another secret';
is rows('totp', 'alice') . rows('recovery_code', 'alice'), '00', 'S1.66: looking stores nothing';
my $named = $host{handler}->request(GET => '/mine/factors/totp', cookie => $alice, accept => 'application/json')->json;
is $named->{uri}, "otpauth://totp/Smith%20%26%20S%C3%B6hne:alice?secret=$named->{secret}&issuer=Smith%20%26%20S%C3%B6hne", 'S1.66: the issuer is the name of LuciaSite';
like $host{handler}->request(GET => '/mine/factors', cookie => $alice)->body, qr{href="/mine/factors/totp"}, 'S1.65: LuciaFactorsURL leads to the page that sets up an app';

# ---- Freshness, other sites ----

my $old = in('alice');
age($old);
is answer(get('factors/totp', $old)), '302 /account/confirm?next=/account/factors/totp', 'S1.66: a session that is not fresh is led to the confirmation first';
is answer(get('factors/totp?next=/two/a.txt', $old)), '302 /account/confirm?next=/account/factors/totp%3Fnext%3D/two/a.txt', 'S1.67: a confirmation that comes first keeps the way back';
is answer(get('factors/totp?next=/two/a.txt&secret=AAAA', $old)), '302 /account/confirm?next=/account/factors/totp%3Fnext%3D/two/a.txt', 'S1.67: a confirmation that comes first keeps nothing else of the query';
is answer(get('factors/totp?next=https://evil.example/', $old)), '302 /account/confirm?next=/account/factors/totp', 'S1.67: another site is no way back from a confirmation';
is answer(get('factors/totp?next=/two/a.txt')), '302 /account/login?next=/account/factors/totp%3Fnext%3D/two/a.txt', 'S1.67: a sign-in that comes first keeps the way back';
is answer(get('api/factors/totp', $old)), '401 Confirmation required', 'S1.66: a script without a fresh session gets no secret';
is answer(api('factors/totp', { secret => $secret, code => code($secret) }, $old)), '401 Confirmation required', 'S1.66: a script without a fresh session sets nothing up';
is get('factors', $old)->status, 200, 'S1.65: the list needs no fresh session';
for my $case (['without an Origin'], ['from another site', origin => 'https://evil.example']) {
    my ($what, @more) = @$case;
    is $server->request(POST => '/account/factors/totp', form(secret => $secret, code => code($secret)), cookie => $alice, @more)->status, 401, "S9.3: an app that is set up $what answers 401";
    is $server->request(POST => '/account/factors', form(recovery_codes => 'new'), cookie => $alice, @more)->status, 401, "S9.3: recovery codes $what answer 401";
}

# ---- Refused ----

for my $case (
    ['a wrong code', { secret => $secret, code => code($secret) + 1 }, 'Incorrect code'], ['no code', { secret => $secret }, 'Incorrect code'],
    ['a text for a code', { secret => $secret, code => 'abcdef' }, 'Incorrect code'], ['a code of an hour ago', { secret => $secret, code => code($secret, -120) }, 'Incorrect code'],
    ['no secret', { code => '123456' }, 'Invalid key'], ['a secret of 80 bits', { secret => 'A' x 16, code => code('A' x 16) }, 'Invalid key'],
    ['a secret that is not base32', { secret => '1' x 32, code => '123456' }, 'Invalid key'], ['a longer secret', { secret => 'A' x 40, code => code('A' x 40) }, 'Invalid key'],
) {
    my ($what, $fields, $message) = @$case;
    is answer(api('factors/totp', $fields, $alice)), "400 $message", "S1.66: $what is refused";
}
$reply = post('factors/totp', { secret => $secret, code => '000000', end_sessions => 1 }, $alice);
is $reply->status, 400, 'S1.66: a wrong code on the page answers 400';
like $reply->body, qr/name="secret" type="hidden" value="$secret".*aria-invalid="true"[^>]*>\s*<p class="wrong" id="code-error" role="alert">Incorrect code<.*name="end_sessions" type="checkbox" value="1" checked/s, 'S1.66: after a wrong code the page has the same secret, the error at the field and the ticked box';
is scanned($reply->body), $uri, 'S1.66: after a wrong code the picture is the same';
is answer(post('factors/totp', { secret => $secret, code => code($secret), username => 'bert' }, $alice)), '400 You are signed in with another name now', 'S1.66: a page that another user opened sets nothing up';
is rows('totp', 'alice') . rows('recovery_code', 'alice'), '00', 'S1.66: nothing is stored before the first right code';
is_deeply get('api/factors', $alice)->json->{totp}, JSON::PP::false(), 'S1.65: refused codes leave the account without a factor';

# ---- Set up ----

my @others = map { in('alice') } 1 .. 2;
$audit->events(1);
my $used = code($secret);
$reply = post('factors/totp', { secret => lc($secret) =~ s/(....)/$1 /gr, code => substr($used, 0, 3) . ' ' . substr($used, 3) }, $alice);
is $reply->status, 200, 'S1.67: a right code sets the app up';
my @codes = $reply->body =~ m{<code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){5})</code>}g;
is scalar @codes, 10, 'S1.67: the page shows ten recovery codes';
is $reply->header('Cache-Control'), 'no-store', 'the page with the codes is not stored';
unlike $reply->body, qr/%%/, 'the page with the codes has no unfilled places';
my $new = cookie_of($reply);
isnt $new->{value}, $alice->{value}, 'S1.67: the session gets another id';
is row_of($server, $alice), undef, 'S1.67: the session of before has ended';
is row_of($server, $new)->{factors}, 2, 'S1.67: the new session has two factors';
is seen('two', $new), 200, 'S1.67: the new session passes Require lucia-factors 2';
is seen('vault', $alice), 401, 'S1.67: the old id signs in nowhere';
is join(' ', map { seen('vault', $_) } @others), '200 200', 'S1.67: other sessions stay, unless the box is ticked';
is seen('two', $others[0]), 401, 'S1.67: other sessions have one factor';
my ($event) = grep { $_->{event} eq 'factor_add' } $audit->events(1);
is_deeply [@{$event}{qw(result account factor session)}], ['ok', 'alice', 'totp', substr(row_of($server, $new)->{id}, 0, 12)], 'the audit log has the new factor, with the new session';
my $dump = join "\n", map { my $table = $_; map { join ' ', map { $_ // '' } values %$_ } @{ sqlite($db, "SELECT * FROM auth_user_$table") } } qw(totp recovery_code);
unlike $dump, qr/$secret/i, 'S1.62: the table does not hold the secret';
is scalar(grep { my $code = $_ =~ tr/-//dr; $dump =~ /$code/i } @codes), 0, 'S1.64: the table does not hold a recovery code';
is_deeply get('api/factors', $new)->json, { totp => JSON::PP::true(), recovery_codes => 10, app_passwords => 0, passkeys => 0 }, 'S1.65: the factors as JSON, with an app';
is answer(get('factors/totp', $new)), '302 /account/factors', 'S1.66: with an app, the page leads to the list' or diag $reply->head;
is answer(get('api/factors/totp', $new)), '409 You have set up an app already', 'S1.66: with an app, a script gets 409';
my $second = 'B' x 32;
is answer(api('factors/totp', { secret => $second, code => code($second) }, $new)), '409 You have set up an app already', 'S1.66: a second app answers 409';
is answer(post('factors/totp', { secret => $secret, code => $used }, $alice)), '303 /account/login?next=/account/factors', 'S1.66: a form with the id of before that is no second click of a browser leads to sign-in and to the list';

# ---- A double click: a browser sends the form twice, and drops the first answer ----

# The form of the page, filled in.
sub offered {
    my ($cookie) = @_;
    my %form = get('factors/totp', $cookie, navigation())->body =~ /<input name="(\w+)" type="hidden" value="([^"]*)"/g;
    return { %form, code => code($form{secret}) };
}
sub click { my ($form, $cookie, %arg) = @_; return post('factors/totp', $form, $cookie, navigation('Sec-Fetch-Site' => 'same-origin'), %arg) }
sub codes_in { my ($reply) = @_; return $reply->body =~ m{<code>([A-Z2-7-]{29})</code>}g }
sub sessions_of { my ($name) = @_; return join ' ', map { "$_->{id} $_->{factors}" } @{ sqlite($db, 'SELECT id, factors FROM user_session WHERE user_id = ? ORDER BY id', user_id($name)) } }
sub hashes_of { my ($name) = @_; return join ' ', map { $_->{id} } @{ sqlite($db, 'SELECT id FROM auth_user_recovery_code WHERE user_id = ? ORDER BY id', user_id($name)) } }
sub proves {    # whether a recovery code completes a sign-in
    my ($name, $code) = @_;
    my $step = cookie_of($server->request(POST => '/account/login', form(username => $name, password => $PASSWORD)), 'auth_session_step');
    return $server->request(POST => '/account/factor', form(code => $code), cookie => $step, origin => 1)->status;
}

for my $case (['the id of before', 'hanna', 0], ['the new id', 'helga', 1]) {
    my ($what, $name, $which) = @$case;
    my $before = up($name);
    my $form = offered($before);
    my $first = click($form, $before);
    my @ids = ($before, cookie_of($first));
    is seen('two', $ids[1]), 200, "S9.48: the first click sets an app up, before one with $what";
    my $made = row_of($server, $ids[1]);
    $audit->events(1);
    my %seen = map { $_ => 1 } codes_in($first);
    for my $click (2, 3) {
        my $again = click($form, $ids[$which]);
        my @shown = codes_in($again);
        is $again->status . ' ' . @shown, '200 10', "S9.48: click $click with $what shows ten recovery codes";
        is scalar(grep { $seen{$_}++ } @shown), 0, "S9.48: the codes of click $click with $what are others";
        is text_in($again) =~ s/[A-Z2-7-]{29}/CODE/gr, text_in($first) =~ s/[A-Z2-7-]{29}/CODE/gr, "S9.48: the page of click $click with $what is the first one";
        is rows('totp', $name) . ' ' . rows('recovery_code', $name), '1 10', "S9.48: click $click with $what leaves one app and ten codes";
        is join(' ', map { seen('vault', $_) } @ids), '401 401', "S9.48: after click $click with $what no earlier id signs in";
        $ids[1] = cookie_of($again);
        is seen('two', $ids[1]), 200, "S9.48: the session of click $click with $what has two factors";
        my $row = row_of($server, $ids[1]);
        is sessions_of($name), "$row->{id} 2", "S9.48: click $click with $what leaves one session";
        is join(' ', map { $row->{$_} } qw(created_at proved_at)), join(' ', map { $made->{$_} } qw(created_at proved_at)), "S9.48: the session of click $click with $what is as old and as fresh as the first one";
        is join(' ', map { "$_->{event} $_->{result} $_->{session}" } $audit->events(1)), 'recovery_codes ok ' . substr($row->{id}, 0, 12), "S9.48: click $click with $what is no second set-up in the audit log, but other codes";
        if ($click == 3) {
            is proves($name, (codes_in($first))[0]), 400, "S9.48: with $what the codes that the browser dropped do not work";
            is proves($name, $shown[0]), 302, "S9.48: with $what the codes that were shown last work";
        }
    }
}

my $number = 0;
for my $case (
    ['a program', sub { post('factors/totp', $_[0], $_[1]) }], ['a script', sub { api('factors/totp', $_[0], $_[1]) }, '401 Unauthorized'],
    ['a form of another site', sub { post('factors/totp', $_[0], $_[1], navigation('Sec-Fetch-Site' => 'cross-site'), origin => 'https://evil.example') }, '401 Unauthorized'], ['a form without a cookie', sub { click($_[0]) }, '401 Unauthorized'],
    ['a form with an id that no page was made for', sub { click($_[0], { name => 'auth_session', value => 'z' x 40 }) }],
    ['a form without a ticket', sub { my %form = %{ $_[0] }; delete $form{ticket}; click(\%form, $_[1]) }],
    ["the ticket of the user's other session", sub { click({ %{ $_[0] }, ticket => $_[0]{other} }, $_[1]) }],
    ['a ticket that was changed', sub { click({ %{ $_[0] }, ticket => $_[0]{ticket} =~ s/(.)\z/$1 eq 'A' ? 'B' : 'A'/er }, $_[1]) }],
    ['another secret with its code', sub { click({ %{ $_[0] }, secret => 'C' x 32, code => code('C' x 32) }, $_[1]) }],
    ['a code of the step before', sub { click({ %{ $_[0] }, code => code($_[0]{secret}, -1) }, $_[1]) }], ['a wrong code', sub { click({ %{ $_[0] }, code => '000000' }, $_[1]) }],
    ['a form after a minute', sub { sqlite($db, "UPDATE $_ SET created_at = created_at - 60000 WHERE user_id = ?", user_id($_[2])) for qw(auth_user_totp user_session); click(@_) }],
    ['a form after a recovery code was used', sub { proves($_[2], $_[3]); click(@_) }], ['a form after a code of the app was used', sub { sqlite($db, 'UPDATE auth_user_totp SET last_step = last_step + 1 WHERE user_id = ?', user_id($_[2])); click(@_) }],
    ['a form after the new session has ended', sub { sqlite($db, 'DELETE FROM user_session WHERE user_id = ? AND factors = 2 AND created_at > 0', user_id($_[2])); click(@_) }],
    ['a form after the new session has ended, beside another one with two factors', sub { sqlite($db, 'DELETE FROM user_session WHERE user_id = ? AND factors = 2', user_id($_[2])); sqlite($db, 'UPDATE user_session SET factors = 2, created_at = created_at - 1000 WHERE user_id = ?', user_id($_[2])); click(@_) }],
    ['a form of a disabled user', sub { sqlite($db, 'UPDATE auth_user SET disabled = 1 WHERE id = ?', user_id($_[2])); click(@_) }],
    ["the user's other session with one factor", sub { click($_[0], $_[4]) }, '303 /account/factor?next=/account/factors/totp'],
    ["the user's other session with two factors", sub { sqlite($db, 'UPDATE user_session SET factors = 2 WHERE id = ?', row_of($server, $_[4])->{id}); click($_[0], $_[4]) }, '303 /account/factors'],
    ['a script with the new session', sub { api('factors/totp', $_[0], $_[5]) }, '409 You have set up an app already'],
) {
    my ($what, $second, $want) = @$case;
    my $name = 'second' . ++$number;
    my ($before, $other) = (up($name), in($name));
    my $form = offered($before);
    $form->{other} = offered($other)->{ticket};
    my $first = click($form, $before);
    my $reply = $second->($form, $before, $name, (codes_in($first))[0], $other, cookie_of($first));
    is answer($reply), $want // '303 /account/login?next=/account/factors', "S9.48: $what is no second click";
    is scalar(() = codes_in($reply)), 0, "S9.48: $what shows no recovery codes";
    my $sent = cookie_of($reply);
    is $sent ? $sent->{value} : '', '', "S9.48: $what gets no session";
}

my $busy = up('busy1');
my $late = offered($busy);
click($late, $busy);
my $lock = locked($db);
is click($late, $busy)->status, 503, 'S9.33: a second click that cannot be written answers 503';
$lock->do('ROLLBACK');
$lock->disconnect;
is answer(click($late, $busy)), '200 ', 'S9.48: a second click after the failure shows recovery codes';

for my $round (1 .. 5) {
    my $name = "both$round";
    my $before = up($name);
    my $form = offered($before);
    my $bytes = $server->bytes_of(POST => '/account/factors/totp', form(%$form), cookie => $before, origin => 1, navigation('Sec-Fetch-Site' => 'same-origin'));
    my @sockets = map { $server->connect } 1, 2;
    syswrite $_, substr $bytes, 0, -1 for @sockets;
    syswrite $_, substr $bytes, -1 for @sockets;
    my @replies = map { LuciaTest::Reply->parse($server->raw('', socket => $_), 'POST') } @sockets;
    is join(' ', map { answer($_) . (() = codes_in($_)) } @replies), '200 10 200 10', "S9.48: both clicks at once show codes, round $round";
    my @living = grep { seen('two', cookie_of($_)) == 200 } @replies;
    is scalar @living, 1, "S9.48: one session is left of two clicks at once, round $round";
    is proves($name, (codes_in($living[0]))[0]), 302, "S9.48: the codes beside the session that is left work, round $round";
}
$audit->events(1);

# ---- With one factor nothing changes ----

my $single = $others[0];
for my $case (['remove', { remove => 'totp' }], ['recovery codes', { recovery_codes => 'new' }]) {
    my ($what, $fields) = @$case;
    is answer(api('factors', $fields, $single)), '401 Second factor required', "S1.68: $what with one factor answers 401";
    is answer(post('factors', $fields, $single)), '303 /account/factor?next=/account/factors', "S1.68: $what with one factor leads a browser to the proof";
}
is rows('totp', 'alice') . ' ' . rows('recovery_code', 'alice'), '1 10', 'S1.68: nothing was removed with one factor';
is_deeply [map { "$_->{event} $_->{reason}" } grep { $_->{reason} eq 'one_factor' } $audit->events(1)], ['factor_remove one_factor', 'factor_remove one_factor', 'recovery_codes one_factor', 'recovery_codes one_factor'], 'the audit log says that a factor was missing';

# ---- New recovery codes ----

for my $case (['nothing', {}], ['two things at once', { remove => 'totp', recovery_codes => 'new' }], ['another factor', { remove => 'password' }], ['other codes', { recovery_codes => 'old' }]) {
    is answer(api('factors', $case->[1], $new)), '400 Malformed request body', "S1.68: $case->[0] is no change of the factors";
}
is answer(post('factors', { remove => 'totp', username => 'bert' }, $new)), '400 You are signed in with another name now', 'S1.68: a page that another user opened removes nothing';
$reply = api('factors', { recovery_codes => 'new' }, $new);
is $reply->status, 200, 'S1.68: new recovery codes are made';
my @fresh = @{ $reply->json->{recovery_codes} };
is scalar(grep { /\A[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}\z/ } @fresh), 10, 'S1.68: ten new codes are answered';
my %old = map { $_ => 1 } @codes;
is scalar(grep { $old{$_} } @fresh), 0, 'S1.64: no new code is an old one';
is rows('recovery_code', 'alice'), 10, 'S1.64: the old codes are gone';
$reply = post('factors', { recovery_codes => 'new', username => 'alice' }, $new);
is scalar(() = $reply->body =~ m{<code>[A-Z2-7-]{29}</code>}g), 10, 'S1.68: the page of the factors makes new codes';

# ---- Removed ----

age($new);
is answer(post('factors', { remove => 'totp' }, $new)), '303 /account/confirm?next=/account/factors', 'S1.68: a session that is not fresh removes nothing';
sqlite($db, 'UPDATE user_session SET proved_at = ? WHERE id = ?', int(time * 1000), row_of($server, $new)->{id});
is answer(post('factors', { remove => 'totp', username => 'alice', end_sessions => 1 }, $new)), '303 /account/factors', 'S1.68: the app is removed';
is rows('totp', 'alice') . rows('recovery_code', 'alice'), '00', 'S1.68: with the last factor the recovery codes go';
is join(' ', map { seen('vault', $_) } $new, @others), '200 401 401', 'S1.68: the ticked box ends the other sessions';
is answer(post('factors', { remove => 'totp' }, $new)), '303 /account/factors', 'S1.68: a second click removes nothing more';
is answer(api('factors', { remove => 'totp' }, $new)), '404 Not found', 'S1.68: a script that removes nothing gets 404';
is answer(api('factors', { recovery_codes => 'new' }, $new)), '404 Not found', 'S1.68: without a factor there are no recovery codes';
($event) = grep { $_->{event} eq 'factor_remove' && $_->{result} eq 'ok' } $audit->events(1);
is_deeply [@{$event}{qw(account factor)}], ['alice', 'totp'], 'the audit log has the removed factor';

# ---- The box, JSON, two at once ----

my $bert = up('bert');
my @more = map { in('bert') } 1 .. 2;
my $offer = get('api/factors/totp', $bert)->json;
$reply = api('factors/totp', { secret => $offer->{secret}, code => code($offer->{secret}), end_sessions => JSON::PP::true() }, $bert);
is scalar @{ $reply->json->{recovery_codes} }, 10, 'S1.67: JSON answers ten recovery codes';
$bert = cookie_of($reply);
is join(' ', map { seen('vault', $_) } $bert, @more), '200 401 401', 'S1.67: the ticked box ends the other sessions';
my $activity = text_in(get('activity', $bert));
like $activity, qr/Second factor set up/, 'S9.61: the page of the activity has the new factor';

my $carol = up('carol');
$offer = get('api/factors/totp', $carol)->json;
my @sent = map { $server->send_request($server->bytes_of(POST => '/account/api/factors/totp', json({ secret => $offer->{secret}, code => code($offer->{secret}) }), cookie => $carol, origin => 1)) } 1 .. 4;
my @statuses = map { $server->answer_to($_)->status } @sent;
is scalar(grep { $_ == 200 } @statuses), 1, 'S1.66: of four requests that set up one app, one does' or diag "@statuses";
is rows('totp', 'carol') . ' ' . rows('recovery_code', 'carol'), '1 10', 'S1.66: there is one app, with ten codes';

# ---- The way back ----

my $emil = up('emil1');
is get('factor?next=/two/a.txt', $emil)->location, '/account/factors?next=/two/a.txt', 'S1.67: a user who needs a factor and has none is led to the list';
like get('factors?next=/two/a.txt', $emil)->body, qr{href="/account/factors/totp\?next=/two/a\.txt"}, 'S1.67: the list leads on with the way back';
unlike get('factors?next=https://evil.example/', $emil)->body, qr/evil/, 'S1.67: another site is no way back';
for my $case (['/two/a.txt', 'emil1'], ['//evil.example/', 'frida'], ['https://evil.example/', 'gerda']) {
    my ($next, $name) = @$case;
    my $cookie = $name eq 'emil1' ? $emil : up($name);
    my $own = get('api/factors/totp', $cookie)->json->{secret};
    $reply = post("factors/totp?next=$next", { secret => $own, code => code($own) }, $cookie);
    my $want = $next eq '/two/a.txt' ? $next : '/account/factors';
    like $reply->body, qr{<a class="button" href="\Q$want\E">}, "S1.67: after next=$next the codes lead on to $want";
    is seen('two', cookie_of($reply)), 200, "S1.67: the page that asked for a factor is open after next=$next";
}

# ---- The database cannot write ----

my $dora = up('dora1');
$offer = get('api/factors/totp', $dora)->json;
my $holder = locked($db);
is api('factors/totp', { secret => $offer->{secret}, code => code($offer->{secret}) }, $dora)->status, 503, 'S9.33: an app that cannot be stored answers 503';
$reply = post('factors/totp', { secret => $offer->{secret}, code => code($offer->{secret}) }, $dora);
like $reply->body, qr/role="alert">Service temporarily unavailable<.*value="$offer->{secret}"/s, 'S9.33: the page comes again with the same secret';
$holder->do('ROLLBACK');
$holder->disconnect;
is seen('vault', $dora), 200, 'S9.33: the session of an app that was not stored goes on';
is api('factors/totp', { secret => $offer->{secret}, code => code($offer->{secret}, 1) }, $dora)->status, 200, 'S9.33: the app is set up later';

# ---- No secret anywhere ----

$server->request(GET => "/account/factors/totp?secret=$second&code=654321", cookie => $bert);
my $logs = join '', map { LuciaTest::Server::slurp($_) } glob $server->dir . '/logs/*';
unlike $logs, qr/$second|654321/, 'S9.15: a secret in the query is in no log';
unlike $logs, qr/$secret|$offer->{secret}/i, 'S9.15: no secret is in a log';
is scalar(grep { index($logs, $_) >= 0 } @codes, @fresh), 0, 'S9.15: no recovery code is in a log';
like $server->request(GET => '/metrics')->body, qr/^luciauth_events_total\{event="factor_add",result="wrong_code"\} [1-9]/m, 'factors are counted';
is_deeply [$audit->broken], [], 'the lines of the audit log are well-formed';
done_testing;
