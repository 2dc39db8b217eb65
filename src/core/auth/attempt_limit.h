/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of failures in a row (core/account/failures.h): what counts, what sets it back, and who may pass
 * beyond it. Each wrong password of a key counts; requests that the throttle refused do not get here. Beyond
 * the limit, a request passes only with a device token of the account (device.h). */
#ifndef LUCI_ATTEMPT_LIMIT_H
#define LUCI_ATTEMPT_LIMIT_H

#include "core/auth/credential.h"

/* 1: the key takes no password from this request. */
int luci_attempt_limit_is_reached(const luci_auth_t *auth, const luci_auth_request_t *request,
                                  const luci_key_t *key, apr_pool_t *scratch);

/* Counts a check that failed with a verdict. It takes as long if there is nothing to count, so that the time
 * tells nothing about accounts; for the same reason an error is reported and does not change the answer. */
void luci_attempt_limit_failed(const luci_auth_t *auth, const luci_auth_request_t *request,
                               const luci_verdict_t *verdict, apr_pool_t *scratch);

/* Confirms a key that was verified, in the transaction that stores what that allows (luci_key_confirm), and
 * sets its failures back. CONFLICT also if the limit was reached meanwhile. After COMMIT the caller passes
 * key to luci_attempt_limit_say. */
luci_result_t luci_attempt_limit_confirm(luci_db_t *db, const luci_auth_t *auth,
                                         const luci_auth_request_t *request, luci_key_t *key,
                                         apr_pool_t *scratch) LUCI_MUST_USE;

/* Reports that a key which had reached the limit has been confirmed. */
void luci_attempt_limit_say(const luci_auth_t *auth, const luci_key_t *key);

/* The same for a check that stores nothing (HTTP Basic), in a transaction of its own, which a key without
 * failures does not need. CONFLICT: the key has changed, or reached the limit, and must be checked again.
 * Other errors are reported, and the result is OK. */
luci_result_t luci_attempt_limit_passed(const luci_auth_t *auth, const luci_auth_request_t *request,
                                        const luci_verdict_t *verdict, apr_pool_t *scratch) LUCI_MUST_USE;

#endif
