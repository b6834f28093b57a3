"""Shows a run: `render` writes one self-contained page and its companions for programs.

data sorts the lines; verdicts, scaling, sweeps, engines and advice make sections of them; plots
draws, tables words the numbers, svg and templates give the looks; page writes it all. Nothing here
measures or judges.
"""

from harness.report.page import render

__all__ = ["render"]
