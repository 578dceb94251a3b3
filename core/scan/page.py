"""One HTML page read in one walk: what it names (scripts, links, metas, forms …) and the text it shows.

Everything is collected in a single pass because creating a node object costs more than looking at it; a page that
nests or repeats without end is bounded by the worker's CPU limit around it. The values are msgspec Structs, because a
page has hundreds and they cost a tenth of frozen dataclasses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import urljoin

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd", "details", "div"),
        *("dialog", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "ul"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre"),
        *("search", "section", "select", "summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr"),
        "legend",
    }
)
_LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
CONTAINERS = frozenset({"div", "section", "aside", "article", "figure", "blockquote", "ins", "iframe", "ul", "span"})
FEEDS = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/json"})
EMBEDS = frozenset({"iframe", "embed", "object", "video", "audio"})
SILENT = frozenset({"script", "style", "noscript", "template", "title", "iframe", "svg"})
NAMED = frozenset({"html", "base", "meta", "link", "a", "area", "img", "source", "br"})
READ = BLOCKS | CONTAINERS | EMBEDS | SILENT | NAMED  # elements that the walk looks at; others only hold text
PLAIN = BLOCKS - CONTAINERS - {"form"}  # of these it only matters that they end the text before them
SOURCES = ("data-src", "data-lazy-src", "src", "data-srcset", "srcset")
CLIMB = 32  # inline elements above a text before the search for its block gives up: hostile nesting is cheap to write
SPACE = " \t\r\n\f"


class Block(msgspec.Struct, frozen=True, gc=False):
    """Visible text of one block element, whitespace folded. `source` is its first piece as it stands in the markup."""

    text: str
    source: str
    level: int = 0


class Anchor(msgspec.Struct, frozen=True, gc=False):
    """A link: absolute URL, the text inside, and the `href` as written. Only links within the page keep a fragment."""

    url: str
    text: str
    source: str


class Resource(msgspec.Struct, frozen=True, gc=False):
    """Something a page pulls in: absolute URL, its tag, a label (alt, title), and the URL as written."""

    url: str
    tag: str
    label: str
    source: str


class Script(msgspec.Struct, frozen=True, gc=False):
    """A script element: `url` is empty for an inline one, whose code is `code`; `kind` is its type attribute.

    `volatile` ones stand in a region that was left out.
    """

    url: str
    code: str
    kind: str
    integrity: str
    crossorigin: str
    source: str
    volatile: bool = False


class Form(msgspec.Struct, frozen=True, gc=False):
    """A form: method and absolute action, its visible fields as `name type`, sorted."""

    method: str
    action: str
    fields: tuple[str, ...]
    source: str


Attributes = dict[str, str | None]


@lru_cache(maxsize=256)
def _parts(base: str) -> tuple[str, str, str]:
    """(scheme with colon, origin, folder with slash) of an absolute URL, for the fast paths of `absolute`."""
    scheme, separator, rest = base.partition("://")
    if not separator:
        return "", "", ""
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    path = re.split(r"[?#]", rest[len(host) :], maxsplit=1)[0]
    folder = path[: path.rfind("/") + 1] or "/"
    return f"{scheme}:", f"{scheme}://{host}", f"{scheme}://{host}{folder}"


_PLAIN = re.compile(r"[A-Za-z0-9_\-][^:#\\\s]*")


def absolute(base: str, reference: str) -> str:
    """The URL that a reference means on a page at `base`, without its fragment; the reference itself if it is broken.

    The common shapes are joined by hand: urljoin costs more than the rest of a link.
    """
    reference = reference.strip(SPACE).partition("#")[0]
    scheme, origin, folder = _parts(base)
    if reference.startswith(("https://", "http://")):
        return reference if reference.find("/", 8) > 0 else reference + "/"
    if origin and "/." not in reference:
        if reference.startswith("//"):
            return scheme + reference
        if reference.startswith("/"):
            return origin + reference
        if _PLAIN.fullmatch(reference):
            return folder + reference
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def _folded(text: str) -> str:
    return " ".join(text.split())


class Page:
    """An HTML page and everything read from it; attributes are complete once it is made.

    `metas` maps a lower-case name or property to its contents, `http_equiv` likewise. `scripts` holds the absolute
    URLs of external scripts, `inline_scripts` the code of the others; `script_elements` both, in order.
    `volatile` is asked for the class and id of containers: what is inside is left out where it answers true, and so
    is what the CSS selectors `ignore` match; only scripts in there are kept, marked. With `select`, text, links,
    images and forms are taken only inside its matches; the head of the document always counts.
    A selector that cannot be read raises ValueError naming it.
    """

    def __init__(
        self,
        html: str,
        url: str,
        *,
        volatile: Callable[[str], bool] | None = None,
        select: str = "",
        ignore: Iterable[str] = (),
    ) -> None:
        self.html = html
        self.url = url
        self.base = url
        self.title = ""
        self.language = ""
        self.canonical = ""
        self.metas: dict[str, list[str]] = {}
        self.http_equiv: dict[str, list[str]] = {}
        self.blocks: list[Block] = []
        self.anchors: list[Anchor] = []
        self.images: list[Resource] = []
        self.stylesheets: list[Resource] = []
        self.feeds: list[Resource] = []
        self.embeds: list[Resource] = []
        self.script_elements: list[Script] = []
        self.forms: list[Form] = []
        self._tree = LexborHTMLParser(html, scripting=True)
        roots = self._marked((select,)) if select else None
        _Walk(self, volatile or _never, roots, self._marked(ignore)).run(self._tree.root)

    @property
    def scripts(self) -> list[str]:
        """Absolute URLs of the external scripts, in order."""
        return [script.url for script in self.script_elements if script.url]

    @property
    def inline_scripts(self) -> list[str]:
        """The code of inline scripts, data blocks included, in order."""
        return [script.code for script in self.script_elements if script.code]

    @property
    def links(self) -> list[str]:
        """Absolute URLs of the anchors, in order."""
        return [anchor.url for anchor in self.anchors]

    @property
    def text(self) -> str:
        """All visible text, one block a line."""
        return "\n".join(block.text for block in self.blocks)

    def css(self, selector: str) -> list[LexborNode]:
        """The nodes a CSS selector matches; none where lexbor cannot read the selector."""
        try:
            return list(self._tree.css(selector))
        except (SelectolaxError, ValueError):
            return []

    def css_first(self, selector: str) -> LexborNode | None:
        """The first node a CSS selector matches, or None."""
        try:
            return self._tree.css_first(selector)
        except (SelectolaxError, ValueError):
            return None

    def _marked(self, selectors: Iterable[str]) -> frozenset[int]:
        marked: set[int] = set()
        for selector in selectors:
            try:
                marked.update(node.mem_id for node in self._tree.css(selector))
            except SelectolaxError:
                raise ValueError(f"'{selector}' is not a CSS selector") from None
        return frozenset(marked)


def _never(_names: str) -> bool:
    return False


class _Walk:
    """The one pass over the tree; it lives only while a page is being made.

    `inside` counts the nodes left of the selected region, `block` is the element whose text is being gathered.
    """

    def __init__(
        self, page: Page, volatile: Callable[[str], bool], roots: frozenset[int] | None, ignored: frozenset[int]
    ) -> None:
        self.page = page
        self.volatile = volatile
        self.roots = roots
        self.ignored = ignored
        self.inside = 0
        self.block = 0
        self.level = 0
        self.parts: list[str] = []

    def run(self, root: LexborNode | None) -> None:
        if root is None:
            return
        skipped = 0
        wanted = self.roots is None
        plain = frozenset() if self.ignored else PLAIN
        for node in root.traverse(include_text=True, skip_empty=True):
            if skipped:
                skipped -= 1
                continue
            if self.roots is not None:
                wanted = self._is_selected(node)
            tag = node.tag
            if tag == "-text":
                if wanted:
                    self._text(node)
            elif tag in plain:
                self._end_block()
            elif tag in READ or self.ignored:
                skipped = self._element(node, tag or "", wanted)
                if skipped and self.inside:
                    self.inside -= min(self.inside, skipped)
        self._end_block()

    def _is_selected(self, node: LexborNode) -> bool:
        if self.inside:
            self.inside -= 1
            return True
        if self.roots and node.mem_id in self.roots:
            self.inside = _size(node)
            return True
        return False

    def _element(self, node: LexborNode, tag: str, wanted: bool) -> int:
        """Read one element; how many of the nodes that follow belong to it and are not to be looked at."""
        if (tag in CONTAINERS and self._is_volatile(node)) or (self.ignored and node.mem_id in self.ignored):
            return self._leave_out(node)
        if tag in BLOCKS:
            self._end_block()
        elif tag == "br":
            self.parts.append(" ")
        reader = _HEAD.get(tag) or (_BODY.get(tag) if wanted else None)
        if reader is not None:
            reader(self, node, node.attributes)
        return _size(node) if tag in SILENT else 0

    def _is_volatile(self, node: LexborNode) -> bool:
        attributes = node.attributes
        if not attributes:
            return False
        return self.volatile(f"{attributes.get('class') or ''} {attributes.get('id') or ''}")

    def _leave_out(self, node: LexborNode) -> int:
        count = -1
        for inner in node.traverse(include_text=True, skip_empty=True):
            count += 1
            if inner.tag == "script":
                self._script(inner, inner.attributes, volatile=True)
        return count

    def _text(self, node: LexborNode) -> None:
        text = node.text_content or ""
        parts = self.parts
        block = node.parent
        if block is not None and block.tag not in BLOCKS:
            block = _block_of(block)
        identity = block.mem_id if block is not None else 0
        if identity != self.block:
            if parts:
                self._end_block()
            self.block = identity
            self.level = _LEVELS.get(block.tag or "", 0) if block is not None else 0
        elif parts and _touches(parts[-1], text) and (_runs_into(parts[-1], text) or _stands_apart(node)):
            parts.append(" ")
        parts.append(text)

    def _end_block(self) -> None:
        parts = self.parts
        if parts:
            text = " ".join((parts[0] if len(parts) == 1 else "".join(parts)).split())
            if text:
                self.page.blocks.append(Block(text, parts[0].strip(SPACE), self.level))
            parts.clear()
        self.block = 0

    def _html(self, _node: LexborNode, attributes: Attributes) -> None:
        self.page.language = (attributes.get("lang") or attributes.get("xml:lang") or "").strip()

    def _base(self, _node: LexborNode, attributes: Attributes) -> None:
        if self.page.base == self.page.url and attributes.get("href"):
            self.page.base = absolute(self.page.url, attributes["href"] or "")

    def _title(self, node: LexborNode, _attributes: Attributes) -> None:
        if not self.page.title:
            self.page.title = _folded(node.text())

    def _meta(self, _node: LexborNode, attributes: Attributes) -> None:
        content = attributes.get("content") or ""
        for attribute in ("name", "property", "itemprop"):
            name = attributes.get(attribute)
            if name:
                self.page.metas.setdefault(name.strip().lower(), []).append(content)
                return
        name = attributes.get("http-equiv")
        if name:
            self.page.http_equiv.setdefault(name.strip().lower(), []).append(content)

    def _link(self, _node: LexborNode, attributes: Attributes) -> None:
        source = attributes.get("href") or ""
        if not source:
            return
        relations = (attributes.get("rel") or "").lower().split()
        url = absolute(self.page.base, source)
        label = attributes.get("title") or ""
        if "canonical" in relations:
            self.page.canonical = self.page.canonical or url
        elif "stylesheet" in relations:
            self.page.stylesheets.append(Resource(url, "link", label, source))
        elif "alternate" in relations and (attributes.get("type") or "").lower() in FEEDS:
            self.page.feeds.append(Resource(url, "link", label, source))

    def _script(self, node: LexborNode, attributes: Attributes, *, volatile: bool = False) -> None:
        source = (attributes.get("src") or "").strip(SPACE)
        code = "" if source else node.text()
        if source or code.strip():
            self.page.script_elements.append(
                Script(
                    url=absolute(self.page.base, source) if source else "",
                    code=code,
                    kind=(attributes.get("type") or "").strip().lower(),
                    integrity=attributes.get("integrity") or "",
                    crossorigin=attributes.get("crossorigin") or "",
                    source=source,
                    volatile=volatile,
                )
            )

    def _anchor(self, node: LexborNode, attributes: Attributes) -> None:
        source = attributes.get("href") or ""
        if source and source != "#":
            within = source[0] == "#"
            url = self.page.url.partition("#")[0] + source if within else absolute(self.page.base, source)
            self.page.anchors.append(Anchor(url, _folded(node.text()), source))

    def _image(self, _node: LexborNode, attributes: Attributes) -> None:
        for name in SOURCES:
            source = attributes.get(name) or ""
            if source and (source := source.strip(SPACE)):
                break
        else:
            return
        if name.endswith("srcset"):
            source = source.split(",", 1)[0].split()[0] if source.split(",", 1)[0].split() else source
        if source.startswith("data:") and attributes.get("srcset"):
            source = (attributes["srcset"] or "").split()[0]
        self.page.images.append(Resource(absolute(self.page.base, source), "img", attributes.get("alt") or "", source))

    def _form(self, node: LexborNode, attributes: Attributes) -> None:
        source = attributes.get("action") or ""
        fields = sorted(_field(inner) for inner in node.css("input, select, textarea"))
        self.page.forms.append(
            Form(
                method=(attributes.get("method") or "get").strip().lower(),
                action=absolute(self.page.base, source) if source else "",
                fields=tuple(field for field in fields if field),
                source=source,
            )
        )

    def _embed(self, node: LexborNode, attributes: Attributes) -> None:
        source = (attributes.get("src") or attributes.get("data") or "").strip(SPACE)
        if source:
            tag = node.tag or ""
            self.page.embeds.append(
                Resource(absolute(self.page.base, source), tag, attributes.get("title") or "", source)
            )


Reader = Callable[[_Walk, LexborNode, Attributes], None]

# Not in _Walk: bound methods in there would make each walk, with its page and tree, wait for the garbage collector.
_HEAD: dict[str, Reader] = {
    "html": _Walk._html,
    "base": _Walk._base,
    "title": _Walk._title,
    "meta": _Walk._meta,
    "link": _Walk._link,
    "script": _Walk._script,
}
_BODY: dict[str, Reader] = {
    "a": _Walk._anchor,
    "area": _Walk._anchor,
    "img": _Walk._image,
    "source": _Walk._image,
    "form": _Walk._form,
    **dict.fromkeys(EMBEDS, _Walk._embed),
}


def _field(node: LexborNode) -> str:
    """`name type` of a form field; empty for what a visitor does not fill in."""
    attributes = node.attributes
    kind = (attributes.get("type") or "text").strip().lower() if node.tag == "input" else node.tag or ""
    if kind in {"hidden", "submit", "button", "image", "reset"}:
        return ""
    return f"{attributes.get('name') or attributes.get('id') or ''} {kind}".strip()


def _block_of(inline: LexborNode) -> LexborNode | None:
    """The block that an inline element stands in; where too many are nested, what encloses the last one looked at."""
    block = inline.parent
    for _ in range(CLIMB - 1):
        if block is None or block.tag in BLOCKS:
            break
        block = block.parent
    return block


def _touches(before: str, after: str) -> bool:
    return before[-1] not in SPACE and after[0] not in SPACE


def _runs_into(before: str, after: str) -> bool:
    """Whether a number would grow together with the text of a neighbouring element: `ago` and `8,256`."""
    last, first = before[-1], after[0]
    return last.isalnum() and first.isalnum() and (last.isdigit() or first.isdigit())


def _stands_apart(node: LexborNode) -> bool:
    """Whether blank text, which the walk leaves out, stands before this text: `<b>one</b> <b>two</b>`."""
    for _ in range(CLIMB):
        before = node.prev
        if before is not None:
            last = before if before.tag == "-text" else before.last_child
            return last is not None and last.tag == "-text" and (last.text_content or "x")[-1] in SPACE
        parent = node.parent
        if parent is None or parent.tag in BLOCKS:
            return False
        node = parent
    return False


def _size(node: LexborNode) -> int:
    """How many nodes of the walk stand below this one."""
    return sum(1 for _ in node.traverse(include_text=True, skip_empty=True)) - 1
