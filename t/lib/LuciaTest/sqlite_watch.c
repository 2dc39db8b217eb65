/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in front of libsqlite3 in the processes of a server under test (LD_PRELOAD): appends each statement
 * that a connection begins, a line each, to the file that LUCI_SQLITE_WATCH names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_down(unsigned event, void *context, void *statement, void *text)
{
    int file = open(getenv("LUCI_SQLITE_WATCH"), O_WRONLY | O_APPEND | O_CLOEXEC);
    char line[4096];
    int length = snprintf(line, sizeof line - 1, "%s", (const char *)text);

    (void)event;
    (void)context;
    (void)statement;
    if (length > (int)sizeof line - 2)
        length = (int)sizeof line - 2;
    for (int i = 0; i < length; i++)
        line[i] = line[i] == '\n' ? ' ' : line[i];
    line[length] = '\n';
    if (file < 0 || write(file, line, (size_t)length + 1) != length + 1)
        abort();
    close(file);
    return 0;
}

int sqlite3_open(const char *name, sqlite3 **db)
{
    int (*real)(const char *, sqlite3 **) =
        (int (*)(const char *, sqlite3 **))dlsym(RTLD_NEXT, "sqlite3_open");
    int result = real(name, db);

    if (result == SQLITE_OK && getenv("LUCI_SQLITE_WATCH"))
        sqlite3_trace_v2(*db, SQLITE_TRACE_STMT, write_down, NULL);
    return result;
}
