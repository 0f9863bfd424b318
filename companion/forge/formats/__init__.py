"""Ready-made data: dialogue sets, chats and preference pairs in every usual form, in and out."""
