#!/bin/sh
# Prints the folder of PostgreSQL's programs: $POSTGRES if set, else the newest one found.
# `tests/postgres.sh install` first installs Debian's package where there is none. That makes an
# empty database and may start it; the tests leave it alone and start one of their own.
set -eu

find_postgres() {
    if [ -n "${POSTGRES:-}" ]; then
        [ -x "$POSTGRES/postgres" ] && [ -x "$POSTGRES/initdb" ] && echo "$POSTGRES" && return
        echo "POSTGRES is set to '$POSTGRES', where there are no postgres and initdb." >&2
        exit 1
    fi
    # Debian keeps several versions apart, and none of their servers on the PATH.
    for program in $(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -rV) \
        "$(command -v initdb)"; do
        folder=$(dirname "$program")
        [ -x "$program" ] && [ -x "$folder/postgres" ] && echo "$folder" && return
    done
    return 1
}

install_postgres() {
    command -v apt-get >/dev/null || return 1
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || return 1
        as_root=sudo
    fi
    echo "No PostgreSQL found: installing Debian's package." >&2
    # Standard output is for the path alone.
    $as_root apt-get update -qq >&2 &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -qq --no-install-recommends postgresql >&2
}

find_postgres && exit
if [ "${1:-}" = install ] && install_postgres; then
    find_postgres && exit
fi
echo "The tests of rooms need PostgreSQL, and none was found." >&2
echo "Install it (Debian: apt-get install postgresql), or set POSTGRES=/path/of/its/bin." >&2
exit 1
