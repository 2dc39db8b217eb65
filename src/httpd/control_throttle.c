/* SPDX-License-Identifier: Apache-2.0 */
#include "control_throttle.h"

#include "runtime.h"

#include <string.h>

#define NO_THROTTLE "this server throttles nothing"
#define NO_STORE "the throttle's store does not answer"

static const char *const kinds[] = {
    [LUCI_THROTTLE_ACCOUNT] = "account",
    [LUCI_THROTTLE_ADDRESS] = "address",
    [LUCI_THROTTLE_DEVICE] = "device",
    [LUCI_THROTTLE_SIGN_UP] = "signup",
    [LUCI_THROTTLE_ACCOUNT_SUCCESS] = "account-success",
    [LUCI_THROTTLE_ADDRESS_SUCCESS] = "address-success",
};

/* What is to be cleared. */
typedef enum { ACCOUNT, ADDRESS, ALL } target_kind_t;
typedef struct {
    target_kind_t kind;
    const char *name; /* as counts have it */
} target_t;

static int is_target(const target_t *target, const luci_throttle_count_t *count)
{
    int is_account = count->kind == LUCI_THROTTLE_ACCOUNT || count->kind == LUCI_THROTTLE_DEVICE ||
                     count->kind == LUCI_THROTTLE_ACCOUNT_SUCCESS;

    return target->kind == ALL ||
           (is_account == (target->kind == ACCOUNT) && strcmp(count->name, target->name) == 0);
}

/* ---- All stores of the server ---- */

typedef const char *store_fn(luci_control_call_t *call, luci_counts_t *counts, const target_t *target,
                             int *done);

static int is_known(const apr_array_header_t *seen, const luci_counts_t *counts)
{
    for (int i = 0; i < seen->nelts; i++) {
        if (APR_ARRAY_IDX(seen, i, const luci_counts_t *) == counts)
            return 1;
    }
    return 0;
}

static const char *each_store(luci_control_call_t *call, store_fn *work, const target_t *target, int *done)
{
    apr_array_header_t *seen = apr_array_make(call->pool, 2, sizeof(luci_counts_t *));

    for (server_rec *server = call->main_server; server; server = server->next) {
        const luci_throttle_shared_t *shared = luci_config_server(server)->throttle_shared;
        const char *problem;

        if (!shared || !shared->counts || is_known(seen, shared->counts))
            continue;
        APR_ARRAY_PUSH(seen, luci_counts_t *) = shared->counts;
        problem = work(call, shared->counts, target, done);
        if (problem)
            return problem;
    }
    return seen->nelts ? NULL : NO_THROTTLE;
}

/* ---- throttle-list ---- */

/* Everybody who signs in has a success counted: those are worth showing that are refused for it. */
static int is_shown(const luci_throttle_count_t *count, luci_ms_t now)
{
    int is_success =
        count->kind == LUCI_THROTTLE_ACCOUNT_SUCCESS || count->kind == LUCI_THROTTLE_ADDRESS_SUCCESS;

    return !is_success || count->until > now;
}

static const char *list_store(luci_control_call_t *call, luci_counts_t *counts, const target_t *target,
                              int *done)
{
    luci_ms_t now = luci_runtime_now();
    apr_array_header_t *list;

    (void)target;
    if (luci_counts_list(counts, &list, call->pool) != LUCI_OK)
        return NO_STORE;
    for (int i = 0; i < list->nelts; i++) {
        const luci_throttle_count_t *count = &APR_ARRAY_IDX(list, i, luci_counted_t).count;
        json_t *until;

        if (!is_shown(count, now))
            continue;
        until = count->until > now ? json_integer(count->until) : json_null();
        luci_control_send(call,
                          json_pack("{s:s, s:s, s:i, s:i, s:I, s:o}", "kind", kinds[count->kind], "name",
                                    count->name, "count", (int)count->failures, "refusals",
                                    (int)count->refusals, "since", (json_int_t)count->since, "until", until));
        ++*done;
    }
    return NULL;
}

const char *luci_control_throttle_list(luci_control_call_t *call, int *done)
{
    return each_store(call, list_store, NULL, done);
}

/* ---- throttle-clear ---- */

static const char *clear_store(luci_control_call_t *call, luci_counts_t *counts, const target_t *target,
                               int *done)
{
    luci_throttle_store_t store = luci_counts_store(counts);
    luci_ms_t now = luci_runtime_now();
    apr_array_header_t *list;

    if (luci_counts_list(counts, &list, call->pool) != LUCI_OK)
        return NO_STORE;
    for (int i = 0; i < list->nelts; i++) {
        const luci_counted_t *counted = &APR_ARRAY_IDX(list, i, luci_counted_t);
        luci_result_t result;

        if (!is_target(target, &counted->count))
            continue;
        if (store.hold(store.baton) != LUCI_OK)
            return NO_STORE;
        result = store.remove(store.baton, counted->key, call->pool);
        store.release(store.baton);
        if (result != LUCI_OK && result != LUCI_NOT_FOUND)
            return NO_STORE;
        *done += is_shown(&counted->count, now);
    }
    return NULL;
}

/* What another node counted may not be in a list; its key is known all the same. */
static void clear_known(luci_control_call_t *call, luci_throttle_kind_t kind, const char *name, int *done)
{
    for (server_rec *server = call->main_server; server; server = server->next) {
        const luci_runtime_t *runtime = luci_config_server(server)->runtime;

        if (runtime && runtime->auth.throttle &&
            luci_throttle_clear(runtime->auth.throttle, kind, name, call->pool) == LUCI_OK)
            ++*done;
    }
}

const char *luci_control_throttle_clear(luci_control_call_t *call, int *done)
{
    target_t target = { .kind = ALL };
    const char *what = call->count > 1 ? call->words[1] : "", *id;
    int hidden = 0; /* what no list shows is cleared, too, and not told of */

    if (strcmp(what, "account") == 0 && call->count == 3) {
        if (luci_key_id(call->words[2], &id, call->pool) != LUCI_OK)
            return "this is no name";
        target = (target_t){ ACCOUNT, strchr(id, ':') + 1 };
        clear_known(call, LUCI_THROTTLE_ACCOUNT, id, done);
        clear_known(call, LUCI_THROTTLE_ACCOUNT_SUCCESS, id, &hidden);
    }
    else if (strcmp(what, "address") == 0 && call->count == 3) {
        target = (target_t){ ADDRESS, luci_throttle_address(call->words[2], call->pool) };
        clear_known(call, LUCI_THROTTLE_ADDRESS, target.name, done);
        clear_known(call, LUCI_THROTTLE_SIGN_UP, target.name, done);
        clear_known(call, LUCI_THROTTLE_ADDRESS_SUCCESS, target.name, &hidden);
    }
    else if (strcmp(what, "all") != 0 || call->count != 2) {
        return "what is to be cleared: account NAME, address ADDRESS, or all";
    }
    return each_store(call, clear_store, &target, done);
}
