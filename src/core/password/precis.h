/* SPDX-License-Identifier: Apache-2.0 */
/* Usernames of RFC 8265 (LuciaUsernameProfile precis): userparts of the IdentifierClass of RFC 8264,
 * separated by single spaces. Pure; the Unicode version is utf8proc's.
 *
 * This is our own implementation, because Debian has none for C: libidn2 implements IDNA2008 and libidn the
 * older stringprep, whose character classes differ from the IdentifierClass. The tables here are only the
 * exceptions that the RFCs list and the scripts that their context rules name; everything else is derived
 * from categories. */
#ifndef LUCI_PRECIS_H
#define LUCI_PRECIS_H

/* 1 if a name is a valid username without any mapping: it is width-mapped and composed
 * (UsernameCasePreserved), and the IdentifierClass, its context rules and the Bidi rule (RFC 5893) allow it.
 * The key is the name in lower case and so satisfies UsernameCaseMapped. name is UTF-8 and not NULL. */
int luci_precis_admits(const char *name);

#endif
