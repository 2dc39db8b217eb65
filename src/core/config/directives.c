/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/directives.h"

#include "core/config/directive_types.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <assert.h>
#include <string.h>

struct luci_scope_t {
    size_t size;
    size_t set; /* offset of the member "set" */
    int first;  /* its first row, which has bit 0 */
};

typedef struct {
    const char *name;
    const luci_scope_t *scope;
    const luci_type_t *type;
    size_t offset;
    const luci_limits_t *limits;
    const char *fallback; /* the default, as in a configuration; NULL: zeros */
    int counted;          /* of a row for servers: the compiler's counter, which so counts these rows */
} luci_row_t;

/* The comparison makes the compiler check that the type of the row writes the type of the member. */
#define OFFSET(config, type, member)                                                                         \
    (offsetof(config, member) + 0 * sizeof((luci_##type##_value_t *)NULL == &((config *)NULL)->member))
#define SERVER(name, syntax, fallback, text, type, member, limits)                                           \
    {                                                                                                        \
        name, &luci_scope_server, &luci_type_##type, OFFSET(luci_server_config_t, type, member), limits,     \
            fallback, __COUNTER__                                                                            \
    }
#define DIR(name, syntax, fallback, text, type, member, limits)                                              \
    {                                                                                                        \
        name, &luci_scope_dir, &luci_type_##type, OFFSET(luci_dir_config_t, type, member), limits, fallback, \
            0                                                                                                \
    }

enum { COUNTED_BEFORE = __COUNTER__ };

static const luci_row_t rows[] = {
#include "core/config/directive_rows.h"
};

#define ROWS ((int)(sizeof(rows) / sizeof(*rows)))
enum { SERVER_ROWS = __COUNTER__ - COUNTED_BEFORE - 1 };
_Static_assert(SERVER_ROWS <= LUCI_DIRECTIVES_MAX && ROWS - SERVER_ROWS <= LUCI_DIRECTIVES_MAX,
               "one bit of \"set\" a row of the scope");

const luci_scope_t luci_scope_server = { sizeof(luci_server_config_t), offsetof(luci_server_config_t, set),
                                         0 };
const luci_scope_t luci_scope_dir = { sizeof(luci_dir_config_t), offsetof(luci_dir_config_t, set),
                                      SERVER_ROWS };

static apr_uint64_t *set_bits(const luci_scope_t *scope, const void *config)
{
    return (apr_uint64_t *)((char *)config + scope->set);
}

static void *member_of(const luci_row_t *row, const void *config)
{
    return (char *)config + row->offset;
}

int luci_directives_find(const char *name)
{
    for (int i = 0; i < ROWS; i++) {
        if (strcasecmp(rows[i].name, name) == 0)
            return i;
    }
    return -1;
}

const luci_scope_t *luci_directives_scope(int row)
{
    return rows[row].scope;
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
    const luci_row_t *row = &rows[n];
    apr_uint64_t *set = set_bits(row->scope, config);
    apr_uint64_t bit = (apr_uint64_t)1 << (n - row->scope->first);
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

    for (int i = 0; i < ROWS; i++) {
        const luci_row_t *row = &rows[i];

        assert(row->scope == (i < SERVER_ROWS ? &luci_scope_server : &luci_scope_dir));
        if (row->scope == scope && row->fallback) {
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
        const luci_row_t *row = &rows[scope->first + __builtin_ctzll(set)];

        memcpy(member_of(row, merged), member_of(row, add), row->type->size);
    }
    return merged;
}

int luci_directives_written(const luci_scope_t *scope, const void *config, size_t offset)
{
    apr_uint64_t set = *set_bits(scope, config);

    for (; set; set &= set - 1) {
        if (rows[scope->first + __builtin_ctzll(set)].offset == offset)
            return 1;
    }
    return 0;
}
