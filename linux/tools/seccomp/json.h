/* SPDX-License-Identifier: GPL-2.0 */
/* Parts of JSON that several outputs have */

#ifndef _JSON_H
#define _JSON_H

#include "output.h"

void json_subject(const struct subject *s);
void json_verdict(const struct entry *e, bool cost);

#endif
