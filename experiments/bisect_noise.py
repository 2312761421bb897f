# SPDX-License-Identifier: GPL-2.0-only
"""scripts/lib/bisect-noise as a module, `noise`, for experiments that ask its rule."""
import importlib.machinery
import importlib.util
import os


def load():
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "scripts", "lib", "bisect-noise")
    loader = importlib.machinery.SourceFileLoader("bisect_noise", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bisect_noise", loader))
    loader.exec_module(module)
    return module


noise = load()
