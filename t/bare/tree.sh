# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts that need a bare machine: t/bare/run and t/deb/run. As root:
#     make_tree           makes a bare Debian tree with debootstrap, $tree, which is removed when the script ends
#     within COMMAND...   runs a command inside it
#     install_packages NAME...    inside it, without starting services
#     left_running        prints the commands that still run inside it
# MIRROR, SUITE (bookworm) and KEEP=1 (keep the tree) may be set; the proxy variables of the environment are passed on.

suite=${SUITE:-bookworm}
mirror=${MIRROR:-}    # empty: debootstrap's own choice
tree=
pid=                  # of a group of processes that the script ends itself, if it gets so far

say() { printf '\n== %s\n' "$*"; }

# Ends what still runs inside the tree, and removes it.
finish() {
    set +e
    [ -z "$pid" ] || kill -TERM -- "-$pid" 2>/dev/null
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
    for mount in dev proc; do
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
within() { chroot "$tree" env -i "${environment[@]}" HOME=/root "$@"; }

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
