# Runs the commands that follow under a systemd of their own for this user, in a mount namespace of their own: the
# machine need not have been started with systemd. XDG_RUNTIME_DIR is an empty folder with mode 0700.
set -eu
mount -t tmpfs none /run
mkdir -p /run/systemd/system
/lib/systemd/systemd --user --log-target=null &
manager=$!
trap 'kill "$manager"; wait "$manager" || true' EXIT
for ((i = 0; i < 600; i++)); do
  [[ $(systemctl --user is-system-running 2>/dev/null) == running ]] && break
  sleep 0.1
done
"$@"
