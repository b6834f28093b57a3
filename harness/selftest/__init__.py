"""The harness judged by itself: scripted comparisons whose truth is known, and real ones.

`noise` makes the scripted figures, `scripted` puts them through the judging code and counts its
errors, `real` measures engines of which one is slower on purpose, `command` is the command line.
"""
