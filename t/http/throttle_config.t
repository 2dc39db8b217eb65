# SPDX-License-Identifier: Apache-2.0
# What the directives of throttling accept and refuse, and how they say so.
use strict;
use warnings;
use lib 't/lib';
use Test::More;
use LuciaTest;

my $server = LuciaTest::Server->new(start => 0);

sub refused {
    my ($config, $pattern, $name) = @_;
    my ($status, $said) = $server->configtest("$config\n");
    ok $status != 0 && $said =~ $pattern, $name // "refused: $config" or diag "status $status\n$said";
    return $said;
}

sub accepted {
    my ($config) = @_;
    my ($status, $said) = $server->configtest("$config\n");
    is $status, 0, "accepted: $config" or diag $said;
    return;
}

my $allowed = qr{account=N/TIME ip=N/TIME signup=N/TIME account-success=N/TIME ip-success=N/TIME factor=N/TIME mail=N/TIME mail-client=N/TIME mail-notice=N/TIME, each at most once, with N from 1 to 1000000 and TIME from 1s to 30d};
for my $value ('10/15min', 'account', 'account=', 'account=10', 'account=0/15min', 'account=1000001/1h', 'account=10/999ms', 'account=10/31d', 'account=10/',
    'account=/1h', 'account=-1/1h', 'account=10/1h/2', 'user=10/1h', 'account=10/1h account=20/1h', 'factor=5', 'factor=0/1h', 'factor=5/1h factor=6/1h', 'mail=5', 'mail-client=0/1h', 'mail-notice=1', 'mail=5/1h mail=6/1h', 'off off', 'account=10/1h off', 'ip=10/5 bananas') {
    refused("LuciaThrottle $value", qr/\bLuciaThrottle: "\Q$value\E" is not allowed: $allowed/);
}
refused('LuciaThrottle', qr/\bLuciaThrottle: a value is missing, allowed is $allowed/);
refused('LuciaThrottle account=1/1h ip=1/1h signup=1/1h off', qr/\bLuciaThrottle: .*$allowed/);
accepted("LuciaThrottle $_") for 'off', 'OFF', 'account=1/1s', 'ip=1000000/30d', 'SIGNUP=20/1d', 'signup=1/1h ip=off account=10/15min', 'account=off ip=off signup=off', 'factor=3/1h', 'account=1/1h ip=1/1h signup=1/1h account-success=1/1h ip-success=1/1h factor=off mail=1/1h mail-client=1/1h mail-notice=1/1h', 'mail=off mail-client=off';

refused("LuciaThrottleStore $_", qr/\bLuciaThrottleStore: "\Q$_\E" is not allowed: PROVIDER\[:ARGS\]/) for 'off', '://x', 'redis://127.0.0.1', 'a-b';
refused('LuciaThrottleStore nosuch', qr/LUCI0513: LuciaThrottleStore: "nosuch" is not allowed: there is no such provider/);
refused('LuciaThrottleStore shmcb:x(5)', qr/LUCI0513: LuciaThrottleStore: "shmcb:x\(5\)" is not allowed/);
accepted("LuciaThrottleStore $_") for 'shmcb', 'shmcb:tries(65536)';

# ---- Secrets are not shown ----

$server->write('good', 'g00d' x 8 . "\nsecond line\n");
$server->write('short', 'hunter2' x 4 . "\n");
my $dir = $server->dir;
for my $case (['hunter2hunter2hunter2hunter2hunter2', qr/the value is neither \{file:\/path\} nor \{env:NAME\}/], ["{file:$dir/short}", qr/the secret is too short/],
    ["{file:$dir/none}", qr/can't be read/], ['{file:relative}', qr/its path must start with a slash/], ['{env:NO_SUCH_NAME}', qr/NO_SUCH_NAME" is not set/],
    ["{file:$dir/good}x", qr/neither/], ["{file:$dir/good", qr/neither/]) {
    my ($value, $why) = @$case;
    my $said = refused("LuciaThrottleSecret $value", qr/\bLuciaThrottleSecret: .*$why.*allowed is \{file:\/path\} or \{env:NAME\} with a secret of at least 32 characters/);
    unlike $said, qr/hunter2/, 'the refusal of LuciaThrottleSecret shows no secret';
}
accepted("LuciaThrottleSecret {file:$dir/good}");
$server->{env}{THROTTLE_SECRET} = 'words with blanks; and more of them, 32 at least';
accepted('LuciaThrottleSecret {env:THROTTLE_SECRET}');

refused('LuciaControl', qr/\bLuciaControl: a value is missing, allowed is a path, absolute or below DefaultRuntimeDir, or off/);
refused('LuciaControl a b', qr/\bLuciaControl: "a b" is not allowed/);
refused('LuciaControl ""', qr/\bLuciaControl: "" is not allowed/);
accepted("LuciaControl $_") for 'off', 'other.sock', '/tmp/other.sock';
refused("<Location />\n$_\n</Location>", qr/not allowed/, "a directive of the server is refused in sections: $_") for 'LuciaThrottle off', 'LuciaControl off';

done_testing;
