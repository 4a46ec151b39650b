"""Lists .tar.gz files by Python's tarfile: reader.py seek|stream FILE...

For each file a line of JSON: {"members": [[sha256, size, name], ...]}, or {"error": "..."}.

`stream` reads front to back through the gzip module. tarfile's own mode "r|gz" is not asked: of a gzip stream of several
members it reads the first alone, and takes that for all (seen in CPython 2.7 to 3.13).
"""

import gzip
import hashlib
import json
import sys
import tarfile


def seek(path):
    return tarfile.open(path, "r:gz")


def stream(path):
    return tarfile.open(fileobj=gzip.open(path), mode="r|")


def members(archive):
    found = []
    with archive:
        for member in archive:
            if not member.isreg() or member.type != tarfile.REGTYPE:
                raise ValueError(f"{member.name} is of type {member.type!r}")
            body = archive.extractfile(member).read()
            found.append([hashlib.sha256(body).hexdigest(), len(body), member.name])
        # The checksums of what follows the archive's end, too.
        while archive.fileobj.read(1 << 20):
            pass
    return found


def main():
    opened = {"seek": seek, "stream": stream}[sys.argv[1]]
    for path in sys.argv[2:]:
        try:
            answer = {"members": members(opened(path))}
        except Exception as error:  # Whatever it is, it is the answer about this file.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer))


main()
