/* SPDX-License-Identifier: Apache-2.0 */
/* Files of messages: what is one, and what is read from it. */
#include "core/web/messages.h"
#include "lib/tap.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <string.h>

static apr_pool_t *pool;

static void test_files(void)
{
    static const struct {
        const char *what, *file, *problem;
    } table[] = {
        { "an empty file", "", NULL },
        { "comments and blank lines", "# a\n\n  \n#\n", NULL },
        { "a message", "a = b\n", NULL },
        { "a message without blanks or a last line end", "a_1.x=b", NULL },
        { "lines that end as on Windows", "a = b\r\n\r\nc = d\r\n", NULL },
        { "a byte order mark",
          "\xef\xbb\xbf"
          "a = b\n",
          NULL },
        { "a text with an equals sign", "a = b = c\n", NULL },
        { "a line without an equals sign", "a = b\nc d\n",
          "line 2: this is neither \"key = text\" nor a comment (#)" },
        { "a key in capitals", "A = b\n", "line 1: this is neither \"key = text\" nor a comment (#)" },
        { "a text that is missing", "a =\n", "line 1: this is neither \"key = text\" nor a comment (#)" },
        { "a text of blanks", "a =   \n", "line 1: this is neither \"key = text\" nor a comment (#)" },
        { "a key that is missing", "= b\n", "line 1: this is neither \"key = text\" nor a comment (#)" },
        { "a blank before the key", " a = b\n", "line 1: this is neither \"key = text\" nor a comment (#)" },
        { "a key that is there twice", "a = b\nc = d\na = e\n", "line 3: the key \"a\" is there twice" },
        { "a section that is open", "a = %%#b%%c\n", "line 1: section \"b\" is not closed" },
        { "text that is not UTF-8", "a = \xe9\n", "it is not UTF-8" },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        tap_is_str(luci_messages_problem(table[i].file, strlen(table[i].file), pool), table[i].problem, "%s",
                   table[i].what);
    tap_is_str(luci_messages_problem("a = b\0c", 7, pool), "it is not UTF-8", "a NUL byte");
}

static void test_size(void)
{
    char *file = apr_palloc(pool, LUCI_MESSAGES_BYTES_MAX + 2);

    memset(file, '#', LUCI_MESSAGES_BYTES_MAX + 1);
    file[LUCI_MESSAGES_BYTES_MAX + 1] = '\0';
    tap_is_str(luci_messages_problem(file, LUCI_MESSAGES_BYTES_MAX, pool), NULL,
               "a file as large as allowed");
    tap_is_str(luci_messages_problem(file, LUCI_MESSAGES_BYTES_MAX + 1, pool),
               "it has 65537 bytes, more than 65536", "a file that is too large");
}

static void test_texts(void)
{
    static const char file[] =
        "# a = comment\r\na = first\r\na.b = with a dot\r\n\r\nab =  blanks around  \r\n";
    static const struct {
        const char *key, *text;
    } table[] = {
        { "a", "first" }, { "a.b", "with a dot" }, { "ab", "blanks around" },
        { "b", NULL },    { "a.", NULL },          { "", NULL },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        tap_is_str(luci_messages_find(file, table[i].key, pool), table[i].text, "the text of \"%s\"",
                   table[i].key);
    tap_is_str(luci_messages_find("\xef\xbb\xbf"
                                  "a = b",
                                  "a", pool),
               "b", "a text behind a byte order mark");
    tap_is_str(luci_message_code(LUCI_MESSAGE("too_many.hours"), pool), "too_many",
               "the code ends before the dot");
    tap_is_str(luci_message_code(LUCI_MESSAGE("taken"), pool), "taken", "a key without a dot is its code");
}

static void test_values(void)
{
    apr_table_t *values = apr_table_make(pool, 2);

    apr_table_setn(values, "hours", "3");
    tap_is_str(luci_messages_fill("in %%hours%% hours & %%other%%.", values, pool), "in 3 hours & .",
               "values are inserted, and the text is not escaped");
    apr_table_setn(values, "name", "<O'Brien> & \"co\"");
    tap_is_str(luci_messages_fill("%%name%%%%#name%%, yes%%/name%%", values, pool), "<O'Brien> & \"co\", yes",
               "a value is inserted into a message as it is");
    tap_is_str(luci_messages_fill("100%% sure", values, pool), "100%% sure", "percent signs that are text");
    tap_is_str(luci_messages_fill("in %%hours%% hours", NULL, pool), "in  hours",
               "a text without its values");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_files();
    test_size();
    test_texts();
    test_values();
    apr_terminate();
    return tap_done();
}
