"""Hold the shell scripts of a release: its command, and what runs without its interpreter."""

from __future__ import annotations

TRUSTED = r"""
# Run an interpreter only if no other user can change it: its file, its links and directories.
private() { # private PATH STRICT: no other user can write PATH; unless STRICT, it may be sticky
    set -f
    # shellcheck disable=SC2046 # split into words on purpose
    set -- "$1" "$2" $(LC_ALL=C tool ls -ldn -- "$1" 2>/dev/null)
    set +f
    [ $# -gt 5 ] || return 1
    case $5 in 0 | "$user") ;; *) [ "$5" = "$root" ] || return 1 ;; esac
    case $3 in l*) return 0 ;; esac
    if [ -z "$2" ]; then case $3 in d????????[tT]*) return 0 ;; esac; fi
    case $3 in ????????w*) return 1 ;; ?????w*) ;; *) return 0 ;; esac
    case $6 in 0) return 0 ;; 80) [ "$(tool uname)" = Darwin ] ;; *) [ "$6" = "$group" ] ;; esac
}
private_directories() { # the directory PATH and the one above it strictly, and all others above
    at=$1 strict=yes
    while [ -n "$at" ]; do
        private "$at" "$strict" || return 1
        if [ "$at" != "$1" ]; then strict=; fi
        at=${at%/*}
    done
    private / ''
}
trusted() {
    file=$1 links=0
    while [ $links -lt 40 ]; do
        links=$((links + 1))
        real=$(CDPATH='' cd -P -- "${file%/*}/" 2>/dev/null && pwd -P) || return 1
        private_directories "${file%/*}" || return 1
        private_directories "${real%/}" || return 1
        private "$file" yes || return 1
        [ -L "$file" ] || return 0
        target=$(tool readlink -- "$file") || return 1
        case $target in /*) file=$target ;; *) file=$real/$target ;; esac
    done
    return 1
}
user=$(tool id -u)
root=$(LC_ALL=C tool ls -ldn / | { read -r _ _ owner _; echo "$owner"; })
# The user's private group, which `umask 002` relies on.
group=none
if [ "$(tool id -gn 2>/dev/null)" = "$(tool id -un 2>/dev/null)" ]; then group=$(tool id -g); fi
"""
"""Shell: `trusted FILE` is true if no other user can change it, as in install.sh.

It needs the function `tool`, which runs a program of the system's.
"""

LAUNCHER = """#!/bin/sh
{safe_zone}
python={python}
# If its Python is gone (an upgrade, or another system shares this home), use another one.
if [ ! -x "$python" ]; then exec /bin/sh {fallback} "$@"; fi
# Prompts and status bars run this often: skip the command line.
if [ "${{1-}}" = line ] && [ "${{2-}}" != --help ]; then
    exec "$python" -I -S -B -X utf8 {script} "$@"
fi
[ -r {command} ] || {{ echo 'usageline: its files are gone; install it again' >&2; exit 1; }}
exec "$python" -I -B -X utf8 {command} "$@"
"""
FALLBACK = """#!/bin/sh
# Runs if the interpreter of this release is not on this system, or does not work. `statusline`
# prints the line, or its second word if there is no other interpreter. `hook` is the session's
# start; the other words are those of the command `usageline`.
{safe}
script={script} hook={hook} setup={setup}
# No directory of PATH, which a project may set.
tool() {{ (PATH=/usr/bin:/bin:/run/current-system/sw/bin && "$@"); }}
{trusted}
usable() {{
    [ -x "$1" ] || return 1
    if [ "$1" = /usr/bin/python3 ] && [ -x /usr/bin/xcode-select ]; then
        /usr/bin/xcode-select -p >/dev/null 2>&1 || return 1
    fi
    trusted "$1" || return 1
    code='import sys; print(sys.version_info >= (3, 10))'
    [ "$("$1" -I -S -B -c "$code" </dev/null 2>/dev/null)" = True ]
}}
found=
for directory in /usr/bin /usr/local/bin /opt/homebrew/bin /home/linuxbrew/.linuxbrew/bin \\
    /run/current-system/sw/bin; do
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if [ -z "$found" ] && usable "$directory/$name"; then found=$directory/$name; fi
    done
done
word=${{1-}}
case $word in
statusline)
    [ -f "$script" ] && [ -s "$script" ] || {{ echo {damaged}; exit 0; }}
    [ -n "$found" ] && exec "$found" -I -S -B -X utf8 "$script"
    no_python={no_python}
    echo "${{2-$no_python}}"
    exit 0 ;;
hook)
    [ -f "$hook" ] && [ -n "$found" ] && exec "$found" -I -S -B -X utf8 "$hook"
    exit 0 ;;
line)
    [ -n "$found" ] && exec "$found" -I -S -B -X utf8 "$script" "$@" ;;
install | uninstall)
    shift
    if [ -z "$found" ]; then
        for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
            python=$(command -v "$name" || :)
            case $python in /*) ;; *) continue ;; esac
            if [ -z "$found" ] && usable "$python"; then found=$python; fi
        done
    fi
    if [ -n "$found" ] && [ "$word" = uninstall ]; then set -- --uninstall "$@"; fi
    [ -n "$found" ] && exec "$found" -I -B -X utf8 "$setup" "$@" ;;
esac
echo {no_command} >&2
exit 1
"""
NO_PYTHON = "usageline: its Python is not on this system (if it was: install it again)"
"""The line's text without an interpreter.

Another system that shares the home directory may have it, so the advice is conditional.
"""
