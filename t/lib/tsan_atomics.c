/* SPDX-License-Identifier: Apache-2.0 */
/* APR's atomic functions for ThreadSanitizer, which sees only what is compiled with it: without these, what
 * one thread hands to another by an atomic of httpd's or the module's would count as a race. Linked with the
 * unit tests, and loaded before libapr by httpd (LuciaTest::httpd_env). */
#include <apr_atomic.h>

#pragma GCC visibility push(default)

apr_uint32_t apr_atomic_read32(volatile apr_uint32_t *mem)
{
    return __atomic_load_n(mem, __ATOMIC_SEQ_CST);
}

void apr_atomic_set32(volatile apr_uint32_t *mem, apr_uint32_t val)
{
    __atomic_store_n(mem, val, __ATOMIC_SEQ_CST);
}

apr_uint32_t apr_atomic_add32(volatile apr_uint32_t *mem, apr_uint32_t val)
{
    return __atomic_fetch_add(mem, val, __ATOMIC_SEQ_CST);
}

void apr_atomic_sub32(volatile apr_uint32_t *mem, apr_uint32_t val)
{
    __atomic_fetch_sub(mem, val, __ATOMIC_SEQ_CST);
}

apr_uint32_t apr_atomic_inc32(volatile apr_uint32_t *mem)
{
    return __atomic_fetch_add(mem, 1, __ATOMIC_SEQ_CST);
}

int apr_atomic_dec32(volatile apr_uint32_t *mem)
{
    return __atomic_sub_fetch(mem, 1, __ATOMIC_SEQ_CST) != 0;
}

apr_uint32_t apr_atomic_cas32(volatile apr_uint32_t *mem, apr_uint32_t with, apr_uint32_t cmp)
{
    __atomic_compare_exchange_n(mem, &cmp, with, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return cmp;
}

apr_uint32_t apr_atomic_xchg32(volatile apr_uint32_t *mem, apr_uint32_t val)
{
    return __atomic_exchange_n(mem, val, __ATOMIC_SEQ_CST);
}

apr_uint64_t apr_atomic_read64(volatile apr_uint64_t *mem)
{
    return __atomic_load_n(mem, __ATOMIC_SEQ_CST);
}

void apr_atomic_set64(volatile apr_uint64_t *mem, apr_uint64_t val)
{
    __atomic_store_n(mem, val, __ATOMIC_SEQ_CST);
}

apr_uint64_t apr_atomic_add64(volatile apr_uint64_t *mem, apr_uint64_t val)
{
    return __atomic_fetch_add(mem, val, __ATOMIC_SEQ_CST);
}

void apr_atomic_sub64(volatile apr_uint64_t *mem, apr_uint64_t val)
{
    __atomic_fetch_sub(mem, val, __ATOMIC_SEQ_CST);
}

apr_uint64_t apr_atomic_inc64(volatile apr_uint64_t *mem)
{
    return __atomic_fetch_add(mem, 1, __ATOMIC_SEQ_CST);
}

int apr_atomic_dec64(volatile apr_uint64_t *mem)
{
    return __atomic_sub_fetch(mem, 1, __ATOMIC_SEQ_CST) != 0;
}

apr_uint64_t apr_atomic_cas64(volatile apr_uint64_t *mem, apr_uint64_t with, apr_uint64_t cmp)
{
    __atomic_compare_exchange_n(mem, &cmp, with, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return cmp;
}

apr_uint64_t apr_atomic_xchg64(volatile apr_uint64_t *mem, apr_uint64_t val)
{
    return __atomic_exchange_n(mem, val, __ATOMIC_SEQ_CST);
}

void *apr_atomic_casptr(volatile void **mem, void *with, const void *cmp)
{
    void *before = (void *)cmp;

    __atomic_compare_exchange_n((void *volatile *)mem, &before, with, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return before;
}

void *apr_atomic_xchgptr(volatile void **mem, void *with)
{
    return __atomic_exchange_n((void *volatile *)mem, with, __ATOMIC_SEQ_CST);
}

#pragma GCC visibility pop
