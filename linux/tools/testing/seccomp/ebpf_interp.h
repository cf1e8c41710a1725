/* SPDX-License-Identifier: GPL-2.0 */
/* What an eBPF program returns to one call, if the verifier could accept it */

#ifndef _EBPF_INTERP_H
#define _EBPF_INTERP_H

#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <linux/types.h>

/**
 * enum run - how a run has ended
 * @RUN_RETURNED: the program returned
 * @RUN_REFUSED: it did what no verifier accepts
 * @RUN_ENDLESS: it took too long
 */
enum run {
	RUN_RETURNED,
	RUN_REFUSED,
	RUN_ENDLESS,
};

enum run run_ebpf(const struct bpf_insn *insns, unsigned int len, const struct seccomp_data *sd,
		  u64 seed, u32 *ret);

#endif
