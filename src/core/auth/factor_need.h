/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a session has been proved with enough factors for a change of its user's account. In an account
 * with a second factor, nothing that matters is changed without it: neither a session from before the factor
 * nor a password, both of which may be stolen, is enough. This is the only place that decides it. */
#ifndef LUCI_FACTOR_NEED_H
#define LUCI_FACTOR_NEED_H

#include "core/auth/auth.h"

/* A change in its transaction, which holds the user's lock. Reads nothing without LuciaSecondFactor, or if
 * the session has two factors. DENIED: the user has a second factor, and the session was made without it;
 * *kinds (core/factor/factor.h) says which. BUSY, UNAVAILABLE, INTERNAL. */
luci_result_t luci_factor_need(luci_db_t *db, const luci_settings_t *settings, const luci_session_t *session,
                               int *kinds, apr_pool_t *scratch) LUCI_MUST_USE;

/* The same for a change of passkeys, which may count as second factors at other sites that have the same
 * users: also where LuciaSecondFactor is off, unless no site that shares the database has ever had it. */
luci_result_t luci_factor_need_for_passkeys(luci_db_t *db, const luci_settings_t *settings,
                                            const luci_session_t *session, apr_pool_t *scratch) LUCI_MUST_USE;

/* 1: LuciaSecondFactor asks every user for a second factor, and the session was made without one. */
int luci_factor_need_is_half(const luci_settings_t *settings, const luci_session_t *session);

/* Tells before a change whether luci_factor_need would refuse it, with a database handle that is borrowed for
 * this call. */
luci_result_t luci_factor_need_look(const luci_auth_t *auth, const luci_session_t *session,
                                    apr_pool_t *scratch) LUCI_MUST_USE;

#endif
