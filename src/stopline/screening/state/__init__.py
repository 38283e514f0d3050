"""What numbers, callees and devices have done lately, in bounded memory.

Counters that fade, sketches of a day, calls under way, and exact windows for the few that a rule watches.
Every table has a fixed number of slots and lets the longest silent go, so memory never grows, and what is forgotten
depends only on the order of the calls, never on how they were cut into batches. No table names a number: keys are
salted hashes. There is no store of who called whom: callees and callers enter bitmaps that are cleared each day; of
the number called last only three digits and sixteen bits of a hash remain; a call under way is one salted hash of its
parties and its instant, overwritten by a later call once it has ended.
"""

from stopline.screening.state.layout import FEATURES
from stopline.screening.state.velocity import Velocity

__all__ = ["FEATURES", "Velocity"]
