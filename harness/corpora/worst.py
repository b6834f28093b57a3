"""Makes the input that costs most: what a reader might take more than linear time for.

Each kind repeats one unit until the size is reached. `delimiters`, `subfields`, `empty-fields`,
`large` and `marks` are well-formed records; the others are damage with a good record here and
there, for a reader that goes on behind damage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

PREFIX = "worst-"
LONGEST_RECORD = 99_999
LONGEST_FIELD = 9_999
FIELD_END, RECORD_END, DELIMITER = b"\x1e", b"\x1d", b"\x1f"


#: Kind and size, records that a reader gives which goes on behind damage, bytes, hash.
KNOWN = """
delimiters-small 11 1099989 891f43a77a820c162b42898d5591ddeb42b46620cb8f4ccf7747e42ace09afef
delimiters-medium 41 4099959 21b9d9bd706279cc04ed3600f2684ffdb0a7bd5065e357e8f23e53ecdb08117c
delimiters-large 161 16099839 c9cec676146c84751f74791a0275a8d467052fd6a8c98d9c4f132beff945e7b7
subfields-small 11 1099978 de359222f333aaa8a5d6d6a4dcce2799b879533379826549f4087bdf3bfecc03
subfields-medium 41 4099918 d60b9cc45a085a559b497f849cfcd885cf105c1f35be67e542f9b10e50ce0825
subfields-large 161 16099678 1df59400c6a8c75a91dda2946b559b978b5dcf1faeee349ca8183f47b4550ddb
empty-fields-small 11 1099956 513d1bfa3ce6a9dfd4917f2aa95aa4c59812919efaeaf34cd3db13f7a9db7f71
empty-fields-medium 41 4099836 dfc625512790eac6505bceec429e2b546fd5277474dce6a80d3cd5aa45e9f871
empty-fields-large 161 16099356 35cec1d97a056c11bc961ddeded9d9a7019579e210e88162eb44f6fe2c07d51d
large-small 11 1099956 8ba583275cea8904d9a1bf3468058be4035ba0b7185f3ac78932610ccacb57ba
large-medium 41 4099836 0e6186958a43fc75ec729925e47db14b530fed7d5ff53f16d3ec7e651dd2d20a
large-large 161 16099356 50ffccbd96f9f69fe4b59fd7198e34a997a762f59f0f0ca4691e98a3b64a7c5d
marks-small 11 1099989 392ba3ec7fe7ed27b12d69252f415ca56fb1ea4ba4e7955adc4eec026b625309
marks-medium 41 4099959 c904b522e049c935278ecc3276f18a6b86cff1ee059bcf417903989e6f700f31
marks-large 161 16099839 0f498a4e69b6bc5f96eea4ee3ca5ad23ccad338e50f0a57e9cad4dd2d9162f12
overfull-small 16 1040624 17cdacac9e6de6b205f5a72614a2cadc64cd61e822d6d8004d00da2e013ae3b4
overfull-medium 62 4032418 09d7d2f906e98b3981825fb29fb8c6c95c3c2aa511b89c4751b31ec97d5e3451
overfull-large 248 16129672 326cc801455abb9a1e01a99c3e41066a4f19d547e3d3e9be840bcec54284e5b2
terminators-small 17 1021190 e0a840f8cd25ce7409045797b301cc10a74bed4640e21e20afd36d20fd0ff7ad
terminators-medium 67 4024690 d30d5ae0578f840fc0958aa1ec8f0dd617db4cbaa09d5cca3fb3f22a6e39ec03
terminators-large 267 16038690 9248286af8a2c79c3bde9d0bdeb6f9aefc8da001d5d61d6c1818b7c12934cda0
leaders-small 17 1021122 9bc752ca9e1981e20b135fe6b52564681f1d053a5cb84ddd054cd48594f02fc7
leaders-medium 67 4024422 13607f4343823faa40ee5f03e11d235e7f113c745689f8c4cffad097c23743f4
leaders-large 267 16037622 3d6a9e6985f4a55be1612ba535b4389ef1ba8bb62dbe19c4c3b33c400ae49f2f
nested-small 10 1000380 c56fed7958c4c503f57c1dfd9f7981d938321d67ef7a89a03f50fe8f3f156a63
nested-medium 40 4001520 f03568dd0b0aeb3ce40c8b6818c24db36495813ab6f3d6af2c3cb66c1c61e269
nested-large 160 16006080 f1daa9817c302aa8a1610b6a96cdff84c9a882ffda8149c9a6c39bae67c7fc45
"""


def known() -> Iterator[tuple[str, int, int, str]]:
    """The table above, line by line."""
    for line in KNOWN.split("\n")[1:-1]:
        name, records, size, sha256 = line.split()
        yield name, int(records), int(size), sha256


def _record(fields: list[tuple[bytes, bytes]], coding: bytes = b"a", length: int = 0) -> bytes:
    """A record of tags and contents; `length` is stated in place of the true one."""
    directory, bodies, start = [], [], 0
    for tag, content in fields:
        directory.append(b"%s%04d%05d" % (tag, len(content) + 1, start % 100_000))
        bodies.append(content + FIELD_END)
        start += len(content) + 1
    base = 24 + 12 * len(fields) + 1
    size = base + start + 1
    leader = b"%05dcam %s22%05d a 4500" % (length or size, coding, min(base, 99_999))
    return b"".join([leader, *directory, FIELD_END, *bodies, RECORD_END])


def _filled(content: bytes, coding: bytes = b"a") -> bytes:
    """A record of nearly the greatest size: as many fields as go in, each as long as may be."""
    head = b"  " + DELIMITER + b"a"
    full = head + content * ((LONGEST_FIELD - 1 - len(head)) // len(content))
    fields = [(b"500", full)] * 9
    room = LONGEST_RECORD - len(_record([*fields, (b"500", head)], coding))
    return _record([*fields, (b"500", head + content * (room // len(content)))], coding)


def _good() -> bytes:
    return _record([(b"001", b"good"), (b"245", b"10" + DELIMITER + b"aTitle")])


def _nested() -> bytes:
    """Leaders behind leaders, each of which states a length that ends at a terminator and takes in
    the leader behind the last of them."""
    unit = b"99997" + b"0000022" + b"00049" + b"0004500" + RECORD_END + b"0" * 11
    last = RECORD_END + b"99999nam a2299999   4500" + b"\0" * 11
    return unit * 2_776 + last + RECORD_END + _good()


UNITS: dict[str, Callable[[], bytes]] = {
    "delimiters": lambda: _filled(DELIMITER),
    "subfields": lambda: _filled(DELIMITER + b"a"),
    "empty-fields": lambda: _record([(b"009", b"")] * ((LONGEST_RECORD - 26) // 13)),
    "large": lambda: _filled(b"text "),
    "marks": lambda: _filled(b"\xe2", b" "),  # MARC-8: marks without end, and no letter
    "overfull": lambda: _record([(b"009", b"")] * 9_999, length=LONGEST_RECORD) + _good(),
    "terminators": lambda: RECORD_END * 60_000 + b"junk" + RECORD_END + _good(),
    "leaders": lambda: b"99999nam a2200061   4500" * 2_500 + RECORD_END + _good(),
    "nested": _nested,
}


def write(file: BinaryIO, kind: str, size: int) -> None:
    """So many units of `kind` that the file has at least `size` bytes."""
    unit = UNITS[kind.removeprefix(PREFIX)]()
    for _ in range(-(-size // len(unit))):
        file.write(unit)
