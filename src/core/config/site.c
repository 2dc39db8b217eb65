/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/site.h"

#include "core/config/directive_types.h"

#include <apr_strings.h>
#include <string.h>

static int is(const char *name, const char *wanted)
{
    return strcasecmp(name, wanted) == 0;
}

static int starts_with(const char *name, const char *start)
{
    return strncasecmp(name, start, strlen(start)) == 0;
}

/* ---- Where the module is used ---- */

#define NEEDS_NO_DATABASE "luciauth-metrics" /* a handler that works without LuciaDatabase */

static const struct {
    const char *directive; /* for the alias of a provider, the name of the section */
    const char *word;
    int is_start; /* 1: any word with this prefix; 0: exactly this word */
} uses[] = {
    { "LuciaMount", "/", 1 },
    { "LuciaAdopt", "", 1 },
    { "SetHandler", "luciauth-", 1 },
    { "AddHandler", "luciauth-", 1 },
    { "AuthType", "Lucia", 0 },
    { "AuthBasicProvider", "lucia", 0 },
    { "AuthFormProvider", "lucia", 0 },
    { "AuthnProviderAlias", "lucia", 0 },
    { "Require", "lucia-attribute", 0 },
    { "AuthzProviderAlias", "lucia-attribute", 0 },
    { "Require", "lucia-fresh", 0 },
    { "AuthzProviderAlias", "lucia-fresh", 0 },
    { "Require", "lucia-factors", 0 },
    { "AuthzProviderAlias", "lucia-factors", 0 },
    { "Require", "lucia-group", 0 },
    { "AuthzProviderAlias", "lucia-group", 0 },
};

static int has_word(const char *args, const char *wanted, int is_start, apr_pool_t *pool)
{
    while (*args) {
        const char *word = luci_word_next(&args, pool);

        if (is(word, NEEDS_NO_DATABASE))
            continue;
        if (is_start ? starts_with(word, wanted) : is(word, wanted))
            return 1;
    }
    return 0;
}

static void note_use(luci_site_t *site, const luci_site_line_t *line)
{
    for (size_t i = 0; i < sizeof uses / sizeof *uses && !site->use.name; i++) {
        if (is(line->name, uses[i].directive) &&
            has_word(line->args, uses[i].word, uses[i].is_start, site->pool))
            site->use = *line;
    }
}

/* ---- Sections ---- */

static luci_site_section_t *current(const luci_site_t *site)
{
    return &APR_ARRAY_IDX(site->sections, site->at, luci_site_section_t);
}

static void add_section(luci_site_t *site, luci_site_section_t section)
{
    APR_ARRAY_PUSH(site->sections, luci_site_section_t) = section;
    site->at = site->sections->nelts - 1;
}

luci_site_t *luci_site_create(const char *title, const luci_site_t *base, apr_pool_t *pool)
{
    luci_site_t *site = apr_pcalloc(pool, sizeof *site);

    site->title = title;
    site->base = base;
    site->pool = pool;
    site->aliases = apr_array_make(pool, 4, sizeof(const char *));
    site->folders = apr_array_make(pool, 4, sizeof(const char *));
    site->sections = apr_array_make(pool, 8, sizeof(luci_site_section_t));
    site->socache = apr_array_make(pool, 2, sizeof(luci_site_line_t));
    site->forms = apr_array_make(pool, 2, sizeof(luci_site_line_t));
    site->adopts = apr_array_make(pool, 2, sizeof(luci_site_line_t));
    site->columns = apr_array_make(pool, 4, sizeof(luci_site_column_t));
    site->rules = apr_array_make(pool, 8, sizeof(luci_site_line_t));
    site->directives = apr_array_make(pool, 8, sizeof(luci_site_line_t));
    add_section(site, (luci_site_section_t){ .line = { .name = "", .args = "" }, .outer = -1 });
    return site;
}

static const char *without_final_slash(const char *path, apr_pool_t *pool)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return apr_pstrmemdup(pool, path, length);
}

/* The path of a section; NULL: it is a pattern, so that its path is not known. */
static const char *section_path(const luci_site_line_t *line, apr_pool_t *pool)
{
    const char *args = line->args, *word = luci_word_next(&args, pool);

    return *word == '/' && !strpbrk(word, "*?[") ? without_final_slash(word, pool) : NULL;
}

void luci_site_open(luci_site_t *site, const luci_site_line_t *line)
{
    luci_site_section_t section = { .line = *line, .outer = site->at };

    note_use(site, line); /* <AuthnProviderAlias lucia ...> */
    if (is(line->name, "AuthzProviderAlias"))
        APR_ARRAY_PUSH(site->rules, luci_site_line_t) = *line;
    section.is_location = is(line->name, "Location");
    if (section.is_location || is(line->name, "Directory"))
        section.path = section_path(line, site->pool);
    add_section(site, section);
}

void luci_site_close(luci_site_t *site)
{
    if (current(site)->outer >= 0)
        site->at = current(site)->outer;
}

/* ---- Directives ---- */

/* The host of NAME, NAME:PORT or SCHEME://NAME:PORT. */
static const char *host_of(const char *name, apr_pool_t *pool)
{
    const char *host = strstr(name, "://"), *end;

    host = host ? host + 3 : name;
    end = *host == '[' ? strchr(host, ']') : NULL;
    return apr_pstrmemdup(pool, host, end ? (apr_size_t)(end - host) + 1 : strcspn(host, ":/"));
}

static void note_folder(luci_site_t *site, const char *folder)
{
    const char *path = *folder ? luci_word_path(folder, site->pool) : NULL;

    if (path)
        APR_ARRAY_PUSH(site->folders, const char *) = without_final_slash(path, site->pool);
}

static void take_require(luci_site_t *site, const char *args)
{
    luci_site_section_t *section = current(site);
    const char *first = luci_word_next(&args, site->pool), *second = luci_word_next(&args, site->pool);

    if (is(first, "all") && is(second, "granted"))
        return;
    section->has_require = 1;
    /* The line also counts for the section around <RequireAny>, <Limit>, <If> and the like. */
    while (section->outer >= 0 && !section->path && !section->is_location &&
           !starts_with(section->line.name, "Files")) {
        section = &APR_ARRAY_IDX(site->sections, section->outer, luci_site_section_t);
        section->has_require = 1;
    }
}

static void take_column(luci_site_t *site, const luci_site_line_t *line)
{
    const char *args = line->args, *word = luci_word_next(&args, site->pool);
    luci_site_column_t column = { LUCI_SITE_REMOTE_USER, word, line->file, line->number };

    if (is(line->name, "Require")) {
        if (is(word, "not"))
            word = luci_word_next(&args, site->pool);
        if (!is(word, "lucia-attribute"))
            return;
        column.what = "Require lucia-attribute";
        column.column = luci_word_next(&args, site->pool);
    }
    APR_ARRAY_PUSH(site->columns, luci_site_column_t) = column;
}

static void take_server_name(luci_site_t *site, const char *args)
{
    site->server_name = luci_word_next(&args, site->pool);
    site->has_tls |= starts_with(site->server_name, "https://");
    site->host = host_of(site->server_name, site->pool);
}

static void take_server_alias(luci_site_t *site, const char *args)
{
    while (*args)
        APR_ARRAY_PUSH(site->aliases, const char *) = luci_word_next(&args, site->pool);
}

static void take_tls(luci_site_t *site, const char *args)
{
    site->has_tls |= is(luci_word_next(&args, site->pool), "on");
}

static void take_document_root(luci_site_t *site, const char *args)
{
    const char *path = luci_word_path(luci_word_next(&args, site->pool), site->pool);

    if (!path)
        return;
    site->document_root = without_final_slash(path, site->pool);
    APR_ARRAY_PUSH(site->folders, const char *) = site->document_root;
}

static void take_alias(luci_site_t *site, const char *args)
{
    (void)luci_word_next(&args, site->pool); /* the URL */
    note_folder(site, luci_word_next(&args, site->pool));
}

static void take_auth_type(luci_site_t *site, const char *args)
{
    current(site)->is_gated |= is(luci_word_next(&args, site->pool), "Lucia");
}

static void take_handler(luci_site_t *site, const char *args)
{
    static const char prefix[] = "luciauth-";
    const char *handler = luci_word_next(&args, site->pool);

    if (starts_with(handler, prefix) && !is(handler, NEEDS_NO_DATABASE))
        current(site)->endpoint = handler + strlen(prefix);
}

static void take_login_url(luci_site_t *site, const char *args)
{
    current(site)->login_url = luci_word_next(&args, site->pool);
}

static void take_factor_url(luci_site_t *site, const char *args)
{
    (void)args;
    site->has_factor_url = 1;
}

static void take_passkey_url(luci_site_t *site, const char *args)
{
    (void)args;
    site->has_passkey_url = 1;
}

static void take_signup(luci_site_t *site, const char *args)
{
    site->has_approval |= site->at != 0 && is(luci_word_next(&args, site->pool), "approval");
}

/* LuciaUsernameChange and LuciaAccountDeletion. */
static void take_change(luci_site_t *site, const char *args)
{
    site->has_proofs |= site->at != 0 && is(luci_word_next(&args, site->pool), "On");
}

static void take_proof(luci_site_t *site, const char *args)
{
    site->has_proofs |= has_word(args, "lucia-fresh", 0, site->pool);
}

static void take_optional(luci_site_t *site, const char *args)
{
    current(site)->is_optional = is(luci_word_next(&args, site->pool), "On");
}

static const struct {
    const char *name;
    void (*take)(luci_site_t *site, const char *args);
} facts[] = {
    { "ServerName", take_server_name },
    { "ServerAlias", take_server_alias },
    { "SSLEngine", take_tls },
    { "DocumentRoot", take_document_root },
    { "Alias", take_alias },
    { "ScriptAlias", take_alias },
    { "AuthType", take_auth_type },
    { "SetHandler", take_handler },
    { "Require", take_require },
    { "LuciaLoginURL", take_login_url },
    { "LuciaFactorURL", take_factor_url },
    { "LuciaPasskeyURL", take_passkey_url },
    { "LuciaOptional", take_optional },
    { "LuciaSignup", take_signup },
    { "LuciaUsernameChange", take_change },
    { "LuciaAccountDeletion", take_change },
    { "Require", take_proof },
    { "AuthzProviderAlias", take_proof },
};

static int caches_lucia(const luci_site_line_t *line, apr_pool_t *pool)
{
    int is_list = is(line->name, "AuthBasicProvider") && has_word(line->args, "socache", 0, pool);

    return (is_list || is(line->name, "AuthnCacheProvideFor")) && has_word(line->args, "lucia", 0, pool);
}

void luci_site_directive(luci_site_t *site, const luci_site_line_t *line)
{
    note_use(site, line);
    if (site->at == 0 && starts_with(line->name, "Lucia"))
        APR_ARRAY_PUSH(site->directives, luci_site_line_t) = *line;
    if (is(line->name, "Require") || is(line->name, LUCI_SITE_REMOTE_USER))
        take_column(site, line);
    if (is(line->name, "Require"))
        APR_ARRAY_PUSH(site->rules, luci_site_line_t) = *line;
    if (caches_lucia(line, site->pool))
        APR_ARRAY_PUSH(site->socache, luci_site_line_t) = *line;
    if (is(line->name, "AuthFormProvider") && has_word(line->args, "lucia", 0, site->pool))
        APR_ARRAY_PUSH(site->forms, luci_site_line_t) = *line;
    if (is(line->name, "LuciaAdopt"))
        APR_ARRAY_PUSH(site->adopts, luci_site_line_t) = *line;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (is(line->name, facts[i].name))
            facts[i].take(site, line->args);
    }
}

/* Sections of the main server apply to virtual hosts, too. */
void luci_site_needs(const luci_site_t *site, luci_settings_t *settings)
{
    const luci_site_t *base = site->base ? site->base : site;

    settings->has_approval =
        site->has_approval || base->has_approval || site->dir->signup == LUCI_SIGNUP_APPROVAL;
    settings->has_proofs =
        site->has_proofs || base->has_proofs || site->dir->username_change || site->dir->account_deletion;
}

int luci_site_knows_column(const luci_site_t *site, const char *what, const char *column)
{
    const apr_array_header_t *attributes = site->config->settings.attributes;

    for (int i = 0; i < attributes->nelts; i++) {
        if (strcmp(column, APR_ARRAY_IDX(attributes, i, const char *)) == 0)
            return 1;
    }
    return strcmp(column, "username") == 0 ||
           (strcmp(what, LUCI_SITE_REMOTE_USER) == 0 && strcmp(column, "user_id") == 0);
}

const char *luci_site_column_problem(const luci_site_t *site, const luci_site_column_t *line)
{
    const apr_array_header_t *attributes = site->config->settings.attributes;

    if (luci_site_knows_column(site, line->what, line->column))
        return NULL;
    return apr_psprintf(
        site->pool, "%s: \"%s\" is not allowed: username%s or a column of LuciaUserAttributes (%s)",
        line->what, line->column, strcmp(line->what, LUCI_SITE_REMOTE_USER) == 0 ? ", user_id" : "",
        attributes->nelts ? apr_array_pstrcat(site->pool, attributes, ' ') : "username");
}
