/* SPDX-License-Identifier: GPL-2.0 */
/* The order of bytes */

#ifndef _SHIM_LINUX_BYTEORDER_GENERIC_H
#define _SHIM_LINUX_BYTEORDER_GENERIC_H

#include <asm/byteorder.h>

#ifndef __force
#define __force
#endif

#define swab16		__swab16
#define swab32		__swab32
#define swab64		__swab64
#define cpu_to_be16	__cpu_to_be16
#define cpu_to_be32	__cpu_to_be32
#define cpu_to_be64	__cpu_to_be64
#define cpu_to_le16	__cpu_to_le16
#define cpu_to_le32	__cpu_to_le32
#define cpu_to_le64	__cpu_to_le64

#endif
