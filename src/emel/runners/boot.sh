#!/bin/sh
# Makes a machine that was just booted ready, and becomes the runner. Whatever fails ends it, and the end of it
# powers the machine down. Nothing here prints the token.
set -eu

boot() {
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 HOME=/root
    hold_updates
    close_metadata
    install_runner
    if [ "$gpus" != 0 ]; then
        step "looking for graphics cards"
        nvidia-smi -L || fail "no graphics card answers: the image lacks its driver, or the machine a card"
    fi
    if [ "$executor" = docker ]; then
        install_docker
    fi
    step "fetching the runner's token"
    token=$(patiently runner_token) || fail "the machine cannot get its token"
    mkdir -p /run/emel
    if [ "$notice" = aws ]; then
        watch_aws $$ &
    fi
    become_runner
}

step() {
    echo "emel: $*"
}

fail() {
    echo "emel: $*; powering down" >&2
    exit 1
}

# Six times within a minute: right after the boot, a network may not be there.
patiently() {
    for pause in 1 4 10 20 25; do
        if "$@"; then
            return
        fi
        sleep "$pause"
    done
    "$@"
}

# Updates that begin by themselves would hold the locks of apt, and needrestart then restart what uses an old
# library, which may be the unit of the runner. One that is installing already is left to its end.
hold_updates() {
    systemctl stop apt-daily.timer apt-daily-upgrade.timer apt-daily.service 2>/dev/null || true
    if [ -d /etc/needrestart/conf.d ]; then
        echo "\$nrconf{restart} = 'l';" >/etc/needrestart/conf.d/emel.conf
    fi
}

# A job could take the machine's secrets and its place in the cloud from there. A table of our own, since
# Docker puts its rules before those of others; `DOCKER-USER` is the one chain that it leaves to them.
close_metadata() {
    step "closing the metadata service to jobs"
    if command -v nft >/dev/null; then
        nft -f - <<'RULES'
table inet emel {
    chain output {
        type filter hook output priority 0;
        ip daddr 169.254.169.254 meta skuid != 0 reject
        ip6 daddr fd00:ec2::254 meta skuid != 0 reject
    }
    chain forward {
        type filter hook forward priority 0;
        ip daddr 169.254.169.254 reject
        ip6 daddr fd00:ec2::254 reject
    }
}
RULES
        return
    fi
    iptables -w -I OUTPUT -d 169.254.169.254 -m owner ! --uid-owner 0 -j REJECT
    # It is there already where Docker runs.
    iptables -w -N DOCKER-USER 2>/dev/null || true
    iptables -w -I DOCKER-USER -d 169.254.169.254 -j REJECT
    iptables -w -I FORWARD -d 169.254.169.254 -j REJECT
}

# The list of a release's checksums is signed. The key's fingerprint is what is trusted: a key of that
# fingerprint may have expired, for its owner puts the date off each year, but may not have been revoked.
install_runner() {
    case $(uname -m) in
    x86_64) file=gitlab-runner-linux-amd64 ;;
    aarch64) file=gitlab-runner-linux-arm64 ;;
    *) fail "there is no gitlab-runner for $(uname -m)" ;;
    esac
    step "installing gitlab-runner $version"
    command -v gpg >/dev/null || install_packages gpg
    work=$(mktemp -d)
    fetch "$key" "$work/key"
    fetch "$downloads/v$version/release.sha256" "$work/list"
    fetch "$downloads/v$version/release.sha256.asc" "$work/list.asc"
    fetch "$downloads/v$version/binaries/$file" "$work/gitlab-runner"
    mkdir -m 700 "$work/keys"
    # Without an agent, which no public key needs, gpg may complain; whether it has the key shows below.
    gpg --quiet --batch --no-autostart --homedir "$work/keys" --import "$work/key" 2>/dev/null || true
    gpg --quiet --batch --no-autostart --homedir "$work/keys" --status-fd 1 --verify "$work/list.asc" "$work/list" \
        >"$work/verdict" 2>/dev/null || true
    if grep -q ' REVKEYSIG ' "$work/verdict" || ! grep -q " VALIDSIG .*$fingerprint\$" "$work/verdict"; then
        fail "the checksums of gitlab-runner $version are not signed by $fingerprint"
    fi
    wanted=$(awk -v file="$file" '{ path = $NF; sub(/^.*[*\/]/, "", path); if (path == file) print $1 }' "$work/list")
    echo "$wanted  $work/gitlab-runner" | sha256sum --check --quiet >/dev/null 2>&1 ||
        fail "gitlab-runner $version has another checksum than its release says"
    install -m 755 "$work/gitlab-runner" /usr/local/bin/gitlab-runner
    rm -rf "$work"
}

fetch() {
    patiently curl -fsSL --connect-timeout 20 --max-time 600 -o "$2" "$1" || fail "$1 cannot be fetched"
}

install_packages() {
    patiently apt-get -qq -o DPkg::Lock::Timeout=300 update
    patiently apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >/dev/null
}

install_docker() {
    step "making Docker ready"
    command -v docker >/dev/null || install_packages docker.io
    if [ "$gpus" != 0 ]; then
        command -v nvidia-ctk >/dev/null || install_nvidia_toolkit
        nvidia-ctk --quiet runtime configure --runtime=docker
        systemctl restart docker
    fi
    systemctl start docker
    patiently docker info >/dev/null || fail "Docker does not answer"
}

# https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html
install_nvidia_toolkit() {
    site=https://nvidia.github.io/libnvidia-container
    keyring=/usr/share/keyrings/nvidia-container-toolkit.asc
    fetch "$site/gpgkey" "$keyring"
    echo "deb [signed-by=$keyring] $site/stable/deb/\$(ARCH) /" >/etc/apt/sources.list.d/nvidia-container-toolkit.list
    install_packages nvidia-container-toolkit
}

# AWS says it two minutes before, at best; it asks to look every five seconds
# (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html). Jobs have a
# minute to save what they have, then the runner ends them.
watch_aws() {
    site=http://169.254.169.254/latest
    while sleep 5; do
        pass=$(curl -sf --max-time 4 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$site/api/token") || continue
        if printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$pass" |
            curl -sf --max-time 4 --config - -o /run/emel/.notice "$site/meta-data/spot/instance-action"; then
            break
        fi
    done
    step "the cloud takes this machine away: $(cat /run/emel/.notice)"
    mv /run/emel/.notice /run/emel/notice
    sleep 60
    kill -TERM "$1"
}

# The token goes by a pipe of the shell's own.
become_runner() {
    if [ "$executor" = docker ]; then
        mkdir -p /var/lib/emel
        cd /var/lib/emel
        exec /opt/emel/run <<TOKEN
$token
TOKEN
    fi
    id gitlab-runner >/dev/null 2>&1 || useradd --create-home --skel /dev/null --shell /bin/bash gitlab-runner
    cd /home/gitlab-runner
    export HOME=/home/gitlab-runner USER=gitlab-runner LOGNAME=gitlab-runner
    exec setpriv --reuid=gitlab-runner --regid=gitlab-runner --init-groups --no-new-privs /opt/emel/run <<TOKEN
$token
TOKEN
}

