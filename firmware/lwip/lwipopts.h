/**
 * lwIP as on an ESP32: ESP-IDF's defaults, with the numbers of ../esp-idf/sdkconfig.defaults (passed by the Makefile as
 * CONFIG_…). It allocates from a heap of 100 KiB, in place of the heap of a chip.
 */
#ifndef EARSHOT_LWIPOPTS_H
#define EARSHOT_LWIPOPTS_H

/* Threads: one task runs the stack, and others send messages to it. */
#define NO_SYS 0
#define LWIP_TCPIP_CORE_LOCKING 0
#define LWIP_COMPAT_MUTEX 0
#define SYS_LIGHTWEIGHT_PROT 1
#define TCPIP_MBOX_SIZE 32
#define LWIP_NETIF_API 0

/* Memory: all from one heap, of the size that is left on a chip with Wi-Fi running. */
#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8
#define MEM_SIZE (100 * 1024)
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define LWIP_STATS 1
#define MEM_STATS 1

/* Sockets. */
#define LWIP_SOCKET 1
#define LWIP_COMPAT_SOCKETS 0
#define LWIP_SOCKET_SELECT 1
#define MEMP_NUM_NETCONN CONFIG_LWIP_MAX_SOCKETS
#define DEFAULT_UDP_RECVMBOX_SIZE CONFIG_LWIP_UDP_RECVMBOX_SIZE
#define DEFAULT_TCP_RECVMBOX_SIZE 6
#define DEFAULT_ACCEPTMBOX_SIZE 6
#define DEFAULT_RAW_RECVMBOX_SIZE 6
#define SO_REUSE 1
#define LWIP_SO_SNDTIMEO 1
#define LWIP_SO_RCVTIMEO 1
#define LWIP_SO_LINGER 0

/* TCP. */
#define TCP_MSS 1440
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCP_MAXRTX 12
#define TCP_SYNMAXRTX 12
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_PBUFS 4
#define TCP_LISTEN_BACKLOG 1

/* IP. */
#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_IGMP 1
#define LWIP_IPV6_MLD 1
#define LWIP_MULTICAST_TX_OPTIONS 1
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_RAW 1
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define IP_REASSEMBLY 0
#define LWIP_IPV6_REASS 0
#define LWIP_IPV6_AUTOCONFIG 0
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_IPV6_NUM_ADDRESSES 3
#define MEMP_NUM_MLD6_GROUP 10
#define LWIP_ND6_NUM_NEIGHBORS CONFIG_LWIP_IPV6_ND6_NUM_NEIGHBORS

#define LWIP_NETIF_LOOPBACK 1
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1

#endif
