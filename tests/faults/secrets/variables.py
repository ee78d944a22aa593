"""Define each variable that a project's settings can set, what it reaches, and what was tried.

SECURITY.md has the same table. In the values, `{project}` is a directory of the project.
`{thief}` is a port of this user's own server, and `{stranger}` one of another user's server.
`{proxy}` is a port of a proxy that answers for the API with its own certificate.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """One row.

    values  sets of variables, tried one after the other
    token   whether a server at that address gets the token
    opens   files of the project (below it) that a background process then reads

    No program of the project ever runs.
    """

    name: str
    reaches: str
    cannot: str
    tried: str
    values: tuple[dict[str, str], ...]
    token: bool = False
    opens: frozenset[str] = frozenset()
    quick: bool = False


ELSEWHERE = (
    "http://2130706433:{thief}",
    "http://0x7f000001:{thief}",
    "http://127.1:{thief}",
    "http://0.0.0.0:{thief}",
    "http://[::]:{thief}",
    "http://127.0.0.1:{thief}@example.com",
    "http://user@127.0.0.1:{thief}",
    "http://127.0.0.1.example.com:{thief}",
    "http://localtest.me:{thief}",
    "http://127.0.0.1:{thief}/x",
    "http://127.0.0.1:{thief}?x",
    "HTTP://127.0.0.1%2f:{thief}",
    "https://api.anthropic.com.example.com",
    "file:///etc/passwd",
    "http://127.0.0.1:{thief}\\@example.com",
    "http://10.0.0.1:{thief}",
)

PYTHON = {
    "PYTHONPATH": "{project}/python",
    "PYTHONHOME": "{project}/python",
    "PYTHONSTARTUP": "{project}/python/httpx.py",
    "PYTHONINSPECT": "1",
    "PYTHONWARNINGS": "error",
    "PYTHONBREAKPOINT": "httpx.run",
    "PYTHONPYCACHEPREFIX": "{project}/python",
    "PYTHONEXECUTABLE": "{project}/bin/python3",
    "PYTHONUSERBASE": "{project}/python",
    "PYTHONDUMPREFS": "1",
    "PYTHONDUMPREFSFILE": "{project}/dumped",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONPLATLIBDIR": "python",
    "PYTHONIOENCODING": "nonsense",
    "PYTHONMALLOC": "debug",
    "PYTHONTRACEMALLOC": "5",
    "PYTHONPROFILEIMPORTTIME": "1",
    "PYTHONVERBOSE": "1",
    "PYTHONUTF8": "0",
    "PYTHONHASHSEED": "0",
    "PYTHON_PRESITE": "httpx",
    "PYTHONCOERCECLOCALE": "warn",
    "PYTHONDEVMODE": "1",
}
GIT = {
    "GIT_DIR": "{project}/git",
    "GIT_CONFIG": "{project}/gitconfig",
    "GIT_CONFIG_GLOBAL": "{project}/gitconfig",
    "GIT_CONFIG_SYSTEM": "{project}/gitconfig",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.fsmonitor",
    "GIT_CONFIG_VALUE_0": "{project}/bin/git",
    "GIT_EXEC_PATH": "{project}/bin",
    "GIT_SSH_COMMAND": "{project}/bin/git",
    "GIT_PAGER": "{project}/bin/git",
    "GIT_EDITOR": "{project}/bin/git",
    "GIT_TRACE": "{project}/trace",
    "GIT_TRACE2": "{project}/trace",
    "GIT_EXTERNAL_DIFF": "{project}/bin/git",
    "GIT_ASKPASS": "{project}/bin/git",
    "GIT_TEMPLATE_DIR": "{project}/git",
}
SHELL = dict.fromkeys(
    ("SHELL", "EDITOR", "VISUAL", "PAGER", "BROWSER", "SUDO_ASKPASS"), "{project}/bin/sh"
)
LOCALE = {
    "LC_ALL": "../../{project}",
    "LANG": "x" * 5000,
    "LOCPATH": "{project}",
    "GCONV_PATH": "{project}",
    "TZDIR": "{project}",
    "NLSPATH": "{project}/%N",
}
OPENSSL = {
    "OPENSSL_CONF": "{project}/openssl.cnf",
    "OPENSSL_MODULES": "{project}",
    "OPENSSL_ENGINES": "{project}",
    "SSLKEYLOGFILE": "{project}/keys",
    "REQUESTS_CA_BUNDLE": "{project}/ca.pem",
    "CURL_CA_BUNDLE": "{project}/ca.pem",
    "CTLOG_FILE": "{project}/ca.pem",
}
AUTHORITIES = (
    {
        "NODE_EXTRA_CA_CERTS": "{project}/ca.pem",
        "SSL_CERT_FILE": "{project}/ca.pem",
        "SSL_CERT_DIR": "{project}/certs",
    },
    {"SSL_CERT_DIR": "{project}/certs"},
    {"SSL_CERT_DIR": "certs"},
    {"SSL_CERT_DIR": "/proc/self/cwd/certs"},
    {"SSL_CERT_DIR": "/nowhere:certs"},
    {"SSL_CERT_FILE": "{project}/ca.pem"},
    {"SSL_CERT_FILE": "ca.pem"},
    {"NODE_EXTRA_CA_CERTS": "{project}/ca.pem"},
)
RESOLVER = {"HOSTALIASES": "{project}/hosts", "LOCALDOMAIN": "example.com", "RES_OPTIONS": "debug"}
DIRECTORIES = (
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "TMPDIR",
    "CLAUDE_CONFIG_DIR",
    "XDG_RUNTIME_DIR",
)

VARIABLES = (
    Variable(
        "`USAGELINE_API_URL`, another host or spelling",
        "nothing: it is ignored, and the line's detail reports that",
        "only the API's own host gets the token",
        "other hosts, user info, decimal and hexadecimal addresses, names that resolve to this "
        "machine, paths and wildcards, with a server on that port",
        tuple(
            {"USAGELINE_API_URL": url, "HTTPS_PROXY": "http://127.0.0.1:{proxy}"}
            for url in ELSEWHERE
        ),
    ),
    Variable(
        "`USAGELINE_API_URL`, a port of another user's on this machine",
        "a connection that is closed before anything is sent (Linux; macOS does not report the "
        "owner of a port)",
        "the other user does not get the token",
        "a server that runs as another user",
        (
            {"USAGELINE_API_URL": "http://127.0.0.1:{stranger}"},
            {"USAGELINE_API_URL": "http://localhost:{stranger}"},
        ),
        quick=True,
    ),
    Variable(
        "`USAGELINE_API_URL`, a port of the user's own",
        "the token, for a program that runs as this user and could read the credentials file "
        "itself",
        "no other user and no other machine",
        "a server that runs as this user",
        ({"USAGELINE_API_URL": "http://127.0.0.1:{thief}"},),
        token=True,
    ),
    Variable(
        "`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case",
        "nothing: requests use the proxy recorded by the install, or none",
        "no other proxy is used, and the recorded one is not bypassed",
        "a project's proxy in each of them, and `NO_PROXY` for the API, while the install "
        "recorded a proxy",
        (
            *(
                {"USAGELINE_API_URL": "", name: "http://127.0.0.1:{thief}"}
                for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")
            ),
            {
                "USAGELINE_API_URL": "",
                "ALL_PROXY": "http://127.0.0.1:{thief}",
                "all_proxy": "http://127.0.0.1:{thief}",
            },
            {"USAGELINE_API_URL": "", "NO_PROXY": "*", "no_proxy": "api.anthropic.com"},
        ),
        quick=True,
    ),
    Variable(
        "`NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE`, `SSL_CERT_DIR`",
        "nothing: only the system's certificates and those recorded by the install are trusted",
        "no certificate of the project is trusted, and no file or directory that they name is "
        "opened",
        "a proxy that answers for the API, with its authority as a file, as a rehashed "
        "directory, relative, by /proc/self/cwd, and all together",
        tuple({"USAGELINE_API_URL": "", **some} for some in AUTHORITIES),
    ),
    Variable(
        "`SSLKEYLOGFILE`, `OPENSSL_CONF`, `OPENSSL_MODULES`, `REQUESTS_CA_BUNDLE`, "
        "`CURL_CA_BUNDLE`, …",
        "nothing: a refresh gets none of them",
        "they load no library, log no key, and add no trusted authority",
        "each alone and all together, with a proxy that answers for the API. No file of the "
        "project is opened",
        tuple(
            {"USAGELINE_API_URL": "", "HTTPS_PROXY": "http://127.0.0.1:{proxy}", **some}
            for some in (OPENSSL, *({name: value} for name, value in OPENSSL.items()))
        ),
    ),
    Variable(
        "`PYTHON*`",
        "nothing: every interpreter is started with `-I`",
        "no module of the project is imported, and nothing is written to the places that they name",
        f"{len(PYTHON)} of them at once, with modules that would leave a trace",
        (PYTHON,),
        quick=True,
    ),
    Variable(
        "`PATH`",
        "nothing: programs are searched in fixed places, then on the PATH recorded by the install",
        "no git, python, sh, claude, security, notify-send or git filter of the project runs",
        "programs of those names that would leave a trace, before all others, and as the only ones",
        ({"PATH": "{project}/bin:/usr/bin:/bin"}, {"PATH": "{project}/bin"}, {"PATH": "."}),
    ),
    Variable(
        "`HOME`, `XDG_CONFIG_HOME`",
        "which sign-in, numbers, configuration and history are used: those of the project, "
        "which has none",
        "no program that the configuration, git's configuration or `~/.local/bin` there names "
        "runs, and no shared server that it names is called",
        "a home with a configuration that names programs, a git configuration with filters, and "
        "programs that would leave a trace. "
        "The same by /proc/self/cwd and together with `CLAUDE_CONFIG_DIR` and `XDG_CACHE_HOME`",
        (
            {"HOME": "{project}/home"},
            {"XDG_CONFIG_HOME": "{project}/home/.config"},
            {"HOME": "/proc/self/cwd/home", "XDG_CONFIG_HOME": "/proc/self/cwd/home/.config"},
            {
                "XDG_CONFIG_HOME": "/proc/self/cwd/home/.config",
                "CLAUDE_CONFIG_DIR": "/proc/self/cwd/home/.claude",
                "XDG_CACHE_HOME": "/proc/self/cwd/home/.cache",
            },
        ),
        opens=frozenset({"home/.config/usageline/config.toml", "home/.claude/settings.json"}),
    ),
    Variable(
        ", ".join(f"`{name}`" for name in DIRECTORIES),
        "the place of files, and which sign-in is used: the project can show numbers of its own",
        "the token of the user's own sign-in is in none of the files, and no program there runs",
        "each set to a directory of the project with an installation whose programs would leave "
        "a trace",
        tuple({name: "{project}/data"} for name in DIRECTORIES),
    ),
    Variable(
        "`CLAUDE_SECURESTORAGE_CONFIG_DIR`",
        "the file, or on macOS the Keychain item, that has the sign-in, as in Claude Code: the "
        "project can show numbers of its own",
        "the token in it goes only to Anthropic's API, and the user's own sign-in is not read "
        "for it",
        "a directory of the project, absolute and relative, the empty value, and 100 kB of "
        "combining marks",
        tuple(
            {"CLAUDE_SECURESTORAGE_CONFIG_DIR": place}
            for place in ("{project}/data", "data", "", "/a" + "\u0300\u0316" * 25_000)
        ),
    ),
    Variable(
        "`GIT_*`",
        "nothing: git gets none of them",
        "no program or configuration that they name is used, and no trace is written",
        f"{len(GIT)} of them at once",
        (GIT,),
    ),
    Variable(
        "`LC_*`, `LANG`, `TZ`, `TZDIR`, `LOCPATH`, `GCONV_PATH`",
        "the time zone and the character set of the line. The C library reads the file that "
        "`TZ` names as a time zone",
        "the file's content is not shown. `LOCPATH` and `GCONV_PATH` reach no interpreter, so "
        "they load no library",
        "a zone that is a file of the project, one of 100 kB, and a locale that leads elsewhere",
        (
            {"TZ": ":{project}/ca.pem"},
            {"TZ": "A" * 100_000},
            {"TZ": "../../../../etc/passwd"},
            LOCALE,
        ),
        opens=frozenset({"ca.pem"}),
    ),
    Variable(
        "`SHELL`, `EDITOR`, `VISUAL`, `PAGER`, `HOSTALIASES`, `RES_OPTIONS`, …",
        "nothing in the background. `usageline config edit` starts the editor that its own "
        "shell names",
        "no line, hook or refresh runs a program that they name",
        "all at once",
        ({**SHELL, **RESOLVER},),
    ),
    Variable(
        "`TEXTUAL`, `TEXTUAL_*`",
        "nothing: `usageline config` removes them before it imports Textual",
        "no module that they name is imported, and no file that they name is written",
        "a driver and a log file; the picker itself with them in tests/cli",
        (
            {
                "TEXTUAL": "debug,devtools",
                "TEXTUAL_DRIVER": "httpx:Client",
                "TEXTUAL_LOG": "{project}/textual.log",
            },
        ),
    ),
    Variable(
        "`OTEL_*`",
        "nothing: a refresh gets none of them, and `usageline refresh` removes them before it "
        "imports the OpenTelemetry SDK",
        "they name no collector, header, certificate, proxy or module",
        "a collector, headers, a certificate and modules that would leave a trace; the SDK itself "
        "with them in tests/refresh",
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{thief}",
                "OTEL_EXPORTER_OTLP_HEADERS": "x-forged=1",
                "OTEL_EXPORTER_OTLP_CERTIFICATE": "{project}/ca.pem",
                "OTEL_METRICS_EXPORTER": "otlp",
                "OTEL_PYTHON_CONTEXT": "httpx",
                "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "httpx",
            },
        ),
    ),
    Variable(
        "`LD_PRELOAD`, `LD_LIBRARY_PATH`, `LD_AUDIT`, `BASH_ENV`",
        "everything: their code runs in Claude Code's own shell and in the line's process, "
        "before any code of usageline, and can read what you can",
        "a refresh is started without them",
        "the environment of every background process",
        (
            {
                "LD_PRELOAD": "{project}/none.so",
                "LD_LIBRARY_PATH": "{project}",
                "LD_AUDIT": "{project}/none.so",
                "BASH_ENV": "{project}/python/httpx.py",
                "ENV": "{project}/python/httpx.py",
            },
        ),
    ),
)
