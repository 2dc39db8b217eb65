/* SPDX-License-Identifier: Apache-2.0 */
/* The types of directive values. Each type is a record with a parser, the number of words that it takes, and
 * a phrase that says what is allowed. A parser writes nothing but *value, and only if it accepts the words;
 * strings are from the given pool. */
#ifndef LUCI_DIRECTIVE_TYPES_H
#define LUCI_DIRECTIVE_TYPES_H

#include "core/config/configuration.h"

#include <stddef.h>

/* What a row allows within its type. A type ignores the members that it does not use. */
typedef struct {
    apr_int64_t min; /* times: milliseconds; lengths: UTF-16 units; quotas: their units */
    apr_int64_t max;
    const char *units;          /* quotas: what is counted, for messages */
    luci_ms_t wait;             /* quotas: the default of WAIT */
    int off;                    /* 1: the word "off" is allowed and means "none" (0 or NULL) */
    int automatic;              /* times: the word "auto" is allowed and means LUCI_TIME_AUTO */
    const char *const *choices; /* ends with NULL; the value is the index */
} luci_limits_t;

#define LUCI_WORD(words, n) APR_ARRAY_IDX(words, n, const char *)

/* Parses words (const char *, as many as the type takes). Returns NULL if *value was set, otherwise the rule
 * that is violated, as a phrase that can follow "is not allowed: ". limits is NULL if the row has none. */
typedef const char *luci_parse_fn(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                  apr_pool_t *pool);

/* What is allowed, as a phrase of the same kind. */
typedef const char *luci_allowed_fn(const luci_limits_t *limits, apr_pool_t *pool);

typedef struct {
    size_t size; /* bytes of *value */
    int min_words;
    int max_words;
    luci_parse_fn *parse;
    luci_allowed_fn *allowed;
    void (*append)(void *value,
                   const void *more); /* adds the value of a repeated line; NULL: the last line counts */
    int secret; /* the words may contain secrets and are never shown; messages consist of the phrase alone */
} luci_type_t;

#define LUCI_WORDS_ANY 1000 /* max_words of a list that has no bound of its own */

/* The C types of the values; directives.c checks the members of its rows against these. */
typedef int luci_flag_value_t;
typedef unsigned int luci_choice_value_t; /* an enum without negative values */
typedef luci_signup_t luci_signup_value_t;
typedef luci_ms_t luci_time_value_t;
typedef int luci_count_value_t;
typedef luci_length_t luci_lengths_value_t;
typedef luci_quota_t luci_quota_value_t;
typedef luci_hash_cost_t luci_hash_cost_value_t;
typedef luci_database_t luci_database_value_t;
typedef luci_cache_name_t luci_cache_name_value_t;
typedef luci_throttle_limits_t luci_throttle_value_t;
typedef const struct luci_block_list_t *luci_block_list_value_t;
typedef apr_array_header_t *luci_password_words_value_t;
typedef const char *luci_secret_place_value_t;
typedef const struct luci_seal_keys_t *luci_seal_keys_value_t;
typedef const struct luci_mail_server_t *luci_mail_server_value_t;
typedef const char *luci_origin_value_t;
typedef luci_mail_sender_t luci_mail_sender_value_t;
typedef const char *luci_mailbox_value_t;
typedef int luci_mail_notices_value_t; /* bits of LUCI_MAIL_NOTICE_... */
typedef apr_array_header_t *luci_email_domains_value_t;
typedef const char *luci_socket_value_t;
typedef luci_site_identity_t luci_site_identity_value_t;
typedef apr_array_header_t *luci_languages_value_t;
typedef luci_tables_t luci_tables_value_t;
typedef apr_array_header_t *luci_attributes_value_t;
typedef apr_array_header_t *luci_asked_attributes_value_t;
typedef apr_array_header_t *luci_origins_value_t;
typedef apr_array_header_t *luci_hosts_value_t;
typedef apr_array_header_t *luci_networks_value_t;
typedef const char *luci_column_value_t;
typedef const char *luci_cookie_name_value_t;
typedef const char *luci_cookie_path_value_t;
typedef const char *luci_cookie_domain_value_t;
typedef const char *luci_login_url_value_t;
typedef const char *luci_local_url_value_t;
typedef const char *luci_mount_value_t;
typedef const char *luci_folder_value_t;
typedef const char *luci_log_target_value_t;
typedef const luci_adopt_t *luci_adopt_value_t;

/* Numbers and choices: directive_types.c */
extern const luci_type_t luci_type_flag;      /* On or Off */
extern const luci_type_t luci_type_signup;    /* On, Off, invite or approval */
extern const luci_type_t luci_type_choice;    /* one word of limits->choices, whatever its case */
extern const luci_type_t luci_type_time;      /* 10s, 5min, 24h, 14d; a bare number is seconds */
extern const luci_type_t luci_type_count;     /* a number */
extern const luci_type_t luci_type_lengths;   /* MIN MAX */
extern const luci_type_t luci_type_quota;     /* MAX [WAIT], MAX may be auto */
extern const luci_type_t luci_type_hash_cost; /* argon2id [m=KiB] [t=N] [p=N], or lucia-scrypt */

/* 1 if the word is "off" and the row allows it. */
int luci_word_is_off(const luci_limits_t *limits, const char *word);

/* Reads a number without a unit, or a duration with one. 0: it is not a number, or it is out of bounds. */
int luci_word_number(const char *word, apr_int64_t min, apr_int64_t max, apr_int64_t *number);
int luci_word_ms(const char *word, luci_ms_t *ms);

/* The next word of a line, from pool, in the syntax of httpd: a word in quotes (" or ') may contain white
 * space, and a backslash before a backslash or the quote makes that a normal character. *line advances to the
 * next word; it is "" at the end. */
const char *luci_word_next(const char **line, apr_pool_t *pool);

/* All words of a line (const char *), from pool. */
apr_array_header_t *luci_words(const char *line, apr_pool_t *pool);

/* The folder that relative paths start from, httpd's ServerRoot. One for the whole process; must be set
 * before values are parsed. */
extern const char *luci_directive_root;

/* The absolute form of path, relative to luci_directive_root, from pool. NULL: it is not possible. */
const char *luci_word_path(const char *path, apr_pool_t *pool);

/* Names: directive_names.c */

#define LUCI_IDENTIFIER_BYTES_MAX 63 /* PostgreSQL's limit, the smallest of the three engines */

/* 1 if the word consists of letters, digits and underscores and does not start with a digit, as names of
 * tables and columns must. */
int luci_word_is_identifier(const char *word);

extern const luci_type_t luci_type_database;   /* DRIVER PARAMS */
extern const luci_type_t luci_type_cache_name; /* PROVIDER[:ARGS] */
extern const luci_type_t luci_type_tables;     /* three different identifiers */
extern const luci_type_t luci_type_attributes;
extern const luci_type_t luci_type_asked_attributes; /* a list, never NULL; "off" is the empty list */
extern const luci_type_t luci_type_column;           /* one identifier */
extern const luci_type_t luci_type_cookie_name;
extern const luci_type_t luci_type_cookie_path;
extern const luci_type_t luci_type_cookie_domain;
extern const luci_type_t luci_type_languages; /* different language tags */

/* Throttling: directive_throttle.c */
extern const luci_type_t luci_type_throttle;     /* account=N/TIME ip=N/TIME signup=N/TIME, or off */
extern const luci_type_t luci_type_secret_place; /* {file:/path} or {env:NAME}, filled in */
extern const luci_type_t luci_type_socket;       /* a path; "off" is NULL */

/* Secrets: directive_secret.c */
extern const luci_type_t
    luci_type_seal_keys; /* {file:/path} or {env:NAME}, several; the keys of the secrets */

/* Mail: directive_mail.c */
extern const luci_type_t luci_type_mail_server;   /* "off" is NULL */
extern const luci_type_t luci_type_mail_sender;   /* ADDRESS [NAME] */
extern const luci_type_t luci_type_mailbox;       /* ADDRESS; "off" is NULL */
extern const luci_type_t luci_type_mail_notices;  /* words of notice_kind.h, or "none" */
extern const luci_type_t luci_type_email_domains; /* a list, never NULL; "off" is the empty list */

/* New passwords: directive_passwords.c */
extern const luci_type_t luci_type_block_list;     /* a file, which is opened; "off" is NULL */
extern const luci_type_t luci_type_password_words; /* a list, never NULL; "off" is the empty list */

/* Origins, URLs and folders: directive_urls.c */
extern const luci_type_t luci_type_origins;       /* a list, never NULL; "off" is the empty list */
extern const luci_type_t luci_type_origin;        /* one origin */
extern const luci_type_t luci_type_login_url;     /* a path on this site, or an absolute http or https URL */
extern const luci_type_t luci_type_local_url;     /* a path on this site */
extern const luci_type_t luci_type_mount;         /* "/" or "/a/b"; a final slash is removed */
extern const luci_type_t luci_type_folder;        /* relative to ServerRoot */
extern const luci_type_t luci_type_site_identity; /* NAME [LOGO-URL]; "off" is no name */
extern const luci_type_t luci_type_log_target;    /* a file, "|program", or the word "off" */

/* Forward-auth: directive_forward.c. Lists, never NULL; "off" is the empty list */
extern const luci_type_t luci_type_hosts;    /* const char *, in lower case, HOST or HOST:PORT */
extern const luci_type_t luci_type_networks; /* apr_ipsubnet_t * */

/* Accounts of people whom other modules have identified: directive_adopt.c */
extern const luci_type_t luci_type_adopt; /* NAME [OPTION=VALUE]... */

#endif
