#!/bin/sh
# Becomes gitlab-runner, whose token comes by the standard input and stands in no file, argument or variable
# that a job could read. A signal reaches the runner itself, once: a second one would end its job at once.
set -eu

fail() {
    echo "emel: $*" >&2
    exit 1
}

# Jobs of the executor `shell` inherit what the runner has. They need no login of who started it.
keep_harmless_variables() {
    for variable in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
        case $variable in
        PATH | HOME | USER | LOGNAME | LANG | LC_* | TZ | TMPDIR | PWD) ;;
        http_proxy | https_proxy | no_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY) ;;
        SSL_CERT_FILE | SSL_CERT_DIR | LD_LIBRARY_PATH | CUDA_* | NVIDIA_*) ;;
        # By this the processes of a machine that is no machine of its own are found.
        EMEL_MACHINE) ;;
        exchange_url | before | token_key | authority_key | certificates | after) ;;
        *) unset "$variable" ;;
        esac
    done
}

# What the cloud was given to hand over may have been read there, and so is worth nothing before any job runs:
# GitLab gives another token for it. A call that GitLab cannot have heard (no name, no connection, no TLS) is
# repeated. After any other failure nobody may know the token that counts, and the machine ends.
exchange_token() {
    command -v curl >/dev/null || fail "curl is not installed; the runner's token is exchanged with it"
    set --
    [ -z "$certificates" ] || set -- --cacert "$PWD/runner/authority.pem"
    for pause in 1 4 10 20 25 0; do
        status=0
        answer=$(printf 'token=%s' "$token" | curl -q -sS --fail --connect-timeout 20 --max-time 60 "$@" \
            --data @- "$exchange_url") || status=$?
        case $status in
        5 | 6 | 7 | 35) sleep "$pause" ;;
        *) break ;;
        esac
    done
    given=$token
    token=$(printf '%s\n' "$answer" | sed -n 's/.*"token" *: *"\([A-Za-z0-9_.-]*\)".*/\1/p')
    case $token in
    '' | "$given") fail "GitLab has not exchanged the runner's token: without one that works the machine ends" ;;
    esac
    unset given answer
}

keep_harmless_variables
IFS= read -r token || true
case $token in
'' | *[!A-Za-z0-9_.-]*) fail "no token of a runner came by the standard input" ;;
esac
command -v gitlab-runner >/dev/null || fail "gitlab-runner is not installed: https://docs.gitlab.com/runner/install/"
[ -w . ] || cd "$(mktemp -d)"
mkdir -p -m 700 runner
config=$PWD/runner/config.toml
authority=
if [ -n "$certificates" ]; then
    printf '%s\n' "$certificates" >"$PWD/runner/authority.pem"
    authority="$authority_key = \"$PWD/runner/authority.pem\""
fi
echo "emel: exchanging the runner's token at GitLab"
exchange_token
rm -f "$config"
# A pipe, which can be read once: gitlab-runner does, when it starts.
mkfifo -m 600 "$config"
{
    printf '%s\n' "$before" "$token_key = \"$token\"" "$authority" "$after" >"$config"
    rm -f "$config"
} &
unset token
echo "emel: starting gitlab-runner"
