/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/pool_fit.h"

#include "core/base/text.h"
#include "core/config/connect_params.h"
#include "core/db/place.h"

#include <apr_strings.h>
#include <string.h>

#define SHARE 2 /* pools without a number take one of so many parts */
#define SPARE 3 /* for luciactl, psql and a monitoring program, beside all handles */

/* Pools that share one limit, of the server or of a user or database. */
typedef struct {
    int limit; /* 0: none is known */
    int is_assumed;
    int pools;
    int autos;  /* of them without a number */
    int needed; /* by those with a number and by the clean-up, which has a handle of its own */
    int first;  /* the number of the first one */
} group_t;

static luci_pool_fit_t *fit_at(const luci_pool_fits_t *fits, int at)
{
    return &APR_ARRAY_IDX(fits->pools, at, luci_pool_fit_t);
}

static const luci_engine_t *engine_of(const luci_pool_fit_t *fit)
{
    return luci_engine_find(fit->config->database.driver);
}

/* ---- Which pools there are ---- */

int luci_pool_fit_add(luci_pool_fits_t *fits, const luci_server_config_t *config)
{
    for (int i = 0; i < fits->pools->nelts; i++) {
        const luci_server_config_t *other = fit_at(fits, i)->config;

        if (luci_database_is_same(&other->database, &config->database) &&
            luci_settings_share_columns(&other->settings, &config->settings))
            return i;
    }
    APR_ARRAY_PUSH(fits->pools, luci_pool_fit_t) = (luci_pool_fit_t){ .config = config };
    return fits->pools->nelts - 1;
}

/* ---- Which pools share a limit ---- */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* The handles with a number that a child process can use at a time. Requests that wait without a thread are
 * worked on by further ones, at most half as many. */
static int usable(const luci_pool_fits_t *fits, const luci_pool_fit_t *fit)
{
    return smaller(fit->config->pool_size.max, fits->threads + fits->threads / 2);
}

static int is_same_server(const luci_pool_fit_t *a, const luci_pool_fit_t *b, apr_pool_t *pool)
{
    return engine_of(a) == engine_of(b) &&
           strcmp(luci_place_server(engine_of(a), a->config->database.params, pool),
                  luci_place_server(engine_of(b), b->config->database.params, pool)) == 0;
}

static int is_member(const luci_pool_fits_t *fits, int one, int other, int of_own)
{
    const luci_pool_fit_t *a = fit_at(fits, one), *b = fit_at(fits, other);

    return of_own ? luci_database_is_same(&a->config->database, &b->config->database)
                  : is_same_server(a, b, fits->pool);
}

/* The pools that share a limit with one: that of the server, or with of_own that of the user or database. */
static group_t group_of(const luci_pool_fits_t *fits, int at, int of_own)
{
    group_t group = { .first = -1 };

    for (int i = 0; i < fits->pools->nelts; i++) {
        const luci_pool_fit_t *fit = fit_at(fits, i);
        int limit = of_own ? fit->capacity.own : fit->capacity.server;

        if (!is_member(fits, at, i, of_own))
            continue;
        if (group.first < 0)
            group.first = i;
        if (limit > 0)
            group.limit = limit;
        group.pools++;
        group.autos += fit->config->pool_size.max == 0;
        group.needed += fits->children * usable(fits, fit) + (fit->config->cleanup > 0);
    }
    group.is_assumed = group.limit == 0;
    if (group.is_assumed && !of_own)
        group.limit = engine_of(fit_at(fits, at))->connections;
    return group;
}

/* ---- Sizes ---- */

/* The handles of a child process, for a pool without a number, that a limit allows. */
static int share_of(const luci_pool_fits_t *fits, const group_t *group)
{
    int size = (group->limit / SHARE - group->needed) / (fits->children * group->autos);

    return group->limit == 0 ? fits->threads : size > 1 ? smaller(size, fits->threads) : 1;
}

static int is_scarce(const luci_pool_fits_t *fits, const group_t *group)
{
    return group->limit > 0 && (fits->children + 1) * group->pools + SPARE > group->limit;
}

void luci_pool_fit_all(luci_pool_fits_t *fits)
{
    for (int i = 0; i < fits->pools->nelts; i++) {
        luci_pool_fit_t *fit = fit_at(fits, i);
        group_t server, own;

        fit->size = fit->config->pool_size.max > 0 ? fit->config->pool_size.max : fits->threads;
        fit->is_scarce = 0;
        if (!luci_engine_is_server(engine_of(fit)))
            continue;
        server = group_of(fits, i, 0);
        own = group_of(fits, i, 1);
        if (fit->config->pool_size.max == 0)
            fit->size = smaller(share_of(fits, &server), share_of(fits, &own));
        fit->is_scarce = is_scarce(fits, &server) || is_scarce(fits, &own);
    }
}

/* ---- Problems ---- */

static int needed_by(const luci_pool_fits_t *fits, int at, int of_own)
{
    int needed = group_of(fits, at, of_own).needed;

    for (int i = 0; i < fits->pools->nelts; i++) {
        if (is_member(fits, at, i, of_own) && fit_at(fits, i)->config->pool_size.max == 0)
            needed += fits->children * fit_at(fits, i)->size;
    }
    return needed;
}

/* The next steps: a higher limit, and fewer handles or, if there is one in each child process, fewer of
 * these. */
static const char *remedy(const luci_pool_fits_t *fits, int at, int of_own, apr_pool_t *pool)
{
    const luci_pool_fit_t *fit = fit_at(fits, at);
    group_t group = group_of(fits, at, of_own);
    int least = needed_by(fits, at, of_own) + SPARE + (of_own ? 0 : fit->capacity.reserved);
    int left = group.limit - SPARE - group.pools, handles = left / (fits->children * group.pools);
    const char *raise =
        apr_psprintf(pool,
                     of_own ? "Raise the limit of connections of the user and the database to "
                              "at least %d"
                            : "Raise max_connections of the server to at least %d",
                     least);

    if (handles >= 1)
        return apr_psprintf(pool, "%s, or write LuciaDatabasePool %d", raise, handles);
    return apr_psprintf(pool, "%s, or lower MaxRequestWorkers so that there are at most %d processes", raise,
                        left > group.pools ? left / group.pools : 1);
}

const luci_pool_problem_t *luci_pool_fit_problem(const luci_pool_fits_t *fits, int at)
{
    const luci_pool_fit_t *fit = fit_at(fits, at);
    luci_pool_problem_t *problem;

    if (!luci_engine_is_server(engine_of(fit)))
        return NULL;
    for (int of_own = 0; of_own < 2; of_own++) {
        group_t group = group_of(fits, at, of_own);
        int needed = needed_by(fits, at, of_own);

        if (group.is_assumed || group.first != at || needed + SPARE <= group.limit)
            continue;
        problem = apr_palloc(fits->pool, sizeof *problem);
        problem->what = apr_psprintf(
            fits->pool,
            "%d processes of httpd may need %d connections to %s, which has %d for %s; in a burst, requests "
            "that find none are answered with 503",
            fits->children, needed, luci_place(engine_of(fit), fit->config->database.params, fits->pool),
            group.limit, of_own ? "its user or database" : "ordinary users");
        problem->remedy = remedy(fits, at, of_own, fits->pool);
        return problem;
    }
    return NULL;
}
