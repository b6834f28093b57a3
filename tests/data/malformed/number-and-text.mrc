00042 is the answer, and so it goes on and on.
