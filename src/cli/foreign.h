/* The names that other programs have for what kclust does. */
#ifndef KC_CLI_FOREIGN_H
#define KC_CLI_FOREIGN_H

#include <stddef.h>

/* Return what the option of another program, n bytes without dashes, is called here; NULL if it is none. */
const char *kc_foreign_option(const char *name, size_t n);
/* The same for an option of one letter; NULL if it is none. */
const char *kc_foreign_letter(char letter);
/* Return the verb that does what another program calls this; NULL if there is none. */
const char *kc_foreign_verb(const char *name);

#endif
