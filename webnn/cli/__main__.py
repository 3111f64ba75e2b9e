"""`python -m webnn.cli` is `wnn`."""

from webnn.cli.main import main

main()
