"""The country as a process: `python -m stopline.nation`, spoken to in JSON lines on its standard input and output."""

from __future__ import annotations

import os
import sys
import time

from stopline.kernel.errors import StoplineError
from stopline.nation.client import Doors
from stopline.nation.day import Control, Day, Greeting, tell_doors


def main() -> int:
    """Read the greeting, live the day, say the scoreboard; returns the process's exit code."""
    control = Control(sys.stdin, sys.stdout)
    try:
        greeting = Greeting.read(sys.stdin.readline())
        doors = Doors.at(greeting.url)
        day = Day(greeting, control, doors, time.sleep)
        lines = day.live()
    except StoplineError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.write("whoever started the day has gone; the country stops\n")
        return 2
    if os.environ.get("STOPLINE_NATION_TELL") or doors.closed:
        sys.stderr.writelines(f"{line}\n" for line in tell_doors(doors, day.staff))
    control.say(scoreboard=lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
