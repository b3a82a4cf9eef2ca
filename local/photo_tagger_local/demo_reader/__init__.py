"""Stands in for the model on Bedrock: a small vision net, and words for what it sees."""

import os

# The net is so small that threads wait for each other longer than they compute. Read by numpy's
# OpenBLAS when numpy is first imported, which is in this package.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
