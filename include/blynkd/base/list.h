/*
 * Intrusive doubly linked list. The node lives in its owner's struct; the list owns nothing and allocates
 * nothing. A node that is in no list points at itself, so removing twice is harmless.
 */
#ifndef BLYNKD_BASE_LIST_H
#define BLYNKD_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

/* The struct of `type` whose member `member` is at `node`. */
#define list_owner(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Visits every node; `node` may be removed (but nothing else) in the body. */
#define list_each(node, list, following)                                                                     \
    for ((node) = (list)->next, (following) = (node)->next; (node) != (list);                                \
         (node) = (following), (following) = (node)->next)

static inline void list_init(struct list *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

/* Puts `node` just before `where`: before the list's head it becomes the last. */
static inline void list_insert_before(struct list *where, struct list *node)
{
    node->next = where;
    node->prev = where->prev;
    where->prev->next = node;
    where->prev = node;
}

static inline void list_append(struct list *list, struct list *node)
{
    list_insert_before(list, node);
}

static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

static inline struct list *list_first(struct list *list)
{
    return list_empty(list) ? NULL : list->next;
}

#endif
