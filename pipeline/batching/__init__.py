"""Many cameras, one accelerator: frames wait in lanes, are gathered into batches, looked at and followed."""
