"""Coverage-guided fuzzing of every decoder and of the door (``just fuzz``); each target states what must hold."""
