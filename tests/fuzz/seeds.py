#!/usr/bin/env python3
"""Fills `corpus/TARGET` from the fixtures. Standard library only; run it anywhere."""
import json
import pathlib
import re

FUZZ = pathlib.Path(__file__).resolve().parent
SBOM = FUZZ.parent.parent / "fixtures" / "sbom"
MOST_BYTES = 60_000
PURL = re.compile(r'pkg:[a-zA-Z]+/[^\s"<>\\]+')
LICENSE = re.compile(r'"(?:licenseDeclared|licenseConcluded|expression|id|name)": ?"([^"\\]{2,200})"')


def main():
    documents = [path for folder in ("documents", "pairs") for path in sorted((SBOM / folder).rglob("*"))]
    texts = {path: path.read_bytes() for path in documents if path.is_file()}
    small = {path: data for path, data in texts.items() if len(data) <= MOST_BYTES}
    for data in small.values():
        start = data.lstrip()[:1]
        if start == b"<":
            put("sbom_xml", data)
        elif start == b"{":
            put("sbom_json", data)
        else:
            put("sbom_tag_value", data.split(b"\n", 1)[-1])
    for path in sorted(SBOM.glob("*/*.statement.json")) + sorted((SBOM / "documents/statements").iterdir()):
        put("sbom_statement", path.read_bytes())
    for target, folder in (("vulns_report", "scans"), ("vulns_vex", "vex")):
        for path in sorted((SBOM / folder).glob("*/*")):
            put(target, path.read_bytes())

    everything = "\n".join(data.decode("utf-8", "ignore") for data in texts.values())
    by_type = {}
    for purl in sorted(set(PURL.findall(everything))):
        by_type.setdefault(purl.split("/")[0], []).append(purl)
    for purls in by_type.values():
        for purl in purls[:40]:
            put("purl", purl.encode())
    for path in sorted((SBOM / "pairs").glob("*/expected.json")):
        found = json.loads(path.read_text())
        for one in found["upgraded"] + found["downgraded"]:
            # The first byte chooses the ecosystem.
            text = f"{one['from']}\n{one['to']}\n{one['from']}"
            for choice in range(13):
                put("version_order", bytes([choice]) + text.encode())
    for text in sorted(set(LICENSE.findall(everything)))[:2_000:5]:
        put("license_expression", b"\0" + text.encode())


def put(target, data):
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{len(list(folder.iterdir())):04}").write_bytes(data)


if __name__ == "__main__":
    main()
