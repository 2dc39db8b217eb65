/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/control/control_throttle.h"

#include "core/control/control_request.h"
#include "httpd/server/runtime.h"

#define NO_THROTTLE "this server throttles nothing"
#define NO_STORE "the throttle's store does not answer"

/* ---- All stores of the server ---- */

typedef struct {
    luci_counts_t *counts;
    const luci_throttle_t *throttle; /* of a server that uses them */
} store_t;

typedef const char *store_fn(luci_control_call_t *call, const store_t *store,
                             const luci_control_target_t *target, int *done);

static int is_known(const apr_array_header_t *seen, const luci_counts_t *counts)
{
    for (int i = 0; i < seen->nelts; i++) {
        if (APR_ARRAY_IDX(seen, i, const luci_counts_t *) == counts)
            return 1;
    }
    return 0;
}

static const char *each_store(luci_control_call_t *call, store_fn *work, const luci_control_target_t *target,
                              int *done)
{
    apr_array_header_t *seen = apr_array_make(call->pool, 2, sizeof(luci_counts_t *));

    for (server_rec *server = call->main_server; server; server = server->next) {
        const luci_config_parts_t *parts = luci_config_parts(luci_config_server(server));
        const luci_throttle_shared_t *shared = parts->throttle_shared;
        store_t store = { shared ? shared->counts : NULL,
                          parts->runtime ? parts->runtime->auth.throttle : NULL };
        const char *problem;

        if (!store.counts || !store.throttle || is_known(seen, store.counts))
            continue;
        APR_ARRAY_PUSH(seen, luci_counts_t *) = store.counts;
        problem = work(call, &store, target, done);
        if (problem)
            return problem; /* cppcheck-suppress returnDanglingLifetime ; no text of work is in store */
    }
    return seen->nelts ? NULL : NO_THROTTLE;
}

/* ---- throttle-list ---- */

/* Every user who signs in has a count of successes, which is listed only while it refuses further ones. A
 * shared store keeps deleted counts for a while. */
static int is_shown(const luci_throttle_count_t *count, luci_ms_t now)
{
    return !luci_throttle_count_is_empty(count) &&
           (!luci_throttle_kind(count->kind)->is_success_only || count->until > now);
}

static const char *list_store(luci_control_call_t *call, const store_t *store,
                              const luci_control_target_t *target, int *done)
{
    luci_ms_t now = luci_runtime_now();
    apr_array_header_t *list;

    (void)target;
    if (luci_counts_list(store->counts, &list, call->pool) != LUCI_OK)
        return NO_STORE;
    for (int i = 0; i < list->nelts; i++) {
        const luci_throttle_count_t *count = &APR_ARRAY_IDX(list, i, luci_counted_t).count;
        json_t *until;

        if (!is_shown(count, now))
            continue;
        until = count->until > now ? json_integer(count->until) : json_null();
        luci_control_send(call, json_pack("{s:s, s:s, s:i, s:i, s:I, s:o}", "kind",
                                          luci_throttle_kind(count->kind)->name, "name", count->name, "count",
                                          (int)count->failures, "refusals", (int)count->refusals, "since",
                                          (json_int_t)count->since, "until", until));
        ++*done;
    }
    return NULL;
}

const char *luci_control_throttle_list(luci_control_call_t *call, int *done)
{
    return each_store(call, list_store, NULL, done);
}

/* ---- throttle-clear ---- */

static const char *clear_store(luci_control_call_t *call, const store_t *store,
                               const luci_control_target_t *target, int *done)
{
    luci_ms_t now = luci_runtime_now();
    apr_array_header_t *list;

    if (luci_counts_list(store->counts, &list, call->pool) != LUCI_OK)
        return NO_STORE;
    for (int i = 0; i < list->nelts; i++) {
        const luci_counted_t *counted = &APR_ARRAY_IDX(list, i, luci_counted_t);
        luci_result_t result;

        if (!luci_control_target_has(target, &counted->count))
            continue;
        result = luci_throttle_clear_key(store->throttle, counted->count.kind, counted->key, now, call->pool);
        if (result != LUCI_OK && result != LUCI_NOT_FOUND)
            return NO_STORE;
        *done += is_shown(&counted->count, now);
    }
    return NULL;
}

/* Counts of other nodes are possibly not in the list, but their keys can be computed. */
static void clear_known(luci_control_call_t *call, luci_throttle_kind_t kind, const char *name, int *done)
{
    for (server_rec *server = call->main_server; server; server = server->next) {
        const luci_runtime_t *runtime = luci_config_parts(luci_config_server(server))->runtime;

        if (runtime && runtime->auth.throttle &&
            luci_throttle_clear(runtime->auth.throttle, kind, name, luci_runtime_now(), call->pool) ==
                LUCI_OK)
            ++*done;
    }
}

/* Counts of successes are not listed, and so not included in the reported number either. */
static void clear_kind(luci_control_call_t *call, luci_throttle_kind_t kind,
                       const luci_control_target_t *target, int *done)
{
    const luci_throttle_kind_record_t *record = luci_throttle_kind(kind);
    int hidden = 0, *number = record->is_success_only ? &hidden : done;

    if (target->kind == LUCI_CONTROL_ACCOUNT && record->per == LUCI_THROTTLE_PER_ACCOUNT)
        clear_known(call, kind, target->key_id, number);
    if (target->kind == LUCI_CONTROL_ACCOUNT && record->per == LUCI_THROTTLE_PER_RECIPIENT)
        clear_known(call, kind, target->name, number);
    if (target->kind == LUCI_CONTROL_ADDRESS && record->per == LUCI_THROTTLE_PER_ADDRESS)
        clear_known(call, kind, target->name, number);
}

const char *luci_control_throttle_clear(luci_control_call_t *call, int *done)
{
    luci_control_target_t target;
    const char *problem = luci_control_target_read(call->words, call->count, &target, call->pool);

    if (problem)
        return problem;
    for (int kind = 0; kind < LUCI_THROTTLE_KINDS; kind++) {
        if (luci_throttle_is_kind((unsigned)kind))
            clear_kind(call, (luci_throttle_kind_t)kind, &target, done);
    }
    return each_store(call, clear_store, &target, done);
}
