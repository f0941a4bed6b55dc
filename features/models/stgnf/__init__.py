"""STG-NF: a normalising flow over the joints of tracked persons."""
