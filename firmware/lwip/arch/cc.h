/** Definitions of the compiler and the machine for lwIP. */
#ifndef EARSHOT_LWIP_CC_H
#define EARSHOT_LWIP_CC_H

#include <sys/time.h>

#define LWIP_TIMEVAL_PRIVATE 0
#define LWIP_ERRNO_STDINCLUDE 1
/* The system's headers define these, too. */
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1

/** Random numbers for ports and sequence numbers. */
unsigned lwip_machine_random(void);
#define LWIP_RAND() lwip_machine_random()

typedef int sys_prot_t;

#endif
