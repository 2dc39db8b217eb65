/* SPDX-License-Identifier: Apache-2.0 */
/* How many handles each child process may have, for the connections that servers have, and what is said where
 * these do not suffice. */
#include "core/config/directives.h"
#include "core/config/pool_fit.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;

static luci_pool_fits_t new_fits(int children, int threads)
{
    return (luci_pool_fits_t){ .pools = apr_array_make(pool, 4, sizeof(luci_pool_fit_t)),
                               .children = children,
                               .threads = threads,
                               .pool = pool };
}

/* Adds a pool; max as in LuciaDatabasePool, 0: auto. */
static luci_pool_fit_t *add(luci_pool_fits_t *fits, const char *driver, const char *params, int max)
{
    luci_server_config_t *config = luci_directives_defaults(&luci_scope_server, pool);

    config->database = (luci_database_t){ .driver = driver, .params = params, .written = params };
    config->pool_size.max = max;
    return &APR_ARRAY_IDX(fits->pools, luci_pool_fit_add(fits, config), luci_pool_fit_t);
}

/* The size that a pool on a server with these limits gets. */
static int size(int children, int threads, luci_capacity_t capacity)
{
    luci_pool_fits_t fits = new_fits(children, threads);
    luci_pool_fit_t *fit = add(&fits, "pgsql", "host=a dbname=b", 0);

    fit->capacity = capacity;
    luci_pool_fit_all(&fits);
    return fit->size;
}

static const char *said(int children, int threads, int max, luci_capacity_t capacity)
{
    luci_pool_fits_t fits = new_fits(children, threads);
    luci_pool_fit_t *fit = add(&fits, "pgsql", "host=a dbname=b password=hush", max);
    const luci_pool_problem_t *problem;

    fit->capacity = capacity;
    luci_pool_fit_all(&fits);
    problem = luci_pool_fit_problem(&fits, 0);
    return problem ? apr_pstrcat(pool, problem->what, ". ", problem->remedy, NULL) : "";
}

static void check_sizes(void)
{
    tap_is_int(size(6, 25, (luci_capacity_t){ 97, 0, 3 }), 7,
               "half of 97 connections without one for the clean-up, in 6 processes, is 7 handles each");
    tap_is_int(size(6, 25, (luci_capacity_t){ 997, 0, 3 }), 25,
               "a process has at most a handle for each thread");
    tap_is_int(size(150, 1, (luci_capacity_t){ 97, 0, 3 }), 1, "a process has at least one handle");
    tap_is_int(size(6, 25, (luci_capacity_t){ 97, 30, 3 }), 2,
               "a pool gets no more than the limit of its user or database allows");
    tap_is_int(size(6, 25, (luci_capacity_t){ 0, 0, 0 }), 7,
               "an unknown limit is taken for the default of the engine");
}

static void check_shared(void)
{
    luci_pool_fits_t fits = new_fits(6, 25);
    luci_pool_fit_t *fit;

    add(&fits, "pgsql", "host=a dbname=one", 0)->capacity = (luci_capacity_t){ 97, 0, 3 };
    add(&fits, "pgsql", "host=a dbname=two", 0);
    add(&fits, "pgsql", "host=a dbname=one", 0);
    add(&fits, "pgsql", "host=b dbname=one", 4);
    add(&fits, "sqlite3", "/srv/x.db", 0);
    tap_is_int(fits.pools->nelts, 4, "servers with the same database share a pool");
    luci_pool_fit_all(&fits);
    fit = (luci_pool_fit_t *)fits.pools->elts;
    tap_is_int(fit[0].size, 3, "two databases on one server share its connections");
    tap_is_int(fit[1].size, 3, "the limit of the server is known from the other database");
    tap_is_int(fit[2].size, 4, "a number in LuciaDatabasePool is what a process has");
    tap_is_int(fit[3].size, 25, "a file has a handle for each thread");
    tap_ok(!fit[0].is_scarce && !luci_pool_fit_problem(&fits, 0), "shares of half of the connections fit");
}

static void check_problems(void)
{
    const luci_capacity_t usual = { 97, 0, 3 };
    luci_pool_fits_t fits = new_fits(150, 1);
    const char *text = said(150, 1, 0, usual);

    tap_ok(strstr(text, "150 processes of httpd may need 151 connections") && strstr(text, "which has 97") &&
               strstr(text, "at least 157") && strstr(text, "at most 93 processes"),
           "one handle in each of 150 processes is too much for 97 connections: %s", text);
    tap_ok(!strstr(text, "hush"), "the text shows no secret");
    text = said(6, 25, 25, usual);
    tap_ok(strstr(text, "may need 151 connections") && strstr(text, "at least 157") &&
               strstr(text, "LuciaDatabasePool 15"),
           "a number that is too high is told, with one that fits: %s", text);
    tap_is_str(said(6, 25, 15, usual), "", "the number that was told fits");
    tap_is_str(said(90, 1, 50, usual), "", "a process with a single thread uses a single handle");
    tap_ok(strstr(said(6, 25, 5, (luci_capacity_t){ 97, 20, 3 }), "for its user or database"),
           "a limit of the user or the database is told");
    tap_is_str(said(150, 1, 0, (luci_capacity_t){ 0, 0, 0 }), "", "nothing is said about an unknown limit");
    add(&fits, "mysql", "host=a,dbname=b", 0)->capacity = (luci_capacity_t){ 151, 0, 0 };
    luci_pool_fit_all(&fits);
    tap_ok(APR_ARRAY_IDX(fits.pools, 0, luci_pool_fit_t).is_scarce,
           "connections are scarce if there is not one for each process and three for others");
}

int main(void)
{
    pool = support_start();
    check_sizes();
    check_shared();
    check_problems();
    return tap_done();
}
