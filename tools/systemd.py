# SPDX-License-Identifier: GPL-2.0
"""The seccomp filters of a hardened systemd service, from what systemd.exec(5) documents.

As systemd 252 does on x86-64: for each option a filter for each architecture
that it still allows, i386 and x32 first, which lets all others pass; one for
SystemCallArchitectures= itself; SystemCallFilter= last. The options are

  ProtectHostname=yes                           ProtectKernelModules=yes
  RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6  ProtectKernelLogs=yes
  MemoryDenyWriteExecute=yes                    ProtectClock=yes
  RestrictRealtime=yes                          PrivateDevices=yes
  RestrictSUIDSGID=yes                          SystemCallArchitectures=native
  RestrictNamespaces=yes                        LockPersonality=yes
  ProtectKernelTunables=yes                     SystemCallFilter=@system-service
                                                SystemCallErrorNumber=EPERM
"""

import errno

import libseccomp
from libseccomp import ALLOW, EQ, GT, LT, MASKED_EQ, NE, refuse_with

ARCHES = ("x86", "x32", "x86_64")
EPERM = refuse_with(errno.EPERM)

AF_UNIX, AF_INET, AF_INET6, AF_MAX = 1, 2, 10, 46
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
SCHED_OTHER, SCHED_BATCH, SCHED_IDLE = 0, 3, 5
O_CREAT = 0o100
S_ISUID, S_ISGID = 0o4000, 0o2000
# CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)

# @system-service is nearly all there is, so here is the rest: @clock, @debug,
# @module, @mount, @obsolete, @pkey, @raw-io, @reboot, @swap and what is in no
# set. Later calls than these are in no set of systemd 252 either.
NOT_SYSTEM_SERVICE = set("""
    adjtimex clock_adjtime clock_settime settimeofday
    lookup_dcookie perf_event_open pidfd_getfd ptrace
    delete_module finit_module init_module
    chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree
    pivot_root umount2
    _sysctl afs_syscall create_module get_kernel_syms getpmsg nfsservctl putpmsg
    query_module security sysfs tuxcall uselib ustat vserver
    pkey_alloc pkey_free pkey_mprotect
    ioperm iopl kexec_file_load kexec_load reboot swapoff swapon
    acct bpf fanotify_init fanotify_mark landlock_add_rule landlock_create_ruleset
    landlock_restrict_self memfd_secret mincore modify_ldt open_by_handle_at quotactl
    quotactl_fd seccomp setdomainname sethostname syslog vhangup process_mrelease
    """.split())
LAST_KNOWN = 450


def denied(*names):
    """Rules that refuse these calls whatever their arguments."""
    return [(EPERM, name) for name in names]


def families(arch):
    # i386 has sockets by way of socketcall(), whose arguments are in memory.
    if arch == "x86":
        return None
    wanted = (AF_UNIX, AF_INET, AF_INET6)
    refused = refuse_with(errno.EAFNOSUPPORT)
    return [(refused, "socket", (0, LT, min(wanted))),
            (refused, "socket", (0, GT, max(wanted)))] + [
                (refused, "socket", (0, EQ, family))
                for family in range(1, AF_MAX) if family not in wanted]


def write_execute(arch):
    both = PROT_WRITE | PROT_EXEC
    # The old mmap() of i386 has its arguments in memory.
    old = denied("mmap") if arch == "x86" else []
    return old + [
        (EPERM, "mmap2" if arch == "x86" else "mmap", (2, MASKED_EQ, both, both)),
        (EPERM, "mprotect", (2, MASKED_EQ, PROT_EXEC, PROT_EXEC)),
        (EPERM, "pkey_mprotect", (2, MASKED_EQ, PROT_EXEC, PROT_EXEC)),
        (EPERM, "shmat", (2, MASKED_EQ, SHM_EXEC, SHM_EXEC))]


def realtime(_):
    fine = (SCHED_OTHER, SCHED_BATCH, SCHED_IDLE)
    return [(EPERM, "sched_setscheduler", (1, EQ, policy))
            for policy in range(max(fine)) if policy not in fine] + [
                (EPERM, "sched_setscheduler", (1, GT, max(fine)))]


def set_id(_):
    rules = []
    for bit in (S_ISUID, S_ISGID):
        rules += [(EPERM, name, (mode, MASKED_EQ, bit, bit)) for name, mode in (
            ("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1), ("mkdirat", 2),
            ("mknod", 1), ("mknodat", 2), ("creat", 1))]
        rules += [(EPERM, name, (flags, MASKED_EQ, O_CREAT, O_CREAT),
                   (flags + 1, MASKED_EQ, bit, bit))
                  for name, flags in (("open", 1), ("openat", 2))]
    # What has its arguments in memory cannot be checked.
    return rules + [(refuse_with(errno.ENOSYS), "openat2")]


def namespaces(_):
    rules = [(EPERM, name, (0, MASKED_EQ, flag, flag))
             for flag in NAMESPACES for name in ("unshare", "clone")]
    return rules + [(refuse_with(errno.ENOSYS), "clone3")] + denied("setns")


def sysctl(arch):
    return None if arch == "x32" else denied("_sysctl")


# In systemd's order; None where an architecture has no such filter.
BEFORE_ARCHITECTURES = (
    lambda _: denied("sethostname", "setdomainname"),
    families,
    write_execute,
    realtime,
    set_id,
    namespaces,
    sysctl,
    lambda _: denied("delete_module", "finit_module", "init_module"),
    lambda _: denied("syslog"),
    lambda _: denied("adjtimex", "clock_adjtime", "clock_adjtime64", "clock_settime",
                     "clock_settime64", "settimeofday", "stime"),
    lambda _: denied("ioperm", "iopl"),
)


def program(arch, rules, default=ALLOW):
    """The program with @rules for @arch, which lets other architectures pass."""
    policy = libseccomp.Filter(default)
    if arch != "x86_64":
        policy.remove_arch("x86_64")
        policy.add_arch(arch)
    policy.set(libseccomp.ACT_BADARCH, ALLOW)
    for verdict, name, *tests in rules:
        nr = libseccomp.number(name)
        # "Exact" refuses what the architecture does not have; systemd goes on then.
        if nr is not None:
            policy.add(verdict, nr, *tests, exact=True)
    return policy.program()


def service_calls():
    """A verdict for every call that is known; the rest is ENOSYS."""
    names = filter(None, map(libseccomp.name_of, range(LAST_KNOWN + 1)))
    return [(EPERM if name in NOT_SYSTEM_SERVICE else ALLOW, name) for name in names]


def programs():
    """All of them, oldest first."""
    stack = [program(arch, rules) for option in BEFORE_ARCHITECTURES
             for arch in ARCHES for rules in [option(arch)] if rules]
    # No rule, and the library's own answer to another architecture: kill.
    stack.append(libseccomp.Filter(ALLOW).program())
    stack.append(program("x86_64", [(EPERM, "personality", (0, NE, 0))]))
    stack.append(program("x86_64", service_calls(), refuse_with(errno.ENOSYS)))
    return stack
