"""What a character knows from documents: their texts, passages and searches, for app and command line alike."""
