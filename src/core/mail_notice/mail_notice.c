/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mail_notice/mail_notice.h"

#include "core/base/text.h"
#include "core/email/email.h"
#include "core/mail/mail_queue.h"
#include "core/mail/notice_kind.h"
#include "core/web/user_agent.h"

#include <apr_strings.h>
#include <string.h>

#define VALID (2 * LUCI_MS_DAY) /* afterwards a notice comes too late */

#define NAME_BYTES_MAX 255
#define ADDRESS_BYTES_MAX 45
#define BROWSER_BYTES_MAX 40
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* The fields of a detail, a line each. */
enum {
    FIELD_EVENT,
    FIELD_FACTOR,
    FIELD_ADDRESS,
    FIELD_BROWSER,
    FIELD_SYSTEM,
    FIELD_FLAGS,
    FIELD_NEW_USERNAME, /* may be missing */
    FIELDS
};
#define FLAG_ADMIN 'a'
#define FLAG_LAST 'l'

/* NULL: none of the bits is a kind. */
static const luci_mail_notice_kind_t *kind_of(int bits)
{
    const luci_mail_notice_kind_t *kind = luci_mail_notice_kind_list;

    while (kind->word && !(kind->bit & bits))
        kind++;
    return kind->word ? kind : NULL;
}

int luci_mail_notice_is_wanted(const luci_settings_t *settings, int kind)
{
    return settings->mail && settings->mail_notices & kind;
}

/* ---- Queuing ---- */

/* A name that another program has stored may be anything. */
static const char *name_of(const char *username, apr_pool_t *pool)
{
    size_t length = strnlen(username, NAME_BYTES_MAX);
    char *name = apr_pstrmemdup(pool, username, luci_text_valid_bytes(username, length));

    for (char *c = name; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
    return name;
}

/* The client chooses the header, so that no more of it is told than the name of a browser that is known or
 * the first word of another program, without anything that mail programs make a link of. */
static const char *browser_of(const luci_user_agent_t *agent, apr_pool_t *pool)
{
    size_t length = strspn(agent->browser, LETTERS "-");

    if (agent->is_known)
        return agent->browser;
    return apr_pstrmemdup(pool, agent->browser, length < BROWSER_BYTES_MAX ? length : BROWSER_BYTES_MAX);
}

static const char *detail_of(const luci_mail_notice_t *notice, apr_pool_t *pool)
{
    const luci_mail_origin_t *origin = notice->origin;
    luci_user_agent_t agent = luci_user_agent(origin ? origin->user_agent : NULL, pool);
    const char *address = luci_text_printable_ascii(origin ? origin->address : NULL, ADDRESS_BYTES_MAX, pool);
    const char *new_username = notice->new_username ? name_of(notice->new_username, pool) : NULL;
    char flags[] = { origin ? '-' : FLAG_ADMIN, notice->is_last ? FLAG_LAST : '-', '\0' };

    return apr_pstrcat(pool, luci_event_name(notice->event), "\n", notice->factor ? notice->factor : "", "\n",
                       address ? address : "", "\n", browser_of(&agent, pool), "\n", agent.system, "\n",
                       flags, new_username ? "\n" : "", new_username ? new_username : "", NULL);
}

static luci_result_t add(luci_db_t *db, const luci_mail_notice_kind_t *kind, const luci_mail_notice_t *notice,
                         const char *to, apr_pool_t *scratch)
{
    luci_mail_order_t order = {
        .kind = kind->mail,
        .name = name_of(notice->user->username, scratch),
        .address = to,
        .detail = detail_of(notice, scratch),
        .language = notice->origin ? notice->origin->language : NULL,
        .now = notice->now,
        .expires = notice->now + VALID,
    };
    luci_result_t result = luci_mail_queue_add(db, &order, scratch);

    return result == LUCI_NOT_FOUND ? LUCI_OK : result; /* The start has said that there is no table. */
}

/* What is written as it was before is no change. */
static int is_same(const luci_mail_notice_t *notice, const char *to, apr_pool_t *scratch)
{
    if (notice->new_username && strcmp(notice->user->username, notice->new_username) == 0)
        return 1;
    return notice->new_address && luci_email_is_same(to, notice->new_address, scratch);
}

luci_result_t luci_mail_notice_queue(luci_db_t *db, const luci_settings_t *settings,
                                     const luci_mail_notice_t *notice, apr_pool_t *scratch)
{
    const luci_mail_notice_kind_t *kind = kind_of(luci_event_record(notice->event)->notice);
    const char *to;
    luci_result_t result;

    if (!kind || !luci_mail_notice_is_wanted(settings, kind->bit))
        return LUCI_OK;
    result = luci_email_verified(notice->user, settings, &to, scratch);
    if (result == LUCI_NOT_FOUND || result == LUCI_INVALID)
        return LUCI_OK;
    if (result == LUCI_OK && is_same(notice, to, scratch))
        return LUCI_OK;
    return result == LUCI_OK ? add(db, kind, notice, to, scratch) : result;
}

/* ---- Reading ---- */

static luci_result_t find_event(const char *mail, const char *name, luci_event_kind_t *event)
{
    for (int i = 0; i < LUCI_EVENTS; i++) {
        const luci_event_record_t *record = luci_event_record((luci_event_kind_t)i);
        const luci_mail_notice_kind_t *kind = kind_of(record->notice);

        *event = (luci_event_kind_t)i;
        if (kind && strcmp(kind->mail, mail) == 0 && strcmp(record->name, name) == 0)
            return LUCI_OK;
    }
    return LUCI_INVALID;
}

luci_result_t luci_mail_notice_read(const char *mail, const char *detail, luci_mail_notice_detail_t *read,
                                    apr_pool_t *pool)
{
    const char *fields[FIELDS] = { "", "", "", "", "", "", "" };

    for (int i = 0; detail && i < FIELDS; i++) {
        size_t length = strcspn(detail, "\n");

        fields[i] = apr_pstrmemdup(pool, detail, length);
        detail = detail[length] ? detail + length + 1 : NULL;
    }
    *read = (luci_mail_notice_detail_t){
        .factor = fields[FIELD_FACTOR],
        .address = fields[FIELD_ADDRESS],
        .browser = fields[FIELD_BROWSER],
        .system = fields[FIELD_SYSTEM],
        .is_by_admin = strchr(fields[FIELD_FLAGS], FLAG_ADMIN) != NULL,
        .is_last = strchr(fields[FIELD_FLAGS], FLAG_LAST) != NULL,
        .new_username = fields[FIELD_NEW_USERNAME],
    };
    return find_event(mail, fields[FIELD_EVENT], &read->event);
}
