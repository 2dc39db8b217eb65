/* SPDX-License-Identifier: Apache-2.0 */
/* SMTP by libcurl, which speaks TLS and logs in. */
#include "core/mail/transport.h"

#include "core/base/text.h"
#include "core/guard/times.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX 200 /* bytes of a reply that a log line has */

typedef struct {
    luci_delivery_t *delivery;
    size_t given;        /* bytes of the mail that libcurl has taken */
    int has_begun;       /* begin was called */
    luci_result_t begun; /* its result */
    int is_given;        /* libcurl knows the end, and so the server may */
    int code;            /* of the last reply; 0: none since then */
    char reply[REPLY_MAX];
    char error[CURL_ERROR_SIZE];
} talk_t;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_ready;

static void make_ready(void)
{
    is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* ---- What libcurl calls ---- */

/* Gives the mail. The server has accepted sender and recipient when the first part is asked for. */
static size_t give(char *buffer, size_t size, size_t number, void *baton)
{
    talk_t *talk = baton;
    const char *rest = talk->delivery->bytes + talk->given;
    size_t length = strnlen(rest, size * number);

    if (!talk->has_begun) {
        talk->has_begun = 1;
        talk->begun = talk->delivery->begin ? talk->delivery->begin(talk->delivery->baton) : LUCI_OK;
    }
    if (talk->begun != LUCI_OK)
        return CURL_READFUNC_ABORT;
    memcpy(buffer, rest, length); /* NOLINT(bugprone-not-null-terminated-result): it is no string */
    talk->given += length;
    if (length == 0) {
        talk->is_given = 1;
        talk->code = 0;
    }
    return length;
}

/* Keeps the last line that the server has sent, but not the answer to QUIT, with which libcurl leaves. */
static size_t listen_to(char *line, size_t size, size_t number, void *baton)
{
    talk_t *talk = baton;
    size_t length = size * number, kept = length < REPLY_MAX ? length : REPLY_MAX - 1;

    if (length >= 3 && memcmp(line, "221", 3) == 0)
        return length;
    memcpy(talk->reply, line, kept);
    talk->reply[kept] = '\0';
    talk->reply[strcspn(talk->reply, "\r\n")] = '\0';
    talk->code = (int)strtol(talk->reply, NULL, 10);
    return length;
}

/* Another result than 0 ends the call. */
static int go_on(void *baton, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
    const talk_t *talk = baton;
    const luci_delivery_t *delivery = talk->delivery;

    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    return !talk->has_begun && delivery->is_over && delivery->is_over(delivery->baton);
}

/* ---- A mail ---- */

static CURLcode set_security(CURL *curl, const luci_mail_server_t *server)
{
    long tls = server->tls == LUCI_MAIL_TLS_NONE ? CURLUSESSL_NONE : CURLUSESSL_ALL;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_USE_SSL, tls);

    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (code == CURLE_OK && server->ca)
        code = curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca);
    if (code == CURLE_OK && server->user)
        code = curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
    if (code == CURLE_OK && server->user)
        code = curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
    return code;
}

/* No proxy and no other protocol, whatever the environment says. */
static CURLcode set_server(CURL *curl, const luci_mail_server_t *server)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, server->url);

#if LIBCURL_VERSION_NUM >= 0x075500
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (code == CURLE_OK)
        code =
            curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)apr_time_as_msec(LUCI_MAIL_CONNECT_MAX));
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)apr_time_as_msec(LUCI_MAIL_SEND_MAX));
    return code == CURLE_OK ? set_security(curl, server) : code;
}

static CURLcode set_mail(CURL *curl, talk_t *talk, struct curl_slist *recipients)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_MAIL_FROM, talk->delivery->from);

    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_READDATA, talk);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, listen_to);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HEADERDATA, talk);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, talk->error);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_XFERINFODATA, talk);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    return code;
}

/* A login that fails and a server without TLS are the site's fault, which its administrator repairs. A reply
 * of the group 55x is about this mail or its recipient. */
static int is_refusal(const talk_t *talk, CURLcode code)
{
    return code != CURLE_LOGIN_DENIED && code != CURLE_USE_SSL_FAILED && talk->code >= 550 &&
           talk->code <= 559;
}

static luci_result_t judge(talk_t *talk, CURLcode code, apr_pool_t *pool)
{
    luci_delivery_t *delivery = talk->delivery;
    const char *why = *talk->error ? talk->error : curl_easy_strerror(code);

    if (code == CURLE_OK)
        return LUCI_OK;
    if (talk->begun != LUCI_OK)
        return talk->begun;
    delivery->is_uncertain = talk->is_given && talk->code == 0;
    delivery->why = luci_text_printable_ascii(
        talk->code >= 400 ? apr_psprintf(pool, "%s (\"%s\")", why, talk->reply) : why,
        CURL_ERROR_SIZE + REPLY_MAX, pool);
    return is_refusal(talk, code) ? LUCI_DENIED : LUCI_UNAVAILABLE;
}

static luci_result_t transfer(const luci_mail_server_t *server, luci_delivery_t *delivery, apr_pool_t *pool)
{
    talk_t talk = { .delivery = delivery };
    struct curl_slist *recipients;
    luci_result_t result = LUCI_INTERNAL;
    CURL *curl;
    CURLcode code;

    delivery->is_uncertain = 0;
    delivery->why = "there is no memory for libcurl";
    pthread_once(&once, make_ready);
    recipients = curl_slist_append(NULL, delivery->to);
    curl = is_ready && recipients ? curl_easy_init() : NULL;
    if (curl) {
        code = set_server(curl, server);
        if (code == CURLE_OK)
            code = set_mail(curl, &talk, recipients);
        if (code == CURLE_OK)
            code = curl_easy_perform(curl);
        result = judge(&talk, code, pool);
        curl_easy_cleanup(curl);
    }
    curl_slist_free_all(recipients);
    return result;
}

const luci_transport_t luci_transport_smtp = { "smtp", transfer };
const luci_transport_t luci_transport_smtps = { "smtps", transfer };
