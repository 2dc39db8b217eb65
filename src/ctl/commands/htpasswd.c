/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/htpasswd.h"

#include "core/base/text.h"
#include "core/password/password_hash.h"
#include "core/password/policy.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>

typedef enum { LINE_END, LINE_WHOLE, LINE_TOO_LONG } line_t;

/* Reads a line without its newline. A line that is too long is read to its end, so that the next call starts
 * at the next line. */
static line_t read_line(luci_htpasswd_t *file, char line[LUCI_HTPASSWD_LINE_MAX + 1], size_t *length)
{
    size_t all = 0;
    int c;

    while ((c = getc(file->stream)) != EOF && c != '\n') {
        if (all < LUCI_HTPASSWD_LINE_MAX)
            line[all] = (char)c;
        all++;
    }
    if (ferror(file->stream))
        file->failed = errno ? errno : EIO;
    if (c == EOF && (all == 0 || file->failed))
        return LINE_END;
    file->line++;
    file->bytes += (apr_int64_t)all + 1;
    if (all > LUCI_HTPASSWD_LINE_MAX)
        return LINE_TOO_LONG;
    if (all > 0 && line[all - 1] == '\r')
        all--;
    line[all] = '\0';
    *length = all;
    return LINE_WHOLE;
}

static const char *name_problem(const char *username, const luci_settings_t *rules, apr_pool_t *pool)
{
    if (luci_policy_length(username) < 0)
        return "the username is not UTF-8";
    if (luci_policy_new_name(rules, username) != LUCI_OK)
        return apr_psprintf(pool, "the username is not allowed: %s", luci_policy_name_rule(rules, pool));
    return NULL;
}

/* Splits "name:hash" in place. */
static void parse_line(char *line, const luci_settings_t *rules, luci_htpasswd_user_t *user, apr_pool_t *pool)
{
    char *colon = strchr(line, ':');

    *user = (luci_htpasswd_user_t){ 0 };
    if (!colon) {
        user->problem = "the line has no colon";
        return;
    }
    *colon = '\0';
    user->problem = name_problem(line, rules, pool);
    if (user->problem)
        return;
    user->username = apr_pstrdup(pool, line);
    user->stored_hash = apr_pstrmemdup(pool, colon + 1, strcspn(colon + 1, ":"));
    if (!luci_password_is_readable(user->stored_hash))
        user->problem = *user->stored_hash ? "the hash is of an unknown kind, or too costly to verify"
                                           : "the line has no hash";
}

int luci_htpasswd_next(luci_htpasswd_t *file, const luci_settings_t *rules, luci_htpasswd_user_t *user,
                       apr_pool_t *pool)
{
    char line[LUCI_HTPASSWD_LINE_MAX + 1];
    size_t length = 0;

    for (;;) {
        switch (read_line(file, line, &length)) {
        case LINE_END: return 0;
        case LINE_TOO_LONG: *user = (luci_htpasswd_user_t){ .problem = "the line is too long" }; return 1;
        case LINE_WHOLE: break;
        }
        if (length == 0 || line[0] == '#')
            continue;
        if (luci_text_valid_bytes(line, length) != length)
            *user = (luci_htpasswd_user_t){ .problem = "the line is not UTF-8, or contains a NUL" };
        else
            parse_line(line, rules, user, pool);
        return 1;
    }
}
