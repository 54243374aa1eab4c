#!/usr/bin/env python3
"""README's list of served requests, made from the table in src/api/table.h.

    src/api/served.py            prints it
    src/api/served.py --write    puts it into README, where tests/tidy looks for it
"""

import os
import re
import sys
import textwrap

TABLE = "src/api/table.h"
HEAD = "Served requests, with their versions (others close the connection, as unknown ones do): "
# From its first words to the next empty line.
PARAGRAPH = re.compile(r"^Served requests\b.*?\n(?=\n|\Z)", re.M | re.S)


def paragraph(table):
    """The list as it stands in README, from the text of table.h."""
    rows = re.findall(r"^\s*X\((\w+), \d+, (\d+), (\d+), \w+, \w+\)", table, re.M)
    names = [f"{name}\N{NO-BREAK SPACE}{first}-{last}" for name, first, last in rows]
    text = textwrap.fill(HEAD + ", ".join(names) + ".", 79, break_long_words=False, break_on_hyphens=False)
    return text.replace("\N{NO-BREAK SPACE}", " ") + "\n"


def main(arguments):
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(top, TABLE), encoding="utf-8") as file:
        made = paragraph(file.read())
    if arguments != ["--write"]:
        print(made, end="")
        return 2 if arguments else 0
    readme = os.path.join(top, "README")
    with open(readme, encoding="utf-8") as file:
        text, found = PARAGRAPH.subn(lambda _: made, file.read(), count=1)
    if found != 1:
        print("served.py: README has no paragraph that begins with 'Served requests'", file=sys.stderr)
        return 1
    with open(readme, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
