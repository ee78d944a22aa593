# Run if the interpreter of this release is not on this system, or does not work. `statusline`
# prints the line, or its second word if there is no other interpreter. `hook` is the session's
# start; the other words are those of the command `usageline`. `releases.write_launcher` puts the
# paths, the texts and trusted.sh before this.
# shellcheck shell=sh disable=SC2154

usable() {
    [ -x "$1" ] || return 1
    if [ "$1" = /usr/bin/python3 ] && [ -x /usr/bin/xcode-select ]; then
        /usr/bin/xcode-select -p >/dev/null 2>&1 || return 1
    fi
    trusted "$1" || return 1
    code='import sys; print(sys.version_info >= (3, 10))'
    [ "$("$1" -I -S -B -c "$code" </dev/null 2>/dev/null)" = True ]
}
found=
for directory in /usr/bin /usr/local/bin /opt/homebrew/bin /home/linuxbrew/.linuxbrew/bin \
    /run/current-system/sw/bin; do
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if [ -z "$found" ] && usable "$directory/$name"; then found=$directory/$name; fi
    done
done
word=${1-}
case $word in
statusline)
    if ! { [ -f "$script" ] && [ -s "$script" ]; }; then echo "$damaged"; exit 0; fi
    [ -n "$found" ] && exec "$found" -I -S -B -X utf8 "$script"
    echo "${2-$no_python}"
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
echo "$no_command" >&2
exit 1
