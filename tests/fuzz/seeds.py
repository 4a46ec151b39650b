#!/usr/bin/env python3
"""Fills `corpus/TARGET` from the fixtures. Standard library only; run it anywhere."""
import base64
import gzip
import hashlib
import io
import json
import pathlib
import re
import shutil
import struct
import tarfile
import urllib.parse

FUZZ = pathlib.Path(__file__).resolve().parent
FIXTURES = FUZZ.parent.parent / "fixtures"
SBOM = FIXTURES / "sbom"
GOOD = FIXTURES / "bundles" / "good"
SIGSTORE = FIXTURES / "sigstore"
MOST_BYTES = 60_000
PURL = re.compile(r'pkg:[a-zA-Z]+/[^\s"<>\\]+')
LICENSE = re.compile(r'"(?:licenseDeclared|licenseConcluded|expression|id|name)": ?"([^"\\]{2,200})"')
REFERENCE = re.compile(
    r"(?:image|FROM|uses|newName)[: ]+[\"']?(?:docker://)?([a-z0-9./_-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?)"
)


def main():
    shutil.rmtree(FUZZ / "corpus", ignore_errors=True)
    bundles()
    signatures()
    images()
    metrics()
    dashboards()
    configurations()
    sboms()


def bundles():
    packed = (GOOD / "evidence-bundle-v1.4.0.tar.gz").read_bytes()
    for bit in b"\0\1\2\3":
        put("gzip", bytes([bit]) + packed[:4_000])
        for text in (b"", b"evidence", packed[:300]):
            put("gzip", bytes([bit]) + gzip.compress(text, mtime=0))
            put("gzip", bytes([bit]) + gzip.compress(text, mtime=0) + gzip.compress(text, mtime=0))
            put("gzip", bytes([bit]) + of_bundle(text))
            put("gzip", bytes([bit]) + of_bundle(text) + of_bundle(b"end"))
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}
    manifest = json.loads(members["manifest.json"])
    put("manifest", members["manifest.json"])
    items, files = manifest["items"], manifest["files"]
    for item in items:
        own = [file for file in files if file["path"] in item["files"]]
        put("manifest", canonical({**manifest, "items": [item], "files": own[:2]}))
        # Without what only tells of a claim, so that small ones are there too.
        put("manifest", canonical({**manifest, "items": [{**item, "files": [], "request": {}}], "files": []}))
    for flags in (0, 2, 4, 6, 7):
        for names in (["files/values/deploy/values.yaml"], ["git/a", "metrics/b/c.json"], []):
            put("tar", bytes([flags]) + tar({name: b"x" * (7 * len(name)) for name in names}))
        put("tar", bytes([flags]) + tar({name: members[name] for name in list(members)[4:8]}))
    for name, data in members.items():
        kind = {"commit": 0, "tag": 1, "tree": 2}.get(name.removeprefix("git/").split("-")[0])
        if name.startswith("git/") and kind is not None:
            put("git_object", bytes([kind]) + data)
    kinds = {"commit": 0, "tree": 1, "blob": 2, "tag": 3}
    history = [(kinds[name[4:].split("-")[0]], data) for name, data in members.items() if name.startswith("git/")]
    put("git_object", b"\3" + b"".join(bytes([kind, len(data)]) + data for kind, data in history if len(data) < 256))
    put("policy", (GOOD / "policy.yaml").read_bytes())
    put("evidence_yaml", members["evidence.yaml"])
    put_json("grafana", members["dashboards/overview/dashboard.json"])
    for name in ("metrics/api_p95/chunk-000.json", "metrics/error_ratio/chunk-000.json"):
        put("prometheus_response", members[name])
    for name, data in members.items():
        if name.startswith("oci/") and data[:1] == b"{" and len(data) < 3_000:
            put("oci_manifest", data)
    put("seal", next(GOOD.glob("*.sigstore.json")).read_bytes())
    put("verify", b"\0\0" + packed[:4_000])
    put("verify", b"\1\0" + members["manifest.json"])
    for item in items:
        if item["expectation"]["kind"] not in ("image", "sbom", "scan"):
            put("verify", b"\2\0" + canonical({**manifest, "items": [item]}))
    # Which file an item has at which place is the target's to say: each of the first is tried in each.
    for name, data in members.items():
        if not name.startswith("oci/blobs/") and name != "manifest.json" and len(data) < 5_000:
            for place in range(8):
                put("appraise", bytes([place, place]) + data)
            put("verify", b"\3" + bytes([len(name) % 40]) + data)
    for picture in sorted(FIXTURES.glob("grafana/png/*.png")):
        put("picture", picture.read_bytes())
    put("trusted_root", (GOOD / "trusted_root.json").read_bytes())


def of_bundle(plain):
    """A gzip member with the field that says its size."""
    deflated = gzip.compress(plain, mtime=0)[10:]
    size = struct.pack("<I", 20 + len(deflated))
    return b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x08\0IG\x04\0" + size + deflated


def tar(members):
    """An archive as a bundle holds it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            header = tarfile.TarInfo(name)
            header.size, header.mtime, header.mode = len(data), 1_700_000_000, 0o644
            archive.addfile(header, io.BytesIO(data))
    blocks = out.getvalue()
    # Python fills up to 20 blocks; a bundle ends with two.
    return blocks.rstrip(b"\0") + bytes(-len(blocks.rstrip(b"\0")) % 512 + 1024)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signatures():
    statements = [SIGSTORE / "private-ca" / "statement.json"]
    documents = sorted(SIGSTORE.glob("**/*.sigstore.json")) + sorted(SIGSTORE.glob("blobs/*/bundle.json"))
    blobs = sorted(SIGSTORE.glob("images/*/layout/blobs/sha256/*"))
    documents += [path for path in blobs if path.stat().st_size < 20_000]
    for path in documents:
        text = path.read_bytes()
        if b"verificationMaterial" in text[:20_000]:
            put("sigstore_bundle", text)
            put("seal", text)
        envelope = parsed(text)
        if not isinstance(envelope, dict):
            continue
        envelope = envelope.get("dsseEnvelope") or envelope
        if isinstance(envelope, dict) and isinstance(envelope.get("payload"), str):
            put_json("statement", base64.b64decode(envelope["payload"]))
    for path in statements + sorted(SIGSTORE.glob("**/statement.json")):
        put_json("statement", path.read_bytes())
    for path in sorted(SIGSTORE.glob("blobs/*")) + [SIGSTORE / "private-ca"]:
        files = [path / "bundle.json", path / "artifact.sig", path / "cert.pem"]
        found = [file.read_bytes() if file.exists() else b"" for file in files]
        put("blob_signature", b"\x07" + b"\0".join(found))
        put("blob_signature", b"\x0f" + b"\0".join(found))
    for envelope in sorted(SIGSTORE.glob("**/*dsse.json")) + sorted(SIGSTORE.glob("**/*.envelope.json")):
        put("blob_signature", b"\x02\0" + envelope.read_bytes())
    for certificate in sorted(SIGSTORE.glob("private-ca/*.pem")):
        signature = certificate.with_suffix(".sig")
        if signature.exists():
            put("blob_signature", b"\x0e\0" + signature.read_bytes() + b"\0" + certificate.read_bytes())
    for root in sorted(SIGSTORE.glob("**/trusted_root.json")):
        text = root.read_bytes()
        put("trusted_root", text)
        put("trusted_root", json.dumps(parsed(text)).encode() + b"\n" + json.dumps(parsed(text)).encode())
    for key in sorted(SIGSTORE.glob("**/*.pub")):
        put("public_key", key.read_bytes())
    for entry in sorted(SIGSTORE.glob("**/*rekor-entry.json")):
        put("log_answer", b"\2" + entry.read_bytes())
        for one in parsed(entry.read_bytes()).values():
            proof = one.get("verification", {}).get("inclusionProof", {})
            put("log_answer", b"\3" + proof.get("checkpoint", "").encode())
            put("log_answer", b"\1" + json.dumps({"hashes": proof.get("hashes")}).encode())
            trees = {"treeID": "1", "signedTreeHead": proof.get("checkpoint", ""), "inactiveShards": []}
            put("log_answer", b"\0" + json.dumps(trees).encode())
    put("log_answer", b"\4\1" + b"\0\5hello" + b"\0\3abc")
    for index, size in ((0, 1), (5, 300), (70_000, 70_001), (255, 65_536)):
        put("log_answer", b"\5" + struct.pack("<QQ", index, size) + b"7")


def images():
    names = ["dev.cosignproject.cosign/signature", "dev.sigstore.cosign/certificate", "dev.sigstore.cosign/chain"]
    names += ["dev.sigstore.cosign/bundle", "dev.sigstore.cosign/rfc3161timestamp"]
    for layout in sorted(SIGSTORE.glob("images/*/layout")):
        put("oci_manifest", (layout / "index.json").read_bytes())
        blobs = {path.name: path for path in (layout / "blobs/sha256").iterdir()}
        for path in blobs.values():
            if path.stat().st_size > 20_000:
                continue
            manifest = parsed(path.read_bytes())
            if not isinstance(manifest, dict) or manifest.get("schemaVersion") != 2:
                continue
            put_json("oci_manifest", path.read_bytes())
            for layer in manifest.get("layers", []):
                blob = blobs.get(layer["digest"].removeprefix("sha256:"))
                kind = layer["mediaType"]
                choice = 0 if "simplesigning" in kind else 1 if "dsse" in kind else 2 if "bundle" in kind else None
                if blob and choice is not None:
                    parts = [blob.read_text()] + [layer.get("annotations", {}).get(name, "") for name in names]
                    suffix = {0: 0, 1: 4, 2: 8}[choice]
                    put("image_signature", bytes([choice + suffix]) + "\0".join(parts).encode())
    texts = []
    kinds = {"docker": 0, "compose": 1, "kustomize": 2, "workflow": 3, "helm": 4, "kubernetes": 7}
    for path in sorted(FIXTURES.glob("pins/**/*")):
        if path.is_file():
            choice = kinds[path.relative_to(FIXTURES / "pins").parts[0]]
            choice = 5 if path.name.startswith("values") else 6 if path.suffix == ".json" else choice
            put("pins", bytes([choice]) + path.read_bytes())
            texts += REFERENCE.findall(path.read_text())
    texts += ["linux/amd64", "oci:folder:v1", "oci:a@sha256:" + "0" * 64, "localhost:5000/a/b:c"]
    for text in sorted(set(texts)):
        put("reference", text.encode())


def metrics():
    for path in sorted(FIXTURES.glob("prometheus/**/*.resp")):
        head, _, body = path.read_bytes().partition(b"\r\n\r\n")
        if b"gzip" not in head and len(body) <= MOST_BYTES:
            put_json("prometheus_response", body)
            data = parsed(body)
            if path.name in ("status-config.resp", "status-flags.resp") and isinstance(data, dict):
                about = data.get("data") or {}
                put("server_config", (about.get("yaml") or about.get("enable-feature") or "").encode())
            for series in answered(data):
                put("remote_read", read_response(series))
    for path in sorted(FIXTURES.glob("prometheus/**/*.req")):
        text = path.read_bytes().decode("utf-8", "replace")
        for query in re.findall(r"[?&\n]query=([^& \r\n]+)", text):
            put("promql", urllib.parse.unquote_plus(query).encode())
    put("server_config", b"global:\n  scrape_interval: 15s\n  external_labels:\n    cluster: a\n    replica: b\n")
    hour = (0, 3_600_000, 15_000, 100, 30_000, "up")
    for start, end, step, size, at, expr in (hour, (-5, 5, 1, 0, 0, "rate(a[5m])"), (1, 1, 1, 1, 1, "start()")):
        put("chunks", struct.pack("<qqQQq", start, end, step, size, at) + expr.encode())


def answered(data):
    found = data.get("data", {}) if isinstance(data, dict) else {}
    if isinstance(found, dict) and found.get("resultType") == "matrix":
        return [[one] for one in found["result"][:2]]
    return []


def read_response(series):
    """A ReadResponse of remote read, not packed."""
    def varint(number):
        number &= (1 << 64) - 1
        out = b""
        while number > 127:
            out += bytes([number & 127 | 128])
            number >>= 7
        return out + bytes([number])

    def field(number, data):
        return varint(number << 3 | 2) + varint(len(data)) + data

    message = b""
    for one in series:
        inside = b""
        for name, value in sorted(one["metric"].items()):
            inside += field(1, field(1, name.encode()) + field(2, value.encode()))
        for at, value in one["values"][:8]:
            sample = b"\x09" + struct.pack("<d", float(value)) + b"\x10" + varint(int(float(at) * 1_000))
            inside += field(2, sample)
        message += field(1, inside)
    return field(1, message)


def dashboards():
    for path in sorted(FIXTURES.glob("grafana/http/dashboard*.resp")):
        put_json("grafana", path.read_bytes().partition(b"\r\n\r\n")[2])


def configurations():
    own = [FUZZ.parent.parent / "evidence.yaml", FIXTURES / "config" / "phases.yaml"]
    for path in own + sorted(FIXTURES.glob("*/evidence.yaml")):
        text = path.read_bytes()
        put("evidence_yaml", text)
        # Its parts, each with what every configuration needs.
        parts = re.split(r"(?m)^(?=[a-z-]+:)", text.decode())
        head = "".join(part for part in parts if part.startswith(("version:", "release:", "servers:")))
        for part in parts:
            if not part.startswith(("version:", "release:", "servers:", "#")):
                put("evidence_yaml", (head + part).encode())
    for path in [FIXTURES / "config/policy.yaml", *sorted(GOOD.glob("policy*.yaml"))]:
        put("policy", path.read_bytes())


def sboms():
    documents = [path for folder in ("documents", "pairs") for path in sorted((SBOM / folder).rglob("*"))]
    texts = {path: path.read_bytes() for path in documents if path.is_file()}
    small = {path: data for path, data in texts.items() if len(data) <= MOST_BYTES}
    for data in texts.values():
        document = parsed(data)
        if isinstance(document, dict):
            put("sbom_json", json.dumps(shorter(document, 1), separators=(",", ":")).encode())
    for data in small.values():
        start = data.lstrip()[:1]
        if start == b"<":
            put("sbom_xml", data)
        elif start == b"{":
            put_json("sbom_json", data)
        else:
            put("sbom_tag_value", data.split(b"\n", 1)[-1])
    for path in sorted(SBOM.glob("*/*.statement.json")) + sorted((SBOM / "documents/statements").iterdir()):
        put_json("sbom_statement", path.read_bytes())
    for target, folder in (("vulns_report", "scans"), ("vulns_vex", "vex")):
        for path in sorted((SBOM / folder).glob("*/*")):
            put_json(target, path.read_bytes())

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


def parsed(data):
    try:
        return json.loads(data)
    except ValueError:
        return None


def shorter(value, most):
    """JSON of the same shape: lists of at most `most`, and no long text."""
    if isinstance(value, dict):
        return {key: shorter(one, most) for key, one in list(value.items())[:40]}
    if isinstance(value, list):
        return [shorter(one, most) for one in value[:most]]
    return value[:60] if isinstance(value, str) and most == 1 else value


def put_json(target, data):
    """A document, and what is left of it once most of each list is gone: a small one is changed more often."""
    put(target, data)
    document = parsed(data)
    if isinstance(document, dict):
        for most in (1, 2):
            put(target, json.dumps(shorter(document, most), separators=(",", ":")).encode())


def put(target, data):
    """Named by its content: the same seeds are the same files, and each is there once."""
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    main()
