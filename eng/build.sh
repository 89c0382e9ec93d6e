# Sourced by the scripts at the root, with $root set. Builds quietly: one line of progress, the log only when it fails.

# build PROJECT...: restores and builds in Release, the guest included. What is built is readable by every user.
build() (
    log="$root/artifacts/build.log"
    umask 022
    mkdir -p "$root/artifacts"
    echo "stateroom: building (a minute on first use) ..." >&2
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
    # No build servers stay behind.
    compile "$@" </dev/null >"$log" 2>&1 && return 0
    grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u >&2 || tail -n 20 "$log" >&2
    echo "stateroom: the build failed; the whole log is in $log" >&2
    return 1
)

compile() {
    local project
    for project in "$@"; do dotnet build -c Release -p:UseSharedCompilation=false "$root/$project" || return; done
}
