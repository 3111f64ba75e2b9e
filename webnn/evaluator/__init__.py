"""The trusted Node process: builds and checks models, validates versions; and headless volunteers."""
