/* SPDX-License-Identifier: Apache-2.0 */
/* A page and its layout: what is a body, and the page that becomes of both. */
#include "core/web/layout.h"
#include "lib/tap.h"

#include <apr_general.h>

static apr_pool_t *pool;

static void test_bodies(void)
{
    static const struct {
        const char *page;
        int is_body;
    } table[] = {
        { "%%@body%%\n", 1 },
        { "%%@title%%\r\nx", 1 },
        { "%%>layout%%\n", 1 },
        { "%%>layout%%\r\n<h1>x</h1>", 1 },
        { "%%>layout%%", 1 },
        { "%%>layout%% \n", 1 },
        { "\n%%>layout%%\n", 1 },
        { "\xEF\xBB\xBF%%>layout%%\n", 1 },
        { "%%>layout%% x\n", 0 },
        { "%%>other%%\n", 0 },
        { "x\n%%>layout%%\n", 0 },
        { "%%@body%%", 0 },
        { "%%@body%% \n", 0 },
        { " %%@body%%\n", 0 },
        { "\n%%@body%%\n", 0 },
        { "%%@%%\n", 0 },
        { "%%@Body%%\n", 0 },
        { "%%body%%\n", 0 },
        { "%%@body\n%%", 0 },
        { "<!doctype html>\n%%@body%%\n", 0 },
        { "", 0 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        tap_is_int(luci_layout_is_body(table[i].page), table[i].is_body, "is a body: %s", table[i].page);
}

static void test_layouts(void)
{
    tap_is_str(luci_layout_problem("<body>%%@body%%</body>"), NULL, "a layout with a place for the body");
    tap_is_str(luci_layout_problem("<body>%%body%%</body>"), "a layout needs %%@body%%", "a layout without");
}

static void test_pages(void)
{
    static const char layout[] =
        "<title>%%@title%%</title>\n<body class='%%@class%%'>\n%%@body%%\n%%@title%%.\n";
    static const struct {
        const char *what, *page, *whole;
    } table[] = {
        { "each block goes to its place, in any order",
          "%%@body%%\n<h1>\n%%x%%\n</h1>\n%%@title%%\nA %%#b%%c%%/b%%\n%%@class%%\nd\n",
          "<title>A %%#b%%c%%/b%%</title>\n<body class='d'>\n<h1>\n%%x%%\n</h1>\nA %%#b%%c%%/b%%.\n" },
        { "a block that the page does not have is empty", "%%@body%%\nx\n",
          "<title></title>\n<body class=''>\nx\n.\n" },
        { "S8.4: what follows %%>layout%% is the body", "%%>layout%%\n<h1>\n",
          "<title></title>\n<body class=''>\n<h1>\n.\n" },
        { "S8.4: lines that end as on Windows, after %%>layout%%", "%%>layout%%\r\nx\r\n",
          "<title></title>\n<body class=''>\nx\n.\n" },
        { "S8.4: blocks that follow %%>layout%%", "%%>layout%%\n%%@title%%\nA\n%%@body%%\nx\n",
          "<title>A</title>\n<body class=''>\nx\nA.\n" },
        { "S8.4: a block after the body that follows %%>layout%%", "%%>layout%%\nx\n%%@title%%\nA\n",
          "<title>A</title>\n<body class=''>\nx\nA.\n" },
        { "S8.4: %%>layout%% alone", "%%>layout%%\n", "<title></title>\n<body class=''>\n\n.\n" },
        { "an empty block", "%%@title%%\n%%@body%%\nx\n", "<title></title>\n<body class=''>\nx\n.\n" },
        { "a page without a newline at its end", "%%@body%%\nx", "<title></title>\n<body class=''>\nx\n.\n" },
        { "of several newlines the last one ends the block", "%%@body%%\nx\n\n",
          "<title></title>\n<body class=''>\nx\n\n.\n" },
        { "lines that end as on Windows", "%%@title%%\r\nA\r\n%%@body%%\r\nx\r\ny\r\n",
          "<title>A</title>\n<body class=''>\nx\r\ny\nA.\n" },
        { "a block that the layout does not have is dropped", "%%@extra%%\nsecret\n%%@body%%\nx\n",
          "<title></title>\n<body class=''>\nx\n.\n" },
        { "a marker inside a line is text", "%%@body%%\nx %%@title%%\n",
          "<title></title>\n<body class=''>\nx %%@title%%\n.\n" },
        { "the first of two blocks of one name counts", "%%@body%%\nx\n%%@body%%\ny\n",
          "<title></title>\n<body class=''>\nx\n.\n" },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        tap_is_str(luci_layout_compose(layout, table[i].page, NULL, pool), table[i].whole, "%s",
                   table[i].what);
    tap_is_str(luci_layout_compose("100%%@ %%@%% %%@body %%@body%%%%@", "%%@body%%\nx\n", NULL, pool),
               "100%%@ %%@%% %%@body x%%@", "percent signs of a layout that are no marker stay");
}

static void test_footer(void)
{
    static const char layout[] = "%%@body%%|%%@footer%%|\n";

    tap_is_str(luci_layout_compose(layout, "%%@body%%\nx\n", "a\n%%@body%% b\n", pool), "x|a\n%%@body%% b|\n",
               "the footer goes to its place, and no marker in it counts");
    tap_is_str(luci_layout_compose(layout, "%%@body%%\nx\n", NULL, pool), "x||\n",
               "a layout without a footer");
    tap_is_str(luci_layout_compose(layout, "%%@body%%\nx\n%%@footer%%\ny\n", "a", pool), "x|a|\n",
               "a page has no footer of its own");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_bodies();
    test_layouts();
    test_pages();
    test_footer();
    return tap_done();
}
