#!/usr/bin/env bash
# Installs the Debian/Ubuntu packages that Stateroom uses and that are missing; quick when nothing is. Everything it says goes to stderr.
# '--tests' adds what only the tests use. Exit code 1: something is missing and could not be installed; the message says what to do.
set -eu
exec 1>&2

# Rooms need the first; the builtin tools and the tour the next five; the guest's native build the last three.
packages=(bubblewrap curl python3-flask python3-pytest python3-venv python-is-python3 clang lld zlib1g-dev)
[ "${1-}" = --tests ] && packages+=(zsh busybox procps)

if ! command -v dotnet >/dev/null; then
    echo "stateroom: the .NET 10 SDK is missing (no 'dotnet' in PATH). Install it first: https://dot.net/download"
    exit 1
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    missing=()
    for program in bwrap curl python3 clang ld.lld; do command -v "$program" >/dev/null || missing+=("$program"); done
    [ ${#missing[@]} -eq 0 ] && exit 0
    echo "stateroom: this is not Debian or Ubuntu, and these programs are missing: ${missing[*]}"
    echo "stateroom: install what your system calls: ${packages[*]}"
    exit 1
fi

installed=$(dpkg-query -W -f '|${Package}=${db:Status-Status}|' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
    [[ $installed == *"|$package=installed|"* ]] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    echo "stateroom: these packages are missing: ${missing[*]}"
    echo "stateroom: an administrator installs them with './stateroom setup', or: apt-get install --no-install-recommends ${missing[*]}"
    exit 1
fi

echo "stateroom: installing ${missing[*]} ..."
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 "$@"; }
log=$(mktemp)
# One broken repository of somebody else's fails the update; the packages may come from another.
apt update </dev/null >"$log" 2>&1 || echo "stateroom: 'apt-get update' failed; trying with the package lists that are there" | tee -a "$log"
if ! apt install --no-install-recommends "${missing[@]}" </dev/null >>"$log" 2>&1; then
    cat "$log"
    rm -f "$log"
    echo "stateroom: installing failed (above). Install by hand: apt-get install --no-install-recommends ${missing[*]}"
    exit 1
fi
rm -f "$log"
