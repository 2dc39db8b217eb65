/* SPDX-License-Identifier: Apache-2.0 */
/* LuciaMail: sends what waits in the queue (core/mail/mail_queue.h), once for each database. The database
 * handle is given back while the mail server is talked to. */
#include "core/config/connect_params.h"
#include "core/db/db_problem.h"
#include "core/letter/letter.h"
#include "core/letter/reset_sweep.h"
#include "core/mail/mail_queue.h"
#include "core/mail/message.h"
#include "core/mail/transport.h"
#include "httpd/base/audit.h"
#include "httpd/base/counters.h"
#include "httpd/base/mpm.h"
#include "httpd/lifecycle/job.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(luciauth);

#define VERIFY "/verify" /* the page that LuciaVerifyURL may name */

/* One mail that is being sent. */
typedef struct {
    luci_job_run_t *run;
    luci_mail_claim_t claim;
    const luci_letter_kind_t *kind;
    luci_letter_t letter;
    luci_attempt_t attempt; /* of the recipient */
    char *bytes;            /* NULL: not written yet */
    int is_settled;    /* 1: the mail was handed to a transport, which has decided what becomes of the row */
    int is_left;       /* the process ended before the mail server had it */
    const char *swept; /* up to this row, those of names that no account has are deleted */
    apr_pool_t *pool;
} sending_t;

static luci_ms_t interval(const luci_server_config_t *config)
{
    return config->settings.mail && config->mount ? LUCI_MAIL_INTERVAL : 0; /* links need a page */
}

static int is_shared(const luci_server_config_t *one, const luci_server_config_t *other)
{
    return luci_database_is_same(&one->database, &other->database) &&
           strcmp(one->settings.tables.user, other->settings.tables.user) == 0;
}

/* Without LuciaEmail, a mail would go to no address, or to one that was not verified. */
static int is_better(const luci_server_config_t *one, const luci_server_config_t *other)
{
    return one->settings.email != LUCI_EMAIL_OFF && other->settings.email == LUCI_EMAIL_OFF;
}

/* ---- Calls to the database: one handle each ---- */

typedef luci_result_t step_fn(luci_db_t *db, sending_t *sending);

static luci_result_t with_database(sending_t *sending, step_fn *step, const char **why)
{
    luci_job_run_t *run = sending->run;
    luci_db_t *db;
    luci_result_t result = run->source.borrow(run->source.baton, &db);

    *why = "no handle was free, or the database does not answer";
    if (result != LUCI_OK)
        return result;
    result = step(db, sending);
    *why = luci_db_problem(db, run->pool);
    run->source.give_back(run->source.baton, db);
    return result;
}

static luci_result_t claim(luci_db_t *db, sending_t *sending)
{
    return luci_mail_queue_claim(db, luci_runtime_now(), &sending->claim, sending->pool);
}

static luci_result_t hand_over(luci_db_t *db, sending_t *sending)
{
    return luci_mail_queue_hand_over(db, &sending->claim, sending->pool);
}

static luci_result_t finish(luci_db_t *db, sending_t *sending)
{
    return luci_mail_queue_finish(db, &sending->claim, sending->pool);
}

static luci_result_t postpone(luci_db_t *db, sending_t *sending)
{
    return luci_mail_queue_postpone(db, &sending->claim, luci_runtime_now(), sending->pool);
}

/* After a graceful restart the next process sends the mail at once. */
static luci_result_t leave(luci_db_t *db, sending_t *sending)
{
    return luci_mail_queue_wait(db, &sending->claim, luci_runtime_now(), sending->pool);
}

/* ---- What becomes of it ---- */

static const luci_runtime_t *runtime_of(const luci_job_run_t *run)
{
    return luci_config_parts(luci_config_server(run->server))->runtime;
}

static void report(const luci_job_run_t *run, const char *kind, const luci_letter_t *letter,
                   luci_reason_t reason)
{
    luci_event_t event = {
        .kind = LUCI_EVENT_MAIL,
        .reason = reason,
        .at = luci_runtime_now(),
        .account = letter->user.username,
        .user_id = letter->user.id,
        .mail = kind,
    };

    apr_cpystrn(event.invitation, letter->invitation, sizeof event.invitation);
    luci_count_event(event.kind, event.reason);
    luci_audit_write_own(runtime_of(run)->audit, &event, letter->waiting, run->server);
}

static void report_sending(const sending_t *sending, luci_reason_t reason)
{
    report(sending->run, sending->claim.kind, &sending->letter, reason);
}

static luci_result_t give_up(luci_db_t *db, sending_t *sending)
{
    apr_array_header_t *rows;
    luci_result_t result = luci_mail_queue_give_up(db, luci_runtime_now(), &rows, sending->pool);

    for (int i = 0; i < rows->nelts; i++) {
        const luci_mail_given_up_t *row = &APR_ARRAY_IDX(rows, i, luci_mail_given_up_t);

        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, sending->run->server,
                     "LUCI0716: the mail %s (%s) is given up after %d %s: %s", row->id, row->kind, row->tries,
                     row->tries == 1 ? "try" : "tries",
                     row->is_uncertain
                         ? "it was handed over, and its sender ended before the answer, so that "
                           "it may have arrived"
                         : "it could not be sent in time");
        report(sending->run, row->kind, &(luci_letter_t){ 0 }, LUCI_REASON_UNAVAILABLE);
    }
    return result;
}

/* ---- The mail ---- */

static luci_result_t prepare(luci_db_t *db, sending_t *sending)
{
    return sending->kind->prepare(db, &sending->letter, sending->pool);
}

static luci_result_t make_token(luci_db_t *db, sending_t *sending)
{
    return sending->kind->make_token(db, &sending->letter, sending->pool);
}

static const char *say(const luci_pages_view_t *view, luci_message_t message, const sending_t *sending)
{
    return luci_messages_fill(luci_pages_message(view, message.key, sending->pool), sending->letter.values,
                              sending->pool);
}

/* The URL of the link without its token. */
static const char *url_of(const sending_t *sending)
{
    const luci_server_config_t *config = luci_config_server(sending->run->server);
    const char *link = sending->kind->link, *mount = strcmp(config->mount, "/") == 0 ? "" : config->mount;

    if (config->verify_url && strncmp(link, VERIFY, strlen(VERIFY)) == 0)
        return apr_pstrcat(sending->pool, config->site_url, config->verify_url, link + strlen(VERIFY), NULL);
    return apr_pstrcat(sending->pool, config->site_url, mount, link, NULL);
}

/* LuciaSite, or the host of LuciaSiteURL. */
static const char *site_of(const sending_t *sending)
{
    const luci_server_config_t *config = luci_config_server(sending->run->server);

    return config->settings.site.name ? config->settings.site.name : strstr(config->site_url, "://") + 3;
}

/* A paragraph, with the empty line before it; "" without a message. */
static const char *paragraph(const luci_pages_view_t *view, luci_message_t message, const sending_t *sending)
{
    return message.key ? apr_pstrcat(sending->pool, "\n\n", say(view, message, sending), NULL) : "";
}

/* The link and the text after it; a secret. */
static char *link_of(const sending_t *sending, const luci_pages_view_t *view)
{
    const luci_letter_kind_t *kind = sending->kind;

    return apr_pstrcat(sending->pool, kind->link ? "\n\n" : "", kind->link ? url_of(sending) : "",
                       sending->letter.token, paragraph(view, kind->end, sending), "\n", NULL);
}

static luci_result_t write_mail(sending_t *sending)
{
    const luci_server_config_t *config = luci_config_server(sending->run->server);
    luci_pages_view_t view =
        luci_pages_view(luci_config_parts(config)->shared->pages, sending->claim.language);
    const char *list = sending->letter.list;
    char *link = link_of(sending, &view),
         *text = apr_pstrcat(sending->pool, say(&view, sending->kind->text, sending), list ? "\n\n" : "",
                             list ? list : "", paragraph(&view, sending->kind->more, sending), link, NULL);
    luci_mail_message_t message = {
        .from = config->settings.mail_from.address,
        .from_name = config->settings.mail_from.name,
        .to = sending->letter.to,
        .subject = say(&view, sending->kind->subject, sending),
        .text = text,
        .id = apr_pstrcat(sending->pool, sending->claim.id, sending->claim.claim, NULL),
        .now = luci_runtime_now(),
    };
    luci_result_t result = luci_message_write(&message, &sending->bytes, sending->pool);

    luci_secret_wipe(sending->letter.token, sizeof sending->letter.token);
    luci_secret_wipe(link, strlen(link));
    luci_secret_wipe(text, strlen(text));
    return result;
}

static void wipe(sending_t *sending)
{
    luci_secret_wipe(sending->letter.token, sizeof sending->letter.token);
    if (sending->bytes)
        luci_secret_wipe(sending->bytes, strlen(sending->bytes));
}

/* ---- The limit of mails to one recipient ---- */

/* A sign-up sends a mail to any address, and must not keep its owner from a new password. */
static luci_throttle_kind_t count_of(const luci_letter_kind_t *kind)
{
    if (kind->waits)
        return LUCI_THROTTLE_MAIL_NOTICE;
    return kind->is_reset ? LUCI_THROTTLE_MAIL_RESET : LUCI_THROTTLE_MAIL;
}

/* Asked before a token is made, so that the link of an earlier mail stays valid. */
static luci_result_t ask_limit(sending_t *sending)
{
    sending->attempt = (luci_attempt_t){ .now = sending->letter.now };
    return luci_throttle_mail(runtime_of(sending->run)->auth.throttle, &sending->attempt,
                              count_of(sending->kind), sending->letter.to, sending->pool);
}

/* Puts the row back until its recipient may get a mail again. */
static luci_result_t await_room(luci_db_t *db, sending_t *sending)
{
    luci_ms_t wait = sending->attempt.retry_after;

    return luci_mail_queue_wait(db, &sending->claim,
                                sending->letter.now + (wait > LUCI_MS_SECOND ? wait : LUCI_MS_SECOND),
                                sending->pool);
}

static void end_attempt(sending_t *sending, luci_attempt_outcome_t outcome)
{
    luci_throttle_end(runtime_of(sending->run)->auth.throttle, &sending->attempt, outcome, sending->pool);
}

/* ---- Sending ---- */

static luci_result_t begin(void *baton)
{
    const char *why;

    return with_database(baton, hand_over, &why);
}

static int is_stopping(void *baton)
{
    sending_t *sending = baton;

    if (luci_mpm_is_stopping())
        sending->is_left = 1;
    return sending->is_left;
}

static void log_refusal(const sending_t *sending, const luci_delivery_t *delivery, luci_result_t result)
{
    const luci_mail_claim_t *mail = &sending->claim;

    ap_log_error(APLOG_MARK, sending->is_left ? APLOG_INFO : APLOG_WARNING, 0, sending->run->server,
                 "LUCI0715: the mail %s (%s) was not sent%s: %s", mail->id, mail->kind,
                 delivery->is_uncertain  ? ", or it was: no answer came, and it is not sent again"
                 : result == LUCI_DENIED ? ", and is given up"
                                         : "; it is tried again",
                 sending->is_left ? "this process ends" : delivery->why);
}

/* The mail server has the mail, or may have it, or never takes it. */
static luci_result_t settle(sending_t *sending, luci_result_t sent, const char **why)
{
    end_attempt(sending, sent == LUCI_DENIED ? LUCI_ATTEMPT_CANCEL : LUCI_ATTEMPT_SUCCESS);
    report_sending(sending, sent == LUCI_OK ? LUCI_REASON_NONE : LUCI_REASON_UNAVAILABLE);
    return with_database(sending, finish, why);
}

/* A row that another sender has taken is left alone. */
static luci_result_t transfer(sending_t *sending, const char **why)
{
    const luci_settings_t *settings = &luci_config_server(sending->run->server)->settings;
    luci_delivery_t delivery = {
        .from = settings->mail_from.address,
        .to = sending->letter.to,
        .bytes = sending->bytes,
        .begin = begin,
        .is_over = is_stopping,
        .baton = sending,
        .why = "the database does not answer",
    };
    luci_result_t result = settings->mail->transport->send(settings->mail, &delivery, sending->pool);

    sending->is_settled = 1;
    if (result != LUCI_OK && result != LUCI_CONFLICT)
        log_refusal(sending, &delivery, result);
    if (result == LUCI_OK || result == LUCI_DENIED || delivery.is_uncertain)
        return settle(sending, result, why);
    end_attempt(sending, LUCI_ATTEMPT_CANCEL);
    return result == LUCI_CONFLICT ? LUCI_OK
                                   : with_database(sending, sending->is_left ? leave : postpone, why);
}

/* The recipient is known, and may get the mail. */
static luci_result_t send_prepared(sending_t *sending, const char **why)
{
    luci_result_t result = LUCI_OK;

    if (sending->kind->make_token)
        result = with_database(sending, make_token, why);
    if (result == LUCI_OK)
        result = write_mail(sending);
    if (result == LUCI_OK)
        return transfer(sending, why);
    end_attempt(sending, LUCI_ATTEMPT_CANCEL);
    return result;
}

/* ---- Rows that are not sent ---- */

/* Rows of names that no account has are deleted many at a time, so that no mail waits for them. */
static luci_result_t sweep(luci_db_t *db, sending_t *sending)
{
    apr_pool_t *scratch;
    int dropped;
    luci_result_t result;

    if (apr_pool_create(&scratch, sending->pool) != APR_SUCCESS)
        return LUCI_INTERNAL;
    result = luci_reset_sweep(db, &sending->swept, luci_runtime_now(), &dropped, scratch);
    sending->swept = apr_pstrdup(sending->pool, sending->swept);
    apr_pool_destroy(scratch);
    return result;
}

static luci_result_t sweep_all(luci_job_run_t *run, const char **why)
{
    sending_t sweeping = { .run = run, .swept = "", .pool = run->pool };
    luci_result_t result = LUCI_OK;

    while (result == LUCI_OK && luci_job_goes_on(run))
        result = with_database(&sweeping, sweep, why);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

/* Accounts that do not exist, have no address or are disabled get no mail; who asked is not told. */
static luci_result_t drop(sending_t *sending, luci_result_t reason, const char **why)
{
    int is_unknown = sending->kind && !sending->letter.user.id && !sending->letter.to;
    luci_result_t result = with_database(sending, finish, why);

    if (result == LUCI_OK && reason == LUCI_THROTTLED)
        report_sending(sending, LUCI_REASON_THROTTLED);
    else if (result == LUCI_OK && sending->letter.user.id && (reason == LUCI_DENIED || !sending->letter.to))
        report_sending(sending, reason == LUCI_DENIED ? LUCI_REASON_DISABLED : LUCI_REASON_NO_ADDRESS);
    return result == LUCI_OK && is_unknown && strcmp(sending->claim.kind, LUCI_MAIL_RESET) == 0
               ? sweep_all(sending->run, why)
               : result;
}

/* ---- A row ---- */

/* No byte of the mail has left: the row is given back, so that it need not wait until its claim ends. If the
 * database does not answer, it waits. */
static luci_result_t give_back(sending_t *sending, luci_result_t failure)
{
    const char *why;

    (void)with_database(sending, postpone, &why);
    return failure;
}

static luci_result_t send_claimed(sending_t *sending, const char **why)
{
    luci_result_t result = LUCI_NOT_FOUND;

    sending->kind = luci_letter_kind(sending->claim.kind);
    sending->letter = (luci_letter_t){
        .settings = &luci_config_server(sending->run->server)->settings,
        .claim = &sending->claim,
        .now = luci_runtime_now(),
        .values = apr_table_make(sending->pool, 4),
    };
    apr_table_setn(sending->letter.values, "site", site_of(sending));
    if (sending->kind)
        result = with_database(sending, prepare, why);
    if (result == LUCI_OK)
        result = ask_limit(sending);
    if (result == LUCI_BUSY && sending->letter.to) /* other mails to the recipient are being sent */
        return with_database(sending, postpone, why);
    if (result == LUCI_THROTTLED && sending->kind->waits)
        return with_database(sending, await_room, why);
    if (result == LUCI_OK)
        result = send_prepared(sending, why);
    switch (result) {
    case LUCI_OK: return LUCI_OK;
    case LUCI_BUSY:
    case LUCI_UNAVAILABLE:
    case LUCI_INTERNAL: return sending->is_settled ? result : give_back(sending, result);
    case LUCI_NOT_FOUND:
    case LUCI_DENIED:
    case LUCI_EXPIRED:
    case LUCI_CONFLICT:
    case LUCI_THROTTLED:
    case LUCI_INVALID: break;
    }
    return drop(sending, result, why);
}

static luci_result_t send_next(luci_job_run_t *run, const char **why)
{
    sending_t sending = { .run = run };
    luci_result_t result;

    if (apr_pool_create(&sending.pool, run->pool) != APR_SUCCESS)
        return LUCI_INTERNAL;
    result = with_database(&sending, claim, why);
    if (result == LUCI_OK)
        result = send_claimed(&sending, why);
    else if (result == LUCI_NOT_FOUND)
        run->is_behind = 0;
    wipe(&sending);
    apr_pool_destroy(sending.pool);
    return result == LUCI_NOT_FOUND ? LUCI_OK : result;
}

static luci_result_t run_mail(luci_job_run_t *run, const char **why)
{
    sending_t over = { .run = run, .pool = run->pool };
    luci_result_t result = with_database(&over, give_up, why);

    if (result == LUCI_NOT_FOUND) /* there is no table, as the start has said */
        return LUCI_OK;
    run->is_behind = 1;
    while (result == LUCI_OK && run->is_behind && luci_job_goes_on(run))
        result = send_next(run, why);
    return result;
}

const luci_job_t luci_job_mail = {
    .failed = "mails could not be sent",
    .unloaded = "mod_watchdog is not loaded, so no mail is sent: load it",
    .interval = interval,
    .is_shared = is_shared,
    .is_better = is_better,
    .state_size = 1,
    .run = run_mail,
};
