/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/engine.h"

#include <apr_strings.h>

#include <string.h>

#define ENTRY(name) &luci_engine_##name,

const luci_engine_t *const luci_engines[] = {
    LUCI_ENGINES(ENTRY) NULL,
};

const char *luci_engine_names(const char *between, const char *before_last, apr_pool_t *pool)
{
    const char *names = "";

    for (const luci_engine_t *const *engine = luci_engines; *engine; engine++)
        names = apr_pstrcat(pool, names,
                            engine == luci_engines ? ""
                            : engine[1]            ? between
                                                   : before_last,
                            (*engine)->driver, NULL);
    return names;
}

const luci_engine_t *luci_engine_find(const char *driver)
{
    for (const luci_engine_t *const *engine = luci_engines; *engine; engine++) {
        if (strcmp((*engine)->driver, driver) == 0)
            return *engine;
    }
    return NULL;
}

int luci_engine_is_server(const luci_engine_t *engine)
{
    return engine && engine->words;
}

int luci_engine_is_file(const luci_engine_t *engine, const char *params)
{
    return engine && !engine->words && strcmp(params, ":memory:") != 0;
}

/* libpq writes "SEVERITY:  STATE: text", with the severity in the server's language. */
static int has_state(const char *message, const char *state)
{
    const char *colon = message ? strstr(message, ":  ") : NULL;

    return colon && strncmp(colon + 3, state, 5) == 0 && colon[8] == ':';
}

luci_failure_t luci_engine_failure(const luci_engine_t *engine, int code, const char *message)
{
    if (code && engine->referenced && message && strstr(message, engine->referenced))
        return LUCI_FAILURE_REFERENCED;
    for (const luci_engine_state_t *known = engine->states; code && known && known->state; known++) {
        if (has_state(message, known->state))
            return known->failure;
    }
    for (const luci_engine_code_t *known = engine->codes; known && known->code; known++) {
        if (known->code == code)
            return known->failure;
    }
    return LUCI_FAILURE_OTHER;
}

int luci_engine_is_refusal(const luci_engine_t *engine, const char *message)
{
    for (const char *const *part = engine->refusals; part && *part; part++) {
        if (strstr(message, *part))
            return 1;
    }
    return 0;
}
