"""From scores and labels to figures: declared protocols, metrics, baselines that need no training."""
