"""Complete the package's metadata while hatchling builds it: addresses, and README for an index.

A package index shows README without the files beside it. So a relative link or picture becomes an
address in the repository. `tools/release.py` passes that address, which this file does not know.
Without it the text of a link stays, and a picture is left out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

REPOSITORY = "USAGELINE_REPOSITORY"
"""The variable with the address of the repository, such as https://host/owner/name."""

PICTURE = re.compile(r"<picture>.*?(<img[^>]*>).*?</picture>", re.DOTALL)
IMG = re.compile(r"<img(?P<before>[^>]*?\bsrc=\")(?!https?:)(?P<path>[^\"]+)(?P<after>\"[^>]*)>")
IMAGE = re.compile(r"(?P<alt>!\[[^\]]*\])\((?!https?:)(?P<path>[^)\s]+)\)")
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?!https?:|#|mailto:)(?P<path>[^)\s]+)\)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class CustomMetadataHook(MetadataHookInterface):
    """Set the fields that pyproject.toml lists as dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add `readme` and `urls`, unless a source archive has them already."""
        if "readme" in metadata:
            return
        address = os.environ.get(REPOSITORY, "").rstrip("/")
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": for_index(text, address, str(metadata.get("version", ""))),
        }
        metadata["urls"] = urls(address)


def urls(address: str) -> dict[str, str]:
    """Return the package's addresses in the repository at `address`, none if that is empty."""
    if not address:
        return {}
    return {
        "Homepage": address,
        "Documentation": f"{address}/tree/HEAD/docs",
        "Changelog": f"{address}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{address}/issues",
        "Source": address,
    }


def for_index(text: str, address: str, version: str) -> str:
    """Return README with addresses instead of relative links and pictures."""
    tag = f"v{version}" if version else "HEAD"
    text = PICTURE.sub(r"\1", COMMENT.sub("", text))
    if not address:
        text = IMAGE.sub("", IMG.sub("", text))
        return re.sub(r"\n{3,}", "\n\n", LINK.sub(r"\g<text>", text))
    text = IMG.sub(rf"<img\g<before>{address}/raw/{tag}/\g<path>\g<after>>", text)
    text = IMAGE.sub(rf"\g<alt>({address}/raw/{tag}/\g<path>)", text)
    return LINK.sub(rf"[\g<text>]({address}/blob/{tag}/\g<path>)", text)
