/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that the core needs. The configuration fills them once; they are read-only afterwards, and
 * their strings and arrays belong to the configuration's pool. Every member has a valid value: there is no
 * "unset". */
#ifndef LUCI_SETTINGS_H
#define LUCI_SETTINGS_H

#include <apr.h>
#include <apr_tables.h>

/* A time or a duration in milliseconds; times count from 1970-01-01 UTC, as in Lucia's tables. */
typedef apr_int64_t luci_ms_t;

#define LUCI_MS_SECOND ((luci_ms_t)1000)
#define LUCI_MS_MINUTE (60 * LUCI_MS_SECOND)
#define LUCI_MS_HOUR (60 * LUCI_MS_MINUTE)
#define LUCI_MS_DAY (24 * LUCI_MS_HOUR)

/* How long the form of a browser that comes again, as after a double click, is answered as the first one. */
#define LUCI_TWICE_WITHIN (60 * LUCI_MS_SECOND)

/* The largest time of a JavaScript Date. Sums and differences of two times between this and its negative do
 * not overflow. */
#define LUCI_TIMESTAMP_MAX ((luci_ms_t)8640000000000000)

#define LUCI_SESSION_ID_LENGTH 40                          /* characters of [a-z0-9], as Lucia v2 */
#define LUCI_USER_ID_LENGTH 15                             /* characters of [a-z0-9], as Lucia v2 */
#define LUCI_ATTRIBUTES_MAX 16                             /* columns that LuciaUserAttributes may name */
#define LUCI_ATTRIBUTES_READ_MAX (LUCI_ATTRIBUTES_MAX + 2) /* columns that are read; LuciaEmail adds two */

/* LuciaSessionTokens: how the session table stores a session id. */
typedef enum {
    LUCI_TOKENS_HASHED, /* lower-case hex of its SHA-256: a dump of the table contains no usable id */
    LUCI_TOKENS_PLAIN   /* unchanged, so that a Lucia v2 application can share the table */
} luci_tokens_t;

/* LuciaUsernameProfile: which new usernames are allowed. */
typedef enum {
    LUCI_PROFILE_PERMISSIVE, /* any text without invisible characters (policy.h) */
    LUCI_PROFILE_PRECIS      /* RFC 8265 */
} luci_profile_t;

/* Bounds of a length in UTF-16 units (JavaScript's .length), inclusive. */
typedef struct {
    int min;
    int max;
} luci_length_t;

typedef enum {
    LUCI_HASH_ARGON2ID,
    LUCI_HASH_LUCIA_SCRYPT /* Lucia v2's "s2:salt:hex"; its cost is fixed */
} luci_hash_kind_t;

/* LuciaPasswordHash: algorithm and cost of new password hashes; the numbers are m, t and p of RFC 9106. */
typedef struct {
    luci_hash_kind_t kind;
    apr_uint32_t memory_kib;
    apr_uint32_t passes;
    apr_uint32_t lanes;
} luci_hash_cost_t;

/* LuciaArgon2: the library that computes Argon2. All of them compute the same bytes. */
typedef enum {
    LUCI_ARGON2_AUTO, /* httpd measures and chooses one of the others when it starts; where nothing is
                         measured: as LIBSODIUM on processors with AVX2, otherwise as LIBARGON2 */
    LUCI_ARGON2_LIBARGON2,
    LUCI_ARGON2_LIBSODIUM /* libargon2 for hashes that libsodium cannot compute */
} luci_argon2_library_t;

/* LuciaSecondFactor: whether people may, or must, sign in with more than a password. */
typedef enum {
    LUCI_SECOND_FACTOR_OFF, /* nothing of it is made, read or asked of the database */
    LUCI_SECOND_FACTOR_OPTIONAL,
    LUCI_SECOND_FACTOR_REQUIRED
} luci_second_factor_t;

/* LuciaPasskeys: whether people may sign in with passkeys. */
typedef enum {
    LUCI_PASSKEYS_OFF, /* nothing of it is made, read or asked of the database */
    LUCI_PASSKEYS_ON,  /* beside passwords */
    LUCI_PASSKEYS_ONLY /* no password signs a user in */
} luci_passkeys_t;

/* LuciaEmail: whether accounts have addresses that are verified by mail. */
typedef enum {
    LUCI_EMAIL_OFF, /* nothing of it is made, read or asked of the database */
    LUCI_EMAIL_OPTIONAL,
    LUCI_EMAIL_REQUIRED
} luci_email_t;

/* LuciaMailNotices: what people are told by mail, as bits. Without LuciaMail they are told nothing. */
enum {
    LUCI_MAIL_NOTICE_DEVICE = 1, /* a sign-in on a device that is new to the account */
    LUCI_MAIL_NOTICE_PASSWORD = 2,
    LUCI_MAIL_NOTICE_EMAIL = 4,
    LUCI_MAIL_NOTICE_FACTOR = 8,
    LUCI_MAIL_NOTICE_USERNAME = 16
};

/* LuciaSignup: who may create an account. */
typedef enum {
    LUCI_SIGNUP_OFF,
    LUCI_SIGNUP_ON,
    LUCI_SIGNUP_INVITE,  /* people with an invitation (core/invitation) */
    LUCI_SIGNUP_APPROVAL /* anyone, but an administrator has to approve the account (LUCI_USER_WAITING) */
} luci_signup_t;

typedef struct {
    apr_uint32_t max; /* attempts within the period; 0: no limit */
    luci_ms_t period;
} luci_limit_t;

/* LuciaThrottle; throttle_kind.h describes what is counted. */
typedef struct {
    luci_limit_t account; /* failed sign-ins */
    luci_limit_t address;
    luci_limit_t sign_up;
    luci_limit_t account_success; /* successful sign-ins, because each of them costs a hash, too */
    luci_limit_t address_success;
    luci_limit_t factor;      /* wrong codes of a second factor */
    luci_limit_t mail;        /* mails to one recipient, and requests for one name */
    luci_limit_t mail_client; /* requests for a mail from one address */
    luci_limit_t mail_notice; /* mails to one recipient that tell of a change */
} luci_throttle_limits_t;

/* LuciaSignupAttributes, LuciaUserEditable: an attribute that a form asks for. */
typedef struct {
    const char *name; /* of the column, one of the attributes */
    int is_optional;
} luci_asked_attribute_t;

/* Names of the three tables; they consist of letters, digits and underscores. */
typedef struct {
    const char *user;
    const char *key;
    const char *session;
} luci_tables_t;

/* LuciaSite: what the site calls itself. */
typedef struct {
    const char *name;        /* UTF-8; NULL: none */
    const char *logo;        /* a path on this site or an absolute URL; NULL: none */
    const char *logo_origin; /* canonical, of an absolute URL; NULL: this site's own */
} luci_site_identity_t;

/* LuciaMailFrom: from whom mails come. */
typedef struct {
    const char *address; /* as luci_mailbox_check (core/mail) returns it; NULL: not set */
    const char *name;    /* UTF-8 without control characters; NULL: none */
} luci_mail_sender_t;

typedef struct {
    luci_ms_t active_period;
    luci_ms_t idle_period;
    luci_ms_t max_lifetime; /* 0: no limit */
    int max_sessions;       /* of a user; 0: LUCI_SESSIONS_MAX (session.h) */
    luci_tokens_t tokens;
    luci_length_t username_length; /* for sign-up; sign-in accepts 1 and more */
    luci_length_t password_length; /* for sign-up; sign-in accepts 1 and more */
    luci_profile_t username_profile;
    const struct luci_block_list_t *block_list; /* of passwords (block_list.h); NULL: none */
    apr_array_header_t *password_words;         /* const char *, folded (luci_policy_fold); NULL: as empty */
    luci_site_identity_t site;                  /* no new password may be its name */
    const struct luci_seal_keys_t *seal_keys;   /* of LuciaSecret (core/seal); NULL: there is none */
    const struct luci_mail_server_t *mail;      /* LuciaMail (core/mail); NULL: no mail is sent */
    luci_mail_sender_t mail_from;
    luci_email_t email;
    apr_array_header_t *email_domains; /* const char *, LuciaEmailDomains: "example.com", "*.example.com", in
                                          lower case and ASCII; NULL: as empty, which is any */
    int has_approval;                  /* 1: LuciaSignup approval, perhaps in a section (luci_site_needs) */
    int has_proofs;            /* 1: a directive needs recent proofs of the password, perhaps in a section */
    const char *approval_mail; /* LuciaApprovalMail, as luci_mailbox_check returns it; NULL: off */
    int mail_notices;          /* bits of LUCI_MAIL_NOTICE_... */
    int activity;              /* 1: what happens to accounts is written down (core/activity) */
    luci_second_factor_t second_factor;
    luci_passkeys_t passkeys;
    int groups; /* 1: users have groups (core/group); 0: nothing of them is made, read or asked for */
    luci_hash_cost_t hash;
    luci_argon2_library_t argon2;
    luci_tables_t tables;
    apr_array_header_t *attributes; /* const char *: further columns of the user table; "username" is allowed,
                                       and is then read twice */
    apr_array_header_t *signup;     /* luci_asked_attribute_t, of sign-up; NULL: as empty */
    apr_array_header_t *editable;   /* luci_asked_attribute_t, of the profile; NULL: as empty */
} luci_settings_t;

/* The number of values that are read with each user: the attributes, and after them the groups if there are
 * any. */
int luci_settings_values(const luci_settings_t *settings);

/* 1 if the attributes have the column. */
int luci_settings_has_attribute(const luci_settings_t *settings, const char *column);

/* The directive that has an attribute's column read, for messages. */
const char *luci_settings_attribute_line(const luci_settings_t *settings, const char *column);

/* 1 if both have the same attributes in the same order. */
int luci_settings_same_attributes(const luci_settings_t *a, const luci_settings_t *b);

/* 1 if sessions say with how many factors their users have signed in: a second factor, or a passkey, which
 * counts as two. */
int luci_settings_count_factors(const luci_settings_t *settings);

/* 1 if both need the same tables and columns, so that one database handle can serve both. A maximum lifetime
 * matters because a handle is refused if it needs a column that the database lacks, and LuciaSecondFactor,
 * LuciaPasskeys, LuciaGroups, LuciaMail and LuciaEmail because they decide which columns and tables are used.
 */
int luci_settings_share_columns(const luci_settings_t *a, const luci_settings_t *b);

/* 1 if a list of luci_asked_attribute_t has the column. */
int luci_settings_asks_for(const apr_array_header_t *asked, const char *column);

#endif
