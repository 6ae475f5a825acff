// Write testdata/parquet with three writers that share no code: DuckDB, Arrow's in Rust (parquet-wasm), hyparquet-writer.
//   npm install --prefix DIR @duckdb/node-api parquet-wasm apache-arrow hyparquet-writer hyparquet
//   NODE_PATH=DIR/node_modules node make-files.mjs OUT
// rows.jsonl has the same rows; every list of every file must read as the field of that name there. The files are kept:
// this is run again only to add some. (Writers put their version into the files, so the bytes change with it.)
import { createRequire } from 'node:module'
import { mkdirSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { pathToFileURL } from 'node:url'

const modules = process.env.NODE_PATH
const load = createRequire(modules + '/')
const out = process.argv[2]
mkdirSync(out, { recursive: true })

// The rows: their numbers are exact in every type that holds them.
const N = 30
const D = 5
const word = (i) => ['north', 'south', 'émigré', 'a "b"', 'tab\tbed'][i % 5] + i
const rows = []
for (let i = 0; i < N; i++) {
  const n = Array.from({ length: D }, (_, j) => ((i * 7 + j * 11) % 23) - 9 + (i % 3 === j % 3 ? 40 : 0))
  rows.push({
    term: word(i),
    f32: n.map((x) => x / 8),
    fixed: n.map((x) => x / 8),
    f64: n.map((x) => x / 16),
    f16: n.map((x) => x / 4),
    i8: n,
    i32: n.map((x) => x * 1000),
    i64: n.map((x) => x * 100000),
    u16: n.map((x) => Math.abs(x) * 300 + 1),
    lang: ['en', 'fr', null, 'en'][i % 4],
    year: 1999 + (i % 7),
    when: new Date(Date.UTC(2024, i % 12, 1 + (i % 28), i % 24, 30, 15)).toISOString().replace('.000', ''),
    weight: 0.5 + (i % 4),
    tags: i % 6 === 5 ? [] : i % 6 === 4 ? null : ['x' + (i % 3), i % 2 ? 'y' : 'z'],
  })
}
const lists = ['f32', 'fixed', 'f64', 'f16', 'i8', 'i32', 'i64', 'u16']
writeFileSync(out + '/rows.jsonl', rows.map((r) => JSON.stringify(r) + '\n').join(''))
const flat = rows.map((r) => Object.fromEntries([['term', r.term], ...r.f32.map((x, j) => ['e' + j, x])]))
// Rows with lists that are null, empty, too short, or have a hole.
const holes = rows.slice(0, 12).map((r, i) => ({
  term: i === 7 ? null : r.term,
  f32: i === 2 ? null : i === 3 ? [] : i === 5 ? r.f32.slice(0, 3) : i === 8 ? r.f32.map((x, j) => (j === 2 ? null : x)) : r.f32,
}))
writeFileSync(out + '/holes.jsonl', holes.map((r) => JSON.stringify(r) + '\n').join(''))

// DuckDB: each codec, and its newer encodings (DELTA, BYTE_STREAM_SPLIT), lists and arrays.
const { DuckDBInstance } = load('@duckdb/node-api')
const db = await (await DuckDBInstance.create(':memory:')).connect()
await db.run(`create table t as select term, f32::float[] f32, fixed::float[${D}] fixed, f64::double[] f64, i8::tinyint[] i8,
  i32::int[] i32, i64::bigint[] i64, u16::usmallint[] u16, lang, year::int "year", "when"::timestamp "when", weight, tags
  from read_json('${out}/rows.jsonl', columns = {term: 'varchar', f32: 'double[]', fixed: 'double[]', f64: 'double[]', i8: 'bigint[]',
  i32: 'bigint[]', i64: 'bigint[]', u16: 'bigint[]', lang: 'varchar', year: 'bigint', "when": 'varchar', weight: 'double', tags: 'varchar[]'})`)
await db.run(`create table holes as select term, f32::float[] f32 from read_json('${out}/holes.jsonl',
  columns = {term: 'varchar', f32: 'double[]'})`)
for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw'])
  for (const version of ['v1', 'v2'])
    await db.run(`copy t to '${out}/duckdb-${codec}-${version}.parquet' (format parquet, compression ${codec}, parquet_version ${version})`)
await db.run(`copy holes to '${out}/duckdb-holes.parquet' (format parquet, compression zstd)`)
await db.run(`copy (select term, {'lang': lang, 'in': {'year': "year"}} as meta, f32 as vec, 1.5::decimal(9,2) as price
  from t) to '${out}/duckdb-nested.parquet' (format parquet, compression zstd)`)
await db.run(`copy (select [[1.5, 2], [3]] as vec, 'a' as term) to '${out}/duckdb-lists-of-lists.parquet' (format parquet)`)
await db.run(`copy (select [1.5::decimal(9,2), 2] as vec, 'a' as term) to '${out}/duckdb-decimal.parquet' (format parquet)`)

// Arrow in Rust: codecs and versions, encodings, row groups and pages of few rows.
const A = load('apache-arrow')
const P = load('parquet-wasm')
const item = (t) => new A.Field('item', t, true)
const types = {
  term: new A.Utf8(), f32: new A.List(item(new A.Float32())), fixed: new A.FixedSizeList(D, item(new A.Float32())),
  f64: new A.List(item(new A.Float64())), f16: new A.List(item(new A.Float16())), i8: new A.List(item(new A.Int8())),
  i32: new A.List(item(new A.Int32())), i64: new A.List(item(new A.Int64())), u16: new A.List(item(new A.Uint16())),
  lang: new A.Utf8(), year: new A.Int16(), when: new A.TimestampMillisecond(), weight: new A.Float32(), tags: new A.List(item(new A.Utf8())),
}
function arrow(rows, names) {
  const columns = {}
  for (const name of names) {
    const value = (r) => r[name] === null ? null : name === 'i64' ? r[name].map((x) => BigInt(x)) : name === 'when' ?
      Date.parse(r[name]) : r[name]
    columns[name] = A.vectorFromArray(rows.map(value), types[name])
  }
  return P.Table.fromIPCStream(A.tableToIPC(new A.Table(columns), 'stream'))
}
function rust(file, rows, names, set) {
  let b = new P.WriterPropertiesBuilder().setStatisticsEnabled(P.EnabledStatistics.None).setDictionaryEnabled(false)
  b = set(b)
  writeFileSync(`${out}/${file}.parquet`, P.writeParquet(arrow(rows, names), b.build()))
}
const all = Object.keys(types)
const C = P.Compression
for (const [name, codec] of [['uncompressed', C.UNCOMPRESSED], ['snappy', C.SNAPPY], ['gzip', C.GZIP], ['zstd', C.ZSTD], ['lz4_raw', C.LZ4_RAW]])
  for (const v of [1, 2])
    rust(`rust-${name}-v${v}`, rows, all, (b) => b.setCompression(codec).setWriterVersion(v === 1 ? P.WriterVersion.V1 : P.WriterVersion.V2)
      .setEncoding(P.Encoding.PLAIN))
const split = (b) => ['f32', 'fixed', 'f64', 'f16', 'i32', 'i64'].reduce((x, n) =>
  x.setColumnEncoding(n === 'fixed' ? 'fixed.list.item' : `${n}.list.item`, P.Encoding.BYTE_STREAM_SPLIT), b)
const delta = (b) => ['i8', 'i32', 'i64', 'u16'].reduce((x, n) => x.setColumnEncoding(`${n}.list.item`, P.Encoding.DELTA_BINARY_PACKED),
  b.setColumnEncoding('term', P.Encoding.DELTA_BYTE_ARRAY).setColumnEncoding('lang', P.Encoding.DELTA_LENGTH_BYTE_ARRAY)
    .setColumnEncoding('year', P.Encoding.DELTA_BINARY_PACKED).setColumnEncoding('when', P.Encoding.DELTA_BINARY_PACKED))
for (const v of [1, 2]) {
  const version = (b) => b.setWriterVersion(v === 1 ? P.WriterVersion.V1 : P.WriterVersion.V2)
  rust(`rust-dictionary-v${v}`, rows, all, (b) => version(b).setCompression(C.ZSTD).setDictionaryEnabled(true))
  rust(`rust-split-v${v}`, rows, all, (b) => version(split(b)).setCompression(C.SNAPPY))
  rust(`rust-delta-v${v}`, rows, all, (b) => version(delta(b)).setCompression(C.UNCOMPRESSED))
  rust(`rust-groups-v${v}`, rows, ['term', 'f32', 'i32', 'lang'], (b) => version(b).setCompression(C.LZ4_RAW).setMaxRowGroupSize(4).setWriteBatchSize(2)
    .setDataPageSizeLimit(16))
  rust(`rust-pages-v${v}`, rows, ['term', 'f32', 'i32', 'lang'], (b) => version(b).setCompression(v === 1 ? C.GZIP : C.UNCOMPRESSED).setWriteBatchSize(2)
    .setDataPageSizeLimit(16))
  rust(`rust-holes-v${v}`, holes, ['term', 'f32'], (b) => version(b).setCompression(C.SNAPPY))
}
rust('rust-fallback', rows, ['term', 'f32', 'i32', 'lang'], (b) => b.setCompression(C.ZSTD).setDictionaryEnabled(true)
  .setDictionaryPageSizeLimit(64).setDataPageSizeLimit(64).setWriteBatchSize(4))
rust('rust-brotli', rows.slice(0, 4), ['term', 'f32'], (b) => b.setCompression(C.BROTLI))

// hyparquet-writer: columns of single numbers, pages of few rows, dictionaries, V2 only.
const H = await import(pathToFileURL(modules + '/hyparquet-writer/src/node.js').href)
const lz = { GZIP: (x) => gzipSync(x) }
function flatFile(file, options, encoding, nullable = true) {
  const columnData = [{ name: 'term', data: flat.map((r) => r.term), type: 'STRING', nullable: false }]
  for (let j = 0; j < D; j++)
    columnData.push({ name: 'e' + j, data: flat.map((r) => r['e' + j]), type: 'FLOAT', nullable, encoding })
  H.parquetWriteFile({ filename: `${out}/${file}.parquet`, columnData, compressors: lz, statistics: false, ...options })
}
flatFile('flat-plain', { codec: 'UNCOMPRESSED' }, 'PLAIN', false)
flatFile('flat-pages', { codec: 'SNAPPY', pageSize: 40 }, 'PLAIN')
flatFile('flat-groups', { codec: 'GZIP', rowGroupSize: 7 }, 'BYTE_STREAM_SPLIT')
flatFile('flat-any', { codec: 'SNAPPY' }, undefined)
H.parquetWriteFile({ filename: out + '/flat-holes.parquet', codec: 'SNAPPY', columnData: [
  { name: 'term', data: ['a', 'b', 'c', 'd'], type: 'STRING' }, { name: 'x0', data: [1, 2, null, 4], type: 'DOUBLE' },
  { name: 'x1', data: [1, 3, 5, 1e300], type: 'DOUBLE' }, { name: 'year', data: [1, 2, 3, 4], type: 'INT32' }] })
H.parquetWriteFile({ filename: out + '/types.parquet', codec: 'UNCOMPRESSED', columnData: [
  { name: 'uuid', data: ['00112233-4455-6677-8899-aabbccddeeff', 'ffffffff-0000-4000-8000-000000000001'], type: 'UUID' },
  { name: 'e0', data: [1, 2], type: 'FLOAT' }, { name: 'e1', data: [3, 1], type: 'FLOAT' },
  { name: 'yes', data: [true, false], type: 'BOOLEAN' }, { name: 'half', data: [0.5, NaN], type: 'FLOAT16' },
  { name: 'at', data: [new Date('2024-05-01T12:00:00.250Z'), new Date('1969-12-31T23:59:59Z')], type: 'TIMESTAMP' },
  { name: 'big', data: [9007199254740993n, -1n], type: 'INT64' }] })
process.exit(0)
