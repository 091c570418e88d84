"""Person crops with what is known of them, in the formats they are published in."""
