"""Model definitions: the JSON files that say what to train, their published schema, and what is wrong with them."""

from webnn.model.checking import check_model
from webnn.model.definition import ModelDefinition, load_model, parse_model
from webnn.model.files import list_models
from webnn.model.schema import model_schema, published_schema
from webnn.model.settings import apply_settings, setting_paths

__all__ = [
    "ModelDefinition",
    "apply_settings",
    "check_model",
    "list_models",
    "load_model",
    "model_schema",
    "parse_model",
    "published_schema",
    "setting_paths",
]
