"""Every key of config.toml: its type, its default, and what it is for.

Validation, the file of `usageline config init`, messages and docs/CONFIGURATION.md come from here.
The keys of segments are in segments.py.
"""

from __future__ import annotations

from usageline import themes
from usageline.config.appearance_types import BAR_TYPES, Style
from usageline.config.server_types import (
    AccountKey,
    HttpAddress,
    KeyFile,
    SecretCommand,
    ServerUrl,
    ServiceAddress,
)
from usageline.config.sources import DEFAULT, LISTED
from usageline.config.types import (
    AbsolutePath,
    Choice,
    Command,
    Directory,
    Flag,
    Integer,
    Key,
    ListOf,
    Number,
    Prices,
    Text,
    VariableName,
    keyed,
)
from usageline.config.user_themes import ThemeName
from usageline.core.jobs import MAX_CHAIN_ENV
from usageline.core.vocabulary import GLYPHS
from usageline.themes.theme import STYLES

MIN_INTERVAL_S = 120
"""The service refuses a request each minute; 180 s works for one machine alone."""

MAX_TTL_S = 86400
MAX_ROWS = 6
MAX_SEGMENTS_IN_ROW = 24
ROWS = [
    [
        *("model", "context", "directory", "git"),
        *("session", "weekly", "scoped", "credits", "forecast", "alerts", "status"),
    ]
]


TOP = keyed(
    Key(
        "theme",
        ThemeName(*themes.NAMES),
        "default",
        "the theme, also one of your own (`usageline config themes`); if unset, color-blind-safe "
        "if Claude Code's is color-blind, else default",
    ),
    Key(
        "color",
        Choice("auto", "none", "16", "256", "truecolor"),
        "auto",
        "number of colors; auto: what the terminal supports, or 16 with an ANSI theme of Claude "
        "Code. NO_COLOR overrides it",
    ),
    Key(
        "nerd_font",
        Flag(),
        False,
        "show icons and the arrows of powerline; needs a Nerd Font in the terminal",
    ),
    Key("clock", Choice("24h", "12h"), "24h", "format of times of day"),
    Key(
        "rows",
        ListOf(
            ListOf(
                Text(64),
                f"a list of at most {MAX_SEGMENTS_IN_ROW} segments",
                MAX_SEGMENTS_IN_ROW,
                repeated=True,
            ),
            f"a list of 1 to {MAX_ROWS} lists of segments",
            MAX_ROWS,
            1,
            repeated=True,
        ),
        ROWS,
        f"the segments of each row, in order; at most {MAX_ROWS} rows of {MAX_SEGMENTS_IN_ROW}",
    ),
    Key(
        "wrap",
        Flag(),
        False,
        "continue a row that is too wide on the next line, instead of shortening and dropping "
        "segments by priority",
    ),
    Key(
        "max_rows",
        Integer(1, MAX_ROWS),
        MAX_ROWS,
        "maximum number of lines, including wrapped ones",
    ),
    Key(
        "fold",
        Flag(),
        None,
        "show a single row on two lines, limits below, below 110 columns or if it does not fit; "
        "if unset, only the default row",
    ),
    Key("separator", Text(12), None, "text between two segments; if unset, the theme's separator"),
    Key(
        "ttl",
        Number(MIN_INTERVAL_S, MAX_TTL_S, "seconds"),
        300,
        "seconds for which the numbers are fresh; after that a refresh starts",
    ),
    Key(
        "sources",
        ListOf(
            Choice(*LISTED),
            f"a list of {', '.join(LISTED)}",
            16,
            1,
        ),
        [*DEFAULT],
        "sources of the usage, in order; without oauth the token is never read, client runs "
        "Claude Code",
    ),
    Key(
        "client",
        AbsolutePath(),
        None,
        "path of `claude` for the source client; if unset, it is searched on the PATH",
    ),
)

CHAIN = keyed(
    Key(
        "command",
        Command(),
        "",
        "shell command that gets the same payload; its output is shown beside the line",
    ),
    Key("position", Choice("below", "above", "left", "right"), "below", "position of its output"),
    Key("timeout", Number(0.1, 30, "seconds"), 5, "seconds after which it is killed"),
    Key(
        "wait",
        Flag(),
        False,
        "wait for it, up to the timeout, instead of showing its last output while it runs again",
    ),
    Key(
        "env",
        ListOf(
            VariableName(),
            f'a list of at most {MAX_CHAIN_ENV} names of variables, such as "NAME" or "PREFIX_*",',
            MAX_CHAIN_ENV,
        ),
        [],
        "more variables of the session that it gets, such as AWS_PROFILE or STARSHIP_*, besides "
        "those of SECURITY.md",
    ),
)

ALERTS = keyed(
    Key(
        "thresholds",
        ListOf(Integer(1, 100), "a list of at most 8 whole numbers from 1 to 100", 8),
        [75, 90],
        "percentages of a limit that trigger an alert, as does a reached limit that is free again; "
        "[] for none",
    ),
    Key(
        "kinds",
        ListOf(Text(64), "a list of at most 16 kinds or labels of limits", 16),
        [],
        "limits with alerts, by kind or label, such as session, weekly_all or Fable; [] for all",
    ),
    *(
        Key(
            name,
            Number(0, 100_000, "dollars"),
            0,
            f"alert if the cost of the local {period} reaches so many dollars, at list prices, "
            "over all sessions on this machine; 0 for never",
        )
        for name, period in (("cost_day", "day"), ("cost_month", "month"))
    ),
    Key("line", Flag(), True, "show alerts in the line, with the segment alerts"),
    Key(
        "session_start",
        Flag(),
        False,
        "show alerts as a message at the start of a session",
    ),
    Key("desktop", Flag(), False, "show alerts as desktop notifications (notify-send, osascript)"),
    Key(
        "command",
        Command(),
        "",
        "shell command to run for each alert, with USAGELINE_ALERT_KIND and others set",
    ),
)

MAX_ROOTS = 16
LOCAL = keyed(
    Key(
        "enabled",
        Flag(),
        True,
        "read Claude Code's transcripts for `usageline usage`, usage_today and burn; if false, "
        "nothing is read or started",
    ),
    Key(
        "roots",
        ListOf(
            Directory(),
            f"a list of at most {MAX_ROOTS} directories with absolute paths or below ~/",
            MAX_ROOTS,
        ),
        [],
        "further directories of Claude Code with `projects/`, such as a copy of another machine's",
    ),
    Key(
        "keep_days",
        Integer(1, 3650, "days"),
        400,
        "days for which the sums are kept; what is older is deleted",
    ),
    Key(
        "prices",
        Prices(),
        {},
        "prices that replace the built-in ones, or those of unknown models: a table "
        "[local.prices.MODEL] in dollars per million tokens",
    ),
)

ORG = keyed(
    Key(
        "key_file",
        KeyFile(),
        None,
        "path of a file with an administrator's key, which only you may read (mode 0600)",
    ),
    Key(
        "key_command",
        SecretCommand(),
        "",
        "shell command that prints the key, such as that of a password manager; used if there is "
        "no key_file",
    ),
    Key(
        "url",
        ServiceAddress(),
        None,
        "address of the company's own gateway, the only other place that gets the key; if unset, "
        "https://api.anthropic.com",
    ),
)

METRICS = keyed(
    Key(
        "textfile",
        Directory(),
        None,
        "file for node_exporter's textfile collector (NAME.prom), or its directory; every user can "
        "read it",
    ),
    Key(
        "otlp",
        HttpAddress(),
        None,
        "address of an OpenTelemetry collector, by HTTP; needs the extra otlp "
        "(`install.sh --with otlp`)",
    ),
    Key(
        "headers_file",
        Directory(),
        None,
        "file with headers for the collector, such as a token; only you may read it (mode 0600)",
    ),
)

SHARED = keyed(
    Key(
        "url",
        ServerUrl(),
        None,
        "the Redis or Valkey server that has the reading of all machines (docs/FLEET.md); if "
        "unset, this machine asks alone",
    ),
    Key(
        "password_file",
        Directory(),
        None,
        "file with the password for that server; if unset, none is sent",
    ),
    Key(
        "account",
        AccountKey(),
        None,
        "the account whose numbers to show if this machine has no sign-in that names one; if "
        "unset, that of the sign-in",
    ),
)

_GLYPH_DOCS = {
    "full": "the filled part of a bar",
    "parts": (
        "eight characters for the last cell of a bar, from empty to nearly full; empty text for "
        "whole cells only"
    ),
    "empty": "the empty part of a bar",
    "mark": "even pace in a bar",
    "reset": "before the time until a reset",
    "unknown": "an unknown number",
    "dot": "between two texts of a segment",
    "ellipsis": "the end of shortened text",
    "ahead": "commits ahead of the upstream",
    "behind": "commits behind the upstream",
    "dirty": "uncommitted changes",
    "alert": "before an alert",
    "added": "lines added",
    "removed": "lines removed",
    "branch": "before the branch",
}

STYLE_KEYS = keyed(*(Key(name, Style(), None, doc) for name, doc in STYLES.items()))
GLYPH_KEYS = keyed(
    *(Key(name, BAR_TYPES.get(name, Text(8)), None, _GLYPH_DOCS[name]) for name in GLYPHS)
)

PROFILE_OVERRIDES = (
    "theme",
    "color",
    "nerd_font",
    "clock",
    "rows",
    "wrap",
    "max_rows",
    "fold",
    "separator",
)
"""The top-level keys that a profile can have, too. Its value then replaces the common one."""

PROFILE = keyed(
    Key(
        "directory",
        Directory(),
        None,
        "the profile's CLAUDE_CONFIG_DIR; [profiles.default] stands for ~/.claude without it",
    ),
    Key("label", Text(32), None, "name of the account; if unset, the name of the table"),
    *(key._replace(default=None) for name, key in TOP.items() if name in PROFILE_OVERRIDES),
)
"""The keys of `[profiles.NAME]`. None has a default: without it, the common value holds."""

TABLES: dict[str, tuple[dict[str, Key], str]] = {
    "chain": (CHAIN, "another status line command, shown beside this one"),
    "alerts": (ALERTS, "one alert per limit, threshold and window, across all sessions"),
    "local": (LOCAL, "tokens and cost from the transcripts on this machine"),
    "org": (ORG, "the organization that `usageline org` reports on; only that command reads it"),
    "metrics": (METRICS, "the numbers for a monitoring system (docs/FLEET.md)"),
    "shared": (SHARED, "one reading for all machines of an account, on a server"),
    "styles": (
        STYLE_KEYS,
        (
            "colors that replace the theme's: attributes and names, 0-255 or #rrggbb, such as "
            '"bold #2e8b57" or "black on yellow"'
        ),
    ),
    "glyphs": (GLYPH_KEYS, "glyphs that replace the theme's"),
}
"""The tables, each with its keys by name and what it is for."""
