# Sourced by ../stack: which tools the stack is made of, and how they get onto a machine.
# shellcheck shell=bash

# Pinned: the tests compare with what these very versions do. Newer Rekor, rekor-tiles and timestamp-authority
# releases want a newer Go than Debian's or the build image's.
COSIGN_V2=2.6.5
COSIGN_V3=3.1.3
REKOR=1.5.4
TRILLIAN=1.8.0
REKOR_TILES=2.3.0
FULCIO=1.8.8
TIMESTAMP=2.1.3
CT=1.4.0
CRANE=0.22.1
# The release 3.15.0 is the module's v0.315.0. The hash of the module stands for all: it holds a go.sum.
PROMETHEUS3=3.15.0
PROMETHEUS3_MODULE=github.com/prometheus/prometheus@v0.315.0
PROMETHEUS3_SUM=h1:sFGZWmC2Hk9N1NBJGCnXYZb5hyLCq8yuAMoEjLAg6ac=
# It is the one tool that may be missing: where it takes longer than this, its tests are skipped, and it is said.
PROMETHEUS3_SECONDS="${EVIDENCE_PROMETHEUS3_SECONDS:-1200}"

TOOLS="${EVIDENCE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/evidence-tools}"

# command:package that has it
DISTRIBUTION_TOOLS=(
  mariadbd:mariadb-server
  mariadb-install-db:mariadb-server
  mariadb:mariadb-client
  mariadb-admin:mariadb-client
  docker-registry:docker-registry
  prometheus:prometheus
  promtool:prometheus
  nginx:nginx
  openssl:openssl
  python3:python3
  ip:iproute2
  unshare:util-linux
  flock:util-linux
  setsid:util-linux
  curl:curl
  jq:jq
  tar:tar
  # Readers of bundles.
  gzip:gzip
  pigz:pigz
  bsdtar:libarchive-tools
  7z:p7zip-full
  javac:default-jdk-headless
)
# Java's usual reader of tar archives: the same, but a file.
COMMONS_COMPRESS=/usr/share/java/commons-compress.jar

install_tools() {
  install_packages
  mkdir -p "$TOOLS"
  # One builder at a time: two would compile the same thing twice, each at full memory.
  exec 9>"$TOOLS/.lock"
  flock 9

  # Plain Go binaries: no C compiler is needed, and linking is faster.
  export CGO_ENABLED=0
  # Fetching another toolchain would hide that a pin no longer fits this Go.
  export GOTOOLCHAIN="${GOTOOLCHAIN:-local}"
  # A cosign link alone takes 1.8 GB of memory.
  export GOFLAGS="${GOFLAGS--p=2}"
  local name
  for name in GOBIN GOOS GOARCH; do unset "$name"; done

  # The largest first: what it compiles, the others find in the build cache.
  go_install "cosign-v3-$COSIGN_V3" "github.com/sigstore/cosign/v3/cmd/cosign@v$COSIGN_V3"
  go_install "cosign-v2-$COSIGN_V2" "github.com/sigstore/cosign/v2/cmd/cosign@v$COSIGN_V2"
  go_install "rekor-$REKOR" "github.com/sigstore/rekor/cmd/"{rekor-server,rekor-cli}"@v$REKOR"
  # The tags leave out what is not used here: the clients of Spanner and of Kubernetes are half of the work.
  go_install "trillian-$TRILLIAN" -tags=mysql,etcd \
    "github.com/google/trillian/cmd/"{trillian_log_server,trillian_log_signer,createtree}"@v$TRILLIAN"
  go_install "rekor-tiles-$REKOR_TILES" "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix@v$REKOR_TILES"
  go_install "fulcio-$FULCIO" "github.com/sigstore/fulcio@v$FULCIO"
  go_install "timestamp-server-$TIMESTAMP" \
    "github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server@v$TIMESTAMP"
  go_install "ct_server-$CT" \
    "github.com/google/certificate-transparency-go/trillian/ctfe/ct_server@v$CT"
  go_install "crane-$CRANE" "github.com/google/go-containerregistry/cmd/crane@v$CRANE"
  go_build_here registry "$(registry_folder)"
  go_build_here readers/go "$(go_reader_folder)"
  go_build_prometheus3
  exec 9>&-
}

# Folder of the registry with the referrers API. Named by its sources, so that a change builds it anew.
registry_folder() {
  local sources
  sources="$(cd "$HERE/registry" && cat ./*.go go.mod go.sum | sha256sum)"
  echo "$TOOLS/registry-${sources:0:12}"
}

# Folder of the program that lists archives by Go's own packages.
go_reader_folder() {
  local sources
  sources="$(cd "$HERE/readers/go" && cat ./*.go go.mod | sha256sum)"
  echo "$TOOLS/go-reader-${sources:0:12}"
}

# Folder of Prometheus 3, which is there when it could be built.
prometheus3_folder() {
  echo "$TOOLS/prometheus3-$PROMETHEUS3"
}

has_prometheus3() {
  [[ -d $(prometheus3_folder) ]]
}

require_tools() {
  local folder pair
  for folder in "cosign-v3-$COSIGN_V3" "cosign-v2-$COSIGN_V2" "rekor-$REKOR" "trillian-$TRILLIAN" \
    "rekor-tiles-$REKOR_TILES" "fulcio-$FULCIO" "timestamp-server-$TIMESTAMP" "ct_server-$CT" "crane-$CRANE" \
    "$(basename "$(registry_folder)")" "$(basename "$(go_reader_folder)")"; do
    [[ -d $TOOLS/$folder ]] || die "$TOOLS/$folder is missing: run '$0 install' first"
  done
  for pair in "${DISTRIBUTION_TOOLS[@]}"; do
    have "${pair%%:*}" || die "the command ${pair%%:*} is missing: run '$0 install' first"
  done
  [[ -f $COMMONS_COMPRESS ]] || die "$COMMONS_COMPRESS is missing: run '$0 install' first"
}

# go_install FOLDER [FLAG] PACKAGE@VERSION…: all binaries of one module at one version, into one folder.
go_install() {
  local folder=$1 started=$SECONDS staging
  shift
  [[ ! -d $TOOLS/$folder ]] || return 0
  have go || die "Go is needed to build $folder"
  say "building $folder"
  staging="$(staging_folder)"
  GOBIN="$staging" go install -ldflags='-s -w' "$@"
  case $folder in
    # Both call themselves cosign.
    cosign-v[23]-*) mv "$staging/cosign" "$staging/${folder%-*}" ;;
    rekor-tiles-*) mv "$staging/posix" "$staging/rekor-tiles" ;;
    # The schema is part of the module, not of a binary.
    trillian-*) install -m 644 \
      "$(go env GOMODCACHE)/github.com/google/trillian@v$TRILLIAN/storage/mysql/schema/storage.sql" "$staging" ;;
  esac
  publish "$staging" "$TOOLS/$folder"
  say "built $folder in $((SECONDS - started)) s"
}

# go_build_here SOURCES FOLDER: a program of this folder.
go_build_here() {
  local folder=$2 staging
  [[ ! -d $folder ]] || return 0
  say "building $(basename "$folder")"
  staging="$(staging_folder)"
  # Named by its module.
  (cd "$HERE/$1" && go build -ldflags='-s -w' -o "$staging/" .)
  publish "$staging" "$folder"
}

# `go install` refuses this module, because only a main module may replace others: so it is built where it lies, as
# the main module, by its own go.sum.
go_build_prometheus3() {
  local started=$SECONDS log="$TOOLS/prometheus3.log" module sum staging status=0
  ! has_prometheus3 || return 0
  if ((PROMETHEUS3_SECONDS == 0)); then
    say "prometheus3 is NOT built, as EVIDENCE_PROMETHEUS3_SECONDS says: its tests will be skipped"
    return 0
  fi
  say "building prometheus3-$PROMETHEUS3, for $PROMETHEUS3_SECONDS s at most"
  staging="$(staging_folder)"
  if module="$(go mod download -json "$PROMETHEUS3_MODULE" 2>"$log")"; then
    sum="$(jq -r .Sum <<<"$module")"
    [[ $sum == "$PROMETHEUS3_SUM" ]] || die "$PROMETHEUS3_MODULE has the hash $sum, pinned is $PROMETHEUS3_SUM"
    compile_prometheus3 "$(jq -r .Dir <<<"$module")" "$staging" 2>>"$log" || status=$?
  else
    status=$?
  fi
  if ((status != 0)); then
    rm -rf "$staging"
    tail -n 20 "$log" >&2
    ((status != 124)) || say "it took longer than $PROMETHEUS3_SECONDS s"
    say "prometheus3 could NOT be built (status $status, see $log): its tests will be skipped"
    return 0
  fi
  rm -f "$log"
  publish "$staging" "$(prometheus3_folder)"
  say "built prometheus3-$PROMETHEUS3 in $((SECONDS - started)) s"
}

# compile_prometheus3 SOURCES FOLDER
compile_prometheus3() (
  cd "$1" || exit
  # The tag leaves out the clients of all clouds; the pages for browsers are not built either. Its go.work names
  # folders that the module lacks. The version is what the server answers for its own.
  GOWORK=off timeout "$PROMETHEUS3_SECONDS" go build -mod=readonly -tags=remove_all_sd \
    -ldflags="-s -w -X github.com/prometheus/common/version.Version=$PROMETHEUS3" -o "$2/" ./cmd/prometheus
)

# An interrupted build leaves a staging folder, never a tool that is half there.
staging_folder() {
  find "$TOOLS" -maxdepth 1 -name '.staging-*' -exec rm -rf {} +
  mktemp -d "$TOOLS/.staging-XXXXXX"
}

publish() {
  chmod 755 "$1"
  mv -T "$1" "$2"
}

install_packages() {
  local pair missing=()
  for pair in "${DISTRIBUTION_TOOLS[@]}"; do
    have "${pair%%:*}" || missing+=("${pair#*:}")
  done
  [[ -f /etc/ssl/certs/ca-certificates.crt ]] || missing+=(ca-certificates)
  [[ -f $COMMONS_COMPRESS ]] || missing+=(libcommons-compress-java)
  ((${#missing[@]})) || return 0
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  have apt-get || die "these Debian packages, or what they stand for, are missing: ${missing[*]}"

  local privileged=()
  if ((EUID != 0)); then
    have sudo || die "not root, and these packages are missing: ${missing[*]}"
    privileged=(sudo)
  fi
  say "installing ${missing[*]}"
  # The stack runs its own instances: the distribution's services must not take their ports. The maintainer
  # scripts ask policy-rc.d; 101 means no.
  local policy=/usr/sbin/policy-rc.d ours=false
  if [[ ! -e $policy ]]; then
    ours=true
    printf '#!/bin/sh\nexit 101\n' | "${privileged[@]}" tee "$policy" >/dev/null
    "${privileged[@]}" chmod 755 "$policy"
  fi
  local status=0
  {
    "${privileged[@]}" apt-get -qq update &&
      "${privileged[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends "${missing[@]}"
  } >&2 </dev/null || status=$?
  if $ours; then "${privileged[@]}" rm -f "$policy"; fi
  ((status == 0)) || die "apt-get failed with status $status"
}
