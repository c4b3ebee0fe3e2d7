"""A filter of system calls for the sandbox: those by which memory could be held unseen, or another process reached.

What the filter refuses fails with "operation not permitted". It is a program for the kernel's packet filter, as
`bwrap --seccomp` takes it; see seccomp(2).
"""

import platform
import struct

# Numbers of the calls on x86-64 and on 64-bit ARM.
_CALLS = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "inotify_init": (253, 26),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}
# The architecture as the kernel tells it, which column above, and the number of mmap.
_MACHINES = {"x86_64": (0xC000003E, 0, 9), "aarch64": (0xC00000B7, 1, 222)}
# Memory that is shared and belongs to no file stays when nobody counts it as theirs any more.
_SHARED_ANONYMOUS = 0x01 | 0x20

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _FLAGS_AT = 0, 4, 16 + 3 * 8


def program(machine: str = "") -> bytes:
    """The filter for a machine, this one unless it is named; empty where we have none."""
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        return b""
    architecture, column, mmap = _MACHINES[machine]
    refused = sorted(numbers[column] for numbers in _CALLS.values())
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        # x86-64 has all calls a second time, from here on.
        (_AT_LEAST, len(refused) + 5, 0, 0x40000000),
        # A jump counts the steps that it leaves out: from each of these to the last one, which refuses.
        *((_EQUAL, len(refused) + 4 - place, 0, number) for place, number in enumerate(refused)),
        (_EQUAL, 0, 3, mmap),
        (_LOAD, 0, 0, _FLAGS_AT),
        (_AND, 0, 0, _SHARED_ANONYMOUS),
        (_EQUAL, 1, 0, _SHARED_ANONYMOUS),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
