/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/conf/conf_reader.h"

#include "core/config/directive_types.h"
#include "ctl/conf/conf_file.h"
#include "ctl/conf/conf_state.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define DEPTH_MAX 128 /* of files that include each other, as httpd */

typedef struct {
    const char *name;
    int number;
    int is_condition;
    int is_skipped; /* what is in it does not count */
} section_t;

typedef struct {
    luci_conf_state_t *state;
    const luci_conf_listener_t *listener;
    apr_array_header_t *problems;
    apr_array_header_t *sections; /* section_t: those that are open */
    apr_hash_t *macros;           /* those with a directive of ours in them */
    luci_conf_file_t *file;
    int depth;
    int gave_up; /* files include each other: the rest is not read, or it could take for ever */
    apr_pool_t *pool;
} reader_t;

static luci_result_t read_file(reader_t *reader, const char *path);

void luci_conf_reader_problem(apr_array_header_t *problems, const char *file, int number, const char *what)
{
    APR_ARRAY_PUSH(problems, const char *) = apr_psprintf(problems->pool, "%s:%d: %s", file, number, what);
}

static void problem(reader_t *reader, const char *what)
{
    luci_conf_reader_problem(reader->problems, reader->file->path, reader->file->number, what);
}

static int is(const char *name, const char *wanted)
{
    return strcasecmp(name, wanted) == 0;
}

static section_t *innermost(reader_t *reader)
{
    section_t *sections = (section_t *)reader->sections->elts;

    return reader->sections->nelts ? &sections[reader->sections->nelts - 1] : NULL;
}

static int is_skipping(reader_t *reader)
{
    const section_t *section = innermost(reader);

    return section && section->is_skipped;
}

static void tell(reader_t *reader, luci_conf_kind_t kind, const char *name, const char *args)
{
    luci_conf_line_t line = { kind, reader->file->path, reader->file->number, name, NULL, NULL };

    line.args = luci_conf_state_fill(reader->state, args, &line.unknown);
    reader->listener->line(reader->listener->baton, &line);
}

/* ---- Sections ---- */

/* "<Name args>": name, and args without the bracket. */
static void open_section(reader_t *reader, const char *name, const char *args)
{
    const char *bracket = strrchr(args, '>'), *unknown;
    section_t section = { name, reader->file->number, 1, is_skipping(reader) };

    if (!bracket && (bracket = strrchr(name, '>')) != NULL) {
        section.name = name = apr_pstrmemdup(reader->pool, name, (apr_size_t)(bracket - name));
        bracket = args;
    }
    if (name[strcspn(name, ">")])
        problem(reader, apr_pstrcat(reader->pool, "<", name, " has a bracket in its name", NULL));
    if (!bracket)
        problem(reader, apr_pstrcat(reader->pool, "<", name, " has no closing bracket", NULL));
    else
        args = apr_pstrmemdup(reader->pool, args, (apr_size_t)(bracket - args));
    if (is(name, "Macro"))
        section.is_skipped = 1;
    if (!section.is_skipped) {
        switch (luci_conf_state_condition(reader->state, name,
                                          luci_conf_state_fill(reader->state, args, &unknown))) {
        case LUCI_CONF_HOLDS: break;
        case LUCI_CONF_SKIPPED: section.is_skipped = 1; break;
        case LUCI_CONF_PLAIN: section.is_condition = 0; tell(reader, LUCI_CONF_OPEN, name, args);
        }
    }
    APR_ARRAY_PUSH(reader->sections, section_t) = section;
    if (is(name, "Macro"))
        innermost(reader)->name =
            apr_pstrcat(reader->pool, name, " ", luci_word_next(&args, reader->pool), NULL);
}

static size_t name_length(const char *name)
{
    return strcspn(name, " ");
}

static void end_section(reader_t *reader)
{
    const section_t *section = innermost(reader);

    if (!section->is_condition && !section->is_skipped)
        tell(reader, LUCI_CONF_CLOSE, section->name, "");
    apr_array_pop(reader->sections);
}

static void close_section(reader_t *reader, const char *name)
{
    const section_t *section = innermost(reader);
    size_t length = strcspn(name, ">");

    if (!section || name_length(section->name) != length || strncasecmp(section->name, name, length) != 0) {
        problem(reader, apr_psprintf(reader->pool, "</%s without <%.*s", name, (int)length, name));
        return;
    }
    end_section(reader);
}

/* ---- Macros: what is in them is not read, but must not be overlooked ---- */

static void note_macro(reader_t *reader, const char *directive)
{
    const section_t *sections = (const section_t *)reader->sections->elts;

    for (int i = 0; i < reader->sections->nelts; i++) {
        if (strncasecmp(sections[i].name, "Macro ", 6) == 0 && strncasecmp(directive, "Lucia", 5) == 0)
            apr_hash_set(reader->macros, sections[i].name + 6, APR_HASH_KEY_STRING, directive);
    }
}

static void use_macro(reader_t *reader, const char *args)
{
    const char *name = luci_word_next(&args, reader->pool);
    const char *directive = apr_hash_get(reader->macros, name, APR_HASH_KEY_STRING);

    if (directive)
        problem(reader, apr_psprintf(reader->pool,
                                     "Use %s: macros can't be read here, and this one has %s; write it "
                                     "outside a <Macro>, or name the database with --database",
                                     name, directive));
}

/* ---- Directives that change how the rest is read ---- */

static void include(reader_t *reader, const char *args, int optional)
{
    const char *unknown, *words = luci_conf_state_fill(reader->state, args, &unknown);
    const char *written = luci_word_next(&words, reader->pool);
    const char *path = *written ? luci_word_path(written, reader->pool) : NULL;
    apr_array_header_t *found;

    if (!path) {
        problem(reader, "Include wants the path of a file or folder");
        return;
    }
    found = luci_conf_file_find(path, reader->pool);
    if (found->nelts == 0 && !optional)
        problem(reader, apr_psprintf(reader->pool, "Include %s: there is no such file%s%s%s", written,
                                     unknown ? "; the variable " : "", unknown ? unknown : "",
                                     unknown ? " is not defined" : ""));
    for (int i = 0; i < found->nelts; i++) {
        if (read_file(reader, APR_ARRAY_IDX(found, i, const char *)) != LUCI_OK)
            return; /* said */
    }
}

static void server_root(reader_t *reader, const char *args)
{
    const char *unknown, *words = luci_conf_state_fill(reader->state, args, &unknown);
    const char *root = luci_word_next(&words, reader->pool);

    if (*root == '/')
        luci_directive_root = root;
    else
        problem(reader,
                apr_pstrcat(reader->pool, "ServerRoot ", root, ": an absolute path is allowed", NULL));
}

static void directive(reader_t *reader, const char *name, const char *args)
{
    const char *unknown;

    if (is(name, "Include") || is(name, "IncludeOptional"))
        include(reader, args, is(name, "IncludeOptional"));
    else if (is(name, "ServerRoot"))
        server_root(reader, args);
    else if (is(name, "Define"))
        luci_conf_state_define(reader->state, luci_conf_state_fill(reader->state, args, &unknown));
    else if (is(name, "UnDefine"))
        luci_conf_state_undefine(reader->state, args);
    else if (is(name, "LoadModule")) {
        luci_conf_state_load(reader->state, luci_conf_state_fill(reader->state, args, &unknown));
        tell(reader, LUCI_CONF_DIRECTIVE, name, args);
    }
    else if (is(name, "Use"))
        use_macro(reader, args);
    else
        tell(reader, LUCI_CONF_DIRECTIVE, name, args);
}

/* ---- Lines and files ---- */

static void take_line(reader_t *reader, const char *line)
{
    const char *args = line, *name = luci_word_next(&args, reader->pool);

    if (name[0] == '<' && name[1] == '/')
        close_section(reader, name + 2);
    else if (name[0] == '<')
        open_section(reader, name + 1, args);
    else if (is_skipping(reader))
        note_macro(reader, name);
    else
        directive(reader, name, args);
}

/* Sections end in the file where they began. */
static void close_open_ones(reader_t *reader, int before)
{
    while (reader->sections->nelts > before) {
        const section_t *section = innermost(reader);

        luci_conf_reader_problem(reader->problems, reader->file->path, section->number,
                                 apr_pstrcat(reader->pool, "<", section->name, "> is not closed", NULL));
        end_section(reader);
    }
}

static luci_result_t read_file(reader_t *reader, const char *path)
{
    luci_conf_file_t file, *outer = reader->file;
    const char *what = "files include each other", *line;
    int before = reader->sections->nelts;

    reader->gave_up = reader->gave_up || reader->depth == DEPTH_MAX;
    if (reader->gave_up || luci_conf_file_open(&file, path, &what, reader->pool) != LUCI_OK) {
        if (outer)
            problem(reader, what);
        else
            APR_ARRAY_PUSH(reader->problems, const char *) = what;
        return LUCI_NOT_FOUND;
    }
    reader->file = &file;
    reader->depth++;
    while (!reader->gave_up && (line = luci_conf_file_line(&file, reader->pool)) != NULL)
        take_line(reader, line);
    close_open_ones(reader, before);
    reader->depth--;
    reader->file = outer;
    return LUCI_OK;
}

/* Without a ServerRoot, the folder of the file is the best guess, and on Debian the right one. */
static const char *folder_of(const char *path, apr_pool_t *pool)
{
    return apr_pstrmemdup(pool, path, (apr_size_t)(apr_filepath_name_get(path) - path));
}

luci_result_t luci_conf_reader_read(const char *path, const luci_conf_listener_t *listener,
                                    apr_array_header_t *problems, apr_pool_t *pool)
{
    char *absolute = NULL;
    reader_t reader = { luci_conf_state_create(pool), listener, problems, NULL, NULL, NULL, 0, 0, pool };

    reader.sections = apr_array_make(pool, 8, sizeof(section_t));
    reader.macros = apr_hash_make(pool);
    if (apr_filepath_merge(&absolute, NULL, path, APR_FILEPATH_NOTRELATIVE, pool) != APR_SUCCESS)
        absolute = apr_pstrdup(pool, path);
    luci_directive_root = folder_of(absolute, pool);
    luci_conf_state_envvars(reader.state, apr_pstrcat(pool, luci_directive_root, "envvars", NULL));
    return read_file(&reader, absolute);
}
