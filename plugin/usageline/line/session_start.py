"""What the SessionStart hook tells the user: thresholds that limits have reached, each once over all sessions.

Imported only where the snapshot has alerts. What it prints is a JSON object with a `systemMessage` or nothing at all: any other text on the
hook's stdout would go into the model's context.
"""

from usageline.core import freshness, ownership, paths, syscalls, throttle
from usageline.core.alert_text import alert_id, alert_text
from usageline.line import emit

MOST_TOLD = 8
"""In one message."""

MOST_ALERTS = 64
"""That a snapshot has."""


def tell(snapshot, env, now):
    """Print what no session has told yet. Raises nothing. Killed at any moment it has told at most once."""
    try:
        emit(message(snapshot, env, now).encode("ascii"))
    except (
        OSError,
        ValueError,
        LookupError,
    ):  # a clock that no local time can be had of, an environment without a home
        return


def message(snapshot, env, now):
    """The line to print, or "": JSON and its newline. What it tells counts as told from here on. `snapshot` is the parsed file."""
    if (
        "USAGELINE_REFRESH" in env
    ):  # in a client that a refresh started to ask it: nobody is there to read
        return ""
    rows = untold(snapshot, now)
    if (
        not rows
        or snapshot.get("credentials") != freshness.file_stamp(paths.claude_credentials(env))
        or _has_no_plan(env, snapshot)
    ):
        return ""
    texts = []
    for row in rows:
        if claim(env, row):
            texts.append(alert_text(row, now))
        if len(texts) == MOST_TOLD:  # the rest at the next start
            break
    return '{"systemMessage": ' + _quoted("usageline: " + "; ".join(texts)) + "}\n" if texts else ""


def untold(snapshot, now):
    """The alerts of a snapshot that a session's start is to tell of, with `percent` as the snapshot has it now; the told ones among them, too."""
    found = snapshot.get("alerts") if snapshot.get("version") == paths.SNAPSHOT_VERSION else None
    wanted = (
        [
            row
            for row in found[:MOST_ALERTS]
            if isinstance(row, dict) and row.get("session_start") is True
        ]
        if isinstance(found, list)
        else []
    )
    if not wanted:
        return []
    from usageline.core.windows import moment, percent  # noqa: PLC0415 - only where there is something to tell

    rows = []
    for row in wanted:
        texts = (
            isinstance(row.get("kind"), str)
            and isinstance(row.get("label"), str)
            and "resets_at" in row
        )
        known = (
            percent(row.get("threshold"))
            and percent(row.get("percent")) is not None
            and moment(row.get("at"))
        )
        resets_at = row.get("resets_at")
        # An alert from after its window's reset is of a window that the service goes on reporting.
        if (
            texts
            and known
            and (
                resets_at is None
                or (moment(resets_at) is not None and (resets_at > now or row["at"] > resets_at))
            )
        ):
            rows.append({**row, "resets_at": resets_at, "percent": _percent_now(snapshot, row)})
    return rows


def claim(env, row):
    """Take the right to tell of an alert: of all sessions that start, one gets it, and none where it cannot be noted."""
    directory, cache = paths.told_dir(env), paths.cache_dir(env)
    if not (
        ownership.is_private_directory(cache)
        and ownership.is_private_directory(cache.rpartition("/")[0])
    ):
        return False
    before = syscalls.umask(0o077)
    try:
        try:
            syscalls.mkdir(directory, 0o700)
        except FileExistsError:
            if not ownership.is_private_directory(directory):
                return False
        throttle.create_empty(directory + "/" + alert_id(row))
    except OSError:
        return False
    finally:
        syscalls.umask(before)
    return True


def _percent_now(snapshot, alert):
    # Use may have grown since the alert; the row of its limit says so.
    from usageline.core.windows import percent  # noqa: PLC0415 - as above

    name = "credits" if alert["kind"] == "credits" else "limits"
    rows = snapshot.get(name)
    for row in rows if isinstance(rows, list) else []:
        if (
            isinstance(row, dict)
            and row.get("label") == alert["label"]
            and (name == "credits" or row.get("kind") == alert["kind"])
        ):
            return max(percent(row.get("percent")) or 0, alert["percent"])
    return alert["percent"]


def _has_no_plan(env, snapshot):
    from usageline.line.view import other_sign_in  # noqa: PLC0415 - as above

    return bool(other_sign_in(env, snapshot))


def _quoted(text):
    # Without the json package, whose import takes as long as the interpreter's start.
    try:
        from _json import encode_basestring_ascii  # noqa: PLC0415 - as above
    except ImportError:
        from json.encoder import encode_basestring_ascii  # noqa: PLC0415
    return encode_basestring_ascii(text)
