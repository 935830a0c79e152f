"""``python -m authoring words [--count] [PATH...]``: findings, one line each, or counts."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from authoring.wording import scan, structure
from authoring.wording.table import load
from weather_mlops.pipelines.findings import Finding


def run(root: Path, paths: Sequence[Path], *, count: bool) -> int:
    """Check a project, and print what is wrong.

    Args:
        root: of the project.
        paths: files and folders that are reported; none: the whole project. Class names and the like are
            always compared within the whole project.
        count: print how often each word is in use, by folder, instead of each use.

    Returns:
        1 where anything is wrong, else 0.
    """
    chosen = [scan.relative(path.resolve(), root.resolve()) for path in paths]
    uses, idle = scan.check(root, load(), chosen)
    modules = structure.read(root)
    counted = [*structure.check(modules), *structure.complexity(root)]
    counted = [finding for finding in counted if scan.is_inside(finding.file, chosen)]
    findings = sorted([*(use.finding() for use in uses), *counted, *(() if paths else scan.stale(idle))])
    if count:
        loose = structure.count_loose_dicts(modules)
        sys.stdout.write(
            f"{scan.counts(uses)}\n\n{_counts(counted)}\n{sum(loose.values()):6} dict[str, Any]\n"
        )
    else:
        sys.stdout.write("".join(f"{finding}\n" for finding in findings))
        sys.stdout.write(f"words: {len(findings)} errors in {len({each.file for each in findings})} files\n")
    return 1 if findings else 0


def _counts(findings: Sequence[Finding]) -> str:
    rules = Counter(finding.rule for finding in findings)
    return "\n".join(["structure", *(f"{number:6} {rule}" for rule, number in sorted(rules.items()))])
