"""What a character learns from: rows of conversation, rendered as the running model reads them."""
