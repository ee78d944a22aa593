"""Simulate how the service counts.

A 5-hour window starts with the first use after the last one ended; weekly windows have a fixed
boundary.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from usageline.core.windows import LENGTH_S

FIRST_DAY = 1_793_577_600
"""A Monday, 00:00 UTC. Minutes count from here."""
WEEK_MIN = 7 * 1440


@dataclass
class Window:
    """One window as it truly was, in epoch seconds.

    `from_at` is its start, or the banked reset before it: such a reset ends a window at `cut_at`,
    and another with the same reset follows.
    """

    kind: str
    label: str
    starts_at: int
    resets_at: int
    from_at: int
    reached_at: int | None = None
    cut_at: int | None = None


@dataclass
class Meter:
    """One limit: a point of the 5-hour limit is `share` points of this one.

    A weekly window's boundary is `phase_min` minutes into the week.
    """

    kind: str
    label: str
    share: float
    phase_min: int
    used: float = 0.0
    window: Window | None = None
    windows: list[Window] = field(default_factory=list)

    @property
    def stops(self) -> bool:
        """Whether nothing more can be spent. One model's limit stops that model alone."""
        return self.used >= 100 and self.kind != "weekly_scoped"

    def roll(self, minute: int, *, spending: bool) -> None:
        """End the window whose reset has come, and begin the next one, if any."""
        at = FIRST_DAY + minute * 60
        if self.window is not None and at >= self.window.resets_at:
            self.window, self.used = None, 0.0
        if self.window is None and (spending or self.kind != "session"):
            starts_at = (
                at if self.kind == "session" else at - (minute - self.phase_min) % WEEK_MIN * 60
            )
            self._open(
                Window(self.kind, self.label, starts_at, starts_at + LENGTH_S[self.kind], at)
            )

    def spend(self, points: float, minute: int) -> None:
        """Count use, up to 100."""
        self.used = min(100.0, self.used + points * self.share)
        if self.window is not None and self.used >= 100 and self.window.reached_at is None:
            self.window.reached_at = FIRST_DAY + minute * 60

    def take_back(self, minute: int) -> None:
        """A banked reset: nothing is used, and the reset stays."""
        if self.window is not None:
            at = FIRST_DAY + minute * 60
            self.window.cut_at, self.used = at, 0.0
            self._open(
                Window(self.kind, self.label, self.window.starts_at, self.window.resets_at, at)
            )

    def _open(self, window: Window) -> None:
        self.window = window
        self.windows.append(window)
