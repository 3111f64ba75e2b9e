"""A run's result as files that other programs open: TF.js, safetensors, CSV, and words."""

from webnn.export.metrics import CSV_COLUMNS, history_csv
from webnn.export.run import export_run
from webnn.export.weights import write_safetensors, write_tfjs

__all__ = ["CSV_COLUMNS", "export_run", "history_csv", "write_safetensors", "write_tfjs"]
