"""How well sentences find people: retrieval figures, attribute questions, and the tables that show them."""
