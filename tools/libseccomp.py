# SPDX-License-Identifier: GPL-2.0
"""The part of libseccomp that tools here compile filters with."""

import ctypes
import functools
import os

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
# Comparisons: libseccomp's enum scmp_compare.
NE, LT, LE, EQ, GE, GT, MASKED_EQ = range(1, 8)
# Attributes: its enum scmp_filter_attr.
ACT_BADARCH, CTL_OPTIMIZE = 2, 8


class Unusable(Exception):
    """The rules or the library cannot be used; the text says why."""


class ArgCmp(ctypes.Structure):
    """libseccomp's struct scmp_arg_cmp."""
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def refuse_with(error):
    """The action that has a call fail with @error."""
    return 0x00050000 | error


@functools.cache
def library():
    """libseccomp with the prototypes that are used here."""
    try:
        lib = ctypes.CDLL("libseccomp.so.2")
    except OSError as exc:
        raise Unusable(f"{exc}: install libseccomp2") from None
    lib.seccomp_init.restype = ctypes.c_void_p
    lib.seccomp_init.argtypes = [ctypes.c_uint32]
    lib.seccomp_release.argtypes = [ctypes.c_void_p]
    lib.seccomp_arch_resolve_name.restype = ctypes.c_uint32
    for name in ("seccomp_rule_add_array", "seccomp_rule_add_exact_array"):
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int,
                                       ctypes.c_uint, ctypes.POINTER(ArgCmp)]
    for name in ("seccomp_arch_add", "seccomp_arch_remove"):
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    lib.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    lib.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    lib.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    lib.seccomp_syscall_resolve_num_arch.argtypes = [ctypes.c_uint32, ctypes.c_int]
    return lib


def number(name):
    """The native number of a call, a negative one if only other architectures have
    it, None if the library does not know it."""
    nr = library().seccomp_syscall_resolve_name(name.encode())
    return None if nr == -1 else nr


def name_of(nr):
    """The name of a native number, None if it has none."""
    lib = library()
    text = lib.seccomp_syscall_resolve_num_arch(lib.seccomp_arch_resolve_name(b"x86_64"), nr)
    if not text:
        return None
    name = ctypes.string_at(text).decode()
    ctypes.CDLL(None).free(ctypes.c_void_p(text))
    return name


class Filter:
    """Rules on their way to a program; the native architecture is in from the start."""

    def __init__(self, default):
        self.lib = library()
        self.default = default
        self.ctx = self.lib.seccomp_init(default)
        if not self.ctx:
            raise Unusable("libseccomp refuses the default action")

    def __del__(self):
        if getattr(self, "ctx", None):
            self.lib.seccomp_release(self.ctx)

    def add_arch(self, name):
        # -EEXIST for the native one does not matter.
        self.lib.seccomp_arch_add(self.ctx, self.lib.seccomp_arch_resolve_name(name.encode()))

    def remove_arch(self, name):
        self.lib.seccomp_arch_remove(self.ctx, self.lib.seccomp_arch_resolve_name(name.encode()))

    def set(self, attribute, value):
        self.lib.seccomp_attr_set(self.ctx, attribute, value)

    def add(self, action, nr, *tests, exact=False):
        """Give call @nr an @action if all @tests, (argument, comparison, value[, other
        value]) each, are true. Return 0 or a negative error number."""
        array = (ArgCmp * len(tests))(*(ArgCmp(*test) for test in tests))
        call = "seccomp_rule_add_exact_array" if exact else "seccomp_rule_add_array"
        return getattr(self.lib, call)(self.ctx, action, nr, len(tests), array)

    def program(self):
        """The program: struct sock_filter after struct sock_filter."""
        with os.fdopen(os.memfd_create("filter"), "rb") as file:
            rc = self.lib.seccomp_export_bpf(self.ctx, file.fileno())
            if rc < 0:
                raise Unusable(f"libseccomp cannot compile: {os.strerror(-rc)}")
            file.seek(0)
            return file.read()
