"""`photo-tagger check`: what Resize and QualityGate would say of photos on this computer."""
