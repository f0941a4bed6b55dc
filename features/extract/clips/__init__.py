"""Clip features: what a video network says of each short stretch of frames."""
