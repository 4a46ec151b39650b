# Sourced by ../stack: keys, certificates and configurations of a state folder, and the files that tell a
# client whom to trust and where to go.
# shellcheck shell=bash

GHA_ISSUER=http://127.0.0.1:8888/gha
EMAIL_ISSUER=http://127.0.0.1:8888/email
# What `prepare` signs as.
REPOSITORY=example-org/shop
RELEASE_REF=refs/tags/v1.0.0
# Throw-away keys have the empty password; cosign must find that it is set.
export COSIGN_PASSWORD='' COSIGN_YES=true

# Everything that servers read at their start. Made once: a state folder keeps its keys.
make_secrets() {
  [[ ! -d $DIR/keys ]] || return 0
  local keys="$DIR/keys.new" trust="$DIR/trust"
  rm -rf "$keys"
  mkdir -p "$trust"
  mkdir -m 700 "$keys"
  openssl_config >"$keys/openssl.cnf"

  # Slow by intent (scrypt), so meanwhile the others are made.
  cosign_key alice &
  local alice=$!
  cosign_key bob &
  local bob=$!

  ec_key P-384 >"$keys/fulcio_root.pem"
  ec_key P-384 >"$keys/fulcio.pem"
  root_certificate "$keys" fulcio_root fulcio_root 'Fulcio root' >"$keys/fulcio_root.crt"
  issue_certificate "$keys" fulcio fulcio_root fulcio_intermediate 'Fulcio intermediate' >"$keys/fulcio.crt"
  cat "$keys/fulcio.crt" "$keys/fulcio_root.crt" >"$trust/fulcio_chain.pem"
  cp "$keys/fulcio_root.crt" "$trust/fulcio_root.pem"

  ec_key P-384 >"$keys/tsa_root.pem"
  ec_key P-256 >"$keys/tsa.pem"
  root_certificate "$keys" tsa_root tsa_root 'TSA root' >"$keys/tsa_root.crt"
  issue_certificate "$keys" tsa tsa_root tsa 'TSA' >"$keys/tsa.crt"
  cat "$keys/tsa.crt" "$keys/tsa_root.crt" >"$trust/tsa_chain.pem"
  cp "$keys/tsa_root.crt" "$trust/tsa_root.pem"

  ec_key P-384 >"$keys/tls_root.pem"
  ec_key P-256 >"$keys/tls.pem"
  root_certificate "$keys" tls_root tls_root 'TLS root' >"$keys/tls_root.crt"
  issue_certificate "$keys" tls tls_root tls 'TLS server' >"$trust/tls.pem"
  cp "$keys/tls_root.crt" "$trust/tls_root.pem"
  openssl rand -hex 16 >"$keys/basic.password"
  printf 'auditor:%s\n' "$(openssl passwd -6 -stdin <"$keys/basic.password")" >"$keys/basic.htpasswd"

  ec_key P-256 >"$keys/ct.pem"
  ec_key P-256 >"$keys/rekor1.pem"
  openssl genpkey -algorithm ED25519 -out "$keys/rekor2.pem"
  local log
  for log in ct rekor1 rekor2; do
    openssl pkey -in "$keys/$log.pem" -pubout -out "$trust/$log.pub"
  done
  # ct_server wants a password, and understands OpenSSL's old encryption only.
  openssl ec -in "$keys/ct.pem" -aes256 -passout pass:evidence -out "$keys/ct.enc.pem" 2>/dev/null
  mv "$keys/ct.enc.pem" "$keys/ct.pem"

  openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$keys/oidc.pem"
  # A signer that has never heard of cosign: plain PKCS#8.
  ec_key P-256 >"$keys/release.pem"
  openssl pkey -in "$keys/release.pem" -pubout -out "$keys/release.pub"
  wait "$alice"
  wait "$bob"
  rm -f "$keys"/*.crt "$keys/openssl.cnf"
  mv -T "$keys" "$DIR/keys"
}

cosign_key() {
  cd "$keys" || exit
  "$COSIGN" generate-key-pair --output-key-prefix "$1" >"$DIR/log/cosign-key-$1.log" 2>&1 ||
    fail_with_log "cosign-key-$1" "was not made"
}

ec_key() {
  openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$1" -pkeyopt ec_param_enc:named_curve
}

# A configuration of its own: the distribution's would add extensions of its own taste.
openssl_config() {
  cat <<'END'
[req]
distinguished_name = name
prompt = no
[name]
[fulcio_root]
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[fulcio_intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa_root]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tsa]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
[tls_root]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tls]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
authorityKeyIdentifier = keyid
END
}

# root_certificate FOLDER KEY SECTION NAME
root_certificate() {
  openssl req -x509 -new -config "$1/openssl.cnf" -extensions "$3" -subj "/O=evidence.test/CN=$4" \
    -key "$1/$2.pem" -sha384 -days 3650
}

# issue_certificate FOLDER KEY ISSUER SECTION NAME
issue_certificate() {
  openssl req -new -config "$1/openssl.cnf" -subj "/O=evidence.test/CN=$5" -key "$1/$2.pem" |
    openssl x509 -req -CA "$1/$3.crt" -CAkey "$1/$3.pem" -set_serial "0x$(openssl rand -hex 16)" \
      -extfile "$1/openssl.cnf" -extensions "$4" -sha384 -days 3649 2>/dev/null
}

make_configurations() {
  mkdir -p "$DIR/config"
  cat >"$DIR/config/docker-registry.yml" <<END
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $DIR/data/registry-plain}
  delete: {enabled: true}
http: {addr: 127.0.0.1:5002}
END
  # Nothing is scraped: the answers must be those of the backfilled samples alone.
  echo 'global: {scrape_interval: 15s, evaluation_interval: 15s}' >"$DIR/config/prometheus.yml"
  nginx_configuration >"$DIR/config/nginx.conf"
  # The issuer's block is Fulcio's own config/identity/config.yaml.
  cat >"$DIR/config/fulcio.yml" <<END
oidc-issuers:
  $GHA_ISSUER:
    issuer-url: $GHA_ISSUER
    client-id: sigstore
    type: ci-provider
    ci-provider: github-workflow
  $EMAIL_ISSUER:
    issuer-url: $EMAIL_ISSUER
    client-id: sigstore
    type: email
ci-issuer-metadata:
  github-workflow:
    default-template-values:
      url: "https://github.com"
      environment: ""
    extension-templates:
      github-workflow-trigger: "event_name"
      github-workflow-sha: "sha"
      github-workflow-name: "workflow"
      github-workflow-repository: "repository"
      github-workflow-ref: "ref"
      build-signer-uri: "{{ .url }}/{{ .job_workflow_ref }}"
      build-signer-digest: "job_workflow_sha"
      runner-environment: "runner_environment"
      source-repository-uri: "{{ .url }}/{{ .repository }}"
      source-repository-digest: "sha"
      source-repository-ref: "ref"
      source-repository-identifier: "repository_id"
      source-repository-owner-uri: "{{ .url }}/{{ .repository_owner }}"
      source-repository-owner-identifier: "repository_owner_id"
      build-config-uri: "{{ .url }}/{{ .workflow_ref }}"
      build-config-digest: "workflow_sha"
      build-trigger: "event_name"
      run-invocation-uri: "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}"
      source-repository-visibility-at-signing: "repository_visibility"
      deployment-environment: "environment"
    subject-alternative-name-template: "{{ .url }}/{{ .job_workflow_ref }}"
END
}

# Fronts of Prometheus, each with one habit of those that are met in front of it.
nginx_configuration() {
  local prometheus='proxy_pass http://127.0.0.1:9090;' folder
  # One process and one user: started by root it would hand its work and folders to another user, which the network of
  # an unprivileged run does not have.
  cat <<END
user $(id -un) $(id -gn);
daemon off;
master_process off;
pid "$DIR/data/nginx/pid";
events {}
http {
  access_log "$DIR/log/nginx-access.log";
END
  for folder in client_body proxy fastcgi uwsgi scgi; do
    echo "  ${folder}_temp_path \"$DIR/data/nginx/$folder\";"
  done
  cat <<END
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  # A password is asked for, but by who only wants to know whether the front is there.
  server {
    listen 127.0.0.1:9191;
    auth_basic "metrics";
    auth_basic_user_file "$DIR/keys/basic.htpasswd";
    location / { $prometheus }
    location = /front { auth_basic off; return 204; }
  }
  # A certificate of a private CA.
  server {
    listen 127.0.0.1:9192 ssl;
    ssl_certificate "$DIR/trust/tls.pem";
    ssl_certificate_key "$DIR/keys/tls.pem";
    location / { $prometheus }
  }
  # Answers are compressed for who takes that.
  server {
    listen 127.0.0.1:9193;
    gzip on;
    gzip_types application/json;
    gzip_min_length 1;
    location / { $prometheus }
  }
  # Answers are compressed for everybody.
  server {
    listen 127.0.0.1:9194;
    location / { $prometheus proxy_set_header Connection ""; proxy_set_header Accept-Encoding gzip; }
  }
  # A long URL is refused.
  server {
    listen 127.0.0.1:9195;
    large_client_header_buffers 2 1k;
    location / { $prometheus }
  }
}
END
}

# The CT log's configuration names its tree, so it comes after the trees.
make_ct_configuration() {
  cat >"$DIR/config/ct.cfg" <<END
config {
  log_id: $(cat "$DIR/data/tree-ct")
  prefix: "test"
  roots_pem_file: "$DIR/trust/fulcio_root.pem"
  ext_key_usages: "CodeSigning"
  private_key: { [type.googleapis.com/keyspb.PEMKeyFile] { path: "$DIR/keys/ct.pem" password: "evidence" } }
}
END
}

# trusted_root.json says what is trusted, a signing configuration where to sign.
make_trust_files() {
  local trust="$DIR/trust" since
  [[ ! -f $trust/trusted_root.json ]] || return 0
  # Before the certificates, so that no clock's fraction of a second matters.
  since="$(date -u -d '1 day ago' +%Y-%m-%dT00:00:00Z)"
  # Rekor v2 is listed under its host name, not its address: verifiers take the checkpoint's origin from there.
  "$COSIGN" trusted-root create --out "$trust/trusted_root.json.new" \
    --fulcio="url=http://127.0.0.1:5555,certificate-chain=$trust/fulcio_chain.pem,start-time=$since" \
    --rekor="url=http://127.0.0.1:3000,public-key=$trust/rekor1.pub,start-time=$since" \
    --rekor="url=http://rekor2.local,public-key=$trust/rekor2.pub,start-time=$since,origin=rekor2.local" \
    --ctfe="url=http://127.0.0.1:6962/test,public-key=$trust/ct.pub,start-time=$since" \
    --tsa="url=http://127.0.0.1:3004/api/v1/timestamp,certificate-chain=$trust/tsa_chain.pem,start-time=$since"

  local rest="start-time=$since,operator=evidence.test"
  local rekor1=(--rekor="url=http://127.0.0.1:3000,api-version=1,$rest" --rekor-config=ANY)
  local rekor2=(--rekor="url=http://127.0.0.1:3003,api-version=2,$rest" --rekor-config=ANY)
  local tsa=(--tsa="url=http://127.0.0.1:3004/api/v1/timestamp,api-version=1,$rest" --tsa-config=ANY)
  signing_config rekor1 "${rekor1[@]}"
  signing_config rekor1_tsa "${rekor1[@]}" "${tsa[@]}"
  signing_config rekor2_tsa "${rekor2[@]}" "${tsa[@]}"
  # What no log recorded: a stolen key would go unnoticed, so verifiers have to be told that they may accept it.
  signing_config tsa "${tsa[@]}"
  signing_config none
  mv "$trust/trusted_root.json.new" "$trust/trusted_root.json"
}

signing_config() {
  local name=$1
  shift
  "$COSIGN" signing-config create --out "$trust/signing_config_$name.json" \
    --fulcio="url=http://127.0.0.1:5555,api-version=1,$rest" \
    --oidc-provider="url=$GHA_ISSUER,api-version=1,$rest" "$@"
}

# DIR/env: what a test needs to know, as exports. DIR/bin: the clients.
write_environment() {
  mkdir -p "$DIR/bin" "$DIR/docker"
  ln -sf "$TOOLS/cosign-v2-$COSIGN_V2/cosign-v2" "$TOOLS/cosign-v3-$COSIGN_V3/cosign-v3" \
    "$TOOLS/crane-$CRANE/crane" "$TOOLS/rekor-$REKOR/rekor-cli" "$DIR/bin/"
  local recent prometheus3=''
  # Empty where it is not: a test that needs it is skipped.
  if has_prometheus3; then prometheus3=http://127.0.0.1:9091; fi
  recent="$(cat "$DIR/data/prometheus-recent")"
  # rekor-cli would remember this log in the home folder, and compare the next stack's with it.
  {
    printf 'export PATH=%q:"%s"\n' "$DIR/bin" "\$PATH"
    exports EVIDENCE_STACK="$DIR" \
      STACK_SCRIPT="$HERE/stack" \
      STACK_FULCIO_URL=http://127.0.0.1:5555 \
      STACK_REKOR1_URL=http://127.0.0.1:3000 \
      STACK_REKOR2_URL=http://127.0.0.1:3003 \
      STACK_REKOR2_STORAGE="$DIR/data/rekor2" \
      STACK_CT_URL=http://127.0.0.1:6962/test \
      STACK_TSA_URL=http://127.0.0.1:3004/api/v1/timestamp \
      STACK_GHA_ISSUER="$GHA_ISSUER" \
      STACK_EMAIL_ISSUER="$EMAIL_ISSUER" \
      STACK_REGISTRY=127.0.0.1:5001 \
      STACK_REGISTRY_PLAIN=127.0.0.1:5002 \
      STACK_REGISTRY_PROGRAM="$(registry_folder)/registry" \
      STACK_GO_READER="$(go_reader_folder)/reader" \
      STACK_COMMONS_COMPRESS="$COMMONS_COMPRESS" \
      STACK_PROMETHEUS_URL=http://127.0.0.1:9090 \
      STACK_PROMETHEUS3_URL="$prometheus3" \
      STACK_BASIC_URL=http://127.0.0.1:9191 \
      STACK_BASIC_USER=auditor \
      STACK_BASIC_PASSWORD_FILE="$DIR/keys/basic.password" \
      STACK_TLS_URL=https://127.0.0.1:9192 \
      STACK_TLS_CA="$DIR/trust/tls_root.pem" \
      STACK_GZIP_URL=http://127.0.0.1:9193 \
      STACK_ALWAYS_GZIP_URL=http://127.0.0.1:9194 \
      STACK_SHORT_URLS_URL=http://127.0.0.1:9195 \
      STACK_RANDOM_START="$RANDOM_START" \
      STACK_RANDOM_SEED="$RANDOM_SEED" \
      STACK_PROMETHEUS_START=1758463200 \
      STACK_PROMETHEUS_END=$((1758463200 + 3 * 3600)) \
      STACK_PROMETHEUS_RECENT_START="$recent" \
      STACK_PROMETHEUS_RECENT_END=$((recent + 3 * 3600)) \
      STACK_TRUST="$DIR/trust" \
      STACK_TRUSTED_ROOT="$DIR/trust/trusted_root.json" \
      STACK_KEYS="$DIR/keys" \
      STACK_IMAGES="$DIR/images.json" \
      STACK_REPOSITORY="$REPOSITORY" \
      STACK_REF="$RELEASE_REF" \
      STACK_IDENTITY="https://github.com/$REPOSITORY/.github/workflows/release.yml@$RELEASE_REF" \
      COSIGN_PASSWORD= \
      COSIGN_YES=true \
      REKOR_STORE_TREE_STATE=false \
      DOCKER_CONFIG="$DIR/docker" \
      NO_PROXY=127.0.0.1,localhost \
      no_proxy=127.0.0.1,localhost
  } >"$DIR/env"
  # Apart: cosign v2 needs these to sign keyless, and whoever has them set no longer goes by --trusted-root alone.
  exports SIGSTORE_CT_LOG_PUBLIC_KEY_FILE="$DIR/trust/ct.pub" SIGSTORE_ROOT_FILE="$DIR/trust/fulcio_chain.pem" \
    SIGSTORE_REKOR_PUBLIC_KEY="$DIR/trust/rekor1.pub" >"$DIR/cosign-v2.env"
  # Apart as well: with them, a client takes itself for a job of GitHub Actions and fetches ambient tokens.
  exports GITHUB_ACTIONS=true ACTIONS_ID_TOKEN_REQUEST_TOKEN=any \
    ACTIONS_ID_TOKEN_REQUEST_URL="$GHA_ISSUER/token?repository=$REPOSITORY&ref=$RELEASE_REF" \
    >"$DIR/github-actions.env"
}

# exports NAME=VALUE…: prints them so that a shell reads the very same values back.
exports() {
  local pair
  for pair in "$@"; do
    printf 'export %s=%q\n' "${pair%%=*}" "${pair#*=}"
  done
}

# token gha REPOSITORY REF [SHA] | email ADDRESS
token() {
  python3 -B "$HERE/issuer.py" token "$DIR/keys/oidc.pem" 8888 "$@"
}
