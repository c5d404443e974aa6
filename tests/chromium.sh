#!/bin/sh
# Prints the path of a Chromium or Chrome: $CHROMIUM if set, else the first one on the PATH.
# `tests/chromium.sh install` first installs Debian's package where there is none.
set -eu

find_chromium() {
    if [ -n "${CHROMIUM:-}" ]; then
        command -v "$CHROMIUM" && return
        echo "CHROMIUM is set to '$CHROMIUM', and that is no program." >&2
        exit 1
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    return 1
}

install_chromium() {
    command -v apt-get >/dev/null || return 1
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || return 1
        as_root=sudo
    fi
    echo "No Chromium found: installing Debian's package." >&2
    # Standard output is for the path alone. A bare machine has no fonts, hence fonts-dejavu-core.
    $as_root apt-get update -qq >&2 &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -qq --no-install-recommends chromium fonts-dejavu-core >&2
}

find_chromium && exit
if [ "${1:-}" = install ] && install_chromium; then
    find_chromium && exit
fi
echo "The browser tests need Chromium or Chrome, and none was found." >&2
echo "Install one (Debian: apt-get install chromium), or set CHROMIUM=/path/to/it." >&2
exit 1
