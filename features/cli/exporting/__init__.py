"""What `features export` does, by what is exported."""
