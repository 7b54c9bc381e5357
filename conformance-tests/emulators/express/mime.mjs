// Writes the table of MIME types that both Expresses look extensions up in, to migrate/express/src/mime/types.tsv.
// The packages are mime 1.6 (res.type of Express 4), mime-types 2.1 (req.accepts and req.is of Express 4) and
// mime-types 3.0 (Express 5), and compressible 2.0; the data behind them is mime-db (MIT licence, https://github.com/jshttp/mime-db).
//
//   node mime.mjs          writes the table
//   node mime.mjs --check  fails when the committed table is not what the packages say
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'

// What the package at the end of a chain of dependencies is, seen from the package before it.
function dependency (...chain) {
  let require = createRequire(import.meta.url)
  for (const name of chain.slice(0, -1)) require = createRequire(require.resolve(name))
  return require(chain.at(-1))
}

const mime = dependency('express4', 'send', 'mime')
const oldTypes = dependency('express4', 'type-is', 'mime-types')
const newTypes = dependency('express5', 'mime-types')
const compressionDb = dependency('compression', 'compressible', 'mime-db')
const newDb = dependency('express5', 'mime-types', 'mime-db')
const file = new URL('../../../migrate/express/src/mime/types.tsv', import.meta.url)

const extensions = [...new Set([mime.types, oldTypes.types, newTypes.types].flatMap(Object.keys))].sort()
const same = (value, above) => value === undefined ? '-' : value === above ? '=' : value
const rows = extensions.map(extension => {
  const [a, b, c] = [mime.types[extension], oldTypes.types[extension], newTypes.types[extension]]
  return [extension, same(a), same(b, a), same(c, b)].join('\t')
})
const charsets = Object.entries(newDb).filter(([, entry]) => entry.charset)
  .map(([type, entry]) => ['charset', type, entry.charset].join('\t')).sort()
const looksCompressible = type => /^text\/|\+(?:json|text|xml)$/i.test(type)
const compressibles = Object.entries(compressionDb)
  .filter(([type, { compressible }]) => compressible !== undefined && compressible !== looksCompressible(type))
  .map(([type, { compressible }]) => ['compressible', type, compressible].join('\t')).sort()
const table = ['# extension, mime 1.6, mime-types 2.1, mime-types 3.0; "=" as before, "-" unknown', ...rows,
  '# types with a charset of their own in mime-types 3.0', ...charsets,
  '# types that `compressible` 2.0 knows better than by their name', ...compressibles, ''].join('\n')

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== table) {
    console.error('migrate/express/src/mime/types.tsv is stale: run `node mime.mjs`')
    process.exit(1)
  }
} else {
  writeFileSync(file, table)
}
