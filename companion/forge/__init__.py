"""From a novel or a script to a character."""
