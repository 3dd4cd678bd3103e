#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# A plain `su` on Debian leaves root without the folders of what dpkg calls.
PATH="$PATH:/usr/sbin:/sbin"

help() {
    cat <<'HELP'
./test.sh              Tests everything: format, lints, build, schema.graphql, all tests,
                       and that no secret of the tests was logged.
                       and conformance with other people's tools (tests/conformance).
./test.sh ARGUMENT...  Builds, then runs `cargo test --workspace --locked ARGUMENT...`,
                       for example: ./test.sh check_in
./test.sh --servers    Starts the two servers for a `cargo test` by hand, prints the
                       settings to export, and stops the servers on Ctrl-C.
./test.sh --help       This text.

The tests get a PostgreSQL and a Redis of their own in a temporary folder, on free ports
of 127.0.0.1, both gone afterwards. On Debian and Ubuntu, PostgreSQL, Redis, the C compiler
and, where everything is tested, Node are installed with apt-get if they are missing.
HELP
}

main() {
    case "${1-}" in
        -h | --help) help ;;
        --servers) serve ;;
        *) run_tests "$@" ;;
    esac
}

run_tests() {
    has cargo || die 2 "cargo is missing. Install Rust from https://rustup.rs and open a new shell."
    # Where everything is tested, one run tells all that fails.
    local whole=()
    if (($# == 0)); then with_node=yes whole=(--no-fail-fast); fi
    prepare
    if (($# == 0)); then
        step cargo fmt --all -- --check
        step cargo clippy --workspace --all-targets --locked -- -D warnings
        # Where it is installed; api/tests/dependencies.rs holds the most of it everywhere. Advisories need a network.
        if has cargo-deny; then step cargo deny --locked check bans licenses sources; fi
    fi
    # The tests run the real target/debug/boai, which `cargo test` alone would not bring up to date.
    step cargo build --workspace --locked
    if (($# == 0)); then
        step cargo run --quiet --locked -- schema --check
    fi
    step cargo test --workspace --locked "${whole[@]}" "$@"
    if (($# == 0)); then
        step cargo run --quiet --locked -p boai-tests --bin logs "$BOAI_TEST_LOGS"
        step npm --prefix tests/conformance ci --prefer-offline
        step npm --prefix tests/conformance test
    fi
}

serve() {
    prepare >&2
    for name in BOAI_TEST_POSTGRES_URL BOAI_TEST_REDIS_URL BOAI_TEST_REDIS_SERVER; do
        printf 'export %s=%s\n' "$name" "${!name}"
    done
    echo "Ctrl-C stops the servers." >&2
    wait
}

prepare() {
    forget_the_developers_settings
    find_servers || install_what_is_missing
    announce "PostgreSQL from $postgres_bin, Redis from $redis_server"
    local started=$SECONDS
    make_folder
    make_logs
    start_postgres
    start_redis
    took "$started"
}

# PG* too: the PostgreSQL client in the tests reads them, and so do the server's own programs.
forget_the_developers_settings() {
    unset DATABASE_URL REDIS_URL "${!BOAI_@}" "${!PG@}"
}

# What has to be there ---------------------------------------------------------------------

find_servers() {
    missing=()
    postgres_bin=$(find_postgres) || missing+=(postgresql)
    redis_server=$(command -v redis-server) || missing+=(redis-server)
    has cc || missing+=(gcc libc6-dev)
    [[ -z ${with_node-} ]] || has_node || missing+=(nodejs npm)
    ((${#missing[@]} == 0))
}

# Debian 12 has Node 18.
has_node() {
    has npm && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'
}

find_postgres() {
    local candidates bin
    candidates=$(postgres_candidates)
    while read -r bin; do
        if [[ -x $bin/initdb && -x $bin/postgres && -x $bin/pg_ctl ]]; then
            echo "$bin"
            return
        fi
    done <<<"$candidates"
    return 1
}

# Debian keeps the servers off the PATH, and its pg_config may name a version that has only a client.
postgres_candidates() {
    pg_config --bindir 2>/dev/null || true
    printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV
    if has initdb; then dirname "$(command -v initdb)"; fi
}

install_what_is_missing() {
    has apt-get || say_what_to_install
    announce "apt-get install ${missing[*]}"
    as_root apt-get -q update || say_what_to_install
    # On a machine just started, the automatic upgrades may still hold the lock.
    as_root apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "${missing[@]}" ||
        say_what_to_install
    find_servers || say_what_to_install
}

as_root() {
    local sudo=sudo
    if is_root; then sudo=; fi
    $sudo env DEBIAN_FRONTEND=noninteractive "$@"
}

say_what_to_install() {
    die 2 "Missing here, by the names of the Debian packages: ${missing[*]}." \
        "Install PostgreSQL (initdb, postgres and pg_ctl), Redis (redis-server), a C compiler (cc) and" \
        "Node 18 or newer (node, npm), put them on the PATH, and run ./test.sh again."
}

# The servers ------------------------------------------------------------------------------

# In /tmp whatever TMPDIR says: a socket's path may have 107 bytes, and as root
# PostgreSQL runs as a user who must be able to get there.
make_folder() {
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # Killed between making the folder and telling its name, mktemp would leave it behind.
    folder=$(trap '' HUP INT TERM && mktemp -d /tmp/boai-test.XXXXXX)
    chmod 711 "$folder"
    mkdir -m 700 "$folder/postgres" "$folder/redis"
    if is_root; then
        postgres_uid=$(id -u postgres 2>/dev/null || id -u nobody)
        postgres_gid=$(id -g postgres 2>/dev/null || id -g nobody)
        chown "$postgres_uid:$postgres_gid" "$folder/postgres"
    fi
}

# Where the tests write what their servers log, for the search for secrets in it.
make_logs() {
    export BOAI_TEST_LOGS="$folder/logs"
    mkdir -m 700 "$BOAI_TEST_LOGS"
}

# PostgreSQL refuses to run as root, and complains about a working directory it cannot enter.
# Unlike runuser, setpriv leaves no process in between that takes its time over signals.
as_postgres() (
    cd "$folder/postgres"
    if is_root; then
        exec setpriv --reuid="$postgres_uid" --regid="$postgres_gid" --clear-groups "$@"
    fi
    exec "$@"
)

start_postgres() {
    data=$folder/postgres/data
    log=$folder/initdb.log
    run as_postgres "$postgres_bin/initdb" -D "$data" --auth=trust --username=boai \
        --encoding=UTF8 --locale="$(utf8_locale)" --no-sync >"$log" 2>&1 ||
        die_with_log "initdb failed."
    # Durability is for data that is kept. The time zone is one nobody asked for,
    # so that whatever depends on the server's zone fails.
    cat >>"$data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder/postgres'
max_connections = 400
shared_buffers = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
TimeZone = 'America/New_York'
CONF
    log=$folder/postgres.log
    on_a_free_port as_postgres "$postgres_bin/postgres" -D "$data" -p ||
        die_with_log "PostgreSQL did not start."
    export BOAI_TEST_POSTGRES_URL="postgres://boai@127.0.0.1:$port/postgres"
}

utf8_locale() {
    if locale -a 2>/dev/null | grep -iE '^C\.utf-?8$' >/dev/null; then
        echo C.UTF-8
    else
        echo C
    fi
}

start_redis() {
    log=$folder/redis.log
    on_a_free_port "$redis_server" --bind 127.0.0.1 --dir "$folder/redis" \
        --save '' --appendonly no --port ||
        die_with_log "Redis did not start."
    export BOAI_TEST_REDIS_URL="redis://127.0.0.1:$port/"
    export BOAI_TEST_REDIS_SERVER="$redis_server"
}

# Adds the port to the end of the command. A free port may be taken again before the server
# has it: then another one is tried.
on_a_free_port() {
    for _ in {1..5}; do
        port=$(free_port)
        launch "$@" "$port" >"$log" 2>&1
        if comes_up $!; then return; fi
        stop_group $!
    done
    return 1
}

# Both servers write this line. The port is not asked, since on it another server may answer.
comes_up() {
    for _ in {1..600}; do
        if grep -i 'ready to accept connections' "$log" >/dev/null; then return; fi
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

# Every Debian has Perl; without it a guess will do, as it may be repeated.
free_port() {
    perl -MIO::Socket::INET -e \
        'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0)->sockport' \
        2>/dev/null || echo $((20000 + RANDOM % 10000))
}

clean_up() {
    trap '' HUP INT TERM
    set +e +m
    # First what uses the servers: it would only complain about losing them.
    stop_group "${running-}"
    if [[ -e ${data-}/postmaster.pid ]]; then
        as_postgres "$postgres_bin/pg_ctl" stop -m immediate -D "$data" >/dev/null 2>&1
    fi
    for group in $(jobs -pr); do
        stop_group "$group"
    done
    rm -rf "${folder-}"
}

# Steps and processes ----------------------------------------------------------------------

step() {
    local started=$SECONDS status=0
    announce "$*"
    run "$@" || status=$?
    ((status == 0)) || die "$status" "Failed with exit status $status after $((SECONDS - started)) s: $*"
    took "$started"
}

# Bash runs a trap during `wait`, but only after a command in the foreground has ended.
run() {
    local status=0
    launch "$@"
    running=$!
    wait "$running" || status=$?
    stop_group "$running"
    running=
    return "$status"
}

# Job control gives the process a group of its own: it can be stopped together with all it
# has started, and Ctrl-C reaches this script alone, which then stops everything in order.
launch() {
    set -m
    "$@" </dev/null &
    set +m
}

stop_group() {
    [[ -n $1 ]] || return 0
    kill -TERM -- "-$1" 2>/dev/null || return 0
    for _ in {1..100}; do
        kill -0 -- "-$1" 2>/dev/null || return 0
        sleep 0.05
    done
    kill -KILL -- "-$1" 2>/dev/null || true
}

announce() {
    echo "==> $*"
}

took() {
    echo "    $((SECONDS - $1)) s"
}

die_with_log() {
    tail -n 30 "$log" >&2
    die 1 "$@"
}

die() {
    local status=$1
    shift
    printf '%s\n' "$@" >&2
    exit "$status"
}

has() {
    command -v "$1" >/dev/null
}

is_root() {
    ((EUID == 0))
}

main "$@"
