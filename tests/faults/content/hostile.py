"""Hostile texts for names: what each would do to a terminal, a shell or tmux."""

from __future__ import annotations

TITLE = "pwned-title"
CLIPBOARD = "cHduZWQ="
"""The clipboard of a terminal that obeys OSC 52: `pwned`."""

RUN = "/tmp/usageline-pwned"

TEXTS: dict[str, str] = {
    "title": f"a\x1b]0;{TITLE}\x07b",
    "title, ST": f"a\x1b]2;{TITLE}\x1b\\b",
    "title, C1": f"a\x9d0;{TITLE}\x9cb",
    "title, tmux": f"a\x1bk{TITLE}\x1b\\b",
    "clipboard": f"a\x1b]52;c;{CLIPBOARD}\x07b",
    "clipboard, C1": f"a\x9d52;c;{CLIPBOARD}\x9cb",
    "clipboard by way of tmux": f"a\x1bPtmux;\x1b\x1b]52;c;{CLIPBOARD}\x07\x1b\\b",
    "link": "a\x1b]8;;file:///etc/passwd\x1b\\b\x1b]8;;\x1b\\",
    "link never ended": "a\x1b]8;;https://evil.example/",
    "colours": "a\x1b[31;1;5mb\x1b[8mc\x1b[0m",
    "colours, C1": "a\x9b31mb",
    "clear": "a\x1b[2J\x1b[3J\x1b[Hb",
    "move": "a\x1b[5A\x1b[1Gb\x1b[10;10Hc",
    "modes": "a\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?2004hb",
    "report": "a\x1b[6n\x1b[c\x1b[21t\x05b",
    "reset": "a\x1bc\x1b[!pb",
    "character set": "a\x1b(0\x0eb\x1b%@c",
    "DCS": "a\x1bP1$r0m\x1b\\b\x90q#0~\x9c",
    "APC": "a\x1b_Ga=T;AAAA\x1b\\b\x9fx\x9c",
    "PM and SOS": "a\x1b^x\x1b\\b\x1bXy\x1b\\c",
    "lone ESC": "a\x1b",
    "ESC before ours": "\x1b",
    "CSI before ours": "a\x1b[",
    "OSC before ours": "a\x1b]0;",
    "BEL, BS, TAB, VT, FF": "a\x07\x08\x08\x08b\tc\x0b\x0c",
    "CR": "all is well\rrm -rf",
    "newline": "a\nb\r\nc\x85d\u2028e\u2029f",
    "NUL and DEL": "a\x00b\x7fc",
    "bidi override": "main\u202egnp.exe\u202c",
    "bidi isolates": "a\u2066b\u2067c\u2068d\u2069e\u200ef\u200fg\u061ch",
    "zero width": "a\u200bb\u200cc\u200dd\ufeffe\u2060f\u00adg",
    "tags": "a" + "".join(map(chr, range(0xE0041, 0xE005B))) + "\U000e007f",
    "variation selectors": "a\ufe0e\ufe0f" + "\U000e0100\U000e01ef" * 20,
    "marks": "Z" + "\u0301\u0489\u20dd" * 400 + "y",
    "marks alone": "\u0315" * 300,
    "wide": "字" * 300,
    "wide and ambiguous": "字±é°①㈠\uff21" * 50,
    "emoji": "👨\u200d👩\u200d👧\u200d👦🏳\ufe0f\u200d🌈👍🏽🇩🇪1\ufe0f\u20e3" * 20,
    "right to left": "עברית/ענף-חדש مرحبا",
    "spacing marks": "\u302e\u302f\u1715\U00016ff0" * 40,
    "lone surrogates": "a\ud800b\udfffc\udc80d",
    "private characters": "a\ue0b0\uf8ff\U000f0000b",
    "unassigned and no characters": "a\u0378\ufffe\U0010ffffb\ufffd",
    "a long name": "M" * 10_000,
    "tmux": f"a#(touch {RUN})#[fg=red,bold]b#{{pid}}##[x]#" + "#",
    "shell": f"$(touch {RUN})`touch {RUN}`${{IFS}}\\$(id)!!;|&%F{{red}}%n%{{",
    "rich": "[bold red]a[/]:smile:[link=https://evil.example]b[/link]",
    "markup": "<span size='100000'>a</span>&amp;<b>",
    "format": "{0.__class__}%s%n{}",
}
"""By name."""

ADDRESSES = (
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://e.example/\x1b\\\x1b]0;t\x07",
    "https://e.example/\x07",
    "https://e.example/\x9c\x9d0;t",
    "https://e.example/a b",
    "https://e.example/\u202egnp",
    "https://é.example/",
    "HTTPS://E.EXAMPLE/",
    "https://" + "x" * 5000,
    "//e.example",
    " https://e.example",
    "https://e.example/%1b]0;t",
    "https://e.example/ok?a=1;b#c",
)
"""Of a pull request."""
