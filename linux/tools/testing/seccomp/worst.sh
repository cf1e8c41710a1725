#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Count what analysis and residuals of hard filters cost: worst.sh PROGRAM BUDGET
#
# PROGRAM is worst, BUDGET how many instructions each of its filters may cost.
# Exit status: 0 fine, 1 a filter costs more, 2 nothing could be counted.

[ $# = 2 ] || { echo "usage: worst.sh PROGRAM BUDGET" >&2; exit 2; }
status=0
for filter in $("$1" list); do
	out=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		--toggle-collect=measured "$1" "$filter" 2>&1) || :
	cost=$(echo "$out" | sed -n 's/.*Collected : \([0-9]*\)$/\1/p')
	what=$(echo "$out" | grep ' steps, ')
	if [ -z "$cost" ] || [ "$cost" = 0 ]; then
		echo "worst.sh: $filter: $(echo "$out" | tail -n 1): is valgrind installed?" >&2
		exit 2
	elif [ "$cost" -gt "$2" ]; then
		echo "not ok worst $filter: $cost instructions, budget $2: $what"
		status=1
	else
		echo "ok worst $filter: $cost instructions: $what"
	fi
done
exit $status
