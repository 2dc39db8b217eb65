/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/directives.h"

#include "core/config/directive_types.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <assert.h>
#include <string.h>

typedef struct {
    const char *name;
    const luci_type_t *type;
    size_t offset;
    const luci_limits_t *limits;
    const char *fallback; /* the default, as in a configuration; NULL: zeros */
} luci_row_t;

/* The comparison makes the compiler check that the type of the row writes the type of the member. */
#define OFFSET(config, type, member)                                                                         \
    (offsetof(config, member) + 0 * sizeof((luci_##type##_value_t *)NULL == &((config *)NULL)->member))
#define SERVER(name, syntax, fallback, text, type, member, limits)                                           \
    {                                                                                                        \
        name, &luci_type_##type, OFFSET(luci_server_config_t, type, member), limits, fallback                \
    }
static const luci_row_t server_rows[] = {
#include "core/config/directive_rows.h"
};
#undef SERVER

#define DIR(name, syntax, fallback, text, type, member, limits)                                              \
    {                                                                                                        \
        name, &luci_type_##type, OFFSET(luci_dir_config_t, type, member), limits, fallback                   \
    }
static const luci_row_t dir_rows[] = {
#include "core/config/directive_rows.h"
};

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define SERVER_ROWS ((int)COUNT(server_rows))
#define DIR_ROWS ((int)COUNT(dir_rows))
_Static_assert(SERVER_ROWS <= LUCI_DIRECTIVES_MAX, "one bit of \"set\" a row");
_Static_assert(DIR_ROWS <= LUCI_DIRECTIVES_MAX, "one bit of \"set\" a row");

/* A row has a number within its scope, and one among all rows: those of servers come first. */
struct luci_scope_t {
    const luci_row_t *rows;
    int count;
    int first; /* the number of its first row among all rows */
    size_t size;
    size_t set; /* offset of the member "set" */
};

const luci_scope_t luci_scope_server = { server_rows, SERVER_ROWS, 0, sizeof(luci_server_config_t),
                                         offsetof(luci_server_config_t, set) };
const luci_scope_t luci_scope_dir = { dir_rows, DIR_ROWS, SERVER_ROWS, sizeof(luci_dir_config_t),
                                      offsetof(luci_dir_config_t, set) };

static apr_uint64_t *set_bits(const luci_scope_t *scope, const void *config)
{
    return (apr_uint64_t *)((char *)config + scope->set);
}

static void *member_of(const luci_row_t *row, const void *config)
{
    return (char *)config + row->offset;
}

static int find_in(const luci_scope_t *scope, const char *name)
{
    for (int i = 0; i < scope->count; i++) {
        if (strcasecmp(scope->rows[i].name, name) == 0)
            return scope->first + i;
    }
    return -1;
}

int luci_directives_find(const char *name)
{
    int row = find_in(&luci_scope_server, name);

    return row < 0 ? find_in(&luci_scope_dir, name) : row;
}

const luci_scope_t *luci_directives_scope(int row)
{
    return row < luci_scope_dir.first ? &luci_scope_server : &luci_scope_dir;
}

/* ---- Writing ---- */

static const char *complaint(const luci_row_t *row, const apr_array_header_t *words, const char *rule,
                             apr_pool_t *pool)
{
    const char *name = row->name;

    if (row->type->secret)
        return apr_pstrcat(pool, name, ": ", rule, NULL);
    if (words->nelts == 0)
        return apr_pstrcat(pool, name, ": a value is missing, allowed is ", rule, NULL);
    return apr_psprintf(pool, "%s: \"%.200s\" is not allowed: %s", name, apr_array_pstrcat(pool, words, ' '),
                        rule);
}

/* The rule about the number of words. A secret is not shown: only the number of words is. */
static const char *miscounted(const luci_row_t *row, const apr_array_header_t *words, apr_pool_t *pool)
{
    const char *allowed = row->type->allowed(row->limits, pool);

    if (!row->type->secret)
        return allowed;
    return apr_psprintf(pool, "%d %s given, allowed is %s", words->nelts,
                        words->nelts == 1 ? "word" : "words", allowed);
}

const char *luci_directives_set(int n, const char *args, void *config, apr_pool_t *pool)
{
    const luci_scope_t *scope = luci_directives_scope(n);
    const luci_row_t *row = &scope->rows[n - scope->first];
    apr_uint64_t *set = set_bits(scope, config);
    apr_uint64_t bit = (apr_uint64_t)1 << (n - scope->first);
    apr_array_header_t *words = luci_words(args, pool);
    void *value = apr_pcalloc(pool, row->type->size);
    const char *problem;

    if (words->nelts < row->type->min_words || words->nelts > row->type->max_words)
        problem = miscounted(row, words, pool);
    else
        problem = row->type->parse(words, row->limits, value, pool);
    if (problem)
        return complaint(row, words, problem, pool);
    if ((*set & bit) && row->type->append)
        row->type->append(member_of(row, config), value);
    else
        memcpy(member_of(row, config), value, row->type->size);
    *set |= bit;
    return NULL;
}

/* ---- Defaults and merging ---- */

void *luci_directives_defaults(const luci_scope_t *scope, apr_pool_t *pool)
{
    void *config = apr_pcalloc(pool, scope->size);

    for (int i = 0; i < scope->count; i++) {
        const luci_row_t *row = &scope->rows[i];

        if (row->fallback) {
            const char *problem =
                row->type->parse(luci_words(row->fallback, pool), row->limits, member_of(row, config), pool);
            assert(problem == NULL);
            (void)problem;
        }
    }
    return config;
}

void *luci_directives_merge(const luci_scope_t *scope, void *base, const void *add, apr_pool_t *pool)
{
    apr_uint64_t set = *set_bits(scope, add);
    void *merged;

    if (set == 0)
        return base;
    merged = apr_pmemdup(pool, base, scope->size);
    *set_bits(scope, merged) |= set;
    for (; set; set &= set - 1) {
        const luci_row_t *row = &scope->rows[__builtin_ctzll(set)];

        memcpy(member_of(row, merged), member_of(row, add), row->type->size);
    }
    return merged;
}

int luci_directives_written(const luci_scope_t *scope, const void *config, size_t offset)
{
    apr_uint64_t set = *set_bits(scope, config);

    for (; set; set &= set - 1) {
        if (scope->rows[__builtin_ctzll(set)].offset == offset)
            return 1;
    }
    return 0;
}
