#!/bin/sh
# The command `vidimus appraise` as a user runs it: what it prints, and its exit status.
set -eu
vidimus=$1
intel=${VIDIMUS_VECTORS:-../shared/vectors}/intel
if [ ! -f "$intel/index.json" ]; then
  echo "*** NO RECORDED EVIDENCE in $intel: set VIDIMUS_VECTORS ***" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
quote=$intel/quotes/sgx-v3-00906ed50000-azure-intelsdk.bin
at=2025-06-26T17:19:45Z

. "$(dirname "$0")/../support/expect.sh"

appraise() { "$vidimus" appraise --endorsements "$intel/collateral" --at "$at" "$@"; }

printf '\001\002\003\004\005\006' >"$scratch/held"
printf 'other' >"$scratch/other"

expect 1 'sgx.tcb.status' appraise --type SgxEnclave --evidence "$quote"
expect 0 'accepted' appraise --type SgxEnclave --evidence "$quote" --accept-tcb OutOfDate
expect 0 '"verdict":"accepted"' appraise --type SgxEnclave --evidence "$quote" --accept-tcb OutOfDate --runtime-data "$scratch/held" --format json
expect 0 '"x-ms-sgx-ehd":"AQIDBAUG"' appraise --type SgxEnclave --evidence "$quote" --accept-tcb OutOfDate --runtime-data "$scratch/held" --format json
expect 1 'sgx.binding.runtime_data' appraise --type SgxEnclave --evidence "$quote" --accept-tcb OutOfDate --runtime-data "$scratch/other"
expect 1 'intel.select.tcb_info' appraise --type SgxEnclave --evidence "$quote" --tcb-evaluation 3
for name in prodid debug; do
  report=$intel/openenclave/oe-report-v1-$name
  expect 0 'accepted' appraise --type OpenEnclave --evidence "$report.bin" --runtime-data "$report.ehd.bin" --accept-tcb OutOfDate
  expect 1 'sgx.quote.version' appraise --type SgxEnclave --evidence "$report.bin"
done

cat >"$scratch/no-debug" <<'POLICY'
version=1.0;
authorizationrules {
  [type=="x-ms-sgx-is-debuggable", value==true] => deny();
  => permit();
};
POLICY
debug=$intel/quotes/sgx-v3-00906ed50000-azure-intelsdk-debug.bin
expect 1 'line 3: \[type=="x-ms-sgx-is-debuggable", value==true\] => deny()' appraise --type SgxEnclave --evidence "$debug" --accept-tcb OutOfDate --policy "$scratch/no-debug"
expect 0 'accepted' appraise --type SgxEnclave --evidence "$quote" --accept-tcb OutOfDate --policy "$scratch/no-debug"

expect 1 'DEBUG clear by setting' appraise --type SgxEnclave --evidence "$debug" --accept-tcb OutOfDate --refuse debug
expect 2 'unknown_attributes' appraise --type SgxEnclave --evidence "$debug" --refuse other
expect 2 'could not be written' sh -c "'$vidimus' appraise --help; '$vidimus' appraise --endorsements '$intel/collateral' --type SgxEnclave --evidence '$quote' >/dev/full"

expect 2 'cannot read' appraise --type SgxEnclave --evidence "$scratch/none"
expect 2 'expected a TCB status other than Revoked' appraise --type SgxEnclave --evidence "$quote" --accept-tcb Revoked
expect 2 'YYYY-MM-DDThh:mm:ssZ' "$vidimus" appraise --type SgxEnclave --evidence "$quote" --endorsements "$intel/collateral" --at yesterday
expect 2 'SgxEnclave' appraise --type Other --evidence "$quote"
expect 0 'Exit status' "$vidimus" appraise --help
: >"$scratch/empty"
expect 1 'sgx.quote.size' appraise --type SgxEnclave --evidence "$scratch/empty"
expect 1 'endorsement.unrecognised' "$vidimus" appraise --type SgxEnclave --evidence "$quote" --endorsements "$scratch/other"
echo "1 passed, 0 failed"
