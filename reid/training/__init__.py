"""How the weights come about: batches, augmentation, losses and the loop (needs torch)."""
