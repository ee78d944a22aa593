"""What a chained command's rows may hold: the bounds that the job and the line share."""

from usageline.core.text import is_web_address

MAX_ROWS = 8


MAX_CELLS = 2000


MAX_PARTS = 256


MAX_URL = 512


MAX_RESULT_BYTES = 1 << 18


def is_web_link(url):
    """Whether it may stand in a link of ours, and is of a sane length."""
    return len(url) <= MAX_URL and is_web_address(url)
