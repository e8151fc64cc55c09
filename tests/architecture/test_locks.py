"""Locks of rows must not stop others from naming the row.

`SELECT … FOR UPDATE` makes every commit wait that refers to the row by a foreign key, because the
check of the key, which comes last, locks it too. With the head of the audit chain, which everybody
holds at that moment, this was a circle: deadlocks under load. FOR NO KEY UPDATE excludes other
changes of the row all the same.
"""

from __future__ import annotations

import ast

from tests.architecture.source import PACKAGES, nodes, place, python_files


def test_every_lock_leaves_the_key_of_its_row_alone():
    found = [
        place(path, node)
        for path in python_files(*PACKAGES)
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "select_for_update"
        and "no_key" not in {keyword.arg for keyword in node.keywords}
    ]

    assert found == []
