/* Presets: texts of options for a news pipeline, two for each of its four indexes (documents, events, entities,
 * storylines): by k-means, and by density or a tree. */
#include <string.h>
#include "cli/config.h"

static const struct {
    const char *name, *text;
} presets[] = {
    {"news-documents",
     "# Stories told by documents. A pause of two weeks starts a new story.\n"
     "term-field source_id\n"
     "document-field source_id\n"
     "time-field date\n"
     "text-field title\n"
     "keywords 8\n"
     "time-window 14d\n"
     "max-gap 14d\n"
     "link 0.85\n"
     "k 10%:40%:x1.2\n"
     "n-init 2\n"
     "cluster-type document\n"
     "id-format document_cluster_%03d\n"
     "representatives 3\n"
     "facet domain\n"},
    {"news-events",
     "# Events, from every report of them. A pause of a week starts a new event.\n"
     "term-field source_id\n"
     "document-field document_id\n"
     "time-field date\n"
     "text-field text\n"
     "keywords 8\n"
     "time-window 7d\n"
     "max-gap 7d\n"
     "link 0.88\n"
     "k 15%:40%:x1.2\n"
     "n-init 2\n"
     "cluster-type event\n"
     "id-format event_cluster_%03d\n"
     "representatives 3\n"
     "facet domain\n"
     "facet event_type\n"},
    {"news-entities",
     "# Persons, organizations and places, under all their names.\n"
     "term-field source_id\n"
     "document-field document_id\n"
     "text-field canonical_text\n"
     "keywords 3\n"
     "group-by entity_type\n"
     "time-field date\n"
     "time-window 7d\n"
     "max-gap 90d\n"
     "link 0.87\n"
     "k 20%:45%:x1.2\n"
     "n-init 1\n"
     "cluster-type entity\n"
     "id-format entity_cluster_%04d\n"
     "representatives 3\n"
     "facet entity_type\n"
     "facet canonical_text\n"
     "facet domain\n"},
    {"news-storylines",
     "# Long-running stories.\n"
     "term-field source_id\n"
     "document-field document_id\n"
     "time-field date\n"
     "text-field title\n"
     "keywords 8\n"
     "time-window 90d\n"
     "max-gap 90d\n"
     "link 0.85\n"
     "k 5%:25%:x1.15\n"
     "n-init 4\n"
     "cluster-type storyline\n"
     "id-format storyline_cluster_%03d\n"
     "representatives 3\n"
     "facet domain\n"},
    {"news-documents-density",
     "# Stories told by documents, by density: they need no number of clusters.\n"
     "term-field source_id\n"
     "document-field source_id\n"
     "time-field date\n"
     "text-field title\n"
     "keywords 8\n"
     "time-window 14d\n"
     "max-gap 14d\n"
     "link 0.8\n"
     "algorithm hdbscan\n"
     "min-size 2\n"
     "min-samples 1\n"
     "epsilon 0.2\n"
     "noise nearest\n"
     "cluster-type document\n"
     "id-format document_cluster_%03d\n"
     "representatives 3\n"
     "facet domain\n"},
    {"news-events-tree",
     "# Events, by a tree for each week that is cut at a height: no number of clusters.\n"
     "term-field source_id\n"
     "document-field document_id\n"
     "time-field date\n"
     "text-field text\n"
     "keywords 8\n"
     "time-window 7d\n"
     "max-gap 7d\n"
     "link 0.84\n"
     "algorithm ward\n"
     "two-stage 20000\n"
     "cut 1.08\n"
     "cluster-type event\n"
     "id-format event_cluster_%03d\n"
     "representatives 3\n"
     "facet domain\n"
     "facet event_type\n"},
    {"news-entities-tree",
     "# Persons, organizations and places, by a tree for each week.\n"
     "term-field source_id\n"
     "document-field document_id\n"
     "text-field canonical_text\n"
     "keywords 3\n"
     "group-by entity_type\n"
     "time-field date\n"
     "time-window 7d\n"
     "max-gap 90d\n"
     "link 0.86\n"
     "algorithm ward\n"
     "two-stage 20000\n"
     "k 20%:45%:x1.2\n"
     "cluster-type entity\n"
     "id-format entity_cluster_%04d\n"
     "representatives 3\n"
     "facet entity_type\n"
     "facet canonical_text\n"
     "facet domain\n"},
    {"news-storylines-density",
     "# Long-running stories, by density: they need no number of clusters.\n"
     "term-field source_id\n"
     "document-field document_id\n"
     "time-field date\n"
     "text-field title\n"
     "keywords 8\n"
     "time-window 90d\n"
     "max-gap 90d\n"
     "link 0.8\n"
     "algorithm hdbscan\n"
     "min-size 2\n"
     "min-samples 1\n"
     "epsilon 0.25\n"
     "noise nearest\n"
     "cluster-type storyline\n"
     "id-format storyline_cluster_%03d\n"
     "representatives 3\n"
     "facet domain\n"},
};

const char *kc_preset_text(const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(presets[i].name, name) == 0)
            return presets[i].text;
    return NULL;
}
