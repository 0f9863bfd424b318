"""A LoRA adapter on the very GGUF that the app runs."""
