/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"
#include "core/config/connect_params.h"
#include "core/config/directive_types.h"
#include "core/config/log_target.h"
#include "core/mail/mailbox.h"
#include "core/mail/notice_kind.h"
#include "core/mail/transport.h"
#include "core/web/url.h"

#include <apr_file_info.h>
#include <apr_strings.h>

#include <string.h>

/* ---- LuciaMail ---- */

#define SENDMAIL "/usr/sbin/sendmail"
#define WORDS_MAX 5

static const char *allowed_mail_server(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "sendmail or sendmail:/path; or smtp://HOST[:PORT] or smtps://HOST[:PORT], with user=NAME and "
           "password={file:/path} or password={env:NAME} for a login, ca=FILE for a certificate authority of "
           "your own, and tls=required or tls=off for smtp; or off";
}

static const char *parse_program(luci_mail_server_t *server, const char *word, apr_pool_t *pool)
{
    server->transport = &luci_transport_sendmail;
    server->program = word[strlen("sendmail")] ? word + strlen("sendmail:") : SENDMAIL;
    if (*server->program != '/')
        return "the path of the program must start with a slash";
    return luci_log_program_problem(apr_pstrcat(pool, "\"", server->program, "\"", NULL), pool);
}

/* A host on this machine: what is sent to it leaves no machine. */
static int is_here(const char *host)
{
    size_t length = strcspn(host, ":");

    return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 ||
           (length == 9 && strncasecmp(host, "localhost", 9) == 0);
}

static const char *parse_url(luci_mail_server_t *server, const char *word, apr_pool_t *pool)
{
    const char *host = strstr(word, "://") + 3, *origin;

    server->transport = word[4] == 's' ? &luci_transport_smtps : &luci_transport_smtp;
    server->url = word;
    if (server->transport == &luci_transport_smtp && is_here(host))
        server->tls = LUCI_MAIL_TLS_NONE;
    if (luci_url_origin(apr_pstrcat(pool, "http://", host, NULL), &origin, pool) != LUCI_OK)
        return "behind :// there is a host, and perhaps a port, and nothing else";
    return NULL;
}

static const char *parse_password(luci_mail_server_t *server, const char *place, apr_pool_t *pool)
{
    const char *problem = NULL;

    return luci_connect_secret(place, &server->password, &problem, pool) == LUCI_OK ? NULL : problem;
}

static const char *parse_ca(luci_mail_server_t *server, const char *word, apr_pool_t *pool)
{
    apr_finfo_t info;

    server->ca = luci_word_path(word, pool);
    if (!server->ca || apr_stat(&info, server->ca, APR_FINFO_TYPE, pool) != APR_SUCCESS ||
        info.filetype != APR_REG)
        return "the file of ca= does not exist";
    return NULL;
}

static const char *parse_tls(luci_mail_server_t *server, const char *word)
{
    if (strcasecmp(word, "required") == 0)
        server->tls = LUCI_MAIL_TLS_REQUIRED;
    else if (strcasecmp(word, "off") == 0 && server->transport == &luci_transport_smtp)
        server->tls = LUCI_MAIL_TLS_NONE;
    else
        return "tls= is required or, with smtp://, off";
    return NULL;
}

static const char *parse_option(luci_mail_server_t *server, const char *word, apr_pool_t *pool)
{
    if (strncmp(word, "user=", 5) == 0 && word[5] &&
        luci_text_printable_bytes(word, strlen(word)) == strlen(word)) {
        server->user = word + 5;
        return NULL;
    }
    if (strncmp(word, "password=", 9) == 0)
        return parse_password(server, word + 9, pool);
    if (strncmp(word, "ca=", 3) == 0)
        return parse_ca(server, word + 3, pool);
    return strncmp(word, "tls=", 4) == 0 ? parse_tls(server, word + 4) : "a word is not known";
}

static const char *parse_smtp(luci_mail_server_t *server, const apr_array_header_t *words, apr_pool_t *pool)
{
    const char *problem = parse_url(server, LUCI_WORD(words, 0), pool);

    for (int i = 1; i < words->nelts && !problem; i++)
        problem = parse_option(server, LUCI_WORD(words, i), pool);
    if (problem)
        return problem;
    if (!server->user != !server->password)
        return "user= and password= belong together";
    if (server->user && server->tls == LUCI_MAIL_TLS_NONE && !is_here(strstr(server->url, "://") + 3))
        return "with tls=off there is no login, because a password would be sent unencrypted";
    return NULL;
}

static const char *parse_mail_server(const apr_array_header_t *words, const luci_limits_t *limits,
                                     void *value, apr_pool_t *pool)
{
    const char *word = LUCI_WORD(words, 0), *problem = "the first word is not known";
    luci_mail_server_t server = { .tls = LUCI_MAIL_TLS_REQUIRED };

    if (words->nelts == 1 && luci_word_is_off(limits, word)) {
        *(luci_mail_server_value_t *)value = NULL;
        return NULL;
    }
    if (words->nelts == 1 && (strcmp(word, "sendmail") == 0 || strncmp(word, "sendmail:", 9) == 0))
        problem = parse_program(&server, word, pool);
    else if (strncmp(word, "smtp://", 7) == 0 || strncmp(word, "smtps://", 8) == 0)
        problem = parse_smtp(&server, words, pool);
    if (problem)
        return apr_pstrcat(pool, problem, "; allowed is ", allowed_mail_server(limits, pool), NULL);
    *(luci_mail_server_value_t *)value = apr_pmemdup(pool, &server, sizeof server);
    return NULL;
}

const luci_type_t luci_type_mail_server = {
    sizeof(luci_mail_server_value_t), 1, WORDS_MAX, parse_mail_server, allowed_mail_server, NULL, 1
};

/* ---- LuciaMailFrom ---- */

static const char *allowed_mail_sender(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "ADDRESS [NAME], such as accounts@example.org \"Example Site\"";
}

static const char *parse_mail_sender(const apr_array_header_t *words, const luci_limits_t *limits,
                                     void *value, apr_pool_t *pool)
{
    luci_mail_sender_value_t sender = { .name = words->nelts > 1 ? LUCI_WORD(words, 1) : NULL };
    size_t length = sender.name ? strlen(sender.name) : 0;

    if (luci_mailbox_check(LUCI_WORD(words, 0), &sender.address, pool) != LUCI_OK ||
        (sender.name && (luci_text_valid_bytes(sender.name, length) != length ||
                         luci_text_printable_bytes(sender.name, length) != length)))
        return allowed_mail_sender(limits, pool);
    *(luci_mail_sender_value_t *)value = sender;
    return NULL;
}

const luci_type_t luci_type_mail_sender = {
    sizeof(luci_mail_sender_value_t), 1, 2, parse_mail_sender, allowed_mail_sender, NULL, 0
};

/* ---- LuciaApprovalMail ---- */

static const char *allowed_mailbox(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "an e-mail address such as admins@example.org, or off";
}

static const char *parse_mailbox(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                 apr_pool_t *pool)
{
    luci_mailbox_value_t mailbox = NULL;

    if (!luci_word_is_off(limits, LUCI_WORD(words, 0)) &&
        luci_mailbox_check(LUCI_WORD(words, 0), &mailbox, pool) != LUCI_OK)
        return allowed_mailbox(limits, pool);
    *(luci_mailbox_value_t *)value = mailbox;
    return NULL;
}

const luci_type_t luci_type_mailbox = {
    sizeof(luci_mailbox_value_t), 1, 1, parse_mailbox, allowed_mailbox, NULL, 0
};

/* ---- LuciaMailNotices ---- */

#define NOTICES_MAX 5

static const char *allowed_mail_notices(const luci_limits_t *limits, apr_pool_t *pool)
{
    const char *words = "";

    (void)limits;
    for (const luci_mail_notice_kind_t *kind = luci_mail_notice_kind_list; kind->word; kind++)
        words = apr_pstrcat(pool, words, *words ? ", " : "one or more of ", kind->word, NULL);
    return apr_pstrcat(pool, words, "; or none", NULL);
}

/* 0: it is no word of a notice. */
static int notice_bit(const char *word)
{
    const luci_mail_notice_kind_t *kind = luci_mail_notice_kind_list;

    while (kind->word && strcasecmp(kind->word, word) != 0)
        kind++;
    return kind->bit;
}

static const char *parse_mail_notices(const apr_array_header_t *words, const luci_limits_t *limits,
                                      void *value, apr_pool_t *pool)
{
    luci_mail_notices_value_t notices = 0;
    int is_none = words->nelts == 1 && strcasecmp(LUCI_WORD(words, 0), "none") == 0;

    for (int i = 0; i < words->nelts && !is_none; i++) {
        int bit = notice_bit(LUCI_WORD(words, i));

        if (!bit || notices & bit)
            return allowed_mail_notices(limits, pool);
        notices |= bit;
    }
    *(luci_mail_notices_value_t *)value = notices;
    return NULL;
}

const luci_type_t luci_type_mail_notices = {
    sizeof(luci_mail_notices_value_t), 1, NOTICES_MAX, parse_mail_notices, allowed_mail_notices, NULL, 0
};

/* ---- LuciaEmailDomains ---- */

#define EMAIL_DOMAINS_MAX 200

static const char *allowed_email_domains(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "domains of addresses, such as example.com, and *.example.com for all below it; or off alone";
}

/* The form in which domains are compared; NULL: it is none. */
static const char *email_domain(const char *word, apr_pool_t *pool)
{
    int is_below = strncmp(word, "*.", 2) == 0;
    const char *mailbox;

    if (luci_mailbox_check(apr_pstrcat(pool, "x@", is_below ? word + 2 : word, NULL), &mailbox, pool) !=
        LUCI_OK)
        return NULL;
    return apr_pstrcat(pool, is_below ? "*." : "", luci_mailbox_domain(mailbox), NULL);
}

static const char *parse_email_domains(const apr_array_header_t *words, const luci_limits_t *limits,
                                       void *value, apr_pool_t *pool)
{
    apr_array_header_t *domains = apr_array_make(pool, words->nelts, sizeof(const char *));
    int none = words->nelts == 1 && luci_word_is_off(limits, LUCI_WORD(words, 0));

    for (int i = 0; i < words->nelts && !none; i++) {
        const char *word = LUCI_WORD(words, i), *domain = email_domain(word, pool);

        if (!domain || luci_word_is_off(limits, word))
            return allowed_email_domains(limits, pool);
        APR_ARRAY_PUSH(domains, const char *) = domain;
    }
    *(luci_email_domains_value_t *)value = domains;
    return NULL;
}

const luci_type_t luci_type_email_domains = { sizeof(luci_email_domains_value_t),
                                              1,
                                              EMAIL_DOMAINS_MAX,
                                              parse_email_domains,
                                              allowed_email_domains,
                                              NULL,
                                              0 };
