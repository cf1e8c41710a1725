# SPDX-License-Identifier: GPL-2.0
# What the tests share; sourced. Gives $top and $build, and the test lines.
set -u
top=$(cd "${0%/*}/../.." && pwd)
build=$top/build
. "$top/base/linux.mk"
reference=reference/$BASE
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

ok() {
	echo "ok $*"
}

not_ok() {
	echo "not ok $*"
	failed=1
}

# expect CASE COMMAND...: the command must succeed
expect() {
	name=$1
	shift
	if "$@" >"$scratch/out" 2>&1; then
		ok "$name"
	else
		not_ok "$name: $(tail -n 1 "$scratch/out")"
		cat "$scratch/out" >&2
	fi
}

# refused CASE TEXT COMMAND...: it must exit 2 with one line that has TEXT
refused() {
	name=$1 text=$2
	shift 2
	status=0
	"$@" >/dev/null 2>"$scratch/err" || status=$?
	cat "$scratch/err" >&2
	if [ $status != 2 ]; then
		not_ok "$name: exit status $status, not 2"
	elif ! grep -qF "$text" "$scratch/err"; then
		not_ok "$name: does not say '$text' but '$(tail -n 1 "$scratch/err")'"
	else
		ok "$name"
	fi
}

# record_selftests NAME KEY: write as build/reference-NAME what mainline gave, by
# $raw, and hold it against the reference of that NAME
record_selftests() {
	new=$build/reference-$1
	{
		echo "# What the selftests give on mainline; written by tests/all/${0##*/}"
		echo "# of $2"
		"$top/tests/ktap" record <"$raw"
	} >"$new"
	if cmp -s "$new" "$top/$reference/$1"; then
		ok "mainline is as recorded: $(grep -c '^pass ' "$new") cases pass"
	else
		not_ok "mainline is not as recorded: look at diff $reference/$1" \
			"build/reference-$1, and copy it if it is right"
	fi
}

# foreign_guest KERNEL [OPTION]... [--] COMMAND...: tools/vm for another architecture,
# with its selftests. It counts instructions for time: what the selftests wait at most
# does not depend on how fast this machine stands in for another then. i386 has two CPUs
# instead, as x86-64 has.
foreign_guest() {
	kernel=$1 guest=$build/guest/${1%-mainline}
	shift
	case $kernel in i386*) pace="--smp 2" ;; *) pace=--icount ;; esac
	"$top/tools/vm" --kernel "$kernel" $pace --add "$guest/root:/" \
		--add "$guest/selftests" --add "$guest/no-pin" "$@"
}

# selftests_of ARCH: what of the selftests runs there
selftests_of() {
	case $1 in
	# Neither the case of a compat ABI, nor filters in C, which need libelf, nor
	# random eBPF filters, which are of the ABIs of x86-64
	i386)	echo seccomp/seccomp_bpf $our_selftests | tr ' ' '\n' |
			grep -vE '/(entry_test_32|ebpf_filters_test|ebpf_random_test)$' ;;
	*)	echo $foreign_selftests ;;
	esac
}

# run_foreign KERNEL [SETTING]: run the selftests of other architectures with
# seccomp.action_tables=SETTING, their output in $raw
run_foreign() {
	raw=$build/log/selftests-$1${2+-$2}.txt
	status=0
	foreign_guest "$1" --timeout 2400 --log "selftests${2+-$2}" --append "${2+seccomp.action_tables=$2}" \
		-- /root/selftests $(selftests_of "${1%-mainline}") >"$raw" 2>"$scratch/err" || status=$?
	cat "$scratch/err" >&2
	[ $status = 0 ] || not_ok "guest-$1: $(tail -n 1 "$scratch/err")"
}

# foreign_kunit ARCH: run the series' KUnit suites there, with tables and where each
# verdict is verified. There is no shell to read results with: they are on the console.
foreign_kunit() {
	for setting in on verify; do
		log=$build/log/vm-kunit-$setting-$1.log
		foreign_guest "$1" --timeout 1500 --log "kunit-$setting" \
			--append "kunit.autorun=1 loglevel=7 seccomp.action_tables=$setting" \
			/root/selftests >/dev/null 2>"$scratch/err" ||
			not_ok "kunit, $setting: $(tail -n 1 "$scratch/err")"
		for file in "$top"/linux/kernel/seccomp/*_kunit.c; do
			suite=seccomp_${file##*/}
			suite=${suite%_kunit.c}
			if grep -q "\] ok [0-9]* $suite" "$log"; then
				ok "kunit, $setting: $suite"
			else
				not_ok "kunit, $setting: $suite did not pass, see $log"
			fi
		done
	done
}

# foreign_mainline ARCH: what mainline gives there, held against the record
foreign_mainline() {
	run_foreign "$1-mainline"
	record_selftests "selftests-$1" "$("$top/tests/reference-key" virt "virt-$1")"
}

# foreign ARCH: the selftests there as on mainline, with tables and where each verdict is
# verified; KUnit; and a guest that goes wrong is told from one that does not
foreign() {
	record=$top/$reference/selftests-$1
	[ "$(sed -n 's/^# of //p' "$record")" = "$("$top/tests/reference-key" virt "virt-$1")" ] ||
		not_ok "reference: base or configuration changed since $record was taken:" \
			"make test-all T=$1-mainline"
	run_foreign "$1"
	"$top/tests/ktap" compare "$record" $(selftests_of "$1") <"$raw" || failed=1
	lacks_nothing "$1"
	run_foreign "$1" verify
	"$top/tests/ktap" compare-slow "$record" $(selftests_of "$1") <"$raw" |
		sed -E 's/^(ok|not ok|skip) /&verify: /' | tee "$scratch/verified"
	! grep -q '^not ok' "$scratch/verified" || failed=1
	grep -qx 'seccomp.action_tables verify' "$raw" ||
		not_ok "verify: verdicts are not verified, see $raw"
	foreign_kunit "$1"
	[ "$1" = i386 ] ||
		expect "$1: a pin that the architecture has no means for is refused" \
			foreign_guest "$1" /root/no-pin

	refused "$1: a guest that panics" "guest panicked" \
		foreign_guest "$1" --log panic --append rdinit=/none /root/selftests
	refused "$1: a guest whose process 1 ends" "guest panicked: Kernel panic - not syncing: Attempted to kill init" \
		foreign_guest "$1" --log init --append rdinit=/root/selftests /root/selftests
	refused "$1: a guest that is not done in time" "guest did not finish in 2 s" \
		foreign_guest "$1" --log hang --timeout 2 /root/selftests seccomp/stress_test
}

# lacks_nothing KERNEL: what the series adds is there, by what the tests of $raw have
# skipped. Mainline skips those cases too, so a record does not show it.
lacks_nothing() {
	! grep -qF CONFIG_SECCOMP_FILTER_EXTENDED "$raw" ||
		not_ok "eBPF: the $1 kernel should have eBPF filters, and has none, see $raw"
	case $1 in
	arm*|m68k|riscv|s390)	;;	# no pins, and no tracing
	*)	! grep -qE 'needs (SECCOMP_PIN_ARCHITECTURE|the tracepoint seccomp:)' "$raw" ||
			not_ok "pins: the $1 kernel should have pins and traced verdicts, see $raw" ;;
	esac
	[ "$1" = without ] || ! grep -qF CONFIG_SECCOMP_POLICY_VIEW "$raw" ||
		not_ok "policy: the $1 kernel should show policies, and does not, see $raw"
}

# selftests KERNEL[:KARG[,KARG]...] SMP TIMEOUT PROGRAM...: run them in a guest, hold the
# cases against what mainline gave. $tag, if set, is put behind the names of its logs.
selftests() {
	kernel=${1%%:*} karg=${1#"${1%%:*}"} smp=$2 timeout=$3
	shift 3
	raw=$build/log/selftests-$kernel$karg${tag-}.txt
	"$top/tools/vm" --kernel "$kernel" --smp "$smp" --mem 2G --timeout "$timeout" \
		--log "selftests$karg${tag-}" --append "$(echo "${karg#:}" | tr , " ")" --add "$build/guest/selftests:/" \
		--add "$top/guest/selftests" -- ./selftests "$@" >"$raw" ||
		not_ok "guest-$kernel: $(tail -n 1 "$raw"), see build/log/vm-selftests$karg${tag-}-$kernel.log"
	lacks_nothing "$kernel"
	! grep -qE 'pin_(x32|i386) was left out' "$raw" ||
		not_ok "pins: there is no program of another ABI, see $raw"
	case $kernel$karg in
	debug*|*action_tables=verify*)	compare=compare-slow ;;
	*)				compare=compare ;;
	esac
	"$top/tests/ktap" $compare "$top/$reference/selftests" "$@" <"$raw" || failed=1
}

# verified_selftests KERNEL[:KARG[,KARG]...] SMP TIMEOUT PROGRAM...: the same with each
# verdict verified. One that differs warns, and a guest that warns has failed.
verified_selftests() {
	case $1 in
	*:*)	kernel=$1,seccomp.action_tables=verify ;;
	*)	kernel=$1:seccomp.action_tables=verify ;;
	esac
	shift
	selftests "$kernel" "$@"
	if grep -qx 'seccomp.action_tables verify' "$raw"; then
		ok "${kernel%%:*}${tag-}: verdicts are verified"
	else
		not_ok "${kernel%%:*}${tag-}: verdicts are not verified, see $raw"
	fi
}

# debug_selftests PROGRAM...: run them on the debug kernel, which verifies verdicts. Beside
# other tests the guest may get no processor for longer than the 20 s in which the watchdog
# wants to see every task scheduled: six times as long.
debug_selftests() {
	verified_selftests debug:watchdog_thresh=60 2 4500 "$@"
}

# jit_selftests SETTING VALUE PROGRAM...: run them on the patched kernel with this in
# net.core, and see that the guest had it
jit_selftests() {
	setting=net.core.$1 value=$2
	shift 2
	if [ "$setting $value" = "net.core.bpf_jit_enable 0" ] &&
		grep -qx CONFIG_BPF_JIT_ALWAYS_ON=y "$build/kernel/patched/.config"; then
		echo "skip $setting is 0: the kernel is built with CONFIG_BPF_JIT_ALWAYS_ON"
		return
	fi
	selftests "patched:sysctl.$setting=$value" 2 1200 "$@"
	if grep -qxF "$setting $value" "$raw"; then
		ok "$setting is $value"
	else
		not_ok "$setting is not $value but $(grep -F "$setting" "$raw")"
	fi
}

# fuzz SEED SECONDS: random requests, on the debug kernel that verifies verdicts
fuzz() {
	out=$build/log/fuzz-$2.txt
	if "$top/tools/vm" --kernel debug --smp 2 --mem 2G --timeout $(($2 + 600)) --log "fuzz-$2" \
		--append "seccomp.action_tables=verify watchdog_thresh=60" \
		--add "$build/guest/fuzz" -- ./fuzz "$1" "$2" >"$out" 2>"$scratch/err"; then
		ok "$(grep '^seeds' "$out"), $(awk '$NF == "not" { n += $(NF - 5) + $(NF - 2) }
			END { print n }' "$out") requests"
	else
		cat "$scratch/err" >&2
		not_ok "seed $1, $2 s: $(grep -E '^(wrong|dull)' "$out" | head -n 1)" \
			"$(tail -n 1 "$scratch/err"), see build/log/fuzz-$2.txt"
	fi
	! grep -qx 'no eBPF filters here' "$out" ||
		not_ok "eBPF: the debug kernel should have eBPF filters, and has none, see $out"
}

# benchmark NAME KERNEL [KARG]: run the base's seccomp_benchmark and the series' in a
# guest that counts instructions for time, and hold what became of each of their
# expectations against the list of that NAME. The number of calls is given: they would
# else measure for seconds at a time. On the patched kernel filters cost nothing: the
# base's program skips all if the difference of two figures then is below 0 by a rounding.
benchmark() {
	name=$1 kernel=$2 list=benchmark-$1
	raw=$build/log/$list.txt new=$build/reference-$list
	"$top/tools/vm" --kernel "$kernel" --icount --timeout 900 --log "$list" \
		--append "${3-}" --add "$build/guest/selftests:/" -- \
		sh -c 'cd /selftests/seccomp && for p; do echo "$p:"; ./$p 20000; done; true' \
		sh seccomp_benchmark seccomp_benchmark_new >"$raw" 2>&1 || {
		not_ok "benchmark $name: $(tail -n 1 "$raw")"
		return
	}
	{
		echo "# What seccomp_benchmark expects, and what becomes of it: the base's, the series'"
		grep -E '^(seccomp_benchmark.*:|1\.\.[0-9]+|(not )?ok [0-9]+ .*)$' "$raw" |
			if [ "$name" = patched ]; then sed 's/ # SKIP / /'; else cat; fi
	} >"$new"
	if cmp -s "$new" "$top/$reference/$list"; then
		ok "benchmark $name: $(grep -c '^ok' "$new") expectations are met," \
			"$(grep -c '^not ok' "$new") are not, as recorded"
	else
		not_ok "benchmark $name: look at diff $reference/$list build/reference-$list, and" \
			"copy it if it is right"
	fi
}

# bpf_tests KERNEL: run BPF's own in a guest, their output in $raw
bpf_tests() {
	raw=$build/log/bpf-tests-$1.txt
	"$top/tools/vm" --kernel "$1" --smp 2 --mem 2G --timeout 2400 --log bpf-tests \
		--append log_buf_len=4M --add "$build/guest/bpf-tests/$1:/" \
		--add "$top/guest/bpf" -- ./bpf >"$raw"
}

# The base's own tests that run on every kernel, see docs/testing.md.
base_selftests="seccomp/seccomp_bpf ptrace/get_syscall_info ptrace/set_syscall_info
	$(printf ' x86/%s' syscall_nt_64 syscall_nt_32 syscall_arg_fault_64 syscall_arg_fault_32 \
		ptrace_syscall_64 ptrace_syscall_32 single_step_syscall_64 single_step_syscall_32 \
		sysret_rip_64 sysret_ss_attrs_64 sysret_ss_attrs_32 syscall_numbering_64 \
		test_vsyscall_64 test_vsyscall_32 test_syscall_vdso_32 entry_from_vm86_32 \
		unwind_vdso_32 vdso_restorer_32 sigreturn_64 sigreturn_32)"

pin_selftests="$(printf " seccomp/%s" pin_abi_test pin_exec_test pin_fault_test pin_stack_test \
	pin_sync_test pin_test)"

# Of eBPF filters; those that are tried for a while each are apart, for tests that run
# them more than once.
slow_ebpf_selftests="seccomp/ebpf_stack_test seccomp/ebpf_stress_test"
quick_ebpf_selftests="$(printf " seccomp/%s" ebpf_attach_test ebpf_btf_test ebpf_deputy_test \
	ebpf_dump_test ebpf_fault_test ebpf_filters_test ebpf_load_test ebpf_maps_test \
	ebpf_privilege_test ebpf_random_test ebpf_ringbuf_test ebpf_tail_test ebpf_trace_test \
	ebpf_translated_test)"
ebpf_selftests="$quick_ebpf_selftests $slow_ebpf_selftests"

# without LEFT-OUT PROGRAM...: the programs but those of the first list
without() {
	left_out=" $1 "
	shift
	for program; do
		case $left_out in *" $program "*) ;; *) printf '%s ' "$program" ;; esac
	done
}

# The series' own, which say nothing of how a verdict is found: they pass on
# mainline too.
filter_selftests="$(printf " seccomp/%s" entry_test entry_test_32 abi_test args_test \
	constant_test dump_test fault_test flags_test inherit_test plan_test proc_test \
	stack_test stress_test tsync_test policy_access_test policy_read_test policy_test \
	trace_test tracer_log_test detect_test)"
our_selftests="$filter_selftests $ebpf_selftests $pin_selftests"

# What takes minutes on the debug kernel under emulation; tests/all has it there.
slow_debug_selftests="$(printf " seccomp/%s" args_test constant_test entry_test flags_test \
	plan_test policy_read_test policy_test proc_test stack_test stress_test \
	tracer_log_test \
	ebpf_filters_test ebpf_load_test \
	ebpf_maps_test ebpf_random_test ebpf_ringbuf_test ebpf_stack_test ebpf_stress_test \
	ebpf_tail_test ebpf_trace_test pin_fault_test pin_stack_test pin_sync_test pin_test)"

# What runs on other architectures, too: not what is about the ABIs of x86, what is
# slow, or what needs tracing, which their kernels leave out.
foreign_selftests="seccomp/seccomp_bpf $(printf " seccomp/%s" args_test constant_test dump_test \
	entry_test flags_test inherit_test plan_test policy_access_test policy_read_test proc_test \
	stack_test stress_test tsync_test ebpf_attach_test ebpf_dump_test \
	ebpf_stack_test)"
