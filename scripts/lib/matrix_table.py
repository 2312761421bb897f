# SPDX-License-Identifier: GPL-2.0-only
"""matrix_table.py - the pure half of scripts/matrix: figures of stored results, the table made of
them, and where two results part."""
import csv
import io
import statistics

# What may differ between equal runs (docs/determinism.md).
MAY_DIFFER = ("host", "command")

FIGURES = "touch.rate,touch.ns.p99,touch.ns.p999,stalls.count,faults.total,faults.retried_most"


def first_difference(left, right, path=""):
    """(path, left, right) of the first difference in the order of @left's keys; None: equal."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in list(left) + [k for k in right if k not in left]:
            if not path and key in MAY_DIFFER:
                continue
            step = f"{path}.{key}" if path else key
            found = first_difference(left.get(key), right.get(key), step)
            if found:
                return found
        return None
    if isinstance(left, list) and isinstance(right, list):
        for i in range(max(len(left), len(right))):
            found = first_difference(
                left[i] if i < len(left) else None, right[i] if i < len(right) else None, f"{path}[{i}]"
            )
            if found:
                return found
        return None
    return None if type(left) is type(right) and left == right else (path, left, right)


def at_path(node, path):
    """The figure @path in a phase; names in open sets may have dots (host.vmstat.numa_local)."""
    while isinstance(node, dict) and path:
        if path in node:
            return node[path]
        key, _, path = path.partition(".")
        node = node.get(key)
    return None


def figure(result, phase, path):
    """A number, or None where the phase was not exercised or the figure is not known."""
    for p in result["phases"]:
        if p["name"] == phase and p["exercised"]:
            value = at_path(p, path)
            return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return None


def human(path, value):
    """Three digits and a unit; five digits below 10000."""
    time = path.endswith("_ns") or ".ns." in path
    units = ["ns", "us", "ms", "s"] if time else ["", "k", "M", "G", "T"]
    if not time and abs(value) < 10000:
        return f"{value:.5g}"
    while abs(value) >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.3g}{units[0]}"


def verdict_words(results):
    """"2 pass, 1 fail" of results or None where there is none."""
    words = [r["verdict"]["result"] if r else "missing" for r in results]
    return ", ".join(f"{words.count(w)} {w}" for w in dict.fromkeys(words))


def rows(groups, figures):
    """For each ((kernel, source), results): kernel, source, verdicts, {figure: (min, median, max) or None}."""
    for (kernel, source), results in groups.items():
        spans = {}
        for path in figures:
            values = [figure(r, source, path) for r in results if r]
            values = [v for v in values if v is not None]
            spans[path] = (min(values), statistics.median(values), max(values)) if values else None
        yield kernel, source, verdict_words(results), spans


def span_text(path, span):
    if not span:
        return "-"
    parts = [human(path, v) for v in span]
    return parts[0] if len(set(parts)) == 1 else " ".join(parts)


def as_csv(table, figures):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [f"{f}.{kind}" for f in figures for kind in ("min", "median", "max")]
    writer.writerow(["kernel", "source", "verdicts"] + heads)
    for kernel, source, verdicts, spans in table:
        cells = [v for f in figures for v in (spans[f] or ("", "", ""))]
        writer.writerow([kernel, source, verdicts] + cells)
    return out.getvalue()


def render(groups, figures, form):
    """The table as text, csv or markdown."""
    table = list(rows(groups, figures))
    if form == "csv":
        return as_csv(table, figures)
    lines = [["kernel", "source", "verdicts"] + figures]
    lines += [[k, s, v] + [span_text(f, spans[f]) for f in figures] for k, s, v, spans in table]
    if form == "markdown":
        lines.insert(1, ["---"] * len(lines[0]))
        return "".join("| " + " | ".join(line) + " |\n" for line in lines)
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "".join("  ".join(t.ljust(w) for t, w in zip(line, widths)).rstrip() + "\n" for line in lines)
