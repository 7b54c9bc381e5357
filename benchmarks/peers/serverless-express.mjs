// One GET of an HTTP API after the other, in process: Express 4 behind serverless-express, as on Lambda.
//
// Usage: node serverless-express.mjs FOLDER EVENT ROUNDS, with the folder in which both are installed. Prints the median of
// the calls in milliseconds.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const [folder, file, rounds] = process.argv.slice(2)
const require = createRequire(resolve(folder, 'package.json'))
const express = require('express4')
const serverlessExpress = require('@vendia/serverless-express')

const app = express()
app.get('/', (request, response) => response.json({ hello: 'world' }))
const handler = serverlessExpress({ app })
const text = readFileSync(file, 'utf8')

const times = []
for (let round = 0; round < Number(rounds); round++) {
  const began = process.hrtime.bigint()
  const answer = await handler(JSON.parse(text), {})
  const encoded = JSON.stringify(answer)
  times.push(Number(process.hrtime.bigint() - began) / 1e6)
  if (answer.statusCode !== 200 || !encoded.includes('world')) throw new Error(encoded)
}
times.sort((one, other) => one - other)
console.log(times[times.length >> 1])
