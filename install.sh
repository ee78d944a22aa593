#!/bin/sh
# Installs usageline from this clone, or takes it back: ./install.sh [--uninstall] [--dry-run] [--yes] [--with png]
# All it does itself is to find a Python 3.10 or newer; the installer is plugin/usageline/setup, standard library only.
set -eu

# The C library opens what these name as soon as a Python starts: only what the system keeps.
case ${TZ-} in *..*|.*|:.*) unset TZ ;; /etc/localtime|:/etc/localtime|/usr/share/zoneinfo/*|:/usr/share/zoneinfo/*) ;; /*|:/*) unset TZ ;; esac
case ${TZDIR-} in ''|/etc/zoneinfo|/usr/share/zoneinfo|/var/db/timezone/zoneinfo) ;; *) unset TZDIR ;; esac

# A standard stream that is closed would give its number to the next file that is opened.
(: <&0) 2>/dev/null || exec </dev/null
(: >&1) 2>/dev/null || exec >/dev/null
(: >&2) 2>/dev/null || exec 2>/dev/null

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(CDPATH='' cd -- "${here:-/}" && pwd -P)
setup=$here/plugin/usageline/setup/__main__.py
[ -f "$setup" ] || { echo "install.sh: run it from a clone of usageline, as ./install.sh" >&2; exit 1; }

# Nothing that an install starts has any business with these. That one is set is kept, for the line says so.
for name in ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_CUSTOM_HEADERS ANTHROPIC_FOUNDRY_API_KEY AWS_BEARER_TOKEN_BEDROCK CLAUDE_CODE_OAUTH_TOKEN; do
    eval "if [ -n \"\${$name:-}\" ]; then export $name=withheld; fi"
done

# An empty PATH is no hindrance.
tool() { if command -v "$1" >/dev/null 2>&1; then "$@"; else command -p "$@"; fi; }

# Only an interpreter is run that this user or root decides about: its file, the links to it, and every directory on the way.
kept() { # kept PATH STRICT: nobody else can write it; a sticky directory will do unless STRICT
    set -f
    # shellcheck disable=SC2046 # its words are wanted
    set -- "$1" "$2" $(LC_ALL=C tool ls -ldn -- "$1" 2>/dev/null)
    set +f
    [ $# -gt 5 ] || return 1
    case $5 in 0 | "$user") ;; *) [ "$5" = "$root" ] || return 1 ;; esac
    case $3 in l*) return 0 ;; esac
    if [ -z "$2" ]; then case $3 in d????????[tT]*) return 0 ;; esac; fi
    case $3 in ????????w*) return 1 ;; ?????w*) ;; *) return 0 ;; esac
    case $6 in 0) return 0 ;; 80) [ "$(tool uname)" = Darwin ] ;; *) [ "$6" = "$group" ] ;; esac
}
chain() { # the directory PATH, the one above it, and strictly so, and all the others above
    at=$1 strict=yes
    while [ -n "$at" ]; do
        kept "$at" "$strict" || return 1
        if [ "$at" != "$1" ]; then strict=; fi
        at=${at%/*}
    done
    kept / ''
}
trusted() {
    file=$1 links=0
    while [ $links -lt 40 ]; do
        links=$((links + 1))
        real=$(CDPATH='' cd -P -- "${file%/*}/" 2>/dev/null && pwd -P) || return 1
        chain "${file%/*}" && chain "${real%/}" && kept "$file" yes || return 1
        [ -L "$file" ] || return 0
        target=$(tool readlink -- "$file") || return 1
        case $target in /*) file=$target ;; *) file=$real/$target ;; esac
    done
    return 1
}
user=$(tool id -u)
root=$(LC_ALL=C tool ls -ldn / | { read -r _ _ owner _; echo "$owner"; })
# A group of the user's own, as `umask 002` has it.
group=none
if [ "$(tool id -gn 2>/dev/null)" = "$(tool id -un 2>/dev/null)" ]; then group=$(tool id -g); fi

home=${HOME:-/nonexistent}
case " $* " in
*' --help '* | *' -h '* | *' --version '*) ;;
*)
    # What root writes into a home of another user's locks its owner out. The installer itself looks closer.
    if [ "$user" = 0 ] && [ -d "$home/." ] && [ ! -O "$home/." ]; then
        owner=$(LC_ALL=C tool ls -ld -- "$home/." | { read -r _ _ owner _; echo "$owner"; })
        echo "usageline: $home belongs to $owner, and this runs as root: run it as $owner, without sudo, su, doas or \`docker exec -u root\`; or set HOME to a directory of your own. Nothing was changed." >&2
        exit 1
    fi ;;
esac

# `whole`: it has all that the program needs. `any`: it can run the installer, which takes another one for the program, or says what is missing.
usable() {
    case $1 in
    # Without the developer tools Apple's python3 only opens a dialog.
    /usr/bin/*) if [ -x /usr/bin/xcode-select ] && ! /usr/bin/xcode-select -p >/dev/null 2>&1; then return 1; fi ;;
    /*) ;;
    *) return 1 ;;
    esac
    [ -x "$1" ] || return 1
    if ! trusted "$1"; then
        refused=$1
        return 1
    fi
    needed=argparse,base64,difflib,filecmp,glob,hashlib,json,subprocess,shutil,selectors,threading
    if [ "$2" = whole ]; then needed=$needed,ctypes,sqlite3,ssl,zlib,venv,xml.etree.ElementTree,pyexpat; fi
    # By its word, not its status alone: an empty file that can be executed ends well, too.
    [ "$("$1" -I -S -B -c "import sys; sys.version_info < (3, 10) and sys.exit(1); import $needed; print('usable')" </dev/null 2>/dev/null)" = usable ]
}

refused=
start() { # python: the first one on PATH or in the usual places that is usable as $1 says
    level=$1
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
        for python in "$(command -v "$name" || :)" "/usr/bin/$name" "/usr/local/bin/$name" "/opt/homebrew/bin/$name"; do
            if usable "$python" "$level"; then return 0; fi
        done
    done
    for python in "${PYENV_ROOT:-$home/.pyenv}"/versions/3.*/bin/python3 "$home"/.local/share/uv/python/*/bin/python3; do
        if usable "$python" "$level"; then return 0; fi
    done
    # The first of a name on PATH hides the others.
    set -f
    IFS=:
    # shellcheck disable=SC2086 # its parts are wanted
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
if start whole; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
case " $* " in *' --uninstall '*) if start any; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi ;; esac

for uv in "$(command -v uv || :)" "$home/.local/bin/uv" "$home/.cargo/bin/uv" /opt/homebrew/bin/uv /usr/local/bin/uv; do
    case $uv in /*) ;; *) continue ;; esac
    if ! { [ -x "$uv" ] && trusted "$uv"; }; then continue; fi
    case " $* " in *' --dry-run '*)
        echo "No Python 3.10 or newer was found: an install would let $uv fetch one. Nothing was changed."
        exit 0 ;;
    esac
    "$uv" python install '>=3.10' >&2 || :
    python=$("$uv" python find --no-project --system '>=3.10' 2>/dev/null || :)
    if usable "$python" any; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
done
if start any; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
if [ -n "$refused" ]; then echo "install.sh: $refused is not run: another user can change it." >&2; fi

cat >&2 <<'END'
install.sh: no Python 3.10 or newer was found. Install one and try again:
  macOS            brew install python
  Debian, Ubuntu   sudo apt install python3 python3-venv
  Fedora           sudo dnf install python3
or install uv (docs.astral.sh/uv), which can fetch one.
END
exit 1
