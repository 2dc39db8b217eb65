/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/base/httpd_log.h"

#include "core/base/recent.h"
#include "core/base/secret.h"
#include "core/guard/times.h"

#include <apr_atomic.h>
#include <apr_hash.h>
#include <apr_shm.h>
#include <http_config.h>
#include <http_log.h>

#include <string.h>

extern module AP_MODULE_DECLARE_DATA luciauth_module;
APLOG_USE_MODULE(luciauth);

int luci_httpd_log_due(volatile apr_uint64_t *said)
{
    apr_uint64_t before = apr_atomic_read64(said), now = (apr_uint64_t)apr_time_now();

    return now - before >= LUCI_LOG_INTERVAL && apr_atomic_cas64(said, now, before) == before;
}

/* Counts a change; 1 if it is one of the first in this minute. */
static int may_tell(luci_condition_t *condition)
{
    if (luci_httpd_log_due(&condition->minute))
        apr_atomic_set32(&condition->changes, 0);
    if (apr_atomic_read32(&condition->changes) >= LUCI_CONDITION_CHANGES_MAX)
        return 0;
    return apr_atomic_inc32(&condition->changes) < LUCI_CONDITION_CHANGES_MAX;
}

static apr_uint32_t hash_of(const char *reason)
{
    apr_ssize_t length = APR_HASH_KEY_STRING;

    return reason ? apr_hashfunc_default(reason, &length) | 1 : 0;
}

int luci_httpd_log_condition(luci_condition_t *condition, const char *reason)
{
    apr_uint32_t told = apr_atomic_read32(&condition->told), is = hash_of(reason);

    if (is == told)
        return reason && luci_httpd_log_due(&condition->said);
    if (!may_tell(condition) || apr_atomic_cas32(&condition->told, is, told) != told)
        return 0;
    apr_atomic_set64(&condition->said, (apr_uint64_t)apr_time_now());
    return 1;
}

static luci_recent_t said_here[LUCI_TOPICS]; /* used if there is no shared memory */
static luci_recent_t *said_of = said_here;
static unsigned char detail_key[LUCI_SHA256_BYTES]; /* without it, clients could choose hashes */

void luci_httpd_log_prepare(apr_pool_t *conf_pool)
{
    apr_shm_t *memory;

    said_of = said_here;
    (void)(luci_secret_random(detail_key, sizeof detail_key) == LUCI_OK); /* Zeros are a key, too. */
    if (apr_shm_create(&memory, sizeof said_here, NULL, conf_pool) != APR_SUCCESS)
        return;
    said_of = apr_shm_baseaddr_get(memory);
    memset(apr_shm_baseaddr_get(memory), 0, sizeof said_here);
}

/* 0 without a detail. */
static apr_uint32_t hash_of_detail(const char *detail)
{
    unsigned char mac[LUCI_SHA256_BYTES];
    apr_uint32_t hash = 0;

    if (detail && luci_secret_hmac(detail_key, detail, strlen(detail), mac) == LUCI_OK)
        memcpy(&hash, mac, sizeof hash);
    return hash;
}

int luci_httpd_log_topic_due(luci_topic_t topic, const char *detail)
{
    return luci_recent_is_due(&said_of[topic], hash_of_detail(detail),
                              (apr_uint32_t)apr_time_sec(apr_time_now()),
                              (apr_uint32_t)apr_time_sec(LUCI_LOG_INTERVAL));
}

/* A notice about a second factor. */
static void log_factor(server_rec *server, const luci_notice_t *notice)
{
    if (notice->kind == LUCI_NOTICE_FACTOR_LOCKED)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "LUCI0250: user %s has typed %d wrong codes in a row after the right password, so that "
                     "no code of the app is accepted any more; a recovery code of the user sets the number "
                     "back, or luciactl factor reset --id %s removes the factor",
                     notice->user_id, notice->count, notice->user_id);
    else if (notice->kind == LUCI_NOTICE_PASSKEY_COPIED)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "LUCI0253: the counter of a passkey of user %s did not grow at a sign-in: the "
                     "authenticator may have been copied",
                     notice->user_id);
    else
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "LUCI0251: the codes of user %s cannot be checked, because LuciaSecret does not have "
                     "the secret any more with which the seed was stored; recovery codes still work; put "
                     "the old secret back as a further line, or run luciactl factor reset --id %s",
                     notice->user_id, notice->user_id);
}

void luci_httpd_log_notice(server_rec *server, const luci_notice_t *notice)
{
    switch (notice->kind) {
    case LUCI_NOTICE_HASH_NOT_REPLACED:
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, 0, server,
            "LUCI0201: the outdated password hash of user %s could not be replaced: %s; the next sign-in "
            "tries again",
            notice->user_id, luci_result_name(notice->result));
        break;
    case LUCI_NOTICE_SESSIONS_REMOVED:
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, server,
                     "LUCI0230: user %s has the maximum number of sessions; at a sign-in, the %d that would "
                     "have expired first were deleted",
                     notice->user_id, notice->count);
        break;
    case LUCI_NOTICE_USER_REFERENCED:
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "LUCI0232: user %s asked to delete the account, but a row of another table refers to it "
                     "and its foreign key has no ON DELETE CASCADE or SET NULL: %s",
                     notice->user_id, notice->text);
        break;
    case LUCI_NOTICE_LIST_UNREADABLE:
        if (luci_httpd_log_topic_due(LUCI_TOPIC_BLOCK_LIST, notice->file))
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                         "LUCI0231: LuciaPasswordBlocklist %s cannot be read, or was changed in place and is "
                         "not ordered any more; sign-ups are answered with 503 until the file is as before, "
                         "or httpd is restarted with another one",
                         notice->file);
        break;
    case LUCI_NOTICE_LOCKED:
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "LUCI0240: user %s has %d failed sign-ins in a row, so that only browsers with an "
                     "earlier sign-in may try again; luciactl user enable --id %s, or a new password, sets "
                     "the number back",
                     notice->user_id, notice->count, notice->user_id);
        break;
    case LUCI_NOTICE_UNLOCKED:
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                     "LUCI0241: user %s has signed in with a browser with an earlier sign-in, which sets the "
                     "number of failed sign-ins back",
                     notice->user_id);
        break;
    case LUCI_NOTICE_FAILURE_UNCOUNTED:
        if (luci_httpd_log_topic_due(LUCI_TOPIC_FAILURES, notice->user_id))
            ap_log_error(
                APLOG_MARK, APLOG_WARNING, 0, server,
                "LUCI0242: the failed sign-ins in a row of user %s could not be counted, or not be set "
                "back: %s; the account of LuciaDatabase needs the right to change the key table",
                notice->user_id, luci_result_name(notice->result));
        break;
    case LUCI_NOTICE_FACTOR_LOCKED:
    case LUCI_NOTICE_SEED_UNREADABLE:
    case LUCI_NOTICE_PASSKEY_COPIED: log_factor(server, notice); break;
    }
}
