// Reads and writes tables of Azurite with Microsoft's own client, as other programs do beside Isobar.
//
// Usage: client.mjs ENDPOINT create TABLE, or upsert TABLE ENTITY (as JSON), or get TABLE PARTITION ROW, which prints
// the entity as JSON without what the service adds.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { AzureNamedKeyCredential, TableClient } = require('@azure/data-tables')

// The account of every emulator, whose key is published.
const ACCOUNT = 'devstoreaccount1'
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

const [endpoint, action, table, ...rest] = process.argv.slice(2)
const credential = new AzureNamedKeyCredential(ACCOUNT, KEY)
const client = new TableClient(endpoint, table, credential, { allowInsecureConnection: true })

if (action === 'create') {
  await client.createTable()
} else if (action === 'upsert') {
  await client.upsertEntity(JSON.parse(rest[0]), 'Replace')
} else if (action === 'get') {
  const { etag, timestamp, 'odata.metadata': metadata, ...entity } = await client.getEntity(rest[0], rest[1])
  const plain = (_, value) => (typeof value === 'bigint' ? Number(value) : value)
  console.log(JSON.stringify(entity, plain))
} else {
  throw new Error(`no such action: ${action}`)
}
