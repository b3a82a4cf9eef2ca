"""`photo-tagger docs`: the shop's style doc and rules doc, checked and begun."""
