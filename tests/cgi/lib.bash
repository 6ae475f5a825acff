# shellcheck shell=bash
# What the tests of kclust.cgi share: requests with an exact answer, rows, the server. run sets root, KCLUST, CGI and
# lighttpd.
# shellcheck disable=SC2154 # run sets them
work=$(mktemp -d "${TMPDIR:-/tmp}/kclust-cgi.XXXXXX") || exit 1
server=''
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
passed=0 failed=0 requests=0

verdict() { # WHAT COMPLAINT
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL cgi: %s: %s\n' "$1" "$2"
    fi
}

# judge WHAT STATUS CODE TEXT...: the answer in $work/out must have each text; one after '!' it must not have.
judge() {
    local what=$1 status=$2 code=$3 text complaint=''
    shift 3
    requests=$((requests + 1))
    [ "$status" = "$code" ] || complaint="status $status, expected $code: $(head -c 300 "$work/out" | tr -d '\0')"
    for text; do
        case $text in
        !*) ! grep -qF -e "${text#!}" "$work/out" || complaint="$complaint; has '${text#!}'" ;;
        *) grep -qF -e "$text" "$work/out" || complaint="$complaint; lacks '$text': $(head -c 300 "$work/out" | tr -d '\0')" ;;
        esac
    done
    # No error tells a path of the server, and each has its three members.
    if [ "$status" -ge 400 ]; then
        grep -qE '^\{"error": \{"code": "[a-z_]+", "message": ".+", "line": ([0-9]+|null)\}\}$' "$work/out" ||
            complaint="$complaint; this is no error: $(head -c 300 "$work/out" | tr -d '\0')"
        ! grep -qF -e "$work" -e "$root" "$work/out" || complaint="$complaint; has a path: $(head -c 300 "$work/out" | tr -d '\0')"
    fi
    verdict "$what" "$complaint"
}

token=write-of-ann
# ask WHAT METHOD PATH BODY CODE TEXT...: by the server. BODY @FILE is a file, empty none.
ask() {
    local what=$1 method=$2 path=$3 body=$4 code=$5 status
    shift 5
    : >"$work/out"
    if [ "$method" != GET ]; then
        status=$(curl -s -m 60 -o "$work/out" -w '%{http_code}' -X "$method" -H "Authorization: Bearer $token" "${extra[@]}" \
            -H 'Content-Type: application/json' --data-binary "$body" "$url$path")
    else
        status=$(curl -s -m 60 -o "$work/out" -w '%{http_code}' -H "Authorization: Bearer $token" "${extra[@]}" "$url$path")
    fi
    judge "$what" "$status" "$code" "$@"
}
extra=()

# direct WHAT METHOD PATH BODY CODE TEXT...: the program alone, with the environment that `with` holds.
with=()
direct() {
    local what=$1 method=$2 path=$3 body=$4 code=$5 query='' length
    shift 5
    case $path in *\?*) query=${path#*\?} path=${path%%\?*} ;; esac
    case $body in @*) ;; *) printf '%s' "$body" >"$work/body" && body=@$work/body ;; esac
    length=$(stat -c %s "${body#@}")
    env REQUEST_METHOD="$method" PATH_INFO="$path" QUERY_STRING="$query" CONTENT_LENGTH="$length" \
        KCLUST_STATE="$work/direct" "${with[@]}" "$CGI" <"${body#@}" >"$work/raw" 2>"$work/err"
    sed '1,/^\r*$/d' "$work/raw" >"$work/out"
    judge "$what" "$(sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$work/raw")" "$code" "$@"
    [ ! -s "$work/err" ] || verdict "$what: nothing on standard error" "$(grep -v '^kclust.cgi: ' "$work/err")"
}

# wait_for ID STATUS: until the run has it.
wait_for() {
    local i
    for ((i = 0; i < 6000; i++)); do
        curl -s -m 60 -H "Authorization: Bearer $token" "$url/runs/$1" >"$work/out"
        grep -q "\"status\":\"$2\"" "$work/out" && return
        sleep 0.05
    done
    verdict "run $1 is $2" "it is not: $(head -c 300 "$work/out" | tr -d '\0')"
}
# kill_worker PATH: the program that answers a call, as the kernel does it when memory is short.
kill_worker() {
    local pid killed=''
    for pid in $(pgrep -f "^$CGI"); do
        if { tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -cxe "PATH_INFO=$1" -e "KCLUST_STATE=$work/state" | grep -qx 2; then
            kill -9 "$pid" && killed=yes
        fi
    done
    verdict "$1 was killed" "$([ -n "$killed" ] || echo 'there was none')"
}
id_of() { grep -o '"id":"[^"]*"' "$work/out" | head -n 1 | cut -d '"' -f 4; }

# Rows: groups of words on the axes, with facets and times; and a set that takes a while.
awk 'BEGIN { srand(7); split("apple pear plum;bus train tram;rain snow hail", topic, ";"); split("food traffic weather", domain, " ")
    for (i = 0; i < 60; i++) { t = i % 3 + 1; split(topic[t], word, " ")
        printf "{\"term\":\"%s %d\",\"vec\":[%.3f,%.3f,%.3f,0.05],\"domain\":\"%s\",\"event_type\":\"%s\",\"entities\":[\"E%d\",\"All\"],",
            word[int(i / 3) % 3 + 1], i, (t == 1) + rand() * .2, (t == 2) + rand() * .2, (t == 3) + rand() * .2, domain[t], t == 1 ? "harvest" : "report", i % 5
        printf "\"time\":\"2024-%02d-15\"}\n", t * 3 } }' >"$work/rows.jsonl"
awk 'BEGIN { srand(5); for (i = 0; i < 30000; i++) { printf "{\"term\":\"t%d\",\"vec\":[", i
    for (j = 0; j < 32; j++) printf "%s%.3f", j ? "," : "", rand() - .5 + (j == i % 30); print "]}" } }' >"$work/slow.jsonl"
gzip -k "$work/rows.jsonl"
head -c 300000000 /dev/zero | gzip -1 >"$work/bomb.gz"
{ printf '{"run_id":"json","items":[' && paste -sd , "$work/rows.jsonl" && printf ']}'; } >"$work/items.json"

# The server: a free port, two owners, an administrator, a reader.
cat >"$work/tokens" <<TOKENS
# token owner role
write-of-ann ann write
read-of-ann ann read
sha256:$(printf 'write-of-bob' | sha256sum | cut -c 1-64) bob write
admin-token root admin
TOKENS
url='' port=0
start_server() { # NAME=VALUE... for the program's environment
    local line settings='' i
    for line; do
        settings+="\"${line%%=*}\" => \"${line#*=}\","
    done
    for ((i = 0; i < 20; i++)); do
        port=$((20000 + RANDOM % 20000))
        cat >"$work/lighttpd.conf" <<CONF
server.modules = ("mod_setenv", "mod_alias", "mod_cgi")
server.document-root = "$work"
server.port = $port
server.bind = "127.0.0.1"
server.errorlog = "$work/errors"
server.upload-dirs = ("$work")
server.stream-response-body = 1
alias.url = ("/api" => "$CGI")
cgi.assign = ("kclust.cgi" => "")
setenv.add-environment = ("KCLUST" => "$KCLUST", "KCLUST_STATE" => "$work/state", $settings)
CONF
        "$lighttpd" -D -f "$work/lighttpd.conf" 2>"$work/lighttpd.err" &
        server=$!
        url=http://127.0.0.1:$port/api
        local n
        for ((n = 0; n < 100; n++)); do
            [ "$(curl -s -m 60 "$url/healthz")" = '{"status": "ok"}' ] && return
            kill -0 "$server" 2>/dev/null || break
            sleep 0.05
        done
        kill "$server" 2>/dev/null
    done
    cat "$work/lighttpd.err"
    verdict 'lighttpd starts' 'it does not'
    echo "cgi: $passed passed, $failed failed"
    exit 1
}
