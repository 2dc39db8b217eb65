/* SPDX-License-Identifier: Apache-2.0 */
/* The sessions that a process keeps for itself: what is found again, and that each change of a session, in
 * any process, ends that at once. Processes are stood for by caches that share the counters and nothing else.
 */
#include "core/session/local_cache.h"

#include "lib/tap.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <stdlib.h>
#include <string.h>

#define READ_AT 1700000000000
#define THREADS 4
#define ROUNDS 20000

static apr_pool_t *pool;
static luci_change_counters_t counters;

static luci_local_cache_t begin(int entries)
{
    luci_local_cache_t cache = { 0 };

    memset((void *)&counters, 0, sizeof counters);
    tap_is_result(luci_local_cache_begin(&cache, luci_local_table_create(entries, pool), &counters), LUCI_OK,
                  "a cache of %d entries begins", entries);
    return cache;
}

/* A session whose values all follow from n. */
static luci_local_content_t session_of(int n)
{
    luci_local_content_t content = { .read_at = READ_AT + n, .until = READ_AT + 2L * n };
    const char **attributes = apr_pcalloc(pool, 4 * sizeof *attributes);
    luci_session_t *session = &content.session;

    session->active_expires = n;
    session->idle_expires = 2L * n;
    session->created_at = 3L * n;
    session->token.id = apr_psprintf(pool, "session%033d", n);
    for (int i = 0; i < LUCI_SHA256_BYTES; i++)
        session->token.digest[i] = (unsigned char)(n + i);
    session->user.id = apr_psprintf(pool, "user%d", n);
    session->user.username = apr_psprintf(pool, "name%d", n);
    attributes[0] = session->user.username;
    attributes[1] = apr_psprintf(pool, "mail%d@example.org", n);
    session->user.lacks = 1 << 2;
    session->user.attributes = attributes;
    return content;
}

static void keep(const luci_local_cache_t *cache, const luci_local_content_t *content, apr_uint32_t counted)
{
    const char *id = content->session.token.id;
    luci_local_entry_t entry = { .key = luci_local_cache_key(cache, id, strlen(id)),
                                 .content = content,
                                 .values = 3 };

    luci_change_watch_add(&entry.watch, content->session.token.digest, counted);
    luci_local_cache_keep(cache, &entry);
}

static void keep_now(const luci_local_cache_t *cache, const luci_local_content_t *content)
{
    keep(cache, content, luci_change_counter(&counters, content->session.token.digest));
}

static luci_result_t find(const luci_local_cache_t *cache, int n, luci_local_content_t *found)
{
    const char *id = session_of(n).session.token.id;

    luci_local_key_t key = luci_local_cache_key(cache, id, strlen(id));

    return luci_local_cache_find(cache, &key, found, pool);
}

static int is_whole(const luci_local_content_t *found, int n)
{
    luci_local_content_t want = session_of(n);
    const luci_user_t *user = &found->session.user;

    return found->read_at == want.read_at && found->until == want.until &&
           found->session.active_expires == n && found->session.idle_expires == 2L * n &&
           found->session.created_at == 3L * n &&
           memcmp(found->session.token.digest, want.session.token.digest, LUCI_SHA256_BYTES) == 0 &&
           strcmp(user->id, want.session.user.id) == 0 &&
           strcmp(user->username, want.session.user.username) == 0 && user->attributes[0] == user->username &&
           strcmp(user->attributes[1], want.session.user.attributes[1]) == 0 && !user->attributes[2] &&
           user->lacks == 1 << 2;
}

static void check_found(void)
{
    luci_local_cache_t cache = begin(64);
    luci_local_content_t content = session_of(7), found;

    tap_is_result(find(&cache, 7, &found), LUCI_NOT_FOUND, "an empty cache finds nothing");
    keep_now(&cache, &content);
    tap_is_result(find(&cache, 7, &found), LUCI_OK, "a session that was kept is found");
    tap_ok(is_whole(&found, 7), "a session that is found has all values that were kept");
    tap_is_result(find(&cache, 8, &found), LUCI_NOT_FOUND, "another id is not found");
    content.session.user.disabled_from = 0;
    content.read_at++;
    keep_now(&cache, &content);
    tap_is_result(find(&cache, 7, &found), LUCI_OK, "a session that was kept twice is found");
    tap_ok(found.read_at == READ_AT + 8, "the later one of two entries of an id is found");
}

static void check_changes(void)
{
    luci_local_cache_t here = begin(64), there = begin(64);
    luci_local_content_t content = session_of(7), other = session_of(8), found;
    apr_uint32_t before = luci_change_counter(&counters, content.session.token.digest);

    keep_now(&here, &content);
    keep_now(&there, &content);
    keep_now(&there, &other);
    luci_change_counter_move(&counters, content.session.token.digest);
    tap_is_result(find(&here, 7, &found), LUCI_NOT_FOUND,
                  "a session that changed is not found in this process");
    tap_is_result(find(&there, 7, &found), LUCI_NOT_FOUND,
                  "a session that changed is not found in another process");
    tap_is_result(find(&there, 8, &found), LUCI_OK, "another session is found after the change");
    keep(&here, &content, before);
    tap_is_result(find(&here, 7, &found), LUCI_NOT_FOUND,
                  "a session that was read before its change is not found");
    keep_now(&here, &content);
    tap_is_result(find(&here, 7, &found), LUCI_OK, "a session that was read after its change is found");
}

static void check_limits(void)
{
    luci_local_cache_t cache = begin(1), other = cache, none = { 0 };
    luci_local_content_t content = session_of(7), found;
    char *large = apr_pcalloc(pool, LUCI_LOCAL_ENTRY_MAX + 1);
    int still = 0;

    keep_now(&none, &content);
    tap_is_result(find(&none, 7, &found), LUCI_NOT_FOUND, "a cache without a table keeps nothing");
    tap_ok(luci_change_counter(NULL, content.session.token.digest) == 0, "without counters all are 0");
    luci_change_counter_move(NULL, content.session.token.digest);
    memset(large, 'a', LUCI_LOCAL_ENTRY_MAX);
    content.session.user.username = large;
    keep_now(&cache, &content);
    tap_is_result(find(&cache, 7, &found), LUCI_NOT_FOUND, "a session that is too large is not kept");
    for (int n = 10; n < 20; n++) {
        content = session_of(n);
        keep_now(&cache, &content);
    }
    for (int n = 10; n < 20; n++)
        still += find(&cache, n, &found) == LUCI_OK && is_whole(&found, n);
    tap_is_int(still, 4, "a set keeps four sessions");
    tap_is_result(find(&cache, 19, &found), LUCI_OK, "a set keeps the session that was read last");
    other.secret[0] ^= 1;
    tap_is_result(find(&other, 19, &found), LUCI_NOT_FOUND,
                  "a cache with another secret finds nothing in the same table");
}

/* ---- Threads: an entry is found whole or not at all ---- */

typedef struct {
    const luci_local_cache_t *cache;
    int number;
    int found, broken;
} worker_t;

/* Apart from work, whose frame is still there when the thread ends. */
static void find_and_keep(worker_t *worker)
{
    apr_pool_t *own;

    apr_pool_create(&own, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        int n = (round * 7 + worker->number) % 8;
        char id[64];
        luci_local_content_t content, found;
        luci_local_key_t key;

        apr_snprintf(id, sizeof id, "session%033d", n);
        key = luci_local_cache_key(worker->cache, id, strlen(id));
        if (luci_local_cache_find(worker->cache, &key, &found, own) == LUCI_OK) {
            worker->found++;
            worker->broken += found.session.active_expires != n || found.session.created_at != 3L * n ||
                              atoi(found.session.user.id + 4) != n ||
                              atoi(found.session.user.attributes[1] + 4) != n;
        }
        content = (luci_local_content_t){ .read_at = READ_AT };
        content.session.token.id = id;
        content.session.active_expires = n;
        content.session.created_at = 3L * n;
        content.session.user.id = apr_psprintf(own, "user%d", n);
        content.session.user.username = apr_psprintf(own, "%0*d", 1 + n * 40, n);
        content.session.user.attributes =
            (const char *[]){ content.session.user.username, apr_psprintf(own, "mail%d", n), NULL };
        keep(worker->cache, &content, 0);
        apr_pool_clear(own);
    }
    apr_pool_destroy(own);
}

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *baton)
{
    find_and_keep(baton);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static void check_threads(void)
{
    luci_local_cache_t cache = begin(1);
    worker_t workers[THREADS];
    apr_thread_t *threads[THREADS];
    int found = 0, broken = 0;

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker_t){ .cache = &cache, .number = i };
        if (apr_thread_create(&threads[i], NULL, work, &workers[i], pool) != APR_SUCCESS)
            return (void)tap_fail("a thread starts");
    }
    for (int i = 0; i < THREADS; i++) {
        apr_status_t status;

        apr_thread_join(&status, threads[i]);
        found += workers[i].found;
        broken += workers[i].broken;
    }
    tap_ok(found > 0, "%d threads that replace four entries find some", THREADS);
    tap_is_int(broken, 0, "no thread finds parts of two entries");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    tap_is_result(luci_secret_init(pool), LUCI_OK, "SHA-256 is available");
    check_found();
    check_changes();
    check_limits();
    check_threads();
    apr_pool_destroy(pool);
    return tap_done();
}
