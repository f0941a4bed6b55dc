"""Videos: what they hold, and their frames, whatever the decoder does."""
