#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: bisect_lib.py odds COUNT ANSWER < RUNS     how sure is it that the change came with number ANSWER of 1 to COUNT?
       bisect_lib.py mail GOOD.json,… BAD.json,… OLD NEW [fix]     what can be sent about the two versions

RUNS: a line for each run, INDEX old|new, where 0 is the older end. Exit code: 0, 125 when another answer is likelier,
128 for an error. For scripts/bisect, which calls the functions, and scripts/bisect-debian.
"""
import json
import sys

PASS, SKIP, ERROR = 0, 125, 128
STEPS = 2000  # of the sum that stands for an integral


def likelihood(wrong, runs):
    """Of @wrong of @runs runs that err, each with the same share of at most one half, of which nothing is known."""
    return sum((e := (i + 0.5) / STEPS / 2) ** wrong * (1 - e) ** (runs - wrong) for i in range(STEPS)) / STEPS


def odds(candidates, runs):
    """
    {candidate: probability that the change came with it}, all equally likely beforehand. @runs: (contains, new) of each
    run: the candidates that the kernel had, and whether the run said that the change was there.
    """
    against = dict.fromkeys(candidates, sum(new for _, new in runs))
    for contains, new in runs:
        for c in contains:
            if c in against:
                against[c] += -1 if new else 1
    weight = {w: likelihood(w, len(runs)) for w in set(against.values())}
    total = sum(weight[w] for w in against.values())
    return {c: weight[w] / total for c, w in against.items()}, against


def sentence(answer, candidates, runs):
    """(text, whether no other candidate is likelier)"""
    chance, against = odds(candidates, runs)
    sure = chance[answer] * 100
    words = f"{sure:.1f}" if sure < 99.9 else "over 99.9"
    return (f"{words} % by {len(runs)} runs, {against[answer]} of them against it, if each may err alike and all "
            f"{len(against)} places were equally likely", chance[answer] >= max(chance.values()))


def values_of(results):
    """{(limit, phase): values}, in the order of the results."""
    found = {}
    for path in results:
        with open(path, encoding="utf-8") as f:
            for limit in json.load(f).get("limits", []):
                if limit["value"] is not None:
                    found.setdefault((limit["expr"], limit["phase"]), []).append(f"{limit['value']:.6g}")
    return found


def figures(good, bad):
    """A line for each limit that is known on both sides: every value."""
    sides = values_of(good), values_of(bad)
    return [f"{expr}{f' in {phase}' if phase else ''}: good {' '.join(sides[0][expr, phase])}, "
            f"bad {' '.join(sides[1][expr, phase])}" for expr, phase in sides[0] if (expr, phase) in sides[1]]


def upstream(version):
    """What regzbot takes for a version: v6.12.117 of 6.12.117+deb12; Debian's 6.1.0-56 has no such name."""
    number = version.partition("+")[0]
    return None if "-" in number else f"v{number}"


def mail(good, bad, old, new, fix):
    print(f"    {'Fixed' if fix else 'Broken'} between Debian's {old} and {new}.")
    for line in figures(good, bad):
        print(f"    {line}")
    with open(bad[0], encoding="utf-8") as f:
        print(f"    To repeat: {json.load(f).get('command', '')}")
    names = upstream(old), upstream(new)
    if not fix and None not in names:
        print(f"\n    #regzbot introduced: {names[0]}..{names[1]}")


def main(argv):
    if argv[:1] == ["odds"] and len(argv) == 3:
        runs = [line.split() for line in sys.stdin]
        text, best = sentence(int(argv[2]), range(1, int(argv[1]) + 1),
                              [(range(1, int(at) + 1), said == "new") for at, said in runs])
        print(text)
        return PASS if best else SKIP
    if argv[:1] == ["mail"] and len(argv) in (5, 6):
        mail(argv[1].split(","), argv[2].split(","), argv[3], argv[4], argv[5:] == ["fix"])
        return PASS
    print(__doc__, file=sys.stderr)
    return ERROR


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError, KeyError) as e:
        print(f"bisect_lib: {e}", file=sys.stderr)
        sys.exit(ERROR)
