/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/block_list.h"

#include "core/base/secret.h"
#include "core/files/trusted_path.h"
#include "core/password/policy.h"

#include <apr_lib.h>
#include <apr_sha1.h>
#include <apr_strings.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA1_HEX 40                  /* digits of a hash */
#define NTLM_HEX 32                  /* digits of the hashes of Have I Been Pwned's other list */
#define LINE_MAX_BYTES 128           /* of a hash, its count, the blanks that pad some editions, and CR LF */
#define WINDOW (2L * LINE_MAX_BYTES) /* bytes that contain the rest of a line and the next whole line */
#define WHOLE_CHECK_BYTES (1024L * 1024) /* a file up to this size is checked line by line */
#define SAMPLES 64                       /* of a larger file */
#define PASSWORD_LINE_MAX 4096           /* bytes of a line that can be a password; longer ones are skipped */
#define BOM "\xEF\xBB\xBF"
#define COMMENT "#!comment:"

struct luci_block_list_t {
    const char *path;
    int file;              /* of sorted hashes, open for reading; -1: a list of passwords */
    off_t begin;           /* of the first line, behind a byte order mark */
    off_t end;             /* of the last line, before line ends and blanks */
    apr_uint64_t *entries; /* of passwords: hash_of each, sorted */
    size_t count;
};

/* ---- Reading ---- */

/* Reads up to length bytes; fewer only at the end of the file. -1: errno says why. */
static ssize_t read_at(int file, char *to, size_t length, off_t from)
{
    size_t done = 0;

    while (done < length) {
        ssize_t bytes = pread(file, to + done, length - done, from + (off_t)done);

        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes < 0)
            return -1;
        if (bytes == 0)
            break;
        done += (size_t)bytes;
    }
    return (ssize_t)done;
}

/* ---- Lines of sorted hashes ---- */

/* The number of hexadecimal digits at the start of a text that need not end with NUL. */
static size_t hex_digits(const char *text, size_t length)
{
    size_t digits = 0;

    while (digits < length && apr_isxdigit(text[digits]))
        digits++;
    return digits;
}

/* 1 if a line of so many digits goes on with ":COUNT", a blank or a line end, or ends. */
static int is_hash_line(const char *line, size_t length, size_t digits)
{
    if (hex_digits(line, length) != digits)
        return 0;
    if (length == digits || line[digits] == '\r' || line[digits] == '\n' || line[digits] == ' ')
        return 1;
    return line[digits] == ':' && length > digits + 1 && apr_isdigit(line[digits + 1]);
}

/* A COUNT of zeros is padding. */
static int is_counted(const char *line, size_t length)
{
    size_t at = SHA1_HEX + 1;

    if (length <= SHA1_HEX || line[SHA1_HEX] != ':')
        return 1;
    while (at < length && line[at] == '0')
        at++;
    return at < length && apr_isdigit(line[at]);
}

typedef struct {
    off_t start;
    off_t next;          /* of the line behind it; list->end if there is none */
    char hash[SHA1_HEX]; /* in lower case */
    int is_counted;
} line_t;

/* Reads the first line that starts at from or behind it. NOT_FOUND: there is none before the end. UNAVAILABLE
 * as luci_block_list_find. */
static luci_result_t read_line(const luci_block_list_t *list, off_t from, line_t *line)
{
    char window[WINDOW] = { 0 };
    off_t at = from > list->begin ? from - 1 : list->begin; /* A line starts behind a line end. */
    size_t wanted = list->end - at < WINDOW ? (size_t)(list->end - at) : WINDOW;
    ssize_t got = read_at(list->file, window, wanted, at);
    const char *start = window, *end;
    size_t length;

    if (got < 0 || (size_t)got < wanted)
        return LUCI_UNAVAILABLE;
    if (from > list->begin) {
        start = memchr(window, '\n', wanted < LINE_MAX_BYTES ? wanted : LINE_MAX_BYTES);
        if (!start)
            return wanted < LINE_MAX_BYTES ? LUCI_NOT_FOUND : LUCI_UNAVAILABLE;
        start++;
    }
    length = wanted - (size_t)(start - window);
    end = memchr(start, '\n', length);
    length = end ? (size_t)(end - start) : length;
    if (!is_hash_line(start, length, SHA1_HEX) || length > LINE_MAX_BYTES)
        return LUCI_UNAVAILABLE;
    line->start = at + (start - window);
    line->next = end ? line->start + (off_t)length + 1 : list->end;
    line->is_counted = is_counted(start, length);
    for (int i = 0; i < SHA1_HEX; i++)
        line->hash[i] = (char)apr_tolower(start[i]);
    return LUCI_OK;
}

/* Each turn halves what is left. All lines that start before low are smaller than the hash, and all that
 * start at high or behind it are larger. */
static luci_result_t search(const luci_block_list_t *list, const char hash[SHA1_HEX])
{
    off_t low = list->begin, high = list->end;

    while (low < high) {
        off_t middle = low + (high - low) / 2;
        line_t line = { .start = high };
        luci_result_t result = read_line(list, middle, &line);
        int order;

        if (result == LUCI_UNAVAILABLE)
            return result;
        order = result == LUCI_OK && line.start < high ? memcmp(hash, line.hash, SHA1_HEX) : -1;
        if (order == 0)
            return line.is_counted ? LUCI_OK : LUCI_NOT_FOUND;
        if (order > 0)
            low = line.next;
        else
            high = middle;
    }
    return LUCI_NOT_FOUND;
}

/* ---- Hashes of passwords ---- */

static void sha1(const char *text, size_t length, unsigned char digest[APR_SHA1_DIGESTSIZE])
{
    apr_sha1_ctx_t context;

    apr_sha1_init(&context);
    apr_sha1_update(&context, text, (unsigned int)length);
    apr_sha1_final(digest, &context);
    luci_secret_wipe(&context, sizeof context);
}

static apr_uint64_t hash_of(const char *text, size_t length)
{
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    apr_uint64_t hash;

    sha1(text, length, digest);
    memcpy(&hash, digest, sizeof hash);
    luci_secret_wipe(digest, sizeof digest);
    return hash;
}

static luci_result_t find_hash(const luci_block_list_t *list, const char *password)
{
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    char hash[SHA1_HEX + 1];
    luci_result_t result;

    sha1(password, strlen(password), digest);
    luci_secret_hex(digest, sizeof digest, hash);
    result = search(list, hash);
    luci_secret_wipe(digest, sizeof digest);
    luci_secret_wipe(hash, sizeof hash);
    return result;
}

static int compare(const void *a, const void *b)
{
    apr_uint64_t first = *(const apr_uint64_t *)a, second = *(const apr_uint64_t *)b;

    return (first > second) - (first < second);
}

/* ---- A list of passwords ---- */

static apr_status_t free_entries(void *entries)
{
    free(entries);
    return APR_SUCCESS;
}

/* Adds one line. 0: no memory, or too many lines. */
static int add_entry(luci_block_list_t *list, apr_uint64_t entry)
{
    if ((list->count & (list->count - 1)) == 0) { /* The room doubles with each power of two. */
        size_t room = list->count ? 2 * list->count : 1;
        apr_uint64_t *larger =
            list->count < LUCI_BLOCK_LIST_LINES_MAX ? realloc(list->entries, room * sizeof *larger) : NULL;

        if (!larger)
            return 0;
        list->entries = larger;
    }
    list->entries[list->count++] = entry;
    return list->count <= LUCI_BLOCK_LIST_LINES_MAX;
}

/* Folds a text in place if it is ASCII, which most lines of a list are, in any locale; 0 otherwise. */
static int fold_ascii(char *text)
{
    for (const char *at = text; *at; at++) {
        if (!apr_isascii(*at))
            return 0;
    }
    for (; *text; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
    }
    return 1;
}

/* Adds the password in a line, unless it cannot be one. 0: as add_entry. */
static int add_line(luci_block_list_t *list, char *line, apr_pool_t *scratch)
{
    char *folded = line;

    line[strcspn(line, "\r\n")] = '\0';
    if (!*line || strncmp(line, COMMENT, strlen(COMMENT)) == 0 ||
        (!fold_ascii(line) && luci_policy_fold(line, &folded, scratch) != LUCI_OK))
        return 1;
    return add_entry(list, hash_of(folded, strlen(folded)));
}

#define SCRATCH_LINES 1000 /* lines whose memory is reused together */

/* A line, as far as it can be a password. */
typedef struct {
    char bytes[PASSWORD_LINE_MAX + 1];
    int is_too_long;
    int has_nul;
} text_line_t;

/* Reads the next line, of any length, up to its end or a NUL byte. 0: there is none. */
static int next_line(FILE *stream, text_line_t *line)
{
    size_t length = 0;
    int byte = getc_unlocked(stream), is_there = byte != EOF;

    for (; byte != EOF && byte != '\n' && byte != '\0'; byte = getc_unlocked(stream)) {
        if (length < PASSWORD_LINE_MAX)
            line->bytes[length] = (char)byte;
        length++;
    }
    line->bytes[length < PASSWORD_LINE_MAX ? length : PASSWORD_LINE_MAX] = '\0';
    line->is_too_long = length > PASSWORD_LINE_MAX;
    line->has_nul = byte == '\0';
    return is_there;
}

static const char *read_lines(luci_block_list_t *list, FILE *stream, apr_pool_t *scratch)
{
    text_line_t line = { 0 };
    size_t lines = 0;
    const char *problem = NULL;

    while (!problem && next_line(stream, &line)) {
        size_t skipped = lines == 0 && strncmp(line.bytes, BOM, strlen(BOM)) == 0 ? strlen(BOM) : 0;

        if (lines++ % SCRATCH_LINES == 0)
            apr_pool_clear(scratch);
        if (line.has_nul)
            problem = "it contains NUL bytes, so that it is no list of passwords in UTF-8";
        else if (!line.is_too_long && !add_line(list, line.bytes + skipped, scratch))
            problem = apr_psprintf(apr_pool_parent_get(scratch),
                                   "it has more than %d passwords; a larger list must be one of SHA-1 "
                                   "hashes ordered by hash",
                                   LUCI_BLOCK_LIST_LINES_MAX);
    }
    if (!problem && ferror(stream))
        problem = "it cannot be read to its end";
    return problem;
}

static const char *load_passwords(luci_block_list_t *list, apr_pool_t *pool)
{
    FILE *stream = fdopen(list->file, "r");
    const char *problem = "there is no memory to read it";
    apr_pool_t *scratch;

    if (stream) {
        apr_pool_create(&scratch, pool);
        problem = read_lines(list, stream, scratch);
        apr_pool_destroy(scratch);
        fclose(stream);
    }
    else
        close(list->file);
    list->file = -1;
    apr_pool_cleanup_register(pool, list->entries, free_entries, apr_pool_cleanup_null);
    if (!problem && list->count == 0)
        return "it contains no password";
    if (!problem)
        qsort(list->entries, list->count, sizeof *list->entries, compare);
    return problem;
}

/* ---- Sorted hashes ---- */

static apr_status_t close_file(void *list)
{
    close(((luci_block_list_t *)list)->file);
    return APR_SUCCESS;
}

/* Sets the end, without the line ends and blanks behind the last line. */
static const char *find_end(luci_block_list_t *list, off_t size)
{
    char tail[WINDOW];
    off_t from = size - list->begin > WINDOW ? size - WINDOW : list->begin;
    ssize_t got = read_at(list->file, tail, (size_t)(size - from), from);

    if (got < 0 || got < (ssize_t)(size - from))
        return "it cannot be read to its end";
    while (got > 0 && strchr(" \r\n", tail[got - 1]))
        got--;
    list->end = from + got;
    return NULL;
}

static const char *misplaced(off_t at, apr_pool_t *pool)
{
    return apr_psprintf(pool,
                        "at byte %" APR_OFF_T_FMT " it is not a list of SHA-1 hashes ordered by hash, in "
                        "lines HASH:COUNT",
                        (apr_off_t)at);
}

/* Reads lines from the start to the end, the next one behind the last one or at the next sample. */
static const char *check_order(const luci_block_list_t *list, apr_pool_t *pool)
{
    off_t size = list->end - list->begin, step = size > WHOLE_CHECK_BYTES ? size / SAMPLES : 0;
    char before[SHA1_HEX] = { 0 };
    line_t line;
    luci_result_t result = LUCI_OK;

    for (off_t at = list->begin; at < list->end; at = step ? at + step : line.next) {
        result = read_line(list, at, &line);
        if (result == LUCI_NOT_FOUND)
            break;
        if (result != LUCI_OK || memcmp(before, line.hash, SHA1_HEX) > 0)
            return misplaced(result == LUCI_OK ? line.start : at, pool);
        memcpy(before, line.hash, SHA1_HEX);
    }
    result = search(list, before);
    return result == LUCI_UNAVAILABLE ? misplaced(list->end, pool) : NULL;
}

static const char *take_hashes(luci_block_list_t *list, off_t size, apr_pool_t *pool)
{
    const char *problem = find_end(list, size);

    apr_pool_cleanup_register(pool, list, close_file, apr_pool_cleanup_null);
    (void)posix_fadvise(list->file, 0, 0, POSIX_FADV_RANDOM);
    return problem ? problem : check_order(list, pool);
}

/* ---- Opening ---- */

/* Tells the format from the first line, and reads what that format needs. */
static const char *take(luci_block_list_t *list, off_t size, apr_pool_t *pool)
{
    char start[WINDOW];
    ssize_t length = read_at(list->file, start, sizeof start, 0);
    size_t begin = length >= 3 && memcmp(start, BOM, 3) == 0 ? 3 : 0;

    if (length >= 0 && is_hash_line(start + begin, (size_t)length - begin, SHA1_HEX)) {
        list->begin = (off_t)begin;
        return take_hashes(list, size, pool);
    }
    if (length >= 0 && !is_hash_line(start + begin, (size_t)length - begin, NTLM_HEX))
        return load_passwords(list, pool);
    close(list->file);
    return length < 0 ? "it cannot be read"
                      : "it has 32 hexadecimal digits a line, as a list of NTLM hashes; the list of SHA-1 "
                        "hashes is needed";
}

const luci_block_list_t *luci_block_list_open(const char *path, const char **problem, apr_pool_t *pool)
{
    luci_block_list_t *list = apr_pcalloc(pool, sizeof *list);
    struct stat info = { 0 };

    list->path = apr_pstrdup(pool, path);
    list->file = luci_trusted_open(path, O_RDONLY | O_NONBLOCK, 0, problem, pool);
    if (list->file < 0)
        return NULL;
    if (fstat(list->file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(list->file);
        *problem = S_ISDIR(info.st_mode)
                       ? "it is a folder; files of ranges must be joined to one list, with whole hashes"
                       : "it is not a regular file";
        return NULL;
    }
    *problem = take(list, info.st_size, pool);
    return *problem ? NULL : list;
}

const char *luci_block_list_path(const luci_block_list_t *list)
{
    return list->path;
}

/* ---- Looking up ---- */

static luci_result_t find_folded(const luci_block_list_t *list, const char *folded)
{
    apr_uint64_t hash = hash_of(folded, strlen(folded));

    return bsearch(&hash, list->entries, list->count, sizeof hash, compare) ? LUCI_OK : LUCI_NOT_FOUND;
}

/* Looks the forms of a password up that differ from each other. */
static luci_result_t find_forms(const luci_block_list_t *list, const char *password, const char *nfkc,
                                const char *folded)
{
    luci_result_t result;

    if (list->file < 0)
        return find_folded(list, folded);
    result = find_hash(list, password);
    if (result == LUCI_NOT_FOUND && strcmp(nfkc, password) != 0)
        result = find_hash(list, nfkc);
    if (result == LUCI_NOT_FOUND && strcmp(folded, nfkc) != 0)
        result = find_hash(list, folded);
    return result;
}

luci_result_t luci_block_list_find(const luci_block_list_t *list, const char *password, apr_pool_t *pool)
{
    char *nfkc = NULL, *folded = NULL;
    luci_result_t result = luci_policy_nfkc(password, &nfkc, pool);

    if (result == LUCI_OK)
        result = luci_policy_fold(password, &folded, pool);
    if (result == LUCI_OK)
        result = find_forms(list, password, nfkc, folded);
    else
        result = LUCI_INTERNAL;
    luci_secret_wipe_string(nfkc);
    luci_secret_wipe_string(folded);
    return result;
}
