"""What a run keeps on disk, so that nothing but the last moments is lost when the machine stops."""
