from __future__ import annotations

collect_ignore = ["wrong.py"]  # holds no tests
