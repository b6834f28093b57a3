"""Records without a fault: scripts, encodings, and the shapes that real catalogues contain."""

from tests.data.encode import MARC8, control, data, plain, record, sized_field, sized_record

FIXED = "850101s1985    nyu           000 0 eng d"


def _book(number: str, language: str, author: str, title: str, rest: str, subject: str) -> bytes:
    return record(
        [
            control("001", number),
            control("003", "XxXxX"),
            control("005", "20200102030405.6"),
            control("008", FIXED[:35] + language + FIXED[38:]),
            data("100", "1 ", f"a{author}"),
            data("245", "10", f"a{title} :", f"b{rest}"),
            data("260", "  ", "aCity :", "bPublisher,", "c1985."),
            data("650", " 0", f"a{subject}", "xHistory", "y20th century", "zNowhere", "vMaps."),
        ]
    )


SCRIPTS = {
    "latin": ("fre", "Élodie, François", "Où était l'été", "œuvre complète à naïveté.", "Forêt"),
    "cyrillic": ("rus", "Иванов, Иван", "Война и мир", "роман в четырёх томах.", "Россия"),
    "greek": ("gre", "Παπαδόπουλος, Γιώργος", "Ὀδύσσεια", "ἔπος ἀρχαῖον.", "Ἰθάκη"),
    "hebrew": ("heb", "כהן, דוד", "שִׁיר הַשִּׁירִים", "מגילה.", "ירושלים"),
    "arabic": ("ara", "ابن خلدون", "المقدّمة", "كتاب العبر.", "تاريخ"),
    "chinese": ("chi", "曹雪芹", "紅樓夢", "石頭記。", "小說"),
    "japanese": ("jpn", "夏目漱石", "吾輩は猫である", "こころとガラス。", "日本"),
    "korean": ("kor", "김소월", "진달래꽃", "시집.", "한국"),
    "devanagari": ("hin", "प्रेमचंद", "गोदान", "उपन्यास।", "भारत"),
    "thai": ("tha", "สุนทรภู่", "พระอภัยมณี", "นิทานคำกลอน", "ประเทศไทย"),
    "decomposed": (
        "vie",
        "Nguye\u0302\u0303n, Du",
        "Truye\u0323\u0302n Kie\u0302\u0300u",
        "tho\u031b.",
        "a\u0301",
    ),
    "astral": ("eng", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "Signs 😀👩‍👩‍👧", "𠮷野家.", "𐤀𐤁𐤂"),
}


def _scripts() -> dict[str, bytes]:
    return {
        f"script-{name}": _book(f"{name}-1", *texts) + _book(f"{name}-2", *texts)
        for name, texts in SCRIPTS.items()
    }


def _marc8() -> dict[str, bytes]:
    def file(*values: bytes) -> bytes:
        titles = [data("245", "10", b"a" + value, b"cTest.") for value in values]
        notes = [data("500", "  ", b"a" + value) for value in values]
        return record([control("001", "marc8"), *titles, *notes], MARC8)

    return {
        "marc8-ascii": file(b"Nothing but ASCII"),
        "marc8-latin": file(
            b"\xe1A la fran\xf0caise, \xe2etude", b"\xb1\xb2\xa1\xb9 \xc3\xc7", b"\xe8uber"
        ),
        "marc8-two-marks": file(b"Nguy\xe3\xe4en", b"\xeb\xect\xebs"),
        "marc8-cyrillic": file(b"\x1b(NwOJNA\x1b(B and back", b"\x1b)Q\xc0\xc1\x1b)E"),
        "marc8-greek": file(b"\x1b(Sabgde\x1b(B", b"\x1bgabc\x1bs alpha"),
        "marc8-hebrew": file(b"\x1b(2`abc\x1b(B", b"A \x1b(2a\x1b(B"),
        "marc8-arabic": file(b"\x1b(3GHIJ\x1b(B", b"\x1b)4\xa1\xa2\xa3\x1b)E"),
        "marc8-east-asian": file(
            b"\x1b$1!0!!0#!0$\x1b(B.", b"\x1b$1!09!Kp\x1b(B and \x1b$1!0!\x1b(B"
        ),
        "marc8-high-and-low": file(b"H\x1bb2\x1bsO, x\x1bp2\x1bs"),
        "marc8-comma-form": file(b"\x1b,Nabc\x1b,B", b"\x1b-Q\xc1\xc2\x1b-E", b"\x1b$,1!0!\x1b(B"),
    }


def _shapes() -> dict[str, bytes]:
    many = [control("001", "many")]
    many += [data("650", " 0", f"aSubject {number}") for number in range(400)]
    return {
        "one": plain("one"),
        "three": plain("one") + plain("two") + plain("three"),
        "hundred": b"".join(plain(f"number {number}") for number in range(100)),
        "single-control-field": record([control("001", "x")]),
        "single-data-field": record([data("245", "  ", "ax")]),
        "no-title": record([control("001", "x"), data("500", "  ", "aOnly a note")]),
        "many-fields": record(many),
        "many-subfields": record([data("505", "0 ", *(f"tPart {n}" for n in range(300)))]),
        "letter-tags": record(
            [
                control("001", "x"),
                data("FMT", "  ", "aBK"),
                data("CAT", "  ", "aq"),
                data("00A", "12", "ax"),
            ]
        ),
        "digit-codes": record(
            [data("880", "1 ", "6245-01/(3/r", "0(x)1", "999", "=eq", "$dollar", "Aupper")]
        ),
        "tags-out-of-order": record(
            [
                data("700", "1 ", "aB"),
                control("001", "x"),
                data("245", "10", "aT"),
                control("001", "y"),
            ]
        ),
        "linked": record(
            [
                data("245", "10", "6880-01", "aKniga /", "cA."),
                data("250", "  ", "6880-02", "aIzd."),
                data("300", "  ", "a2 v."),
                data("880", "10", "6245-01/(N", "aКнига /", "cА."),
                data("880", "  ", "aNo link"),
            ]
        ),
        "every-property": record(
            [
                control("001", "every"),
                data("020", "  ", "a978-0-306-40615-X (pbk.)"),
                data("020", "  ", "a0-8044-2957-x"),
                data("022", "0 ", "a0264-2875", "l0264-2876"),
                data("086", "0 ", "aA 1.10:985", "zold"),
                data("100", "1 ", "6880-03", "aAuthor, An,", "d1900-"),
                data("222", " 0", "aKey title", "b(Place)"),
                data("240", "10", "aUniform.", "lEnglish"),
                data("245", "14", "aThe title", "bof all", "cby her."),
                data("264", " 0", "aX :", "bProducer,", "c1"),
                data("264", " 1", "aY :", "bPublisher,", "c1999."),
                data("260", "  ", "aZ :", "bLater,", "c2001."),
                data("300", "  ", "a1 v."),
                data("440", " 0", "aS1"),
                data("490", "0 ", "aS2"),
                data("500", "  ", "aNote."),
                data("599", "  ", "aLocal note."),
                data("600", "10", "aPerson", "vBio", "xLife", "y1", "zHere"),
                data("650", " 0", "6880-04", "aTopic", "xSub."),
                data("699", "  ", "aLocal"),
                data("700", "1 ", "aOther"),
                data("799", "  ", "aLocal added"),
                data("830", " 0", "aS3"),
                data("852", "  ", "bShelf"),
            ]
        ),
        "isbn-quirks": b"".join(
            record([data("020", "  ", *subfields)])
            for subfields in (
                ["a(13): 978"],
                ["z123"],
                ["a"],
                ["anone"],
                ["a---"],
                ["qx", "a12x-4"],
            )
        ),
        "title-quirks": b"".join(
            record([data("245", "10", *subfields)])
            for subfields in (["aA"], ["bB"], ["a", "bB"], ["aA", "b"], ["aA ", "bB", "bC"], ["cC"])
        ),
        "publisher-264-only": record(
            [data("264", " 0", "bNo"), data("264", " 1", "bYes", "c2000")]
        ),
        "publisher-260-without-b": record(
            [data("260", "  ", "c1"), data("264", " 1", "bYes", "c2")]
        ),
        "nul-and-newline-in-value": record([data("245", "10", "aA\x00B\r\nC\tD\x1b")]),
        "backslash-and-dollar": record(
            [control("001", "a b"), data("245", "\\ ", "a$5 \\ {dollar}")]
        ),
        "coding-blank-but-ascii": record([control("001", "x"), data("245", "10", "aT")], MARC8),
    }


def _sizes() -> dict[str, bytes]:
    sized = {
        f"field-{size}-bytes": record([control("001", "x"), sized_field(size)])
        for size in (9_998, 9_999)
    }
    sized |= {f"record-{size}-bytes": record(sized_record(size)) for size in (99_998, 99_999)}
    return {name: content + plain("after") for name, content in sized.items()}


def files() -> dict[str, bytes]:
    """Every well-formed file by its name."""
    return {**_scripts(), **_marc8(), **_shapes(), **_sizes()}
