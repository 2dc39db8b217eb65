/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pages/pages.h"

#include "core/files/file_access.h"
#include "core/web/language.h"
#include "core/web/layout.h"
#include "core/web/messages.h"
#include "httpd/pages/page_file.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <http_config.h>
#include <http_log.h>

extern module AP_MODULE_DECLARE_DATA luciauth_module;
APLOG_USE_MODULE(luciauth);

#ifndef LUCI_TEMPLATE_DIR
#error "LUCI_TEMPLATE_DIR must be the folder where the templates are installed"
#endif

/* A file, and the page that it becomes inside the layout. */
typedef struct {
    luci_page_file_t file;
    luci_template_t *whole;   /* the last good composition; NULL: none yet */
    apr_pool_t *whole_memory; /* holds it */
    struct {                  /* the versions that were last composed, good or not */
        unsigned page, layout, footer;
    } composed;
} entry_t;

typedef struct {
    const char *tag;
    entry_t *entries; /* one for each luci_pages_file */
} language_t;

struct luci_pages_t {
    luci_page_folders_t folders;
    const apr_array_header_t *tags; /* those that clients can choose */
    language_t *languages;          /* these, and English */
    int language_count;
    int english;    /* the index of English */
    int file_count; /* for each language */
    /* Guards the entries. Held while files are looked at, read when they changed, and a page is rendered.
     * Gated requests never wait for it. */
    apr_thread_mutex_t *lock;
};

/* ---- Names ---- */

const char *luci_pages_file(int i)
{
    const luci_built_in_t *built_in = luci_built_in;

    for (; built_in->file; built_in++) {
        if (!strchr(built_in->file, '/') && i-- == 0)
            return built_in->file;
    }
    return i == 0 ? LUCI_PAGE_FOOTER : NULL; /* The footer is the site's own and never built in. */
}

const char *luci_pages_name(const char *language, const char *file, apr_pool_t *pool)
{
    return strcmp(language, LUCI_PAGES_ENGLISH) == 0 ? file : apr_pstrcat(pool, language, "/", file, NULL);
}

/* 1 if pages in this language are built in. */
static int has_built_in(const char *language)
{
    size_t length = strlen(language);

    for (const luci_built_in_t *built_in = luci_built_in; built_in->file; built_in++) {
        if (strncmp(built_in->file, language, length) == 0 && built_in->file[length] == '/')
            return 1;
    }
    return strcmp(language, LUCI_PAGES_ENGLISH) == 0;
}

static void add_language(apr_array_header_t *languages, const char *name, apr_pool_t *pool)
{
    const char *tag = luci_language_tag(name, pool);

    for (int i = 0; tag && i < languages->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(languages, i, const char *), tag) == 0)
            return;
    }
    if (tag && strcmp(tag, name) == 0)
        APR_ARRAY_PUSH(languages, const char *) = tag;
}

static void add_folders(apr_array_header_t *languages, const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_dir_t *dir;

    if (apr_dir_open(&dir, path, pool) != APR_SUCCESS)
        return;
    while (languages->nelts < LUCI_LANGUAGES_MAX &&
           apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE, dir) == APR_SUCCESS) {
        if (info.filetype == APR_DIR)
            add_language(languages, info.name, pool);
    }
    apr_dir_close(dir);
}

const char *luci_pages_languages(const char *folder, apr_pool_t *pool)
{
    apr_array_header_t *languages = apr_array_make(pool, 8, sizeof(const char *));

    add_language(languages, LUCI_PAGES_ENGLISH, pool);
    for (const luci_built_in_t *built_in = luci_built_in; built_in->file; built_in++) {
        const char *slash = strchr(built_in->file, '/');

        if (slash)
            add_language(languages,
                         apr_pstrmemdup(pool, built_in->file, (apr_size_t)(slash - built_in->file)), pool);
    }
    if (folder)
        add_folders(languages, folder, pool);
    add_folders(languages, LUCI_TEMPLATE_DIR, pool);
    return apr_array_pstrcat(pool, languages, ' ');
}

int luci_pages_has_language(const char *folder, const char *language, apr_pool_t *pool)
{
    return has_built_in(language) ||
           (folder && luci_file_is_folder(apr_pstrcat(pool, folder, "/", language, NULL))) ||
           luci_file_is_folder(apr_pstrcat(pool, LUCI_TEMPLATE_DIR "/", language, NULL));
}

const char *luci_pages_problem(const char *file, const char *text, size_t length, apr_pool_t *pool)
{
    luci_template_t *compiled;

    return luci_page_file_problem(file, text, length, &compiled, pool);
}

static entry_t *find_entry(const luci_pages_t *pages, int language, const char *file)
{
    entry_t *entries = pages->languages[language].entries;

    for (int i = 0; i < pages->file_count; i++) {
        if (luci_page_file_is(entries[i].file.name, file))
            return &entries[i];
    }
    return NULL;
}

/* ---- The layout ---- */

/* The file of a language if it has its own, otherwise that of all languages. */
static const luci_page_file_t *shared_file(luci_pages_t *pages, int language, const char *name,
                                           apr_pool_t *scratch)
{
    entry_t *entry = find_entry(pages, language, name);

    luci_page_file_refresh(&pages->folders, &entry->file, scratch);
    if (!entry->file.text && language != pages->english) {
        entry = find_entry(pages, pages->english, name);
        luci_page_file_refresh(&pages->folders, &entry->file, scratch);
    }
    return &entry->file;
}

/* Parses a whole page and keeps it. Returns 0 if it cannot be used; *problem (from scratch) says why. */
static int take_whole(luci_pages_t *pages, entry_t *entry, const char *text, const char **problem,
                      apr_pool_t *scratch)
{
    luci_template_t *whole;
    apr_pool_t *memory;

    *problem = "out of memory";
    if (apr_pool_create(&memory, pages->folders.memory) != APR_SUCCESS)
        return 0;
    if (luci_template_parse(text, strlen(text), &whole, problem, memory) != LUCI_OK) {
        *problem = apr_pstrdup(scratch, *problem);
        apr_pool_destroy(memory);
        return 0;
    }
    if (entry->whole_memory)
        apr_pool_destroy(entry->whole_memory);
    entry->whole_memory = memory;
    entry->whole = whole;
    return 1;
}

/* Takes the page as it is built in, inside the layout that is built in. */
static void take_built_in(luci_pages_t *pages, entry_t *entry, apr_pool_t *scratch)
{
    const luci_built_in_t *layout = luci_built_in_find(LUCI_PAGE_LAYOUT);
    const char *problem;

    if (entry->file.built_in)
        (void)take_whole(pages, entry,
                         luci_layout_compose(layout->text, entry->file.built_in->text, NULL, scratch),
                         &problem, scratch);
}

static int has_footer(const luci_pages_t *pages, int language)
{
    return find_entry(pages, language, LUCI_PAGE_FOOTER)->file.text != NULL ||
           find_entry(pages, pages->english, LUCI_PAGE_FOOTER)->file.text != NULL;
}

/* Composes a body with the layout and the footer, once for each version of them. If that fails, the last good
 * page stays in use; without one, the built-in page is used. */
static void compose(luci_pages_t *pages, entry_t *entry, int language, apr_pool_t *scratch)
{
    const luci_page_file_t *layout = shared_file(pages, language, LUCI_PAGE_LAYOUT, scratch);
    const luci_page_file_t *footer = shared_file(pages, language, LUCI_PAGE_FOOTER, scratch);
    const char *problem;

    if (!layout->text ||
        (entry->composed.page == entry->file.version && entry->composed.layout == layout->version &&
         entry->composed.footer == footer->version))
        return;
    entry->composed.page = entry->file.version;
    entry->composed.layout = layout->version;
    entry->composed.footer = footer->version;
    if (take_whole(pages, entry, luci_layout_compose(layout->text, entry->file.text, footer->text, scratch),
                   &problem, scratch))
        return;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, pages->folders.server,
                 "LUCI0603: the template %s cannot be used inside " LUCI_PAGE_LAYOUT
                 ": in the whole page, %s; the last good "
                 "page stays in use, or the built-in one",
                 entry->file.name, problem);
    if (!entry->whole)
        take_built_in(pages, entry, scratch);
}

/* The current template of a page; NULL: the language has none. */
static const luci_template_t *current(luci_pages_t *pages, int language, const char *file,
                                      apr_pool_t *scratch)
{
    entry_t *entry = find_entry(pages, language, file);

    if (!entry)
        return NULL;
    luci_page_file_refresh(&pages->folders, &entry->file, scratch);
    if (!entry->file.text || !luci_layout_is_body(entry->file.text))
        return entry->file.compiled;
    compose(pages, entry, language, scratch);
    return entry->whole;
}

/* ---- The store ---- */

/* Whether a file that is missing in a language's folder is no loss. */
static int is_optional(const char *file, int is_english)
{
    return luci_page_file_is(file, LUCI_PAGE_FOOTER) ||
           (!is_english && luci_page_file_is(file, LUCI_PAGE_LAYOUT));
}

static language_t make_language(const luci_pages_t *pages, const char *tag, apr_pool_t *pool)
{
    size_t bytes = sizeof(entry_t) * (size_t)pages->file_count;
    language_t language = { tag, apr_pcalloc(pool, bytes) };

    for (int i = 0; i < pages->file_count; i++) {
        luci_page_file_t *file = &language.entries[i].file;

        file->name = luci_pages_name(tag, luci_pages_file(i), pool);
        file->built_in = luci_built_in_find(file->name);
        file->is_optional = is_optional(file->name, strcmp(tag, LUCI_PAGES_ENGLISH) == 0);
    }
    return language;
}

/* Reads the files of one language, so that every child begins with the same versions. The layout and the
 * footer are read when a page needs them. */
static void read_language(luci_pages_t *pages, int language, apr_pool_t *scratch)
{
    for (int i = 0; i < pages->file_count; i++) {
        const char *name = luci_pages_file(i);

        if (strcmp(name, LUCI_PAGE_MESSAGES) == 0)
            luci_page_file_refresh(&pages->folders, &find_entry(pages, language, name)->file, scratch);
        else if (strcmp(name, LUCI_PAGE_LAYOUT) != 0 && strcmp(name, LUCI_PAGE_FOOTER) != 0)
            (void)current(pages, language, name, scratch);
    }
}

luci_pages_t *luci_pages_create(const char *folder, const apr_array_header_t *languages, server_rec *server,
                                apr_pool_t *pool)
{
    luci_pages_t *pages = apr_pcalloc(pool, sizeof *pages);

    pages->folders.paths[LUCI_PAGES_CONFIGURED] = folder ? folder : LUCI_TEMPLATE_DIR;
    pages->folders.paths[LUCI_PAGES_INSTALLED] = LUCI_TEMPLATE_DIR;
    pages->folders.server = server;
    pages->tags = languages;
    while (luci_pages_file(pages->file_count))
        pages->file_count++;
    if (apr_pool_create(&pages->folders.memory, pool) != APR_SUCCESS ||
        apr_thread_mutex_create(&pages->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS)
        return NULL;
    pages->languages = apr_pcalloc(pool, sizeof(language_t) * (size_t)(languages->nelts + 1));
    pages->english = languages->nelts;
    for (int i = 0; i < languages->nelts; i++) {
        const char *tag = APR_ARRAY_IDX(languages, i, const char *);

        pages->languages[i] = make_language(pages, tag, pool);
        if (strcmp(tag, LUCI_PAGES_ENGLISH) == 0)
            pages->english = i;
    }
    pages->language_count = languages->nelts + (pages->english == languages->nelts);
    if (pages->english == languages->nelts)
        pages->languages[pages->english] = make_language(pages, LUCI_PAGES_ENGLISH, pool);
    for (int i = 0; i < pages->language_count; i++)
        read_language(pages, i, pool);
    return pages;
}

luci_pages_view_t luci_pages_view(luci_pages_t *pages, const char *accept)
{
    return (luci_pages_view_t){ pages, luci_language_choose(pages->tags, accept) };
}

const char *luci_pages_language(const luci_pages_view_t *view)
{
    return view->pages->languages[view->language].tag;
}

int luci_pages_has_choice(const luci_pages_t *pages)
{
    return pages->tags->nelts > 1;
}

/* The languages in which a page or a message is looked for: the client's, the first one, English. */
#define TRIES 3
static int language_to_try(const luci_pages_view_t *view, int attempt)
{
    const int order[TRIES] = { view->language, 0, view->pages->english };

    return order[attempt];
}

const char *luci_pages_render(const luci_pages_view_t *view, const char *file, apr_table_t *values,
                              size_t *length, apr_pool_t *pool)
{
    luci_pages_t *pages = view->pages;
    const luci_template_t *template = NULL;
    const char *text = "";

    *length = 0;
    apr_thread_mutex_lock(pages->lock);
    for (int i = 0; i < TRIES && !template; i++) {
        int language = language_to_try(view, i);

        template = current(pages, language, file, pool);
        apr_table_setn(values, "page_language", pages->languages[language].tag);
        apr_table_setn(values, "has_footer", has_footer(pages, language) ? "1" : "");
    }
    if (template)
        text = luci_template_render(template, values, length, pool);
    apr_thread_mutex_unlock(pages->lock);
    return text;
}

/* ---- Messages ---- */

/* The text of a message in one language; NULL: there is none. What the file of the site does not have is
 * built in. */
static const char *find_message(luci_pages_t *pages, int language, const char *key, apr_pool_t *pool)
{
    luci_page_file_t *file = &find_entry(pages, language, LUCI_PAGE_MESSAGES)->file;
    const char *text = NULL;

    luci_page_file_refresh(&pages->folders, file, pool);
    if (file->text)
        text = luci_messages_find(file->text, key, pool);
    return text || !file->built_in ? text : luci_messages_find(file->built_in->text, key, pool);
}

const char *luci_pages_message(const luci_pages_view_t *view, const char *key, apr_pool_t *pool)
{
    const char *text = NULL;

    apr_thread_mutex_lock(view->pages->lock);
    for (int i = 0; i < TRIES && !text; i++)
        text = find_message(view->pages, language_to_try(view, i), key, pool);
    apr_thread_mutex_unlock(view->pages->lock);
    return text ? text : key;
}

const char *luci_pages_english(const char *key, apr_pool_t *pool)
{
    const char *text = luci_messages_find(luci_built_in_find(LUCI_PAGE_MESSAGES)->text, key, pool);

    return text ? text : key;
}
