"""Define a NamedTuple without `typing`, for the background jobs that run every few seconds.

`typing` needs `re` and `enum`, and together they take half as long to import as the interpreter
takes to start.
"""

from __future__ import annotations

__all__ = ["NamedTuple"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple
else:

    class _Meta(type):
        """Makes a tuple of a class with annotated fields, as that of `typing` does."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
            if not bases:
                return super().__new__(cls, name, bases, body)
            from collections import namedtuple  # noqa: PLC0415 - the status line defines none

            fields = tuple(body.pop("__annotations__"))
            defaults = [body.pop(field) for field in fields if field in body]
            # The type checker sees the class of `typing`.
            made = namedtuple(  # noqa: PYI024
                name, fields, defaults=defaults, module=body["__module__"]
            )
            for key, value in body.items():
                if key not in {"__module__", "__qualname__", "__firstlineno__"}:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Meta):
        """The base of a class with typed fields."""
