"""What people look at after a run: the HTML page, its charts and stills, and the plain summary."""
