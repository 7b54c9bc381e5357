// Runs Google's Functions Framework on the loopback interface until standard input ends, with a function that answers an
// event with what the framework has read of it: its attributes and its data, bytes as `base64`.
//
// Usage: run.mjs PORT, or --version. Exits with 69 where it is not installed.

import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const require = createRequire(import.meta.url)
const NOT_INSTALLED = 69

function installed() {
  try {
    const { cloudEvent } = require('@google-cloud/functions-framework')
    const { getTestServer } = require('@google-cloud/functions-framework/testing')
    return { cloudEvent, getTestServer }
  } catch {
    console.error(
      'the Functions Framework is not installed: npm ci --ignore-scripts in conformance-tests/emulators/functions-framework'
    )
    process.exit(NOT_INSTALLED)
  }
}

function echo({ data, ...attributes }) {
  return { attributes, data: Buffer.isBuffer(data) ? { base64: data.toString('base64') } : data }
}

const { cloudEvent, getTestServer } = installed()
const [port] = process.argv.slice(2)
if (port === '--version') {
  const manifest = new URL('node_modules/@google-cloud/functions-framework/package.json', import.meta.url)
  console.log(JSON.parse(readFileSync(manifest, 'utf8')).version)
} else {
  cloudEvent('echo', echo)
  getTestServer('echo').listen(Number(port), '127.0.0.1')
  process.stdin.on('end', () => process.exit()).resume()
}
