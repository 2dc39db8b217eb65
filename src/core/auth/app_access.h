/* SPDX-License-Identifier: Apache-2.0 */
/* Admission by an app password (core/app_password), of programs that send one with each request. Where
 * LuciaSecondFactor is not off, it is what a program needs of a user who has a second factor: there, the
 * account's password alone does not suffice. No session is ever made of either. Nothing is remembered of an
 * app password, so that one that is deleted has ended. */
#ifndef LUCI_APP_ACCESS_H
#define LUCI_APP_ACCESS_H

#include "core/auth/credential.h"

/* Looks up app->text, and writes down the use, if that is due and app->may_write. OK: app->user is from pool.
 * DENIED: the owner is disabled, or has to verify an address; app->user and app->denial are set. NOT_FOUND:
 * it is no app password, not this user's, or none is accepted. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_app_access_find(const luci_auth_t *auth, luci_app_access_t *app,
                                   apr_pool_t *pool) LUCI_MUST_USE;

/* After the account's password was found to be right: OK if it suffices. DENIED: it does not, because the
 * user has, or must have, a second factor, or has to verify an address; verdict->reason says so. BUSY,
 * UNAVAILABLE, INTERNAL. */
luci_result_t luci_app_access_alone(const luci_auth_t *auth, luci_verdict_t *verdict,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

#endif
