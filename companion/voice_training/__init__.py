"""From a folder of recordings to a voice, without torch."""
