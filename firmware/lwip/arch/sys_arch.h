/** Threads, semaphores, mutexes and mailboxes for lwIP. The size of a mailbox is exactly as lwIP asks for it. */
#ifndef EARSHOT_LWIP_SYS_ARCH_H
#define EARSHOT_LWIP_SYS_ARCH_H

#include <pthread.h>
#include <stddef.h>

typedef struct sys_mbox *sys_mbox_t;
/** A semaphore is a mailbox of which only the number of messages counts. */
typedef struct sys_mbox *sys_sem_t;
typedef pthread_mutex_t *sys_mutex_t;
typedef pthread_t sys_thread_t;

#define sys_mbox_valid(box) (*(box) != NULL)
#define sys_mbox_set_invalid(box) (*(box) = NULL)
#define sys_sem_valid(sem) (*(sem) != NULL)
#define sys_sem_set_invalid(sem) (*(sem) = NULL)
#define sys_mutex_valid(mutex) (*(mutex) != NULL)
#define sys_mutex_set_invalid(mutex) (*(mutex) = NULL)

#endif
