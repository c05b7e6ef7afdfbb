"""How fast reports are built: a large day, against the bare `INSERT … SELECT` of its rows, and a
report of one's own with as many rows.

Each build is rolled back, so that every one finds the same; the alternatives take turns.
"""
