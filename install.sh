#!/bin/sh
# Installs usageline from this clone, or takes it back: ./install.sh [--uninstall] [--dry-run] [--yes] [--with png]
# All it does itself is to find a Python 3.10 or newer; the installer is plugin/usageline/setup, standard library only.
set -eu

# The C library opens what these name as soon as a Python starts: only what the system keeps.
case ${TZ-} in *..*|.*|:.*) unset TZ ;; /etc/localtime|:/etc/localtime|/usr/share/zoneinfo/*|:/usr/share/zoneinfo/*) ;; /*|:/*) unset TZ ;; esac
case ${TZDIR-} in ''|/etc/zoneinfo|/usr/share/zoneinfo|/var/db/timezone/zoneinfo) ;; *) unset TZDIR ;; esac

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(CDPATH='' cd -- "${here:-/}" && pwd -P)
setup=$here/plugin/usageline/setup/__main__.py
[ -f "$setup" ] || { echo "install.sh: run it from a clone of usageline, as ./install.sh" >&2; exit 1; }

# Nothing that an install starts has any business with these. That one is set is kept, for the line says so.
for name in ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_CUSTOM_HEADERS ANTHROPIC_FOUNDRY_API_KEY AWS_BEARER_TOKEN_BEDROCK CLAUDE_CODE_OAUTH_TOKEN; do
    eval "if [ -n \"\${$name:-}\" ]; then export $name=withheld; fi"
done

usable() {
    case $1 in
    # Without the developer tools Apple's python3 only opens a dialog.
    /usr/bin/*) if [ -x /usr/bin/xcode-select ] && ! /usr/bin/xcode-select -p >/dev/null 2>&1; then return 1; fi ;;
    /*) ;;
    *) return 1 ;;
    esac
    [ -x "$1" ] && "$1" -I -S -B -c 'import sys; sys.exit(sys.version_info < (3, 10))' </dev/null >/dev/null 2>&1
}

for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
    for python in "$(command -v "$name" || :)" "/usr/bin/$name" "/usr/local/bin/$name" "/opt/homebrew/bin/$name"; do
        if usable "$python"; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
    done
done
home=${HOME:-/nonexistent}
for python in "${PYENV_ROOT:-$home/.pyenv}"/versions/3.*/bin/python3 "$home"/.local/share/uv/python/*/bin/python3; do
    if usable "$python"; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
done

for uv in "$(command -v uv || :)" "$home/.local/bin/uv" "$home/.cargo/bin/uv" /opt/homebrew/bin/uv /usr/local/bin/uv; do
    [ -x "$uv" ] || continue
    case " $* " in *' --dry-run '*)
        echo "No Python 3.10 or newer was found: an install would let $uv fetch one. Nothing was changed."
        exit 0 ;;
    esac
    "$uv" python install '>=3.10' >&2 || :
    python=$("$uv" python find --no-project --system '>=3.10' 2>/dev/null || :)
    if usable "$python"; then exec "$python" -I -B -X utf8 "$setup" "$@"; fi
done

cat >&2 <<'END'
install.sh: no Python 3.10 or newer was found. Install one and try again:
  macOS            brew install python
  Debian, Ubuntu   sudo apt install python3 python3-venv
  Fedora           sudo dnf install python3
or install uv (docs.astral.sh/uv), which can fetch one.
END
exit 1
