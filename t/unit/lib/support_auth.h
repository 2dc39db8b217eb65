/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the use cases share: a database of their own, settings to change, a log that is kept, and
 * a source that lends one handle, counts, and can refuse. It ends the program when a handle is borrowed twice
 * at a time or not given back properly, or when an event is reported while one is out. */
#ifndef LUCI_SUPPORT_AUTH_H
#define LUCI_SUPPORT_AUTH_H

#include "core/auth/auth.h"
#include "lib/fixtures.h"
#include "lib/support.h"

typedef struct {
    luci_auth_t auth;
    luci_settings_t settings; /* auth's; to be changed at will */
    luci_db_target_t target;
    luci_db_t *db;
    int borrows;
    int out;            /* handles lent now: 0 or 1 */
    int refuse_at;      /* which borrowing from now is refused, from 1; 0: none */
    luci_result_t with; /* what it's refused with */
    char logged[4096];  /* all notices, a line each: kind, user, count, result */
    char events[4096];  /* all events, a line each: name, reason, account, user, session */
} support_auth_t;

/* A new database with our tables, or with Lucia's. */
support_auth_t *support_auth(const char *name, int ours);

/* Closes its handle, as is due before a child starts. */
void support_auth_close(support_auth_t *with);

/* The use cases at the moment NOW, from nobody in particular; field and session are the last call's. */
extern luci_field_t support_field;
extern luci_session_t support_session;
luci_result_t support_sign_up(support_auth_t *with, const char *username, const char *password);
luci_result_t support_sign_in(support_auth_t *with, const char *username, const char *password);
luci_result_t support_check(support_auth_t *with, const char *username, const char *password,
                            luci_user_t *user);

/* Ends the session of an id, whose user doesn't matter. */
luci_result_t support_sign_out(support_auth_t *with, const char *id);

/* The first value of a query on its database, as support_value and support_number. */
const char *support_auth_value(const support_auth_t *with, const char *sql);
long long support_auth_number(const support_auth_t *with, const char *sql);

/* A random source that fails from the nth drawing on, from 1; 0: the real one again. */
void support_random_fails_at(int drawing);

#endif
