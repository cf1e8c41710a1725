# SPDX-License-Identifier: GPL-2.0
# Build what the series touches in many configurations; sourced after lib.sh
#
# A configuration is a fragment for scripts/configure; a line "# arch: ARCH" in it
# is for another architecture than x86, "# compiler: NAME" for another than gcc.

# touched: the objects of what the series adds and changes, tools and samples left out
touched() {
	{
		(cd "$top/linux" && find . -name '*.c' | cut -c 3-)
		sed -n 's,^+++ b/\(.*\.c\)$,\1,p' "$top/patches/$BASE"/*.patch
	} | sed '/^tools\//d; /^samples\//d; s/\.c$/.o/' | sort -u
}

# listed FOLDER: what its Makefile has this configuration build there
listed() {
	makefile=$source/$1/Kbuild list=$scratch/listed-$(echo "$1" | tr / -)
	[ -f "$makefile" ] || makefile=$source/$1/Makefile
	# shellcheck disable=SC2016 # for make
	[ -e "$list" ] || printf '%s\n' 'include .config' "-include $makefile" \
		'listed:; @echo $(obj-y)' |
		make -s -C "$objects" -f - srctree="$source" src="$source/$1" obj="$1" \
			SRCARCH="${ARCH:-x86}" BITS="$bits" listed |
		tr ' ' '\n' | sed 's,/$,,' >"$list"
	cat "$list"
}

# built PATH: does this configuration build it, and each folder on the way?
built() {
	path=$1
	while [ "$path" != . ]; do
		folder=$(dirname "$path")
		[ "$folder" != arch ] || {
			[ "${path##*/}" = "${ARCH:-x86}" ]
			return
		}
		listed "$folder" | grep -qxF "${path##*/}" || return 1
		path=$folder
	done
}

# What includes the headers that it changes at system call entry
users() {
	case ${ARCH-} in
	alpha|arm|m68k|mips|parisc)
			echo arch/$ARCH/kernel/ptrace.o ;;
	arm64)		echo arch/arm64/kernel/syscall.o arch/arm64/kernel/ptrace.o ;;
	powerpc)	echo arch/powerpc/kernel/syscall.o kernel/entry/ ;;
	riscv)		echo arch/riscv/kernel/traps.o kernel/entry/ ;;
	s390)		echo arch/s390/kernel/syscall.o kernel/entry/ ;;
	sh)		echo arch/sh/kernel/ptrace_32.o ;;
	sparc)		echo arch/sparc/kernel/ptrace_64.o ;;
	um)		echo arch/um/kernel/skas/syscall.o ;;
	*)		echo arch/x86/entry/ kernel/entry/ ;;
	esac
}

# missing OBJECT...: what these need of the compiler's library, which no kernel has
missing() {
	(cd "$objects" && nm -u "$@" |
		grep -oE '\b__(u?(div|mod|divmod)[dt]i[34]|aeabi_u?ldivmod)\b' | sort -u)
}

# warnings LOG: those in it, but for sh's own that it has no clone3()
warnings() {
	grep 'warning:' "$1" | grep -v '#warning syscall clone3 not implemented'
}

# variants FOLDER: each of its configurations builds without a warning
variants() {
	source=$build/src/patched
	for config in "$top/$1"/*.config; do
		name=${config##*/}
		name=${name%.config}
		objects=$build/kernel/variant-$name
		log=$build/log/variant-$name.log
		begun=$(date +%s)
		unset ARCH COMPILER
		named=$(sed -n 's/^# compiler: //p' "$config")
		[ -z "$named" ] || export COMPILER="$named"
		arch=$(sed -n 's/^# arch: //p' "$config")
		[ -z "$arch" ] || export ARCH="$arch"
		if ! "$top/scripts/configure" patched "$objects" "$config" 2>"$scratch/err"; then
			not_ok "$name: $(cat "$scratch/err")"
			continue
		fi
		rm -f "$scratch"/listed-*
		bits=$(grep -q '^CONFIG_64BIT=y' "$objects/.config" && echo 64 || echo 32)
		wanted=$(for object in $(touched); do ! built "$object" || echo "$object"; done)
		if [ -z "$wanted" ]; then
			not_ok "$name: nothing that the series touches is built"
		elif ! "$top/scripts/kbuild" patched "$objects" W=1 $wanted $(users) >"$log" 2>&1; then
			not_ok "$name: does not build: $(grep -m 1 -E 'error: |Error [0-9]' "$log"), see $log"
		elif warnings "$log" | grep -q .; then
			not_ok "$name: $(warnings "$log" | head -n 1), see $log"
		elif lacks=$(missing $wanted) && [ -n "$lacks" ]; then
			not_ok "$name: needs $(echo $lacks), which the kernel has not: divide by other means"
		else
			ok "$name"
		fi
		echo "$name: $(($(date +%s) - begun)) s:" $wanted >&2
	done
}
