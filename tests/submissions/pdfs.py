"""Real PDFs that say who made them, and some that were made to hurt."""

from __future__ import annotations

import functools
import io
import zlib
from collections.abc import Sequence

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.annotations import Text
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    EncodedStreamObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from core import documents

XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Word of Team Dachs">
<dc:creator><rdf:Seq><rdf:li>Nora Namenlos</rdf:li></rdf:Seq></dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


@functools.cache
def plain(*paragraphs: str, pages: int = 1) -> bytes:
    """Set a document with as many pages as wanted; it names nobody by itself."""
    text = paragraphs or ("Wir prüfen jede Ziffer zweimal.",)
    document = documents.pdf(
        "concept",
        {
            "lang": "de",
            "title": "Ziffern lesen",
            "subtitle": "Ein Verfahren",
            "running": "Konzept",
            "sections": [{"heading": "Idee", "paragraphs": list(text)}],
        },
    )
    if pages == 1:
        return document
    writer = PdfWriter()
    (page,) = PdfReader(io.BytesIO(document)).pages
    for _number in range(pages):
        writer.add_page(page)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def changed(document: bytes, **properties: str) -> PdfWriter:
    """Open a document for changes, with properties such as Author."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(document)))
    writer.metadata = {f"/{key}": value for key, value in properties.items()}
    return writer


@functools.cache
def revealing() -> bytes:
    """Return a document that tells who made it in every place that is looked at."""
    document = plain("Wir vom Team Dachs lesen Ziffern.", "Ein zweiter Absatz.", pages=2)
    writer = changed(
        document,
        Author="Nora Namenlos",
        Creator="LibreOffice",
        Keywords="Ziffern, Cem Captain",
        Company="Beispiel AG",
    )
    writer.xmp_metadata = XMP.encode()
    writer.add_attachment("Messwerte Dora Daten.csv", b"1,2\n")
    note = Text(text="Bitte prüfen, Cem", rect=(10, 10, 60, 60))
    note[NameObject("/T")] = TextStringObject("D. Daten")
    writer.add_annotation(0, note)
    writer.add_uri(1, "https://github.com/dachsbau/ziffern", (10, 10, 60, 60))
    return written(writer)


def with_notes(count: int) -> bytes:
    writer = changed(plain())
    for number in range(count):
        note = Text(text=f"Notiz {number}", rect=(10, 10, 60, 60))
        note[NameObject("/T")] = TextStringObject(f"Person {number}")
        writer.add_annotation(0, note)
    return written(writer)


def encrypted(document: bytes, password: str) -> bytes:
    writer = changed(document)
    writer.encrypt(user_password=password, owner_password="o", algorithm="AES-256")
    return written(writer)


def raw(objects: Sequence[str], root: int = 1) -> bytes:
    """Write a PDF by hand, with a table of its objects."""
    body = b"%PDF-1.7\n"
    places = []
    for number, held in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{held}\nendobj\n".encode()
    start = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    body += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root {root} 0 R >>\n"
    return body + f"{trailer}startxref\n{start}\n%%EOF\n".encode()


def looping_pages() -> bytes:
    return raw(
        ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]
    )


def many_pages() -> bytes:
    """Name one page many times over: thirty levels that each double, a thousand million pages."""
    levels = [
        f"<< /Type /Pages /Kids [{number + 1} 0 R {number + 1} 0 R] /Count 1000000000 >>"
        for number in range(2, 32)
    ]
    page = "<< /Type /Page /Parent 31 0 R /MediaBox [0 0 9 9] >>"
    return raw(["<< /Type /Catalog /Pages 2 0 R >>", *levels, page])


def bomb() -> bytes:
    """Put a page before another one that is 3 kB on the way and 600 MB in memory."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain("Wir vom Team Dachs lesen."))))
    page = empty_page(writer, 0)
    text = b"(Dachs) Tj " * 1_000_000
    packed = zlib.compress(packed_again_and_again(text, 55), 9)
    page[NameObject("/Contents")] = writer._add_object(flat(packed, layers=2))
    return written(writer)


def packed_again_and_again(text: bytes, count: int) -> bytes:
    """Return what zlib makes of a text that repeats, without packing it more than once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
    check = functools.reduce(lambda sum_, _turn: zlib.adler32(text, sum_), range(count), 1)
    return b"\x78\xda" + block * count + packer.flush() + check.to_bytes(4, "big")


def empty_page(writer: PdfWriter, index: int) -> PageObject:
    """Insert a page with the fonts of the others."""
    resources = writer.pages[0]["/Resources"]
    writer.insert_blank_page(9, 9, index)
    page = writer.pages[index]
    page[NameObject("/Resources")] = resources
    return page


def flat(packed: bytes, layers: int) -> EncodedStreamObject:
    content = EncodedStreamObject()
    content._data = packed
    content[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode")] * layers)
    return content


def slow() -> bytes:
    """Put a page after another one that keeps a reader busy for long."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain("Wir vom Team Dachs lesen."))))
    page = empty_page(writer, 1)
    text = b"BT /f0 12 Tf " + b"(x) Tj " * 1_000_000 + b"ET"
    page[NameObject("/Contents")] = writer._add_object(flat(zlib.compress(text, 9), layers=1))
    return written(writer)


def changed_again(document: bytes) -> bytes:
    """Write a change behind a document, as programs do; what it replaces stays in the file."""
    writer = PdfWriter(io.BytesIO(document), incremental=True)
    writer.metadata = {"/Title": "Ziffern"}
    return written(writer)


def deep() -> bytes:
    """Nest arrays until a reader that calls itself gives up."""
    return raw(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots {'[' * 9000}{']' * 9000} >>",
        ]
    )


def with_picture(size: int) -> bytes:
    """Embed a picture of as many bytes as wanted, which do not compress."""
    writer = changed(plain("Wir vom Team Dachs lesen."), Author="Nora Namenlos")
    picture = StreamObject()
    block = bytes((number * 7919) % 251 for number in range(65_521))
    picture.set_data((block * (size // len(block) + 1))[:size])
    picture.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(size // 1000),
            NameObject("/Height"): NumberObject(1000),
            NameObject("/ColorSpace"): NameObject("/DeviceGray"),
            NameObject("/BitsPerComponent"): NumberObject(8),
        }
    )
    page = writer.pages[0]
    resources = page["/Resources"].get_object()
    resources[NameObject("/XObject")] = DictionaryObject(
        {NameObject("/Im0"): writer._add_object(picture)}
    )
    page[NameObject("/Annots")] = ArrayObject()
    return written(writer)
