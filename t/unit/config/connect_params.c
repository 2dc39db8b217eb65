/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in the parameters of a database connection: from a file or the environment, quoted as the driver
 * wants them, and named in no complaint. */
#include "core/config/connect_params.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_env.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

static apr_pool_t *pool;
static const char *problem;

static const char *secret_file(const char *name, const char *text, size_t length)
{
    const char *path = support_path(name);
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(text, 1, length, file) != length || fclose(file) != 0)
        tap_fail("%s could not be written", path);
    return path;
}

static const char *filled(const luci_engine_t *engine, const char *params)
{
    const char *text = NULL;

    problem = "";
    return luci_connect_params(engine, params, &text, &problem, pool) == LUCI_OK ? text : NULL;
}

/* As a connection is opened with. */
static const char *completed(const char *params)
{
    const char *text = filled(&luci_engine_pgsql, params);

    return text ? luci_engine_pgsql.complete(text, pool) : NULL;
}

static void refuses(const luci_engine_t *engine, const char *params, const char *why, const char *what)
{
    tap_ok(filled(engine, params) == NULL, "%s is refused", what);
    tap_ok(strstr(problem, why) != NULL, "  because: %s", problem);
    tap_ok(strstr(problem, "hush") == NULL, "  which shows no secret");
}

static void check_filling(void)
{
    const char *path = secret_file("secret", "hush hush'\\\nsecond line", 23);

    tap_is_str(completed("host=a dbname=b"), "host=a dbname=b client_encoding=UTF8 connect_timeout=8",
               "nothing to fill in");
    tap_is_str(completed(apr_psprintf(pool, "password={file:%s} dbname=b", path)),
               "password='hush hush\\'\\\\' dbname=b client_encoding=UTF8 connect_timeout=8",
               "PostgreSQL: the first line of a file, quoted");
    tap_is_str(completed("host=a,b dbname=c"),
               "host=a,b dbname=c client_encoding=UTF8 target_session_attrs=primary connect_timeout=8",
               "PostgreSQL: of several hosts, the primary server is meant");
    tap_is_str(completed("host=a,b target_session_attrs=any"),
               "host=a,b target_session_attrs=any client_encoding=UTF8 connect_timeout=8",
               "PostgreSQL: which of several hosts is meant may be written");
    apr_env_set("LUCI_TEST_SECRET", "a+b c/d@e", pool);
    tap_is_str(completed("postgresql://u:{env:LUCI_TEST_SECRET}@h/db"),
               "postgresql://u:a%2bb%20c%2fd%40e@h/db?client_encoding=UTF8&connect_timeout=8",
               "  in a URL, escaped");
    tap_is_str(completed("postgres://h/db?connect_timeout=2"),
               "postgres://h/db?connect_timeout=2&client_encoding=UTF8", "  a timeout that is written stays");
    tap_is_str(completed("postgres://h/db?sslmode=disable"),
               "postgres://h/db?sslmode=disable&client_encoding=UTF8&connect_timeout=8",
               "  the timeout is added beside other words of a URL");
    apr_env_set("LUCI_TEST_SECRET", "simple", pool);
    tap_is_str(filled(&luci_engine_mysql, "user={env:LUCI_TEST_SECRET},pass={env:LUCI_TEST_SECRET}"),
               "user=simple,pass=simple", "MySQL: a variable, twice");
    tap_is_str(filled(&luci_engine_sqlite3, "/a/{env:X}"), "/a/{env:X}", "SQLite: a path is a path");
    path = secret_file("windows", "simple\r\n", 8);
    tap_is_str(filled(&luci_engine_mysql, apr_psprintf(pool, "pass={file:%s}", path)), "pass=simple",
               "a line that ends as on Windows");
}

static void check_refusals(void)
{
    char *large = apr_pcalloc(pool, LUCI_SECRET_BYTES_MAX + 2);

    memset(large, 'x', LUCI_SECRET_BYTES_MAX + 1);
    refuses(&luci_engine_pgsql, "password={file:/nowhere/at/all}", "No such file",
            "a file that is not there");
    refuses(&luci_engine_pgsql, "password={env:LUCI_TEST_NONE}", "is not set", "a variable that is not set");
    refuses(&luci_engine_pgsql, "password={file:/hush", "not closed", "a brace that is not closed");
    refuses(&luci_engine_pgsql, "user={env:U password=hush", "not closed", "one before another parameter");
    refuses(&luci_engine_pgsql, "user={env:U password=hush}", "letters, digits",
            "what is no variable's name");
    refuses(&luci_engine_pgsql, "password={file:secret}", "slash", "a relative path");
    refuses(&luci_engine_pgsql, apr_psprintf(pool, "password={file:%s}", secret_file("empty", "\nhush", 5)),
            "is empty", "an empty line");
    refuses(&luci_engine_pgsql, apr_psprintf(pool, "password={file:%s}", secret_file("nul", "hu\0sh", 5)),
            "NUL", "a secret that contains a NUL");
    refuses(&luci_engine_pgsql,
            apr_psprintf(pool, "password={file:%s}", secret_file("large", large, strlen(large))), "too long",
            "a line that is too long");
    refuses(&luci_engine_mysql, apr_psprintf(pool, "pass={file:%s}", secret_file("blank", "hush hush", 9)),
            "mysql driver", "MySQL: a blank in a secret");
}

static void check_places(void)
{
    static const struct {
        const char *driver;
        const char *params;
        int is_local;
    } places[] = {
        { "sqlite3", "/var/lib/a.db", 1 },
        { "pgsql", "dbname=a", 1 },
        { "pgsql", "host=/run/postgresql dbname=a", 1 },
        { "pgsql", "host='localhost' dbname=a", 1 },
        { "pgsql", "host=db1 host=127.0.0.1", 1 },
        { "pgsql", "host=db.example.com dbname=a", 0 },
        { "pgsql", "hostaddr=10.0.0.1", 0 },
        { "pgsql", "postgres:///a", 1 },
        { "pgsql", "postgres://me@localhost/a", 1 },
        { "pgsql", "postgres://me:x@db.example.com/a", 0 },
        { "mysql", "sock=/run/mysqld/mysqld.sock,dbname=a", 1 },
        { "mysql", "host=db.example.com,dbname=a", 0 },
    };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        tap_is_int(luci_connect_is_local(places[i].driver, places[i].params), places[i].is_local, "%s is %s",
                   places[i].params, places[i].is_local ? "this machine's" : "elsewhere");
}

int main(void)
{
    pool = support_start();
    check_filling();
    check_refusals();
    check_places();
    return tap_done();
}
