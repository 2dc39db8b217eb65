/* SPDX-License-Identifier: Apache-2.0 */
/* Specification: S9.54, S9.55. Lists of passwords and of sorted hashes, also broken ones and one of 2 GB. */
#include "core/password/block_list.h"
#include "lib/tap.h"

#include <apr_file_info.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static apr_pool_t *pool;
static char folder[] = "/tmp/luci-block-list-XXXXXX";

static const char *path_of(const char *name)
{
    return apr_pstrcat(pool, folder, "/", name, NULL);
}

/* Writes a file and returns its path. */
static const char *write_bytes(const char *bytes, size_t length)
{
    static int number;
    const char *path = path_of(apr_psprintf(pool, "%d", ++number));
    FILE *file = fopen(path, "w");

    fwrite(bytes, 1, length, file);
    fclose(file);
    return path;
}

static const luci_block_list_t *open_text(const char *text, const char **problem)
{
    *problem = NULL;
    return luci_block_list_open(write_bytes(text, strlen(text)), problem, pool);
}

static void is_refused(const char *text, const char *reason, const char *what)
{
    const char *problem;
    const luci_block_list_t *list = open_text(text, &problem);

    tap_ok(!list && problem && strstr(problem, reason), "%s is refused (%s)", what, problem ? problem : "-");
}

static luci_result_t find(const luci_block_list_t *list, const char *password)
{
    return list ? luci_block_list_find(list, password, pool) : LUCI_INTERNAL;
}

/* ---- A list of passwords ---- */

static void check_passwords(void)
{
    const char *problem;
    const luci_block_list_t *list = open_text("\xEF\xBB\xBFZebra12\r\n#!comment: secret1\n\n#hash12\nb\xFF"
                                              "ad123\nK\xC3\x84sebrot\nlast12",
                                              &problem);

    tap_ok(list != NULL, "a list of passwords with CRLF, a byte order mark and no final line end opens");
    tap_is_result(find(list, "zebra12"), LUCI_OK,
                  "the first line is found in another case, without its mark");
    tap_is_result(find(list, "LAST12"), LUCI_OK, "the last line is found");
    tap_is_result(find(list, "#hash12"), LUCI_OK, "a password may begin with #");
    tap_is_result(find(list, "ka\xCC\x88sebrot"), LUCI_OK, "a decomposed umlaut is compared in NFKC");
    tap_is_result(find(list, "\xEF\xBC\xAC\xEF\xBC\xA1ST12"), LUCI_OK,
                  "fullwidth letters are compared in NFKC");
    tap_is_result(find(list, "secret1"), LUCI_NOT_FOUND, "a comment is no password");
    tap_is_result(find(list, "zebra1"), LUCI_NOT_FOUND, "a part of a password is not listed");
    tap_is_result(find(list, "zebra123"), LUCI_NOT_FOUND, "a longer password is not listed");
    tap_is_result(find(list, ""), LUCI_NOT_FOUND, "an empty line is no password");
    list = open_text("only12", &problem);
    tap_is_result(find(list, "only12"), LUCI_OK, "a list of one line is found");
    is_refused("", "no password", "an empty file");
    is_refused("#!comment: a\n\n", "no password", "a list of comments");
    tap_ok(!luci_block_list_open(write_bytes("a\0b\0\n", 5), &problem, pool) && strstr(problem, "NUL"),
           "a list in UTF-16 is refused");
}

static long peak_of_memory(void) /* MiB */
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

#define LONG_LINE (64L * 1024 * 1024)

/* A file that was named by mistake, such as an archive or an image of a disk. */
static void check_long_lines(void)
{
    long before = peak_of_memory();
    const char *problem, *path = write_bytes("first12\n", 8);
    const luci_block_list_t *list;
    FILE *file = fopen(path, "a");

    for (int i = 0; i < LONG_LINE; i++)
        putc_unlocked('x', file);
    fputs("\nlast12\n", file);
    fclose(file);
    list = luci_block_list_open(path, &problem, pool);
    tap_is_result(find(list, "first12"), LUCI_OK, "the line before a long line is found");
    tap_is_result(find(list, "last12"), LUCI_OK, "the line behind a long line is found");
    tap_ok(truncate(path, 0) == 0 && truncate(path, 8 * LONG_LINE) == 0, "a file of NUL bytes");
    list = luci_block_list_open(path, &problem, pool);
    tap_ok(!list && strstr(problem, "NUL"), "a file of NUL bytes is refused");
    tap_ok(peak_of_memory() - before < 32, "long lines are read in little memory (%ld MiB)",
           peak_of_memory() - before);
    unlink(path);
}

static void check_installed(void)
{
    const char *problem = NULL;
    const luci_block_list_t *list = luci_block_list_open("conf/common-passwords.txt", &problem, pool);

    tap_ok(list != NULL, "the installed list opens");
    tap_is_result(find(list, "Password1"), LUCI_OK, "the installed list contains a frequent password");
    tap_is_result(find(list, "Summer2026!"), LUCI_OK,
                  "the installed list contains what people make of the calendar");
    tap_is_result(find(list, "correct horse battery staple"), LUCI_NOT_FOUND,
                  "the installed list does not contain a passphrase");
}

/* ---- Sorted hashes ---- */

/* SHA-1 of "password", "Password", "letmein"; in the order of their hashes. */
#define OF_PASSWORD "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8"
#define OF_UPPER "8BE3C943B1609FFFBFC51AAD666D0A04ADF83C9D"
#define OF_LETMEIN "B7A875FC1EA228B9061041B7CEC4BD3C52AB3CE3"
#define SMALLEST "0000000000000000000000000000000000000000"
#define LARGEST "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"

static const struct {
    const char *what;
    const char *text;
} forms[] = {
    { "with CRLF", OF_PASSWORD ":3\r\n" OF_UPPER ":12345678\r\n" OF_LETMEIN ":1\r\n" },
    { "without a final line end", OF_PASSWORD ":3\n" OF_UPPER ":12345678\n" OF_LETMEIN ":1" },
    { "padded with blanks",
      OF_PASSWORD ":3              \r\n" OF_UPPER ":2              \r\n" OF_LETMEIN ":1              \r\n" },
    { "in lower case",
      "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:3\n8be3c943b1609fffbfc51aad666d0a04adf83c9d:2\n"
      "b7a875fc1ea228b9061041b7cec4bd3c52ab3ce3:1\n" },
    { "without counts", OF_PASSWORD "\n" OF_UPPER "\n" OF_LETMEIN "\n" },
    { "with a byte order mark", "\xEF\xBB\xBF" OF_PASSWORD ":3\n" OF_UPPER ":2\n" OF_LETMEIN ":1\n" },
    { "with empty lines at the end", OF_PASSWORD ":3\n" OF_UPPER ":2\n" OF_LETMEIN ":1\n\n\r\n" },
    { "between others", SMALLEST ":1\n" OF_PASSWORD ":3\n" OF_UPPER ":2\n" OF_LETMEIN ":1\n" LARGEST ":1\n" },
};

static void check_forms(void)
{
    const char *problem;

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const luci_block_list_t *list = open_text(forms[i].text, &problem);

        tap_ok(list != NULL, "sorted hashes %s open (%s)", forms[i].what, problem ? problem : "no problem");
        tap_is_result(find(list, "password"), LUCI_OK, "sorted hashes %s: the first is found", forms[i].what);
        tap_is_result(find(list, "Password"), LUCI_OK, "sorted hashes %s: the second is found",
                      forms[i].what);
        tap_is_result(find(list, "letmein"), LUCI_OK, "sorted hashes %s: the last is found", forms[i].what);
        tap_is_result(find(list, "LetMeIn"), LUCI_OK, "sorted hashes %s: a password is found in lower case",
                      forms[i].what);
        tap_is_result(find(list, "correct horse"), LUCI_NOT_FOUND, "sorted hashes %s: another is not found",
                      forms[i].what);
    }
    tap_is_result(find(open_text(OF_PASSWORD ":1\n", &problem), "password"), LUCI_OK,
                  "the hash of a list of one line is found");
    tap_is_result(find(open_text(OF_PASSWORD ":1\n", &problem), "letmein"), LUCI_NOT_FOUND,
                  "a larger hash is not found in a list of one line");
    tap_is_result(find(open_text(OF_LETMEIN ":1\n", &problem), "password"), LUCI_NOT_FOUND,
                  "a smaller hash is not found in a list of one line");
    tap_is_result(find(open_text(OF_PASSWORD ":0\n" OF_LETMEIN ":10\n", &problem), "password"),
                  LUCI_NOT_FOUND, "a count of 0 is padding");
    tap_is_result(find(open_text(OF_PASSWORD ":0\n" OF_LETMEIN ":10\n", &problem), "letmein"), LUCI_OK,
                  "a count of 10 is no padding");
}

static void check_refused(void)
{
    const char *problem = NULL;

    is_refused(OF_LETMEIN ":1\n" OF_PASSWORD ":3\n", "ordered by hash", "a list ordered by count");
    is_refused(OF_PASSWORD ":3\nletmein\n", "ordered by hash", "a list of hashes and passwords");
    is_refused(OF_PASSWORD ":3\n\n" OF_LETMEIN ":1\n", "ordered by hash", "an empty line between hashes");
    is_refused(OF_PASSWORD ":3\nB7A875FC1EA228B906\n", "ordered by hash",
               "a list that was cut off within a hash");
    is_refused("8846F7EAEE8FB117AD06BDD830B7586C:3\n", "NTLM", "a list of NTLM hashes");
    tap_ok(!luci_block_list_open(folder, &problem, pool) && strstr(problem, "folder"), "a folder is refused");
    tap_ok(!luci_block_list_open(path_of("none"), &problem, pool) && strstr(problem, "No such file"),
           "a missing file is refused");
    mkfifo(path_of("fifo"), 0600);
    tap_ok(!luci_block_list_open(path_of("fifo"), &problem, pool) && strstr(problem, "regular"),
           "a pipe is refused, and nothing waits for it");
}

/* ---- Changes at run time ---- */

static void check_changes(void)
{
    const char *text = OF_PASSWORD ":3\n" OF_UPPER ":2\n" OF_LETMEIN ":1\n";
    const char *path = write_bytes(text, strlen(text)), *problem;
    const luci_block_list_t *list = luci_block_list_open(path, &problem, pool);

    rename(path, path_of("moved"));
    tap_is_result(find(list, "letmein"), LUCI_OK, "a list that was moved is still read");
    if (truncate(path_of("moved"), 50) != 0)
        tap_fail("the list is cut off");
    tap_is_result(find(list, "letmein"), LUCI_UNAVAILABLE, "S9.55: a list that was cut off is not believed");
    tap_is_result(find(list, "correct horse"), LUCI_UNAVAILABLE,
                  "S9.55: not even if it does not contain the password");
    unlink(path_of("moved"));
}

/* ---- Size: a file of 38 GB, whose lines pread makes when they are read ---- */

#define LINE 44 /* bytes of HASH:1 and CR LF */
#define LINES ((apr_uint64_t)863636363)

static int is_virtual; /* 1: pread reads the virtual file */
static int reads;
static size_t bytes_read;

/* The line with this number: the hashes are spread evenly, and one of them is that of "password". */
static void make_line(apr_uint64_t number, char line[LINE + 1])
{
    const apr_uint64_t wanted = 0x5BAA61E4C9B93F3Fu;
    apr_uint64_t step = ~(apr_uint64_t)0 / LINES, hash = number * step;

    if (hash < wanted && wanted - hash < step)
        snprintf(line, LINE + 1, "%s:1\r\n", OF_PASSWORD);
    else
        snprintf(line, LINE + 1, "%016llX000000000000000000000000:1\r\n", (unsigned long long)hash);
}

/* Stands in for the function of libc. */
ssize_t pread(int file, void *to, size_t length, off_t from)
{
    char line[LINE + 1];
    size_t done = 0;

    if (!is_virtual) {
        off_t before = lseek(file, 0, SEEK_CUR);
        ssize_t got = lseek(file, from, SEEK_SET) < 0 ? -1 : read(file, to, length);

        return lseek(file, before, SEEK_SET) < 0 ? -1 : got;
    }
    reads++;
    bytes_read += length;
    while (done < length && (apr_uint64_t)from + done < LINES * LINE) {
        apr_uint64_t at = (apr_uint64_t)from + done;
        size_t skip = at % LINE, part = LINE - skip < length - done ? LINE - skip : length - done;

        make_line(at / LINE, line);
        memcpy((char *)to + done, line + skip, part);
        done += part;
    }
    return (ssize_t)done;
}

static void check_size(void)
{
    const char *path = write_bytes("", 0), *problem = NULL;
    const luci_block_list_t *list;

    if (truncate(path, (off_t)(LINES * LINE)) != 0) {
        tap_skip("this file system has no files of 38 GB");
        return;
    }
    is_virtual = 1;
    list = luci_block_list_open(path, &problem, pool);
    tap_ok(list != NULL, "a list of 38 GB opens (%s)", problem ? problem : "no problem");
    tap_ok(reads > 0 && reads < 200, "S9.54: opening a list of 38 GB reads it %d times", reads);
    reads = 0;
    bytes_read = 0;
    tap_is_result(find(list, "password"), LUCI_OK, "S9.54: a hash is found in a list of 38 GB");
    tap_ok(reads <= 64, "S9.54: a look-up in a list of 38 GB reads it %d times", reads);
    tap_ok(bytes_read <= 64UL * 256, "S9.54: a look-up in a list of 38 GB reads %zu bytes", bytes_read);
    tap_is_result(find(list, "letmein"), LUCI_NOT_FOUND, "a hash that a list of 38 GB lacks is not found");
    is_virtual = 0;
}

static void remove_folder(void)
{
    apr_dir_t *dir;
    apr_finfo_t entry;

    if (apr_dir_open(&dir, folder, pool) != APR_SUCCESS)
        return;
    while (apr_dir_read(&entry, APR_FINFO_NAME, dir) == APR_SUCCESS)
        (void)unlink(path_of(entry.name));
    apr_dir_close(dir);
    (void)rmdir(folder);
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (!mkdtemp(folder))
        return 1;
    check_passwords();
    check_long_lines();
    check_installed();
    check_forms();
    check_refused();
    check_changes();
    check_size();
    remove_folder();
    apr_pool_destroy(pool);
    return tap_done();
}
