#!/usr/bin/env bash
# A private PostgreSQL for the tests and for trying Polsband on it. Needs PostgreSQL's programs, not its service.
#
#   postgres.sh start         start it if it isn't running; prints its DATABASE_URL
#   postgres.sh stop          stop it
#   postgres.sh run COMMAND…  run COMMAND with POLSBAND_TEST_POSTGRES set to another one, for tests, then stop that
#                             unless another run wants it
#   postgres.sh serializable COMMAND…  the same with POLSBAND_TEST_ISOLATION set: tests then run on PostgreSQL only, in
#                             databases whose transactions are serialisable, as those of its distributed relatives are
#   postgres.sh bench COMMAND…  the same on a third one that writes durably, with PostgreSQL's programs in PATH
#   postgres.sh binaries      print the folder of PostgreSQL's programs; fails when there is none new enough
#
# The clusters live in target/postgres, target/postgres-tests and target/postgres-durable (for root: owned by `nobody`,
# because PostgreSQL refuses root; when that user can't reach this checkout, that is a link to a folder under /tmp). The
# tests' one lies in memory where there is enough of it, and is gone after a run that succeeded: a test makes a database
# of 600 files and drops it, and a disk's file system spends more time on these than PostgreSQL does.
# They listen on 127.0.0.1 only, without a socket, and let in one role without a password: `polsband`, which may make
# databases and nothing more. No superuser can connect.
#
# Not for a festival: but for `bench`, fsync is off, so a power cut may lose the cluster. The rest is as in production: a commit is in the
# operating system's hands before it is answered, and killing PostgreSQL loses nothing.
set -euo pipefail

readonly VERSION_MIN=15
readonly ROLE=polsband
readonly MEMORY=/dev/shm
readonly MEMORY_MIN_KB=2000000
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly checkout
unset PGDATA PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE PGSSLMODE

fail() {
    printf 'postgres: %s\n' "$*" >&2
    exit 1
}

major_of() {
    "$1/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*$/\1/'
}

# The folder of the newest PostgreSQL there is, in PATH or where distributions hide it.
binaries() {
    local folder major newest='' newest_major=0 in_path
    in_path=$(dirname "$(command -v initdb || echo /nonexistent/initdb)")
    for folder in "$in_path" /usr/lib/postgresql*/bin /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
        if [ ! -x "$folder/initdb" ] || [ ! -x "$folder/postgres" ] || [ ! -x "$folder/psql" ]; then
            continue
        fi
        major=$(major_of "$folder")
        if [ "$major" -gt "$newest_major" ]; then
            newest=$folder newest_major=$major
        fi
    done
    [ "$newest_major" -ge "$VERSION_MIN" ] || return 1
    echo "$newest"
}

# Runs a command as the user who owns the cluster, from a folder that user can read.
as_server() (
    cd /
    export LC_ALL=C
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
    elif command -v runuser >/dev/null; then
        runuser -u "$server_user" -- "$@"
    elif command -v setpriv >/dev/null; then
        setpriv --reuid "$server_user" --regid "$(id -g "$server_user")" --clear-groups -- "$@"
    else
        sudo -n -u "$server_user" -- "$@"
    fi
)

# Makes target/postgres, writable for the user who runs the cluster and closed to everybody else.
prepare_home() {
    home=$checkout/target/$cluster
    mkdir -p "$checkout/target"
    if [ -L "$home" ] && [ ! -d "$home/" ]; then
        rm "$home" # it led to a temporary folder that has been cleaned away
    fi
    if [ ! -d "$home" ] && [ "$cluster" = postgres-tests ] && memory_is_there; then
        in_folder_of "$MEMORY"
    fi
    [ -d "$home" ] || mkdir -m 700 "$home"
    server_user=$(id -un)
    if [ "$server_user" = root ]; then
        give_home_away
    elif [ ! -w "$home" ]; then
        fail "$home belongs to another user; remove it, or run this as that user"
    fi
    home=$(cd "$home" && pwd -P)
    data=$home/$(major_of "$bin")
    log=$home/postgres.log
    mkdir -p "$home/users"
}

memory_is_there() {
    [ -w "$MEMORY" ] &&
        [ "$(df -Pk "$MEMORY" 2>/dev/null | awk '$1 == "tmpfs" { free = $4 } END { print free + 0 }')" -ge "$MEMORY_MIN_KB" ]
}

in_folder_of() {
    ln -s "$(mktemp -d "$1/polsband-postgres.XXXXXX")" "$home"
}

give_home_away() {
    # shellcheck disable=SC2012 # stat's options differ between systems, the third column of ls does not
    server_user=$(ls -ldL "$home" | awk '{ print $3 }')
    if [ "$server_user" = root ]; then
        server_user=nobody
        chown -R "$server_user" "$home/"
    fi
    reachable && return
    rm -rf "$home"
    in_folder_of /tmp
    chown "$server_user" "$home/"
    reachable || fail "user $server_user can use neither $checkout/target nor /tmp"
}

reachable() {
    as_server test -w "$(cd "$home" && pwd -P)"
}

# Makes the cluster aside and moves it into place, so that one cut off half-way is never used.
initialise() {
    local fresh=$data.new
    as_server rm -rf "$fresh" &&
        as_server "$bin/initdb" --pgdata="$fresh" --username=postgres --auth=reject --encoding=UTF8 --locale=C --no-sync &&
        settings | as_server tee -a "$fresh/postgresql.conf" >/dev/null &&
        echo "host all $ROLE 127.0.0.1/32 trust" | as_server tee "$fresh/pg_hba.conf" >/dev/null &&
        printf '%s\n' "CREATE ROLE $ROLE LOGIN CREATEDB" "CREATE DATABASE $ROLE OWNER $ROLE" |
        as_server "$bin/postgres" --single -D "$fresh" postgres &&
        as_server mv "$fresh" "$data"
}

settings() {
    cat <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
synchronous_commit = on     # a commit is written out before it is answered, as in production
log_lock_waits = on
log_line_prefix = '%m [%p] %d '
timezone = 'UTC'
CONF
    if [ "$cluster" = postgres-durable ]; then
        printf '%s\n' "shared_buffers = 2GB" "max_wal_size = 8GB"
    else
        printf '%s\n' "shared_buffers = 128MB" "max_wal_size = 256MB" "fsync = off"
    fi
}

# The process that postmaster.pid names; empty when it names none that lives.
named_process() {
    local pid
    pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null || true)
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
        echo "$pid"
    fi
}

# True when that process is our server, not one that was given a dead server's number.
running() {
    local pid
    pid=$(named_process)
    [ -n "$pid" ] && command_line "$pid" | grep -qF -- "-D $data "
}

# After a server was killed: ends the helpers that outlive it while they are busy, and then removes its pid file when the
# process it names lives. That is another program by now (or the dead server, not yet collected by its parent), and
# PostgreSQL would take it for a living server and refuse.
clear_away_the_dead() {
    local link
    for link in /proc/[0-9]*/cwd; do
        if [ "$(readlink "$link" 2>/dev/null)" = "$data" ]; then
            link=${link%/cwd}
            kill -QUIT "${link#/proc/}" 2>/dev/null || true
        fi
    done
    if [ -n "$(named_process)" ]; then
        as_server rm -f "$data/postmaster.pid"
    fi
}

command_line() {
    if [ -r "/proc/$1/cmdline" ]; then
        tr '\0' ' ' <"/proc/$1/cmdline"
    else
        ps -o command= -p "$1"
    fi
}

port() {
    sed -n 4p "$data/postmaster.pid"
}

url() {
    echo "postgres://$ROLE@127.0.0.1:$(port)/$ROLE"
}

in_use() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Below the range that systems hand out for outgoing connections.
any_port() {
    echo $((20000 + (RANDOM * 32768 + RANDOM) % 12000))
}

start() {
    local attempt port_wanted
    if [ ! -d "$data" ]; then
        rm -f "$home/initdb.log"
        initialise >"$home/initdb.log" 2>&1 || fail "the cluster could not be made:
$(tail -n 20 "$home/initdb.log")"
    fi
    port_wanted=$(cat "$home/port" 2>/dev/null || any_port)
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        if running && "$bin/pg_isready" --quiet --host=127.0.0.1 --port="$(port)" --timeout=30; then
            return
        fi
        running || clear_away_the_dead
        in_use "$port_wanted" && port_wanted=$(any_port)
        if as_server "$bin/pg_ctl" start --pgdata="$data" --log="$log" --options="-p $port_wanted" --wait >/dev/null 2>&1; then
            rm -f "$home/port" && echo "$port_wanted" >"$home/port"
            return
        fi
        # Either someone was quicker, or what was killed just now is still letting go of its memory.
        sleep "0.$attempt"
    done
    fail "the server did not start; the end of $log:
$(tail -n 20 "$log" 2>&1)"
}

stop() {
    if running; then
        as_server "$bin/pg_ctl" stop --pgdata="$data" --mode=fast --wait >/dev/null ||
            fail "the server did not stop; see $log"
    fi
}

# True while a `run` other than this one is at work.
others_use_it() {
    local user
    for user in "$home"/users/*; do
        case ${user##*/} in
        '*' | "$$") ;;
        *) if kill -0 "${user##*/}" 2>/dev/null; then return 0; else rm -f "$user"; fi ;;
        esac
    done
    return 1
}

# Databases that a killed test run left behind: the tests name theirs polsband_test_…. Not forced: nobody is in them but
# the server's own vacuuming, which leaves when a plain drop asks and mustn't be forced.
drop_leftovers() {
    local database
    psql_here --command="SELECT datname FROM pg_database WHERE starts_with(datname, 'polsband_test_')" |
        while IFS= read -r database; do
            psql_here --command="DROP DATABASE IF EXISTS \"$database\"" </dev/null
        done
}

psql_here() {
    "$bin/psql" --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@" "$(url)"
}

run() {
    local status=0
    : >"$home/users/$$"
    trap leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    start
    others_use_it || drop_leftovers
    POLSBAND_TEST_POSTGRES=$(url) "$@" || status=$?
    return "$status"
}

leave() {
    local status=$?
    rm -f "$home/users/$$"
    others_use_it && return
    stop
    # A failed test leaves its database to be looked at.
    if [ "$status" -eq 0 ] && [[ $home == "$MEMORY"/* ]]; then
        rm -rf "$home" "$checkout/target/$cluster"
    fi
}

main() {
    local action=${1:-}
    shift || true
    cluster=postgres
    case $action in
    run) cluster=postgres-tests ;;
    bench) action=run cluster=postgres-durable ;;
    serializable) action=run cluster=postgres-tests && export POLSBAND_TEST_ISOLATION=serializable ;;
    esac
    bin=$(binaries) || fail "no PostgreSQL $VERSION_MIN or newer found: run \`make tools\`"
    case $action in
    binaries) echo "$bin" && return ;;
    start | stop | run) ;;
    *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
    esac
    prepare_home
    case $action in
    start) start && echo "DATABASE_URL=$(url)" ;;
    stop) stop ;;
    run) PATH=$PATH:$bin run "$@" ;;
    esac
}

main "$@"
