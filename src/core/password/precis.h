/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8265's usernames (LuciaUsernameProfile precis): userparts of the IdentifierClass of RFC 8264
 * with a blank between them. Pure; the Unicode version is utf8proc's. */
#ifndef LUCI_PRECIS_H
#define LUCI_PRECIS_H

/* Whether a name is one as it stands: mapped in width and composed already (UsernameCasePreserved), and
 * without what the IdentifierClass, its rules of context and the Bidi rule (RFC 5893) refuse. The key is the
 * name in lower case, so UsernameCaseMapped holds for it. name is UTF-8, not NULL. */
int luci_precis_admits(const char *name);

#endif
