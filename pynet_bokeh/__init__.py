"""Train networks that render shallow depth of field, and run them on photos."""
