// Sends the requests on standard input, a JSON array, to both live Expresses. Writes, for each of them, an array with the
// answers in the form of the goldens: {"4": [...], "5": [...]}.
import { text } from 'node:stream/consumers'
import { exchangeAll } from './exchange.mjs'
import { listen } from './fixture/index.mjs'
import { response } from './form.mjs'

const requests = JSON.parse(await text(process.stdin))
  .map(({ body, ...request }) => ({ ...request, body: body === undefined ? undefined : Buffer.from(body) }))
const answers = {}
for (const version of [4, 5]) {
  const server = await listen(version)
  answers[version] = (await exchangeAll(server.address().port, requests)).map(response)
  server.close()
}
process.stdout.write(JSON.stringify(answers), () => process.exit(0))
