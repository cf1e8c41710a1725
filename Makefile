# SPDX-License-Identifier: GPL-2.0
# constact: what can be done here, and in which order. The steps are in scripts/.

include base/linux.mk

KERNEL ?= patched
ACCEL ?= auto
JOBS ?= $(shell nproc)
export KERNEL ACCEL JOBS
ifdef LINUX
export LINUX := $(abspath $(LINUX))
endif
# What the command line set must not reach the kernel's own make.
MAKEOVERRIDES :=
unexport MAKEFLAGS

help:
	@echo 'constact: seccomp verdicts that cost what they need (base: Linux $(BASE_VERSION))'
	@echo
	@echo '  make run       install, fetch, build, boot; attach a container profile, report its cost'
	@echo '  make test      test the patched and the debug kernel (T=glob: some of it)'
	@echo '  make test-all  the same, and what takes longer, mainline as reference included'
	@echo '                 (RESUME=1: only what has not passed yet with these sources)'
	@echo '  make bench     measure mainline and ours, print the budget table (build/bench/)'
	@echo '  make vm        a shell in the guest'
	@echo '  make check     what needs no kernel'
	@echo '  make kunit     the KUnit suites, natively under user-mode Linux'
	@echo '  make kernel    build the kernel, only what changed'
	@echo '  make series    write the mailable patches to build/series/ and prove them'
	@echo '  make tree      lay the series out as a git branch of a kernel tree in build/tree/'
	@echo '  make save      turn that branch back into linux/ and patches/'
	@echo '  make rebase    move that branch to the base that base/linux.mk now names'
	@echo '  make clean     remove build/ (downloads and ccache stay in ~/.cache/constact)'
	@echo
	@echo '  KERNEL=patched|mainline|debug  ACCEL=auto|tcg|kvm  JOBS=n  LINUX=tarball-or-tree'

ifeq ($(filter $(KERNEL),patched mainline debug),)
$(error KERNEL=$(KERNEL): one of patched, mainline, debug)
endif
ifeq ($(filter $(ACCEL),auto tcg kvm),)
$(error ACCEL=$(ACCEL): one of auto, tcg, kvm)
endif

run:
	@scripts/packages run
	@scripts/kernel $(KERNEL)
	@scripts/guest
	@scripts/run

test:
	@scripts/packages test
	@tests/run '$(or $(T),*)' tests/check tests/kernel

test-all:
	@scripts/packages test-all
	@tests/run '$(or $(T),*)' tests/check tests/kernel tests/all

check:
	@tests/run '$(or $(T),*)' tests/check

kunit:
	@scripts/packages run
	@scripts/kunit

bench:
	@scripts/packages bench
	@scripts/kernel bench-mainline
	@scripts/kernel bench
	@scripts/guest
	@scripts/bench

vm:
	@scripts/packages run
	@scripts/kernel $(KERNEL)
	@tools/vm --kernel $(KERNEL) --shell

kernel:
	@scripts/packages run
	@scripts/kernel $(KERNEL)

series:
	@scripts/packages series
	@scripts/series

tree:
	@scripts/packages series
	@scripts/source mainline
	@tools/series tree build/src/mainline build/tree

save:
	@tools/series save build/tree

rebase:
	@scripts/packages series
	@scripts/source mainline
	@tools/series rebase build/src/mainline build/tree

clean:
	rm -rf build

.PHONY: help run test test-all check kunit bench vm kernel series tree save rebase clean
