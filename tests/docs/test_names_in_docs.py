"""Every path, module, link and class that the documents name exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/*.md", "docs/decisions/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)
PACKAGES = ("api", "bms", "charts", "domain", "finance", "forecasts", "operation", "optimizer", "tariffs")
FOLDERS = (*PACKAGES, "benchmarks", "docs", "examples", "ridethrough", "tests")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", flags=re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", flags=re.MULTILINE | re.DOTALL)


def names(page: Path) -> list[str]:
    """The pieces of code in a page, without those in fenced blocks."""
    return CODE.findall(FENCED.sub("", page.read_text(encoding="utf-8")))


def paths(page: Path) -> list[str]:
    """What looks like a path below one of the top folders; `*` stands for several."""
    shape = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./*-]*")
    return [name for name in names(page) if shape.fullmatch(name)]


def modules(page: Path) -> list[str]:
    """What looks like a module of this project, as `optimizer.dispatch` or `ridethrough.domain.Site`."""
    shape = re.compile(rf"(?:ridethrough\.)?(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
    found = (name for name in names(page) if shape.fullmatch(name) and not name.endswith(".md"))
    return [name.removeprefix("ridethrough.") for name in found]


def is_module(dotted: str) -> bool:
    """Whether a module, a package, or a name at the top of one is called so."""
    path = ROOT / dotted.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    file = path.parent.with_suffix(".py")
    file = file if file.is_file() else path.parent / "__init__.py"
    return file.is_file() and path.name in defined_in(file)


def defined_in(file: Path) -> set[str]:
    """Classes, functions, variables and imported names at the top of a module."""
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.ImportFrom(names=aliases):
                found |= {alias.asname or alias.name for alias in aliases}
    return found


def anchors(page: Path) -> set[str]:
    """The anchors that a forge gives to a page's headings."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


def in_page(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=in_page)
def test_every_path_exists(page: Path) -> None:
    assert [path for path in paths(page) if not any(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES, ids=in_page)
def test_every_module_exists(page: Path) -> None:
    assert [name for name in modules(page) if not is_module(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=in_page)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        file, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_class_of_the_nomenclature_exists() -> None:
    """Words of the nomenclature that are written like classes are classes."""
    page = ROOT / "docs" / "nomenclature.md"
    classes = {
        node.name
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {
        name for row in rows for name in CODE.findall(row.split("|")[1]) if re.fullmatch(r"(?:[A-Z][a-z]+)+", name)
    }
    assert len(named) > 20
    assert named - classes == set()


def test_a_name_that_is_gone_is_found() -> None:
    """The checks themselves: what exists passes, what does not exist fails."""
    assert is_module("optimizer.dispatch")
    assert is_module("domain.Site")
    assert not is_module("optimizer.nowhere")
    assert not is_module("domain.Nowhere")
    assert "what-you-can-ask" in anchors(ROOT / "README.md")
