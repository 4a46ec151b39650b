# Sourced by ../stack: every server's command line, how to tell that it is ready, starting and stopping.
# shellcheck shell=bash disable=SC2034

# In the order of a boot: a server comes after those it needs at its own start.
SERVERS=(mariadb oidc tsa rekor2 registry-referrers registry-plain intake prometheus nginx
  trillian-server trillian-signer ct rekor1 fulcio)
if has_prometheus3; then SERVERS+=(prometheus3); fi

# Every TCP port that a server binds; the first is the one to talk to. Rekor v1 and the timestamp authority both
# want 2112 for their metrics, and only Rekor does without it: so the latter comes first.
declare -A PORTS=(
  [mariadb]="13306"
  [oidc]="8888"
  [tsa]="3004 2112"
  [rekor2]="3003 3001 2114"
  [registry-referrers]="5001"
  [registry-plain]="5002"
  [intake]="9092"
  [prometheus]="9090"
  [prometheus3]="9091"
  [nginx]="9191 9192 9193 9194 9195"
  [trillian-server]="8090 8091"
  [trillian-signer]="8092 8093"
  [ct]="6962"
  [rekor1]="3000"
  [fulcio]="5555 5554 2113"
)

# A page that answers 2xx once the server does its work, not merely listens. MariaDB has none.
declare -A READY=(
  [oidc]="8888/gha/.well-known/openid-configuration"
  [tsa]="3004/api/v1/timestamp/certchain"
  [rekor2]="3003/healthz"
  [registry-referrers]="5001/v2/"
  [registry-plain]="5002/v2/"
  [intake]="9092/-/ready"
  [prometheus]="9090/-/ready"
  [prometheus3]="9091/-/ready"
  [nginx]="9191/front"
  [trillian-server]="8091/healthz"
  [trillian-signer]="8093/healthz"
  [ct]="6962/test/ct/v1/get-sth"
  [rekor1]="3000/api/v1/log"
  [fulcio]="5555/api/v2/trustBundle"
)

READY_SECONDS=60
STOP_SECONDS=10
# An hour of random samples, from 2025-09-22T16:00:00Z on: two hours' block of Prometheus begins there.
RANDOM_START=1758556800
RANDOM_SEED="${EVIDENCE_RANDOM_SEED:-1}"
DATABASE='test:test@tcp(127.0.0.1:13306)/trillian?parseTime=true'

# serve NAME: runs the server in the foreground of this shell, which becomes it.
serve() {
  local data="$DIR/data/$1"
  mkdir -p "$data"
  cd "$data" || exit
  # Some of them read a configuration from the home folder when there is one.
  export HOME="$DIR/data"
  case $1 in
    mariadb)
      exec mariadbd --no-defaults --user="$(id -un)" --datadir="$data" --bind-address=127.0.0.1 --port=13306 \
        --socket="$DIR/run/mariadb.sock" --pid-file="$data/mariadbd.pid" --innodb-buffer-pool-size=64M \
        --innodb-flush-log-at-trx-commit=0 --skip-log-bin
      ;;
    oidc)
      exec python3 -B "$HERE/issuer.py" serve "$DIR/keys/oidc.pem" 8888
      ;;
    tsa)
      exec "$TOOLS/timestamp-server-$TIMESTAMP/timestamp-server" serve --host=127.0.0.1 --port=3004 \
        --timestamp-signer=file --file-signer-key-path="$DIR/keys/tsa.pem" --file-signer-passwd= \
        --certificate-chain-path="$DIR/trust/tsa_chain.pem" --disable-ntp-monitoring --cleanup-timeout=1s
      ;;
    rekor2)
      # The host name is the origin of its checkpoints; verifiers compare it with the trusted root's URL.
      # The interval: an upload is answered once the next checkpoint covers it.
      exec "$TOOLS/rekor-tiles-$REKOR_TILES/rekor-tiles" serve --http-address=127.0.0.1 --http-port=3003 \
        --grpc-address=127.0.0.1 --grpc-port=3001 --http-metrics-port=2114 --hostname=rekor2.local \
        --storage-dir="$data" --signer-filepath="$DIR/keys/rekor2.pem" \
        --checkpoint-interval=200ms --batch-max-age=100ms
      ;;
    registry-referrers)
      exec "$(registry_folder)/registry" -port 5001 -dir "$data"
      ;;
    registry-plain)
      exec docker-registry serve "$DIR/config/docker-registry.yml"
      ;;
    intake)
      exec prometheus --config.file="$DIR/config/prometheus.yml" --web.listen-address=127.0.0.1:9092 \
        --storage.tsdb.path="$data" --storage.tsdb.retention.time=100y \
        --web.enable-remote-write-receiver --web.enable-admin-api
      ;;
    prometheus)
      # The retention: without it blocks older than 15 days are deleted at the start.
      exec prometheus --config.file="$DIR/config/prometheus.yml" --web.listen-address=127.0.0.1:9090 \
        --storage.tsdb.path="$data" --storage.tsdb.retention.time=100y
      ;;
    prometheus3)
      exec "$(prometheus3_folder)/prometheus" --config.file="$DIR/config/prometheus.yml" \
        --web.listen-address=127.0.0.1:9091 --storage.tsdb.path="$data" --storage.tsdb.retention.time=100y
      ;;
    nginx)
      exec nginx -e stderr -p "$data" -c "$DIR/config/nginx.conf"
      ;;
    trillian-server)
      exec "$TOOLS/trillian-$TRILLIAN/trillian_log_server" --logtostderr --quota_system=noop --storage_system=mysql \
        --mysql_uri="$DATABASE&interpolateParams=true" --rpc_endpoint=127.0.0.1:8090 --http_endpoint=127.0.0.1:8091
      ;;
    trillian-signer)
      # The interval: every upload waits for the next round.
      exec "$TOOLS/trillian-$TRILLIAN/trillian_log_signer" --logtostderr --quota_system=noop --storage_system=mysql \
        --mysql_uri="$DATABASE&interpolateParams=true" --rpc_endpoint=127.0.0.1:8092 --http_endpoint=127.0.0.1:8093 \
        --force_master --sequencer_interval=100ms
      ;;
    ct)
      exec "$TOOLS/ct_server-$CT/ct_server" --logtostderr --log_config="$DIR/config/ct.cfg" \
        --log_rpc_server=127.0.0.1:8090 --http_endpoint=127.0.0.1:6962
      ;;
    rekor1)
      # The search index shares the database; its default is Redis, one server more.
      mkdir -p "$data/attestations"
      exec "$TOOLS/rekor-$REKOR/rekor-server" serve --rekor_server.address=127.0.0.1 --port=3000 \
        --rekor_server.hostname=rekor1.local --rekor_server.signer="$DIR/keys/rekor1.pem" \
        --trillian_log_server.address=127.0.0.1 --trillian_log_server.port=8090 \
        --trillian_log_server.tlog_id="$(cat "$DIR/data/tree-rekor1")" \
        --search_index.storage_provider=mysql --search_index.mysql.dsn="$DATABASE" \
        --enable_attestation_storage --attestation_storage_bucket="file://$data/attestations"
      ;;
    fulcio)
      # A socket that an earlier run left behind makes it exit.
      rm -f "$DIR/run/fulcio.sock"
      exec "$TOOLS/fulcio-$FULCIO/fulcio" serve --host=127.0.0.1 --port=5555 --grpc-host=127.0.0.1 --grpc-port=5554 \
        --metrics-port=2113 --legacy-unix-domain-socket="$DIR/run/fulcio.sock" \
        --ca=fileca --fileca-cert="$DIR/trust/fulcio_chain.pem" --fileca-key="$DIR/keys/fulcio.pem" \
        --fileca-key-passwd= --fileca-watch=false --config-path="$DIR/config/fulcio.yml" \
        --ct-log-url=http://127.0.0.1:6962/test --ct-log-public-key-path="$DIR/trust/ct.pub"
      ;;
  esac
}

# What a server needs on disk before its first start. Each runs once: the result is its own mark.
prepare_data() {
  case $1 in
    mariadb)
      [[ ! -d $DIR/data/mariadb/mysql ]] || return 0
      rm -rf "$DIR/data/mariadb"
      mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$DIR/data/mariadb" \
        --auth-root-authentication-method=normal --skip-test-db >"$DIR/log/mariadb-install.log" 2>&1 ||
        fail_with_log mariadb-install "could not be initialised"
      ;;
    prometheus)
      [[ ! -d $DIR/data/prometheus ]] || return 0
      backfill
      ;;
  esac
}

# What needs other servers to be up: the database's schema, the logs' trees.
prepare_trees() {
  [[ ! -s $DIR/data/tree-rekor1 ]] || return 0
  local tree
  for tree in ct rekor1; do
    "$TOOLS/trillian-$TRILLIAN/createtree" --admin_server=127.0.0.1:8090 >"$DIR/data/tree-$tree.new" \
      2>>"$DIR/log/createtree.log" || fail_with_log createtree "made no tree for $tree"
    mv "$DIR/data/tree-$tree.new" "$DIR/data/tree-$tree"
  done
}

prepare_database() {
  local client=(mariadb --no-defaults --user=root --socket="$DIR/run/mariadb.sock")
  [[ -z $("${client[@]}" -N -e "SHOW DATABASES LIKE 'trillian'") ]] || return 0
  "${client[@]}" -e "CREATE USER IF NOT EXISTS test@'%' IDENTIFIED BY 'test'; GRANT ALL ON *.* TO test@'%';
    CREATE DATABASE trillian"
  "${client[@]}" trillian <"$TOOLS/trillian-$TRILLIAN/storage.sql"
}

# The same blocks for every Prometheus. Two runs of the same three hours: at the recorded fixtures' own time, and up
# to now. And an hour of random samples.
backfill() {
  local work="$DIR/data/prometheus.new" recent
  rm -rf "$work"
  mkdir -p "$work/blocks"
  recent=$((($(date +%s) / 15) * 15 - 3 * 3600))
  echo "$recent" >"$DIR/data/prometheus-recent"
  local start
  for start in 1758463200 "$recent"; do
    python3 -B "$HERE/gen_cutover.py" "$work/samples.om" "$start"
    promtool tsdb create-blocks-from openmetrics "$work/samples.om" "$work/blocks" >"$DIR/log/promtool.log" 2>&1 ||
      fail_with_log promtool "could not backfill"
  done
  random_block "$work/blocks"
  if has_prometheus3; then cp -r "$work/blocks" "$DIR/data/prometheus3"; fi
  mv "$work/blocks" "$DIR/data/prometheus"
  rm -rf "$work"
}

# random_block FOLDER: OpenMetrics knows no stale markers. So a server that is there for this alone takes the samples
# as remote write brings them, and gives them as a block.
random_block() {
  local intake=http://127.0.0.1:9092 status=0
  launch intake
  wait_ready intake
  {
    python3 -B "$HERE/gen_random.py" "$intake" "$RANDOM_START" "$RANDOM_SEED" &&
      curl --noproxy '*' -fsS -o /dev/null -X POST "$intake/api/v1/admin/tsdb/snapshot"
  } >"$DIR/log/random.log" 2>&1 || status=$?
  ((status == 0)) || fail_with_log random "samples could not be written"
  stop_servers intake
  mv "$DIR/data/intake/snapshots"/*/* "$1"
  rm -rf "$DIR/data/intake"
}

is_server() {
  [[ -n ${PORTS[$1]-} ]]
}

# A process id alone may have gone to somebody else: its start time must be the recorded one as well.
is_running() {
  local pid started
  pid="$(cat "$DIR/run/$1.pid" 2>/dev/null)" || return 1
  started="$(start_time "$pid")" || return 1
  [[ $started == "$(cat "$DIR/run/$1.started" 2>/dev/null)" ]]
}

# Prints the process's start in clock ticks since boot; fails for one that is gone or waits to be reaped.
start_time() {
  local stat fields
  stat="$(cat "/proc/$1/stat" 2>/dev/null)" || return 1
  # The second field is the program's name in parentheses, and may hold blanks.
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] && echo "${fields[19]}"
}

# launch NAME: starts it without waiting.
launch() {
  local name=$1 port
  if is_running "$name"; then return 0; fi
  if [[ $name == rekor1 ]] && ! is_running tsa; then
    die "start tsa before rekor1: rekor1 would take its metrics port 2112, and tsa ends without it"
  fi
  for port in ${PORTS[$name]}; do
    if is_taken "$port"; then die "port $port of $name is taken by another program (see '$0 with')"; fi
  done
  mkdir -p "$DIR/run" "$DIR/log"
  # A session of its own: the terminal's Ctrl-C and the end of this script are not for the server.
  setsid -- "${BASH:-bash}" "$HERE/stack" _serve "$DIR" "$name" </dev/null >>"$DIR/log/$name.log" 2>&1 9>&- &
  # Not a job to wait for, nor to report on when it is killed.
  disown $!
  echo $! >"$DIR/run/$name.pid"
  start_time $! >"$DIR/run/$name.started" || true
}

is_taken() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

wait_ready() {
  local name=$1 deadline=$((SECONDS + READY_SECONDS))
  until is_ready "$name"; do
    is_running "$name" || fail_with_log "$name" "ended at its start"
    ((SECONDS < deadline)) || fail_with_log "$name" "is not ready after $READY_SECONDS s"
    sleep 0.05
  done
  say "$name ready on 127.0.0.1:${PORTS[$name]%% *} (pid $(cat "$DIR/run/$name.pid"))"
}

is_ready() {
  if [[ $1 == mariadb ]]; then
    mariadb-admin --no-defaults --user=root --socket="$DIR/run/mariadb.sock" ping >/dev/null 2>&1
  else
    curl --noproxy '*' -fsS -m 2 -o /dev/null "http://127.0.0.1:${READY[$1]}" 2>/dev/null
  fi
}

# stop_servers NAME…: asks all of them at once, then waits, then insists.
stop_servers() {
  local name signal deadline=$((SECONDS + STOP_SECONDS))
  for name in "$@"; do
    # Trillian sleeps for five seconds before it ends; its state is in the database's transactions.
    case $name in trillian-*) signal=KILL ;; *) signal=TERM ;; esac
    if is_running "$name"; then kill "-$signal" "$(cat "$DIR/run/$name.pid")" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    while is_running "$name"; do
      if ((SECONDS >= deadline)); then
        kill -KILL "$(cat "$DIR/run/$name.pid")" 2>/dev/null || true
      fi
      sleep 0.02
    done
    rm -f "$DIR/run/$name.pid" "$DIR/run/$name.started"
  done
}

fail_with_log() {
  {
    echo "--- last lines of $DIR/log/$1.log"
    tail -n 30 "$DIR/log/$1.log" || true
    echo "---"
  } >&2
  die "$1 $2"
}
