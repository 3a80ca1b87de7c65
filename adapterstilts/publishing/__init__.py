"""What is given to others: the files of what was trained, and a card that says what it is."""
