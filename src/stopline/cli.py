"""The verbs of `stopline`: each does one thing the mission asks for, and says in one line what went wrong."""

from __future__ import annotations

import os
import sys

import click

from stopline.cli_bench import bench
from stopline.cli_campaigns import campaigns
from stopline.cli_centre import demo, serve
from stopline.cli_profile import profile_group
from stopline.cli_records import audit, bulletin
from stopline.cli_release import release_group
from stopline.cli_screen import messages_group, rules_group, screen_group
from stopline.kernel.errors import StoplineError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="stopline")
def stopline() -> None:
    """Stopline runs an anti-scam centre: calls, messages, money and people.

    Start with `stopline demo`: a simulated country lives one day through a whole centre, and a scoreboard tells how
    well the centre did. Then look at `stopline screen --help` to judge files of your own.
    """


_JUDGING = (screen_group, campaigns, profile_group, messages_group, rules_group)
for verb in (demo, serve, *_JUDGING, release_group, audit, bulletin, bench):
    stopline.add_command(verb)


def main() -> None:
    """Run the command line; an error of the house is one line on stderr and its own exit code."""
    try:
        stopline(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        told = getattr(error, "ctx", None)
        verb = f"; see {told.command_path} --help" if told is not None else ""
        click.echo(f"stopline: {' '.join(error.format_message().split()).rstrip('.')}{verb}", err=True)
        sys.exit(error.exit_code)
    except StoplineError as error:
        click.echo(f"stopline: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:  # the outermost edge: a full disk or a forbidden folder is no reason for a traceback
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"stopline: {place}{error.strerror or error}; free space or choose another place", err=True)
        sys.exit(StoplineError.exit_code)


if __name__ == "__main__":
    main()
