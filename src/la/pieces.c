/* A piece has the rows whose numbers are in a range of PIECE numbers. Each rank puts its elements where their numbers
 * are, the others have zeros there, and the bits of all are ORed. Of a selection of rows the ranks first find out which
 * numbers there are. (Sending elements to the first rank alone would be half of the bytes, and need to know who has
 * what.) */
#include "la/pieces.h"

#include <string.h>
#include "base/mem.h"

#define PIECE ((size_t)1 << 18)

int kc_row_pieces_begin(struct kc_row_pieces *p, const struct kc_rows *rows, size_t size, struct kc_err *e)
{
    *p = (struct kc_row_pieces){.rows = rows, .size = size};
    if (!rows->share)
        return 0;
    p->buf = kc_mem_alloc(PIECE, size, e);
    if (p->buf && rows->idx)
        p->there = kc_mem_alloc(PIECE / 8, 1, e);
    return p->buf && (p->there || !rows->idx) ? 0 : -1;
}

void kc_row_pieces_free(struct kc_row_pieces *p)
{
    kc_mem_free(p->there);
    kc_mem_free(p->buf);
}

/* Return where in the piece row i of this rank is, counted in numbers. */
static size_t slot_of(const struct kc_row_pieces *p, size_t i)
{
    return (size_t)(kc_rows_number(p->rows, i) - p->number);
}

static int is_there(const struct kc_row_pieces *p, size_t slot)
{
    return !p->there || (p->there[slot / 8] >> slot % 8 & 1);
}

int kc_row_pieces_next(struct kc_row_pieces *p, struct kc_err *e)
{
    const struct kc_rows *rows = p->rows;
    const uint64_t all = kc_rows_all(rows);
    p->done += p->n;
    p->at += p->mine;
    p->number = p->next;
    p->next += PIECE;
    p->n = p->mine = 0;
    if (p->done == all)
        return 0;
    if (!rows->share) {
        p->n = p->mine = all - p->done < PIECE ? (size_t)(all - p->done) : PIECE;
        return 1;
    }
    if (p->there)
        memset(p->there, 0, PIECE / 8);
    for (size_t slot; p->at + p->mine < rows->n && (slot = slot_of(p, p->at + p->mine)) < PIECE; p->mine++)
        if (p->there)
            p->there[slot / 8] |= (unsigned char)(1u << slot % 8);
    if (!p->there) {
        p->n = all - p->done < PIECE ? (size_t)(all - p->done) : PIECE;
        return 1;
    }
    if (kc_team_union(kc_rows_team(rows), p->there, PIECE / 8, e) != 0)
        return -1;
    for (size_t slot = 0; slot < PIECE; slot++)
        p->n += is_there(p, slot) ? 1u : 0u;
    return 1;
}

int kc_row_pieces_gather(struct kc_row_pieces *p, const void *mine, const void **all, struct kc_err *e)
{
    const char *from = (const char *)mine + p->at * p->size;
    size_t have = 0;
    *all = from;
    if (!p->rows->share)
        return 0;
    *all = p->buf;
    memset(p->buf, 0, PIECE * p->size);
    for (size_t i = 0; i < p->mine; i++)
        memcpy(p->buf + slot_of(p, p->at + i) * p->size, from + i * p->size, p->size);
    if (kc_team_union(kc_rows_team(p->rows), p->buf, (p->there ? PIECE : p->n) * p->size, e) != 0)
        return -1;
    for (size_t slot = 0; p->there && slot < PIECE; slot++)
        if (is_there(p, slot))
            memmove(p->buf + have++ * p->size, p->buf + slot * p->size, p->size);
    return 0;
}

void *kc_row_pieces_room(struct kc_row_pieces *p, void *mine)
{
    return p->rows->share ? p->buf : (char *)mine + p->at * p->size;
}

int kc_row_pieces_spread(struct kc_row_pieces *p, void *mine, struct kc_err *e)
{
    struct kc_team *team = kc_rows_team(p->rows);
    char *to = (char *)mine + p->at * p->size;
    size_t left = p->n;
    if (!p->rows->share)
        return 0;
    if (kc_team_rank(team) > 0)
        memset(p->buf, 0, PIECE * p->size);
    else
        for (size_t slot = PIECE; p->there && slot-- > 0 && left > 0;)
            if (is_there(p, slot))
                memmove(p->buf + slot * p->size, p->buf + --left * p->size, p->size);
    if (kc_team_union(team, p->buf, (p->there ? PIECE : p->n) * p->size, e) != 0)
        return -1;
    for (size_t i = 0; i < p->mine; i++)
        memcpy(to + i * p->size, p->buf + slot_of(p, p->at + i) * p->size, p->size);
    return 0;
}
