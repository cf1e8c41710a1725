/* SPDX-License-Identifier: GPL-2.0 */
/* What the verifier lets programs do */

#define MAX_CALL_FRAMES	16
#define BPF_MAX_SUBPROGS	256
