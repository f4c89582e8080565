"""What the documentation says is true: its Python runs, its commands and options exist, its links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYTHON_PAGE = ROOT / "docs" / "python.md"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# Written from the program itself.
GENERATED = {"cli.md", "results.md"}
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?:\]\(|src=\")(?!https?:|mailto:|#)([^)#\"\s]+)")


def run_blocks(kinds: set[str], path: Path = PYTHON_PAGE) -> dict[str, object]:
    """Run the blocks of a page that are of these kinds, in order, in one namespace."""
    page = path.read_text(encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "docs_python"}
    for block in FENCE.finditer(page):
        if block[1] in kinds:
            # Empty lines before the block let a traceback name the line of the page.
            padding = "\n" * page.count("\n", 0, block.start(2))
            exec(compile(padding + block[2], str(path), "exec"), namespace)
    return namespace


def test_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = run_blocks({"python"})
    assert namespace["report"].recordings["added"] == 20  # type: ignore[attr-defined]
    assert [hit.rank for hit in namespace["result"].hits] == [1, 2, 3]  # type: ignore[attr-defined]
    assert namespace["library"].status()["recordings"] == 20  # type: ignore[attr-defined]


def test_examples_of_metadata_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = run_blocks({"python"}, ROOT / "docs" / "metadata-and-filters.md")
    assert namespace["report"].unmatched == []  # type: ignore[attr-defined]
    assert [hit.extra["x_depth_m"] for hit in namespace["deep"].hits] == ["12.5"]  # type: ignore[attr-defined]
    assert {hit.artist for hit in namespace["spring"].hits} == {"Ada"}  # type: ignore[attr-defined]
    assert len(namespace["early"].hits) == 6  # type: ignore[attr-defined]
    assert namespace["nothing"].num_allowed == 0  # type: ignore[attr-defined]


@pytest.mark.slow
def test_python_examples_with_training_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_blocks({"python", "python train"})
    assert (tmp_path / "my-encoder" / "card.json").exists()
    assert (tmp_path / "report" / "index.html").exists()


def commands_of(page: Path) -> list[list[str]]:
    """The `soundalike` command lines in the `sh` blocks of a page, as words."""
    blocks = (block[2] for block in FENCE.finditer(page.read_text(encoding="utf-8")) if block[1] == "sh")
    lines = (line for block in blocks for line in block.replace("\\\n", " ").splitlines())
    words = (shlex.split(line, comments=True) for line in lines)
    return [one[one.index("soundalike") + 1 :] for one in words if "soundalike" in one and one[0] != "pip"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_and_options_exist(page: Path) -> None:
    from typer.main import get_command

    from soundalike.cli.app import make_app

    program = get_command(make_app())
    for words in commands_of(page):
        command = program.commands.get(words[0], program)  # type: ignore[attr-defined]
        known = {
            name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        known |= {"-h", "--help"}
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert words[0].startswith("-") or command is not program, f"no command: soundalike {words[0]}"
        assert used <= known, f"soundalike {words[0]} has no {', '.join(sorted(used - known))}"


def test_readme_shows_commands() -> None:
    """The test above looks at something."""
    assert len(commands_of(ROOT / "README.md")) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [page.parent / target for target in LINK.findall(text)]
    missing = [str(target) for target in targets if target.name not in GENERATED and not target.exists()]
    assert not missing
