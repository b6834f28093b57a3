"""Which corpora there are, and what each must contain. Nothing is fetched or made here.

The files of the Library of Congress come from the source package of pymarc 5.4.0, which carries
250,000 records of it; a corpus is its first records. The generated ones come from
`harness.corpora.generate` and a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.corpora import worst

PACKAGE = "pymarc"
PACKAGE_VERSION = "5.4.0"
PACKAGE_FILE = f"{PACKAGE}-{PACKAGE_VERSION}.tar.gz"
PACKAGE_SHA256 = "b2016b1674d1956636c99b9bf95b31840c5cb8f22645672a660e66326371b2f3"
MEMBER = f"{PACKAGE}-{PACKAGE_VERSION}/BooksAll.2016.part01.utf8"
TESTS = f"{PACKAGE}-{PACKAGE_VERSION}/test/"
#: Files of pymarc's tests as they were found: records of many makers, with their mistakes.
WILD = (
    "1251.dat", "alphatag.dat", "bad_eacc_encoding.dat", "bad_marc8_escape.dat",
    "bad_subfield_code.dat", "diacritic.dat", "marc.dat", "marc8-to-unicode.dat", "marc8.dat",
    "multi_isbn.dat", "one.dat", "regression45.dat", "test.dat", "utf8_errors.dat",
    "utf8_invalid.mrc", "utf8_with_leader_flag.dat", "utf8_without_leader_flag.dat",
)  # fmt: skip
#: Ends the reading, so it stands once, behind all others.
WILD_END = "bad_records.mrc"
WILD_TIMES = 100


@dataclass(frozen=True)
class Spec:
    """A corpus before it exists. `stand_in` serves when the package cannot be had."""

    name: str
    records: int
    bytes: int
    sha256: str
    kind: str  # "loc", "wild" or a kind of the generator
    seed: int = 0
    stand_in: str = ""
    every: int = 1  # every tenth record, for engines that are a hundred times slower
    marcxml: bool = False


def _generated(
    name: str, kind: str, records: int, seed: int, size: int, sha256: str, every: int = 1
) -> Spec:
    return Spec(f"generated-{name}", records, size, sha256, kind, seed, every=every)


SPECS: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        Spec(
            "loc-small",
            1_000,
            782_547,
            "6825c39f3739d4c5e6e8e517299ebcbcb1646e4d484fbe76343bfb41f7b853b7",
            "loc",
            stand_in="generated-small",
        ),
        Spec(
            "loc-medium",
            10_000,
            9_687_143,
            "9f1f3a0826af1bbbbf76a3acf9a631a3f45a31be3680d67306cf720b1a4a5d73",
            "loc",
            stand_in="generated-medium",
        ),
        Spec(
            "loc-fifth",
            50_000,
            48_622_026,
            "318d76e2202c9db622b5fca85c9c4027e703016a1078422364a0f6910ecf2521",
            "loc",
            stand_in="generated-half",
        ),
        Spec(
            "loc-fifth-tenth",
            5_000,
            4_856_620,
            "afc3c98a4c1e46053f3c59234ea19dd3c067d1ca9346a00aa0e82b9aa93f95bb",
            "loc",
            stand_in="generated-medium",
            every=10,
        ),
        Spec(
            "loc-fifth-marcxml",
            50_000,
            129_743_491,
            "9f100a38cf25e1312155c29ae3711575657cb968a89cf6fd15eda18fe38bb661",
            "loc",
            stand_in="generated-marcxml",
            marcxml=True,
        ),
        Spec(
            "loc-fifth-tenth-marcxml",
            5_000,
            12_941_218,
            "5553c388f331a6b7e8d5fbc54b5ebb51ad1e35756c261641095bc19cbbeb40f5",
            "loc",
            stand_in="generated-marcxml",
            every=10,
            marcxml=True,
        ),
        Spec(
            "loc-half",
            125_000,
            121_898_334,
            "fcc6e5a5971db1f805389f776c210ebf257368a599ea7f2dddaf5509a5586280",
            "loc",
            stand_in="generated-half",
        ),
        Spec(
            "loc-large",
            250_000,
            241_731_867,
            "dfdcdad30e0e0a82b0aec831c1a08b61c6199eb8ee0d71ff7953213f20eb0e47",
            "loc",
            stand_in="generated-large",
        ),
        _generated(
            "small",
            "mixed",
            1_000,
            1,
            1_118_943,
            "bc21eed0875870e2b66f71bbc1b380af326f3b9816b393c337ae1b09b340da39",
        ),
        _generated(
            "medium",
            "mixed",
            10_000,
            2,
            11_143_864,
            "7a7baaec1eebcf497264d5eaa604a34b80518c60da2c62d056f8efce94c6bf78",
        ),
        _generated(
            "half",
            "mixed",
            125_000,
            3,
            139_818_575,
            "07ba7b6f7519cd16d4f3109d507e4af5e929ce61c29edc8a7e4512b937a57974",
        ),
        _generated(
            "large",
            "mixed",
            250_000,
            3,
            279_637_150,
            "41ab92dd3a0c94d72e23603f291d12bdddca82559111e933c94b7659ea1a96f7",
        ),
        _generated(
            "latin",
            "latin",
            5_000,
            11,
            5_267_901,
            "5b984fb74161db2dbad7b72cbfd256a0a2415a588ca1b03fd109d5548efb0535",
        ),
        _generated(
            "cyrillic",
            "cyrillic",
            5_000,
            12,
            7_154_690,
            "664ac516d16d5db4126d411c2c376b2329db0be6ea6f351b9a8b62516144c86c",
        ),
        _generated(
            "cjk",
            "cjk",
            5_000,
            13,
            5_232_045,
            "1a4b060e57e58f73c46119a672a7d147aa2d28d313f76c87a9b5c79898b5edd4",
        ),
        _generated(
            "arabic",
            "arabic",
            5_000,
            14,
            6_629_863,
            "62ff723a8eeec14e72fe850a5f5973f3da02309c878a52b17f038d8289c0246b",
        ),
        _generated(
            "lengths",
            "lengths",
            2_000,
            15,
            6_254_986,
            "4292b2a8052cead173c330c27c8b8f6db932b85d23ba4efd87cdaceb11878888",
        ),
        _generated(
            "short",
            "short",
            10_000,
            16,
            2_431_967,
            "c17032684e57106fce897c1ebf3a59ae573dff6d16bcf5a5315f44bc41ccfcb6",
        ),
        _generated(
            "long",
            "long",
            1_000,
            17,
            47_511_717,
            "1ff993ccc901734995e9653d18a2428537cad0dec14f0bce0aff940678f82379",
        ),
        _generated(
            "damaged",
            "damaged",
            10_000,
            18,
            11_170_745,
            "b254c84e09985348d455070fb985cf612fdc2b1eb4ea804c8735324987acf4b6",
        ),
        _generated(
            "marc8",
            "marc8",
            50_000,
            19,
            55_336_002,
            "7e1dbeace47677872048714c30fa643ea1f3867724b6b2013f38c7bb1e2d8459",
        ),
        _generated(
            "marc8-tenth",
            "marc8",
            5_000,
            19,
            5_515_102,
            "b80a08140b79b7894a9b5d5ec241521c381fdd3a957eaba370361f3c78f0c71e",
            every=10,
        ),
        Spec(
            "generated-marcxml",
            10_000,
            28_504_588,
            "c46e65f0dee5dafd498076edfbd8e20e501c823232f722b47f1abda335205c46",
            "mixed",
            2,
            marcxml=True,
        ),
        Spec(
            "wild-tests",
            6_109,
            9_822_917,
            "322ffd3aba6b2d3a08d910b5a683498bbcb446406b007f4c15ff94ac4cefe6b9",
            "wild",
            stand_in="generated-damaged",
        ),
    )
}
SPECS |= {
    f"{worst.PREFIX}{name}": Spec(
        f"{worst.PREFIX}{name}", records, size, sha256, worst.PREFIX + name.rpartition("-")[0]
    )
    for name, records, size, sha256 in worst.known()
}
NAMES = tuple(SPECS)
