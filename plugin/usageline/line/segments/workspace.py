"""The directory, the repository and the pull request of the session."""

from __future__ import annotations

from usageline.core.text import display_width, sanitize
from usageline.line.segments import clamped, in_style, labeled, shortened, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants

MIN_LENGTH, MAX_LENGTH = 8, 200


def directory(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the working directory, with `~` for the home directory."""
    path = sanitize(ctx.text_at_length("workspace", "current_dir") or ctx.text_at_length("cwd"))
    if not path:
        return []
    if path[:1] != "/":  # on Windows; elsewhere a backslash is part of a name
        path = path.replace("\\", "/")
    home = sanitize(ctx.home).rstrip("/")
    if home and (path + "/").startswith(home + "/"):
        path = "~" + path[len(home) :]
    max_width = clamped(options["length"], MIN_LENGTH, MAX_LENGTH)
    ellipsis = ctx.glyphs["ellipsis"]
    name = path.rstrip("/").rpartition("/")[2] or path
    text = {"name": name, "full": path}.get(options["form"]) or _short(path, ellipsis)
    text, name = _tail(text, max_width, ellipsis), _tail(name, max_width, ellipsis)
    return in_style(options, "directory", (34, text), (37, name))


def git(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the branch; with `show` also changes, and the distance from its upstream."""
    status = ctx.git or {}
    branch = status.get("branch")
    if not isinstance(branch, str) or not branch:
        return []
    show, glyphs, name = options["show"], ctx.glyphs, []
    if "branch" in show:
        text = glyphs["branch"] + sanitize(branch)
        name = [("branch", shortened(ctx, text, clamped(options["length"], 4, MAX_LENGTH)))]
    state = status.get("state")
    if name and isinstance(state, str) and state:
        name.append(("warning", " " + state))
    style, marks = "quiet", ""
    if "dirty" in show and _count(status, "changed"):
        more = "+" if status.get("more") is True else ""
        marks += f"{glyphs['dirty']}{_count(status, 'changed')}{more}"
    if "ahead" in show:
        for which in ("ahead", "behind"):
            marks += f"{glyphs[which]}{_count(status, which)}" if _count(status, which) else ""
    failed = status.get("failed")
    if type(failed) is str and failed and not {"dirty", "ahead"}.isdisjoint(show):
        style, marks = "warning", failed
    parts = [*labeled(options), *name]
    if not marks:
        return [[(36, parts)]] if name else []
    blank = " " if parts else ""
    return [[(29, [*parts, (style, blank + marks)]), *([(36, parts)] if parts else [])]]


def worktree(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the worktree that the session was started in."""
    name = ctx.text("worktree", "name") or ctx.text("workspace", "git_worktree")
    name = shortened(ctx, sanitize(name), clamped(options["length"], 4, MAX_LENGTH))
    return word(options, 27, name, "branch")


def pr(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the branch's pull request, as a link if the terminal has links."""
    number, url = ctx.value("pr", "number"), ctx.text_at_length("pr", "url")
    if type(number) is not int or not 0 < number < 10**9:
        return []
    link = ("link", f"#{number}", url) if url else ("link", f"#{number}")
    review = ctx.text("pr", "review_state").replace("_", " ").lower() if options["state"] else ""
    label = labeled(options)
    variants = [(26, [*label, link, ("quiet", " " + review)])] if review else []
    return [[*variants, (39, [*label, link])]]


def _short(path: str, ellipsis: str) -> str:
    """Return the last two names: ~/a/b/c → …/b/c, but ~/a/b as it is."""
    names = path.strip("/").split("/")
    return path if len(names) <= 3 else f"{ellipsis}/" + "/".join(names[-2:])


def _tail(text: str, width: int, ellipsis: str) -> str:
    if display_width(text) <= width:
        return text
    left, start = width - display_width(ellipsis), len(text)
    while left >= 0 and start:
        start -= 1
        left -= display_width(text[start])
    return ellipsis + text[start + (left < 0) :]


def _count(status: dict[str, Any], name: str) -> int:
    value = status.get(name)
    return value if type(value) is int and 0 < value < 10**7 else 0
