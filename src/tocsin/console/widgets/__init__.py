"""What the screens are made of; every widget is shown a moment of a run and draws it."""
