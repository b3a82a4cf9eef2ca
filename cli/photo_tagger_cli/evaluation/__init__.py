"""`photo-tagger eval`: how good a reader's drafts are, over photos whose answers are known."""
