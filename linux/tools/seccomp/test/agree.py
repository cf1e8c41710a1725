#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Do the texts and the JSON of seccomp-policy say the same? agree.py TOOL PID...

Takes the text apart again, and holds each name and each number in it against the
JSON. Exit status: 0 they do, 1 they do not.
"""
import errno
import json
import re
import subprocess
import sys

RANGE = re.compile(r"\d+(-\d+)?$")


def words(verdict):
    """What the text has to say of a verdict."""
    data = verdict.get("data")
    action = verdict["action"]
    assert (data is not None) == (action in ("ERRNO", "TRACE", "TRAP")), verdict
    if action == "ERRNO":
        if not data:
            return "skipped, returns 0"
        return f"refused with {errno.errorcode.get(data, f'errno {data}')}"
    return {
        "ALLOW": "allowed",
        "LOG": "allowed and logged",
        "TRACE": f"for a tracer to decide, data {data}",
        "USER_NOTIF": "for a supervisor to decide",
        "TRAP": f"refused with SIGSYS, data {data}",
        "KILL_THREAD": "refused by killing the thread",
        "KILL_PROCESS": "refused by killing the process",
        "FILTER": "argument-checked",
    }[action]


def cost_words(entry):
    """And of its cost."""
    if entry["action"] == "FILTER":
        programs = entry["programs"]
        return (f" ({programs} program{'' if programs == 1 else 's'}, {entry['longest']}"
                " classic instructions at most)")
    single = entry["first"] == entry["last"] != 0xffffffff
    return " (a bit test)" if entry["action"] == "ALLOW" and single else " (a look-up)"


def read_text(text):
    """For each ABI what is usual, what names and what ranges of numbers have."""
    abis = {}
    usual, names, numbers, nameless = None, {}, [], None
    label = None
    for line in text.splitlines():
        if match := re.match(r"(x86_64|ia32|x32): (.*?)(, but for)?$", line):
            names, numbers = {}, []
            abis[match[1]] = [match[2], names, numbers, match[2] if not match[3] else None]
        elif match := re.match(r"  numbers without a name: (.*)", line):
            list(abis.values())[-1][3] = match[1]
        elif match := re.match(r"  (.*), (\d+) calls?:$", line):
            label, left = match[1], int(match[2])
        elif match := re.match(r"  (.*), numbers without a name:$", line):
            label = match[1]
        elif line.startswith("    "):
            for word in line.split():
                if RANGE.match(word):
                    first, _, last = word.partition("-")
                    numbers.append((int(first), int(last or first), label))
                else:
                    assert word not in names, word
                    names[word] = label
                    left -= 1
                    assert left >= 0, label
    return abis


def check(tool, pid, *options):
    """Hold one text against its JSON."""
    def run(*more):
        return subprocess.run([tool, *options, *more, pid], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    policy = json.loads(run("--json"))
    abis = read_text(run())
    assert set(abis) == set(policy["abis"]) == {"x86_64", "ia32", "x32"}, list(abis)
    entries = 0
    for abi, wanted in policy["abis"].items():
        usual, names, numbers, nameless = abis[abi]
        seen = set()
        for entry in wanted:
            label = words(entry) + (cost_words(entry) if "--cost" in options else "")
            name = entry.get("name")
            if name:
                seen.add(name)
                said = names.get(name, usual)
            elif nameless is not None:
                said = nameless
            else:
                said = next((label for first, last, label in numbers
                             if first <= entry["first"] and entry["last"] <= last), None)
            assert said == label, f"{abi} {name or entry['first']}: {said}, not {label}"
            entries += 1
        assert set(names) <= seen, set(names) - seen
    return entries


def main():
    """Check all processes."""
    tool, *pids = sys.argv[1:]
    if not pids:
        sys.exit(__doc__)
    entries = 0
    try:
        for pid in pids:
            entries += check(tool, pid) + check(tool, pid, "--cost")
    except AssertionError as problem:
        sys.exit(f"process {pid}: {problem}")
    print(f"{entries} verdicts of {len(pids)} processes")


if __name__ == "__main__":
    main()
