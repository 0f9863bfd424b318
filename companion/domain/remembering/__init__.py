"""What a user said about himself: which sentences tell something lasting, and which questions ask for it."""
