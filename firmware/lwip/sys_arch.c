#include <lwip/sys.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

/** Most pending signals of a semaphore in lwIP. */
#define SIGNALS 64

struct sys_mbox {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned capacity;
  unsigned first;
  unsigned count;
  void *messages[];
};

static pthread_mutex_t protection;

unsigned lwip_machine_random(void) {
  unsigned number = 0;
  if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) abort();
  return number;
}

static struct timespec monotonic(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time;
}

u32_t sys_now(void) {
  struct timespec time = monotonic();
  return (u32_t)((uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000);
}

u32_t sys_jiffies(void) {
  return sys_now();
}

void sys_init(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&protection, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

sys_prot_t sys_arch_protect(void) {
  pthread_mutex_lock(&protection);
  return 0;
}

void sys_arch_unprotect(sys_prot_t pval) {
  (void)pval;
  pthread_mutex_unlock(&protection);
}

/* Mailboxes. */

err_t sys_mbox_new(sys_mbox_t *box, int size) {
  unsigned capacity = size > 0 ? (unsigned)size : 1;
  struct sys_mbox *made = calloc(1, sizeof *made + capacity * sizeof made->messages[0]);
  pthread_condattr_t attributes;
  *box = made;
  if (made == NULL) return ERR_MEM;
  made->capacity = capacity;
  pthread_mutex_init(&made->lock, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&made->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  return ERR_OK;
}

void sys_mbox_free(sys_mbox_t *box) {
  pthread_cond_destroy(&(*box)->changed);
  pthread_mutex_destroy(&(*box)->lock);
  free(*box);
  *box = NULL;
}

/** Puts a message in; if the box is full, waits for room, or returns false if `wait` is false. */
static bool post(struct sys_mbox *box, void *message, bool wait) {
  pthread_mutex_lock(&box->lock);
  while (wait && box->count == box->capacity) pthread_cond_wait(&box->changed, &box->lock);
  bool room = box->count < box->capacity;
  if (room) box->messages[(box->first + box->count++) % box->capacity] = message;
  if (room) pthread_cond_broadcast(&box->changed);
  pthread_mutex_unlock(&box->lock);
  return room;
}

static void *take(struct sys_mbox *box) {
  void *message = box->messages[box->first];
  box->first = (box->first + 1) % box->capacity;
  box->count--;
  pthread_cond_broadcast(&box->changed);
  return message;
}

/**
 * Waits for a message, `timeout` milliseconds at most, or for ever if that is 0. Returns the milliseconds that it took,
 * SYS_ARCH_TIMEOUT if none came.
 */
static u32_t fetch(struct sys_mbox *box, void **message, u32_t timeout) {
  u32_t began = sys_now();
  struct timespec until = monotonic();
  until.tv_sec += (time_t)(timeout / 1000);
  until.tv_nsec += (long)(timeout % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&box->lock);
  int failed = 0;
  while (box->count == 0 && failed == 0) {
    failed = timeout == 0 ? pthread_cond_wait(&box->changed, &box->lock)
                          : pthread_cond_timedwait(&box->changed, &box->lock, &until);
  }
  bool found = box->count > 0;
  void *taken = found ? take(box) : NULL;
  pthread_mutex_unlock(&box->lock);
  if (message != NULL) *message = taken;
  return found ? sys_now() - began : SYS_ARCH_TIMEOUT;
}

void sys_mbox_post(sys_mbox_t *mbox, void *msg) {
  (void)post(*mbox, msg, true);
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *msg) {
  return post(*mbox, msg, false) ? ERR_OK : ERR_MEM;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *msg) {
  return sys_mbox_trypost(mbox, msg);
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **msg, u32_t timeout) {
  return fetch(*mbox, msg, timeout);
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **msg) {
  struct sys_mbox *from = *mbox;
  pthread_mutex_lock(&from->lock);
  bool found = from->count > 0;
  void *taken = found ? take(from) : NULL;
  pthread_mutex_unlock(&from->lock);
  if (msg != NULL) *msg = taken;
  return found ? 0 : SYS_MBOX_EMPTY;
}

/* Semaphores. */

err_t sys_sem_new(sys_sem_t *sem, u8_t count) {
  err_t result = sys_mbox_new(sem, SIGNALS);
  if (result == ERR_OK) (*sem)->count = count;
  return result;
}

void sys_sem_free(sys_sem_t *sem) {
  sys_mbox_free(sem);
}

void sys_sem_signal(sys_sem_t *sem) {
  (void)post(*sem, NULL, false);
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout) {
  return fetch(*sem, NULL, timeout);
}

/* Mutexes. */

err_t sys_mutex_new(sys_mutex_t *mutex) {
  *mutex = malloc(sizeof(pthread_mutex_t));
  return *mutex != NULL && pthread_mutex_init(*mutex, NULL) == 0 ? ERR_OK : ERR_MEM;
}

void sys_mutex_free(sys_mutex_t *mutex) {
  pthread_mutex_destroy(*mutex);
  free(*mutex);
  *mutex = NULL;
}

void sys_mutex_lock(sys_mutex_t *mutex) {
  pthread_mutex_lock(*mutex);
}

void sys_mutex_unlock(sys_mutex_t *mutex) {
  pthread_mutex_unlock(*mutex);
}

/* Threads. */

typedef struct beginning {
  lwip_thread_fn run;
  void *argument;
} beginning;

static void *begin(void *context) {
  beginning mine = *(beginning *)context;
  free(context);
  mine.run(mine.argument);
  return NULL;
}

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn thread, void *argument, int stack,
                            int priority) {
  pthread_t made = 0;
  beginning *mine = malloc(sizeof *mine);
  (void)name;
  (void)stack;
  (void)priority;
  if (mine == NULL) abort();
  *mine = (beginning){thread, argument};
  if (pthread_create(&made, NULL, begin, mine) != 0) abort();
  pthread_detach(made);
  return made;
}
