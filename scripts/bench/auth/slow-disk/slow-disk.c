// A disk on which a sync takes SLOW_DISK_MS, and one that loses what was not synced: what was written to files of the folder
// SLOW_DISK_FOLDER gets with their next sync into the folder SLOW_DISK_KEPT, which so holds what is left after a power cut. A
// deleted file is there again, unless the folder was synced. While the file SLOW_DISK_FAILS is there syncs fail, and what they
// had to write is dropped, as Linux does: a later sync succeeds without it.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

struct range {
  off_t at;
  size_t length;
};

struct file {
  char name[NAME_MAX + 1];
  pthread_mutex_t syncing;
  struct range *written;
  size_t count, room;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[32];

static int read_path(int file, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length >= 0) path[length] = 0;
  return length >= 0;
}

// The file behind a descriptor where it lies right in the folder, or NULL.
static struct file *find(int descriptor) {
  const char *folder = getenv("SLOW_DISK_FOLDER");
  char path[PATH_MAX];
  struct stat facts;
  if (!folder || fstat(descriptor, &facts) || !S_ISREG(facts.st_mode) || !read_path(descriptor, path)) return NULL;
  size_t prefix = strlen(folder);
  if (strncmp(path, folder, prefix) || path[prefix] != '/' || strchr(path + prefix + 1, '/')) return NULL;
  const char *name = path + prefix + 1;
  struct file *found = NULL;
  pthread_mutex_lock(&lock);
  for (size_t at = 0; !found && at < sizeof files / sizeof *files; at++) {
    if (!files[at].name[0]) {
      snprintf(files[at].name, sizeof files[at].name, "%s", name);
      pthread_mutex_init(&files[at].syncing, NULL);
    }
    if (!strcmp(files[at].name, name)) found = &files[at];
  }
  pthread_mutex_unlock(&lock);
  return found;
}

static void note(struct file *file, off_t at, ssize_t length) {
  if (!file || length <= 0) return;
  pthread_mutex_lock(&lock);
  if (file->count == file->room) {
    file->room = file->room ? file->room * 2 : 64;
    file->written = realloc(file->written, file->room * sizeof *file->written);
  }
  file->written[file->count++] = (struct range){at, length};
  pthread_mutex_unlock(&lock);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t at) {
  ssize_t result = REAL("pwrite64", ssize_t(*)(int, const void *, size_t, off64_t))(descriptor, bytes, length, at);
  int error = errno;
  note(find(descriptor), at, result);
  errno = error;
  return result;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t at) {
  return pwrite64(descriptor, bytes, length, at);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
  struct file *file = find(descriptor);
  off_t at = file ? lseek(descriptor, 0, SEEK_CUR) : 0;
  ssize_t result = REAL("write", ssize_t(*)(int, const void *, size_t))(descriptor, bytes, length);
  int error = errno;
  note(file, at, result);
  errno = error;
  return result;
}

static void wait_for_disk(void) {
  const char *ms = getenv("SLOW_DISK_MS");
  long wanted = ms ? atol(ms) : 0;
  struct timespec time = {wanted / 1000, wanted % 1000 * 1000000};
  while (nanosleep(&time, &time) == -1 && errno == EINTR) {}
}

static void keep_deletions(int descriptor) {
  char path[PATH_MAX], there[PATH_MAX * 2], kept[PATH_MAX * 2];
  const char *folder = getenv("SLOW_DISK_FOLDER"), *copies = getenv("SLOW_DISK_KEPT");
  if (!folder || !copies || !read_path(descriptor, path) || strcmp(path, folder)) return;
  DIR *all = opendir(copies);
  for (struct dirent *one; all && (one = readdir(all));) {
    snprintf(there, sizeof there, "%s/%s", folder, one->d_name);
    snprintf(kept, sizeof kept, "%s/%s", copies, one->d_name);
    if (one->d_name[0] != '.' && access(there, F_OK)) unlink(kept);
  }
  if (all) closedir(all);
}

static int sync_kept(int descriptor, struct file *file, int (*real)(int)) {
  struct stat facts;
  // Who syncs the same file meanwhile waits for what it is about to write.
  pthread_mutex_lock(&file->syncing);
  pthread_mutex_lock(&lock);
  struct range *written = file->written;
  size_t count = file->count;
  file->written = NULL;
  file->count = file->room = 0;
  fstat(descriptor, &facts);
  // Its own descriptor for reading would, when it is closed, end the locks that the process has on the file.
  char **bytes = calloc(count + 1, sizeof *bytes);
  for (size_t at = 0; at < count; at++) {
    bytes[at] = malloc(written[at].length);
    ssize_t length = pread(descriptor, bytes[at], written[at].length, written[at].at);
    written[at].length = length > 0 ? length : 0;
  }
  pthread_mutex_unlock(&lock);
  wait_for_disk();
  const char *fails = getenv("SLOW_DISK_FAILS");
  int is_failing = fails && !access(fails, F_OK);
  int result = is_failing ? -1 : real(descriptor);
  int error = is_failing ? EIO : errno;
  char kept[PATH_MAX * 2];
  snprintf(kept, sizeof kept, "%s/%s", getenv("SLOW_DISK_KEPT"), file->name);
  int copy = result == 0 ? open(kept, O_WRONLY | O_CREAT, 0600) : -1;
  for (size_t at = 0; at < count; at++) {
    if (copy >= 0 && pwrite(copy, bytes[at], written[at].length, written[at].at) < 0) abort();
    free(bytes[at]);
  }
  if (copy >= 0 && ftruncate(copy, facts.st_size)) abort();
  if (copy >= 0) close(copy);
  free(bytes);
  free(written);
  pthread_mutex_unlock(&file->syncing);
  errno = error;
  return result;
}

static int sync_file(int descriptor, int (*real)(int)) {
  struct file *file = getenv("SLOW_DISK_KEPT") ? find(descriptor) : NULL;
  if (file) return sync_kept(descriptor, file, real);
  wait_for_disk();
  int result = real(descriptor);
  int error = errno;
  if (result == 0) keep_deletions(descriptor);
  errno = error;
  return result;
}

int fsync(int file) { return sync_file(file, REAL("fsync", int (*)(int))); }

int fdatasync(int file) { return sync_file(file, REAL("fdatasync", int (*)(int))); }

int sync_file_range(int file, off64_t offset, off64_t length, unsigned int flags) {
  wait_for_disk();
  return REAL("sync_file_range", int (*)(int, off64_t, off64_t, unsigned int))(file, offset, length, flags);
}
