/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/check/finding.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

luci_findings_t *luci_findings_create(apr_pool_t *pool)
{
    luci_findings_t *findings = apr_pcalloc(pool, sizeof *findings);

    findings->list = apr_array_make(pool, 8, sizeof(luci_finding_t));
    findings->pool = pool;
    return findings;
}

/* Two virtual hosts with one database may get the same findings. */
static int is_known(const luci_findings_t *findings, const luci_finding_t *finding)
{
    for (int i = 0; i < findings->list->nelts; i++) {
        const luci_finding_t *known = &APR_ARRAY_IDX(findings->list, i, luci_finding_t);

        if (known->level == finding->level && strcmp(known->about, finding->about) == 0 &&
            strcmp(known->what, finding->what) == 0 && strcmp(known->remedy, finding->remedy) == 0)
            return 1;
    }
    return 0;
}

void luci_findings_add(luci_findings_t *findings, luci_finding_level_t level, const char *about,
                       const char *remedy, const char *format, ...)
{
    luci_finding_t finding = { level, about, NULL, remedy };
    va_list arguments;

    va_start(arguments, format);
    finding.what = apr_pvsprintf(findings->pool, format, arguments);
    va_end(arguments);
    if (is_known(findings, &finding))
        return;
    APR_ARRAY_PUSH(findings->list, luci_finding_t) = finding;
    findings->problems += level == LUCI_FINDING_PROBLEM;
}

const luci_column_t luci_findings_columns[] = {
    { "level", "Level", LUCI_CELL_TEXT, NULL },
    { "about", "About", LUCI_CELL_TEXT, NULL },
    { "what", "What", LUCI_CELL_TEXT, NULL },
    { "remedy", "Remedy", LUCI_CELL_TEXT, NULL },
    LUCI_COLUMNS_END,
};

static void show_all(const luci_findings_t *findings, luci_output_t *output)
{
    luci_output_begin(output, luci_findings_columns, LUCI_COLUMNS_COUNT(luci_findings_columns));
    for (int i = 0; i < findings->list->nelts; i++) {
        const luci_finding_t *finding = &APR_ARRAY_IDX(findings->list, i, luci_finding_t);
        const char *cells[] = { finding->level == LUCI_FINDING_PROBLEM ? "problem" : "advice", finding->about,
                                finding->what, *finding->remedy ? finding->remedy : NULL };

        luci_output_row(output, cells);
    }
    luci_output_end(output);
}

/* The full stop that text still needs: "" if it ends with punctuation. */
static const char *period(const char *text)
{
    size_t length = strlen(text);

    return length == 0 || strchr(".?!;", text[length - 1]) ? "" : ".";
}

/* Findings are sentences, too long for a table, so each gets a line. */
static void say_all(const luci_findings_t *findings, luci_output_t *output)
{
    for (int i = 0; i < findings->list->nelts; i++) {
        const luci_finding_t *finding = &APR_ARRAY_IDX(findings->list, i, luci_finding_t);
        const char *sentence = apr_psprintf(
            findings->pool, "%s, %s: %s%s%s%s%s",
            finding->level == LUCI_FINDING_PROBLEM ? "Problem" : "Advice", finding->about, finding->what,
            period(finding->what), *finding->remedy ? " " : "", finding->remedy, period(finding->remedy));

        luci_output_done(output, sentence, NULL, 0, NULL);
    }
    if (!findings->problems)
        luci_output_done(output, "No problems found.", NULL, 0, NULL);
}

luci_exit_t luci_findings_show(const luci_findings_t *findings, luci_output_t *output, int as_json)
{
    if (as_json)
        show_all(findings, output);
    else
        say_all(findings, output);
    if (findings->unreachable)
        return LUCI_EXIT_DATABASE;
    return findings->problems ? LUCI_EXIT_REFUSED : LUCI_EXIT_DONE;
}
