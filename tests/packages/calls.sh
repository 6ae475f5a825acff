# shellcheck shell=sh
# Ask the service of the container, in it and by its curl: start, append, finalize, with MIN_SIZE=3 and MAX_SIZE=''
# in the environment of the server. It ends with 1 at the first answer that is not as it must be.
url=http://127.0.0.1:8765/api
# ask PATH BODY TEXT: the answer to a POST must have the text.
ask() {
    answer=$(curl -sS --data-binary "$2" "$url/$1") || exit 1
    case $answer in
    *"$3"*) ;;
    *) printf '%s: %s, expected %s\n' "$1" "$answer" "$3" && exit 1 ;;
    esac
}
rows=/tmp/rows.jsonl
for i in 0 1 2 3 4 5 6 7 8 9; do
    printf '{"term":"pear %s","vec":[1,0.0%s,0]}\n{"term":"tram %s","vec":[0,1,0.0%s]}\n' $i $i $i $i
done >$rows
# What the environment has becomes a parameter, and an empty value none.
ask start '{"run_id":"fruit","k":2}' '"min_size":3'
case $answer in *max_size*) echo "an empty MAX_SIZE counts: $answer" && exit 1 ;; esac
ask 'append?run_id=fruit' "@$rows" '"received": 20'
ask finalize '{"run_id":"fruit"}' '{"term":"pear 0","cluster_id":0}'
ask finalize '{"run_id":"fruit"}' '{"term":"tram 9","cluster_id":1}'
# Only the calls of the service are served, and the state is where a volume is put.
status=$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8765/kclust.cgi)
[ "$status" = 403 ] || { echo "the program itself: $status, expected 403" && exit 1; }
[ -s /var/lib/kclust/kclust.db ] || { echo 'there is no state' && exit 1; }
exit 0
