#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Does the test with random filters take the paths that are hard to reach?

usage: paths.py FILE, with what gcov -t prints after a run of random_test alone. Exit status:
0 fine, 1 some path is not taken often enough, 2 there is nothing to look at.
"""
import re
import sys

# File, the least number of times, line.
PATHS = (
    ("analyze.c", 100000, "g->start = pc;"),
    ("analyze.c", 1000, "h->start = 0;"),
    ("analyze.c", 1000, "join_state(h, g);"),
    ("analyze.c", 1000, "join_state(both, g);"),
    ("analyze.c", 100, "divide_by_zero(an, g);"),
    ("residual.c", 100, "yes = rs->front;"),
    ("residual.c", 100, "no = rs->front;"),
    ("residual.c", 1000, "return at;"),
    ("residual.c", 100, "rs->after_loads = max(rs->after_loads, i + 1);"),
    ("residual.c", 10, "return seen->entry;"),
)


def counts(path):
    """How often each line was executed, by its file's name and its text."""
    lines, name = {}, None
    with open(path, encoding="utf-8") as f:
        for line in f:
            count, number, text = (line + "::").split(":", 2)
            text = text[:-3].strip()
            times = re.match(r"\s*(\d+)\*?$", count)
            if number.strip() == "0":
                name = text[7:].rpartition("/")[2] if text.startswith("Source:") else name
            elif number.strip().isdigit():
                lines.setdefault((name, text), []).append(int(times[1]) if times else 0)
    return lines


def main():
    try:
        lines = counts(sys.argv[1])
    except (IndexError, OSError, ValueError) as exc:
        print(f"paths.py: {exc}: run make paths", file=sys.stderr)
        return 2
    failed = False
    for name, least, text in PATHS:
        times = lines.get((name, text), [])
        if len(times) != 1:
            print(f"not ok path {name}: {len(times)} lines are '{text}': name another one")
        elif times[0] < least:
            print(f"not ok path {name}: '{text}' {times[0]} times, not {least}: too dull")
        else:
            print(f"ok path {name}: '{text}' {times[0]} times")
            continue
        failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
