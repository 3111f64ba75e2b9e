"""One module per command, named as the command is, each with a click command called `command`."""
