"""Puts this folder on the path, so that tests of every feature can inherit from `conformance`."""
