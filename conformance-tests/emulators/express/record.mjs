// Records what both real Expresses answer to the requests of requests.mjs.
//
//   node record.mjs          writes goldens/express4.jsonl and goldens/express5.jsonl
//   node record.mjs --check  records again and fails when the committed files differ
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { exchangeAll } from './exchange.mjs'
import { listen } from './fixture/index.mjs'
import { compact, response } from './form.mjs'
import { requests } from './requests.mjs'

const check = process.argv.includes('--check')

function record ({ group, method, target, headers, body }, answer) {
  return { request: { group, method, target, headers, ...(body && { body: compact(body) }) }, response: response(answer) }
}

async function recordAll (version) {
  const server = await listen(version)
  const answers = await exchangeAll(server.address().port, requests)
  server.close()
  return requests.map((request, index) => record(request, answers[index]))
}

// `express.json()` and the package `body-parser` answer alike, so one set is kept.
function withoutPackage (records) {
  const of = group => records.filter(({ request }) => request.group === group).map(({ response }) => JSON.stringify(response))
  const [own, packaged] = [of('bodies'), of('bodies-package')]
  const differing = own.findIndex((response, index) => response !== packaged[index])
  if (differing !== -1) throw new Error(`body-parser differs from express: ${own[differing]} ${packaged[differing]}`)
  return records.filter(({ request }) => request.group !== 'bodies-package')
}

mkdirSync(new URL('goldens', import.meta.url), { recursive: true })
let stale = false
for (const version of [4, 5]) {
  const file = new URL(`goldens/express${version}.jsonl`, import.meta.url)
  const records = withoutPackage(await recordAll(version))
  const lines = records.map(one => JSON.stringify(one)).join('\n') + '\n'
  if (!check) {
    writeFileSync(file, lines)
    console.log(`express ${version}: ${records.length} answers`)
  } else if (readFileSync(file, 'utf8') !== lines) {
    const old = readFileSync(file, 'utf8').split('\n')
    const index = lines.split('\n').findIndex((line, index) => line !== old[index])
    console.error(`goldens/express${version}.jsonl is stale from line ${index + 1} on: run \`node record.mjs\``)
    console.error(`  committed: ${old[index]}\n  now:       ${lines.split('\n')[index]}`)
    stale = true
  }
}
process.exit(stale ? 1 : 0)
