// Sends requests over raw sockets, so that nothing is tidied up on the way, and reads the answers.
import { connect } from 'node:net'

// The bytes of a request; names keep their case and order.
export function encode ({ group, method, target, headers, body }) {
  const lines = [`${method} ${target} HTTP/1.1`]
  if (!('host' in headers)) lines.push('host: fixture.example')
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) lines.push(`${name}: ${one}`)
  }
  lines.push(`x-fixture: ${group}`, 'connection: close', '', '')
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body ?? Buffer.alloc(0)])
}

// Sends one request on a connection of its own.
function exchange (port, request) {
  return new Promise((resolve, reject) => {
    const chunks = []
    const socket = connect(port, '127.0.0.1', () => socket.write(encode(request)))
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${request.method} ${request.target}`)))
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', error => error.code === 'ECONNRESET' ? finish() : reject(error))
    socket.on('close', () => finish())
    const finish = () => resolve(parse(Buffer.concat(chunks), request.method))
  })
}

// Sends all requests, several at a time; the answers in the order of the requests.
export async function exchangeAll (port, requests) {
  const answers = []
  const work = requests.entries()
  const worker = async () => {
    for (const [index, request] of work) answers[index] = await exchange(port, request)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return answers
}

// Status line, headers in order, body. Only what a connection needs is undone: chunks.
function parse (bytes, method) {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return { aborted: true }
  const [line, ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = fields.map(field => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()])
  let body = bytes.subarray(end + 4)
  let aborted = false
  const chunked = headers.some(([name, value]) => name.toLowerCase() === 'transfer-encoding' && value === 'chunked')
  if (chunked && method !== 'HEAD') [body, aborted] = unchunk(body)
  return { line, headers, body, ...(aborted && { aborted }) }
}

function unchunk (bytes) {
  const parts = []
  let at = 0
  while (at < bytes.length) {
    const eol = bytes.indexOf('\r\n', at)
    const size = parseInt(bytes.subarray(at, eol).toString('latin1'), 16)
    if (size === 0) return [Buffer.concat(parts), false]
    parts.push(bytes.subarray(eol + 2, eol + 2 + size))
    at = eol + 2 + size + 2
  }
  return [Buffer.concat(parts), true]
}
