#!/bin/sh
# Prints the path of an nginx: $NGINX if set, else the first one found.
# `tests/nginx.sh install` first unpacks Debian's package where there is none. It does not install
# it, for that starts a server on port 80; it needs no root, but for a list of packages.
set -eu

unpacked=$(dirname "$0")/../.venv/nginx

find_nginx() {
    if [ -n "${NGINX:-}" ]; then
        command -v "$NGINX" && return
        echo "NGINX is set to '$NGINX', and that is no program." >&2
        exit 1
    fi
    for name in nginx /usr/sbin/nginx "$unpacked/usr/sbin/nginx"; do
        command -v "$name" && return
    done
    return 1
}

unpack_nginx() {
    command -v apt-get >/dev/null || return 1
    echo "No nginx found: unpacking Debian's package." >&2
    mkdir -p "$unpacked"
    cd "$unpacked"
    # A machine that never listed Debian's packages has to do so once.
    apt-get download -qq nginx 2>/dev/null || {
        as_root=
        [ "$(id -u)" -eq 0 ] || as_root=sudo
        $as_root apt-get update -qq >&2 && apt-get download -qq nginx >&2
    } || return 1
    dpkg -x nginx_*.deb . && rm nginx_*.deb
}

find_nginx && exit
if [ "${1:-}" = install ] && (unpack_nginx); then
    find_nginx && exit
fi
echo "The tests of deploy/ need nginx, and none was found." >&2
echo "Install one (Debian: apt-get install nginx), or set NGINX=/path/to/it." >&2
exit 1
