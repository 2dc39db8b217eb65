/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/cache/cache_call.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <string.h>

static unsigned char ended[] = { 'e', 'n', 'd', 'e', 'd' };

apr_status_t luci_cache_open(luci_cache_provider_t *provider, server_rec *server, const char **problem,
                             apr_pool_t *pool)
{
    static struct ap_socache_hints hints = { LUCI_SHA256_BYTES, 128, apr_time_from_sec(10) };

    *problem = provider->functions->create(&provider->instance, provider->args, pool, pool);
    return *problem
               ? APR_EINVAL
               : provider->functions->init(provider->instance, provider->name_space, &hints, server, pool);
}

static int is_end(const unsigned char *record, unsigned int length)
{
    return length == sizeof ended && memcmp(record, ended, sizeof ended) == 0;
}

/* EEXIST: the key has an end marker. A provider reports ENOMEM or ENOSPC for a value that is larger than the
 * buffer, which is no record of ours. */
static apr_status_t retrieve(const luci_cache_provider_t *provider, luci_cache_call_t *call,
                             apr_pool_t *scratch)
{
    apr_status_t status;

    call->length = LUCI_RECORD_MAX;
    status = provider->functions->retrieve(provider->instance, provider->quiet, call->key, LUCI_SHA256_BYTES,
                                           call->record, &call->length, scratch);
    if (status == APR_ENOMEM || status == APR_ENOSPC)
        return APR_NOTFOUND;
    return status == APR_SUCCESS && is_end(call->record, call->length) ? APR_EEXIST : status;
}

/* A provider that reaches no server for the key reports NOTFOUND, which is an error here. */
static apr_status_t put(const luci_cache_provider_t *provider, const luci_cache_call_t *call,
                        apr_pool_t *scratch)
{
    apr_status_t status =
        provider->functions->store(provider->instance, provider->quiet, call->key, LUCI_SHA256_BYTES,
                                   call->expiry, call->record, call->length, scratch);

    return status == APR_NOTFOUND ? APR_EGENERAL : status;
}

static apr_status_t store(const luci_cache_provider_t *provider, luci_cache_call_t *call, apr_pool_t *scratch)
{
    unsigned char there[LUCI_RECORD_MAX];
    luci_cache_call_t look = { .verb = LUCI_CACHE_RETRIEVE, .key = call->key, .record = there };
    apr_status_t status = retrieve(provider, &look, scratch);

    return status == APR_SUCCESS || status == APR_NOTFOUND ? put(provider, call, scratch) : status;
}

/* After an error, httpd's client does not try a server again for some seconds. Other processes may reach it
 * before, and would find the record of an ended session; so this call uses a new client. */
static apr_status_t put_by_new_client(const luci_cache_provider_t *provider, const luci_cache_call_t *call,
                                      apr_pool_t *scratch)
{
    luci_cache_provider_t renewed = *provider;
    const char *problem;
    apr_status_t status = luci_cache_open(&renewed, renewed.quiet, &problem, scratch);

    return status == APR_SUCCESS ? put(&renewed, call, scratch) : status;
}

/* If there is no room for the end marker, at least the record is removed. */
static apr_status_t end(const luci_cache_provider_t *provider, luci_cache_call_t *call, apr_pool_t *scratch)
{
    apr_status_t status;

    call->record = ended;
    call->length = sizeof ended;
    status = put(provider, call, scratch);
    if (status != APR_SUCCESS && provider->is_elsewhere)
        status = put_by_new_client(provider, call, scratch);
    if (status == APR_SUCCESS)
        return status;
    return provider->functions->remove(provider->instance, provider->quiet, call->key, LUCI_SHA256_BYTES,
                                       scratch);
}

apr_status_t luci_cache_call(const luci_cache_provider_t *provider, luci_cache_call_t *call,
                             apr_pool_t *scratch)
{
    apr_status_t status = APR_EGENERAL;

    switch (call->verb) {
    case LUCI_CACHE_RETRIEVE:
        status = retrieve(provider, call, scratch);
        return status == APR_EEXIST ? APR_NOTFOUND : status;
    case LUCI_CACHE_STORE: return store(provider, call, scratch);
    case LUCI_CACHE_END: return end(provider, call, scratch);
    case LUCI_CACHE_PUT: return put(provider, call, scratch);
    case LUCI_CACHE_REMOVE:
        return provider->functions->remove(provider->instance, provider->quiet, call->key, LUCI_SHA256_BYTES,
                                           scratch);
    }
    return status;
}

/* ---- Sessions that end together ---- */

/* Whether a provider has no record any more. The clients of other servers also report NOTFOUND when they
 * reach none. */
static int has_ended(const luci_cache_provider_t *provider, apr_status_t status)
{
    return status == APR_SUCCESS || (status == APR_NOTFOUND && !provider->is_elsewhere);
}

/* Goes on after a failure, because the keys may belong to different servers. */
apr_status_t luci_cache_call_ends(const luci_cache_provider_t *provider, const luci_cache_ends_t *ends,
                                  volatile apr_uint32_t *told, apr_pool_t *scratch)
{
    apr_status_t worst = APR_SUCCESS;
    apr_pool_t *own;

    if (apr_pool_create(&own, scratch) != APR_SUCCESS)
        return APR_ENOMEM;
    for (int i = 0; i < ends->count && apr_time_now() < ends->until; i++) {
        luci_cache_call_t call = { .verb = LUCI_CACHE_END,
                                   .key = ends->keys + (size_t)i * LUCI_SHA256_BYTES,
                                   .expiry = ends->until + LUCI_CACHE_ROUNDING };
        apr_status_t status = luci_cache_call(provider, &call, own);

        if (has_ended(provider, status))
            apr_atomic_inc32(told);
        if (status != APR_SUCCESS && (worst == APR_SUCCESS || worst == APR_NOTFOUND))
            worst = status;
        apr_pool_clear(own);
    }
    apr_pool_destroy(own);
    return worst;
}

/* ---- In another thread ---- */

/* A call with copies of its data, in its own pool, so that an abandoned call uses no memory of the caller. */
typedef struct {
    apr_pool_t *pool;
    const luci_cache_provider_t *provider;
    apr_status_t status;
    luci_cache_call_t call;
    unsigned char key[LUCI_SHA256_BYTES];
    unsigned char record[LUCI_RECORD_MAX];
} job_t;

static void work(void *baton)
{
    job_t *job = baton;

    job->status = luci_cache_call(job->provider, &job->call, job->pool);
}

static void abandon(void *baton)
{
    apr_pool_destroy(((job_t *)baton)->pool);
}

static job_t *new_job(const luci_cache_provider_t *provider, const luci_cache_call_t *call)
{
    apr_pool_t *own;
    job_t *job;

    if (apr_pool_create_unmanaged(&own) != APR_SUCCESS)
        return NULL;
    job = apr_palloc(own, sizeof *job);
    job->pool = own;
    job->provider = provider;
    job->status = APR_EGENERAL;
    job->call = *call;
    memcpy(job->key, call->key, sizeof job->key);
    job->call.key = job->key;
    if (call->verb == LUCI_CACHE_STORE || call->verb == LUCI_CACHE_PUT)
        memcpy(job->record, call->record, call->length);
    job->call.record = job->record;
    return job;
}

apr_status_t luci_cache_call_offloaded(luci_offload_t *threads, const luci_cache_provider_t *provider,
                                       luci_cache_call_t *call, apr_interval_time_t max)
{
    job_t *job = new_job(provider, call);
    luci_offload_call_t offloaded = { work, abandon, job };
    luci_result_t result;
    apr_status_t status;

    if (!job)
        return APR_ENOMEM;
    result = luci_offload_run(threads, &offloaded, (luci_ms_t)apr_time_as_msec(max));
    if (result == LUCI_BUSY) /* The call is abandoned; its thread frees the job. */
        return APR_TIMEUP;
    status = result == LUCI_OK ? job->status : APR_EAGAIN;
    if (call->verb == LUCI_CACHE_RETRIEVE && status == APR_SUCCESS) {
        call->length = job->call.length;
        memcpy(call->record, job->record, call->length);
    }
    apr_pool_destroy(job->pool);
    return status;
}

/* It belongs to its thread and to the caller, which reads told even if it has abandoned the call. */
typedef struct {
    apr_pool_t *pool;
    volatile apr_uint32_t holders;
    const luci_cache_provider_t *provider;
    luci_cache_ends_t ends;
    volatile apr_uint32_t told;
    apr_status_t status;
} ends_job_t;

static void work_ends(void *baton)
{
    ends_job_t *job = baton;

    job->status = luci_cache_call_ends(job->provider, &job->ends, &job->told, job->pool);
}

static void release_ends(void *baton)
{
    ends_job_t *job = baton;

    if (apr_atomic_dec32(&job->holders) == 0)
        apr_pool_destroy(job->pool);
}

static ends_job_t *new_ends_job(const luci_cache_provider_t *provider, const luci_cache_ends_t *ends)
{
    apr_pool_t *own;
    ends_job_t *job;

    if (apr_pool_create_unmanaged(&own) != APR_SUCCESS)
        return NULL;
    job = apr_pcalloc(own, sizeof *job);
    job->pool = own;
    job->holders = 2;
    job->provider = provider;
    job->ends = *ends;
    job->ends.keys = apr_pmemdup(own, ends->keys, (apr_size_t)ends->count * LUCI_SHA256_BYTES);
    return job;
}

apr_status_t luci_cache_call_ends_offloaded(luci_offload_t *threads, const luci_cache_provider_t *provider,
                                            const luci_cache_ends_t *ends, apr_interval_time_t max,
                                            apr_uint32_t *told)
{
    ends_job_t *job = new_ends_job(provider, ends);
    luci_offload_call_t offloaded = { work_ends, release_ends, job };
    luci_result_t result;
    apr_status_t status = APR_TIMEUP;

    if (!job)
        return APR_ENOMEM;
    result = luci_offload_run(threads, &offloaded, (luci_ms_t)apr_time_as_msec(max));
    *told = apr_atomic_read32(&job->told);
    if (result != LUCI_BUSY) { /* the thread holds the job no more */
        status = result == LUCI_OK ? job->status : APR_EAGAIN;
        release_ends(job);
    }
    release_ends(job);
    return status;
}
