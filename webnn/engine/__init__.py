"""Where the arithmetic of a run lives: its weights, judging and merging, and the versions that volunteers fetch."""
