"""The feature store: recipes and keys, artifact files, commits, catalogue, roots, verification."""
