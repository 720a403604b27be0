"""What does `modeltrail.testing` need? Hypothesis, and it says so; nothing else in the library asks for that."""

from __future__ import annotations

import subprocess
import sys

WITHOUT = """
import sys
sys.modules["hypothesis"] = None
import modeltrail
try:
    import modeltrail.testing
except ImportError as missing:
    print(missing)
"""


def test_a_missing_hypothesis_is_named_with_the_way_to_get_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "modeltrail.testing needs hypothesis: pip install 'modeltrail[testing]'"
