"""What holds for every test."""

import os

# The tests run in one process a core; torch in each of them, and in the commands they start, would take all cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
