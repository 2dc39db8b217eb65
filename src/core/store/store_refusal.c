/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store/store_refusal.h"

#include <apr_strings.h>
#include <string.h>

static const struct {
    const char *said; /* how the words of the server begin */
    luci_store_refusal_t refusal;
} meanings[] = {
    { "NOAUTH",
      { "requires a password (NOAUTH), which httpd's clients cannot send",
        "remove requirepass, and let only the nodes reach its port", 0 } },
    { "DENIED",
      { "is in protected mode (DENIED)",
        "bind it to an address that only the nodes reach, and set protected-mode no", 0 } },
    { "NOPERM",
      { "forbids the default user the command (NOPERM)",
        "allow the default user get, setex, del, info and time", 0 } },
    { "READONLY", { "is a read-only replica (READONLY)", LUCI_STORE_REPLICA_REMEDY, 0 } },
    { "MASTERDOWN", { "is a replica without its primary (MASTERDOWN)", LUCI_STORE_REPLICA_REMEDY, 0 } },
    { "MOVED", { LUCI_STORE_IS_CLUSTER " (MOVED)", LUCI_STORE_CLUSTER_REMEDY, 1 } },
    { "ASK", { LUCI_STORE_IS_CLUSTER " (ASK)", LUCI_STORE_CLUSTER_REMEDY, 1 } },
    { "CLUSTERDOWN", { LUCI_STORE_IS_CLUSTER " (CLUSTERDOWN)", LUCI_STORE_CLUSTER_REMEDY, 1 } },
    { "LOADING", { "is still loading its data (LOADING)", "wait until it has loaded them", 0 } },
    { "BUSY", { "runs a script and answers nothing else (BUSY)", "end the script: SCRIPT KILL", 0 } },
    { "OOM",
      { "has used up its maxmemory (OOM)",
        "raise maxmemory, and set maxmemory-policy volatile-ttl instead of noeviction", 0 } },
    { "MISCONF",
      { "refuses writes, because it cannot store its snapshots (MISCONF)",
        "free space on its disk, or store none: save \"\"", 0 } },
    { "NOREPLICAS",
      { "refuses writes, because it has too few replicas (NOREPLICAS)",
        "bring the replicas back, or lower min-replicas-to-write", 0 } },
    { "SERVER_ERROR out of memory",
      { "has no memory for the record (SERVER_ERROR out of memory)", "give memcached more memory (-m)", 0 } },
};

luci_store_refusal_t luci_store_refusal(const char *said, apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (strncmp(said, meanings[i].said, strlen(meanings[i].said)) == 0)
            return meanings[i].refusal;
    }
    return (luci_store_refusal_t){ apr_psprintf(pool, "refuses a command: %s", apr_pstrdup(pool, said)),
                                   "correct its configuration", 0 };
}
