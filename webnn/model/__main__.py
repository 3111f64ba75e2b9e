"""Print the schema of model files: what `model.schema.json` must hold."""

import json

from webnn.model.schema import model_schema

print(json.dumps(model_schema(), indent=1))
