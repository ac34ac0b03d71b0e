/**
 * The functions that an application calls: an image has other functions only if these need them. With EVERY_CALL, those
 * as well that serve the application alone, and cost nothing until it calls them. And the memory of a board.
 */
#include "earshot_state.h"

extern void *const roots[];
void *const roots[] = {
    (void *)earshot_init,        (void *)earshot_poll,
    (void *)earshot_close,       (void *)earshot_network_changed,
    (void *)earshot_id,          (void *)earshot_say,
    (void *)earshot_send,        (void *)earshot_on_chat,
    (void *)earshot_on_document, (void *)earshot_on_sent,
    (void *)earshot_on_peer,     (void *)earshot_stats,
    (void *)earshot_last_id,
#if EARSHOT_HEARSAY
    (void *)earshot_add_peer,    (void *)earshot_remove_peer,
    (void *)earshot_added_peer,
#endif
#if EVERY_CALL
    (void *)earshot_cancel,      (void *)earshot_refuse,
    (void *)earshot_remove,      (void *)earshot_put,
    (void *)earshot_get,         (void *)earshot_is_up,
    (void *)earshot_next_peer,   (void *)earshot_now,
    (void *)earshot_wall,        (void *)earshot_json_number,
    (void *)earshot_json_text,   (void *)earshot_json_flag,
#endif
#if EARSHOT_ASK
    (void *)earshot_ask,         (void *)earshot_answer,
    (void *)earshot_on_ask,      (void *)earshot_on_answer,
#endif
};

extern char ram_of_a_board[sizeof(struct earshot)];
char ram_of_a_board[sizeof(struct earshot)];
extern char ram_of_a_session[sizeof(es_session)];
char ram_of_a_session[sizeof(es_session)];
