/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mail/mailbox.h"

#include "core/base/text.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <idn2.h>
#include <string.h>

/* RFC 5321, 4.5.3.1. */
#define LOCAL_BYTES_MAX 64
#define DOMAIN_BYTES_MAX 253
#define LABEL_BYTES_MAX 63

/* RFC 5322, 3.2.3: atext. */
#define SPECIAL "!#$%&'*+-/=?^_`{|}~"

static int is_in_atom(char c)
{
    return apr_isascii(c) && (apr_isalnum(c) || (c && strchr(SPECIAL, c)));
}

/* RFC 5322, 3.2.3: dot-atom-text. */
static int is_local_part(const char *text, size_t length)
{
    if (length == 0 || length > LOCAL_BYTES_MAX || text[0] == '.' || text[length - 1] == '.')
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (!is_in_atom(text[i]) && (text[i] != '.' || text[i + 1] == '.'))
            return 0;
    }
    return 1;
}

static int is_label(const char *label, size_t length)
{
    if (length == 0 || length > LABEL_BYTES_MAX || label[0] == '-' || label[length - 1] == '-')
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (!apr_isascii(label[i]) || (!apr_isalnum(label[i]) && label[i] != '-'))
            return 0;
    }
    return 1;
}

/* The last label of a name is no number, or the name would be an IPv4 address. */
static int is_domain(const char *domain)
{
    const char *label = domain;

    if (strlen(domain) > DOMAIN_BYTES_MAX)
        return 0;
    for (;;) {
        size_t length = strcspn(label, ".");

        if (!is_label(label, length))
            return 0;
        if (!label[length])
            return strspn(label, "0123456789") != length;
        label += length + 1;
    }
}

/* The domain in ASCII, from pool; NULL: it is none. Without IDN2_USE_STD3_ASCII_RULES, which would remove
 * what is not allowed instead of refusing it. */
static const char *ascii_domain(const char *text, apr_pool_t *pool)
{
    char *ascii = NULL;
    const char *domain = NULL;

    if (idn2_to_ascii_8z(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
        return NULL;
    if (is_domain(ascii))
        domain = apr_pstrdup(pool, ascii);
    idn2_free(ascii);
    return domain;
}

luci_result_t luci_mailbox_check(const char *text, const char **mailbox, apr_pool_t *pool)
{
    size_t length = strlen(text);
    const char *at = strchr(text, '@'), *domain;

    if (!at || length > LUCI_MAILBOX_BYTES_MAX || luci_text_valid_bytes(text, length) != length ||
        luci_text_printable_bytes(text, length) != length || !is_local_part(text, (size_t)(at - text)))
        return LUCI_INVALID;
    domain = ascii_domain(at + 1, pool);
    if (!domain || (size_t)(at - text) + 1 + strlen(domain) > LUCI_MAILBOX_BYTES_MAX)
        return LUCI_INVALID;
    *mailbox = apr_pstrcat(pool, apr_pstrmemdup(pool, text, (apr_size_t)(at - text)), "@", domain, NULL);
    return LUCI_OK;
}

const char *luci_mailbox_domain(const char *mailbox)
{
    return strchr(mailbox, '@') + 1;
}
