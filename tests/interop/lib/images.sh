# Sourced by ../stack: images in both registries, signed by the real cosigns in each of their ways.
# shellcheck shell=bash

IMAGES=(api client gateway legacy-key unsigned)
declare -A REGISTRIES=([registry5001]=127.0.0.1:5001 [registry5002]=127.0.0.1:5002)
IMAGE_TAG=v1.0.0

prepare_images() {
  [[ ! -f $DIR/images.json ]] || return 0
  # shellcheck source=/dev/null
  source "$DIR/env"
  mkdir -p "$DIR/images"
  local name
  for name in "${IMAGES[@]}"; do
    make_layer "$name"
  done

  # The registries at the same time: signing is mostly waiting for logs.
  local registry jobs=() failed=''
  for registry in "${REGISTRIES[@]}"; do
    sign_all "$registry" >"$DIR/log/prepare-${registry#*:}.log" 2>&1 &
    jobs+=("$!:${registry#*:}")
  done
  local job
  for job in "${jobs[@]}"; do
    wait "${job%%:*}" || failed="prepare-${job#*:}"
  done
  [[ -z $failed ]] || fail_with_log "$failed" "failed"
  list_images
}

# An image of one layer with one file, the same bytes and so the same digest in every run.
make_layer() {
  local work="$DIR/images/$1"
  mkdir -p "$work/opt"
  echo "This stands for the program of $1." >"$work/opt/$1"
  tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    -cf "$DIR/images/$1.tar" opt
}

sign_all() {
  local registry=$1 name reference
  # One for all: it is good for ten minutes.
  identity="$(token gha "$REPOSITORY" "$RELEASE_REF")"
  mkdir -p "$DIR/images/${registry#*:}"
  for name in "${IMAGES[@]}"; do
    push "$registry" "$name" >"$DIR/images/${registry#*:}/$name"
  done
  for name in "${IMAGES[@]}"; do
    reference="$(cat "$DIR/images/${registry#*:}/$name")"
    write_sboms "$registry" "$name" "$reference"
    echo "=== $reference"
    "sign_${name//-/_}" "$reference" "$DIR/images/${registry#*:}/$name"
  done
}

# Prints the reference by digest: what is signed is never looked up by a tag that could move.
push() {
  local reference="$1/shop/$2:$IMAGE_TAG"
  crane append --oci-empty-base --new_layer "$DIR/images/$2.tar" --new_tag "$reference" >&2
  echo "$1/shop/$2@$(crane digest "$reference")"
}

sign_api() {
  (
    # shellcheck source=/dev/null
    source "$DIR/cosign-v2.env"
    local where=(--fulcio-url="$STACK_FULCIO_URL" --rekor-url="$STACK_REKOR1_URL" --identity-token="$identity")
    cosign-v2 sign "${where[@]}" "$1"
    cosign-v2 attest "${where[@]}" --type=spdxjson --predicate="$2.spdx.json" "$1"
  )
}

sign_client() {
  v3 sign rekor1_tsa --identity-token="$identity" "$1"
  v3 attest rekor1_tsa --identity-token="$identity" --type=spdxjson --predicate="$2.spdx.json" "$1"
  v3 attest rekor2_tsa --identity-token="$identity" --type=cyclonedx --predicate="$2.cdx.json" "$1"
}

sign_gateway() {
  v3 sign rekor2_tsa --key="$DIR/keys/alice.key" "$1"
  v3 attest rekor2_tsa --key="$DIR/keys/alice.key" --type=spdxjson --predicate="$2.spdx.json" "$1"
}

sign_legacy_key() {
  cosign-v2 sign --key="$DIR/keys/alice.key" --rekor-url="$STACK_REKOR1_URL" "$1"
}

sign_unsigned() {
  :
}

v3() {
  cosign-v3 "$1" --signing-config="$DIR/trust/signing_config_$2.json" --trusted-root="$STACK_TRUSTED_ROOT" "${@:3}"
}

# Minimal, valid, and about the image itself: SPDX 2.3 and CycloneDX 1.6.
write_sboms() {
  local name=$2 digest="${3#*@}" out="$DIR/images/${1#*:}/$2"
  jq -n --arg name "shop/$name" --arg version "$IMAGE_TAG" --arg digest "$digest" '
    def purl: "pkg:oci/\($name | split("/") | last)@\($digest | @uri)?repository_url=registry.evidence.test/\($name)";
    { spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name: $name,
      documentNamespace: "https://evidence.test/spdx/\($name)/\($digest)",
      creationInfo: { created: "2026-01-01T00:00:00Z", creators: ["Tool: evidence-interop-stack"] },
      documentDescribes: ["SPDXRef-image"],
      packages: [
        { SPDXID: "SPDXRef-image", name: $name, versionInfo: $version, downloadLocation: "NOASSERTION",
          filesAnalyzed: false, primaryPackagePurpose: "CONTAINER", licenseConcluded: "NOASSERTION",
          licenseDeclared: "NOASSERTION", copyrightText: "NOASSERTION",
          checksums: [{ algorithm: "SHA256", checksumValue: ($digest | ltrimstr("sha256:")) }],
          externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl }] },
        { SPDXID: "SPDXRef-zlib", name: "zlib", versionInfo: "1.3.1", downloadLocation: "NOASSERTION",
          filesAnalyzed: false, licenseConcluded: "Zlib", licenseDeclared: "Zlib", copyrightText: "NOASSERTION",
          externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
            referenceLocator: "pkg:generic/zlib@1.3.1" }] }
      ],
      relationships: [
        { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: "SPDXRef-image" },
        { spdxElementId: "SPDXRef-image", relationshipType: "CONTAINS", relatedSpdxElement: "SPDXRef-zlib" }
      ] }' >"$out.spdx.json"
  jq -n --arg name "shop/$name" --arg version "$IMAGE_TAG" --arg digest "$digest" '
    def purl: "pkg:oci/\($name | split("/") | last)@\($digest | @uri)?repository_url=registry.evidence.test/\($name)";
    { "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", bomFormat: "CycloneDX", specVersion: "1.6",
      serialNumber: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", version: 1,
      metadata: {
        timestamp: "2026-01-01T00:00:00Z",
        tools: { components: [{ type: "application", name: "evidence-interop-stack", version: "1" }] },
        component: { "bom-ref": purl, type: "container", name: $name, version: $version, purl: purl,
          hashes: [{ alg: "SHA-256", content: ($digest | ltrimstr("sha256:")) }] } },
      components: [{ "bom-ref": "pkg:generic/zlib@1.3.1", type: "library", name: "zlib", version: "1.3.1",
        purl: "pkg:generic/zlib@1.3.1", licenses: [{ license: { id: "Zlib" } }] }],
      dependencies: [{ ref: purl, dependsOn: ["pkg:generic/zlib@1.3.1"] }, { ref: "pkg:generic/zlib@1.3.1" }]
    }' >"$out.cdx.json"
}

# DIR/images.json: {NAME: {registry5001: REFERENCE, registry5002: REFERENCE, digest, tag}}, written last and whole.
list_images() {
  local name
  for name in "${IMAGES[@]}"; do
    jq -n --arg name "$name" --arg tag "$IMAGE_TAG" \
      --arg one "$(cat "$DIR/images/5001/$name")" --arg two "$(cat "$DIR/images/5002/$name")" \
      '{($name): {registry5001: $one, registry5002: $two, digest: ($one | split("@")[1]), tag: $tag}}'
  done | jq -s add >"$DIR/images.json.new"
  mv "$DIR/images.json.new" "$DIR/images.json"
}
