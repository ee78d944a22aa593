"""Where the session works: directory, repository, pull request."""

from usageline.core.text import display_width, sanitize
from usageline.line.layout import cut_parts
from usageline.line.segments import clamped, labeled, option

MIN_LENGTH, MAX_LENGTH = 8, 200


def directory(view, options):
    """The folder that the session is in, with `~` for the home directory."""
    path = sanitize(view.text_at_length("workspace", "current_dir") or view.text_at_length("cwd"))
    if not path:
        return []
    if path[:1] != "/":  # of Windows; elsewhere a backslash is a letter of a name
        path = path.replace("\\", "/")
    home = sanitize(view.home).rstrip("/")
    path = (
        "~" + path[len(home) :] if home and (path == home or path.startswith(home + "/")) else path
    )
    form, most = (
        option(options, "form", "short"),
        clamped(options, "length", 30, MIN_LENGTH, MAX_LENGTH),
    )
    label, ellipsis = labeled(options, ""), view.glyphs["ellipsis"]
    name = path.rstrip("/").rpartition("/")[2] or path
    shown = {"name": name, "full": path}.get(form) or _short(path, ellipsis)
    return [
        [
            (34, [*label, ("directory", _tail(shown, most, ellipsis))]),
            (37, [*label, ("directory", _tail(name, most, ellipsis))]),
        ]
    ]


def git(view, options):
    """The branch; with `show` also what was changed, and how far it is from the branch that it follows."""
    found = view.git or {}
    branch = found.get("branch")
    if not isinstance(branch, str) or not branch:
        return []
    shown, glyphs = option(options, "show", ("branch",)), view.glyphs
    most = clamped(options, "length", 24, 4, MAX_LENGTH)
    name = (
        [("branch", _head(glyphs["branch"] + sanitize(branch), most, glyphs["ellipsis"]))]
        if "branch" in shown
        else []
    )
    state = found.get("state")
    if name and isinstance(state, str) and state:
        name.append(("warning", " " + state))
    marks = ""
    if "dirty" in shown and _count(found, "changed"):
        marks += (
            glyphs["dirty"]
            + str(_count(found, "changed"))
            + ("+" if found.get("more") is True else "")
        )
    if "ahead" in shown:
        for which in ("ahead", "behind"):
            marks += f"{glyphs[which]}{_count(found, which)}" if _count(found, which) else ""
    parts = [*labeled(options, ""), *name]
    failed = found.get("failed")
    if type(failed) is str and failed and not {"dirty", "ahead"}.isdisjoint(shown):
        return [
            [
                (29, [*parts, ("warning", (" " if parts else "") + failed)]),
                *([(36, parts)] if parts else []),
            ]
        ]
    if marks:
        return (
            [[(29, [*parts, ("quiet", (" " if parts else "") + marks)]), (36, parts)]]
            if parts
            else [[(29, [("quiet", marks)])]]
        )
    return [[(36, parts)]] if name else []


def worktree(view, options):
    """The worktree that the session was started in."""
    name = view.text("worktree", "name") or view.text("workspace", "git_worktree")
    name = _head(
        sanitize(name), clamped(options, "length", 24, 4, MAX_LENGTH), view.glyphs["ellipsis"]
    )
    return [[(27, [*labeled(options, "wt"), ("branch", name)])]] if name else []


def pr(view, options):
    """The branch's pull request, a link where the terminal has links."""
    number, url = view.value("pr", "number"), view.text_at_length("pr", "url")
    if type(number) is not int or not 0 < number < 10**9:
        return []
    link = ("link", f"#{number}", url) if url else ("link", f"#{number}")
    review = (
        view.text("pr", "review_state").replace("_", " ").lower()
        if option(options, "state", True)
        else ""
    )
    label = labeled(options, "")
    forms = [(26, [*label, link, ("quiet", " " + review)])] if review else []
    return [[*forms, (39, [*label, link])]]


def _short(path, ellipsis):
    """The last two names: ~/a/b/c → …/b/c, but ~/a/b as it is."""
    names = path.strip("/").split("/")
    return path if len(names) <= 3 else f"{ellipsis}/" + "/".join(names[-2:])


def _head(text, most, ellipsis):
    return text if display_width(text) <= most else cut_parts([("", text)], most, ellipsis)[0][1]


def _tail(text, most, ellipsis):
    if display_width(text) <= most:
        return text
    left, start = most - display_width(ellipsis), len(text)
    while left >= 0 and start:
        start -= 1
        left -= display_width(text[start])
    return ellipsis + text[start + (left < 0) :]


def _count(found, name):
    value = found.get(name)
    return value if type(value) is int and 0 < value < 10**7 else 0
