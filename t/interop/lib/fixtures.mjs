// SPDX-License-Identifier: Apache-2.0
// The password of every user of the tests, and a wrong one; t/lib/LuciaTest.pm has the same.
export const PASSWORD = "correct horse";
export const WRONG = "correct house";
