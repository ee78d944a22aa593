#!/bin/sh
# Install usageline from this clone, or uninstall it. `./install.sh --help` lists the options.
# This script finds a Python 3.10 or newer and runs the installer, plugin/usageline/setup.
set -eu

# The C library opens these files when a Python starts: allow only the system's own.
case ${TZ-} in
*..* | .* | :.*) unset TZ ;;
/etc/localtime | :/etc/localtime | /usr/share/zoneinfo/* | :/usr/share/zoneinfo/*) ;;
/* | :/*) unset TZ ;;
esac
case ${TZDIR-} in
'' | /etc/zoneinfo | /usr/share/zoneinfo | /var/db/timezone/zoneinfo) ;;
*) unset TZDIR ;;
esac

# Open closed standard streams: the next opened file would get the number.
(: <&0) 2>/dev/null || exec </dev/null
(: >&1) 2>/dev/null || exec >/dev/null
(: >&2) 2>/dev/null || exec 2>/dev/null

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(CDPATH='' cd -- "${here:-/}" && pwd -P)
setup=$here/plugin/usageline/setup/__main__.py
if [ ! -f "$setup" ]; then
    echo "install.sh: run it from a clone of usageline, as ./install.sh" >&2
    exit 1
fi

# Hide credentials from every tool that an install starts. The line reports that one is set.
for name in ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_CUSTOM_HEADERS \
    ANTHROPIC_FOUNDRY_API_KEY AWS_BEARER_TOKEN_BEDROCK CLAUDE_CODE_OAUTH_TOKEN; do
    eval "if [ -n \"\${$name:-}\" ]; then export $name=withheld; fi"
done

# Run a tool even if PATH is empty.
tool() { if command -v "$1" >/dev/null 2>&1; then "$@"; else command -p "$@"; fi; }

# shellcheck source=plugin/usageline/setup/trusted.sh
. "$here/plugin/usageline/setup/trusted.sh"

home=${HOME:-/nonexistent}
case " $* " in
*' --help '* | *' -h '* | *' --version '* | *' -V '*) ;;
*)
    # Files that root writes there would lock the owner out. The installer checks this again.
    if [ "$user" = 0 ] && [ -d "$home/." ] && [ ! -O "$home/." ]; then
        owner=$(LC_ALL=C tool ls -ld -- "$home/." | { read -r _ _ owner _; echo "$owner"; })
        echo "usageline: $home belongs to $owner, and this runs as root: run it as $owner," \
            "without sudo, su, doas or \`docker exec -u root\`. Or set HOME to a directory" \
            "of your own. Nothing was changed." >&2
        exit 1
    fi ;;
esac

# usable PYTHON complete: it has all modules that the program needs.
# usable PYTHON any: it can run the installer, which chooses another one or reports what is missing.
usable() {
    case $1 in
    # Without the developer tools Apple's python3 only opens a dialog.
    /usr/bin/*)
        if [ -x /usr/bin/xcode-select ] && ! /usr/bin/xcode-select -p >/dev/null 2>&1; then
            return 1
        fi ;;
    /*) ;;
    *) return 1 ;;
    esac
    [ -x "$1" ] || return 1
    if ! trusted "$1"; then
        refused=$1
        return 1
    fi
    needed=argparse,base64,difflib,filecmp,glob,hashlib,json,subprocess,shutil,selectors,threading
    if [ "$2" = complete ]; then
        needed=$needed,ctypes,sqlite3,ssl,zlib,venv,xml.etree.ElementTree,pyexpat
    fi
    code="import sys; sys.version_info < (3, 10) and sys.exit(1); import $needed; print('usable')"
    # Check its output: an empty executable file also exits with 0.
    [ "$("$1" -I -S -B -c "$code" </dev/null 2>/dev/null)" = usable ]
}

refused=
find_python() { # set python to the first one on PATH or in a usual directory that is usable as $1
    level=$1
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
        for python in "$(command -v "$name" || :)" "/usr/bin/$name" "/usr/local/bin/$name" \
            "/opt/homebrew/bin/$name"; do
            if usable "$python" "$level"; then return 0; fi
        done
    done
    for python in "${PYENV_ROOT:-$home/.pyenv}"/versions/3.*/bin/python3 \
        "$home"/.local/share/uv/python/*/bin/python3; do
        if usable "$python" "$level"; then return 0; fi
    done
    # `command -v` finds only the first of a name on PATH.
    set -f
    IFS=:
    # shellcheck disable=SC2086 # split into directories on purpose
    set -- $PATH
    set +f
    unset IFS
    for directory; do
        for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
            python=$directory/$name
            if usable "$python" "$level"; then return 0; fi
        done
    done
    return 1
}
if find_python complete; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
case " $* " in *' --uninstall '*)
    if find_python any; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi ;;
esac

for uv in "$(command -v uv || :)" "$home/.local/bin/uv" "$home/.cargo/bin/uv" \
    /opt/homebrew/bin/uv /usr/local/bin/uv; do
    case $uv in /*) ;; *) continue ;; esac
    if ! { [ -x "$uv" ] && trusted "$uv"; }; then continue; fi
    case " $* " in *' --dry-run '*)
        echo "No Python 3.10 or newer was found: an install would download one with $uv." \
            "Nothing was changed."
        exit 0 ;;
    esac
    "$uv" python install '>=3.10' >&2 || :
    python=$("$uv" python find --no-project --system '>=3.10' 2>/dev/null || :)
    if usable "$python" any; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
done
if find_python any; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
if [ -n "$refused" ]; then
    echo "install.sh: $refused is not run: another user can change it." >&2
fi

cat >&2 <<'END'
install.sh: no Python 3.10 or newer was found. Install one and try again:
  macOS            brew install python
  Debian, Ubuntu   sudo apt install python3 python3-venv
  Fedora           sudo dnf install python3
or install uv (docs.astral.sh/uv), which can download one.
END
exit 1
