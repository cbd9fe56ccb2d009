#!/bin/sh
# The commands `vidimus sim sgx` and `vidimus sim tdx` as a user runs it, and `vidimus appraise` on what it makes.
set -eu
vidimus=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

. "$(dirname "$0")/../support/expect.sh"

appraise() {  # TYPE, FILE in DIR, DIR, more options
  type=$1
  file=$2
  dir=$3
  shift 3
  "$vidimus" appraise --type "$type" --evidence "$dir/$file" --endorsements "$dir/endorsements" "$@"
}

mrenclave=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
mrsigner=ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100
printf 'held by the enclave\0' >"$scratch/held"
printf 'held by the enclave' >"$scratch/cut"

# The command that it prints is the one that judges it, whatever the folder is called.
folder="$scratch/it's a folder"
expect 0 'Judge it with' "$vidimus" sim sgx --out "$folder" --runtime-data "$scratch/held"
printed=$(grep '^  vidimus appraise' "$scratch/out" | sed 's/^  vidimus/"$vidimus"/')
expect 0 '^accepted$' eval "$printed"
expect 0 'TCB UpToDate' eval "$printed"
expect 0 '"x-vidimus-trust-anchor":"simulated"' eval "$printed --format json"
expect 1 'intel.tcb_signer.signature' appraise SgxEnclave quote.bin "$folder"
expect 1 'sgx.binding.runtime_data' appraise SgxEnclave quote.bin "$folder" --sim-root "$folder/root.pem" --runtime-data "$scratch/cut"

# Every option reaches a claim.
expect 0 'quote.bin' "$vidimus" sim sgx --out "$scratch/all" --mrenclave "$mrenclave" --mrsigner "$mrsigner" --product-id 65535 --svn 7 --debug-enclave
for claim in "\"x-ms-sgx-mrenclave\":\"$mrenclave\"" "\"x-ms-sgx-mrsigner\":\"$mrsigner\"" '"x-ms-sgx-product-id":65535' '"x-ms-sgx-svn":7' '"x-ms-sgx-is-debuggable":true'; do
  expect 0 "$claim" appraise SgxEnclave quote.bin "$scratch/all" --sim-root "$scratch/all/root.pem" --format json
done

expect 0 'report.bin' "$vidimus" sim sgx --out "$scratch/oe" --open-enclave
expect 0 'accepted' appraise OpenEnclave report.bin "$scratch/oe" --sim-root "$scratch/oe/root.pem"
expect 1 'sgx.quote.version' appraise SgxEnclave report.bin "$scratch/oe" --sim-root "$scratch/oe/root.pem"

# A trust domain likewise.
mrtd=$mrenclave$(printf '%032d' 7)
expect 0 'Judge it with' "$vidimus" sim tdx --out "$scratch/td" --mrtd "$mrtd" --runtime-data "$scratch/held" --debug-td
printed=$(grep '^  vidimus appraise' "$scratch/out" | sed 's/^  vidimus/"$vidimus"/')
expect 0 '^accepted$' eval "$printed"
expect 0 "\"tdx_mrtd\":\"$mrtd\"" eval "$printed --format json"
expect 0 '"tdx_td_attributes_debug":true' eval "$printed --format json"
expect 1 'tdx.binding.runtime_data' appraise TdxVm quote.bin "$scratch/td" --sim-root "$scratch/td/root.pem" --runtime-data "$scratch/cut"
expect 2 'expected 96 hexadecimal digits' "$vidimus" sim tdx --out "$scratch/bad" --mrtd "$mrenclave"

# Two evaluation numbers are published.
for number in 19 20; do
  expect 0 "evaluation number $number" appraise SgxEnclave quote.bin "$scratch/all" --sim-root "$scratch/all/root.pem" --tcb-evaluation "$number"
done
expect 1 'intel.select.tcb_info' appraise SgxEnclave quote.bin "$scratch/all" --sim-root "$scratch/all/root.pem" --tcb-evaluation 21

# Endorsements are made for any time, and expire after 30 days.
expect 0 '--at 2031-01-01T00:00:00Z' "$vidimus" sim sgx --out "$scratch/later" --at 2031-01-01T00:00:00Z
expect 0 'accepted' appraise SgxEnclave quote.bin "$scratch/later" --sim-root "$scratch/later/root.pem" --at 2031-01-31T00:00:00Z
expect 1 'sgx.crl.validity' appraise SgxEnclave quote.bin "$scratch/later" --sim-root "$scratch/later/root.pem" --at 2031-01-31T00:00:01Z

# A state folder keeps the vendor; without one every vendor is another.
expect 0 'root.pem' "$vidimus" sim sgx --out "$scratch/one" --state "$scratch/state"
expect 0 'root.pem' "$vidimus" sim sgx --out "$scratch/two" --state "$scratch/state"
cmp "$scratch/one/root.pem" "$scratch/two/root.pem"
expect 0 'accepted' appraise SgxEnclave quote.bin "$scratch/two" --sim-root "$scratch/one/root.pem"
expect 1 'intel.tcb_signer.signature' appraise SgxEnclave quote.bin "$scratch/two" --sim-root "$scratch/all/root.pem"
rm "$scratch/state/sim/intel/pck.key"
expect 2 'found no pck.key' "$vidimus" sim sgx --out "$scratch/two" --state "$scratch/state"

expect 2 'cannot read' "$vidimus" sim sgx --out "$scratch/bad" --runtime-data "$scratch/none"
expect 2 'expected 64 hexadecimal digits' "$vidimus" sim sgx --out "$scratch/bad" --mrenclave 00
expect 2 'expected 64 hexadecimal digits' "$vidimus" sim sgx --out "$scratch/bad" --mrsigner "${mrsigner}0"
expect 2 '65535' "$vidimus" sim sgx --out "$scratch/bad" --svn 65536
expect 2 'YYYY-MM-DDThh:mm:ssZ' "$vidimus" sim sgx --out "$scratch/bad" --at tomorrow
test ! -e "$scratch/bad"
expect 2 'cannot make the folder' "$vidimus" sim sgx --out "$scratch/held/below"
expect 2 '--out' "$vidimus" sim sgx
expect 2 'subcommand' "$vidimus" sim
echo "1 passed, 0 failed"
