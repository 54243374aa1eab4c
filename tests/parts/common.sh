# What the parts of ./check share; sourced by them. The current folder is the top of the tree.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
jobs=$(nproc)
logs=$PWD/build-check/logs
mkdir -p "$logs"

step() {
	echo "   $*"
}

# quietly NAME COMMAND...: runs it into a file, which is shown only if it fails.
quietly() {
	local out=$logs/$1.log status
	shift
	"$@" >"$out" 2>&1 </dev/null
	status=$?
	if ((status != 0)); then
		echo "   failed with status $status: $*"
		show "$out"
	fi
	return $status
}

# The end of a file, indented so that nothing in it is taken for a count. What complains goes first in long output.
show() {
	if (($(wc -l <"$1") > 80)); then
		grep -n -m 20 -E 'error:|warning:|\*\*\*' "$1" | sed 's/^/   | /'
		echo "   | ... ($1)"
	fi
	tail -n 60 "$1" | sed 's/^/   | /'
}

# configure_in FOLDER FLAGS...: makes FOLDER a build folder with these flags, unless it is one.
configure_in() {
	local folder=$1
	shift
	if [[ -f config.status ]]; then
		echo "   this tree was configured in place, so it cannot be built elsewhere: run \`make distclean\` first"
		return 1
	fi
	if [[ ! -f configure || configure.ac -nt configure ]]; then
		step "bootstrap"
		quietly bootstrap ./bootstrap || return
	fi
	if [[ -f $folder/config.status && $(cat "$folder/flags") == "$*" ]]; then
		return
	fi
	step "configure $*"
	mkdir -p "$folder"
	(cd "$folder" && rm -f config.status config.cache && quietly "configure-${folder##*/}" ../../configure "$@") &&
		echo "$*" >"$folder/flags"
}

# build_in FOLDER: make.
build_in() {
	step "make in $1"
	quietly "make-${1##*/}" make --no-print-directory -C "$1" -j"$jobs"
}

# check_in FOLDER ARGUMENTS...: `make check` there; then says what each test program counted, and shows those that failed.
check_in() {
	local folder=$1 status result
	shift
	step "make check in $folder"
	find "$folder/tests" -name '*.trs' -delete 2>/dev/null
	make --no-print-directory -C "$folder" -j"$jobs" check "$@" >"$logs/check-${folder##*/}.log" 2>&1 </dev/null
	status=$?
	while read -r result; do
		tell_result "$folder" "$result"
	done < <(find "$folder/tests" -name '*.trs' | sort)
	if ((status != 0)) && ! grep -qs '^:test-result: FAIL' $(find "$folder/tests" -name '*.trs'); then
		show "$logs/check-${folder##*/}.log"
	fi
	return $status
}

# tell_result FOLDER TRS: the count of one test program, from what automake's harness kept of it.
tell_result() {
	local log=${2%.trs}.log name result counts
	name=${2#"$1"/tests/}
	name=${name%.trs}
	result=$(sed -n 's/^:test-result: *//p' "$2")
	counts=$(awk -v name="$name" '
		/^[A-Za-z0-9_.\/-]+: [0-9]+ passed, [0-9]+ failed$/ { passed += $2; failed += $4; found = 1 }
		/^\[====\] Synthesis: Tested: / { gsub(/[^0-9 ]/, ""); passed += $2; failed += $1 - $2; found = 1 }
		END { if (found) printf "%d %d", passed, failed }' "$log")
	grep '^SKIP ' "$log"
	case $result in
	PASS)
		counts=${counts:-1 0}
		;;
	SKIP*)
		echo "SKIP $name $(tail -n 1 "$log")"
		return
		;;
	*)
		[[ -n $counts && $counts != *" 0" ]] || counts="${counts%% *} 1"
		counts=${counts/# /0 }
		show "$log"
		;;
	esac
	echo "$name: ${counts% *} passed, ${counts#* } failed"
}
