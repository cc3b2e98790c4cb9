# The container engine and the compose plugin of the docker command. Sourced by `build`.
COMPOSE_VERSION=v2.40.3

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

packages() {
  as_root apt-get -qq -o DPkg::Lock::Timeout=120 update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@" >/dev/null
}

# Debian asks policy-rc.d before it starts a daemon; 101 means no.
install_engine() {
  local policy=/usr/sbin/policy-rc.d ours=no
  say "there is no container engine: installing docker.io (it will not start by itself, now or at boot)"
  if [ ! -e $policy ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
  fi
  packages docker.io || { [ $ours = no ] || as_root rm -f $policy; die "docker.io could not be installed"; }
  [ $ours = no ] || as_root rm -f $policy
  if command -v systemctl >/dev/null; then
    as_root systemctl disable --quiet docker.service docker.socket 2>/dev/null || true
  fi
}

engine() {
  if docker info >/dev/null 2>&1; then return; fi
  command -v dockerd >/dev/null || install_engine
  say "starting dockerd in the background; its log is $CACHE/dockerd.log"
  (
    # It outlives this script and must not keep what the caller has open (a lock, say).
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      [ "$fd" -le 2 ] || eval "exec $fd>&-"
    done
    exec >>"$CACHE/dockerd.log" 2>&1 </dev/null # this subshell waits for it, and would hold a caller's pipe open
    as_root setsid dockerd
  ) &
  local deadline=$((SECONDS + 60))
  until docker info >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || { tail -n 5 "$CACHE/dockerd.log" >&2; die "dockerd did not come up within 60 s"; }
    sleep 0.2
  done
}

go_program() {
  command -v go || PATH=$PATH:/usr/local/go/bin command -v go || die "Go is missing: it builds $1"
}

plugin() {
  docker compose version >/dev/null 2>&1 && return
  local go target begun=$SECONDS module=github.com/docker/compose/v2 folder
  go=$(go_program "the compose plugin")
  target=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins/docker-compose
  say "building the compose plugin $COMPOSE_VERSION (some minutes, once)"
  folder=$(mktemp -d)
  (
    cd "$folder"
    "$go" mod init plugin
    "$go" get "$module/cmd@$COMPOSE_VERSION" "$module/cmd/cmdtrace@$COMPOSE_VERSION" "$module/cmd/compose@$COMPOSE_VERSION"
    "$go" build -trimpath -ldflags "-s -w -X $module/internal.Version=$COMPOSE_VERSION" -o plugin "$module/cmd"
  ) >"$CACHE/plugin.log" 2>&1 || { tail -n 20 "$CACHE/plugin.log" >&2; die "the compose plugin could not be built"; }
  mkdir -p "$(dirname "$target")"
  mv "$folder/plugin" "$target"
  rm -rf "$folder"
  docker compose version >/dev/null || die "the docker command does not take the plugin at $target"
  say "compose plugin: made in $((SECONDS - begun)) s"
}
