// Runs a service of Azurite on the loopback interface, in memory, until standard input ends.
//
// The process that starts it holds the other end of standard input, so that the emulator never outlives it, however it
// ends. Usage: table.mjs PORT, blob.mjs PORT or queue.mjs PORT, with flags of Azurite if needed, or --version. Exits with 69 where Azurite is not
// installed.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const NOT_INSTALLED = 69

function installed() {
  try {
    return require('azurite/package.json')
  } catch {
    console.error('Azurite is not installed: npm ci --ignore-scripts in conformance-tests/emulators/azurite')
    process.exit(NOT_INSTALLED)
  }
}

// Runs one service of Azurite, `table`, `blob` or `queue`, as this process was asked to.
export function run(service, ...more) {
  const { version } = installed()
  const [port, ...asked] = process.argv.slice(2)
  if (port === '--version') {
    console.log(version)
    return
  }
  process.stdin.on('end', () => process.exit()).resume()
  const flags = ['--silent', '--inMemoryPersistence', '--disableTelemetry', ...more, ...asked]
  process.argv.splice(2, Infinity, `--${service}Host`, '127.0.0.1', `--${service}Port`, port, ...flags)
  require(`azurite/dist/src/${service}/main.js`)
}
