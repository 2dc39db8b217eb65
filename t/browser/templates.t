# SPDX-License-Identifier: Apache-2.0
#
# The templates in a real browser, without a server: templates.mjs says what is checked.
use strict;
use warnings;

use FindBin ();

exec 'node', "$FindBin::Bin/templates.mjs" or die "node: $!\n";
