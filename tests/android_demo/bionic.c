/* Lets Android's libtensorflowlite_jni.so (x86_64, ARM64) run in a process of glibc: for tests, the APK has nothing of
 * it.
 *
 * The library asks for libc.so, libm.so, libdl.so and liblog.so with symbols of version LIBC. This file, linked under
 * those names, has them: what differs between bionic and glibc is defined here, everything else jumps on to glibc's
 * function of that name (android_native.py writes the jumps). Types that cross the border are of one layout:
 * pthread_mutex_t (but see below), pthread_cond_t, pthread_rwlock_t, struct stat. The stack guard is at fs:0x28 in both
 * on x86_64; for ARM64 see arm_host.c.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIONIC(result, name, ...)                      \
  __asm__(".symver bionic_" #name ", " #name "@LIBC"); \
  result bionic_##name(__VA_ARGS__)

/* --- standard files: bionic has them side by side, 152 bytes each --- */

enum { BIONIC_FILE = 152 };
char bionic___sF[3 * BIONIC_FILE];
__asm__(".symver bionic___sF, __sF@LIBC");

static FILE *file(void *given) {
  char *place = given;
  if (place < bionic___sF || place >= bionic___sF + sizeof bionic___sF) return given;
  FILE *standard[] = {stdin, stdout, stderr};
  return standard[(place - bionic___sF) / BIONIC_FILE];
}

BIONIC(int, fclose, void *to) { return fclose(file(to)); }
BIONIC(int, fflush, void *to) { return fflush(to ? file(to) : NULL); }
BIONIC(int, fileno, void *to) { return fileno(file(to)); }
BIONIC(int, fputc, int one, void *to) { return fputc(one, file(to)); }
BIONIC(size_t, fread, void *into, size_t size, size_t count, void *from) {
  return fread(into, size, count, file(from));
}
BIONIC(size_t, fwrite, const void *from, size_t size, size_t count, void *to) {
  return fwrite(from, size, count, file(to));
}
BIONIC(int, vfprintf, void *to, const char *format, va_list values) { return vfprintf(file(to), format, values); }
BIONIC(int, fprintf, void *to, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int written = vfprintf(file(to), format, values);
  va_end(values);
  return written;
}

/* --- what only Android has --- */

BIONIC(int *, __errno, void) { return __errno_location(); }
BIONIC(size_t, __strlen_chk, const char *text, size_t size) {
  (void)size;
  return strlen(text);
}
BIONIC(int, __system_property_get, const char *name, char *value) {
  strcpy(value, strcmp(name, "ro.build.version.sdk") ? "" : "35"); /* TFLite leaves XNNPACK out below 20 */
  return (int)strlen(value);
}
BIONIC(void, android_set_abort_message, const char *message) { fprintf(stderr, "abort: %s\n", message); }
BIONIC(int, __android_log_vprint, int priority, const char *tag, const char *format, va_list values) {
  fprintf(stderr, "logcat %d %s: ", priority, tag);
  vfprintf(stderr, format, values);
  return fputc('\n', stderr);
}

/* --- what both have, but not alike --- */

extern int __xpg_strerror_r(int, char *, size_t);
BIONIC(int, strerror_r, int number, char *text, size_t size) { return __xpg_strerror_r(number, text, size); }

/* On ARM64 glibc clears 48 bytes, of which bionic's type has 40 and glibc uses no more. */
BIONIC(int, pthread_mutex_init, pthread_mutex_t *mutex, const pthread_mutexattr_t *kind) {
  pthread_mutex_t made;
  int failed = pthread_mutex_init(&made, kind);
  if (!failed) memcpy((void *)mutex, &made, 40);
  return failed;
}

/* bionic looks for RTLD_DEFAULT in the caller's own library too. So TFLite finds XNNPACK, which is linked into it. */
BIONIC(void *, dlsym, void *handle, const char *name) {
  void *found = dlsym(handle, name);
  Dl_info caller;
  if (!found && handle == RTLD_DEFAULT && dladdr(__builtin_return_address(0), &caller)) {
    void *library = dlopen(caller.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (library) {
      found = dlsym(library, name);
      dlclose(library);
    }
  }
  return found;
}

BIONIC(long, sysconf, int name) {
  switch (name) { /* bionic's numbers */
    case 0x0027:
    case 0x0028:
      return sysconf(_SC_PAGESIZE);
    case 0x0060:
      return sysconf(_SC_NPROCESSORS_CONF);
    case 0x0061:
      return sysconf(_SC_NPROCESSORS_ONLN);
    case 0x0062:
      return sysconf(_SC_PHYS_PAGES);
    default:
      fprintf(stderr, "bionic.c: sysconf %d is not known\n", name);
      errno = EINVAL;
      return -1;
  }
}

/* XNNPACK's AVX-512 kernels read the parameters of an operator as if they lay on 64 bytes, which no malloc promises:
 * without this about one process in three ends with SIGSEGV. Not seen on ARM, which has no such instruction. */

enum { ALIGNMENT = 64 };

BIONIC(int, posix_memalign, void **into, size_t alignment, size_t size) {
  return posix_memalign(into, alignment < ALIGNMENT ? ALIGNMENT : alignment, size);
}
BIONIC(void *, memalign, size_t alignment, size_t size) {
  void *found;
  return bionic_posix_memalign(&found, alignment, size) ? NULL : found;
}
BIONIC(void *, malloc, size_t size) { return bionic_memalign(ALIGNMENT, size); }
BIONIC(void *, calloc, size_t count, size_t size) {
  size_t bytes;
  void *found = __builtin_mul_overflow(count, size, &bytes) ? NULL : bionic_malloc(bytes);
  return found ? memset(found, 0, bytes) : NULL;
}
