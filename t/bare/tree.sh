# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts that need a bare machine: t/bare/run and t/deb/run. As root:
#     make_tree           makes a bare Debian tree with debootstrap, $tree, which is removed when the script ends
#     within COMMAND...   runs a command inside it
#     boot_tree, halt_tree    starts and ends systemd inside it, as its own first process; its network is that of the machine
#     install_packages NAME...    inside it, without starting services
#     left_running        prints the commands that still run inside it
# MIRROR, SUITE (bookworm) and KEEP=1 (keep the tree) may be set; the proxy variables of the environment are passed on.

suite=${SUITE:-bookworm}
mirror=${MIRROR:-}    # empty: debootstrap's own choice
tree=
pid=                  # of a group of processes that the script ends itself, if it gets so far
init=                 # of systemd, in a tree that was booted

say() { printf '\n== %s\n' "$*"; }

# Ends what still runs inside the tree, and removes it.
finish() {
    set +e
    [ -z "$pid" ] || kill -TERM -- "-$pid" 2>/dev/null
    [ -z "$init" ] || halt_tree
    # Again, because a server starts children in the meantime.
    local left=yes
    while [ -n "$left" ]; do
        left=
        for root in /proc/[0-9]*/root; do
            [ "$(readlink "$root" 2>/dev/null)" = "$tree" ] || continue
            inside=${root#/proc/}
            kill -KILL "${inside%/root}" 2>/dev/null && left=yes
        done
        sleep 0.2
    done
    for mount in dev proc cgroup; do
        mountpoint -q "$tree/$mount" && umount -R -l "$tree/$mount"
    done
    if [ -n "${KEEP:-}" ]; then echo "kept: $tree"; else rm -rf --one-file-system "$tree"; fi
}

make_tree() {
    [ "$(id -u)" = 0 ] || { echo "$0: needs root for debootstrap and chroot" >&2; exit 1; }
    "$top/.ci/packages" debootstrap git curl

    tree=$(mktemp -d "${TMPDIR:-/var/tmp}/luciauth-bare.XXXXXX")
    chmod 0755 "$tree"    # the root folder of other users, too
    trap finish EXIT
    trap 'exit 130' INT TERM HUP

    say "debootstrap $suite"
    debootstrap --variant=minbase "$suite" "$tree" ${mirror:+"$mirror"} >"$tree.log" 2>&1 || { tail -n 20 "$tree.log"; rm -f "$tree.log"; exit 1; }
    rm -f "$tree.log"
    # What the outer machine's apt needs (mirrors, a proxy, certificates), the inner one needs too.
    for file in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/auth.conf.d /etc/apt/keyrings \
        /etc/apt/trusted.gpg.d /etc/resolv.conf /etc/hosts /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt \
        /etc/npmrc "$HOME/.npmrc"; do
        [ -e "$file" ] || continue
        mkdir -p "$tree$(dirname "$file")"
        cp -aLT "$file" "$tree$file" 2>/dev/null || true
    done
    rm -f "$tree"/etc/apt/apt.conf.d/docker-*
    # Not the same mirror twice.
    [ -n "$mirror" ] || [ -e /etc/apt/sources.list ] || rm -f "$tree/etc/apt/sources.list"
    mount -t proc proc "$tree/proc"
    mount --rbind /dev "$tree/dev"
    mount --make-rslave "$tree/dev"
    within apt-get -q update >/dev/null
}

environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8)
while IFS= read -r name; do environment+=("$name=${!name}"); done < <(compgen -e | grep -iE '_proxy$|^npm_config_|^NODE_EXTRA_CA_CERTS$|^SSL_CERT_FILE$' || true)
within() {
    if [ -n "$init" ]; then
        nsenter --target "$init" --mount --uts --ipc --pid --cgroup --root --wd env -i "${environment[@]}" HOME=/root "$@"
    else
        chroot "$tree" env -i "${environment[@]}" HOME=/root "$@"
    fi
}

# In namespaces of its own, and with a group of its own in cgroup2, which works beside the groups of the machine. What
# would change the machine's kernel is read-only there.
boot_tree() {
    mkdir -p "$tree/cgroup"
    mount -t cgroup2 cgroup2 "$tree/cgroup"
    mkdir "$tree/cgroup/${tree##*/}"
    (
        echo "$BASHPID" >"$tree/cgroup/${tree##*/}/cgroup.procs"
        exec unshare --fork --pid --mount --uts --ipc --cgroup --kill-child bash -euc '
            cd "$1"
            mount --make-rprivate /
            umount -R -l proc
            umount -R -l dev
            umount cgroup
            mount --bind . .
            cd "$1"
            mount -t proc proc proc
            mount --bind -o ro proc/sys proc/sys
            mount -t sysfs -o ro sysfs sys
            mount -t cgroup2 cgroup2 sys/fs/cgroup
            mount -t tmpfs -o mode=755 tmpfs dev
            for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
                read -r name major minor <<<"$node"
                mknod -m 666 "dev/$name" c "$major" "$minor"
            done
            mkdir dev/pts dev/shm
            mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
            ln -s pts/ptmx dev/ptmx
            mount -t tmpfs tmpfs dev/shm
            mount -t tmpfs -o mode=755 tmpfs run
            mount -t tmpfs tmpfs tmp
            pivot_root . mnt
            cd /
            umount -l mnt
            exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv --bounding-set -sys_module,-sys_time,-sys_rawio,-sys_boot \
                /lib/systemd/systemd --system --unit=multi-user.target
        ' boot "$tree"
    ) </dev/null >"$tree/boot.log" 2>&1 &
    local parent=$! state=
    for _ in $(seq 600); do
        init=$(pgrep -P "$parent" -x systemd || true)
        [ -z "$init" ] || state=$(within systemctl is-system-running 2>/dev/null || true)
        case $state in running|degraded) break ;; esac
        kill -0 "$parent" 2>/dev/null || break
        sleep 0.2
    done
    [ "$state" = running ] || { cat "$tree/boot.log"; [ -z "$init" ] || within systemctl --failed --no-pager; return 1; }
}

halt_tree() {
    kill -KILL "$init"
    while kill -0 "$init" 2>/dev/null; do sleep 0.1; done
    init=
    find "$tree/cgroup/${tree##*/}" -depth -type d -exec rmdir {} +
    umount "$tree/cgroup"
    rmdir "$tree/cgroup"
}

install_packages() {
    within env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@" >"$tree/install.log" 2>&1 </dev/null ||
        { tail -n 20 "$tree/install.log"; return 1; }
}

left_running() {
    local root found=
    for root in /proc/[0-9]*/root; do
        [ "$(readlink "$root" 2>/dev/null)" = "$tree" ] && found+=" $(tr '\0' ' ' <"${root%root}cmdline" 2>/dev/null)"
    done
    echo "$found"
}
