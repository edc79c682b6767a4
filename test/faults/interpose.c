/*
 * Faults of a disk for a process that runs with this library in LD_PRELOAD: its writes and syncs below a directory
 * whose name contains OBSERVA_FAULTS_UNDER wait or fail as the file OBSERVA_FAULTS says at the moment of the call.
 * One word a line:
 *   hold-sync    fdatasync and fsync wait until the word is gone
 *   hold-write   writev and pwritev wait until the word is gone
 *   fail-sync    fdatasync and fsync fail with EIO
 *   fail-write   writev and pwritev fail with ENOSPC
 * A call that waited looks at the file again, so a hold can end in a failure. The call itself is the kernel's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int is_ours(int fd) {
  const char *under = getenv("OBSERVA_FAULTS_UNDER");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (under == NULL || n <= 0) return 0;
  path[n] = 0;
  return strstr(path, under) != NULL;
}

static int is_said(const char *word) {
  char text[1024];
  const char *name = getenv("OBSERVA_FAULTS");
  int fd = name == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  text[n < 0 ? 0 : n] = 0;
  return strstr(text, word) != NULL;
}

static void wait_while(const char *word) {
  const struct timespec tick = {0, 2 * 1000 * 1000};
  while (is_said(word)) nanosleep(&tick, NULL);
}

/* 0 when the call may go on, else the error it must fail with. */
static int fault(int fd, const char *hold, const char *fail, int error) {
  if (!is_ours(fd)) return 0;
  wait_while(hold);
  return is_said(fail) ? error : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_OR(error, call) \
  do {                       \
    int e = (error);         \
    if (e == 0) return call; \
    errno = e;               \
    return -1;               \
  } while (0)

int fdatasync(int fd) { FAIL_OR(fault(fd, "hold-sync", "fail-sync", EIO), REAL(fdatasync)(fd)); }

int fsync(int fd) { FAIL_OR(fault(fd, "hold-sync", "fail-sync", EIO), REAL(fsync)(fd)); }

ssize_t writev(int fd, const struct iovec *v, int n) {
  FAIL_OR(fault(fd, "hold-write", "fail-write", ENOSPC), REAL(writev)(fd, v, n));
}

ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) {
  FAIL_OR(fault(fd, "hold-write", "fail-write", ENOSPC), REAL(pwritev)(fd, v, n, at));
}

ssize_t pwritev64(int fd, const struct iovec *v, int n, off64_t at) {
  FAIL_OR(fault(fd, "hold-write", "fail-write", ENOSPC), REAL(pwritev64)(fd, v, n, at));
}

/* A single buffer goes out with pwrite. */
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) {
  FAIL_OR(fault(fd, "hold-write", "fail-write", ENOSPC), REAL(pwrite)(fd, b, n, at));
}

ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) {
  FAIL_OR(fault(fd, "hold-write", "fail-write", ENOSPC), REAL(pwrite64)(fd, b, n, at));
}
