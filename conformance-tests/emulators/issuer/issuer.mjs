// Runs an issuer of tokens on the loopback interface until standard input ends: oauth2-mock-server, with a key of each
// kind, whose tokens have the claims that the form field `claims` asks for (JSON; null for a claim that is to be missing).
//
// Usage: issuer.mjs PORT, or --version. Exits with 69 where it is not installed.

import { readFileSync } from 'node:fs'

const NOT_INSTALLED = 69

async function installed() {
  try {
    return await import('oauth2-mock-server')
  } catch {
    console.error('the issuer is not installed: npm ci --ignore-scripts in conformance-tests/emulators/issuer')
    process.exit(NOT_INSTALLED)
  }
}

function change(token, request) {
  const claims = JSON.parse(request.body.claims ?? '{}')
  for (const [name, value] of Object.entries(claims)) {
    if (value === null) delete token.payload[name]
    else token.payload[name] = value
  }
}

const { OAuth2Server } = await installed()
const [port] = process.argv.slice(2)
if (port === '--version') {
  const manifest = new URL('node_modules/oauth2-mock-server/package.json', import.meta.url)
  console.log(JSON.parse(readFileSync(manifest, 'utf8')).version)
} else {
  const server = new OAuth2Server()
  for (const algorithm of ['RS256', 'ES256', 'EdDSA']) await server.issuer.keys.generate(algorithm, { kid: algorithm })
  server.service.on('beforeTokenSigning', change)
  await server.start(Number(port), '127.0.0.1')
  server.issuer.url = `http://127.0.0.1:${port}`
  process.stdin.on('end', () => process.exit()).resume()
}
