/* Find the file that a path names, through links that may be trusted. */
#ifndef KC_IO_RESOLVE_H
#define KC_IO_RESOLVE_H

#include <stddef.h>

/* Follow the links of the last component of path (size bytes of room), which is replaced by the file that they name;
 * it need not exist yet. A link that somebody else put into a folder where all may write, and which is sticky, is not
 * followed, as with Linux's fs.protected_symlinks, whatever that is set to. Each link is opened, and its owner and its
 * text are those of what was opened: an exchange between two looks changes nothing. Return 0 or an errno: EACCES for
 * such a link. */
int kc_resolve(char *path, size_t size);

#endif
