"""``lookout doctor``: looks at every part of a site, and says what is wrong and what to do."""
