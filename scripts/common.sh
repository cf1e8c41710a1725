# SPDX-License-Identifier: GPL-2.0
# What every script here begins with; sourced, with $top and $prog as results.
# Errors are one line that says what to do, and exit status 2.

set -eu
prog=${0##*/}
top=$(cd "${0%/*}/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/constact
build=$top/build
jobs=${JOBS:-$(nproc)}
. "$top/base/linux.mk"

die() {
	echo "$prog: $*" >&2
	exit 2
}

say() {
	echo "$prog: $*" >&2
}

# cross ARCH: what the names of Debian's compiler for it begin with
cross() {
	case $1 in
	alpha)		echo alpha-linux-gnu- ;;
	arm)		echo arm-linux-gnueabihf- ;;
	arm64)		echo aarch64-linux-gnu- ;;
	m68k)		echo m68k-linux-gnu- ;;
	mips)		echo mips64el-linux-gnuabi64- ;;
	parisc)		echo hppa-linux-gnu- ;;
	powerpc)	echo powerpc64le-linux-gnu- ;;
	riscv)		echo riscv64-linux-gnu- ;;
	s390)		echo s390x-linux-gnu- ;;
	sh)		echo sh4-linux-gnu- ;;
	sparc)		echo sparc64-linux-gnu- ;;
	esac
}

# elapsed SECONDS: "3 min 05 s"
elapsed() {
	printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
}

# need_space MIB PLACE WHAT: say how much is needed before anything is begun
need_space() {
	mkdir -p "$2"
	free=$(($(df -Pk "$2" | awk 'NR == 2 { print $4 }') / 1024))
	[ "$free" -ge "$1" ] ||
		die "$3 needs $1 MiB in $2, which has $free: free some, or clone elsewhere"
}

# with_progress WHAT LOG HOWFAR COMMAND...: run COMMAND with its output in LOG
# and say now and then how far it is, as the shell command HOWFAR tells.
with_progress() {
	what=$1 log=$2 howfar=$3
	shift 3
	mkdir -p "${log%/*}"
	begun=$(date +%s)
	"$@" >"$log" 2>&1 </dev/null &
	child=$!
	trap 'kill $child 2>/dev/null; wait $child; exit 130' INT TERM
	ticks=0
	while kill -0 $child 2>/dev/null; do
		sleep 1
		ticks=$((ticks + 1))
		if [ -t 2 ]; then
			printf '\r%s: %s, %s so far \033[K' "$what" "$(eval "$howfar")" \
				"$(elapsed $(($(date +%s) - begun)))" >&2
		elif [ $((ticks % 30)) = 0 ]; then
			echo "$what: $(eval "$howfar"), $(elapsed $(($(date +%s) - begun))) so far" >&2
		fi
	done
	status=0
	wait $child || status=$?
	trap - INT TERM
	[ ! -t 2 ] || printf '\r\033[K' >&2
	[ $status != 0 ] || say "$what: done in $(elapsed $(($(date +%s) - begun)))"
	return $status
}
