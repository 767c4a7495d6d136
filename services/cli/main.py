"""The `cover` command: a group whose subcommands are imported only when called.

Called by the console script. Never holds what a command does; each command has its own file.
"""

import importlib

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "api": ("services.cli.api_command:api", "An API replica; Kafka, Redis and workers beside it."),
    "council": ("services.cli.council_commands:council", "Council packs; reports fed to a service."),
    "demo": ("services.cli.demo_command:demo", "The live demo: a simulated day in the demo city."),
    "feedback": ("services.cli.feedback_commands:feedback", "Train and judge the reader of posts."),
    "region": ("services.cli.region_commands:region", "Make and inspect region packs."),
    "replay": ("services.cli.replay_command:replay", "Feed recorded incidents to a running service."),
    "routes": ("services.cli.routes_commands:routes", "Plan collection rounds, and change them live."),
    "serve": ("services.cli.serve_command:serve", "Serve regions, everything in one process."),
    "solve": ("services.cli.solve_command:solve", "Solve cover problems in files; answers are JSON."),
    "worker": ("services.cli.worker_command:worker", "A worker of the group that solves."),
}
"""Where each command lives, and its line in the overview (which must not import them all)."""


class LazyGroup(click.Group):
    """A click group that imports a subcommand's module only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the named command, or None where there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        target, _ = COMMANDS[cmd_name]
        module, attribute = target.split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{target} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="dynamic-cover")
def main() -> None:
    """Dynamic Cover: where the vehicles should be next, live.

    \b
    Example:
      cover region demo var/demo
      cover demo --region var/demo
    """


if __name__ == "__main__":
    main()
