#!/usr/bin/env python3
"""Makes certificate.otf: the characters that a certificate may need, out of Noto Serif CJK SC.

On Debian: apt-get install fonts-noto-cjk python3-fonttools && /usr/bin/python3 api/fonts/subset.py
"""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent
SOURCE = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"


def gb2312():
    """The 6,763 hanzi of GB 2312."""
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                yield bytes([row, cell]).decode("gb2312")
            except UnicodeDecodeError:
                pass


latin = map(chr, [*range(0x20, 0x7F), *range(0xA1, 0x100)])
marks = ["\u3000", *"·—–…“”‘’、。〈〉《》「」『』【】〓□〇°±×÷§", *map(chr, range(0xFF01, 0xFF5F))]
# Hanzi of people's names that GB 2312 lacks.
names = (HERE / "names.txt").read_text(encoding="utf-8").strip()
text = "".join(sorted({*latin, *marks, *gb2312(), *names}))
subprocess.run(
    [
        "/usr/bin/python3", "-m", "fontTools.subset", SOURCE, "--font-number=2", f"--text={text}",
        f"--output-file={HERE / 'certificate.otf'}", "--layout-features=", "--no-hinting", "--notdef-outline",
        "--name-IDs=*", "--drop-tables+=vhea,vmtx,VORG,BASE,GSUB,GPOS", "--no-recalc-timestamp",
    ],
    check=True,
)
