# Define `trusted FILE`: no other user can change it. install.sh and bin/fallback of a release read
# this. They define `tool`, which runs a program of the system's.
# shellcheck shell=sh

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
