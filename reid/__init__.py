"""AXM-Net: a sentence and a person crop embedded, independently, in one space."""
