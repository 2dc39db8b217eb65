/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/support_takeover.h"

#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;
support_auth_t *lucia;
luci_session_t found;
luci_result_t written;

void support_takeover(apr_pool_t *in)
{
    pool = in;
}

void run_on_lucia(const char *sql)
{
    support_run(lucia->target.params, sql);
}

void leave_session(const char *of, luci_ms_t active)
{
    run_on_lucia(apr_psprintf(pool,
                              "INSERT INTO user_session (id, user_id, active_expires, idle_expires) VALUES "
                              "('%s', 'alice0000000000', %" APR_INT64_T_FMT ", %" APR_INT64_T_FMT ")",
                              of, active, active + 14 * DAY));
}

void start(const char *name, int ours, luci_ms_t active)
{
    lucia = support_auth(apr_psprintf(pool, "%s-%d.db", name, ours), ours);
    run_on_lucia("INSERT INTO auth_user (id, username) VALUES ('alice0000000000', 'Alice')");
    leave_session(BARE, active);
}

void stop(void)
{
    support_auth_close(lucia);
}

luci_result_t show(const char *shown, luci_ms_t now, int may_write)
{
    luci_session_claim_t claim = {
        .token = support_token(shown), .now = now, .may_write = may_write, .may_migrate = may_write
    };

    memset(&found, 0, sizeof found);
    return luci_auth_validate(&lucia->auth, &claim, &found, &written, pool);
}

void is_stored(int bare, int hashed, const char *what)
{
    tap_is_int(support_auth_number(lucia, BARE_ROWS), bare, "  %s: bare rows", what);
    tap_is_int(support_auth_number(lucia, HASHED_ROWS), hashed, "  %s: hashed rows", what);
}
