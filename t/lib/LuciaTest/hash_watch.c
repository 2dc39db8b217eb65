/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in front of libargon2 in the processes of a server under test (LD_PRELOAD): writes down which threads
 * hash right now, and keeps them from going on while it is told to hold. The hash itself is libargon2's. The file
 * that LUCI_HASH_WATCH names is a table_t, read and written by LuciaTest::Hashes. The library that LUCI_HASH_SLOW
 * names takes SLOW_MS more of the processor's time for each hash. */
#define _GNU_SOURCE
#include <argon2.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROWS 255
#define HOLD_MS_MOST 60000 /* a test that forgot its server */
#define SLOW_MS 50

typedef struct {
    _Atomic int32_t hold; /* hashes wait before they compute */
    _Atomic int32_t peak; /* the most that ran at once */
    _Atomic int32_t done;
    _Atomic int32_t mark; /* hashes leave a trace in their working memory before they wait */
    struct {
        _Atomic int32_t pid; /* 0: nobody */
        _Atomic int32_t tid;
        _Atomic int32_t memory_kib;
        _Atomic int32_t unused;
    } row[ROWS];
} table_t;

static table_t *table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_table(void)
{
    const char *path = getenv("LUCI_HASH_WATCH");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *memory = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

    if (memory == MAP_FAILED) {
        fprintf(stderr, "hash_watch: %s: %s\n", path ? path : "LUCI_HASH_WATCH", strerror(errno));
        abort();
    }
    close(file);
    table = memory;
}

/* What the kernel says of a thread; 0: it is gone. */
static size_t read_about(int pid, int tid, const char *what, char *text, size_t size)
{
    char path[64];
    FILE *file;
    size_t got;

    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, what);
    file = fopen(path, "r");
    if (!file)
        return 0;
    got = fread(text, 1, size - 1, file);
    fclose(file);
    text[got] = '\0';
    return got;
}

/* One that was killed is gone for the system's locks before it is a zombie: SIGKILL is pending for each thread at
 * once, then they exit one by one. */
static int is_thread_alive(int pid, int tid)
{
    char text[4096], *at, state;
    unsigned flags;
    unsigned long long pending = 0;

    if (!read_about(pid, tid, "status", text, sizeof text))
        return 0;
    at = strstr(text, "\nSigPnd:");
    if (at && sscanf(at + 8, "%llx", &pending) == 1 && (pending & (1ULL << (SIGKILL - 1))))
        return 0;
    if (!read_about(pid, tid, "stat", text, sizeof text))
        return 0;
    at = strrchr(text, ')');
    if (!at || sscanf(at + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
        return 0;
    return state != 'Z' && state != 'X' && !(flags & 4); /* PF_EXITING */
}

static int is_alive(int pid, int tid)
{
    return is_thread_alive(pid, pid) && is_thread_alive(pid, tid);
}

static int enter(uint32_t memory_kib)
{
    for (int i = 0; i < ROWS; i++) {
        int32_t nobody = 0;

        if (!atomic_compare_exchange_strong(&table->row[i].pid, &nobody, getpid()))
            continue;
        table->row[i].tid = gettid();
        table->row[i].memory_kib = (int32_t)memory_kib;
        return i;
    }
    abort();
}

static void count_peak(void)
{
    int32_t now = 0, most = table->peak;

    for (int i = 0; i < ROWS; i++) {
        int pid = table->row[i].pid, tid = table->row[i].tid;

        if (pid != 0 && is_alive(pid, tid ? tid : pid))
            now++;
    }
    while (now > most && !atomic_compare_exchange_weak(&table->peak, &most, now))
        ;
}

/* As a hash that is under way does. The text is put together here, so that it stands nowhere else. */
static void leave_trace(const argon2_context *context)
{
    static const char *const parts[] = { "trace", "of", "a", "hash" };
    uint8_t *memory;
    char *at;

    if (!table->mark || context->allocate_cbk(&memory, (size_t)context->m_cost * 1024) != 0)
        return;
    at = (char *)memory + 64;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        at = stpcpy(stpcpy(at, parts[i]), "-");
}

static void wait_while_held(void)
{
    struct timespec short_time = { 0, 2000000 };

    for (int ms = 0; table->hold && ms < HOLD_MS_MOST; ms += 2)
        nanosleep(&short_time, NULL);
}

static long processor_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void be_slow(const char *library)
{
    const char *slow = getenv("LUCI_HASH_SLOW");
    long end = processor_ms() + SLOW_MS;

    while (slow && strcmp(slow, library) == 0 && processor_ms() < end)
        ;
}

int crypto_pwhash(unsigned char *out, unsigned long long outlen, const char *passwd, unsigned long long passwdlen,
                  const unsigned char *salt, unsigned long long opslimit, size_t memlimit, int alg)
{
    int (*real)(unsigned char *, unsigned long long, const char *, unsigned long long, const unsigned char *,
                unsigned long long, size_t, int);

    *(void **)&real = dlsym(RTLD_NEXT, "crypto_pwhash");
    be_slow("libsodium");
    return real(out, outlen, passwd, passwdlen, salt, opslimit, memlimit, alg);
}

int argon2_ctx(argon2_context *context, argon2_type type)
{
    int (*real)(argon2_context *, argon2_type);
    int row, code;

    *(void **)&real = dlsym(RTLD_NEXT, "argon2_ctx");
    pthread_once(&once, open_table);
    row = enter(context->m_cost);
    count_peak();
    leave_trace(context);
    wait_while_held();
    be_slow("libargon2");
    code = real(context, type);
    table->done++;
    table->row[row].pid = 0;
    return code;
}
