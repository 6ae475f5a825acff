# shellcheck shell=bash disable=SC2034,SC2154
# What clients, and the machine, may do to kclust.cgi: odd requests, requests at once, kills, disks that cannot be
# written, a database that is locked. run sources it after lib.bash, with the server up.

# start_alone NAME FOLDER PATH BODY ENV...: ask the program without a server, in the background; its answer goes to a
# file.
start_alone() {
    local name=$1 folder=$2 path=$3 body=$4 method=POST
    shift 4
    [ -n "$body" ] || method=GET
    env REQUEST_METHOD="$method" PATH_INFO="${path%%\?*}" QUERY_STRING="${path#"${path%%\?*}"}" \
        CONTENT_LENGTH="${#body}" KCLUST_STATE="$folder" "$@" "$CGI" <<<"$body" >"$work/alone.$name" 2>/dev/null &
    alone+=($!)
}
alone=()
await_alone() { wait "${alone[@]}" && alone=(); }
# count_alone PREFIX STATUS: how many of these answers have it.
count_alone() { cat "$work/alone.$1"* | grep -c "^Status: $2 "; }
# same WHAT FOUND EXPECTED
same() { verdict "$1" "$([ "$2" = "$3" ] || echo "$2, expected $3")"; }

# Answers that take long to come: a database that another program has locked, and no place to run.
mkdir "$work/locked" "$work/busy"
with=(KCLUST_STATE="$work/locked")
direct 'a database, before it is locked' POST /start '{"run_id":"a"}' 201
with=(KCLUST_STATE="$work/busy")
direct 'a run, before the places are taken' POST /start '{"run_id":"a"}' 201
direct 'its rows' POST '/append?run_id=a' "@$work/rows.jsonl" 200
with=()
"${PYTHON:-python3}" - "$work/locked/kclust.db" "$work/is-locked" <<'PY' &
import os, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
open(sys.argv[2], "w").close()
while os.path.exists(sys.argv[2]):
    time.sleep(0.05)
PY
locker=$!
until [ -e "$work/is-locked" ]; do sleep 0.05; done
env REQUEST_METHOD=POST PATH_INFO=/start QUERY_STRING= CONTENT_LENGTH=14 KCLUST_STATE="$work/locked" KCLUST_QUOTA_RATE=0 \
    "$CGI" <<<'{"run_id":"b"}' >"$work/slow.locked" 2>/dev/null &
waiting=($!)
env REQUEST_METHOD=POST PATH_INFO=/finalize QUERY_STRING= CONTENT_LENGTH=14 KCLUST_STATE="$work/busy" KCLUST_MAX_RUNNING=0 \
    "$CGI" <<<'{"run_id":"a"}' >"$work/slow.busy" 2>/dev/null &
waiting+=($!)

# Requests.
ask 'a member that comes twice' POST /start '{"run_id":"x","run_id":"y"}' 422 "'run_id' comes twice"
ask 'items that come twice' POST /append '{"run_id":"bad","items":[{"term":"a","vec":[1,2]}],"items":[]}' 422 "'items' comes twice"
ask 'a misspelled member of an append' POST /append '{"run_id":"bad","itms":[]}' 422 "no parameter 'itms'"
ask 'a misspelled threshold' POST /runs/a/assign '{"vec":[1,0,0,0],"treshold":"none"}' 422 "no parameter 'treshold'"
ask 'a misspelled word of the query' GET '/runs?limits=3' '' 400 "no parameter 'limits'"
ask 'a word of the query that comes twice' GET '/runs?limit=3&limit=4' '' 400 "'limit' comes twice"
ask 'one item with a threshold' POST /runs/a/assign '{"term":"x","vec":[-1,0,0,0.1],"threshold":"none"}' 200 '"unassigned":false'
fields=$(printf '"f%d",' {1..16})
ask 'too many facets' POST /start "{\"run_id\":\"facets\",\"facets\":[$fields\"f17\"]}" 422 'at most 16'
ask 'as many facets as there may be' POST /start "{\"run_id\":\"facets\",\"facets\":[${fields%,}]}" 201
ask 'its rows' POST '/append?run_id=facets' "@$work/rows.jsonl" 200
ask 'with all parameters' POST /finalize '{"run_id":"facets","k_min":2,"k_max":5,"min_size":2,"max_size":50,"n_init":2,"seed":4,
 "keywords":2,"time_field":"time","text_field":"event_type","sample":100,"k_by":"auto","algorithm":"kmeans","space":"cosine"}' 200 '"chosen_k":3'
ask 'a status that is none' GET '/runs?status=done' '' 400
ask 'no status' GET '/runs?status=' '' 400
ask 'a facet without a value' GET '/runs/a/clusters?facet=domain' '' 400
ask 'a time that is none' GET '/runs/a/clusters?from=soon' '' 400
ask 'a time that is a number' GET '/runs/a/clusters?from=1714521600' '' 400
ask 'a month' GET '/runs/a/clusters?from=2024-05&to=2024-06' '' 200 '"total": 1' '"value":"traffic"'
ask 'a time elsewhere' GET '/runs/a/clusters?to=2024-03-15T01:00:00%2B02:00' '' 200 '"total": 0'
ask 'that time' GET '/runs/a/clusters?to=2024-03-15T02:00:00%2B02:00' '' 200 '"total": 1' '"value":"food"'
ask 'a name that is null' PATCH /runs/a '{"name":null}' 422
ask 'a name that is a number' PATCH /runs/a '{"name":5}' 422
ask 'k as a fraction' POST /start '{"run_id":"x","k":2.5}' 422
ask 'a huge k' POST /start '{"run_id":"x","k":99999999999999999999999}' 422
ask 'k as a list' POST /start '{"run_id":"x","k":[3]}' 422
ask 'a huge limit' GET '/runs?limit=99999999999999999999' '' 400
ask 'a huge offset' GET '/runs/a/result?offset=9223372036854775807' '' 200 '"items": []' '"next": null'
ask 'a cluster beyond all' GET '/runs/a/result?cluster=99999999999999999999' '' 400
ask 'a slash at the end' GET /runs/a/ '' 200 '"id":"a"'
ask 'a slash in an id' GET /runs/a%2Fb '' 404
ask 'a number too small for a float' POST /append '{"run_id":"bad","items":[{"term":"a","vec":[1e-300]}]}' 422
ask 'an empty item' POST /append '{"run_id":"bad","items":[{}]}' 422
ask 'null as an item' POST /append '{"run_id":"bad","items":[null]}' 422
ask 'a byte order mark' POST /append $'\xef\xbb\xbf{"run_id":"bad","items":[]}' 400
{ printf '{"run_id":"bad","items":[{"term":"' && head -c 1000000 /dev/zero | tr '\0' x && printf '","vec":[1]}]}'; } >"$work/long"
ask 'a term of a megabyte' POST /append "@$work/long" 422 'more than 4096 bytes'
{ printf '{"run_id":"bad","items":' && head -c 3000000 /dev/zero | tr '\0' '['; } >"$work/deep"
ask 'nested three million deep' POST /append "@$work/deep" 400
ask 'dimensions for a change' POST /append '{"run_id":"bad","items":[{"term":"a","vec":[1,2]}]}' 200
ask 'a change of dimensions' POST /append '{"run_id":"bad","items":[{"term":"a","vec":[1,2,3]}]}' 422 'vectors of 3 numbers, the run has 2'
ask 'a method that nothing has' PUT /runs/a '' 405 'GET, PATCH, DELETE'
status=$(curl -s -m 60 -I -o "$work/out" -w '%{http_code}' -H "Authorization: Bearer $token" "$url/runs/a/result")
judge 'HEAD' "$status" 200 'Content-Type: application/json' 'Content-Length: ' '!"items"'
status=$(curl -s -m 60 -X PUT -d '' -D "$work/head" -o "$work/out" -w '%{http_code}' -H "Authorization: Bearer $token" "$url/runs")
judge 'PUT' "$status" 405
verdict '405 says what is allowed' "$(grep -qi $'^Allow: POST, GET\r$' "$work/head" || cat "$work/head")"

# Bodies: lengths, chunks, gzip.
with=(CONTENT_LENGTH=-1)
direct 'a length below zero' POST /append '{}' 400
with=(CONTENT_LENGTH=1e3)
direct 'a length that is no number' POST /append '{}' 400
with=(CONTENT_LENGTH=99999999999999)
direct 'a huge length' POST /append '{}' 413
with=(CONTENT_LENGTH=10)
direct 'a length that is too small' POST /append '{"run_id":"bad","items":[]}' 400
with=(HTTP_CONTENT_ENCODING=br)
direct 'another coding' POST /append '{}' 400
with=()
half() { head -n "$1" "$work/rows.jsonl" | tail -n "$2" | gzip; }
{ half 30 30 && half 60 30; } >"$work/two.gz"
ask 'start for gzip' POST /start '{"run_id":"two-gz"}' 201
ask 'gzip of two members' POST '/append?run_id=two-gz' "@$work/two.gz" 200 '"total": 60'
{ half 60 60 && echo garbage; } >"$work/trail.gz"
ask 'gzip with something behind it' POST '/append?run_id=two-gz' "@$work/trail.gz" 400
{ half 60 60 | head -c -8 && printf '\0\0\0\0\0\0\0\0'; } >"$work/sum.gz"
ask 'gzip with a wrong sum' POST '/append?run_id=two-gz' "@$work/sum.gz" 400
half 60 60 | gzip >"$work/twice.gz"
ask 'gzip in gzip' POST '/append?run_id=two-gz' "@$work/twice.gz" 400
gzip </dev/null >"$work/none.gz"
ask 'gzip of nothing' POST '/append?run_id=two-gz' "@$work/none.gz" 422
ask 'nothing of it was kept' GET /runs/two-gz '' 200 '"rows":60'

# At once: finalizes, updates, deletions.
fire() { # METHOD PATH BODY: eight times at once; the statuses go to $work/fired
    local i pids=()
    for i in 1 2 3 4 5 6 7 8; do
        curl -s -m 60 -o "$work/fired.$i" -w '%{http_code}\n' -X "$1" -H "Authorization: Bearer $token" --data-binary "${3//%/$i}" \
            "$url$2" >"$work/fired.status.$i" &
        pids+=($!)
    done
    wait "${pids[@]}"
    cat "$work"/fired.status.* >"$work/fired"
}
ask 'start for eight finalizes' POST /start '{"run_id":"once","k":3}' 201
ask 'its rows' POST '/append?run_id=once' "@$work/rows.jsonl" 200
fire POST /finalize '{"run_id":"once"}'
verdict 'eight finalizes: one result, or the same again, or a conflict' "$(grep -vx -e 200 -e 409 "$work/fired"
    grep -qx 200 "$work/fired" || echo none
    for i in 1 2 3 4 5 6 7 8; do grep -l '"items"' "$work/fired.$i"; done | xargs cat | sort -u | sed 1d)"
fire POST /runs/once/update '{"items":[{"term":"new %","vec":[1,0.1,0.1,0.05]}]}'
verdict 'eight updates: done, or a conflict' "$(grep -vx -e 200 -e 409 "$work/fired"; grep -qx 200 "$work/fired" || echo none)"
ask 'a row for each that was done' GET /runs/once '' 200 "\"rows\":$((60 + $(grep -cx 200 "$work/fired")))"
ask 'and a label' GET '/runs/once/result?limit=1' '' 200 "\"total\": $((60 + $(grep -cx 200 "$work/fired")))"
for i in 1 2 3 4 5 6 7 8; do
    [ "$(cat "$work/fired.status.$i")" = 200 ] || continue
    ask "the row of update $i" GET "/runs/once/result?term=new+$i" '' 200 '"total": 1'
done
fire DELETE /runs/once ''
same 'eight deletions: one of them' "$(grep -cx 204 "$work/fired")" 1
verdict 'the others find nothing' "$(grep -vx -e 204 -e 404 -e 409 "$work/fired")"

# Quotas of two owners whose clients ask at once.
for i in 1 2 3 4 5 6 7 8; do
    for who in ann bob; do
        start_alone "start.$who.$i" "$work/quota" /start "{\"run_id\":\"r$i\"}" KCLUST_TOKENS="$work/tokens" \
            HTTP_AUTHORIZATION="Bearer write-of-$who" KCLUST_QUOTA_RUNS=5
    done
done
await_alone
same 'five runs of ann' "$(count_alone start.ann 201)" 5
same 'five runs of bob' "$(count_alone start.bob 201)" 5
same 'the others are beyond the quota' "$(count_alone start. 429)" 6
of() { start_alone "$1" "$work/quota" "$2" "$3" KCLUST_TOKENS="$work/tokens" HTTP_AUTHORIZATION="Bearer write-of-$4" "${@:5}"; }
of go /start '{"run_id":"rows"}' ann
of gb /start '{"run_id":"rows"}' bob
await_alone
same 'runs for rows' "$(count_alone g 201)" 2
for i in 1 2 3 4 5 6 7 8; do
    for who in ann bob; do
        of "rows.$who.$i" /append "{\"run_id\":\"rows\",\"items\":[{\"term\":\"a\",\"vec\":[1,2]},{\"term\":\"b\",\"vec\":[2,1]}]}" $who KCLUST_QUOTA_ROWS=7
    done
done
await_alone
same 'six rows of ann' "$(count_alone rows.ann 200)" 3
same 'six rows of bob' "$(count_alone rows.bob 200)" 3
minute='' # all requests of a round must be of one minute
until [ "$minute" = "$(date +%H:%M)" ]; do
    minute=$(date +%H:%M)
    rm -f "$work"/alone.rate.* "$work"/rate-*/kclust.db*
    for i in 1 2 3 4 5 6 7 8; do
        for who in ann bob; do
            start_alone "rate.$who.$i" "$work/rate-two" /runs '' KCLUST_TOKENS="$work/tokens" \
                HTTP_AUTHORIZATION="Bearer write-of-$who" KCLUST_QUOTA_RATE=4
        done
    done
    await_alone
done
same 'four requests of ann in a minute' "$(count_alone rate.ann 200)" 4
same 'four requests of bob in a minute' "$(count_alone rate.bob 200)" 4

# More runs than there are places; kills.
slow='/runs?k_min=2&k_max=60&n_init=50&name='
ask 'a slow run' POST "${slow}one" "@$work/slow.jsonl" 202
one=$(id_of)
ask 'another' POST "${slow}two" "@$work/slow.jsonl" 202
two=$(id_of)
wait_for "$one" running
wait_for "$two" running
ask 'one too many' POST "${slow}three&space=graph" "@$work/slow.jsonl" 202
three=$(id_of)
ask 'it waits' GET "/runs/$three" '' 200 '"status":"pending"' '"restarts":true' '"progress":null'
ask 'the list of those that wait' GET '/runs?status=pending' '' 200 '"total": 1' "$three"
ask 'pause what waits' POST "/runs/$three/pause" '' 202 '"status":"paused"'
ask 'resume it' POST "/runs/$three/resume" '' 202
ask 'it waits again' GET "/runs/$three" '' 200 '"status":"pending"'
ask 'delete one that runs' DELETE "/runs/$one" '' 204
wait_for "$three" running
ask 'what has no checkpoints says so' GET "/runs/$three" '' 200 '"restarts":true'
ask 'pause it' POST "/runs/$three/pause" '' 202
wait_for "$three" paused
ask 'it will begin anew' GET "/runs/$three" '' 200 '"restarts":true'
ask 'what has them says so' GET "/runs/$two" '' 200 '"restarts":false'
for ((i = 0; i < 6000; i++)); do # until the search has begun
    curl -s -m 60 -H "Authorization: Bearer $token" "$url/runs/$two" >"$work/out"
    ! grep -qE '"stage":"sweep","done":0\.[0-9]+' "$work/out" || break
    sleep 0.05
done
verdict 'a run tells what is done' "$(grep -qE '"stage":"sweep","done":0\.[0-9]+' "$work/out" || head -c 600 "$work/out")"
ask 'pause it, too' POST "/runs/$two/pause" '' 202
wait_for "$two" paused
ask 'it will go on' GET "/runs/$two" '' 200 '"restarts":false'
ask 'resume it' POST "/runs/$two/resume" '' 202
wait_for "$two" running
ask 'and the other' POST "/runs/$three/resume" '' 202
wait_for "$three" running
ask 'and one that waits' POST "${slow}four" "@$work/slow.jsonl" 202
four=$(id_of)
kill_worker "/runs/$two/resume"
kill_worker "/runs/$three/resume"
kill_worker /runs
for i in "$two" "$three" "$four"; do
    wait_for "$i" failed
done
ask 'none runs any more' GET '/runs?status=running' '' 200 '"total": 0'
ask 'none waits any more' GET '/runs?status=pending' '' 200 '"total": 0'
for i in "$two" "$three" "$four"; do
    ask "$i has failed" GET "/runs/$i" '' 200 '"status":"failed"' '"message":"its process has ended"'
    ask "delete $i" DELETE "/runs/$i" '' 204
done

# Documents that are taken out of models, whatever votes or waits there.
ask 'start for a document' POST /start '{"run_id":"doc","k":3}' 201
ask 'its rows' POST '/append?run_id=doc' "@$work/rows.jsonl" 200
ask 'a word that no other has' POST /append '{"run_id":"doc","items":[{"term":"zebra zebra","vec":[1,0.1,0.1,0.05]},
 {"term":"zebra zebra","vec":[1,0.1,0.1,0.05]}]}' 200
ask 'finalize it' POST /finalize '{"run_id":"doc"}' 200
ask 'it is a keyword' GET /runs/doc/clusters '' 200 'zebra'
ask 'one that waits' POST /runs/doc/update '{"items":[{"term":"zebra zebra","vec":[-1,0,0,0]}]}' 200 '"unassigned":true'
verdict 'it is in the model' "$(grep -qaF 'zebra zebra' "$work"/state/runs/*/model.2 || echo 'it is not')"
ask 'start for one that votes' POST /start '{"run_id":"votes","algorithm":"hdbscan"}' 201
ask 'its rows' POST '/append?run_id=votes' "@$work/rows.jsonl" 200
ask 'the same' POST /append '{"run_id":"votes","items":[{"term":"zebra zebra","vec":[1,0.1,0.1,0.06]}]}' 200
ask 'finalize it' POST /finalize '{"run_id":"votes"}' 200
votes=$("${PYTHON:-python3}" -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(
    "SELECT seq FROM runs WHERE id = ?", ("votes",)).fetchone()[0])' "$work/state/kclust.db")
same 'all vote' "$("$KCLUST" info --json "$work/state/runs/$votes/model.1" | grep -o '"rows": 61')" '"rows": 61'
ask 'take it out' DELETE '/documents/zebra%20zebra' '' 200 '"runs": 2' '"doc"' '"votes"'
verdict 'no file has it' "$(grep -rlaF 'zebra zebra' "$work/state/runs")"
ask 'nor a keyword' GET /runs/doc/clusters '' 200 '!zebra' '"cluster_size":20'
same 'it votes no more' "$("$KCLUST" info --json "$work/state/runs/$votes/model.1" | grep -o '"rows": 60')" '"rows": 60'
ask 'the models work' POST /runs/doc/assign '{"vec":[1,0.1,0.1,0.05]}' 200 '"cluster_id":0'
ask 'both' POST /runs/votes/assign '{"vec":[1,0.1,0.1,0.05],"threshold":"none"}' 200 '"unassigned":false'
ask 'and learn' POST /runs/doc/update '{"items":[{"term":"later","vec":[1,0.1,0.1,0.05]}]}' 200 '"cluster_id":0'
ask 'recluster' POST /runs/doc/recluster '' 202
wait_for "$(id_of)" completed

# Clients that do anything at once; and the same while processes are killed.
seed=${KCLUST_SEED:-$RANDOM}
storm() { "${PYTHON:-python3}" tests/cgi/storm.py "$url" "$work/state" "$token" 60 "$seed" "$@" || echo 'storm.py has failed'; }
verdict "a storm of clients (seed $seed)" "$(storm)"
verdict "a storm with kills (seed $seed)" "$(storm "$CGI")"

# Folders that cannot be used.
with=(KCLUST_STATE="$work/rows.jsonl/state")
direct 'a folder in a file' GET /healthz '' 503
mkdir "$work/nodb"
echo 'this is no database, however long the text of it may be' >"$work/nodb/kclust.db"
with=(KCLUST_STATE="$work/nodb")
direct 'a database that is none' GET /healthz '' 503
mkdir "$work/readonly"
with=(KCLUST_STATE="$work/readonly")
direct 'a folder, before it is read-only' POST /start '{"run_id":"a"}' 201
chmod a+rX "$work"
chmod -R a+rX,a-w "$work/readonly"
lesser=()
[ "$(id -u)" != 0 ] || lesser=(setpriv --reuid=65534 --clear-groups)
if [ ${#lesser[@]} -eq 0 ] || "${lesser[@]}" test -x "$CGI" 2>/dev/null; then
    for path in /healthz /runs; do
        env REQUEST_METHOD=GET PATH_INFO=$path QUERY_STRING= KCLUST_STATE="$work/readonly" "${lesser[@]}" "$CGI" >"$work/raw" 2>/dev/null
        sed '1,/^\r*$/d' "$work/raw" >"$work/out"
        judge "a folder that cannot be written, $path" "$(sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$work/raw")" 503 'cannot write'
    done
fi
chmod -R u+w "$work/readonly"
with=()

wait "${waiting[@]}"
rm "$work/is-locked"
wait "$locker"
for i in 'locked:is busy' 'busy:runs are at work'; do
    sed '1,/^\r*$/d' "$work/slow.${i%%:*}" >"$work/out"
    judge "an answer that was waited for: ${i%%:*}" "$(sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$work/slow.${i%%:*}")" 503 "${i#*:}"
done
with=(KCLUST_STATE="$work/locked")
direct 'when it is not locked any more' POST /start '{"run_id":"b"}' 201
with=()
