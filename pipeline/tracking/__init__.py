"""What following people rests on."""
