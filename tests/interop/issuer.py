#!/usr/bin/env python3
"""An OIDC issuer for the interop tests: serves its keys, mints id tokens. Standard library and `openssl` only.

    issuer.py serve KEY PORT
    issuer.py token KEY PORT gha REPOSITORY REF [SHA] [CLAIM=VALUE ...]
    issuer.py token KEY PORT email ADDRESS [CLAIM=VALUE ...]

Two issuers live on one port: `/gha`, whose tokens carry the claims of GitHub Actions, and `/email`. Fulcio refuses a
token that lacks a claim of its github-workflow templates, so all of them are here. A REF without `refs/` is a tag.
CLAIM=VALUE replaces a claim, `exp=0` for one makes an expired token.

`GET /gha/token?repository=R&ref=REF&audience=A` with any bearer token answers as GitHub's
ACTIONS_ID_TOKEN_REQUEST_URL does, so that ambient credentials can be tried as well.
"""
import base64
import hashlib
import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY_ID = "evidence-test"
TIMES = ("exp", "iat", "nbf")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


def jwks(key):
    modulus = openssl("rsa", "-in", key, "-noout", "-modulus").decode().strip().partition("=")[2]
    public = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID,
              "n": b64(bytes.fromhex(modulus)), "e": b64(b"\x01\x00\x01")}
    return {"keys": [public]}


def configuration(issuer):
    return {"issuer": issuer, "jwks_uri": f"{issuer}/jwks", "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token", "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}


def sign(key, claims):
    head = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
    text = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    return f"{text}.{b64(openssl('dgst', '-sha256', '-sign', key, data=text.encode()))}"


def number(text):
    """Returns an id that is the same in every run, as GitHub's ids of repositories and owners are."""
    return str(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16))


def github_claims(repository, ref, sha=None):
    ref = ref if ref.startswith("refs/") else f"refs/tags/{ref}"
    sha = sha or hashlib.sha1(f"{repository}@{ref}".encode()).hexdigest()
    owner = repository.partition("/")[0]
    workflow = f"{repository}/.github/workflows/release.yml@{ref}"
    return {
        "sub": f"repo:{repository}:ref:{ref}", "repository": repository, "repository_id": number(repository),
        "repository_owner": owner, "repository_owner_id": number(owner), "repository_visibility": "private",
        "ref": ref, "ref_type": "tag" if ref.startswith("refs/tags/") else "branch", "ref_protected": "true",
        "sha": sha, "workflow": "release", "workflow_ref": workflow, "workflow_sha": sha,
        "job_workflow_ref": workflow, "job_workflow_sha": sha, "event_name": "push", "run_id": "4200000001",
        "run_number": "42", "run_attempt": "1", "runner_environment": "github-hosted", "actor": "releaser",
        "actor_id": number("releaser"), "base_ref": "", "head_ref": "",
    }


def mint(key, issuer, claims, audience="sigstore", changes=()):
    now = int(time.time())
    claims = {"iss": issuer, "aud": audience, "iat": now, "nbf": now, "exp": now + 600, **claims}
    for change in changes:
        name, _, value = change.partition("=")
        claims[name] = int(value) if name in TIMES else value
    return sign(key, claims)


def token(key, base, kind, subject, *rest):
    changes = [word for word in rest if "=" in word]
    plain = [word for word in rest if "=" not in word]
    if kind == "gha":
        return mint(key, f"{base}/gha", github_claims(subject, *plain), changes=changes)
    if kind == "email" and not plain:
        return mint(key, f"{base}/email", {"sub": subject, "email": subject, "email_verified": True}, changes=changes)
    raise SystemExit(__doc__)


def serve(key, port):
    base = f"http://127.0.0.1:{port}"
    keys = jwks(key)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            _, name, *rest = url.path.split("/")
            issuer, page = f"{base}/{name}", "/".join(rest)
            if name not in ("gha", "email"):
                self.answer(404, {"error": "no such issuer"})
            elif page == ".well-known/openid-configuration":
                self.answer(200, configuration(issuer))
            elif page == "jwks":
                self.answer(200, keys)
            elif (name, page) == ("gha", "token"):
                self.ambient(issuer, {name: values[0] for name, values in parse_qs(url.query).items()})
            else:
                self.answer(404, {"error": "no such page"})

        def ambient(self, issuer, query):
            if not self.headers.get("Authorization", "").lower().startswith("bearer "):
                return self.answer(401, {"error": "a bearer token is wanted"})
            claims = github_claims(query["repository"], query["ref"], query.get("sha"))
            self.answer(200, {"value": mint(key, issuer, claims, query.get("audience", "sigstore"))})

        def answer(self, status, body):
            body = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "serve":
        serve(*arguments[1:])
    elif len(arguments) >= 5 and arguments[0] == "token":
        _, key, port, *rest = arguments
        print(token(key, f"http://127.0.0.1:{port}", *rest))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
