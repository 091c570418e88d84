"""Training of the compact detector; the only part of ``detectors`` that imports torch."""
