"""From a sentence to token ids: normalisation, vocabulary, negation and the explanation of all three."""
