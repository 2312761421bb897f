# SPDX-License-Identifier: GPL-2.0-only
"""matrix_args.py - the command line of scripts/matrix: what is misspelt is refused before anything
starts."""
import argparse
import collections
import itertools
import os
import re

from matrix_table import FIGURES

HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # scripts/
# What host-stress is given by the matrix, and nobody else.
OURS = ("--place", "--kernel", "--sources", "--seed", "--json", "--verify", "--verify-run", "--shown-command")

Cell = collections.namedtuple("Cell", "kernel source seed")


class Problem(Exception):
    """What ends the program with 128, as one line."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Problem(f"{message}; try --help")


def parse(argv):
    own, options = argv, []
    if "--" in argv:
        own, options = argv[: argv.index("--")], argv[argv.index("--") + 1 :]
    p = Parser(add_help=False, allow_abbrev=False)
    for name in ("--kernels", "--sources", "--seeds", "--out", "--host-stress", "--remote", "--repeat-on", "--ssh"):
        p.add_argument(name, default="")
    p.add_argument("--sshlogin", action="append", default=[])
    p.add_argument("--figures", default=FIGURES)
    p.add_argument("--format", default="text", choices=["text", "markdown", "csv"])
    p.add_argument("--cell", type=int)
    p.add_argument("--jobs", type=int)
    for name in ("--list", "--merge", "--check", "--deliver"):
        p.add_argument(name, action="store_true")
    args = p.parse_args(own)
    args.options = options
    for word in options:
        if word.split("=")[0] in OURS or not options[0].startswith("--"):
            raise Problem(f"'{word}' behind '--' is not taken: matrix decides it, or it is no option")
    args.kernels = parse_kernels(args.kernels)
    args.cells = [
        Cell(*c) for c in itertools.product(args.kernels, parse_names("--sources", args.sources), parse_seeds(args.seeds))
    ]
    if not args.out and not (args.list or args.deliver):
        raise Problem("--out: name a directory for the results")
    if args.cell is not None and not 1 <= args.cell <= len(args.cells):
        raise Problem(f"--cell: there are cells 1 to {len(args.cells)}")
    return args


def parse_names(option, text):
    names = text.split(",")
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+~-]*", name):
            raise Problem(f"{option}: '{name}' is not accepted; give names with commas between them")
    if len(set(names)) < len(names):
        raise Problem(f"{option}: one is named twice")
    return names


def parse_kernels(text):
    """{name: path}"""
    words = [w.partition("=") for w in text.split(",")]
    names = parse_names("--kernels", ",".join(w[0] for w in words))
    build = os.path.join(os.environ.get("BUILD") or os.path.join(os.path.dirname(HERE), "build"), "kernels")
    kernels = {n: w[2] or os.path.join(build, n) for n, w in zip(names, words)}
    for name, path in kernels.items():
        if not os.path.exists(path):
            raise Problem(f"no kernel at {path}: make kernel-{name}, or give {name}=PATH")
    return kernels


def parse_seeds(text):
    seeds = []
    for part in text.split(","):
        m = re.fullmatch(r"(\d{1,19})(?:-(\d{1,19}))?", part)
        if not m or int(m[2] or m[1]) - int(m[1]) not in range(100000):
            raise Problem(f"--seeds: '{part}' is not accepted; give numbers and ranges as in 1-3,7")
        seeds += range(int(m[1]), int(m[2] or m[1]) + 1)
    if len(set(seeds)) < len(seeds):
        raise Problem("--seeds: one is named twice")
    return seeds
