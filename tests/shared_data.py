"""Where the real data for tests lives, and the skip marks of the tests that need it.

Called by tests only. The folder stands beside the checkout (`../shared/data`) or where COVER_SHARED_DATA
says; nothing of it is ever copied into the project.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("COVER_SHARED_DATA", ROOT.parent / "shared" / "data"))
LONDON = SHARED / "london"
PORTO = SHARED / "porto" / "porto.osm.pbf"

needs_london = pytest.mark.skipif(not LONDON.is_dir(), reason="the real London data is not on this machine")
needs_porto = pytest.mark.skipif(not PORTO.is_file(), reason="the real Porto extract is not on this machine")
