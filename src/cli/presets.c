/* Presets: texts of options for a news pipeline, one for each of its four indexes. */
#include <string.h>
#include "cli/config.h"

static const struct {
    const char *name, *text;
} presets[] = {
    {"news-documents",
     "# The stories that documents tell.\n"
     "term-field source_id\n"
     "k 2:30%:x1.15\n"
     "n-init 2\n"},
    {"news-events",
     "# What happened, each time it is told.\n"
     "term-field source_id\n"
     "k 2:25%:x1.15\n"
     "n-init 2\n"},
    {"news-entities",
     "# Persons, organizations, places, by all their names.\n"
     "term-field source_id\n"
     "k 2:12%:x1.2\n"
     "n-init 2\n"},
    {"news-storylines",
     "# Stories that go on.\n"
     "term-field source_id\n"
     "k 2:20%:x1.15\n"
     "n-init 2\n"},
};

const char *kc_preset_text(const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(presets[i].name, name) == 0)
            return presets[i].text;
    return NULL;
}
