"""What `usageline org` keeps is read back exactly, or not at all."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from usageline.storage import org_cache, org_codec
from usageline.storage.org_cache import OrgCache
from usageline.usage.org.merge import Entry, Ledger
from usageline.usage.org.records import Who

if TYPE_CHECKING:
    from tests.world import World

NOW = 1_795_000_000.0
DAY = date(2026, 8, 20)


def ledger() -> Ledger:
    """Return a ledger with every kind of value."""
    result = Ledger(currency="USD")
    who = Who("user_1", "user", "Ana \u202e\x1b[31m", "ana@example.com", id_field=True)
    models = {"claude-opus-5-5": Decimal("371.10000000")}
    result.add_entry(
        "", Entry(who, Decimal("412.80000001"), Decimal(0), (1, 2, 3, 4, 5), 6, models)
    )
    result.add_entry("", Entry(None, Decimal("-0.5"), Decimal("0.1")))
    result.add_entry("", Entry(Who("unreported"), Decimal(1), None, requests=None))
    return result


def cache(world: World, *, is_anonymous: bool = False) -> OrgCache:
    """Return the cache of a key."""
    return OrgCache(world.paths, "secret-key", "https://x", is_anonymous=is_anonymous)


def test_span_is_read_back_for_an_hour(world: World) -> None:
    kept = cache(world)
    kept.set_recent("query", (ledger(), None, "2026-11-25T04:00:00Z"), NOW)
    for age, is_there in ((0, True), (3599, True), (3600, False), (-1, False)):
        assert (kept.recent("query", NOW + age) is not None) is is_there
    assert kept.recent("query", NOW) == (ledger(), None, "2026-11-25T04:00:00Z")
    assert kept.recent("another", NOW) is None
    assert cache(world, is_anonymous=True).recent("query", NOW) is None


def test_days_of_a_month_are_read_back(world: World) -> None:
    kept = cache(world)
    sums = (ledger(), ledger(), "")
    kept.add_days("analytics", "person", {DAY: sums})
    kept.add_days("analytics", "person", {DAY.replace(day=21): sums})
    wanted = [DAY, DAY.replace(day=21), DAY.replace(day=22)]
    assert kept.days("analytics", "person", wanted) == {DAY: sums, DAY.replace(day=21): sums}
    assert kept.days("analytics", "model", wanted) == {}


def test_page_that_was_half_written_is_left_out(world: World) -> None:
    kept = cache(world)
    for number in range(3):
        kept.add_page("listing", f"cursor-{number}", "", ledger(), NOW)
    path = next(Path(kept.path).glob("pages-*"))
    path.write_bytes(path.read_bytes()[:-9])
    assert [page["cursor"] for page in kept.pages("listing", NOW)] == ["cursor-0", "cursor-1"]
    kept.remove_pages("listing")
    assert kept.pages("listing", NOW) == []


def test_secret_is_in_no_file_or_name(world: World) -> None:
    kept = cache(world)
    kept.set_choice("analytics", NOW)
    root = Path(org_cache.directory(world.paths))
    assert not [path for path in root.rglob("*") if "secret" in path.name]
    assert not [path for path in root.rglob("*.*") if b"secret" in path.read_bytes()]
    other = OrgCache(world.paths, "secret-key", "https://y", is_anonymous=False)
    assert other.path != kept.path, "another address is another organization"


def test_keys_that_were_used_long_ago_are_forgotten(world: World) -> None:
    for number in range(org_cache.MAX_KEYS + 4):
        OrgCache(world.paths, f"key-{number}", "https://x", is_anonymous=False).set_choice("a", NOW)
    root = Path(org_cache.directory(world.paths))
    assert len([path for path in root.iterdir() if path.is_dir()]) == org_cache.MAX_KEYS


def test_links_between_the_keys_lead_to_no_removal(world: World, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    kept = cache(world)
    root = Path(org_cache.directory(world.paths))
    for number in range(org_cache.MAX_KEYS + 4):
        (root / f"{number:016x}").symlink_to(precious)
    other = OrgCache(world.paths, "another", "https://x", is_anonymous=False)
    other.set_choice("a", NOW)
    assert (precious / "file").exists()
    assert Path(kept.path).is_dir()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(values)
@settings(max_examples=60)
def test_any_value_is_a_ledger_or_none(value: object) -> None:
    content = {"currency": "USD", "entries": value}
    result = org_codec.read_ledger(content)
    assert result is None or value == []


def test_changed_values_are_refused_or_have_the_right_types() -> None:
    rng = random.Random(5)
    good = org_codec.plain_ledger(ledger())["entries"][0]
    for _ in range(300):
        row = [*good]
        wrong: list[object] = [None, True, -1, 1.5, "x", [], {}, "1e999", "NaN", 10**30, ["a"] * 6]
        row[rng.randrange(7)] = rng.choice(wrong)
        entry = org_codec._entry(row)
        if entry is not None:
            day, sums = entry
            assert isinstance(day, str)
            assert isinstance(sums.cost, Decimal)
            assert all(isinstance(count, int) for count in (*sums.tokens, sums.requests or 0))
