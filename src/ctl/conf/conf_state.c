/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/conf/conf_state.h"

#include "core/config/directive_types.h"
#include "ctl/conf/conf_file.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* Of Debian's httpd and of one built with the usual options. */
static const char *const always_there[] = { "core.c",         "http_core.c",      "mod_so.c",
                                            "so_module",      "mod_log_config.c", "mod_logio.c",
                                            "mod_version.c",  "mod_watchdog.c",   "mod_unixd.c",
                                            "core_module",    "http_module",      "log_config_module",
                                            "logio_module",   "unixd_module",     "version_module",
                                            "watchdog_module" };

static void set(apr_hash_t *names, const char *name, const char *value)
{
    apr_hash_set(names, name, APR_HASH_KEY_STRING, value);
}

static const char *get(apr_hash_t *names, const char *name)
{
    return apr_hash_get(names, name, APR_HASH_KEY_STRING);
}

luci_conf_state_t *luci_conf_state_create(apr_pool_t *pool)
{
    luci_conf_state_t *state = apr_pcalloc(pool, sizeof *state);

    state->pool = pool;
    state->variables = apr_hash_make(pool);
    state->environment = apr_hash_make(pool);
    state->modules = apr_hash_make(pool);
    for (size_t i = 0; i < sizeof always_there / sizeof *always_there; i++)
        set(state->modules, always_there[i], always_there[i]);
    return state;
}

/* ---- Variables ---- */

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static const char *value_of(const luci_conf_state_t *state, const char *name)
{
    const char *value = get(state->variables, name);

    if (!value)
        value = getenv(name);
    return value ? value : get(state->environment, name);
}

/* $NAME and ${NAME} as a shell fills them in: a name without a value is nothing. */
static const char *expanded(const luci_conf_state_t *state, const char *text)
{
    const char *filled = "", *dollar;

    while ((dollar = strchr(text, '$')) != NULL) {
        size_t braces = dollar[1] == '{', length = strspn(dollar + 1 + braces, NAME_CHARACTERS);
        const char *name = apr_pstrmemdup(state->pool, dollar + 1 + braces, length);
        const char *value = value_of(state, name), *end = dollar + 1 + braces + length;

        filled =
            apr_pstrcat(state->pool, filled, apr_pstrmemdup(state->pool, text, (apr_size_t)(dollar - text)),
                        value ? value : "", NULL);
        text = braces && *end == '}' ? end + 1 : end;
    }
    return apr_pstrcat(state->pool, filled, text, NULL);
}

/* What Debian's envvars make of APACHE_CONFDIR: "-NAME" for a further httpd in /etc/apache2-NAME. */
static const char *suffix_of(const char *path, apr_pool_t *pool)
{
    const char *folder = "/etc/apache2";
    size_t length = strlen(folder);

    return strncmp(path, folder, length) == 0 && path[length] == '-'
               ? apr_pstrmemdup(pool, path + length, strcspn(path + length, "/"))
               : "";
}

void luci_conf_state_envvars(luci_conf_state_t *state, const char *path)
{
    luci_conf_file_t file;
    const char *line, *problem;

    if (luci_conf_file_open(&file, path, &problem, state->pool) != LUCI_OK)
        return; /* there is one on Debian only */
    set(state->environment, "SUFFIX", suffix_of(path, state->pool));
    while ((line = luci_conf_file_line(&file, state->pool)) != NULL) {
        const char *equals = strchr(line, '=');

        if (strncmp(line, "export ", 7) == 0 && equals && !strpbrk(equals, "`\"'\\ ;("))
            set(state->environment, apr_pstrmemdup(state->pool, line + 7, (apr_size_t)(equals - line) - 7),
                expanded(state, equals + 1));
    }
}

void luci_conf_state_define(luci_conf_state_t *state, const char *args)
{
    const char *name = luci_word_next(&args, state->pool);

    if (*name)
        set(state->variables, name, luci_word_next(&args, state->pool));
}

void luci_conf_state_undefine(luci_conf_state_t *state, const char *args)
{
    set(state->variables, luci_word_next(&args, state->pool), NULL);
}

const char *luci_conf_state_fill(luci_conf_state_t *state, const char *text, const char **unknown)
{
    const char *filled = "", *open, *close;

    *unknown = NULL;
    while ((open = strstr(text, "${")) != NULL && (close = strchr(open, '}')) != NULL) {
        const char *name = apr_pstrmemdup(state->pool, open + 2, (apr_size_t)(close - open) - 2);
        const char *value = value_of(state, name);

        if (!value) {
            *unknown = name;
            value = apr_pstrcat(state->pool, "${", name, "}", NULL);
        }
        filled = apr_pstrcat(state->pool, filled,
                             apr_pstrmemdup(state->pool, text, (apr_size_t)(open - text)), value, NULL);
        text = close + 1;
    }
    return apr_pstrcat(state->pool, filled, text, NULL);
}

/* ---- Modules ---- */

/* name_module and mod_name.so: an <IfModule> may say the one, or mod_name.c for the other. */
void luci_conf_state_load(luci_conf_state_t *state, const char *args)
{
    const char *name = luci_word_next(&args, state->pool), *path = luci_word_next(&args, state->pool);
    const char *file = apr_filepath_name_get(path), *dot = strrchr(file, '.');
    size_t length = strlen(name), start = strlen("mpm_"), ending = strlen("_module");

    set(state->modules, name, name);
    if (dot)
        set(state->modules,
            apr_pstrcat(state->pool, apr_pstrmemdup(state->pool, file, (apr_size_t)(dot - file)), ".c", NULL),
            name);
    if (length > start + ending && strncmp(name, "mpm_", start) == 0 &&
        strcmp(name + length - ending, "_module") == 0)
        set(state->modules,
            apr_pstrcat(state->pool, apr_pstrmemdup(state->pool, name + start, length - start - ending), ".c",
                        NULL),
            name);
}

/* ---- Conditions ---- */

static int has_module(luci_conf_state_t *state, const char *name)
{
    return get(state->modules, name) != NULL;
}

static int is_defined(luci_conf_state_t *state, const char *name)
{
    return get(state->variables, name) != NULL;
}

static int is_file(luci_conf_state_t *state, const char *name)
{
    const char *path = luci_word_path(name, state->pool);
    apr_finfo_t info;

    return path && apr_stat(&info, path, APR_FINFO_TYPE, state->pool) == APR_SUCCESS;
}

/* Of ours it's known; what other modules have is taken to be there. */
static int is_directive(luci_conf_state_t *state, const char *name)
{
    return strncasecmp(name, "Lucia", 5) != 0 || has_module(state, "luciauth_module");
}

static const struct {
    const char *section;
    int (*holds)(luci_conf_state_t *state, const char *name);
} conditions[] = {
    { "IfModule", has_module },
    { "IfDefine", is_defined },
    { "IfFile", is_file },
    { "IfDirective", is_directive },
};

/* ---- <IfVersion [[!]OPERATOR] VERSION>, for the httpd that the module was built for ---- */

static int compare_versions(const char *version)
{
    const char *ours = LUCI_HTTPD_VERSION;

    while (*version) {
        char *our_end, *end;
        long difference = strtol(ours, &our_end, 10) - strtol(version, &end, 10);

        if (difference || end == version)
            return difference < 0 ? -1 : difference > 0;
        ours = *our_end == '.' ? our_end + 1 : our_end;
        version = *end == '.' ? end + 1 : end;
    }
    return 0;
}

static int matches(const char *pattern)
{
    regex_t compiled;
    int found;

    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return 0;
    found = regexec(&compiled, LUCI_HTTPD_VERSION, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

static int version_holds(luci_conf_state_t *state, const char *args)
{
    const char *relation = luci_word_next(&args, state->pool), *version = luci_word_next(&args, state->pool);
    int negated = *relation == '!' && relation[1], holds, difference;
    size_t length;

    relation += negated;
    if (!*version) {
        version = relation;
        relation = "=";
    }
    length = strlen(version);
    if (strcmp(relation, "~") == 0)
        return matches(version) != negated;
    if (length > 1 && *version == '/' && version[length - 1] == '/')
        return matches(apr_pstrmemdup(state->pool, version + 1, length - 2)) != negated;
    difference = compare_versions(version);
    holds = (strchr(relation, '>') && difference > 0) || (strchr(relation, '<') && difference < 0) ||
            (strchr(relation, '=') && difference == 0);
    return holds != negated;
}

luci_conf_condition_t luci_conf_state_condition(luci_conf_state_t *state, const char *name, const char *args)
{
    if (strcasecmp(name, "IfVersion") == 0)
        return version_holds(state, args) ? LUCI_CONF_HOLDS : LUCI_CONF_SKIPPED;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        const char *word;
        int negated;

        if (strcasecmp(name, conditions[i].section) != 0)
            continue;
        word = luci_word_next(&args, state->pool);
        negated = *word == '!';
        return conditions[i].holds(state, word + negated) != negated ? LUCI_CONF_HOLDS : LUCI_CONF_SKIPPED;
    }
    return LUCI_CONF_PLAIN;
}
