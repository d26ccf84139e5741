"""XML of others, without what makes reading it dangerous."""

import io
from xml.etree.ElementTree import Element, ParseError, XMLParser
from xml.parsers import expat

from ridethrough.domain import Fault, UnableToAccept

_CHUNK_BYTES = 65_536


def refuse_doctype(content: bytes, source: str) -> None:
    """Read up to the root element: a document type is what entities (which grow, or read other files) need.

    Raises `UnableToAccept` for a document type, and `ExpatError` for what is no XML.
    """
    parser = expat.ParserCreate()
    roots: list[str] = []

    def refuse(*_: object) -> None:
        fault = Fault(
            field="", source=source, value="a DOCTYPE", allowed="left out: files of readings and prices need none"
        )
        raise UnableToAccept([fault])

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, _: roots.append(name)
    file = io.BytesIO(content)
    while not roots and (chunk := file.read(_CHUNK_BYTES)):
        parser.Parse(chunk)


def xml_root(content: bytes, source: str) -> Element:
    """Read a whole document of moderate size.

    Raises `UnableToAccept` for a document type and for what is no XML.
    """
    try:
        refuse_doctype(content, source)
        parser = XMLParser()  # noqa: S314 - a DOCTYPE is refused before
        parser.feed(content)
        root: Element = parser.close()
    except (ParseError, expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, UnableToAccept):
            raise
        fault = Fault(field="", source=source, value=str(error), allowed="well-formed XML")
        raise UnableToAccept([fault]) from error
    return root
