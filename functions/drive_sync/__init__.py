"""Copies what is new in a Google Drive folder into the drop bucket."""
