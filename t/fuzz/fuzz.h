/* SPDX-License-Identifier: Apache-2.0 */
/* What the harnesses share. Each is a file that defines LLVMFuzzerTestOneInput; t/unit/across/fuzz_replay.c includes
 * all of them under other names, so whatever else they define carries its harness's name. */
#ifndef LUCI_FUZZ_H
#define LUCI_FUZZ_H

#include <apr_general.h>
#include <apr_pools.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A broken promise is a crash, which is what fuzzers look for. */
#define FUZZ_CHECK(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                          \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* A pool for one input; to be destroyed. */
static inline apr_pool_t *fuzz_pool(void)
{
    static int is_initialized;
    apr_pool_t *pool;

    if (!is_initialized)
        apr_initialize();
    is_initialized = 1;
    apr_pool_create(&pool, NULL);
    return pool;
}

/* Exactly these bytes (and a NUL behind them when terminated) in memory of their own, so that a sanitizer
 * sees each byte read or written too many; to be freed. */
static inline char *fuzz_copy(const uint8_t *data, size_t size, int terminated)
{
    char *copy = malloc(size + (terminated || !size ? 1 : 0));

    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    if (terminated)
        copy[size] = '\0';
    return copy;
}

#endif
