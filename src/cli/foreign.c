/* What options and verbs of scikit-learn, Faiss, BERTopic and others are called here, for those who type them by
 * habit. '_' and '-' are the same. */
#include "cli/foreign.h"

#include <string.h>

static const struct {
    const char *names; /* separated by blanks */
    const char *here;
} options[] = {
    {"n-clusters num-clusters clusters-number nclusters nlist n-components nr-topics n-topics num-topics ncentroids",
     "the number of clusters is -k, as in -k 5 or -k 2:20"},
    {"random-state random-seed rng-seed", "the seed is --seed"},
    {"metric distance affinity similarity spherical cosine", "kclust always clusters by the cosine"},
    {"init initial-centroids", "--centroids FILE starts from given centroids"},
    {"n-jobs jobs num-threads nthreads njobs workers", "the number of threads is -j"},
    {"max-clusters k-range kmax", "a range of k is -k MIN:MAX, as in -k 2:20"},
    {"min-cluster-size min-topic-size size-min", "the least size of a cluster is --min-size"},
    {"max-cluster-size size-max", "the largest size of a cluster is --max-size"},
    {"niter n-iter iterations num-iterations", "the most iterations are --max-iter"},
    {"nredo restarts", "the number of restarts is --n-init"},
    {"top-n-words n-words", "the number of words for each cluster is --keywords"},
    {"n-dims truncate-dim truncate", "--dims takes the first numbers of each vector"},
    {"sep separator delim", "the separator of csv is --delimiter"},
    {"id-field id-column text-column", "the field of the term is --term-field"},
    {"embedding-field embedding-column vector-field vec-column vector-column",
     "the field of the vector is --vec-field"},
    {"format out-format", "the format of the output is -f, that of the input -i"},
    {"out outfile out-file", "the output is -o"},
    {"neighbors n-neighbors num-neighbors", "the number of neighbours is --neighbours, of kclust neighbours"},
    {"silent", "quiet is -q"},
    {"file files infile input-file data vectors embeddings labels",
     "files are given without an option, after the verb"},
    {"min-dist cluster-selection-epsilon", "clusters of --algorithm hdbscan are not split below --epsilon"},
    {"density hdbscan dbscan umap", "clusters by density are --algorithm hdbscan, best with --space graph"},
    {"pca svd reduce n-pca pca-components", "fewer dimensions are --space pca:N or --space svd:N"},
    {"cluster-selection-method", "how clusters by density are selected is --select"},
    {"allow-single-cluster", "one cluster of all rows is allowed by --allow-one"},
    {"soft top-k top-n nearest n-nearest probabilities calculate-probabilities", "--top N adds the N nearest clusters"},
    {"outliers contamination", "--threshold p5, for one, leaves outliers unassigned"},
    {"language-code lang stopword-language", "the languages of stop words are --language"},
    {"topics labels-per-cluster", "--keywords N finds words and labels of the clusters"},
};

static const struct {
    const char *names, *here;
} verbs[] = {
    {"cluster kmeans train run", "fit"},
    {"predict transform label apply", "assign"},
    {"partial-fit partial_fit learn add", "update"},
    {"evaluate eval judge metrics", "score"},
    {"compare", "diff"},
    {"explain reason", "why"},
    {"split rename relabel correct", "edit"},
    {"show stat stats describe inspect", "info"},
    {"cat dump export", "convert"},
    {"knn neighbors nearest similar duplicates dedup kneighbors", "neighbours"},
};

/* Return 1 if the word, n bytes, is in the list. */
static int is_among(const char *list, const char *word, size_t n)
{
    for (const char *p = list; *p; p += strspn(p, " ")) {
        size_t m = strcspn(p, " "), i = 0;
        while (i < m && i < n && (p[i] == word[i] || (p[i] == '-' && word[i] == '_')))
            i++;
        if (i == m && m == n)
            return 1;
        p += m;
    }
    return 0;
}

const char *kc_foreign_option(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (is_among(options[i].names, name, n))
            return options[i].here;
    return NULL;
}

const char *kc_foreign_letter(char letter)
{
    if (strchr("nKNc", letter))
        return kc_foreign_option("n-clusters", 10);
    return letter == 'd' ? "the separator of csv is --delimiter" :
           letter == 't' || letter == 'p' ? "the number of threads is -j" : NULL;
}

const char *kc_foreign_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (is_among(verbs[i].names, name, strlen(name)))
            return verbs[i].here;
    return NULL;
}
