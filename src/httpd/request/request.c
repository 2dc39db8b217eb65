/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/request.h"

#include "core/base/secret.h"
#include "core/web/forwarded.h"
#include "httpd/request/state.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

/* Proxies that ask about a request leave out its Upgrade, and over HTTP/2 a handshake has no key. */
static int is_websocket(const request_rec *r)
{
    const char *upgrade = apr_table_get(r->headers_in, "Upgrade");

    if (luci_state_forwarded(r) && (apr_table_get(r->headers_in, "Sec-WebSocket-Key") ||
                                    apr_table_get(r->headers_in, "Sec-WebSocket-Version")))
        return 1;
    return upgrade && ap_find_token(r->pool, upgrade, "websocket");
}

/* A page of any site may open a WebSocket to any other, with a GET, with cookies and without CORS. So a
 * browser's handshake, which has an Origin, is not a safe request. */
static int is_browsers_websocket(const request_rec *r)
{
    return apr_table_get(r->headers_in, "Origin") && is_websocket(r);
}

/* A method that a proxy did not name may be any; what browsers send otherwise than with GET has an Origin. */
static const char *method_of(const request_rec *r)
{
    const luci_forwarded_t *forwarded = luci_state_forwarded(r);

    if (!forwarded)
        return r->method;
    return *forwarded->method || !apr_table_get(r->headers_in, "Origin") ? forwarded->method : "POST";
}

int luci_request_may_become_h2(const request_rec *r)
{
    const char *upgrade = r->connection->master ? NULL : apr_table_get(r->headers_in, "Upgrade");

    return upgrade && ap_find_token(r->pool, upgrade, "h2c");
}

int luci_request_is_safe(const request_rec *r)
{
    static const char *const safe[] = { "GET", "HEAD", "OPTIONS", "TRACE", "" };
    const char *method = method_of(r);

    if (is_browsers_websocket(r))
        return 0;
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++) {
        if (strcmp(method, safe[i]) == 0)
            return 1;
    }
    return 0;
}

int luci_request_is_https(request_rec *r)
{
    const luci_forwarded_t *forwarded = luci_state_forwarded(luci_state_root(r));

    return strncmp(forwarded ? forwarded->origin : ap_http_scheme(r), "https", 5) == 0;
}

/* The preference for a media type in Accept: its weight in thousandths, -1 if Accept does not name it, and
 * its position in the list. */
typedef struct {
    int quality;
    int place;
} preference_t;

/* Parses a weight (RFC 9110, 12.4.2): "0" or "1" with at most three decimals. A malformed weight counts as 0.
 */
static int thousandths(const char *weight)
{
    int value = 0, digit = 100;

    if (*weight != '0' && *weight != '1')
        return 0;
    value = (*weight++ - '0') * 1000;
    if (*weight != '.')
        return value;
    for (weight++; apr_isdigit(*weight) && digit > 0; weight++, digit /= 10)
        value += (*weight - '0') * digit;
    return value < 1000 ? value : 1000;
}

static int quality_of(const char *range)
{
    const char *q = range;

    while ((q = strchr(q, ';')) != NULL) {
        q++;
        while (*q == ' ' || *q == '\t')
            q++;
        if ((q[0] == 'q' || q[0] == 'Q') && q[1] == '=')
            return thousandths(q + 2);
    }
    return 1000;
}

static int is_type(const char *range, const char *type)
{
    size_t length = strcspn(range, "; \t");

    return length == strlen(type) && ap_cstr_casecmpn(range, type, length) == 0;
}

struct luci_accepted_t {
    const char *header; /* the value of Accept that was parsed; NULL: none */
    preference_t json;
    preference_t html;
    int has_codes; /* application/json has profile=codes */
};

#define PROFILE "profile="

/* Whether a media range has the parameter profile=codes, with or without quotes. */
static int has_codes(const char *range)
{
    static const char *const values[] = { "codes", "\"codes\"" };

    while ((range = strchr(range, ';')) != NULL) {
        range++;
        range += strspn(range, " \t");
        if (ap_cstr_casecmpn(range, PROFILE, strlen(PROFILE)) != 0)
            continue;
        range += strlen(PROFILE);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            if (strcspn(range, "; \t") == strlen(values[i]) &&
                ap_cstr_casecmpn(range, values[i], strlen(values[i])) == 0)
                return 1;
        }
    }
    return 0;
}

static const luci_accepted_t *read_accept(const char *accept, apr_pool_t *pool)
{
    luci_accepted_t *accepted = apr_palloc(pool, sizeof *accepted);
    preference_t *json = &accepted->json, *html = &accepted->html;
    const char *range;
    int place = 0;

    *accepted = (luci_accepted_t){ accept, { -1, 0 }, { -1, 0 }, 0 };
    while (accept && (range = ap_get_list_item(pool, &accept)) != NULL) {
        preference_t preference = { quality_of(range), place++ };

        if (is_type(range, "application/json")) {
            *json = preference;
            accepted->has_codes |= preference.quality > 0 && has_codes(range);
        }
        else if (is_type(range, "text/html") ||
                 (html->quality < 0 && is_type(range, "application/xhtml+xml")))
            *html = preference;
    }
    return accepted;
}

/* The parsed Accept header; it is parsed once, because several decisions use it. */
static const luci_accepted_t *accepted_by(request_rec *r)
{
    luci_known_t *known = luci_state_known(r);
    const char *header = apr_table_get(r->headers_in, "Accept");

    if (!known->accepted || known->accepted->header != header)
        known->accepted = read_accept(header, r->pool);
    return known->accepted;
}

int luci_request_prefers_json(request_rec *r)
{
    const luci_accepted_t *accepted = accepted_by(r);
    const preference_t *json = &accepted->json, *html = &accepted->html;

    if (json->quality <= 0)
        return 0;
    return json->quality > html->quality || (json->quality == html->quality && json->place < html->place);
}

int luci_request_accepts_codes(request_rec *r)
{
    return accepted_by(r)->has_codes;
}

/* Whether Sec-Fetch-Mode, if the browser sends it, allows a navigation. Requests of scripts have the modes
 * cors, no-cors and websocket. Firefox sends a navigation that passes through a service worker as
 * same-origin; a script can use that mode as well, but then its Accept does not name HTML. */
static int mode_may_be_navigation(const char *mode)
{
    return !mode || ap_cstr_casecmp(mode, "navigate") == 0 || ap_cstr_casecmp(mode, "same-origin") == 0;
}

int luci_request_is_script(const request_rec *r)
{
    return !mode_may_be_navigation(apr_table_get(r->headers_in, "Sec-Fetch-Mode")) ||
           apr_table_get(r->headers_in, "X-Requested-With");
}

int luci_request_is_navigation(request_rec *r)
{
    return !luci_request_is_script(r) && accepted_by(r)->html.quality > 0;
}

int luci_request_is_browser(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");

    return luci_request_is_navigation(r) || (site && ap_cstr_casecmp(site, "same-origin") == 0);
}

/* A charset parameter may only name UTF-8 or ASCII. */
static int charset_is_utf8(const char *parameters)
{
    static const char *const names[] = { "utf-8", "utf8", "us-ascii" };
    const char *charset = ap_strcasestr(parameters, "charset=");
    size_t length;

    if (!charset)
        return 1;
    charset += strlen("charset=");
    if (*charset == '"')
        charset++;
    length = strcspn(charset, "\"; \t");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (length == strlen(names[i]) && ap_cstr_casecmpn(charset, names[i], length) == 0)
            return 1;
    }
    return 0;
}

luci_body_t luci_request_body_type(const request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    const char *coding = apr_table_get(r->headers_in, "Content-Encoding");

    if (!type || !charset_is_utf8(type) || (coding && ap_cstr_casecmp(coding, "identity") != 0))
        return LUCI_BODY_OTHER;
    if (is_type(type, "application/x-www-form-urlencoded"))
        return LUCI_BODY_FORM;
    return is_type(type, "application/json") ? LUCI_BODY_JSON : LUCI_BODY_OTHER;
}

/* The part of a body that was read so far. */
typedef struct {
    char *bytes;
    apr_size_t max;
    apr_size_t length;
} body_t;

/* Wipes a part of the body in httpd's buffers, because they outlive the request and may contain a password.
 * Only these kinds of buckets have memory that may be written. */
static void wipe_bucket(const apr_bucket *bucket, const char *data, apr_size_t size)
{
    if (APR_BUCKET_IS_HEAP(bucket) || APR_BUCKET_IS_TRANSIENT(bucket) || APR_BUCKET_IS_POOL(bucket))
        luci_secret_wipe((char *)data, size);
}

/* Appends a part to the body, and wipes it in the brigade. */
static int take_part(const apr_bucket_brigade *part, body_t *body, int *is_end)
{
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(part); bucket != APR_BRIGADE_SENTINEL(part);
         bucket = APR_BUCKET_NEXT(bucket)) {
        const char *data;
        apr_size_t size;

        if (APR_BUCKET_IS_EOS(bucket)) {
            *is_end = 1;
            return OK;
        }
        if (APR_BUCKET_IS_METADATA(bucket))
            continue;
        if (apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ) != APR_SUCCESS)
            return HTTP_BAD_REQUEST;
        if (size <= body->max - body->length) {
            memcpy(body->bytes + body->length, data, size);
            body->length += size;
            wipe_bucket(bucket, data, size);
            continue;
        }
        wipe_bucket(bucket, data, size);
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    }
    return OK;
}

/* Reads the body, in any number of parts. */
static int read_parts(request_rec *r, body_t *body)
{
    apr_bucket_brigade *part = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    int status = OK, is_end = 0;

    while (status == OK && !is_end) {
        apr_status_t rv = ap_get_brigade(r->input_filters, part, AP_MODE_READBYTES, APR_BLOCK_READ,
                                         (apr_off_t)(body->max - body->length) + 1);

        if (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(part))
            status = take_part(part, body, &is_end);
        else
            status = HTTP_BAD_REQUEST;
        apr_brigade_cleanup(part);
    }
    if (status != OK)
        r->connection->keepalive = AP_CONN_CLOSE; /* The rest of the body is not read. */
    apr_brigade_destroy(part);
    return status;
}

/* A client that waits for 100 Continue has sent nothing. */
void luci_request_wipe_body(request_rec *r)
{
    body_t unread = { .bytes = apr_palloc(r->pool, LUCI_FORM_BYTES_MAX), .max = LUCI_FORM_BYTES_MAX };
    apr_bucket_brigade *part = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    int is_end = 0;

    if (!r->expecting_100 && ap_get_brigade(r->input_filters, part, AP_MODE_READBYTES, APR_NONBLOCK_READ,
                                            LUCI_FORM_BYTES_MAX) == APR_SUCCESS)
        (void)take_part(part, &unread, &is_end);
    luci_secret_wipe(unread.bytes, unread.length);
    apr_brigade_destroy(part);
}

/* Reads the body. Returns OK or an HTTP status. */
static int read_body(request_rec *r, body_t *body)
{
    int status = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK);

    if (status != OK)
        return status;
    if (r->remaining > (apr_off_t)body->max) {
        luci_request_wipe_body(r);
        r->connection->keepalive = AP_CONN_CLOSE;
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    }
    return ap_should_client_block(r) ? read_parts(r, body) : OK;
}

int luci_request_read_form(request_rec *r, luci_form_t *form)
{
    luci_body_t type = luci_request_body_type(r);
    luci_result_t result = LUCI_INVALID;
    body_t body = { .max = form->bytes_max };
    int status;

    memset(form->values, 0, sizeof form->values);
    if (type == LUCI_BODY_OTHER) {
        luci_request_wipe_body(r);
        return HTTP_UNSUPPORTED_MEDIA_TYPE;
    }
    body.bytes = apr_palloc(r->pool, body.max + 1);
    status = read_body(r, &body);
    if (status == OK)
        result = type == LUCI_BODY_JSON ? luci_form_parse_json(body.bytes, body.length, form, r->pool)
                                        : luci_form_parse_urlencoded(body.bytes, body.length, form, r->pool);
    luci_secret_wipe(body.bytes, body.max + 1);
    if (status != OK)
        return status;
    return result == LUCI_OK ? OK : HTTP_BAD_REQUEST;
}
