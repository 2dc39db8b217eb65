/* SPDX-License-Identifier: Apache-2.0 */
/* The password of every user of the tests, and a wrong one; t/lib/LuciaTest.pm and t/interop/lib/fixtures.mjs
 * have the same. */
#ifndef LUCI_FIXTURES_H
#define LUCI_FIXTURES_H

#define PASSWORD "correct horse"
#define WRONG "correct house"

#endif
