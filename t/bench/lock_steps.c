/* SPDX-License-Identifier: Apache-2.0 */
/* lock_steps THREAD MODULE [BARRIER]: executes a thread (its number in Linux) step by step, from when "ready" is on
 * standard output until standard input ends, and lists what of it other processors notice. x86-64 Linux. Lines of the
 * list:
 *
 *     rmw LIBRARY+OFFSET INSIDE MEMORY COUNT    atomic read-modify-writes at an instruction
 *     lock FUNCTION CALLER INSIDE COUNT         calls of functions that take a mutex or an rwlock
 *     futex LIBRARY+OFFSET INSIDE COUNT         calls of futex
 *     written MAPPING COUNT                     lines of 64 bytes in shared memory that have another content
 *     steps COUNT
 *
 * INSIDE is the innermost instruction of the library whose name contains MODULE that is under way meanwhile, or "-".
 * What the function at the address BARRIER (hexadecimal) of the program calls is not the module's, even if the module
 * called it. MEMORY is shared (between processes) or private. The thread stays on one processor.
 *
 * lock_steps --allow COMMAND...: executes COMMAND, which any process of the same user may then trace. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAPS_MAX 2048
#define FRAMES_MAX 512
#define KNOWN_MAX (1 << 18) /* a power of two */
#define LINE 64
#define TICK 20000 /* microseconds between looks at standard input */

typedef struct {
    uint64_t from, to, offset;
    int is_shared, is_writable;
    char name[200];
    unsigned char *before; /* a copy of shared memory */
} map_t;

typedef enum { PLAIN = 1, LOCKED, CALL, RETURN, SYSTEM } kind_t;

/* An instruction that was met. */
typedef struct {
    uint64_t at;
    unsigned char bytes[16];
    int kind, in_module;
    const char *lock; /* the function of this name begins here */
} known_t;

/* A call that is under way. */
typedef struct {
    uint64_t sp, at;
    int in_module, is_barrier;
} frame_t;

typedef struct {
    char text[600];
    long count;
} finding_t;

static pid_t tid;
static const char *module;
static uint64_t barrier;
static map_t maps[MAPS_MAX];
static int maps_count;
static known_t known[KNOWN_MAX];
static frame_t frames[FRAMES_MAX];
static int frames_count;
static long steps;
static finding_t findings[4096];
static int findings_count;

static const char *const lock_names[] = { "pthread_mutex_lock",      "pthread_mutex_trylock",
                                          "pthread_mutex_timedlock", "pthread_mutex_clocklock",
                                          "pthread_rwlock_rdlock",   "pthread_rwlock_wrlock",
                                          "pthread_spin_lock",       "semop" };
static uint64_t lock_at[sizeof lock_names / sizeof *lock_names];

static void fail(const char *what)
{
    fprintf(stderr, "lock_steps: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- The memory of the process ---- */

static int copy_from(uint64_t at, void *to, size_t length)
{
    struct iovec here = { to, length }, there = { (void *)at, length };

    return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)length;
}

static void read_maps(void)
{
    char line[1024], path[64];
    FILE *in;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)tid);
    if (!(in = fopen(path, "r")))
        fail(path);
    while (maps_count < MAPS_MAX && fgets(line, sizeof line, in)) {
        map_t *map = &maps[maps_count];
        char flags[8], *slash = strrchr(line, '/');

        if (sscanf(line, "%lx-%lx %7s %lx", &map->from, &map->to, flags, &map->offset) != 4)
            continue;
        map->is_shared = flags[3] == 's';
        map->is_writable = flags[1] == 'w';
        snprintf(map->name, sizeof map->name, "%.190s", slash ? slash + 1 : "memory");
        map->name[strcspn(map->name, " \n")] = '\0';
        maps_count++;
    }
    fclose(in);
}

static const map_t *map_of(uint64_t at)
{
    for (int i = 0; i < maps_count; i++) {
        if (at >= maps[i].from && at < maps[i].to)
            return &maps[i];
    }
    return NULL;
}

static const char *place(uint64_t at, char text[256])
{
    const map_t *map = map_of(at);

    if (at == 0)
        return strcpy(text, "-");
    snprintf(text, 256, "%s+%lx", map ? map->name : "?", map ? at - map->from + map->offset : at);
    return text;
}

static int is_in_module(uint64_t at)
{
    const map_t *map = map_of(at);

    return map && strstr(map->name, module) != NULL;
}

static void keep_shared_memory(void)
{
    for (int i = 0; i < maps_count; i++) {
        map_t *map = &maps[i];

        if (!map->is_shared || !map->is_writable)
            continue;
        map->before = malloc(map->to - map->from);
        if (map->before && !copy_from(map->from, map->before, map->to - map->from)) {
            free(map->before);
            map->before = NULL;
        }
    }
}

static void compare_shared_memory(void)
{
    for (int i = 0; i < maps_count; i++) {
        map_t *map = &maps[i];
        size_t length = map->to - map->from;
        unsigned char *after = map->before ? malloc(length) : NULL;
        long lines = 0;

        if (!after || !copy_from(map->from, after, length))
            continue;
        for (size_t at = 0; at < length; at += LINE)
            lines += memcmp(after + at, map->before + at, LINE) != 0;
        if (lines)
            printf("written %s+%lx %ld\n", map->name, map->from, lines);
        free(after);
    }
}

/* The functions have the same offsets in the library that this program has loaded. */
static void find_locks(void)
{
    for (size_t i = 0; i < sizeof lock_names / sizeof *lock_names; i++) {
        void *here = dlsym(RTLD_DEFAULT, lock_names[i]);
        Dl_info info;

        if (!here || !dladdr(here, &info))
            continue;
        for (int m = 0; m < maps_count && !lock_at[i]; m++) {
            if (maps[m].offset == 0 && strcmp(maps[m].name, strrchr(info.dli_fname, '/') + 1) == 0)
                lock_at[i] = maps[m].from + (uint64_t)((char *)here - (char *)info.dli_fbase);
        }
    }
}

/* ---- Instructions ---- */

static int is_prefix(unsigned char byte)
{
    return byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e || byte == 0x36 ||
           byte == 0x3e || byte == 0x26 || byte == 0x64 || byte == 0x65 || byte == 0xf0;
}

static int kind_of(const unsigned char *at)
{
    int has_lock = 0;

    for (; is_prefix(*at); at++)
        has_lock |= *at == 0xf0;
    if ((*at & 0xf0) == 0x40)
        at++;
    if (has_lock || ((at[0] == 0x86 || at[0] == 0x87) && (at[1] & 0xc0) != 0xc0))
        return LOCKED; /* xchg with memory is atomic without the prefix */
    if (at[0] == 0xe8 || (at[0] == 0xff && (at[1] & 0x38) == 0x10))
        return CALL;
    if (at[0] == 0xc3 || at[0] == 0xc2)
        return RETURN;
    return at[0] == 0x0f && at[1] == 0x05 ? SYSTEM : PLAIN;
}

static known_t *instruction(uint64_t at)
{
    size_t i = (at * 0x9e3779b97f4a7c15) >> 46;

    while (known[i & (KNOWN_MAX - 1)].kind && known[i & (KNOWN_MAX - 1)].at != at)
        i++;
    known_t *found = &known[i & (KNOWN_MAX - 1)];
    if (found->kind)
        return found;
    found->at = at;
    if (!copy_from(at, found->bytes, sizeof found->bytes))
        memset(found->bytes, 0x90, sizeof found->bytes);
    found->kind = kind_of(found->bytes);
    found->in_module = is_in_module(at);
    for (size_t n = 0; n < sizeof lock_names / sizeof *lock_names; n++) {
        if (lock_at[n] == at)
            found->lock = lock_names[n];
    }
    return found;
}

static uint64_t value_of(const struct user_regs_struct *regs, int number)
{
    const uint64_t values[] = { regs->rax, regs->rcx, regs->rdx, regs->rbx, regs->rsp, regs->rbp,
                                regs->rsi, regs->rdi, regs->r8,  regs->r9,  regs->r10, regs->r11,
                                regs->r12, regs->r13, regs->r14, regs->r15 };

    return values[number];
}

/* The address that the memory operand of an atomic instruction names. */
static uint64_t operand_of(const known_t *known_at, const struct user_regs_struct *regs)
{
    const unsigned char *at = known_at->bytes;
    int rex = 0, mode, base, immediate = 0;
    uint64_t address = 0;
    int32_t distance = 0;
    uint64_t segment = 0;

    for (; is_prefix(*at); at++)
        segment = *at == 0x64 ? regs->fs_base : segment;
    if ((*at & 0xf0) == 0x40)
        rex = *at++;
    immediate = *at == 0x83 || *at == 0x80 ? 1 : *at == 0x81 ? 4 : 0;
    if (*at == 0x0f)
        immediate = *++at == 0xba;
    at++;
    mode = *at >> 6;
    base = *at++ & 7;
    if (base == 4) {
        int index = (*at >> 3 & 7) | (rex & 2 ? 8 : 0), scale = *at >> 6;

        base = *at++ & 7;
        if (index != 4)
            address += value_of(regs, index) << scale;
    }
    if (mode == 0 && base == 5) {
        memcpy(&distance, at, 4);
        return segment + address + known_at->at + (uint64_t)(at + 4 + immediate - known_at->bytes) + (uint64_t)(int64_t)distance;
    }
    address += value_of(regs, base | (rex & 1 ? 8 : 0));
    if (mode == 1)
        distance = (signed char)*at;
    if (mode == 2)
        memcpy(&distance, at, 4);
    return segment + address + (uint64_t)(int64_t)distance;
}

/* ---- What was found ---- */

static void find(const char *text)
{
    int i = 0;

    while (i < findings_count && strcmp(findings[i].text, text) != 0)
        i++;
    if (i == findings_count && i < (int)(sizeof findings / sizeof *findings))
        snprintf(findings[findings_count++].text, sizeof findings->text, "%s", text);
    if (i < findings_count)
        findings[i].count++;
}

static uint64_t inside_of(const known_t *now)
{
    if (now->in_module)
        return now->at;
    for (int i = frames_count - 1; i >= 0 && !frames[i].is_barrier; i--) {
        if (frames[i].in_module)
            return frames[i].at;
    }
    return 0;
}

static void follow_calls(const known_t *now, const struct user_regs_struct *regs)
{
    if (regs->rip == barrier && frames_count > 0)
        frames[frames_count - 1].is_barrier = 1;
    if (now->kind == CALL && frames_count < FRAMES_MAX)
        frames[frames_count++] = (frame_t){ regs->rsp - 8, now->at, now->in_module, 0 };
    while (now->kind == RETURN && frames_count > 0 && frames[frames_count - 1].sp <= regs->rsp)
        frames_count--;
}

static void look(void)
{
    struct user_regs_struct regs;
    char text[600], where[256], inside[256];
    known_t *now;

    if (ptrace(PTRACE_GETREGS, tid, NULL, &regs) != 0)
        fail("registers");
    now = instruction(regs.rip);
    steps++;
    place(inside_of(now), inside);
    if (now->lock) {
        uint64_t caller = 0;

        copy_from(regs.rsp, &caller, sizeof caller);
        snprintf(text, sizeof text, "lock %s %s %s", now->lock, place(caller, where), inside);
        find(text);
    }
    if (now->kind == LOCKED) {
        const map_t *map = map_of(operand_of(now, &regs));

        snprintf(text, sizeof text, "rmw %s %s %s", place(now->at, where), inside,
                 !map ? "unknown" : map->is_shared ? "shared" : "private");
        find(text);
    }
    if (now->kind == SYSTEM && regs.rax == SYS_futex) {
        snprintf(text, sizeof text, "futex %s %s", place(now->at, where), inside);
        find(text);
    }
    follow_calls(now, &regs);
}

/* ---- The thread ---- */

static void seize(void)
{
    cpu_set_t one; /* a step to another processor and back takes much longer */

    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    sched_setaffinity(tid, sizeof one, &one);
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0 || ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0)
        fail("the thread cannot be traced");
}

static int is_over(void)
{
    struct pollfd in = { .fd = 0, .events = POLLIN };
    char byte;

    return poll(&in, 1, 0) == 1 && read(0, &byte, 1) == 0;
}

static volatile sig_atomic_t ticked;

static void tick(int unused)
{
    (void)unused;
    ticked = 1;
}

static int is_event(int status)
{
    return status >> 16 != 0;
}

/* The signal for which the thread has stopped; 0: for a step. */
static int signal_of(int status)
{
    return is_event(status) || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
}

/* Each look comes before the step that it sees. The timer ends waits for a thread that itself waits. */
static void step_until_over(void)
{
    struct itimerval often = { { 0, TICK }, { 0, TICK } };
    struct sigaction action = { .sa_handler = tick };
    int is_first = 1;

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (!ticked || !is_over()) {
        int status;

        ticked = 0;
        if (waitpid(tid, &status, __WALL) < 0) {
            if (errno != EINTR)
                fail("the thread has ended");
            continue;
        }
        if (!WIFSTOPPED(status))
            fail("the thread has ended");
        if (!is_event(status) && signal_of(status) == 0)
            look();
        if (is_first) {
            puts("ready");
            fflush(stdout);
            is_first = 0;
        }
        ptrace(PTRACE_SINGLESTEP, tid, NULL, (void *)(long)signal_of(status));
    }
}

static int wait_for_stop(void)
{
    int status = 0;

    while (waitpid(tid, &status, __WALL) < 0) {
        if (errno != EINTR)
            fail("the thread has ended");
    }
    return status;
}

/* Whether the end of a step is still to be told, which would end the process once nobody traces it. */
static int has_step_pending(void)
{
    char path[64], line[256];
    unsigned long pending = 0;
    FILE *in;

    snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
    if (!(in = fopen(path, "r")))
        fail(path);
    while (fgets(line, sizeof line, in) && sscanf(line, "SigPnd: %lx", &pending) != 1)
        ;
    fclose(in);
    return (pending >> (SIGTRAP - 1)) & 1;
}

static int stop(void)
{
    struct itimerval never = { { 0, 0 }, { 0, 0 } };
    int status;

    setitimer(ITIMER_REAL, &never, NULL);
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    status = wait_for_stop();
    while (has_step_pending()) {
        ptrace(PTRACE_CONT, tid, NULL, NULL);
        status = wait_for_stop();
    }
    return signal_of(status);
}

int main(int argc, char **argv)
{
    int signal;

    if (argc > 2 && strcmp(argv[1], "--allow") == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
        execvp(argv[2], argv + 2);
        fail(argv[2]);
    }
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: lock_steps THREAD MODULE [BARRIER]\n");
        return 2;
    }
    tid = atoi(argv[1]);
    module = argv[2];
    seize();
    read_maps();
    find_locks();
    barrier = argc > 3 ? strtoul(argv[3], NULL, 16) : 0;
    if (barrier && barrier < maps[0].from) /* the program is in the first mapping */
        barrier += maps[0].from;
    keep_shared_memory();
    step_until_over();
    signal = stop();
    for (int i = 0; i < findings_count; i++)
        printf("%s %ld\n", findings[i].text, findings[i].count);
    compare_shared_memory();
    printf("steps %ld\n", steps);
    if (ptrace(PTRACE_DETACH, tid, NULL, (void *)(long)signal) != 0)
        fail("the thread cannot be left");
    return 0;
}
