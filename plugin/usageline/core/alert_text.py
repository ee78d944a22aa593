"""The text and the identity of an alert."""

from usageline.core import paths

NAMES = {"session": "the 5-hour limit", "weekly_all": "the weekly limit"}


def alert_text(row, now):
    """`the 5-hour limit is at 92% and resets at 14:05`, of an alert as the snapshot has it, fit to be shown anywhere."""
    from usageline.core.formatting import clock  # noqa: PLC0415
    from usageline.core.text import sanitize  # noqa: PLC0415 - as above
    from usageline.core.windows import MAX_LABEL  # noqa: PLC0415

    kind, label, resets_at = row["kind"], row["label"][:MAX_LABEL], row["resets_at"]
    if kind == "weekly_scoped":
        name = f"the weekly limit for {label}"
    elif kind == "credits":
        name = "the credit limit" if label == "Usage credits" else f"the credit limit of {label}"
    else:
        name = NAMES.get(kind) or f"the limit {label}"
    said = f"{name} is at {int(row['percent'])}%"
    if resets_at is not None and resets_at <= now:
        said += ", and its reset is overdue"
    elif (
        resets_at is not None and kind != "credits"
    ):  # what a credit's end means stands in its segment
        said += (" and resets at " if resets_at - now < 86400 else " and resets ") + clock(
            resets_at, now
        )
    return sanitize(said)


def alert_id(row):
    """The name of the file that says that a session's start has told of this alert. The same threshold reached anew is another alert."""
    said = "\n".join(f"{row[key]}" for key in ("kind", "label", "threshold", "resets_at", "at"))
    return paths.digest(said.encode("utf-8", "surrogatepass"))
