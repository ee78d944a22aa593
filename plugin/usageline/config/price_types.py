"""The type of `local.prices`: what models cost that usageline does not know, or knows wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.config.problem import suggestion, value_text
from usageline.config.types import InvalidValue, Number

if TYPE_CHECKING:
    from usageline.config.problem import Path

MAX_MODELS = 64
MAX_MODEL_NAME = 128
MAX_PRICE = 100_000
REQUIRED = ("input", "output")
RATES = (*REQUIRED, "cache_write_5m", "cache_write_1h", "cache_read")


class Prices:
    """A table of prices for each model, in dollars per million tokens."""

    allowed = "a table of prices for each model"
    price = Number(0, MAX_PRICE, "dollars per million tokens")

    def read(self, value: object) -> dict[str, dict[str, float]]:
        """Return the prices by model and rate, as they are written."""
        if not isinstance(value, dict):
            raise InvalidValue(self.allowed, value)
        if len(value) > MAX_MODELS:
            raise _mistake((), f"at most {MAX_MODELS} models are allowed, not {len(value)}")
        return {model: self._rates(model, table) for model, table in value.items()}

    def _rates(self, model: str, table: object) -> dict[str, float]:
        if not 0 < len(model) <= MAX_MODEL_NAME or not model.isprintable():
            limit = f"a name of 1 to {MAX_MODEL_NAME} visible characters is allowed"
            raise _mistake((model,), limit)
        if not isinstance(table, dict):
            text = (
                f"a table such as {{ input = 3, output = 15 }} is allowed, not {value_text(table)}"
            )
            raise _mistake((model,), text)
        for name in table:
            if name not in RATES:
                text = f"one of {', '.join(RATES)} is allowed" + suggestion(name, RATES)
                if isinstance(table[name], dict):
                    text += "; a model's name with a dot needs quotes"
                raise _mistake((model, name), text)
        missing = [name for name in REQUIRED if name not in table]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            raise _mistake((model,), f"{' and '.join(missing)} {verb} missing")
        return {name: self._rate((model, name), price) for name, price in table.items()}

    def _rate(self, path: Path, price: object) -> float:
        try:
            return self.price.read(price)
        except InvalidValue as invalid:
            invalid.within = path
            raise


def _mistake(path: Path, text: str) -> InvalidValue:
    """Return the exception for a mistake at a path in the table."""
    invalid = InvalidValue(Prices.allowed, None, path)
    invalid.messages = [text]
    return invalid
