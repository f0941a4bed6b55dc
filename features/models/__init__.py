"""Published systems and ours: from artifacts to a model artifact, and to scores."""
