"""The command line, `wnn`: parse, call one function, exit code."""
