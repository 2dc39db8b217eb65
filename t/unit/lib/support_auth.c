/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method: the only way to a random source that fails */
#include "lib/support_auth.h"

#include <apr_strings.h>
#include <openssl/rand.h>
#include <string.h>

luci_field_t support_field;
luci_session_t support_session;

static luci_result_t borrow(void *baton, luci_db_t **db)
{
    support_auth_t *with = baton;

    with->borrows++;
    if (with->refuse_at > 0 && --with->refuse_at == 0)
        return with->with;
    if (with->out++ > 0)
        support_give_up("the source", "a handle was borrowed while another one was out");
    *db = with->db;
    return LUCI_OK;
}

static void give_back(void *baton, luci_db_t *db)
{
    support_auth_t *with = baton;

    if (with->out-- != 1 || db != with->db)
        support_give_up("the source", "a handle was given back that was not lent");
}

static void keep_notice(void *baton, const luci_notice_t *notice)
{
    static const char *const names[] = { [LUCI_NOTICE_HASH_NOT_REPLACED] = "hash_not_replaced",
                                         [LUCI_NOTICE_SESSIONS_REMOVED] = "sessions_removed",
                                         [LUCI_NOTICE_USER_REFERENCED] = "user_referenced",
                                         [LUCI_NOTICE_LIST_UNREADABLE] = "list_unreadable",
                                         [LUCI_NOTICE_LOCKED] = "locked",
                                         [LUCI_NOTICE_UNLOCKED] = "unlocked",
                                         [LUCI_NOTICE_FAILURE_UNCOUNTED] = "failure_uncounted",
                                         [LUCI_NOTICE_FACTOR_LOCKED] = "factor_locked",
                                         [LUCI_NOTICE_SEED_UNREADABLE] = "seed_unreadable",
                                         [LUCI_NOTICE_PASSKEY_COPIED] = "passkey_copied" };
    support_auth_t *with = baton;
    size_t length = strlen(with->logged);

    if (with->out != 0)
        support_give_up("the notices", "one was reported while a handle was out");
    apr_snprintf(with->logged + length, sizeof with->logged - length, "%s: %s %d %s\n", names[notice->kind],
                 notice->user_id, notice->count, luci_result_name(notice->result));
}

static const char *or_none(const char *text)
{
    return text && *text ? text : "-";
}

static void keep_event(void *baton, const luci_event_t *event)
{
    support_auth_t *with = baton;
    size_t length = strlen(with->events);

    if (with->out != 0)
        support_give_up("the events", "one was reported while a handle was out");
    apr_snprintf(with->events + length, sizeof with->events - length, "%s %s %s %s %s\n",
                 luci_event_name(event->kind), luci_reason_name(event->reason), or_none(event->account),
                 or_none(event->user_id), or_none(event->session));
}

static apr_pool_t *memory(void)
{
    static apr_pool_t *pool;

    if (!pool)
        apr_pool_create(&pool, NULL);
    return pool;
}

support_auth_t *support_auth(const char *name, int ours)
{
    support_auth_t *with = apr_pcalloc(memory(), sizeof *with);
    const char *path = support_database(name);

    with->settings = support_settings();
    if (ours)
        support_our_tables(path, &with->settings);
    else
        support_lucia_tables(path);
    with->target = support_target(path, &with->settings);
    with->db = luci_db_create(&with->target, memory());
    with->auth = (luci_auth_t){
        .settings = &with->settings,
        .source = { .borrow = borrow, .give_back = give_back, .baton = with },
        .events = { .write = keep_event, .notice = keep_notice, .baton = with },
    };
    return with;
}

void support_auth_close(support_auth_t *with)
{
    luci_db_close(with->db);
}

luci_result_t support_sign_up(support_auth_t *with, const char *username, const char *password)
{
    luci_auth_request_t request = { .username = username, .password = password, .now = NOW };

    return luci_auth_sign_up(&with->auth, &request, &support_session, &support_field, memory());
}

luci_result_t support_check(support_auth_t *with, const char *username, const char *password,
                            luci_user_t *user)
{
    luci_auth_request_t request = { .username = username, .password = password, .now = NOW };

    return luci_auth_check(&with->auth, &request, user, memory());
}

luci_result_t support_sign_out(support_auth_t *with, const char *id)
{
    luci_session_t session = { .token = *support_token(id) };

    return luci_auth_sign_out(&with->auth, &session, NOW, memory());
}

luci_result_t support_sign_in(support_auth_t *with, const char *username, const char *password)
{
    luci_auth_request_t request = { .username = username, .password = password, .now = NOW };

    return luci_auth_sign_in(&with->auth, &request, &support_session, &support_field, memory());
}

const char *support_auth_value(const support_auth_t *with, const char *sql)
{
    return support_value(with->target.params, sql);
}

long long support_auth_number(const support_auth_t *with, const char *sql)
{
    return support_number(with->target.params, sql);
}

/* ---- Randomness ---- */

static const RAND_METHOD *real;
static int drawings_left;

static int fail_later(unsigned char *out, int length)
{
    return --drawings_left > 0 ? real->bytes(out, length) : 0;
}

void support_random_fails_at(int drawing)
{
    static RAND_METHOD failing = { .bytes = fail_later, .pseudorand = fail_later };

    if (!real)
        real = RAND_get_rand_method();
    drawings_left = drawing;
    RAND_set_rand_method(drawing > 0 ? &failing : real);
}
