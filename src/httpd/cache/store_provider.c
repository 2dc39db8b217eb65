/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/cache/store_provider.h"

#include "core/guard/times.h"
#include "core/store/store_servers.h"

#include <apr_atomic.h>
#include <apr_escape.h>
#include <apr_hash.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <httpd.h>

#include <string.h>

#define SERVERS_MAX 16
#define KEPT_MAX 16 /* idle connections to one server that a process keeps */
#define KEY_MAX 128
#define MEMCACHED_TICK 500 /* ms: half of what its clock is rounded to */

/* Shared by all processes. */
typedef struct {
    volatile apr_uint64_t ahead; /* an apr_int64_t, in ms */
    volatile apr_uint64_t asked; /* when the clock was last asked, microseconds since 1970 */
    volatile apr_uint64_t rests_until[SERVERS_MAX]; /* a server that failed is asked last until then */
} shared_t;

typedef struct {
    luci_store_server_t name;
    luci_link_t *kept[KEPT_MAX];
    int count;
} server_t;

struct ap_socache_instance_t {
    const luci_conversation_t *kind;
    const char *args;
    const char *name_space;
    apr_array_header_t *servers; /* server_t */
    shared_t *shared;
    apr_thread_mutex_t *lock; /* of what follows, and of the links that are kept */
    char title[LUCI_LINK_SAID_MAX];
    char said[LUCI_LINK_SAID_MAX]; /* by the server that failed last */
    int is_refusal;                /* 1: said is its answer; 0: it did not answer */
};

/* ---- Creation ---- */

static const char *create_for(const char *name, ap_socache_instance_t **made, const char *args,
                              apr_pool_t *pool)
{
    ap_socache_instance_t *instance = apr_pcalloc(pool, sizeof *instance);

    instance->kind = luci_store_protocol(name);
    instance->args = apr_pstrdup(pool, args);
    *made = instance;
    return args && *args ? NULL : "a list of servers is missing";
}

static const char *create_redis(ap_socache_instance_t **made, const char *args, apr_pool_t *temp,
                                apr_pool_t *pool)
{
    (void)temp;
    return create_for("redis", made, args, pool);
}

static const char *create_memcached(ap_socache_instance_t **made, const char *args, apr_pool_t *temp,
                                    apr_pool_t *pool)
{
    (void)temp;
    return create_for("memcache", made, args, pool);
}

static apr_status_t init(ap_socache_instance_t *instance, const char *name_space,
                         const struct ap_socache_hints *hints, server_rec *server, apr_pool_t *pool)
{
    const apr_array_header_t *names = luci_store_servers(instance->kind, instance->args, pool);
    apr_shm_t *memory;
    apr_status_t status;

    (void)hints;
    (void)server;
    if (!names || names->nelts > SERVERS_MAX)
        return APR_EINVAL;
    instance->name_space = apr_pstrdup(pool, name_space);
    instance->servers = apr_array_make(pool, names->nelts, sizeof(server_t));
    for (int i = 0; i < names->nelts; i++)
        APR_ARRAY_PUSH(instance->servers, server_t) =
            (server_t){ .name = APR_ARRAY_IDX(names, i, luci_store_server_t) };
    status = apr_shm_create(&memory, sizeof *instance->shared, NULL, pool);
    if (status != APR_SUCCESS)
        return status;
    instance->shared = memset(apr_shm_baseaddr_get(memory), 0, sizeof *instance->shared);
    return apr_thread_mutex_create(&instance->lock, APR_THREAD_MUTEX_DEFAULT, pool);
}

static void destroy(ap_socache_instance_t *instance, server_rec *server)
{
    (void)instance;
    (void)server;
}

/* ---- Connections ---- */

/* A connection that an earlier call left open; NULL: none. */
static luci_link_t *take_kept(ap_socache_instance_t *instance, server_t *server)
{
    luci_link_t *link = NULL;

    apr_thread_mutex_lock(instance->lock);
    while (!link && server->count > 0) {
        link = server->kept[--server->count];
        if (luci_link_is_stale(link)) {
            luci_link_close(link);
            link = NULL;
        }
    }
    apr_thread_mutex_unlock(instance->lock);
    return link;
}

static void keep(ap_socache_instance_t *instance, server_t *server, luci_link_t *link)
{
    apr_thread_mutex_lock(instance->lock);
    if (server->count < KEPT_MAX) {
        server->kept[server->count++] = link;
        link = NULL;
    }
    apr_thread_mutex_unlock(instance->lock);
    if (link)
        luci_link_close(link);
}

static void note_failure(ap_socache_instance_t *instance, const server_t *server, const char *said,
                         int is_refusal)
{
    apr_thread_mutex_lock(instance->lock);
    apr_cpystrn(instance->title, server->name.title, sizeof instance->title);
    apr_cpystrn(instance->said, said, sizeof instance->said);
    instance->is_refusal = is_refusal;
    apr_thread_mutex_unlock(instance->lock);
}

/* ---- Calls ---- */

typedef enum { GET, PUT, REMOVE } verb_t;

typedef struct {
    verb_t verb;
    char key[KEY_MAX];
    luci_store_value_t value; /* PUT */
    unsigned char *found;     /* GET */
    size_t length;            /* GET: the size of found, then the length of the value */
} call_t;

/* The clock is asked over the connection of a call, from time to time. */
static luci_result_t ask_clock(ap_socache_instance_t *instance, luci_link_t *link)
{
    shared_t *shared = instance->shared;
    apr_time_t begun = apr_time_now();
    apr_time_t asked = (apr_time_t)apr_atomic_read64(&shared->asked);
    luci_ms_t time, ahead;
    luci_result_t result;

    if (asked <= begun && begun - asked < LUCI_STORE_CLOCK_INTERVAL)
        return LUCI_OK;
    result = instance->kind->clock(link, &time);
    if (result == LUCI_INVALID) { /* a server that hides its clock still stores */
        apr_atomic_set64(&shared->asked, (apr_uint64_t)begun);
        return LUCI_OK;
    }
    if (result != LUCI_OK)
        return result;
    if (strcmp(instance->kind->name, "memcache") == 0)
        time += MEMCACHED_TICK;
    ahead = time - apr_time_as_msec(begun + (apr_time_now() - begun) / 2);
    if (ahead >= -LUCI_STORE_CLOCKS_AGREE && ahead <= LUCI_STORE_CLOCKS_AGREE)
        ahead = 0;
    apr_atomic_set64(&shared->ahead, (apr_uint64_t)ahead);
    apr_atomic_set64(&shared->asked, (apr_uint64_t)begun);
    return LUCI_OK;
}

static luci_result_t speak(ap_socache_instance_t *instance, luci_link_t *link, call_t *call)
{
    luci_result_t result = ask_clock(instance, link);

    if (result != LUCI_OK)
        return result;
    switch (call->verb) {
    case GET: return instance->kind->get(link, call->key, call->found, &call->length);
    case PUT: return instance->kind->put(link, call->key, &call->value);
    case REMOVE: break;
    }
    return instance->kind->remove(link, call->key);
}

/* Of several servers each gets a part of the time. */
static luci_ms_t patience(const ap_socache_instance_t *instance)
{
    return apr_time_as_msec(instance->servers->nelts > 1 ? LUCI_STORE_WAIT / 2 : LUCI_STORE_WAIT);
}

/* OK and NOT_FOUND: the server answered. */
static luci_result_t call_over(ap_socache_instance_t *instance, server_t *server, luci_link_t *link,
                               call_t *call)
{
    luci_result_t result;

    luci_link_limit(link, patience(instance));
    result = speak(instance, link, call);
    if (result == LUCI_OK || result == LUCI_NOT_FOUND) {
        keep(instance, server, link);
        return result;
    }
    note_failure(instance, server, luci_link_reason(link), result == LUCI_INVALID);
    luci_link_close(link);
    return result;
}

/* A proxy may have connected an older connection to a server that refuses by now. */
static luci_result_t call_server(ap_socache_instance_t *instance, server_t *server, call_t *call)
{
    luci_link_t *link = take_kept(instance, server);
    char reason[LUCI_LINK_SAID_MAX];
    size_t size = call->length;
    luci_result_t result;

    if (link) {
        result = call_over(instance, server, link, call);
        if (result == LUCI_OK || result == LUCI_NOT_FOUND)
            return result;
    }
    call->length = size;
    link = luci_link_open(server->name.host, server->name.port, patience(instance), reason);
    if (link)
        return call_over(instance, server, link, call);
    note_failure(instance, server, reason, 0);
    return LUCI_UNAVAILABLE;
}

/* ---- Several servers ---- */

static unsigned hash_of(const char *key)
{
    apr_ssize_t length = APR_HASH_KEY_STRING;

    return apr_hashfunc_default(key, &length);
}

static int rests(const ap_socache_instance_t *instance, int number)
{
    apr_time_t now = apr_time_now();
    apr_time_t until = (apr_time_t)apr_atomic_read64(&instance->shared->rests_until[number]);

    return until > now && until - now <= LUCI_STORE_REST;
}

/* Asks the server of the key and then the others in turn, each once: first those that work, then those that
 * rest. */
static luci_result_t call_any(ap_socache_instance_t *instance, call_t *call)
{
    int count = instance->servers->nelts, first = (int)(hash_of(call->key) % (unsigned)count);
    int resting[SERVERS_MAX];
    luci_result_t result = LUCI_UNAVAILABLE;
    size_t size = call->length;

    for (int i = 0; i < count; i++)
        resting[i] = rests(instance, i);
    for (int i = 0; i < 2 * count; i++) {
        int number = (first + i) % count;
        server_t *server = &APR_ARRAY_IDX(instance->servers, number, server_t);

        if (resting[number] != (i >= count))
            continue;
        call->length = size;
        result = call_server(instance, server, call);
        if (result == LUCI_OK || result == LUCI_NOT_FOUND)
            return result;
        if (count > 1)
            apr_atomic_set64(&instance->shared->rests_until[number],
                             (apr_uint64_t)(apr_time_now() + LUCI_STORE_REST));
    }
    return result;
}

static apr_status_t status_of(luci_result_t result)
{
    if (result == LUCI_OK)
        return APR_SUCCESS;
    return result == LUCI_NOT_FOUND ? APR_NOTFOUND : APR_EGENERAL;
}

static int set_key(const ap_socache_instance_t *instance, call_t *call, const unsigned char *id,
                   unsigned int length)
{
    size_t head = strlen(instance->name_space) + 1;

    if (head + 2 * (size_t)length + 1 > sizeof call->key)
        return 0;
    (void)apr_snprintf(call->key, sizeof call->key, "%s:", instance->name_space);
    return apr_escape_hex(call->key + head, id, length, 0, NULL) == APR_SUCCESS;
}

static apr_status_t answer_store(ap_socache_instance_t *instance, server_rec *server, const unsigned char *id,
                                 unsigned int id_length, apr_time_t expiry, unsigned char *data,
                                 unsigned int length, apr_pool_t *pool)
{
    apr_interval_time_t left = expiry - apr_time_now();
    call_t call = { .verb = PUT, .value = { data, length, (int)apr_time_sec(left) } };

    (void)server;
    (void)pool;
    if (left < apr_time_from_sec(1) || !set_key(instance, &call, id, id_length))
        return APR_EINVAL;
    return status_of(call_any(instance, &call));
}

static apr_status_t answer_retrieve(ap_socache_instance_t *instance, server_rec *server,
                                    const unsigned char *id, unsigned int id_length, unsigned char *data,
                                    unsigned int *length, apr_pool_t *pool)
{
    call_t call = { .verb = GET, .found = data, .length = *length };
    luci_result_t result;

    (void)server;
    (void)pool;
    if (!set_key(instance, &call, id, id_length))
        return APR_EINVAL;
    result = call_any(instance, &call);
    if (result == LUCI_OK && call.length > *length)
        return APR_ENOSPC;
    *length = (unsigned int)call.length;
    return status_of(result);
}

static apr_status_t take_out(ap_socache_instance_t *instance, server_rec *server, const unsigned char *id,
                             unsigned int id_length, apr_pool_t *pool)
{
    call_t call = { .verb = REMOVE };

    (void)server;
    (void)pool;
    return set_key(instance, &call, id, id_length) ? status_of(call_any(instance, &call)) : APR_EINVAL;
}

static void show_status(ap_socache_instance_t *instance, request_rec *r, int flags)
{
    (void)instance;
    (void)r;
    (void)flags;
}

static apr_status_t iterate(ap_socache_instance_t *instance, server_rec *server, void *baton,
                            ap_socache_iterator_t *iterator, apr_pool_t *pool)
{
    (void)instance;
    (void)server;
    (void)baton;
    (void)iterator;
    (void)pool;
    return APR_ENOTIMPL;
}

static const ap_socache_provider_t redis = {
    "redis", 0, create_redis, init, destroy, answer_store, answer_retrieve, take_out, show_status, iterate
};
static const ap_socache_provider_t memcached = {
    "memcache",      0,        create_memcached, init,   destroy, answer_store,
    answer_retrieve, take_out, show_status,      iterate
};

const ap_socache_provider_t *luci_store_provider(const char *name)
{
    const luci_conversation_t *kind = luci_store_protocol(name);

    if (!kind)
        return NULL;
    return strcmp(kind->name, redis.name) == 0 ? &redis : &memcached;
}

luci_ms_t luci_store_provider_ahead(const ap_socache_instance_t *instance)
{
    return (luci_ms_t)apr_atomic_read64(&instance->shared->ahead);
}

const char *luci_store_provider_reason(ap_socache_instance_t *instance, apr_pool_t *pool)
{
    luci_store_refusal_t refusal;
    const char *title, *said;
    int is_refusal;

    apr_thread_mutex_lock(instance->lock);
    title = apr_pstrdup(pool, instance->title);
    said = apr_pstrdup(pool, instance->said);
    is_refusal = instance->is_refusal;
    apr_thread_mutex_unlock(instance->lock);
    if (!is_refusal)
        return apr_psprintf(pool, "%s: %s", title, said);
    refusal = luci_store_refusal(said, pool);
    return apr_psprintf(pool, "%s %s: %s", title, refusal.what, refusal.remedy);
}
