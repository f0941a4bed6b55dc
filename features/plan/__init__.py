"""From a config to the frozen list of what one run must compute."""
