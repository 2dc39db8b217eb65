/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/editable.h"

#include "core/base/settings.h"
#include "core/base/text.h"
#include "core/config/directive_types.h"

#include <apr_strings.h>

#include <string.h>
#include <strings.h>

static const char *name_of(const apr_array_header_t *editable, int i)
{
    return APR_ARRAY_IDX(editable, i, luci_asked_attribute_t).name;
}

/* The word after the rule's name. */
static const char *read_by_rule(const apr_array_header_t *editable, const apr_array_header_t *words)
{
    for (int i = 0; i + 1 < words->nelts; i++) {
        const char *column = APR_ARRAY_IDX(words, i + 1, const char *);

        if (strcasecmp(APR_ARRAY_IDX(words, i, const char *), "lucia-attribute") == 0)
            return luci_settings_asks_for(editable, column) ? column : NULL;
    }
    return NULL;
}

static const char *read_as_variable(const apr_array_header_t *editable, const char *line, apr_pool_t *pool)
{
    for (int i = 0; i < editable->nelts; i++) {
        if (luci_text_has_name(line, apr_pstrcat(pool, "LUCIA_", name_of(editable, i), NULL)))
            return name_of(editable, i);
    }
    return NULL;
}

const char *luci_editable_read_by(const apr_array_header_t *editable, const char *line, apr_pool_t *pool)
{
    const char *column = editable->nelts ? read_by_rule(editable, luci_words(line, pool)) : NULL;

    return column ? column : read_as_variable(editable, line, pool);
}

const char *luci_editable_read_by_alias(const apr_array_header_t *editable, const char *line,
                                        apr_pool_t *pool)
{
    const apr_array_header_t *words = luci_words(line, pool);

    if (words->nelts < 3)
        return NULL;
    return luci_editable_read_by(editable,
                                 apr_pstrcat(pool, APR_ARRAY_IDX(words, 0, const char *), " ",
                                             APR_ARRAY_IDX(words, 2, const char *), NULL),
                                 pool);
}
