"""A street that is drawn, not filmed: walkers whose clothes are known, seen by cameras that look like CCTV."""
