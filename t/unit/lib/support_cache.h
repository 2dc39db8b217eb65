/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the session cache share: a user with a session in a real database, and a store in the
 * program's memory that fails and is interrupted as told. */
#ifndef LUCI_SUPPORT_CACHE_H
#define LUCI_SUPPORT_CACHE_H

#include "core/session/session_cache.h"
#include "core/session/session_record.h"
#include "lib/support_auth.h"

#define TTL (10 * LUCI_MS_SECOND)
#define PLACES 32

typedef struct {
    unsigned char key[LUCI_SHA256_BYTES];
    unsigned char bytes[LUCI_RECORD_MAX + 1];
    size_t length; /* 0: empty */
    luci_ms_t until;
    int is_ended;
} place_t;

/* What happens between two steps of who uses the store. */
typedef void step_fn(void);

/* The store; steps run once. A failure of OK is none. */
typedef struct {
    place_t places[PLACES];
    step_fn *before_retrieve, *before_store, *after_store;
    luci_result_t retrieve_fails, store_fails, end_fails;
    int forgets_ends;                       /* a store that can't tell them apart from nothing */
    int retrieves, stores, ends, end_calls; /* one call ends several sessions */
    luci_ms_t ended_for;
} support_store_t;

extern support_store_t store;

/* The place of the only record there has been. */
#define FIRST_PLACE (&store.places[0])

int support_cache_records(void);

/* A cache over this store. */
luci_session_cache_t support_cache(const luci_settings_t *settings, const char *params);

/* ---- alice has just signed up, and nothing is at hand ---- */

extern support_auth_t *with;
extern luci_session_cache_t cache; /* with->auth's */
extern const char *id;             /* her session's; who signs her in again sets it */
extern luci_session_t seen;        /* the last one that was validated */

void begin(apr_pool_t *pool, const char *name);
void finish(void);
void run_sql(const char *sql);

luci_result_t validate_at(luci_ms_t now);
luci_result_t validate(void); /* NOW */

/* Checks that it's known without the database; or that it was asked, and said what. */
void is_hit(luci_ms_t now, const char *what);
void is_miss(luci_ms_t now, luci_result_t want, const char *what);

void sign_out(void); /* and checks that it works */

#endif
