/* SPDX-License-Identifier: GPL-2.0 */
/* Memory functions of the C library */

#include <string.h>
