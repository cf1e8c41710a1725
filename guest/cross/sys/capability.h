/* SPDX-License-Identifier: GPL-2.0 */
/* What the selftests use of libcap, which Debian has for no cross compiler */
#ifndef _CROSS_SYS_CAPABILITY_H
#define _CROSS_SYS_CAPABILITY_H

#include <stdlib.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/syscall.h>

typedef int cap_value_t;
typedef enum { CAP_EFFECTIVE, CAP_PERMITTED, CAP_INHERITABLE } cap_flag_t;
typedef enum { CAP_CLEAR, CAP_SET } cap_flag_value_t;

typedef struct {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
} *cap_t;

static inline cap_t cap_get_proc(void)
{
	cap_t caps = calloc(1, sizeof(*caps));

	if (!caps)
		return NULL;
	caps->header.version = _LINUX_CAPABILITY_VERSION_3;
	if (!syscall(SYS_capget, &caps->header, caps->data))
		return caps;
	free(caps);
	return NULL;
}

static inline int cap_set_proc(cap_t caps)
{
	return syscall(SYS_capset, &caps->header, caps->data);
}

/* The bits of @value's half that @flag names */
static inline __u32 *cap_bits(cap_t caps, cap_value_t value, cap_flag_t flag)
{
	struct __user_cap_data_struct *half = &caps->data[CAP_TO_INDEX(value)];

	return flag == CAP_EFFECTIVE ? &half->effective :
	       flag == CAP_PERMITTED ? &half->permitted : &half->inheritable;
}

static inline int cap_get_flag(cap_t caps, cap_value_t value, cap_flag_t flag,
			       cap_flag_value_t *is)
{
	*is = *cap_bits(caps, value, flag) & CAP_TO_MASK(value) ? CAP_SET : CAP_CLEAR;
	return 0;
}

static inline int cap_set_flag(cap_t caps, cap_flag_t flag, int count,
			       const cap_value_t *values, cap_flag_value_t to)
{
	for (int i = 0; i < count; i++) {
		if (to == CAP_SET)
			*cap_bits(caps, values[i], flag) |= CAP_TO_MASK(values[i]);
		else
			*cap_bits(caps, values[i], flag) &= ~CAP_TO_MASK(values[i]);
	}
	return 0;
}

static inline int cap_free(void *caps)
{
	free(caps);
	return 0;
}

#endif /* _CROSS_SYS_CAPABILITY_H */
