#!/usr/bin/env bash
# Installs what is missing on this machine: `tools.sh build` for building and running, `tools.sh test` for the tests too.
#
# Uses the system's own package manager, as root or through sudo where that asks for no password. Where it can't, it prints
# what is missing and the command that would install it, and fails.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly here

# The checker of accessibility that a browser test runs in every page: the package of this name and version, whose file has
# this SHA-512. It lies beside what is built, and needs no root.
readonly axe=axe-core@4.14.1
readonly axe_sha512=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5
readonly axe_folder=$here/../../target/tools/$axe

# A program and its packages for apt-get, dnf, pacman and brew. `a|b`: whichever this system knows; `a+b`: both.
needs() {
    echo "cc           gcc+libc6-dev                         gcc               gcc        gcc"
    [ "$1" = test ] || return 0
    echo "postgres     postgresql                            postgresql-server postgresql postgresql@17"
    echo "pdftoppm     poppler-utils                         poppler-utils     poppler    poppler"
    echo "zbarimg      zbar-tools                            zbar              zbar       zbar"
    echo "qpdf         qpdf                                  qpdf              qpdf       qpdf"
    echo "chromium     chromium|chromium-browser             chromium          chromium   chromium"
    echo "chromedriver chromium-driver|chromium-chromedriver chromedriver      chromium   chromedriver"
    echo "npm          npm                                   npm               npm        node"
}

have() {
    case $1 in
    postgres) "$here/postgres.sh" binaries >/dev/null 2>&1 ;;
    npm) [ -f "$axe_folder/axe.min.js" ] || command -v npm ;;
    *) command -v "$1" ;;
    esac >/dev/null
}

# The names of the programs that are missing.
missing() {
    local program packages
    needs "$1" | while read -r program packages; do
        have "$program" || echo "$program"
    done
}

# The packages that bring the given programs, for the package manager in $manager.
packages_for() {
    local program apt dnf pacman brew choice
    needs test | while read -r program apt dnf pacman brew; do
        case " $* " in
        *" $program "*) ;;
        *) continue ;;
        esac
        case $manager in
        apt-get) choice=$(known_to_apt "$apt") ;;
        dnf) choice=$dnf ;;
        pacman) choice=$pacman ;;
        brew) choice=$brew ;;
        esac
        tr '+' '\n' <<<"$choice"
    done | sort -u
}

known_to_apt() {
    local choice
    for choice in ${1//|/ }; do
        if apt-cache show "$choice" >/dev/null 2>&1; then
            break
        fi
        choice=${1%%|*}
    done
    echo "$choice"
}

package_manager() {
    local name
    for name in apt-get dnf pacman brew; do
        if command -v "$name" >/dev/null; then
            echo "$name"
            return
        fi
    done
}

# `sudo -n` where root is needed and can be had without a password; empty for root; fails otherwise.
privilege() {
    if [ "$(id -u)" -eq 0 ] || [ "$manager" = brew ]; then
        return 0
    fi
    sudo -n true 2>/dev/null && echo "sudo -n"
}

install_command() {
    case $manager in
    apt-get) echo "apt-get install --yes --no-install-recommends" ;;
    dnf) echo "dnf install --assumeyes" ;;
    pacman) echo "pacman --sync --needed --noconfirm" ;;
    brew) echo "brew install" ;;
    esac
}

install() {
    local as packages command
    manager=$(package_manager)
    if [ -z "$manager" ]; then
        give_up "there is none of apt-get, dnf, pacman and brew here. Install these programs and try again." "$@"
    fi
    as=$(privilege) || give_up "installing needs root. Run: sudo $(install_command) $(packages_for "$@" | xargs)" "$@"
    if [ "$manager" = apt-get ]; then
        export DEBIAN_FRONTEND=noninteractive
        $as apt-get update --quiet -o Acquire::Retries=3 || echo "tools: the package lists could not be refreshed" >&2
    fi
    packages=$(packages_for "$@" | xargs)
    command="$as $(install_command) $packages"
    echo "tools: missing $*; running: ${command# }"
    $command </dev/null || give_up "the packages could not be installed (see above): is there a network? The command was: ${command# }" "$@"
}

give_up() {
    local reason=$1
    shift
    printf 'tools: missing: %s\ntools: %s\n' "$*" "$reason" >&2
    exit 1
}

sha512() {
    if command -v sha512sum >/dev/null; then
        sha512sum "$1"
    else
        shasum -a 512 "$1"
    fi | cut -d ' ' -f 1
}

# Unpacked into a folder of its own name, so that a broken download leaves nothing that looks whole.
fetch_axe() {
    local folder file
    [ ! -f "$axe_folder/axe.min.js" ] || return 0
    echo "tools: fetching $axe"
    mkdir -p "$axe_folder"
    folder=$(mktemp -d "$axe_folder/new.XXXXXX")
    npm pack --silent --pack-destination "$folder" "$axe" >"$folder/name" </dev/null ||
        give_up "npm could not fetch it (see above): is there a network?" "$axe"
    file=$folder/$(tail -n 1 "$folder/name")
    if [ "$(sha512 "$file")" != "$axe_sha512" ]; then
        rm -r "$folder"
        give_up "what npm fetched is not the file that was expected: its SHA-512 is another one." "$axe"
    fi
    tar -xzf "$file" -C "$folder" package/axe.min.js
    mv "$folder/package/axe.min.js" "$axe_folder/"
    rm -r "$folder"
}

check_rust() {
    local tool
    for tool in cargo "cargo fmt" "cargo clippy"; do
        $tool --version >/dev/null 2>&1 ||
            give_up "install Rust with rustup, with its components rustfmt and clippy (rustup component add rustfmt clippy)." "$tool"
        [ "$1" = test ] || return 0
    done
}

main() {
    local purpose=${1:-} left
    case $purpose in
    build | test) ;;
    *) echo "usage: tools.sh build|test" >&2 && exit 2 ;;
    esac
    check_rust "$purpose"
    left=$(missing "$purpose" | xargs)
    if [ -n "$left" ]; then
        # shellcheck disable=SC2086 # a list of names
        install $left
    fi
    left=$(missing "$purpose" | xargs)
    [ -z "$left" ] || give_up "the packages are installed, but what they bring is too old or lies where it isn't looked for." "$left"
    [ "$purpose" != test ] || fetch_axe
}

main "$@"
