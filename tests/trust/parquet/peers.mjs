// Random tables through other programs: peers.mjs KCLUST ROUNDS SEED FOLDER. DuckDB, Arrow in Rust and hyparquet-writer
// write a table, each as it likes, and kclust must read the same rows; what kclust writes, DuckDB, Arrow and hyparquet must
// read as the same. NODE_PATH has the modules. The last line counts.
import { createRequire } from 'node:module'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { pathToFileURL } from 'node:url'

const [kclust, rounds, seed, folder] = process.argv.slice(2)
const modules = process.env.NODE_PATH
const load = createRequire(modules + '/')
const A = load('apache-arrow')
const P = load('parquet-wasm')
const { DuckDBInstance } = load('@duckdb/node-api')
const H = await import(pathToFileURL(modules + '/hyparquet-writer/src/node.js').href)
const R = await import(pathToFileURL(modules + '/hyparquet/src/node.js').href)
const { compressors } = await import(pathToFileURL(modules + '/hyparquet-compressors/src/index.js').href)
const db = await (await DuckDBInstance.create(':memory:')).connect()

let passed = 0
let failed = 0
function check(ok, what) {
  if (ok) passed++
  else failed++
  if (!ok) console.log('FAIL ' + what)
}

let state = BigInt(seed) & 0xffffffffffffffffn
function random() { // splitmix64, as a fraction
  state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn
  let z = state
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn
  return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53
}
const below = (n) => Math.floor(random() * n)
const pick = (list) => list[below(list.length)]

function table() {
  const n = 1 + below(pick([5, 60, 3000]))
  const d = 1 + below(pick([4, 40, 900]))
  const few = below(3) === 0
  const rows = []
  for (let i = 0; i < n; i++) {
    const vec = new Float32Array(d)
    for (let j = 0; j < d; j++) vec[j] = few ? below(5) - 1 : (random() - 0.5) * 10 ** (below(7) - 3)
    vec[below(d)] = 1 + below(9)
    rows.push({ term: pick(['x', 'é', 'line\nbreak', '"', '']) + i, vec: Array.from(vec), lang: below(6) ? pick(['en', 'fr']) : null })
  }
  return rows
}

const run = (args) => execFileSync(kclust, args, { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] }).toString()
function rowsOf(text) {
  return text.split('\n').slice(0, -1).map((x) => JSON.parse(x))
}
const same = (a, b) => a.length === b.length && a.every((r, i) => r.term === b[i].term && r.vec.length === b[i].vec.length &&
  r.vec.every((x, j) => Object.is(Math.fround(x) + 0, Math.fround(b[i].vec[j]) + 0)))

async function writeDuck(file, rows) {
  writeFileSync(file + '.json', rows.map((r) => JSON.stringify(r) + '\n').join(''))
  const codec = pick(['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw'])
  const type = below(2) ? 'float[]' : `float[${rows[0].vec.length}]`
  const how = `format parquet, compression ${codec}, parquet_version ${pick(['v1', 'v2'])}, row_group_size ${pick([2048, 4096, 122880])}`
  await db.run(`copy (select term, vec::${type} vec, lang from read_json('${file}.json', columns = {term: 'varchar', vec: 'double[]',
    lang: 'varchar'})) to '${file}' (${how})`)
  return 'DuckDB ' + how + ' ' + type
}

function arrowOf(rows) {
  const item = new A.Field('item', new A.Float32(), true)
  const type = below(2) ? new A.List(item) : new A.FixedSizeList(rows[0].vec.length, item)
  return P.Table.fromIPCStream(A.tableToIPC(new A.Table({
    term: A.vectorFromArray(rows.map((r) => r.term), new A.Utf8()), vec: A.vectorFromArray(rows.map((r) => r.vec), type),
    lang: A.vectorFromArray(rows.map((r) => r.lang), new A.Utf8()),
  }), 'stream'))
}

function writeRust(file, rows) {
  const C = P.Compression
  const how = { codec: pick([C.UNCOMPRESSED, C.SNAPPY, C.GZIP, C.ZSTD, C.LZ4_RAW]), version: pick([P.WriterVersion.V1, P.WriterVersion.V2]),
    dictionary: below(2) === 1, page: pick([64, 4096, 1 << 20]), batch: pick([1, 7, 1024]), group: pick([3, 500, 1 << 20]) }
  writeFileSync(file, P.writeParquet(arrowOf(rows), new P.WriterPropertiesBuilder().setCompression(how.codec).setWriterVersion(how.version)
    .setDictionaryEnabled(how.dictionary).setDataPageSizeLimit(how.page).setWriteBatchSize(how.batch).setMaxRowGroupSize(how.group)
    .setDictionaryPageSizeLimit(pick([64, 1 << 20])).build()))
  return 'Arrow ' + JSON.stringify(how)
}

function writeFlat(file, rows) {
  const how = { codec: pick(['UNCOMPRESSED', 'SNAPPY', 'GZIP']), encoding: pick([undefined, 'PLAIN', 'BYTE_STREAM_SPLIT']),
    pageSize: pick([100, 5000, 1 << 20]), rowGroupSize: pick([10, 700, 100000]) }
  const columnData = [{ name: 'term', data: rows.map((r) => r.term), type: 'STRING' }]
  rows[0].vec.forEach((_, j) => columnData.push({ name: 'e' + j, data: rows.map((r) => r.vec[j]), type: 'FLOAT', encoding: how.encoding }))
  if (columnData.length === 2) return null // one column is no run
  H.parquetWriteFile({ filename: file, columnData, compressors: { GZIP: (x) => gzipSync(x) }, ...how })
  return 'hyparquet-writer ' + JSON.stringify(how)
}

// Readers of what kclust writes.
async function readDuck(file) {
  return (await db.runAndReadAll(`select term, vec from '${file}'`)).getRowObjects().map((r) => ({ term: r.term, vec: r.vec.items }))
}
function readRust(file) {
  const t = A.tableFromIPC(P.readParquet(readFileSync(file)).intoIPCStream())
  return Array.from({ length: t.numRows }, (_, i) => ({ term: t.get(i).term, vec: Array.from(t.get(i).vec) }))
}
async function readHyparquet(file) {
  return (await R.parquetReadObjects({ file: await R.asyncBufferFromFile(file), compressors })).map((r) => ({ term: r.term, vec: Array.from(r.vec) }))
}

// A fault on purpose: a number that differs in its last bit, and a row too few.
const some = [{ term: 'a', vec: [1, 2] }]
if (same(some, [{ term: 'a', vec: [1, 2.0000002384185791015625] }]) || same(some, []) || !same(some, [{ term: 'a', vec: [1, 2] }]))
  check(false, 'the comparison sees nothing')
else console.log('planted fault seen, as it must be: another last bit, a row too few')

for (let i = 0; i < Number(rounds); i++) {
  const rows = table()
  const file = `${folder}/t.parquet`
  for (const write of [writeDuck, writeRust, writeFlat]) {
    const how = await write(file, rows)
    if (!how) continue
    let got = []
    try {
      got = rowsOf(run(['convert', '--threads', String(1 + below(3)), file]))
    } catch (e) {
      console.log(String(e.stderr || e))
    }
    check(same(rows, got), `round ${i}: ${rows.length} x ${rows[0].vec.length} by ${how}`)
    if (write === writeFlat) continue
    const english = rows.filter((r) => r.lang === 'en')
    if (english.length > 0)
      check(same(english, rowsOf(run(['convert', '--where', 'lang = en', file]))), `round ${i}: where, by ${how}`)
  }
  writeFileSync(file + '.json', rows.map((r) => JSON.stringify(r) + '\n').join(''))
  run(['convert', '-o', file, file + '.json'])
  for (const read of [readDuck, readRust, readHyparquet])
    check(same(rows, await read(file)), `round ${i}: ${rows.length} x ${rows[0].vec.length} of kclust, by ${read.name}`)
  {
    run(['-q', '-k', '1', '-f', 'parquet', '--columns', 'term,cluster,similarity,row', '-o', file, file + '.json'])
    const labels = run(['-q', '-k', '1', '-f', 'jsonl', '--columns', 'term,cluster,row', file + '.json'])
    const want = rowsOf(labels)
    const got = (await db.runAndReadAll(`select term, cluster_id, similarity, "row" from '${file}'`)).getRowObjects()
    check(want.length === got.length && want.every((r, j) => r.term === got[j].term && BigInt(r.cluster_id) === got[j].cluster_id &&
      BigInt(r.row) === got[j].row && got[j].similarity <= 1.000001), `round ${i}: labels by DuckDB`)
  }
}
console.log(`parquet: ${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
