"""A run's result as files that other programs open: TF.js, Keras, safetensors, NPZ, CSV, and words."""

from webnn.export.formats import Format, write_model
from webnn.export.metrics import CSV_COLUMNS, history_csv
from webnn.export.run import export_run
from webnn.export.weights import write_safetensors, write_tfjs

__all__ = ["CSV_COLUMNS", "Format", "export_run", "history_csv", "write_model", "write_safetensors", "write_tfjs"]
