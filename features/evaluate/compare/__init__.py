"""Two artifacts of one kind, or two sets of published features, compared: what differs, and what that looks like."""
