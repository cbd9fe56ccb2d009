# Sourced by tests of commands, which set $scratch to a folder of their own.

expect() {  # STATUS, PATTERN in the output, command...
  status=$1
  pattern=$2
  shift 2
  actual=0
  "$@" >"$scratch/out" 2>&1 || actual=$?
  if [ "$actual" -ne "$status" ] || ! grep -q -- "$pattern" "$scratch/out"; then
    echo "FAILED: $*" >&2
    echo "expected status $status and \"$pattern\"; found status $actual and:" >&2
    cat "$scratch/out" >&2
    exit 1
  fi
}
