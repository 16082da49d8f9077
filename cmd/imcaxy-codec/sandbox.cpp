#include "sandbox.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <initializer_list>

namespace imcaxy::codec {
namespace {

constexpr int no_sandbox = 70;

/// An open sandbox is none.
void must(bool done) {
  if (!done) _exit(no_sandbox);
}

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  must(setrlimit(resource, &both) == 0);
}

std::uint64_t address_space() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  must(file && std::fscanf(file, "%lu", &pages) == 1);
  std::fclose(file);
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2]{};
  must(syscall(SYS_capset, &header, none) == 0);
}

/// Nothing of the file system but the reading of fonts; false when the kernel has no Landlock.
bool allow_only_fonts() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  // All that the first version knows; renaming and truncating need a descriptor that seccomp does not give.
  constexpr std::uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  const landlock_ruleset_attr attributes{.handled_access_fs = all};
  const int rules = static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
  if (rules < 0) return false;
  for (const char* folder : {"/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/poppler", "/etc/fonts",
                             "/usr/share/fontconfig", "/var/cache/fontconfig"}) {
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    beneath.parent_fd = open(folder, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0) continue;  // not on this system
    must(syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0);
    close(beneath.parent_fd);
  }
  must(syscall(SYS_landlock_restrict_self, rules, 0) == 0);
  close(rules);
  return true;
}

/// libseccomp's list of rules. The default action ends the process.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_KILL_PROCESS)) { must(context_ != nullptr); }

  void allow(std::initializer_list<int> calls) {
    for (const int call : calls) must(seccomp_rule_add(context_, SCMP_ACT_ALLOW, call, 0) == 0);
  }
  void allow_if(int call, const scmp_arg_cmp& condition) {
    must(seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call, 1, &condition) == 0);
  }
  void refuse(int error, std::initializer_list<int> calls) {
    for (const int call : calls)
      must(seccomp_rule_add(context_, SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)), call, 0) == 0);
  }
  void refuse_if(int error, int call, const scmp_arg_cmp& condition) {
    must(seccomp_rule_add_array(context_, SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)), call, 1, &condition) == 0);
  }
  void load() {
    must(seccomp_load(context_) == 0);
    seccomp_release(context_);
  }

 private:
  scmp_filter_ctx context_;
};

void filter_calls(bool files) {
  Filter filter;
  // Memory, threads, time, the end.
  filter.allow({SCMP_SYS(munmap),        SCMP_SYS(mremap),
                SCMP_SYS(madvise),       SCMP_SYS(brk),
                SCMP_SYS(futex),         SCMP_SYS(set_robust_list),
                SCMP_SYS(rseq),          SCMP_SYS(exit),
                SCMP_SYS(exit_group),    SCMP_SYS(rt_sigprocmask),
                SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigreturn),
                SCMP_SYS(sched_yield),   SCMP_SYS(sched_getaffinity),
                SCMP_SYS(nanosleep),     SCMP_SYS(clock_nanosleep),
                SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
                SCMP_SYS(gettimeofday),  SCMP_SYS(getpid),
                SCMP_SYS(gettid),        SCMP_SYS(getrandom),
                SCMP_SYS(sysinfo),       SCMP_SYS(uname),
                SCMP_SYS(getcpu),        SCMP_SYS(getrusage),
                SCMP_SYS(times)});
  // What is open already: the picture, the answer's memory, /dev/null.
  filter.allow({SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat)});
  filter.allow_if(SCMP_SYS(newfstatat), SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH));  // glibc's fstat
  filter.allow_if(SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GETFL));
  filter.allow_if(SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GETFD));
  filter.allow_if(SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_SETFD));
  // No code but what was loaded.
  filter.allow_if(SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  filter.allow_if(SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  // Threads, not processes. clone3 has its flags in memory, where no filter sees them; glibc then falls back to clone.
  filter.allow_if(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM));
  filter.refuse(ENOSYS, {SCMP_SYS(clone3)});
  filter.allow_if(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
  filter.allow_if(SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0));                                 // asks only
  filter.allow_if(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid())));  // abort()
  // Libraries try these, and live without them.
  filter.refuse(EPERM, {SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(sched_setscheduler), SCMP_SYS(setpriority),
                        SCMP_SYS(mbind), SCMP_SYS(get_mempolicy), SCMP_SYS(set_mempolicy), SCMP_SYS(sched_setaffinity),
                        SCMP_SYS(ioctl), SCMP_SYS(fadvise64)});
  filter.refuse(EACCES, {SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(open), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
                         SCMP_SYS(unlink), SCMP_SYS(unlinkat)});
  constexpr unsigned changing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
  if (files) {
    filter.allow_if(SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, changing, 0));
    for (const unsigned bit : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND})
      filter.refuse_if(EACCES, SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, bit, bit));
    filter.allow({SCMP_SYS(getdents64), SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(stat), SCMP_SYS(lstat),
                  SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(statx)});
    filter.allow_if(SCMP_SYS(newfstatat), SCMP_A3(SCMP_CMP_NE, AT_EMPTY_PATH));
  } else {
    filter.refuse(EACCES, {SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(access), SCMP_SYS(faccessat),
                           SCMP_SYS(faccessat2), SCMP_SYS(statx), SCMP_SYS(statfs)});
    filter.refuse_if(EACCES, SCMP_SYS(newfstatat), SCMP_A3(SCMP_CMP_NE, AT_EMPTY_PATH));
  }
  filter.load();
}

}  // namespace

void enter_sandbox(const Allowance& allowance) {
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
  const std::uint64_t space = address_space();
  const bool files = allowance.fonts && allow_only_fonts();
  drop_capabilities();
  limit(RLIMIT_AS, space + allowance.memory_bytes);
  // First SIGXCPU, which says what it was; SIGKILL a second later.
  const rlimit cpu{allowance.cpu_seconds, allowance.cpu_seconds + 1};
  must(setrlimit(RLIMIT_CPU, &cpu) == 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  // The system counts threads as processes, and those are needed: processes are the filter's matter.
  limit(RLIMIT_NOFILE, files ? 64 : 0);
  filter_calls(files);
}

}  // namespace imcaxy::codec
