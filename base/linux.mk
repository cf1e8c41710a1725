# SPDX-License-Identifier: GPL-2.0
# The kernel that the series is made against: version, where from, hash.
# Read by make and by shell, so plain NAME=value lines only.

BASE=7.3
BASE_VERSION=7.3.4

# Mainline as Debian packages it, from the mirror that this machine uses.
BASE_PACKAGE=linux-source-7.3
BASE_PACKAGE_VERSION=7.3.4-1~bpo13+1
BASE_SUITE=trixie-backports
BASE_SHA256=76df1affb19f24926949369be1d74b60071c963c598ce8780bddd4bbf0fc3bc4

# Where to look when Debian no longer offers any BASE_PACKAGE.
BASE_URL=https://cdn.kernel.org/pub/linux/kernel/v7.x
