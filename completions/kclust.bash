# bash completion for kclust; made by: kclust help --completions bash

_kclust_files() {
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# Complete the word after the last comma, without those before it.
_kclust_list() {
    local before='' word rest=()
    [[ $cur == *,* ]] && before=${cur%,*},
    for word in $1; do
        [[ ,$before == *",$word,"* ]] || rest+=("$before$word")
    done
    compopt -o nospace 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -W "${rest[*]}" -- "$cur")
}

_kclust() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb=fit words
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if ((COMP_CWORD > 1)) && [[ " fit assign update score diff edit suggest neighbours map why convert info help " == *" ${COMP_WORDS[1]} "* ]]; then
        verb=${COMP_WORDS[1]}
    fi
    case $verb:$prev in
    fit:-k)
        return
        ;;
    fit:--k-min)
        return
        ;;
    fit:--k-max)
        return
        ;;
    fit:--k-by)
        mapfile -t COMPREPLY < <(compgen -W 'silhouette calinski-harabasz davies-bouldin macro-silhouette modularity elbow gap stability prediction-strength auto' -- "$cur")
        return
        ;;
    fit:--min-size)
        return
        ;;
    fit:--max-size)
        return
        ;;
    fit:--n-init)
        return
        ;;
    fit:--max-iter)
        return
        ;;
    fit:--tol)
        return
        ;;
    fit:--seed)
        return
        ;;
    fit:--sample)
        mapfile -t COMPREPLY < <(compgen -W 'all' -- "$cur")
        return
        ;;
    fit:--algorithm)
        mapfile -t COMPREPLY < <(compgen -W 'kmeans hdbscan ward average complete single' -- "$cur")
        return
        ;;
    fit:--space)
        mapfile -t COMPREPLY < <(compgen -W 'cosine graph pca:50 svd:50' -- "$cur")
        return
        ;;
    fit:--levels)
        _kclust_list 'all'
        return
        ;;
    fit:--min-children)
        return
        ;;
    fit:--reduce-to)
        return
        ;;
    fit:--resamples)
        return
        ;;
    fit:--pairs)
        _kclust_files
        return
        ;;
    fit:--pairs-by)
        mapfile -t COMPREPLY < <(compgen -W 'term row' -- "$cur")
        return
        ;;
    fit:--centroids)
        _kclust_files
        return
        ;;
    fit:--threshold)
        return
        ;;
    fit:--min-margin)
        return
        ;;
    fit:--min-purity)
        return
        ;;
    fit:--max-memory)
        return
        ;;
    fit:--min-samples)
        return
        ;;
    fit:--select)
        mapfile -t COMPREPLY < <(compgen -W 'auto eom leaf layers' -- "$cur")
        return
        ;;
    fit:--epsilon)
        return
        ;;
    fit:--recall)
        return
        ;;
    fit:--two-stage)
        return
        ;;
    fit:--noise)
        mapfile -t COMPREPLY < <(compgen -W 'keep nearest' -- "$cur")
        return
        ;;
    fit:--cut)
        return
        ;;
    fit:--input-format|fit:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    fit:--dim)
        return
        ;;
    fit:--dims)
        return
        ;;
    fit:--tensor)
        return
        ;;
    fit:--term-field)
        return
        ;;
    fit:--vec-field)
        return
        ;;
    fit:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    fit:--delimiter)
        return
        ;;
    fit:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    fit:--records)
        return
        ;;
    fit:--terms)
        _kclust_files
        return
        ;;
    fit:--metadata)
        _kclust_files
        return
        ;;
    fit:--metadata-key)
        return
        ;;
    fit:--where)
        return
        ;;
    fit:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    fit:--max-bad)
        return
        ;;
    fit:--max-line)
        return
        ;;
    fit:--output|fit:-o)
        _kclust_files
        return
        ;;
    fit:--summary|fit:-s)
        _kclust_files
        return
        ;;
    fit:--prometheus)
        _kclust_files
        return
        ;;
    fit:--clusters)
        _kclust_files
        return
        ;;
    fit:--model|fit:-m)
        _kclust_files
        return
        ;;
    fit:--time-table)
        _kclust_files
        return
        ;;
    fit:--tree)
        _kclust_files
        return
        ;;
    fit:--model-rows)
        mapfile -t COMPREPLY < <(compgen -W 'f16 int8 none' -- "$cur")
        return
        ;;
    fit:--output-format|fit:-f)
        mapfile -t COMPREPLY < <(compgen -W 'tsv csv jsonl npy parquet' -- "$cur")
        return
        ;;
    fit:--columns)
        _kclust_list 'term cluster similarity margin silhouette row label purity probability outlier stability'
        return
        ;;
    fit:--id-format)
        return
        ;;
    fit:--top)
        return
        ;;
    fit:--group-by)
        return
        ;;
    fit:--min-group)
        return
        ;;
    fit:--small-groups)
        mapfile -t COMPREPLY < <(compgen -W 'one none' -- "$cur")
        return
        ;;
    fit:--merge-groups)
        return
        ;;
    fit:--time-field)
        return
        ;;
    fit:--time-window)
        return
        ;;
    fit:--link)
        return
        ;;
    fit:--max-gap)
        return
        ;;
    fit:--weight-field)
        return
        ;;
    fit:--recency)
        return
        ;;
    fit:--time-bins)
        mapfile -t COMPREPLY < <(compgen -W 'month week day' -- "$cur")
        return
        ;;
    fit:--cluster-type)
        return
        ;;
    fit:--document-field)
        return
        ;;
    fit:--facet)
        return
        ;;
    fit:--facet-values)
        return
        ;;
    fit:--representatives)
        return
        ;;
    fit:--keywords)
        return
        ;;
    fit:--text-field)
        return
        ;;
    fit:--stop-words)
        _kclust_files
        return
        ;;
    fit:--language)
        _kclust_list 'auto en vi af ar bg bn br ca cs da de el eo es et eu fa fi fr ga gl gu ha he hi hr hu hy id it ja ko ku la lt lv mr ms nl no pl pt ro ru sk sl so st sv sw th tl tr uk ur yo zh zu'
        return
        ;;
    fit:--label-by)
        return
        ;;
    fit:--like)
        _kclust_files
        return
        ;;
    fit:--like-labels)
        _kclust_files
        return
        ;;
    fit:--max-relabel)
        return
        ;;
    fit:--checkpoint)
        _kclust_files
        return
        ;;
    fit:--checkpoint-every)
        return
        ;;
    fit:--timeout)
        return
        ;;
    fit:--lock-timeout)
        return
        ;;
    fit:--preset)
        mapfile -t COMPREPLY < <(compgen -W 'news-documents news-events news-entities news-storylines news-documents-density news-events-tree news-entities-tree news-storylines-density' -- "$cur")
        return
        ;;
    fit:--config)
        _kclust_files
        return
        ;;
    fit:--threads|fit:-j)
        return
        ;;
    fit:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    fit:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    assign:--model|assign:-m)
        _kclust_files
        return
        ;;
    assign:--threshold)
        return
        ;;
    assign:--min-margin)
        return
        ;;
    assign:--drift-unassigned)
        return
        ;;
    assign:--drift-silhouette)
        return
        ;;
    assign:--drift-cv)
        return
        ;;
    assign:--drift-rows)
        return
        ;;
    assign:--input-format|assign:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    assign:--dim)
        return
        ;;
    assign:--dims)
        return
        ;;
    assign:--tensor)
        return
        ;;
    assign:--term-field)
        return
        ;;
    assign:--vec-field)
        return
        ;;
    assign:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    assign:--delimiter)
        return
        ;;
    assign:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    assign:--records)
        return
        ;;
    assign:--terms)
        _kclust_files
        return
        ;;
    assign:--metadata)
        _kclust_files
        return
        ;;
    assign:--metadata-key)
        return
        ;;
    assign:--where)
        return
        ;;
    assign:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    assign:--max-bad)
        return
        ;;
    assign:--max-line)
        return
        ;;
    assign:--output|assign:-o)
        _kclust_files
        return
        ;;
    assign:--summary|assign:-s)
        _kclust_files
        return
        ;;
    assign:--prometheus)
        _kclust_files
        return
        ;;
    assign:--output-format|assign:-f)
        mapfile -t COMPREPLY < <(compgen -W 'tsv csv jsonl npy parquet' -- "$cur")
        return
        ;;
    assign:--columns)
        _kclust_list 'term cluster similarity margin row label'
        return
        ;;
    assign:--id-format)
        return
        ;;
    assign:--top)
        return
        ;;
    assign:--config)
        _kclust_files
        return
        ;;
    assign:--threads|assign:-j)
        return
        ;;
    assign:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    assign:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    update:--model|update:-m)
        _kclust_files
        return
        ;;
    update:--save)
        _kclust_files
        return
        ;;
    update:--threshold)
        return
        ;;
    update:--min-new)
        return
        ;;
    update:--lock-timeout)
        return
        ;;
    update:--late)
        _kclust_files
        return
        ;;
    update:--drift-unassigned)
        return
        ;;
    update:--drift-silhouette)
        return
        ;;
    update:--drift-cv)
        return
        ;;
    update:--drift-rows)
        return
        ;;
    update:--input-format|update:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    update:--dim)
        return
        ;;
    update:--dims)
        return
        ;;
    update:--tensor)
        return
        ;;
    update:--term-field)
        return
        ;;
    update:--vec-field)
        return
        ;;
    update:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    update:--delimiter)
        return
        ;;
    update:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    update:--records)
        return
        ;;
    update:--terms)
        _kclust_files
        return
        ;;
    update:--metadata)
        _kclust_files
        return
        ;;
    update:--metadata-key)
        return
        ;;
    update:--where)
        return
        ;;
    update:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    update:--max-bad)
        return
        ;;
    update:--max-line)
        return
        ;;
    update:--output|update:-o)
        _kclust_files
        return
        ;;
    update:--summary|update:-s)
        _kclust_files
        return
        ;;
    update:--prometheus)
        _kclust_files
        return
        ;;
    update:--output-format|update:-f)
        mapfile -t COMPREPLY < <(compgen -W 'tsv csv jsonl npy parquet' -- "$cur")
        return
        ;;
    update:--columns)
        _kclust_list 'term cluster similarity margin row label'
        return
        ;;
    update:--id-format)
        return
        ;;
    update:--config)
        _kclust_files
        return
        ;;
    update:--threads|update:-j)
        return
        ;;
    update:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    update:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    score:--gold)
        _kclust_files
        return
        ;;
    score:--labels-format)
        mapfile -t COMPREPLY < <(compgen -W 'auto tsv csv jsonl plain npy' -- "$cur")
        return
        ;;
    score:--label-field)
        return
        ;;
    score:--label-term-field)
        return
        ;;
    score:--gold-format)
        mapfile -t COMPREPLY < <(compgen -W 'auto tsv csv jsonl plain npy' -- "$cur")
        return
        ;;
    score:--gold-label-field)
        return
        ;;
    score:--gold-term-field)
        return
        ;;
    score:--worst)
        return
        ;;
    score:--near-duplicates)
        return
        ;;
    score:--max-memory)
        return
        ;;
    score:--input-format|score:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    score:--dim)
        return
        ;;
    score:--dims)
        return
        ;;
    score:--tensor)
        return
        ;;
    score:--term-field)
        return
        ;;
    score:--vec-field)
        return
        ;;
    score:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    score:--delimiter)
        return
        ;;
    score:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    score:--records)
        return
        ;;
    score:--terms)
        _kclust_files
        return
        ;;
    score:--metadata)
        _kclust_files
        return
        ;;
    score:--metadata-key)
        return
        ;;
    score:--where)
        return
        ;;
    score:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    score:--max-bad)
        return
        ;;
    score:--max-line)
        return
        ;;
    score:--output|score:-o)
        _kclust_files
        return
        ;;
    score:--config)
        _kclust_files
        return
        ;;
    score:--threads|score:-j)
        return
        ;;
    score:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    score:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    diff:--match)
        return
        ;;
    diff:--split)
        return
        ;;
    diff:--size-change)
        return
        ;;
    diff:--labels-format)
        mapfile -t COMPREPLY < <(compgen -W 'auto tsv csv jsonl plain npy' -- "$cur")
        return
        ;;
    diff:--label-field)
        return
        ;;
    diff:--label-term-field)
        return
        ;;
    diff:--term-field)
        return
        ;;
    diff:--output|diff:-o)
        _kclust_files
        return
        ;;
    diff:--config)
        _kclust_files
        return
        ;;
    diff:--threads|diff:-j)
        return
        ;;
    diff:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    diff:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    edit:--merge)
        return
        ;;
    edit:--split)
        return
        ;;
    edit:--rename)
        return
        ;;
    edit:--model|edit:-m)
        _kclust_files
        return
        ;;
    edit:--lock-timeout)
        return
        ;;
    edit:--labels-format)
        mapfile -t COMPREPLY < <(compgen -W 'auto tsv csv jsonl plain npy' -- "$cur")
        return
        ;;
    edit:--label-field)
        return
        ;;
    edit:--label-term-field)
        return
        ;;
    edit:--name-field)
        return
        ;;
    edit:--input-format|edit:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    edit:--dim)
        return
        ;;
    edit:--dims)
        return
        ;;
    edit:--tensor)
        return
        ;;
    edit:--term-field)
        return
        ;;
    edit:--vec-field)
        return
        ;;
    edit:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    edit:--delimiter)
        return
        ;;
    edit:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    edit:--records)
        return
        ;;
    edit:--terms)
        _kclust_files
        return
        ;;
    edit:--metadata)
        _kclust_files
        return
        ;;
    edit:--metadata-key)
        return
        ;;
    edit:--where)
        return
        ;;
    edit:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    edit:--max-bad)
        return
        ;;
    edit:--max-line)
        return
        ;;
    edit:--output|edit:-o)
        _kclust_files
        return
        ;;
    edit:--summary|edit:-s)
        _kclust_files
        return
        ;;
    edit:--config)
        _kclust_files
        return
        ;;
    edit:--threads|edit:-j)
        return
        ;;
    edit:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    edit:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    suggest:-k)
        return
        ;;
    suggest:--k-min)
        return
        ;;
    suggest:--k-max)
        return
        ;;
    suggest:--n-init)
        return
        ;;
    suggest:--seed)
        return
        ;;
    suggest:--sample)
        mapfile -t COMPREPLY < <(compgen -W 'all' -- "$cur")
        return
        ;;
    suggest:--space)
        mapfile -t COMPREPLY < <(compgen -W 'cosine graph pca:50 svd:50' -- "$cur")
        return
        ;;
    suggest:--algorithm)
        mapfile -t COMPREPLY < <(compgen -W 'kmeans all' -- "$cur")
        return
        ;;
    suggest:--resamples)
        return
        ;;
    suggest:--budget)
        return
        ;;
    suggest:--gold)
        _kclust_files
        return
        ;;
    suggest:--gold-format)
        mapfile -t COMPREPLY < <(compgen -W 'auto tsv csv jsonl plain npy' -- "$cur")
        return
        ;;
    suggest:--gold-label-field)
        return
        ;;
    suggest:--gold-term-field)
        return
        ;;
    suggest:--input-format|suggest:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    suggest:--dim)
        return
        ;;
    suggest:--dims)
        return
        ;;
    suggest:--tensor)
        return
        ;;
    suggest:--term-field)
        return
        ;;
    suggest:--vec-field)
        return
        ;;
    suggest:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    suggest:--delimiter)
        return
        ;;
    suggest:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    suggest:--records)
        return
        ;;
    suggest:--terms)
        _kclust_files
        return
        ;;
    suggest:--metadata)
        _kclust_files
        return
        ;;
    suggest:--metadata-key)
        return
        ;;
    suggest:--where)
        return
        ;;
    suggest:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    suggest:--max-bad)
        return
        ;;
    suggest:--max-line)
        return
        ;;
    suggest:--output|suggest:-o)
        _kclust_files
        return
        ;;
    suggest:--config)
        _kclust_files
        return
        ;;
    suggest:--threads|suggest:-j)
        return
        ;;
    suggest:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    suggest:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    neighbours:--neighbours)
        return
        ;;
    neighbours:--min-similarity)
        return
        ;;
    neighbours:--time-field)
        return
        ;;
    neighbours:--time-decay)
        return
        ;;
    neighbours:--recall)
        return
        ;;
    neighbours:--max-memory)
        return
        ;;
    neighbours:--input-format|neighbours:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    neighbours:--dim)
        return
        ;;
    neighbours:--dims)
        return
        ;;
    neighbours:--tensor)
        return
        ;;
    neighbours:--term-field)
        return
        ;;
    neighbours:--vec-field)
        return
        ;;
    neighbours:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    neighbours:--delimiter)
        return
        ;;
    neighbours:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    neighbours:--records)
        return
        ;;
    neighbours:--terms)
        _kclust_files
        return
        ;;
    neighbours:--metadata)
        _kclust_files
        return
        ;;
    neighbours:--metadata-key)
        return
        ;;
    neighbours:--where)
        return
        ;;
    neighbours:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    neighbours:--max-bad)
        return
        ;;
    neighbours:--max-line)
        return
        ;;
    neighbours:--output|neighbours:-o)
        _kclust_files
        return
        ;;
    neighbours:--output-format|neighbours:-f)
        mapfile -t COMPREPLY < <(compgen -W 'tsv csv jsonl npy' -- "$cur")
        return
        ;;
    neighbours:--columns)
        _kclust_list 'term neighbour similarity rank row neighbour_row'
        return
        ;;
    neighbours:--config)
        _kclust_files
        return
        ;;
    neighbours:--threads|neighbours:-j)
        return
        ;;
    neighbours:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    neighbours:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    map:--method)
        mapfile -t COMPREPLY < <(compgen -W 'tsne pca' -- "$cur")
        return
        ;;
    map:--components)
        return
        ;;
    map:--exaggeration)
        return
        ;;
    map:--perplexity)
        return
        ;;
    map:--recall)
        return
        ;;
    map:--model|map:-m)
        _kclust_files
        return
        ;;
    map:--max-memory)
        return
        ;;
    map:--labels)
        _kclust_files
        return
        ;;
    map:--labels-format)
        mapfile -t COMPREPLY < <(compgen -W 'auto tsv csv jsonl plain npy' -- "$cur")
        return
        ;;
    map:--label-field)
        return
        ;;
    map:--label-term-field)
        return
        ;;
    map:--input-format|map:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    map:--dim)
        return
        ;;
    map:--dims)
        return
        ;;
    map:--tensor)
        return
        ;;
    map:--term-field)
        return
        ;;
    map:--vec-field)
        return
        ;;
    map:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    map:--delimiter)
        return
        ;;
    map:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    map:--records)
        return
        ;;
    map:--terms)
        _kclust_files
        return
        ;;
    map:--metadata)
        _kclust_files
        return
        ;;
    map:--metadata-key)
        return
        ;;
    map:--where)
        return
        ;;
    map:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    map:--max-bad)
        return
        ;;
    map:--max-line)
        return
        ;;
    map:--output|map:-o)
        _kclust_files
        return
        ;;
    map:--output-format|map:-f)
        mapfile -t COMPREPLY < <(compgen -W 'tsv csv jsonl npy parquet' -- "$cur")
        return
        ;;
    map:--columns)
        _kclust_list 'term x y z cluster label row'
        return
        ;;
    map:--save-map)
        _kclust_files
        return
        ;;
    map:--config)
        _kclust_files
        return
        ;;
    map:--threads|map:-j)
        return
        ;;
    map:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    map:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    why:--model|why:-m)
        _kclust_files
        return
        ;;
    why:--row)
        return
        ;;
    why:--threshold)
        return
        ;;
    why:--min-margin)
        return
        ;;
    why:--top)
        return
        ;;
    why:--neighbours)
        return
        ;;
    why:--keywords)
        return
        ;;
    why:--text-field)
        return
        ;;
    why:--language)
        _kclust_list 'auto en vi af ar bg bn br ca cs da de el eo es et eu fa fi fr ga gl gu ha he hi hr hu hy id it ja ko ku la lt lv mr ms nl no pl pt ro ru sk sl so st sv sw th tl tr uk ur yo zh zu'
        return
        ;;
    why:--max-memory)
        return
        ;;
    why:--input-format|why:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    why:--dim)
        return
        ;;
    why:--dims)
        return
        ;;
    why:--tensor)
        return
        ;;
    why:--term-field)
        return
        ;;
    why:--vec-field)
        return
        ;;
    why:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    why:--delimiter)
        return
        ;;
    why:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    why:--records)
        return
        ;;
    why:--terms)
        _kclust_files
        return
        ;;
    why:--metadata)
        _kclust_files
        return
        ;;
    why:--metadata-key)
        return
        ;;
    why:--where)
        return
        ;;
    why:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    why:--max-bad)
        return
        ;;
    why:--max-line)
        return
        ;;
    why:--output|why:-o)
        _kclust_files
        return
        ;;
    why:--config)
        _kclust_files
        return
        ;;
    why:--threads|why:-j)
        return
        ;;
    why:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    why:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    convert:--output|convert:-o)
        _kclust_files
        return
        ;;
    convert:--output-format|convert:-f)
        mapfile -t COMPREPLY < <(compgen -W 'jsonl kvec npy raw faiss fvecs parquet' -- "$cur")
        return
        ;;
    convert:--input-format|convert:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    convert:--dim)
        return
        ;;
    convert:--dims)
        return
        ;;
    convert:--tensor)
        return
        ;;
    convert:--term-field)
        return
        ;;
    convert:--vec-field)
        return
        ;;
    convert:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    convert:--delimiter)
        return
        ;;
    convert:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    convert:--records)
        return
        ;;
    convert:--terms)
        _kclust_files
        return
        ;;
    convert:--metadata)
        _kclust_files
        return
        ;;
    convert:--metadata-key)
        return
        ;;
    convert:--where)
        return
        ;;
    convert:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    convert:--max-bad)
        return
        ;;
    convert:--max-line)
        return
        ;;
    convert:--config)
        _kclust_files
        return
        ;;
    convert:--threads|convert:-j)
        return
        ;;
    convert:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    convert:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    info:--input-format|info:-i)
        mapfile -t COMPREPLY < <(compgen -W 'auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz' -- "$cur")
        return
        ;;
    info:--dim)
        return
        ;;
    info:--dims)
        return
        ;;
    info:--tensor)
        return
        ;;
    info:--term-field)
        return
        ;;
    info:--vec-field)
        return
        ;;
    info:--header)
        mapfile -t COMPREPLY < <(compgen -W 'auto yes no' -- "$cur")
        return
        ;;
    info:--delimiter)
        return
        ;;
    info:--tsv-dialect)
        mapfile -t COMPREPLY < <(compgen -W 'auto copy csv' -- "$cur")
        return
        ;;
    info:--records)
        return
        ;;
    info:--terms)
        _kclust_files
        return
        ;;
    info:--metadata)
        _kclust_files
        return
        ;;
    info:--metadata-key)
        return
        ;;
    info:--where)
        return
        ;;
    info:--on-bad)
        mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$cur")
        return
        ;;
    info:--max-bad)
        return
        ;;
    info:--max-line)
        return
        ;;
    info:--config)
        _kclust_files
        return
        ;;
    info:--threads|info:-j)
        return
        ;;
    info:--progress)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
        return
        ;;
    info:--log-format)
        mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
        return
        ;;
    help:--options)
        mapfile -t COMPREPLY < <(compgen -W 'fit assign update score diff edit suggest neighbours map why convert info help' -- "$cur")
        return
        ;;
    help:--completions)
        mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$cur")
        return
        ;;
    help:--preset)
        mapfile -t COMPREPLY < <(compgen -W 'news-documents news-events news-entities news-storylines news-documents-density news-events-tree news-entities-tree news-storylines-density' -- "$cur")
        return
        ;;
    esac
    if [[ $cur == -* ]]; then
        case $verb in
        fit) words='-k --k-min --k-max --k-by --min-size --max-size --balanced --n-init --max-iter --tol --seed --sample --algorithm --space --levels --min-children --reduce-to --resamples --test-structure --pairs --pairs-by --centroids --threshold --min-margin --min-purity --max-memory --min-samples --select --epsilon --recall --two-stage --allow-one --noise --cut --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --summary --prometheus --clusters --model --time-table --tree --model-rows --small-model --output-format --columns --id-format --annotate --csv-bom --csv-safe --top --group-by --min-group --small-groups --merge-groups --time-field --time-window --link --max-gap --weight-field --recency --time-bins --cluster-type --document-field --facet --facet-values --representatives --timestamp --keywords --text-field --stop-words --language --label-by --like --like-labels --max-relabel --checkpoint --checkpoint-every --resume --timeout --lock-timeout --preset --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        assign) words='--model --threshold --min-margin --drift --fail-on-drift --drift-unassigned --drift-silhouette --drift-cv --drift-rows --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --summary --prometheus --output-format --columns --id-format --annotate --csv-bom --csv-safe --top --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        update) words='--model --save --dry-run --threshold --min-new --lock-timeout --late --drift --fail-on-drift --drift-unassigned --drift-silhouette --drift-cv --drift-rows --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --summary --prometheus --output-format --columns --id-format --annotate --csv-bom --csv-safe --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        score) words='--gold --labels-format --label-field --label-term-field --gold-format --gold-label-field --gold-term-field --worst --near-duplicates --max-memory --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --json --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        diff) words='--match --split --size-change --labels-format --label-field --label-term-field --term-field --output --json --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        edit) words='--merge --split --rename --dry-run --model --lock-timeout --labels-format --label-field --label-term-field --name-field --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --summary --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        suggest) words='-k --k-min --k-max --n-init --seed --sample --space --algorithm --resamples --budget --gold --gold-format --gold-label-field --gold-term-field --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --json --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        neighbours) words='--neighbours --min-similarity --time-field --time-decay --recall --max-memory --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --output-format --columns --pairs --csv-bom --csv-safe --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        map) words='--method --components --exaggeration --perplexity --recall --model --max-memory --labels --labels-format --label-field --label-term-field --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --output-format --columns --save-map --csv-bom --csv-safe --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        why) words='--model --row --threshold --min-margin --top --neighbours --keywords --text-field --language --max-memory --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --output --json --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        convert) words='--output --output-format --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        info) words='--json --input-format --dim --dims --tensor --term-field --vec-field --header --delimiter --tsv-dialect --records --terms --metadata --metadata-key --where --on-bad --max-bad --max-line --config --threads --quiet --verbose --progress --log-format --help --help-all --version' ;;
        help) words='--options --completions --preset --help --version' ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        return
    fi
    if [[ $verb == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'fit assign update score diff edit suggest neighbours map why convert info help' -- "$cur")
        return
    fi
    _kclust_files
    if ((COMP_CWORD == 1)); then
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W 'fit assign update score diff edit suggest neighbours map why convert info help' -- "$cur")
    fi
}

complete -F _kclust kclust
