"""The history of ctverify's speed and tightness, by concern. Times are of one torch thread, so that
they compare across machines.

Where a user has something else, `track_` measures the RATIO of our time to the named peer's in the
same process, which noise of the machine touches least; figures that noise cannot touch (counts,
tightness) are `track_` too.
"""

import torch

torch.set_num_threads(1)
